"""Answers, and what they cost."""

from __future__ import annotations

import time

import pytest
import torch
from datasets import Dataset

from trident.distillation import models
from trident.evaluation import prediction

CPU = torch.device("cpu")
OPTIONS = {"max_new_tokens": 6, "num_beams": 1, "device": CPU}


@pytest.fixture(scope="module")
def world():
    tokenizer = models.train_tokenizer(["int total = 12; assertEquals(12, total);"] * 3, 310)
    model = models.from_scratch(tokenizer, d_model=16, d_ff=16, layers=1, heads=2, dropout_rate=0.0, seed=4)
    texts = ["total", "int total = 12; int total = 12;", "assertEquals(12, total);", "12", "int"]
    return model, tokenizer, Dataset.from_dict({"input_ids": [tokenizer(text)["input_ids"] for text in texts]})


def test_answers_come_in_the_order_of_the_questions(world):
    model, tokenizer, encoded = world
    together = prediction.predict(model, tokenizer, encoded, batch_size=2, **OPTIONS)
    alone = [
        prediction.predict(model, tokenizer, encoded.select([i]), batch_size=1, **OPTIONS)[0]
        for i in range(len(encoded))
    ]
    assert together == alone and len(set(together)) > 1


def test_no_questions_no_answers(world):
    model, tokenizer, encoded = world
    assert prediction.predict(model, tokenizer, encoded.select([]), batch_size=2, **OPTIONS) == []


def test_latency_restores_the_threads(world):
    threads = torch.get_num_threads()
    timing = prediction.latency(*world, **OPTIONS)
    assert 0 < timing["median_ms"] <= timing["p90_ms"]
    assert torch.get_num_threads() == threads


def test_waiting_for_a_processor_is_no_latency(world, monkeypatch):
    monkeypatch.setattr(prediction, "_generate", lambda *_: time.sleep(0.05))
    assert prediction.latency(*world, **OPTIONS)["p90_ms"] < 25


def test_the_peak_holds_the_weights_and_grows_with_the_beams(world):
    model, tokenizer, encoded = world
    one = prediction.peak_memory(model, tokenizer, encoded, **OPTIONS)["tensors_mib"]
    four = prediction.peak_memory(model, tokenizer, encoded, **{**OPTIONS, "num_beams": 4})["tensors_mib"]
    assert models.weight_bytes(model) / 2**20 < one < four


def test_counting_tensors_sees_what_lives_at_once():
    with prediction._CountTensors() as count:
        kept = torch.zeros(1000)  # 4,000 bytes
        for _ in range(5):
            torch.ones(500).sum()  # 2,000 bytes at a time, gone at once
        assert count.peak < 4000 + 2000 + 200
        assert count.now < 4000 + 200
    assert count.peak >= 4000 + 2000 and len(kept) == 1000
