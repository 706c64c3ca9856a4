"""What a model reads, without the libraries that train it, which take seconds to load: for ``trident suggest``.

The same as :mod:`trident.distillation.encoding` computes; a test holds the two together.
"""

from __future__ import annotations

import re

from tokenizers import Tokenizer

from trident.java import lexer
from trident.java.assertions import MARK


def source_text(test: str, focal_method: str) -> str:
    """The test with its blank, then the method under test; lines joined and comments removed."""
    parts = (lexer.outside_literals(code, _joined).strip() for code in (test, focal_method))
    return " ".join(part for part in parts if part)


def _joined(code: str) -> str:
    return lexer.LAYOUT.sub(lambda run: " " if re.search(r"[\n\r/]", run[0]) else run[0], code)


def encode_source(text: str, tokenizer: Tokenizer, max_tokens: int, end_of_sequence: int) -> list[int]:
    """Token ids of `text`, at most `max_tokens`. A longer text loses its end or, if the blank is there, both ends.

    No literal is cut in two. What the tokenizer puts before and after a text is kept.
    """
    encoded = tokenizer.encode(text)
    ids, offsets = encoded.ids, encoded.offsets
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
    return ids[:before] + ids[start:end] + [end_of_sequence]
