"""A student number gives the same variant everywhere, and others get others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course import variant


def test_a_number_gives_what_it_gave_before():
    assert variant.of(0) == variant.Variant(0, 3.0, (0, 1, 3, 2), 6)
    assert variant.of(5_123_456) == variant.Variant(5_123_456, 4.0, (3, 2, 0, 1), 8)


def test_numbers_differ_in_everything():
    some = [variant.of(number) for number in range(1, 200)]
    assert len({v.temperature for v in some}) == 5 and len({v.padding for v in some}) == 24
    assert {v.digit for v in some} == set(range(10))


@given(st.integers(min_value=0))
def test_one_row_is_full_and_the_others_end_in_padding(number):
    you = variant.of(number)
    assert sorted(you.padding) == [0, 1, 2, 3] and you == variant.of(number)
    assert you.draw("a").random() == you.draw("a").random() != you.draw("b").random()


@pytest.mark.parametrize("number, error", [("12", TypeError), (1.0, TypeError), (True, TypeError), (-1, ValueError)])
def test_what_is_no_student_number(number, error):
    with pytest.raises(error, match="STUDENT_NUMBER"):
        variant.of(number)
