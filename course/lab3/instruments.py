"""Instruments of lab 3: each measures something about a loss of three parts, so that its faults show.

A loss takes a batch and the number of the training step, and returns its parts by name, weighted. An instrument takes
a loss and a batch, and returns readings by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from course.instruments import Readings
from course.lab3.answers import WEIGHTS, Push
from course.variant import ROWS, Variant
from trident.losses.components import IGNORE_INDEX

POSITIONS, VOCABULARY, WIDTH = 6, 50, 32
#: The output scale of a T5 with tied embeddings: logits = scale · states · outputᵀ.
SCALE = WIDTH**-0.5
#: Directions in which `move` moves the states, and how far.
_DIRECTIONS, _DISTANCE = 16, 1e-3

Parts = dict[str, Tensor]


class Batch(NamedTuple):
    """What a loss takes: states of student and teacher (rows, positions, width), the matrix that turns both into
    logits, labels (rows, positions), the temperature, and the embeddings of the tokens in a frozen encoder."""

    student: Tensor
    teacher: Tensor
    output: Tensor
    labels: Tensor
    temperature: float
    table: Tensor

    @property
    def targets(self) -> Tensor:
        return self.labels != IGNORE_INDEX


Trident = Callable[[Batch, int], Parts]


def batch(you: Variant) -> Batch:
    """A teacher that is sure of most tokens, labels drawn from it, and a student that is on its way to it."""
    generator = torch.Generator().manual_seed(you.number)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    output, teacher = normal(VOCABULARY, WIDTH), 5 * normal(ROWS, POSITIONS, WIDTH)
    probabilities = (SCALE * teacher @ output.T).softmax(-1)
    labels = torch.multinomial(probabilities.flatten(0, 1), 1, generator=generator).view(ROWS, POSITIONS)
    ends = POSITIONS - torch.tensor(you.padding)
    labels[torch.arange(POSITIONS) >= ends[:, None]] = IGNORE_INDEX
    student = 0.7 * teacher + 2 * normal(ROWS, POSITIONS, WIDTH)
    return Batch(student, teacher, output, labels, you.temperature, normal(VOCABULARY, WIDTH))


def logits(states: Tensor, output: Tensor) -> Tensor:
    return SCALE * states @ output.T


def encode(embeddings: Tensor, targets: Tensor) -> Tensor:
    """A frozen sentence encoder in small: embeddings (rows, positions, width) to vectors (rows, width) of length 1."""
    seen = torch.tanh(embeddings) * targets[..., None]
    return F.normalize(seen.sum(1), dim=-1)


# -- instruments


def values(loss: Trident, batch: Batch) -> Readings:
    """The value of each part at step 0."""
    return {name: float(part.detach()) for name, part in loss(batch, 0).items()}


def pushes(push: Push) -> Callable[[Trident, Batch], Readings]:
    """The instrument that measures the push of each part at the student's states, at step 0."""

    def instrument(loss: Trident, batch: Batch) -> Readings:
        states = batch.student.clone().requires_grad_()
        return {name: push(part, states) for name, part in loss(batch._replace(student=states), 0).items()}

    return instrument


def move(loss: Trident, batch: Batch) -> Readings:
    """How steep the value of each part is at the student's states, from values alone: no gradient is asked for.

    The states are moved a little in random directions. The mean square of the slopes along them, times the number of
    dimensions, is an estimate of the squared length of the true gradient.
    """
    generator = torch.Generator().manual_seed(2)
    squares = dict.fromkeys(WEIGHTS, 0.0)
    for _ in range(_DIRECTIONS):
        step = _DISTANCE * torch.randn(batch.student.shape, generator=generator)
        there, back = (values(loss, batch._replace(student=batch.student + way * step)) for way in (1, -1))
        for name in squares:
            squares[name] += ((there[name] - back[name]) / (2 * _DISTANCE)) ** 2
    return {name: math.sqrt(total / _DIRECTIONS) for name, total in squares.items()}


def at_equality(loss: Trident, batch: Batch) -> Readings:
    """The JSD where the student's states are the teacher's."""
    return {"jsd": values(loss, batch._replace(student=batch.teacher))["jsd"]}


def far_away(loss: Trident, batch: Batch) -> Readings:
    """The JSD of a student that is sure of what the teacher excludes, as a share of the largest JSD there is."""
    teacher = 10 * batch.teacher
    largest = WEIGHTS["jsd"] * batch.temperature**2 * math.log(2)
    return {"jsd": values(loss, batch._replace(student=-teacher, teacher=teacher))["jsd"] / largest}


def poke_padding(loss: Trident, batch: Batch) -> Readings:
    """How many times larger each part gets by as many more positions of padding as there are positions."""
    longer = [F.pad(states, (0, 0, 0, POSITIONS)) for states in (batch.student, batch.teacher)]
    labels = F.pad(batch.labels, (0, POSITIONS), value=IGNORE_INDEX)
    before = values(loss, batch)
    after = values(loss, batch._replace(student=longer[0], teacher=longer[1], labels=labels))
    return {name: after[name] / before[name] for name in before}


def add_easy(loss: Trident, batch: Batch) -> Readings:
    """How many times larger each part gets by as many rows again that student and teacher are sure of, and right."""
    sure = 5 * batch.output[batch.labels.clamp_min(0)]
    student, teacher = (torch.cat([states, sure]) for states in (batch.student, batch.teacher))
    before = values(loss, batch)
    labels = torch.cat([batch.labels, batch.labels])
    after = values(loss, batch._replace(student=student, teacher=teacher, labels=labels))
    return {name: after[name] / before[name] for name in before}


def over_time(loss: Trident, batch: Batch) -> Readings:
    """The mean of each part over the steps 500 to 503, at the states of step 0, as a share of its value at step 0."""
    first = values(loss, batch)
    later = [{name: float(part) for name, part in loss(batch, step).items()} for step in range(500, 504)]
    return {name: sum(parts[name] for parts in later) / len(later) / first[name] for name in first}
