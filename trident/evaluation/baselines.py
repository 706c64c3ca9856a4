"""Predictions that need no model. They are scored like a model's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from trident.experiment.params import BASELINES
from trident.java.lexer import canonical

_SHUFFLE_SEED = 0


def predict(name: str, references: Sequence[str]) -> list[str]:
    """A baseline's predictions for the references of one split, the same in every call.

    ``identity`` is the reference itself, the upper bound. ``most_frequent`` is the split's most frequent reference
    (canonical) for every example; no model can know it. ``shuffled`` is the reference of another example, each used
    once (a single reference is its own).

    Raises:
        ValueError: an unknown name.
    """
    if name == "identity":
        return list(references)
    if name == "most_frequent":
        counts = Counter(map(canonical, references))
        return [text for text, _ in counts.most_common(1)] * len(references)
    if name != "shuffled":
        raise ValueError(f"unknown baseline {name!r}; choose one of {', '.join(BASELINES)}")
    order = np.random.default_rng(_SHUFFLE_SEED).permutation(len(references))
    other = dict(zip(order, np.roll(order, 1), strict=True))
    return [references[other[position]] for position in range(len(references))]
