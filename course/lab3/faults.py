"""Wrong versions of a loss of three parts, and the hunt for them."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from course.faults import Fault, Hunt
from course.instruments import Readings
from course.lab3 import answers, instruments
from course.lab3.answers import ALPHA, GAMMA, WEIGHTS, Embed, Focal, Jsd
from course.lab3.instruments import Batch, Parts, Trident
from trident.losses.components import IGNORE_INDEX

#: From which step on the running average divides; at which steps the sparse part is computed.
_WARM, _EVERY = 100, 4

Logits = Callable[[Tensor, Tensor], Tensor]


def trident(
    focal: Focal = answers.focal,
    jsd: Jsd = answers.jsd,
    expected_embedding: Embed = answers.expected_embedding,
    *,
    of_teacher: Logits = instruments.logits,
    other: int = 0,
) -> Trident:
    """The loss of three parts from the functions that students write.

    Args:
        of_teacher: logits from the teacher's states and the output matrix.
        other: how many rows away the reference is that the semantic part compares with.
    """

    def parts(batch: Batch, step: int) -> Parts:
        z, t = instruments.logits(batch.student, batch.output), of_teacher(batch.teacher, batch.output)
        read = instruments.encode(expected_embedding(z, batch.table), batch.targets)
        wanted = instruments.encode(batch.table[batch.labels.clamp_min(0)], batch.targets).roll(other, 0)
        values = {
            "focal": focal(z, batch.labels, ALPHA, GAMMA),
            "jsd": jsd(z, t, batch.labels, batch.temperature),
            "semantic": 1 - (read * wanted).sum(-1).mean(),
        }
        return {name: WEIGHTS[name] * value for name, value in values.items()}

    return parts


def _later(change: Callable[[Parts, int], Parts]) -> Trident:
    """The right loss with its parts changed afterwards, by the number of the step."""
    right = trident()
    return lambda batch, step: change(right(batch, step), step)


# -- faults


def _arg_max(z: Tensor, table: Tensor) -> Tensor:
    return table[z.argmax(-1)]


def _detached(z: Tensor, table: Tensor) -> Tensor:
    return answers.expected_embedding(z, table).detach()


def _sparse(parts: Parts, step: int) -> Parts:
    return parts if step % _EVERY == 0 else {**parts, "semantic": 0 * parts["semantic"]}


def _running_average(parts: Parts, step: int) -> Parts:
    """On one batch that stays the same, the running average of a part is its value."""
    if step < _WARM:
        return parts
    return {**parts, "focal": WEIGHTS["focal"] * parts["focal"] / parts["focal"].detach()}


def _no_scale(states: Tensor, output: Tensor) -> Tensor:
    return states @ output.T


def _four_bits(states: Tensor, output: Tensor) -> Tensor:
    t = instruments.logits(states, output)
    low, high = t.amin(), t.amax()
    step = (high - low) / 15
    return low + step * ((t - low) / step).round()


def _padding_divides(z: Tensor, t: Tensor, labels: Tensor, T: float) -> Tensor:
    return answers.jsd(z, t, labels, T) * (labels != IGNORE_INDEX).float().mean()


def mean_of_logits(z: Tensor, t: Tensor, labels: Tensor, T: float) -> Tensor:
    targets = labels != IGNORE_INDEX
    z, t = z[targets] / T, t.detach()[targets] / T
    log_m, log_p, log_q = ((logits).log_softmax(-1) for logits in ((z + t) / 2, t, z))
    halves = log_p.exp() * (log_p - log_m) + log_q.exp() * (log_q - log_m)
    return T**2 * halves.sum(-1).mean() / 2


def weight_of_mean(z: Tensor, labels: Tensor, alpha: float, gamma: float) -> Tensor:
    surprise = F.cross_entropy(z.flatten(0, -2), labels.flatten())
    return alpha * (1 - torch.exp(-surprise)) ** gamma * surprise


def _minus_cosine(parts: Parts, step: int) -> Parts:
    return {**parts, "semantic": parts["semantic"] - WEIGHTS["semantic"]}


FAULTS: tuple[Fault[Trident], ...] = (
    Fault(
        "arg_max",
        "the encoder reads the embedding of the most probable token",
        trident(expected_embedding=_arg_max),
        core=True,
    ),
    Fault(
        "detached",
        "the encoder reads the expected embedding, detached",
        trident(expected_embedding=_detached),
        core=True,
    ),
    Fault("other_reference", "the semantic part compares with the reference of another row", trident(other=1)),
    Fault("sparse", "the semantic part is computed at every fourth step only, and is 0 at the others", _later(_sparse)),
    Fault("no_scale", "the teacher's logits lack T5's output scale 1/√d", trident(of_teacher=_no_scale)),
    Fault("four_bits", "the teacher's logits were stored in 4 bits: 16 even steps", trident(of_teacher=_four_bits)),
    Fault("padding_divides", "padding adds nothing to JSD, but the mean counts it", trident(jsd=_padding_divides)),
    Fault("mean_of_logits", "JSD compares with the softmax of the mean logits", trident(jsd=mean_of_logits)),
    Fault("weight_of_mean", "focal weights the mean cross-entropy, not that of each token", trident(weight_of_mean)),
    Fault(
        "running_average",
        "from step 100 on, focal is divided by the mean of its earlier values",
        _later(_running_average),
    ),
    Fault("minus_cosine", "the semantic part is −cos in the place of 1 − cos", _later(_minus_cosine), harmless=True),
)
INSTRUMENTS: dict[str, Callable[[Trident, Batch], Readings]] = {
    "values": instruments.values,
    "pushes": instruments.pushes(answers.push),
    "move": instruments.move,
    "at_equality": instruments.at_equality,
    "far_away": instruments.far_away,
    "poke_padding": instruments.poke_padding,
    "add_easy": instruments.add_easy,
    "over_time": instruments.over_time,
}
HUNT: Hunt[Trident] = Hunt("lab3", FAULTS, size=6, correct=trident, instruments=INSTRUMENTS, tried_on=instruments.batch)
