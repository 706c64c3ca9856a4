"""The numbers of lab 1, for student number 0."""

from __future__ import annotations

from course import instruments, variant
from course.data import blanks
from course.expected import Expected
from course.instruments import Readings
from course.lab1 import faults
from course.lab1.pictures import relative_lengths


def _choice(rank: int, T: float) -> float:
    """The probability of the teacher's n-th choice at T, at the blank where it hesitates."""
    logits = blanks().teacher[blanks().undecided(), 0]
    at_1 = logits.topk(rank).indices[-1]
    return float((logits / T).softmax(-1)[at_1])


def _rest(T: float) -> float:
    logits = blanks().teacher[blanks().undecided(), 0]
    best = logits.topk(5).indices
    return 1 - float((logits / T).softmax(-1)[best].sum())


def _length(T: float, column: str) -> float:
    return float(relative_lengths(faults.correct, blanks()).loc[T, column])


def _reading(fault: str, instrument: str, name: str) -> float:
    [code] = [entry.code for entry in faults.FAULTS if entry.name == fault]
    readings: Readings = faults.INSTRUMENTS[instrument](code, instruments.batch(variant.of(0)))
    return readings[name]


EXPECTED = (
    Expected("picture 1: the first choice at T = 1", 0.42, 0.02, lambda: _choice(1, 1)),
    Expected("picture 1: the second choice at T = 1", 0.34, 0.02, lambda: _choice(2, 1)),
    Expected("picture 1: the first choice at T = 4", 0.015, 0.002, lambda: _choice(1, 4)),
    Expected("picture 1: the second choice at T = 4", 0.014, 0.002, lambda: _choice(2, 4)),
    Expected("picture 1: all tokens but the best five, at T = 4", 0.94, 0.01, lambda: _rest(4)),
    Expected("picture 2: length at T = 1, cross-entropy = 1", 0.8, 0.1, lambda: _length(1, "with T²")),
    Expected("picture 2: length at T = 16 with T²", 0.13, 0.02, lambda: _length(16, "with T²")),
    Expected("picture 2: length at T = 16 without T²", 0.0005, 0.0001, lambda: _length(16, "without")),
    Expected(
        "hunt: `no_square`, length against the gradient by hand", 0.111, 0.001,
        lambda: _reading("no_square", "versus_hand_gradient", "length / by hand"),
    ),
    Expected(
        "hunt: `swapped`, cosine with the gradient by hand", 0.73, 0.03,
        lambda: _reading("swapped", "versus_hand_gradient", "cosine"),
    ),
    Expected(
        "hunt: `mean_over_vocabulary`, value with twice the vocabulary", 0.5, 0.001,
        lambda: _reading("mean_over_vocabulary", "shape_probe", "vocabulary twice"),
    ),
    Expected("hunt: `shifted`, KL after descent, in nats", 4.7, 0.5, lambda: _reading("shifted", "descend", "KL")),
)  # fmt: skip
