"""Statements and repetitions of one text."""

import pytest
from helpers.small_encoder import Letters

from trident import cqs
from trident.java.lexer import lex
from trident.metrics import strict


def score(prediction, reference):
    return cqs.score([prediction], [reference], encoder=Letters()).iloc[0]


def test_splitting_minds_brackets_and_lone_semicolons():
    def split(code):
        return [" ".join(statement) for statement in strict.split(lex(code))]

    assert split("assertThrows(E.class, () -> { a(); b(); }); assertTrue(x);") == [
        "assertThrows ( E . class , ( ) -> { a ( ) ; b ( ) ; } ) ;",
        "assertTrue ( x ) ;",
    ]
    assert split("a();;") == ["a ( ) ; ;"] and split(";;a();b") == ["; ; a ( ) ;", "b"]
    assert split(";;") == ["; ;"] and split("") == [] and split(") a(; b);") == [") a ( ; b ) ;"]


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        ("assertEquals(1, 1, 1, 1, 1);", True),
        ("a.b.b.b.b.b();", True),
        ("assertTrue(((((((x)))))));", False),
        ("a b a b a b", False),
        ("x x x x", True),
        ("assertEquals(a, a);", False),
    ],
)
def test_repetition_is_detected(text, loops):
    assert strict.loops(lex(text)) == loops
    assert bool(score(text, "assertTrue(x);").repeated) == loops
    assert not score(text, text).repeated
