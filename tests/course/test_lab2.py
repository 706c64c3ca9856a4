"""Lab 2: its images and models, its experiments on them, its instruments, and what it says of Java."""

from __future__ import annotations

import csv

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course import instruments, variant
from course.lab2 import digits, experiments, faults, java, pictures
from course.lab2.instruments import Result, Task, task
from trident.experiment import paths

YOU = variant.of(3)


def test_no_image_is_in_two_parts_of_the_digits():
    parts = [{tuple(row) for row in part.x.tolist()} for part in digits.load()]
    assert [len(part.y) for part in digits.load()] == [300, 1000, 497]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])


def test_a_sample_has_as_many_images_of_each_digit():
    pool = digits.load().pool
    rows = digits.sample(pool, 50, seed=1)
    assert pool.y[rows].bincount().tolist() == [5] * 10 and len(set(rows.tolist())) == 50
    assert not torch.equal(rows, digits.sample(pool, 50, seed=2))
    assert sorted(digits.sample(pool, 1000, seed=1).tolist()) == list(range(1000))
    hidden = digits.hide(pool, rows)
    assert (hidden.y >= 0).sum() == 50 and torch.equal(hidden.y[rows], pool.y[rows])


def test_a_teacher_is_a_copy_and_answers_as_the_first_one():
    x = digits.load().test.x
    before = digits.answers(digits.teacher(), x)
    with torch.no_grad():
        for weights in digits.teacher().parameters():
            weights.zero_()
    assert torch.equal(digits.answers(digits.teacher(), x), before)


def test_the_soft_loss_is_that_of_the_formula():
    z, t = (torch.tensor(logits).log() for logits in ([[0.25, 0.75], [0.5, 0.5]], [[0.5, 0.5], [0.5, 0.5]]))
    assert digits.soft_loss(z, t, 1.0) == pytest.approx(0.1438 / 2, abs=1e-4)
    p, q = (t / 2).softmax(-1), (z / 2).softmax(-1)
    assert digits.soft_loss(z, t, 2.0) == pytest.approx(float(4 * (p * (p / q).log()).sum() / 2), abs=1e-6)


@pytest.mark.parametrize("digit", range(10))
def test_every_students_digit_is_learnt_from_the_teacher_alone(digit, monkeypatch):
    """Whatever the student number, the picture shows what the text says of it."""
    monkeypatch.setattr(experiments, "TEMPERATURES", (1, 10))
    reached = experiments.never_shown(faults.kd_step, digit).groupby("source").accuracy.mean()
    assert reached[experiments.FROM_LABELS] < 0.02 and reached[10] > 0.6
    assert (reached[1] > 0.65) == (digit in (0, 1, 8))


def test_the_size_of_a_share_does_not_tell_which_digits_are_learnt_at_t_1():
    pool = digits.load().pool
    p = digits.answers(digits.teacher(), pool.x).softmax(-1)
    assert p[pool.y != 0, 0].mean() < 0.7 * p[pool.y != 9, 9].mean()


def test_the_experiment_gives_each_way_what_it_says(monkeypatch):
    """The images, labels and weights of each way, with a training that notes them only."""
    seen = []
    monkeypatch.setattr(experiments, "SEEDS", (1,))
    monkeypatch.setattr(experiments, "LABELS", (20, 1000))
    monkeypatch.setattr(digits, "accuracy", lambda student, images: 0.5)
    monkeypatch.setattr(digits, "train", lambda step, images, t, alpha, T, seed: seen.append((images, t, alpha)))
    table = experiments.with_labels(faults.kd_step, lambda teacher, x: torch.full((len(x),), 7), 3.0)
    assert list(table.method) == [experiments.ALONE, experiments.SAME, experiments.ANSWERS, experiments.PROBABILITIES,
                                  experiments.ALONE, experiments.SAME]  # fmt: skip
    assert [(len(images.y), len(t), alpha) for images, t, alpha in seen] == [
        (20, 20, 1.0), (20, 20, 0.5), (1000, 1000, 1.0), (1000, 1000, 0.5), (1000, 1000, 1.0), (1000, 1000, 0.5),
    ]  # fmt: skip
    alone, _, answers, probabilities = (images.y for images, _, _ in seen[:4])
    assert (answers == 7).sum() == 980 + (alone == 7).sum() and (probabilities == -100).sum() == 980
    assert (seen[4][0].y >= 0).all()


