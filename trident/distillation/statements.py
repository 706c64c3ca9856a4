"""Statements of a test as blanks: what models of real Java pre-train on, in the shape of the task.

An assertion is hidden as the task hides it. Or several statements of any kind are hidden, each behind a sentinel of its
own, as T5's span denoising does (Raffel et al. 2020); a statement is the span that is to be written later.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from transformers import PreTrainedTokenizerBase
from tree_sitter import Node

from trident.distillation.encoding import encode_source, source_text
from trident.distillation.models import SENTINELS
from trident.java import assertions, lexer

#: Share of a test's statements that are hidden at once.
HIDDEN = 0.3
_STATEMENT = re.compile(r"(?:assert|expression|return|throw)_statement|local_variable_declaration")

Row = dict[str, list[int]]


def find(test: str) -> list[tuple[int, int]]:
    """Start and end of each statement of a test that holds no other statement, in characters, in order.

    Raises Unparsable as :func:`trident.java.assertions.parse` does.
    """
    root = assertions.parse(test).root_node
    spans = [(node.start_byte, node.end_byte) for node in _simple(root)]
    encoded = test.encode("utf-8", "surrogatepass")
    if len(encoded) == len(test):
        return spans
    return [(len(encoded[:start].decode()), len(encoded[:end].decode())) for start, end in spans]


def _simple(node: Node) -> Iterator[Node]:
    if _STATEMENT.fullmatch(node.type) and not node.has_error:
        inner = [found for child in node.named_children for found in _simple(child)]
        yield from inner or [node]
    else:
        for child in node.named_children:
            yield from _simple(child)


def with_blank(test: str, focal_method: str, rng: random.Random) -> tuple[str, str] | None:
    """The test with one of its assertions taken out, in the shape of the task, and the assertion in canonical form.

    None if there is no assertion to take.
    """
    found = [one for one in assertions.find(test) if one.is_statement]
    if not found:
        return None
    index = rng.randrange(len(found))
    example = {"test_prefix_and_rest": assertions.mask(test, found, index), "focal_method": focal_method}
    return source_text(example), lexer.canonical(found[index].text)


def with_sentinels(test: str, focal_method: str, rng: random.Random) -> tuple[str, list[str]]:
    """The test with :data:`HIDDEN` of its statements behind sentinels, and these statements in canonical form.

    At least one statement, if there is one.
    """
    found = find(test)
    number = min(max(1, round(HIDDEN * len(found))), len(found), len(SENTINELS))
    hidden = sorted(rng.sample(found, number))
    pieces, last = [], 0
    for sentinel, (start, end) in zip(SENTINELS, hidden, strict=False):
        pieces += [test[last:start], sentinel]
        last = end
    example = {"test_prefix_and_rest": "".join([*pieces, test[last:]]), "focal_method": focal_method}
    return source_text(example), [lexer.canonical(test[start:end]) for start, end in hidden]


def encode_blank(blank: tuple[str, str], tokenizer: PreTrainedTokenizerBase, max_source: int, max_target: int) -> Row:
    """Token ids of :func:`with_blank`. A target that is too long loses its end, and its end-of-sequence token."""
    source, target = blank
    labels = tokenizer(target)["input_ids"][:max_target]
    return {"input_ids": encode_source(source, tokenizer, max_source), "labels": labels}


def encode_sentinels(
    hidden: tuple[str, Sequence[str]], tokenizer: PreTrainedTokenizerBase, max_source: int, max_target: int
) -> Row:
    """Token ids of :func:`with_sentinels`. A statement whose sentinel was cut from the source is not to be written."""
    source, statements = hidden
    ids = encode_source(source, tokenizer, max_source)
    visible = set(ids)
    labels: list[int] = []
    for sentinel, statement in zip(SENTINELS, statements, strict=False):
        own = tokenizer.convert_tokens_to_ids(sentinel)
        if own in visible:
            labels += [own, *tokenizer(statement, add_special_tokens=False)["input_ids"]]
    return {"input_ids": ids, "labels": [*labels, tokenizer.eos_token_id][:max_target]}
