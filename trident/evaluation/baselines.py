"""Baselines that need no model. They are scored like a model's predictions.

=================  =================================================================================================
``identity``       the reference itself: the upper bound of every score
``most_frequent``  the most frequent reference of the split (canonical) for every example. No model can know it, which
                   favours this baseline
``shuffled``       the reference of another example, each used once (a single reference is its own)
=================  =================================================================================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from trident.java.lexer import canonical

NAMES = ("identity", "most_frequent", "shuffled")
_SHUFFLE_SEED = 0


def predict(name: str, references: Sequence[str]) -> list[str]:
    """A baseline's predictions for the references of one split. They are the same in every call.

    Raises:
        ValueError: an unknown name.
    """
    if name == "identity":
        return list(references)
    if name == "most_frequent":
        counts = Counter(map(canonical, references))
        return [text for text, _ in counts.most_common(1)] * len(references)
    if name != "shuffled":
        raise ValueError(f"unknown baseline {name!r}; choose one of {', '.join(NAMES)}")
    order = np.random.default_rng(_SHUFFLE_SEED).permutation(len(references))
    predictions = [""] * len(references)
    for position, other in zip(order, np.roll(order, 1), strict=True):
        predictions[position] = references[other]
    return predictions
