"""Predictions that need no model."""

import pytest
from helpers.small_encoder import Letters

from trident import cqs
from trident.evaluation import baselines
from trident.experiment.params import BASELINES

REFERENCES = [f"assertEquals({i}, list.size());" for i in range(30)] + ["Assert.assertNull( x );"] * 10


def test_identity_is_the_references():
    assert baselines.predict("identity", REFERENCES) == REFERENCES


def test_the_most_frequent_reference_is_canonical_and_the_same_for_all():
    assert baselines.predict("most_frequent", REFERENCES) == ["assertNull(x);"] * 40
    assert baselines.predict("most_frequent", []) == []


@pytest.mark.parametrize("number", [2, 3, 40])
def test_each_example_gets_the_reference_of_another_once(number):
    references = [f"assertEquals({i}, x);" for i in range(number)]
    shuffled = baselines.predict("shuffled", references)
    assert sorted(shuffled) == sorted(references)
    assert all(prediction != reference for prediction, reference in zip(shuffled, references, strict=True))
    assert baselines.predict("shuffled", references) == shuffled


def test_a_split_of_one_example_can_be_scored():
    assert baselines.predict("shuffled", ["assertTrue(x);"]) == ["assertTrue(x);"]


def test_an_unknown_baseline_is_an_error():
    with pytest.raises(ValueError, match="unknown baseline 'floor'; choose one of identity, most_frequent, shuffled"):
        baselines.predict("floor", REFERENCES)


def test_scores_of_the_baselines():
    def summary(name):
        return cqs.summarise(cqs.score(baselines.predict(name, REFERENCES), REFERENCES, encoder=Letters()))

    identity, most_frequent, shuffled = map(summary, BASELINES)
    assert identity["cqs"] == 1 == identity["exact_match"]
    assert most_frequent["exact_match"] == pytest.approx(0.25) and most_frequent["most_frequent"] == 1
    assert shuffled["exact_match"] < 0.25 and shuffled["cqs"] < 1
