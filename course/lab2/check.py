"""The checks of lab 2: ``check.mix(mix)``, and with a hint ``check.mix(mix, hint=1)``."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from course.checking import Exercise, Property, flat, other_shape, same
from course.lab2 import digits, faults, wrong_answers
from course.lab2.digits import PseudoLabels, Step
from course.lab2.faults import HUNT
from course.lab2.wrong_answers import Mix
from trident.losses.components import IGNORE_INDEX

_NAN = float("nan")
_random = torch.Generator().manual_seed(3)

# -- mix


def _mixed(answer: Mix, hard: float, soft: float, alpha: float) -> tuple[Tensor, Tensor]:
    """The mixture, and its derivatives with respect to the two losses; 0 where there is none."""
    parts = torch.tensor([hard, soft], requires_grad=True)
    value = answer(parts[0], parts[1], alpha)
    if not (isinstance(value, Tensor) and value.requires_grad):
        return torch.as_tensor(value, dtype=torch.float32), torch.zeros(2)
    (found,) = torch.autograd.grad(value.sum(), parts)
    return value.detach(), found


def _mix_ends(answer: Mix) -> str:
    hard, soft = (float(_mixed(answer, 2.0, 6.0, alpha)[0].sum()) for alpha in (1, 0))
    wanted = abs(hard - 2) < 1e-5 and abs(soft - 6) < 1e-5
    return "" if wanted else f"hard = 2, soft = 6: {hard:g} at α = 1, {soft:g} at α = 0"


def _mix_between(answer: Mix) -> str:
    value, _ = _mixed(answer, 2.0, 6.0, 0.25)
    wanted = value.shape == () and abs(float(value) - 5) < 1e-5
    return "" if wanted else f"hard = 2, soft = 6, α = 0.25: {value.tolist()}, by hand 5"


def _mix_gradient(answer: Mix) -> str:
    _, found = _mixed(answer, 2.0, 6.0, 0.25)
    wanted = same(found, torch.tensor([0.25, 0.75]))
    return "" if wanted else f"α = 0.25: the derivatives by hard and soft are {found.tolist()}, by hand 0.25 and 0.75"


def _mix_off(answer: Mix) -> str:
    for name, losses, alpha, wanted in (("hard", (_NAN, 6.0), 0, (0.0, 1.0)), ("soft", (2.0, _NAN), 1, (1.0, 0.0))):
        value, found = _mixed(answer, *losses, alpha)
        if value.isnan() or not same(found, torch.tensor(wanted)):
            return f"{name} is NaN, α = {alpha}: the value {float(value):g}, the derivatives {found.tolist()}"
    return ""


def _mix_on(answer: Mix) -> str:
    value, _ = _mixed(answer, _NAN, 6.0, 0.5)
    return "" if value.isnan() else f"hard is NaN, α = 0.5: {float(value):g}"


def _mix_probe(answer: Mix) -> Tensor:
    cases = ((2.0, 6.0, 1), (2.0, 6.0, 0), (2.0, 6.0, 0.25), (_NAN, 6.0, 0), (2.0, _NAN, 1), (_NAN, 6.0, 0.5))
    return torch.cat([torch.cat([part.flatten() for part in _mixed(answer, *case)]) for case in cases])


mix: Exercise[Mix] = Exercise(
    name="mix",
    properties=(
        Property("α = 1 is the hard loss, α = 0 the soft one", _mix_ends),
        Property("in between, α and 1 − α of them", _mix_between),
        Property("gradients reach both", _mix_gradient),
        Property("a loss with weight 0 may be NaN", _mix_off),
        Property("a loss that counts may not hide it", _mix_on),
    ),
    probe=_mix_probe,
    wrong_answers=wrong_answers.MIX,
    hints=(
        "Try hard = 2 and soft = 6 on paper, at α = 1, 0.25 and 0.",
        "0 · NaN is NaN, so multiplying by 0 does not switch a loss off. What can you do in Python instead?",
    ),
)

# -- kd_step

_ALPHA, _T, _RATE = 0.4, 3.0, 0.5
_X = torch.randn(8, 6, generator=_random)
_Y = torch.tensor([0, 1, 2, 3, 4, IGNORE_INDEX, IGNORE_INDEX, 0])
_NONE = torch.full_like(_Y, IGNORE_INDEX)
_TEACHER = 3 * torch.randn(8, 5, generator=_random)
_START = 0.5 * torch.randn(5, 6, generator=_random)
#: A digit, and the accuracy on it that a student reaches who has never seen it, at T = 10 (0.97).
_DIGIT, _ENOUGH = 6, 0.8


def _small() -> tuple[nn.Linear, torch.optim.Optimizer]:
    student = nn.Linear(6, 5, bias=False)
    with torch.no_grad():
        student.weight.copy_(_START)
    return student, torch.optim.SGD(student.parameters(), lr=_RATE)


class _Steps:
    """What some steps do to a small student: its move, the gradient left, the values returned; and to the teacher."""

    def __init__(self, answer: Step, alpha: float, y: Tensor = _Y, number: int = 1) -> None:
        student, optimiser = _small()
        self.logits, self.returned, self.to_teacher = _TEACHER.clone(), list[object](), torch.zeros_like(_TEACHER)
        for _ in range(number):
            source = self.logits.requires_grad_()
            given = source * 1  # unlike `source`, it can be written to
            self.returned.append(answer(student, optimiser, _X, y, given, alpha, _T))
            self.logits = given.detach()
            self.to_teacher += 0 if source.grad is None else source.grad
        self.move = (student.weight - _START).detach()
        self.left = torch.zeros_like(_START) if student.weight.grad is None else student.weight.grad


#: The right loss before the first step; the same at α = 0, without any label.
_LOSS = faults.kd_step(*_small(), _X, _Y, _TEACHER, _ALPHA, _T)
_LOSS_WITHOUT = faults.kd_step(*_small(), _X, _NONE, _TEACHER, 0.0, _T)


def _moves(answer: Step, alpha: float, y: Tensor = _Y, number: int = 1) -> str:
    """What differs from the right move, or ""."""
    found, wanted = (_Steps(step, alpha, y, number).move for step in (answer, faults.kd_step))
    if same(found, wanted):
        return ""
    cosine = torch.cosine_similarity(found.flatten(), wanted.flatten(), dim=0)
    return (
        f"the student moves {float(found.norm() / wanted.norm()):.2f} times as far, the cosine is {float(cosine):.2f}"
    )


def _step_moves(answer: Step) -> str:
    return "" if _Steps(answer, _ALPHA).move.abs().max() > 0 else "the student's weights are the same after the step"


def _step_ignores(answer: Step) -> str:
    moves = {
        name: _Steps(answer, 0.0, y).move for name, y in (("", _Y), ("other labels", _Y.flip(0)), ("no labels", _NONE))
    }
    for name in ("other labels", "no labels"):
        if not same(moves[name], moves[""]):
            return f"α = 0, {name}: the student makes another step"
    return ""


def _step_teacher(answer: Step) -> str:
    steps = _Steps(answer, _ALPHA)
    if not same(steps.logits, _TEACHER):
        return f"the first logit was {float(_TEACHER[0, 0]):.2f}, after the step it is {float(steps.logits[0, 0]):.2f}"
    return "" if steps.to_teacher.abs().max() == 0 else "a gradient reaches the teacher's logits"


def _step_returns(answer: Step) -> str:
    for about, alpha, y, wanted in (("", _ALPHA, _Y, _LOSS), ("α = 0, no labels: ", 0.0, _NONE, _LOSS_WITHOUT)):
        [found] = _Steps(answer, alpha, y).returned
        if not isinstance(found, float):
            return f"it returns a {type(found).__name__}; there should be a float"
        if not abs(found - wanted) < 1e-3:
            return f"{about}it returns {found:.3f}; the loss before the step was {wanted:.3f}"
    return ""


def _step_never_shown(answer: Step) -> str:
    found = digits.load()
    shown, test = found.pool.at(found.pool.y != _DIGIT), found.test.at(found.test.y == _DIGIT)
    t = digits.answers(digits.teacher(), shown.x)
    reached = digits.accuracy(digits.train(answer, shown, t, 0.0, 10.0, seed=1), test)
    return "" if reached > _ENOUGH else f"digit {_DIGIT}, T = 10: the accuracy on it is {reached:.2f}"


def _step_probe(answer: Step) -> Tensor:
    runs = [
        _Steps(answer, 1.0),
        _Steps(answer, 0.0, _NONE),
        _Steps(answer, _ALPHA, number=2),
    ]
    seen = [part for run in runs for part in (run.move, run.left, run.to_teacher, run.logits)]
    returned = [
        value if isinstance(value, float) else -1.0 if isinstance(value, Tensor) else -2.0
        for run in runs
        for value in run.returned
    ]
    return torch.cat([*(part.flatten() for part in seen), torch.tensor(returned)])


kd_step: Exercise[Step] = Exercise(
    name="kd_step",
    properties=(
        Property("the student moves", _step_moves),
        Property("α = 1 is cross-entropy with the labels", lambda answer: _moves(answer, 1.0)),
        Property("α = 0 ignores the labels", _step_ignores),
        Property("α = 0 is the teacher's loss, on all images", lambda answer: _moves(answer, 0.0)),
        Property("in between both count", lambda answer: _moves(answer, _ALPHA)),
        Property("a second step starts anew", lambda answer: _moves(answer, _ALPHA, number=2)),
        Property("the teacher's logits stay as they are", _step_teacher),
        Property("returns the loss", _step_returns),
        Property("a digit never shown is learnt from the teacher", _step_never_shown),
    ),
    probe=_step_probe,
    wrong_answers=wrong_answers.KD_STEP,
    hints=(
        "Six things happen: the student answers; hard loss; soft loss; mixture; gradients; one step of the optimiser.",
        "`F.cross_entropy` takes logits, and leaves out images with the label −100 by itself. The teacher's loss needs "
        "no labels, so it needs no selection.",
        "PyTorch adds new gradients to those that are there. When is the right moment to remove the old ones?",
    ),
)

# -- pseudo_labels

_IMAGES = torch.randn(12, 6, generator=_random)


class _Teacher(nn.Module):
    """A small teacher with batch normalisation and dropout, which notes how it is asked. It starts in train() mode."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(4)
        self.first, self.normal, self.drop, self.last = (
            nn.Linear(6, 20),
            nn.BatchNorm1d(20),
            nn.Dropout(),
            nn.Linear(20, 5),
        )
        for weights in self.parameters():
            weights.data = torch.randn(weights.shape, generator=generator)
        self.normal.running_mean.fill_(0.5)  # type: ignore[union-attr]
        self.in_train, self.with_gradient = False, False

    def forward(self, x: Tensor) -> Tensor:
        self.in_train |= self.training
        self.with_gradient |= torch.is_grad_enabled()
        logits: Tensor = self.last(self.drop(self.normal(self.first(x)).relu()))
        return logits


