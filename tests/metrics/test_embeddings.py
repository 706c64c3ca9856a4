"""Cosines of pairs, and the batches that the encoder gets."""

import numpy as np
import pytest
from helpers.small_encoder import Letters
from hypothesis import given
from hypothesis import strategies as st

from trident.metrics import embeddings


def test_cosines_of_pairs():
    encoder = Letters()
    pairs = [("ab", "abc"), ("ab", "ab"), ("x", "x"), ("abc", "ab"), ("ab", "abc")]
    found = embeddings.cosines(iter(pairs), encoder)
    left, right = Letters().encode(["ab", "abc"], batch_size=2, convert_to_numpy=True, normalize_embeddings=True)
    assert found["ab", "abc"] == found["abc", "ab"] == round(float(left @ right), 6) < 1
    assert found["ab", "ab"] == found["x", "x"] == 1 and len(found) == 4
    assert sorted(encoder.asked) == ["ab", "abc"]
    assert embeddings.cosines([], encoder) == {}


def test_an_embedding_that_is_not_finite_is_named():
    class Broken(Letters):
        def encode(self, sentences, **options):
            vectors = super().encode(sentences, **options)
            vectors[sentences.index("bad")] = np.nan
            return vectors

    with pytest.raises(ValueError, match="no finite embedding for 'bad'"):
        embeddings.cosines([("good", "fine"), ("good", "bad")], Broken())


@given(st.lists(st.lists(st.integers(0, 9), max_size=embeddings.BATCH_TOKENS + 9).map(tuple), unique=True, max_size=40))
def test_batches_hold_each_sequence_once_and_no_more_than_their_tokens(sequences):
    batches = list(embeddings.batches(sequences))
    assert sorted(sequence for batch in batches for sequence in batch) == sorted(sequences)
    assert all(len(batch) == 1 or len(batch) * max(map(len, batch)) <= embeddings.BATCH_TOKENS for batch in batches)
    lengths = [len(sequence) for batch in batches for sequence in batch]
    assert lengths == sorted(lengths, reverse=True)
