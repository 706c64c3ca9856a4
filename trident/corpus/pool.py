"""Examples whose split is known before they are made: more than memory holds, of which some are drawn."""

from __future__ import annotations

import hashlib
import mmap
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence

import pyarrow as pa
from datasets import Dataset, DatasetDict

from trident.corpus.schema import FEATURES, SPLITS, Example, Split
from trident.experiment.artifacts import fingerprint

_ROWS = 1000  # become Arrow at once


class Pool:
    """Holds the examples in a file without a name, which the system deletes when nothing reads it any more.

    `seed` draws: it gives each identifier a place in the order.
    """

    def __init__(self, seed: int) -> None:
        self._seed, self._rows = seed, 0
        self._found: dict[Split, list[tuple[str, int]]] = defaultdict(list)  # place in the order, number of the row
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # open until it is mapped
        self._writer = pa.ipc.new_stream(self._file, FEATURES.arrow_schema)

    def add(self, examples: Sequence[Example], split: Split) -> None:
        self._found[split] += [
            (fingerprint(self._seed, example["id"]), row) for row, example in enumerate(examples, self._rows)
        ]
        self._rows += len(examples)
        for start in range(0, len(examples), _ROWS):
            some = list(examples[start : start + _ROWS])
            self._writer.write_table(pa.Table.from_pylist(some, FEATURES.arrow_schema))

    def drawn(self, asked: Mapping[Split, int]) -> DatasetDict:
        """Of each split as many as asked for, or all. Nothing can be added afterwards.

        The order depends on nothing but the seed, and a larger size only adds to a smaller one.
        """
        self._writer.close()
        self._file.flush()
        self._file.seek(0)
        # `datasets` would name the content after reading all of it into memory.
        name = hashlib.file_digest(self._file, "sha256").hexdigest()
        mapped = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        self._file.close()
        whole = Dataset(pa.ipc.open_stream(pa.py_buffer(mapped)).read_all(), fingerprint=name)
        rows = {split: [row for _, row in sorted(self._found[split])[: asked[split]]] for split in SPLITS}
        return DatasetDict({split: whole.select(own) for split, own in rows.items()})


def counted(dataset: DatasetDict) -> list[Example]:
    """All examples drawn, each with what a report counts alone: the texts stay on disk."""
    columns = ["split", "group", "kind", "mapping"]
    return [row for split in dataset.values() for row in split.select_columns(columns)]
