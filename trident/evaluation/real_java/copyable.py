"""Which references can be put together from what stands in the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trident.java import lexer
from trident.java.assertions import MARK

_KEYWORDS = (
    "true false null this super new instanceof class void boolean byte char short int long float double final return "
    "if else for while do switch case default break continue throw try catch finally synchronized assert var"
)
#: The words of the language that an assertion may hold: nobody has to copy them.
_JAVA = frozenset(_KEYWORDS.split())


def is_copyable(example: Mapping[str, Any]) -> bool:
    """Whether every identifier and literal of an example's assertion stands in its test or the method under test.

    The name of the assertion itself is free, and so are the words of the language. A number or string counts only as it
    is written.
    """
    there = {*lexer.lex(example["test_prefix_and_rest"].replace(MARK, " ")), *lexer.lex(example["focal_method"])}
    return all(piece in there for piece in pieces(example["assertion"], example["kind"]))


def pieces(assertion: str, kind: str) -> set[str]:
    """The identifiers and literals of an assertion, but for its name `kind`."""
    return {
        token
        for token in lexer.unqualified(assertion)
        if (token[0] in "\"'_$" or any(map(str.isalnum, token))) and token != kind and token not in _JAVA
    }
