"""trident/corpus/duplicates.py: sketches, the Jaccard index, and the inverted index, against plain sets."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trident.corpus import duplicates
from trident.corpus.duplicates import SAME, SHINGLE, SKETCH, Known, families, jaccard, sketch

WORDS = st.lists(st.sampled_from(["a", "b", "foo", "(", ")", ";", "1", '"x"']), max_size=60)
FEW = st.lists(st.sampled_from([f"w{n}" for n in range(4)]), min_size=1, max_size=30)


def plain(tokens):
    """The shingles of a text, as a set."""
    size = min(SHINGLE, len(tokens))
    return {tuple(tokens[start : start + size]) for start in range(len(tokens) - size + 1)}


def plain_jaccard(one, other):
    return len(one & other) / len(one | other)


@given(WORDS)
def test_a_sketch_has_one_hash_for_each_shingle(tokens):
    found = sketch(" ".join(tokens))
    assert len(found) == min(SKETCH, len(plain(tokens)))
    assert (np.diff(found.astype(object)) > 0).all()


@given(WORDS, WORDS)
def test_layout_and_comments_do_not_count(one, other):
    assert (sketch(" ".join(one), " ".join(other)) == sketch("\n /* no */ ".join(one), "\t".join(other))).all()


@given(FEW, FEW)
def test_the_jaccard_index_of_short_texts_is_exact(one, other):
    exact = plain_jaccard(plain(one), plain(other))
    assert jaccard(sketch(" ".join(one)), sketch(" ".join(other))) == pytest.approx(exact)


@pytest.mark.parametrize("shared", [0, 500, 900, 1000])
def test_that_of_long_texts_is_estimated(shared):
    one = [f"w{n}" for n in range(1000)]
    other = one[:shared] + [f"v{n}" for n in range(1000 - shared)]
    estimate = jaccard(sketch(" ".join(one)), sketch(" ".join(other)))
    # The standard error of a share of 64 is at most 1/16.
    assert estimate == pytest.approx(plain_jaccard(plain(one), plain(other)), abs=3 / 16)
    assert (estimate == 1) == (shared == 1000)


@given(st.lists(st.tuples(FEW, st.sampled_from("xyz")), max_size=8), FEW, st.sampled_from("xyz"))
def test_the_index_finds_what_comparing_with_all_finds(texts, asked, label):
    known = Known()
    for number, (tokens, its) in enumerate(texts):
        known.add(sketch(" ".join(tokens)), str(number), its)
        if number % 3 == 0:  # so that the index grows more than once
            known.nearest(sketch(" ".join(asked)), label)
    exact = [plain_jaccard(plain(tokens), plain(asked)) if its != label else 0 for tokens, its in texts]
    found = known.nearest(sketch(" ".join(asked)), label)
    if max(exact, default=0) < SAME:
        assert found is None
    else:
        first = exact.index(max(exact))
        assert (found.name, found.label) == (str(first), texts[first][1])
        assert found.jaccard == pytest.approx(exact[first])


def test_few_known_texts_are_compared_one_by_one():
    known = Known()
    for number in range(50):
        known.add(sketch(" ".join(f"v{number}x{n}" for n in range(40)) + " assert true ; } } } } }"), str(number), "x")
    with mock.patch.object(duplicates, "jaccard", side_effect=duplicates.jaccard) as compared:
        near = known.nearest(sketch(" ".join(f"v7x{n}" for n in range(38))), "y")
    assert near.name == "7" and compared.call_count == 1


def texts(*words, size=20):
    """A sketch for each word: two of one word are equal, two of different words share nothing."""
    return [sketch(" ".join(f"{word}{n}" for n in range(size))) for word in words]


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ({"a": texts("x", "y"), "b": texts("x", "z"), "c": texts("v", "w")}, ["a", "b", "c"]),  # one is chance
        ({"a": texts("x", "y"), "b": texts("v", "y", "x"), "c": texts("v", "w")}, ["a", "a", "c"]),
        ({"a": texts("v"), "b": texts("x", "y"), "c": texts("z", "y", "x"), "d": texts("z", "w", "z")}, ["a", *"bbb"]),
        ({"d": texts("z", "w"), "c": texts("x", "y", "z", "w"), "b": texts("x", "y")}, ["d", "d", "d"]),
        # two of a small group, that are too few of the large one
        ({"a": texts("x", "y", *map(str, range(999))), "b": texts("x", "y")}, ["a", "a"]),
        (
            {"a": texts("x", "y", *map(str, range(999))), "b": texts("x", "y", *(f"b{n}" for n in range(999)))},
            ["a", "b"],
        ),
        ({}, []),
    ],
)
def test_families(groups, expected):
    assert list(families(groups).values()) == expected
