"""The Trident loss: the weighted sum of the components (section 3.1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from trident.losses.components import COMPONENTS, IGNORE_INDEX, ce, check_shape, common_vocabulary, focal, jsd, kl
from trident.losses.fused import FusedLoss, Problem


class LossOutput(NamedTuple):
    """The weighted `total`, to call ``backward`` on, and each component's unweighted value, detached."""

    total: Tensor
    components: dict[str, Tensor]


class Head(NamedTuple):
    """One model's logits, (scale · states) @ outputᵀ; without an output matrix, `states` are the logits."""

    states: Tensor  # (..., d) or (..., V)
    output: Tensor | None  # (V, d)
    scale: float

    def logits(self, rows: Tensor | None = None) -> Tensor:
        """(..., V); with indices `rows` (n,) of flattened positions, (n, V)."""
        states = self.states if rows is None else self.states.reshape(-1, self.states.shape[-1])[rows]
        return states if self.output is None else (states * self.scale) @ self.output.mT

    def vocabulary(self) -> int:
        return self.states.shape[-1] if self.output is None else len(self.output)


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where the logits come from: given as they are (..., V), or as last hidden states (..., d) and output matrix (V, d).

    A scale multiplies the hidden states: T5 with tied embeddings has d^-0.5; the released code omits the teacher's.
    """

    student_logits: Tensor | None = None
    student_hidden: Tensor | None = None
    student_output: Tensor | None = None
    student_scale: float = 1.0
    teacher_logits: Tensor | None = None
    teacher_hidden: Tensor | None = None
    teacher_output: Tensor | None = None
    teacher_scale: float = 1.0

    def student(self) -> Head:
        return _head("student", self.student_logits, self.student_hidden, self.student_output, self.student_scale)

    def teacher(self) -> Head:
        """Detached. Raises ValueError if the teacher is missing or given twice, as `student` does for the student."""
        head = _head("teacher", self.teacher_logits, self.teacher_hidden, self.teacher_output, self.teacher_scale)
        return Head(head.states.detach(), None if head.output is None else head.output.detach(), head.scale)


def _head(who: str, logits: Tensor | None, hidden: Tensor | None, output: Tensor | None, scale: float) -> Head:
    if logits is not None and hidden is None and output is None:
        return Head(logits, None, 1.0)
    if logits is None and hidden is not None and output is not None:
        return Head(hidden, output, scale)
    raise ValueError(
        f"the {who} is missing or given twice: give either {who}_logits, or {who}_hidden together with {who}_output"
    )


class TridentLoss(torch.nn.Module):
    """L = Σ w·L_component over ``ce``, ``kl``, ``focal`` and ``jsd`` (section 3.1); :class:`SemanticTerm` is added to it.

    The plain loss applies the functions of `components` to whole tensors of logits. The fused loss, the default, works on
    chunks of the target positions and computes loss and gradient together; given hidden states, it never holds more logits
    than one chunk has. Values and gradients are the same, but the fused loss has one backward pass only.

    Args:
        temperature: T of KL and JSD.
        focal_alpha, focal_gamma, token_weights: of the focal loss.
        shared_vocabulary: as in :func:`kl`.
        chunk: positions per chunk: larger matrix products for more memory.
    """

    token_weights: Tensor | None

    def __init__(
        self,
        *,
        temperature: float,
        focal_alpha: float = 0.25,
        focal_gamma: float = 2.0,
        token_weights: Tensor | None = None,
        shared_vocabulary: bool = False,
        fused: bool = True,
        chunk: int = 256,
    ) -> None:
        super().__init__()
        if temperature <= 0 or chunk < 1:
            raise ValueError(f"temperature = {temperature}, chunk = {chunk}: both must be positive")
        self.temperature, self.focal_alpha, self.focal_gamma = temperature, focal_alpha, focal_gamma
        self.shared_vocabulary, self.fused, self.chunk = shared_vocabulary, fused, chunk
        self.register_buffer("token_weights", token_weights, persistent=False)

    def forward(
        self, weights: Mapping[str, float], labels: Tensor, *, num_items: int | Tensor | None = None, **sources: Any
    ) -> LossOutput:
        """The weighted loss of one batch.

        Args:
            weights: component → weight ≥ 0; a component with weight 0 is not computed.
            labels: (...,) token ids, IGNORE_INDEX at padding.
            num_items: target tokens of the whole effective batch, as in `components`.
            sources: the fields of :class:`Sources`.

        Raises:
            ValueError: an unknown component, a negative weight, no weight above 0, or logits that are missing, given twice
                or of the wrong shape.
        """
        active, given = _active(weights), Sources(**sources)
        if self.fused and (torch.is_grad_enabled() or given.student_hidden is not None):
            return self._fused(active, labels, given, num_items)
        values = self._plain(active, labels, given, num_items)
        total = torch.stack([weight * values[name] for name, weight in active.items()]).sum()
        return LossOutput(total, {name: value.detach() for name, value in values.items()})

    def components(self, names: Collection[str], labels: Tensor, **options: Any) -> dict[str, Tensor]:
        """Each component's unweighted value with a graph of its own, for :func:`gradient_audit` and GradNorm.

        Arguments and errors as in `forward`.
        """
        return {name: self({name: 1.0}, labels, **options).total for name in names}

    def _plain(
        self, names: Collection[str], labels: Tensor, given: Sources, num_items: int | Tensor | None
    ) -> dict[str, Tensor]:
        z, values = given.student().logits(), {}
        if "ce" in names:
            values["ce"] = ce(z, labels, num_items=num_items)
        if "focal" in names:
            focusing: Any = {"alpha": self.focal_alpha, "gamma": self.focal_gamma, "token_weights": self.token_weights}
            values["focal"] = focal(z, labels, **focusing, num_items=num_items)
        if "kl" in names or "jsd" in names:
            t = given.teacher().logits()
            common: Any = {"temperature": self.temperature, "shared_vocabulary": self.shared_vocabulary}
            for name, divergence in (("kl", kl), ("jsd", jsd)):
                if name in names:
                    values[name] = divergence(z, t, labels, **common, num_items=num_items)
        return {name: values[name] for name in names}

    def _fused(
        self, weights: Mapping[str, float], labels: Tensor, given: Sources, num_items: int | Tensor | None
    ) -> LossOutput:
        student, teacher = given.student(), None
        check_shape("student", student.states, labels)
        if "kl" in weights or "jsd" in weights:
            teacher = given.teacher()
            check_shape("teacher", teacher.states, labels)
            common_vocabulary(student.vocabulary(), teacher.vocabulary(), self.shared_vocabulary)
        rows = (labels.flatten() != IGNORE_INDEX).nonzero()[:, 0]
        count = num_items if num_items is not None and len(rows) else max(len(rows), 1)
        share = student.states.new_ones((), dtype=torch.promote_types(student.states.dtype, torch.float32)) / count
        problem = Problem(
            weights=weights,
            temperature=self.temperature,
            focal_alpha=self.focal_alpha,
            focal_gamma=self.focal_gamma,
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
    """The weights above 0, in the order of COMPONENTS. Raises ValueError as :meth:`TridentLoss.forward` says."""
    for name, weight in weights.items():
        if name not in COMPONENTS:
            raise ValueError(f"unknown loss component {name!r}: known are {', '.join(COMPONENTS)}")
        if not weight >= 0:
            raise ValueError(f"weight of {name!r} is {weight}: it must be 0 or more")
    active = {name: weights[name] for name in COMPONENTS if weights.get(name, 0) > 0}
    if not active:
        raise ValueError(f"no component has a weight above 0: {dict(weights)}")
    return active
