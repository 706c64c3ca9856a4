"""trident/corpus/pool.py: what is drawn of many examples is what a list would give."""

from __future__ import annotations

import gc
from typing import get_args

import datasets.arrow_dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from trident.corpus import pool, storage
from trident.corpus.schema import FEATURES, SPLITS, Split
from trident.experiment.artifacts import fingerprint


def example(name: str, split: Split) -> dict:
    row = dict.fromkeys(FEATURES, f"text of {name}") | {"id": name, "split": split}
    return row | {"accepted": [name, "b"], "accepted_probability": [0.25, 0.75]}


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from(get_args(Split)), st.integers(0, 5)), max_size=6),
    st.fixed_dictionaries({split: st.integers(0, 8) for split in SPLITS}),
    st.randoms(use_true_random=False),
    st.integers(0, 3),
)
def test_drawn_are_the_first_in_an_order_of_the_seed(groups, asked, chance, seed):
    names = [f"{number:016x}" for number in chance.sample(range(10**6), sum(count for _, count in groups))]
    added = [[example(names.pop(), split) for _ in range(count)] for split, count in groups]
    some = pool.Pool(seed)
    for (split, _), examples in zip(groups, added):
        some.add(examples, split)
    dataset = some.drawn(asked)
    del some
    gc.collect()
    flat = sorted((one for examples in added for one in examples), key=lambda one: fingerprint(seed, one["id"]))
    assert list(dataset) == list(SPLITS)
    for split, own in dataset.items():
        assert list(own) == [one for one in flat if one["split"] == split][: asked[split]]
        assert own.features == FEATURES
    assert sorted(one["kind"] for one in pool.counted(dataset)) == sorted(
        one["kind"] for split in SPLITS for one in dataset[split]
    )


def test_more_rows_than_become_arrow_at_once(tmp_path):
    many = [example(f"{number:016x}", "train") for number in range(2 * pool._ROWS + 1)]
    some = pool.Pool(1)
    some.add(many[::-1], "train")
    dataset = some.drawn(dict.fromkeys(SPLITS, len(many)))
    storage.save(dataset, tmp_path)
    assert sorted(storage.load(tmp_path)["train"], key=lambda one: one["id"]) == many


def test_contents_are_named_without_reading_all_into_memory(monkeypatch):
    """`datasets` pickles them to name them, and finds results for them by that name."""
    monkeypatch.setattr(datasets.arrow_dataset, "generate_fingerprint", lambda _: 1 / 0)
    names = []
    for text in ("x", "y", "x"):
        some = pool.Pool(1)
        some.add([example("a", "train") | {"focal_method": text}], "train")
        train = some.drawn(dict.fromkeys(SPLITS, 1))["train"]
        assert train["focal_method"][:] == [text]
        names.append(train._fingerprint)
    assert names[0] == names[2] != names[1]


def test_another_seed_draws_others():
    drawn = []
    for seed in (1, 2):
        some = pool.Pool(seed)
        some.add([example(f"{number:016x}", "train") for number in range(100)], "train")
        drawn.append(set(some.drawn(dict.fromkeys(SPLITS, 30))["train"]["id"]))
    assert len(drawn[0]) == len(drawn[1]) == 30 and 0 < len(drawn[0] & drawn[1]) < 30
