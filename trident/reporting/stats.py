"""Is a difference between two rows of a table more than chance, and how large must it be to be detected?

The frames have one row per score, with the columns `configuration`, `seed` (the training run), `id` (the example),
`group` (what the example shares with others, a repository or a sandbox class: examples of one group are not
independent) and the measures. Every run must be scored on the same examples; one whose measure is missing in every run
is left out.

Two things vary, and a difference counts only if it holds over both. Over examples: how would the same runs do on other
examples? Groups are resampled as a whole (Cameron, Gelbach and Miller, Bootstrap-based improvements for inference with
clustered errors, 2008). Over seeds: how would other training runs do on the same examples? Welch's t-test.
Each test keeps its level of 5 % as long as the other source does not vary. If both vary by as much, equal
configurations pass both tests in up to 7 % of experiments with three seeds, and in more with many.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import nctdtrinc
from scipy.stats import t as student_t

RESAMPLES = 2_000
CONFIDENCE, ALPHA, POWER = 0.95, 0.05, 0.8
#: With up to this many groups, all combinations of signs are tried.
_EXACT_GROUPS = 12


def p_values(
    frame: pd.DataFrame, baseline: str, measure: str = "cqs", resamples: int = RESAMPLES, seed: int = 0
) -> pd.DataFrame:
    """Test the difference of every configuration to `baseline`, once over examples and once over seeds.

    Over examples: an example's score is its mean over seeds, and the test flips the sign of each group's differences at
    random (`resamples` times, with `seed`); if the two configurations were equal, either sign would be as likely. Over
    seeds: Welch's t-test between the runs' means, which has little power with few seeds.

    Returns:
        Indexed by configuration: `difference`, `p_examples` and `p_seeds` (two-sided, each Holm-corrected over the
        rows; the latter is NaN with one seed, or where no run differs) and `significant` (both below 0.05).

    Raises:
        ValueError: the runs are not scored on the same examples.
    """
    differences, sums, _ = _differences(frame, baseline, measure)
    difference, (variance, freedom) = differences.mean(), _over_seeds(frame, baseline, measure)
    p_examples = holm(_sign_flip_p(sums.to_numpy(), resamples, seed))
    p_seeds = holm(2 * student_t.sf(difference.abs() / np.sqrt(variance), freedom))
    table = pd.DataFrame({"difference": difference, "p_examples": p_examples, "p_seeds": p_seeds})
    return table.assign(significant=(table["p_examples"] < ALPHA) & (table["p_seeds"] < ALPHA))


def compare(
    frame: pd.DataFrame, baseline: str, measure: str = "cqs", resamples: int = RESAMPLES, seed: int = 0
) -> pd.DataFrame:
    """:func:`p_values`, with the interval of each difference over both, its size, and what could be detected.

    Returns:
        The columns of :func:`p_values`, and `low_examples`, `high_examples` (95 % bootstrap interval over groups),
        `low_seeds`, `high_seeds` (Welch's 95 % interval; NaN where `p_seeds` is), `effect` (Cohen's d_z: mean
        difference ÷ standard deviation of the examples' differences; NaN when they have none) and
        :func:`detectable`. The intervals are not corrected for the number of rows.

    Raises:
        ValueError: as :func:`p_values`, and when there are fewer than two groups.
    """
    table = p_values(frame, baseline, measure, resamples, seed)
    differences, sums, sizes = _differences(frame, baseline, measure)
    if len(sizes) < 2:
        raise ValueError("compare needs examples of two groups or more: with one group there is nothing to resample")
    draws = np.random.default_rng(seed).multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), resamples)
    means = draws @ sums.to_numpy() / (draws @ sizes.to_numpy())[:, None]
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    variance, freedom = _over_seeds(frame, baseline, measure)
    half = student_t.ppf((1 + CONFIDENCE) / 2, freedom) * np.sqrt(variance)
    std = differences.std()
    return table.assign(
        low_examples=low,
        high_examples=high,
        low_seeds=table["difference"] - half,
        high_seeds=table["difference"] + half,
        effect=table["difference"] / std.where(std > 0),
        detectable=detectable(frame, baseline, measure),
    )


def detectable(
    frame: pd.DataFrame, baseline: str, measure: str = "cqs", seeds: int | None = None, examples: int | None = None
) -> pd.Series:
    """The smallest true difference of each configuration to `baseline` that both tests show with 80 % power.

    Each configuration has its own variances: over groups of examples, and over seeds those of its runs and of the
    baseline's. The observed difference varies with both. Each test compares it with its own standard error alone, at a
    level of 5 % ÷ the number of rows, which Holm's correction always accepts; the power is that of a noncentral t.

    Args:
        seeds, examples: as if there were so many, with groups of the same size; None: as many as there are.

    Returns:
        In units of the score. NaN where `p_seeds` is, infinite where the groups have too few combinations of signs.
    """
    differences, sums, sizes = _differences(frame, baseline, measure)
    level, share = ALPHA / len(sums.columns), (examples or len(differences)) / len(differences)
    groups = len(sizes) * share
    residuals = sums - np.outer(sizes, differences.mean())
    over_examples = (residuals**2).sum() * len(sizes) / (len(sizes) - 1) / len(differences) ** 2 / share
    over_seeds, freedom = _over_seeds(frame, baseline, measure, seeds)
    std = np.sqrt(over_examples + over_seeds)
    needed = [
        std * nctdtrinc(df, 1 - POWER, student_t.ppf(1 - level / 2, df) * np.sqrt(variance) / std)
        for variance, df in ((over_examples, groups - 1), (over_seeds, freedom))
    ]
    return np.maximum(*needed) * (1 if 2 ** (1 - groups) < level else np.inf)


def holm(p: Sequence[float] | np.ndarray) -> np.ndarray:
    """Holm's step-down correction (1979) of several p values. NaN stays NaN and is not counted."""
    values = np.asarray(p, dtype=float)
    order = np.argsort(values, kind="stable")[: np.count_nonzero(~np.isnan(values))]
    corrected = np.full(values.shape, np.nan)
    corrected[order] = np.minimum(1, np.maximum.accumulate(values[order] * np.arange(len(order), 0, -1)))
    return corrected


def _sign_flip_p(sums: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Two-sided p value of each column's total under random signs of the groups (rows); exact with few groups."""
    exact = len(sums) <= _EXACT_GROUPS
    if exact:
        signs = np.array(list(itertools.product((-1, 1), repeat=len(sums))))
    else:
        signs = np.random.default_rng(seed).choice((-1, 1), (resamples, len(sums)))
    # a sum in another order is rounded differently
    reached = np.abs(signs @ sums) >= np.abs(sums.sum(axis=0)) * (1 - 1e-9)
    return reached.mean(axis=0) if exact else (reached.sum(axis=0) + 1) / (resamples + 1)


def _over_seeds(
    frame: pd.DataFrame, baseline: str, measure: str, seeds: int | None = None
) -> tuple[pd.Series, pd.Series]:
    """Variance over seeds of each configuration's difference to `baseline`, with Welch's degrees of freedom.

    As if there were `seeds` runs of each. NaN with a single run; the degrees also where neither side varies.
    """
    runs = frame.groupby(["configuration", "seed"])[measure].mean().groupby("configuration")
    number = pd.Series(seeds, runs.groups) if seeds else runs.count()
    own = runs.var() / number
    parts, both = own**2 / (number - 1), own.drop(baseline) + own[baseline]
    return both, both**2 / (parts.drop(baseline) + parts[baseline])


def _differences(frame: pd.DataFrame, baseline: str, measure: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Examples × configurations: mean over seeds minus the baseline's. And its sums by group, and the groups' sizes."""
    wide = frame.pivot(index="id", columns=["configuration", "seed"], values=measure)  # refuses what is scored twice
    wide = wide.dropna(how="all")
    if wide.isna().any(axis=None):
        raise ValueError("the runs are not scored on the same examples")
    means = wide.astype(float).T.groupby(level="configuration").mean().T
    differences = means.drop(columns=baseline).sub(means[baseline], axis=0)
    groups = differences.groupby(frame.groupby("id")["group"].first())
    return differences, groups.sum(), groups.size()
