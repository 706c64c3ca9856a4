"""Is a difference between two rows of a table more than chance? Standard deviations, tests, and what could be detected.

The frames have one row per score, with the columns `configuration`, `seed` (the training run), `id` (the example),
`group` (what the example shares with others, a repository or a sandbox class: examples of one group are not
independent) and `cqs`. Every run must be scored on the same examples.

Two things vary. A test over examples says how the same runs would do on other examples of other groups; groups are
resampled as a whole (Cameron, Gelbach and Miller, Bootstrap-based improvements for inference with clustered errors,
2008). A test over seeds says how other training runs would do on the same examples.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats as distributions

RESAMPLES = 2_000
CONFIDENCE, ALPHA, POWER = 0.95, 0.05, 0.8
#: With up to this many groups, all combinations of signs are tried.
_EXACT_GROUPS = 12


def compare(frame: pd.DataFrame, baseline: str, resamples: int = RESAMPLES, seed: int = 0) -> pd.DataFrame:
    """Compare every configuration with `baseline` on the same examples, once over examples and once over seeds.

    Over examples: an example's score is its mean over seeds, and the test flips the sign of each group's differences at
    random; if the two configurations were equal, either sign would be as likely. Over seeds: Welch's t-test between the
    runs' means, which has little power with few seeds. `resamples` and `seed` are for the sign flips and the bootstrap.

    Returns:
        Indexed by configuration: `difference` (to the baseline), `low` and `high` (95 % bootstrap interval over
        groups), `effect` (Cohen's d_z: mean difference ÷ standard deviation of the differences; NaN when they have
        none), `p_examples` and `p_seeds` (two-sided, each Holm-corrected over the rows; the latter is NaN with one
        seed) and `significant` (both below 0.05).

    Raises:
        ValueError: the runs are not scored on the same examples, or there are fewer than two groups.
    """
    differences, groups = _differences(frame, baseline)
    sums, sizes = differences.groupby(groups).sum(), groups.value_counts().sort_index()
    if len(sizes) < 2:
        raise ValueError("compare needs examples of two groups or more: with one group there is nothing to resample")
    bounds = pd.DataFrame({name: _interval(sums[name], sizes, resamples, seed) for name in sums}, index=["low", "high"])
    runs = _run_means(frame)
    std = differences.std()
    table = pd.DataFrame(
        {
            "difference": differences.mean(),
            **bounds.T,
            "effect": differences.mean() / std.where(std > 0),
            "p_examples": holm([_sign_flip_p(sums[name], resamples, seed) for name in sums]),
            "p_seeds": holm([_welch_p(runs[name], runs[baseline]) for name in sums]),
        }
    )
    return table.assign(significant=(table["p_examples"] < ALPHA) & (table["p_seeds"] < ALPHA))


def _interval(sums: pd.Series, sizes: pd.Series, resamples: int, seed: int) -> tuple[float, float]:
    """Percentile bootstrap interval of a mean over examples, given the sum and the number of examples of each group."""
    found = distributions.bootstrap(
        (sums.to_numpy(), sizes.to_numpy()),
        lambda some, number, axis: some.sum(axis=axis) / number.sum(axis=axis),
        paired=True,
        n_resamples=resamples,
        batch=256,  # a resample of 7,000 groups takes 56 kB
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    return found.confidence_interval.low, found.confidence_interval.high


def _sign_flip_p(sums: pd.Series, resamples: int, seed: int) -> float:
    """Two-sided p value of the total under random signs of the groups."""
    found = distributions.permutation_test(
        (sums.to_numpy(),),
        lambda some, axis: np.abs(some.sum(axis=axis)),
        permutation_type="samples",
        n_resamples=2 ** len(sums) if len(sums) <= _EXACT_GROUPS else resamples,
        batch=256,
        alternative="greater",  # of the absolute value
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)


def _welch_p(runs: pd.Series, others: pd.Series) -> float:
    """NaN where one side has a single run, or neither side varies."""
    if min(len(runs), len(others)) < 2 or not runs.std() + others.std() > 0:
        return np.nan
    return float(distributions.ttest_ind(runs, others, equal_var=False).pvalue)


def holm(p: Sequence[float]) -> np.ndarray:
    """Holm's step-down correction (1979) of several p values. NaN stays NaN and is not counted."""
    values = np.asarray(p, dtype=float)
    order = np.argsort(values, kind="stable")[: np.count_nonzero(~np.isnan(values))]
    corrected = np.full(values.shape, np.nan)
    corrected[order] = np.minimum(1, np.maximum.accumulate(values[order] * np.arange(len(order), 0, -1)))
    return corrected


