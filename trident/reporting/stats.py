"""Spread and significance of scores: what a difference between two rows of a table is worth.

The frames are in long form, one row a score, with the columns

- `configuration`  what is compared,
- `seed`           which training run of it,
- `example`        which example, the same name for the same example in every run,
- `group`          what the example shares with others (a repository, a sandbox class): examples of a group are not independent,

and one column of the score itself, named by `value`. There must be one row for each example in each run, and every
configuration must be scored on the same examples.

Two things vary: the seed of the training and the draw of the examples. An interval over examples (:func:`intervals`,
:func:`compare`) says how the runs at hand would do on other examples of other groups; it holds the runs fixed. The spread over
seeds (:func:`spread`) says how another training run would do on these examples. :func:`detectable` takes both into account.
Groups are resampled whole (Cameron, Gelbach and Miller, Bootstrap-based improvements for inference with clustered errors,
2008).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy import stats as distributions

RESAMPLES = 2_000


def spread(frame: pd.DataFrame, value: str = "cqs", confidence: float = 0.95) -> pd.DataFrame:
    """Mean and spread over seeds of each configuration's set score.

    Returns:
        Indexed by configuration, best first, with `seeds`, `mean`, `sd` (sample standard deviation of the runs' means), `low`
        and `high` (Student's t interval over the runs). With one seed `sd`, `low` and `high` are NaN: one run has no spread.
    """
    runs = _runs(frame, value)
    by = runs.groupby("configuration", sort=False)[value]
    table = pd.DataFrame({"seeds": by.count(), "mean": by.mean(), "sd": by.std(ddof=1)})
    freedom = (table["seeds"] - 1).where(table["seeds"] > 1)
    half = distributions.t.ppf((1 + confidence) / 2, freedom) * table["sd"] / np.sqrt(table["seeds"])
    return table.assign(low=table["mean"] - half, high=table["mean"] + half).sort_values(
        "mean", ascending=False, kind="stable"
    )


def intervals(
    frame: pd.DataFrame, value: str = "cqs", confidence: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> pd.DataFrame:
    """Bootstrap intervals of each configuration's mean over examples, groups resampled whole.

    Returns:
        Indexed by configuration, best first, with `examples`, `groups`, `mean`, `low` and `high` (percentiles). With one group
        `low` and `high` are NaN.
    """
    wide, groups = _examples(frame, value)
    sums, counts = _by_group(wide, groups)
    means = _resampled(sums, counts, resamples, seed)
    tail = (1 - confidence) / 2
    table = pd.DataFrame(
        {
            "examples": len(wide),
            "groups": len(counts),
            "mean": wide.mean(),
            "low": np.quantile(means, tail, axis=0),
            "high": np.quantile(means, 1 - tail, axis=0),
        },
        index=wide.columns,
    )
    if len(counts) < 2:
        table[["low", "high"]] = np.nan
    return table.sort_values("mean", ascending=False, kind="stable")


def compare(
    frame: pd.DataFrame,
    value: str = "cqs",
    baseline: str | None = None,
    alpha: float = 0.05,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> pd.DataFrame:
    """Paired comparisons of configurations on the same examples, corrected for their number.

    A configuration's score of an example is its mean over seeds. The test flips the sign of each group's differences at random:
    if the two configurations were the same, either sign would be as likely. It asks nothing of the scores' distribution. With
    up to 12 groups every flip is tried.

    Args:
        frame: see the module.
        baseline: compare every other configuration with this one; None: compare all pairs.
        alpha: `significant` is ``p_holm < alpha``.
        resamples: random sign flips, and bootstrap resamples of the interval.
        seed: of both.

    Returns:
        One row a comparison, in order of p, with `left`, `right`, `difference` (left − right), `low` and `high` (bootstrap
        interval of the difference, groups resampled whole), `p` (two-sided), `p_holm` (Holm, 1979: holds over all rows
        together), `significant`, `effect` (Cohen's d_z: mean difference ÷ standard deviation of the differences; NaN when they
        have none), `wins` and `losses` (share of examples where left is above or below right), `examples`, `groups`.

    Raises:
        ValueError: fewer than two configurations, an unknown baseline, or fewer than two groups (nothing to resample).
    """
    wide, groups = _examples(frame, value)
    if groups.nunique() < 2:
        raise ValueError("compare needs examples of two groups or more: with one group there is nothing to resample")
    pairs = _pairs(wide.columns, baseline)
    differences = pd.DataFrame({pair: wide[pair[0]] - wide[pair[1]] for pair in pairs})
    sums, counts = _by_group(differences, groups)
    means = _resampled(sums, counts, resamples, seed)
    tail = (1 - confidence) / 2
    sd = differences.std(ddof=1).to_numpy()
    average = differences.mean().to_numpy()
    p = _sign_flips(sums, resamples, seed)
    table = pd.DataFrame(
        {
            "left": [left for left, _ in pairs],
            "right": [right for _, right in pairs],
            "difference": average,
            "low": np.quantile(means, tail, axis=0),
            "high": np.quantile(means, 1 - tail, axis=0),
            "p": p,
            "p_holm": holm(p),
            "effect": np.divide(average, sd, out=np.full(len(pairs), np.nan), where=sd > 0),
            "wins": (differences > 0).mean().to_numpy(),
            "losses": (differences < 0).mean().to_numpy(),
            "examples": len(wide),
            "groups": len(counts),
        }
    )
    table.insert(7, "significant", table["p_holm"] < alpha)
    return table.sort_values("p", kind="stable", ignore_index=True)


def compare_runs(
    frame: pd.DataFrame, value: str = "cqs", baseline: str | None = None, alpha: float = 0.05
) -> pd.DataFrame:
    """Welch's t test between the runs of two configurations: would another seed give the same order? Holm-corrected.

    :func:`compare` cannot see this: it holds the runs fixed. With three seeds a configuration this test is weak, and rightly so.

    Returns:
        One row a comparison, in order of p: `left`, `right`, `difference`, `p`, `p_holm`, `significant`, `effect` (Hedges' g:
        the difference ÷ pooled standard deviation of the runs, corrected for few runs), `runs_left`, `runs_right`. Where one
        side has a single run, or neither has any spread, `p`, `p_holm` and `effect` are NaN and nothing is significant.

    Raises:
        ValueError: fewer than two configurations, or an unknown baseline.
    """
    runs = {name: rows[value].to_numpy() for name, rows in _runs(frame, value).groupby("configuration", sort=False)}
    rows = []
    for left, right in _pairs(runs, baseline):
        one, other = runs[left], runs[right]
        freedom = len(one) + len(other) - 2
        p = effect = np.nan
        if min(len(one), len(other)) > 1:
            pooled = np.sqrt(((len(one) - 1) * one.var(ddof=1) + (len(other) - 1) * other.var(ddof=1)) / freedom)
            if pooled > 0:
                p = distributions.ttest_ind(one, other, equal_var=False).pvalue
                effect = (one.mean() - other.mean()) / pooled * (1 - 3 / (4 * freedom - 1))
        rows.append(
            {
                "left": left,
                "right": right,
                "difference": one.mean() - other.mean(),
                "p": p,
                "effect": effect,
                "runs_left": len(one),
                "runs_right": len(other),
            }
        )
    table = pd.DataFrame(rows)
    table.insert(4, "p_holm", holm(table["p"]))
    table.insert(5, "significant", table["p_holm"] < alpha)
    return table.sort_values("p", kind="stable", ignore_index=True)


def _pairs(configurations: Iterable[str], baseline: str | None) -> list[tuple[str, str]]:
    """All against the baseline, or every two."""
    names = list(configurations)
    if len(names) < 2:
        raise ValueError(f"a comparison needs two configurations or more, not {names}")
    if baseline is None:
        return list(itertools.combinations(names, 2))
    if baseline not in names:
        raise ValueError(f"no configuration {baseline!r}; there are {', '.join(map(str, names))}")
    return [(name, baseline) for name in names if name != baseline]


def holm(p: Sequence[float]) -> np.ndarray:
    """Holm's step-down correction (1979) of several p values: each may be compared with the same alpha. NaN stays, uncounted.

    Raises:
        ValueError: a value outside [0, 1].
    """
    p = np.asarray(p, dtype=float)
    if ((p < 0) | (p > 1)).any():
        raise ValueError(f"p values must be in [0, 1], not {p[(p < 0) | (p > 1)][0]:g}")
    order = np.argsort(p, kind="stable")[: np.count_nonzero(~np.isnan(p))]
    corrected = np.full(p.shape, np.nan)
    corrected[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return corrected


def detectable(
    examples: int,
    example_sd: float,
    seeds: int = 1,
    seed_sd: float = 0.0,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    group_size: float = 1.0,
    group_correlation: float = 0.0,
    comparisons: int = 1,
) -> float:
    """The smallest difference between two configurations that a paired test shows with the given power.

    Both are scored on the same examples, with `seeds` training runs each. The standard error of the difference has two parts:
    ``example_sd² · design / examples`` and ``2 · seed_sd² / seeds``. As the spread over seeds is itself estimated from few
    runs, the quantiles are Student's, with Satterthwaite's degrees of freedom. A difference below this may be true, but such an
    experiment would more often miss it than 1 − power.

    Args:
        examples: number of examples.
        example_sd: standard deviation over examples of the paired difference (both means over seeds).
        seeds: training runs of each configuration.
        seed_sd: standard deviation of a configuration's set score over seeds; 0 asks only about the runs at hand.
        alpha: two-sided, divided by `comparisons` (Bonferroni, what Holm's smallest p has to pass).
        power: chance to see a difference of that size.
        group_size, group_correlation: examples a group and the correlation of their differences within one; the design effect
            is 1 + (group_size − 1) · group_correlation.
        comparisons: how many comparisons share alpha.

    Returns:
        The difference, in units of the score. Infinite when `seed_sd` is positive with a single seed.

    Raises:
        ValueError: an impossible argument, named.
    """
    for name, value, fine in (
        ("examples", examples, examples >= 2),
        ("example_sd", example_sd, example_sd >= 0),
        ("seeds", seeds, seeds >= 1),
        ("seed_sd", seed_sd, seed_sd >= 0),
        ("alpha", alpha, 0 < alpha < 1),
        ("power", power, 0 < power < 1),
        ("group_size", group_size, group_size >= 1),
        ("group_correlation", group_correlation, 0 <= group_correlation <= 1),
        ("comparisons", comparisons, comparisons >= 1),
    ):
        if not fine:
            raise ValueError(f"detectable: {name} = {value!r} is impossible")
    over_examples = example_sd**2 * (1 + (group_size - 1) * group_correlation) / examples
    over_seeds = 2 * seed_sd**2 / seeds
    variance = over_examples + over_seeds
    if not variance:
        return 0.0
    if over_seeds and seeds == 1:
        return np.inf
    groups = examples / group_size
    parts = [over_examples**2 / max(groups - 1, 1), over_seeds**2 / (2 * seeds - 2) if over_seeds else 0.0]
    freedom = variance**2 / sum(parts)
    quantiles = distributions.t.ppf(1 - alpha / comparisons / 2, freedom) + distributions.t.ppf(power, freedom)
    return float(quantiles * np.sqrt(variance))


def group_correlation(differences: pd.Series, groups: pd.Series) -> tuple[float, float]:
    """What :func:`detectable` needs to know of groups: their effective size and the intraclass correlation of `differences`.

    One-way analysis of variance (Donner, 1986), with the size n₀ = (n − Σ nᵢ²/n) / (k − 1); the correlation is cut at 0.

    Returns:
        (effective group size, correlation). (1, 0) when every group has a single example.

    Raises:
        ValueError: fewer than two groups, or the two series do not have the same index.
    """
    if not differences.index.equals(groups.index):
        raise ValueError("differences and groups must have the same index")
    by = differences.groupby(groups.to_numpy())
    sizes, total = by.size().to_numpy(dtype=float), len(differences)
    if len(sizes) < 2:
        raise ValueError("group_correlation needs two groups or more")
    size = (total - (sizes**2).sum() / total) / (len(sizes) - 1)
    if total == len(sizes):
        return 1.0, 0.0
    within = (differences - by.transform("mean")).pow(2).sum() / (total - len(sizes))
    between = (sizes * (by.mean().to_numpy() - differences.mean()) ** 2).sum() / (len(sizes) - 1)
    spread_of_all = between + (size - 1) * within
    return float(max(1.0, size)), float(max(0.0, (between - within) / spread_of_all)) if spread_of_all > 0 else 0.0


def paired_sd(frame: pd.DataFrame, left: str, right: str, value: str = "cqs") -> tuple[float, float, float]:
    """From scores at hand to the arguments of :func:`detectable`: (example_sd, group_size, group_correlation) of left − right."""
    wide, groups = _examples(frame, value)
    differences = wide[left] - wide[right]
    return (float(differences.std(ddof=1)), *group_correlation(differences, groups))


# -- from long frames to arrays


def _runs(frame: pd.DataFrame, value: str) -> pd.DataFrame:
    """One row a run: configuration, seed and the mean of its scores."""
    _check(frame, value)
    return frame.groupby(["configuration", "seed"], sort=False, as_index=False)[value].mean()


def _examples(frame: pd.DataFrame, value: str) -> tuple[pd.DataFrame, pd.Series]:
    """Examples × configurations, each the mean over seeds, and the group of each example."""
    _check(frame, value)
    wide = frame.pivot_table(
        index="example", columns="configuration", values=value, aggfunc="mean", sort=False
    ).sort_index()
    return wide, frame.drop_duplicates("example").set_index("example")["group"].loc[wide.index]


def _check(frame: pd.DataFrame, value: str) -> None:
    needed = ["configuration", "seed", "example", "group", value]
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise ValueError(f"the frame has no column {missing[0]!r}; it needs {', '.join(needed)}")
    if frame.empty:
        raise ValueError("the frame has no rows")
    bad = frame[needed].isna().any(axis=1)
    if bad.any():
        raise ValueError(f"row {frame.index[bad][0]} lacks a value: {frame.loc[bad, needed].iloc[0].to_dict()}")
    twice = frame.duplicated(["configuration", "seed", "example"])
    if twice.any():
        raise ValueError(
            f"scored twice: {frame.loc[twice, ['configuration', 'seed', 'example']].iloc[0].to_dict()}; "
            "keep one variant, one row an example and run"
        )
    runs = frame.groupby(["configuration", "seed"], sort=False)["example"].size()
    if runs.nunique() > 1 or runs.iloc[0] != frame["example"].nunique():
        odd = runs.idxmin()
        raise ValueError(
            f"the runs are not scored on the same examples: {odd[0]} with seed {odd[1]} has {runs.min()} of "
            f"{frame['example'].nunique()}"
        )
    torn = frame.groupby("example", sort=False)["group"].nunique()
    if (torn > 1).any():
        raise ValueError(f"example {torn.idxmax()!r} is in several groups")


def _by_group(wide: pd.DataFrame, groups: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Sums (groups × columns) and numbers of examples (groups,)."""
    codes, names = pd.factorize(groups, sort=True)  # so that the frame's order changes nothing
    sums = np.zeros((len(names), wide.shape[1]))
    np.add.at(sums, codes, wide.to_numpy(dtype=float))
    return sums, np.bincount(codes)


def _resampled(sums: np.ndarray, counts: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Means of `resamples` draws of as many groups with replacement: (resamples, columns)."""
    rng = np.random.default_rng(seed)
    means = np.empty((resamples, sums.shape[1]))
    for start in range(0, resamples, 256):  # a draw of 7,000 groups is 28 kB: 256 at once
        draws = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=min(256, resamples - start))
        means[start : start + len(draws)] = draws @ sums / (draws @ counts)[:, None]
    return means


def _sign_flips(sums: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Two-sided p value of each column's total under random signs of the groups: (columns,)."""
    if len(sums) <= 12:
        signs = np.array(list(itertools.product((1, -1), repeat=len(sums))))
        reached, tried = _reached(signs, sums), len(signs)
    else:
        rng = np.random.default_rng(seed)
        batches = [min(256, resamples - start) for start in range(0, resamples, 256)]
        # The signs at hand are one of the possible: counted in, p is never 0.
        reached = 1 + sum(_reached(rng.integers(0, 2, (size, len(sums))) * 2 - 1, sums) for size in batches)
        tried = 1 + resamples
    return reached / tried


def _reached(signs: np.ndarray, sums: np.ndarray) -> np.ndarray:
    observed = np.abs(sums.sum(axis=0))
    slack = 1e-12 * np.abs(sums).sum(axis=0)  # the same total, added up in another order
    return (np.abs(signs @ sums) >= observed - slack).sum(axis=0)
