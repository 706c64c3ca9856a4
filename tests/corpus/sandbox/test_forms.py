"""The forms of an assertion: what says the same, and what must not be said."""

import pytest

from trident.corpus.sandbox.forms import forms
from trident.corpus.sandbox.java_types import Types, declared, members
from trident.java.assertions import parse
from trident.java.lexer import canonical

CLASS = """
class Box {
    enum Size { SMALL, LARGE }
    private int count;
    Box next;
    int size() { return count; }
    boolean isEmpty() { return count == 0; }
    String label() { return ""; }
    String label(int n) { return ""; }
    Box take() { return next; }
    double weight() { return 1; }
    List<String> names() { return null; }
}
class Crate<T> {
    T get() { return null; }
}
"""
TEST = """
void test() {
    int n = 3, m = 4;
    long wide = 3;
    double x = 1, y = 2;
    boolean yes = true;
    String text = "a", other = "b";
    Integer boxed = 3;
    List<String> list = new ArrayList<>();
    Map<String, Integer> map = new HashMap<>();
    Box box = new Box(), second = box;
    Crate<String> crate = new Crate<>();
    int[] numbers = {1, 2};
    int[][] table = {{1}};
    Object some = box;
}
"""
TYPES = Types({"hole": "int", "word": "String"}, declared(parse(TEST).root_node), members(parse(CLASS).root_node))


def said(statement):
    return {form.text for form in forms(statement, TYPES)}


@pytest.mark.parametrize(
    "statement, others",
    [
        (
            "assertFalse(list.isEmpty());",
            "assertTrue(!list.isEmpty()); assertTrue(list.size() > 0); assertNotEquals(0, list.size());"
            "assertThat(list.isEmpty(), is(false)); assertFalse(list.size() == 0); assertThat(list.size(), not(0));",
        ),
        ("assertEquals(0, map.size());", "assertTrue(map.isEmpty()); assertTrue(map.size() == 0);"),
        ("assertTrue(text.isEmpty());", "assertEquals(0, text.length()); assertEquals(text.isEmpty(), true);"),
        ("assertTrue(list.size() > 0);", "assertFalse(list.isEmpty());"),
        ("assertEquals(true, list.isEmpty());", "assertTrue(list.isEmpty()); assertEquals(0, list.size());"),
        ("assertTrue(n > 3);", "assertFalse(n <= 3); assertTrue(3 < n); assertEquals(true, n > 3);"),
        (
            "assertEquals(3, n);",
            "assertEquals(n, 3); assertTrue(n == 3); assertTrue(3 == n); assertFalse(n != 3); assertThat(n, is(3));"
            "assertThat(n, equalTo(3)); assertThat(n, is(equalTo(3)));",
        ),
        ("assertEquals($hole$, n);", "assertTrue(n == $hole$); assertThat(n, is($hole$));"),
        ("assertEquals($word$, text);", "assertTrue($word$.equals(text)); assertTrue(text.equals($word$));"),
        ("assertEquals(n + 1, m);", "assertTrue(m == n + 1);"),
        ("assertEquals(n > 1, yes);", "assertTrue(yes == (n > 1));"),
        ("assertNotEquals(text, other);", "assertFalse(text.equals(other)); assertThat(other, not(text));"),
        ("assertEquals(Box.Size.SMALL, some);", "assertTrue(Box.Size.SMALL.equals(some));"),
        ("assertEquals(null, text);", "assertNull(text); assertTrue(text == null); assertThat(text, nullValue());"),
        ("assertNotNull(box.take());", "assertFalse(box.take() == null); assertThat(box.take(), is(notNullValue()));"),
        ("assertSame(box, second);", "assertTrue(second == box); assertThat(second, sameInstance(box));"),
        ("assertThat(second, not(sameInstance(box)));", "assertNotSame(box, second); assertTrue(second != box);"),
        ("assertThat(list, not(hasItem(text)));", "assertFalse(list.contains(text));"),
        ("assertTrue(text.startsWith(other));", "assertThat(text, startsWith(other));"),
        ("assertTrue(some instanceof Box);", "assertThat(some, instanceOf(Box.class));"),
        ("assertArrayEquals(new int[] {1, 2}, numbers);", "assertTrue(Arrays.equals(new int[] {1, 2}, numbers));"),
        ("assertThat(numbers, is(new int[] {1}));", "assertArrayEquals(new int[] {1}, numbers);"),
        ('assertTrue("why", yes);', 'assertTrue(yes); assertEquals("why", true, yes); assertFalse(!yes);'),
        ('assertEquals("why", 1.0, x, 0.1);', 'assertEquals("why", x, 1.0, 0.1); assertEquals(1.0, x, 0.1);'),
    ],
)
def test_what_says_the_same(statement, others):
    found = said(statement)
    assert statement in found
    missing = {f"{other};".strip() for other in others.split(";") if other} - found
    assert not missing


