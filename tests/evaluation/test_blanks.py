"""Where an assertion can be written in a file."""

from __future__ import annotations

import pytest

from trident.evaluation import blanks
from trident.java.assertions import MARK

SOURCE = """class BagTest {
    @Test
    void adds() {
        Bag bag = new Bag();

        assertTrue(bag.isEmpty(),
            "<b>");
        <ASSERTION>
        bag.add(1); <ASSERTION>
    }
}
"""


def test_every_sign_is_a_blank_and_the_others_are_empty_statements():
    found = blanks.find(SOURCE)
    assert [one.line for one in found] == [8, 9]
    for one in found:
        assert one.source.count(MARK) == 1 and len(one.source) == len(SOURCE)
        assert one.source.split("\n")[one.line - 1].count(MARK) == 1
    assert "bag.add(1); ;" in found[0].source
    assert found[1].filled("assertNull(x);") == SOURCE.replace(f"        {MARK}", f"        {';'.ljust(11)}").replace(
        MARK, "assertNull(x);"
    )


@pytest.mark.parametrize("line", [6, 7])
def test_a_line_of_an_assertion_asks_for_it_anew(line):
    (found,) = blanks.find(SOURCE, line)
    assert found.line == 6
    assert found.filled('assertTrue(bag.isEmpty(),\n            "<b>");') == SOURCE.replace(MARK, ";".ljust(11))


def test_an_empty_line_is_a_blank():
    (found,) = blanks.find(SOURCE, 5)
    assert found.source.split("\n")[4] == MARK and found.line == 5
    assert found.filled("") == SOURCE.replace(MARK, ";".ljust(11))


def test_a_line_with_a_sign_is_its_own():
    (found,) = blanks.find(SOURCE, 9)
    assert found == blanks.find(SOURCE)[1]


def test_line_ends_of_windows_stay():
    source = SOURCE.replace("\n", "\r\n")
    (empty,) = blanks.find(source, 5)
    assert empty.line == 5 and empty.filled("") == source.replace(MARK, ";".ljust(11))
    assert [one.line for one in blanks.find(source)] == [8, 9]


@pytest.mark.parametrize(
    "source, line, words",
    [
        ("class A { }", None, "holds no <ASSERTION>"),
        (SOURCE, 99, "has 11 lines, so there is no line 99"),
        (SOURCE, 0, "there is no line 0"),
        (SOURCE, 4, "line 4 holds no assertion and is not empty"),
    ],
)
def test_what_is_no_place_is_named(source, line, words):
    with pytest.raises(blanks.NoBlank, match=words):
        blanks.find(source, line)


@pytest.mark.parametrize(
    "imports, assertion, expected",
    [
        ("import static org.junit.Assert.*;", "assertTrue(x);", "assertTrue(x);"),
        ("import static org.junit.jupiter.api.Assertions.assertTrue;", "assertTrue(x);", "assertTrue(x);"),
        ("import org.junit.Assert;", "assertTrue(x);", "Assert.assertTrue(x);"),
        ("import org.junit.jupiter.api.Assertions;", "assertTrue(x);", "Assertions.assertTrue(x);"),
        ("import org.junit.jupiter.api.Assertions;", "assertThat(x, is(y));", "assertThat(x, is(y));"),
        ("import org.junit.*; class T { { Assert.assertNull(x); } }", "assertTrue(x);", "Assert.assertTrue(x);"),
        ("import org.junit.Assert;", "assert x;", "assert x;"),
        ("import junit.framework.TestCase;", "assertTrue(x);", "assertTrue(x);"),
    ],
)
def test_an_assertion_is_called_as_the_file_has_to(imports, assertion, expected):
    assert blanks.qualified(assertion, imports) == expected
