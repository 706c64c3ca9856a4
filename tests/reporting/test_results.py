"""The scores of a grid are read whole; what is missing, broken or of other examples is named."""

from __future__ import annotations

import re
import shutil

import pandas as pd
import pytest
from helpers import small_scores
from helpers.small_scores import PAIR, collect_pair, edit_metrics

from trident.experiment import artifacts
from trident.experiment.params import BASELINES
from trident.reporting import agreement, published
from trident.reporting.results import REFERENCE_MODELS, ResultsError, collect


def test_everything_of_the_grid_is_read(results):
    assert results.splits == ("test", "unseen", "validation")
    assert results.configurations == (*published.TABLE1, "ce")
    students = {f"{name}-s{seed}" for name in small_scores.CONFIGURATIONS for seed in small_scores.SEEDS}
    assert set(results.sets["model"]) == {*REFERENCE_MODELS, *students} and len(results.sets) == 26 * 3 * 4
    assert len(results.scores) == 90 * 21 and "variant" not in results.scores and len(results.teacher) == 90
    assert results.parameters["ce_kl"]["weights"] == {"ce": 0.5, "kl": 0.5} and results.train_examples == 4000
    assert results.names["ce"] == "CE alone (control)" and not results.sweeps
    assert results.scores.groupby("configuration")["seed"].nunique().to_dict() == dict.fromkeys(
        small_scores.CONFIGURATIONS, 3
    )


@pytest.mark.parametrize("splits", [("validation", "test"), ("unseen", "validation"), ("validation",)])
def test_a_corpus_may_lack_splits(tmp_path, splits):
    run = small_scores.write(tmp_path, configurations=PAIR, seeds=(13,), examples=3, splits=splits)
    assert collect_pair(run, (13,)).splits == tuple(sorted(splits))


def test_configurations_of_one_s_own_come_last_in_their_order(tmp_path):
    run = small_scores.write(tmp_path, configurations=("zeta", "ce", "alpha", "ce_kl"), seeds=(1,), examples=3)
    assert collect(run, ["zeta", "ce", "alpha", "ce_kl"], [1], "strict").configurations == (
        "ce_kl",
        "ce",
        "zeta",
        "alpha",
    )


def test_a_missing_student_is_named_with_the_commands_that_make_it(pair):
    shutil.rmtree(pair.scores("ce_kl-s42"))
    with pytest.raises(ResultsError) as error:
        collect_pair(pair)
    message = str(error.value)
    assert "1 of 9 scores" in message and "  ce_kl-s42: " in message and "ce-s13" not in message
    files = "-f params/sandbox.yaml -f params/configs/ce_kl.yaml -f params/seeds/42.yaml"
    assert (
        f"python -m trident run 04_distill {files}" in message
        and f"python -m trident run 05_evaluate {files}" in message
    )


def test_an_unfinished_reference_model_is_named_too(pair):
    (pair.scores("teacher") / "provenance.json").unlink()
    with pytest.raises(
        ResultsError,
        match="teacher: python -m trident run 05_evaluate -f params/sandbox.yaml -p model teacher",
    ):
        collect_pair(pair)


def test_all_that_is_missing_is_named_but_not_with_a_page_of_commands(pair):
    shutil.rmtree(pair.scores("x").parent)
    with pytest.raises(ResultsError) as error:
        collect_pair(pair)
    models = (*REFERENCE_MODELS, "ce-s13", "ce-s42", "ce_kl-s13", "ce_kl-s42")
    assert all(name in str(error.value) for name in models)
    assert str(error.value).count("05_evaluate") == 3


