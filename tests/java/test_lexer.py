"""trident/java/lexer.py: tokens agree with the grammar, and any text survives."""

import re
import time

import pytest
from helpers.java_statements import STATEMENTS, method
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trident.java import assertions
from trident.java.assertions import find
from trident.java.lexer import canonical, kind, lex, unqualified

CANONICAL = {
    "org.junit.Assert . assertEquals( 3,list.size() ) ;": "assertEquals(3, list.size());",
    "Assert.assertEquals(0,res.size());": "assertEquals(0, res.size());",
    "Assertions.assertAll(()->Assertions.assertTrue(a),()->{ assertFalse( b );});": (
        "assertAll(() -> assertTrue(a), () -> { assertFalse(b); });"
    ),
    "X e=Assert.assertThrows(X . class,()->f());": "X e = assertThrows(X.class, () -> f());",
    "assertEquals(new byte[]{1,2,-3},x.<String>foo().y [0]);": (
        "assertEquals(new byte[] {1, 2, -3}, x.<String>foo().y[0]);"
    ),
    "assertEquals(new HashMap < > ( ),(Map<String,List<Map<A,B>>>)m);": (
        "assertEquals(new HashMap<>(), (Map<String, List<Map<A, B>>>) m);"
    ),
    "assertTrue(a<b&&c>d||!x&&-1<=~y>>2);": "assertTrue(a < b && c > d || !x && -1 <= ~y >> 2);",
    'assertTrue ( "a ;  b" /* c */ , i++ - -1 == a?1.5f:(int)+2 ) ; // d': (
        'assertTrue("a ;  b", i++ - -1 == a ? 1.5f : (int) +2);'
    ),
    "MyAsserts.assertGood(Assert::assertTrue);": "MyAsserts.assertGood(Assert::assertTrue);",
    "assertThat( x )\n  .isEqualTo( y ) ;": "assertThat(x).isEqualTo(y);",
    "BDDAssertions.then( x ).isNull();": "then(x).isNull();",
    "BDDMockito.then(x).should().close();": "BDDMockito.then(x).should().close();",
    'assert x>0:"why";': 'assert x > 0 : "why";',
}


@pytest.mark.parametrize("text", CANONICAL)
def test_canonical(text):
    assert canonical(text) == CANONICAL[text]


def tree_leaves(code):
    """The grammar's own tokens: string literals whole, comments left out."""
    cursor, leaves, source = assertions.parse(code).walk(), [], code.encode()
    down = True
    while True:
        node = cursor.node
        if down and (node.type in ("string_literal", "character_literal") or node.child_count == 0):
            if "comment" not in node.type:
                leaves.append(source[node.start_byte : node.end_byte].decode())
            down = False
        elif down:
            cursor.goto_first_child()
            continue
        if cursor.goto_next_sibling():
            down = True
        elif not cursor.goto_parent():
            return leaves


JAVA = [
    *(method(statement) for statement in STATEMENTS),
    """
/** Doc. */
public final class Box<T extends Comparable<T>, U> implements Iterable<Map<T, List<U>>> {
    private static final long X = 0xFFL, Y = 1_000L >>> 3, Z = 0b101 << 2;
    double d = 1.5e-3, e = .5f, f = 1., g = 0x1.8p1;
    char c = '\\'', q = '"', u = '\\u0041';
    public static <A> List<? super A> of(A... values) { return Collections.<A>emptyList(); }
    int cmp(int a, int b) { return a < b ? -1 : a > b ? 1 : a >> 1 >= b >>> 1 ? ~a : +b; }  // end
    Supplier<int[]> s = () -> new int[] {1, 2, 3};
    IntFunction<int[]> n = int[]::new;
    @Override @SuppressWarnings({"a", "b"})
    public Iterator<Map<T, List<U>>> iterator() { x += 1; x <<= 2; x >>>= 1; return null; }
    record P(int x, int y) { }
    <A extends Comparable<A>> Box(A a) { }
    <A> Box(A a, Map<Integer, List<A>>[] b) { }
    String t = \"\"\"
        text "block" \\\"""
        \"\"\";
}
""",
]


