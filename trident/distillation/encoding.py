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

from trident.experiment.params import Parameters
from trident.java import lexer
from trident.java.assertions import MARK

datasets.disable_progress_bars()  # encoding takes seconds, and its bars would fill the notebooks

#: Names of assertions, the vocabulary that section 1 calls critical: `assert` and …
_CRITICAL = "Equals NotEquals True False Null NotNull Same NotSame ArrayEquals Throws That"
CRITICAL_NAMES = tuple(f"assert{name}" for name in _CRITICAL.split())


def source_text(example: Mapping[str, Any]) -> str:
    """What the model reads: the test with its blank, then the method under test (section 3).

    The test comes first, so that a cut at the maximum length takes the end of a long method, never the blank.
    Lines are joined by one space and comments removed: they cost tokens and mean nothing to Java, except in literals.
    """
    parts = (lexer.outside_literals(example[key], _joined).strip() for key in ("test_prefix_and_rest", "focal_method"))
    return " ".join(part for part in parts if part)


def _joined(code: str) -> str:
    return lexer.LAYOUT.sub(lambda run: " " if re.search(r"[\n\r/]", run[0]) else run[0], code)


def target_text(example: Mapping[str, Any], form: Literal["canonical", "raw"]) -> str:
    """What the model writes: the assertion in canonical form or as it stood."""
    return example["assertion_canonical"] if form == "canonical" else example["assertion"]


def whole_text(example: Mapping[str, Any]) -> str:
    """The example with its assertion in place: Java to pre-train on."""
    return source_text(example).replace(MARK, example["assertion_canonical"])


def encode_source(text: str, tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> list[int]:
    """Token ids of `text`, at most `max_tokens`. A longer text loses its end or, if the blank is there, both ends.

    No literal is cut in two: half of one could be read as another. The tokens that the tokenizer puts before and after
    a text are kept: CodeT5+'s puts `<s>` before it.
    """
    # verbose: it would warn that the text is longer than the model's longest input, to which it is cut below
    encoded = tokenizer(text, return_offsets_mapping=True, verbose=False)
    ids, offsets = encoded["input_ids"], encoded["offset_mapping"]
    if len(ids) <= max_tokens:
        return ids
    blank_start = text.find(MARK)
    blank_end = blank_start + len(MARK) if blank_start >= 0 else 0
    blank = [i for i, (start, end) in enumerate(offsets) if start < blank_end and end > blank_start] or [0]
    start = 0 if blank[-1] < max_tokens - 1 else min(blank[-1] - max_tokens // 2, len(ids) - max_tokens)
    end = start + max_tokens - 1
    before = next(i for i, (first, last) in enumerate(offsets) if last > first) if start else 0
    start += before
    literals = lexer.literals(text)

    def is_inside(i: int) -> bool:
        return any(first < offsets[i][0] < last for first, last in literals)

    while start < blank[0] and is_inside(start):
        start += 1
    while end > blank[-1] + 1 and is_inside(end):
        end -= 1
    return ids[:before] + ids[start:end] + [tokenizer.eos_token_id]


def encode(examples: Dataset, tokenizer: PreTrainedTokenizerBase, p: Parameters, *, drop_long_targets: bool) -> Dataset:
    """`id`, `input_ids` and `labels` of each example; both sequences end with the end-of-sequence token.

    Args:
        p: `max_source_tokens`, `max_target_tokens` and `target_form` are used.
        drop_long_targets: leave out examples whose assertion needs more than `max_target_tokens`; otherwise they
            are kept whole. The lengths of `examples` and the result tell how many were left out.

    Raises ValueError if all would be left out.
    """

    def one(example: dict[str, Any]) -> dict[str, Any]:
        return {
            "input_ids": encode_source(source_text(example), tokenizer, p.max_source_tokens),
            "labels": tokenizer(target_text(example, p.target_form))["input_ids"],
        }

    removed = [name for name in examples.column_names if name != "id"]
    encoded = examples.map(one, remove_columns=removed, load_from_cache_file=False, keep_in_memory=True)
    if not drop_long_targets:
        return encoded
    short = [i for i, labels in enumerate(encoded["labels"]) if len(labels) <= p.max_target_tokens]
    if not short:
        raise ValueError(
            f"each of the {len(encoded)} assertions is longer than max_target_tokens = {p.max_target_tokens}"
        )
    return encoded if len(short) == len(encoded) else encoded.select(short)


def critical_token_weights(tokenizer: PreTrainedTokenizerBase, vocabulary: int, weight: float) -> Tensor:
    """A vector (vocabulary,): `weight` at every token of an assertion's name, 1 elsewhere (section 1, item 1)."""
    weights = torch.ones(vocabulary)
    for name in CRITICAL_NAMES:
        weights[tokenizer(name, add_special_tokens=False)["input_ids"]] = weight
    return weights
