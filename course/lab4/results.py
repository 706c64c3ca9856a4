"""The project's own results: the tables in `figures/`, which notebook 06 writes. No number is typed here."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from trident.experiment import paths
from trident.reporting.agreement import ALL, NOT_EXACT
from trident.reporting.configurations import NAMES
from trident.reporting.rendering import Table

FOLDER = paths.ROOT / "figures"
AGREEMENT = FOLDER / "table_agreement.csv"
_MEASURES = ("auc", "auc_low", "auc_high")


def runs(split: str) -> pd.DataFrame:
    """One row per training run: configuration, seed, cqs, accepted, …"""
    return _of_split(FOLDER / "runs.csv", split)


def levels(split: str) -> pd.Series[float]:
    """The CQS of the teacher and of what needs no model, by name."""
    return _of_split(FOLDER / "references.csv", split).set_index("model")["cqs"]


def differences(split: str) -> pd.DataFrame:
    """The difference in CQS of each configuration (index) to the baseline, with two intervals, as `stats.compare`."""
    table = _of_split(FOLDER / "table_differences.csv", split)
    return table[table["measure"] == "cqs"].set_index("configuration")


def baseline(split: str) -> str:
    """The configuration that the others are compared with."""
    [name] = set(runs(split)["configuration"]) - set(differences(split).index)
    return str(name)


def agreement(split: str) -> pd.DataFrame:
    """AUC of each score for equivalent answers against the others, as `agreement.judge` gives it.

    Index: answers ("all", "not exact"), score. Raises FileNotFoundError where no execution has been tabulated.
    """
    table = _of_split(AGREEMENT, split).set_index("score")
    parts = {
        answers: table[[f"{name}_{answers}".replace(" ", "_") for name in _MEASURES]].set_axis([*_MEASURES], axis=1)
        for answers in (ALL, NOT_EXACT)
    }
    return pd.concat(parts, names=["answers", "score"])


def in_words(split: str) -> Table:
    """:func:`differences` as a table to read."""
    table = differences(split)
    rows = [
        [
            NAMES[str(name)],
            f"{row['difference']:+.3f}",
            *(f"{row[f'low_{over}']:+.3f} to {row[f'high_{over}']:+.3f}" for over in ("examples", "seeds")),
            *(f"{row[f'p_{over}']:.3f}" for over in ("examples", "seeds")),
            "yes" if row["significant"] else "no",
        ]
        for name, row in table.iterrows()
    ]
    columns = ["Student trained with", "CQS", "95 %, other classes", "95 %, other seeds", "p, classes", "p, seeds"]
    return Table(
        f"Difference to {NAMES[baseline(split)]}, {split} split",
        [("", column) for column in (*columns, "more than chance")],
        [[cell.replace("-", "−") if i else cell for i, cell in enumerate(row)] for row in rows],
        table.reset_index(),
        ["Both p are corrected for the number of rows (Holm); the intervals are not."],
    )


def _of_split(file: Path, split: str) -> pd.DataFrame:
    table = pd.read_csv(file)
    return table[table["split"] == split].drop(columns="split").reset_index(drop=True)
