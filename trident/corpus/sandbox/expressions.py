"""The ``//# hole = expression`` lines of a sandbox template: restricted Python, drawn reproducibly, rendered as Java.

The functions an expression may call are listed in ``templates/README.md``. The restriction guards against slips, not against
malice: templates are part of the project.
"""

from __future__ import annotations

import ast
import difflib
import math
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from types import CodeType
from typing import Any

#: How often a block of holes is drawn anew until its ``require`` lines hold.
MAXIMUM_DRAWS = 200

WORDS = tuple(
    ["acorn", "amber", "anchor", "apple", "apron", "arrow", "atlas", "autumn", "badge", "baker", "banana", "barn", "basil", "basket", "beach", "bell", "berry", "bird", "blanket", "bottle", "branch", "bread", "brick", "bridge", "brook", "brush", "bucket", "button", "cabin", "cactus", "camel", "candle", "canoe", "carpet", "carrot", "castle", "cedar", "cellar", "chalk", "cherry", "circle", "clay", "cliff", "cloud", "clover", "coal", "coast", "cobra", "cookie", "copper", "coral", "cotton", "cousin", "crane", "creek", "cricket", "crown", "curtain", "daisy", "dancer", "desert", "dinner", "doctor", "dolphin", "donkey", "dragon", "dream", "drum", "eagle", "earth", "elbow", "ember", "engine", "falcon", "farmer", "feather", "fern", "fiddle", "field", "flame", "flute", "forest", "fossil", "fox", "frost", "galaxy", "garden", "garlic", "ginger", "glacier", "glove", "goat", "grape", "gravel", "guitar", "hammer", "harbor", "harvest", "hazel", "hedge", "heron", "hill", "honey", "horse", "island", "ivory", "jacket", "jungle", "kettle", "kitten", "ladder", "lagoon", "lake", "lantern", "lemon", "lily", "lime", "linen", "lizard", "lobster", "magnet", "mango", "maple", "marble", "market", "meadow", "melon", "mint", "mirror", "monkey", "moon", "moss", "mountain", "mustard", "napkin", "needle", "nest", "night", "oak", "oasis", "ocean", "olive", "onion", "orange", "orchid", "otter", "oven", "owl", "panda", "paper", "parrot", "peach", "pearl", "pebble", "pencil", "pepper", "piano", "pillow", "pine", "planet", "plum", "pocket", "pond", "poppy", "potato", "pumpkin", "quarry", "rabbit", "rain", "raven", "ribbon", "river", "robin", "rocket", "rose", "saddle", "sailor", "salmon", "sand", "school", "shadow", "shell", "silver", "singer", "snow", "sparrow", "spider", "spoon", "spring", "squirrel", "stone", "storm", "sugar", "summer", "sunset", "table", "tailor", "teapot", "temple", "thunder", "ticket", "tiger", "timber", "tomato", "tower", "tulip", "tunnel", "turtle", "valley", "velvet", "village", "violin", "walnut", "water", "wheat", "whisper", "willow", "window", "winter", "wolf", "yarn", "zebra"]
)

_KEYWORDS = frozenset(
    ["abstract", "assert", "boolean", "break", "byte", "case", "catch", "char", "class", "const", "continue", "default", "do", "double", "else", "enum", "extends", "false", "final", "finally", "float", "for", "goto", "if", "implements", "import", "instanceof", "int", "interface", "long", "native", "new", "null", "package", "private", "protected", "public", "return", "short", "static", "strictfp", "super", "switch", "synchronized", "this", "throw", "throws", "transient", "true", "try", "void", "volatile", "while"]
)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class TemplateError(ValueError):
    """A template breaks the format; the message names file and line and says what to do."""


class Code(str):
    """Text that stands in Java as it is: an identifier or a piece of code."""


class Char(str):
    """One UTF-16 unit, a Java ``char``."""


class Long(int):
    """A Java ``long``."""


class OrderedSet(Set):
    """A set that iterates in order of insertion: Python's own order of texts differs from process to process."""

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self._values = dict.fromkeys(values)

    def __contains__(self, value: object) -> bool:
        return value in self._values

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}


