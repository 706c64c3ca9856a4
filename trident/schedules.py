"""Weights of the loss components as a function of progress (section 3.2).

Every schedule has two methods: ``weights(progress)`` says what to use now, ``update(components, ...)`` tells it what came of it.
:class:`Linear` is the paper's (and, with nothing that moves, the static one); :class:`RunningAverage` the released code's;
:class:`GradNorm`, which the paper names as its inspiration, and :class:`Uncertainty` learn their weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pandas as pd

COMPONENTS = ("ce", "kl", "focal", "jsd", "semantic")

Unit = Literal["epoch", "step"]
Counting = Literal["paper", "released"]


@dataclass(frozen=True)
class Progress:
    """Where the training stands, counted from 0: epoch of `epochs`, optimiser step of `steps` in all."""

    epoch: int
    epochs: int
    step: int
    steps: int


class Schedule(Protocol):
    """What the training asks of a schedule."""

    #: whether `update` wants the norms of the unweighted components' gradients on the student's last hidden states
    needs_gradient_norms: bool

    def weights(self, progress: Progress) -> dict[str, float]:
        """Component → weight, for the components that take part."""

    def update(self, components: Mapping[str, float], gradient_norms: Mapping[str, float] | None = None) -> None:
        """Tell the schedule the step's unweighted component values and, where it asks for them, gradient norms.

        A component that a step left out (the semantic term at most steps, say) is missing here.
        """

    def state_dict(self) -> dict[str, Any]:
        """All it has learnt so far, as plain numbers, to resume from."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up where `state` stood."""


def linear(start: float, end: float, fraction: float) -> float:
    """start + fraction·(end − start), the paper's w(t) (section 3.2). Raises ValueError for a fraction outside [0, 1]."""
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction = {fraction}: it must lie in [0, 1]")
    return start + fraction * (end - start)


def fraction(progress: Progress, unit: Unit = "epoch", counting: Counting = "paper") -> float:
    """How far the training is: ``paper`` t/T with t = 0 … T − 1, which never reaches 1; ``released`` t/(T − 1), which does.

    A training of one unit stays at 0 either way.
    """
    done, total = (progress.epoch, progress.epochs) if unit == "epoch" else (progress.step, progress.steps)
    return done / (total if counting == "paper" else max(total - 1, 1))


