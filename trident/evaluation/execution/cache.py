"""What a JVM said, kept on disk: no answer of a blank is run twice for a grid.

A folder of Parquet files. Each job reads all of them when it starts, and writes one with what it has run itself. So
jobs that run at the same time need no lock, and at worst run the same answer twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import pandas as pd

from trident.evaluation.execution.jvm import Case, Outcome
from trident.experiment.artifacts import atomic, fingerprint

_COLUMNS = ["key", "verdict", "message", "mutants"]
_RUNNER = ("jvm.py", "Worker.java", "Jupiter.java")
_REMEDY = "Delete the file: what it held is run again."


class CacheError(RuntimeError):
    """A file of the cache cannot be read; the message names it."""


@lru_cache
def _runner() -> str:
    """A digest of what runs the programs."""
    code = (Path(__file__).with_name(name).read_bytes() for name in _RUNNER)
    return hashlib.sha256(b"\0".join(code)).hexdigest()


def digest(case: Case) -> str:
    """A digest of all that an outcome depends on besides the answer: programs, the reference, limits, the runner."""
    return fingerprint(asdict(case), _runner())


def key(case_digest: str, answer: str) -> str:
    """What the outcome of an answer to a case is kept under."""
    return fingerprint(case_digest, answer)


def load(folder: Path) -> dict[str, Outcome]:
    """All outcomes in the files of a folder, by key; none if there is no folder.

    Raises:
        CacheError: a file is damaged, or is no file of the cache.
    """
    known: dict[str, Outcome] = {}
    for file in sorted(folder.glob("[!.]*")):
        try:
            frame = pd.read_parquet(file)
        except (OSError, ValueError) as error:
            raise CacheError(f"{file} is no Parquet file that can be read: {error}. {_REMEDY}") from error
        if list(frame.columns) != _COLUMNS:
            raise CacheError(f"{file} has the columns {', '.join(map(str, frame.columns))}: it is no cache. {_REMEDY}")
        rows = zip(*(frame[name] for name in _COLUMNS), strict=True)
        known |= {key: Outcome(verdict, message, tuple(mutants)) for key, verdict, message, mutants in rows}
    return known


def save(folder: Path, outcomes: Mapping[str, Outcome]) -> None:
    """Write outcomes by key as one more file of the folder. The same keys give the same name."""
    if outcomes:
        rows = [(key, outcome.verdict, outcome.message, list(outcome.mutants)) for key, outcome in outcomes.items()]
        with atomic(folder / f"{fingerprint(sorted(outcomes))[:16]}.parquet") as file:
            pd.DataFrame(rows, columns=_COLUMNS).to_parquet(file, index=False)
