"""What a student number changes in the labs, so that another student's answers do not fit."""

from __future__ import annotations

import random
from dataclasses import dataclass

#: Rows of a batch; each ends with its own number of padding positions.
ROWS = 4


@dataclass(frozen=True)
class Variant:
    """A student's own values.

    Attributes:
        number: the student number; 0 is that of the solutions.
        temperature: T of this student's batch and questions.
        padding: how many positions at the end of each row of the batch are padding.
        digit: the digit that is left out of the training set (lab 2).
    """

    number: int
    temperature: float
    padding: tuple[int, ...]
    digit: int

    def draw(self, purpose: str) -> random.Random:
        """A random generator for one purpose, the same for the same number."""
        return _generator(self.number, purpose)


def of(number: int) -> Variant:
    """The variant of a student number. Raises TypeError if it is no integer, ValueError if it is negative."""
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"STUDENT_NUMBER = {number!r}: write your number as an integer, without quotes or letters")
    if number < 0:
        raise ValueError(f"STUDENT_NUMBER = {number}: it must not be negative")
    temperature = _generator(number, "temperature").choice((2.0, 2.5, 3.0, 4.0, 5.0))
    padding = _generator(number, "padding").sample(range(ROWS), ROWS)  # one full row, three that end in padding
    return Variant(number, temperature, tuple(padding), _generator(number, "digit").randrange(10))


def _generator(number: int, purpose: str) -> random.Random:
    return random.Random(f"{purpose} {number}")  # a text seeds alike on every machine
