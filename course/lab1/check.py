"""The checks of lab 1: ``check.kl(kl)``, and with a hint ``check.kl(kl, hint=1)``."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from course import instruments, variant
from course.checking import Exercise, Property, flat, other_shape, same
from course.instruments import HandGradient, Loss
from course.lab1 import wrong_answers
from course.lab1.faults import HUNT, correct
from course.lab1.wrong_answers import Divergence, Soften

_T = 3.0
_BATCH = instruments.batch(variant.of(1))
_Z, _TEACHER = _BATCH.student[0], _BATCH.teacher[0]
_EXTREME = torch.tensor([[1e4, -1e4, 0.0], [0.0, 0.0, -1e4], [-1e4, -1e4, -1e4]])
_LOG_P, _LOG_Q = _TEACHER.log_softmax(-1), _Z.log_softmax(-1)
#: (1/2, 1/2) and (1/4, 3/4): KL is ln(4/3)/2 = 0.144 one way, 0.131 the other.
_HALVES, _QUARTERS = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.25, 0.75]]).log()

# -- soften


def _soften_shape(answer: Soften) -> str:
    return other_shape(answer(_Z, _T), _Z.shape)


def _soften_sums(answer: Soften) -> str:
    sums = answer(_BATCH.student, _T).exp().sum(-1).flatten()
    wanted = same(sums, torch.ones_like(sums))
    return "" if wanted else f"the probabilities of the first position sum to {float(sums[0]):.3f}"


def _soften_flatter(answer: Soften) -> str:
    cold, hot = (float(answer(_Z, T).exp().max(-1).values.mean()) for T in (1.0, _T))
    return (
        ""
        if hot < 0.9 * cold
        else f"the largest probability is {cold:.2f} at T = 1 and {hot:.2f} at T = 3, in the mean"
    )


def _soften_finite(answer: Soften) -> str:
    value = answer(_EXTREME, 1.0)
    return "" if value.isfinite().all() else f"for the logits {_EXTREME[0].tolist()}: {value[0].tolist()}"


def _soften_agrees(answer: Soften) -> str:
    return _difference(answer(_Z, _T), F.log_softmax(_Z / _T, -1))


soften: Exercise[Soften] = Exercise(
    name="soften",
    properties=(
        Property("one number for each logit", _soften_shape),
        Property("each position sums to 1", _soften_sums),
        Property("flatter at a higher temperature", _soften_flatter),
        Property("finite at ±1e4", _soften_finite),
        Property("agrees with PyTorch", _soften_agrees),
    ),
    probe=lambda answer: torch.cat([flat(answer(_BATCH.student, _T)), flat(answer(_EXTREME, 1.0))]),
    wrong_answers=wrong_answers.SOFTEN,
    hints=(
        "Try two logits, 0 and 1, on paper: T = 1 gives 0.27 and 0.73, T = 3 gives 0.42 and 0.58.",
        "Softmax is unchanged when a constant is added to all logits. Which constant makes every exponential harmless?",
        "`torch.nn.functional` has a function that returns logarithms of probabilities directly.",
    ),
)

# -- kl


def _kl_shape(answer: Divergence) -> str:
    return other_shape(answer(_LOG_P, _LOG_Q), _LOG_P.shape[:-1])


def _kl_equality(answer: Divergence) -> str:
    value = answer(_LOG_P, _LOG_P)
    return (
        ""
        if bool((value.abs() < 1e-5).all())
        else f"the divergence of a distribution from itself: {float(value[0]):.3f}"
    )


def _kl_known(answer: Divergence) -> str:
    there, back = float(answer(_HALVES, _QUARTERS)), float(answer(_QUARTERS, _HALVES))
    wanted = abs(there - 0.1438) < 1e-3 and abs(back - 0.1308) < 1e-3
    seen = f"p = (1/2, 1/2), q = (1/4, 3/4): {there:.3f}, by hand 0.144; p and q exchanged: {back:.3f}, by hand 0.131"
    return "" if wanted else seen


def _kl_finite(answer: Divergence) -> str:
    value = answer(_EXTREME.log_softmax(-1), _EXTREME.flip(0).log_softmax(-1))
    return "" if value.isfinite().all() else f"for logits of ±1e4: {value.tolist()}"


def _kl_agrees(answer: Divergence) -> str:
    return _difference(answer(_LOG_P, _LOG_Q), F.kl_div(_LOG_Q, _LOG_P, reduction="none", log_target=True).sum(-1))


kl: Exercise[Divergence] = Exercise(
    name="kl",
    properties=(
        Property("one number for each position", _kl_shape),
        Property("0 at equality", _kl_equality),
        Property("a pair by hand, and not symmetric", _kl_known),
        Property("finite at ±1e4", _kl_finite),
        Property("agrees with PyTorch", _kl_agrees),
    ),
    probe=lambda answer: flat(answer(_LOG_P, _LOG_Q)),
    wrong_answers=wrong_answers.KL,
    hints=(
        "Compute KL of (1/2, 1/2) from (1/4, 3/4) on paper, and compare term by term with what your code computes.",
        "The arguments are logarithms. Which factor of the formula is a probability, which is none?",
    ),
)

# -- distillation_loss


def _loss_shape(answer: Loss) -> str:
    return other_shape(answer(*_BATCH), torch.Size())


def _loss_equality(answer: Loss) -> str:
    value = instruments.at_equality(answer, _BATCH)["value"]
    return "" if abs(value) < 1e-4 else f"the loss of a student with the teacher's own logits: {value:.3f}"


def _loss_padding(answer: Loss) -> str:
    seen = instruments.poke_padding(answer, _BATCH)
    return (
        ""
        if all(abs(value - 1) < 1e-4 for value in seen.values())
        else f"how many times larger the value gets: {_readings(seen)}"
    )


def _loss_batch(answer: Loss) -> str:
    seen = instruments.shape_probe(answer, _BATCH)
    return (
        ""
        if all(abs(value - 1) < 1e-4 for value in seen.values())
        else f"how many times larger the value gets: {_readings(seen)}"
    )


def _loss_learner(answer: Loss) -> str:
    seen = instruments.who_learns(answer, _BATCH)
    return "" if seen["student"] > 0 and seen["teacher"] == 0 else f"length of the gradient at: {_readings(seen)}"


def _loss_temperature(answer: Loss) -> str:
    lengths = [float(instruments.gradients(answer, _BATCH._replace(temperature=T)).student.norm()) for T in (8.0, 16.0)]
    kept = 0.7 < lengths[1] / lengths[0] < 1.4
    return "" if kept else f"length of the student's gradient: {lengths[0]:.4f} at T = 8, {lengths[1]:.4f} at T = 16"


def _loss_agrees(answer: Loss) -> str:
    return _difference(answer(*_BATCH), correct(*_BATCH))


def _loss_probe(answer: Loss) -> Tensor:
    if other_shape(value := answer(*_BATCH), torch.Size()):
        return flat(value)
    found = instruments.gradients(answer, _BATCH)
    return torch.cat([torch.tensor([found.value]), found.student.flatten(), found.teacher.flatten()])


distillation_loss: Exercise[Loss] = Exercise(
    name="distillation_loss",
    properties=(
        Property("one number", _loss_shape),
        Property("0 at equality", _loss_equality),
        Property("padding changes nothing", _loss_padding),
        Property("the size of the batch changes nothing", _loss_batch),
        Property("the student learns, the teacher does not", _loss_learner),
        Property("the gradient keeps its length at high T", _loss_temperature),
        Property("agrees with trident.losses.kl", _loss_agrees),
    ),
    probe=_loss_probe,
    wrong_answers=wrong_answers.DISTILLATION_LOSS,
    hints=(
        "Print the shape after each step: rows and positions first, then only the positions that have a label.",
        "Four things make the loss of a divergence: which positions, which temperature, which factor, which mean.",
    ),
)

# -- gradient_by_hand


def _hand_shape(answer: HandGradient) -> str:
    return other_shape(answer(_Z, _TEACHER, _T), _Z.shape)


def _hand_equality(answer: HandGradient) -> str:
    value = answer(_Z, _Z.clone(), _T).abs().max()
    return "" if value < 1e-6 else f"the largest entry for equal logits: {float(value):.3f}"


def _hand_constant(answer: HandGradient) -> str:
    moved = (answer(_Z + 5, _TEACHER, _T) - answer(_Z, _TEACHER, _T)).abs().max()
    return "" if moved < 1e-4 else f"adding 5 to all the student's logits moves it by up to {float(moved):.3f}"


def _hand_autograd(answer: HandGradient) -> str:
    z = _Z.clone().requires_grad_()
    labels = torch.zeros(z.shape[0], dtype=torch.long)
    (wanted,) = torch.autograd.grad(correct(z, _TEACHER, labels, _T) * len(z), z)
    found = answer(_Z, _TEACHER, _T)
    if same(found, wanted, 1e-4):
        return ""
    cosine = float(torch.cosine_similarity(found.flatten(), wanted.flatten(), dim=0))
    return f"{float(found.norm() / wanted.norm()):.3f} times as long as that of autograd, the cosine is {cosine:.3f}"


gradient_by_hand: Exercise[HandGradient] = Exercise(
    name="gradient_by_hand",
    properties=(
        Property("one number for each logit", _hand_shape),
        Property("0 at equality", _hand_equality),
        Property("a constant on all logits changes nothing", _hand_constant),
        Property("agrees with autograd", _hand_autograd),
    ),
    probe=lambda answer: flat(answer(_Z, _TEACHER, _T)),
    wrong_answers=wrong_answers.GRADIENT_BY_HAND,
    hints=(
        "KL(p ‖ q) = Σ p ln p − Σ p ln q, and only the second sum depends on z. Start with T = 1.",
        "At T = 1 it is the gradient of cross-entropy with p in the place of the label. What changes with z/T?",
    ),
)

EXERCISES = (soften, kl, distillation_loss, gradient_by_hand)
hunt = HUNT.judge

# -- what the checks share


def _difference(value: Tensor, wanted: Tensor) -> str:
    return "" if same(value, wanted) else f"differs by up to {float((value - wanted).abs().max().detach()):.3g}"


def _readings(seen: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in seen.items())


__all__ = ["EXERCISES", "distillation_loss", "gradient_by_hand", "hunt", "kl", "soften"]
