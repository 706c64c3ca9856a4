"""benchmarks/gpu.py: a training on the CPU at a size of seconds, and what its tables say of known numbers."""

from __future__ import annotations

import pytest

from trident.distillation.rehearsal_models import Shape


@pytest.fixture
def gpu(benchmark, monkeypatch):
    monkeypatch.setattr(
        benchmark, "SHAPES", {"teacher": Shape(24, 32, 1, 2, d_kv=8), "student": Shape(16, 32, 1, 2, d_kv=8)}
    )
    for name, value in {"VOCABULARY": 310, "SOURCE": 12, "TARGET": 6}.items():
        monkeypatch.setattr(benchmark, name, value)
    return benchmark


def test_a_training_is_the_same_wherever_it_starts(gpu, tmp_path):
    first, again = (gpu.losses("cpu", "no", tmp_path / name) for name in ("first", "again"))
    assert first == again and len(first["steps"]) == gpu.STEPS
    assert {f"loss_{name}" for name in gpu.WEIGHTS} <= first["steps"][0].keys()
    assert all(step["loss_ce"] > 0 for step in first["steps"])


def test_the_tables_say_how_far_losses_are_from_the_cpus(gpu):
    steps = [{f"loss_{name}": 2.0 for name in gpu.WEIGHTS}]
    other = [{**steps[0], "loss_kl": 2.02}]
    step = {"batch": 32, "seconds_per_step": 0.5, "flop_per_example": gpu.PEAK / 640, "gib": 7.06}
    version = {"version": "liger", "tokens": 1024, "ms": 11.52, "mebibytes": 84.2, "error": 0.0018}
    text = gpu.markdown(
        {
            "losses-cpu-no": {"found": {"steps": steps}},
            "losses-cuda-bf16": {"found": {"steps": other}},
            "costs": {"gpu": "a GPU", "torch": "2", "found": {"student": step}},
            "jsd": {"found": [version]},
        }
    )
    assert "| GPU, bf16 | 0.0e+00 | 0.0e+00 | 0.0e+00 | 1.0e-02 |" in text
    assert "| student | 32 | 0.50 |" in text and "| 10% | 7.1 |" in text
    assert "| 1,024 | liger | 11.5 | 84 | 1.8e-03 |" in text
