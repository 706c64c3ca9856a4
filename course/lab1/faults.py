"""Wrong distillation losses, as they occur in published code, and the hunt for them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from course import instruments
from course.faults import Fault, Hunt
from course.instruments import Loss
from trident.losses import kl
from trident.losses.components import IGNORE_INDEX


def correct(z: Tensor, t: Tensor, labels: Tensor, temperature: float) -> Tensor:
    return kl(z, t, labels, temperature=temperature)


def gradient_by_hand(z: Tensor, t: Tensor, temperature: float) -> Tensor:
    return temperature * (torch.softmax(z / temperature, -1) - torch.softmax(t / temperature, -1))


def _logs(z: Tensor, t: Tensor, labels: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """ln q and ln p (N, V) at the target tokens."""
    targets = labels != IGNORE_INDEX
    return F.log_softmax(z[targets] / temperature, -1), F.log_softmax(t.detach()[targets] / temperature, -1)


def _divergence(log_p: Tensor, log_q: Tensor) -> Tensor:
    """KL(p ‖ q) of each row."""
    return (log_p.exp() * (log_p - log_q)).sum(-1)


def _swapped(z: Tensor, t: Tensor, labels: Tensor, temperature: float) -> Tensor:
    log_q, log_p = _logs(z, t, labels, temperature)
    return temperature**2 * _divergence(log_q, log_p).mean()


def _no_square(z: Tensor, t: Tensor, labels: Tensor, temperature: float) -> Tensor:
    return correct(z, t, labels, temperature) / temperature**2


def _probabilities(z: Tensor, t: Tensor, labels: Tensor, temperature: float) -> Tensor:
    log_q, log_p = _logs(z, t, labels, temperature)
    return temperature**2 * F.kl_div(log_q.exp(), log_p.exp(), reduction="batchmean")


def _mean_over_vocabulary(z: Tensor, t: Tensor, labels: Tensor, temperature: float) -> Tensor:
    log_q, log_p = _logs(z, t, labels, temperature)
    return temperature**2 * (log_p.exp() * (log_p - log_q)).mean()


def _padding_counts(z: Tensor, t: Tensor, labels: Tensor, temperature: float) -> Tensor:
    return correct(z, t, torch.zeros_like(labels), temperature)


def _padding_divides(z: Tensor, t: Tensor, labels: Tensor, temperature: float) -> Tensor:
    return correct(z, t, labels, temperature) * (labels != IGNORE_INDEX).float().mean()


def _teacher_only(z: Tensor, t: Tensor, labels: Tensor, temperature: float) -> Tensor:
    return correct(z * temperature, t, labels, temperature)


def _detached(z: Tensor, t: Tensor, labels: Tensor, temperature: float) -> Tensor:
    return correct(z.detach(), t, labels, temperature)


def _teacher_learns(z: Tensor, t: Tensor, labels: Tensor, temperature: float) -> Tensor:
    targets = labels != IGNORE_INDEX
    log_q, log_p = (F.log_softmax(logits[targets] / temperature, -1) for logits in (z, t))
    return temperature**2 * _divergence(log_p, log_q).mean()


def _first_choice(z: Tensor, t: Tensor, labels: Tensor, temperature: float) -> Tensor:
    log_q, log_p = _logs(z, t, labels, temperature)
    return temperature**2 * F.nll_loss(log_q, log_p.argmax(-1))


def _shifted(z: Tensor, t: Tensor, labels: Tensor, temperature: float) -> Tensor:
    return correct(z, torch.cat([t[:, :1], t[:, :-1]], dim=1), labels, temperature)


def _cross_entropy(z: Tensor, t: Tensor, labels: Tensor, temperature: float) -> Tensor:
    log_q, log_p = _logs(z, t, labels, temperature)
    return temperature**2 * F.cross_entropy(log_q, log_p.exp())


FAULTS: tuple[Fault[Loss], ...] = (
    Fault("swapped", "KL of student to teacher in the place of teacher to student", _swapped),
    Fault("no_square", "the factor T² is missing", _no_square),
    Fault("probabilities", "probabilities where the library's `kl_div` wants log-probabilities", _probabilities),
    Fault("mean_over_vocabulary", "the mean over positions and vocabulary: `reduction='mean'`", _mean_over_vocabulary),
    Fault("padding_counts", "positions of padding count like others", _padding_counts),
    Fault("padding_divides", "padding gives 0, but the mean is taken over it as well", _padding_divides),
    Fault("teacher_only", "T divides the teacher's logits, not the student's", _teacher_only),
    Fault("detached", "the student's logits are detached", _detached),
    Fault("teacher_learns", "the teacher's logits are not detached", _teacher_learns),
    Fault("first_choice", "the teacher's most probable token, as a label", _first_choice),
    Fault("shifted", "the teacher's positions are shifted by one", _shifted),
    Fault("cross_entropy", "the cross-entropy −Σ p ln q in the place of KL", _cross_entropy, harmless=True),
)
INSTRUMENTS = {
    "at_equality": instruments.at_equality,
    "versus_hand_gradient": instruments.versus_hand_gradient(gradient_by_hand),
    "who_learns": instruments.who_learns,
    "poke_padding": instruments.poke_padding,
    "sweep_temperature": instruments.sweep_temperature,
    "shape_probe": instruments.shape_probe,
    "descend": instruments.descend,
}
HUNT: Hunt[Loss] = Hunt(
    "lab1", FAULTS, size=6, correct=lambda: correct, instruments=INSTRUMENTS, tried_on=instruments.batch
)
