"""The numbers that the guide gives for the labs' homework are measured: lab 2 with 30 % wrong labels."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from course import labs
from course.lab2 import digits
from course.lab2.digits import Images, Step

SEEDS = (1, 2, 3)
GUIDE = (labs.guide("lab1").parent / "README.md").read_text(encoding="utf-8")


def _spoilt(y: Tensor, share: float, seed: int) -> Tensor:
    """The labels, of which a random share are those of another digit."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randperm(len(y), generator=generator)[: round(share * len(y))]
    other = torch.randint(1, digits.CLASSES, (len(rows),), generator=generator)
    return y.index_put((rows,), (y[rows] + other) % digits.CLASSES)


def _step(hard: Callable[[Tensor, Tensor], Tensor]) -> Step:
    def step(student, optimiser, x, y, t, alpha, T):
        z = student(x)
        loss = alpha * hard(z, y) + (1 - alpha) * digits.soft_loss(z, t, T)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return float(loss.detach())

    return step


def _smooth(z: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(z, y, label_smoothing=0.1)


@pytest.mark.parametrize(
    "said, hard, share, alpha",
    [
        ("has an accuracy of {}", F.cross_entropy, 0.3, 1.0),
        ("(with clean labels {})", F.cross_entropy, 0.0, 1.0),
        ("with `label_smoothing=0.1` {}", _smooth, 0.3, 1.0),
        ("with the teacher (α = ½, T = 2) {}", F.cross_entropy, 0.3, 0.5),
        ("from the teacher alone {}", F.cross_entropy, 0.3, 0.0),
    ],
)
def test_wrong_labels(said, hard, share, alpha):
    [number] = re.findall(re.escape(said).replace(r"\{\}", r"(\d\.\d\d)"), " ".join(GUIDE.split()))
    pool, test = digits.load().pool, digits.load().test
    t = digits.answers(digits.teacher(), pool.x)
    found = [
        digits.accuracy(
            digits.train(_step(hard), Images(pool.x, _spoilt(pool.y, share, seed)), t, alpha, 2.0, seed), test
        )
        for seed in SEEDS
    ]
    assert sum(found) / len(found) == pytest.approx(float(number), abs=0.015)
