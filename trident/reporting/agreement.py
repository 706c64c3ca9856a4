"""Does a score follow execution? How well it tells answers that are equivalent from those that are not.

The answers are those of the grid's teacher and students, each distinct answer to a blank once. A score's AUC (area
under the ROC curve) is the probability that an equivalent answer scores above one that is not, ties counting half: a
coin has 0.5. Its rank correlation (Spearman's) is with the relative mutation score. Intervals are percentiles over
resampled groups, as in `stats`. Exact matches are equivalent, and easy to recognise for a score of likeness, so the
answers without them are judged apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from trident.reporting import published, stats
from trident.reporting.results import EXECUTION, MEASURES, Results, with_verdicts

#: The readings of the score that are judged, and what each has of its own.
VARIANTS = ("strict", "paper", "released")
BY_VARIANT = ("cqs", *published.WEIGHTS)
#: The parts of the strict reading's CodeBLEU.
OF_CODEBLEU = {"bleu": "BLEU", "weighted_recall": "Weighted recall", "syntax": "Syntax match"}
#: Measure → heading.
NAMES = {**MEASURES, **OF_CODEBLEU}
#: What does not depend on the reading.
OVERALL = ("accepted", "exact_match")
#: Column of :func:`answers` → measure and variant.
SCORES: Mapping[str, tuple[str, str]] = {measure: (measure, "") for measure in OVERALL} | {
    f"{measure}_{variant}": (measure, variant)
    for variant in VARIANTS
    for measure in (*BY_VARIANT, *(OF_CODEBLEU if variant == "strict" else ()))
}
#: The project's own reading of the score.
CQS = "cqs_strict"
#: Which answers are judged.
ALL, NOT_EXACT = "all", "not exact"
#: Draws that are held in memory at a time.
_AT_A_TIME = 100


def answers(results: Results, split: str) -> pd.DataFrame:
    """Each distinct answer of the teacher and the students to a blank of one split.

    Returns:
        Index: id, prediction. Columns: group, `results.EXECUTION` and :data:`SCORES`. What execution cannot tell,
        because the reference kills no mutant, is missing.
    """
    students = (results.run.student(name, seed).name for name in results.configurations for seed in results.seeds)
    columns = ["id", "group", "variant", "prediction", *OVERALL, *BY_VARIANT, *OF_CODEBLEU]
    columns += EXECUTION if results.verdicts is None else ()
    frames = [
        pd.read_parquet(
            results.inputs[f"scores/{model}"] / "scores.parquet",
            columns=columns,
            filters=[("split", "==", split), ("variant", "in", VARIANTS)],
        )
        for model in ("teacher", *students)
    ]
    frame = pd.concat(frames).drop_duplicates(["id", "prediction", "variant"])
    if results.verdicts is not None:
        frame = with_verdicts(frame, results.verdicts, results.run.folder)
    own = frame.pivot(index=["id", "prediction"], columns="variant", values=[*BY_VARIANT, *OF_CODEBLEU])
    own.columns = pd.Index([f"{measure}_{variant}" for measure, variant in own.columns])
    shared = frame.drop_duplicates(["id", "prediction"]).set_index(["id", "prediction"])
    return shared[["group", *EXECUTION, *OVERALL]].join(own[[name for name in SCORES if name in own]])


def judge(found: pd.DataFrame) -> pd.DataFrame:
    """How well each score follows execution, over :data:`ALL` answers and over those that are :data:`NOT_EXACT`.

    Args:
        found: of :func:`answers`. Those that execution cannot tell are left out.

    Returns:
        Index: answers, score. Columns: auc, auc_low, auc_high, rho, rho_low, rho_high (95 %). NaN where the answers are
        all equivalent, or none is, and rho also where a score is the same for all.
    """
    known = found.dropna(subset=["equivalent"])
    parts = {ALL: known, NOT_EXACT: known[~known["exact_match"].astype(bool)]}
    return pd.concat({name: _judge(part) for name, part in parts.items()}, names=["answers", "score"])


def _judge(known: pd.DataFrame) -> pd.DataFrame:
    columns = {}
    for name, draws in zip(("auc", "rho"), resampled(known, list(SCORES)), strict=True):
        columns[name] = draws[0]
        columns[f"{name}_low"], columns[f"{name}_high"] = interval(draws)
    return pd.DataFrame(columns, index=[*SCORES])


# -- AUC and rank correlation of many draws at once


def interval(draws: np.ndarray) -> np.ndarray:
    """The 95 % interval of each column of `draws`, from all rows but the first; NaN where the first row is.

    A draw without an equivalent answer, or without another, has no value and is left out.
    """
    drawn = np.where(np.isnan(draws[0]), 0.0, draws[1:])
    low, high = np.nanquantile(drawn, [(1 - stats.CONFIDENCE) / 2, (1 + stats.CONFIDENCE) / 2], axis=0)
    return np.where(np.isnan(draws[0]), np.nan, [low, high])


def resampled(known: pd.DataFrame, scores: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """AUC and rank correlation of some columns of `known`, draws × scores; the first draw is the answers as they are.

    `known`: of :func:`answers`, those that execution can tell.
    """
    if known.empty:
        nothing = np.full((1 + stats.RESAMPLES, len(scores)), np.nan)
        return nothing, nothing
    right = known["equivalent"].to_numpy() == 1
    columns = {name: known[name].to_numpy(float) for name in (*scores, "relative_mutation_score")}
    places = {name: np.unique(values, return_inverse=True)[1] for name, values in columns.items()}
    aucs, correlations = [], []
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN: no equivalent answer, no other, or a score that is constant
        for weights in _draws(known["group"]):
            rights, total = weights[right].sum(axis=0), weights.sum(axis=0)
            centred = _midranks(places["relative_mutation_score"], weights) - total / 2
            target = weights * centred
            spread = (target * centred).sum(axis=0)
            above, agreeing = [], []
            for name in scores:
                ranks = _midranks(places[name], weights)
                above.append(((weights * ranks)[right].sum(axis=0) - rights**2 / 2) / (rights * (total - rights)))
                ranks -= total / 2
                agreeing.append((target * ranks).sum(axis=0) / np.sqrt((weights * ranks**2).sum(axis=0) * spread))
            aucs.append(np.stack(above, axis=1))
            correlations.append(np.stack(agreeing, axis=1))
    return np.concatenate(aucs), np.concatenate(correlations)


def _draws(groups: pd.Series) -> Iterator[np.ndarray]:
    """How often each answer counts, answers × draws: once each, then as groups are drawn with replacement."""
    codes, names = pd.factorize(groups)
    number = len(names)
    drawn = np.random.default_rng(0).multinomial(number, np.full(number, 1 / number), stats.RESAMPLES)
    counts = np.concatenate([np.ones((1, number)), drawn])
    for first in range(0, len(counts), _AT_A_TIME):
        yield np.ascontiguousarray(counts[first : first + _AT_A_TIME].T)[codes]


def _midranks(places: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """For each answer and draw: the weight of the answers below it, and half of that of its equals, itself included.

    `places`: of each answer's value among the distinct values, in ascending order.
    """
    order = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.diff(places[order], prepend=-1))
    own = np.add.reduceat(weights[order], starts, axis=0)
    return np.asarray((np.cumsum(own, axis=0) - own / 2)[places])
