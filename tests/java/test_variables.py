"""Variables of a Java method: which are in scope, in which order they were assigned, and renaming one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trident.java import lexer
from trident.java.variables import in_scope, mentioned, renamed

HERE = "/*here*/"


def at(source: str) -> list[str]:
    return in_scope(source, source.index(HERE))


@pytest.mark.parametrize(
    "source, expected",
    [
        (f"void t() {{ int a = 1; String b; {HERE} int c = 2; }}", ["a", "b"]),
        (f"void t(int p, String... q) {{ {HERE} }}", ["p", "q"]),
        (f"void t() {{ int a = 1; int b = 2; a = 3; {HERE} }}", ["b", "a"]),
        (f"void t() {{ int a = 1; int b = 2; a += 3; {HERE} a = 4; }}", ["b", "a"]),
        (f"void t() {{ field = 1; this.other = 2; {HERE} }}", ["field"]),
        (f"void t() {{ int a = 1; {{ int b = 2; a = b; }} {HERE} }}", ["a"]),
        (f"void t() {{ int a = 1; {{ int b = 2; b = 3; }} {HERE} }}", ["a"]),
        (f"void t() {{ for (int i = 0; i < 3; i++) {{ {HERE} }} }}", ["i"]),
        (f"void t() {{ for (int i = 0; i < 3; i++) {{ }} {HERE} }}", []),
        (f"void t() {{ for (int i = 0; i < 3; i++) {{ }} int i = 4; {HERE} }}", ["i"]),
        (f"void t() {{ for (String s : all) {{ {HERE} }} }}", ["s"]),
        (f"void t() {{ for (String s : all) {{ }} for (String r : all) {{ {HERE} }} }}", ["r"]),
        (f"void t() {{ try (Reader r = open()) {{ {HERE} }} }}", ["r"]),
        (f"void t() {{ try {{ int a = 1; }} catch (Exception e) {{ {HERE} }} }}", ["e"]),
        (f"void t() {{ all.forEach(x -> {{ {HERE} }}); }}", ["x"]),
        (f"void t() {{ all.forEach((x, y) -> {{ {HERE} }}); }}", ["x", "y"]),
        (f"void t() {{ all.forEach((int x) -> {{ }}); {HERE} }}", []),
        (f"void t() {{ Runnable r = () -> {{ int a = 1; {HERE} }}; }}", ["a"]),
        (f"void t() {{ int[] a = {{1}}; a[0] = 2; {HERE} }}", ["a"]),
        (f'void t() {{ String s = "é𝄞; int z = 1;"; {HERE} }}', ["s"]),
        (f"C() {{ int a = 1; {HERE} }}", ["a"]),
    ],
)
def test_what_can_be_named_at_a_place(source, expected):
    assert at(source) == expected


names = st.lists(st.from_regex(r"v[a-z0-9]{0,3}", fullmatch=True), min_size=1, max_size=6, unique=True)


@given(names=names, assigned=st.data())
def test_the_last_assigned_is_the_last(names, assigned):
    later = assigned.draw(st.lists(st.sampled_from(names), max_size=8))
    body = "".join(f"int {name} = 0; " for name in names) + "".join(f"{name} = 1; " for name in later)
    found = at(f"void t() {{ {body}{HERE} }}")
    order = [*names, *later]
    assert found == sorted(names, key=lambda name: len(order) - order[::-1].index(name))


@given(names=names, inner=names, text=st.text(max_size=20))
def test_a_block_that_has_ended_leaves_nothing_and_text_after_the_place_means_nothing(names, inner, text):
    before = "void t() { " + "".join(f"int {name} = 0; " for name in names)
    hidden = "{ " + "".join(f"int x{name} = 0; x{name} = 1; " for name in inner) + "} "
    literal = lexer.canonical(repr(text)[1:-1].replace("\\", "").replace('"', "").replace("'", ""))
    assert in_scope(before + hidden + f'String s = "{literal}"; }}', len(before + hidden)) == names


@pytest.mark.parametrize(
    "code, result",
    [
        ("assertEquals(1, a);", "assertEquals(1, b);"),
        ("assertEquals(a.a, this.a);", "assertEquals(b.a, this.a);"),
        ("assertTrue(a(a));", "assertTrue(a(b));"),
        ('assertEquals("a", a[0] + a1 + $a);', 'assertEquals("a", b[0] + a1 + $a);'),
        ("assertThrows(E.class, a::get);", "assertThrows(E.class, b::get);"),
        ("assertEquals('a', c);", "assertEquals('a', c);"),
    ],
)
def test_a_variable_is_renamed_and_nothing_else(code, result):
    assert renamed(code, "a", "b") == result
    assert mentioned(code, ["a"]) == (["a"] if code != result else [])


@given(code=st.text(alphabet="ab.( )\"',;1$", max_size=30))
def test_renaming_to_a_new_name_and_back_changes_nothing(code):
    assert renamed(renamed(code, "a", "zz"), "zz", "a") == code
    assert mentioned(renamed(code, "a", "zz"), ["a"]) == []
