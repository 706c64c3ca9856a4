"""How well a score follows execution: AUC and rank correlation as the libraries compute them, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers import small_scores
from helpers.small_scores import PAIR, collect_pair
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from trident.reporting import agreement, stats


def made(number=60, groups=20, seed=0, signal=0.0) -> pd.DataFrame:
    """Answers of which some are equivalent; every score is noise, but for `cqs_strict`, which has a signal."""
    rng = np.random.default_rng(seed)
    equivalent = (rng.uniform(size=number) < 0.4).astype(float)
    frame = pd.DataFrame(rng.integers(0, 8, (number, len(agreement.SCORES))) / 8, columns=[*agreement.SCORES])
    frame["cqs_strict"] += signal * equivalent
    return frame.assign(
        group=[f"g{i % groups}" for i in range(number)],
        equivalent=equivalent,
        relative_mutation_score=np.where(equivalent == 1, 1, rng.integers(0, 4, number) / 4),
        passes=True,
        accepted=equivalent == 1,
        exact_match=(equivalent == 1) & (rng.uniform(size=number) < 0.5),
    )


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.booleans(), st.integers(0, 3)), min_size=4, max_size=25)
)
@settings(deadline=None, max_examples=60)
def test_auc_and_rank_correlation_are_those_of_the_libraries(rows):
    """With weights: those of an answer that stands there as often."""
    score, mutation, right, weight = map(np.array, zip(*rows, strict=True))
    known = pd.DataFrame({"x": score, "equivalent": right * 1.0, "relative_mutation_score": mutation, "group": "g"})
    frame = known.loc[np.repeat(known.index, weight)]
    for some in (known, frame):
        if some.empty:
            continue
        aucs, correlations = agreement.resampled(some, ["x"])
        if 0 < some["equivalent"].sum() < len(some):
            assert aucs[0, 0] == pytest.approx(roc_auc_score(some["equivalent"], some["x"]))
        else:
            assert np.isnan(aucs[0, 0])
        if some["x"].nunique() > 1 and some["relative_mutation_score"].nunique() > 1:
            assert correlations[0, 0] == pytest.approx(spearmanr(some["x"], some["relative_mutation_score"]).statistic)
        else:
            assert np.isnan(correlations[0, 0])


def test_a_draw_is_the_answers_of_whole_groups():
    """Each draw's AUC and correlation are the libraries' on the answers that were drawn."""
    known = made(40, groups=5)
    aucs, correlations = agreement.resampled(known, ["cqs_strict"])
    codes, names = pd.factorize(known["group"])
    drawn = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), stats.RESAMPLES)
    assert len(aucs) == 1 + len(drawn)
    for draw in (0, 1, 150, len(drawn) - 1):
        some = known.loc[np.repeat(known.index, drawn[draw][codes])]
        assert aucs[1 + draw, 0] == pytest.approx(roc_auc_score(some["equivalent"], some["cqs_strict"]))
        found = spearmanr(some["cqs_strict"], some["relative_mutation_score"]).statistic
        assert correlations[1 + draw, 0] == pytest.approx(found)


def test_a_perfect_score_a_useless_one_and_one_that_is_upside_down():
    known = pd.DataFrame(
        {
            "equivalent": [1.0, 1, 0, 0],
            "relative_mutation_score": [1, 1, 0.5, 0],
            "group": list("abcd"),
            "perfect": [4, 3, 2, 1],
            "same": 1,
            "upside": [1, 2, 3, 4],
        }
    )
    aucs, correlations = agreement.resampled(known, ["perfect", "same", "upside"])
    assert list(aucs[0]) == [1, 0.5, 0] and np.isnan(correlations[0, 1])
    assert correlations[0, 0] == -correlations[0, 2] > 0.9


def test_intervals_cover_the_truth_with_clustered_answers():
    """Noise that a group shares: what ignores the groups is too sure."""
    rng, inside, naive = np.random.default_rng(0), 0, 0
    codes = np.repeat(np.arange(30), 8)
    for _ in range(60):
        right = (rng.uniform(size=30) < 0.5)[codes]
        score = rng.normal(size=30)[codes] + 0.1 * rng.normal(size=len(codes))
        frame = pd.DataFrame({"equivalent": right * 1.0, "relative_mutation_score": right * 1.0, "x": score})
        for groups, count in ((codes, "clustered"), (np.arange(len(codes)), "naive")):
            low, high = agreement.interval(agreement.resampled(frame.assign(group=groups), ["x"])[0])
            covered = low[0] <= 0.5 <= high[0]
            inside, naive = inside + (covered and count == "clustered"), naive + (covered and count == "naive")
    assert inside >= 50 and naive < 40


def test_what_execution_cannot_tell_is_left_out_and_exact_matches_are_judged_apart():
    found = made(80, signal=0.4)
    missing = found["group"] == "g0"
    found.loc[missing, ["equivalent", "relative_mutation_score"]] = np.nan
    judged = agreement.judge(found)
    assert list(judged.loc[agreement.ALL].index) == [*agreement.SCORES]
    pd.testing.assert_frame_equal(judged, agreement.judge(found[~missing]))
    known = found[~missing]
    rest = known[~known["exact_match"]]
    row = judged.loc[(agreement.NOT_EXACT, "cqs_strict")]
    assert row["auc"] == pytest.approx(roc_auc_score(rest["equivalent"], rest["cqs_strict"]))
    assert row["auc_low"] < row["auc"] < row["auc_high"] and row["rho_low"] < row["rho"] < row["rho_high"]
    assert judged.loc[(agreement.NOT_EXACT, "exact_match"), "auc"] == 0.5
    assert judged.loc[(agreement.NOT_EXACT, "exact_match"), ["rho", "rho_low", "rho_high"]].isna().all()
    assert judged.loc[(agreement.ALL, "accepted"), "auc"] == 1


@pytest.mark.parametrize("equivalent", [1.0, 0.0, np.nan])
def test_answers_of_one_kind_separate_nothing(equivalent):
    judged = agreement.judge(made(20).assign(equivalent=equivalent, exact_match=False))
    assert judged[["auc", "auc_low", "auc_high"]].isna().all(axis=None)


def test_each_answer_of_teacher_and_students_counts_once(results):
    found = agreement.answers(results, "test")
    assert found.index.is_unique and set(agreement.SCORES) <= set(found)
    models = ["teacher", *(f"{name}-s{seed}" for name in results.configurations for seed in results.seeds)]
    every = pd.concat([pd.read_parquet(results.inputs[f"scores/{model}"] / "scores.parquet") for model in models])
    every = every[every["split"] == "test"]
    assert {*found.index} == {*zip(every["id"], every["prediction"], strict=True)}
    first = every.drop_duplicates(["id", "prediction", "variant"]).set_index(["id", "prediction", "variant"])
    for name in ("cqs_strict", "semantic_paper", "token_accuracy_released"):
        measure, variant = agreement.SCORES[name]
        expected = first.xs(variant, level="variant")[measure].reindex(found.index)
        assert (found[name] == expected).all()
    assert found["equivalent"].isna().any() and found["passes"].notna().all()


def test_the_untrained_models_answers_do_not_count(tmp_path):
    """Empty or repeated text would make every score look good."""
    run = small_scores.write(tmp_path, configurations=PAIR, seeds=(13,), examples=9)
    file = run.scores("undistilled") / "scores.parquet"
    pd.read_parquet(file).assign(prediction="garbage").to_parquet(file, index=False)
    found = agreement.answers(collect_pair(run, (13,)), "test")
    assert "garbage" not in found.index.get_level_values("prediction")
