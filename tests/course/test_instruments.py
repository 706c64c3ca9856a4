"""Each instrument reads what can be computed in another way, on a loss that is known to be right or wrong."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course import instruments, variant
from course.lab1 import faults
from trident.losses.components import IGNORE_INDEX

BATCH = instruments.batch(variant.of(3))


def test_a_batch_has_the_students_padding_at_the_ends_of_its_rows():
    you = variant.of(3)
    assert (BATCH.labels == IGNORE_INDEX).sum(1).tolist() == list(you.padding) and BATCH.temperature == you.temperature
    for row, padding in zip(BATCH.labels, you.padding):
        assert (row[len(row) - padding :] == IGNORE_INDEX).all()


def test_a_right_loss_reads_right():
    readings = {name: read(faults.correct, BATCH) for name, read in faults.INSTRUMENTS.items()}
    assert readings["at_equality"]["value"] == pytest.approx(0, abs=1e-5)
    assert readings["versus_hand_gradient"] == pytest.approx({"length / by hand": 1, "cosine": 1}, abs=1e-4)
    assert readings["who_learns"]["teacher"] == 0 < readings["who_learns"]["student"]
    for name in ("poke_padding", "shape_probe"):
        assert list(readings[name].values()) == pytest.approx([1, 1], abs=1e-4), name
    assert readings["descend"] == pytest.approx({"KL": 0, "same first choice": 1}, abs=1e-3)


def test_known_losses_read_as_they_are():
    def mean_of_logits(z, t, labels, T):  # its gradient is 1/n everywhere, padding included
        return z.mean() * T

    n = BATCH.student.numel()
    length = BATCH.temperature / n**0.5
    assert instruments.gradients(mean_of_logits, BATCH).student.norm() == pytest.approx(length, rel=1e-4)
    sweep = instruments.sweep_temperature(mean_of_logits, BATCH)
    assert sweep == pytest.approx({"T = 1": n**-0.5, "T = 4": 4 * n**-0.5, "T = 16": 16 * n**-0.5}, rel=1e-4)
    detached = instruments.gradients(lambda z, t, labels, T: (z.detach() ** 2).sum(), BATCH)
    assert detached.student.abs().max() == detached.teacher.abs().max() == 0


def test_readings_differ_from_a_tenth_on():
    a = {"x": 1.0, "y": 0.0}
    assert not instruments.differ(a, {"x": 1.05, "y": 0.001})
    assert instruments.differ(a, {"x": 1.2, "y": 0.0}) and instruments.differ(a, {"x": 1.0, "y": 0.01})
    assert instruments.differ(a, {"x": float("nan"), "y": 0.0})


def test_pairs_that_no_instrument_separates_are_found():
    readings = {"a": {"i": {"x": 1.0}}, "b": {"i": {"x": 2.0}}, "c": {"i": {"x": 2.0}}}
    assert instruments.confused(readings) == [("b", "c")]


@settings(max_examples=5)
@given(st.integers(0, 9_999_999))
def test_every_student_can_tell_every_pair_of_faults_apart(number):
    assert instruments.confused(faults.HUNT.readings(variant.of(number))) == []
    assert torch.equal(*(instruments.batch(variant.of(1)).student for _ in range(2)))
