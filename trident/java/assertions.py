"""Assertions of Java unit tests: find, classify and mask them.

Finding uses the tree-sitter grammar: a regular expression breaks on a ``;`` inside a string or a lambda.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import tree_sitter_java
from tree_sitter import Language, Node, Parser, Tree

from trident.java.lexer import ASSERTING, asserts, lex

#: Stands in a test for the assertion that was taken out.
MARK = "<ASSERTION>"

JAVA = Language(tree_sitter_java.language())
#: The grammar's repair of broken text takes time and memory beyond all bounds for some; no Java comes near these limits.
_MAX_SECONDS, _MAX_DEPTH = 20, 6000
_PARSER = Parser(JAVA, timeout_micros=_MAX_SECONDS * 1_000_000)
_CANDIDATES = JAVA.query("""
[(expression_statement) (local_variable_declaration) (assert_statement)] @statement
(lambda_expression body: (method_invocation) @expression)
""")


class Unparsable(ValueError):
    """The parser gave up on a text: not on errors in it, which it tolerates, but on their number or depth."""


@dataclass(frozen=True)
class Assertion:
    """One assertion of a method.

    text        as it stands: the whole statement with its ``;``. The body of an expression lambda is no statement and has none
    kind        the name of the call that asserts (assertEquals, assertThat, …); ``assert`` for Java's own
    framework   junit (also TestNG and helpers such as ``assertValid(x)``), hamcrest, truth, fluent (AssertJ or Truth: without
                the imports a plain ``assertThat(x).…`` may be either), java, mockito
    start, end  character offsets of `text` in the method's source
    """

    text: str
    kind: str
    framework: str
    start: int
    end: int

    @property
    def is_statement(self) -> bool:
        """False for the body of an expression lambda: ``forEach(x -> assertTrue(x))``."""
        return self.text.endswith(";")


def parse(source: str) -> Tree:
    """Parse Java text of any kind (a file, a class, methods or statements). Offsets of its nodes count UTF-8 bytes.

    NUL (the grammar's end of input) and lone surrogates (not encodable) are replaced, one character by one.

    Raises:
        Unparsable: brackets nested deeper than 6,000, or no end after twenty seconds. Whole files and methods take milliseconds.
    """
    if len(source) > _MAX_DEPTH and _depth(source) > _MAX_DEPTH:
        raise Unparsable(f"brackets nested deeper than {_MAX_DEPTH}, in a text that begins {source[:40]!r}")
    try:
        return _PARSER.parse(re.sub("[\ud800-\udfff]", "�", source.replace("\0", "\1")).encode())
    except ValueError:
        _PARSER.reset()  # else the next text would be taken for the rest of this one
        raise Unparsable(
            f"no end after {_MAX_SECONDS} s of parsing a text of {len(source)} characters that begins {source[:40]!r}"
        ) from None


def _depth(source: str) -> int:
    """How deep brackets nest; ``<`` counts within a statement, where it may open type arguments."""
    steps = {**dict.fromkeys("([{<", 1), **dict.fromkeys(")]}>", -1)}
    pieces = [
        "".join(re.findall(r"[(\[{}\])]", source)),
        *("".join(re.findall("[<>]", piece)) for piece in re.split("[;{}]", source)),
    ]
    return max(max(accumulate((steps[bracket] for bracket in piece), initial=0)) for piece in pieces)


def offsets(source: str) -> Sequence[int]:
    """Maps a byte offset in ``parse(source)`` to the character offset in `source`."""
    if source.isascii():
        return range(len(source) + 1)
    sizes = [1 if c < "\x80" else 2 if c < "\u0800" else 3 if c < "\U00010000" else 4 for c in source]
    index = [0] * (sum(sizes) + 1)
    for character, end in enumerate(accumulate(sizes), start=1):
        index[end] = character
    return index


def find(method_source: str, *, include: frozenset[str] = frozenset()) -> list[Assertion]:
    """The assertions of a test method, in order.

    Found wherever they stand: in loops, branches, ``try``, lambdas, anonymous classes. An assertion within another's arguments
    (``assertAll(() -> assertTrue(x))``) belongs to the outer one. ``X e = assertThrows(…);`` is one assertion, the whole
    declaration: without the call it would not be Java. A statement with a syntax error inside is returned when its end is certain
    all the same (published corpora hold text whose spaces were lost: ``x()instanceofFoo``), else not.

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
    if not any(word in method_source for word in wanted):
        return []
    shift, tree = 0, parse(method_source)
    if tree.root_node.has_error:
        # A constructor, or a field beside the method, is Java only within a class.
        opening = "class C {\n"
        wrapped = parse(opening + method_source + "\n}")
        if not wrapped.root_node.has_error:
            shift, tree = len(opening), wrapped
    index = offsets(method_source)
    found: list[Assertion] = []
    end = -1
    captures = sorted(
        _CANDIDATES.captures(tree.root_node), key=lambda capture: (capture[0].start_byte, -capture[0].end_byte)
    )
    for node, _ in captures:
        if node.start_byte < end:
            continue
        if node.type == "assert_statement":
            kind, framework = "assert", "java"
        else:
            call = _asserting_call(node, wanted)
            if call is None:
                continue
            kind, framework = _name(call), _framework(call)
        first, last = index[node.start_byte - shift], index[node.end_byte - shift]
        text = method_source[first:last]
        if not node.has_error or _is_whole(text):
            end = node.end_byte
            found.append(Assertion(text, kind, framework, first, last))
    return found


def _is_whole(text: str) -> bool:
    """Whether a statement that does not parse at least closes its brackets and ends with its only ``;`` outside them."""
    closing: list[str] = []
    tokens = lex(text)
    for token in tokens[:-1]:
        if token in ("(", "[", "{"):
            closing.append({"(": ")", "[": "]", "{": "}"}[token])
        elif token in (")", "]", "}") and (not closing or closing.pop() != token) or token == ";" and not closing:
            return False
    return not closing and tokens[-1:] == [";"]


def _name(call: Node) -> str:
    return call.child_by_field_name("name").text.decode()


def _asserting_call(node: Node, wanted: frozenset[str]) -> Node | None:
    """The innermost call of a chain ``a.assertThat(x).isTrue()`` that asserts: here ``a.assertThat(x)``."""
    if node.type == "expression_statement":
        values = node.named_children[:1]
        if values and values[0].type == "assignment_expression":
            values = [values[0].child_by_field_name("right")]
    elif node.type == "local_variable_declaration":
        values = [declarator.child_by_field_name("value") for declarator in node.children_by_field_name("declarator")]
    else:
        values = [node]
    for value in values:
        call = None
        while value is not None and value.type == "method_invocation":
            if asserts(_name(value), wanted):
                call = value
            value = value.child_by_field_name("object")
        if call is not None:
            return call
    return None


def _framework(call: Node) -> str:
    name = _name(call)
    if name.startswith("verify"):
        return "mockito"
    qualifier = call.child_by_field_name("object")
    if name == "assertWithMessage" or (qualifier is not None and qualifier.text.split(b".")[-1].startswith(b"Truth")):
        return "truth"
    if name.startswith("assertThat"):
        chained = call.parent is not None and call.parent.type == "method_invocation"
        return "hamcrest" if name == "assertThat" and not chained else "fluent"
    return "junit"


def mask(method_source: str, assertions: Sequence[Assertion], index: int, keep_after: bool = True) -> str:
    """`method_source` with :data:`MARK` in the place of ``assertions[index]``; ``keep_after=False`` cuts what follows it."""
    gone = assertions[index]
    return method_source[: gone.start] + MARK + (method_source[gone.end :] if keep_after else "")


def mask_all(method_source: str, assertions: Sequence[Assertion], keep_after: bool = True) -> tuple[str, str]:
    """All assertions masked at once, as the paper's released code does.

    Returns:
        the test with a :data:`MARK` for each, and the assertions' texts joined by newlines. ``keep_after=False`` cuts what
        follows the first mark.

    Raises:
        ValueError: there is no assertion.
    """
    if not assertions:
        raise ValueError("mask_all needs at least one assertion")
    target = "\n".join(assertion.text for assertion in assertions)
    if not keep_after:
        return mask(method_source, assertions, 0, keep_after=False), target
    for position in reversed(range(len(assertions))):
        method_source = mask(method_source, assertions, position)
    return method_source, target
