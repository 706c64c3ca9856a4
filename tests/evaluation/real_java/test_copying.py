"""Answers that are copies: what they may read, which line is taken, and how it is adapted."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trident.evaluation.real_java import copying, questions
from trident.java import assertions
from trident.java.assertions import MARK
from trident.java.variables import in_scope


def split_of(tests: dict[str, list[str]], keep_after: bool = True) -> list[dict[str, str]]:
    """An example for each assertion of some tests: origin → assertions."""
    made = []
    for origin, lines in tests.items():
        source = f"void t() {{ {' '.join(lines)} }}"
        found = assertions.find(source)
        for index, one in enumerate(found):
            masked = assertions.mask(source, found, index, keep_after)
            made.append({"origin": origin, "group": "g", "focal_class": "A", "assertion": one.text})
            made[-1]["test_prefix_and_rest"] = masked
    return made


def most_frequent(examples: list[dict[str, str]]) -> list[str]:
    visible = [[one.text for one in questions.read(example).visible] for example in examples]
    return copying.class_frequent(examples, visible, [example["assertion"] for example in examples])


ONE, TWO, THREE = "assertTrue(1);", "assertTrue(2);", "assertTrue(3);"


@pytest.mark.parametrize(
    "tests, expected",
    [
        ({"A#a": [ONE], "A#b": [TWO, TWO]}, [TWO, TWO, TWO]),
        ({"A#a": [ONE], "B#b": [TWO, TWO]}, ["", TWO, TWO]),  # another class
        ({"A#a": [ONE]}, [""]),  # nothing to see
        ({"A#a": [THREE, ONE], "A#b": [TWO]}, [ONE, THREE, ONE]),  # the own test's come first, then the alphabet
        ({"A#a": [ONE], "A#b": [THREE], "A#c": [TWO]}, [TWO, ONE, ONE]),
        ({"A#a": [ONE, ONE], "A#b": [ONE], "A#c": [TWO]}, [ONE, ONE, ONE, ONE]),
    ],
)
def test_the_most_frequent_assertion_of_the_class(tests, expected):
    assert most_frequent(split_of(tests)) == expected


texts = st.sampled_from([f"assertTrue({number});" for number in range(4)])
classes = st.dictionaries(
    st.sampled_from(["A#a", "A#b", "A#c", "B#a", "B#b"]), st.lists(texts, min_size=1, max_size=4), min_size=1
)


@given(tests=classes, keep_after=st.booleans())
def test_the_answer_is_the_most_frequent_of_what_can_be_seen_and_never_reads_the_blank(tests, keep_after):
    examples = split_of(tests, keep_after)
    for example, answer in zip(examples, most_frequent(examples)):
        own = example["origin"]
        others = Counter(
            text for origin, lines in tests.items() if origin != own and origin[0] == own[0] for text in lines
        )
        seen = others + Counter(one.text for one in questions.read(example).visible)
        assert seen[answer] == max(seen.values(), default=0)
        assert answer in seen or (answer == copying.NONE and not seen)


@given(tests=classes, data=st.data())
def test_what_stands_in_a_blank_changes_nothing_for_it_nor_does_the_order(tests, data):
    examples = split_of(tests)
    visible = [[one.text for one in questions.read(example).visible] for example in examples]
    references = [example["assertion"] for example in examples]
    before = copying.class_frequent(examples, visible, references)
    place = data.draw(st.integers(0, len(examples) - 1))
    own = examples[place]["origin"]
    changed = [
        f"new{i}();" if one["origin"] == own else text for i, (one, text) in enumerate(zip(examples, references))
    ]
    assert copying.class_frequent(examples, visible, changed)[place] == before[place]
    order = data.draw(st.permutations(range(len(examples))))
    moved = copying.class_frequent(*([some[i] for i in order] for some in (examples, visible, references)))
    assert moved == [before[i] for i in order]


@pytest.mark.parametrize(
    "body, expected",
    [
        (f"{ONE} {TWO} {MARK} {THREE}", TWO),
        (f"{MARK} {TWO} {THREE}", TWO),
        (f"if (a) {{ {ONE} }} {MARK} {THREE}", ONE),
        (MARK, None),
    ],
)
def test_the_nearest_line_is_the_last_before_or_the_first_after(body, expected):
    found = copying.nearest(questions.read({"test_prefix_and_rest": f"void t() {{ {body} }}"}))
    assert (found and found.text) == expected


@pytest.mark.parametrize(
    "line, there, here, expected",
    [
        ("assertEquals(1, a.size());", ["a"], ["a", "b"], "assertEquals(1, b.size());"),
        ("assertEquals(a, b);", ["a", "b"], ["a", "b", "c"], "assertEquals(a, c);"),
        ("assertEquals(a, b);", ["b", "a"], ["b", "a", "c"], "assertEquals(c, b);"),
        ("assertEquals(a, b);", ["a", "b"], ["b", "a"], "assertEquals(a, b);"),  # it is about the last one already
        ("assertEquals(1, f());", ["a"], ["b"], "assertEquals(1, f());"),  # it is about no variable
        ("assertEquals(1, a);", ["a"], [], "assertEquals(1, a);"),
        ('assertEquals("a", a.a());', ["a"], ["b"], 'assertEquals("a", b.a());'),
    ],
)
def test_a_line_becomes_one_about_the_variable_at_hand(line, there, here, expected):
    assert copying.adapted(line, there, here) == expected


@given(st.lists(st.sampled_from("xyzw"), unique=True), st.lists(st.sampled_from("xyzwuv"), unique=True))
def test_one_variable_of_an_adapted_line_is_another_one(there, here):
    found = copying.adapted("assertEquals(x.get(), y[0]);", there, here)
    used = [name for name in there if name in "xy"]
    last = here[-1] if here and here[-1] not in "xy" and used else None
    assert (
        found
        == {
            None: "assertEquals(x.get(), y[0]);",
            "x": f"assertEquals({last}.get(), y[0]);",
            "y": f"assertEquals(x.get(), {last}[0]);",
        }[used[-1] if last else None]
    )


def test_a_developer_s_next_line():
    test = f"void t() {{ int a = f(1); assertEquals(2, a); int b = f(2); {MARK} }}"
    question = questions.read({"test_prefix_and_rest": test})
    line = copying.nearest(question)
    there, here = in_scope(question.source, line.start), in_scope(question.source, question.blank)
    assert copying.adapted(line.text, there, here) == "assertEquals(2, b);"
