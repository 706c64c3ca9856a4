"""Mutants of a class: the same class with one small fault in the method under test, or in what that calls.

A test is as good as the faults that it notices (mutation testing). So an assertion is compared with the reference by
the mutants that both kill. Each operator stands for a common mistake: ``<`` for ``<=``, a constant that is one too
large, a call that is missing.
"""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from trident.java.assertions import parse, text_of
from trident.java.lexer import dedented

_BOUNDARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_RELATIONAL = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "!=", "!=": "=="}
_ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "&": "|", "|": "&", "<<": ">>", ">>": "<<"}
_LOGICAL = {"&&": "||", "||": "&&"}
_ASSIGNING = {"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "++": "--", "--": "++"}
_NUMERIC = ("byte", "short", "char", "int", "long", "float", "double")
_BOXED = {"Integer": "int", "Long": "long", "Double": "double"}
#: What is empty, by type.
_EMPTY = {
    "String": '""',
    "List": "new java.util.ArrayList<>()",
    "Set": "new java.util.LinkedHashSet<>()",
    "Map": "new java.util.LinkedHashMap<>()",
    "Optional": "java.util.Optional.empty()",
}
_METHODS = ("method_declaration", "constructor_declaration")


class NoSuchMethod(ValueError):
    """The method under test does not stand in the class."""


@dataclass(frozen=True)
class Mutant:
    """A class with one fault.

    operator  which kind of fault: boundary, arithmetic, …
    line      the line of the class that is changed, from 1
    source    the whole text of the class, changed
    """

    operator: str
    line: int
    source: str


@dataclass(frozen=True, order=True)
class _Change:
    """Bytes `start` to `end` of the class become `text`."""

    start: int
    end: int
    text: str
    operator: str


def mutants(class_source: str, focal_method: str, limit: int, seed: int, test: str = "") -> tuple[Mutant, ...]:
    """At most `limit` mutants of a class, drawn by `seed`. The same arguments give the same mutants, in any process.

    Faults are put into the method under test and into what it calls in its class, by simple name or with ``this.``, and
    so on. If these places are fewer than `limit`, those in the methods and constructors that the `test` calls come
    after them. Operators are drawn in turn, so that the most frequent one does not crowd out the others.

    Args:
        class_source: the class, or the whole file.
        focal_method: the method or constructor under test, as it stands in the class, at column 0.
        limit: how many mutants to draw.
        seed: another seed draws other mutants.
        test: the test method, any text.

    Returns:
        The mutants, in the order of the draw: a smaller `limit` gives the first of them. They may fail to compile,
        loop, or mean the same as the class.

    Raises:
        NoSuchMethod: `focal_method` is not in the class.
        trident.java.assertions.Unparsable: the parser gave up on the class.
    """
    root = parse(class_source).root_node
    declared: dict[str, list[Node]] = defaultdict(list)
    final: set[str] = set()
    for node in _nodes(root):
        if node.type in _METHODS:
            declared[text_of(node.child_by_field_name("name"))].append(node)
        elif node.type == "field_declaration" and "final" in text_of(node.named_children[0]).split():
            names = (child.child_by_field_name("name") for child in node.children_by_field_name("declarator"))
            final.update(map(text_of, names))
    encoded = class_source.encode("utf-8", "surrogatepass")
    focal = next((n for some in declared.values() for n in some if at_first_column(n, encoded) == focal_method), None)
    if focal is None:
        raise NoSuchMethod(f"the class has no method with the text {focal_method[:80]!r}: {', '.join(declared)}")
    rng = random.Random(f"{seed}\0{class_source}\0{focal_method}")
    reached = _reached([focal], declared)
    tested = _reached([n for name in _called(parse(test).root_node, True) for n in declared.get(name, ())], declared)
    drawn: list[_Change] = []
    for methods in (reached, [node for node in tested if node not in reached]):
        drawn += _in_turn(
            sorted({change for node in methods for change in _changes(node, final)}), limit - len(drawn), rng
        )
    return tuple(
        Mutant(
            change.operator,
            encoded.count(b"\n", 0, change.start) + 1,
            (encoded[: change.start] + change.text.encode() + encoded[change.end :]).decode("utf-8", "surrogatepass"),
        )
        for change in drawn
    )


def _nodes(root: Node) -> Iterator[Node]:
    """A node and all below it, in the order of the text."""
    stack = [root]
    while stack:
        yield (node := stack.pop())
        stack.extend(reversed(node.children))


def at_first_column(node: Node, encoded: bytes) -> str:
    """A declaration of a text, moved to the first column as in an example."""
    line = encoded.rfind(b"\n", 0, node.start_byte) + 1
    indent = encoded[line : node.start_byte].decode("utf-8", "surrogatepass")
    text = encoded[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")
    return text if indent.strip() else dedented(text, indent)


def _called(root: Node, on_any: bool) -> Iterator[str]:
    """Names of the methods (and classes, for their constructors) that are called, on this object or `on_any`."""
    for node in _nodes(root):
        if node.type == "method_invocation":
            on = node.child_by_field_name("object")
            if on_any or on is None or on.type == "this":
                yield text_of(node.child_by_field_name("name"))
        elif node.type == "object_creation_expression":
            yield text_of(node.child_by_field_name("type")).partition("<")[0].rpartition(".")[2]


def _reached(start: Sequence[Node], declared: dict[str, list[Node]]) -> list[Node]:
    """The methods of `start` and what they call in their class, in order of discovery."""
    found: list[Node] = []
    waiting = deque(start)
    while waiting:
        node = waiting.popleft()
        if node not in found:
            found.append(node)
            waiting.extend(other for name in _called(node, False) for other in declared.get(name, ()))
    return found


def _in_turn(changes: Sequence[_Change], count: int, rng: random.Random) -> list[_Change]:
    """`count` of the changes (or all, if they are fewer): one of each operator in turn."""
    by_operator: dict[str, list[_Change]] = defaultdict(list)
    for change in changes:
        by_operator[change.operator].append(change)
    groups = [rng.sample(group, len(group)) for _, group in sorted(by_operator.items())]
    rng.shuffle(groups)
    turns = (group[turn] for turn in range(len(changes)) for group in groups if turn < len(group))
    return [change for change, _ in zip(turns, range(count), strict=False)]


def _changes(method: Node, final: Collection[str]) -> Iterator[_Change]:
    """Every fault that an operator can put into a method of a class with some `final` fields."""
    body = method.child_by_field_name("body")
    if body is None:
        return
    returns = text_of(method.child_by_field_name("type"))
    for node in _nodes(body):
        found: Iterator[tuple[Node, str, str]]
        match node.type:
            case "binary_expression":
                found = _of_binary(node)
            case "assignment_expression" | "update_expression":
                found = _of_assignment(node)
            case "decimal_integer_literal" | "decimal_floating_point_literal" | "true" | "false":
                found = _of_literal(node)
            case "parenthesized_expression" | "ternary_expression":
                found = _of_condition(node)
            case "return_statement" if not _within(node, "lambda_expression", "class_body", until=method):
                found = _of_return(node, returns)
            case "expression_statement":
                found = _of_statement(node, final)
            case _:
                continue
        yield from (_Change(at.start_byte, at.end_byte, text, operator) for at, text, operator in found)


def _of_binary(node: Node) -> Iterator[tuple[Node, str, str]]:
    operator = node.child_by_field_name("operator")
    sign = text_of(operator)
    if operator is None or _joins_text(node, sign):
        return
    tables = (
        ("boundary", _BOUNDARY),
        ("relational", _RELATIONAL),
        ("arithmetic", _ARITHMETIC),
        ("logical", _LOGICAL),
    )
    yield from ((operator, table[sign], name) for name, table in tables if sign in table)


def _joins_text(node: Node, sign: str) -> bool:
    """Whether a sum is visibly a concatenation. One that is not visible gives a mutant that does not compile."""
    return sign in ("+", "+=") and any(part.type == "string_literal" for part in _nodes(node))


def _of_assignment(node: Node) -> Iterator[tuple[Node, str, str]]:
    parent = node.parent
    if parent is not None and parent.type == "for_statement":
        return  # most such loops would not end
    for sign in node.children:
        if sign.type in _ASSIGNING and not _joins_text(node, sign.type):
            yield sign, _ASSIGNING[sign.type], "arithmetic"


def _of_literal(node: Node) -> Iterator[tuple[Node, str, str]]:
    text = text_of(node)
    if text in ("true", "false"):
        yield node, "false" if text == "true" else "true", "boolean"
        return
    if node.type == "decimal_floating_point_literal":
        yield from ((node, f"({text} {sign} 1)", "constant") for sign in "+-")
        return
    suffix = text[-1] if text[-1] in "lL" else ""
    value = int(text.rstrip("lL").replace("_", ""))
    yield node, f"{value + 1}{suffix}", "constant"
    if value:  # 0 becomes 1: -1 would often be no index at all
        yield node, f"{value - 1}{suffix}", "constant"


def _of_condition(node: Node) -> Iterator[tuple[Node, str, str]]:
    """The condition of ``if``, a loop or ``? :``."""
    condition: Node | None = node
    if node.type == "ternary_expression":
        condition = node.child_by_field_name("condition")
    elif node.parent is None or node.parent.type not in ("if_statement", "while_statement", "do_statement"):
        return
    if condition is not None:
        inner = condition.named_children[0] if condition.type == "parenthesized_expression" else condition
        yield from ((inner, text, "negated condition") for text in _negated(inner))


def _negated(node: Node) -> list[str]:
    """The negation of an expression. None of ``==`` and ``!=``: that is `relational`, nor of a literal: `boolean`."""
    sign = text_of(node.child_by_field_name("operator"))
    if (node.type == "binary_expression" and sign in ("==", "!=")) or node.type in ("true", "false"):
        return []
    if node.type == "unary_expression" and sign == "!":
        return [text_of(node.child_by_field_name("operand"))]
    return [f"!({text_of(node)})"]


def _of_return(node: Node, returns: str) -> Iterator[tuple[Node, str, str]]:
    value = next((child for child in node.named_children if not child.type.endswith("comment")), None)
    if value is None:
        return
    text = text_of(value)
    if returns == "boolean":
        others = _negated(value)
    elif returns in _NUMERIC:
        others = ["0", f"({returns}) (({text}) + 1)"]
    else:
        others = ["null", *_instead(returns, text)]
    yield from ((value, other, "return value") for other in others if other != text)


def _instead(returns: str, text: str) -> list[str]:
    """What a method may return, besides null, instead of an object."""
    if returns in _BOXED:
        return [f"({_BOXED[returns]}) 0", f"({text}) + 1"]
    if returns.endswith("[]"):
        size = "[0]" + "[]" * (returns.count("[]") - 1)
        return [f"new {returns.partition('[')[0]}{size}"]
    return [empty for empty in [_EMPTY.get(returns.partition("<")[0])] if empty]


def _of_statement(node: Node, final: Collection[str]) -> Iterator[tuple[Node, str, str]]:
    inner = node.named_children[0]
    if inner.type == "method_invocation":
        yield node, ";", "removed call"
    elif inner.type in ("assignment_expression", "update_expression"):
        target = text_of(inner.child_by_field_name("left")).removeprefix("this.")
        if target not in final:  # a final field must be assigned
            yield node, ";", "removed assignment"


def _within(node: Node, *types: str, until: Node) -> bool:
    """Whether a node of `until` stands in another node of one of the `types` below it."""
    above = node.parent
    while above is not None and above != until:
        if above.type in types:
            return True
        above = above.parent
    return False
