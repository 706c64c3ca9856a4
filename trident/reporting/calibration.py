"""A score that follows execution and needs no JVM: other weights for the components of the Code Quality Score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit

from trident.experiment import artifacts
from trident.reporting import published
from trident.reporting.agreement import ALL, CQS, NOT_EXACT, OF_CODEBLEU, interval, resampled

#: The file of the weights. `trident.cqs` reads it from the committed figures.
FILE = "execution_calibrated.json"
#: Columns of `agreement.answers`: what the weights are for.
_NAMES = [name for name in (*published.WEIGHTS, *OF_CODEBLEU) if name != "codebleu"]
_COMPONENTS = [f"{name}_strict" for name in _NAMES]
#: Of the weights.
_DIGITS = 4


@dataclass(frozen=True)
class Calibration:
    """Weights that were fitted to execution.

    Attributes:
        weights: component → weight; none is negative, and their sum is 1.
        split: whose answers they were fitted to, in one half of the classes.
        answers, classes: how many they were fitted to.
        tested: index (classes, answers, measure), where classes are the split's other half or another split, and
            measure is `cqs`, `calibrated`, or `difference`; columns auc, low, high, number (of answers).
    """

    weights: Mapping[str, float]
    split: str
    answers: int
    classes: int
    tested: pd.DataFrame

    def record(self, profile: str) -> dict[str, object]:
        """What the file of the weights holds."""
        held_out = self.tested.loc[(f"{self.split}, other half", NOT_EXACT), "auc"]
        return {
            "weights": {name: round(weight, _DIGITS) for name, weight in self.weights.items()},
            "profile": profile,
            "split": self.split,
            "answers": self.answers,
            "classes": self.classes,
            "auc_other_half_not_exact": {name: round(float(held_out[name]), 6) for name in ("calibrated", "cqs")},
        }


def calibrate(found: Mapping[str, pd.DataFrame]) -> Calibration | None:
    """Fit weights of the strict components to execution, and test them on classes that they were not fitted to.

    Logistic regression of `equivalent` on the components, CodeBLEU as its three parts, with no weight below zero, over
    the answers to one half of the first split's classes (by digest of their names) that are not exact matches: any
    weights put those first. The weights are scaled to a sum of 1, so that the score is 1 for a perfect answer, as CQS
    is.

    Args:
        found: split → :func:`answers`. The weights are fitted to the first split.

    Returns:
        None where a half lacks equivalent answers or others, or where no component helps.
    """
    split, *others = found
    known = {name: frame.dropna(subset=["equivalent"]) for name, frame in found.items()}
    half = _half(known[split]["group"])
    fitted, held_out = (_not_exact(known[split][own]) for own in (half, ~half))
    if any(part["equivalent"].nunique() < 2 for part in (fitted, held_out)):
        return None
    weights = _fit(fitted[_COMPONENTS].to_numpy(float), fitted["equivalent"].to_numpy(float))
    if not weights.sum():
        return None
    weights = (weights / weights.sum()).round(_DIGITS)
    weights[weights.argmax()] += 1 - weights.sum()
    tests = {f"{split}, other half": known[split][~half], **{other: known[other] for other in others}}
    tested = {
        (classes, name): _compare(part.assign(calibrated=part[_COMPONENTS].to_numpy(float) @ weights))
        for classes, rows in tests.items()
        for name, part in ((ALL, rows), (NOT_EXACT, _not_exact(rows)))
    }
    return Calibration(
        dict(zip(_NAMES, map(float, weights), strict=True)),
        split,
        len(fitted),
        fitted["group"].nunique(),
        pd.concat(tested, names=["classes", "answers", "measure"]),
    )


def _not_exact(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[~frame["exact_match"].astype(bool)]


def _half(groups: pd.Series) -> pd.Series:
    """Whether a group is in the half that weights are fitted to: a digest decides, so that the halves never change."""
    return groups.map({name: int(artifacts.fingerprint(name), 16) % 2 == 0 for name in groups.unique()}).astype(bool)


def _fit(components: np.ndarray, equivalent: np.ndarray) -> np.ndarray:
    """Weights of a logistic regression with an intercept, none of them negative.

    Raises ArithmeticError when the optimiser does not arrive.
    """

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        logits = parameters[0] + components @ parameters[1:]
        error = (expit(logits) - equivalent) / len(equivalent)
        value = np.logaddexp(0, logits).mean() - (equivalent * logits).mean()
        return float(value), np.array([error.sum(), *(error @ components)])

    bounds = [(None, None), *[(0, None)] * components.shape[1]]
    done = minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds)
    if not done.success:
        raise ArithmeticError(f"the weights of the {len(equivalent)} answers could not be fitted: {done.message}")
    return np.asarray(done.x[1:])


def _compare(known: pd.DataFrame) -> pd.DataFrame:
    """AUC of CQS, of the calibrated score, and by how much the second is larger, with intervals (paired draws)."""
    aucs, _ = resampled(known, [CQS, "calibrated"])
    rows = {"cqs": aucs[:, 0], "calibrated": aucs[:, 1], "difference": aucs[:, 1] - aucs[:, 0]}
    return pd.DataFrame(
        [(draws[0], *interval(draws), len(known)) for draws in rows.values()],
        index=[*rows],
        columns=["auc", "low", "high", "number"],
    )
