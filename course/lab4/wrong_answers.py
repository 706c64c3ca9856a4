"""Answers that students give to the exercises of lab 4, and what the checks say to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from course.checking import WrongAnswer
from course.lab4 import faults
from course.lab4.faults import Interval, PValue, Score, Split
from trident.cqs import WEIGHTS

Cqs = Callable[[pd.DataFrame], "pd.Series[float]"]

_FAULTS = {fault.name: fault.code for fault in faults.FAULTS}


def _first_rows(methods: Sequence[str], share: float, seed: int) -> np.ndarray:
    names = list(dict.fromkeys(map(faults.without_space, methods)))
    return np.isin([faults.without_space(text) for text in methods], names[: round(share * len(names))])


def _runs_of_space(methods: Sequence[str], share: float, seed: int) -> np.ndarray:
    return _FAULTS["twins_apart"].split([" ".join(text.split()) for text in methods], share, seed)


def _names_of_rows(methods: Sequence[str], share: float, seed: int) -> np.ndarray:
    names = np.array([faults.without_space(text) for text in methods])
    return np.isin(names, np.random.default_rng(seed).permutation(names)[: round(share * len(names))])


def _coins(methods: Sequence[str], share: float, seed: int) -> np.ndarray:
    groups = np.array([faults.without_space(text) for text in methods])
    names = np.unique(groups)
    return np.isin(groups, names[np.random.default_rng(seed).random(len(names)) < share])


SPLIT_BY_GROUP: tuple[WrongAnswer[Split], ...] = (
    WrongAnswer(
        "by row",
        _FAULTS["split_by_row"].split,
        "You draw rows. What does a model know of a test row whose neighbour it was trained on?",
    ),
    WrongAnswer(
        "white space counts",
        _FAULTS["twins_apart"].split,
        "The same method with another indentation is another one for you.",
    ),
    WrongAnswer(
        "runs of white space",
        _runs_of_space,
        "Indentation makes no difference to you, but `f(a, b)` and `f(a,b)` do.",
    ),
    WrongAnswer(
        "the first methods",
        _first_rows,
        "Every seed gives the same split: the first methods of a corpus are often of one project.",
    ),
    WrongAnswer(
        "training and test exchanged",
        lambda methods, share, seed: ~faults.split_by_group(methods, share, seed),
        "Your True marks the larger part: which one is True for?",
    ),
    WrongAnswer(
        "names drawn once for each row",
        _names_of_rows,
        "A method that stands in many rows is drawn more easily, so too many are: how often is each name in your draw?",
    ),
    WrongAnswer(
        "a coin for each group",
        _coins,
        "Your share is right in the mean over many seeds, and by chance too large or too small for one.",
    ),
    WrongAnswer(
        "positions",
        lambda methods, share, seed: np.flatnonzero(faults.split_by_group(methods, share, seed)),
        "You return positions: there should be a yes or no for every row.",
    ),
    WrongAnswer(
        "new in every call",
        lambda methods, share, seed: faults.split_by_group(
            methods, share, int(np.random.default_rng().integers(1 << 30))
        ),
        "Two calls with the same seed give two splits, so nobody can repeat your experiment.",
    ),
)

TOKEN_ACCURACY: tuple[WrongAnswer[Score], ...] = (
    WrongAnswer(
        "by_position",
        faults.by_position,
        "One token too many at the start makes everything after it wrong for you: are these tokens wrong?",
    ),
    WrongAnswer(
        "any_order",
        faults.any_order,
        "You ask which tokens occur, not where: an assertion with its arguments exchanged is perfect for you.",
    ),
    WrongAnswer(
        "of the reference's length",
        lambda prediction, reference: 1 - _distance(prediction, reference) / len(reference),
        "A long wrong answer gets a value below 0 from you: how many edits can there be at most?",
    ),
    WrongAnswer(
        "of both lengths",
        lambda prediction, reference: 1 - _distance(prediction, reference) / (len(prediction) + len(reference)),
        "An empty answer is right, but others get too much: can so many edits be needed as you divide by?",
    ),
    WrongAnswer(
        "error rate",
        lambda prediction, reference: _distance(prediction, reference) / max(len(prediction), len(reference)),
        "A perfect answer gets 0: what you return grows with the errors.",
    ),
    WrongAnswer(
        "number of edits",
        lambda prediction, reference: _distance(prediction, reference),
        "You return how many edits are needed, not a share of tokens.",
    ),
    WrongAnswer(
        "exact match",
        lambda prediction, reference: float(list(prediction) == list(reference)),
        "One wrong token makes an answer as bad for you as no answer.",
    ),
    WrongAnswer(
        "over characters",
        lambda prediction, reference: faults.token_accuracy("".join(prediction), "".join(reference)),
        "A long name weighs more than a short one for you: what are the units here?",
    ),
)


def _distance(prediction: Sequence[str], reference: Sequence[str]) -> float:
    return (1 - faults.token_accuracy(prediction, reference)) * max(len(prediction), len(reference))


def _weighted(parts: pd.DataFrame) -> pd.Series[float]:
    return (parts[[*WEIGHTS]] * list(WEIGHTS.values())).sum(axis=1)


def cqs(parts: pd.DataFrame) -> pd.Series[float]:
    """What the exercise asks for."""
    return _weighted(parts).where(parts["answer"].str.strip() != "", 0.0)


CQS: tuple[WrongAnswer[Cqs], ...] = (
    WrongAnswer(
        "empty answers count",
        _weighted,
        "An empty answer gets points from you: a part may call nothing valid, or like the reference.",
    ),
    WrongAnswer(
        "white space counts",
        lambda parts: _weighted(parts).where(parts["answer"] != "", 0.0),
        "An answer of white space alone gets points from you.",
    ),
    WrongAnswer(
        "condition the wrong way round",
        lambda parts: _weighted(parts).where(parts["answer"].str.strip() == "", 0.0),
        "Empty answers keep their score, and all others have 0.",
    ),
    WrongAnswer(
        "mean over the answers",
        lambda parts: cqs(parts).mean(),
        "You return one number: each answer has a score of its own, and the next exercise needs them all.",
    ),
    WrongAnswer(
        "empty answers left out",
        lambda parts: _weighted(parts)[parts["answer"].str.strip() != ""],
        "Empty answers are missing from your result: a model that answers only when it is sure would look good.",
    ),
)


def _means_of_groups(a: np.ndarray, b: np.ndarray, groups: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    names = np.unique(groups)
    means = [np.subtract(a, b)[groups == name].mean() for name in names]
    return faults.bootstrap(np.array(means), np.zeros(len(means)), names, resamples, seed)


def _sums_of_groups(a: np.ndarray, b: np.ndarray, groups: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    sums, _ = faults.by_group(a, b, groups)
    return faults.bootstrap(sums, np.zeros(len(sums)), np.arange(len(sums)), resamples, seed)


def _quantiles(low: float, high: float) -> Interval:
    def interval(a: np.ndarray, b: np.ndarray, groups: np.ndarray, resamples: int, seed: int) -> np.ndarray:
        means = faults.resampled(*faults.by_group(a, b, groups), np.random.default_rng(seed), resamples)
        return np.quantile(means, [low, high])

    return interval


BOOTSTRAP: tuple[WrongAnswer[Interval], ...] = (
    WrongAnswer(
        "over rows",
        lambda a, b, groups, resamples, seed: faults.bootstrap(a, b, np.arange(len(a)), resamples, seed),
        "Your interval does not notice that the rows of a group are copies of each other.",
    ),
    WrongAnswer(
        "unpaired",
        faults.unpaired,
        "A constant lead in every row is uncertain for you: do A and B get the same groups in a draw?",
    ),
    WrongAnswer(
        "means of groups",
        _means_of_groups,
        "A group of one row counts as much for you as a group of nine.",
    ),
    WrongAnswer(
        "sums of groups",
        _sums_of_groups,
        "You average one sum for each group, so a lead of 0.25 in every row is more than 0.25: by what is it divided?",
    ),
    WrongAnswer(
        "without replacement",
        lambda a, b, groups, resamples, seed: np.full(2, np.mean(np.subtract(a, b))),
        "Every draw has the same mean: which groups does it hold?",
    ),
    WrongAnswer(
        "90 %",
        _quantiles(0.05, 0.95),
        "Your interval is a little narrow: which share of the draws do you leave out on each side?",
    ),
    WrongAnswer(
        "one standard error",
        _quantiles(0.16, 0.84),
        "Your interval is half as wide as it should be.",
    ),
    WrongAnswer(
        "spread of the rows",
        lambda a, b, groups, resamples, seed: np.quantile(np.subtract(a, b), [0.025, 0.975]),
        "This is how far single rows lie apart. The question is how far the mean would.",
    ),
    WrongAnswer(
        "upper end first",
        lambda a, b, groups, resamples, seed: faults.bootstrap(a, b, groups, resamples, seed)[::-1],
        "The upper end comes first.",
    ),
    WrongAnswer(
        "B − A",
        lambda a, b, groups, resamples, seed: faults.bootstrap(b, a, groups, resamples, seed),
        "Your sign says by how much B is ahead of A.",
    ),
)


def _reached(a: np.ndarray, b: np.ndarray, groups: np.ndarray, resamples: int, seed: int) -> float:
    """How many flips reach what was seen."""
    return faults.permutation_p(a, b, groups, resamples, seed) * (resamples + 1) - 1


def _beyond(a: np.ndarray, b: np.ndarray, groups: np.ndarray, resamples: int, seed: int) -> float:
    sums, _ = faults.by_group(a, b, groups)
    signs = np.random.default_rng(seed).choice((-1, 1), (resamples, len(sums)))
    return float(((np.abs(signs @ sums) > np.abs(sums.sum()) + 1e-9).sum() + 1) / (resamples + 1))


def _flipped_means(a: np.ndarray, b: np.ndarray, groups: np.ndarray, resamples: int, seed: int) -> float:
    names = np.unique(groups)
    means = np.array([np.subtract(a, b)[groups == name].mean() for name in names])
    return faults.permutation_p(means, np.zeros(len(means)), names, resamples, seed)


def _against_mean(a: np.ndarray, b: np.ndarray, groups: np.ndarray, resamples: int, seed: int) -> float:
    sums, _ = faults.by_group(a, b, groups)
    leads = np.random.default_rng(seed).choice((-1, 1), (resamples, len(sums))) @ sums
    return float((np.sum(np.abs(leads) >= abs(np.subtract(a, b).mean()) - 1e-9) + 1) / (resamples + 1))


def _pooled(a: np.ndarray, b: np.ndarray, groups: np.ndarray, resamples: int, seed: int) -> float:
    rng, both = np.random.default_rng(seed), np.concatenate([a, b])
    found = np.array([np.subtract(*np.split(rng.permutation(both), 2)).mean() for _ in range(resamples)])
    return float(((np.abs(found) >= abs(np.subtract(a, b).mean()) - 1e-9).sum() + 1) / (resamples + 1))


PERMUTATION_P: tuple[WrongAnswer[PValue], ...] = (
    WrongAnswer(
        "one_sided",
        faults.one_sided,
        "You count only flips in favour of A. Would you have reported B's lead as well?",
    ),
    WrongAnswer(
        "over rows",
        lambda a, b, groups, resamples, seed: faults.permutation_p(a, b, np.arange(len(a)), resamples, seed),
        "The copies of a row get signs of their own from you.",
    ),
    WrongAnswer(
        "0 can come out",
        lambda a, b, groups, resamples, seed: _reached(a, b, groups, resamples, seed) / resamples,
        "p = 0 says that it cannot be chance at all. What was seen is itself one of the patterns of signs.",
    ),
    WrongAnswer(
        "beyond",
        _beyond,
        "Equal students get a tiny p from you: “at least as large” includes equality.",
    ),
    WrongAnswer(
        "means of groups",
        _flipped_means,
        "A group of one row counts as much for you as a group of four.",
    ),
    WrongAnswer(
        "sums against a mean",
        _against_mean,
        "Nearly every flip reaches what was seen: is the lead that you compare with a sum, as those of the flips are?",
    ),
    WrongAnswer(
        "1 − p",
        lambda a, b, groups, resamples, seed: 1 - faults.permutation_p(a, b, groups, resamples, seed),
        "Your p is large where the difference is.",
    ),
    WrongAnswer(
        "pooled",
        _pooled,
        "You mix the scores of all rows. What would be the same if the two students changed their names?",
    ),
)
