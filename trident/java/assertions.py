"""Assertions of Java unit tests: find, classify and mask them.

Finding uses the tree-sitter grammar: a regular expression breaks on a ``;`` inside a string or a lambda.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import tree_sitter_java
from tree_sitter import Language, Node, Parser, Tree

from trident.java.lexer import ASSERTING, asserts, kind, lex, outside_literals

#: Stands in a test for the assertion that was taken out.
MARK = "<ASSERTION>"

JAVA = Language(tree_sitter_java.language())
#: The grammar's repair of some broken texts needs unlimited time and memory. Real Java stays far below these limits.
_MAX_SECONDS, _MAX_DEPTH = 20, 6000
_PARSER = Parser(JAVA, timeout_micros=_MAX_SECONDS * 1_000_000)
#: Statements that one expression makes.
_SIMPLE = re.compile(r"(?:assert|expression|return|throw|yield)_statement|local_variable_declaration")
#: What holds an expression without being part of one: a lambda, an ``if``, the head of a ``try``, a class …
_AROUND = re.compile(r"lambda_expression|switch_expression|program|ERROR|\w*(?:_statement|block|body)")


class Unparsable(ValueError):
    """The parser gave up on a text. It tolerates errors, but not any number or depth of them."""


@dataclass(frozen=True)
class Assertion:
    """One assertion of a method.

    text        the whole statement with its ``;``. The body of an expression lambda is no statement and has none; nor
                has a condition or a resource
    kind        the name of the call that asserts (assertEquals, assertThat, …); ``assert`` for Java's own
    start, end  character offsets of `text` in the method's source
    """

    text: str
    kind: str
    start: int
    end: int

    @property
    def is_statement(self) -> bool:
        """False for the body of an expression lambda, ``forEach(x -> assertTrue(x))``, a condition and a resource."""
        return self.text.endswith(";")


def parse(source: str) -> Tree:
    """Parse Java text of any kind (a file, a class, methods or statements). Offsets of its nodes count UTF-8 bytes.

    NUL (the grammar's end of input) and lone surrogates (not encodable) are replaced by one character each, and so are
    slashes and quotes in text blocks (comments to the grammar). Take a literal's text from `source`, not from its node.

    Raises:
        Unparsable: brackets nested deeper than 6,000, or no end after 20 s. Whole files and methods take milliseconds.
    """
    begins = f"that begins {source[:40]!r}"
    if len(source) > _MAX_DEPTH and _depth(source) > _MAX_DEPTH:
        raise Unparsable(f"brackets nested deeper than {_MAX_DEPTH}, in a text {begins}")
    try:
        return _PARSER.parse(_encoded(outside_literals(source, str, _plain)))
    except ValueError:
        _PARSER.reset()  # otherwise the next text would be parsed as the rest of this one
        raise Unparsable(f"no end after {_MAX_SECONDS} s of parsing {len(source)} characters {begins}") from None


def _encoded(source: str) -> bytes:
    return re.sub("[\ud800-\udfff]", "�", source.replace("\0", "\1")).encode()


def _plain(literal: str) -> str:
    if not literal.startswith('"""'):
        return literal
    return literal[:3] + re.sub(r'["/\\]', "|", literal[3:-3]) + literal[-3:]


def _depth(source: str) -> int:
    """How deep brackets nest. ``<`` may open type arguments, but only within one statement."""
    statements = re.split("[;{}]", source)
    pieces = [re.findall(r"[(\[{}\])]", source), *(re.findall("[<>]", statement) for statement in statements)]
    return max(max(accumulate((1 if c in "([{<" else -1 for c in piece), initial=0)) for piece in pieces)


def text_of(node: Node | None) -> str:
    """The text of a node of the tree; empty for a node that is not there."""
    return node.text.decode() if node is not None and node.text else ""


def find(method_source: str, *, include: frozenset[str] = frozenset()) -> list[Assertion]:
    """The assertions of a test method, in order: in loops, branches, ``try``, lambdas and anonymous classes too.

    An assertion within another's arguments (``assertAll(() -> assertTrue(x))``) belongs to the outer one. The whole
    statement is taken, wherever in it the call is: ``X e = (X) assertThrows(…);`` would not be Java without it. Bodies
    of lambdas and classes and the cases of a ``switch`` have statements of their own. A statement with a syntax error
    is taken only if its end is certain (published corpora have lost spaces: ``x()instanceofFoo``).

    Args:
        method_source: one method, or statements, or a class.
        include: ``"fail"`` and ``"verify"`` (Mockito) are found only on request.

    Raises:
        ValueError: `include` names something else.
        Unparsable: see :func:`parse`.
    """
    wanted = include | {"assert"}
    if unknown := wanted - ASSERTING.keys():
        raise ValueError(f"include: {', '.join(sorted(unknown))} unknown; allowed are fail and verify")
    if not any(word in method_source for word in (*wanted, "then", "expect")):
        return []
    shift, root = 0, parse(method_source).root_node
    if root.has_error:  # a constructor, or a field beside the method, is Java only within a class
        opening = "class C {\n"
        wrapped = parse(opening + method_source + "\n}").root_node
        if not wrapped.has_error:
            shift, root = len(opening), wrapped
    encoded = _encoded(method_source)
    found: list[Assertion] = []
    end = -1
    candidates = {(node.start_byte, -node.end_byte): node for node in _candidates(root, wanted)}
    for _, node in sorted(candidates.items()):
        if node.start_byte < end:
            continue
        first, last = (len(encoded[: byte - shift].decode()) for byte in (node.start_byte, node.end_byte))
        text = method_source[first:last]
        name = kind(text, wanted)
        if name != "other" and (not node.has_error or _is_whole(text)):
            end = node.end_byte
            found.append(Assertion(text, name, first, last))
    return found


def _candidates(root: Node, wanted: Iterable[str]) -> Iterator[Node]:
    """For each call that asserts the statement that it is in, or the whole lambda's body or condition."""
    stack: list[tuple[Node, Node | None]] = [(root, None)]
    while stack:
        node, whole = stack.pop()
        if whole and is_assertion(node, wanted):
            yield whole
        around = not _SIMPLE.fullmatch(node.type) and _AROUND.fullmatch(node.type)
        for child in node.named_children:
            own = child if around or _SIMPLE.fullmatch(child.type) else whole
            if node.type == "ERROR" and not _SIMPLE.fullmatch(child.type):
                own = None  # where its statement ends is not certain
            stack.append((child, own))


def is_assertion(node: Node, wanted: Iterable[str] = ("assert",)) -> bool:
    """Whether a node of the tree is a call that asserts, or an ``assert``. `wanted`: keys of :data:`ASSERTING`."""
    if node.type != "method_invocation":
        return node.type == "assert_statement"
    on = node.child_by_field_name("object")
    receiver = text_of(on).rpartition(".")[2] if on is None or on.type in ("identifier", "field_access") else "."
    return asserts(text_of(node.child_by_field_name("name")), wanted, receiver)


def _is_whole(text: str) -> bool:
    """Whether a statement that does not parse closes its brackets and ends with its only ``;`` outside them."""
    closing: list[str] = []
    tokens = lex(text)
    for token in tokens[:-1]:
        if token in ("(", "[", "{"):
            closing.append({"(": ")", "[": "]", "{": "}"}[token])
        elif token in (")", "]", "}") and (not closing or closing.pop() != token) or token == ";" and not closing:
            return False
    return not closing and tokens[-1:] == [";"]


def mask(method_source: str, assertions: Sequence[Assertion], index: int, keep_after: bool = True) -> str:
    """`method_source` with :data:`MARK` for ``assertions[index]``. ``keep_after=False`` cuts what follows it."""
    gone = assertions[index]
    return method_source[: gone.start] + MARK + (method_source[gone.end :] if keep_after else "")


def mask_all(method_source: str, assertions: Sequence[Assertion], keep_after: bool = True) -> tuple[str, str]:
    """All assertions masked at once, as the paper's released code does.

    Returns:
        the test with a :data:`MARK` for each (``keep_after=False`` cuts what follows the first), and the texts of all
        assertions, joined by newlines.

    Raises:
        ValueError: there is no assertion.
    """
    if not assertions:
        raise ValueError("mask_all needs at least one assertion")
    for index in reversed(range(len(assertions) if keep_after else 1)):
        method_source = mask(method_source, assertions, index, keep_after)
    return method_source, "\n".join(assertion.text for assertion in assertions)
