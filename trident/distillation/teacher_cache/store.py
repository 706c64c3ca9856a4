"""The files of a teacher cache: written once, read by example id.

examples.arrow     Arrow stream, one row per example: `id`, `tokens`, one binary column for each field of the codec, and
                   the row's `crc32`. ``datasets.Dataset.from_file`` opens it too.
head.safetensors   for hidden states: the output matrix `weight` (V, d_model) and, if there is one, `bias`; float32
manifest.json      what the cache was written for, sizes, checksums. Written last: without it the cache is unfinished
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import safetensors.torch
import torch
from torch import Tensor

from trident.distillation.teacher_cache import codecs
from trident.distillation.teacher_cache.teacher import OutputHead
from trident.experiment import artifacts

EXAMPLES, HEAD, MANIFEST = "examples.arrow", "head.safetensors", "manifest.json"
FORMAT = 3
#: Rows are written when they reach this size together.
BATCH_BYTES = 2**24


class CacheError(RuntimeError):
    """A teacher cache cannot be written, is missing or damaged, or belongs to something else."""

    def __init__(self, path: Path, problem: str, advice: str = "run notebook 03_logits again with the same parameters"):
        super().__init__(f"{path}: {problem}; {advice}")


def write(
    folder: str | Path,
    states: Iterable[tuple[str, Tensor]],
    head: OutputHead,
    *,
    codec: str,
    teacher_digest: str,
    tokenizer_digest: str,
    labels_digest: str = "",
) -> dict[str, Any]:
    """Write a teacher cache and return its manifest. Memory holds one batch. An earlier cache in `folder` is replaced.

    Args:
        states: (id, hidden states (tokens, d_model)) of each example, as :func:`hidden_states` yields them.
        codec: one of `params.CODECS`.
        teacher_digest, tokenizer_digest, labels_digest: :class:`TeacherCache` compares them.

    Raises:
        CacheError: the disk is full or read-only, an id occurs twice, or the codec cannot hold a number.
    """
    folder, (vocabulary, d_model) = Path(folder), head.weight.shape
    chosen = codecs.codec(codec, vocabulary=vocabulary, d_model=d_model)
    manifest = {"format": FORMAT, "codec": codec, "vocabulary": vocabulary, "d_model": d_model, "scale": head.scale}
    manifest |= {"teacher": teacher_digest, "tokenizer": tokenizer_digest, "labels": labels_digest, "head": None}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (MANIFEST, EXAMPLES, HEAD):  # not overwritten in place: another process may still be reading them
            (folder / name).unlink(missing_ok=True)
        index = _write_examples(folder / EXAMPLES, states, head, chosen)
        if chosen.of_hidden:
            tensors = {"weight": head.weight} | ({} if head.bias is None else {"bias": head.bias})
            safetensors.torch.save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / HEAD)
            manifest["head"] = artifacts.digest(folder / HEAD)
        tokens, size = sum(count for count, _ in index.values()), (folder / EXAMPLES).stat().st_size
        manifest |= {"examples": len(index), "tokens": tokens, "bytes_per_token": round(size / max(1, tokens), 2)}
        manifest["index"] = artifacts.fingerprint(index)
        manifest["checksum"] = artifacts.fingerprint(manifest)
        artifacts.write_json(folder / MANIFEST, manifest)
    except OSError as error:
        raise CacheError(folder, f"cannot be written ({error})", "make room, or choose another `runs_dir`") from error
    return manifest


def _write_examples(
    path: Path, states: Iterable[tuple[str, Tensor]], head: OutputHead, codec: codecs.Codec
) -> dict[str, list[int]]:
    """Returns id → [tokens, crc32]."""
    schema, index = _schema(codec), {}
    rows: list[dict[str, Any]] = []
    with path.open("wb") as file, pa.ipc.new_stream(file, schema) as stream:
        for name, hidden in states:
            if name in index:
                raise CacheError(path, f"the id {name!r} occurs twice", "give every example its own id")
            try:
                packed = codec.pack((hidden if codec.of_hidden else head(hidden)).numpy())
            except ValueError as error:
                raise CacheError(path, f"example {name!r}", str(error)) from error
            index[name] = [len(hidden), _crc32(name, len(hidden), packed)]
            rows.append({"id": name, "tokens": len(hidden), **packed, "crc32": index[name][1]})
            if sum(len(row[field]) for row in rows for field in codec.fields) >= BATCH_BYTES:
                stream.write_batch(pa.RecordBatch.from_pylist(rows, schema))
                rows = []
        stream.write_batch(pa.RecordBatch.from_pylist(rows, schema))
    return index


def _schema(codec: codecs.Codec) -> pa.Schema:
    fields = [(name, pa.binary()) for name in codec.fields]
    return pa.schema([("id", pa.string()), ("tokens", pa.int32()), *fields, ("crc32", pa.uint32())])


def _crc32(name: str, tokens: int, packed: Mapping[str, Any]) -> int:
    return zlib.crc32(b"".join([f"{name}\0{tokens}".encode(), *packed.values()]))


class TeacherCache:
    """Reads a teacher cache: ``cache[ids]`` gives, padded with zeros, what a loss needs. Data loader workers share it.

    Opening checks ids, lengths, checksums and the output head. A row's contents are checked whenever it is read.

    Args:
        folder: where :func:`write` wrote it.
        teacher, tokenizer, labels: digests that it must have been written for; None is not compared.

    Attributes:
        manifest: what :func:`write` returned.
        head: turns ``cache[ids]`` into logits, for codecs of hidden states; else None.

    Raises:
        CacheError: it is missing, unfinished, damaged, or was written for something else.
    """

    def __init__(
        self, folder: str | Path, *, teacher: str | None = None, tokenizer: str | None = None, labels: str | None = None
    ):
        self.folder = Path(folder)
        self.manifest = _read_manifest(self.folder / MANIFEST)
        for key, wanted in {"teacher": teacher, "tokenizer": tokenizer, "labels": labels}.items():
            if wanted is not None and (found := self.manifest[key]) != wanted:
                raise CacheError(self.folder / MANIFEST, f"written for {key} {found[:12]!r}, not for {wanted[:12]!r}")
        size = {key: self.manifest[key] for key in ("vocabulary", "d_model")}
        self._codec = codecs.codec(self.manifest["codec"], **size)
        self._index: dict[str, list[int]] = {}
        self._places: dict[str, tuple[pa.RecordBatch, int]] = {}
        self._open_examples(self.folder / EXAMPLES)
        self.head = self._read_head(self.folder / HEAD) if self._codec.of_hidden else None

    def _open_examples(self, path: Path) -> None:
        """Find every example in the memory-mapped file."""
        try:
            stream = pa.ipc.open_stream(pa.memory_map(str(path)))
            intact = stream.schema == _schema(self._codec)
            for batch in stream if intact else ():
                batch.validate(full=True)
                intact = intact and not any(column.null_count for column in batch.columns)
                ids, tokens, checksums = (batch[key].to_pylist() for key in ("id", "tokens", "crc32"))
                self._index |= zip(ids, map(list, zip(tokens, checksums, strict=True)), strict=True)
                self._places |= {name: (batch, row) for row, name in enumerate(ids)}
        except (OSError, pa.ArrowException) as error:
            raise CacheError(path, f"missing or damaged ({error})") from error
        if not intact or artifacts.fingerprint(self._index) != self.manifest["index"]:
            raise CacheError(path, "damaged, or of another cache: ids, lengths and checksums are not the manifest's")

    def _read_head(self, path: Path) -> OutputHead:
        if artifacts.digest(path) != self.manifest["head"]:
            raise CacheError(path, "missing or damaged")
        tensors = safetensors.torch.load_file(path)
        return OutputHead(tensors["weight"], self.manifest["scale"], tensors.get("bias"))

    def __reduce__(self) -> tuple[Any, ...]:
        return TeacherCache, (self.folder,)  # a spawned worker opens the files itself

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def __getitem__(self, ids: Sequence[str]) -> Tensor:
        """Hidden states (batch, longest, d_model) or logits (batch, longest, V), float32, zeros at padding.

        Raises:
            CacheError: an id is not in the cache, or its row is damaged.
        """
        if missing := [name for name in ids if name not in self._index]:
            raise CacheError(self.folder, f"no example {missing[0]!r}: the cache was written for another corpus")
        values = torch.zeros(len(ids), max((self._index[name][0] for name in ids), default=0), self._codec.width)
        for target, name in zip(values.numpy(), ids, strict=True):
            (batch, row), (tokens, crc) = self._places[name], self._index[name]
            packed = {field: batch[field][row].as_buffer() for field in self._codec.fields}
            if _crc32(name, tokens, packed) != crc:
                raise CacheError(self.folder / EXAMPLES, f"example {name!r} is damaged: its checksum is wrong")
            target[:tokens] = self._codec.unpack(packed)
        return values


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_bytes())
        contents = {key: value for key, value in manifest.items() if key != "checksum"}
        intact = artifacts.fingerprint(contents) == manifest["checksum"] and manifest["format"] == FORMAT
    except OSError as error:
        raise CacheError(path, "the teacher cache is missing or was not finished") from error
    except (ValueError, KeyError, AttributeError, RecursionError):
        intact = False
    if not intact:
        raise CacheError(path, f"damaged, or not of format {FORMAT}")
    return manifest
