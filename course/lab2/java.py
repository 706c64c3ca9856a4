"""What the grid `labels` found on Java blanks, from its files in ``figures/labels``."""

from __future__ import annotations

from functools import cache

import pandas as pd

from trident.experiment import paths

FOLDER = paths.ROOT / "figures" / "labels"
SPLIT = "test"
#: By method, the first part of the configurations' names.
METHODS = {"labels alone": "ce", "teacher's answers": "seq_kd", "teacher's probabilities": "seq_kd_soft"}
ALONE, ANSWERS, PROBABILITIES = METHODS


@cache
def runs() -> pd.DataFrame:
    """The accepted share of each student: columns `method`, `labels`, `seed`, `accepted`.

    Raises:
        FileNotFoundError: the grid's files are not there.
    """
    table = pd.read_csv(FOLDER / "runs.csv")
    table = table[table.split == SPLIT]
    names = table.configuration.str.extract(r"^(?P<family>.+)_n(?P<labels>\d+)$")
    family = names.family.map({name: method for method, name in METHODS.items()})
    found = table.assign(method=family, labels=names.labels.astype(int)).dropna(subset="method")
    return found[["method", "labels", "seed", "accepted"]].reset_index(drop=True)


def accepted(method: str, labels: int) -> float:
    """The mean over seeds."""
    found = runs()
    return float(found[(found.method == method) & (found.labels == labels)].accepted.mean())


def teacher() -> float:
    """The accepted share of the teacher."""
    table = pd.read_csv(FOLDER / "references.csv")
    return float(table[(table.model == "teacher") & (table.split == SPLIT)].accepted.item())


def blanks() -> int:
    """How many blanks students learn from, with and without labels."""
    return int(runs().labels.max())
