"""The Trident loss: the weighted sum of the components (section 3.1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from trident.losses.components import COMPONENTS, IGNORE_INDEX, check_shape
from trident.losses.fused import FusedLoss, Problem


class LossOutput(NamedTuple):
    """The weighted `total`, to call ``backward`` on, and each component's unweighted value, detached."""

    total: Tensor
    components: dict[str, Tensor]


class Head(NamedTuple):
    """A model's logits: (scale · states) @ outputᵀ for hidden states (positions, d), or `states` without `output`."""

    states: Tensor
    output: Tensor | None
    scale: float

    def logits(self, rows: Tensor) -> Tensor:
        """(n, V) at the positions `rows` (n,)."""
        return self.states[rows] if self.output is None else (self.states[rows] * self.scale) @ self.output.mT


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

    def head(self, who: str, labels: Tensor) -> Head:
        """``student`` or ``teacher``. Raises ValueError if it is missing, given twice or does not fit the labels."""
        logits, hidden, output = (getattr(self, f"{who}_{part}") for part in ("logits", "hidden", "output"))
        if (logits is None) == (hidden is None) or (hidden is None) != (output is None):
            raise ValueError(
                f"the {who} is missing or given twice: give {who}_logits, or {who}_hidden together with {who}_output"
            )
        states = logits if hidden is None else hidden
        check_shape(who, states, labels)
        return Head(states.reshape(-1, states.shape[-1]), output, getattr(self, f"{who}_scale"))


@dataclass(kw_only=True)
class TridentLoss:
    """L = Σ w·L_component over ``ce``, ``kl``, ``focal`` and ``jsd`` (section 3.1); the trainer adds the semantic term.

    Equal to the functions of `components`, which explain the fields, but computed in chunks of `chunk` positions, value
    and gradient together (`fused`): hidden states need the logits of one chunk only. It has one backward pass.
    """

    temperature: float
    focal_alpha: float = 0.25
    focal_gamma: float = 2.0
    token_weights: Tensor | None = None
    shared_vocabulary: bool = False
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
        student = given.head("student", labels)
        rows = (labels.flatten() != IGNORE_INDEX).nonzero()[:, 0]
        count = num_items if num_items is not None and len(rows) else max(len(rows), 1)
        share = student.states.new_ones((), dtype=torch.promote_types(student.states.dtype, torch.float32)) / count
        problem = Problem(
            weights=active,
            temperature=self.temperature,
            focal_alpha=self.focal_alpha,
            focal_gamma=self.focal_gamma,
            token_weights=None if self.token_weights is None else self.token_weights.to(share),
            shared_vocabulary=self.shared_vocabulary,
            rows=rows,
            labels=labels.flatten()[rows],
            share=share,
            scale=student.scale,
            teacher=given.head("teacher", labels).logits if {"kl", "jsd"} & active.keys() else None,
            chunk=self.chunk,
            want_gradient=torch.is_grad_enabled(),
        )
        total, components = FusedLoss.apply(student.states, student.output, problem)
        return LossOutput(total, dict(zip(active, components, strict=True)))

    def components(self, names: Collection[str], labels: Tensor, **options: Any) -> dict[str, Tensor]:
        """Each component's unweighted value with a graph of its own, for :func:`gradient_audit` and GradNorm."""
        return {name: self({name: 1.0}, labels, **options).total for name in names}


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
