"""The Trident loss: the weighted sum of the components (section 3.1), computed with its gradient in one pass."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from trident.losses.components import COMPONENTS, IGNORE_INDEX, check_shape
from trident.losses.fused import Settings, closed_forms, share_out

_BLOCK = 2**17  # logits per call of the closed forms on a CPU: their intermediate results stay in the cache


class LossOutput(NamedTuple):
    """The weighted `total`, to call ``backward`` on, and each component's unweighted value, detached."""

    total: Tensor
    components: dict[str, Tensor]


class Head(NamedTuple):
    """Logits (scale · states) @ outputᵀ of hidden states (..., d), or the `states` themselves without `output` (V, d).

    T5 with tied embeddings has the scale d^-0.5; the released code omits the teacher's.
    """

    states: Tensor
    output: Tensor | None = None
    scale: float = 1.0

    @torch.no_grad()
    def cast(self) -> Head:
        """With the output matrix in the precision of matrix products: autocast's, if that is on."""
        device = self.states.device.type
        precision = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else self.states.dtype
        return self if self.output is None else self._replace(output=self.output.to(precision))

    def product(self, rows: Tensor) -> Tensor | None:
        """The logits (n, V) at the positions `rows` (n,), unless they are given."""
        return None if self.output is None else (self.states[rows] * self.scale).to(self.output.dtype) @ self.output.mT


@dataclass(kw_only=True)
class TridentLoss(Settings):
    """L = Σ w·L_component over ``ce``, ``kl``, ``focal`` and ``jsd`` (section 3.1); the trainer adds the semantic term.

    Equal to the functions of `components`, but hidden states need the logits of one chunk only, and there is one
    backward pass. Matrix products follow autocast; everything on logits is in float32 or float64.
    """

    def __call__(
        self,
        weights: Mapping[str, float],
        labels: Tensor,
        *,
        student: Tensor | Head,
        teacher: Tensor | Head | None = None,
        num_items: int | Tensor | None = None,
    ) -> LossOutput:
        """The weighted loss of one batch.

        Args:
            weights: component → weight ≥ 0; a component with weight 0 is not computed.
            labels: (...,) token ids, IGNORE_INDEX at padding.
            student, teacher: logits (..., V) or :class:`Head`; the teacher is for ``kl`` and ``jsd`` only.
            num_items: target tokens of the whole effective batch, as in `components`.

        Raises:
            ValueError: an unknown component, a negative weight, no weight above 0, no teacher, or a wrong shape.
        """
        active = _active(weights)
        of_student = _head("student", student, labels)
        of_teacher = _head("teacher", teacher, labels) if {"kl", "jsd"} & active.keys() else None
        if self.token_weights is not None:
            self.token_weights = self.token_weights.to(labels.device)
        work = _Pass(self, active, labels.flatten(), num_items, of_student, of_teacher)
        with torch.no_grad():
            components = work.components()
            total = torch.stack([active[name] * value for name, value in components.items()]).sum()
        return LossOutput(_WithGradients.apply(total, work.gradients, of_student.states, of_student.output), components)

    def components(self, names: Collection[str], labels: Tensor, **options: Any) -> dict[str, Tensor]:
        """Each component's unweighted value with a graph of its own, for :func:`gradient_audit` and GradNorm."""
        return {name: self({name: 1.0}, labels, **options).total for name in names}


class _WithGradients(torch.autograd.Function):
    """The `total`, with known gradients in the `inputs`: ``backward``, possible once, only scales them."""

    @staticmethod
    def forward(ctx: Any, total: Tensor, gradients: list[Tensor | None], *inputs: Tensor | None) -> Tensor:
        ctx.gradients, ctx.types = gradients, [x if x is None else x.dtype for x in inputs]
        return total.clone()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.gradients is None:
            raise RuntimeError(
                "the fused loss has one backward pass: for more, use the functions of trident.losses.components"
            )
        gradients, ctx.gradients = ctx.gradients, None
        scaled = (x if x is None else x.mul_(upstream).to(dtype) for x, dtype in zip(gradients, ctx.types, strict=True))
        return None, None, *scaled


