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

    `states`: (id, hidden states (tokens, d_model)) of each example, as :func:`hidden_states` yields them. `codec`: one
    of `params.CODECS`. The digests are for :class:`TeacherCache` to compare. Raises CacheError when the disk is full or
    read-only, an id occurs twice, or the codec cannot hold a number.
    """
    folder, of_hidden = Path(folder), codec.startswith("hidden")
    vocabulary, d_model = head.weight.shape
    width = d_model if of_hidden else vocabulary
    chosen = codecs.codec(codec, width)
    manifest: dict[str, Any] = {"codec": codec, "width": width, "scale": head.scale, "head": None}
    manifest |= {"teacher": teacher_digest, "tokenizer": tokenizer_digest, "labels": labels_digest}
    outputs = states if of_hidden else ((name, head(hidden)) for name, hidden in states)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (MANIFEST, EXAMPLES, HEAD):  # not overwritten in place: another process may still be reading them
            (folder / name).unlink(missing_ok=True)
        index = _write_examples(folder / EXAMPLES, outputs, chosen)
        if of_hidden:
            tensors = {"weight": head.weight} | ({} if head.bias is None else {"bias": head.bias})
            # not save_file: what it writes, only its owner can read
            (folder / HEAD).write_bytes(safetensors.torch.save({key: t.contiguous() for key, t in tensors.items()}))
            manifest["head"] = artifacts.digest(folder / HEAD)
        tokens, size = sum(count for count, _ in index.values()), (folder / EXAMPLES).stat().st_size
        manifest |= {"examples": len(index), "tokens": tokens, "bytes_per_token": round(size / max(1, tokens), 2)}
        manifest["index"] = artifacts.fingerprint(index)
        manifest["checksum"] = artifacts.fingerprint(FORMAT, manifest)
        artifacts.write_json(folder / MANIFEST, manifest)
    except OSError as error:
        raise CacheError(folder, f"cannot be written ({error})", "make room, or choose another `runs_dir`") from error
    return manifest


def _write_examples(path: Path, outputs: Iterable[tuple[str, Tensor]], codec: codecs.Codec) -> dict[str, list[int]]:
    """Returns id → [tokens, crc32]."""
    schema, index, waiting = _schema(codec), {}, 0
    rows: list[dict[str, Any]] = []
    with path.open("wb") as file, pa.ipc.new_stream(file, schema) as stream:
        for name, values in outputs:
            if name in index:
                raise CacheError(path, f"the id {name!r} occurs twice", "give each example its own id")
            try:
                packed = codec.pack(values.numpy())
            except ValueError as error:
                raise CacheError(path, f"example {name!r}", str(error)) from error
            index[name] = [len(values), _crc32(name, len(values), packed)]
            rows.append({"id": name, "tokens": len(values), **packed, "crc32": index[name][1]})
            waiting += sum(map(len, packed.values()))
            if waiting >= BATCH_BYTES:
                stream.write_batch(pa.RecordBatch.from_pylist(rows, schema))
                rows, waiting = [], 0
        stream.write_batch(pa.RecordBatch.from_pylist(rows, schema))
    return index


def _schema(codec: codecs.Codec) -> pa.Schema:
    fields = [(name, pa.binary()) for name in codec.fields]
    return pa.schema([("id", pa.string()), ("tokens", pa.int32()), *fields, ("crc32", pa.uint32())])


def _crc32(name: str, tokens: int, packed: Mapping[str, Any]) -> int:
    return zlib.crc32(b"".join([f"{name}\0{tokens}".encode(), *packed.values()]))


class TeacherCache:
    """Reads a teacher cache: ``cache[ids]`` gives, padded with zeros, what a loss needs. Data loader workers share it.

    `manifest` is what :func:`write` returned. `head` turns ``cache[ids]`` into logits, for codecs of hidden states;
    else it is None. Opening checks ids, lengths, checksums, the output head and the digests that are given. It raises
    CacheError when the cache is unfinished, damaged, or written for another teacher, tokenizer or other labels. A row's
    contents are checked whenever it is read.
    """

    def __init__(
        self, folder: str | Path, *, teacher: str | None = None, tokenizer: str | None = None, labels: str | None = None
    ):
        self.folder = Path(folder)
        self.manifest = _read_manifest(self.folder / MANIFEST)
        for key, wanted in {"teacher": teacher, "tokenizer": tokenizer, "labels": labels}.items():
            if wanted is not None and (found := self.manifest[key]) != wanted:
                raise CacheError(self.folder / MANIFEST, f"written for {key} {found[:12]!r}, not for {wanted[:12]!r}")
        self._codec = codecs.codec(self.manifest["codec"], self.manifest["width"])
        self._rows = self._open_examples(self.folder / EXAMPLES)
        self.head = self._read_head(self.folder / HEAD) if self.manifest["head"] else None

    def _open_examples(self, path: Path) -> dict[str, tuple[int, int, pa.RecordBatch, int]]:
        """id → (tokens, crc32, record batch, its row); the batches are in a memory-mapped file."""
        rows: dict[str, Any] = {}
        try:
            stream = pa.ipc.open_stream(pa.memory_map(str(path)))
            for batch in stream if stream.schema == _schema(self._codec) else ():
                batch.validate(full=True)
                index = zip(*(batch[key].to_pylist() for key in ("id", "tokens", "crc32")), strict=True)
                rows |= {name: (tokens, crc, batch, row) for row, (name, tokens, crc) in enumerate(index)}
        except (OSError, pa.ArrowException) as error:
            raise CacheError(path, f"missing or damaged ({error})") from error
        if artifacts.fingerprint({name: row[:2] for name, row in rows.items()}) != self.manifest["index"]:
            raise CacheError(path, "damaged, or of another cache: ids, lengths and checksums are not the manifest's")
        return rows

    def _read_head(self, path: Path) -> OutputHead:
        if artifacts.digest(path) != self.manifest["head"]:
            raise CacheError(path, "missing or damaged")
        tensors = safetensors.torch.load_file(path)
        return OutputHead(tensors["weight"], self.manifest["scale"], tensors.get("bias"))

    def __reduce__(self) -> tuple[Any, ...]:
        return TeacherCache, (self.folder,)  # a spawned worker opens the files itself

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __getitem__(self, ids: Sequence[str]) -> Tensor:
        """Hidden states (batch, longest, d_model) or logits (batch, longest, V), float32, zeros at padding.

        Raises CacheError when an id is not in the cache, or its row is damaged.
        """
        if missing := [name for name in ids if name not in self._rows]:
            raise CacheError(self.folder, f"no example {missing[0]!r}: the cache was written for another corpus")
        values = torch.zeros(len(ids), max((self._rows[name][0] for name in ids), default=0), self._codec.width)
        for target, name in zip(values.numpy(), ids, strict=True):
            tokens, crc, batch, row = self._rows[name]
            packed = {field: batch[field][row].as_buffer() or b"" for field in self._codec.fields}
            if _crc32(name, tokens, packed) != crc:
                raise CacheError(self.folder / EXAMPLES, f"example {name!r} is damaged: its checksum is wrong")
            target[:tokens] = self._codec.unpack(packed)
        return values


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_bytes())
        checksum = artifacts.fingerprint(FORMAT, {key: value for key, value in manifest.items() if key != "checksum"})
    except OSError as error:
        raise CacheError(path, "the teacher cache is missing or unfinished") from error
    except (ValueError, AttributeError, RecursionError) as error:
        raise CacheError(path, "damaged") from error
    if manifest.get("checksum") != checksum:
        raise CacheError(path, f"damaged, or not of format {FORMAT}: its checksum is wrong")
    return manifest
