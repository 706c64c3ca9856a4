"""Loss and gradient in one pass over chunks of positions: the same formulas as in `components`, with less memory.

`FusedLoss` does the chunking, `closed_forms` holds the formulas. With m = (p + q)/2 and c the focal loss's slope in ln s_y,
the gradients of one position's values in its student logits are

    ce     s − e_y
    kl     T·(q − p)
    focal  c·(s − e_y),  c = alpha·[(1 − s_y)^gamma − gamma·s_y·(1 − s_y)^(gamma − 1)·ln s_y]
    jsd    −(T/2)·q·[ln(m/q) + KL(q ‖ m)],  ln(m/q) = ln(1 + p/q) − ln 2
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

#: Logits per call of the closed forms on a CPU: few enough for its intermediate results to stay in the cache.
_BLOCK = 2**18


class Problem(NamedTuple):
    """All that the loss depends on besides the student's tensors."""

    weights: Mapping[str, float]  # component → weight above 0
    temperature: float
    focal_alpha: float
    focal_gamma: float
    token_weights: Tensor | None  # (V,) factors of the focal loss by label
    rows: Tensor  # (n,) indices of the target positions
    labels: Tensor  # (n,)
    share: Tensor  # one over the divisor of the mean
    scale: float  # student logits are (scale · states) @ outputᵀ
    teacher: Callable[[Tensor], Tensor] | None  # indices of positions → logits (n, V'), which may be overwritten
    chunk: int  # positions per matrix product
    want_gradient: bool


class FusedLoss(torch.autograd.Function):
    """``forward`` computes loss and gradient; ``backward``, possible once, only scales the gradient.

    Matrix products have autocast's type where autocast is on; everything on logits is in float32 or better.
    """

    @staticmethod
    def forward(ctx: Any, states: Tensor, output: Tensor | None, problem: Problem) -> tuple[Tensor, Tensor]:
        """The weighted total, and each component's value in the order of the weights.

        `states` are the student's hidden states (positions, d) for an `output` matrix (V, d), or its logits without one.
        """
        device, exact = states.device.type, torch.promote_types(states.dtype, torch.float32)
        precision = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else states.dtype
        # gradients of single logits are too small for float16
        gradient_precision = torch.float32 if precision == torch.float16 else precision
        matrix = None if output is None else output.to(precision)
        gradient_matrix = None if output is None else output.to(gradient_precision)
        gradients = [
            torch.zeros_like(x, dtype=exact) if x is not None and needed and problem.want_gradient else None
            for x, needed in zip((states, output), ctx.needs_input_grad, strict=False)
        ]
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
                _keep(gradients, rows, g, h.to(g.dtype), gradient_matrix, problem.scale)
        ctx.gradients, ctx.types = gradients, (states.dtype, None if output is None else output.dtype)
        components = torch.stack(list(sums.values())) * problem.share
        ctx.mark_non_differentiable(components)
        return torch.dot(components, components.new_tensor(list(problem.weights.values()))), components

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.gradients is None:
            raise RuntimeError("the fused loss has one backward pass: use TridentLoss(fused=False) for more")
        gradients, ctx.gradients = ctx.gradients, None
        scaled = (
            None if x is None else x.mul_(upstream).to(dtype) for x, dtype in zip(gradients, ctx.types, strict=True)
        )
        return *scaled, None


def _replace_by_gradient(
    z: Tensor, t: Tensor | None, y: Tensor, problem: Problem, workspace: Tensor, sums: dict[str, Tensor]
) -> None:
    """Add each component's values to `sums` and overwrite the logits `z` with their gradient, block by block."""
    for start in range(0, len(z), workspace.shape[1]):
        part = slice(start, start + workspace.shape[1])
        room = workspace[:, : len(z[part])]
        values, gradient = closed_forms(z[part], None if t is None else t[part], y[part], problem, room)
        for name, value in values.items():
            sums[name] += value.sum()
        z[part] = gradient


def _keep(
    gradients: list[Tensor | None], rows: Tensor, g: Tensor, h: Tensor, matrix: Tensor | None, scale: float
) -> None:
    """Carry the gradient `g` (n, V) in the logits back to the student's states (n, d) or logits, and output matrix."""
    of_states, of_output = gradients
    if of_states is not None:
        of_states[rows] = g if matrix is None else (g @ matrix).to(of_states.dtype) * scale
    if of_output is not None and of_output.dtype == g.dtype:
        of_output.addmm_(g.T, h)
    elif of_output is not None:
        of_output += g.T @ h


def closed_forms(
    z: Tensor, t: Tensor | None, y: Tensor, problem: Problem, workspace: Tensor
) -> tuple[dict[str, Tensor], Tensor]:
    """Each component's values (n,), and the gradient (n, V) of share·Σ weight·value in the student logits.

    `z` (n, V) and `t` (n, V'), logits of student and teacher, are overwritten. `workspace` (3, n, V) takes the gradient and
    other intermediate results: on a CPU, new memory for each of them costs more than the arithmetic.
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
        size, temperature = min(z.shape[1], t.shape[1]), problem.temperature
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
    """Turn `logits` (n, V) into ln softmax in place and write softmax to `probabilities`: one exponential per entry for both."""
    logits -= logits.amax(-1, keepdim=True)
    torch.softmax(logits, -1, out=probabilities)
    # the largest logit is 0 now, so its probability is one over the sum of the exponentials
    logits += probabilities.amax(-1, keepdim=True).log()
    return logits
