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


def test_intervals_cover_the_mean_with_clustered_examples():
    rng, groups, inside, naive = np.random.default_rng(0), np.repeat(np.arange(30), 5), 0, 0
    for _ in range(100):
        values = rng.normal(size=30)[groups] + rng.normal(size=150)
        frame = scores({"a": lambda _, i, values=values: values[i], "base": lambda *_: 0}, groups=groups)
        row = stats.compare(frame, "base", resamples=300).loc["a"]
        inside += row.low_examples <= 0 <= row.high_examples
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
    assert np.isnan(row.effect) and row.low_examples == row.high_examples == -1


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
    assert row.p_examples == pytest.approx(1 / 2001) and row.high_examples < 0 and row.effect < 0
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
    interval = scipy_stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert (row.low_seeds, row.high_seeds) == pytest.approx((interval.low, interval.high))
    constant = scores({"a": lambda *_: 0, "b": lambda *_: 1}, seeds=(1, 2))
    for unknown in (frame[frame["seed"] == 1], constant):
        single = stats.compare(unknown, "b").loc["a"]
        assert single[["p_seeds", "low_seeds", "high_seeds", "detectable"]].isna().all() and not single.significant


def test_any_measure_is_compared_truth_values_too():
    frame = simulated(np.random.default_rng(5), effect=0.5)
    share = frame.assign(accepted=frame["cqs"] > 0.2, cqs=0.0)
    row = stats.compare(share, "base", "accepted").loc["new"]
    means = share.groupby("configuration")["accepted"].mean()
    assert row["difference"] == pytest.approx(means["new"] - means["base"]) and row["difference"] > 0.05
    assert stats.detectable(share.assign(seed=1), "base", "accepted").isna().all()


# -- the smallest difference


def experiment(rng, differences, seed_std, example_std=1.0, groups=40, size=3, seeds=3):
    """Scores of `base` and of a configuration per entry of `differences`: over groups, examples and seeds."""
    number, base = groups * size, rng.normal(0.5, 0.2, groups * size)
    blocks = []
    for name, difference, std in zip(["base", *"abcdef"], [0, *differences], [seed_std[0], *seed_std], strict=False):
        own = example_std * (rng.normal(0, 0.1, groups).repeat(size) + rng.normal(0, 0.2, number))
        own *= name != "base"
        for seed in range(seeds):
            cqs = base + own + difference + rng.normal(0, std)
            block = {"configuration": name, "seed": seed, "id": range(number), "group": np.arange(number) // size}
            blocks.append(pd.DataFrame({**block, "cqs": cqs}))
    return pd.concat(blocks)


@pytest.mark.parametrize(
    "test, seed_std, example_std, level",
    [
        ("p_examples", [0.0] * 3, 1.0, 0.05),  # the same runs on other examples
        ("p_seeds", [0.02] * 3, 0.0, 0.05),  # other runs on the same examples
        ("p_seeds", [0.01, 0.01, 0.2], 0.0, 0.05),
        (None, [0.001] * 3, 1.0, 0.07),  # both change, and both tests have to hold
        (None, [0.02] * 3, 1.0, 0.07),
        (None, [0.01, 0.01, 0.2], 1.0, 0.07),
    ],
)
def test_without_a_difference_few_tables_have_a_significant_row(test, seed_std, example_std, level):
    rng, alarms = np.random.default_rng(8), 0
    for _ in range(150):
        table = stats.p_values(experiment(rng, [0] * 3, seed_std, example_std), "base", resamples=300)
        alarms += table["significant"].any() if test is None else (table[test] < 0.05).any()
    assert alarms / 150 <= level + 2 * np.sqrt(level * (1 - level) / 150)


@pytest.mark.parametrize("seed_std", [[0.02] * 3, [0.01, 0.01, 0.2]])
def test_a_detectable_difference_is_found_in_four_of_five_experiments_row_by_row(seed_std):
    rng = np.random.default_rng(9)
    known = [stats.detectable(experiment(rng, [0] * 3, seed_std), "base") for _ in range(40)]
    needed = pd.concat(known, axis=1).median(axis=1)
    found = [stats.p_values(experiment(rng, needed, seed_std), "base", resamples=300) for _ in range(100)]
    power = pd.concat([table["significant"] for table in found], axis=1).mean(axis=1)
    assert (power >= 0.8 - 2 * np.sqrt(0.8 * 0.2 / 100)).all()  # Holm's correction is milder than the level assumed
    if seed_std[2] == 0.2:  # a configuration that collapsed decides for itself alone
        assert needed["c"] > 5 * needed["a"] and needed["a"] == pytest.approx(needed["b"], rel=0.2)


@pytest.mark.parametrize("seed_std", [[0.001] * 3, [0.01, 0.01, 0.2]])
def test_what_is_significant_is_never_far_below_what_is_detectable(seed_std):
    rng = np.random.default_rng(10)
    tables = [stats.compare(experiment(rng, [0.02, 0.08, 0.3], seed_std), "base", resamples=300) for _ in range(40)]
    rows = pd.concat(tables)
    ratio = rows["difference"].abs() / rows["detectable"]
    assert rows["significant"].sum() > 20 and ratio[rows["significant"]].min() > 0.3
    assert rows.loc[ratio > 1.5, "significant"].all()


def test_detectable_over_examples_is_the_textbook_s():
    # 64 pairs of unit standard deviation: 80 % power at 5 % takes a little above 2.8 / 8. Runs hardly vary.
    values = scipy_stats.norm.ppf((np.arange(64) + 0.5) / 64)
    frame = scores(
        {"base": lambda seed, i: 1e-9 * seed, "new": lambda seed, i: values[i] + 1e-9 * seed}, (1, 2, 3), range(64)
    )
    assert stats.detectable(frame, "base")["new"] == pytest.approx(0.355 * values.std(ddof=1), abs=0.003)


def test_detectable_over_seeds_is_the_t_test_s():
    # Three runs a side with standard deviations of 1, no other variance: the power of Student's t with four degrees.
    frame = scores({"base": lambda seed, i: seed, "new": lambda seed, i: seed + 5}, (1, 2, 3), range(64))
    needed = stats.detectable(frame, "base")["new"]
    rng = np.random.default_rng(6)
    runs = rng.normal(size=(4000, 2, 3))
    found = scipy_stats.ttest_ind(runs[:, 0] + needed, runs[:, 1], axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.02)


def test_what_makes_small_differences_invisible():
    rng = np.random.default_rng(11)
    frame = experiment(rng, [0], [0.01])
    sizes = [(3, 120), (3, 7000), (12, 120), (12, 7000)]
    needed = {(n, m): stats.detectable(frame, "base", seeds=n, examples=m)["a"] for n, m in sizes}
    assert needed[3, 120] == stats.detectable(frame, "base")["a"] == max(needed.values())
    assert needed[12, 7000] == min(needed.values())
    assert stats.detectable(frame.assign(group=frame["id"]), "base")["a"] != needed[3, 120]
    few = frame[frame["group"] < 5]  # the exact test of five groups has no p below 1/16
    assert np.isinf(stats.detectable(few, "base")["a"])


# -- input


def test_what_is_missing_in_every_run_is_left_out():
    """The reference of such an example kills no mutant, so nothing says whether an answer is equivalent."""
    frame = scores({"a": lambda seed, i: i, "b": lambda seed, i: i * i + seed}, groups="wwxyz", seeds=(1, 2))
    missing = frame.assign(cqs=frame["cqs"].where(frame["id"] != "e3"))
    pd.testing.assert_frame_equal(stats.compare(missing, "a"), stats.compare(frame[frame["id"] != "e3"], "a"))


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
