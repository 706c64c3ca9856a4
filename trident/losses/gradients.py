"""The gradient audit: how large each component's gradient is, and whether two components agree on the direction."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor


class Audit(NamedTuple):
    """Gradient norm of each component (exactly 0 if no gradient reaches the parameters), and the cosine of each pair of
    gradients (NaN where one of them is 0)."""

    norms: dict[str, float]
    cosines: dict[tuple[str, str], float]


def gradient_audit(components: Mapping[str, Tensor], parameters: Iterable[Tensor]) -> Audit:
    """Norms and cosines of the components' gradients.

    Args:
        components: name → scalar with its graph, which is kept; see :meth:`trident.losses.TridentLoss.components`.
        parameters: the student's parameters or, at much lower cost, its last hidden states.

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
        parts = tuple(torch.zeros_like(parameter) for parameter in parameters)
        if value.requires_grad:
            parts = torch.autograd.grad(value, parameters, retain_graph=True, allow_unused=True, materialize_grads=True)
        gradients[name] = torch.cat([part.flatten() for part in parts])
    norms = {name: float(torch.linalg.vector_norm(gradient)) for name, gradient in gradients.items()}
    cosines = {}
    for a, b in itertools.combinations(gradients, 2):
        product = norms[a] * norms[b]
        cosines[a, b] = float(torch.dot(gradients[a], gradients[b])) / product if product else math.nan
    return Audit(norms, cosines)
