"""Other names in generated Java: the code stays the same code."""

from __future__ import annotations

import random
import re

import pytest

from trident.corpus.sandbox import template
from trident.corpus.sandbox.generate import held_out
from trident.corpus.sandbox.renaming import declared, library, renaming
from trident.java.assertions import parse
from trident.java.lexer import lex

TEMPLATES = template.load()


@pytest.mark.parametrize("made", TEMPLATES, ids=lambda made: made.name)
def test_every_instance_keeps_its_shape_under_new_names(made):
    instance = made.instance(5, 1)
    source = instance.class_source + instance.test_source
    rename = renaming(instance, random.Random(1))
    old, new = lex(source), lex(rename(source))
    pairs = {(a, b) for a, b in zip(old, new, strict=True) if a != b}
    assert pairs, "nothing was renamed"
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs), "not one to one"
    assert {a for a, _ in pairs} <= declared(source) - library()
    assert not {b for _, b in pairs} & {*old}, "a new name was taken"
    assert not parse(rename(source)).root_node.has_error


def test_names_of_the_library_and_of_tests_are_kept():
    assert {"assertEquals", "size", "isEmpty", "String", "return", "Assert", "true"} <= library()
    source = "class C { int total; @Test public void addsUp() { int n = 1; f(x -> x + n, (a, b) -> a); } }"
    assert declared(source) == {"C", "total", "n", "x", "a", "b"}


def test_literals_are_left_alone():
    made = next(one for one in TEMPLATES if one.name == "caches/LruCache")
    instance = made.instance(5, 1)
    rename = renaming(instance, random.Random(2))
    name = next(iter(sorted(declared(instance.class_source) - library())))
    assert rename(f'f("{name}", {name});').startswith(f'f("{name}", ')
    assert name not in rename(f"f({name});")


def test_another_draw_gives_other_names_and_the_same_draw_the_same():
    instance = TEMPLATES[0].instance(5, 1)
    first, again, other = (renaming(instance, random.Random(seed))(instance.class_source) for seed in (1, 1, 2))
    assert first == again != other


def test_the_library_is_read_from_training_templates_only():
    unseen = [made for made in TEMPLATES if made.name in held_out([one.name for one in TEMPLATES])]
    own = {name for made in unseen for name in re.findall(r"\w+", made.instance(0, 0).class_source)}
    assert own - library(), "unseen templates must be able to bring new names"
