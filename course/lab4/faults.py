"""An evaluation of two students, right and with the faults of published ones, and the hunt for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from course.faults import Fault, Hunt
from course.lab4 import instruments
from course.lab4.study import Model, Report, Study, Tokens
from trident.metrics import strict

TEST_SHARE, RESAMPLES, SEED = 0.5, 1_000, 0

Split = Callable[[Sequence[str], float, int], np.ndarray]
Score = Callable[[Sequence[str], Sequence[str]], float]
Interval = Callable[[np.ndarray, np.ndarray, np.ndarray, int, int], Sequence[float] | np.ndarray]
PValue = Callable[[np.ndarray, np.ndarray, np.ndarray, int, int], float]
#: Scores of A and of B (runs, rows) and the groups of the rows → both by row, and the groups that count as independent.
Table = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]

# -- what the exercises ask for


def without_space(text: str) -> str:
    return "".join(text.split())


def split_by_group(methods: Sequence[str], share: float, seed: int) -> np.ndarray:
    groups = np.array([without_space(text) for text in methods])
    return _drawn(groups, share, seed)


def _drawn(groups: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Which rows belong to a random `share` of the groups."""
    names = np.unique(groups)
    return np.isin(groups, np.random.default_rng(seed).permutation(names)[: round(share * len(names))])


def token_accuracy(prediction: Sequence[str], reference: Sequence[str]) -> float:
    return strict.token_accuracy(prediction, reference)


def bootstrap(a: np.ndarray, b: np.ndarray, groups: np.ndarray, resamples: int = 2_000, seed: int = 0) -> np.ndarray:
    sums, sizes = by_group(a, b, groups)
    return np.quantile(resampled(sums, sizes, np.random.default_rng(seed), resamples), [0.025, 0.975])


def resampled(sums: np.ndarray, sizes: np.ndarray, rng: np.random.Generator, resamples: int) -> np.ndarray:
    """The mean over all rows of as many groups as there are, drawn with replacement."""
    drawn = rng.integers(len(sizes), size=(resamples, len(sizes)))
    return np.asarray(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))


def permutation_p(a: np.ndarray, b: np.ndarray, groups: np.ndarray, resamples: int = 2_000, seed: int = 0) -> float:
    reached = _flipped(a, b, groups, resamples, seed, np.abs)
    return float((reached.sum() + 1) / (resamples + 1))