class Linear:
    """Weights that stay or move linearly: static when `start` equals `end`.

    Args:
        start: component → weight at the beginning.
        end: component → weight at the end; a component that is missing keeps its start.
        unit, counting: as in :func:`fraction`.
        renormalise: scale the weights to sum to 1, as the released code does at each epoch.
            (It also clips each to [0.01, 0.8] first, which none of the paper's weights reaches.)

    Raises:
        ValueError: an end without a start, or no weight above 0 at the start or at the end.
    """

    needs_gradient_norms = False

    def __init__(
        self,
        start: Mapping[str, float],
        end: Mapping[str, float] | None = None,
        *,
        unit: Unit = "epoch",
        counting: Counting = "paper",
        renormalise: bool = False,
    ) -> None:
        self.start = dict(start)
        self.end = {**start, **(end or {})}
        if self.end.keys() != self.start.keys():
            raise ValueError(
                f"end weights for components without a start: {sorted(self.end.keys() - self.start.keys())}"
            )
        if not any(self.start.values()) or not any(self.end.values()):
            raise ValueError(f"at the start or at the end no component has a weight above 0: {self.start} → {self.end}")
        self.unit = unit
        self.counting = counting
        self.renormalise = renormalise

    def weights(self, progress: Progress) -> dict[str, float]:
        now = fraction(progress, self.unit, self.counting)
        weights = {name: linear(self.start[name], self.end[name], now) for name in self.start}
        total = sum(weights.values())
        return {name: weight / total for name, weight in weights.items()} if self.renormalise else weights

    def update(self, components: Mapping[str, float], gradient_norms: Mapping[str, float] | None = None) -> None:
        """Nothing to learn."""

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing to take up."""


class RunningAverage:
    """Divide each weight by the component's exponential running average once `warmup` steps are over (released code).

    The paper does not mention it. The average starts at the first value; one below `floor` divides nothing. Here it reaches
    up to the step before: the released code takes in the present step first, a difference of 1 % of that step's deviation.

    Args:
        base: the schedule whose weights are divided.
    """

    @property
    def needs_gradient_norms(self) -> bool:
        return self.base.needs_gradient_norms

    def __init__(self, base: Schedule, *, momentum: float = 0.99, warmup: int = 100, floor: float = 1e-8) -> None:
        self.base = base
        self.momentum = momentum
        self.warmup = warmup
        self.floor = floor
        self.averages: dict[str, float] = {}
        self.updates = 0

    def weights(self, progress: Progress) -> dict[str, float]:
        weights = self.base.weights(progress)
        if self.updates < self.warmup:
            return weights
        return {
            name: weight / self.averages[name] if self.averages.get(name, 0.0) > self.floor else weight
            for name, weight in weights.items()
        }

    def update(self, components: Mapping[str, float], gradient_norms: Mapping[str, float] | None = None) -> None:
        self.base.update(components, gradient_norms)
        self.updates += 1
        for name, value in components.items():
            before = self.averages.get(name, abs(value))
            self.averages[name] = self.momentum * before + (1 - self.momentum) * abs(value)

    def state_dict(self) -> dict[str, Any]:
        return {"base": self.base.state_dict(), "averages": dict(self.averages), "updates": self.updates}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.base.load_state_dict(state["base"])
        self.averages = dict(state["averages"])
        self.updates = state["updates"]


class GradNorm:
    """Weights that make the components' gradients balance (Chen et al. 2018), with their sum kept.

    A component's weighted gradient norm w·G is drawn towards the mean norm times r^alpha, where r is how little its loss has
    fallen since the first update beside the others: what learns slowly gets a stronger pull.

    Args:
        start: component → weight at the beginning, all above 0.
        alpha: strength of the pull; 0 asks for equal norms.
        learning_rate: Adam's, on the weights.

    Raises:
        ValueError: a weight that is not above 0.
    """

    needs_gradient_norms = True

    def __init__(self, start: Mapping[str, float], *, alpha: float = 1.5, learning_rate: float = 0.025) -> None:
        _all_positive(start)
        self.total = sum(start.values())
        self.alpha = alpha
        self.current = dict(start)
        self.first: dict[str, float] = {}
        self.adam = _Adam(learning_rate)

    def weights(self, progress: Progress) -> dict[str, float]:
        return dict(self.current)

    def update(self, components: Mapping[str, float], gradient_norms: Mapping[str, float] | None = None) -> None:
        """Learn from a step that has every component and its gradient norm; leave any other aside."""
        if gradient_norms is None or not self.current.keys() <= components.keys() & gradient_norms.keys():
            return
        self.first = self.first or {name: max(components[name], _TINY) for name in self.current}
        remaining = {name: components[name] / self.first[name] for name in self.current}
        mean_remaining = max(sum(remaining.values()) / len(remaining), _TINY)
        norms = {name: weight * gradient_norms[name] for name, weight in self.current.items()}
        mean_norm = sum(norms.values()) / len(norms)
        slopes = {}
        for name, norm in norms.items():
            # what is minimised is Σ |gap|, with the target held fixed
            gap = norm - mean_norm * (remaining[name] / mean_remaining) ** self.alpha
            slopes[name] = math.copysign(gradient_norms[name], gap) if gap else 0.0
        moved = {name: max(value, 1e-3 * self.total) for name, value in self.adam.step(self.current, slopes).items()}
        self.current = {name: value * self.total / sum(moved.values()) for name, value in moved.items()}

    def state_dict(self) -> dict[str, Any]:
        return {"current": dict(self.current), "first": dict(self.first), "adam": self.adam.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.current = dict(state["current"])
        self.first = dict(state["first"])
        self.adam.load_state_dict(state["adam"])


class Uncertainty:
    """Weights learnt as inverse variances (Kendall, Gal and Cipolla 2018).

    Each component L with start weight w brings w·(e^−s·L + s/2) to the objective, s = ln σ² learnt along with the student; its
    weight is w·e^−s, which settles where weight·L = w/2: start weights become shares of the loss. They are those of the paper
    for w = 1.

    Args:
        start: component → weight at the beginning (s = 0), all above 0.
        learning_rate: Adam's, on s.

    Raises:
        ValueError: a weight that is not above 0.
    """

    needs_gradient_norms = False

    def __init__(self, start: Mapping[str, float], *, learning_rate: float = 0.025) -> None:
        _all_positive(start)
        self.start = dict(start)
        self.log_variances = dict.fromkeys(start, 0.0)
        self.adam = _Adam(learning_rate)

    def weights(self, progress: Progress) -> dict[str, float]:
        return {name: weight * math.exp(-self.log_variances[name]) for name, weight in self.start.items()}

    def update(self, components: Mapping[str, float], gradient_norms: Mapping[str, float] | None = None) -> None:
        """Learn from the components that the step has."""
        seen = {name: self.log_variances[name] for name in self.start if name in components}
        slopes = {name: self.start[name] * (0.5 - math.exp(-s) * components[name]) for name, s in seen.items()}
        self.log_variances |= self.adam.step(seen, slopes)

    def state_dict(self) -> dict[str, Any]:
        return {"log_variances": dict(self.log_variances), "adam": self.adam.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.log_variances = dict(state["log_variances"])
        self.adam.load_state_dict(state["adam"])


class _Adam:
    """Adam (Kingma and Ba 2015) on named numbers, with a state that JSON can hold; each name counts its own steps."""

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.moments: dict[str, tuple[int, float, float]] = {}

    def step(self, values: Mapping[str, float], slopes: Mapping[str, float]) -> dict[str, float]:
        """`values` after one step down `slopes`."""
        moved = {}
        for name, slope in slopes.items():
            count, first, second = self.moments.get(name, (0, 0.0, 0.0))
            count, first, second = count + 1, 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
            self.moments[name] = (count, first, second)
            spread = math.sqrt(second / (1 - 0.999**count))
            moved[name] = values[name] - self.learning_rate * (first / (1 - 0.9**count)) / (spread + _TINY)
        return moved

    def state_dict(self) -> dict[str, Any]:
        return {name: list(moments) for name, moments in self.moments.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.moments = {name: tuple(moments) for name, moments in state.items()}


_TINY = 1e-12


def _all_positive(weights: Mapping[str, float]) -> None:
    if not weights or not all(weight > 0 for weight in weights.values()):
        raise ValueError(f"weights that are learnt must start above 0: {dict(weights)}")


def from_parameters(p: Any) -> Schedule:
    """The schedule that the parameters ask for: `weights`, `weights_end`, `schedule`, `schedule_progress`,
    `renormalise_weights`, `running_average`. Components without weight are left out.

    Raises:
        ValueError: no component has a weight, or a setting has no meaning for the schedule.
    """
    start = {name: p.weights.get(name, 0.0) for name in COMPONENTS}
    end = {name: p.weights_end[name] for name in COMPONENTS if name in p.weights_end}
    linear_in = {"static": "epoch", "epoch": "epoch", "step": "step"}.get(p.schedule)
    if end and p.schedule not in ("epoch", "step"):
        raise ValueError(
            f"schedule is {p.schedule!r}, yet end weights are set for {', '.join(end)}: "
            "choose schedule 'epoch' or 'step', or leave weights_end empty"
        )
    if linear_in is None and (p.renormalise_weights or p.running_average):
        raise ValueError(
            f"schedule {p.schedule!r} learns its weights: renormalise_weights and running_average must be false"
        )
    kept = {name: weight for name, weight in start.items() if weight or end.get(name)}
    if p.schedule == "gradnorm":
        return GradNorm(kept)
    if p.schedule == "uncertainty":
        return Uncertainty(kept)
    if linear_in is None:
        raise ValueError(f"unknown schedule {p.schedule!r}")
    moving = Linear(
        kept,
        {name: end[name] for name in kept if name in end},
        unit=linear_in,
        counting=p.schedule_progress,
        renormalise=p.renormalise_weights,
    )
    return RunningAverage(moving) if p.running_average else moving


def table(schedule: Schedule, epochs: int) -> pd.DataFrame:
    """Weights at the start of each epoch, to look at: index = epoch (the last row repeats the last epoch's, where it ends)."""
    rows = [schedule.weights(Progress(epoch=epoch, epochs=epochs, step=epoch, steps=epochs)) for epoch in range(epochs)]
    return pd.DataFrame([*rows, rows[-1]], index=pd.RangeIndex(epochs + 1, name="epoch"))
