"""A made-up comparison of two students with known truth: rows, models, and what an evaluation reports of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Tokens = Sequence[str]
#: Rows whose assertions it was shown → its answer to every row.
Model = Callable[[np.ndarray], Sequence[Tokens]]
#: A, B, A − B, low, high, p, A / teacher.
Report = dict[str, float]
Evaluate = Callable[["Study"], Report]


@dataclass(frozen=True)
class Study:
    """Two students, with some runs each, and their teacher, on the same rows.

    Attributes:
        methods: the method under test of each row, as text.
        references: the right assertion of each row, as tokens.
    """

    methods: Sequence[str]
    references: Sequence[Tokens]
    teacher: Model
    a: Sequence[Model]
    b: Sequence[Model]

    def most_frequent(self, train: np.ndarray) -> Sequence[Tokens]:
        """A model that always gives the most frequent assertion."""
        [(answer, _)] = Counter(tuple(tokens) for tokens in self.references).most_common(1)
        return [answer] * len(self.references)


def says(answers: Sequence[Tokens]) -> Model:
    """A model that gives these answers, whatever it was shown."""
    return lambda train: answers
