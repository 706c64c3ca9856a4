"""Every test of the training projects, also those whose method is not known: what models of real Java pre-train on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from datasets import Dataset
from tqdm.auto import tqdm

from trident.corpus import mappings, mining
from trident.corpus.duplicates import Known, sketch
from trident.corpus.projects import Fetched, complete
from trident.experiment.artifacts import atomic, fingerprint
from trident.java import lexer

_SCHEMA = pa.schema({"test": pa.string(), "focal_method": pa.string()})


def save(projects: Path, file: Path, progress: bool = True) -> dict[str, int]:
    """Write the tests of the `train` projects to an Arrow file, in an order that means nothing, for :func:`load`.

    A test that stands there twice is written once. A near-duplicate of a test of a `validation` or `test` project is
    left out. Warns of projects that are not complete. In memory are the tests of one project, and a digest of each.

    Args:
        projects: the folder of ``trident fetch``.

    Returns:
        what was counted: tests ``used``, those ``with_method``, ``duplicates`` and ``near_duplicates``.
    """
    there, _ = complete(projects)
    held_out = _held_out(projects, [project for project in there if project.split != "train"], progress)
    counts: Counter[str] = Counter(used=0, with_method=0, duplicates=0, near_duplicates=0)
    training = [project for project in there if project.split == "train"]
    with atomic(file) as temporary, pa.ipc.new_stream(temporary, _SCHEMA) as writer:
        seen: set[str] = set()
        for project in tqdm(training, unit=" projects", desc="tests to pre-train on", disable=not progress):
            rows = list(_rows(projects / project.folder, held_out, seen, counts))
            writer.write_table(pa.Table.from_pylist(rows, _SCHEMA))
    return dict(counts)


def load(file: Path) -> Dataset:
    """The tests of :func:`save`: `test` and `focal_method`, empty where the method is not known. They stay on disk."""
    return Dataset.from_file(str(file))


def _held_out(projects: Path, evaluated: list[Fetched], progress: bool) -> Known:
    """The tests that nothing may be trained on."""
    known = Known()
    for project in tqdm(evaluated, unit=" projects", desc="tests to leave out", disable=not progress):
        for test, _ in mining.every_test(projects / project.folder):
            known.add(sketch(test), project.name, "held out")
    return known


def _rows(root: Path, held_out: Known, seen: set[str], counts: Counter[str]) -> Iterator[dict[str, str]]:
    reliable = mappings.chosen([])
    for test, record in mining.every_test(root):
        digest = fingerprint(lexer.lex(test))
        if digest in seen:
            counts["duplicates"] += 1
        elif held_out.nearest(sketch(test), "train"):
            counts["near_duplicates"] += 1
        else:
            seen.add(digest)
            focal = record.focal_method.body if record and record.mapping in reliable else ""
            counts.update(used=1, with_method=bool(focal))
            yield {"test": test, "focal_method": focal}
