"""Configurations ranked by CQS and by execution: means, ranks, Kendall's tau, and the pairs that change places."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from trident.reporting import rankings


def made(results, levels, noise=0.02, seeds=(1, 2, 3), examples=120, seed=0):
    """`results` with configurations whose scores are drawn: name → (CQS, share of equivalent answers)."""
    rng, rows = np.random.default_rng(seed), []
    for name, (cqs, equivalent) in levels.items():
        for run in seeds:
            shift = rng.normal(0, noise)
            for i in range(examples):
                score = {"cqs": cqs + shift + rng.normal(0, 0.05), "equivalent": float(rng.uniform() < equivalent)}
                parts = {"semantic": cqs, "codebleu": 0.5, "ast": 0.5, "token_accuracy": 0.5}
                row = {"configuration": name, "seed": run, "id": f"e{i}", "group": f"g{i // 3}", "split": "test"}
                rows.append({**row, **score, **parts})
    return dataclasses.replace(results, configurations=tuple(levels), scores=pd.DataFrame(rows))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=8))
def test_tau_is_kendall_s(pairs):
    one, other = np.array(pairs, dtype=float).T
    expected = kendalltau(one, other).statistic
    assert rankings._tau(one[None], other[None])[0] == pytest.approx(0 if np.isnan(expected) else expected)


def test_means_and_ranks_are_over_what_execution_can_tell(results):
    found = rankings.rank(results, "test")
    frame = results.of_students("test").dropna(subset=["equivalent"])
    for measure in ("cqs", "equivalent"):
        means = frame.groupby(["configuration", "seed"])[measure].mean().groupby("configuration").mean()
        table = found.levels[measure]
        assert table["mean"].to_dict() == pytest.approx(means.to_dict())
        assert table["rank"].to_dict() == means.round(9).rank(ascending=False, method="min").to_dict()
        assert (table["low"] < table["mean"]).all() and (table["mean"] < table["high"]).all()
    expected = kendalltau(found.levels["cqs"]["mean"], found.levels["equivalent"]["mean"]).statistic
    assert found.tau == pytest.approx(expected) and found.low <= found.tau <= found.high


def test_a_pair_that_changes_places_is_named_with_what_gives_it_its_lead(results):
    levels = {"ce": (0.9, 0.1), "ce_kl": (0.6, 0.6), "focal_jsd": (0.3, 0.05)}
    found = rankings.rank(made(results, levels), "test")
    assert found.tau == pytest.approx(1 / 3)
    (row,) = found.reversed.to_dict("records")
    assert (row["first"], row["second"], row["because"]) == ("ce", "ce_kl", "semantic")
    assert row["cqs"] == pytest.approx(0.3, abs=0.1) and row["equivalent"] == pytest.approx(-0.5, abs=0.1)
    assert row["cqs_significant"] and row["equivalent_significant"] and row["lead"] == pytest.approx(0.3 * 0.3)


def test_a_pair_that_may_be_chance_is_not_named(results):
    found = rankings.rank(made(results, {"ce": (0.501, 0.30), "ce_kl": (0.500, 0.301)}), "test")
    assert found.reversed.empty and found.low == -1 and found.high == 1


def test_intervals_know_of_groups_and_of_seeds(results):
    calm = rankings.rank(made(results, {"a": (0.5, 0.3), "b": (0.6, 0.4)}, noise=0.0), "test").levels["cqs"]
    wild = rankings.rank(made(results, {"a": (0.5, 0.3), "b": (0.6, 0.4)}, noise=0.1), "test").levels["cqs"]
    assert ((wild["high"] - wild["low"]) > 3 * (calm["high"] - calm["low"])).all()
    one_seed = made(results, {"a": (0.5, 0.3), "b": (0.6, 0.4)}, seeds=(1,), noise=0.0)
    table = rankings.rank(one_seed, "test").levels["equivalent"]
    frame = one_seed.scores[one_seed.scores["configuration"] == "a"]
    spread = frame.groupby("group")["equivalent"].mean().std() / np.sqrt(40)
    assert table.loc["a", "high"] - table.loc["a", "low"] == pytest.approx(2 * 1.96 * spread, rel=0.15)


def test_what_is_said_of_a_pair_holds_in_both_tests(results):
    """As everywhere: over examples and over seeds."""
    assert rankings.rank(made(results, {"a": (0.9, 0.1), "b": (0.6, 0.6)}, seeds=(1,)), "test").reversed.empty


def test_one_configuration_has_no_rank(results):
    with pytest.raises(ValueError, match="one configuration alone has no rank"):
        rankings.rank(made(results, {"ce": (0.5, 0.5)}), "test")
