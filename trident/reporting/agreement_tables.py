"""Tables on whether a score follows execution: of `agreement`, `rankings` and `calibration`."""

from __future__ import annotations

import pandas as pd

from trident.reporting.agreement import ALL, NAMES, NOT_EXACT, SCORES
from trident.reporting.calibration import Calibration
from trident.reporting.rankings import SCORE, TRUTH, Rankings
from trident.reporting.rendering import Table
from trident.reporting.results import MEASURES, Results
from trident.reporting.tables import number

_HEADINGS = {ALL: "all answers", NOT_EXACT: "not exact"}
_TESTED = {"cqs": "CQS", "calibrated": "CQS, execution-calibrated", "difference": "Difference"}


def score_name(score: str) -> str:
    """What a score of `agreement.SCORES` is called: measure and variant."""
    measure, variant = SCORES[score]
    return f"{NAMES[measure]}, {variant}" if variant else NAMES[measure]


def _with_interval(value: float, low: float, high: float, form: str = "z.2f") -> str:
    shown = number(value, form)
    return shown if pd.isna(low) else f"{shown} ({number(low, form)} to {number(high, form)})"


def _cell(row: pd.Series, names: tuple[str, str, str], form: str = "z.2f") -> str:
    value, low, high = (float(row[name]) for name in names)
    return _with_interval(value, low, high, form)


def table_agreement(judged: pd.DataFrame, found: pd.DataFrame, split: str, groups: str) -> Table:
    """How well each score follows execution, as a table.

    Args:
        judged: of `agreement.judge`.
        found: the answers that were judged, of `agreement.answers`.
        groups: what the intervals are over, of `Results.groups`.
    """
    text = []
    for score in SCORES:
        rows = [judged.loc[(answers, score)] for answers in _HEADINGS]
        cells = [_cell(row, (name, f"{name}_low", f"{name}_high")) for name in ("auc", "rho") for row in rows]
        text.append([score_name(score), *cells])
    headings = [f"{name}, {answers}" for name in ("AUC", "Rank correlation") for answers in _HEADINGS.values()]
    numbers = judged.unstack("answers").reindex([*SCORES])
    numbers.columns = pd.Index([f"{name} {answers}".replace(" ", "_") for name, answers in numbers.columns])
    numbers = numbers.reset_index(names="score")
    numbers.insert(0, "split", split)
    return Table(
        f"Does the score follow execution? {split} split: AUC for equivalent answers against the others, and "
        "Spearman's rank correlation with the mutation score (95 %)",
        [("", heading) for heading in ("Score", *headings)],
        text,
        numbers,
        [_counts(found), f"AUC: 0.5 is a coin, 1 ranks every equivalent answer first. Intervals: other {groups}."],
    )


def _counts(found: pd.DataFrame) -> str:
    known = found.dropna(subset=["equivalent"])
    rest = known[~known["exact_match"].astype(bool)]
    return (
        f"Each distinct answer of the teacher and the students to a blank counts once: {len(known):,} answers, "
        f"{known['equivalent'].sum():,.0f} of them equivalent; {len(rest):,} are not exact, "
        f"{rest['equivalent'].sum():,.0f} of them equivalent. {len(found) - len(known):,} more are left out: their "
        "reference kills no mutant, so equivalence cannot be told."
    )


def table_rankings(results: Results, ranked: Rankings, split: str) -> Table:
    """Rank, mean and interval of each configuration by CQS and by execution, and the pairs that change places."""
    levels = [ranked.levels[measure] for measure in (SCORE, TRUTH)]
    order = levels[1].sort_values("rank", kind="stable").index
    text = [
        [
            results.names[str(name)],
            *(f"{table.loc[name, 'rank']:.0f}" for table in levels),
            *(_cell(table.loc[name], ("mean", "low", "high"), ".3f") for table in levels),
        ]
        for name in order
    ]
    headings = [MEASURES[measure] for measure in (SCORE, TRUTH)]
    columns = ["Student trained with", *(f"Rank by {heading}" for heading in headings), *headings]
    numbers = pd.concat(
        {f"{measure}_{column}": ranked.levels[measure][column] for measure in (SCORE, TRUTH) for column in levels[0]},
        axis=1,
    ).loc[order]
    numbers = numbers.reset_index(names="configuration")
    numbers.insert(0, "split", split)
    tau = _with_interval(ranked.tau, ranked.low, ranked.high)
    return Table(
        f"The students ranked by CQS and by execution, {split} split (95 %, other {results.groups} and other seeds)",
        [("", column) for column in columns],
        text,
        numbers,
        [
            f"Kendall's rank correlation between the two orders: {tau}; 1 is the same order, 0 none. Examples whose "
            "reference kills no mutant are left out of both measures.",
            *_reversals(results, ranked),
        ],
    )


def _reversals(results: Results, ranked: Rankings) -> list[str]:
    """One sentence for each pair that the measures order differently beyond chance."""
    if ranked.reversed.empty:
        return ["No pair is ordered differently by the two with a difference that is more than chance in one of them."]
    return [
        f"{results.names[row['first']]} is above {results.names[row['second']]} by CQS ({_change(row, SCORE)}), most "
        f"of it from {MEASURES[row['because']]} ({number(row['lead'], '+.3f')}), and below it by execution "
        f"({_change(row, TRUTH)})."
        for row in ranked.reversed.to_dict("records")
    ]


def _change(row: dict[str, object], measure: str) -> str:
    sure = "more than chance" if row[f"{measure}_significant"] else "may be chance"
    return f"{number(float(str(row[measure])), '+.3f')}, {sure}"


def table_calibration(fitted: Calibration, groups: str) -> Table:
    """The AUC of CQS and of the calibrated score on groups that the weights were not fitted to, and the weights.

    Args:
        groups: of `Results.groups`.
    """
    text = [
        [f"{tested}, {_HEADINGS[answers]} ({rows['number'].iloc[0]:,.0f})"]
        + [
            _cell(rows.loc[(tested, answers, name)], ("auc", "low", "high"), form)
            for name, form in zip(_TESTED, (".3f", ".3f", "+z.3f"), strict=True)
        ]
        for (tested, answers), rows in fitted.tested.groupby(level=["classes", "answers"], sort=False)
    ]
    weights = ", ".join(f"{NAMES[name]} {weight:.2f}" for name, weight in fitted.weights.items())
    return Table(
        f"Weights that follow execution: AUC for equivalent answers on {groups} that they were not fitted to (95 %)",
        [("", heading) for heading in ("Answers", *_TESTED.values())],
        text,
        fitted.tested.reset_index(),
        [
            f"Weights: {weights}. Fitted by logistic regression without negative weights to {fitted.answers:,} answers "
            f"of {fitted.classes:,} {groups}, one half of those of {fitted.split}; exact matches, which any weights "
            "put first, are left out."
        ],
    )
