"""benchmarks/logits.py: the random teacher is as described, the arithmetic is right, a missing sandbox is reported."""

import copy

import pytest
import torch

from trident.distillation.teacher_cache import measure


def test_the_random_teacher_is_as_flat_and_as_confident_as_described(benchmark):
    teacher = benchmark.RandomTeacher()
    examples = teacher.examples(24)
    logits = torch.cat([teacher.head(rows) for rows in examples.values()])
    assert all(8 <= len(rows) <= 48 for rows in examples.values()) and logits.shape[1] == 32_100
    assert 2.5 < float(logits.std()) < 3.5
    sharp, flat = measure.flatness(logits, temperatures=(1.0, 4.0), k=128)
    assert 0.5 < sharp["largest"] < 0.95 and 0.03 < flat["top"] < 0.29 and flat["entropy"] > 0.9
    student, head = teacher.student(examples)
    learnt = torch.cat([head(rows) for rows in student.values()])
    correlation = float(torch.corrcoef(torch.stack([logits.ravel(), learnt.ravel()]))[0, 1])
    assert 0.85 < correlation < 0.95 and 2.5 < float(learnt.std()) < 3.5


def test_released_sizes_count_hexadecimal_half_precision_and_padding(benchmark):
    rng = torch.Generator().manual_seed(0)
    sizes = benchmark.released_sizes(
        [torch.randn(30, 500, generator=rng)], torch.randn(40, 500, generator=rng), [30, 98]
    )
    assert sizes["released_16_bit"] == pytest.approx(4 * 500, rel=0.02)
    assert sizes["released_16_bit_padded"] == pytest.approx(4 * 500 * (512 + 512) / 128, rel=0.02)


def test_a_missing_sandbox_is_reported(benchmark, tmp_path):
    assert "--teacher" in benchmark.sandbox_teacher(None, None)["skipped"]
    assert str(tmp_path) in benchmark.sandbox_teacher(tmp_path, tmp_path)["skipped"]


def test_an_aim_that_is_missed_is_false(benchmark):
    good = {
        "times_smaller": 62.0,
        "gradient_error_T1": 0.0005,
        "gradient_error_T4": 0.0005,
        "times_smaller_than_released_16_bit": 61.0,
        "times_smaller_than_released_16_bit_padded": 1200.0,
    }
    result = {
        "random": {"codecs": {"hidden_fp16": good}},
        "sandbox": {"write_time_over_forward": 1.0},
    }
    assert all(benchmark.aims(result).values())
    worse = copy.deepcopy(result)
    worse["random"]["codecs"]["hidden_fp16"] = {
        key: value / 2 if "smaller" in key else 5 * value for key, value in good.items()
    }
    worse["sandbox"]["write_time_over_forward"] = 1.2
    assert not any(benchmark.aims(worse).values())
