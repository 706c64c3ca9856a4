"""Do two measures rank the configurations of a grid alike? CQS beside execution, with what chance may do to both."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trident.reporting import published, stats
from trident.reporting.results import Results

#: What is compared: the paper's score, and equivalence by execution.
SCORE, TRUTH = "cqs", "equivalent"


@dataclass(frozen=True)
class Rankings:
    """Two rankings of a grid's configurations.

    Attributes:
        levels: :data:`SCORE` and :data:`TRUTH` → index: configuration; columns: mean, low, high (95 %), rank (1: best).
        tau: Kendall's rank correlation between the two, with its interval (low, high): 1 is the same order, 0 none, −1
            the opposite.
        reversed: one row per pair of configurations that the measures order differently, if at least one of the
            differences is more than chance: first and second (`first` has the higher score), and for each measure the
            difference first − second and whether it is significant; `because`: the component that gives `first` most of
            its lead in the score, and `lead`: by how much.
    """

    levels: Mapping[str, pd.DataFrame]
    tau: float
    low: float
    high: float
    reversed: pd.DataFrame


def rank(results: Results, split: str) -> Rankings:
    """Rank the configurations by both measures, over the examples that execution can tell.

    Intervals: groups of examples and, for each configuration, seeds are drawn with replacement. Three seeds say little
    about all seeds, so the intervals are rather too narrow.

    Raises:
        ValueError: fewer than two configurations.
    """
    frame = results.of_students(split).dropna(subset=[TRUTH])
    names = list(results.configurations)
    if len(names) < 2:
        raise ValueError("one configuration alone has no rank")
    drawn = dict(zip((SCORE, TRUTH), _drawn(frame, names), strict=True))
    levels = {}
    for measure, means in drawn.items():
        low, high = np.quantile(means[1:], [(1 - stats.CONFIDENCE) / 2, (1 + stats.CONFIDENCE) / 2], axis=0)
        table = pd.DataFrame({"mean": means[0], "low": low, "high": high}, index=names)
        levels[measure] = table.assign(rank=table["mean"].rank(ascending=False, method="min").astype(int))
    taus = _tau(*drawn.values())
    low, high = np.quantile(taus[1:], [(1 - stats.CONFIDENCE) / 2, (1 + stats.CONFIDENCE) / 2])
    return Rankings(levels, float(taus[0]), float(low), float(high), _reversed(frame, names))


def _drawn(frame: pd.DataFrame, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Means of both measures, draws × configurations; the first draw is the runs and examples as they are."""
    sums = frame.pivot_table(
        index="group", columns=["configuration", "seed"], values=[SCORE, TRUTH], aggfunc="sum", sort=False
    )
    runs = frame.groupby(["configuration", "seed"]).size()
    sizes = frame.groupby("group", sort=False).size() / len(runs)
    rng, number = np.random.default_rng(0), len(sizes)
    draws = rng.multinomial(number, np.full(number, 1 / number), stats.RESAMPLES)
    groups = np.concatenate([np.ones((1, number)), draws])
    weight = groups @ sizes.to_numpy()
    found: dict[str, list[np.ndarray]] = {SCORE: [], TRUTH: []}
    for name in names:
        seeds = list(runs[name].index)
        drawn = rng.multinomial(len(seeds), np.full(len(seeds), 1 / len(seeds)), stats.RESAMPLES)
        share = np.concatenate([np.ones((1, len(seeds))), drawn]) / len(seeds)
        for measure, columns in found.items():
            means = groups @ sums[measure][name][seeds].loc[sizes.index].to_numpy(float) / weight[:, None]
            columns.append((means * share).sum(axis=1))
    # the same mean of other summands is rounded differently
    return np.stack(found[SCORE], axis=1).round(12), np.stack(found[TRUTH], axis=1).round(12)


def _tau(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Kendall's tau-b between the rows of two arrays, draws × configurations. A measure that ties all has 0."""
    first, second = np.triu_indices(one.shape[1], 1)
    signs = [np.sign(means[:, first] - means[:, second]) for means in (one, other)]
    counts = np.sqrt(np.prod([np.abs(sign).sum(axis=1) for sign in signs], axis=0))
    return np.asarray((signs[0] * signs[1]).sum(axis=1) / np.maximum(counts, 1))


def _reversed(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Pairs that the two measures order differently. Both p are corrected for the number of such pairs (Holm)."""
    means = frame.groupby("configuration")[[SCORE, TRUTH, *published.WEIGHTS]].mean()
    pairs = [
        (a, b) if means.loc[a, SCORE] > means.loc[b, SCORE] else (b, a) for a, b in itertools.combinations(names, 2)
    ]
    pairs = [(a, b) for a, b in pairs if means.loc[a, TRUTH] < means.loc[b, TRUTH]]
    weights = pd.Series(published.WEIGHTS, dtype=float)
    leads = [(means.loc[a] - means.loc[b])[weights.index] * weights for a, b in pairs]
    table = pd.DataFrame(
        {
            "first": [first for first, _ in pairs],
            "second": [second for _, second in pairs],
            "because": [lead.idxmax() for lead in leads],
            "lead": [lead.max() for lead in leads],
        }
    )
    for measure in (SCORE, TRUTH):
        tests = [stats.p_values(frame[frame["configuration"].isin(pair)], pair[1], measure).iloc[0] for pair in pairs]
        found = pd.DataFrame(tests, columns=["difference", "p_examples", "p_seeds"], dtype=float)
        over_examples, over_seeds = (stats.holm(found[name]) < stats.ALPHA for name in ("p_examples", "p_seeds"))
        table[measure] = found["difference"].to_numpy()
        table[f"{measure}_significant"] = over_examples & over_seeds
    return table[table[f"{SCORE}_significant"] | table[f"{TRUTH}_significant"]].reset_index(drop=True)
