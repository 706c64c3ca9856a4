"""A check says what holds, or what it saw, what it makes of it, and as many hints as were asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from course.checking import Exercise, NotYet, Property, WrongAnswer, flat, other_shape, same

double = Exercise(
    name="double",
    properties=(
        Property("even", lambda f: "" if f(3) % 2 == 0 else f"double(3) = {f(3)}"),
        Property("agrees", lambda f: "" if f(5) == 10 else f"double(5) = {f(5)}"),
    ),
    probe=lambda f: torch.tensor([f(3), f(5)]),
    wrong_answers=(WrongAnswer("square", lambda x: x * x, "Grows too fast: how does it grow?"),),
    hints=("weak", "strong"),
)


def test_a_right_answer_shows_what_holds(capsys):
    double(lambda x: 2 * x)
    assert capsys.readouterr().out == "✓ double: even · agrees\n"


@pytest.mark.parametrize(
    "answer, hint, lines",
    [
        (lambda x: x * x, 0, ["✗ double: even", "  seen: double(3) = 9", "  Grows too fast: how does it grow?",
                              "  (hint=1 shows a hint)"]),
        (lambda x: x, 1, ["✗ double: even", "  seen: double(3) = 3", "  hint 1: weak", "  (hint=2 shows a hint)"]),
        (lambda x: 4 * x, 2, ["✗ double: agrees", "  seen: double(5) = 20", "  hint 1: weak", "  hint 2: strong"]),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_told_what_was_seen(answer, hint, lines):
    with pytest.raises(NotYet) as refusal:
        double(answer, hint=hint)
    assert str(refusal.value).splitlines() == lines == refusal.value._render_traceback_()


def _with_flaws(x):
    """As `square` at 3, which is tested first, and wrong in another way at 5."""
    return 9 if x == 3 else 0


def test_an_answer_with_two_flaws_is_told_about_the_first():
    with pytest.raises(NotYet, match="double\\(3\\) = 9\n  Grows too fast: how does it grow?"):
        double(_with_flaws)


def test_nothing_is_guessed_where_two_of_the_catalogue_have_the_same_first_problem():
    triple_like = WrongAnswer("nine", lambda x: 9, "Other message.")
    doubtful = replace(double, wrong_answers=(*double.wrong_answers, triple_like))
    with pytest.raises(NotYet) as refusal:
        doubtful(_with_flaws)
    assert "Grows too fast" not in str(refusal.value) and "Other message" not in str(refusal.value)


@pytest.mark.parametrize("value, seen", [(2.5, "a float"), ([1], "a list"), (torch.zeros(2).max(0), "a max")])
def test_what_is_no_tensor_is_named_and_can_be_probed(value, seen):
    assert f"it returns {seen}; there should be a tensor of the shape (3,)" == other_shape(value, torch.Size([3]))
    assert flat(value).isnan().all()


def test_a_tensor_of_another_shape_is_named():
    assert other_shape(torch.zeros(3), torch.Size([3])) == ""
    assert other_shape(torch.zeros(2, 1), torch.Size([3])) == "the shape (2, 1); there should be (3,)"
    assert flat(torch.tensor([[1, 2]], dtype=torch.int64)).tolist() == [1.0, 2.0]


def test_what_an_answer_raises_is_not_hidden():
    def stub(x):
        raise NotImplementedError

    with pytest.raises(NotImplementedError) as raised:
        double(stub)
    assert [entry.name for entry in raised.traceback][1:] == ["__call__", "stub"]  # not the check's own frames


def test_an_answer_without_return_is_told_so():
    with pytest.raises(NotYet, match="double: returns a result\n  seen: None, as of a function without `return`"):
        double(lambda x: None)


@pytest.mark.parametrize("hint", [-1, 3])
def test_a_hint_that_is_not_there(hint):
    with pytest.raises(ValueError, match="2 hints for double"):
        double(lambda x: x, hint=hint)


def test_numbers_are_the_same_up_to_a_tolerance_and_nan_is_nan():
    nan = float("nan")
    assert same(torch.tensor([1, nan]), torch.tensor([1.0005, nan]).to(torch.float32)) is True
    assert not same(torch.tensor([1.0]), torch.tensor([1.01])) and not same(torch.tensor([1.0]), torch.tensor(1.0))
    assert not same(torch.tensor([1.0]), torch.tensor([nan]))
