"""The calls of a test, with the types of receivers and arguments as far as the test itself says them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from trident.corpus.mining.model import Call
from trident.java.assertions import JAVA, is_assertion, text_of

_CHECK = re.compile(r"assert|verify|expect(?=[A-Z(]|$)")
_CALLS = JAVA.query("(method_invocation) @call")
_LOCALS = JAVA.query("[(local_variable_declaration) (formal_parameter)] @declaration")
_LITERALS = {
    "string_literal": "String",
    "true": "boolean",
    "false": "boolean",
    "character_literal": "char",
    "null_literal": "null",
    "class_literal": "Class",
}


def calls(method: Node, fields: Mapping[str, str]) -> Iterator[Call]:
    """Calls in a test, without those on an assertion or on a mock's verification: ``assertThat(x).contains(y)``.

    `fields`: the simple types of the fields of the test's class.
    """
    types = dict(fields)
    for declaration, _ in _LOCALS.captures(method):
        types |= declared(declaration)
    for call, _ in _CALLS.captures(method):
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


def declared(node: Node) -> dict[str, str]:
    """The simple types of the variables that a declaration declares."""
    declarators = node.children_by_field_name("declarator") or [node]
    return {field(declarator, "name"): simple(field(node, "type")) for declarator in declarators}


def field(node: Node, name: str) -> str:
    """The text of a named part of a node; empty if it has none."""
    return text_of(node.child_by_field_name(name))


def simple(name: str) -> str:
    """``java.util.Map<K, V>[]`` → ``Map[]``."""
    bare = re.sub(r"<.*>", "", re.sub(r"@\w+(?:\([^)]*\))?\s*", "", name), flags=re.DOTALL)
    return re.sub(r"\s+", "", bare).rpartition(".")[2]


def _type(value: Node, types: Mapping[str, str]) -> str | None:
    """The simple type of a value, if the test itself says it. The name of a class is its own type."""
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
        case "identifier":
            known = types.get(text, text if text[:1].isupper() and not text.isupper() else None)
            return None if known == "var" else known
        case "this" | "super":
            return "this"
        case "field_access" if text.startswith("this."):
            return types.get(field(value, "field"))
    return None
