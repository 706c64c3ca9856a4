"""What int8 weights save and cost: the same student with weights of 32 and of 8 bits, side by side on a CPU."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import torch
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from trident.distillation import int8, models
from trident.evaluation import efficiency, prediction
from trident.java.lexer import canonical
from trident.metrics import strict

#: Blanks that are answered, from the first on.
EXAMPLES = 400


def compare(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    asked: Dataset,
    timed: Dataset,
    answers: Sequence[str],
    references: Sequence[str],
    accepted: Sequence[Collection[str]],
    *,
    batch_size: int,
    max_new_tokens: int,
    num_beams: int,
) -> dict[str, Any]:
    """Quantise `model`, let it answer again, and measure both on the CPU.

    Args:
        model: moved to the CPU.
        asked: encoded blanks. The first :data:`EXAMPLES` are answered.
        timed: encoded blanks whose first are timed, as :func:`efficiency.latency` does.
        answers, references, accepted: of the blanks in `asked`; `answers` are those of `model`.
        batch_size, max_new_tokens, num_beams: as of :func:`prediction.predict`.

    Returns:
        `examples`, how many were answered; `same`, the share of answers that int8 leaves as they are; and for `fp32`
        and `int8`: `weight_bytes`, `latency`, `memory`, `exact_match` and `accepted`.
    """
    cpu, options = torch.device("cpu"), {"max_new_tokens": max_new_tokens, "num_beams": num_beams}
    first = slice(min(EXAMPLES, len(asked)))
    asked, before = asked.select(range(first.stop)), list(answers[first])
    small = int8.quantise(model)
    after = prediction.predict(
        small,
        tokenizer,
        asked,
        batch_size=batch_size,
        device=cpu,
        max_new_tokens=max_new_tokens,
        num_beams=num_beams,
    )
    found = {
        name: {
            "weight_bytes": models.weight_bytes(one),
            "latency": efficiency.latency(one, tokenizer, timed, device=cpu, **options),
            "memory": efficiency.peak_memory(one, tokenizer, timed, device=cpu, **options),
            **_right(texts, references[first], accepted[first]),
        }
        for name, one, texts in (("fp32", model, before), ("int8", small, after))
    }
    same = sum(map(str.__eq__, before, after)) / len(asked)
    return {"examples": len(asked), "same": same, **found}


def _right(texts: Sequence[str], references: Sequence[str], accepted: Sequence[Collection[str]]) -> dict[str, float]:
    """Shares of exact and of accepted answers, as the Code Quality Score counts them."""
    views = [strict.views(text, reference) for text, reference in zip(texts, references, strict=True)]
    exact = [found.code == expected.code for found, expected in views]
    right = [one or canonical(text) in forms for one, text, forms in zip(exact, texts, accepted, strict=True)]
    return {"exact_match": sum(exact) / len(texts), "accepted": sum(right) / len(texts)}