def _escape(text: str, quote: str) -> str:
    out = []
    for c in text:
        if c == quote:
            out.append("\\" + c)
        elif c in _ESCAPES:
            out.append(_ESCAPES[c])
        elif c.isprintable():
            out.append(c)
        else:  # control characters, lone surrogates: as UTF-16 units
            units = c.encode("utf-16-be", "surrogatepass").hex()
            out.extend(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
    return "".join(out)


def java(value: Any) -> str:
    """`value` as Java source, by its type (the table in ``templates/README.md``).

    Raises:
        ValueError: the type has no literal, or the value does not fit it.
    """
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, Char):
        return f"'{_escape(value, chr(39))}'"
    if isinstance(value, str):
        return f'"{_escape(value, chr(34))}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, Long):
        if not -(2**63) <= value < 2**63:
            raise ValueError(f"{value:d} does not fit a Java long")
        return f"{value:d}L"
    if isinstance(value, int):
        if not -(2**31) <= value < 2**31:
            raise ValueError(f"{value} does not fit a Java int: use long(x) or int32(x)")
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f'{value} has no Java literal: use code("Double.NaN") and the like')
        return repr(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(java, value))
    raise ValueError(f"a {type(value).__name__} has no Java literal: make it a list, a text or a number")


def _identifier(text: str) -> Code:
    if not _IDENTIFIER.fullmatch(text) or text in _KEYWORDS:
        raise ValueError(f"{text!r} is no Java identifier")
    return Code(text)


def _char(text: str) -> Char:
    if len(text.encode("utf-16-be", "surrogatepass")) != 2:
        raise ValueError(f"char({text!r}): expected one character")
    return Char(text)


def _jdiv(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _fixed() -> dict[str, Any]:
    """What draws nothing."""
    return {
        "lower": lambda text: _identifier(text[:1].lower() + text[1:]),
        "upper": lambda text: _identifier(text[:1].upper() + text[1:]),
        "code": lambda text: Code(text),
        "char": _char,
        "long": Long,
        "jdiv": _jdiv,
        "jmod": lambda a, b: a - b * _jdiv(a, b),
        "int32": lambda x: (x + 2**31) % 2**32 - 2**31,
        "set": OrderedSet,
        "math": math,
        **{
            f.__name__: f
            for f in (
                len,
                sum,
                min,
                max,
                sorted,
                reversed,
                abs,
                round,
                range,
                str,
                int,
                float,
                list,
                dict,
                tuple,
                zip,
                enumerate,
                any,
                all,
                map,
                filter,
                bool,
                divmod,
                ord,
                chr,
            )
        },
    }


_FIXED = _fixed()


def _functions(rng: random.Random) -> dict[str, Callable[..., Any]]:
    """What draws, from `rng`."""

    def decimal(lo: float, hi: float, places: int) -> float:
        scale = 10**places
        return round(rng.randint(math.ceil(lo * scale - 1e-9), math.floor(hi * scale + 1e-9)) / scale, places)

    def sample(values: Iterable[Any], n: int) -> list[Any]:
        return rng.sample(list(values), n)

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
        "sample": sample,
        "shuffled": shuffled,
        "integers": lambda n, lo, hi: [rng.randint(lo, hi) for _ in range(n)],
        "distinct": lambda n, lo, hi: rng.sample(range(lo, hi + 1), n),
        "word": lambda: rng.choice(WORDS),
        "words": lambda n: rng.sample(WORDS, n),
    }


_DRAWING = frozenset(_functions(random.Random(0)))
FUNCTIONS = frozenset(_FIXED) | _DRAWING

_REFUSED = {
    ast.Set: "a set has no fixed order: write set([...])",
    ast.SetComp: "a set has no fixed order: write set([...])",
    ast.NamedExpr: "write the assignment as a hole of its own",
    ast.Await: "not an expression of a template",
    ast.Yield: "not an expression of a template",
    ast.YieldFrom: "not an expression of a template",
}


def _check(tree: ast.Expression, known: frozenset[str]) -> tuple[set[str], bool]:
    """Refuse what a template may not use; returns the holes that are read, and whether something is drawn."""
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    read, draws = set(), False
    for node in ast.walk(tree):
        if type(node) in _REFUSED:
            raise ValueError(_REFUSED[type(node)])
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            raise ValueError(f"attribute {node.attr!r} is private")
        if isinstance(node, ast.Name) and node.id in FUNCTIONS:
            draws |= node.id in _DRAWING
        elif isinstance(node, ast.Name) and node.id not in bound:
            if node.id not in known:
                close = difflib.get_close_matches(node.id, [*FUNCTIONS, *known], n=1)
                raise ValueError(
                    f"unknown name {node.id!r}"
                    + (f"; did you mean {close[0]!r}?" if close else "; holes and functions only (templates/README.md)")
                )
            read.add(node.id)
    return read, draws


