"""Answers that students give to the exercises of lab 2, and what the checks say to them."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from course.checking import WrongAnswer
from course.lab2.digits import PseudoLabels, Step, soft_loss
from course.lab2.faults import mix

Mix = Callable[[Tensor, Tensor, float], Tensor]


def _plain(hard: Tensor, soft: Tensor, alpha: float) -> Tensor:
    return alpha * hard + (1 - alpha) * soft


MIX: tuple[WrongAnswer[Mix], ...] = (
    WrongAnswer(
        "α at the wrong loss",
        lambda hard, soft, alpha: mix(soft, hard, alpha),
        "At α = 1 you return the other loss of the two: whose weight is α?",
    ),
    WrongAnswer(
        "weights are multiplied only",
        _plain,
        "A loss with weight 0 makes your result NaN: what is 0 · NaN?",
    ),
    WrongAnswer(
        "NaN is replaced by 0",
        lambda hard, soft, alpha: alpha * hard.nan_to_num() + (1 - alpha) * soft.nan_to_num(),
        "A NaN disappears in your result even where it counts: a failed training would go on without a word.",
    ),
    WrongAnswer(
        "NaN decides",
        lambda hard, soft, alpha: soft if hard.isnan() else hard if soft.isnan() else _plain(hard, soft, alpha),
        "You ask the losses which one to leave out; in the text something else decides that.",
    ),
    WrongAnswer(
        "α = 1 is forgotten",
        lambda hard, soft, alpha: soft if alpha == 0 else _plain(hard, soft, alpha),
        "Without labels all is well. What if there is no teacher's loss, at the other end?",
    ),
    WrongAnswer(
        "α = 0 is forgotten",
        lambda hard, soft, alpha: hard if alpha == 1 else _plain(hard, soft, alpha),
        "Without a teacher's loss all is well. What if there are no labels, at the other end?",
    ),
    WrongAnswer(
        "sum without weights",
        lambda hard, soft, alpha: hard + soft,
        "Your result is the same for every α.",
    ),
    WrongAnswer(
        "weight on the hard loss only",
        lambda hard, soft, alpha: alpha * hard + soft,
        "At α = 1 the soft loss still counts: together the two weights should be 1.",
    ),
    WrongAnswer(
        "weight on the soft loss only",
        lambda hard, soft, alpha: hard + (1 - alpha) * soft,
        "At α = 0 the hard loss still counts: together the two weights should be 1.",
    ),
    WrongAnswer(
        "either, or",
        lambda hard, soft, alpha: hard if alpha else soft,
        "Only the ends are right: between them you return one loss of the two, whole.",
    ),
    WrongAnswer(
        "a number",
        lambda hard, soft, alpha: torch.tensor(mix(hard, soft, alpha).item()),
        "The value is right, but no gradient reaches the two losses: a step of training could not follow.",
    ),
)


def _step(
    loss: Callable[[nn.Module, Tensor, Tensor, Tensor, float, float], Tensor],
) -> Step:
    """A step that is right but for its loss, a function of student, x, y, t, α and T."""

    def step(
        student: nn.Module, optimiser: Optimizer, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float
    ) -> float:
        value = loss(student, x, y, t, alpha, T)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        return float(value.detach())

    return step


def _right(student: nn.Module, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    z = student(x)
    return mix(F.cross_entropy(z, y), soft_loss(z, t, T), alpha)


def _keeps_gradients(
    student: nn.Module, optimiser: Optimizer, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float
) -> float:
    value = _right(student, x, y, t, alpha, T)
    value.backward()
    optimiser.step()
    return float(value.detach())


def _clears_too_late(
    student: nn.Module, optimiser: Optimizer, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float
) -> float:
    value = _right(student, x, y, t, alpha, T)
    value.backward()
    optimiser.zero_grad()
    optimiser.step()
    return float(value.detach())


def _no_step(
    student: nn.Module, optimiser: Optimizer, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float
) -> float:
    value = _right(student, x, y, t, alpha, T)
    optimiser.zero_grad()
    value.backward()
    return float(value.detach())


def _returns_a_tensor(
    student: nn.Module, optimiser: Optimizer, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float
) -> float:
    value = _right(student, x, y, t, alpha, T)
    _step(lambda *_: value)(student, optimiser, x, y, t, alpha, T)
    return value  # type: ignore[return-value]


def _selected(student: nn.Module, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    known = y != -100
    return _right(student, x[known], y[known], t[known], alpha, T)


def _in_place(student: nn.Module, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    z = student(x)
    hard = F.cross_entropy(z, y)
    t /= T
    return mix(hard, T**2 * soft_loss(z / T, t, 1.0), alpha)


def _probabilities(student: nn.Module, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    z = student(x)
    return mix(F.cross_entropy(z.softmax(-1), y), soft_loss(z, t, T), alpha)


def _own_mix(student: nn.Module, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    z = student(x)
    return _plain(F.cross_entropy(z, y), soft_loss(z, t, T), alpha)


def _square_twice(student: nn.Module, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    z = student(x)
    return mix(F.cross_entropy(z, y), T**2 * soft_loss(z, t, T), alpha)


def _temperature_twice(student: nn.Module, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    z = student(x)
    return mix(F.cross_entropy(z, y), soft_loss(z / T, t / T, T), alpha)


def _first_choice(student: nn.Module, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    z = student(x)
    return mix(F.cross_entropy(z, y), F.cross_entropy(z, t.argmax(-1)), alpha)


def _exchanged(student: nn.Module, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    z = student(x)
    return mix(F.cross_entropy(z, y), soft_loss(t, z, T), alpha)


KD_STEP: tuple[WrongAnswer[Step], ...] = (
    WrongAnswer(
        "gradients are kept",
        _keeps_gradients,
        "Your first step is right, your second is not: what is left over from the first?",
    ),
    WrongAnswer(
        "gradients are cleared too late",
        _clears_too_late,
        "When the optimiser takes its step, there is no gradient: what happens between computing it and using it?",
    ),
    WrongAnswer(
        "no step of the optimiser",
        _no_step,
        "The gradients are there, and nothing uses them.",
    ),
    WrongAnswer(
        "α at the wrong loss",
        _step(lambda student, x, y, t, alpha, T: _right(student, x, y, t, 1 - alpha, T)),
        "At α = 1 your step follows the teacher: in which order does mix take its arguments?",
    ),
    WrongAnswer(
        "only images with a label",
        _step(_selected),
        "Images without a label change nothing in your step, yet the teacher has an answer to them.",
    ),
    WrongAnswer(
        "no label is digit 0",
        _step(lambda student, x, y, t, alpha, T: _right(student, x, y.clamp(min=0), t, alpha, T)),
        "Images without a label push towards digit 0: what does −100 stand for?",
    ),
    WrongAnswer(
        "α times the hard loss twice",
        _step(lambda student, x, y, t, alpha, T: _loss_twice(student, x, y, t, alpha, T)),
        "Both ends are right, but in between the labels count too little: is there a weight already before mix?",
    ),
    WrongAnswer(
        "no mix",
        _step(_own_mix),
        "At α = 0, without any label, you return NaN: did you use your mix?",
    ),
    WrongAnswer(
        "T is not used",
        _step(lambda student, x, y, t, alpha, T: _right(student, x, y, t, alpha, 1.0)),
        "At α = 0 your step is the same at every temperature.",
    ),
    WrongAnswer(
        "T² twice",
        _step(_square_twice),
        "At α = 0 your step goes T² times too far: look up what soft_loss contains.",
    ),
    WrongAnswer(
        "T twice",
        _step(_temperature_twice),
        "At α = 0 your step is that of a higher temperature: look up who divides the logits.",
    ),
    WrongAnswer(
        "teacher's logits are changed",
        _step(_in_place),
        "The teacher's logits are others after your step, and so the next step sees another teacher: which line "
        "writes into its argument?",
    ),
    WrongAnswer(
        "probabilities into cross_entropy",
        _step(_probabilities),
        "Your hard loss is never small, however certain the student is: does the library function take logits or "
        "probabilities?",
    ),
    WrongAnswer(
        "teacher's first choice",
        _step(_first_choice),
        "At α = 0 your step sees only the teacher's first choice, not its distribution.",
    ),
    WrongAnswer(
        "student and teacher exchanged",
        _step(_exchanged),
        "A gradient reaches the teacher: which argument of soft_loss is the student's?",
    ),
    WrongAnswer(
        "returns a tensor",
        _returns_a_tensor,
        "The step is right, but what you return keeps the whole computation in memory: a number is enough.",
    ),
)


def _loss_twice(student: nn.Module, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    z = student(x)
    return mix(alpha * F.cross_entropy(z, y), soft_loss(z, t, T), alpha)


def _in_train_mode(teacher: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        return teacher.train()(x).argmax(-1)


def _ask(teacher: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        logits: Tensor = teacher.eval()(x)
    return logits


PSEUDO_LABELS: tuple[WrongAnswer[PseudoLabels], ...] = (
    WrongAnswer(
        "train() mode",
        _in_train_mode,
        "Dropout is on: ask the same image twice and you can get two answers.",
    ),
    WrongAnswer(
        "train() mode, with gradients",
        lambda teacher, x: teacher(x).argmax(-1),
        "Dropout is on, and a gradient is recorded as well: in which state do you find the teacher, and what for?",
    ),
    WrongAnswer(
        "with gradients",
        lambda teacher, x: teacher.eval()(x).argmax(-1),
        "The labels are right; but for each image the teacher's whole computation is kept in memory.",
    ),
    WrongAnswer(
        "probabilities",
        lambda teacher, x: _ask(teacher, x).softmax(-1),
        "You return numbers for all digits: a label names one.",
    ),
    WrongAnswer(
        "logits",
        _ask,
        "You return what the teacher returns: a label names one digit.",
    ),
    WrongAnswer(
        "the largest logit",
        lambda teacher, x: _ask(teacher, x).max(-1).values,
        "You return how large the largest logit is, not whose it is.",
    ),
    WrongAnswer(
        "over the wrong dimension",
        lambda teacher, x: _ask(teacher, x).argmax(0),
        "You return one label for each digit: over which dimension do you choose?",
    ),
    WrongAnswer(
        "one column",
        lambda teacher, x: _ask(teacher, x).argmax(-1, keepdim=True),
        "Your labels are right, but stand in a column of their own: (12, 1), not (12,).",
    ),
    WrongAnswer(
        "of all images together",
        lambda teacher, x: _ask(teacher, x).argmax(),
        "You return one number for all images: over how many dimensions do you choose?",
    ),
    WrongAnswer(
        "not integers",
        lambda teacher, x: _ask(teacher, x).argmax(-1).float(),
        "The digits are right, but as floating-point numbers, which cross_entropy does not take as labels.",
    ),
    WrongAnswer(
        "one-hot",
        lambda teacher, x: F.one_hot(_ask(teacher, x).argmax(-1), 5),
        "You return zeros and ones for each digit: the number of the digit is enough.",
    ),
)