def detectable(
    examples: int,
    example_std: float,
    seeds: int = 1,
    seed_std: float = 0.0,
    group_size: float = 1.0,
    group_correlation: float = 0.0,
) -> float:
    """The smallest difference between two configurations that a paired test at 5 % shows with 80 % power.

    Both are scored on the same examples, with `seeds` training runs each. The variance of the difference has two parts:
    ``example_std² · design / examples`` and ``2 · seed_std² / seeds``. As the standard deviation over seeds is itself
    estimated from few runs, the quantiles are Student's, with Satterthwaite's degrees of freedom.

    Args:
        example_std: standard deviation over examples of the paired difference (both means over seeds).
        seed_std: standard deviation of a configuration's set score over seeds; 0 asks only about the runs at hand.
        group_size, group_correlation: examples per group and the correlation of their differences within one; the
            design effect is 1 + (group_size − 1) · group_correlation.

    Returns:
        The difference, in units of the score. Infinite when `seed_std` is positive with a single seed.
    """
    over_examples = example_std**2 * (1 + (group_size - 1) * group_correlation) / examples
    over_seeds = 2 * seed_std**2 / seeds
    variance = over_examples + over_seeds
    if not variance:
        return 0.0
    if over_seeds and seeds == 1:
        return np.inf
    parts = over_examples**2 / max(examples / group_size - 1, 1)
    parts += over_seeds**2 / (2 * seeds - 2) if over_seeds else 0.0
    freedom = variance**2 / parts
    quantiles = distributions.t.ppf(1 - ALPHA / 2, freedom) + distributions.t.ppf(POWER, freedom)
    return float(quantiles * np.sqrt(variance))


def variation(frame: pd.DataFrame, baseline: str) -> dict[str, float]:
    """The arguments of :func:`detectable` from scores at hand; standard deviations are root mean squares."""
    differences, groups = _differences(frame, baseline)
    sizes, correlations = zip(*(group_correlation(differences[name], groups) for name in differences), strict=True)
    return {
        "example_std": float(differences.var().mean() ** 0.5),
        "seed_std": float(_run_means(frame).groupby("configuration").var().mean() ** 0.5),
        "group_size": float(np.mean(sizes)),
        "group_correlation": float(np.mean(correlations)),
    }


def group_correlation(differences: pd.Series, groups: pd.Series) -> tuple[float, float]:
    """The effective size of groups and the intraclass correlation of `differences`, which has the same index.

    One-way analysis of variance (Donner, 1986), with the size n₀ = (n − Σ nᵢ²/n) / (k − 1); a negative correlation
    becomes 0. (1, 0) when every group has a single example.
    """
    by = differences.groupby(groups.to_numpy())
    sizes, total = by.size().to_numpy(dtype=float), len(differences)
    if total == len(sizes):
        return 1.0, 0.0
    size = (total - (sizes**2).sum() / total) / (len(sizes) - 1)
    within = (differences - by.transform("mean")).pow(2).sum() / (total - len(sizes))
    between = (sizes * (by.mean().to_numpy() - differences.mean()) ** 2).sum() / (len(sizes) - 1)
    whole = between + (size - 1) * within
    return float(max(1.0, size)), float(max(0.0, (between - within) / whole)) if whole > 0 else 0.0


def _run_means(frame: pd.DataFrame) -> pd.Series:
    """The mean score of each run, indexed by configuration and seed."""
    return frame.groupby(["configuration", "seed"])["cqs"].mean()


def _differences(frame: pd.DataFrame, baseline: str) -> tuple[pd.DataFrame, pd.Series]:
    """Examples × configurations: mean score over seeds minus the baseline's. And the group of each example."""
    wide = frame.pivot(index="id", columns=["configuration", "seed"], values="cqs")  # refuses what is scored twice
    if wide.isna().any(axis=None):
        raise ValueError("the runs are not scored on the same examples")
    means = wide.T.groupby(level="configuration").mean().T
    return means.drop(columns=baseline).sub(means[baseline], axis=0), frame.groupby("id")["group"].first()
