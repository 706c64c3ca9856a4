"""Answers that students give to the exercises of lab 1, and what the checks say to them."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from course.checking import WrongAnswer
from course.instruments import HandGradient, Loss
from course.lab1.faults import FAULTS, correct, gradient_by_hand

Soften = Callable[[Tensor, float], Tensor]
Divergence = Callable[[Tensor, Tensor], Tensor]

_FAULTS = {fault.name: fault.code for fault in FAULTS}


def _outside(logits: Tensor, T: float) -> Tensor:
    return F.log_softmax(logits, -1) / T


def _naive(logits: Tensor, T: float) -> Tensor:
    powers = (logits / T).exp()
    return (powers / powers.sum(-1, keepdim=True)).log()


SOFTEN: tuple[WrongAnswer[Soften], ...] = (
    WrongAnswer(
        "T is not used",
        lambda logits, T: F.log_softmax(logits, -1),
        "Your result is the same at every temperature.",
    ),
    WrongAnswer(
        "multiplied by T",
        lambda logits, T: F.log_softmax(logits * T, -1),
        "At T = 3 your distribution is more certain than at T = 1. What should a higher temperature do?",
    ),
    WrongAnswer(
        "probabilities",
        lambda logits, T: torch.softmax(logits / T, -1),
        "Your numbers lie between 0 and 1. Read again what the function returns.",
    ),
    WrongAnswer(
        "T divides the logarithms",
        _outside,
        "Your probabilities do not sum to 1: something happens after the normalisation that has to happen before it.",
    ),
    WrongAnswer(
        "softmax, then logarithm",
        lambda logits, T: torch.softmax(logits / T, -1).log(),
        "At ±1e4 some of your numbers are −inf: a probability became 0 before its logarithm was taken.",
    ),
    WrongAnswer(
        "exponentials without a shift",
        _naive,
        "At ±1e4 some of your numbers are NaN: the exponential of a large number is infinite.",
    ),
    WrongAnswer(
        "over the wrong dimension",
        lambda logits, T: F.log_softmax(logits / T, 0),
        "Each column sums to 1, not each position: over which dimension do the tokens of the vocabulary run?",
    ),
    WrongAnswer(
        "dimension 1",
        lambda logits, T: F.log_softmax(logits / T, 1),
        "For logits of two dimensions all is well, for those of rows and positions not: which of three is the last?",
    ),
)

KL: tuple[WrongAnswer[Divergence], ...] = (
    WrongAnswer(
        "swapped",
        lambda log_p, log_q: (log_q.exp() * (log_q - log_p)).sum(-1),
        "This is the other divergence of the two. By whose probabilities does the formula weight? "
        "(A library function can have its arguments in another order than the formula.)",
    ),
    WrongAnswer(
        "weighted by logarithms",
        lambda log_p, log_q: (log_p * (log_p - log_q)).sum(-1),
        "The weights of a mean are not negative, and yours are: in what form does the first argument arrive?",
    ),
    WrongAnswer(
        "logarithms into kl_div as probabilities",
        lambda log_p, log_q: F.kl_div(log_q, log_p, reduction="none").sum(-1),
        "NaN: a logarithm of a negative number was taken. What form does the library function expect its target in?",
    ),
    WrongAnswer(
        "mean over the vocabulary",
        lambda log_p, log_q: (log_p.exp() * (log_p - log_q)).mean(-1),
        "Your value depends on how many tokens the vocabulary has, those with probability 0 included.",
    ),
    WrongAnswer(
        "cross-entropy",
        lambda log_p, log_q: -(log_p.exp() * log_q).sum(-1),
        "Two equal distributions are at a distance here that depends on how uncertain they are. "
        "Which term of the formula takes that away?",
    ),
    WrongAnswer(
        "minus sign",
        lambda log_p, log_q: (log_p.exp() * (log_q - log_p)).sum(-1),
        "Your values are right but for their sign.",
    ),
    WrongAnswer(
        "one number for all rows",
        lambda log_p, log_q: (log_p.exp() * (log_p - log_q)).sum(),
        "You return one number: each position has a divergence of its own.",
    ),
    WrongAnswer(
        "one number for each token",
        lambda log_p, log_q: log_p.exp() * (log_p - log_q),
        "Your result still has the dimension of the vocabulary: what does the Σ of the formula do with it?",
    ),
)


def _loss_sum(z: Tensor, t: Tensor, labels: Tensor, T: float) -> Tensor:
    return correct(z, t, labels, T) * (labels != -100).sum()


def _unreduced(z: Tensor, t: Tensor, labels: Tensor, T: float) -> Tensor:
    """The loss of each position that has a label."""
    log_p, log_q = (F.log_softmax(logits[labels != -100] / T, -1) for logits in (t.detach(), z))
    return T**2 * (log_p.exp() * (log_p - log_q)).sum(-1)


def _padding_alone(z: Tensor, t: Tensor, labels: Tensor, T: float) -> Tensor:
    return correct(z, t, torch.where(labels == -100, 0, -100), T)


def _rows_divide(z: Tensor, t: Tensor, labels: Tensor, T: float) -> Tensor:
    return _loss_sum(z, t, labels, T) / len(z)


def _mean_of_rows(z: Tensor, t: Tensor, labels: Tensor, T: float) -> Tensor:
    return torch.stack([correct(*row, T) for row in zip(z, t, labels, strict=True)]).mean()


def _student_only(z: Tensor, t: Tensor, labels: Tensor, T: float) -> Tensor:
    return correct(z, t * T, labels, T)


DISTILLATION_LOSS: tuple[WrongAnswer[Loss], ...] = (
    WrongAnswer(
        "no_square",
        _FAULTS["no_square"],
        "From T = 8 to T = 16 your gradient gets four times shorter. What keeps its length?",
    ),
    WrongAnswer(
        "swapped",
        _FAULTS["swapped"],
        "The gradient leads to the right place by another way: which of the two distributions is the reference?",
    ),
    WrongAnswer(
        "padding_counts",
        _FAULTS["padding_counts"],
        "The logits at padding change your value: which positions have a label?",
    ),
    WrongAnswer(
        "padding_divides",
        _FAULTS["padding_divides"],
        "The logits at padding change nothing, yet more padding makes your value smaller: what do you divide by?",
    ),
    WrongAnswer(
        "sum",
        _loss_sum,
        "The same rows twice make your value twice as large: a loss should not depend on the size of the batch.",
    ),
    WrongAnswer(
        "one number for each position",
        _unreduced,
        "You return a number for each position that has a label: how does the formula make one of them?",
    ),
    WrongAnswer(
        "padding alone",
        _padding_alone,
        "The logits at padding decide your value: print your mask beside the labels.",
    ),
    WrongAnswer(
        "rows divide",
        _rows_divide,
        "Your value is as many times too large as a row has labels, in the mean: what does N count?",
    ),
    WrongAnswer(
        "mean of the rows' means",
        _mean_of_rows,
        "A position counts more in a row with much padding: what is your mean taken over, and in how many steps?",
    ),
    WrongAnswer(
        "teacher_only",
        _FAULTS["teacher_only"],
        "Equal logits give two different distributions: one side does not see the temperature. Which one?",
    ),
    WrongAnswer(
        "T on the student alone",
        _student_only,
        "Equal logits give two different distributions, and the teacher's is the sharper one.",
    ),
    WrongAnswer(
        "teacher_learns",
        _FAULTS["teacher_learns"],
        "A gradient reaches the teacher's logits: who is to be trained here?",
    ),
    WrongAnswer(
        "detached",
        _FAULTS["detached"],
        "The value is right, but no gradient reaches the student's logits.",
    ),
    WrongAnswer(
        "cross_entropy",
        _FAULTS["cross_entropy"],
        "The gradient is right, but the value is not 0 at equality: your kl does more than what you use here.",
    ),
)

GRADIENT_BY_HAND: tuple[WrongAnswer[HandGradient], ...] = (
    WrongAnswer(
        "minus sign",
        lambda z, t, T: -gradient_by_hand(z, t, T),
        "Your gradient points the other way. What should happen to the logit of a token that q gives too much?",
    ),
    WrongAnswer(
        "without T",
        lambda z, t, T: gradient_by_hand(z, t, T) / T,
        "The direction is right, the length is T times too small: count the powers of T again.",
    ),
    WrongAnswer(
        "divided by T",
        lambda z, t, T: gradient_by_hand(z, t, T) / T**2,
        "This is the gradient of the divergence alone: the loss has one more factor.",
    ),
    WrongAnswer(
        "times T²",
        lambda z, t, T: gradient_by_hand(z, t, T) * T,
        "The direction is right, the length is T times too large: the chain rule has something to say about z/T.",
    ),
    WrongAnswer(
        "at T = 1",
        lambda z, t, T: T * gradient_by_hand(z, t, 1.0),
        "Your q and p do not depend on T.",
    ),
    WrongAnswer(
        "difference of logits",
        lambda z, t, T: T * (z - t),
        "Your gradient changes if a constant is added to all logits, which changes no distribution.",
    ),
)
