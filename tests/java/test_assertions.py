"""trident/java/assertions.py: what is found, and what a mask leaves."""

import pytest
from helpers.java_statements import STATEMENTS, method

from trident.java import assertions
from trident.java.assertions import MARK, find, mask, mask_all
from trident.java.lexer import kind


@pytest.mark.parametrize("statement", STATEMENTS)
def test_finds_each_kind_of_statement_whole(statement):
    source = method("// ☕ assertTrue(comment);", 'String s = "assertTrue(text);";', statement, "done();")
    [found] = find(source)
    assert found.text == statement == source[found.start : found.end]
    assert found.kind == kind(found.text) == STATEMENTS[statement]
    assert found.is_statement


THROWS = "assertThrows(RuntimeException.class, () -> { hotel.book(9); })"


@pytest.mark.parametrize(
    "statement",
    [
        "FullException e = (FullException) {};",
        "var cause = (FullException) {}.getCause();",
        "int left = ((FullException) {}).remaining;",
        "Throwable t = hotel.free() > 0 ? {} : null;",
        "Throwable t = {}.getSuppressed()[0];",
        "t = (A & B) {};",
        "this.t = all[0] = {};",
        'String s = "thrown: " + {};',
        "int free = hotel.free(), left = -{}.remaining;",
        "boolean is = !({} instanceof FullException);",
        "Throwable[] all = { null, {} };",
        "Supplier<String> s = {}::getMessage;",
        "await({});",
        "all.add(new Wrapper({}, 3));",
        "all[{}.remaining] = 3;",
        "throw (FullException) {};",
        "return {};",
        "(x ? hotel : {}.hotel()).close();",
        "assert {} != null;",
    ],
)
def test_the_call_may_stand_anywhere_in_its_statement(statement):
    statement = statement.replace("{}", THROWS)
    for source in (
        method(statement),
        method("Answer a = () -> {", statement, "};"),
        f"class T {{ {{ {statement} }} }}",
    ):
        [found] = find(source)
        assert found.text == statement
        assert found.kind == ("assert" if statement.startswith("assert") else "assertThrows") == kind(statement)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("try (var x = assertDoesNotThrow(() -> open())) { x.read(); }", "(var x = assertDoesNotThrow(() -> open()))"),
        ("if (assertOpen(x) && y) close(x);", "(assertOpen(x) && y)"),
        ("for (e = assertOpen(x); e.go(); ) { }", "e = assertOpen(x)"),
        ("for (var e : assertOpen(x)) { }", "assertOpen(x)"),
        ("run(x -> (X) assertOpen(x));", "(X) assertOpen(x)"),
        ("run(x -> y ? assertOpen(x).z : null);", "y ? assertOpen(x).z : null"),
    ],
)
def test_where_no_statement_is_of_its_own(source, text):
    [found] = find(method(source))
    assert (found.text, found.is_statement) == (text, False)


def test_bodies_have_statements_of_their_own():
    source = method(
        "int x = run(() -> { return (int) assertOne(); }, new Task() { int y = assertTwo(); });",
        "int z = switch (x) { case 1 -> assertThree(); default -> { yield assertFour(); } };",
        "if (assertFive()) { assertSix(); }",
    )
    assert [found.text for found in find(source)] == [
        "return (int) assertOne();",
        "int y = assertTwo();",
        "assertThree();",
        "yield assertFour();",
        "(assertFive())",
        "assertSix();",
    ]


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("then(x).isEqualTo(2);", "then"),
        ("BDDAssertions.then(x).isEqualTo(2);", "then"),
        ("org.assertj.core.api.BDDAssertions.thenObject(x).isNull();", "thenObject"),
        ("softly.then(x).isEqualTo(2);", "then"),
        ("thenThrownBy(() -> { f(); }).hasMessage(m);", "thenThrownBy"),
        ("thenExceptionOfType(E.class).isThrownBy(this::f);", "thenExceptionOfType"),
        ("expect.that(x).isEqualTo(2);", "that"),
        ("this.expect.withMessage(m).that(x).isNull();", "withMessage"),
    ],
)
def test_names_that_assert_by_their_receiver(statement, name):
    [found] = find(method(statement))
    assert (found.text, found.kind, kind(statement)) == (statement, name, name)


@pytest.mark.parametrize(
    "source",
    [
        "future.then(x).get();",
        "when(x).thenReturn(y);",
        "given(x).willReturn(y).then(z);",
        "then(mock).should(times(2)).close();",
        "BDDMockito.then(mock).should().close();",
        "thenTheBookIsClosed();",
        "String then = expect;",
        "suppose.that(x);",
        "expect(x).that(y);",
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
    assert [found.kind for found in every] == [kind(found.text) for found in every]
    assert [kind(found.text) for found in every] == ["verify", "fail", "verifyNoMoreInteractions", "assertTrue"]
    with pytest.raises(ValueError, match="verfiy"):
        find(source, include=frozenset({"verfiy"}))


def test_any_kind_of_source():
    assert find("assertTrue(x);")[0].text == "assertTrue(x);"
    assert find("class T { void a() { assertTrue(x); } void b() { assertTrue(y); } }")[1].text == "assertTrue(y);"
    constructor = "public T() { assertTrue(x); }"
    [found] = find(constructor)
    assert constructor[found.start : found.end] == found.text == "assertTrue(x);"


@pytest.mark.parametrize("text", ["http://x", "/*", 'say "x" \\"""z', "\\\n//", "assertTrue(y); // "])
def test_the_grammar_does_not_look_into_text_blocks(text):
    block = f'"""\n  {text}"""'
    source = method(f"check({block});", f"assertEquals({block}, x);", "assertTrue(z);")
    assert not assertions.parse(source).root_node.has_error
    assert [found.text for found in find(source)] == [f"assertEquals({block}, x);", "assertTrue(z);"]


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


@pytest.mark.parametrize("text", ["f(" * 9000, "a<" * 20_000, "!}" * 15_000], ids=lambda text: text[:2])
def test_the_parser_gives_up_in_time_and_works_again(text, monkeypatch):
    monkeypatch.setattr(assertions._PARSER, "timeout_micros", 500_000)
    with pytest.raises(assertions.Unparsable, match="begins 'assert"):
        find("assert " + text)
    assert find("assertTrue(x);")[0].text == "assertTrue(x);"
