"""Loss and gradient in one pass over chunks of positions: the formulas of `components`, with less memory.

`FusedLoss` does the chunking, `closed_forms` has the formulas. The gradients of a position's values in its logits z are

    ce     s − e_y
    kl     T·(q − p)
    focal  c·(s − e_y),  c = alpha·[(1 − s_y)^gamma − gamma·s_y·(1 − s_y)^(gamma − 1)·ln s_y]
    jsd    −(T/2)·q·[ln(m/q) + KL(q ‖ m)],  m = (p + q)/2,  ln(m/q) = ln(1 + p/q) − ln 2
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from trident.losses.components import common_vocabulary

_BLOCK = 2**18  # logits per call of the closed forms on a CPU: its intermediate results stay in the cache


class Problem(NamedTuple):
    """All that the loss depends on besides the student's tensors."""

    weights: Mapping[str, float]  # component → weight above 0
    temperature: float
    focal_alpha: float
    focal_gamma: float
    token_weights: Tensor | None
    shared_vocabulary: bool
    rows: Tensor  # (n,) indices of the target positions
    labels: Tensor  # (n,)
    share: Tensor  # one over the divisor of the mean
    scale: float  # student logits are (scale · states) @ outputᵀ
    teacher: Callable[[Tensor], Tensor] | None  # indices of positions → logits (n, V'), which may be overwritten
    chunk: int  # positions per matrix product
    want_gradient: bool


