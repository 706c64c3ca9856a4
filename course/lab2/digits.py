"""Small images of digits, a teacher that knows them, and students with a sixteenth of its hidden units.

The images come with scikit-learn (8 × 8 pixels, 1,797 of them), so that a training takes a fraction of a second.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from trident.losses import kl
from trident.losses.components import IGNORE_INDEX

CLASSES, PIXELS = 10, 64
TEACHER_UNITS, STUDENT_UNITS = 256, 16
#: Images that the teacher learns from, and images that students learn from; the others are the test set.
TEACHER_IMAGES, POOL_IMAGES = 300, 1000
TEACHER_STEPS, STEPS = 300, 100

#: One training step: student, optimiser, images, labels, the teacher's logits, α, T → the loss before the step.
Step = Callable[[nn.Module, Optimizer, Tensor, Tensor, Tensor, float, float], float]
#: The teacher and images → a label for each image.
PseudoLabels = Callable[[nn.Module, Tensor], Tensor]


class Images(NamedTuple):
    """Images `x` (rows, 64), between 0 and 1, and labels `y` (rows,), the digits; -100: no label."""

    x: Tensor
    y: Tensor

    def at(self, rows: Tensor) -> Images:
        """Those at indices, or where a mask is true."""
        return Images(self.x[rows], self.y[rows])


class Digits(NamedTuple):
    """The images in three parts: what the teacher was trained on, what students learn from, what tests both."""

    teacher: Images
    pool: Images
    test: Images


@cache
def load() -> Digits:
    """The images, always in the same three parts."""
    found = load_digits()
    order = torch.randperm(len(found.target), generator=torch.Generator().manual_seed(0))
    images = Images(torch.tensor(found.data, dtype=torch.float32) / 16, torch.tensor(found.target)).at(order)
    first, second = TEACHER_IMAGES, TEACHER_IMAGES + POOL_IMAGES
    rows = torch.arange(len(order))
    return Digits(images.at(rows[:first]), images.at(rows[first:second]), images.at(rows[second:]))


def teacher() -> nn.Module:
    """The trained teacher, with dropout, in eval() mode: a copy of its own for each call. Takes 3 s the first time."""
    return copy.deepcopy(_trained())


@cache
def _trained() -> nn.Module:
    images = load().teacher
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        layers = nn.Linear(PIXELS, TEACHER_UNITS), nn.ReLU(), nn.Dropout(0.5), nn.Linear(TEACHER_UNITS, CLASSES)
        model = nn.Sequential(*layers)
        optimiser = Adam(model.parameters(), lr=0.003)
        for _ in range(TEACHER_STEPS):
            optimiser.zero_grad()
            F.cross_entropy(model(images.x), images.y).backward()
            optimiser.step()
    return model.eval()


def new_student(seed: int) -> tuple[nn.Module, Optimizer]:
    """An untrained student and its optimiser."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        student = nn.Sequential(nn.Linear(PIXELS, STUDENT_UNITS), nn.ReLU(), nn.Linear(STUDENT_UNITS, CLASSES))
    return student, Adam(student.parameters(), lr=0.03, fused=True)


def answers(model: nn.Module, x: Tensor) -> Tensor:
    """The logits (rows, 10) of a model, which is in eval() mode afterwards."""
    with torch.no_grad():
        return model.eval()(x)


def soft_loss(z: Tensor, t: Tensor, T: float) -> Tensor:
    """T² times the mean of KL(p ‖ q) over all images: the loss of lab 1, without padding."""
    return kl(z, t, torch.zeros_like(z[:, 0], dtype=torch.long), temperature=T)


def train(step: Step, images: Images, t: Tensor, alpha: float, T: float, seed: int) -> nn.Module:
    """A student after :data:`STEPS` steps, each on all images; `t` holds the teacher's logits on them."""
    student, optimiser = new_student(seed)
    for _ in range(STEPS):
        step(student, optimiser, images.x, images.y, t, alpha, T)
    return student


def accuracy(model: nn.Module, images: Images) -> float:
    """The share of images whose first choice is the label."""
    return float((answers(model, images.x).argmax(-1) == images.y).float().mean())


def sample(images: Images, number: int, seed: int) -> Tensor:
    """Indices of `number` images, equally many of each digit; all indices if there are no more images."""
    order = torch.randperm(len(images.y), generator=torch.Generator().manual_seed(seed))
    if number >= len(order):
        return order
    return torch.cat([order[images.y[order] == digit][: number // CLASSES] for digit in range(CLASSES)])


def hide(images: Images, shown: Tensor) -> Images:
    """The same images with a label at the indices `shown` only."""
    y = torch.full_like(images.y, IGNORE_INDEX)
    y[shown] = images.y[shown]
    return Images(images.x, y)
