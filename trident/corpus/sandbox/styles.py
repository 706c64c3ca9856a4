"""House styles: how often each form of an assertion is written, and what the visible assertions say about the rest.

Every class is written in one house style, drawn by its seed. Within the class each assertion draws its form on its
own, mostly one that the house prefers. So p(form | what the model sees) is known by construction: the other
assertions of the test tell the house in part (Bayes), and the house tells the form in part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from trident.corpus.sandbox.forms import Form
from trident.corpus.sandbox.holes import holes_in

#: Every way to write an assertion, and its weight where the house has no preference.
WAYS: Mapping[str, float] = {
    "plain": 0.06,  # assertEquals(e, x), assertTrue(x), assertNull(x)
    "swapped": 0.02,  # assertEquals(x, e)
    "truth": 0.02,  # assertTrue(x == e), assertTrue(e.equals(x)), assertTrue(!x)
    "mirrored": 0.005,  # assertTrue(e == x)
    "falsity": 0.005,  # assertFalse(x != e)
    "literal": 0.01,  # assertEquals(true, x), assertEquals(null, x)
    "literal_swapped": 0.004,  # assertEquals(x, true)
    "is": 0.02,  # assertThat(x, is(e))
    "equal_to": 0.008,  # assertThat(x, equalTo(e)), assertThat(x, nullValue())
    "is_equal_to": 0.002,  # assertThat(x, is(equalTo(e)))
    "is_not": 0.008,  # assertThat(x, not(e))
    "matcher": 0.02,  # assertThat(list, hasItem(x))
}
#: How often a message is kept.
KEEPS_MESSAGE = 0.7


@dataclass(frozen=True)
class House:
    """A style.

    share      of the classes
    prefers    the weights of the preferred ways, added to those of :data:`WAYS`
    emptiness  how often it says "empty" rather than "size 0", other things being equal
    """

    share: float
    prefers: Mapping[str, float]
    emptiness: float

    def weight(self, form: Form) -> float:
        """How often the house uses the form, relative to other forms of the same assertion."""
        view = {"empty": self.emptiness, "count": 1 - self.emptiness}.get(form.view, 1.0)
        message = {True: KEEPS_MESSAGE, False: 1 - KEEPS_MESSAGE, None: 1.0}[form.message]
        return (WAYS[form.way] + self.prefers.get(form.way, 0.0)) * view * message


#: Most code is plain, so that the kinds of assertions stay near those of real code.
HOUSES: Mapping[str, House] = {
    "plain": House(0.62, {"plain": 1.0}, 0.8),
    "comparison": House(0.12, {"truth": 1.0, "mirrored": 0.08, "plain": 0.05}, 0.2),
    "hamcrest": House(0.07, {"is": 1.0, "matcher": 2.0, "equal_to": 0.15, "is_not": 0.1, "plain": 0.1}, 0.5),
    "actual_first": House(0.12, {"swapped": 1.0, "literal_swapped": 0.08, "plain": 0.2}, 0.5),
    "literal": House(0.07, {"literal": 1.0, "plain": 0.3}, 0.3),
}
#: At most so many answers are listed where all assertions of a test are masked at once.
MOST_ANSWERS = 256
SHARES = tuple(house.share for house in HOUSES.values())


@dataclass(frozen=True)
class Menu:
    """The forms of an assertion.

    forms          each with its text, which may be preceded by the hole for ``Assert.``
    canonical      their canonical texts, with holes
    kinds          the names of their calls
    probabilities  of each form in each house, in the order of :data:`HOUSES`; they sum to 1 in a house
    """

    forms: tuple[Form, ...]
    canonical: tuple[str, ...]
    kinds: tuple[str, ...]
    probabilities: tuple[tuple[float, ...], ...]

    @property
    def droppable(self) -> frozenset[str]:
        """The holes that not every form shows."""
        holes = [holes_in(form) for form in self.canonical]
        return frozenset[str]().union(*holes) - holes[0].intersection(*holes)

    def drawn(self, house: int, number: float) -> int:
        """The index of the form that a house draws with a number from 0 to 1."""
        for index, probability in enumerate(self.probabilities):
            number -= probability[house]
            if number < 0:
                return index
        return len(self.forms) - 1


def shares(forms: Sequence[Form]) -> tuple[tuple[float, ...], ...]:
    """p(form | house) of each form in each house."""
    columns = []
    for house in HOUSES.values():
        weights = [house.weight(form) for form in forms]
        columns.append([weight / sum(weights) for weight in weights])
    return tuple(zip(*columns, strict=True))


def house_of(number: float) -> int:
    """The index of the house that a number from 0 to 1 draws."""
    for index, share in enumerate(SHARES):
        number -= share
        if number < 0:
            return index
    return len(SHARES) - 1


def posterior(visible: Iterable[Sequence[float]]) -> list[float]:
    """p(house | visible assertions), by Bayes: of each, `visible` has the probability of its form in each house."""
    joint = list(SHARES)
    for likelihood in visible:
        joint = [value * likely for value, likely in zip(joint, likelihood, strict=True)]
    return [value / sum(joint) for value in joint]


def answers(
    masked: Sequence[Mapping[str, Sequence[float]]], visible: Iterable[Sequence[float]], reference: Sequence[str]
) -> dict[str, float]:
    """The accepted answers, each with p(answer | visible assertions).

    Several masked assertions make one answer, joined by newlines: p = the sum over houses of p(house | visible) times
    the product of their p(form | house). Of very many such answers only likely ones are listed (the unlikeliest forms
    are left out until at most :data:`MOST_ANSWERS` remain), and their probabilities are scaled to sum to 1.

    Args:
        masked: for each masked assertion its forms, with their probabilities in each house.
        visible: for each visible assertion the probability of its form in each house.
        reference: the form that stands in the place of each masked assertion; these are always kept.
    """
    houses = posterior(visible)
    menus = [dict(forms) for forms in masked]
    while prod(map(len, menus)) > MOST_ANSWERS:
        index = max(range(len(menus)), key=lambda i: (len(menus[i]), -i))
        others = [form for form in menus[index] if form != reference[index]]
        del menus[index][min(others, key=lambda form: _dot(houses, menus[index][form]))]
    found: dict[str, float] = {}
    for combination in product(*(menu.items() for menu in menus)):
        forms, probabilities = zip(*combination, strict=True)
        joint = (prod(in_house) for in_house in zip(*probabilities, strict=True))
        found["\n".join(forms)] = sum(p * value for p, value in zip(houses, joint, strict=True))
    total = sum(found.values())
    return {answer: p / total for answer, p in sorted(found.items(), key=lambda one: -one[1])}


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
