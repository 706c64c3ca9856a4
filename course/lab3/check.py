"""The checks of lab 3: ``check.focal(focal)``, and with a hint ``check.focal(focal, hint=1)``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from course import instruments, variant
from course.checking import Exercise, Property, other_shape, same
from course.lab3 import answers, wrong_answers
from course.lab3.answers import ALPHA, GAMMA, Embed, Focal, Jsd, Push
from course.lab3.faults import HUNT

_T = 3.0
_BATCH = instruments.batch(variant.of(1))
_Z, _TEACHER, _LABELS = _BATCH.student, _BATCH.teacher, _BATCH.labels
#: Sure of the first token; labels: right, wrong. As wrong as two models can be.
_EXTREME, _EXTREME_LABELS = torch.tensor([[1e4, -1e4], [1e4, -1e4]]), torch.tensor([0, 1])
_OPPOSITE = _EXTREME.flip(-1)
#: Two tokens with the logits of a student that cannot decide.
_HALVES, _FIRST = torch.zeros(1, 2), torch.tensor([0])


def _gradient(loss: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    """The gradient of `loss` at `at`, 0 where none arrives."""
    at = at.clone().requires_grad_()
    value = loss(at)
    if not value.requires_grad:
        return torch.zeros_like(at)
    (found,) = torch.autograd.grad(value, at, allow_unused=True, materialize_grads=True)
    return found


# -- focal


def _focal_shape(answer: Focal) -> str:
    return other_shape(answer(_Z, _LABELS, ALPHA, GAMMA), torch.Size())


def _focal_is_ce(answer: Focal) -> str:
    found, wanted = float(answer(_Z, _LABELS, 1.0, 0.0)), float(F.cross_entropy(_Z.flatten(0, 1), _LABELS.flatten()))
    return "" if abs(found / wanted - 1) < 1e-4 else f"at α = 1, γ = 0: {found:.3f}; cross-entropy is {wanted:.3f}"


def _focal_known(answer: Focal) -> str:
    found = float(answer(_HALVES, _FIRST, 0.25, 2.0))
    seen = f"s_y = 1/2, α = 1/4, γ = 2: {found:.4f}; by hand 1/4 · 1/4 · ln 2 = 0.0433"
    return "" if abs(found - 0.0433) < 1e-4 else seen


def _focal_padding(answer: Focal) -> str:
    before = float(answer(_Z, _LABELS, ALPHA, GAMMA))
    poked = _Z + 10 * torch.randn(_Z.shape, generator=torch.Generator().manual_seed(1)) * ~_BATCH.targets[..., None]
    longer, labels = F.pad(_Z, (0, 0, 0, 2)), F.pad(_LABELS, (0, 2), value=-100)
    seen = {
        "other logits there": float(answer(poked, _LABELS, ALPHA, GAMMA)) / before,
        "two more positions": float(answer(longer, labels, ALPHA, GAMMA)) / before,
    }
    return "" if _ones(seen) else f"how many times larger the value gets: {_readings(seen)}"


def _focal_finite(answer: Focal) -> str:
    value = answer(_EXTREME, _EXTREME_LABELS, ALPHA, GAMMA)
    gradient = _gradient(lambda z: answer(z, _EXTREME_LABELS, ALPHA, GAMMA), _EXTREME)
    if value.isfinite() and gradient.isfinite().all():
        return ""
    return f"for the logits ±1e4: the value {float(value):.3g}, the gradient {gradient.flatten().tolist()}"


def _focal_agrees(answer: Focal) -> str:
    return _difference(_focal_probe(answer), _focal_probe(answers.focal))


def _focal_probe(answer: Focal) -> Tensor:
    """Values at several α and γ, and gradients."""
    found = [answer(_Z, _LABELS, *pair).detach().flatten() for pair in ((1.0, 0.0), (ALPHA, GAMMA), (1.0, 3.0))]
    gradient = _gradient(lambda z: answer(z, _LABELS, ALPHA, GAMMA).sum(), _Z)
    extreme = answer(_EXTREME, _EXTREME_LABELS, ALPHA, GAMMA).detach().flatten()
    return torch.cat([*found, gradient.flatten(), extreme])


focal: Exercise[Focal] = Exercise(
    name="focal",
    properties=(
        Property("one number", _focal_shape),
        Property("γ = 0 and α = 1 is cross-entropy", _focal_is_ce),
        Property("a token by hand", _focal_known),
        Property("padding changes nothing", _focal_padding),
        Property("value and gradient finite at ±1e4", _focal_finite),
        Property("agrees with trident.losses.focal, the gradient too", _focal_agrees),
    ),
    probe=_focal_probe,
    wrong_answers=wrong_answers.FOCAL,
    hints=(
        "How much of the loss is left of a token with s_y = 0.9? And of one with s_y = 0.1? Compare on paper.",
        "Cross-entropy with `reduction='none'` gives ln s_y of each position, but for the sign, at any size of logits.",
        "Four steps: the positions with a label, ln s_y of each, the weight of each, one mean at the end.",
    ),
)

# -- jsd


def _jsd_shape(answer: Jsd) -> str:
    return other_shape(answer(_Z, _TEACHER, _LABELS, _T), torch.Size())


def _jsd_equality(answer: Jsd) -> str:
    value = float(answer(_TEACHER.clone(), _TEACHER, _LABELS, _T))
    return "" if abs(value) < 1e-4 else f"the divergence of the teacher from itself: {value:.3f}"


def _jsd_symmetric(answer: Jsd) -> str:
    there, back = float(answer(_Z, _TEACHER, _LABELS, _T)), float(answer(_TEACHER, _Z, _LABELS, _T))
    return "" if abs(there / back - 1) < 1e-3 else f"{there:.3f}; student and teacher exchanged: {back:.3f}"


def _jsd_bound(answer: Jsd) -> str:
    value, bound = float(answer(20 * _Z, -20 * _Z, _LABELS, _T)), _T**2 * math.log(2)
    kept = 0.9 * bound < value <= bound + 1e-3
    return "" if kept else f"two models that exclude each other's tokens, T = 3: {value:.2f}; T² ln 2 = {bound:.2f}"


def _jsd_finite(answer: Jsd) -> str:
    value = answer(_EXTREME, _OPPOSITE, _EXTREME_LABELS, 1.0)
    gradient = _gradient(lambda z: answer(z, _OPPOSITE, _EXTREME_LABELS, 1.0), _EXTREME)
    if value.isfinite() and gradient.isfinite().all():
        return ""
    return f"for logits of ±1e4: the value {float(value):.3g}, the gradient {gradient.flatten().tolist()}"


def _jsd_padding(answer: Jsd) -> str:
    seen = instruments.poke_padding(answer, _BATCH)
    return "" if _ones(seen) else f"how many times larger the value gets: {_readings(seen)}"


def _jsd_learner(answer: Jsd) -> str:
    seen = instruments.who_learns(answer, _BATCH)
    return "" if seen["student"] > 0 and seen["teacher"] == 0 else f"length of the gradient at: {_readings(seen)}"


def _jsd_agrees(answer: Jsd) -> str:
    return _difference(_jsd_probe(answer), _jsd_probe(answers.jsd))


def _jsd_probe(answer: Jsd) -> Tensor:
    if (value := answer(*_BATCH).detach()).dim():
        return value.flatten()
    found = instruments.gradients(answer, _BATCH)
    extreme = answer(_EXTREME, _OPPOSITE, _EXTREME_LABELS, 1.0).detach()
    return torch.cat([torch.stack([value, extreme]), found.student.flatten(), found.teacher.flatten()])


jsd: Exercise[Jsd] = Exercise(
    name="jsd",
    properties=(
        Property("one number", _jsd_shape),
        Property("0 at equality", _jsd_equality),
        Property("symmetric", _jsd_symmetric),
        Property("T² ln 2 at most, and nearly that for two opposites", _jsd_bound),
        Property("value and gradient finite at ±1e4", _jsd_finite),
        Property("padding changes nothing", _jsd_padding),
        Property("the student learns, the teacher does not", _jsd_learner),
        Property("agrees with trident.losses.jsd, the gradient too", _jsd_agrees),
    ),
    probe=_jsd_probe,
    wrong_answers=wrong_answers.JSD,
    hints=(
        "Compute JSD of (1, 0) and (0, 1) on paper: what is m, and what is each of the two KL?",
        "You have ln p and ln q. ln m is the logarithm of a sum of exponentials, divided by 2. "
        "Is there a function that adds in logarithms?",
        "Five things to look at: which positions, which temperature, what m is a mean of, two halves, the factor T².",
    ),
)

# -- expected_embedding

_WIDTH = 8
_TABLE = torch.randn(instruments.VOCABULARY, _WIDTH, generator=torch.Generator().manual_seed(3))


def _embed_shape(answer: Embed) -> str:
    return other_shape(answer(_Z, _TABLE), torch.Size([*_Z.shape[:-1], _WIDTH]))


def _embed_sure(answer: Embed) -> str:
    sure = 50.0 * F.one_hot(torch.tensor([4, 7]), instruments.VOCABULARY)
    return _away(answer(sure, _TABLE), _TABLE[[4, 7]], "a student that is sure of token 4, and of token 7")


def _embed_undecided(answer: Embed) -> str:
    found = answer(torch.zeros(2, instruments.VOCABULARY), _TABLE)
    return _away(found, _TABLE.mean(0).expand(2, -1), "a student with equal logits")


def _embed_finite(answer: Embed) -> str:
    value = answer(_EXTREME, _TABLE[:2])
    return "" if value.isfinite().all() else f"for the logits ±1e4: {value[0, :3].tolist()} …"


def _embed_gradient(answer: Embed) -> str:
    length = float(_gradient(lambda z: answer(z, _TABLE).square().sum(), _Z).norm())
    return "" if length > 0 else "no gradient reaches the logits"


def _embed_agrees(answer: Embed) -> str:
    return _difference(_embed_probe(answer), _embed_probe(answers.expected_embedding))


def _embed_probe(answer: Embed) -> Tensor:
    found = answer(_Z, _TABLE).detach().flatten()
    return torch.cat([found, _gradient(lambda z: answer(z, _TABLE).square().sum(), _Z).flatten()])


expected_embedding: Exercise[Embed] = Exercise(
    name="expected_embedding",
    properties=(
        Property("an embedding for each position", _embed_shape),
        Property("sure of a token: its embedding", _embed_sure),
        Property("undecided: the mean of all", _embed_undecided),
        Property("finite at ±1e4", _embed_finite),
        Property("a gradient reaches the logits", _embed_gradient),
        Property("agrees with the formula, the gradient too", _embed_agrees),
    ),
    probe=_embed_probe,
    wrong_answers=wrong_answers.EXPECTED_EMBEDDING,
    hints=(
        "Take two tokens with the embeddings (1, 0) and (0, 1), and logits 0 and 0. What should come out?",
        "A row of V weights times a matrix of V rows is a weighted sum of the rows. Which weights?",
    ),
)

# -- push


def _losses(hidden: Tensor) -> Mapping[str, Tensor]:
    """Losses of one state of two numbers, all in one graph; the first has a slope of 5 by hand."""
    elsewhere = torch.ones(2, requires_grad=True)
    line = (hidden * torch.tensor([3.0, -4.0])).sum()
    table = torch.eye(2)
    return {
        "3a − 4b": line,
        "twice that": 2 * line,
        "that again": line,
        "arg-max": table[hidden.argmax()].square().sum(),
        "expected": (torch.softmax(hidden, -1) @ table).square().sum(),
        "of others only": elsewhere.sum(),
    }


def _ask(answer: Push) -> tuple[dict[str, float], str]:
    """What the answer returns for each loss, NaN where PyTorch refuses, and the first such refusal."""
    hidden, found, refusal = torch.tensor([1.0, 0.5], requires_grad=True), {}, ""
    for name, loss in _losses(hidden).items():
        try:
            found[name] = float(answer(loss, hidden))
        except NotImplementedError:  # a stub; PyTorch's refusals are of its parent class
            raise
        except RuntimeError as error:
            found[name] = math.nan
            refusal = refusal or f"{name}: RuntimeError: {str(error).split('.')[0]}"
    return found, refusal


def _pushed(name: str, wanted: float) -> Callable[[Push], str]:
    def seen(answer: Push) -> str:
        found, refusal = _ask(answer)
        right = found[name] == wanted if wanted == 0 else abs(found[name] - wanted) < 1e-4
        return "" if right else refusal or f"the push of {name} at a = 1, b = 0.5: {found[name]:.4g}, not {wanted:g}"

    return seen


def _push_soft(answer: Push) -> str:
    found, refusal = _ask(answer)
    return "" if found["expected"] > 0 else refusal or f"the push of the expected embedding: {found['expected']:.4g}"


def _push_float(answer: Push) -> str:
    hidden = torch.tensor([1.0, 0.5], requires_grad=True)
    found = answer((hidden * 3).sum(), hidden)
    return "" if isinstance(found, float) else f"a {type(found).__name__}; there should be a float"


def _push_leaves(answer: Push) -> str:
    hidden = torch.tensor([1.0, 0.5], requires_grad=True)
    answer((hidden * 3).sum(), hidden)
    return "" if hidden.grad is None else f"hidden.grad was empty, and now holds {hidden.grad.tolist()}"


push: Exercise[Push] = Exercise(
    name="push",
    properties=(
        Property("a slope by hand", _pushed("3a − 4b", 5.0)),
        Property("twice the loss, twice the push", _pushed("twice that", 10.0)),
        Property("the same loss again, the same push", _pushed("that again", 5.0)),
        Property("exactly 0 through an arg-max", _pushed("arg-max", 0.0)),
        Property("more than 0 through an expectation", _push_soft),
        Property("exactly 0 for a loss of other numbers", _pushed("of others only", 0.0)),
        Property("nothing is left behind in hidden.grad", _push_leaves),
        Property("a Python float", _push_float),
    ),
    probe=lambda answer: torch.tensor([*_ask(answer)[0].values(), float(bool(_push_float(answer)))]),
    wrong_answers=wrong_answers.PUSH,
    hints=(
        "For the loss 3a − 4b the gradient is (3, −4). What is its length?",
        "`torch.autograd.grad` has options for a graph that is needed again and for inputs that play no part. "
        "And a tensor knows whether it has a gradient at all: `requires_grad`.",
    ),
)

EXERCISES = (focal, jsd, expected_embedding, push)
hunt = HUNT.judge

# -- what the checks share


def _away(value: Tensor, wanted: Tensor, what: str) -> str:
    if same(value, wanted):
        return ""
    return f"{what}: an embedding that is {float((value - wanted).norm(dim=-1).max().detach()):.2f} away from it"


def _difference(value: Tensor, wanted: Tensor) -> str:
    if value.shape != wanted.shape:
        return f"{value.numel()} numbers; there should be {wanted.numel()}"
    return "" if same(value, wanted) else f"differs by up to {float((value - wanted).abs().max().detach()):.3g}"


def _ones(seen: Mapping[str, float]) -> bool:
    return all(abs(value - 1) < 1e-4 for value in seen.values())


def _readings(seen: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in seen.items())


__all__ = ["EXERCISES", "expected_embedding", "focal", "hunt", "jsd", "push"]
