"""Lab 1: what its checks say to first drafts, which have more than one flaw or return something else."""

from __future__ import annotations

import pytest
import torch.nn.functional as F

from course.checking import NotYet
from course.lab1 import check


def _kl(z, t, T):
    log_p, log_q = F.log_softmax(t / T, -1), F.log_softmax(z / T, -1)
    return (log_p.exp() * (log_p - log_q)).sum(-1)


@pytest.mark.parametrize(
    "draft, said",
    [
        (
            lambda z, t, labels, T: T**2 * (_kl(z, t, T) * (labels != -100)).mean(),
            "more padding makes your value smaller",
        ),
        (lambda z, t, labels, T: _kl(z, t, T).mean(), "which positions have a label"),
        (lambda z, t, labels, T: T**2 * _kl(z, t, T)[labels != -100].sum(), "the size of the batch"),
        (lambda z, t, labels, T: _kl(t.detach(), z, T)[labels != -100].mean(), "What keeps its length"),
        (lambda z, t, labels, T: _kl(z, t, T)[labels != -100], "how does the formula make one of them"),
        (lambda z, t, labels, T: _kl(z, t, T)[labels != -100].mean().item(), "it returns a float"),
    ],
    ids=["mean over padding", "no mask", "sum", "swapped", "not reduced", "a float"],
)
def test_first_drafts_of_the_loss_are_told_what_is_wrong_first(draft, said):
    """Each of them also forgets the factor T², or lets the teacher learn."""
    with pytest.raises(NotYet, match=said):
        check.distillation_loss(draft)


@pytest.mark.filterwarnings("ignore:reduction.*batchmean")
@pytest.mark.parametrize("reduction", ["mean", "batchmean", "sum"])
def test_one_number_from_the_library_in_the_place_of_one_for_each_position(reduction):
    with pytest.raises(NotYet, match="each position has a divergence of its own"):
        check.kl(lambda log_p, log_q: F.kl_div(log_q, log_p, reduction=reduction, log_target=True))
