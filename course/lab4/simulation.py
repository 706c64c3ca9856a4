"""Comparisons of two students that are equal: the truth is known, so what an interval says can be marked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from course.lab4.faults import Interval

#: Comparisons, and of each the classes and the rows of a class.
COMPARISONS, CLASSES, ROWS = 100, 40, 10
#: Standard deviations of A − B: what all rows of a class share, and what each row has of its own.
_SHARED, _OWN = 0.1, 0.1
_RESAMPLES = 300


def comparisons() -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Scores of A and of B, and the class of each row. A leads in some classes and B in others, neither in the mean."""
    rng, classes = np.random.default_rng(4), np.repeat(np.arange(CLASSES), ROWS)
    for _ in range(COMPARISONS):
        b = rng.normal(0.6, 0.1, len(classes))
        yield b + rng.normal(0, _SHARED, CLASSES)[classes] + rng.normal(0, _OWN, len(classes)), b, classes


def intervals(bootstrap: Interval) -> pd.DataFrame:
    """Two intervals for each comparison: with the rows of a class drawn together, and one by one.

    Columns: drawn ("classes", "rows"), low, high, false (0 is not in it: equal students are called different).
    """
    rows = [
        (name, *bootstrap(a, b, units, _RESAMPLES, seed))
        for seed, (a, b, classes) in enumerate(comparisons())
        for name, units in (("rows", np.arange(len(a))), ("classes", classes))
    ]
    table = pd.DataFrame(rows, columns=["drawn", "low", "high"])
    return table.assign(false=(table["low"] > 0) | (table["high"] < 0))
