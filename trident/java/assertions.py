"""Assertions of Java unit tests: find, classify, mask, lex and canonicalise them.

Finding uses the tree-sitter grammar: a regular expression breaks on a ``;`` inside a string or a lambda.
Lexing does not: predictions are often broken Java, and the repairs of an error-tolerant parser depend on how the text is laid
out. A scanner gives the same tokens wherever the white space stands, in linear time, for any text whatever.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import tree_sitter_java
from tree_sitter import Language, Node, Parser, Tree

#: Stands in a test for the assertion that was taken out.
MARK = "<ASSERTION>"

JAVA = Language(tree_sitter_java.language())
#: The grammar's repair of broken text takes time and memory beyond all bounds for some; no Java comes near these limits.
_MAX_SECONDS, _MAX_DEPTH = 20, 6000
_PARSER = Parser(JAVA, timeout_micros=_MAX_SECONDS * 1_000_000)
_CANDIDATES = JAVA.query("""
[(expression_statement) (local_variable_declaration) (assert_statement)] @statement
(lambda_expression body: (method_invocation) @expression)
""")

_ASSERT_NAME = re.compile(r"assert(?:[A-Z_0-9]\w*)?")
_OPTIONAL_NAMES = {"fail": re.compile(r"fail"), "verify": re.compile(r"verify(?:[A-Z]\w*)?")}
_QUALIFIERS = frozenset(
    {
        "Assert",
        "Assertions",
        "TestCase",
        "MatcherAssert",
        "Truth",
        "Truth8",
        "BDDAssertions",
        "ArchAssertions",
        "AssertJUnit",
        "AssertionsForClassTypes",
        "AssertionsForInterfaceTypes",
        "Mockito",
        "BDDMockito",
    }
)


class Unparsable(ValueError):
    """The parser gave up on a text: not on errors in it, which it tolerates, but on their number or depth."""


@dataclass(frozen=True)
class Assertion:
    """One assertion of a method.

    text        as it stands: the whole statement with its ``;``. The body of an expression lambda is no statement and has none
    kind        the name of the call that asserts (assertEquals, assertThat, …); ``assert`` for Java's own
    framework   junit (also TestNG and helpers such as ``assertValid(x)``), hamcrest, truth, fluent (AssertJ or Truth: without
                the imports a plain ``assertThat(x).…`` may be either), java, mockito
    start, end  character offsets of `text` in the method's source
    """

    text: str
    kind: str
    framework: str
    start: int
    end: int

    @property
    def is_statement(self) -> bool:
        """False for the body of an expression lambda: ``forEach(x -> assertTrue(x))``."""
        return self.text.endswith(";")


def parse(source: str) -> Tree:
    """Parse Java text of any kind (a file, a class, methods or statements). Offsets of its nodes count UTF-8 bytes.

    NUL (the grammar's end of input) and lone surrogates (not encodable) are replaced, one character by one.

    Raises:
        Unparsable: brackets nested deeper than 6,000, or no end after twenty seconds. Whole files and methods take milliseconds.
    """
    if len(source) > _MAX_DEPTH and _depth(source) > _MAX_DEPTH:
        raise Unparsable(f"brackets nested deeper than {_MAX_DEPTH}, in a text that begins {source[:40]!r}")
    try:
        return _PARSER.parse(re.sub("[\ud800-\udfff]", "�", source.replace("\0", "\1")).encode())
    except ValueError:
        _PARSER.reset()  # else the next text would be taken for the rest of this one
        raise Unparsable(
            f"no end after {_MAX_SECONDS} s of parsing a text of {len(source)} characters that begins {source[:40]!r}"
        ) from None


def _depth(source: str) -> int:
    """How deep brackets nest; ``<`` counts within a statement, where it may open type arguments."""
    steps = {**dict.fromkeys("([{<", 1), **dict.fromkeys(")]}>", -1)}
    pieces = [
        "".join(re.findall(r"[(\[{}\])]", source)),
        *("".join(re.findall("[<>]", piece)) for piece in re.split("[;{}]", source)),
    ]
    return max(max(accumulate((steps[bracket] for bracket in piece), initial=0)) for piece in pieces)


def offsets(source: str) -> Sequence[int]:
    """Maps a byte offset in ``parse(source)`` to the character offset in `source`."""
    if source.isascii():
        return range(len(source) + 1)
    sizes = [1 if c < "\x80" else 2 if c < "\u0800" else 3 if c < "\U00010000" else 4 for c in source]
    index = [0] * (sum(sizes) + 1)
    for character, end in enumerate(accumulate(sizes), start=1):
        index[end] = character
    return index


def find(method_source: str, *, include: frozenset[str] = frozenset()) -> list[Assertion]:
    """The assertions of a test method, in order.

    Found wherever they stand: in loops, branches, ``try``, lambdas, anonymous classes. An assertion within another's arguments
    (``assertAll(() -> assertTrue(x))``) belongs to the outer one. ``X e = assertThrows(…);`` is one assertion, the whole
    declaration: without the call it would not be Java. A statement with a syntax error inside is returned when its end is certain
    all the same (published corpora hold text whose spaces were lost: ``x()instanceofFoo``), else not.

    Args:
        method_source: one method, or statements, or a class.
        include: ``"fail"`` and ``"verify"`` (Mockito) are found only on request.

    Raises:
        ValueError: `include` names something else.
        Unparsable: see :func:`parse`.
    """
    unknown = include - _OPTIONAL_NAMES.keys()
    if unknown:
        raise ValueError(f"include: {', '.join(sorted(unknown))} unknown; allowed are fail and verify")
    if not any(word in method_source for word in ("assert", *include)):
        return []
    shift, tree = 0, parse(method_source)
    if tree.root_node.has_error:
        # A constructor, or a field beside the method, is Java only within a class.
        opening = "class C {\n"
        wrapped = parse(opening + method_source + "\n}")
        if not wrapped.root_node.has_error:
            shift, tree = len(opening), wrapped
    names = [_ASSERT_NAME, *(_OPTIONAL_NAMES[name] for name in sorted(include))]
    index = offsets(method_source)
    found: list[Assertion] = []
    end = -1
    captures = sorted(
        _CANDIDATES.captures(tree.root_node), key=lambda capture: (capture[0].start_byte, -capture[0].end_byte)
    )
    for node, _ in captures:
        if node.start_byte < end:
            continue
        if node.type == "assert_statement":
            kind, framework = "assert", "java"
        else:
            call = _asserting_call(node, names)
            if call is None:
                continue
            kind, framework = _name(call), _framework(call)
        first, last = index[node.start_byte - shift], index[node.end_byte - shift]
        text = method_source[first:last]
        if not node.has_error or _is_whole(text):
            end = node.end_byte
            found.append(Assertion(text, kind, framework, first, last))
    return found


def _is_whole(text: str) -> bool:
    """Whether a statement that does not parse at least closes its brackets and ends with its only ``;`` outside them."""
    closing: list[str] = []
    tokens = lex(text)
    for token in tokens[:-1]:
        if token in ("(", "[", "{"):
            closing.append({"(": ")", "[": "]", "{": "}"}[token])
        elif token in (")", "]", "}") and (not closing or closing.pop() != token) or token == ";" and not closing:
            return False
    return not closing and tokens[-1:] == [";"]


def _name(call: Node) -> str:
    return call.child_by_field_name("name").text.decode()


def _asserting_call(node: Node, names: Sequence[re.Pattern[str]]) -> Node | None:
    """The innermost call of a chain ``a.assertThat(x).isTrue()`` that asserts: here ``a.assertThat(x)``."""
    if node.type == "expression_statement":
        values = node.named_children[:1]
        if values and values[0].type == "assignment_expression":
            values = [values[0].child_by_field_name("right")]
    elif node.type == "local_variable_declaration":
        values = [declarator.child_by_field_name("value") for declarator in node.children_by_field_name("declarator")]
    else:
        values = [node]
    for value in values:
        call = None
        while value is not None and value.type == "method_invocation":
            if any(pattern.fullmatch(_name(value)) for pattern in names):
                call = value
            value = value.child_by_field_name("object")
        if call is not None:
            return call
    return None


def _framework(call: Node) -> str:
    name = _name(call)
    if name.startswith("verify"):
        return "mockito"
    qualifier = call.child_by_field_name("object")
    if name == "assertWithMessage" or (qualifier is not None and qualifier.text.split(b".")[-1].startswith(b"Truth")):
        return "truth"
    if name.startswith("assertThat"):
        chained = call.parent is not None and call.parent.type == "method_invocation"
        return "hamcrest" if name == "assertThat" and not chained else "fluent"
    return "junit"


def mask(method_source: str, assertions: Sequence[Assertion], index: int, keep_after: bool = True) -> str:
    """`method_source` with :data:`MARK` in the place of ``assertions[index]``; ``keep_after=False`` cuts what follows it."""
    gone = assertions[index]
    return method_source[: gone.start] + MARK + (method_source[gone.end :] if keep_after else "")


def mask_all(method_source: str, assertions: Sequence[Assertion], keep_after: bool = True) -> tuple[str, str]:
    """All assertions masked at once, as the paper's released code does.

    Returns:
        the test with a :data:`MARK` for each, and the assertions' texts joined by newlines. ``keep_after=False`` cuts what
        follows the first mark.

    Raises:
        ValueError: there is no assertion.
    """
    if not assertions:
        raise ValueError("mask_all needs at least one assertion")
    target = "\n".join(assertion.text for assertion in assertions)
    if not keep_after:
        return mask(method_source, assertions, 0, keep_after=False), target
    for position in reversed(range(len(assertions))):
        method_source = mask(method_source, assertions, position)
    return method_source, target


# -- lexing

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
            _is_assertion_name(token)
            and tokens[position + 1 : position + 2] == ["("]
            and kept[-1:] == ["."]
            and kept[-2:-1]
            and kept[-2] in _QUALIFIERS
        ):
            start = len(kept) - 2
            while start >= 2 and kept[start - 1] == "." and _is_word(kept[start - 2]) and kept[start - 2][0].islower():
                start -= 2  # the package: org.junit.
            if start == 0 or kept[start - 1] not in (".", "::"):
                del kept[start:]
        kept.append(token)
    return kept


def _is_assertion_name(token: str) -> bool:
    return any(pattern.fullmatch(token) for pattern in (_ASSERT_NAME, *_OPTIONAL_NAMES.values()))


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
    for names in ([_ASSERT_NAME], _OPTIONAL_NAMES.values()):
        for name in calls:
            if any(pattern.fullmatch(name) for pattern in names):
                return name
    return "other"
