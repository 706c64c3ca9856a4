"""Weights of the loss components as a function of training progress (section 3.2).

`Linear` is the paper's schedule (static where no weight moves) and `RunningAverage` an addition of the released code.
`GradNorm`, which inspired the paper, and `Uncertainty` learn their weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import torch

COMPONENTS = ("ce", "kl", "focal", "jsd", "semantic")
GRADNORM_ALPHA = 1.5  # strength of GradNorm's correction for components that fall slowly
LEARNING_RATE = 0.025  # of learnt weights
_TINY = 1e-12
Values = Mapping[str, float]  # component → number


class Progress(NamedTuple):
    """Where the training is, counted from 0: epoch of `epochs`, optimiser step of `steps` in all."""

    epoch: int
    epochs: int
    step: int
    steps: int


class Schedule:
    """Gives the weights of each step, and may learn from the step."""

    needs_gradient_norms = False  # whether `update` needs the components' gradient norms on the last hidden states

    def weights(self, progress: Progress) -> dict[str, float]:
        """Component → weight, for the components that take part."""
        raise NotImplementedError

    def update(self, components: Values, gradient_norms: Values | None = None) -> None:
        """Learn from a step's unweighted component values; a component that the step left out is missing here."""

    def state_dict(self) -> dict[str, Any]:
        """What was learnt so far, as values that JSON can hold."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`."""
        vars(self).update(state)


@dataclass
class Linear(Schedule):
    """The paper's w(t) = w_start + t/T·(w_end − w_start) for each component; a weight without an end stays.

    t counts epochs or steps from 0 to T − 1, so that w_end is not reached; ``released`` divides by T − 1 instead of T,
    and the released code also has `renormalise`, which scales the weights to sum to 1.
    Raises ValueError for an end without a start, and if no weight is above 0 at the start or at the end.
    """

    start: Values
    end: Values = field(default_factory=dict)
    by_step: bool = False
    counting: Literal["paper", "released"] = "paper"
    renormalise: bool = False

    def __post_init__(self) -> None:
        if without := self.end.keys() - self.start.keys():
            raise ValueError(f"end weights for components without a start: {', '.join(sorted(without))}")
        self.end = {**self.start, **self.end}
        if not any(self.start.values()) or not any(self.end.values()):
            raise ValueError(f"no component has a weight above 0 at the start or at the end: {self.start} → {self.end}")

    def weights(self, progress: Progress) -> dict[str, float]:
        t, total = (progress.step, progress.steps) if self.by_step else (progress.epoch, progress.epochs)
        fraction = t / (total if self.counting == "paper" else max(total - 1, 1))
        weights = {name: start + fraction * (self.end[name] - start) for name, start in self.start.items()}
        divisor = sum(weights.values()) if self.renormalise else 1.0
        return {name: weight / divisor for name, weight in weights.items()}


@dataclass
class RunningAverage(Schedule):
    """Divides the weights of `base` by the components' running averages after `warmup` steps (released code only).

    An average covers all earlier steps (released: also the present one). A component with one near 0 keeps its weight.
    """

    base: Linear
    momentum: float = 0.99
    warmup: int = 100
    averages: dict[str, float] = field(default_factory=dict)
    updates: int = 0

    def weights(self, progress: Progress) -> dict[str, float]:
        warm = self.updates >= self.warmup
        divisors = {name: average for name, average in self.averages.items() if warm and average > 1e-8}
        return {name: weight / divisors.get(name, 1.0) for name, weight in self.base.weights(progress).items()}

    def update(self, components: Values, gradient_norms: Values | None = None) -> None:
        self.updates += 1
        for name, value in components.items():
            before = self.averages.get(name, abs(value))
            self.averages[name] = self.momentum * before + (1 - self.momentum) * abs(value)

    def state_dict(self) -> dict[str, Any]:
        return {"averages": dict(self.averages), "updates": self.updates}