def by_group(a: np.ndarray, b: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sum of the differences of each group, and its size."""
    places = np.unique(groups, return_inverse=True)[1]
    return np.bincount(places, np.subtract(a, b)), np.bincount(places)


def _flipped(
    a: np.ndarray,
    b: np.ndarray,
    groups: np.ndarray,
    resamples: int,
    seed: int,
    size: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """Whether the total under random signs of the groups is at least as large as the one seen."""
    sums, _ = by_group(a, b, groups)
    signs = np.random.default_rng(seed).choice((-1, 1), (resamples, len(sums)))
    return np.asarray(size(signs @ sums) >= size(sums.sum()) - 1e-9)  # a sum in another order is rounded differently


# -- the evaluation


def mean_of_runs(a: np.ndarray, b: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return a.mean(0), b.mean(0), groups


@dataclass(frozen=True)
class Evaluation:
    """Compares the students A and B of a study; each part can be another.

    Attributes:
        split: which rows are for the test.
        score: of one answer.
        teacher_score: of one answer of the teacher; None: the same.
        table: what the interval and the test are computed from.
        interval, p_value: of the difference A − B.
        above_floor: whether the levels of A and B are given above that of the most frequent assertion.
    """

    split: Split = split_by_group
    score: Score = token_accuracy
    teacher_score: Score | None = None
    table: Table = mean_of_runs
    interval: Interval = bootstrap
    p_value: PValue = permutation_p
    above_floor: bool = False

    def __call__(self, study: Study) -> Report:
        test = np.asarray(self.split(study.methods, TEST_SHARE, SEED))
        train, rows = np.flatnonzero(~test), np.flatnonzero(test).tolist()

        def scores(model: Model, score: Score) -> list[float]:
            answers = model(train)
            return [score(answers[row], study.references[row]) for row in rows]

        of_a, of_b = (np.array([scores(model, self.score) for model in side]) for side in (study.a, study.b))
        groups = np.array([without_space(study.methods[row]) for row in rows])
        a, b, units = self.table(of_a, of_b, groups)
        low, high = self.interval(a, b, units, RESAMPLES, SEED)
        levels = float(a.mean()), float(b.mean())
        teacher = float(np.mean(scores(study.teacher, self.teacher_score or self.score)))
        floor = float(np.mean(scores(study.most_frequent, self.score))) if self.above_floor else 0.0
        return {
            "A": levels[0] - floor,
            "B": levels[1] - floor,
            "A − B": levels[0] - levels[1],
            "low": float(low),
            "high": float(high),
            "p": float(self.p_value(a, b, units, RESAMPLES, SEED)),
            "A / teacher": levels[0] / teacher if teacher else float("nan"),
        }


CORRECT = Evaluation()

# -- the faults


def _by_row(methods: Sequence[str], share: float, seed: int) -> np.ndarray:
    return _drawn(np.arange(len(methods)), share, seed)


def _by_text(methods: Sequence[str], share: float, seed: int) -> np.ndarray:
    return _drawn(np.array(methods), share, seed)


def by_position(prediction: Tokens, reference: Tokens) -> float:
    right = sum(token == other for token, other in zip(prediction, reference, strict=False))
    return right / max(len(prediction), len(reference))


def any_order(prediction: Tokens, reference: Tokens) -> float:
    return sum(token in reference for token in prediction) / max(len(prediction), len(reference))


def _empty_counts(prediction: Tokens, reference: Tokens) -> float:
    return token_accuracy(prediction, reference) if prediction else 0.25


def _exact(prediction: Tokens, reference: Tokens) -> float:
    return float(tuple(prediction) == tuple(reference))


def _best_run(a: np.ndarray, b: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return a[a.mean(1).argmax()], b[b.mean(1).argmax()], groups


def _rows(a: np.ndarray, b: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return a.mean(0), b.mean(0), np.arange(a.shape[1])


def _runs_times_rows(a: np.ndarray, b: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return a.flatten(), b.flatten(), np.arange(a.size)


def unpaired(a: np.ndarray, b: np.ndarray, groups: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    rng, means = np.random.default_rng(seed), []
    for side in (np.asarray(a), np.asarray(b)):
        means.append(resampled(*by_group(side, np.zeros_like(side), groups), rng, resamples))
    return np.quantile(means[0] - means[1], [0.025, 0.975])


def one_sided(a: np.ndarray, b: np.ndarray, groups: np.ndarray, resamples: int, seed: int) -> float:
    reached = _flipped(a, b, groups, resamples, seed, np.asarray)
    return float((reached.sum() + 1) / (resamples + 1))


FAULTS: tuple[Fault[Evaluation], ...] = (
    Fault("split_by_row", "rows are drawn for the test, not methods", replace(CORRECT, split=_by_row)),
    Fault("twins_apart", "methods are the same only if their texts are, white space included",
          replace(CORRECT, split=_by_text)),
    Fault("by_position", "the first token against the first, the second against the second, …",
          replace(CORRECT, score=by_position)),
    Fault("any_order", "the share of tokens that occur in the reference, wherever", replace(CORRECT, score=any_order)),
    Fault("empty_counts", "an empty answer scores 0.25", replace(CORRECT, score=_empty_counts)),
    Fault("two_measures", "the teacher has exact match, the students token accuracy",
          replace(CORRECT, teacher_score=_exact)),
    Fault("best_run", "of each student's runs, the one with the best score on the test",
          replace(CORRECT, table=_best_run)),
    Fault("rows_independent", "every row counts as independent of the others", replace(CORRECT, table=_rows),
          core=True),
    Fault("runs_independent", "every row of every run counts as independent: three runs, three times the data",
          replace(CORRECT, table=_runs_times_rows), core=True),
    Fault("unpaired", "the interval draws methods for A, and again for B", replace(CORRECT, interval=unpaired),
          core=True),
    Fault("one_sided", "p counts only flips that favour A", replace(CORRECT, p_value=one_sided), core=True),
    Fault("above_floor", "the levels A and B are given above that of the most frequent assertion",
          replace(CORRECT, above_floor=True), harmless=True),
)  # fmt: skip

INSTRUMENTS = {
    "extremes": instruments.extremes,
    "small_changes": instruments.small_changes,
    "parrot": instruments.parrot,
    "teacher_as_student": instruments.teacher_as_student,
    "runs": instruments.runs,
    "copies": instruments.copies,
    "constant_lead": instruments.constant_lead,
    "known_p": instruments.known_p,
}
HUNT: Hunt[Evaluation] = Hunt(
    "lab4", FAULTS, size=6, correct=lambda: CORRECT, instruments=INSTRUMENTS, tried_on=lambda you: you
)
