"""The paper's numbers: transcribed, and checked against each other and against the models of those names."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import transformers
from scipy import stats

from trident import cqs
from trident.reporting import published


@pytest.mark.parametrize(
    "model, shape",
    [
        (published.TEACHER, {"d_model": 1024, "d_ff": 4096, "num_layers": 24, "num_heads": 16}),
        (published.STUDENT, {"d_model": 768, "d_ff": 3072, "num_layers": 12, "num_heads": 12}),
    ],
)
def test_exact_parameters_are_those_of_the_published_shape(model, shape):
    with torch.device("meta"):
        built = transformers.T5ForConditionalGeneration(transformers.T5Config(vocab_size=32100, d_kv=64, **shape))
    assert sum(weights.numel() for weights in built.parameters()) == model.exact_parameters


def test_weights_are_those_that_the_score_uses():
    assert {name: float(weight) for name, weight in published.WEIGHTS.items()} == dict(cqs.WEIGHTS)


def test_every_cqs_of_table_1_follows_from_its_row():
    checks = {check.claim: check for check in published.arithmetic()}
    rows = [check for claim, check in checks.items() if claim.startswith("Table 1: CQS")]
    assert len(rows) == 6 and all(check.agrees for check in rows)
    assert checks["Table 1: CQS of CE + KL (baseline), from its components"].found == "0.6825"


def test_a_wrong_digit_in_table_1_is_found(monkeypatch):
    row = {**published.TABLE1["ce_kl"], "ast": "0.967"}
    monkeypatch.setattr(published, "TABLE1", {**published.TABLE1, "ce_kl": row})
    wrong = [
        check.claim for check in published.arithmetic() if check.claim.startswith("Table 1: CQS") and not check.agrees
    ]
    assert wrong == ["Table 1: CQS of CE + KL (baseline), from its components"]


def test_what_table_2_says_and_what_the_models_are():
    checks = {check.claim: check for check in published.arithmetic()}
    assert checks["fewer parameters, from Table 2"].agrees and checks["less GPU memory, from Table 2"].agrees
    exact = checks["fewer parameters, from the models' exact counts"]
    assert (exact.found, exact.agrees) == ("69.8 %", False)
    assert checks["share of the teacher's CQS that the student retains"].found == "91.4 %"
    assert [
        checks[f"GPU memory of the {who}, if it were the 32-bit weights alone"].found for who in ("teacher", "student")
    ] == ["2.75 GiB", "0.83 GiB"]


@pytest.mark.parametrize("seeds", [2, 3, 10])
def test_largest_std_is_where_the_t_test_turns(seeds):
    std = published.largest_std(0.005, seeds)
    offsets = np.arange(seeds) - (seeds - 1) / 2

    def p_value(deviation: float) -> float:
        values = offsets / offsets.std(ddof=1) * deviation
        return stats.ttest_ind(values + 0.005, values).pvalue

    assert p_value(std) == pytest.approx(0.05, abs=1e-6)
    assert p_value(0.9 * std) < 0.05 < p_value(1.1 * std)


def test_leads_are_exact():
    assert (published.lead("trident_static", "ce_kl"), published.lead("ce_kl", "trident_static")) == (0.005, -0.005)