class _Pass:
    """One pass over the target positions. It fills in `values` and `gradients`."""

    def __init__(
        self,
        settings: Settings,
        weights: Mapping[str, float],
        labels: Tensor,
        num_items: int | Tensor | None,
        student: Head,
        teacher: Head | None,
    ) -> None:
        self.settings, self.labels, self.rows = settings, labels, (labels != IGNORE_INDEX).nonzero()[:, 0]
        self.student, self.teacher = student.cast(), None if teacher is None else teacher.cast()
        count = num_items if num_items is not None and len(self.rows) else max(len(self.rows), 1)
        self.exact = torch.promote_types(student.states.dtype, torch.float32)
        self.share = student.states.new_ones((), dtype=self.exact) / count
        self.factors = {name: weight * self.share for name, weight in weights.items()}
        self.values = {name: self.share.new_zeros(len(labels)) for name in weights}  # (positions,)
        enabled = torch.is_grad_enabled()
        self.gradients = [  # the total's, in the student's states and output matrix
            torch.zeros_like(x, dtype=self.exact) if enabled and x is not None and x.requires_grad else None
            for x in (student.states, student.output)
        ]

    def components(self) -> dict[str, Tensor]:
        """Each component's mean, after the pass."""
        for chunk in self.rows.split(self.settings.chunk):
            self._chunk(chunk)
        return {name: value.sum() * self.share for name, value in self.values.items()}

    def _chunk(self, rows: Tensor) -> None:
        """The matrix products, and the closed forms between them, at the positions `rows` (n,)."""
        (states, matrix, scale), (of_states, of_output) = self.student, self.gradients
        z, t = (None if head is None else head.product(rows) for head in (self.student, self.teacher))
        with torch.autocast(rows.device.type, enabled=False):
            if z is None or matrix is None:
                self._closed_forms(rows, None, t)
                return
            z = z.to(self.exact)
            self._closed_forms(rows, z, t)
            if matrix.dtype != torch.float16:  # gradients of single logits are too small for it
                z = z.to(matrix.dtype)
            if of_states is not None:
                of_states[rows] = (z @ matrix.to(z.dtype)).to(self.exact) * scale
            h = (states[rows] * scale).to(matrix.dtype).to(z.dtype)
            if of_output is not None and z.dtype == self.exact:
                of_output.addmm_(z.T, h)  # without a temporary result
            elif of_output is not None:
                of_output += z.T @ h

    def _closed_forms(self, rows: Tensor, z: Tensor | None, t: Tensor | None) -> None:
        """The closed forms at `rows`, in blocks. Logits `z` and `t` (n, V) are products; `z` becomes its gradient."""
        states, of_states = self.student.states, self.gradients[0]
        vocabulary, block = (states if z is None else z).shape[1], self.settings.chunk
        if rows.device.type == "cpu":
            block = min(block, max(1, _BLOCK // vocabulary))

        @torch.no_grad()  # each thread has a grad mode of its own
        def work(parts: Iterable[slice]) -> None:
            workspace = states.new_empty(3, min(block, len(rows)), vocabulary, dtype=self.exact)
            for part in parts:
                at = rows[part]
                student = states[at].to(self.exact) if z is None else z[part]
                teacher = None
                if self.teacher is not None:
                    teacher = (self.teacher.states[at] if t is None else t[part]).to(self.exact)
                room = workspace[:, : len(at)]
                values, gradient = closed_forms(student, teacher, self.labels[at], self.factors, self.settings, room)
                for name, value in values.items():
                    self.values[name][at] = value
                if z is not None:
                    z[part] = gradient
                elif of_states is not None:
                    of_states[at] = gradient

        share_out([slice(start, start + block) for start in range(0, len(rows), block)], work)


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


def _head(who: str, given: Tensor | Head | None, labels: Tensor) -> Head:
    """With one leading dimension (positions). Raises ValueError if nothing is given, or its shape does not fit."""
    if given is None:
        raise ValueError(f"the {who} is missing: kl and jsd need its logits or hidden states")
    head = given if isinstance(given, Head) else Head(given)
    check_shape(who, head.states, labels)
    return head._replace(states=head.states.reshape(-1, head.states.shape[-1]))