class _Asked:
    """What an answer returns, and what it does to the teacher."""

    def __init__(self, answer: PseudoLabels) -> None:
        self.teacher = _Teacher()
        before = copy.deepcopy(self.teacher.state_dict())
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(5)
            self.labels = answer(self.teacher, _IMAGES)
        after = self.teacher.state_dict()
        self.changed = [name for name, value in before.items() if not torch.equal(value, after[name])]


_RIGHT = digits.answers(_Teacher(), _IMAGES).argmax(-1)


def _pseudo_shape(answer: PseudoLabels) -> str:
    labels = _Asked(answer).labels
    if seen := other_shape(labels, _RIGHT.shape):
        return f"for 12 images: {seen}"
    return "" if labels.dtype == torch.long else f"numbers of the type {labels.dtype}; there should be torch.int64"


def _pseudo_eval(answer: PseudoLabels) -> str:
    return "the teacher was in train() mode when it was asked" if _Asked(answer).teacher.in_train else ""


def _pseudo_unchanged(answer: PseudoLabels) -> str:
    changed = _Asked(answer).changed
    return f"other values than before: {', '.join(changed)}" if changed else ""


def _pseudo_agrees(answer: PseudoLabels) -> str:
    other = int((_Asked(answer).labels != _RIGHT).sum())
    return f"on {other} of {len(_RIGHT)} images it is not the teacher's first choice" if other else ""


