"""Examples on disk: what notebook 01 writes and the later ones read."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import datasets
import pyarrow as pa
from datasets import Dataset, DatasetDict

from trident.corpus.schema import FEATURES, SPLITS, CorpusError, Example
from trident.experiment.artifacts import atomic

datasets.disable_progress_bars()  # writing the examples takes a second

_FOLDER = "examples"
_ROWS = 1000  # become Arrow at once, so that few rows exist as Python objects


def table(rows: Iterable[Example]) -> Dataset:
    """A dataset of :data:`FEATURES`, which may be empty."""
    schema = FEATURES.arrow_schema
    tables = [schema.empty_table()]
    rows = iter(rows)
    while some := list(islice(rows, _ROWS)):
        tables.append(pa.Table.from_pylist(some, schema))
    return Dataset(pa.concat_tables(tables).combine_chunks())


def in_splits(examples: Iterable[Example]) -> DatasetDict:
    """One dataset for each split, in the order of the examples."""
    rows = list(examples)
    return DatasetDict({split: table(row for row in rows if row["split"] == split) for split in SPLITS})


def save(dataset: DatasetDict, folder: str | Path) -> None:
    """Write the examples below `folder`, atomically; equal examples give equal files."""
    with atomic(Path(folder) / _FOLDER) as temporary:
        # One file per split, also for an empty one: `datasets` writes none by itself and then cannot read it.
        dataset.save_to_disk(temporary, num_shards=dict.fromkeys(dataset, 1))


def load(folder: str | Path) -> DatasetDict:
    """What :func:`save` wrote. Raises CorpusError if there is nothing."""
    if not (Path(folder) / _FOLDER).is_dir():
        raise CorpusError(f"no corpus in {folder}: run notebook 01_preprocess with the same parameters")
    return datasets.load_from_disk(Path(folder) / _FOLDER)
