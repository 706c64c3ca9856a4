"""The gradient audit: how large the components' gradients are, and whether they agree on the direction."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor


class Audit(NamedTuple):
    """Norm of each component's gradient (0 if none reaches the parameters); cosine of each pair (NaN if one is 0)."""

    norms: dict[str, float]
    cosines: dict[tuple[str, str], float]


def gradient_audit(components: Mapping[str, Tensor], parameters: Iterable[Tensor]) -> Audit:
    """Norms and cosines of the components' gradients in the student's parameters or, at much lower cost, hidden states.

    The components are scalars with a graph, which is kept (:meth:`TridentLoss.components`). Raises ValueError for any
    other shape, and if no parameter takes a gradient.
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
