"""Titles say what the numbers say, and claim a difference only where both tests see one."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers import small_scores

from trident.experiment import params, paths
from trident.reporting import agreement, findings, tables
from trident.reporting.rankings import Rankings
from trident.reporting.results import collect

SEEDS = (1, 2, 3, 4)


def grid(name, folder, quality):
    p = params.load(paths.PARAMS / f"grids/{name}.yaml")
    names = p["configurations"]
    run = small_scores.write(
        folder,
        configurations=names,
        seeds=SEEDS,
        examples=200,
        quality={**dict.fromkeys(names, 0.4), **quality},
        seed_std=dict.fromkeys(names, 0.005),
    )
    return collect(run, names, SEEDS, "strict", p["baseline"])


def share(results, name) -> str:
    return f"{100 * results.of_students('test', [name])['accepted'].mean():.0f} %"


def test_labels(tmp_path):
    results = grid("labels", tmp_path, {"seq_kd_n250": 0.85})
    first, second = findings.sweep(results, results.sweeps["human_labels"], "test").split(";\n")
    own, taught = share(results, "ce_n250"), share(results, "seq_kd_n250")
    assert first == f"250 labels: {own} accepted from them alone, {taught} with the teacher (differs in both tests)"
    assert second.startswith(f"4,000 labels: {share(results, 'ce_n4000')} accepted") and "may be chance" in second


def test_temperature(tmp_path):
    results = grid("temperature", tmp_path, {"focal_jsd_t2": 0.85})
    first, second = findings.sweep(results, results.sweeps["temperature"], "test").split(";\n")
    assert first.startswith(f"CE + KL: {share(results, 'ce_kl')} accepted at T = 4") and "may be chance" in first
    best = share(results, "focal_jsd_t2")
    assert second.endswith(f"{best} at best, with T = 2 (differs in both tests)")


def test_semantic(tmp_path):
    results = grid("semantic", tmp_path, {"semantic_soft_005": 0.85})
    lines = findings.sweep(results, results.sweeps["semantic"], "test").split(";\n")
    own, best = share(results, "semantic_none"), share(results, "semantic_soft_005")
    better = f"{best} at best, with semantic 0.05 (differs in both tests)"
    assert lines[0] == f"focal, with gradient: {own} accepted without the term, {better}"
    assert lines[1].startswith("focal, without gradient:") and "may be chance" in lines[1]


def test_scores_name_the_highest_mean(results):
    means = results.over_seeds("test")["accepted", "mean"]
    best = means[list(results.configurations)].idxmax()
    text = findings.scores(results, "test")
    assert text.startswith(f"{results.names[best]} has the highest mean: {100 * means[best]:.0f} % accepted on test")
    assert text.endswith(f"the teacher has {100 * means['teacher']:.0f} %")


def test_differences_count_what_both_tests_see(tmp_path):
    quality = {"ce": 0.9, "ce_kl": 0.3, "focal_jsd": 0.3}
    run = small_scores.write(tmp_path, configurations=tuple(quality), seeds=SEEDS, examples=150, quality=quality)
    results = collect(run, tuple(quality), SEEDS, "strict")
    text = findings.differences(results, "test", tables.differences(results, "test"))
    counts = ", ".join(f"1 of 2 in {measure}" for measure in ("Accepted", "Equivalent", "CQS"))
    assert text == f"Different from CE + KL (baseline) on test, in both tests: {counts}"


def test_detectable_says_how_many_seeds_a_published_difference_takes():
    table = pd.DataFrame({100: [0.3, 0.1, 0.05], 7000: [0.3, 0.02, 0.004]}, index=[2, 3, 10])
    assert findings.detectable(table, 3, 0.005) == (
        "3 seeds can show a difference of 0.100 in CQS;\nthe published 0.005 takes 10 seeds and 7,000 examples"
    )
    assert "out of reach even with 10 seeds" in findings.detectable(table, 3, 0.001)
    assert findings.detectable(table.replace(0.3, 1.7), 2, 0.005).startswith("2 seeds can show no difference in CQS;")


@pytest.mark.parametrize(
    ("share", "words"), [(0.0248, "2.5 %"), (0.0, "0.0 %"), (0.104, "10 %"), (0.367, "37 %"), (1.0, "100 %")]
)
def test_a_share_has_two_digits_or_more(share, words):
    text = findings.probes(pd.DataFrame({"share": [share], "p": [0.5]}, index=["semantic"]))
    assert f" {words} of pairs" in text


@pytest.mark.parametrize(
    ("share", "p", "words"),
    [(0.2, 0.001, "worse than a coin"), (0.8, 0.001, "better than a coin"), (0.2, 0.3, "no better than a coin")],
)
def test_probes(share, p, words):
    text = findings.probes(pd.DataFrame({"share": [share], "p": [p]}, index=["semantic"]))
    assert text == f"Semantic similarity puts the equivalent assertion first in {100 * share:.0f} % of pairs: {words}"


def test_validation_losses_say_who_had_not_finished():
    logs = {"a": [{"eval_loss": 2.0}, {"eval_loss": 1.9}], "b": [{"loss": 1.0}, {"eval_loss": 1.0}, {"eval_loss": 1.0}]}
    assert findings.validation_losses(logs) == "Between the last two validations the loss fell by 5.0 % at most (a)"
    assert "not known" in findings.validation_losses({"a": [{"eval_loss": 2.0}]})


def test_label_distribution_says_how_far_everyone_is_from_the_truth():
    def blanks(divergence):
        return pd.DataFrame({"entropy": [1.0, 0.5], "model_entropy": [0.2, 0.2], "divergence": divergence})

    text = findings.label_distribution(
        {"Teacher": blanks([1.0, 1.0]), "a": blanks([0.5, 0.5]), "b": blanks([2.0, 2.0])}
    )
    assert text.startswith("The right label has 0.75 bits of entropy, the teacher's 0.20;")
    assert text.endswith("the teacher is 1.00 bits away from the truth, the students from 0.50 to 2.00")


# -- execution


def judged(every, rest, **scores) -> pd.DataFrame:
    """AUC, low and high: of CQS over all answers and over the others; of `scores` over the others; 0.6 of the rest."""
    index = pd.MultiIndex.from_product([[agreement.ALL, agreement.NOT_EXACT], [*agreement.SCORES]])
    frame = pd.DataFrame(0.6, index=index, columns=["auc", "auc_low", "auc_high"])
    frame.loc[(agreement.ALL, agreement.CQS)] = every
    for name, values in {agreement.CQS: rest, **scores}.items():
        frame.loc[(agreement.NOT_EXACT, name)] = values
    return frame


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ((0.58, 0.54, 0.61), "58 % (54 to 61): better than a coin"),
        ((0.52, 0.48, 0.56), "52 % (48 to 56): no better than a coin"),
        ((0.40, 0.35, 0.45), "40 % (35 to 45): worse than a coin"),
    ],
)
def test_agreement_compares_cqs_with_a_coin(rest, words):
    first, second = findings.agreement(judged((0.85, 0.83, 0.87), rest)).split(";\n")
    assert first == "CQS puts an equivalent answer above one that is not in 85 % (83 to 87) of pairs"
    assert second == f"among answers that are not exact matches in {words}"


def test_agreement_in_words_takes_each_number_from_its_place():
    found = pd.DataFrame({"equivalent": [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, None], "accepted": [True, True] + [False] * 9})
    found.loc[3, "accepted"] = True
    table = judged((0.85, 0.83, 0.87), (0.58, 0.54, 0.61), ast_strict=(0.7, 0.6, 0.8), accepted=(0.9, 0.8, 1.0))
    text = findings.agreement_in_words(found, table, "test")
    assert "On test, execution calls 30 % of 10 answers equivalent" in text
    assert "first in 85 % (83 to 87) of cases**" in text and "it is 58 % (54 to 61)**, better than a coin" in text
    assert "AST valid does best there: 70 % (60 to 80)" in text and "accepted forms has 90 % (80 to 100)" in text
    assert text.endswith(
        "calls 67 % of the accepted answers equivalent, and 33 % of the equivalent ones are not on the list."
    )


def test_answers_of_one_kind_are_said_to_judge_nothing():
    table = judged((float("nan"),) * 3, (float("nan"),) * 3) * float("nan")
    found = pd.DataFrame({"equivalent": [0.0], "accepted": [False]})
    assert "no score can be judged" in findings.agreement_in_words(found, table, "test")


@pytest.mark.parametrize(
    ("swapped", "words"), [(0, "no pair / changes"), (1, "1 pair / changes"), (2, "2 pairs / change")]
)
def test_rankings_say_how_many_pairs_change_places(swapped, words):
    levels = dict.fromkeys(("cqs", "equivalent"), pd.DataFrame(index=["a", "b", "c"]))
    ranked = Rankings(levels, 0.33, -0.33, 1.0, pd.DataFrame(index=range(swapped)))
    pairs, change = words.split(" / ")
    assert findings.rankings(ranked) == (
        "Ranks by CQS and by execution: Kendall's tau 0.33 (−0.33 to 1.00);\n"
        f"{pairs} of the 3 configurations {change} places by more than chance"
    )
