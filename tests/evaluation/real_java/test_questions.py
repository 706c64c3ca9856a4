"""What is read of a test with a blank."""

from __future__ import annotations

import pytest

from trident.evaluation.real_java import questions
from trident.java.assertions import MARK

TEST = f"""void t() {{
    assertTrue(a);
    {MARK}
    all.forEach(x -> assertNull(x));
    if (b) {{ assertEquals("<ASSERTION", b); }}
}}"""


def test_the_other_assertions_are_visible_if_they_are_statements():
    question = questions.read({"test_prefix_and_rest": TEST})
    assert [one.text for one in question.visible] == ["assertTrue(a);", 'assertEquals("<ASSERTION", b);']
    assert question.blank == TEST.index(MARK) and len(question.source) == len(TEST) and MARK not in question.source
    assert all(question.source[one.start : one.end] == TEST[one.start : one.end] for one in question.visible)


def test_a_blank_that_is_the_only_statement_of_a_branch_is_still_java():
    question = questions.read({"test_prefix_and_rest": f"void t() {{ if (a) {MARK} else assertNull(a); }}"})
    assert [one.text for one in question.visible] == ["assertNull(a);"]


def test_with_all_assertions_masked_none_is_visible_and_the_first_blank_counts():
    masked = f"void t() {{ {MARK} a(); {MARK} }}"
    question = questions.read({"test_prefix_and_rest": masked})
    assert question.visible == () and question.blank == masked.index(MARK)


@pytest.mark.parametrize(
    "origin, expected",
    [
        ("p/src/ATest.java#test", ("p/src/ATest.java", "p/src/ATest.java#test")),
        ("p/src/ATest.java#Inner.test", ("p/src/ATest.java", "p/src/ATest.java#Inner.test")),
        ("p/12#org.ATest::test", ("g/org.ATest", "org.ATest::test")),
        ("p/13#org.ATest::test", ("g/org.ATest", "org.ATest::test")),
        ("train.tar.bz2:train/7/7_1.json", ("g/A", "train.tar.bz2:train/7/7_1.json")),
        ("mined.jsonl:17", ("g/A", "mined.jsonl:17")),
    ],
)
def test_the_class_and_the_test_of_an_example(origin, expected):
    assert questions.test_of({"origin": origin, "group": "g", "focal_class": "A"}) == expected
