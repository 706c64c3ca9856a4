"""The checks of lab 4 on rows and answers: `split_by_group`, `token_accuracy`, `cqs`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from course.checking import Exercise, Property
from course.lab4 import faults, wrong_answers
from course.lab4.faults import Score, Split
from course.lab4.wrong_answers import Cqs
from trident.cqs import WEIGHTS

# -- split_by_group

_SHARE = 0.25
#: Each method twice, with another indentation, and with hardly any space; some stand there more often than others.
_WRITTEN = ("int f{0}(int a) {{ return a + {0}; }}",) * 2 + (
    "int f{0}(int a) {{\n    return a + {0};\n}}",
    "int f{0}(int a){{return a+{0};}}",
)
_METHODS = [text.format(i) for text in _WRITTEN for i in range(20) for _ in range(1 + i % 3)]
_NAMES = np.array([faults.without_space(text) for text in _METHODS])


def _mask(answer: Split, seed: int = 0) -> np.ndarray:
    return np.asarray(answer(list(_METHODS), _SHARE, seed))


def _share(mask: np.ndarray) -> float:
    """In how many of the methods' groups the rows are True, in the mean over groups."""
    return float(np.mean([mask[np.equal(_NAMES, name)].mean() for name in np.unique(_NAMES)]))


def _torn(mask: np.ndarray, names: Sequence[str]) -> str:
    """A name that stands on both sides, or ""."""
    test, train = ({name for name, is_test in zip(names, mask, strict=True) if is_test == side} for side in (1, 0))
    return min(test & train, default="")


def _split_shape(answer: Split) -> str:
    mask = _mask(answer)
    wanted = mask.dtype == bool and mask.shape == (len(_METHODS),)
    return "" if wanted else f"for {len(_METHODS)} rows: {mask.dtype} of the shape {mask.shape}"


def _split_repeats(answer: Split) -> str:
    return "" if np.array_equal(_mask(answer), _mask(answer)) else "seed 0 gave two splits"


def _split_draws(answer: Split) -> str:
    others = any(not np.array_equal(_mask(answer), _mask(answer, seed)) for seed in range(1, 6))
    return "" if others else "the seeds 0 to 5 all gave the same split"


def _split_share(answer: Split) -> str:
    shares = [_share(_mask(answer, seed)) for seed in range(6)]
    off = max(shares, key=lambda share: abs(share - _SHARE))
    return "" if abs(off - _SHARE) < 0.01 else f"the test has {off:.2f} of the methods; asked for were {_SHARE}"


def _split_groups(answer: Split) -> str:
    torn = _torn(_mask(answer), _METHODS)
    return f"on both sides: {torn!r}" if torn else ""


def _split_twins(answer: Split) -> str:
    torn = _torn(_mask(answer), list(_NAMES))
    texts = sorted({text for text in _METHODS if faults.without_space(text) == torn})
    return f"one method, but not on one side: {texts[0]!r} and {texts[-1]!r}" if torn else ""


def _split_probe(answer: Split) -> Tensor:
    mask = _mask(answer)
    if mask.shape != (len(_METHODS),):
        return torch.zeros(1)
    runs = [" ".join(text.split()) for text in _METHODS]
    seen = [
        np.array_equal(mask, _mask(answer)),
        any(not np.array_equal(mask, _mask(answer, seed)) for seed in range(1, 6)),
        int(np.digitize(_share(mask), (0.5, 0.8))),
        bool(_split_share(answer)),
        *(bool(_torn(mask, names)) for names in (_METHODS, runs, list(_NAMES))),
    ]
    return torch.tensor([float(value) for value in seen])


split_by_group: Exercise[Split] = Exercise(
    name="split_by_group",
    properties=(
        Property("a yes or no for each row", _split_shape),
        Property("the same for the same seed", _split_repeats),
        Property("another one for another seed", _split_draws),
        Property("the share that was asked for", _split_share),
        Property("no method on both sides", _split_groups),
        Property("nor its twin with other white space", _split_twins),
    ),
    probe=_split_probe,
    wrong_answers=wrong_answers.SPLIT_BY_GROUP,
    hints=(
        "First give each row a name that all rows of its group share. Then draw among the names.",
        "`np.unique` gives each name once, a generator has `permutation`, and `np.isin` asks row by row. Without any "
        "white space the texts of twins are the same.",
    ),
)

# -- token_accuracy

_REFERENCE = ["assertEquals", "(", "3", ",", "list", ".", "size", "(", ")", ")", ";"]
_PAIRS = [
    (prediction, _REFERENCE)
    for prediction in (
        _REFERENCE,
        [],
        ["Assert", *_REFERENCE],
        [*_REFERENCE[:2], *_REFERENCE[4:9], ",", "3", *_REFERENCE[9:]],
        ["assertTrue", *_REFERENCE[1:]],
        _REFERENCE[:5],
        ["fail"] * 30,
    )
]