class Learnt(Schedule):
    """One number per component, moved from 0 by Adam. Raises ValueError for a start weight that is not above 0."""

    def __init__(self, start: Values) -> None:
        if not start or not all(weight > 0 for weight in start.values()):
            raise ValueError(f"weights that are learnt must start above 0: {dict(start)}")
        self.start = dict(start)
        self.first: dict[str, float] = {}  # the first value of each component, for GradNorm
        self.values = {name: torch.zeros((), dtype=torch.float64) for name in start}
        self.adam = torch.optim.Adam(self.values.values(), lr=LEARNING_RATE, eps=_TINY)

    def descend(self, gradients: Values) -> None:
        """One step of Adam. A component without a gradient keeps its value and its moments."""
        for name, value in self.values.items():
            value.grad = value.new_tensor(gradients[name]) if name in gradients else None
        self.adam.step()

    def state_dict(self) -> dict[str, Any]:
        adam = {name: {key: x.item() for key, x in self.adam.state[v].items()} for name, v in self.values.items()}
        return {"values": {name: v.item() for name, v in self.values.items()}, "adam": adam, "first": dict(self.first)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.first = dict(state["first"])
        for name, value in self.values.items():
            value.fill_(state["values"][name])
            self.adam.state[value] = {key: value.new_tensor(x) for key, x in state["adam"][name].items()}


class GradNorm(Learnt):
    """Weights that balance the components' gradients (Chen et al. 2018), with their sum kept; learnt is w − w_start.

    The weighted gradient norm w·G moves towards (mean of w·G)·r^alpha, where r is what remains of the component's first
    value, relative to the components' mean: what falls slowly gets a larger gradient. alpha = 0 asks for equal norms.
    """

    needs_gradient_norms = True

    def weights(self, progress: Progress | None = None) -> dict[str, float]:
        return {name: start + self.values[name].item() for name, start in self.start.items()}

    def update(self, components: Values, gradient_norms: Values | None = None) -> None:
        """Learn from a step that has every component and its gradient norm; ignore any other step."""
        if gradient_norms is None or not self.start.keys() <= components.keys() & gradient_norms.keys():
            return
        self.first = self.first or {name: max(components[name], _TINY) for name in self.start}
        norms = np.array([gradient_norms[name] for name in self.start])
        weighted = norms * [*self.weights().values()]
        remaining = np.array([components[name] / self.first[name] for name in self.start])
        target = weighted.mean() * (remaining / max(remaining.mean(), _TINY)) ** GRADNORM_ALPHA
        slopes = norms * np.sign(weighted - target)  # of Σ |w·G − target|, with the target held fixed
        self.descend(dict(zip(self.start, slopes, strict=True)))
        total = sum(self.start.values())
        moved = np.maximum([*self.weights().values()], 1e-3 * total)
        for name, weight in zip(self.start, moved * total / moved.sum(), strict=True):
            self.values[name].fill_(weight - self.start[name])


class Uncertainty(Learnt):
    """Weights learnt as inverse variances (Kendall, Gal and Cipolla 2018); learnt is s = ln σ².

    A component L with start weight w adds w·(e^−s·L + s/2) to the objective, and its weight is w·e^−s. It settles where
    weight·L = w/2: start weights become shares of the loss. The publication has w = 1.
    """

    def weights(self, progress: Progress | None = None) -> dict[str, float]:
        return {name: start * math.exp(-self.values[name].item()) for name, start in self.start.items()}

    def update(self, components: Values, gradient_norms: Values | None = None) -> None:
        now = {name: weight for name, weight in self.weights().items() if name in components}
        self.descend({name: self.start[name] / 2 - weight * components[name] for name, weight in now.items()})


def from_parameters(p: Any) -> Schedule:
    """The schedule that checked parameters ask for; a component without a weight is left out."""
    names = [name for name in COMPONENTS if p.weights.get(name) or p.weights_end.get(name)]
    start = {name: p.weights.get(name, 0.0) for name in names}
    if learnt := {"gradnorm": GradNorm, "uncertainty": Uncertainty}.get(p.schedule):
        return learnt(start)
    end = {name: p.weights_end[name] for name in names if name in p.weights_end}
    moving = Linear(start, end, p.schedule == "step", p.schedule_progress, p.renormalise_weights)
    return RunningAverage(moving) if p.running_average else moving


def weights_by_epoch(schedule: Schedule, epochs: int) -> list[dict[str, float]]:
    """Weights at the start of each epoch; the last row repeats the last epoch's, which ends there in a plot."""
    return [schedule.weights(Progress(epoch, epochs, epoch, epochs)) for epoch in [*range(epochs), epochs - 1]]
