"""Examples whose split is known before they are made: more than memory holds, of which some are drawn."""

from __future__ import annotations

import mmap
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence

import pyarrow as pa
from datasets import Dataset, DatasetDict

from trident.corpus.schema import FEATURES, SPLITS, Example, Split


class Pool:
    """Holds the examples in a file without a name, which the system deletes when nothing reads it any more."""

    def __init__(self) -> None:
        self._rows = 0
        self._found: dict[Split, list[tuple[str, int]]] = defaultdict(list)  # identifier, number of the row
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # open until it is mapped
        self._writer = pa.ipc.new_stream(self._file, FEATURES.arrow_schema)

    def add(self, examples: Sequence[Example], split: Split) -> None:
        self._found[split] += [(example["id"], self._rows + n) for n, example in enumerate(examples)]
        self._rows += len(examples)
        self._writer.write_table(pa.Table.from_pylist(list(examples), FEATURES.arrow_schema))

    def drawn(self, asked: Mapping[Split, int]) -> DatasetDict:
        """Of each split as many as asked for, or all: in order of the identifiers. Nothing can be added afterwards.

        Identifiers are digests. So the order means nothing, and a larger size only adds to a smaller one.
        """
        self._writer.close()
        self._file.flush()
        table = pa.ipc.open_stream(mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)).read_all()
        self._file.close()
        rows = {split: [row for _, row in sorted(self._found[split])[: asked[split]]] for split in SPLITS}
        return DatasetDict({split: Dataset(table).select(own) for split, own in rows.items()})


def counted(dataset: DatasetDict) -> list[Example]:
    """All examples drawn, each with what a report counts alone: the texts stay on disk."""
    columns = ["split", "group", "kind", "mapping"]
    return [row for split in dataset.values() for row in split.select_columns(columns)]
