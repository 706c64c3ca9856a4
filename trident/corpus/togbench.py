"""Read OE25dev as TOGBench publishes it: developer-written tests with one oracle each, in CSV files.

Tasnim, Dwyer and Hossain, "TOGBench: A developer-written multi-variant dataset and benchmark suite for test oracle
generation", 2026. ``dataset_single/<project>/inputs.csv`` has the columns id, test_prefix, test_name, focal_method and
docstring; ``meta.csv`` beside it has id, focal_class, oracle_type and others. Despite its name, ``test_prefix`` is the
whole test, oracle included.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from trident.corpus.records import Record, Tally
from trident.corpus.schema import CorpusError
from trident.java.lexer import dedented

HOW_TO_GET = "Clone assert-lab/TOGBench, and give that folder as corpus_path."
SINGLE = "dataset_single"
#: The oracles that one assertion statement says. Others are try-catch blocks, of which an assertion is only a part.
ASSERTION = "ASSERTION_ONLY"
#: The method under test is published as text alone.
NAMELESS = "not published"
_INPUTS = {"id", "test_prefix", "test_name", "focal_method"}
_META = {"id", "focal_class", "oracle_type"}
#: Published values have at most some hundred kilobytes.
_LARGEST = 4 << 20


def projects(folder: Path) -> list[Path]:
    """The folder of each project, by name. Raises CorpusError if there is none."""
    found = sorted(file.parent for file in (folder / SINGLE).glob("*/inputs.csv"))
    if not found:
        raise CorpusError(f"{folder} holds no {SINGLE}/*/inputs.csv. {HOW_TO_GET}")
    return found


def read(project: Path, skipped: Tally) -> Iterator[Record]:
    """The tests of a project whose oracle is an assertion. Every other row is counted in `skipped` by reason.

    Raises:
        CorpusError: a file is missing, is no CSV in UTF-8, or lacks a column.
    """
    meta = {row["id"]: row for row in _rows(project / "meta.csv", _META)}
    for row in _rows(project / "inputs.csv", _INPUTS):
        where = f"{project.name}/{row['test_name']}"
        about = meta.get(row["id"])
        if about is None:
            skipped.add("row: not in meta.csv", where)
        elif about["oracle_type"] != ASSERTION:
            skipped.add(f"oracle: {about['oracle_type']}", where)
        else:
            try:
                yield _record(row, about, project.name)
            except ValidationError as error:
                key = ".".join(map(str, error.errors()[0]["loc"]))
                skipped.add(f"row: no {key}", where)


def _record(row: dict[str, str], about: dict[str, str], project: str) -> Record:
    """Raises ValidationError, which names the part of a record that the row does not have."""
    parts = {
        "test_case": {"identifier": row["test_name"].rpartition("::")[2], "body": _moved(row["test_prefix"])},
        "focal_class": {"identifier": about["focal_class"].rpartition(".")[2]},
        "focal_method": {"identifier": NAMELESS, "body": _moved(row["focal_method"])},
        "repository": {"repo_id": project},
        "origin": f"{project}/{row['id']}#{row['test_name']}",
    }
    return Record.model_validate(parts)


def _moved(code: str) -> str:
    """`code` at the first column, as Methods2Test and the miner have it."""
    bare = code.lstrip(" \t")
    return dedented(bare, code[: len(code) - len(bare)]).rstrip()


def _rows(file: Path, columns: set[str]) -> Iterator[dict[str, str]]:
    csv.field_size_limit(_LARGEST)
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, restval="")
            if missing := columns - set(reader.fieldnames or ()):
                raise CorpusError(f"{file} has no column {', '.join(sorted(missing))}. {HOW_TO_GET}")
            yield from reader
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{file}: not readable as CSV: {error}. {HOW_TO_GET}") from None
