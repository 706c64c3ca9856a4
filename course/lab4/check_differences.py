"""The checks of lab 4 on differences: `bootstrap`, `permutation_p`.

Answers draw at random, so what they give is compared with a tolerance of several standard deviations.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from course.checking import Exercise, Property
from course.lab4 import faults, wrong_answers
from course.lab4.faults import Interval, PValue

# -- bootstrap


def _unequal() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """24 groups of one to nine rows; the larger a group, the larger A's lead."""
    rng = np.random.default_rng(1)
    sizes = np.arange(24) % 9 + 1
    places = np.repeat(np.arange(24), sizes)
    b = rng.random(len(places))
    a = b + 0.04 * sizes[places] + rng.normal(0, 0.1, 24)[places] + rng.normal(0, 0.1, len(places))
    return a, b, np.array([f"class {place}" for place in places])


_A, _B, _GROUPS = _unequal()
_COPIES, _RESAMPLES = 9, 4_000


def _width(found: Sequence[float] | np.ndarray) -> float:
    low, high = (float(end) for end in found)
    return high - low if abs(high - low) > 1e-9 else 0.0  # a mean in another order is rounded differently


def _copied() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """30 rows, each nine times; a group for each row."""
    rng = np.random.default_rng(2)
    a, b = (np.repeat(rng.random(30), _COPIES) for _ in range(2))
    return a, b, np.repeat(np.arange(30), _COPIES)


def _widening(answer: Interval) -> float:
    a, b, groups = _copied()
    return _width(answer(a, b, groups, 2_000, 0)) / (_width(answer(a, b, np.arange(len(a)), 2_000, 0)) or 1.0)


def _interval_two(answer: Interval) -> str:
    found = np.asarray(answer(_A, _B, _GROUPS, 500, 0))
    return (
        ""
        if found.shape == (2,) and found[0] <= found[1]
        else f"{np.round(found, 3).tolist()}; there should be a low end and a high end"
    )


def _interval_itself(answer: Interval) -> str:
    low, high = answer(_A, _A.copy(), _GROUPS, 500, 0)
    return "" if abs(low) < 1e-9 and abs(high) < 1e-9 else f"A against itself: from {low:.3f} to {high:.3f}"


def _interval_constant(answer: Interval) -> str:
    low, high = answer(_B + 0.25, _B, _GROUPS, 500, 0)
    wanted = abs(low - 0.25) < 1e-6 and abs(high - 0.25) < 1e-6
    return "" if wanted else f"A is ahead by 0.25 in every row; the interval is from {low:.3f} to {high:.3f}"


def _interval_copies(answer: Interval) -> str:
    found = _widening(answer)
    return (
        ""
        if abs(found / _COPIES**0.5 - 1) < 0.15
        else f"rows that stand there nine times, as groups: {found:.2f} times as wide as with each row on its own; "
        f"√{_COPIES} = {_COPIES**0.5:.0f}"
    )


def _interval_agrees(answer: Interval) -> str:
    found, wanted = (np.asarray(code(_A, _B, _GROUPS, _RESAMPLES, 0)) for code in (answer, faults.bootstrap))
    moved = abs(found.mean() - wanted.mean()) / _width(wanted)
    if moved < 0.1 and abs(_width(found) / _width(wanted) - 1) < 0.1:
        return ""
    ours, theirs = (f"from {low:.3f} to {high:.3f}" for low, high in (found, wanted))
    return f"{ours}, trident: {theirs}; groups of one to nine rows"


def _interval_probe(answer: Interval) -> Tensor:
    """What chance cannot change: each number is the class that a quantity falls into."""
    if np.shape(found := answer(_A, _B, _GROUPS, _RESAMPLES, 0)) != (2,):
        return torch.zeros(1)
    low, high = (float(end) for end in found)
    wanted = faults.bootstrap(_A, _B, _GROUPS, _RESAMPLES, 0)
    values = (
        (_widening(answer), (0.5, 2.0)),
        (_width(answer(_B + 0.25, _B, _GROUPS, _RESAMPLES, 0)), (0.01,)),
        ((high - low) / _width(wanted), (0.0, 0.3, 0.7, 0.92, 1.2, 3.0)),
        (((low + high) / 2 - wanted.mean()) / _width(wanted), (-0.2, 0.2)),
        (low + high, (0.0,)),
    )
    return torch.tensor([float(np.digitize(value, edges)) for value, edges in values])


