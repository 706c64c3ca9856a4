"""Java text as tokens: lex, canonicalise and classify any text, also broken Java.

This is a scanner and not the parser, because predictions are often broken Java and an error-tolerant parser repairs it
differently for each layout. The scanner gives the same tokens whatever the white space, in linear time, for any text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

#: Names of calls that assert. ``fail`` and Mockito's ``verify`` count as assertions only on request.
ASSERTING = {
    "assert": re.compile(r"assert(?:[A-Z_0-9]\w*)?"),
    "fail": re.compile(r"fail"),
    "verify": re.compile(r"verify(?:[A-Z]\w*)?"),
}
#: Names that assert only with some receivers or none: AssertJ in BDD style (``then(x)``), Truth's ``expect.that``.
_WITH_RECEIVER = (
    (re.compile(r"then(?:ThrownBy|Code|Object|\w*Exception(?:OfType)?)?"), ("", "BDDAssertions", "softly")),
    (re.compile(r"that|withMessage"), ("expect",)),
)
_QUALIFIER = re.compile(
    r"Assert|Assertions|TestCase|MatcherAssert|Truth8?|BDDAssertions|ArchAssertions|AssertJUnit"
    r"|AssertionsFor(?:Class|Interface)Types|(?:BDD)?Mockito"
)
_COMMENT = r"//[^\n\r]* | /\*.*?\*/"
_LITERAL = r"""
    \"{3}[ \t\f]*(?:\r\n|\n|\r)(?:[^\\"]|\\.|"(?!""))*\"{3}
    | "(?:[^"\\\n\r]|\\[^\n\r])*" | '(?:[^'\\\n\r]|\\[^\n\r])*'
"""
_OPEN = r"""["'][^\n\r]* | /\*.*"""  # a literal or a comment that does not end
_TOKEN = re.compile(
    rf"(?P<skip> \s+ | {_COMMENT} ) | (?P<literal> {_LITERAL} ) | (?P<open> {_OPEN} )"
    r"""
    | (?P<word> (?:[^\W\d]|\$)[\w$]* )
    | (?P<number> (?: 0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]+)? | 0[bB][01_]+
                    | (?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)? ) [lLfFdD]? )
    | (?P<operator> >>>= | <<= | >>>? =? | \.\.\. | -> | :: | \+\+ | -- | && | \|\| | << | [=!<>+\-*/&|^%]= | . )
    """,
    re.VERBOSE | re.DOTALL,
)
#: A run of white space and comments.
LAYOUT = re.compile(rf"(?: \s | {_COMMENT} )+", re.VERBOSE | re.DOTALL)
_LAYOUT_OR_LITERAL = re.compile(
    rf"(?P<layout> {LAYOUT.pattern} ) | (?P<literal> {_LITERAL} | {_OPEN} )", re.VERBOSE | re.DOTALL
)
_BRACKETS = frozenset("()[]{},;")
_BEFORE_OPERAND = re.compile(r"return|case|throw|assert|yield|else|do|instanceof|extends|super|new")
_BEFORE_BRACKET = re.compile(
    r"return|case|throw|assert|yield|else|do|instanceof|extends|new|if|for|while|switch|catch|try|synchronized|in"
)
_PRIMITIVE = re.compile(r"int|long|short|byte|char|double|float")
_MODIFIER = re.compile(r"public|protected|private|static|final|abstract|default|synchronized|native|strictfp")
_BEFORE_TYPE_ARGUMENTS = ("", ".", "::", "new", "{", "}", ";")
_IN_TYPE_ARGUMENTS = (".", ",", "?", "&", "[", "]", "@")


def asserts(name: str, words: Iterable[str] = tuple(ASSERTING), receiver: str = ".") -> bool:
    """Whether a call is an assertion. `words`: keys of :data:`ASSERTING`. `receiver`: before its dot; empty: no dot."""
    return any(ASSERTING[word].fullmatch(name) for word in words) or any(
        receiver in receivers and names.fullmatch(name) for names, receivers in _WITH_RECEIVER
    )


def kind(assertion: str, words: Iterable[str] = tuple(ASSERTING)) -> str:
    """The kind of an assertion, also of broken text: the first name that asserts, ``assert``, or else ``other``.

    For what :func:`trident.java.assertions.find` returns it equals the assertion's `kind`.
    """
    tokens = ["", "", *lex(assertion)]
    if tokens[2:3] == ["assert"]:
        return "assert"
    calls = [
        (name, receiver if dot == "." else "")
        for receiver, dot, name, following in zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False)
        if following == "("
    ]
    if any(name.startswith("should") for name, _ in calls):  # Mockito: then(mock).should().close();
        calls = [call for call in calls if call[0] != "then"]
    groups = (["assert"], [word for word in words if word != "assert"])
    asserting = [name for group in groups for name, receiver in calls if asserts(name, group, receiver)]
    return asserting[0] if asserting else "other"


