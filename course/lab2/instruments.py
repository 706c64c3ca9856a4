"""Instruments of lab 2: each runs a recipe for distillation and measures something about it.

A recipe takes a :class:`Task` and returns a :class:`Result`. Each instrument gives it a copy of the teacher.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course.instruments import Readings
from course.lab2 import digits
from course.lab2.digits import Images
from course.variant import Variant

LABELLED, UNLABELLED, STEPS, ALPHA = 40, 160, 60, 0.25


class TestSet:
    """Images that measure a student. It counts how often it does."""

    __test__ = False  # pytest takes it for a test otherwise

    def __init__(self, images: Images) -> None:
        self.images, self.uses = images, 0

    def accuracy(self, student: nn.Module) -> float:
        self.uses += 1
        return digits.accuracy(student, self.images)


class Task(NamedTuple):
    """What a recipe gets: teacher, images with and without labels, test set, α, T, steps, the student's seed."""

    teacher: nn.Module
    labelled: Images
    unlabelled: Tensor
    test: TestSet
    alpha: float
    T: float
    steps: int
    seed: int


class Result(NamedTuple):
    """What a recipe returns: the trained student, the loss at each step, the accuracy that it reports."""

    student: nn.Module
    losses: list[float]
    reported: float


Recipe = Callable[[Task], Result]


def task(you: Variant) -> Task:
    """This student's task: few labelled images, more without labels."""
    found = digits.load()
    rows = digits.sample(found.pool, LABELLED + UNLABELLED, you.number)
    rows = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(you.number))]
    images, test = found.pool.at(rows), TestSet(found.test)
    labelled = images.at(torch.arange(LABELLED))
    return Task(
        digits.teacher(), labelled, images.x[LABELLED:], test, ALPHA, you.temperature, STEPS, seed=you.number % 1000
    )


class _Watched(nn.Module):
    """A teacher that keeps what it was asked, what it answered, and in which mode."""

    def __init__(self, teacher: nn.Module) -> None:
        super().__init__()
        self.teacher = teacher
        self.asked: list[Tensor] = []
        self.given: list[tuple[Tensor, Tensor]] = []
        self.modes: list[bool] = []

    def forward(self, x: Tensor) -> Tensor:
        t: Tensor = self.teacher(x)
        self.asked.append(x)
        self.given.append((t, t.detach().clone()))
        self.modes.append(self.training)
        return t


class _Mirrored(nn.Module):
    """A teacher that gives each digit the logit of another: that of 9 − digit."""

    def __init__(self, teacher: nn.Module) -> None:
        super().__init__()
        self.teacher = teacher

    def forward(self, x: Tensor) -> Tensor:
        t: Tensor = self.teacher(x)
        return t.flip(-1)


def _run(recipe: Recipe, task: Task, **changes: object) -> tuple[Result, Task]:
    own = task._replace(teacher=copy.deepcopy(task.teacher), test=TestSet(task.test.images))
    own = own._replace(**changes)  # type: ignore[arg-type]
    return recipe(own), own


def result(recipe: Recipe, task: Task) -> Readings:
    """The accuracy of the trained student on the test images, and how far the reported one is above it."""
    found, _ = _run(recipe, task)
    accuracy = digits.accuracy(found.student, task.test.images)
    return {"accuracy": accuracy, "reported above it": found.reported - accuracy}


def watch_teacher(recipe: Recipe, task: Task) -> Readings:
    """What happens to the teacher.

    The share of its answers in train() mode; images asked, 1: each image once; how far its weights move; how long its
    answers are at the end, 1: as given.
    """
    teacher = _Watched(copy.deepcopy(task.teacher))
    _run(recipe, task, teacher=teacher)
    before = nn.utils.parameters_to_vector(task.teacher.parameters())
    moved = nn.utils.parameters_to_vector(teacher.parameters()) - before
    kept, given = (torch.cat([pair[i].detach() for pair in teacher.given]) for i in (0, 1))
    return {
        "in train()": sum(teacher.modes) / len(teacher.modes),
        "images asked": sum(map(len, teacher.asked)) / (len(task.labelled.y) + len(task.unlabelled)),
        "weights move": float((moved.norm() / before.norm()).detach()),
        "answers kept": float(kept.norm() / given.norm()),
    }


def watch_test(recipe: Recipe, task: Task) -> Readings:
    """How often the test set measures a student, and the share of its images that the teacher was asked about."""
    teacher = _Watched(copy.deepcopy(task.teacher))
    _, own = _run(recipe, task, teacher=teacher)
    asked = {tuple(row) for x in teacher.asked for row in x.tolist()}
    seen = [tuple(row) in asked for row in task.test.images.x.tolist()]
    return {"uses": float(own.test.uses), "images seen": sum(seen) / len(seen)}


def weigh(recipe: Recipe, task: Task) -> Readings:
    """The weights that the two losses have in the first step.

    Each is how much the value changes when the labels (or the teacher's answers) are exchanged, divided by how much the
    loss of the labels (or of the teacher) changes.
    """
    once = task._replace(steps=1)
    other_labels = once.labelled._replace(y=9 - once.labelled.y)
    value, by_labels, by_teacher = (
        _run(recipe, once, **changes)[0].losses[0]
        for changes in ({}, {"labelled": other_labels}, {"teacher": _Mirrored(copy.deepcopy(task.teacher))})
    )
    student, _ = digits.new_student(task.seed)
    x = torch.cat([task.labelled.x, task.unlabelled])
    z, t = digits.answers(student, x), digits.answers(task.teacher, x)
    hard = [float(F.cross_entropy(z[: len(labels.y)], labels.y)) for labels in (task.labelled, other_labels)]
    soft = [float(digits.soft_loss(z, logits, task.T)) for logits in (t, t.flip(-1))]
    return {
        "labels": (value - by_labels) / (hard[0] - hard[1]),
        "teacher": (value - by_teacher) / (soft[0] - soft[1]),
    }


def watch_loss(recipe: Recipe, task: Task) -> Readings:
    """The loss before the first step, before the tenth, and before the last."""
    losses = _run(recipe, task)[0].losses
    return {"step 1": losses[0], "step 10": losses[9], f"step {len(losses)}": losses[-1]}


def sort_images(recipe: Recipe, task: Task) -> Readings:
    """The accuracy with the images in the order of the task, and with all images of a digit in a row."""
    by_digit = digits.answers(task.teacher, task.unlabelled).argmax(-1).argsort(stable=True)
    orders = {
        "as they come": {},
        "sorted": {
            "labelled": task.labelled.at(task.labelled.y.argsort(stable=True)),
            "unlabelled": task.unlabelled[by_digit],
        },
    }
    students = {name: _run(recipe, task, **changes)[0].student for name, changes in orders.items()}
    return {name: digits.accuracy(student, task.test.images) for name, student in students.items()}
