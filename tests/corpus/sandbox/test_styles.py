"""House styles: p(form | what the model sees) is right, whatever is visible."""

import itertools
import math
from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trident.corpus.labels import entropy, known
from trident.corpus.sandbox.generate import generate
from trident.corpus.sandbox.styles import HOUSES, MOST_ANSWERS, SHARES, WAYS, answers, house_of, posterior
from trident.corpus.sandbox.template import load
from trident.java.lexer import canonical

HOUSE = st.lists(st.floats(0.01, 1), min_size=len(HOUSES), max_size=len(HOUSES)).map(tuple)


def menus(least, most):
    """Assertions with made-up forms; their probabilities sum to 1 in each house."""

    def scaled(rows):
        totals = [sum(column) for column in zip(*rows, strict=True)]
        return {f"f{i}": [p / t for p, t in zip(row, totals, strict=True)] for i, row in enumerate(rows)}

    return st.lists(st.lists(HOUSE, min_size=1, max_size=4).map(scaled), min_size=least, max_size=most)


@given(menus(1, 3), menus(0, 3))
def test_answers_follow_from_the_joint_distribution(masked, visible):
    shown = [one["f0"] for one in visible]
    found = answers(masked, shown, ["f0"] * len(masked))
    joint = {
        "\n".join(forms): sum(
            share
            * math.prod(one[house] for one in shown)
            * math.prod(m[f][house] for m, f in zip(masked, forms, strict=True))
            for house, share in enumerate(SHARES)
        )
        for forms in itertools.product(*masked)
    }
    assert found == pytest.approx({answer: p / sum(joint.values()) for answer, p in joint.items()})
    assert sum(found.values()) == pytest.approx(1)
    assert list(found.values()) == sorted(found.values(), reverse=True)


@given(st.integers(2, 5), st.integers(4, 12))
def test_few_of_very_many_answers_are_listed_and_the_reference_is(assertions, size):
    weights = [2.0**-i for i in range(size)]
    menu = {f"f{i}": [weight / sum(weights)] * len(HOUSES) for i, weight in enumerate(weights)}
    reference = [f"f{size - 1}"] * assertions  # the unlikeliest form
    found = answers([menu] * assertions, [], reference)
    assert len(found) <= MOST_ANSWERS and "\n".join(reference) in found
    assert sum(found.values()) == pytest.approx(1)


def test_shares_and_ways():
    assert sum(SHARES) == pytest.approx(1)
    assert Counter(house_of((i + 0.5) / 1000) for i in range(1000)) == Counter(
        {i: round(1000 * share) for i, share in enumerate(SHARES)}
    )
    assert all(house.prefers.keys() <= WAYS.keys() for house in HOUSES.values())
    assert posterior([]) == pytest.approx(SHARES)


def test_one_visible_assertion_tells_the_house():
    likelihood = [0.0] * len(HOUSES)
    likelihood[2] = 0.5
    assert posterior([likelihood])[2] == 1


@pytest.fixture(scope="module")
def drawn():
    return {masking: generate({"train": 6000, "unseen": 1500}, 5, masking)[0] for masking in ("one", "all")}


@pytest.mark.parametrize("masking", ["one", "all"])
def test_accepted_answers_are_what_they_say(drawn, masking):
    for example in drawn[masking]:
        found = dict(zip(example["accepted"], example["accepted_probability"], strict=True))
        assert len(found) == len(example["accepted"])
        assert example["assertion_canonical"] in found
        assert sum(found.values()) == pytest.approx(1) and min(found.values()) > 0


def test_accepted_answers_are_canonical(drawn):
    for example in drawn["one"][::5]:
        assert all(canonical(answer) == answer for answer in example["accepted"])


def test_answers_come_as_often_as_their_probability_says(drawn):
    # Of all forms with a probability around p, a share of p is the reference; and so is the mean log-likelihood.
    bins = defaultdict(list)
    for example in drawn["one"]:
        for answer, p in zip(example["accepted"], example["accepted_probability"], strict=True):
            bins[min(int(10 * p), 9)].append((p, answer == example["assertion_canonical"]))
    for pairs in bins.values():
        expected = sum(p for p, _ in pairs)
        deviation = math.sqrt(sum(p * (1 - p) for p, _ in pairs))
        assert abs(sum(hit for _, hit in pairs) - expected) < 4 * deviation + 1
    facts = known(drawn["one"])
    assert 0.7 < facts["ceiling"] < 0.85 and facts["one_form"] < 0.05 and 0.5 < facts["entropy"] < 1.1


def test_a_question_is_asked_once_however_it_is_worded(drawn):
    """No two examples differ only in the form of an assertion that is visible."""
    templates = {template.name: template for template in load()}
    meanings = Counter()
    for example in drawn["one"]:
        name, _, number = example["group"].partition("#")
        instance = templates[name].instance(5, int(number))
        tests = map(instance.test, range(len(instance.template.tests)))
        test = next(one for one in tests if one.name == example["origin"].partition("#")[2])
        place = example["test_prefix_and_rest"].index("<ASSERTION>")
        masked = [one.start == place for one in test.assertions]
        assert test.assertions[masked.index(True)].text == example["assertion"]
        meanings[example["focal_method"], test.meaning(masked)] += 1
    assert set(meanings.values()) == {1}


def test_what_is_known_of_an_example():
    facts = known([{"accepted_probability": [0.75, 0.25]}, {"accepted_probability": [1.0]}])
    assert facts == pytest.approx(
        {"forms": 1.5, "one_form": 0.5, "entropy": (0.75 * math.log(4 / 3) + 0.25 * math.log(4)) / 2, "ceiling": 0.875}
    )
    assert entropy([0.5, 0.5]) == pytest.approx(math.log(2)) and entropy([1.0]) == 0
    with pytest.raises(ValueError, match="no examples"):
        known([])
