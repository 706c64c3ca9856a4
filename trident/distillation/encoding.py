"""From an example to token ids: what the models read and write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import datasets
import torch
from datasets import Dataset
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from trident.java.assertions import MARK

datasets.disable_progress_bars()  # encoding takes seconds; its bars would drown the notebooks

#: The vocabulary that section 1 calls critical: names of assertions.
CRITICAL_NAMES = (
    "assertEquals",
    "assertNotEquals",
    "assertTrue",
    "assertFalse",
    "assertNull",
    "assertNotNull",
    "assertSame",
    "assertNotSame",
    "assertArrayEquals",
    "assertThrows",
    "assertThat",
)

#: Text comes first, so that what looks like a comment inside it is left alone.
_TEXT_OR_COMMENT = re.compile(r'''"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|//[^\n]*|/\*[\s\S]*?\*/''')


def source_text(example: Mapping[str, Any]) -> str:
    """What the model reads: the test with its blank, then the method under test (section 3: both are the input).

    The test comes first, so that a cut at the maximum length takes the end of a long method, never the blank.
    Indentation, line ends and comments mean nothing to Java and cost tokens: lines are joined by one space, comments go.
    """
    return " ".join(
        line.strip()
        for part in (example["test_prefix_and_rest"], example["focal_method"])
        for line in _without_comments(part).splitlines()
        if line.strip()
    )


def _without_comments(code: str) -> str:
    return _TEXT_OR_COMMENT.sub(lambda match: " " if match[0].startswith("/") else match[0], code)


def target_text(example: Mapping[str, Any], form: Literal["canonical", "raw"]) -> str:
    """What the model writes: the assertion, canonical or as it stood."""
    return example["assertion_canonical"] if form == "canonical" else example["assertion"]


def whole_text(example: Mapping[str, Any]) -> str:
    """The example with its assertion in place: Java to pre-train on."""
    return source_text(example).replace(MARK, example["assertion_canonical"])


def encode_source(text: str, tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> list[int]:
    """Token ids of `text`, at most `max_tokens`. A longer text is cut at its end or, where the blank would be lost, around the blank."""
    encoded = tokenizer(text, return_offsets_mapping=True)
    ids = encoded["input_ids"]
    if len(ids) <= max_tokens:
        return ids
    blank_start = text.find(MARK)
    blank_end = blank_start + len(MARK) if blank_start >= 0 else 0
    last = max(
        (i for i, (start, end) in enumerate(encoded["offset_mapping"]) if start < blank_end and end > start), default=0
    )
    start = 0 if last < max_tokens - 1 else last - max_tokens // 2
    return ids[start : start + max_tokens - 1] + [tokenizer.eos_token_id]


def encode(
    examples: Dataset,
    tokenizer: PreTrainedTokenizerBase,
    *,
    max_source_tokens: int,
    max_target_tokens: int,
    target_form: Literal["canonical", "raw"],
    drop_long_targets: bool,
) -> Dataset:
    """Add `input_ids` and `labels` (both end with the end-of-sequence token) to the `id` of each example.

    With `drop_long_targets` an example whose assertion needs more than `max_target_tokens` is left out (compare the lengths of
    what goes in and what comes out to count them); otherwise its labels are kept whole.
    """

    def one(example: dict[str, Any]) -> dict[str, Any]:
        return {
            "input_ids": encode_source(source_text(example), tokenizer, max_source_tokens),
            "labels": tokenizer(target_text(example, target_form))["input_ids"],
        }

    encoded = examples.map(
        one,
        remove_columns=[name for name in examples.column_names if name != "id"],
        load_from_cache_file=False,
        keep_in_memory=True,
    )
    if drop_long_targets:
        encoded = encoded.filter(
            lambda labels: len(labels) <= max_target_tokens,
            input_columns="labels",
            load_from_cache_file=False,
            keep_in_memory=True,
        )
    return encoded


def critical_token_weights(tokenizer: PreTrainedTokenizerBase, vocabulary: int, weight: float) -> Tensor:
    """A vector (vocabulary,) that is `weight` at every token of an assertion's name and 1 elsewhere (section 1, item 1)."""
    weights = torch.ones(vocabulary)
    for name in CRITICAL_NAMES:
        weights[tokenizer(name, add_special_tokens=False)["input_ids"]] = weight
    return weights