# -- instruments


def read(tool: str, name: str) -> dict[str, float]:
    codes = {"correct": faults.correct, **{fault.name: fault.code for fault in faults.FAULTS}}
    return faults.INSTRUMENTS[tool](codes[name], task(YOU))


def test_a_right_recipe_reads_right():
    assert read("result", "correct")["accuracy"] > 0.85 and read("result", "correct")["reported above it"] == 0
    assert read("watch_teacher", "correct") == {
        "in train()": 0, "images asked": 1, "weights move": 0, "answers kept": 1,
    }  # fmt: skip
    assert read("watch_test", "correct") == {"uses": 1, "images seen": 0}
    assert read("weigh", "correct") == pytest.approx({"labels": 0.25, "teacher": 0.75}, abs=1e-3)
    first, tenth, last = read("watch_loss", "correct").values()
    assert first > tenth > last > 0


def test_known_faults_read_as_they_are():
    assert read("weigh", "alpha_twice")["labels"] == pytest.approx(1 / 16, abs=1e-3)
    assert read("weigh", "alpha_swapped") == pytest.approx({"labels": 0.75, "teacher": 0.25}, abs=1e-3)
    assert read("weigh", "zero_labels")["labels"] == pytest.approx(0.25 * 40 / 200, abs=1e-3)
    assert read("watch_teacher", "labelled_only")["images asked"] == 40 / 200
    assert read("watch_teacher", "train_mode")["in train()"] == 1
    assert read("watch_test", "test_in_transfer") == {"uses": 1, "images seen": 1}
    assert read("watch_test", "best_on_test")["uses"] == 61
    order = read("sort_images", "other_order")
    assert order["sorted"] > 2 * order["as they come"]


def test_the_harmless_fault_is_harmless():
    [fault] = [fault for fault in faults.FAULTS if fault.harmless]
    right, large = (read("result", name)["accuracy"] for name in ("correct", fault.name))
    weights = read("weigh", fault.name)
    assert abs(right - large) < 0.02 and weights["teacher"] / weights["labels"] == pytest.approx(3, rel=1e-3)


def test_an_instrument_leaves_the_task_as_it_was():
    own = task(YOU)
    before = [weights.clone() for weights in own.teacher.parameters()]

    def spoils(given: Task) -> Result:
        with torch.no_grad():
            for weights in given.teacher.parameters():
                weights.zero_()
        return faults.correct(given)

    for tool in faults.INSTRUMENTS.values():
        tool(spoils, own)
    assert all(torch.equal(*pair) for pair in zip(before, own.teacher.parameters())) and own.test.uses == 0


@settings(max_examples=2, deadline=None)
@given(st.integers(0, 9_999_999))
def test_every_student_can_tell_every_pair_of_faults_apart(number):
    assert instruments.confused(faults.HUNT.readings(variant.of(number))) == []


# -- Java


def test_java_numbers_are_those_of_the_committed_files():
    with (paths.ROOT / "figures/labels/runs.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "test"]
    for (method, labels), name in zip(pictures.QUESTIONS, ("ce_n250", "seq_kd_n250", "ce_n4000", "seq_kd_soft_n4000")):
        shares = [float(row["accepted"]) for row in rows if row["configuration"] == name]
        assert java.accepted(method, labels) == pytest.approx(sum(shares) / len(shares)) and shares
    assert java.blanks() == 4000


def test_what_the_lab_says_of_java_holds():
    """Prose and guide say this without numbers: the grid may be run again."""
    few, taught, many, soft = (java.accepted(*question) for question in pictures.QUESTIONS)
    assert few < taught / 2 and abs(taught - many) < 0.05 and abs(soft - many) < 0.05
    assert abs(java.accepted(java.PROBABILITIES, 250) - taught) < 0.05
    assert max(taught, many, soft) < 0.7 * java.teacher()


@pytest.mark.parametrize("predicted", [[0.1], [0.1, 0.2, 0.3, 40]])
def test_what_is_no_prediction(predicted):
    with pytest.raises(ValueError, match="4 numbers between 0 and 1"):
        pictures.java_blanks(lambda: predicted)