@dataclass(frozen=True)
class _Line:
    number: int
    text: str
    targets: tuple[str, ...]  # empty: a requirement
    reads: frozenset[str]
    draws: bool
    picks: bool  # one element of another hole: the element does not tell the rest
    code: CodeType


@dataclass(frozen=True)
class Block:
    """The hole lines of a class or of a test, compiled. Made by :func:`compile_block`."""

    file: str
    lines: tuple[_Line, ...]
    defined: Mapping[str, int]  # hole → line

    @property
    def read(self) -> frozenset[str]:
        """The holes that its expressions read."""
        return frozenset().union(*(line.reads for line in self.lines))

    def draw(self, rng: random.Random, holes: Mapping[str, Any]) -> dict[str, Any]:
        """Draw the block's holes, given the earlier `holes`; returns both.

        Raises:
            TemplateError: an expression failed, or a requirement held in none of 200 draws.
        """
        start = {"__builtins__": {}, **_FIXED, **_functions(rng), **holes}
        for _ in range(MAXIMUM_DRAWS):
            scope = start.copy()
            failed = self._fill(scope)
            if failed is None:
                return {**holes, **{hole: scope[hole] for hole in self.defined}}
        raise TemplateError(
            f"{self.file}:{failed.number}: `{failed.text}` held in none of {MAXIMUM_DRAWS} draws: "
            "draw the holes so that it holds more often"
        )

    def _fill(self, scope: dict[str, Any]) -> _Line | None:
        """Evaluate the lines into `scope`; the requirement that does not hold, if any."""
        for line in self.lines:
            try:
                value = eval(line.code, scope)
                if len(line.targets) > 1:
                    value = list(value)
                    if len(value) != len(line.targets):
                        raise ValueError(f"{len(line.targets)} holes for {len(value)} values")
                    scope.update(zip(line.targets, value, strict=True))
                    continue
            except Exception as error:
                raise TemplateError(
                    f"{self.file}:{line.number}: `{line.text}`: {type(error).__name__}: {error}"
                ) from error
            if not line.targets:
                if not value:
                    return line
            else:
                scope[line.targets[0]] = value
        return None


def compile_block(file: str, lines: Sequence[tuple[int, str]], earlier: Mapping[str, int]) -> Block:
    """Compile hole lines.

    Args:
        file: named in errors.
        lines: (line number, text after ``//#``).
        earlier: the holes of the class, by line, when the block is a test's.

    Raises:
        TemplateError: neither `hole = expression` nor `require condition`, an unknown name, a hole defined twice or named as
            a function.
    """
    compiled: list[_Line] = []
    defined: dict[str, int] = {}
    for number, text in lines:
        try:
            targets, expression = _split(text)
            tree = ast.parse(expression, mode="eval")
            reads, draws = _check(tree, frozenset(earlier) | frozenset(defined))
            for hole in targets:
                if hole in FUNCTIONS:
                    raise ValueError(f"the hole {hole!r} would hide the function {hole}: choose another name")
                if hole in defined or hole in earlier:
                    raise ValueError(
                        f"the hole {hole!r} is defined already in line {defined.get(hole) or earlier[hole]}"
                    )
        except (ValueError, SyntaxError) as error:
            message = f"not Python: {error.msg}" if isinstance(error, SyntaxError) else str(error)
            raise TemplateError(f"{file}:{number}: `{text}`: {message}") from None
        defined.update(dict.fromkeys(targets, number))
        picks = isinstance(tree.body, ast.Subscript)
        compiled.append(
            _Line(number, text, targets, frozenset(reads), draws, picks, compile(tree, f"{file}:{number}", "eval"))
        )
    return Block(file, tuple(compiled), defined)


def _split(text: str) -> tuple[tuple[str, ...], str]:
    if text.startswith("require "):
        return (), text.removeprefix("require ").strip()
    left, sign, right = text.partition("=")
    targets = tuple(part.strip() for part in left.split(","))
    if not sign or right.startswith("=") or not all(_IDENTIFIER.fullmatch(target) for target in targets):
        raise ValueError("expected `hole = expression` or `require condition`")
    return targets, right.strip()


def knowable(blocks: Sequence[Block], shown: Iterable[str]) -> frozenset[str]:
    """The holes whose values a reader can work out from those that are `shown`.

    Forwards: what is computed from known holes alone. Backwards: what a known hole was computed from (the words of a line of
    text), unless it is but one element of it. Backwards is generous: of a sum, both terms count as known.
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
