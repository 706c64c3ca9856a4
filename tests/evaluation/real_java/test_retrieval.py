"""The most similar training example."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trident.evaluation.real_java.retrieval import Retriever
from trident.java.assertions import MARK


def example(test: str, method: str = "") -> dict[str, str]:
    return {"test_prefix_and_rest": test, "focal_method": method}


def test_rare_words_say_more_than_frequent_ones_and_the_method_is_read_too():
    training = [example("list size"), example("list get"), example("list", "Cursor close")]
    asked = [example("list get"), example(f"list {MARK} size"), example("Cursor"), example("list", "close")]
    assert list(Retriever(training).nearest(asked)) == [1, 0, 2, 2]


def test_without_a_common_word_there_is_none():
    assert list(Retriever([example("a1 b1")]).nearest([example("c1"), example(MARK), example("A1")])) == [None] * 3


def test_of_equals_the_first_is_taken():
    training = [example("other"), *[example("same words")] * 3]
    assert list(Retriever(training).nearest([example("same words")] * 70)) == [1] * 70


words = st.lists(st.sampled_from(["ab", "bc", "cd", "de"]), min_size=1, max_size=5)


@given(training=st.lists(words, min_size=1, max_size=6), asked=st.lists(words, min_size=1, max_size=3))
def test_it_is_the_largest_cosine_of_words_weighted_by_rarity(training, asked):
    count = len(training)

    def vector(text: list[str]) -> dict[str, float]:
        known = {word for one in training for word in one}
        weights = {
            word: (1 + math.log(text.count(word)))
            * (math.log((1 + count) / (1 + sum(word in one for one in training))) + 1)
            for word in {*text} & known
        }
        length = math.sqrt(sum(weight**2 for weight in weights.values())) or 1
        return {word: weight / length for word, weight in weights.items()}

    found = list(
        Retriever(example(" ".join(text)) for text in training).nearest(example(" ".join(text)) for text in asked)
    )
    for text, place in zip(asked, found):
        own = vector(text)
        cosines = [sum(own.get(word, 0) * weight for word, weight in vector(one).items()) for one in training]
        if place is None:
            assert not any(cosines)
        else:
            assert np.isclose(cosines[place], max(cosines), atol=1e-5) and max(cosines) > 0
