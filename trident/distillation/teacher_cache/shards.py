"""A shard: one file of a store, with a checksum on everything in it. Written under a temporary name, then renamed.

The layout is documented in :mod:`trident.distillation.teacher_cache`.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import lz4.frame
import numpy as np

from trident.distillation.teacher_cache.codecs import Arrays, Field

FORMAT = 2
MAGIC = b"TRIDENT2"
_PREFIX = struct.Struct("<8sII")  # magic, length of the header, checksum
_FOOTER = struct.Struct("<QQII8s")  # where the index starts, its length, its checksum, checksum of these three, magic
#: As the released code compresses: slow to write (high compression), as fast to read as any.
_LZ4_LEVEL = 9


class CacheError(RuntimeError):
    """A store is missing, damaged, or belongs to something else; the message names file, block and field, and what to do."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name when it is whole. What a killed writer leaves has one fixed name, and is written over."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as stream:
            yield stream
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):  # a read-only disk has nothing to remove; the first error is the one to see
            partial.unlink(missing_ok=True)
        raise


def canonical(value: Any) -> bytes:
    """JSON that is the same for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def write_shard(
    path: Path,
    identity: dict[str, Any],
    fields: tuple[Field, ...],
    tables: Arrays,
    blocks: Iterable[tuple[str, int, Arrays]],
    remarks: dict[str, Any],
) -> None:
    """Write a shard, whole or not at all.

    Args:
        identity: what the shard is; :attr:`Shard.identity` gives it back.
        tables: arrays that its blocks share.
        blocks: (example id, tokens, one array a field); streamed.
        remarks: kept in the index.
    """
    header = canonical(
        {
            "identity": identity,
            "fields": [vars(field) for field in fields],
            "tables": [
                {"name": name, "dtype": table.dtype.str, "shape": table.shape, "crc32": zlib.crc32(table.tobytes())}
                for name, table in tables.items()
            ],
        }
    )
    ids: list[str] = []
    tokens: list[int] = []
    stored: dict[str, dict[str, list[int]]] = {field.name: {"bytes": [], "crc32": []} for field in fields}
    with replacing(path) as stream:
        stream.write(_PREFIX.pack(MAGIC, len(header), zlib.crc32(header, len(header))) + header)
        for table in tables.values():
            stream.write(table.tobytes())
        for name, count, arrays in blocks:
            ids.append(name)
            tokens.append(count)
            for field in fields:
                data = np.ascontiguousarray(arrays[field.name], field.dtype).tobytes()
                if field.lz4:
                    data = lz4.frame.compress(data, compression_level=_LZ4_LEVEL)
                stream.write(data)
                stored[field.name]["bytes"].append(len(data))
                stored[field.name]["crc32"].append(zlib.crc32(data))
        index = canonical({"ids": ids, "tokens": tokens, "fields": stored, "remarks": remarks})
        place = struct.pack("<QQI", stream.tell(), len(index), zlib.crc32(index))
        stream.write(index + place + struct.pack("<I8s", zlib.crc32(place), MAGIC))


class Shard:
    """An opened shard, memory-mapped. Opening checks all but the blocks; each block is checked when it is read.

    Attributes:
        identity, remarks: as given to :func:`write_shard`.
        ids, tokens: the examples, in order of the file, and their lengths.
        crc32: of the index, which itself holds the checksums of all blocks.

    Raises:
        CacheError: the file is truncated or damaged.
    """

    def __init__(self, path: Path):
        self.path = path
        if path.stat().st_size < _PREFIX.size + _FOOTER.size:
            raise self._damaged("length", "it is truncated")
        self._bytes = np.memmap(path, mode="r", dtype=np.uint8)
        header = self._header()
        self.identity = header["identity"]
        self._fields = [Field(**field) for field in header["fields"]]
        index, blocks_end = self._index()
        self.ids: list[str] = index["ids"]
        self.tokens: list[int] = index["tokens"]
        self.remarks: dict[str, Any] = index["remarks"]
        self._stored = index["fields"]
        self.tables, blocks_start = self._tables(header)
        sizes = np.array([self._stored[field.name]["bytes"] for field in self._fields], np.int64).reshape(
            len(self._fields), -1
        )
        ends = blocks_start + np.cumsum(sizes.T.ravel())
        self._starts = (ends - sizes.T.ravel()).reshape(sizes.T.shape)
        if (ends[-1] if len(ends) else blocks_start) != blocks_end:
            raise self._damaged("index", "its blocks do not fill the file")

    def _header(self) -> dict[str, Any]:
        magic, length, crc = _PREFIX.unpack(self._slice(0, _PREFIX.size))
        if magic != MAGIC:
            raise self._damaged("magic", f"it starts with {magic!r}, not {MAGIC!r}")
        data = self._slice(_PREFIX.size, _PREFIX.size + length)
        if len(data) != length or zlib.crc32(data, length) != crc:
            raise self._damaged("header", "the checksum is wrong")
        self._header_end = _PREFIX.size + length
        return json.loads(data)

    def _index(self) -> tuple[dict[str, Any], int]:
        data = self._slice(len(self._bytes) - _FOOTER.size, len(self._bytes))
        start, length, self.crc32, crc, magic = _FOOTER.unpack(data)
        if magic != MAGIC or zlib.crc32(data[:20]) != crc:
            raise self._damaged("footer", "the checksum is wrong, or the file is truncated")
        index = self._slice(start, start + length)
        if start + length + _FOOTER.size != len(self._bytes) or zlib.crc32(index) != self.crc32:
            raise self._damaged("index", "the checksum is wrong")
        return json.loads(index), start

    def _tables(self, header: dict[str, Any]) -> tuple[Arrays, int]:
        tables, start = {}, self._header_end
        for table in header["tables"]:
            end = start + int(np.prod(table["shape"])) * np.dtype(table["dtype"]).itemsize
            data = self._slice(start, end)
            if zlib.crc32(data) != table["crc32"]:
                raise self._damaged(f"table {table['name']!r}", "the checksum is wrong")
            tables[table["name"]] = np.frombuffer(data, table["dtype"]).reshape(table["shape"])
            start = end
        return tables, start

    def read(self, position: int) -> Arrays:
        """The fields of a block. Raises CacheError when one of them is damaged."""
        arrays = {}
        for number, field in enumerate(self._fields):
            start = int(self._starts[position, number])
            data = self._slice(start, start + self._stored[field.name]["bytes"][position])
            if zlib.crc32(data) != self._stored[field.name]["crc32"][position]:
                raise self._damaged(f"field {field.name!r}", "the checksum is wrong", position)
            if field.lz4:
                data = lz4.frame.decompress(data)
            arrays[field.name] = np.frombuffer(data, field.dtype).reshape(field.shape(self.tokens[position]))
        return arrays

    def verify(self) -> None:
        """Read every block. Raises CacheError at the first that is damaged."""
        for position in range(len(self.ids)):
            self.read(position)

    def _slice(self, start: int, end: int) -> bytes:
        return self._bytes[start:end].tobytes()

    def _damaged(self, field: str, why: str, position: int | None = None) -> CacheError:
        block = "" if position is None else f"block {position} (example {self.ids[position]!r}), "
        return CacheError(
            f"{self.path}: {block}{field}: {why}. Run notebook 03_logits again with the same parameters: "
            "it writes damaged shards anew and keeps the others"
        )
