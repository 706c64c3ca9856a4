"""The strict variant of the Code Quality Score for one pair: canonical Java, assertions matched one to one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein
from scipy.optimize import linear_sum_assignment

from trident.java import assertions
from trident.java.lexer import canonical, lex
from trident.metrics import codebleu

#: Calls that assert, besides those of assert….
ALSO_ASSERTING = frozenset({"fail", "verify"})
#: 1 - edit distance / the longer length, of two token sequences.
token_accuracy = Levenshtein.normalized_similarity


class Parts(NamedTuple):
    """A variant's components of one pair. `semantic` computes the fourth one from the cosines of `texts`.

    `of_codebleu`, of the strict variant alone: BLEU, weighted recall and syntax match, of which `codebleu` is the mean
    where the reference has no data flow.
    """

    codebleu: float
    ast: float
    token_accuracy: float
    texts: tuple[tuple[str, str], ...]
    semantic: Callable[[Sequence[float]], float]
    of_codebleu: tuple[float, float, float] | None = None


class Statement(NamedTuple):
    """Canonical code and its Java tokens."""

    code: str
    tokens: tuple[str, ...]


class View(NamedTuple):
    """A text as the strict variant sees it."""

    code: str  # canonical
    tokens: tuple[str, ...]  # of `code`
    statements: tuple[Statement, ...]
    is_valid: bool  # whether it is the body of a Java method
    asserts: bool  # whether it calls an assertion
    added: str  # the ``;`` that was added to the text, or ""


def compare(prediction: str, reference: str) -> Parts:
    """Match the statements of both texts by token accuracy; those without a partner count as 0."""
    found, expected = views(prediction, reference)
    accuracy = np.array([[token_accuracy(a.tokens, b.tokens) for b in found.statements] for a in expected.statements])
    rows, columns = linear_sum_assignment(accuracy, maximize=True)
    matched = [(expected.statements[i], found.statements[j]) for i, j in zip(rows, columns, strict=True)]
    number = max(accuracy.shape)
    likeness = [codebleu.lexed(a.tokens, b.tokens, a.code, b.code) for a, b in matched]
    own = [(part.bleu, part.weighted_recall, part.syntax) for part in likeness]
    bleu, recall, syntax = (math.fsum(part[i] for part in own) / number for i in range(3))
    return Parts(
        codebleu=math.fsum(part.mean for part in likeness) / number,
        ast=float(found.is_valid and (found.asserts or bool(found.tokens) and not expected.asserts)),
        token_accuracy=math.fsum(accuracy[rows, columns]) / number,
        texts=tuple((b.code, a.code) for a, b in matched),
        semantic=lambda cosines: math.fsum(cosines) / number,
        of_codebleu=(bleu, recall, syntax),
    )


def views(prediction: str, reference: str) -> tuple[View, View]:
    """Both texts; when the reference lacks the final ``;`` (as all of ATLAS), it is added to both."""
    terminate = not _is_terminated(lex(reference))
    return _view(prediction, terminate), _view(reference, terminate)


@lru_cache(maxsize=1 << 14)
def _view(text: str, terminate: bool) -> View:
    tokens = lex(text)
    # On a line of its own: an unterminated literal or comment would swallow it.
    added = "\n;" if terminate and tokens and not _is_terminated(tokens) else ""
    code = canonical(text + added)
    # Joined by newlines, which end an unterminated literal; a space would not.
    statements = tuple(Statement(canonical("\n".join(piece)), piece) for piece in split(lex(code)))
    try:
        is_valid, asserts = _is_body(code), bool(assertions.find(code, include=ALSO_ASSERTING))
    except assertions.Unparsable:
        is_valid = asserts = False
    return View(code, tuple(lex(code)), statements, is_valid, asserts, added)


def _is_terminated(tokens: Sequence[str]) -> bool:
    return bool(tokens) and tokens[-1] in (";", "}")


def split(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    """The statements of a text, cut after each ``;`` outside brackets.

    A lone ``;`` belongs to the statement before it, or at the start of the text to the one after it.
    """
    statements: list[list[str]] = []
    depth, ended = 0, True
    for token in tokens:
        if ended and not (statements and (token == ";" or set(statements[-1]) == {";"})):
            statements.append([])
        statements[-1].append(token)
        depth = max(0, depth + (token in "([{") - (token in ")]}"))
        ended = token == ";" and not depth
    return [tuple(statement) for statement in statements]


def _is_body(code: str) -> bool:
    """Whether `code` parses without error as the body of a method and does not close it."""
    root = assertions.parse(f"class C {{\nvoid t() {{\n{code}\n}}\n}}").root_node
    body = root.named_children[0].child_by_field_name("body") if root.named_child_count == 1 else None
    return not root.has_error and body is not None and body.named_child_count == 1


def loops(tokens: Sequence[str]) -> bool:
    """Whether up to eight tokens, not only punctuation, are repeated four times in a row."""
    for period in range(1, 9):
        same = 0
        for position in range(period, len(tokens)):
            same = same + 1 if tokens[position] == tokens[position - period] else 0
            run = tokens[position - period : position]
            if same >= 3 * period and any(token[0].isalnum() or token[0] in "\"'_$" for token in run):
                return True
    return False
