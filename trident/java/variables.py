"""Variables of a Java method: which are in scope at a place, and what a line says with another one.

By the tree-sitter grammar, which tolerates errors; where a text is not Java, variables may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from trident.java.assertions import parse, text_of
from trident.java.lexer import outside_literals

#: What a variable that is declared in it is visible in, up to its end.
_SCOPE = re.compile(
    r"block|constructor_body|class_body|lambda_expression|switch_block|catch_clause"
    r"|(?:method|constructor)_declaration|(?:for|enhanced_for|try_with_resources)_statement"
)
#: What declares a variable, in its field `name`.
_DECLARATION = re.compile(
    r"variable_declarator|(?:catch_)?formal_parameter|enhanced_for_statement|resource|instanceof_expression"
)


def in_scope(source: str, position: int) -> list[str]:
    """The variables that can be named at a place of a method, by their last assignment before it, the latest last.

    Parameters and local variables count from where they are declared. A field counts if the method assigns to it.

    Args:
        source: the text of a method, or of statements.
        position: offset in `source`, in characters.

    Raises:
        Unparsable: as :func:`trident.java.assertions.parse`.
    """
    at = len(source[:position].encode("utf-8", "surrogatepass"))
    found: dict[str, None] = {}
    gone = set()  # declared in a block that has ended
    for name, scope_end in _assigned(parse(source).root_node, at):
        if scope_end is not None and scope_end <= at:
            gone.add(name)
        elif scope_end is not None or name in found or name not in gone:
            found.pop(name, None)
            found[name] = None
    return list(found)


def _assigned(root: Node, at: int) -> Iterator[tuple[str, int | None]]:
    """Each name that gets a value before byte `at`, in order. With where its scope ends, if it is declared there."""
    stack: list[tuple[Node, int]] = [(root, root.end_byte + 1)]
    while stack:
        node, scope_end = stack.pop()
        scope_end = node.end_byte if _SCOPE.fullmatch(node.type) else scope_end
        for name, declared in _names(node):
            end = name if _SCOPE.fullmatch(node.type) else node  # `int x = …` gives x its value at its end
            if end.end_byte <= at:
                yield text_of(name), scope_end if declared else None
        stack += [(child, scope_end) for child in reversed(node.named_children) if child.start_byte < at]


def _names(node: Node) -> Iterator[tuple[Node, bool]]:
    """The names to which a node itself gives a value, and whether it declares them."""
    if _DECLARATION.fullmatch(node.type):
        if name := node.child_by_field_name("name"):
            yield name, True
    elif node.type == "assignment_expression":
        left = node.child_by_field_name("left")
        if left is not None and left.type == "identifier":
            yield left, False
    elif node.type == "lambda_expression":
        own = node.child_by_field_name("parameters")
        if own is not None and own.type != "formal_parameters":  # those are nodes of their own
            yield from ((name, True) for name in ([own] if own.type == "identifier" else own.named_children))


def mentioned(code: str, names: Sequence[str]) -> list[str]:
    """Those of `names` that `code` uses as variables: not as members, methods, or within a literal."""
    return [name for name in names if renamed(code, name, "") != code]


def renamed(code: str, old: str, new: str) -> str:
    """`code` with the variable `old` under the name `new`. Members and methods of that name, and literals, stay."""
    use = re.compile(rf"(?<![\w$.]){re.escape(old)}(?![\w$]|\s*\()")
    return outside_literals(code, lambda piece: use.sub(lambda _: new, piece))
