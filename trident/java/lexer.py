"""Java text as tokens: lex, canonicalise and classify any text, also broken Java.

A scanner and not the parser, because predictions are often broken Java and the repairs of an error-tolerant parser depend on
the layout. The scanner gives the same tokens whatever the white space, in linear time, for any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

#: Names of calls that assert. ``fail`` and Mockito's ``verify`` count as assertions only on request.
ASSERTING = {
    "assert": re.compile(r"assert(?:[A-Z_0-9]\w*)?"),
    "fail": re.compile(r"fail"),
    "verify": re.compile(r"verify(?:[A-Z]\w*)?"),
}
_QUALIFIERS = re.compile(
    r"Assert|Assertions|TestCase|MatcherAssert|Truth8?|BDDAssertions|ArchAssertions|AssertJUnit"
    r"|AssertionsFor(?:Class|Interface)Types|(?:BDD)?Mockito"
)

_TOKEN = re.compile(
    r"""
      (?P<skip> \s+ | //[^\n\r]* | /\*.*?\*/ )
    | (?P<word> (?:[^\W\d]|\$)[\w$]* )
    | (?P<number> (?: 0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]+)? | 0[bB][01_]+
                    | (?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)? ) [lLfFdD]? )
    | (?P<literal> \"{3}[ \t\f]*(?:\r\n|\n|\r)(?:[^\\"]|\\.|"(?!""))*\"{3} | "(?:[^"\\\n\r]|\\[^\n\r])*" | '(?:[^'\\\n\r]|\\[^\n\r])*' )
    | (?P<open> ["'][^\n\r]* | /\*.* )
    | (?P<operator> >>>= | <<= | >>>? =? | \.\.\. | -> | :: | \+\+ | -- | && | \|\| | << | [=!<>+\-*/&|^%]= | . )
    """,
    re.VERBOSE | re.DOTALL,
)

_BRACKETS = frozenset("()[]{},;")
_BEFORE_OPERAND = frozenset(
    {"return", "case", "throw", "assert", "yield", "else", "do", "instanceof", "extends", "super", "new"}
)
_SPACE_BEFORE_BRACKET = _BEFORE_OPERAND - {"super"} | {
    "if",
    "for",
    "while",
    "switch",
    "catch",
    "try",
    "synchronized",
    "in",
}
_PRIMITIVES = frozenset({"int", "long", "short", "byte", "char", "double", "float"})
_MODIFIERS = frozenset(
    {"public", "protected", "private", "static", "final", "abstract", "default", "synchronized", "native", "strictfp"}
)
_BEFORE_TYPE_ARGUMENTS = frozenset({"", ".", "::", "new", "{", "}", ";"})
_IN_TYPE_ARGUMENTS = frozenset({".", ",", "?", "&", "[", "]", "@"})


def lex(code: str) -> list[str]:
    """The Java tokens of any text, comments dropped. Every other character that is not white space is in one token.

    ``>>`` that closes type arguments is two tokens, as in a Java parser. What no Java lexer accepts still becomes a token: an
    unterminated literal runs to the end of its line, an unterminated comment to the end of the text, any other character
    stands alone. White space between tokens never changes the result.
    """
    tokens = _scan(code)
    if not any(">>" in token for token in tokens):
        return tokens
    types = _type_brackets(tokens)
    return [part for position, token in enumerate(tokens) for part in (token if position in types else (token,))]


def _scan(code: str) -> list[str]:
    return [
        match[0].rstrip() if match.lastgroup == "open" else match[0]
        for match in _TOKEN.finditer(code)
        if match.lastgroup != "skip"
    ]


def _is_word(token: str) -> bool:
    return token[0] in "_$" or token[0].isalpha()


def _type_brackets(tokens: Sequence[str]) -> dict[int, int]:
    """Positions of the ``<``, ``>``, ``>>`` and ``>>>`` that enclose type arguments; those that close map to their opening."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for position, token in enumerate(tokens):
        before = tokens[position - 1] if position else ""
        if token == "<":
            # The name of a type, `Collections.<String>emptyList()`, or a method's own type parameters.
            if before in _BEFORE_TYPE_ARGUMENTS or before in _MODIFIERS or (before[0].isupper() and _is_word(before)):
                opened.append(position)
            else:
                opened.clear()
        elif token in (">", ">>", ">>>"):
            if len(token) > len(opened):
                opened.clear()
                continue
            for _ in token:
                start = opened.pop()
                found[start] = found[position] = start
        elif not (token in _IN_TYPE_ARGUMENTS or _is_word(token)):
            opened.clear()
    return found


def canonical(assertion: str) -> str:
    """The one text of an assertion (or any Java) that layout, comments and qualifiers like ``Assert.`` do not change.

    ``org.junit.Assert . assertEquals( 3,list.size() ) ;`` becomes ``assertEquals(3, list.size());``. Idempotent. It keeps the tokens
    of :func:`lex`, so that equal canonical texts mean equal tokens but for the qualifier.
    """
    return _lay_out(_unqualified(lex(assertion)))


def _unqualified(tokens: list[str]) -> list[str]:
    kept: list[str] = []
    for position, token in enumerate(tokens):
        if (
            asserts(token)
            and tokens[position + 1 : position + 2] == ["("]
            and kept[-1:] == ["."]
            and kept[-2:-1]
            and _QUALIFIERS.fullmatch(kept[-2])
        ):
            start = len(kept) - 2
            while start >= 2 and kept[start - 1] == "." and _is_word(kept[start - 2]) and kept[start - 2][0].islower():
                start -= 2  # the package: org.junit.
            if start == 0 or kept[start - 1] not in (".", "::"):
                del kept[start:]
        kept.append(token)
    return kept


def asserts(name: str, words: Iterable[str] = tuple(ASSERTING)) -> bool:
    """Whether a call of this name is an assertion; `words` are keys of :data:`ASSERTING`."""
    return any(ASSERTING[word].fullmatch(name) for word in words)


@lru_cache(maxsize=65536)
def _separable(left: str, right: str) -> bool:
    """Whether two tokens written without a space between them are read back as the same two."""
    return left in _BRACKETS or right in _BRACKETS or _scan(left + right) == [left, right]


def _lay_out(tokens: Sequence[str]) -> str:
    """Join tokens by conventional Java spacing, on one line. Tokens that would run together keep a space."""
    types = _type_brackets(tokens)
    braces: list[bool] = []  # of each open brace: is it a block, not an array's values?
    pieces: list[str] = []
    before, before_role = "", ""
    for position, token in enumerate(tokens):
        role = _role(tokens, position, types, before_role, braces)
        if position:
            if before[0] in "\"'/" and _TOKEN.match(before).lastgroup == "open":
                pieces.append("\n")  # an unterminated literal ends with its line
            elif not _glued(before, before_role, token, role):
                pieces.append(" ")
        pieces.append(token)
        before, before_role = token, role
    return "".join(pieces)


def _role(tokens: Sequence[str], position: int, types: dict[int, int], before_role: str, braces: list[bool]) -> str:
    """What a token does where it stands, as far as spacing depends on it. Opens and closes `braces` on the way."""
    token = tokens[position]
    if position in types:
        if types[position] == position:
            return "type<"
        start = types[position]
        return "call>" if start and tokens[start - 1] in (".", "::", "new") else "type>"
    if token == "{":
        before = tokens[position - 1] if position else ""
        braces.append(before not in ("]", "=", ",", "(", "{") or (before == "{" and braces[-1]))
        return "{block" if braces[-1] else "{array"
    if token == "}":
        return "}block" if not braces or braces.pop() else "}array"
    if token in ("!", "~", "@"):
        return "prefix"
    if token in ("+", "-", "++", "--"):
        before = tokens[position - 1] if position else ""
        cast = position >= 3 and before == ")" and tokens[position - 2] in _PRIMITIVES and tokens[position - 3] == "("
        operand = before_role in ("word", "number", "literal", "postfix") or (before in (")", "]") and not cast)
        if not operand or before in _BEFORE_OPERAND:
            return "prefix"
        return "postfix" if len(token) == 2 else "operator"
    if token[0] in "\"'":
        return "literal"
    if _is_word(token):
        return "word"
    if token[0].isdigit() or (token[0] == "." and len(token) > 1 and token != "..."):
        return "number"
    return "bracket" if token in _BRACKETS else "operator"


def _glued(left: str, left_role: str, right: str, right_role: str) -> bool:
    """Whether no space stands between two tokens."""
    if left_role in ("type>", "call>") and right_role in ("type>", "call>"):
        return True  # `>>` is read back as two, see lex
    ends_operand = left_role in ("word", "literal", "type>", "call>") or left in (")", "]")
    if left_role == "{block":
        glued = right == "}"
    elif left in ("(", "[") or left_role == "{array" or right in (")", "]", ",", ";") or right_role == "}array":
        glued = True
    elif left in (".", "::") or right in (".", "::"):
        glued = (left_role if right in (".", "::") else right_role) != "operator"
    elif left_role == "prefix" or right_role == "postfix" or left_role == "type<" or right_role in ("type>", "call>"):
        glued = True
    elif right_role == "type<":
        glued = left_role == "word" and left not in _MODIFIERS and left != "new"
    elif left_role == "call>":
        glued = right_role == "word" or right in ("(", "...")
    elif right == "(":
        glued = left_role in ("word", "type>") and left not in _SPACE_BEFORE_BRACKET
    elif right == "[" or right == "...":
        glued = ends_operand and left not in _SPACE_BEFORE_BRACKET
    else:
        glued = False
    return glued and _separable(left, right)


def kind(assertion: str) -> str:
    """The kind of one assertion's text, also of broken text: the first name that asserts, ``assert``, or ``other`` if there is none.

    For what :func:`find` returns it is the same as the assertion's `kind`, ``fail`` and ``verify…`` included.
    """
    tokens = lex(assertion)
    if tokens[:1] == ["assert"]:
        return "assert"
    calls = [token for token, following in zip(tokens, tokens[1:]) if following == "("]
    for words in (["assert"], ["fail", "verify"]):
        for name in calls:
            if asserts(name, words):
                return name
    return "other"
