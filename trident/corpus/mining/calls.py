"""The calls of a test, with the types of receivers and arguments as far as the test itself says them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from trident.corpus.mining.model import Call
from trident.java.assertions import JAVA, is_assertion, text_of

_CHECK = re.compile(r"assert|verify|expect(?=[A-Z(]|$)")
_CALLS = JAVA.query("[(method_invocation) (method_reference)] @call")
_LOCALS = JAVA.query(
    "[(local_variable_declaration) (formal_parameter) (enhanced_for_statement) (resource type: (_))] @declaration"
)
_LITERALS = {
    "string_literal": "String",
    "true": "boolean",
    "false": "boolean",
    "character_literal": "char",
    "null_literal": "null",
    "class_literal": "Class",
}
#: The types of longer chains of calls are not looked for.
_CHAIN = 8
#: What methods of these names return, whatever they are called on.
_RETURNED = {"toString": "String", "hashCode": "int", "toCharArray": "char[]", "getBytes": "byte[]"}


def calls(method: Node, fields: Mapping[str, str]) -> Iterator[Call]:
    """Calls in a test, without those on an assertion or on a mock's verification: ``assertThat(x).contains(y)``.

    `fields`: the simple types of the fields of the test's class.
    """
    types = dict(fields)
    for declaration, _ in _LOCALS.captures(method):
        types |= declared(declaration, types)
    for call, _ in _CALLS.captures(method):
        if call.type == "method_reference":
            on, name = call.children[0], call.children[-1]
            if name.type == "identifier":
                yield Call(text_of(name), _type(on, types), None)
            continue
        root = called_on = call.child_by_field_name("object")
        while (
            root and root.type == "method_invocation" and not (_CHECK.match(field(root, "name")) or is_assertion(root))
        ):
            root = root.child_by_field_name("object")
        if root and root.type == "method_invocation":
            continue
        arguments = call.child_by_field_name("arguments")
        values = [child for child in arguments.named_children if "comment" not in child.type] if arguments else []
        receiver = "this" if called_on is None else _type(called_on, types)
        yield Call(field(call, "name"), receiver, tuple(_type(value, types) for value in values))


def declared(node: Node, known: Mapping[str, str]) -> dict[str, str]:
    """The types of the variables that a declaration declares; those of ``var`` as far as the `known` ones say."""
    kind = simple(field(node, "type"))
    found: dict[str, str] = {}
    for declarator in node.children_by_field_name("declarator") or [node]:
        value = declarator.child_by_field_name("value")
        found[field(declarator, "name")] = (value and _type(value, known) or "var") if kind == "var" else kind
    return found


def field(node: Node, name: str) -> str:
    """The text of a named part of a node; empty if it has none."""
    return text_of(node.child_by_field_name(name))


def simple(name: str) -> str:
    """``java.util.Map<K, V>[]`` → ``Map[]``."""
    bare = re.sub(r"<.*>", "", re.sub(r"@\w+(?:\([^)]*\))?\s*", "", name), flags=re.DOTALL)
    return re.sub(r"\s+", "", bare).rpartition(".")[2]


def _type(value: Node, types: Mapping[str, str]) -> str | None:
    """The type of a value, if the test itself says it, or the call that returns it. A class's name is its own type."""
    while value.type in ("parenthesized_expression", "unary_expression") and value.named_children:
        value = value.named_children[-1]
    text = text_of(value)
    match value.type:
        case literal if literal in _LITERALS:
            return _LITERALS[literal]
        case integer if integer.endswith("_integer_literal"):
            return "long" if text[-1] in "lL" else "int"
        case "decimal_floating_point_literal":
            return "float" if text[-1] in "fF" else "double"
        case "object_creation_expression" | "cast_expression":
            return simple(field(value, "type"))
        case "array_creation_expression":
            dimensions = sum(text_of(part).count("[") for part in value.children_by_field_name("dimensions"))
            return simple(field(value, "type")) + "[]" * dimensions
        case "binary_expression":
            return "String" if any(_type(part, types) == "String" for part in _added(value)) else None
        case "method_invocation":
            return _RETURNED.get(field(value, "name")) or _of_call(value, types)
        case "identifier":
            known = types.get(text, _class_name(text))
            return None if known == "var" else known
        case "this" | "super":
            return "this"
        case "field_access":
            name = field(value, "field")
            return types.get(name) if text.startswith("this.") else _class_name(name)
    return None


def _of_call(call: Node, types: Mapping[str, str]) -> str | None:
    """``Bag.of().size()`` for what is called on a known type. Of long chains the types are not known."""
    names: list[str] = []
    value: Node | None = call
    while value and value.type == "method_invocation" and len(names) < _CHAIN:
        names.append(field(value, "name"))
        value = value.child_by_field_name("object")
    if value and value.type == "method_invocation":
        return None
    start = _type(value, types) if value else "this"
    return start and ".".join([start, *(f"{name}()" for name in reversed(names))])


def _added(value: Node) -> Iterator[Node]:
    """The operands of ``a + b + c``, from the right. Those of long sums are nested deeply."""
    while value.type == "binary_expression" and field(value, "operator") == "+":
        left, right = (value.child_by_field_name(side) for side in ("left", "right"))
        if left is None or right is None:
            return
        yield right
        value = left
    if value.type != "binary_expression":
        yield value


def _class_name(name: str) -> str | None:
    """A name that is written as those of classes are, not as those of variables or constants."""
    return name if name[:1].isupper() and not name.isupper() else None