def test_students_outside_the_grid_are_left_out_and_mentioned(pair):
    found = collect(pair, ["ce"], [13], "strict")
    assert found.ignored == ("ce-s42", "ce_kl-s13", "ce_kl-s42")
    assert set(found.sets["model"]) == {*REFERENCE_MODELS, "ce-s13"}


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda m: m.update(seed=7), "says configuration 'ce' and seed 7, its folder ce-s13"),
        (lambda m: m["splits"]["test"]["strict"].pop("codebleu"), "lacks 'codebleu'"),
        (lambda m: m["splits"]["test"].pop("strict"), "lacks 'strict'"),
        (lambda m: m["splits"]["test"]["paper"].pop("cqs"), "lacks 'cqs'"),
        (lambda m: m["efficiency"].pop("latency"), "lacks 'latency'"),
        (lambda m: m.update(training=None), "lacks"),
        (lambda m: m.update(int8={"examples": 4, "same": 1.0, "int8": {}}), "lacks 'weight_bytes' below 'int8'"),
        (lambda m: m.update(splits={}), "lacks 'validation'"),
        (lambda m: m["splits"].pop("validation"), "lacks 'validation'"),
    ],
)
def test_wrong_metrics_are_named(pair, change, words):
    edit_metrics(pair, "ce-s13", change)
    with pytest.raises(ResultsError, match=re.escape(words)) as error:
        collect_pair(pair)
    assert "ce-s13" in str(error.value) and "run 05_evaluate again" in str(error.value)


@pytest.mark.parametrize(
    "name, content",
    [("metrics.json", "{"), ("scores.parquet", "PAR1"), ("metrics.json", None), ("scores.parquet", None)],
)
def test_broken_files_are_named(pair, name, content):
    file = pair.scores("ce-s13") / name
    file.unlink() if content is None else file.write_text(content)
    with pytest.raises(ResultsError, match=re.escape(f"ce-s13/{name}")):
        collect_pair(pair)


def test_scores_of_other_examples_are_refused(pair):
    file = pair.scores("ce_kl-s13") / "scores.parquet"
    scores = pd.read_parquet(file)
    scores["id"] = scores["id"].replace({"e3": "another"})
    scores.to_parquet(file, index=False)
    with pytest.raises(ResultsError, match="ce_kl-s13.*not of the same examples"):
        collect_pair(pair)


def test_an_unknown_variant_is_refused(pair):
    with pytest.raises(ResultsError, match="lacks 'lenient'"):
        collect_pair(pair, variant="lenient")


def test_training_logs_are_read_and_missed(pair):
    results = collect_pair(pair, seeds=(42, 13))
    assert list(results.training_logs()) == ["ce_kl", "ce"]
    (pair.student("ce", 42) / "history.json").unlink()
    with pytest.raises(ResultsError, match="configuration ce, seed 42"):
        results.training_logs()


@pytest.mark.parametrize("folder, notebook", [("students/ce-s13", "04_distill"), ("corpus", "01_preprocess")])
def test_parameters_that_are_missing_are_named(pair, folder, notebook):
    (pair.folder / folder / "provenance.json").unlink()
    with pytest.raises(ResultsError, match=f"{folder} cannot be read .*run {notebook} for it"):
        collect_pair(pair)


def test_inputs_are_all_scores_and_the_students_whose_logs_are_read(pair):
    assert collect_pair(pair).inputs == {
        **{f"scores/{model}": pair.scores(model) for model in (*REFERENCE_MODELS, "ce-s13", "ce-s42")},
        **{f"scores/{model}": pair.scores(model) for model in ("ce_kl-s13", "ce_kl-s42")},
        "students/ce-s13": pair.student("ce", 13),
        "students/ce_kl-s13": pair.student("ce_kl", 13),
    }


@pytest.mark.parametrize("baseline", BASELINES)
def test_baselines_are_required_but_cost_nothing(pair, baseline):
    sets = collect_pair(pair).sets
    assert sets[sets["model"] == baseline][["seed", "parameters", "latency_ms", "steps"]].isna().all(axis=None)
    shutil.rmtree(pair.scores(baseline))
    with pytest.raises(ResultsError, match=f"run 05_evaluate -f params/sandbox.yaml -p model {baseline}"):
        collect_pair(pair)


# -- what a JVM says


def test_scores_with_and_without_execution_are_read(results, tmp_path):
    assert results.executed and results.tested == ("accepted", "equivalent", "cqs")
    missing = results.scores["equivalent"].isna()
    assert (missing == results.scores["id"].str.endswith("0")).all() and results.scores["passes"].notna().all()
    run = small_scores.write(tmp_path, configurations=PAIR, seeds=(13,), examples=9, executed=False)
    without = collect_pair(run, (13,))
    assert not without.executed and without.tested == ("accepted", "cqs")
    assert not {"passes", "equivalent", "relative_mutation_score"} & {*without.measures, *without.scores, *without.sets}


