"""Places in a Java test file where an assertion is to be written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from trident.java import assertions
from trident.java.assertions import MARK

_STATIC = re.compile(r"^\s*import\s+static\s+[\w.]+\.(?:Assert|Assertions)\s*\.", re.MULTILINE)
#: A class of assertions, imported by name or called.
_CLASS = re.compile(r"\b(Assert|Assertions)(?=\s*;|\s*\.\s*assert[A-Z])")
_UNQUALIFIED = re.compile(r"assert[A-Z]\w*(?=\()")


class NoBlank(ValueError):
    """A text has no such place. The message says which places are possible."""


@dataclass(frozen=True)
class Blank:
    """A file's text with one ``<ASSERTION>``, and the line that it is in, from 1."""

    source: str
    line: int

    def filled(self, assertion: str) -> str:
        """The file's text with an assertion in the blank."""
        return self.source.replace(MARK, assertion)


def find(source: str, line: int | None = None) -> list[Blank]:
    """The blanks of a file: every ``<ASSERTION>``; or, given a line, the one there.

    On a line without the sign the assertion that is there is asked for anew, and an empty line is a blank. What stands
    at other places stays; other signs become empty statements.

    Raises:
        NoBlank: there is none.
    """
    marks = [match.start() for match in re.finditer(MARK, source)]
    plain = source.replace(MARK, ";".ljust(len(MARK)))
    if line is None:
        if not marks:
            raise NoBlank(f"holds no {MARK}: write it where an assertion is missing, or name a line, FILE:LINE")
        return [_blank(plain, start, start + len(MARK)) for start in marks]
    lines = source.removesuffix("\n").split("\n")
    if not 1 <= line <= len(lines):
        raise NoBlank(f"has {len(lines)} lines, so there is no line {line}")
    if here := [start for start in marks if _line(source, start) == line]:
        return [_blank(plain, start, start + len(MARK)) for start in here]
    for one in assertions.find(plain):
        if one.is_statement and _line(plain, one.start) <= line <= _line(plain, one.end - 1):
            return [_blank(plain, one.start, one.end)]
    if lines[line - 1].strip():
        raise NoBlank(f"line {line} holds no assertion and is not empty: name an empty line, or write {MARK} into one")
    start = sum(len(before) + 1 for before in lines[: line - 1])
    return [_blank(plain, start, start)]


def _blank(plain: str, start: int, end: int) -> Blank:
    return Blank(plain[:start] + MARK + plain[end:], _line(plain, start))


def _line(source: str, position: int) -> int:
    return source.count("\n", 0, position) + 1


def qualified(assertion: str, source: str) -> str:
    """An assertion as the file has to call it: ``Assert.assertTrue(x);`` where it does not import the methods."""
    used = None if _STATIC.search(source) else _CLASS.search(source)
    if used is None or (used[1] == "Assertions" and assertion.startswith("assertThat(")):  # JUnit 5 has none
        return assertion
    return f"{used[1]}.{assertion}" if _UNQUALIFIED.match(assertion) else assertion
