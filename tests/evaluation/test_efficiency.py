"""What a prediction costs."""

from __future__ import annotations

import time

import torch

from trident.distillation import models
from trident.evaluation import efficiency

CPU = torch.device("cpu")
OPTIONS = {"max_new_tokens": 6, "num_beams": 1, "device": CPU}


def test_latency_restores_the_threads(world):
    threads = torch.get_num_threads()
    timing = efficiency.latency(*world, **OPTIONS)
    assert 0 < timing["median_ms"] <= timing["p90_ms"]
    assert torch.get_num_threads() == threads


def test_latency_on_a_cpu_is_processor_time(world, monkeypatch):
    monkeypatch.setattr(efficiency, "generate", lambda *_, **__: time.sleep(0.05))
    assert efficiency.latency(*world, **OPTIONS)["p90_ms"] < 25


def test_the_peak_holds_the_weights_and_grows_with_the_beams(world):
    model, tokenizer, encoded = world
    one = efficiency.peak_memory(model, tokenizer, encoded, **OPTIONS)["tensors_mib"]
    four = efficiency.peak_memory(model, tokenizer, encoded, **{**OPTIONS, "num_beams": 4})["tensors_mib"]
    assert models.weight_bytes(model) / 2**20 < one < four


def test_tensors_are_counted_until_they_are_released():
    with efficiency.CountTensors() as count:
        kept = torch.zeros(1000)  # 4,000 bytes
        for _ in range(5):
            torch.ones(500).sum()  # 2,000 bytes at a time, gone at once
        assert count.peak < 4000 + 2000 + 200
        assert count.now < 4000 + 200
    assert count.peak >= 4000 + 2000 and len(kept) == 1000
