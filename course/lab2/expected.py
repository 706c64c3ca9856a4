"""The numbers of lab 2, for student number 0. Those of Java are read from the files of the grid."""

from __future__ import annotations

from functools import cache, partial

import pandas as pd

from course import variant
from course.expected import Expected
from course.lab2 import digits, experiments, faults, java
from course.lab2.experiments import ALONE, ANSWERS, FROM_LABELS, PROBABILITIES, SAME
from course.lab2.instruments import task

_YOU = variant.of(0)


@cache
def _never_shown() -> pd.DataFrame:
    return experiments.never_shown(faults.kd_step, _YOU.digit).groupby("source")[["accuracy", "share"]].mean()


@cache
def _with_labels() -> pd.Series:
    table = experiments.with_labels(faults.kd_step, faults.pseudo_labels, _YOU.temperature)
    return table.groupby(["method", "labels"]).accuracy.mean()


def _shown(source: object, column: str) -> float:
    return float(_never_shown().loc[source, column])


def _accuracy(method: str, labels: int) -> float:
    return float(_with_labels()[method, labels])


def _reading(fault: str, instrument: str, name: str) -> float:
    [code] = [entry.code for entry in faults.FAULTS if entry.name == fault]
    return faults.INSTRUMENTS[instrument](code, task(_YOU))[name]


def _java(text: str, method: str, labels: int) -> Expected:
    measure = partial(java.accepted, method, labels)
    return Expected(f"Java: {text}, accepted", round(measure(), 3), 0.001, measure)


def _digits(text: str, method: str, labels: int, value: float, tolerance: float) -> Expected:
    return Expected(f"picture 2: {labels:,} labels, {text}", value, tolerance, partial(_accuracy, method, labels))


EXPECTED = (
    Expected("the teacher's accuracy", 0.948, 0.01, lambda: digits.accuracy(digits.teacher(), digits.load().test)),
    Expected("picture 1: from labels", 0, 0.001, lambda: _shown(FROM_LABELS, "accuracy")),
    Expected("picture 1: from the teacher at T = 1", 0.19, 0.15, lambda: _shown(1, "accuracy")),
    Expected("picture 1: from the teacher at T = 10", 0.97, 0.04, lambda: _shown(10, "accuracy")),
    Expected("picture 1: what the teacher gives to 6 at T = 1", 0.001, 0.0005, lambda: _shown(1, "share")),
    Expected("picture 1: what the teacher gives to 6 at T = 10", 0.072, 0.005, lambda: _shown(10, "share")),
    _digits("alone", ALONE, 20, 0.67, 0.03),
    _digits("and the teacher on the same images", SAME, 20, 0.79, 0.06),
    _digits("the teacher's answers on all others", ANSWERS, 20, 0.94, 0.02),
    _digits("the teacher's probabilities on all others", PROBABILITIES, 20, 0.94, 0.02),
    _digits("alone", ALONE, 1000, 0.964, 0.01),
    _digits("and the teacher", SAME, 1000, 0.946, 0.01),
    _java("250 labels alone", java.ALONE, 250),
    _java("250 labels and the teacher's answers", java.ANSWERS, 250),
    _java("4,000 labels alone", java.ALONE, 4000),
    _java("4,000 labels and the teacher's probabilities", java.PROBABILITIES, 4000),
    Expected("Java: the teacher, accepted", round(java.teacher(), 3), 0.001, java.teacher),
    Expected(
        "hunt: `alpha_twice`, weight of the labels", 0.0625, 0.001, lambda: _reading("alpha_twice", "weigh", "labels")
    ),
    Expected(
        "hunt: `large`, weight of the labels, which should be 0.25", 50, 0.1,
        lambda: _reading("large", "weigh", "labels"),
    ),
    Expected(
        "hunt: `other_order`, accuracy with sorted images", 0.87, 0.05,
        lambda: _reading("other_order", "sort_images", "sorted"),
    ),
    Expected(
        "hunt: `other_order`, accuracy with images as they come", 0.2, 0.1,
        lambda: _reading("other_order", "sort_images", "as they come"),
    ),
)  # fmt: skip
