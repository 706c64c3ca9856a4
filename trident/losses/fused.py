"""Values and gradient of the components in closed form: the formulas of `components`, with less memory and in threads.

The gradients of a position's values in its logits z are

    ce     s − (1 − ε)·e_y − ε/V,  with label smoothing ε
    kl     T·(q − p)
    focal  c·(s − e_y),  c = alpha·[(1 − s_y)^gamma − gamma·s_y·(1 − s_y)^(gamma − 1)·ln s_y]
    jsd    −(T/2)·q·[ln(m/q) + KL(q ‖ m)],  m = (p + q)/2,  ln(m/q) = ln(1 + p/q) − ln 2
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from trident.losses.components import common_vocabulary


@dataclass(kw_only=True)
class Settings:
    """What stays the same from batch to batch; `components` explains the fields."""

    temperature: float
    label_smoothing: float = 0.0
    focal_alpha: float = 0.25
    focal_gamma: float = 2.0
    token_weights: Tensor | None = None
    shared_vocabulary: bool = False
    chunk: int = 256  # positions whose logits are in memory at a time

    def __post_init__(self) -> None:
        if self.temperature <= 0 or self.chunk < 1:
            raise ValueError(f"temperature = {self.temperature}, chunk = {self.chunk}: both must be positive")
        if not 0 <= self.label_smoothing < 1:
            raise ValueError(f"label_smoothing = {self.label_smoothing}: it must be at least 0 and below 1")


def closed_forms(
    z: Tensor, t: Tensor | None, y: Tensor, factors: Mapping[str, Tensor], settings: Settings, workspace: Tensor
) -> tuple[dict[str, Tensor], Tensor]:
    """Each component's values (n,), and the gradient (n, V) of Σ factor·value in the student logits.

    `z` (n, V) and `t` (n, V'), logits of student and teacher, are overwritten. `workspace` (3, n, V) takes the gradient
    and other intermediate results: on a CPU, new memory for each of them costs more than the arithmetic.
    """
    values: dict[str, Tensor] = {}
    gradient, q, p = workspace
    if "ce" in factors or "focal" in factors:
        log_s = _log_softmax_(q.copy_(z), gradient)
        log_sy = log_s.gather(1, y[:, None])
        slope = torch.zeros_like(log_sy)
        if "ce" in factors:
            values["ce"] = -log_sy[:, 0]
            slope += factors["ce"]
        if "focal" in factors:
            alpha = torch.full_like(log_sy, settings.focal_alpha)
            if settings.token_weights is not None:
                alpha *= settings.token_weights[y, None].to(z)
            gamma, miss = settings.focal_gamma, (-torch.expm1(log_sy)).clamp_min(torch.finfo(z.dtype).tiny)
            values["focal"] = (-alpha * miss**gamma * log_sy)[:, 0]
            slope += factors["focal"] * alpha * (miss**gamma - gamma * log_sy.exp() * miss ** (gamma - 1) * log_sy)
        gradient.mul_(slope).scatter_add_(1, y[:, None], -slope)
        if "ce" in factors and settings.label_smoothing:  # (1 − ε)·e_y + ε/V in the place of e_y
            values["ce"] += settings.label_smoothing * (log_sy[:, 0] - log_s.mean(-1))
            moved = factors["ce"] * settings.label_smoothing
            gradient.scatter_add_(1, y[:, None], moved.expand_as(log_sy)).sub_(moved / z.shape[1])
    else:
        gradient.zero_()
    if t is not None:
        temperature, size = settings.temperature, common_vocabulary(z.shape[1], t.shape[1], settings.shared_vocabulary)
        shared, q, p = gradient[:, :size], q[:, :size], p[:, :size]
        log_q, log_p = _log_softmax_(z[:, :size].div_(temperature), q), _log_softmax_(t[:, :size].div_(temperature), p)
        d, spare = log_p.sub_(log_q), log_q
        if "kl" in factors:
            values["kl"] = torch.mul(p, d, out=spare).sum(-1) * temperature**2
            shared += torch.sub(q, p, out=spare).mul_(factors["kl"] * temperature)
        if "jsd" in factors:
            d.clamp_(max=40)  # beside 1, e^-40 vanishes in float64 too; larger d could overflow
            m_over_q = torch.exp(d, out=spare).log1p_().sub_(math.log(2))
            of_p = d.sub_(m_over_q).mul_(p).sum(-1)  # ln(p/m) = ln(p/q) − ln(m/q)
            of_q = torch.mul(q, m_over_q, out=d).sum(-1)
            values["jsd"] = (of_p - of_q) * (temperature**2 / 2)
            shared.addcmul_(q, m_over_q.sub_(of_q[:, None]).mul_(factors["jsd"] * (-temperature / 2)))
    return values, gradient


def _log_softmax_(logits: Tensor, probabilities: Tensor) -> Tensor:
    """Turn `logits` (n, V) into ln softmax in place and the softmax into `probabilities`: one exponential each."""
    logits -= logits.amax(-1, keepdim=True)
    torch.softmax(logits, -1, out=probabilities)
    # the largest logit is 0 now, so its probability is one over the sum of the exponentials
    return logits.add_(probabilities.amax(-1, keepdim=True).log())


def share_out(parts: list[slice], work: Callable[[Iterable[slice]], None]) -> None:
    """Call `work` in as many threads as PyTorch may use; the calls take the `parts` from one queue.

    PyTorch's own threads share each operation and wait for each other after it, spinning, some thirty times per block:
    that is slow as soon as another process takes one of the cores.
    """
    queue, default = iter(parts), torch.get_num_threads()
    threads = min(default, len(parts))

    def alone(_: int) -> None:
        torch.set_num_threads(1)  # of this thread, but also the default for later ones: hence the last line
        work(queue)

    if threads <= 1:
        work(queue)
        return
    try:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(alone, range(threads)))  # raises what a thread has raised
    finally:
        torch.set_num_threads(default)
