"""Answers that are copies: of an assertion of the same test class, and of the nearest line of the test."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from trident.evaluation.real_java.questions import Question, test_of
from trident.java.assertions import Assertion
from trident.java.variables import mentioned, renamed

#: No answer. It is scored like any other text, and counted.
NONE = ""


def class_frequent(
    examples: Sequence[Mapping[str, Any]], visible: Sequence[Sequence[str]], references: Sequence[str]
) -> list[str]:
    """For each example of a split the assertion that its test class has most often, as far as it can be seen.

    These are all assertions of the other tests of the class in the split, and those that stand in the example's own
    test beside the blank. What stands in the blank is not among them: no other example of the same test is read. Among
    equally frequent ones, the own test's come first, then the order of the alphabet.

    Args:
        visible: for each example the assertions in its test, in the form of the references.
        references: what stands in each blank.

    Returns:
        the assertions; :data:`NONE` where nothing can be seen.
    """
    of_class: dict[str, dict[str, Counter[str]]] = defaultdict(dict)
    for example, shown, reference in zip(examples, visible, references, strict=True):
        own, test = test_of(example)
        # One blank filled is the whole test; a test that is cut after the blank has what its examples show together.
        of_class[own][test] = of_class[own].get(test, Counter()) | Counter([*shown, reference])
    totals = {own: sum(tests.values(), Counter()) for own, tests in of_class.items()}
    answers = []
    for example, shown in zip(examples, visible, strict=True):
        own, test = test_of(example)
        counts = totals[own] - of_class[own][test] + Counter(shown)
        answers.append(min(counts, key=lambda text: (-counts[text], text not in shown, text), default=NONE))
    return answers


def nearest(question: Question) -> Assertion | None:
    """Which of the visible assertions a developer would copy: the last before the blank, else the first after it."""
    before = [one for one in question.visible if one.end <= question.blank]
    return before[-1] if before else next(iter(question.visible), None)


def adapted(line: str, there: Sequence[str], here: Sequence[str]) -> str:
    """A copied line, about the variable at hand: that of the line's variables which had been assigned last where it
    stood becomes the variable that is assigned last before the blank.

    A line that mentions the latter, or no variable, stays.

    Args:
        there, here: the variables in scope where the line stood and at the blank, the one assigned last at the end.
    """
    used = mentioned(line, there)
    if not used or not here or mentioned(line, here[-1:]):
        return line
    return renamed(line, used[-1], here[-1])