def _accuracy_identity(answer: Score) -> str:
    value = answer(list(_REFERENCE), list(_REFERENCE))
    return "" if abs(value - 1) < 1e-9 else f"the reference itself gets {value:.3f}"


def _accuracy_empty(answer: Score) -> str:
    value = answer([], list(_REFERENCE))
    return "" if abs(value) < 1e-9 else f"an empty answer gets {value:.3f}"


def _accuracy_insertion(answer: Score) -> str:
    value, wanted = answer(["Assert", *_REFERENCE], list(_REFERENCE)), len(_REFERENCE) / (len(_REFERENCE) + 1)
    return (
        ""
        if abs(value - wanted) < 1e-6
        else f"{len(_REFERENCE)} right tokens after one too many get {value:.3f}; {wanted:.3f} of the tokens are right"
    )


def _accuracy_range(answer: Score) -> str:
    value = answer(["fail"] * 30, list(_REFERENCE))
    return "" if 0 <= value <= 1 else f"30 wrong tokens get {value:.3f}"


def _accuracy_order(answer: Score) -> str:
    value = answer(list(_PAIRS[3][0]), list(_REFERENCE))
    return "" if value < 0.9 else f"assertEquals(list.size(), 3) for assertEquals(3, list.size()) gets {value:.3f}"


def _accuracy_agrees(answer: Score) -> str:
    for prediction, reference in _PAIRS:
        value, wanted = answer(list(prediction), list(reference)), faults.token_accuracy(prediction, reference)
        if abs(value - wanted) > 1e-6:
            return f"{' '.join(prediction)!r} gets {value:.3f}; with the fewest edits {wanted:.3f}"
    return ""


token_accuracy: Exercise[Score] = Exercise(
    name="token_accuracy",
    properties=(
        Property("the reference itself has 1", _accuracy_identity),
        Property("an empty answer has 0", _accuracy_empty),
        Property("one token too many costs one token", _accuracy_insertion),
        Property("the order counts", _accuracy_order),
        Property("between 0 and 1", _accuracy_range),
        Property("agrees with trident.metrics", _accuracy_agrees),
    ),
    probe=lambda answer: torch.tensor([float(answer(list(one), list(other))) for one, other in _PAIRS]),
    wrong_answers=wrong_answers.TOKEN_ACCURACY,
    hints=(
        "How many edits turn `[]` into a reference of n tokens? And n tokens into m others, at most?",
        "The share of errors is the number of edits, of as many as there can be at most.",
    ),
)

# -- cqs

_TEXT = "assertTrue(list.isEmpty());"
_CASES = {
    "perfect": (_TEXT, 1.0, 1.0, 1.0, 1.0),
    **{f"{name} alone": (_TEXT, *(float(name == other) for other in WEIGHTS)) for name in WEIGHTS},
    "empty": ("", 0.1, 0.25, 1.0, 0.0),
    "white space": (" \n", 0.2, 0.25, 1.0, 0.0),
    "wrong": (_TEXT, 0.7, 0.4, 1.0, 0.5),
}
_PARTS = pd.DataFrame.from_dict(_CASES, orient="index", columns=["answer", *WEIGHTS])


def _scores(answer: Cqs) -> np.ndarray:
    return np.asarray(answer(_PARTS.copy()), dtype=float)


def _cqs_shape(answer: Cqs) -> str:
    shape = _scores(answer).shape
    return "" if shape == (len(_PARTS),) else f"for {len(_PARTS)} answers: a result of the shape {shape}"


def _cqs_case(answer: Cqs, *names: str) -> str:
    found, wanted = (
        pd.Series(np.asarray(scores), _PARTS.index) for scores in (_scores(answer), wrong_answers.cqs(_PARTS))
    )
    off = [name for name in names if not abs(found[name] - wanted[name]) < 1e-6]
    return f"{off[0]}: {found[off[0]]:.3f}; it should be {wanted[off[0]]:.2f}" if off else ""


cqs: Exercise[Cqs] = Exercise(
    name="cqs",
    properties=(
        Property("one number for each answer", _cqs_shape),
        Property("a perfect answer has 1", lambda answer: _cqs_case(answer, "perfect")),
        Property("each part has its weight", lambda answer: _cqs_case(answer, *(f"{name} alone" for name in WEIGHTS))),
        Property("an empty answer has 0", lambda answer: _cqs_case(answer, "empty")),
        Property("also one of white space", lambda answer: _cqs_case(answer, "white space")),
        Property("any other its weighted sum", lambda answer: _cqs_case(answer, "wrong")),
    ),
    probe=lambda answer: torch.tensor(_scores(answer)),
    wrong_answers=wrong_answers.CQS,
    hints=(
        "Which of its four parts give an empty answer points? It is to get none, whatever they say.",
        '`parts["answer"].str` has the functions of a text for a whole column; `Series.where` replaces values.',
    ),
)
