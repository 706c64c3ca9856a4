"""Java literals of every kind, and methods around them, for property tests; and what a literal is worth."""

import re

from hypothesis import strategies as st

#: What `String.stripIndent` takes for white space, apart from the end of a line.
_WHITE = (
    " \t\f\v\x1c\x1d\x1e\x1f\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u2028\u2029\u205f\u3000"
)
_ESCAPES = {"b": "\b", "s": " ", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "\n": ""}


def values(code: str) -> list[str]:
    """The values of the literals in a piece of Java, in order."""
    found, at = [], 0
    while at < len(code):
        if code.startswith("//", at):
            at = re.compile(r"[\n\r]|\Z").search(code, at).start()
        elif code.startswith("/*", at):
            at = code.index("*/", at + 2) + 2
        elif code[at] in "\"'":
            quote = '"""' if re.compile(r'"""[ \t\f]*[\n\r]').match(code, at) else code[at]
            end = at + len(quote)
            while not code.startswith(quote, end):
                end += 2 if code[end] == "\\" else 1
            found.append(value(code[at : end + len(quote)]))
            at = end + len(quote)
        else:
            at += 1
    return found


def value(literal: str) -> str:
    return _text_block_value(literal) if literal.startswith('"""') else _unescaped(literal[1:-1])


def _text_block_value(literal: str) -> str:
    """JLS 3.10.6: incidental white space goes, then white space before the end of a line, then escapes are read."""
    lines = re.sub(r"\r\n?", "\n", literal)[3:-3].split("\n")[1:]
    counted = [line for line in lines if line.strip(_WHITE)] + lines[-1:]
    indent = min(len(line) - len(line.lstrip(_WHITE)) for line in counted)
    return _unescaped("\n".join(line[indent:].rstrip(_WHITE) for line in lines))


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        return chr(int(match[1], 8)) if match[1][0] in "01234567" else _ESCAPES.get(match[1], match[1])

    return re.sub(r"\\([0-3]?[0-7]{1,2}|[\s\S])", one, text)


_PIECES = [
    *("a", "B7", "é", "𝄞", " ", "   ", ";", "{", ")", "'", "//", "/*", "*/", "assertTrue(x);", "fail(", "assert_x("),
    *("\\\\", '\\"', "\\'", "\\n", "\\t", "\\0", "\\377", '\\"\\"\\"', "\t", "\f", "\x1c", "\x85", "\u2028", "\xa0"),
]
_STRINGS = st.lists(st.sampled_from(_PIECES), max_size=6).map(lambda pieces: f'"{"".join(pieces)}"')
_CHARACTERS = st.sampled_from(["'a'", "'\"'", "'\\''", "'\\\\'", "' '", "'/'", "'\\n'", "'\t'", "'\\0'"])
_INDENTS = st.sampled_from(["", "", " ", "    ", "        ", "            ", "\t", "\t\t"])
_LINES = st.lists(st.sampled_from([*_PIECES, '" ', '""x', '\\"""y', "\\\n", "\\s", "    ", "\n"]), max_size=5).map(
    "".join
)


@st.composite
def text_blocks(draw: st.DrawFn) -> str:
    lines = draw(st.lists(st.tuples(_INDENTS, _LINES).map("".join), max_size=4))
    end = draw(st.sampled_from(["", "x", '\\"', "\\n"]))
    return '"""' + draw(st.sampled_from(["", " ", "\t"])) + "\n" + "\n".join([*lines, draw(_INDENTS) + end + '"""'])


LITERALS = st.one_of(_STRINGS, _CHARACTERS, text_blocks())


@st.composite
def methods(draw: st.DrawFn, indent: str = "    ") -> str:
    """A test method, its first line without `indent`, with literals in assertions and elsewhere, and with comments."""
    statements = [
        "assertEquals(LITERAL, x(LITERAL));",
        'String s = LITERAL;  // don\'t "take" it /*',
        "/* it's // */ x(LITERAL + LITERAL);",
        "/* of\n" + indent + '     * two " lines\n' + indent + "     */",
        "assertThat(x)\n" + indent + "        .isEqualTo(LITERAL);",
        "",
    ]
    body = draw(st.lists(st.sampled_from(statements), min_size=1, max_size=5))
    code = "\n".join(["@Test", "void works() {", *(f"    {statement}" for statement in body), "}"])
    code = code.replace("\n", "\n" + indent).replace("\n" + indent + indent, "\n" + indent)
    return re.sub("LITERAL", lambda _: draw(LITERALS), code)
