"""Reading a store by example id."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from trident.distillation.teacher_cache import codecs, manifest
from trident.distillation.teacher_cache.shards import Shard, CacheError
from trident.distillation.teacher_cache.teacher import OutputHead
from trident.distillation.teacher_cache.writing import HEAD, write


class TeacherCache:
    """Reads a store. ``store[ids]`` gives, padded with zeros, what a loss needs.

    It may be shared with dataloader workers, forked or spawned. Opening checks everything but the blocks; a block is checked
    whenever it is read.

    Args:
        folder: where :func:`write` wrote it.
        teacher, tokenizer, labels: the digests that it must have been written for; what is None is not compared.

    Attributes:
        manifest: what :func:`write` returned.
        head: turns what ``store[ids]`` gives into logits, for codecs of hidden states; None where it gives logits.

    Raises:
        CacheError: it is missing, unfinished, damaged, or was written for something else.
    """

    write = staticmethod(write)

    def __init__(
        self, folder: str | Path, *, teacher: str | None = None, tokenizer: str | None = None, labels: str | None = None
    ):
        self.folder = Path(folder)
        self._expected = {"teacher": teacher, "tokenizer": tokenizer, "labels": labels}
        self.manifest = manifest.load(self.folder)
        identity = self.manifest["identity"]
        for field, wanted in self._expected.items():
            if wanted is not None and identity.get(field) != wanted:
                raise CacheError(
                    f"{self.folder / manifest.NAME}: field {field!r}: the store was written for "
                    f"{str(identity.get(field))[:12]}…, not for {wanted[:12]}…: run notebook 03_logits again with the same parameters"
                )
        self._codec = codecs.codec(
            identity["codec"], vocabulary=identity["vocabulary"], d_model=identity["d_model"], topk=identity["topk"]
        )
        self._shards = [self._open(entry, number) for number, entry in enumerate(self.manifest["shards"])]
        self._places = {name: (shard, position) for shard in self._shards for position, name in enumerate(shard.ids)}
        self.head = self._read_head() if self._codec.of == "hidden" else None

    def _open(self, entry: dict[str, Any], number: int) -> Shard:
        path = self.folder / entry["file"]
        if not path.is_file():
            raise CacheError(f"{path}: the file is missing: run notebook 03_logits again with the same parameters")
        if (size := path.stat().st_size) != entry["bytes"]:
            raise CacheError(
                f"{path}: field 'length': {size} bytes where the manifest says {entry['bytes']}: the file is truncated or "
                "was changed. Run notebook 03_logits again"
            )
        shard = Shard(path)
        if (
            shard.identity != {**self.manifest["identity"], "shard": number, "shards": len(self.manifest["shards"])}
            or shard.crc32 != entry["crc32"]
        ):
            raise CacheError(
                f"{path}: field 'identity': the shard belongs to another store. Run notebook 03_logits again"
            )
        return shard

    def _read_head(self) -> OutputHead:
        path = self.folder / HEAD
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise CacheError(
                f"{path}: the file is missing: run notebook 03_logits again with the same parameters"
            ) from None
        if hashlib.sha256(data).hexdigest() != self.manifest["head_sha256"]:
            raise CacheError(
                f"{path}: field 'weight': the checksum is wrong: the file is damaged. Run notebook 03_logits again"
            )
        tensors = safetensors.torch.load(data)
        return OutputHead(
            tensors["weight"], self.manifest["scale"], tensors.get("bias"), self.manifest["teacher_scale"]
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # A spawned worker opens the files itself: a memory map would be sent as a copy of its contents.
        return _reopen, (self.folder, self._expected)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __getitem__(self, ids: Sequence[str]) -> Tensor:
        """Hidden states (batch, longest, d_model) or logits (batch, longest, vocabulary), float32, zeros at padding.

        Raises:
            CacheError: an id is not in the store, or its block is damaged.
        """
        places = [self._place(name) for name in ids]
        batch = torch.zeros(
            len(places), max((shard.tokens[position] for shard, position in places), default=0), self._codec.width
        )
        for row, (shard, position) in zip(batch.numpy(), places, strict=True):
            row[: shard.tokens[position]] = self._codec.decode(shard.read(position), shard.tables)
        return batch

    def _place(self, name: str) -> tuple[Shard, int]:
        try:
            return self._places[name]
        except KeyError:
            raise CacheError(
                f"{self.folder} holds nothing on example {name!r}: it was written for another corpus"
            ) from None

    def verify(self) -> None:
        """Read every block. Raises CacheError at the first that is damaged."""
        for shard in self._shards:
            shard.verify()


def _reopen(folder: Path, expected: dict[str, str | None]) -> TeacherCache:
    return TeacherCache(folder, **expected)
