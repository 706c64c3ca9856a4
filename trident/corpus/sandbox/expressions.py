"""The ``//# hole = expression`` lines of a sandbox template: Python expressions, drawn reproducibly, rendered as Java.

``templates/README.md`` lists the functions that an expression may call.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import json
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

#: How often the holes of a block are drawn until its ``require`` lines hold.
MAXIMUM_DRAWS = 200
WORDS = tuple(Path(__file__).with_name("words.txt").read_text(encoding="utf-8").split())


class TemplateError(ValueError):
    """A template breaks the format; the message names file and line and says what to do."""


class Code(str):
    """Text that becomes Java unchanged: an identifier or a piece of code."""


class Char(str):
    """One UTF-16 unit, a Java ``char``."""


class Long(int):
    """A Java ``long``."""


def java(value: Any) -> str:
    """`value` as Java source, by its type (the table in ``templates/README.md``).

    Raises:
        ValueError: the type has no literal, or the value does not fit it.
    """
    match value:
        case Code():
            return str(value)
        case Char():
            return _quoted(value, "'")
        case str():
            return _quoted(value, '"')
        case bool():
            return str(value).lower()
        case None:
            return "null"
        case int():
            bits = 63 if isinstance(value, Long) else 31
            if not -(2**bits) <= value < 2**bits:
                fit = "long" if bits == 63 else "int: use long(x) or int32(x)"
                raise ValueError(f"{value:d} does not fit a Java {fit}")
            return f"{value:d}L" if bits == 63 else str(value)
        case float() if math.isfinite(value):
            return repr(value)
        case list() | tuple():
            return ", ".join(map(java, value))
    raise ValueError(f"{value!r} ({type(value).__name__}) has no Java literal: use a list, text, number or code(...)")


def _quoted(text: str, quote: str) -> str:
    """A Java literal. What needs an escape gets the one that JSON has, which Java understands too."""

    def escaped(c: str) -> str:
        if c == quote:
            return "\\" + quote
        return c if c.isprintable() and c != "\\" else json.dumps(c)[1:-1]

    return quote + "".join(map(escaped, text)) + quote


def _identifier(text: str) -> Code:
    if not text.isidentifier():
        raise ValueError(f"{text!r} is not a Java identifier")
    return Code(text)


def _char(text: str) -> Char:
    if len(text.encode("utf-16-be", "surrogatepass")) != 2:
        raise ValueError(f"char({text!r}): expected one character")
    return Char(text)


def _jdiv(a: int, b: int) -> int:
    return a // b if (a < 0) == (b < 0) else -(-a // b)


#: The functions that draw nothing.
_FIXED: dict[str, Any] = {
    "lower": lambda text: _identifier(text[:1].lower() + text[1:]),
    "upper": lambda text: _identifier(text[:1].upper() + text[1:]),
    "code": Code,
    "char": _char,
    "long": Long,
    "jdiv": _jdiv,
    "jmod": lambda a, b: a - b * _jdiv(a, b),
    "int32": lambda x: (x + 2**31) % 2**32 - 2**31,
    "set": dict.fromkeys,  # in order of insertion: the order of a Python set differs from process to process
    "math": math,
}
_BUILTINS = """
len sum min max sorted reversed abs round range str int float list dict tuple zip enumerate any all map filter bool
divmod ord chr
"""
_FIXED |= {name: getattr(builtins, name) for name in _BUILTINS.split()}


def _drawing(rng: random.Random) -> dict[str, Callable[..., Any]]:
    """The functions that draw, from `rng`."""

    def decimal(lo: float, hi: float, places: int) -> float:
        scale = 10**places
        return round(rng.randint(math.ceil(lo * scale - 1e-9), math.floor(hi * scale + 1e-9)) / scale, places)

    def shuffled(values: Iterable[Any]) -> list[Any]:
        out = list(values)
        rng.shuffle(out)
        return out

    return {
        "name": lambda *options: _identifier(rng.choice(options)),
        "integer": rng.randint,
        "decimal": decimal,
        "boolean": lambda: rng.random() < 0.5,
        "choice": lambda values: rng.choice(list(values)),
        "sample": lambda values, n: rng.sample(list(values), n),
        "shuffled": shuffled,
        "integers": lambda n, lo, hi: [rng.randint(lo, hi) for _ in range(n)],
        "distinct": lambda n, lo, hi: rng.sample(range(lo, hi + 1), n),
        "word": lambda: rng.choice(WORDS),
        "words": lambda n: rng.sample(WORDS, n),
    }


_DRAWING = frozenset(_drawing(random.Random(0)))
FUNCTIONS = _DRAWING | _FIXED.keys()


@dataclass(frozen=True)
class _Line:
    where: str  # file, line number and text, for errors
    targets: tuple[str, ...]  # empty: a requirement
    reads: frozenset[str]
    draws: bool  # calls a function that draws
    picks: bool  # one element of another hole: the element does not tell the rest
    code: CodeType


@dataclass(frozen=True)
class Block:
    """The hole lines of a class or of a test, compiled by :func:`compile_block`. `defined`: line number by hole."""

    file: str
    lines: tuple[_Line, ...]
    defined: Mapping[str, int]

    def draw(self, rng: random.Random, holes: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the block's holes, given the earlier `holes`; returns both.

        Raises:
            TemplateError: an expression failed, or a requirement held in none of 200 draws.
        """
        functions, failed = {**_FIXED, **_drawing(rng)}, ""
        for _ in range(MAXIMUM_DRAWS):
            scope = {**functions, **holes}
            failed = self._evaluate(scope)
            if not failed:
                return {**holes, **{hole: scope[hole] for hole in self.defined}}
        raise TemplateError(f"{failed} held in none of {MAXIMUM_DRAWS} draws: it has to hold more often")

    def _evaluate(self, scope: dict[str, Any]) -> str:
        """Evaluate the lines into `scope`. Returns the requirement that does not hold, or nothing."""
        for line in self.lines:
            try:
                value = eval(line.code, scope)
                values = list(value) if len(line.targets) > 1 else [value]
                if line.targets and len(values) != len(line.targets):
                    raise ValueError(f"{len(line.targets)} holes for {len(values)} values")
            except Exception as error:
                raise TemplateError(f"{line.where}: {type(error).__name__}: {error}") from error
            if not line.targets and not value:
                return line.where
            scope.update(zip(line.targets, values, strict=False))  # a requirement has no targets
        return ""


