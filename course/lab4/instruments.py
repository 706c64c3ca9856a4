"""Instruments of lab 4: each gives an evaluation made-up studies whose truth is known, and reads its report.

The assertions of a study are random, other ones for each student number; no token occurs twice in one. Half of the
methods are for the test. Where a model errs, a wrong token stands in the place of the right one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course.instruments import Readings
from course.lab4.study import Evaluate, Model, Study, Tokens, says
from course.variant import Variant

_WORDS = [f"t{i}" for i in range(60)]
_LENGTH = 8


def extremes(evaluate: Evaluate, you: Variant) -> Readings:
    """The level of A if all answers are right, and if all are empty."""
    references = _references(you, 40)
    answers: dict[str, Sequence[Tokens]] = {"all right": references, "all empty": [()] * len(references)}
    return {name: evaluate(_alike(_methods(40), references, says(some)))["A"] for name, some in answers.items()}


def small_changes(evaluate: Evaluate, you: Variant) -> Readings:
    """The level of A if each answer has one token too many, before the others, and if it has two exchanged."""
    references = _references(you, 40)
    longer = [("more", *reference) for reference in references]
    exchanged = [(first, third, second, *rest) for first, second, third, *rest in references]
    return {
        "one token more": evaluate(_alike(_methods(40), references, says(longer)))["A"],
        "two exchanged": evaluate(_alike(_methods(40), references, says(exchanged)))["A"],
    }


def parrot(evaluate: Evaluate, you: Variant) -> Readings:
    """The level of a model that repeats the assertion it saw for the same method, white space aside, and else errs.

    Each method stands in five rows with the same assertion: with the same text, or each time with other white space.
    """
    references = [reference for reference in _references(you, 12) for _ in range(5)]
    methods = {
        "same text": [text for text in _methods(12) for _ in range(5)],
        "other white space": [text.replace(" ", " " * (1 + i)) for text in _methods(12) for i in range(5)],
    }
    return {
        name: evaluate(_alike(texts, references, _repeats(texts, references)))["A"] for name, texts in methods.items()
    }


def teacher_as_student(evaluate: Evaluate, you: Variant) -> Readings:
    """A / teacher, where A is the teacher."""
    references = _references(you, 40)
    same = _errs(references, 0.1, you, "same")
    return {"A / teacher": evaluate(_alike(_methods(40), references, same))["A / teacher"]}


def runs(evaluate: Evaluate, you: Variant) -> Readings:
    """The level of A against the mean of its three unlike runs; the interval's width with each run three times."""
    references, methods = _references(you, 40), _methods(40)
    a = [_errs(references, error, you, f"a{error}") for error in (0.2, 0.5, 0.8)]
    b = [_errs(references, error, you, f"b{error}") for error in (0.2, 0.5, 0.8)]
    levels = [evaluate(_alike(methods, references, run))["A"] for run in a]
    once, thrice = (evaluate(Study(methods, references, a[0], a * times, b * times)) for times in (1, 3))
    return {
        "A / mean of its runs": once["A"] / float(np.mean(levels)),
        "width, each run three times": _ratio(thrice, once),
    }


def copies(evaluate: Evaluate, you: Variant) -> Readings:
    """The interval's width if each row stands there four times, against once."""
    references, methods = _references(you, 60), _methods(60)
    once, four = (
        evaluate(
            Study(
                [text for text in methods for _ in range(times)],
                many := [reference for reference in references for _ in range(times)],
                says(many),
                *([_errs(references, 0.4, you, f"{side}{run}", times) for run in range(3)] for side in "ab"),
            )
        )
        for times in (1, 4)
    )
    return {"width, each row four times": _ratio(four, once)}


def constant_lead(evaluate: Evaluate, you: Variant) -> Readings:
    """A − B and the interval's width, where B has exactly one more wrong token than A in every row."""
    rng, references = _random(you, "lead"), _references(you, 40)
    wrong = [rng.permutation(_LENGTH)[: rng.integers(1, _LENGTH)] for _ in references]  # B's; the first is right in A
    a, b = (
        [_spoilt(reference, places[first:]) for reference, places in zip(references, wrong, strict=True)]
        for first in (1, 0)
    )
    found = evaluate(Study(_methods(40), references, says(references), [says(a)] * 3, [says(b)] * 3))
    return {"A − B": found["A − B"], "width": found["high"] - found["low"]}


def known_p(evaluate: Evaluate, you: Variant) -> Readings:
    """p, where A is ahead in each of six methods with three rows: two of the 64 patterns of signs are as extreme."""
    rng = _random(you, "p")
    references = [reference for reference in _references(you, 12) for _ in range(3)]
    b = [_spoilt(reference, rng.permutation(_LENGTH)[: rng.integers(1, 4)]) for reference in references]
    methods = [text for text in _methods(12) for _ in range(3)]
    study = Study(methods, references, says(references), [says(references)] * 3, [says(b)] * 3)
    return {"p": evaluate(study)["p"]}


# -- made-up rows and models


def _random(you: Variant, purpose: str) -> np.random.Generator:
    return np.random.default_rng(you.draw(f"lab4 {purpose}").getrandbits(32))


def _methods(number: int) -> list[str]:
    return [f"int f{i}() {{ return {i}; }}" for i in range(number)]


def _references(you: Variant, number: int) -> list[tuple[str, ...]]:
    """Assertions of eight different tokens, as random as the student number; the first tenth are the same."""
    rng = _random(you, "references")
    drawn = [tuple(map(str, rng.choice(_WORDS, _LENGTH, replace=False))) for _ in range(number)]
    return [drawn[0]] * (number // 10) + drawn[number // 10 :]


def _spoilt(reference: Tokens, places: Sequence[int] | np.ndarray) -> Tokens:
    return tuple("wrong" if i in places else token for i, token in enumerate(reference))


def _errs(references: Sequence[Tokens], error: float, you: Variant, name: str, times: int = 1) -> Model:
    """A model that gets this share of the tokens wrong, the same ones each time that a row occurs."""
    rng = _random(you, name)
    answers = [_spoilt(reference, np.flatnonzero(rng.random(len(reference)) < error)) for reference in references]
    return says([answer for answer in answers for _ in range(times)])


def _repeats(methods: Sequence[str], references: Sequence[Tokens]) -> Model:
    keys = ["".join(text.split()) for text in methods]

    def model(train: np.ndarray) -> list[Tokens]:
        seen = {keys[row]: references[row] for row in train}
        return [seen.get(key, ("unknown",)) for key in keys]

    return model


def _alike(methods: Sequence[str], references: Sequence[Tokens], model: Model) -> Study:
    """A study in which every model is the same."""
    return Study(methods, references, model, [model] * 3, [model] * 3)


def _ratio(one: dict[str, float], other: dict[str, float]) -> float:
    widths = [report["high"] - report["low"] for report in (one, other)]
    return widths[0] / widths[1]
