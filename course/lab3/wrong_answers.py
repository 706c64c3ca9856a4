"""Answers that students give to the exercises of lab 3, and what the checks say to them."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from course.checking import WrongAnswer
from course.lab3 import answers
from course.lab3.answers import Embed, Focal, Jsd, Push
from course.lab3.faults import mean_of_logits, weight_of_mean
from trident.losses.components import IGNORE_INDEX

# -- focal


def _surprise(z: Tensor, labels: Tensor) -> Tensor:
    """−ln s_y of each position that has a label."""
    return F.cross_entropy(z.flatten(0, -2), labels.flatten(), reduction="none")[labels.flatten() != IGNORE_INDEX]


def _weighted(weight: Callable[[Tensor, float], Tensor]) -> Focal:
    """Focal loss with the weight as a function of s_y and γ."""

    def answer(z: Tensor, labels: Tensor, alpha: float, gamma: float) -> Tensor:
        surprise = _surprise(z, labels)
        return (alpha * weight(torch.exp(-surprise), gamma) * surprise).mean()

    return answer


def _through_softmax(z: Tensor, labels: Tensor, alpha: float, gamma: float) -> Tensor:
    targets = labels != IGNORE_INDEX
    s_y = torch.softmax(z[targets], -1).gather(1, labels[targets][:, None])
    return (-alpha * (1 - s_y) ** gamma * s_y.log()).mean()


def _padding_divides(z: Tensor, labels: Tensor, alpha: float, gamma: float) -> Tensor:
    return answers.focal(z, labels, alpha, gamma) * (labels != IGNORE_INDEX).float().mean()


def _padding_counts(z: Tensor, labels: Tensor, alpha: float, gamma: float) -> Tensor:
    return answers.focal(z, labels.clamp_min(0), alpha, gamma)


FOCAL: tuple[WrongAnswer[Focal], ...] = (
    WrongAnswer(
        "weights easy tokens",
        _weighted(lambda s_y, gamma: s_y**gamma),
        "Your weight is largest where the student is right already. Which tokens is the loss to look at?",
    ),
    WrongAnswer(
        "no α",
        lambda z, labels, alpha, gamma: answers.focal(z, labels, 1.0, gamma),
        "Your value does not depend on α.",
    ),
    WrongAnswer(
        "γ as a factor",
        _weighted(lambda s_y, gamma: gamma * (1 - s_y) if gamma else torch.ones_like(s_y)),
        "Twice γ makes your loss twice as large. Where does γ stand in the formula?",
    ),
    WrongAnswer(
        "weight of the mean",
        weight_of_mean,
        "A batch of one easy and one hard token gets one weight from you: when is the mean taken?",
    ),
    WrongAnswer(
        "weight detached",
        _weighted(lambda s_y, gamma: (1 - s_y.detach()) ** gamma),
        "The value is right, the gradient is not: no gradient passes through your weight.",
    ),
    WrongAnswer(
        "softmax, then logarithm",
        _through_softmax,
        "At ±1e4 something is infinite or NaN: a probability became 0 before its logarithm was taken.",
    ),
    WrongAnswer(
        "minus sign",
        lambda z, labels, alpha, gamma: -answers.focal(z, labels, alpha, gamma),
        "Your loss gets smaller as the student gets worse.",
    ),
    WrongAnswer(
        "sum",
        lambda z, labels, alpha, gamma: answers.focal(z, labels, alpha, gamma) * (labels != IGNORE_INDEX).sum(),
        "You add the tokens up: what does the formula do with the N of them?",
    ),
    WrongAnswer(
        "padding counts",
        _padding_counts,
        "The logits at padding change your value: which positions have a label?",
    ),
    WrongAnswer(
        "padding divides",
        _padding_divides,
        "The logits at padding change nothing, yet more padding makes your value smaller: what do you divide by?",
    ),
    WrongAnswer(
        "a number for each token",
        lambda z, labels, alpha, gamma: alpha * (1 - torch.exp(-_surprise(z, labels))) ** gamma * _surprise(z, labels),
        "You return a number for each token. Training needs one for the batch.",
    ),
)

# -- jsd

#: ln p, ln q → the divergence of each position.
Divergence = Callable[[Tensor, Tensor], Tensor]


def _of(divergence: Divergence) -> Jsd:
    """T² times the mean of `divergence` over the positions that have a label."""

    def answer(z: Tensor, t: Tensor, labels: Tensor, T: float) -> Tensor:
        targets = labels != IGNORE_INDEX
        log_p, log_q = ((logits[targets] / T).log_softmax(-1) for logits in (t.detach(), z))
        return T**2 * divergence(log_p, log_q).mean()

    return answer


def _kl(log_p: Tensor, log_q: Tensor) -> Tensor:
    return (log_p.exp() * (log_p - log_q)).sum(-1)


def _log_m(log_p: Tensor, log_q: Tensor) -> Tensor:
    return torch.logaddexp(log_p, log_q) - math.log(2)


def _halves(log_p: Tensor, log_q: Tensor) -> tuple[Tensor, Tensor]:
    """KL(p ‖ m) and KL(q ‖ m)."""
    log_m = _log_m(log_p, log_q)
    return _kl(log_p, log_m), _kl(log_q, log_m)


def _both(log_p: Tensor, log_q: Tensor) -> Tensor:
    first, second = _halves(log_p, log_q)
    return first + second


def _probabilities(log_p: Tensor, log_q: Tensor) -> Tensor:
    p, q = log_p.exp(), log_q.exp()
    m = (p + q) / 2
    return ((p * (p / m).log()).sum(-1) + (q * (q / m).log()).sum(-1)) / 2


def _mean_of_logs(log_p: Tensor, log_q: Tensor) -> Tensor:
    log_m = (log_p + log_q) / 2
    return (_kl(log_p, log_m) + _kl(log_q, log_m)) / 2


def _half_log(log_p: Tensor, log_q: Tensor) -> Tensor:
    log_m = torch.logaddexp(log_p, log_q) / 2
    return (_kl(log_p, log_m) + _kl(log_q, log_m)) / 2


def _sum_of_both(log_p: Tensor, log_q: Tensor) -> Tensor:
    log_m = torch.logaddexp(log_p, log_q)
    return (_kl(log_p, log_m) + _kl(log_q, log_m)) / 2


def _logarithm_as_target(log_p: Tensor, log_q: Tensor) -> Tensor:
    log_m = _log_m(log_p, log_q)
    return (F.kl_div(log_m, log_p, reduction="none") + F.kl_div(log_m, log_q, reduction="none")).sum(-1) / 2


def _mean_over_tokens(log_p: Tensor, log_q: Tensor) -> Tensor:
    return sum(_halves(log_p, log_q), torch.zeros(())) / 2 / log_p.shape[-1]


def _from_m(log_p: Tensor, log_q: Tensor) -> Tensor:
    log_m = _log_m(log_p, log_q)
    return (_kl(log_m, log_p) + _kl(log_m, log_q)) / 2


def _probabilities_of_both(z: Tensor, t: Tensor, labels: Tensor, T: float) -> Tensor:
    targets = labels != IGNORE_INDEX
    log_p, log_q = ((logits[targets] / T).log_softmax(-1) for logits in (t, z))
    return T**2 * _probabilities(log_p, log_q).mean()


def _teacher_learns(z: Tensor, t: Tensor, labels: Tensor, T: float) -> Tensor:
    targets = labels != IGNORE_INDEX
    log_p, log_q = ((logits[targets] / T).log_softmax(-1) for logits in (t, z))
    return T**2 * _both(log_p, log_q).mean() / 2


JSD: tuple[WrongAnswer[Jsd], ...] = (
    WrongAnswer(
        "softmax of the mean logits",
        mean_of_logits,
        "Your value exceeds the bound: what you take for m is far from p and from q. What is it the mean of?",
    ),
    WrongAnswer(
        "mean of the logarithms",
        _of(_mean_of_logs),
        "Your value grows without bound: the m that belongs to your ln m does not even sum to 1.",
    ),
    WrongAnswer(
        "half of the logarithm",
        _of(_half_log),
        "Below 0, where a model is compared with itself: the m that belongs to your ln m does not sum to 1. What is "
        "ln (x / 2)?",
    ),
    WrongAnswer(
        "the sum for the mean",
        _of(_sum_of_both),
        "Below 0, where a model is compared with itself: the m that belongs to your ln m sums to 2.",
    ),
    WrongAnswer(
        "logarithms as targets",
        _of(_logarithm_as_target),
        "NaN, whatever the logits: a function that expects probabilities got their logarithms.",
    ),
    WrongAnswer(
        "mean over the vocabulary",
        _of(_mean_over_tokens),
        "Your value is too small by a factor that grows with the vocabulary: what is the mean taken over?",
    ),
    WrongAnswer(
        "probabilities, then logarithm",
        _of(_probabilities),
        "At ±1e4 something is NaN: where a probability is 0, so is a factor, and beside it stands a logarithm of 0.",
    ),
    WrongAnswer(
        "probabilities, then logarithm, and the teacher learns",
        _probabilities_of_both,
        "Two things. At ±1e4 something is NaN, from a logarithm of a probability that became 0. And a gradient reaches "
        "the teacher's logits.",
    ),
    WrongAnswer(
        "one half",
        _of(lambda log_p, log_q: _halves(log_p, log_q)[0]),
        "Exchange student and teacher, and your value changes: one of the two has no part in the sum.",
    ),
    WrongAnswer(
        "the halves added",
        _of(_both),
        "Your value is twice as large as the formula's.",
    ),
    WrongAnswer(
        "from m",
        _of(_from_m),
        "Your value exceeds the bound: which distribution gives the weights in each of your two KL?",
    ),
    WrongAnswer(
        "KL in both directions",
        _of(lambda log_p, log_q: (_kl(log_p, log_q) + _kl(log_q, log_p)) / 2),
        "Symmetric, but without a bound: where is m?",
    ),
    WrongAnswer(
        "KL",
        _of(_kl),
        "This is lab 1's divergence of teacher and student, without anything between them.",
    ),
    WrongAnswer(
        "no T²",
        lambda z, t, labels, T: answers.jsd(z, t, labels, T) / T**2,
        "The bound of your value is ln 2 at every temperature.",
    ),
    WrongAnswer(
        "padding counts",
        lambda z, t, labels, T: answers.jsd(z, t, torch.zeros_like(labels), T),
        "The logits at padding change your value: which positions have a label?",
    ),
    WrongAnswer(
        "padding divides",
        lambda z, t, labels, T: answers.jsd(z, t, labels, T) * (labels != IGNORE_INDEX).float().mean(),
        "The logits at padding change nothing, yet more padding makes your value smaller: what do you divide by?",
    ),
    WrongAnswer(
        "the teacher learns",
        _teacher_learns,
        "A gradient reaches the teacher's logits: who is to be trained here?",
    ),
    WrongAnswer(
        "detached",
        lambda z, t, labels, T: answers.jsd(z.detach(), t, labels, T),
        "The value is right, but no gradient reaches the student's logits.",
    ),
)

# -- expected_embedding


def _straight_through(z: Tensor, table: Tensor) -> Tensor:
    soft, hard = answers.expected_embedding(z, table), table[z.argmax(-1)]
    return soft + (hard - soft).detach()


EXPECTED_EMBEDDING: tuple[WrongAnswer[Embed], ...] = (
    WrongAnswer(
        "arg-max",
        lambda z, table: table[z.argmax(-1)],
        "An undecided student gets the embedding of one token from you, and no gradient goes back.",
    ),
    WrongAnswer(
        "logits as weights",
        lambda z, table: z @ table,
        "Your weights do not sum to 1: a constant on all logits would change your embedding.",
    ),
    WrongAnswer(
        "logarithms as weights",
        lambda z, table: z.log_softmax(-1) @ table,
        "Your weights are negative: what does an expectation weight with?",
    ),
    WrongAnswer(
        "over the wrong dimension",
        lambda z, table: torch.softmax(z, 0) @ table,
        "Your weights sum to 1 over the rows of the batch: over which dimension do the tokens run?",
    ),
    WrongAnswer(
        "over the positions",
        lambda z, table: torch.softmax(z, -2) @ table,
        "Your weights sum to 1 over the positions of a row: over which dimension do the tokens run?",
    ),
    WrongAnswer(
        "mean",
        lambda z, table: answers.expected_embedding(z, table) / z.shape[-1],
        "Your embedding is shorter, the more tokens there are: probabilities sum to 1 already.",
    ),
    WrongAnswer(
        "detached",
        lambda z, table: answers.expected_embedding(z, table).detach(),
        "The value is right, but no gradient reaches the logits.",
    ),
    WrongAnswer(
        "straight-through",
        _straight_through,
        "Your value is that of the arg-max, your gradient that of the expectation. This is known as a straight-through "
        "estimator; here the value is to be the expectation, too.",
    ),
)

# -- push


def _with_grad(loss: Tensor, hidden: Tensor) -> Tensor:
    """The gradient, 0 where there is none."""
    if not loss.requires_grad:
        return torch.zeros_like(hidden)
    (gradient,) = torch.autograd.grad(loss, hidden, retain_graph=True, allow_unused=True, materialize_grads=True)
    return gradient


def _no_case(loss: Tensor, hidden: Tensor) -> float:
    (gradient,) = torch.autograd.grad(loss, hidden, retain_graph=True, allow_unused=True, materialize_grads=True)
    return float(gradient.norm())


def _not_unused(loss: Tensor, hidden: Tensor) -> float:
    if not loss.requires_grad:
        return 0.0
    (gradient,) = torch.autograd.grad(loss, hidden, retain_graph=True)
    return float(gradient.norm())


def _neither(loss: Tensor, hidden: Tensor) -> float:
    (gradient,) = torch.autograd.grad(loss, hidden, retain_graph=True)
    return float(gradient.norm())


def _graph_freed(loss: Tensor, hidden: Tensor) -> float:
    (gradient,) = torch.autograd.grad(loss, hidden)
    return float(gradient.norm())


def _graph_freed_with_cases(loss: Tensor, hidden: Tensor) -> float:
    if not loss.requires_grad:
        return 0.0
    (gradient,) = torch.autograd.grad(loss, hidden, allow_unused=True, materialize_grads=True)
    return float(gradient.norm())


def _backward(loss: Tensor, hidden: Tensor) -> float:
    if not loss.requires_grad:
        return 0.0
    loss.backward(retain_graph=True)
    return 0.0 if hidden.grad is None else float(hidden.grad.norm())


def _backward_reset(loss: Tensor, hidden: Tensor) -> float:
    hidden.grad = None
    return _backward(loss, hidden)


_FREED = "From the second loss on PyTorch finds that the graph is gone: other losses share it with the first one."

PUSH: tuple[WrongAnswer[Push], ...] = (
    WrongAnswer(
        "value",
        lambda loss, hidden: float(loss.detach()),
        "You return how large the loss is. The question is how steep it is.",
    ),
    WrongAnswer(
        "no case for a loss without gradient",
        _no_case,
        "PyTorch raises an error for a loss with nothing to differentiate. How hard does such a loss push?",
    ),
    WrongAnswer(
        "no case for a loss of others",
        _not_unused,
        "PyTorch raises an error for a loss that has a gradient, but not with respect to these numbers.",
    ),
    WrongAnswer(
        "no case for either",
        _neither,
        "PyTorch raises an error where no gradient arrives, for one reason or another. How hard is such a push?",
    ),
    WrongAnswer("graph freed", _graph_freed, _FREED),
    WrongAnswer(
        "graph freed, with cases",
        _graph_freed_with_cases,
        "The graph is gone after your first call, and the next loss shares it.",
    ),
    WrongAnswer(
        "backward",
        _backward,
        "Each call of backward adds to what earlier calls have left behind.",
    ),
    WrongAnswer(
        "backward, reset before",
        _backward_reset,
        "Right numbers; but what you leave behind would be added to the next step of a training.",
    ),
    WrongAnswer(
        "returns a tensor",
        lambda loss, hidden: _with_grad(loss, hidden).norm(),
        "The push is right, but a tensor: tables of pushes are to show numbers.",
    ),
    WrongAnswer(
        "sum",
        lambda loss, hidden: float(_with_grad(loss, hidden).sum()),
        "Positive and negative entries cancel in yours: how long is the arrow (3, −4)?",
    ),
    WrongAnswer(
        "sum of sizes",
        lambda loss, hidden: float(_with_grad(loss, hidden).abs().sum()),
        "For (3, −4) you get 7, the way around two sides of a triangle. How long is the third?",
    ),
    WrongAnswer(
        "largest entry",
        lambda loss, hidden: float(_with_grad(loss, hidden).abs().max()),
        "For (3, −4) you get 4: one entry alone counts.",
    ),
    WrongAnswer(
        "squared",
        lambda loss, hidden: float(_with_grad(loss, hidden).square().sum()),
        "Twice the loss has four times your push.",
    ),
    WrongAnswer(
        "relative to the value",
        lambda loss, hidden: float(_with_grad(loss, hidden).norm() / loss.detach()),
        "Twice the loss has the same push in yours. Training takes the gradient as it is.",
    ),
)