@pytest.mark.parametrize("code", JAVA)
def test_lex_agrees_with_the_grammar(code):
    assert not assertions.parse(code).root_node.has_error
    assert lex(code) == tree_leaves(code)


@pytest.mark.parametrize("code", JAVA)
def test_canonical_keeps_the_tokens(code):
    assert lex(canonical(code)) == unqualified(code)
    assert canonical(" ".join(lex(code))) == canonical(code)


FRAGMENTS = st.sampled_from(
    [
        "Assert",
        "Assertions",
        "org",
        ".",
        "assertEquals",
        "assertTrue",
        "assert",
        "fail",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ";",
        "<",
        ">",
        ">>",
        ">>>",
        "=",
        "==",
        "-",
        "--",
        "+",
        "++",
        "!",
        "~",
        "@",
        "?",
        ":",
        "::",
        "->",
        "/",
        "*",
        "//",
        "/*",
        "*/",
        "&",
        "&&",
        "|",
        '"',
        "'",
        "\\",
        '"""',
        "\n",
        "\r",
        " ",
        "\t",
        "\f",
        "1",
        "1.",
        ".5",
        "0x1p",
        "1e",
        "L",
        "x",
        "List",
        "new",
        "int",
        "return",
        "\0",
        "\ud800",
        "é",
        "²",
        "٣",
        "\u2028",
        "\x1c",
        "\u00a0",
        "𝄞",
        "...",
        "_",
        "$",
        '"a;b"',
        "'c'",
        "class",
        "void f()",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=60), st.lists(FRAGMENTS, max_size=40).map("".join), st.lists(FRAGMENTS, max_size=40).map(" ".join)
)


@settings(max_examples=1500, deadline=None)
@given(TEXTS)
@example('a " b \n c "')
@example("/ /*a\n*")
@example(". . .")
@example("A<B<C>>>=1")
@example('"" "\n"""')
@example('"\\ \n"')
@example("'\\ \r'")
def test_lex_accounts_for_every_character_and_canonical_is_idempotent(text):
    tokens = lex(text)
    assert all(token and token == token.strip() for token in tokens)
    rest = text.lstrip()
    for token in [*tokens, ""]:
        while rest.startswith("//") or rest.startswith("/*") and "*/" in rest[2:]:
            end = re.search(r"[\n\r]|\Z", rest).start() if rest[1] == "/" else rest.index("*/", 2) + 2
            rest = rest[end:].lstrip()
        assert rest.startswith(token)
        rest = rest[len(token) :].lstrip()
    assert rest == "", "only white space and comments may be left out"
    once = canonical(text)
    assert canonical(once) == once
    assert lex(once) == unqualified(text)
    for found in find(text, include=frozenset({"fail", "verify"})):
        assert found.text == text[found.start : found.end]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "(" * 5000 + ")" * 5000,
        "void f() { assertTrue(" + "(" * 5000 + "x" + ")" * 5000 + "); }",
        "A<" * 5000,
        '"' * 10000,
        "/*" * 5000,
        "\0\ud800" * 5000,
        '"""\n' * 3000,
        ">" * 10000,
        "A<" * 3000 + ">" * 3000,
        "{" * 5000,
        "'\\" * 5000,
        "." * 10000,
        "assert " * 2000,
        "x" + ".assertX()" * 1500,
        "expect" + ".that" * 1500 + ".assertX(" * 1500,
        "y = x" + " + assertX()" * 1500 + ";",
    ],
    ids=lambda text: text[:6].encode("unicode_escape").decode(),
)
def test_hostile_text_neither_crashes_nor_hangs(text):
    started = time.process_time()
    lex(text), canonical(text), kind(text), find("assert " + text)
    assert time.process_time() - started < 5


def test_kind_of_broken_text():
    assert kind("assertEquals(3, ") == "assertEquals"
    assert kind("Assert . assertTrue (x") == "assertTrue"
    assert kind("int x = 1;") == kind("") == kind('"assertTrue(x)"') == "other"