def _pseudo_graph(answer: PseudoLabels) -> str:
    recorded = _Asked(answer).teacher.with_gradient
    return "PyTorch recorded the teacher's computation for a gradient that nobody needs" if recorded else ""


def _pseudo_probe(answer: PseudoLabels) -> Tensor:
    asked = _Asked(answer)
    notes = [asked.teacher.in_train, asked.teacher.with_gradient, bool(asked.changed), asked.teacher.training]
    notes += [isinstance(asked.labels, Tensor) and asked.labels.dtype == torch.long]
    return torch.cat([flat(asked.labels), torch.tensor(notes, dtype=torch.float32)])


pseudo_labels: Exercise[PseudoLabels] = Exercise(
    name="pseudo_labels",
    properties=(
        Property("one integer for each image", _pseudo_shape),
        Property("the teacher is asked in eval() mode", _pseudo_eval),
        Property("the teacher is unchanged", _pseudo_unchanged),
        Property("its first choice", _pseudo_agrees),
        Property("no gradient is recorded", _pseudo_graph),
    ),
    probe=_pseudo_probe,
    wrong_answers=wrong_answers.PSEUDO_LABELS,
    hints=(
        "Three things: set the mode, ask without recording, choose. Print the shape of what the teacher returns.",
        "`F.cross_entropy` takes labels as integers, one for each image. Which dimension runs over the digits?",
    ),
)

EXERCISES = (mix, kd_step, pseudo_labels)
hunt = HUNT.judge

__all__ = ["EXERCISES", "hunt", "kd_step", "mix", "pseudo_labels"]
