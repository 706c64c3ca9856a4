"""The components that compare logits: cross-entropy, KL divergence, focal loss and Jensen-Shannon divergence.

Notation: V is the vocabulary, ``...`` any leading dimensions (usually batch × positions), T the temperature, and

    z  student logits (..., V)      s = softmax(z)      q = softmax(z / T)
    t  teacher logits (..., V)                          p = softmax(t / T)
    y  labels (...), token ids; IGNORE_INDEX marks padding, which counts nowhere

Each function returns the mean over the target tokens, or 0 if there are none. `num_items` replaces the divisor by the
number of target tokens in the whole effective batch, so that the losses of accumulated micro-batches add up (Hugging
Face's Trainer passes it as ``num_items_in_batch``). No gradient reaches the teacher. Half precision is computed in
float32. Shapes that do not fit and a temperature ≤ 0 raise ValueError.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

IGNORE_INDEX = -100
COMPONENTS = ("ce", "kl", "focal", "jsd")


def ce(
    logits: Tensor, labels: Tensor, *, label_smoothing: float = 0.0, num_items: int | Tensor | None = None
) -> Tensor:
    """Cross-entropy, −ln s_y: the hard-label part of the paper's baseline (section 4.2).

    `label_smoothing` ε gives each of the V tokens ε/V of the label's probability (Szegedy et al. 2016):
    −(1 − ε)·ln s_y − ε·(mean of ln s over V).
    """
    return _mean(_cross_entropy(logits, labels, label_smoothing), num_items)


def kl(
    student_logits: Tensor,
    teacher_logits: Tensor,
    labels: Tensor,
    *,
    temperature: float,
    shared_vocabulary: bool = False,
    num_items: int | Tensor | None = None,
) -> Tensor:
    """KL(p ‖ q)·T²: the soft-label part of the paper's baseline (section 4.2).

    T² keeps the size of the gradient independent of T (Hinton et al. 2015). `shared_vocabulary` compares the first
    min(V, V') logits when the models' output matrices are padded to different sizes; otherwise that is a ValueError.
    """
    log_q, log_p = _log_probabilities(student_logits, teacher_logits, labels, temperature, shared_vocabulary)
    return _mean(F.kl_div(log_q, log_p, reduction="none", log_target=True).sum(-1) * temperature**2, num_items)


def focal(
    logits: Tensor,
    labels: Tensor,
    *,
    alpha: float,
    gamma: float,
    token_weights: Tensor | None = None,
    num_items: int | Tensor | None = None,
) -> Tensor:
    """Focal loss, −alpha·(1 − s_y)^gamma·ln s_y (section 3.1; Lin et al. 2017); in the paper alpha = 0.25, gamma = 2.

    `token_weights` (V,) multiplies each value by the weight of its label: the paper's critical tokens.
    """
    surprise = _cross_entropy(logits, labels)
    # 1 − s_y without cancellation. The minimum keeps the slope of x^gamma finite at x = 0, where the loss is 0 anyway.
    miss = (-torch.expm1(-surprise)).clamp_min(torch.finfo(surprise.dtype).tiny)
    values = alpha * miss**gamma * surprise
    if token_weights is not None:
        values = values * token_weights.to(values)[labels[labels != IGNORE_INDEX]]
    return _mean(values, num_items)


def jsd(
    student_logits: Tensor,
    teacher_logits: Tensor,
    labels: Tensor,
    *,
    temperature: float,
    beta: float = 0.5,
    shared_vocabulary: bool = False,
    num_items: int | Tensor | None = None,
) -> Tensor:
    """Jensen-Shannon divergence, [beta·KL(p ‖ m) + (1 − beta)·KL(q ‖ m)]·T², m = beta·p + (1 − beta)·q (section 3.1).

    With the paper's beta = 1/2 it is symmetric and lies in [0, T²·ln 2]; other beta in (0, 1) give the generalised
    divergence of Agarwal et al. (2024). `shared_vocabulary` as in :func:`kl`.
    """
    if not 0 < beta < 1:
        raise ValueError(f"beta = {beta}: it must lie strictly between 0 and 1")
    log_q, log_p = _log_probabilities(student_logits, teacher_logits, labels, temperature, shared_vocabulary)
    # ln(p/m) and ln(q/m) from d = ln(p/q), by e^−|d|, which neither overflows for distant nor cancels for close p and q
    d = log_p - log_q
    share = torch.where(d > 0, d.new_tensor(1 - beta), d.new_tensor(beta))
    m_over_larger = torch.log1p(share * torch.expm1(-d.abs()))  # ln of m over the larger of p and q
    p_over_m, q_over_m = d.clamp_max(0) - m_over_larger, -d.clamp_min(0) - m_over_larger
    values = beta * log_p.exp() * p_over_m + (1 - beta) * log_q.exp() * q_over_m
    return _mean(values.sum(-1) * temperature**2, num_items)


def _mean(values: Tensor, num_items: int | Tensor | None) -> Tensor:
    """Sum of the values (N,) of N target tokens over N, or over `num_items`."""
    return values.sum() / (len(values) if num_items is None else num_items) if len(values) else values.sum()


def _cross_entropy(logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """−ln s_y (N,) at the N target tokens, or its smoothed form."""
    check_shape("student", logits, labels)
    targets = labels != IGNORE_INDEX
    z, y = at_least_float32(logits[targets]), labels[targets]
    return F.cross_entropy(z, y, reduction="none", label_smoothing=smoothing)


def _log_probabilities(
    student: Tensor, teacher: Tensor, labels: Tensor, temperature: float, shared_vocabulary: bool
) -> tuple[Tensor, Tensor]:
    """ln q and ln p (N, V) at the N target tokens; ln p is detached."""
    check_shape("student", student, labels)
    check_shape("teacher", teacher, labels)
    if temperature <= 0:
        raise ValueError(f"temperature = {temperature}: it must be positive")
    size = common_vocabulary(student.shape[-1], teacher.shape[-1], shared_vocabulary)
    z, t = (at_least_float32(x[..., :size][labels != IGNORE_INDEX]) for x in (student, teacher.detach()))
    return F.log_softmax(z / temperature, -1), F.log_softmax(t / temperature, -1)


def common_vocabulary(student: int, teacher: int, shared: bool) -> int:
    """How many logits to compare. Raises ValueError if the sizes differ and `shared` is not set."""
    if student != teacher and not shared:
        raise ValueError(
            f"the student's vocabulary has {student} tokens, the teacher's {teacher}: if the smaller is the beginning "
            "of the larger (a padded output matrix), pass shared_vocabulary=True"
        )
    return min(student, teacher)


def check_shape(who: str, tensor: Tensor, labels: Tensor) -> None:
    """Raise ValueError unless logits (..., V) or hidden states (..., d) have one dimension more than labels (...)."""
    if tensor.shape[:-1] != labels.shape:
        shapes = f"{tuple(tensor.shape)} do not fit labels {tuple(labels.shape)}"
        raise ValueError(f"{who} logits or hidden states {shapes}: they need the labels' shape and one dimension more")


def at_least_float32(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))
