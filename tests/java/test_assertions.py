"""trident/assertions.py: what is found, what a mask leaves, and that lexing survives any text."""

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trident.java import assertions
from trident.java.assertions import MARK, canonical, find, kind, lex, mask, mask_all


def method(*statements: str) -> str:
    return "@Test\npublic void works() throws Exception {\n" + "".join(f"    {s}\n" for s in statements) + "}\n"


# one statement → kind, framework
STATEMENTS = {
    "assertEquals(3, list.size());": ("assertEquals", "junit"),
    'Assert.assertEquals("message; with ; semicolons", 3, list.size());': ("assertEquals", "junit"),
    'Assertions.assertTrue(x, () -> { String s = ";"; return s; });': ("assertTrue", "junit"),
    "org.junit.Assert.assertNotNull(x);": ("assertNotNull", "junit"),
    "TestCase.assertFalse(x);": ("assertFalse", "junit"),
    "this.assertNull(x);": ("assertNull", "junit"),
    "assertThat(list, hasItems(1, 2));": ("assertThat", "hamcrest"),
    'MatcherAssert.assertThat("why", x, is(2));': ("assertThat", "hamcrest"),
    'assertThat(x)\n        .as("x")\n        .isEqualTo(2);': ("assertThat", "fluent"),
    "softly.assertThat(x).isTrue();": ("assertThat", "fluent"),
    "Assertions.<String>assertThat(x).isNull();": ("assertThat", "fluent"),
    'assertThatThrownBy(() -> parse("x")).isInstanceOf(ParseException.class);': ("assertThatThrownBy", "fluent"),
    "Truth.assertThat(x).containsExactly(1, 2).inOrder();": ("assertThat", "truth"),
    "com.google.common.truth.Truth.assertThat(x).isNull();": ("assertThat", "truth"),
    'assertWithMessage("why").that(x).isNull();': ("assertWithMessage", "truth"),
    "assertThrows(IOException.class, () -> { open(); read(); });": ("assertThrows", "junit"),
    "IOException e = assertThrows(IOException.class, () -> open());": ("assertThrows", "junit"),
    "final var e = Assertions.assertThrows(IOException.class, this::open);": ("assertThrows", "junit"),
    "e = assertThrows(IOException.class, this::open);": ("assertThrows", "junit"),
    "assertAll(() -> assertTrue(a), () -> { assertFalse(b); });": ("assertAll", "junit"),
    "assertArrayEquals(new int[] {1, 2}, sorted(new int[] {2, 1}));": ("assertArrayEquals", "junit"),
    "assertValid(x);": ("assertValid", "junit"),
    "helper.assert_ok(x);": ("assert_ok", "junit"),
    'assert x > 0 : "x; is" + x;': ("assert", "java"),
    'assertEquals("größer ☕ 𝄞", x);': ("assertEquals", "junit"),
    'assertEquals("""\n  text; block\n  """, x);': ("assertEquals", "junit"),
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_finds_each_kind_of_statement_whole(statement):
    source = method("// ☕ assertTrue(comment);", 'String s = "assertTrue(text);";', statement, "done();")
    [found] = find(source)
    assert found.text == statement == source[found.start : found.end]
    assert (found.kind, found.framework) == STATEMENTS[statement]
    assert kind(found.text) == found.kind
    assert found.is_statement


@pytest.mark.parametrize(
    "source",
    [
        "list.add(assertion);",
        "asserting(x);",
        "assertive = 1;",
        "boolean assertTrue = true;",
        "Assert.isTrue(x);",
        'fail("no");',
        "verify(mock).close();",
        "return;",
        'run("assertTrue(x);");',
        "/* assertTrue(x); */",
        "",
    ],
)
def test_finds_nothing_where_nothing_asserts(source):
    assert find(method(source)) == []


def test_finds_nested_ones_in_order():
    source = method(
        "assertTrue(a);",
        "for (int i = 0; i < 3; i++) assertEquals(i, x[i]);",
        "if (a) { assertNull(b); } else { assertNotNull(b); }",
        "try { open(); } catch (IOException e) { assertSame(e, x); } finally { assertFalse(c); }",
        "list.forEach(x -> { assertEquals(1, x); });",
        "list.forEach(x -> assertEquals(2, x));",
        "new Thread(new Runnable() { public void run() { assertTrue(d); } }).start();",
        "switch (x) { case 1: assertTrue(e); break; default: assertTrue(f); }",
        "synchronized (x) { while (true) { assertTrue(g); } }",
    )
    texts = [found.text for found in find(source)]
    assert texts == [
        "assertTrue(a);",
        "assertEquals(i, x[i]);",
        "assertNull(b);",
        "assertNotNull(b);",
        "assertSame(e, x);",
        "assertFalse(c);",
        "assertEquals(1, x);",
        "assertEquals(2, x)",
        "assertTrue(d);",
        "assertTrue(e);",
        "assertTrue(f);",
        "assertTrue(g);",
    ]
    assert [found.text for found in find(source) if not found.is_statement] == ["assertEquals(2, x)"]


def test_fail_and_verify_only_on_request():
    source = method(
        "verify(mock, times(2)).close();", 'fail("; no");', "Mockito.verifyNoMoreInteractions(mock);", "assertTrue(x);"
    )
    assert [found.kind for found in find(source)] == ["assertTrue"]
    assert [found.kind for found in find(source, include=frozenset({"fail"}))] == ["fail", "assertTrue"]
    every = find(source, include=frozenset({"fail", "verify"}))
    assert [found.framework for found in every] == ["mockito", "junit", "mockito", "junit"]
    assert [kind(found.text) for found in every] == ["verify", "fail", "verifyNoMoreInteractions", "assertTrue"]
    with pytest.raises(ValueError, match="verfiy"):
        find(source, include=frozenset({"verfiy"}))


def test_any_kind_of_source():
    assert find("assertTrue(x);")[0].text == "assertTrue(x);"
    assert find("class T { void a() { assertTrue(x); } void b() { assertTrue(y); } }")[1].text == "assertTrue(y);"
    constructor = "public T() { assertTrue(x); }"
    [found] = find(constructor)
    assert constructor[found.start : found.end] == found.text == "assertTrue(x);"


def test_broken_source_keeps_what_is_certain():
    assert [found.text for found in find("void f() { open(; assertTrue(x); }")] == ["assertTrue(x);"]
    lost_spaces = "assertTrue(x.get()instanceofFoo);"
    assert [found.text for found in find(method(lost_spaces))] == [lost_spaces]
    assert find("void f() { assertTrue(x) other(); }") == []
    assert find('void f() { assertTrue("x); }') == []


def test_mask_one():
    source = method("int x = 1;", "Assert.assertEquals(1, x);", "assertTrue(x > 0);", "done();")
    found = find(source)
    assert mask(source, found, 0) == method("int x = 1;", MARK, "assertTrue(x > 0);", "done();")
    cut = mask(source, found, 1, keep_after=False)
    assert cut.endswith("Assert.assertEquals(1, x);\n    " + MARK)
    assert mask(source, found, 1).replace(MARK, found[1].text) == source


def test_mask_all():
    source = method("assertTrue(a);", "go();", 'assertEquals("$1 \\\\1", b);', "done();")
    text, target = mask_all(source, find(source))
    assert text == method(MARK, "go();", MARK, "done();")
    assert target == 'assertTrue(a);\nassertEquals("$1 \\\\1", b);'
    assert mask_all(source, find(source), keep_after=False)[0].endswith("{\n    " + MARK)
    with pytest.raises(ValueError, match="at least one"):
        mask_all(source, [])


CANONICAL = {
    "org.junit.Assert . assertEquals( 3,list.size() ) ;": "assertEquals(3, list.size());",
    "Assert.assertEquals(0,res.size());": "assertEquals(0, res.size());",
    "Assertions.assertAll(()->Assertions.assertTrue(a),()->{ assertFalse( b );});": "assertAll(() -> assertTrue(a), () -> { assertFalse(b); });",
    "X e=Assert.assertThrows(X . class,()->f());": "X e = assertThrows(X.class, () -> f());",
    "assertEquals(new byte[]{1,2,-3},x.<String>foo().y [0]);": "assertEquals(new byte[] {1, 2, -3}, x.<String>foo().y[0]);",
    "assertEquals(new HashMap < > ( ),(Map<String,List<Map<A,B>>>)m);": "assertEquals(new HashMap<>(), (Map<String, List<Map<A, B>>>) m);",
    "assertTrue(a<b&&c>d||!x&&-1<=~y>>2);": "assertTrue(a < b && c > d || !x && -1 <= ~y >> 2);",
    'assertTrue ( "a ;  b" /* c */ , i++ - -1 == a?1.5f:(int)+2 ) ; // d': 'assertTrue("a ;  b", i++ - -1 == a ? 1.5f : (int) +2);',
    "MyAsserts.assertGood(Assert::assertTrue);": "MyAsserts.assertGood(Assert::assertTrue);",
    "assertThat( x )\n  .isEqualTo( y ) ;": "assertThat(x).isEqualTo(y);",
    'assert x>0:"why";': 'assert x > 0 : "why";',
}


@pytest.mark.parametrize("text", CANONICAL)
def test_canonical(text):
    assert canonical(text) == CANONICAL[text]


def tree_leaves(code):
    """The grammar's own tokens: string literals whole, comments left out."""
    cursor, leaves = assertions.parse(code).walk(), []
    down = True
    while True:
        node = cursor.node
        if down and (node.type in ("string_literal", "character_literal") or node.child_count == 0):
            if "comment" not in node.type:
                leaves.append(node.text.decode())
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
    @Override @SuppressWarnings({"a", "b"}) public Iterator<Map<T, List<U>>> iterator() { x += 1; x <<= 2; x >>>= 1; return null; }
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
    assert lex(canonical(code)) == assertions._unqualified(lex(code))
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
    assert lex(once) == assertions._unqualified(tokens)
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
    ],
    ids=lambda text: text[:6].encode("unicode_escape").decode(),
)
def test_hostile_text_neither_crashes_nor_hangs(text):
    started = time.process_time()
    lex(text), canonical(text), kind(text), find("assert " + text)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("text", ["f(" * 9000, "a<" * 20_000, "!}" * 15_000], ids=lambda text: text[:2])
def test_the_parser_gives_up_in_time_and_works_again(text, monkeypatch):
    monkeypatch.setattr(assertions._PARSER, "timeout_micros", 500_000)
    with pytest.raises(assertions.Unparsable, match="begins 'assert"):
        find("assert " + text)
    assert find("assertTrue(x);")[0].text == "assertTrue(x);"


def test_kind_of_broken_text():
    assert kind("assertEquals(3, ") == "assertEquals"
    assert kind("Assert . assertTrue (x") == "assertTrue"
    assert kind("int x = 1;") == kind("") == kind('"assertTrue(x)"') == "other"
