"""The loss benchmark compares equal work: all versions compute the same loss."""

from __future__ import annotations

import argparse
import subprocess
from types import ModuleType

import pytest
import torch


@pytest.mark.parametrize("start", ["logits", "hidden"])
def test_versions_agree(benchmark: ModuleType, start: str) -> None:
    values = {
        version: benchmark.passes(version, start, 24, 90, torch.device("cpu"))().item()
        for version in ("textbook", "released", "fused")
    }
    assert values["fused"] == pytest.approx(values["textbook"], rel=1e-4)
    assert values["released"] == pytest.approx(values["textbook"], rel=1e-3)


def test_the_lower_bound_computes_the_products_only(benchmark: ModuleType) -> None:
    h, w, th, tw = (torch.randn(300, 8), torch.randn(40, 8), torch.randn(300, 6), torch.randn(40, 6))
    h.requires_grad_(), w.requires_grad_()
    benchmark._Products.apply(h, w, th, tw).backward()
    z = (h @ w.T).detach()
    torch.testing.assert_close(h.grad, z @ w.detach(), rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(w.grad, z.T @ h.detach(), rtol=1e-4, atol=1e-2)


def test_a_measurement_has_time_and_memory(benchmark: ModuleType) -> None:
    found = benchmark.measure("fused", "logits", 64, 2_000, torch.device("cpu"))
    assert found["seconds"] > 0 and found["processor_seconds"] > 0 and found["mebibytes"] >= 0


def test_the_last_case_is_measured_alone_and_beside_a_busy_process(
    benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = []
    popen = subprocess.Popen

    def started(*args: object, **options: object) -> subprocess.Popen:
        running.append(popen(*args, **options))
        return running[-1]

    def fresh(version: str, start: str, tokens: int, options: argparse.Namespace) -> dict[str, float]:
        busy = any(process.poll() is None for process in running)
        seconds = {"textbook": 4.0, "released": 3.0, "fused": 2.0 if busy else 1.0, "products": 0.5}[version]
        return {"seconds": seconds, "processor_seconds": seconds, "mebibytes": 1.0}

    monkeypatch.setattr(subprocess, "Popen", started)
    monkeypatch.setattr(benchmark, "fresh", fresh)
    found = list(benchmark.cases(argparse.Namespace(device="cpu", tokens=[8], vocabulary=90, repeats=2)))
    assert [case["start"] for case in found] == ["logits", "hidden", "logits", "logits"]
    states = {case["state"]: case["time_ratio_textbook"] for case in found if "state" in case}
    assert states == {"alone": 4.0, "beside": 2.0}
    assert len(running) == 1 and running[0].poll() is not None
