"""The numbers of lab 3, for student number 0."""

from __future__ import annotations

from functools import cache

from course import data, variant
from course.expected import Expected
from course.lab3 import answers, checkpoint, faults, instruments, pictures
from trident.losses import ce

_RELEASED, _SOFT = "semantic, released", "semantic, soft"


@cache
def _measured() -> tuple[dict[str, float], dict[str, float]]:
    return pictures.measured()


def _easy(column: str) -> float:
    losses = {"cross-entropy": ce, "focal": lambda z, y: answers.focal(z, y, answers.ALPHA, answers.GAMMA)}
    return float(pictures.pushes_by_ease(losses, data.blanks(checkpoint.BLANKS))[column].iloc[0])


def _times(table: int) -> float:
    """KL over JSD at the leftmost gap: 0 of values, 1 of pushes."""
    found = pictures.over_gaps(answers.focal, answers.jsd)[table]
    return float(found.kl[pictures.FAR] / found.jsd[pictures.FAR])


def _share(part: str) -> float:
    return float(pictures.shares(pictures.of_trident(_measured()[1])).loc[part, "weight · push"])


@cache
def _perfect() -> tuple[float, float]:
    """The soft semantic loss of a perfect student, and the same against the text."""
    reader = checkpoint.Reader(data.blanks(checkpoint.BLANKS))
    losses = (loss(reader.perfect(), answers.expected_embedding) for loss in (reader.soft, reader.soft_against_text))
    soft, against_text = map(float, losses)
    return soft, against_text


def _reading(fault: str, instrument: str, name: str) -> float:
    [code] = [entry.code for entry in faults.FAULTS if entry.name == fault]
    return faults.INSTRUMENTS[instrument](code, instruments.batch(variant.of(0)))[name]


EXPECTED = (
    Expected("easy tokens, of all tokens", 0.78, 0.02, lambda: _easy("tokens")),
    Expected("easy tokens, of the push of cross-entropy", 0.08, 0.02, lambda: _easy("push of cross-entropy")),
    Expected("easy tokens, of the push of focal", 0.001, 0.001, lambda: _easy("push of focal")),
    Expected("at a gap of −10: value of KL over that of JSD", 15, 0.5, lambda: _times(0)),
    Expected("at a gap of −10: push of KL over that of JSD", 4340, 100, lambda: _times(1)),
    Expected("shipped student: value of the released semantic loss", 0.08, 0.03, lambda: _measured()[0][_RELEASED]),
    Expected("shipped student: its push", 0, 0, lambda: _measured()[1][_RELEASED]),
    Expected("shipped student: push of the soft semantic loss", 0.0056, 0.0005, lambda: _measured()[1][_SOFT]),
    Expected("shipped student: push of cross-entropy", 0.0197, 0.002, lambda: _measured()[1]["cross-entropy"]),
    Expected("shipped student: push of JSD", 0.0023, 0.0003, lambda: _measured()[1]["JSD"]),
    Expected("focal's share of weight · push", 0.58, 0.03, lambda: _share("focal")),
    Expected("perfect student: soft semantic loss", 0, 1e-5, lambda: _perfect()[0]),
    Expected("perfect student: the same, against the text", 0.43, 0.02, lambda: _perfect()[1]),
    Expected("hunt: `arg_max`, push of the semantic part", 0, 0, lambda: _reading("arg_max", "pushes", "semantic")),
    Expected("hunt: `four_bits`, JSD at equality", 0.016, 0.001, lambda: _reading("four_bits", "at_equality", "jsd")),
    Expected("hunt: `no_scale`, JSD at equality", 1.06, 0.02, lambda: _reading("no_scale", "at_equality", "jsd")),
    Expected("hunt: `mean_of_logits`, far away", 5.4, 0.1, lambda: _reading("mean_of_logits", "far_away", "jsd")),
    Expected("hunt: `weight_of_mean`, add easy", 0.25, 0.01, lambda: _reading("weight_of_mean", "add_easy", "focal")),
    Expected("hunt: `running_average`, focal", 2.75, 0.05, lambda: _reading("running_average", "over_time", "focal")),
)  # fmt: skip
