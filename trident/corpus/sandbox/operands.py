"""The operands of an assertion: their text, type and effects, as `forms` needs them to write the assertion anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from trident.corpus.sandbox.java_types import BOXED, COLLECTIONS, INTEGRAL, MAPS, Types, erased
from trident.java.assertions import text_of

#: What each comparison becomes when its operands change sides, and when it is negated.
MIRRORED = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
NEGATED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}

_PRIMARY = {
    *("identifier", "string_literal", "character_literal", "null_literal", "true", "false", "this"),
    *("decimal_integer_literal", "hex_integer_literal", "decimal_floating_point_literal"),
    *("method_invocation", "field_access", "array_access", "parenthesized_expression", "object_creation_expression"),
}
_ARITHMETIC = {"+", "-", "*", "/", "%", "<<", ">>", ">>>"}
_LIBRARY = {*COLLECTIONS, *MAPS, *BOXED, "String", "Optional"}
#: Methods of library classes that change something, or return another element each time.
_CHANGING = {
    *("add", "addAll", "addFirst", "addLast", "clear", "next", "offer", "poll", "pollFirst", "pollLast", "pop", "push"),
    *("put", "putAll", "remove", "removeAll", "removeFirst", "removeLast", "set", "sort"),
}
#: Classes whose static methods depend on their arguments alone.
_PURE_CLASSES = {"Arrays", "Collections", "Optional", "Math", "String", "Objects", *BOXED}
CONSTANT, READS, ACTS = range(3)


@dataclass(frozen=True)
class Operand:
    """One expression.

    text     Java, with holes
    type     its type, or None
    effect   CONSTANT: evaluated earlier or later, it is the same; READS: reads what a call may change; ACTS: calls
             something that may change what other expressions read
    primary  binds so tightly that ``.name()`` and ``!`` need no brackets around it
    compact  binds more tightly than ``==``
    node     where it stands in the assertion; None for an expression that is made of others
    parts    the sides and the sign of a comparison that is made of others
    """

    text: str
    type: str | None
    effect: int = READS
    primary: bool = True
    compact: bool = True
    node: Node | None = None
    parts: tuple[Operand, str, Operand] | None = None

    @property
    def unit(self) -> str:
        """The text, in brackets unless it is primary."""
        return self.text if self.primary else f"({self.text})"

    @property
    def side(self) -> str:
        """The text as a side of ``==``."""
        return self.text if self.compact else f"({self.text})"

    def call(self, method: str, java_type: str, *arguments: Operand) -> Operand:
        """A call on this operand of a method that changes nothing."""
        effect = max(READS, self.effect, *(one.effect for one in arguments))
        text = f"{self.unit}.{method}({', '.join(one.text for one in arguments)})"
        return Operand(text, java_type, effect)


def operand(node: Node, types: Types) -> Operand:
    """The expression at a node of the tree."""
    primary = node.type in _PRIMARY
    arithmetic = node.type == "binary_expression" and operator(node) in _ARITHMETIC
    compact = primary or arithmetic or node.type in ("unary_expression", "cast_expression")
    compact = compact or node.type == "array_creation_expression"
    return Operand(text_of(node), types.of(node), _effect(node, types), primary, compact, node)


def compared(left: Operand, sign: str, right: Operand) -> Operand:
    """``left sign right``."""
    effect = max(left.effect, right.effect)
    return Operand(f"{left.side} {sign} {right.side}", "boolean", effect, False, False, parts=(left, sign, right))


def operator(node: Node | None) -> str:
    """The operator of a binary or unary expression; empty for another node."""
    return text_of(node.child_by_field_name("operator")) if node is not None else ""


def without_brackets(node: Node) -> Node:
    """The expression within brackets."""
    while node.type == "parenthesized_expression":
        node = node.named_children[0]
    return node


def order_is_free(one: Operand, other: Operand) -> bool:
    """Whether the two may be evaluated in either order."""
    return CONSTANT in (one.effect, other.effect) or ACTS not in (one.effect, other.effect)


def negated(x: Operand, types: Types) -> str:
    """The negation: of whole numbers the opposite comparison, else with ``!``."""
    flipped = integral_sides(x, types)
    if flipped:
        left, sign, right = flipped
        return compared(left, NEGATED[sign], right).text
    return f"!{x.unit}"


def integral_sides(x: Operand, types: Types) -> tuple[Operand, str, Operand] | None:
    """The sides and the sign, if `x` compares whole numbers."""
    parts = x.parts
    if x.node is not None and x.node.type == "binary_expression" and operator(x.node) in NEGATED:
        left, right = sides(x.node, types)
        parts = left, operator(x.node), right
    return parts if parts and parts[0].type in INTEGRAL and parts[2].type in INTEGRAL else None


def sides(node: Node, types: Types) -> tuple[Operand, Operand]:
    """The operands of a binary expression."""
    left, right = (node.child_by_field_name(side) for side in ("left", "right"))
    assert left is not None and right is not None  # the grammar's promise
    return operand(without_brackets(left), types), operand(without_brackets(right), types)


def _effect(node: Node, types: Types) -> int:
    return max((_own_effect(one, types) for one in _below(node)), default=CONSTANT)


def _own_effect(node: Node, types: Types) -> int:
    match node.type:
        case "lambda_expression" | "assignment_expression" | "update_expression" | "switch_expression":
            return ACTS
        case "object_creation_expression":
            return READS if erased(types.of(node)) in _LIBRARY else ACTS
        case "array_access":
            return READS
        case "field_access":
            on = node.child_by_field_name("object")
            known = on is not None and (on.type != "identifier" or text_of(on) in types.names)
            return READS if known and types.of(on) else CONSTANT
        case "method_invocation":
            on, name = node.child_by_field_name("object"), text_of(node.child_by_field_name("name"))
            if text_of(on) in _PURE_CLASSES:
                return CONSTANT  # of constant arguments: those have effects of their own
            pure = erased(types.of(on)) in _LIBRARY
            return READS if pure and name not in _CHANGING else ACTS
    return CONSTANT


def _below(node: Node) -> Iterator[Node]:
    yield node
    for child in node.named_children:
        yield from _below(child)