def literals(code: str) -> list[tuple[int, int]]:
    """Where each string, character and text block starts and ends (one that does not end: with its line)."""
    return [match.span() for match in _LAYOUT_OR_LITERAL.finditer(code) if match.lastgroup == "literal"]


def outside_literals(code: str, change: Callable[[str], str], inside: Callable[[str], str] = str) -> str:
    """`code` with `change` applied to each piece between two literals, and `inside` to each literal.

    For what changes layout or names: the lines of a text block are part of its value, and a string may hold any text.
    """
    parts, end = [], 0
    for first, last in [*literals(code), (len(code), len(code))]:
        parts += [change(code[end:first]), inside(code[first:last])]
        end = last
    return "".join(parts)


def dedented(code: str, indent: str) -> str:
    """`code` with `indent` taken from the start of its lines, except of those inside a text block."""
    return outside_literals(code, lambda piece: piece.replace("\n" + indent, "\n"))


def lex(code: str) -> list[str]:
    """The Java tokens of any text, without comments. Every other character that is not white space is in one token.

    ``>>`` that closes type arguments is two tokens, as in a Java parser. What no Java lexer accepts still becomes a
    token: an unterminated literal runs to the end of its line, an unterminated comment to the end of the text, and any
    other character is a token of its own. White space between tokens never changes the result.
    """
    tokens = _scan(code)
    if not any(">>" in token for token in tokens):
        return tokens
    types = _type_brackets(tokens)
    return [part for position, token in enumerate(tokens) for part in (token if position in types else (token,))]


def unqualified(code: str) -> list[str]:
    """The tokens of :func:`lex` without ``Assert.`` or ``org.junit.Assert.`` before the name of a call that asserts."""
    kept: list[str] = []
    for token, following in pairwise([*lex(code), ""]):
        receiver = "".join(kept[-2:-1]) if kept[-1:] == ["."] else ""
        if following == "(" and _QUALIFIER.fullmatch(receiver) and asserts(token, receiver=receiver):
            start = len(kept) - 2
            while start >= 2 and kept[start - 1] == "." and _is_word(kept[start - 2]) and kept[start - 2][0].islower():
                start -= 2  # the package: org.junit.
            if start == 0 or kept[start - 1] not in (".", "::"):
                del kept[start:]
        kept.append(token)
    return kept


def canonical(assertion: str) -> str:
    """The one text of an assertion (or any Java) that layout, comments and qualifiers like ``Assert.`` do not change.

    ``org.junit.Assert . assertEquals( 3,list.size() ) ;`` becomes ``assertEquals(3, list.size());``. Idempotent. Equal
    canonical texts mean equal tokens of :func:`lex`, apart from the qualifier.
    """
    tokens = unqualified(assertion)
    types = _type_brackets(tokens)
    braces: list[bool] = []  # of each open brace: is it a block (or the values of an array)?
    text, before, before_role = "", "", ""
    for position, token in enumerate(tokens):
        role = _role(tokens, position, types, before_role, braces)
        if before and before[0] in "\"'/" and _group(before) == "open":
            text += "\n"  # an unterminated literal ends with its line
        elif before and not _glued(before, before_role, token, role):
            text += " "
        text += token
        before, before_role = token, role
    return text


