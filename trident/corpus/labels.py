"""What is known of the right answers of a corpus: how many there are, and how far one of them can be foretold.

In the sandbox p(y | x) is known by construction (`accepted_probability`): `x` is what the model sees, `y` the form in
which the assertion stands. Real Java has one known answer with probability 1, so that all this is trivial there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import Any


def entropy(probabilities: Iterable[float]) -> float:
    """-sum of p ln p, in nats; 0 for one answer alone."""
    return -sum(p * math.log(p) for p in probabilities if p > 0)


def known(examples: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """What the best possible model reaches on examples that have `accepted` and `accepted_probability`.

    Returns:
        `forms`, the mean number of accepted answers; `one_form`, the share of examples with one alone; `entropy`, the
        mean of that of p(y | x) in nats, below which no model's expected loss per example can fall; `ceiling`, the
        mean of the largest p(y | x): the expected exact match of a model that always writes the likeliest form.
        (The share of `accepted` answers has no ceiling below 1.)

    Raises:
        ValueError: there are no examples.
    """
    distributions = [example["accepted_probability"] for example in examples]
    if not distributions:
        raise ValueError("no examples: nothing is known of an empty split")
    return {
        "forms": fmean(map(len, distributions)),
        "one_form": fmean(len(one) == 1 for one in distributions),
        "entropy": fmean(map(entropy, distributions)),
        "ceiling": fmean(map(max, distributions)),
    }
