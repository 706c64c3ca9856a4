"""The distillation losses over logits: cross-entropy, KL, focal, Jensen-Shannon, and :class:`TridentLoss` that weighs them.

Tensors in, tensors out. Throughout, V is the vocabulary, ``...`` any leading dimensions (usually batch B × positions T), and

    z  student logits         s = softmax(z)      q = softmax(z / T)
    t  teacher logits                             p = softmax(t / T)
    y  labels; `ignore_index` marks padding, which counts nowhere unless said otherwise

Half-precision logits are computed on in float32, float32 and float64 in themselves. Logits must be finite. A loss without a
single target position is 0 with a gradient of 0, so that a micro-batch without targets adds nothing to its step.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

IGNORE_INDEX = -100
COMPONENTS = ("ce", "kl", "focal", "jsd")
_NEED_TEACHER = frozenset({"kl", "jsd"})

Reduction = Literal["token_mean", "sequence_mean", "sum"]
Padding = Literal["masked", "released"]


# -- one component each ------------------------------------------------------------------------------------------------------


def ce(
    logits: Tensor,
    labels: Tensor,
    *,
    token_weights: Tensor | None = None,
    ignore_index: int = IGNORE_INDEX,
    reduction: Reduction = "token_mean",
    num_items: int | Tensor | None = None,
) -> Tensor:
    """Cross-entropy, −ln s_y (the hard part of the paper's baseline, section 4).

    Args:
        logits: student logits (..., V).
        labels: (...,) token ids, `ignore_index` at padding.
        token_weights: (V,) factors on the positions whose label is the token; the mean still divides by positions.
        reduction: ``token_mean``, ``sequence_mean`` (mean over sequences, the last dimension of `labels`, of their token means)
            or ``sum``.
        num_items: what the mean divides by instead of this batch's own count: target tokens (``token_mean``) or sequences
            (``sequence_mean``) of the whole effective batch. With it, the losses of accumulated micro-batches *add up* to
            the loss of the effective batch; it is what Hugging Face's Trainer passes as ``num_items_in_batch``.

    Returns:
        A scalar.

    Raises:
        ValueError: shapes that do not fit, an unknown reduction, or `num_items` with ``sum``.
    """
    _check_shapes(labels, student=logits)
    mask = labels != ignore_index
    values = F.cross_entropy(_float(logits[mask]), labels[mask], reduction="none")
    return _reduce(values, mask, labels, token_weights, reduction, num_items)


def kl(
    student_logits: Tensor,
    teacher_logits: Tensor,
    labels: Tensor,
    *,
    temperature: float,
    shared_vocabulary: bool = False,
    token_weights: Tensor | None = None,
    ignore_index: int = IGNORE_INDEX,
    reduction: Reduction = "token_mean",
    num_items: int | Tensor | None = None,
) -> Tensor:
    """KL(p ‖ q)·T², from the teacher to the student (the soft part of the paper's baseline, section 4).

    Args:
        student_logits, teacher_logits: (..., V). No gradient reaches the teacher.
        temperature: T; T² keeps the gradient's size independent of it.
        shared_vocabulary: compare the first min(V, V') logits when the two sizes differ (padding of the output matrix).
        labels, token_weights, ignore_index, reduction, num_items: as in :func:`ce`; the labels only say where to look.

    Raises:
        ValueError: as :func:`ce`; also vocabularies of different size without `shared_vocabulary`, or a temperature ≤ 0.
    """
    mask = labels != ignore_index
    log_q, log_p = _log_probabilities(student_logits, teacher_logits, labels, mask, temperature, shared_vocabulary)
    values = F.kl_div(log_q, log_p, reduction="none", log_target=True).sum(-1) * temperature**2
    return _reduce(values, mask, labels, token_weights, reduction, num_items)


def focal(
    logits: Tensor,
    labels: Tensor,
    *,
    alpha: float,
    gamma: float,
    token_weights: Tensor | None = None,
    ignore_index: int = IGNORE_INDEX,
    reduction: Reduction = "token_mean",
    num_items: int | Tensor | None = None,
) -> Tensor:
    """Focal loss, −alpha·(1 − s_y)^gamma·ln s_y (section 3.1; Lin et al. 2017). gamma = 0 and alpha = 1 give :func:`ce`.

    Args:
        alpha, gamma: the paper takes 0.25 and 2.
        token_weights: (V,) factors by label: the paper's critical-token multiplier, 1 elsewhere.
        logits, labels, ignore_index, reduction, num_items: as in :func:`ce`.

    Raises:
        ValueError: as :func:`ce`.
    """
    _check_shapes(labels, student=logits)
    mask = labels != ignore_index
    surprise = F.cross_entropy(_float(logits[mask]), labels[mask], reduction="none")
    # 1 − s_y without cancellation; the floor keeps the slope of x^gamma finite at x = 0, where the loss is 0 anyway
    miss = (-torch.expm1(-surprise)).clamp_min(torch.finfo(surprise.dtype).tiny)
    return _reduce(alpha * miss**gamma * surprise, mask, labels, token_weights, reduction, num_items)


def jsd(
    student_logits: Tensor,
    teacher_logits: Tensor,
    labels: Tensor,
    *,
    temperature: float,
    mixture: float = 0.5,
    padding: Padding = "masked",
    shared_vocabulary: bool = False,
    token_weights: Tensor | None = None,
    ignore_index: int = IGNORE_INDEX,
    reduction: Reduction = "token_mean",
    num_items: int | Tensor | None = None,
) -> Tensor:
    """Jensen-Shannon divergence, [b·KL(p ‖ m) + (1 − b)·KL(q ‖ m)]·T² with m = b·p + (1 − b)·q (section 3.1).

    The paper's b is 1/2; the value then lies in [0, T²·ln 2], is symmetric, and is 0 only for p = q.

    Args:
        mixture: b, strictly between 0 and 1; other values give the generalised divergence of Agarwal et al. (2024).
        padding: ``masked`` averages over target positions; ``released`` over all positions, padding too, as the released
            code does (the teacher's logits must then be there for padding as well).
        student_logits, teacher_logits, temperature, shared_vocabulary: as in :func:`kl`.
        labels, token_weights, ignore_index, reduction, num_items: as in :func:`ce`. `num_items` counts target tokens under
            either padding: ``released`` gives its mean over all positions the batch's share of the target tokens.

    Raises:
        ValueError: as :func:`kl`; also a mixture outside (0, 1) or an unknown padding.
    """
    if not 0 < mixture < 1:
        raise ValueError(f"mixture = {mixture}: it must lie strictly between 0 and 1")
    targets = labels != ignore_index
    mask = _jsd_mask(targets, padding)
    log_q, log_p = _log_probabilities(student_logits, teacher_logits, labels, mask, temperature, shared_vocabulary)
    p_over_m, q_over_m = _log_ratios(log_p - log_q, mixture)
    values = (mixture * log_p.exp() * p_over_m + (1 - mixture) * log_q.exp() * q_over_m).sum(-1) * temperature**2
    if padding == "released" and token_weights is not None:
        raise ValueError("token_weights need a label at every position: use padding='masked'")
    if padding == "released" and num_items is not None and reduction == "token_mean":
        return _reduce(values, mask, labels, None, reduction, None) * (targets.sum().to(values) / num_items)
    return _reduce(values, mask, labels, token_weights, reduction, num_items)


def _log_ratios(d: Tensor, mixture: float) -> tuple[Tensor, Tensor]:
    """ln(p/m) and ln(q/m) from d = ln(p/q), for m = mixture·p + (1 − mixture)·q.

    Written on e^−|d| − 1 in (−1, 0], so that nothing overflows for distributions far apart, and nothing cancels for close ones.
    """
    share = torch.where(d > 0, d.new_tensor(1 - mixture), d.new_tensor(mixture))
    smaller = torch.log1p(share * torch.expm1(-d.abs()))  # ln of m over the larger of p and q
    return d.clamp_max(0) - smaller, -d.clamp_min(0) - smaller


def _log_probabilities(
    student_logits: Tensor,
    teacher_logits: Tensor,
    labels: Tensor,
    mask: Tensor,
    temperature: float,
    shared_vocabulary: bool,
) -> tuple[Tensor, Tensor]:
    """ln q and ln p (N, V) at the N positions of `mask`, checked. ln p is detached."""
    _check_shapes(labels, student=student_logits, teacher=teacher_logits)
    if temperature <= 0:
        raise ValueError(f"temperature = {temperature}: it must be positive")
    size = _vocabulary(student_logits.shape[-1], teacher_logits.shape[-1], shared_vocabulary)
    student, teacher = student_logits[..., :size][mask], teacher_logits.detach()[..., :size][mask]
    return F.log_softmax(_float(student) / temperature, -1), F.log_softmax(_float(teacher) / temperature, -1)


def _vocabulary(student: int, teacher: int, shared: bool) -> int:
    """How many logits to compare. Raises ValueError when the sizes differ and `shared` is not set."""
    if student != teacher and not shared:
        raise ValueError(
            f"the student's vocabulary has {student} tokens, the teacher's {teacher}: if both number the first "
            f"{min(student, teacher)} alike (a padded output matrix), pass shared_vocabulary=True"
        )
    return min(student, teacher)


def _jsd_mask(targets: Tensor, padding: Padding) -> Tensor:
    if padding not in ("masked", "released"):
        raise ValueError(f"padding = {padding!r}: it must be 'masked' or 'released'")
    return targets if padding == "masked" else torch.ones_like(targets)


def _check_shapes(labels: Tensor, **logits: Tensor) -> None:
    for name, tensor in logits.items():
        if tensor.shape[:-1] != labels.shape:
            raise ValueError(
                f"{name} logits or hidden states {tuple(tensor.shape)} do not fit labels {tuple(labels.shape)}: "
                "expected the labels' shape and one dimension more"
            )


def _float(x: Tensor) -> Tensor:
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def _reduce(
    values: Tensor,
    mask: Tensor,
    labels: Tensor,
    token_weights: Tensor | None,
    reduction: Reduction,
    num_items: int | Tensor | None,
) -> Tensor:
    """Bring the values (N,) of the N positions of `mask` (...,) down to a scalar. Raises ValueError as :func:`ce` says."""
    if token_weights is not None:
        values = values * token_weights.to(values)[labels[mask]]
    if reduction == "sum":
        if num_items is not None:
            raise ValueError("num_items has no meaning for reduction='sum'")
        return values.sum()
    if reduction == "sequence_mean":
        lengths = mask.sum(-1, keepdim=True).expand(mask.shape)[mask]
        values = values / lengths
        count = num_items if num_items is not None else int(mask.any(-1).sum())
    elif reduction == "token_mean":
        count = num_items if num_items is not None else len(values)
    else:
        raise ValueError(f"reduction = {reduction!r}: it must be 'token_mean', 'sequence_mean' or 'sum'")
    return values.sum() / count if len(values) else values.sum()


# -- the weighted whole ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LossOutput:
    """What :class:`TridentLoss` returns: the weighted `total`, to call ``backward`` on, and each component's value, detached."""

    total: Tensor
    components: dict[str, Tensor]


class TridentLoss(torch.nn.Module):
    """Σ weight·component over ``ce``, ``kl``, ``focal``, ``jsd`` (section 3.1); the semantic term is :mod:`trident.losses.semantic`'s.

    Plain, it is the functions above on whole tensors of logits. Fused, it goes through the target positions in chunks and finds
    loss and gradient in one sweep; given hidden states, it never holds more logits than a chunk's. Values and gradients are the
    same, but the fused loss can be differentiated once only.

    Args:
        temperature: T of KL and JSD.
        focal_alpha, focal_gamma: of the focal loss.
        token_weights: (V,) factors of the focal loss by label, or None.
        jsd_padding: as `padding` of :func:`jsd`.
        shared_vocabulary: as in :func:`kl`.
        fused: fuse; False for the plain functions.
        chunk: positions a chunk of the fused loss: memory against the size of its matrix products.
    """

    def __init__(
        self,
        *,
        temperature: float,
        focal_alpha: float = 0.25,
        focal_gamma: float = 2.0,
        token_weights: Tensor | None = None,
        jsd_padding: Padding = "masked",
        shared_vocabulary: bool = False,
        ignore_index: int = IGNORE_INDEX,
        fused: bool = True,
        chunk: int = 256,
    ) -> None:
        super().__init__()
        if temperature <= 0 or chunk < 1:
            raise ValueError(f"temperature = {temperature}, chunk = {chunk}: both must be positive")
        self.temperature = temperature
        self.focal_alpha = focal_alpha
        self.focal_gamma = focal_gamma
        self.jsd_padding = jsd_padding
        self.shared_vocabulary = shared_vocabulary
        self.ignore_index = ignore_index
        self.fused = fused
        self.chunk = chunk
        self.register_buffer("token_weights", token_weights, persistent=False)

    def forward(
        self,
        weights: Mapping[str, float],
        labels: Tensor,
        *,
        report: Collection[str] = (),
        num_items: int | Tensor | None = None,
        **sources: Tensor | float | None,
    ) -> LossOutput:
        """The weighted loss of one batch.

        Args:
            weights: component → weight ≥ 0. What has no weight is not computed, unless named in `report`.
            labels: (...,) token ids, `ignore_index` at padding.
            num_items: as in :func:`ce`.
            sources: where the logits come from, as the fields of :class:`Sources`.

        Raises:
            ValueError: an unknown component, a negative weight, no component at all, or logits that are missing or given twice.
            TypeError: a source that is none of the fields of :class:`Sources`.
        """
        names = _active(weights, report)
        given = Sources(**sources)
        if self.fused and (torch.is_grad_enabled() or given.student_hidden is not None):
            return self._fused(names, weights, labels, given, num_items)
        parts = self._plain(names, labels, given, num_items)
        total = sum(weights[name] * value for name, value in parts.items() if weights.get(name, 0) > 0)
        return LossOutput(total, {name: value.detach() for name, value in parts.items()})

    def components(
        self,
        names: Collection[str],
        labels: Tensor,
        *,
        num_items: int | Tensor | None = None,
        **sources: Tensor | float | None,
    ) -> dict[str, Tensor]:
        """Each component's value with its own graph, unweighted: for :func:`gradient_audit` and GradNorm.

        Arguments and errors as in `forward`.
        """
        return {name: self({name: 1.0}, labels, num_items=num_items, **sources).total for name in names}

    def _plain(
        self, names: list[str], labels: Tensor, given: Sources, num_items: int | Tensor | None
    ) -> dict[str, Tensor]:
        z = given.student()
        t = given.teacher() if _NEED_TEACHER & set(names) else None
        common = {"ignore_index": self.ignore_index, "num_items": num_items}
        teaching = {**common, "temperature": self.temperature, "shared_vocabulary": self.shared_vocabulary}
        compute = {
            "ce": lambda: ce(z, labels, **common),
            "kl": lambda: kl(z, t, labels, **teaching),
            "focal": lambda: focal(
                z, labels, alpha=self.focal_alpha, gamma=self.focal_gamma, token_weights=self.token_weights, **common
            ),
            "jsd": lambda: jsd(z, t, labels, padding=self.jsd_padding, **teaching),
        }
        return {name: compute[name]() for name in names}

    def _fused(
        self,
        names: list[str],
        weights: Mapping[str, float],
        labels: Tensor,
        given: Sources,
        num_items: int | Tensor | None,
    ) -> LossOutput:
        source = given.student_logits if given.student_logits is not None else given.student_hidden
        _check_shapes(labels, student=source)
        targets = labels.flatten() != self.ignore_index
        mask = _jsd_mask(targets, self.jsd_padding) if "jsd" in names else targets
        rows = mask.nonzero()[:, 0]
        # how much of its component's value each row makes up: one over the count that the mean divides by, nothing for padding
        count = num_items if num_items is not None else targets.sum().clamp_min(1)
        of_targets = targets[rows].to(torch.promote_types(source.dtype, torch.float32)) / count
        rates = dict.fromkeys(names, of_targets)
        if "jsd" in names and self.jsd_padding == "released":
            share = targets.sum().to(of_targets) / num_items if num_items is not None else 1
            rates["jsd"] = torch.full_like(of_targets, 1 / max(len(rows), 1)) * share
        y = labels.flatten()[rows].clamp_min(0)  # padding rows have no label; their rates are 0
        if "focal" in names and self.token_weights is not None:
            rates["focal"] = of_targets * self.token_weights.to(of_targets)[y]
        teacher = given.teacher_rows(labels) if _NEED_TEACHER & set(names) else None
        total, values = _FusedLoss.apply(
            source.reshape(-1, source.shape[-1]),
            given.student_output,
            given.student_scale,
            teacher,
            rows,
            y,
            rates,
            dict(weights),
            self,
            torch.is_grad_enabled(),
        )
        return LossOutput(total, dict(zip(rates, values, strict=True)))


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where logits come from, on either side: given as they are, or as hidden states with the matrix that turns them to logits.

    Args:
        student_logits, teacher_logits: (..., V).
        student_hidden, teacher_hidden: (..., d), the decoder's last hidden states.
        student_output, teacher_output: (V, d); logits are (scale · hidden) @ outputᵀ.
        student_scale, teacher_scale: T5 with tied embeddings has d^-0.5; the released code leaves the teacher's out.
    """

    student_logits: Tensor | None = None
    student_hidden: Tensor | None = None
    student_output: Tensor | None = None
    student_scale: float = 1.0
    teacher_logits: Tensor | None = None
    teacher_hidden: Tensor | None = None
    teacher_output: Tensor | None = None
    teacher_scale: float = 1.0

    def __post_init__(self) -> None:
        for who in ("student", "teacher"):
            logits, hidden, output = (getattr(self, f"{who}_{what}") for what in ("logits", "hidden", "output"))
            if (hidden is None) != (output is None) or (logits is not None and hidden is not None):
                raise ValueError(f"give either {who}_logits, or {who}_hidden together with {who}_output")
        if self.student_logits is None and self.student_hidden is None:
            raise ValueError(
                "the student is missing: give student_logits, or student_hidden together with student_output"
            )

    def student(self) -> Tensor:
        """(..., V)."""
        if self.student_logits is not None:
            return self.student_logits
        return (self.student_hidden * self.student_scale) @ self.student_output.mT

    def teacher(self) -> Tensor:
        """(..., V), detached. Raises ValueError when there is no teacher."""
        self._require_teacher()
        if self.teacher_logits is not None:
            return self.teacher_logits.detach()
        return (self.teacher_hidden.detach() * self.teacher_scale) @ self.teacher_output.detach().mT

    def teacher_rows(self, labels: Tensor) -> Callable[[Tensor], Tensor]:
        """A function from indices (n,) of flattened positions to their teacher logits (n, V).

        Raises ValueError when there is no teacher, or when it does not fit the labels.
        """
        self._require_teacher()
        source = self.teacher_logits if self.teacher_logits is not None else self.teacher_hidden
        _check_shapes(labels, teacher=source)
        source = source.detach().reshape(-1, source.shape[-1])
        if self.teacher_logits is not None:
            return lambda rows: source[rows]
        output = self.teacher_output.detach()
        return lambda rows: (source[rows] * self.teacher_scale) @ output.mT

    def _require_teacher(self) -> None:
        if self.teacher_logits is None and self.teacher_hidden is None:
            raise ValueError(
                "KL and JSD need a teacher: give teacher_logits, or teacher_hidden together with teacher_output"
            )


def _active(weights: Mapping[str, float], report: Collection[str] = ()) -> list[str]:
    """The components to compute, in a fixed order. Raises ValueError as :meth:`TridentLoss.forward` says."""
    for name in [*weights, *report]:
        if name not in COMPONENTS:
            raise ValueError(f"unknown loss component {name!r}: there are {', '.join(COMPONENTS)}")
    for name, weight in weights.items():
        if not weight >= 0:
            raise ValueError(f"weight of {name!r} is {weight}: it must be 0 or more")
    if not any(weight > 0 for weight in weights.values()):
        raise ValueError(f"no component has a weight above 0: {dict(weights)}")
    return [name for name in COMPONENTS if weights.get(name, 0) > 0 or name in report]


# -- fused -------------------------------------------------------------------------------------------------------------------

#: Logits that one pass of the closed forms takes at a time on a CPU: so few that its intermediate results stay small.
_BLOCK = 2**18


class _FusedLoss(torch.autograd.Function):
    """Loss and gradient in one sweep over chunks of positions; ``backward`` only scales what ``forward`` has found.

    `source` is the student's hidden states (positions, d) with its `output` matrix, or its logits (positions, V) without.
    Matrix products run in autocast's type where autocast is on; everything on logits in float32 or better.
    """

    @staticmethod
    def forward(
        ctx: Any,
        source: Tensor,
        output: Tensor | None,
        scale: float,
        teacher: Callable[[Tensor], Tensor] | None,
        rows: Tensor,
        y: Tensor,
        rates: dict[str, Tensor],
        weights: dict[str, float],
        loss: TridentLoss,
        wanted: bool,
    ) -> tuple[Tensor, Tensor]:
        place = source.device.type
        autocast = torch.is_autocast_enabled(place)
        precision = torch.get_autocast_dtype(place) if autocast else source.dtype
        exact = torch.promote_types(source.dtype, torch.float32)
        # gradients of single logits are too small for float16
        gradient_precision = torch.float32 if precision == torch.float16 else precision
        to_source, to_output = (wanted and needed for needed in ctx.needs_input_grad[:2])
        source_gradient = torch.zeros_like(source, dtype=exact) if to_source else None
        output_gradient = torch.zeros_like(output, dtype=exact) if to_output else None
        sums = {name: torch.zeros((), dtype=exact, device=source.device) for name in rates}
        matrix, gradient_matrix = (
            (None, None) if output is None else (output.to(precision), output.to(gradient_precision))
        )
        vocabulary = source.shape[1] if output is None else output.shape[0]
        block = max(1, _BLOCK // vocabulary) if place == "cpu" else loss.chunk
        size = loss.chunk if output is not None else min(loss.chunk, block)  # large chunks serve the products only
        room = torch.empty(3, min(block, size, len(rows)), vocabulary, dtype=exact, device=source.device)
        for start in range(0, len(rows), size):
            chunk = slice(start, start + size)
            t = teacher(rows[chunk]).to(exact) if teacher is not None else None
            with torch.autocast(place, enabled=False):
                if output is None:
                    z = source[rows[chunk]].to(exact)
                else:
                    h = (source[rows[chunk]] * scale).to(precision)
                    z = (h @ matrix.T).to(exact)
                for first in range(0, len(z), block):
                    part = slice(first, first + block)
                    rate = {name: rate[chunk][part] for name, rate in rates.items()}
                    values, gradient = _closed_forms(
                        z[part],
                        None if t is None else t[part],
                        y[chunk][part],
                        rate,
                        weights,
                        loss,
                        room[:, : len(z[part])],
                    )
                    for name, value in values.items():
                        sums[name] += torch.dot(rate[name], value)
                    z[part] = gradient  # these logits are no longer needed
                if output is None:
                    if to_source:
                        source_gradient[rows[chunk]] = z
                    continue
                g = z.to(gradient_precision)
                if to_source:
                    source_gradient[rows[chunk]] = (g @ gradient_matrix).to(exact) * scale
                if to_output:
                    _add_product(output_gradient, g.T, h.to(gradient_precision))
        ctx.gradients = (source_gradient, output_gradient)
        ctx.types = (source.dtype, None if output is None else output.dtype)
        components = torch.stack(list(sums.values()))
        ctx.mark_non_differentiable(components)
        return sum(weights[name] * value for name, value in sums.items() if weights.get(name, 0) > 0), components

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.gradients is None:
            raise RuntimeError(
                "the fused loss keeps its gradient for one backward pass: use TridentLoss(fused=False) for more"
            )
        gradients, ctx.gradients = ctx.gradients, None
        source, output = (
            None if gradient is None else gradient.mul_(upstream).to(dtype)
            for gradient, dtype in zip(gradients, ctx.types, strict=True)
        )
        return source, output, *[None] * 8


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """total += left @ right, whatever their types."""
    if left.dtype == total.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right


def _closed_forms(
    z: Tensor,
    t: Tensor | None,
    y: Tensor,
    rates: Mapping[str, Tensor],
    weights: Mapping[str, float],
    loss: TridentLoss,
    room: Tensor,
) -> tuple[dict[str, Tensor], Tensor]:
    """Each component's value a row, and the gradient of Σ rate·weight·value in closed form.

    With c the focal loss's slope in ln s_y, and m = (p + q)/2:

        ce     s − e_y
        focal  c·(s − e_y),  c = alpha·[(1 − s_y)^gamma − gamma·s_y·(1 − s_y)^(gamma − 1)·ln s_y]
        kl     T·(q − p)
        jsd    −(T/2)·q·[ln(m/q) + KL(q ‖ m)],  ln(m/q) = ln(1 + p/q) − ln 2

    Args:
        z, t: student and teacher logits (n, V) and (n, V'), worked on in place; no teacher without KL and JSD.
        y: (n,) labels.
        rates: component → (n,), for the components to compute.
        weights: component → weight; a component without one has no gradient.
        room: (3, n, V) for intermediate results: on a CPU fresh memory for each of them costs more than the arithmetic.

    Returns:
        component → (n,), and (n, V), which lies in `room`.
    """
    values: dict[str, Tensor] = {}
    push = {name: (rate * weights.get(name, 0.0))[:, None] for name, rate in rates.items()}
    gradient, q, p = room
    if "ce" in rates or "focal" in rates:
        log_sy = _log_softmax_(q.copy_(z), gradient).gather(1, y[:, None])
        slope = torch.zeros_like(log_sy)
        if "ce" in rates:
            values["ce"] = -log_sy[:, 0]
            slope += push["ce"]
        if "focal" in rates:
            alpha, gamma = loss.focal_alpha, loss.focal_gamma
            miss = (-torch.expm1(log_sy)).clamp_min(torch.finfo(z.dtype).tiny)
            values["focal"] = (-alpha * miss**gamma * log_sy)[:, 0]
            slope += push["focal"] * alpha * (miss**gamma - gamma * log_sy.exp() * miss ** (gamma - 1) * log_sy)
        gradient.mul_(slope).scatter_add_(1, y[:, None], -slope)
    else:
        gradient.zero_()
    if t is not None:
        size = _vocabulary(z.shape[1], t.shape[1], loss.shared_vocabulary)
        shared, q, p, temperature = gradient[:, :size], q[:, :size], p[:, :size], loss.temperature
        log_q, log_p = _log_softmax_(z[:, :size].div_(temperature), q), _log_softmax_(t[:, :size].div_(temperature), p)
        d, spare = log_p.sub_(log_q), log_q
        if "kl" in rates:
            values["kl"] = torch.mul(p, d, out=spare).sum(-1) * temperature**2
            shared += torch.sub(q, p, out=spare).mul_(push["kl"] * temperature)
        if "jsd" in rates:
            d.clamp_(max=40)  # e^-40 is lost beside 1 in float64 too, and nothing overflows
            m_over_q = torch.exp(d, out=spare).log1p_().sub_(math.log(2))
            of_p = d.sub_(m_over_q).mul_(p).sum(-1)  # ln(p/m) = ln p − ln q − ln(m/q)
            of_q = torch.mul(q, m_over_q, out=d).sum(-1)
            values["jsd"] = (of_p - of_q) * (temperature**2 / 2)
            shared.addcmul_(q, m_over_q.sub_(of_q[:, None]).mul_(push["jsd"] * (-temperature / 2)))
    return values, gradient


def _log_softmax_(logits: Tensor, probabilities: Tensor) -> Tensor:
    """Turn `logits` (n, V) into ln softmax in place and write the softmax to `probabilities`: one exponential an entry for both."""
    logits -= logits.amax(-1, keepdim=True)
    torch.softmax(logits, -1, out=probabilities)
    logits += probabilities.amax(
        -1, keepdim=True
    ).log()  # of the largest entry the logit is 0 now: its softmax is one over the sum
    return logits


# -- how much each component pushes ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Audit:
    """What :func:`gradient_audit` found.

    Args:
        norms: component → Euclidean norm of its gradient; exactly 0 for one that no gradient connects to the parameters.
        cosines: (component, component) → cosine of their gradients, for each pair once, in order; NaN beside a gradient of 0.
    """

    norms: dict[str, float]
    cosines: dict[tuple[str, str], float]


def gradient_audit(components: Mapping[str, Tensor], parameters: Iterable[Tensor]) -> Audit:
    """How hard each loss component pushes on the student, and whether they push the same way.

    Args:
        components: name → scalar loss with its graph (:meth:`TridentLoss.components`; multiply by the weights to audit what
            training feels). The graph is kept.
        parameters: what the gradients are taken for: the student's parameters or, much cheaper, its last hidden states.

    Raises:
        ValueError: a component is not a scalar, or no parameter takes a gradient.
    """
    parameters = [parameter for parameter in parameters if parameter.requires_grad]
    if not parameters:
        raise ValueError("none of the parameters takes a gradient")
    gradients: dict[str, Tensor] = {}
    for name, value in components.items():
        if value.dim():
            raise ValueError(f"component {name!r} has shape {tuple(value.shape)}: a scalar is needed")
        if value.requires_grad:
            found = torch.autograd.grad(value, parameters, retain_graph=True, allow_unused=True, materialize_grads=True)
        else:
            found = [torch.zeros_like(parameter) for parameter in parameters]
        gradients[name] = torch.cat([gradient.flatten() for gradient in found])
    norms = {name: float(torch.linalg.vector_norm(gradient)) for name, gradient in gradients.items()}
    cosines = {
        (a, b): float(torch.dot(gradients[a], gradients[b])) / (norms[a] * norms[b])
        if norms[a] * norms[b]
        else math.nan
        for a, b in itertools.combinations(gradients, 2)
    }
    return Audit(norms, cosines)
