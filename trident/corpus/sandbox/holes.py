"""The ``$hole$``s in a template's texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from trident.corpus.sandbox.expressions import Block, TemplateError, java

_HOLE = re.compile(r"\$([A-Za-z_]\w*)\$")
#: A hole that every test has: "Assert." or nothing, before each assertion's name.
QUALIFIER = "_Assert_"


def holes_in(*texts: str) -> frozenset[str]:
    """The holes of some texts, without :data:`QUALIFIER`."""
    return frozenset(hole for text in texts for hole in _HOLE.findall(text) if hole != QUALIFIER)


def without_holes(text: str) -> str:
    """`text` with nothing in the place of its holes."""
    return _HOLE.sub("", text)


def fill(text: str, values: Mapping[str, Any], *blocks: Block) -> str:
    """`text` with each hole's value as Java. `blocks` say in errors where a hole is defined."""

    def value(match: re.Match[str]) -> str:
        hole = match[1]
        try:
            return java(values[hole])
        except ValueError as error:
            where = next(f"{block.file}:{block.defined[hole]}" for block in blocks if hole in block.defined)
            raise TemplateError(f"{where}: hole {hole!r}: {error}") from None

    return _HOLE.sub(value, text)
