"""What students write, as the package has it: the checks, the faults and the pictures compare with these."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from trident import losses

Focal = Callable[[Tensor, Tensor, float, float], Tensor]
Jsd = Callable[[Tensor, Tensor, Tensor, float], Tensor]
Embed = Callable[[Tensor, Tensor], Tensor]
Push = Callable[[Tensor, Tensor], float]

#: The thesis's focal loss, and its weights (static configuration).
ALPHA, GAMMA = 0.25, 2.0
WEIGHTS = {"focal": 0.45, "jsd": 0.40, "semantic": 0.15}


def focal(z: Tensor, labels: Tensor, alpha: float, gamma: float) -> Tensor:
    return losses.focal(z, labels, alpha=alpha, gamma=gamma)


def jsd(z: Tensor, t: Tensor, labels: Tensor, T: float) -> Tensor:
    return losses.jsd(z, t, labels, temperature=T)


def expected_embedding(z: Tensor, table: Tensor) -> Tensor:
    return torch.softmax(z, -1) @ table


def push(loss: Tensor, hidden: Tensor) -> float:
    return losses.gradient_audit({"loss": loss}, [hidden]).norms["loss"]
