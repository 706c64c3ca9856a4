"""Statistics against worked examples, and against what they promise: error rates and coverage on simulated scores."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from trident.reporting import stats


def scores(configurations, seeds=(1,), groups="aabbccdd"):
    """A long frame; `configurations` maps a name to a function (seed, example) → score."""
    return pd.DataFrame(
        [
            {"configuration": name, "seed": seed, "id": f"e{i}", "group": group, "cqs": float(score(seed, i))}
            for name, score in configurations.items()
            for seed in seeds
            for i, group in enumerate(groups)
        ]
    )


def simulated(rng, effect=0.0, groups=30, size=5, shared=1.0):
    """Two configurations on `groups` × `size` examples whose difference is partly the group's."""
    names = np.repeat(np.arange(groups), size)
    difference = effect + shared * rng.normal(size=groups)[names] + rng.normal(size=len(names))
    base = rng.normal(size=len(names))
    return scores({"base": lambda _, i: base[i], "new": lambda _, i: base[i] + difference[i]}, groups=names)


# -- standard deviations and intervals


def test_std_over_seeds_by_hand():
    frame = scores({"a": lambda seed, i: seed + i, "b": lambda seed, i: 10}, seeds=(1, 2, 3), groups="xy")
    assert stats.variation(frame, "b")["seed_std"] == pytest.approx(np.sqrt((1 + 0) / 2))  # of 1 and 0
    assert np.isnan(stats.variation(frame[frame["seed"] == 1], "b")["seed_std"])


def test_intervals_cover_the_mean_with_clustered_examples():
    rng, groups, inside, naive = np.random.default_rng(0), np.repeat(np.arange(30), 5), 0, 0
    for _ in range(100):
        values = rng.normal(size=30)[groups] + rng.normal(size=150)
        frame = scores({"a": lambda _, i, values=values: values[i], "base": lambda *_: 0}, groups=groups)
        row = stats.compare(frame, "base", resamples=300).loc["a"]
        inside += row.low <= 0 <= row.high
        naive += abs(values.mean()) <= 1.96 * values.std() / np.sqrt(150)
    assert 87 <= inside <= 99
    assert naive < 80  # what ignoring the groups would claim to be 95


def test_results_repeat_with_the_same_seed():
    frame = simulated(np.random.default_rng(1), effect=0.3)
    pd.testing.assert_frame_equal(stats.compare(frame, "base"), stats.compare(frame, "base"))
    shuffled = frame.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(stats.compare(frame, "base"), stats.compare(shuffled, "base"))
    assert not stats.compare(frame, "base", seed=1).equals(stats.compare(frame, "base", seed=2))


# -- tests


def test_sign_flips_are_exact_with_few_groups():
    # Differences 1, 1, 1 of three groups: 2 of the 8 flips reach the total.
    frame = scores({"base": lambda *_: 1, "new": lambda *_: 0}, groups="xyz")
    row = stats.compare(frame, "base").loc["new"]
    assert row.p_examples == pytest.approx(2 / 8) and row.difference == -1
    assert np.isnan(row.effect) and row.low == row.high == -1


def test_effect_size_by_hand():
    frame = scores({"base": lambda *_: 0, "new": lambda _, i: [1, 3][i]}, groups="xy")
    assert stats.compare(frame, "base").iloc[0].effect == pytest.approx(2 / np.sqrt(2))


def test_false_alarms_are_as_rare_as_promised_and_clusters_matter():
    rng, alarms, naive = np.random.default_rng(2), 0, 0
    for _ in range(100):
        frame = simulated(rng)
        alarms += stats.compare(frame, "base", resamples=300).iloc[0].p_examples < 0.05
        wide = frame.pivot(index="id", columns="configuration", values="cqs")
        naive += scipy_stats.ttest_rel(wide["new"], wide["base"]).pvalue < 0.05
    assert alarms < 10 and naive > 15


def test_a_true_difference_is_found():
    row = stats.compare(simulated(np.random.default_rng(3), effect=-1.5), "base").iloc[0]
    assert row.p_examples == pytest.approx(1 / 2001) and row.high < 0 and row.effect < 0
    rng = np.random.default_rng(3)
    base, runs = rng.normal(size=40), rng.normal(scale=0.01, size=(2, 4))
    frame = scores(
        {"base": lambda seed, i: base[i] + runs[0, seed], "new": lambda seed, i: base[i] - 1 + runs[1, seed]},
        seeds=range(4),
        groups=range(40),
    )
    assert stats.compare(frame, "base").loc["new", "significant"]


def test_holm_by_hand():
    assert stats.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert stats.holm([0.9, 0.8]) == pytest.approx([1, 1])
    assert stats.holm([0.02, np.nan, 0.03])[[0, 2]] == pytest.approx([0.04, 0.04])
    assert np.isnan(stats.holm([0.02, np.nan])[1])


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_lies_between_p_and_bonferroni_and_keeps_the_order(p):
    corrected = stats.holm(p)
    assert (corrected >= p).all() and (corrected <= np.minimum(1, np.array(p) * len(p)) + 1e-12).all()
    assert (np.diff(corrected[np.argsort(p, kind="stable")]) >= 0).all()


