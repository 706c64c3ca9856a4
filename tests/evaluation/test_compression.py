"""The student with weights of 8 bits beside the one with 32."""

from __future__ import annotations

import pytest
import torch

from trident.evaluation import compression, prediction

OPTIONS = {"batch_size": 2, "max_new_tokens": 6, "num_beams": 1}


def test_both_are_measured_on_the_same_blanks(world, monkeypatch):
    model, tokenizer, encoded = world
    monkeypatch.setattr(compression, "EXAMPLES", 2)
    answers = prediction.predict(model, tokenizer, encoded, device=torch.device("cpu"), **OPTIONS)
    references = [answers[0] or "x();", *["assertTrue(other);"] * (len(encoded) - 1)]
    found = compression.compare(
        model, tokenizer, encoded, encoded, answers, references, [[one] for one in references], **OPTIONS
    )
    assert found["examples"] == 2 and 0 <= found["same"] <= 1
    assert found["int8"]["weight_bytes"] < found["fp32"]["weight_bytes"]
    for one in (found["fp32"], found["int8"]):
        assert set(one) == {"weight_bytes", "latency", "memory", "exact_match", "accepted"}
        assert one["latency"]["median_ms"] > 0
    assert found["fp32"]["exact_match"] == (0.5 if answers[0] else 0)


def test_an_accepted_form_is_right_and_not_exact():
    texts = ["assertTrue( x.isEmpty() );", "Assert.assertEquals(0, x.size());", "assertNull(x);"]
    forms = [["assertTrue(x.isEmpty());", "assertEquals(0, x.size());"]] * 3
    found = compression._right(texts, ["assertTrue(x.isEmpty());"] * 3, forms)
    assert found == {"exact_match": pytest.approx(1 / 3), "accepted": pytest.approx(2 / 3)}