bootstrap: Exercise[Interval] = Exercise(
    name="bootstrap",
    properties=(
        Property("a low end and a high end", _interval_two),
        Property("0 for A against itself", _interval_itself),
        Property("a constant lead is certain", _interval_constant),
        Property("√k times as wide with groups of k copies", _interval_copies),
        Property("agrees with trident", _interval_agrees),
    ),
    probe=_interval_probe,
    wrong_answers=wrong_answers.BOOTSTRAP,
    hints=(
        "Make a list with the differences of each group, an array for each. A draw picks from that list.",
        "One draw has as many groups as there are, some twice, some never: `rng.integers(n, size=n)`. Its mean is over "
        "all its rows, which `np.concatenate` puts together.",
        "`np.quantile` takes two shares at once.",
    ),
)

# -- permutation_p

_FLIPS = 4_000
#: Five groups with A ahead in each: 2 of the 32 patterns of signs are as extreme. Sums of eighths are exact.
_FIVE = np.array([0.25, 0.5, 0.125, 0.75, 0.375])


def _p(answer: PValue, lead: np.ndarray, copies: int = 1) -> float:
    a, groups = np.repeat(lead, copies), np.repeat(np.arange(len(lead)), copies)
    return float(answer(a, np.zeros(len(a)), groups, _FLIPS, 0))


def _p_itself(answer: PValue) -> str:
    p = float(answer(_A, _A.copy(), _GROUPS, _FLIPS, 0))
    return "" if abs(p - 1) < 1e-9 else f"A against itself: p = {p:.4f}"


def _exact(lead: np.ndarray) -> float:
    totals = [abs(sum(signs * lead)) for signs in itertools.product((-1, 1), repeat=len(lead))]
    return float(np.mean(np.array(totals) >= abs(lead.sum())))


def _p_five(answer: PValue) -> str:
    p, wanted = _p(answer, _FIVE), _exact(_FIVE)
    return "" if abs(p - wanted) < 0.015 else f"A ahead in all of five groups: p = {p:.4f}; by hand 2/32 = {wanted}"


def _p_exchanged(answer: PValue) -> str:
    p = _p(answer, -_FIVE)
    return "" if abs(p - _exact(_FIVE)) < 0.015 else f"B ahead in all of five groups: p = {p:.4f}; it should be 2/32"


def _p_copies(answer: PValue) -> str:
    p = _p(answer, _FIVE, copies=8)
    return "" if abs(p - _exact(_FIVE)) < 0.015 else f"five groups of eight equal rows: p = {p:.4f}; it should be 2/32"


def _p_never_0(answer: PValue) -> str:
    p = _p(answer, np.full(40, 0.5))
    return "" if 0 < p < 0.01 else f"A ahead in all of 40 groups: p = {p:.5f}"


def _noisy_lead() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows that differ much, in 16 groups of one to four; A has a small lead in most of the large ones."""
    rng, sizes = np.random.default_rng(4), np.arange(16) % 4 + 1
    b = 5 * rng.random(sizes.sum())
    lead = 0.04 * (sizes - 2) + rng.normal(0, 0.1, 16)
    return b + np.repeat(lead, sizes), b, np.repeat(np.arange(16), sizes)


def _p_agrees(answer: PValue) -> str:
    found, wanted = (float(code(*_noisy_lead(), _FLIPS, 0)) for code in (answer, faults.permutation_p))
    return "" if abs(found - wanted) < 0.02 else f"p = {found:.3f}, trident: {wanted:.3f}; groups of one to four rows"


def _p_probe(answer: PValue) -> Tensor:
    """What chance cannot change: each number is the class that a p falls into."""
    edges = (1e-9, 0.02, 0.046, 0.12, 0.3, 0.65, 1.0)
    found = [
        float(answer(_A, _A.copy(), _GROUPS, _FLIPS, 0)),
        _p(answer, _FIVE),
        _p(answer, -_FIVE),
        _p(answer, _FIVE, copies=8),
        _p(answer, np.full(40, 0.5)),
        float(answer(*_noisy_lead(), _FLIPS, 0)),
    ]
    return torch.tensor([float(np.digitize(p, edges)) for p in found])


permutation_p: Exercise[PValue] = Exercise(
    name="permutation_p",
    properties=(
        Property("1 for A against itself", _p_itself),
        Property("2/32 for five groups", _p_five),
        Property("the same with A and B exchanged", _p_exchanged),
        Property("copies in a group change nothing", _p_copies),
        Property("never 0", _p_never_0),
        Property("agrees with trident", _p_agrees),
    ),
    probe=_p_probe,
    wrong_answers=wrong_answers.PERMUTATION_P,
    hints=(
        "The mean is the sum but for a constant, so sums are enough. Start with one sum of differences for each group.",
        "`rng.choice([-1, 1], size=…)` gives signs; with two dimensions, a row of signs for each flip.",
        "What was seen is one of the patterns: it is counted, above and below.",
    ),
)
