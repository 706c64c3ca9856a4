"""Exact match where the reference can be put together from the input, and where it cannot: for real Java."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from trident.experiment.params import REAL_BASELINES
from trident.reporting.rendering import Table
from trident.reporting.results import Results, ResultsError
from trident.reporting.tables import mean_and_std, seeds_in_words

#: The name of the table's files.
FILE = "table_copyable"
_COLUMNS = {
    "all": "Exact match",
    "copyable": "Copyable references",
    "rest": "All others",
    "unanswered": "No answer",
}


def table_copyable(results: Results, split: str) -> Table:
    """Exact match of each model on a split, on both parts of it, and the share of blanks that it leaves empty.

    Raises:
        ResultsError: the step `baselines` was not run for these scores, or a file lacks a column.
    """
    copyable = _copyable(results, split)
    rows = []
    models = results.sets[["row", "model"]].drop_duplicates()
    for row, model in models.itertuples(index=False):
        scores = _scores(results, split, model)
        right, can = scores["exact_match"].astype(float), scores["id"].map(copyable).astype(bool)
        parts = {"all": right.mean(), "copyable": right[can].mean(), "rest": right[~can].mean()}
        rows.append({"row": row, **parts, "unanswered": scores["empty"].mean()})
    means = pd.DataFrame(rows).groupby("row", sort=False)[[*_COLUMNS]].agg(["mean", "std"])
    numbers = means.set_axis([name if kind == "mean" else f"{name}_std" for name, kind in means.columns], axis=1)
    number = copyable.sum()
    return Table(
        f"What can be copied from the input, {split} split: mean over {seeds_in_words(results)}",
        [("", "Model"), *(("", heading) for heading in _COLUMNS.values())],
        [
            [results.names[str(row)], *(mean_and_std(*values[name]) for name in _COLUMNS)]
            for row, values in means.iterrows()
        ],
        numbers.reset_index().assign(split=split, examples=len(copyable), copyable_examples=number),
        [
            f"Copyable: every identifier and literal of the reference stands in the test or in the method under test; "
            f"the name of the assertion is free. That is so for {number:,} of {len(copyable):,} examples "
            f"({number / len(copyable):.1%}). No answer: an empty prediction, which counts as wrong."
        ],
    )


def _copyable(results: Results, split: str) -> pd.Series:
    """Whether the reference of each example (index: id) can be copied, as the step `baselines` has found."""
    file = results.run.scores(REAL_BASELINES[-1]) / "predictions.parquet"
    columns = ["id", "split", "copyable"]
    return _read(file, columns).query("split == @split").set_index("id")["copyable"]


def _scores(results: Results, split: str, model: str) -> pd.DataFrame:
    file = results.run.scores(model) / "scores.parquet"
    found = _read(file, ["id", "split", "variant", "exact_match", "empty"])
    return found[(found["split"] == split) & (found["variant"] == results.variant)]


def _read(file: Path, columns: Sequence[str]) -> pd.DataFrame:
    try:
        return pd.read_parquet(file, columns=columns)
    except (OSError, ValueError) as error:
        again = "`python -m trident baselines`" if file.parent.name in REAL_BASELINES else "05_evaluate"
        why = str(error).partition("\n")[0]
        raise ResultsError(f"{file} cannot be read with {', '.join(columns)} ({why}): run {again} again") from None