def test_many_comparisons_are_corrected_together():
    rng = np.random.default_rng(4)
    values = {name: rng.normal(size=40) for name in "abcde"}
    frame = scores({name: lambda _, i, name=name: values[name][i] for name in values}, groups=range(40))
    table = stats.compare(frame, "c")
    assert set(table.index) == set("abde")
    single = [stats.compare(frame[frame["configuration"].isin([name, "c"])], "c").iloc[0] for name in table.index]
    assert table["p_examples"].to_numpy() == pytest.approx(stats.holm([row.p_examples for row in single]))


def test_runs_are_compared_by_welch():
    a, b = [0.688, 0.690, 0.686], [0.685, 0.683, 0.687]
    frame = scores({"a": lambda seed, i: a[seed - 1], "b": lambda seed, i: b[seed - 1]}, seeds=(1, 2, 3))
    row = stats.compare(frame, "b").loc["a"]
    assert row.p_seeds == pytest.approx(scipy_stats.ttest_ind(a, b, equal_var=False).pvalue)
    assert row.difference == pytest.approx(0.003) and not row.significant
    single = stats.compare(frame[frame["seed"] == 1], "b").loc["a"]
    assert np.isnan(single.p_seeds) and not single.significant
    constant = scores({"a": lambda *_: 0, "b": lambda *_: 1}, seeds=(1, 2))
    assert np.isnan(stats.compare(constant, "b").loc["a", "p_seeds"])


# -- the smallest difference


def test_detectable_is_the_t_tests_power():
    # 64 pairs of unit standard deviation: the textbook answer for 80 % power at 5 % is a little above 2.8 / 8.
    assert stats.detectable(64, 1.0) == pytest.approx(0.355, abs=0.003)
    # Simulated: with that difference the test finds it in about 80 of 100 experiments.
    rng = np.random.default_rng(5)
    found = [scipy_stats.ttest_1samp(rng.normal(0.355, 1, 64), 0).pvalue < 0.05 for _ in range(1500)]
    assert np.mean(found) == pytest.approx(0.8, abs=0.04)


def test_detectable_with_std_over_seeds_holds_in_simulation():
    seeds, seed_std = 3, 0.01
    difference = stats.detectable(7000, 0.2, seeds, seed_std)
    rng = np.random.default_rng(6)
    runs = rng.normal(0, seed_std, (2000, 2, seeds))
    runs[:, 0] += difference
    found = scipy_stats.ttest_ind(runs[:, 0], runs[:, 1], axis=1).pvalue < 0.05
    assert 0.72 < found.mean() < 0.92


def test_what_makes_small_differences_invisible():
    base = stats.detectable(7000, 0.25, 3, 0.003)
    assert base > 0.003  # the paper's rows lie 0.002 to 0.003 apart
    assert stats.detectable(7000, 0.25, 3, 0.006) > base > stats.detectable(7000, 0.25, 12, 0.003)
    assert stats.detectable(7000, 0.25, 3, 0.003, group_size=10, group_correlation=0.3) > base
    assert stats.detectable(700, 0.25, 3, 0.003) > base
    assert stats.detectable(7000, 0.25, 1, 0.003) == np.inf
    assert stats.detectable(7000, 0.0) == 0


def test_group_correlation_is_recovered():
    rng = np.random.default_rng(7)
    groups = np.repeat(np.arange(400), 5)
    values = pd.Series(np.sqrt(0.3) * rng.normal(size=400)[groups] + np.sqrt(0.7) * rng.normal(size=2000))
    size, correlation = stats.group_correlation(values, pd.Series(groups))
    assert size == pytest.approx(5) and correlation == pytest.approx(0.3, abs=0.07)
    assert stats.group_correlation(values, pd.Series(range(2000))) == (1, 0)
    known = stats.variation(simulated(rng, groups=300), "base")
    assert known["example_std"] == pytest.approx(np.sqrt(2), abs=0.15)
    assert (known["group_size"], known["group_correlation"]) == (pytest.approx(5), pytest.approx(0.5, abs=0.1))


# -- input


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.iloc[:-1], "not scored on the same examples"),
        (lambda frame: pd.concat([frame, frame.iloc[:1]]), "duplicate"),
        (lambda frame: frame.assign(cqs=frame["cqs"].where(frame.index != 3)), "not scored on the same examples"),
        (lambda frame: frame.assign(group="x"), "two groups"),
    ],
)
def test_bad_frames_are_refused(change, message):
    frame = scores({"a": lambda seed, i: i, "b": lambda seed, i: i + seed}, seeds=(1, 2))
    with pytest.raises(ValueError, match=message):
        stats.compare(change(frame), "a")
