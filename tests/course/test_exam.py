"""The numbers in the answers of the exam are those that a computation gives."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch
from scipy import stats

from course import labs
from course.lab4 import faults
from trident.losses import components


def answers() -> dict[int, str]:
    text = (labs.ROOT / "guide/exam.md").read_text(encoding="utf-8")
    questions, found = text.split("## Answers")
    parts = re.split(r"^(\d+)\. ", found.split("\nThe spare one")[0], flags=re.M)[1:]
    assert len(re.findall(r"^\d+\. \*\*\(Lab [1-4]\)\*\*", questions, flags=re.M)) == 10
    return {int(number): body for number, body in zip(parts[::2], parts[1::2], strict=True)}


def printed(number: int) -> list[float]:
    """The bold numbers of an answer, in their order."""
    bold = " ".join(re.findall(r"\*\*([^*]+)\*\*", answers()[number]))
    return [float(value) for value in re.findall(r"-?\d+\.?\d*", bold.replace("−", "-"))]


def kl(p, q) -> float:
    return float(np.sum(np.array(p) * np.log(np.array(p) / np.array(q))))


def two_logits():
    return torch.tensor([[[0.0, 2 * math.log(3)]]], requires_grad=True), torch.zeros(1, 1, 2)


def test_there_are_ten_answers():
    assert list(answers()) == list(range(1, 11))


def test_question_1_gradient_at_a_temperature():
    z, t = two_logits()
    value = components.kl(z, t, torch.zeros(1, 1, dtype=torch.long), temperature=2.0)
    value.backward()
    assert printed(1) == pytest.approx([float(value.detach()) / 4, *z.grad.flatten().tolist()], abs=6e-4)


def test_question_2_the_limit_of_high_temperatures():
    z, t = (logits.double() for logits in two_logits())
    value = components.kl(z, t, torch.zeros(1, 1, dtype=torch.long), temperature=1000.0)
    centred = (z - z.mean()).detach()
    assert printed(2) == pytest.approx([float((centred**2).sum()) / 4], abs=6e-4)
    assert printed(2) == pytest.approx([float(value.detach())], abs=1e-3)


def test_question_3_directions_of_kl():
    p, q1, q2 = (0.49, 0.02, 0.49), (1 / 3, 1 / 3, 1 / 3), (0.9, 0.05, 0.05)
    assert printed(3) == pytest.approx([kl(p, q1), kl(p, q2), kl(q1, p), kl(q2, p)], abs=6e-4)


def test_question_6_focal_against_cross_entropy():
    values, gradients = [], []
    for s in (0.9, 0.1):
        found = []
        for loss in (
            lambda z, y: components.focal(z, y, alpha=0.25, gamma=2.0),
            lambda z, y: components.ce(z, y),
        ):
            z = torch.tensor([[[math.log(s), math.log(1 - s)]]], dtype=torch.double, requires_grad=True)
            value = loss(z, torch.zeros(1, 1, dtype=torch.long))
            value.backward()
            found.append((float(value.detach()), float(z.grad.norm())))
        values.append(found[0][0] / found[1][0])
        gradients.append(found[0][1] / found[1][1])
    assert printed(6) == pytest.approx([*values, *gradients], abs=6e-4)


def test_question_7_jsd_hardly_pushes():
    pushes = {"kl": [], "jsd": []}
    for epsilon in (0.01, 0.0001):
        for name in pushes:
            z = torch.tensor([[[math.log(epsilon), math.log(1 - epsilon)]]], dtype=torch.double, requires_grad=True)
            t = torch.tensor([[[0.0, -1e4]]], dtype=torch.double)
            loss = getattr(components, name)(z, t, torch.zeros(1, 1, dtype=torch.long), temperature=1.0)
            loss.backward()
            pushes[name].append(float(z.grad[0, 0, 0]))
    assert printed(7) == pytest.approx([*pushes["kl"], *pushes["jsd"]], rel=5e-3)
    ratios = [one / other for one, other in zip(pushes["kl"], pushes["jsd"], strict=True)]
    for ratio in ratios:
        assert f"{ratio:,.0f}" in answers()[7]


def test_question_9_copies_and_few_classes():
    leads = {n: np.arange(1, n + 1) / 8 for n in (5, 6)}
    found = [faults.permutation_p(lead, np.zeros(n), np.arange(n), 20_000, 0) for n, lead in leads.items()]
    assert printed(9) == pytest.approx([12**0.5, *found], abs=5e-3)
    assert printed(9)[1:] == pytest.approx([2 / 32, 2 / 64], abs=6e-4)


def test_question_10_welch():
    ours, theirs = (0.921, 0.915, 0.909), (0.911, 0.905, 0.899)
    test = stats.ttest_ind(ours, theirs, equal_var=False)
    interval = test.confidence_interval()
    error = (np.mean(ours) - np.mean(theirs)) / test.statistic
    assert test.df == pytest.approx(4) and stats.t.ppf(0.975, 4) == pytest.approx(2.776, abs=1e-3)
    assert printed(10) == pytest.approx([error, interval.low, interval.high, test.pvalue], abs=6e-4)
