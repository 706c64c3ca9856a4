"""CodeBLEU of one pair of Java texts: the mean of BLEU, keyword-weighted recall, syntax match and data-flow match.

Source: Ren et al., CodeBLEU: a method for automatic evaluation of code synthesis, 2020, section 3. Keywords and data
flow come from the `codebleu` package. Its own call builds a parser per pair and prints every subtree; here each text is
parsed once and subtrees are compared by hash.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache, reduce
from operator import or_
from pathlib import Path
from typing import NamedTuple

import codebleu as _package
from codebleu.dataflow_match import get_data_flow, normalize_dataflow
from codebleu.parser import DFG_java, remove_comments_and_docstrings
from tree_sitter import Node, Parser, Tree

from trident.java.assertions import JAVA

_PARSER = Parser(JAVA)
_KEYWORDS = frozenset((Path(_package.__file__).parent / "keywords" / "java.txt").read_text(encoding="utf-8").split())
#: CodeBLEU's highest n-gram order.
ORDERS = 4
#: Matches counted for an order that has none (the package's smoothing).
_NO_MATCH = 0.1


class LexedParts(NamedTuple):
    """The parts of :func:`lexed`, each in [0, 1]."""

    bleu: float
    weighted_recall: float
    syntax: float
    dataflow: float | None  # None where the reference has no data flow

    @property
    def mean(self) -> float:
        """CodeBLEU: the mean of the parts that there are."""
        parts = [part for part in self if part is not None]
        return sum(parts) / len(parts)


def packaged(reference: str, prediction: str) -> float:
    """The number that ``codebleu.calc_codebleu([reference], [prediction], "java")`` gives, in [0, 1].

    Tokens are split at white space, a data-flow match of 0 (missing or failed) counts as 1, and the brevity penalty
    of the weighted recall takes every reference to be two tokens long. One difference: where a variable flows from
    several others, the package orders them by Python's random string hashes; here they are sorted.

    Raises:
        UnicodeEncodeError: a text holds a lone surrogate.
    """
    reference, prediction = reference.strip(), prediction.strip()
    expected, tokens = reference.split(), prediction.split()
    code, other = remove_comments_and_docstrings(reference, "java"), remove_comments_and_docstrings(prediction, "java")
    recall = weighted_recall(expected, tokens, keyword=1, other=0.2) * _brevity_penalty(2, len(tokens))
    return (bleu([expected], tokens) + recall + syntax_match(code, other) + (dataflow_match(code, other) or 1)) / 4


def lexed(reference: Sequence[str], prediction: Sequence[str], reference_code: str, prediction_code: str) -> LexedParts:
    """The parts of CodeBLEU of two texts and their Java tokens; each is exactly 1 for identical texts.

    Differences from the package: n-gram orders that the reference is too short for are left out; keywords weigh 5 and
    other tokens 1 (instead of 1 and 0.2, so that the smallest denominator of 1 does not lower a short match); the
    weighted recall has no brevity penalty; without data flow in the reference, the mean is over the other three parts.
    """
    orders = min(ORDERS, len(reference))
    if not orders or not prediction:
        return LexedParts(0.0, 0.0, 0.0, None)
    return LexedParts(
        bleu([reference], prediction, orders),
        weighted_recall(reference, prediction, keyword=5, other=1, orders=orders),
        syntax_match(reference_code, prediction_code),
        dataflow_match(reference_code, prediction_code),
    )


def bleu(references: Sequence[Sequence[str]], prediction: Sequence[str], orders: int = ORDERS) -> float:
    """BLEU of one prediction with the package's smoothing, in [0, 1]; n-grams are clipped by the best reference.

    The items are tokens, or characters when the texts are strings. Source: Papineni et al., BLEU, 2002, section 2.
    """
    counts = []
    for order in range(1, orders + 1):
        found = _ngrams(prediction, order)
        allowed = reduce(or_, (_ngrams(reference, order) for reference in references))
        counts.append(((found & allowed).total(), found.total()))
    closest = min(map(len, references), key=lambda length: (abs(length - len(prediction)), length))
    return _geometric_mean(counts) * _brevity_penalty(closest, len(prediction))


def weighted_recall(
    reference: Sequence[str], prediction: Sequence[str], *, keyword: float, other: float, orders: int = ORDERS
) -> float:
    """Share of the reference's n-grams found in the prediction, in [0, 1]; single tokens weigh `keyword` or `other`."""

    def weight(tokens: Counter[tuple[str, ...]]) -> float:
        return sum(count * (keyword if token in _KEYWORDS else other) for (token,), count in tokens.items())

    counts = []
    for order in range(1, orders + 1):
        wanted = _ngrams(reference, order)
        total = weight if order == 1 else Counter.total
        counts.append((total(wanted & _ngrams(prediction, order)), total(wanted)))
    return _geometric_mean(counts)


def _ngrams(tokens: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(tokens[start:] for start in range(order)), strict=False))


def _geometric_mean(counts: Sequence[tuple[float, float]]) -> float:
    if not counts[0][0]:
        return 0.0
    return math.exp(math.fsum(math.log((found or _NO_MATCH) / max(1, total)) for found, total in counts) / len(counts))


def _brevity_penalty(reference_length: int, length: int) -> float:
    return math.exp(min(0.0, 1 - reference_length / length)) if length else 0.0


def syntax_match(reference: str, prediction: str) -> float:
    """Share of the reference's subtrees, names and literals apart, that the prediction has too, in [0, 1]."""
    subtrees, _ = _graphs(reference)
    present = frozenset(_graphs(prediction)[0])
    return sum(subtree in present for subtree in subtrees) / len(subtrees)


def dataflow_match(reference: str, prediction: str) -> float | None:
    """Share of the reference's data-flow edges found in the prediction, in [0, 1]; None when the reference has none."""
    _, expected = _graphs(reference)
    return (expected & _graphs(prediction)[1]).total() / expected.total() if expected else None


@lru_cache(maxsize=1 << 14)
def _graphs(code: str) -> tuple[list[int], Counter[tuple[str, str, tuple[str, ...]]]]:
    """The subtrees of a text as hashes, and its data-flow edges."""
    flow = [(*item[:3], sorted(item[3]), item[4]) for item in get_data_flow(code, [_PARSER, DFG_java])]
    edges = Counter((name, relation, tuple(parents)) for name, relation, parents in normalize_dataflow(flow))
    return _subtrees(_PARSER.parse(code.encode())), edges


def _subtrees(tree: Tree) -> list[int]:
    """A hash per inner node, equal when tree-sitter prints the nodes alike (printing is quadratic in the depth)."""
    cursor = tree.walk()
    if not cursor.goto_first_child():
        return [_leaf(tree.root_node)]
    hashes: list[int] = []
    children: list[list[tuple[str | None, int]]] = [[], []]  # of each open node, the root's parent first
    while True:
        if cursor.goto_first_child():
            children.append([])
            continue
        node = cursor.node
        if node and (node.is_named or node.is_missing):
            children[-1].append((cursor.field_name, _leaf(node)))
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return hashes
            node = cursor.node
            hashes.append(hash((node and node.type, tuple(children.pop()))))
            children[-1].append((cursor.field_name, hashes[-1]))


def _leaf(node: Node) -> int:
    # `(MISSING x)` and `(UNEXPECTED x)` print more than the type; others print like an inner node of punctuation only.
    text = str(node)
    return hash((node.type, ()) if text == f"({node.type})" else text)
