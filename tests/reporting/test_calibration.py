"""Weights that follow execution: fitted to one half of the classes, tested on the other, none below zero."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from trident.experiment import artifacts
from trident.reporting import agreement, calibration, published

NAMES = ("semantic", "ast", "token_accuracy", *agreement.OF_CODEBLEU)
TRUE = dict(zip(NAMES, (2.0, 4.0, 0.0, -3.0, 0.0, 0.0), strict=True))


def made(number=1500, seed=0, true=TRUE, exact=0.1) -> pd.DataFrame:
    """Answers whose equivalence depends on the components by `true` weights; some are exact matches."""
    rng = np.random.default_rng(seed)
    components = pd.DataFrame({name: rng.uniform(size=number) for name in NAMES})
    is_exact = rng.uniform(size=number) < exact
    components[is_exact] = 1.0
    logits = components @ pd.Series(true) - 1.5
    equivalent = (rng.uniform(size=number) < 1 / (1 + np.exp(-logits))) | is_exact
    components["codebleu"] = components[[*agreement.OF_CODEBLEU]].mean(axis=1)
    cqs = sum(float(weight) * components[name] for name, weight in published.WEIGHTS.items())
    return components.add_suffix("_strict").assign(
        cqs_strict=cqs,
        group=[f"g{i % 60}" for i in range(number)],
        exact_match=is_exact,
        equivalent=equivalent * 1.0,
        relative_mutation_score=equivalent * 1.0,
    )


def test_no_weight_is_negative_and_those_that_help_are_found():
    fitted = calibration.calibrate({"test": made()})
    assert sum(fitted.weights.values()) == pytest.approx(1) and min(fitted.weights.values()) >= 0
    assert fitted.weights["ast"] > fitted.weights["semantic"] > 0.2 and fitted.weights["bleu"] == 0


def test_where_no_bound_is_reached_it_is_a_plain_logistic_regression():
    found = made(true=dict(zip(NAMES, (1.0, 3.0, 1.5, 2.0, 1.0, 1.0), strict=True)), exact=0)
    half = found[[int(artifacts.fingerprint(name), 16) % 2 == 0 for name in found["group"]]]
    columns = [f"{name}_strict" for name in NAMES]
    plain = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(half[columns], half["equivalent"]).coef_[0]
    fitted = calibration.calibrate({"test": found})
    assert list(fitted.weights.values()) == pytest.approx(plain / plain.sum(), abs=1e-3)
    assert (fitted.answers, fitted.classes) == (len(half), half["group"].nunique())


def test_it_is_tested_on_classes_that_it_has_not_seen():
    test, unseen = made(), made(300, seed=1)
    fitted = calibration.calibrate({"test": test, "unseen": unseen})
    other = np.array([int(artifacts.fingerprint(name), 16) % 2 == 1 for name in test["group"]])
    # what it says of the held-out half does not change the weights
    spoilt = test.assign(equivalent=test["equivalent"].where(~other, 1 - test["equivalent"]))
    assert calibration.calibrate({"test": spoilt}).weights == fitted.weights
    held_out = test[other & ~test["exact_match"]]
    score = sum(weight * held_out[f"{name}_strict"] for name, weight in fitted.weights.items())
    rows = fitted.tested.loc[("test, other half", agreement.NOT_EXACT)]
    assert rows.loc["calibrated", "auc"] == pytest.approx(roc_auc_score(held_out["equivalent"], score), abs=1e-3)
    assert rows.loc["cqs", "auc"] == pytest.approx(roc_auc_score(held_out["equivalent"], held_out["cqs_strict"]))
    assert rows.loc["difference", "auc"] == pytest.approx(rows.loc["calibrated", "auc"] - rows.loc["cqs", "auc"])
    assert rows.loc["difference", "low"] > 0 and (rows["number"] == len(held_out)).all()
    whole = fitted.tested.loc[("unseen", agreement.ALL)]
    assert (whole["number"] == len(unseen)).all() and (whole["low"] <= whole["auc"]).all()


def test_the_file_says_where_the_weights_are_from(tmp_path):
    fitted = calibration.calibrate({"test": made()})
    artifacts.write_json(tmp_path / calibration.FILE, fitted.record("sandbox"))
    record = json.loads((tmp_path / calibration.FILE).read_text())
    assert record["weights"] == pytest.approx(fitted.weights) and sum(record["weights"].values()) == pytest.approx(1)
    assert (record["profile"], record["split"], record["answers"]) == ("sandbox", "test", fitted.answers)
    assert record["auc_other_half_not_exact"]["calibrated"] > record["auc_other_half_not_exact"]["cqs"]


@pytest.mark.parametrize(
    "change",
    [
        {"equivalent": 0.0},  # nothing to find
        {"equivalent": np.nan},  # nothing is known
        {"exact_match": True},  # nothing to rank
        {"group": "g0"},  # no other half
    ],
)
def test_without_answers_of_both_kinds_in_both_halves_there_are_no_weights(change):
    assert calibration.calibrate({"test": made(200).assign(**change)}) is None


def test_where_no_component_helps_there_are_no_weights():
    assert calibration.calibrate({"test": made(6000, true=dict.fromkeys(TRUE, -1.0), exact=0)}) is None
