"""The Trident loss: the weighted sum of the components (section 3.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from trident.losses.components import COMPONENTS, IGNORE_INDEX, ce, check_shape, focal, jsd, kl
from trident.losses.fused import FusedLoss, Problem


class LossOutput(NamedTuple):
    """The weighted `total`, to call ``backward`` on, and each component's unweighted value, detached."""

    total: Tensor
    components: dict[str, Tensor]


class Head(NamedTuple):
    """One model's logits (..., V), as (scale · states) @ outputᵀ; without `output` (V, d), `states` are the logits."""

    states: Tensor
    output: Tensor | None
    scale: float

    def logits(self, rows: Tensor | None = None) -> Tensor:
        """(..., V); with indices `rows` (n,) of flattened positions, (n, V)."""
        states = self.states if rows is None else self.states.reshape(-1, self.states.shape[-1])[rows]
        return states if self.output is None else (states * self.scale) @ self.output.mT


@dataclass(kw_only=True)
class Sources:
    """Where the logits come from: given as they are (..., V), or as last hidden states (..., d) with the output matrix.

    The scale multiplies the hidden states: T5 with tied embeddings has d^-0.5; the released code omits the teacher's.
    """

    student_logits: Tensor | None = None
    student_hidden: Tensor | None = None
    student_output: Tensor | None = None
    student_scale: float = 1.0
    teacher_logits: Tensor | None = None
    teacher_hidden: Tensor | None = None
    teacher_output: Tensor | None = None
    teacher_scale: float = 1.0

    def head(self, who: str) -> Head:
        """``student`` or ``teacher``. Raises ValueError if its logits are missing or given twice."""
        logits, hidden, output = (getattr(self, f"{who}_{part}") for part in ("logits", "hidden", "output"))
        if (logits is None) == (hidden is None) or (hidden is None) != (output is None):
            raise ValueError(
                f"the {who} is missing or given twice: give {who}_logits, or {who}_hidden together with {who}_output"
            )
        return Head(logits if hidden is None else hidden, output, getattr(self, f"{who}_scale"))


@dataclass(kw_only=True)
class TridentLoss:
    """L = Σ w·L_component over ``ce``, ``kl``, ``focal`` and ``jsd`` (section 3.1); the trainer adds the semantic term.

    The fused loss computes value and gradient together, chunk by chunk, so that hidden states need the logits of one
    chunk only; it has one backward pass. The plain loss (`fused` = False) applies the functions of `components`, which
    explain the other fields.
    """

    temperature: float
    focal_alpha: float = 0.25
    focal_gamma: float = 2.0
    token_weights: Tensor | None = None
    shared_vocabulary: bool = False
    fused: bool = True
    chunk: int = 256

    def __post_init__(self) -> None:
        if self.temperature <= 0 or self.chunk < 1:
            raise ValueError(f"temperature = {self.temperature}, chunk = {self.chunk}: both must be positive")

    def __call__(
        self, weights: Mapping[str, float], labels: Tensor, *, num_items: int | Tensor | None = None, **sources: Any
    ) -> LossOutput:
        """The weighted loss of one batch.

        Args:
            weights: component → weight ≥ 0; a component with weight 0 is not computed.
            labels: (...,) token ids, IGNORE_INDEX at padding.
            num_items: target tokens of the whole effective batch, as in `components`.
            sources: the fields of :class:`Sources`.

        Raises:
            ValueError: an unknown component, a negative weight, no weight above 0, or logits that are missing, given
                twice or of the wrong shape.
        """
        active, given = _active(weights), Sources(**sources)
        if self.fused and (torch.is_grad_enabled() or given.student_hidden is not None):
            return self._fused(active, labels, given, num_items)
        z: Any = given.head("student").logits()
        t: Any = given.head("teacher").logits() if {"kl", "jsd"} & active.keys() else None
        focusing: Any = {"alpha": self.focal_alpha, "gamma": self.focal_gamma, "token_weights": self.token_weights}
        common: Any = {"temperature": self.temperature, "shared_vocabulary": self.shared_vocabulary}
        compute: dict[str, Callable[[], Tensor]] = {
            "ce": lambda: ce(z, labels, num_items=num_items),
            "kl": lambda: kl(z, t, labels, **common, num_items=num_items),
            "focal": lambda: focal(z, labels, **focusing, num_items=num_items),
            "jsd": lambda: jsd(z, t, labels, **common, num_items=num_items),
        }
        values = {name: compute[name]() for name in active}
        total = torch.stack([weight * values[name] for name, weight in active.items()]).sum()
        return LossOutput(total, {name: value.detach() for name, value in values.items()})

    def components(self, names: Collection[str], labels: Tensor, **options: Any) -> dict[str, Tensor]:
        """Each component's unweighted value with a graph of its own, for :func:`gradient_audit` and GradNorm."""
        return {name: self({name: 1.0}, labels, **options).total for name in names}

    def _fused(
        self, weights: Mapping[str, float], labels: Tensor, given: Sources, num_items: int | Tensor | None
    ) -> LossOutput:
        student, teacher = given.head("student"), None
        check_shape("student", student.states, labels)
        if {"kl", "jsd"} & weights.keys():
            teacher = given.head("teacher")
            check_shape("teacher", teacher.states, labels)
        rows = (labels.flatten() != IGNORE_INDEX).nonzero()[:, 0]
        count = num_items if num_items is not None and len(rows) else max(len(rows), 1)
        share = student.states.new_ones((), dtype=torch.promote_types(student.states.dtype, torch.float32)) / count
        problem = Problem(
            weights=weights,
            temperature=self.temperature,
            focal_alpha=self.focal_alpha,
            focal_gamma=self.focal_gamma,
            shared_vocabulary=self.shared_vocabulary,
            token_weights=None if self.token_weights is None else self.token_weights.to(share),
            rows=rows,
            labels=labels.flatten()[rows],
            share=share,
            scale=student.scale,
            teacher=None if teacher is None else teacher.logits,
            chunk=self.chunk,
            want_gradient=torch.is_grad_enabled(),
        )
        states = student.states.reshape(-1, student.states.shape[-1])
        total, components = FusedLoss.apply(states, student.output, problem)
        return LossOutput(total, dict(zip(weights, components, strict=True)))


def _active(weights: Mapping[str, float]) -> dict[str, float]:
    """The weights above 0, in the order of COMPONENTS."""
    for name, weight in weights.items():
        if name not in COMPONENTS:
            raise ValueError(f"unknown loss component {name!r}: known are {', '.join(COMPONENTS)}")
        if not weight >= 0:
            raise ValueError(f"weight of {name!r} is {weight}: it must be 0 or more")
    if not any(weights.values()):
        raise ValueError(f"no component has a weight above 0: {dict(weights)}")
    return {name: weights[name] for name in COMPONENTS if weights.get(name, 0) > 0}