@pytest.mark.parametrize(
    "statement, wrong",
    [
        # isEmpty() of a class of one's own may mean anything
        ("assertTrue(box.isEmpty());", "assertEquals(0, box.size());"),
        ("assertEquals(0, box.size());", "assertTrue(box.isEmpty());"),
        # == compares the identity of objects, and numbers with a fraction need a delta
        ("assertEquals(text, other);", "assertTrue(other == text);"),
        ("assertEquals(1.0, x, 0.1);", "assertTrue(x == 1.0);"),
        ("assertTrue(x > y);", "assertFalse(x <= y);"),
        # an Integer equals no Long, and an int beside an Integer is ambiguous
        ("assertEquals(3, wide);", "assertThat(wide, is(3));"),
        ("assertThat(boxed, is(3));", "assertEquals(3, boxed);"),
        # arrays: equals() compares their identity, and Arrays.equals that of the arrays in them
        ("assertArrayEquals(new int[] {1}, numbers);", "assertTrue(new int[] {1}.equals(numbers));"),
        ("assertArrayEquals(table, table);", "assertTrue(Arrays.equals(table, table));"),
        ("assertThat(numbers, is(new int[] {1}));", "assertEquals(new int[] {1}, numbers);"),
        # equal is not the same
        ("assertSame(box, second);", "assertEquals(box, second);"),
        # a call that may change something stays where it is
        ("assertEquals(box.label(), box.take().label());", "assertEquals(box.take().label(), box.label());"),
        ("assertSame(box.take(), box.take());", "assertThat(box.take(), sameInstance(box.take()));"),
        # a primitive result compared with null is not Java
        ("assertNotNull(crate.get());", "assertTrue(crate.get() != null);"),
    ],
)
def test_what_must_not_be_said(statement, wrong):
    assert statement in said(statement) and wrong not in said(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "assertThrows(IllegalStateException.class, () -> box.take());",
        "Exception e = assertThrows(Exception.class, () -> box.take());",
        "assertThat(text, allOf(startsWith(other), endsWith(other)));",
        "assertEquals(unknown(1), unknown(2));",
        "assertEquals(n, /* why */ 3);",
        "assertTrue(",
        "softly.assertTrue(yes);",
        'assertEquals("""\n // a\n""", text);',
        "assertEquals(some, text, other);",
    ],
)
def test_what_has_one_form(statement):
    assert said(statement) == {statement}


def test_no_message_is_invented_and_each_may_be_dropped():
    without, having = forms("assertEquals(3, n);", TYPES), forms('assertEquals("why", 3, n);', TYPES)
    assert {form.message for form in without} == {None}
    assert {form.text for form in having if not form.message} == {form.text for form in without}
    assert {form.text.replace('"why", ', "") for form in having if form.message} == {form.text for form in without}


def test_forms_are_distinct_and_the_first_is_the_one_written():
    for statement in ("assertEquals( 3,n );", "assertThat(n, is(3));", "assertTrue(list.isEmpty());"):
        found = forms(statement, TYPES)
        assert found[0].text == statement and found[0].name
        assert len({canonical(form.text) for form in found}) == len(found) > 5


@pytest.mark.parametrize(
    "expression, expected",
    [
        ("n + wide", "long"),
        ("-n", "int"),
        ("x * n", "double"),
        ("'a' + text", "String"),
        ("n > 3 && yes", "boolean"),
        ("!yes", "boolean"),
        ("(long) n", "long"),
        ("(n)", "int"),
        ("7L", "long"),
        ("$hole$", "int"),
        ("numbers[0]", "int"),
        ("table[0]", "int[]"),
        ("numbers.length", "int"),
        ("new int[] {1}", "int[]"),
        ("new Box()", "Box"),
        ("box.next", "Box"),
        ("box.take().label()", "String"),
        ("box.label().length()", "int"),
        ("box.label(3)", "String"),
        ("box.names().get(0)", "String"),
        ("map.get(text)", "Integer"),
        ("map.get(text).intValue()", "int"),
        ("Math.max(n, wide)", "long"),
        ("Integer.valueOf(3)", "Integer"),
        ("Box.Size.SMALL", "Size"),
        ("crate.get()", None),  # a type variable
        ("unknown", None),
        ("unknown.size()", None),
        ("size()", None),
    ],
)
def test_types_of_expressions(expression, expected):
    statement = parse(f"x({expression});").root_node.named_children[0]
    argument = statement.named_children[0].child_by_field_name("arguments").named_children[0]
    assert TYPES.of(argument) == expected