def compile_block(file: str, lines: Sequence[tuple[int, str]], earlier: Mapping[str, int]) -> Block:
    """Compile `lines` (number, text after ``//#``) of a file. `earlier`: the holes of the class, if it is a test's.

    Raises:
        TemplateError: neither `hole = expression` nor `require condition`, an unknown name, a name that is taken.
    """
    compiled: list[_Line] = []
    defined: dict[str, int] = {}
    for number, text in lines:
        where = f"{file}:{number}: `{text}`"
        try:
            line = _compile_line(where, text, {**earlier, **defined})
        except (SyntaxError, ValueError) as error:
            reason = f"not Python: {error.msg}" if isinstance(error, SyntaxError) else error
            raise TemplateError(f"{where}: {reason}") from None
        compiled.append(line)
        defined.update(dict.fromkeys(line.targets, number))
    return Block(file, tuple(compiled), defined)


def _compile_line(where: str, text: str, known: Mapping[str, int]) -> _Line:
    left, sign, expression = text.partition("=")
    targets = tuple(target.strip() for target in left.split(","))
    if text.startswith("require "):
        targets, expression = (), text.removeprefix("require ")
    elif not sign or expression.startswith("=") or not all(map(str.isidentifier, targets)):
        raise ValueError("expected `hole = expression` or `require condition`")
    for hole in targets:
        if hole in FUNCTIONS:
            raise ValueError(f"the hole {hole!r} would hide the function {hole}: choose another name")
        if hole in known:
            raise ValueError(f"the hole {hole!r} is defined already in line {known[hole]}")
    tree = ast.parse(expression.strip(), mode="eval")
    nodes = list(ast.walk(tree))
    if any(isinstance(node, (ast.Set, ast.SetComp)) for node in nodes):
        raise ValueError("a set has no fixed order: write set([...])")
    bound = {node.arg for node in nodes if isinstance(node, ast.arg)}
    bound |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names = {node.id for node in nodes if isinstance(node, ast.Name)} - bound
    for name in sorted(names - FUNCTIONS - known.keys()):
        close = difflib.get_close_matches(name, [*FUNCTIONS, *known], n=1)
        hint = f"did you mean {close[0]!r}?" if close else "holes and functions only (templates/README.md)"
        raise ValueError(f"unknown name {name!r}; {hint}")
    picks, code = isinstance(tree.body, ast.Subscript), compile(tree, where, "eval")
    return _Line(where, targets, frozenset(names & known.keys()), bool(names & _DRAWING), picks, code)


def knowable(blocks: Sequence[Block], shown: Iterable[str]) -> frozenset[str]:
    """The holes whose values a reader can work out from those that are `shown`.

    Forwards: what is computed from known holes alone. Backwards: what a known hole was computed from (the words of a
    line of text), unless it is only one element of it. Backwards is generous: of a sum, both terms count as known.
    """
    known = set(shown)
    lines = [line for block in blocks for line in block.lines if line.targets and not line.draws]
    size = -1
    while len(known) > size:
        size = len(known)
        for line in lines:
            if line.reads <= known:
                known.update(line.targets)
            if not line.picks and known.intersection(line.targets):
                known |= line.reads
    return frozenset(known)
