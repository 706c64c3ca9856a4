"""The types of Java expressions in a sandbox test, as far as its text shows them.

`forms` asks: ``list.isEmpty()`` says the same as ``list.size() == 0`` only if ``list`` is a collection, and ``==``
compares values only for primitive types. A type is Java text without spaces (``int``, ``Map<String,Integer>``); None
stands for a type that is not known, and whoever asks has to do without.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tree_sitter import Node

from trident.java.assertions import text_of

INTEGRAL = ("byte", "short", "char", "int", "long")
PRIMITIVE = (*INTEGRAL, "float", "double", "boolean")
BOXED = ("Byte", "Short", "Character", "Integer", "Long", "Float", "Double", "Boolean")
MAPS = ("Map", "HashMap", "LinkedHashMap", "TreeMap", "SortedMap", "NavigableMap")
COLLECTIONS = (
    *("Collection", "List", "ArrayList", "LinkedList", "Set", "HashSet", "LinkedHashSet", "TreeSet", "SortedSet"),
    *("NavigableSet", "Queue", "Deque", "ArrayDeque", "PriorityQueue"),
)

_LITERALS = {
    "string_literal": "String",
    "character_literal": "char",
    "true": "boolean",
    "false": "boolean",
    "null_literal": "null",
}
_BOOLEAN_OPERATORS = ("==", "!=", "<", ">", "<=", ">=", "&&", "||")
_ANY = {"equals": "boolean", "hashCode": "int", "toString": "String", "getMessage": "String"}
_BY_RECEIVER: Mapping[str, Mapping[str, str]] = {
    "String": {
        **dict.fromkeys(("length", "indexOf", "lastIndexOf", "compareTo"), "int"),
        **dict.fromkeys(("isEmpty", "contains", "startsWith", "endsWith", "equalsIgnoreCase"), "boolean"),
        **dict.fromkeys(("substring", "trim", "toUpperCase", "toLowerCase", "concat", "replace"), "String"),
        "charAt": "char",
        "toCharArray": "char[]",
        "split": "String[]",
    },
    **dict.fromkeys(COLLECTIONS, {"size": "int", **dict.fromkeys(("isEmpty", "contains", "containsAll"), "boolean")}),
    **dict.fromkeys(MAPS, {"size": "int", **dict.fromkeys(("isEmpty", "containsKey", "containsValue"), "boolean")}),
    "Optional": {"isPresent": "boolean"},
    "Character": dict.fromkeys(("isLetter", "isDigit", "isUpperCase", "isLowerCase"), "boolean"),
    **dict.fromkeys(BOXED, {"intValue": "int", "longValue": "long", "doubleValue": "double"}),
}
_STATIC = {
    ("Arrays", "asList"): "List",
    ("Collections", "emptyList"): "List",
    ("Optional", "empty"): "Optional",
    **{(name, "valueOf"): name for name in (*BOXED, "String")},
    ("String", "join"): "String",
    ("String", "format"): "String",
    ("Integer", "parseInt"): "int",
}
#: Methods that return an element, and which of the receiver's type arguments that is.
_ELEMENTS: Mapping[str, Mapping[str, int]] = {
    **dict.fromkeys(("List", "ArrayList"), {"get": 0}),
    **dict.fromkeys(
        ("Deque", "ArrayDeque", "Queue", "LinkedList", "PriorityQueue"),
        dict.fromkeys(("getFirst", "getLast", "peek", "poll", "pop", "peekFirst", "peekLast"), 0),
    ),
    **dict.fromkeys(MAPS, {"get": 1, "getOrDefault": 1}),
    "Optional": {"get": 0, "orElse": 0},
}


def erased(java_type: str | None) -> str:
    """The name of a type without arguments and without what encloses it: ``Status`` of ``Invoice.Status``."""
    return re.sub("<.*>", "", java_type or "").rpartition(".")[2]


def is_reference(java_type: str | None) -> bool:
    """Whether the type is known to be a class, an interface or an array."""
    return java_type is not None and java_type not in PRIMITIVE and java_type != "null"


@dataclass(frozen=True)
class Types:
    """What is known of the names in a test.

    holes    by hole: the type of its value, if it is a literal
    names    by local variable or parameter of the test: its declared type
    members  by class and member of the class under test: the declared type; methods with ``()`` after the name
    """

    holes: Mapping[str, str]
    names: Mapping[str, str | None]
    members: Mapping[tuple[str, str], str | None]

    def of(self, node: Node | None) -> str | None:
        """The type of an expression, or None."""
        if node is None:
            return None
        text, kind = text_of(node), node.type
        if kind in _LITERALS:
            return _LITERALS[kind]
        match kind:
            case "decimal_integer_literal" | "hex_integer_literal":
                return "long" if text[-1] in "lL" else "int"
            case "decimal_floating_point_literal":
                return "float" if text[-1] in "fF" else "double"
            case "identifier":
                return self.holes.get(text.strip("$")) if text in self._literal_holes else self.names.get(text)
            case "parenthesized_expression":
                return self.of(node.named_children[0])
            case "instanceof_expression":
                return "boolean"
            case "cast_expression" | "object_creation_expression":
                return _plain(node.child_by_field_name("type"))
            case "array_creation_expression":
                dimensions = sum(text_of(child).count("[") for child in node.children if "dimensions" in child.type)
                return f"{_plain(node.child_by_field_name('type'))}{'[]' * dimensions}"
            case "array_access":
                array = self.of(node.child_by_field_name("array"))
                return array[:-2] if array and array.endswith("[]") else None
            case "unary_expression":
                operand = self.of(node.child_by_field_name("operand"))
                return "boolean" if text.startswith("!") else _promoted(operand, "int")
            case "binary_expression":
                return self._binary(node)
            case "field_access":
                return self._field(node)
            case "method_invocation":
                return self._call(node)
        return None

    @property
    def _literal_holes(self) -> frozenset[str]:
        return frozenset(f"${hole}$" for hole in self.holes)

    def _binary(self, node: Node) -> str | None:
        if text_of(node.child_by_field_name("operator")) in _BOOLEAN_OPERATORS:
            return "boolean"
        left, right = (self.of(node.child_by_field_name(side)) for side in ("left", "right"))
        return "String" if "String" in (left, right) else _promoted(left, right)

    def _field(self, node: Node) -> str | None:
        on, name = node.child_by_field_name("object"), text_of(node.child_by_field_name("field"))
        receiver = self.of(on)
        if receiver and receiver.endswith("[]") and name == "length":
            return "int"
        return self.members.get((erased(receiver or text_of(on)), name))

    def _call(self, node: Node) -> str | None:
        on, name = node.child_by_field_name("object"), text_of(node.child_by_field_name("name"))
        if on is None:
            return None
        receiver = self.of(on)
        owner = erased(receiver or text_of(on))
        if (owner, f"{name}()") in self.members:
            return self.members[owner, f"{name}()"]
        if receiver is None and (owner, name) in _STATIC:
            return _STATIC[owner, name]
        if owner == "Math" and name in ("abs", "max", "min"):
            arguments = node.child_by_field_name("arguments")
            kinds = [self.of(argument) for argument in arguments.named_children] if arguments else []
            return _promoted(kinds[0], kinds[-1]) if kinds else None
        if receiver and name in _ELEMENTS.get(owner, {}):
            place, found = _ELEMENTS[owner][name], _arguments(receiver)
            return found[place] if place < len(found) else None
        return _BY_RECEIVER.get(owner, {}).get(name) or (_ANY.get(name) if is_reference(receiver) else None)


def declared(root: Node) -> dict[str, str | None]:
    """The local variables and parameters below a node, by name; None for one that is declared with several types."""
    found: dict[str, str | None] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        stack.extend(node.named_children)
        for name, java_type in _declarations(node):
            found[name] = java_type if found.get(name, java_type) == java_type else None
    return found


def members(root: Node) -> dict[tuple[str, str], str | None]:
    """The fields, enum constants and methods of the classes below a node, see :class:`Types`."""
    found: dict[tuple[str, str], str | None] = {}
    stack: list[tuple[Node, str, frozenset[str]]] = [(root, "", frozenset())]
    while stack:
        node, owner, variables = stack.pop()
        if node.type in ("class_declaration", "enum_declaration", "interface_declaration"):
            owner = text_of(node.child_by_field_name("name"))
            variables = frozenset(re.findall(r"[\w$]+", text_of(node.child_by_field_name("type_parameters"))))
        if node.type in ("method_declaration", "constructor_declaration"):
            variables |= {
                name
                for child in node.named_children
                if child.type == "type_parameters"
                for name in re.findall(r"[\w$]+", text_of(child))
            }
        own = _declarations(node) if node.type == "field_declaration" else []
        if node.type == "method_declaration":
            own = [(f"{text_of(node.child_by_field_name('name'))}()", _plain(node.child_by_field_name("type")))]
        if node.type == "enum_constant":
            own = [(text_of(node.child_by_field_name("name")), owner)]
        for name, java_type in own:
            known = java_type if java_type and not variables.intersection(re.findall(r"[\w$]+", java_type)) else None
            found[owner, name] = known if found.get((owner, name), known) == known else None
        stack += [(child, owner, variables) for child in node.named_children]
    return found


def _declarations(node: Node) -> list[tuple[str, str | None]]:
    if node.type in ("local_variable_declaration", "field_declaration"):
        declarators = [child for child in node.named_children if child.type == "variable_declarator"]
        java_type = _plain(node.child_by_field_name("type"))
        return [
            (text_of(one.child_by_field_name("name")), f"{java_type}{text_of(one.child_by_field_name('dimensions'))}")
            for one in declarators
        ]
    if node.type in ("enhanced_for_statement", "formal_parameter"):
        return [(text_of(node.child_by_field_name("name")), _plain(node.child_by_field_name("type")))]
    if node.type == "catch_formal_parameter":
        types = next(child for child in node.named_children if child.type == "catch_type")
        return [(text_of(node.child_by_field_name("name")), _plain(types))]
    return []


def _plain(node: Node | None) -> str | None:
    return re.sub(r"\s", "", text_of(node)) or None


def _promoted(*operands: str | None) -> str | None:
    """The type of arithmetic on primitive operands."""
    if not all(operand in PRIMITIVE and operand != "boolean" for operand in operands):
        return None
    return next((wide for wide in ("double", "float", "long") if wide in operands), "int")


def _arguments(java_type: str) -> list[str]:
    """The type arguments: ``String`` and ``List<Integer>`` of ``Map<String,List<Integer>>``."""
    inner = re.fullmatch(r"[^<]*<(.*)>", java_type)
    found, depth = [""], 0
    for c in inner[1] if inner else "":
        depth += (c == "<") - (c == ">")
        if c == "," and not depth:
            found.append("")
        else:
            found[-1] += c
    return [argument for argument in found if argument and "?" not in argument]