def _scan(code: str) -> list[str]:
    matches = (match for match in _TOKEN.finditer(code) if match.lastgroup != "skip")
    return [match[0].rstrip() if match.lastgroup == "open" else match[0] for match in matches]


def _group(token: str) -> str | None:
    match = _TOKEN.match(token)
    return match and match.lastgroup


def _is_word(token: str) -> bool:
    return token[0] in "_$" or token[0].isalpha()


def _type_brackets(tokens: Sequence[str]) -> dict[int, int]:
    """Positions of the ``<``, ``>``, ``>>`` and ``>>>`` around type arguments, each with that of its opening ``<``."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for position, token in enumerate(tokens):
        before = tokens[position - 1] if position else ""
        if token == "<" and (
            # The name of a type, `Collections.<String>emptyList()`, or a method's own type parameters.
            before in _BEFORE_TYPE_ARGUMENTS
            or _MODIFIER.fullmatch(before)
            or (before[0].isupper() and _is_word(before))
        ):
            opened.append(position)
        elif token in (">", ">>", ">>>") and len(token) <= len(opened):
            for _ in token:
                start = opened.pop()
                found[start] = found[position] = start
        elif not (token in _IN_TYPE_ARGUMENTS or _is_word(token)):
            opened.clear()
    return found


@lru_cache(maxsize=65536)
def _separable(left: str, right: str) -> bool:
    """Whether two tokens written without a space between them are read back as the same two."""
    return left in _BRACKETS or right in _BRACKETS or _scan(left + right) == [left, right]


def _role(tokens: Sequence[str], position: int, types: dict[int, int], before_role: str, braces: list[bool]) -> str:
    """What a token does at its position, as far as spacing depends on it. Opens and closes `braces` on the way."""
    token, before = tokens[position], tokens[position - 1] if position else ""
    if position in types:
        start = types[position]
        if start == position:
            return "type<"
        return "call>" if start and tokens[start - 1] in (".", "::", "new") else "type>"
    if token == "{":
        braces.append(before not in ("]", "=", ",", "(", "{") or (before == "{" and braces[-1]))
        return "{block" if braces[-1] else "{array"
    if token == "}":
        return "}block" if not braces or braces.pop() else "}array"
    if token in ("+", "-", "++", "--"):
        cast = (
            before == ")"
            and position >= 3
            and tokens[position - 3] == "("
            and _PRIMITIVE.fullmatch(tokens[position - 2])
        )
        operand = before_role in ("word", "number", "literal", "postfix") or (before in (")", "]") and not cast)
        if not operand or _BEFORE_OPERAND.fullmatch(before):
            return "prefix"
        return "postfix" if len(token) == 2 else "operator"
    if token in ("!", "~", "@"):
        return "prefix"
    if token[0] in "\"'":
        return "literal"
    if token[0].isdigit() or re.match(r"\.[^.]", token):
        return "number"
    if _is_word(token):
        return "word"
    return "bracket" if token in _BRACKETS else "operator"


def _glued(left: str, left_role: str, right: str, right_role: str) -> bool:
    """Whether no space belongs between two tokens."""
    closes = ("type>", "call>")
    if left_role in closes and right_role in closes:
        return True  # `>>` is read back as two, see lex
    if not _separable(left, right):
        return False
    if left_role == "{block":
        return right == "}"
    if left in ("(", "[") or left_role == "{array" or right in (")", "]", ",", ";") or right_role == "}array":
        return True
    if left in (".", "::") or right in (".", "::"):
        return (left_role if right in (".", "::") else right_role) != "operator"
    if left_role in ("prefix", "type<") or right_role in ("postfix", *closes):
        return True
    if right_role == "type<":
        return left_role == "word" and not _MODIFIER.fullmatch(left) and left != "new"
    if left_role == "call>":
        return right_role == "word" or right in ("(", "...")
    if right == "(":
        return left_role in ("word", "type>") and not _BEFORE_BRACKET.fullmatch(left)
    ends_operand = left_role in ("word", "literal", *closes) or left in (")", "]")
    return right in ("[", "...") and ends_operand and not _BEFORE_BRACKET.fullmatch(left)
