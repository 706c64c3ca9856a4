"""CodeBLEU of one pair of Java texts, fast and quiet: BLEU, keyword-weighted recall, syntax match, data-flow match.

The keywords and the extraction of data flow are the `codebleu` package's. Its corpus call builds a parser and prints every
subtree for each pair, and warns on the root logger when a pair has no data flow. Here each text is parsed once, subtrees are
compared by hash, n-grams are counted without a loop in Python, and nothing is logged. Tests hold :func:`packaged` and
:func:`bleu` to the package.

Two readings (DESIGN, "Three ways to read the paper"):

- :func:`packaged` gives what ``codebleu.calc_codebleu([reference], [prediction], "java")`` gives;
- :func:`lexed` compares Java tokens, gives an identical text exactly 1, and leaves a missing data-flow graph out of the mean,
  where the package counts it as full credit.

Source: Ren et al., CodeBLEU: a method for automatic evaluation of code synthesis, 2020, section 3.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache, reduce
from operator import or_
from pathlib import Path

import codebleu as _package
from codebleu.dataflow_match import get_data_flow, normalize_dataflow
from codebleu.parser import DFG_java, remove_comments_and_docstrings
from tree_sitter import Node, Parser, Tree

from trident.java.assertions import JAVA

_PARSER = Parser(JAVA)
_KEYWORDS = frozenset((Path(_package.__file__).parent / "keywords" / "java.txt").read_text(encoding="utf-8").split())
#: CodeBLEU's highest n-gram order.
ORDERS = 4
#: An order without a match counts a tenth of one (the package's smoothing).
_NO_MATCH = 0.1


def packaged(reference: str, prediction: str) -> float:
    """What the package's own call gives for this pair (its default weights and tokenizer), in [0, 1].

    Its ways are kept: tokens are split at white space, a data-flow match of 0 counts as 1, be it missing or failed, and the
    brevity penalty of the weighted recall takes every reference to be two tokens long. One thing is not: where a variable flows
    from several others, the package orders them by Python's random string hashes; here they are sorted.

    Raises:
        UnicodeEncodeError: a text holds a lone surrogate.
    """
    reference, prediction = reference.strip(), prediction.strip()
    expected, tokens = reference.split(), prediction.split()
    code, other = remove_comments_and_docstrings(reference, "java"), remove_comments_and_docstrings(prediction, "java")
    recall = weighted_recall(expected, tokens, keyword=1, other=0.2) * _brevity_penalty(2, len(tokens))
    parts = (bleu([expected], tokens), recall, syntax_match(code, other), dataflow_match(code, other) or 1)
    return sum(parts) / len(parts)


def lexed(reference: Sequence[str], prediction: Sequence[str], reference_code: str, prediction_code: str) -> float:
    """CodeBLEU of two texts that come with their Java tokens, in [0, 1]; exactly 1 for identical texts.

    It departs from the package in four places. N-gram orders that the reference is too short for are left out. Keyword weights
    are 5 and 1 instead of 1 and 0.2: the same ratio, but the package's smallest denominator of 1 no longer lowers a short
    match. The weighted recall has no brevity penalty: a recall needs none. When the reference has no data flow, the mean is
    taken over the other three parts.
    """
    orders = min(ORDERS, len(reference))
    if not orders or not prediction:
        return 0.0
    flow = dataflow_match(reference_code, prediction_code)
    parts = [
        bleu([reference], prediction, orders),
        weighted_recall(reference, prediction, keyword=5, other=1, orders=orders),
        syntax_match(reference_code, prediction_code),
        *([] if flow is None else [flow]),
    ]
    return sum(parts) / len(parts)


def bleu(references: Sequence[Sequence[str]], prediction: Sequence[str], orders: int = ORDERS) -> float:
    """BLEU of one prediction, its n-grams clipped by the best of the references, in [0, 1].

    The items are tokens, or characters when the texts are strings. Source: Papineni et al., BLEU, 2002, section 2, with the
    package's smoothing.
    """
    counts = []
    for order in range(1, orders + 1):
        found = _ngrams(prediction, order)
        allowed = reduce(or_, (_ngrams(reference, order) for reference in references))
        counts.append(((found & allowed).total(), max(1, found.total())))
    closest = min(
        (len(reference) for reference in references), key=lambda length: (abs(length - len(prediction)), length)
    )
    return _geometric_mean(counts) * _brevity_penalty(closest, len(prediction))


def weighted_recall(
    reference: Sequence[str], prediction: Sequence[str], *, keyword: float, other: float, orders: int = ORDERS
) -> float:
    """Share of the reference's n-grams found in the prediction; single tokens weigh `keyword` or `other`. In [0, 1]."""

    def weight(counts: Counter) -> float:
        return sum(count * (keyword if token in _KEYWORDS else other) for (token,), count in counts.items())

    counts = []
    for order in range(1, orders + 1):
        wanted = _ngrams(reference, order)
        total = weight if order == 1 else Counter.total
        counts.append((total(wanted & _ngrams(prediction, order)), max(1, total(wanted))))
    return _geometric_mean(counts)


def _ngrams(tokens: Sequence[str], order: int) -> Counter:
    return Counter(zip(*(tokens[start:] for start in range(order))))


def _geometric_mean(counts: Sequence[tuple[float, float]]) -> float:
    if not counts[0][0]:
        return 0.0
    return math.exp(math.fsum(math.log((found or _NO_MATCH) / total) for found, total in counts) / len(counts))


def _brevity_penalty(reference_length: int, length: int) -> float:
    if length > reference_length:
        return 1.0
    return math.exp(1 - reference_length / length) if length else 0.0


def syntax_match(reference: str, prediction: str) -> float:
    """Share of the reference's subtrees that stand in the prediction too, whatever its names and literals, in [0, 1]."""
    subtrees, _ = _graphs(reference)
    present = frozenset(_graphs(prediction)[0])
    return sum(subtree in present for subtree in subtrees) / len(subtrees)


def dataflow_match(reference: str, prediction: str) -> float | None:
    """Share of the reference's data-flow edges found in the prediction, in [0, 1]; None when the reference has none."""
    _, expected = _graphs(reference)
    if not expected:
        return None
    return (expected & _graphs(prediction)[1]).total() / expected.total()


@lru_cache(maxsize=1 << 14)
def _graphs(code: str) -> tuple[list[int], Counter]:
    flow = [(*item[:3], sorted(item[3]), item[4]) for item in get_data_flow(code, [_PARSER, DFG_java])]
    edges = Counter((name, relation, tuple(parents)) for name, relation, parents in normalize_dataflow(flow))
    return _subtrees(_PARSER.parse(code.encode())), edges


def _subtrees(tree: Tree) -> list[int]:
    """A hash for each inner node, equal when tree-sitter prints both alike. Printing takes quadratic time in the depth."""
    cursor = tree.walk()
    if not cursor.goto_first_child():
        return [_leaf(tree.root_node)]
    hashes: list[int] = []
    parents: list[list[tuple[str | None, int]]] = [[], []]
    while True:
        if cursor.goto_first_child():
            parents.append([])
            continue
        if cursor.node.is_named or cursor.node.is_missing:
            parents[-1].append((cursor.field_name, _leaf(cursor.node)))
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return hashes
            hashes.append(hash((cursor.node.type, tuple(parents.pop()))))
            parents[-1].append((cursor.field_name, hashes[-1]))


def _leaf(node: Node) -> int:
    # `(MISSING x)` and `(UNEXPECTED x)` print more than their type; the others like a node that has only punctuation in it.
    text = str(node)
    return hash((node.type, ()) if text == f"({node.type})" else text)