def test_a_mean_over_nothing_is_missing(tmp_path):
    run = small_scores.write(tmp_path, configurations=PAIR, seeds=(13,), examples=1, splits=("validation",))
    means = collect_pair(run, (13,)).over_seeds("validation")
    assert means["equivalent", "mean"].isna().all() and means["passes", "mean"].notna().all()


def test_scores_of_which_some_were_executed_are_refused(pair):
    small_scores.leave_out_execution(pair, "ce-s13")
    with pytest.raises(ResultsError, match="the scores of ce-s13 lack passes, equivalent.*run 05_evaluate again"):
        collect_pair(pair)


def test_metrics_and_scores_must_agree_on_execution(pair):
    edit_metrics(pair, "ce-s13", lambda metrics: metrics["splits"]["test"]["strict"].pop("equivalent"))
    with pytest.raises(ResultsError, match="the scores of ce-s13 lack"):
        collect_pair(pair)


def test_verdicts_of_the_grid_s_own_step_give_the_same_numbers(pair):
    small_scores.give_each_model_answers_of_its_own(pair)
    own = collect_pair(pair)
    answers = {split: agreement.answers(own, split) for split in own.splits}
    folder = small_scores.leave_execution_to_the_grid(pair, "figures/some")
    assert folder == pair.folder / "verdicts/some" and not collect_pair(pair).executed
    grid = collect(pair, PAIR, (13, 42), "strict", executed=folder)
    assert grid.executed and grid.measures == own.measures and grid.tested == own.tested
    pd.testing.assert_frame_equal(grid.sets[own.sets.columns], own.sets, check_exact=True)
    pd.testing.assert_frame_equal(grid.scores, own.scores, check_exact=True)
    pd.testing.assert_frame_equal(grid.teacher, own.teacher, check_exact=True)
    for split, found in answers.items():
        pd.testing.assert_frame_equal(agreement.answers(grid, split), found, check_exact=True)
    assert grid.inputs == {**own.inputs, "verdicts": folder}


def test_a_mean_over_nothing_is_missing_in_the_grid_s_verdicts_too(tmp_path):
    run = small_scores.write(tmp_path, configurations=PAIR, seeds=(13,), examples=1, splits=("validation",))
    small_scores.give_each_model_answers_of_its_own(run)
    folder = small_scores.leave_execution_to_the_grid(run)
    means = collect(run, PAIR, (13,), "strict", executed=folder).over_seeds("validation")
    assert means["equivalent", "mean"].isna().all() and means["passes", "mean"].notna().all()


def test_where_no_answer_was_run_the_columns_are_left_out(pair):
    small_scores.give_each_model_answers_of_its_own(pair)
    folder = small_scores.leave_execution_to_the_grid(pair)
    (folder / "verdicts.parquet").unlink()
    with pytest.raises(ResultsError, match=r"verdicts.parquet.*`make reproduce` makes it, or `python -m trident verdi"):
        collect(pair, PAIR, (13, 42), "strict", executed=folder)
    record = artifacts.require(folder, "verdicts")
    artifacts.write_json(folder / artifacts.PROVENANCE, {**record, "not_run": "no JDK"})
    results = collect(pair, PAIR, (13, 42), "strict", executed=folder)
    assert not results.executed and results.inputs["verdicts"] == folder, "it counts as an input all the same"
    (folder / artifacts.PROVENANCE).unlink()
    with pytest.raises(ResultsError, match="the table of verdicts was not finished"):
        collect(pair, PAIR, (13, 42), "strict", executed=folder)


def test_an_answer_without_a_verdict_is_an_error(pair):
    small_scores.give_each_model_answers_of_its_own(pair)
    folder = small_scores.leave_execution_to_the_grid(pair)
    table = pd.read_parquet(folder / "verdicts.parquet")
    table[~table["prediction"].str.endswith("ce-s13")].to_parquet(folder / "verdicts.parquet")
    with pytest.raises(ResultsError, match="27 answers of .*ce-s13 are not in the grid's verdicts"):
        collect(pair, PAIR, (13, 42), "strict", executed=folder)