class FusedLoss(torch.autograd.Function):
    """``forward`` computes loss and gradient; ``backward``, possible once, only scales the gradient.

    Matrix products follow autocast; everything on logits is in float32 or float64.
    """

    @staticmethod
    def forward(ctx: Any, states: Tensor, output: Tensor | None, problem: Problem) -> tuple[Tensor, Tensor]:
        """The weighted total, and each component's value in the order of the weights.

        `states` are the student's hidden states (positions, d) for an `output` matrix (V, d), or else its logits.
        """
        device, exact = states.device.type, torch.promote_types(states.dtype, torch.float32)
        precision = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else states.dtype
        # gradients of single logits are too small for float16
        gradient_precision = torch.float32 if precision == torch.float16 else precision
        matrix = None if output is None else output.to(precision)
        gradient_matrix = matrix if output is None or gradient_precision == precision else output.to(gradient_precision)
        wanted = [problem.want_gradient and needed for needed in ctx.needs_input_grad[:2]]
        of_states = torch.zeros_like(states, dtype=exact) if wanted[0] else None
        of_output = torch.zeros_like(output, dtype=exact) if output is not None and wanted[1] else None
        vocabulary = states.shape[1] if output is None else output.shape[0]
        block = min(problem.chunk, max(1, _BLOCK // vocabulary)) if device == "cpu" else problem.chunk
        size = block if output is None else problem.chunk  # large chunks serve the matrix products only
        workspace = torch.empty(3, max(1, min(block, len(problem.rows))), vocabulary, dtype=exact, device=states.device)
        sums = {name: states.new_zeros((), dtype=exact) for name in problem.weights}
        for rows, y in zip(problem.rows.split(size), problem.labels.split(size), strict=True):
            t = None if problem.teacher is None else problem.teacher(rows).to(exact)
            with torch.autocast(device, enabled=False):
                h = states[rows] if matrix is None else (states[rows] * problem.scale).to(precision)
                z = (h if matrix is None else h @ matrix.T).to(exact)
                _replace_by_gradient(z, t, y, problem, workspace, sums)
                g = z if output is None else z.to(gradient_precision)
                if of_states is not None:
                    of_states[rows] = g if gradient_matrix is None else (g @ gradient_matrix).to(exact) * problem.scale
                if of_output is not None:
                    _add_product(of_output, g.T, h.to(g.dtype))
        ctx.gradients = [(of_states, states.dtype), (of_output, None if output is None else output.dtype)]
        components = torch.stack(list(sums.values())) * problem.share
        ctx.mark_non_differentiable(components)
        return torch.dot(components, components.new_tensor(list(problem.weights.values()))), components

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.gradients is None:
            raise RuntimeError(
                "the fused loss has one backward pass: for more, use the functions of trident.losses.components"
            )
        gradients, ctx.gradients = ctx.gradients, None
        return *(x if x is None else x.mul_(upstream).to(dtype) for x, dtype in gradients), None


def _replace_by_gradient(
    z: Tensor, t: Tensor | None, y: Tensor, problem: Problem, workspace: Tensor, sums: dict[str, Tensor]
) -> None:
    """Add the components' values to `sums` and overwrite the logits `z` with the gradient, block by block."""
    for start in range(0, len(z), workspace.shape[1]):
        part = slice(start, start + workspace.shape[1])
        room = workspace[:, : len(z[part])]
        values, gradient = closed_forms(z[part], None if t is None else t[part], y[part], problem, room)
        for name, value in values.items():
            sums[name] += value.sum()
        z[part] = gradient


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """total += left @ right, without a temporary result where the types allow it."""
    if left.dtype == total.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right


def closed_forms(
    z: Tensor, t: Tensor | None, y: Tensor, problem: Problem, workspace: Tensor
) -> tuple[dict[str, Tensor], Tensor]:
    """Each component's values (n,), and the gradient (n, V) of share·Σ weight·value in the student logits.

    `z` (n, V) and `t` (n, V'), logits of student and teacher, are overwritten. `workspace` (3, n, V) takes the gradient
    and other intermediate results: on a CPU, new memory for each of them costs more than the arithmetic.
    """
    values: dict[str, Tensor] = {}
    factor = {name: weight * problem.share for name, weight in problem.weights.items()}
    gradient, q, p = workspace
    if "ce" in factor or "focal" in factor:
        log_sy = _log_softmax_(q.copy_(z), gradient).gather(1, y[:, None])
        slope = torch.zeros_like(log_sy)
        if "ce" in factor:
            values["ce"] = -log_sy[:, 0]
            slope += factor["ce"]
        if "focal" in factor:
            alpha = torch.full_like(log_sy, problem.focal_alpha)
            if problem.token_weights is not None:
                alpha *= problem.token_weights[y][:, None]
            gamma, miss = problem.focal_gamma, (-torch.expm1(log_sy)).clamp_min(torch.finfo(z.dtype).tiny)
            values["focal"] = (-alpha * miss**gamma * log_sy)[:, 0]
            slope += factor["focal"] * alpha * (miss**gamma - gamma * log_sy.exp() * miss ** (gamma - 1) * log_sy)
        gradient.mul_(slope).scatter_add_(1, y[:, None], -slope)
    else:
        gradient.zero_()
    if t is not None:
        temperature, size = problem.temperature, common_vocabulary(z.shape[1], t.shape[1], problem.shared_vocabulary)
        shared, q, p = gradient[:, :size], q[:, :size], p[:, :size]
        log_q, log_p = _log_softmax_(z[:, :size].div_(temperature), q), _log_softmax_(t[:, :size].div_(temperature), p)
        d, spare = log_p.sub_(log_q), log_q
        if "kl" in factor:
            values["kl"] = torch.mul(p, d, out=spare).sum(-1) * temperature**2
            shared += torch.sub(q, p, out=spare).mul_(factor["kl"] * temperature)
        if "jsd" in factor:
            d.clamp_(max=40)  # beside 1, e^-40 vanishes in float64 too; larger d could overflow
            m_over_q = torch.exp(d, out=spare).log1p_().sub_(math.log(2))
            of_p = d.sub_(m_over_q).mul_(p).sum(-1)  # ln(p/m) = ln(p/q) − ln(m/q)
            of_q = torch.mul(q, m_over_q, out=d).sum(-1)
            values["jsd"] = (of_p - of_q) * (temperature**2 / 2)
            shared.addcmul_(q, m_over_q.sub_(of_q[:, None]).mul_(factor["jsd"] * (-temperature / 2)))
    return values, gradient


def _log_softmax_(logits: Tensor, probabilities: Tensor) -> Tensor:
    """Turn `logits` (n, V) into ln softmax in place and the softmax into `probabilities`: one exponential each."""
    logits -= logits.amax(-1, keepdim=True)
    torch.softmax(logits, -1, out=probabilities)
    # the largest logit is 0 now, so its probability is one over the sum of the exponentials
    return logits.add_(probabilities.amax(-1, keepdim=True).log())
