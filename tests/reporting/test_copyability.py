"""The table of exact match on references that can be copied, and on the rest."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers import small_scores

from trident.experiment.params import REAL_BASELINES
from trident.reporting import copyability, tables
from trident.reporting.results import REFERENCE_MODELS, ResultsError, collect


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return small_scores.write(
        tmp_path_factory.mktemp("real"),
        configurations=small_scores.PAIR,
        seeds=(13, 42),
        corpus="projects",
        splits=("validation", "test"),
    )


@pytest.fixture
def results(run):
    return small_scores.collect_pair(run)


def test_on_real_java_the_tables_have_more_baselines(results):
    assert results.references == REFERENCE_MODELS + REAL_BASELINES
    assert {*tables.references_table(results)["model"]} == {*results.references}
    table = tables.table1(results, "test")
    assert [row[0] for row in table.text[-3:]] == [results.names[name] for name in REAL_BASELINES]
    assert "three that read the question" in " ".join(table.notes)
    assert not results.sets.loc[results.sets["row"].isin(REAL_BASELINES), "parameters"].notna().any()


def test_both_parts_of_each_model_are_means_of_its_own_scores(run, results):
    table = copyability.table_copyable(results, "test").numbers.set_index("row")
    assert list(table.index) == list(dict.fromkeys(results.sets["row"]))
    by_seed = []
    for seed in (13, 42):
        scores = pd.read_parquet(run.scores(f"ce-s{seed}") / "scores.parquet").query("variant == 'strict'")
        scores = scores[scores["split"] == "test"]
        can = scores["id"].str[1:].astype(int) % 2 == 0
        parts = {"all": scores, "copyable": scores[can], "rest": scores[~can]}
        by_seed.append({name: part["exact_match"].mean() for name, part in parts.items()})
    expected = pd.DataFrame(by_seed)
    for name in expected:
        assert table.loc["ce", name] == pytest.approx(expected[name].mean())
        assert table.loc["ce", f"{name}_std"] == pytest.approx(expected[name].std())
    assert table.loc["identity", ["all", "copyable", "rest"]].tolist() == [1, 1, 1]
    assert (table["examples"] == 40).all() and (table["copyable_examples"] == 20).all()


def test_empty_answers_are_counted(run, results):
    file = run.scores("retrieval") / "scores.parquet"
    scores = pd.read_parquet(file)
    scores.assign(empty=scores["split"] == "test").to_parquet(file, index=False)
    text = {row[0]: row[1:] for row in copyability.table_copyable(results, "test").text}
    assert text[results.names["retrieval"]][-1] == "1.000" and text[results.names["teacher"]][-1] == "0.000"
    assert (
        copyability.table_copyable(results, "validation").numbers.set_index("row").loc["retrieval", "unanswered"] == 0
    )


def test_a_part_without_examples_has_no_number(run, results):
    file = run.scores(REAL_BASELINES[-1]) / "predictions.parquet"
    kept = pd.read_parquet(file)
    kept.assign(copyable=True).to_parquet(file, index=False)
    table = copyability.table_copyable(results, "test")
    assert {row[3] for row in table.text} == {"–"} and "100.0%" in table.notes[0]
    kept.to_parquet(file, index=False)


def test_scores_without_the_step_s_column_are_refused(run, results):
    file = run.scores(REAL_BASELINES[-1]) / "predictions.parquet"
    kept = pd.read_parquet(file)
    kept.drop(columns="copyable").to_parquet(file, index=False)
    with pytest.raises(
        ResultsError, match="copy_nearest/predictions.parquet .*run `python -m trident baselines` again"
    ):
        copyability.table_copyable(results, "test")
    kept.to_parquet(file, index=False)


def test_a_grid_on_real_java_wants_its_baselines(tmp_path):
    run = small_scores.write(tmp_path, configurations=["ce"], seeds=[13], corpus="mined", profile="mined", examples=4)
    (run.scores("retrieval") / "provenance.json").unlink()
    with pytest.raises(ResultsError, match="retrieval: python -m trident baselines -f params/mined.yaml"):
        collect(run, ["ce"], [13], "strict")


def test_in_the_sandbox_there_are_none(tmp_path):
    run = small_scores.write(tmp_path, configurations=["ce"], seeds=[13], examples=4)
    results = collect(run, ["ce"], [13], "strict")
    assert results.references == REFERENCE_MODELS and not {*REAL_BASELINES} & {*results.sets["row"]}
