"""Whether a reference can be put together from the input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trident.evaluation.real_java.copyable import is_copyable, pieces
from trident.java import lexer
from trident.java.assertions import MARK


def example(assertion: str, test: str = "", method: str = "") -> dict[str, str]:
    kind = lexer.kind(assertion)
    return {"assertion": assertion, "kind": kind, "test_prefix_and_rest": f"{test} {MARK}", "focal_method": method}


@pytest.mark.parametrize(
    "assertion, test, method, expected",
    [
        ("assertEquals(3, list.size());", "list.add(3);", "int size() { }", True),
        ("Assert.assertEquals(3, list.size());", "list.add(3);", "int size() { }", True),
        (
            "assertEquals(3, list.size());",
            "list.add(4);",
            "int size() { }",
            False,
        ),  # a number that only its author knew
        ("assertEquals(3, list.size());", "list.add(3);", "", False),  # an identifier
        ('assertEquals("a b", x);', 'x = f("a b");', "", True),
        ('assertEquals("a", x);', 'x = f("a b");', "", False),  # a part of a literal is another literal
        ("assertEquals('a', x);", "x = a;", "", False),
        ("assertNull(x);", "x();", "", True),
        ("assertTrue(x instanceof Y && !(boolean) null);", "Y x;", "", True),  # words of the language are free
        ("assertThat(x).isNull();", "x();", "", False),  # only the assertion's own name is free
        ("assertEquals(3L, x);", "x = 3;", "", False),  # as it is written
        ("assertEquals(.5, x);", "x = .5;", "", True),
        ("assertEquals(-1, x[1]);", "x = 1;", "", True),  # operators are free
        ("assert x > 0;", "x = 0;", "", True),
        ("assertEquals(ASSERTION, x);", "x = 0;", "", False),  # the blank's own sign is not in the input
    ],
)
def test_what_can_be_copied(assertion, test, method, expected):
    assert is_copyable(example(assertion, test, method)) is expected


tokens = st.lists(st.sampled_from(["x", "y", "3", '"s"', "(", ")", ",", ".", "+", "true", "'c'", "1.5"]), max_size=10)


@given(tokens)
def test_a_reference_that_stands_in_the_input_can_be_copied_and_without_any_piece_it_cannot(some):
    assertion = f"assertTrue({' '.join(some)});"
    assert is_copyable(example(assertion, test=assertion)) and is_copyable(example(assertion, method=assertion))
    own = pieces(assertion, "assertTrue")
    for piece in own:
        assert not is_copyable(example(assertion, test=" ".join(own - {piece})))
