"""Instruments: each measures something about a loss, so that its faults show without reading its code.

A loss takes student logits z, teacher logits t (rows, positions, V), labels (rows, positions) with -100 at padding, and
a temperature T, and returns a scalar. An instrument takes a loss and a batch, and returns readings by name.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple, TypeVar

import pandas as pd
import torch
from torch import Tensor

from course.variant import ROWS, Variant
from trident.losses.components import IGNORE_INDEX

POSITIONS, VOCABULARY = 6, 50
#: Two readings are alike up to this share of the larger one, or up to the other number.
RELATIVE, ABSOLUTE = 0.1, 0.002

Loss = Callable[[Tensor, Tensor, Tensor, float], Tensor]
HandGradient = Callable[[Tensor, Tensor, float], Tensor]
Readings = dict[str, float]
Code = TypeVar("Code")
Input = TypeVar("Input")


class Batch(NamedTuple):
    """What a loss takes: logits of student and teacher, labels, temperature."""

    student: Tensor
    teacher: Tensor
    labels: Tensor
    temperature: float

    @property
    def targets(self) -> Tensor:
        return self.labels != IGNORE_INDEX


class Gradients(NamedTuple):
    """A loss, and its gradients with respect to the logits; 0 where none arrives."""

    value: float
    student: Tensor
    teacher: Tensor


def batch(you: Variant) -> Batch:
    """Random logits of a student and a more confident teacher, with this student's temperature and padding."""
    generator = torch.Generator().manual_seed(you.number)
    shape = (ROWS, POSITIONS, VOCABULARY)
    student, teacher = (scale * torch.randn(shape, generator=generator) for scale in (2, 3))
    labels = torch.randint(VOCABULARY, shape[:2], generator=generator)
    ends = POSITIONS - torch.tensor(you.padding)
    labels[torch.arange(POSITIONS) >= ends[:, None]] = IGNORE_INDEX
    return Batch(student, teacher, labels, you.temperature)


def gradients(loss: Loss, batch: Batch) -> Gradients:
    student, teacher = (logits.clone().requires_grad_() for logits in (batch.student, batch.teacher))
    value = loss(student, teacher, batch.labels, batch.temperature)
    if not value.requires_grad:
        return Gradients(float(value), torch.zeros_like(student), torch.zeros_like(teacher))
    found = torch.autograd.grad(value, (student, teacher), allow_unused=True, materialize_grads=True)
    return Gradients(float(value.detach()), *found)


# -- instruments


def at_equality(loss: Loss, batch: Batch) -> Readings:
    """The value where the student's logits are the teacher's."""
    return {"value": float(loss(batch.teacher.clone(), batch.teacher, batch.labels, batch.temperature))}


def versus_hand_gradient(by_hand: HandGradient) -> Callable[[Loss, Batch], Readings]:
    """The instrument that compares a loss's gradient with the one that `by_hand` gives for each position.

    Its readings are the quotient of the two lengths and the cosine of the angle between them.
    """

    def instrument(loss: Loss, batch: Batch) -> Readings:
        given = gradients(loss, batch).student
        wanted = by_hand(batch.student, batch.teacher, batch.temperature) * batch.targets[..., None]
        wanted = wanted / batch.targets.sum()
        cosine = torch.cosine_similarity(given.flatten(), wanted.flatten(), dim=0)
        return {"length / by hand": float(given.norm() / wanted.norm()), "cosine": float(cosine)}

    return instrument


def who_learns(loss: Loss, batch: Batch) -> Readings:
    """The length of the gradient that reaches each model's logits."""
    found = gradients(loss, batch)
    return {"student": float(found.student.norm()), "teacher": float(found.teacher.norm())}


def poke_padding(loss: Loss, batch: Batch) -> Readings:
    """How many times larger the value gets by other student logits at padding, and by two more positions of padding."""
    value = float(loss(*batch))
    noise = torch.randn(batch.student.shape, generator=torch.Generator().manual_seed(1))
    poked = batch.student + 10 * noise * ~batch.targets[..., None]
    longer = [torch.nn.functional.pad(logits, (0, 0, 0, 2)) for logits in (batch.student, batch.teacher)]
    labels = torch.nn.functional.pad(batch.labels, (0, 2), value=IGNORE_INDEX)
    return {
        "other logits there": float(loss(poked, *batch[1:])) / value,
        "two more positions": float(loss(longer[0], longer[1], labels, batch.temperature)) / value,
    }


def sweep_temperature(loss: Loss, batch: Batch) -> Readings:
    """The length of the student's gradient at several temperatures."""
    at = {T: gradients(loss, batch._replace(temperature=float(T))) for T in (1, 4, 16)}
    return {f"T = {T}": float(found.student.norm()) for T, found in at.items()}


def shape_probe(loss: Loss, batch: Batch) -> Readings:
    """How many times larger the value gets by the same rows twice, and by as many impossible tokens as there are."""
    value = float(loss(*batch))
    student, teacher, labels = (torch.cat([tensor, tensor]) for tensor in batch[:3])
    more = [torch.nn.functional.pad(logits, (0, VOCABULARY), value=-1e4) for logits in (batch.student, batch.teacher)]
    return {
        "rows twice": float(loss(student, teacher, labels, batch.temperature)) / value,
        "vocabulary twice": float(loss(more[0], more[1], batch.labels, batch.temperature)) / value,
    }


def descend(loss: Loss, batch: Batch) -> Readings:
    """Where 200 steps down the gradient lead: KL of teacher to student at T = 1, in nats, and equal first choices."""
    logits = batch.student.clone().requires_grad_()
    optimiser = torch.optim.Adam([logits], lr=0.2)
    for _ in range(200):
        value = loss(logits, batch.teacher, batch.labels, batch.temperature)
        optimiser.zero_grad()
        if value.requires_grad:
            value.backward()
        optimiser.step()
    z, t = logits.detach()[batch.targets], batch.teacher[batch.targets]
    log_p, log_q = t.log_softmax(-1), z.log_softmax(-1)
    distance = (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    return {"KL": float(distance), "same first choice": float((z.argmax(-1) == t.argmax(-1)).float().mean())}


# -- readings


def compare(
    codes: Mapping[Hashable, Code], instrument: Callable[[Code, Input], Readings], batch: Input
) -> pd.DataFrame:
    """One row of readings for each piece of code, such as a loss."""
    return pd.DataFrame({name: instrument(code, batch) for name, code in codes.items()}).T


def differ(a: Readings, b: Readings) -> bool:
    """Whether any reading differs so much that it shows."""
    return any(not abs(a[name] - b[name]) <= max(ABSOLUTE, RELATIVE * max(abs(a[name]), abs(b[name]))) for name in a)


def confused(readings: Mapping[str, Mapping[str, Readings]]) -> list[tuple[str, str]]:
    """The pairs that no instrument tells apart. `readings`: by fault, then by instrument."""
    return [
        (a, b)
        for a, b in itertools.combinations(readings, 2)
        if not any(differ(readings[a][name], readings[b][name]) for name in readings[a])
    ]
