"""A model's label distribution against the true one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers import small_scores

from trident.reporting import label_forms
from trident.reporting.results import collect


def blank(probability, model, name="e1") -> pd.DataFrame:
    logs = np.log(np.array(model, dtype=float))
    return pd.DataFrame(
        {"id": name, "form": list("abc")[: len(model)], "probability": probability, "log_probability": logs}
    )


def test_by_hand():
    frame = pd.concat([blank([0.5, 0.5], [0.25, 0.25]), blank([1.0, 0.0], [0.4, 0.4], "e2")])
    found = label_forms.by_blank(frame)
    assert found.loc["e1"].tolist() == pytest.approx([1, 1, 0, 0.5])
    assert found.loc["e2"].tolist() == pytest.approx([0, 1, 1, 0.8])


def test_forms_that_a_model_finds_almost_impossible_stay_finite():
    frame = blank([0.5, 0.5], [1, 1]).assign(log_probability=[-2000.0, -2010.0])
    found = label_forms.by_blank(frame).loc["e1"]
    assert np.isfinite(found).all() and found["mass"] == 0
    assert found["divergence"] == pytest.approx(-1 + (10 * 0.5 + np.log1p(np.exp(-10))) / np.log(2))


def test_divergence_is_never_negative_and_zero_for_the_truth():
    rng = np.random.default_rng(0)
    for _ in range(50):
        true, model = rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3)) * rng.uniform(0.1, 1)
        assert label_forms.by_blank(blank(true, model)).loc["e1", "divergence"] >= 0
        same = label_forms.by_blank(blank(true, 0.3 * true)).loc["e1"]
        assert same["divergence"] == pytest.approx(0, abs=1e-9)
        assert same["model_entropy"] == pytest.approx(same["entropy"])


def test_the_teacher_stands_first_and_cross_entropy_alone_is_there(results):
    names = list(label_forms.by_model(results))
    assert names[:2] == ["Teacher", "Student before distillation"] and names[-1] == "CE alone (control)"
    assert len(names) == 4


def test_a_corpus_with_one_form_per_blank_has_nothing_to_show(pair):
    for file in pair.folder.rglob(label_forms.FILE):
        pd.read_parquet(file).iloc[:0].to_parquet(file)
    assert label_forms.by_model(collect(pair, small_scores.PAIR, (13, 42), "strict")) == {}
