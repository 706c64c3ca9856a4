"""One cell of a grid, trained again: which jobs it needs, what its scores are compared with, and what is said."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import small_scores
from trident.experiment import paths
from trident.experiment.paths import Run
from trident.reporting import rendering, tables
from trident.reporting.results import collect
from trident.workflow import cli, notebooks, stages, verify


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    """The scores of three configurations with three seeds, and the grid's runs.csv."""
    folder = tmp_path_factory.mktemp("grid")
    run = small_scores.write(folder / "runs", configurations=("ce", "ce_kl", "focal_jsd"))
    small_scores.give_each_model_answers_of_its_own(run)
    made = small_scores.leave_execution_to_the_grid(run, "figures")
    found = collect(run, ("ce", "ce_kl", "focal_jsd"), (13, 42, 2025), "strict", executed=made)
    rendering.write_csv(tables.runs_table(found), folder, "runs")
    return folder


@pytest.fixture
def cell(grid, tmp_path):
    """The grid's ce-s13, as if it had run again in a folder of its own."""
    shutil.copytree(grid / "runs", tmp_path / "runs")
    found = verify.find("ce-s13", "sandbox", runs_dir=str(tmp_path / "runs"))
    return dataclasses.replace(found, published=pd.read_csv(grid / "runs.csv"))


def compared(cell):
    return verify.compare(cell.published, cell.configuration, cell.seed, verify.scores(cell))


def test_the_same_scores_are_equal_to_the_last_digit(cell):
    found = compared(cell)
    assert set(found["says"]) == {verify.EQUAL} and verify.verdict(found) == verify.EQUAL
    measures = set(cell.published) - {"configuration", "seed", "split", "seconds"}
    assert set(found["score"]) == measures and len(found) == 3 * (len(measures) - 2) + 2
    assert "ce-s13: equal (32 equal)." in verify.summary(cell, found)


@pytest.mark.parametrize("change, says", [(1e-6, verify.WITHIN), (0.9, verify.OUTSIDE), (math.nan, verify.OUTSIDE)])
def test_one_other_score_decides(cell, change, says):
    def edit(metrics):
        metrics["splits"]["unseen"]["strict"]["cqs"] += change

    small_scores.edit_metrics(Run("sandbox", cell.runs_dir), "ce-s13", edit)
    found = compared(cell)
    other = found[found["says"] != verify.EQUAL]
    assert other[["split", "score", "says"]].values.tolist() == [["unseen", "cqs", says]]
    assert verify.verdict(found) == says
    assert f"ce-s13: {says} (31 equal, 1 {says})." in verify.summary(cell, found)


def test_without_a_jdk_the_other_scores_are_compared(cell):
    folder = Run("sandbox", cell.runs_dir).verdicts("figures")
    record = json.loads((folder / "provenance.json").read_text())
    (folder / "provenance.json").write_text(json.dumps({**record, "not_run": "no JDK"}))
    found = compared(cell)
    assert not set(found["score"]) & {"passes", "equivalent", "relative_mutation_score"} and len(found) == 23
    assert "Not compared, as there is no JDK: passes, equivalent, relative_mutation_score." in verify.summary(
        cell, found
    )


def test_other_code_is_named(cell):
    """The files of this test were made by none."""
    text = verify.summary(dataclasses.replace(cell, other_code=("04_distill",)), compared(cell))
    assert "of other code, parameters or Python in: 04_distill." in text


def test_the_limit_by_hand():
    """Standard deviations of 1 and 2 with one degree of freedom each: s² = 2.5, and t(0.975; 2) = 4.302653."""
    runs = pd.DataFrame({"configuration": ["a", "a", "b", "b"], "cqs": [0.0, 2**0.5, 5.0, 5 + 8**0.5]})
    assert verify.repeatability(runs, "cqs", 1) == pytest.approx(4.302653 * 5**0.5)
    assert verify.repeatability(runs, "cqs", 10) > verify.repeatability(runs, "cqs", 1)
    assert math.isnan(verify.repeatability(runs.iloc[::2], "cqs", 1))


@given(st.floats(0.01, 100), st.floats(-5, 5))
def test_the_limit_follows_the_unit_and_not_the_level(scale, shift):
    runs = pd.DataFrame({"configuration": [*"aaabb"], "cqs": [0.1, 0.4, 0.2, 0.7, 0.5]})
    other = runs.assign(cqs=runs["cqs"] * scale + shift)
    assert verify.repeatability(other, "cqs", 3) == pytest.approx(
        scale * verify.repeatability(runs, "cqs", 3), rel=1e-6
    )


def test_a_grid_with_one_seed_has_no_spread():
    runs = pd.DataFrame({"configuration": ["a", "b"], "seed": 1, "split": "test", "cqs": [0.1, 0.2]})
    again = pd.DataFrame({"cqs": [0.1000001]}, index=["test"])
    assert verify.verdict(verify.compare(runs, "a", 1, again)) == verify.EQUAL
    assert verify.verdict(verify.compare(runs, "a", 1, again + 1e-4)) == verify.OUTSIDE


@pytest.mark.parametrize(
    "name, grid, cache",
    [
        ("ce-s13", None, "hidden_fp16"),
        ("codec_uint4-s42", "codecs", "logits_uint4"),
        ("seq_kd_n250-s42", "labels", "hidden_fp16_answers"),
    ],
)
def test_a_cell_needs_its_own_jobs(name, grid, cache, tmp_path):
    jobs = verify.find(name, "sandbox", grid, runs_dir=str(tmp_path)).jobs
    assert [(job.notebook.stem, job.folder.name) for job in jobs] == [
        ("01_preprocess", "corpus"),
        ("02_teacher", "teacher"),
        ("03_logits", cache),
        ("04_distill", name),
        ("05_evaluate", name),
        ("verdicts", grid or "figures"),
    ]
    assert all(job.folder.is_relative_to(tmp_path) for job in jobs)


@pytest.mark.parametrize(
    "name, grid, said",
    [("ce_s13", None, "nearest is ce-s13"), ("semantic-s13", "semantic", "nearest is semantic_none")],
)
def test_a_cell_that_is_not_there_names_the_nearest(name, grid, said, capsys):
    words = ["verify-figures", name, *(["--grid", grid] if grid else [])]
    assert cli.main(words) == 1
    assert said in capsys.readouterr().err


def test_a_profile_without_published_scores_says_what_makes_them(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "output_folder", lambda *_: tmp_path)
    with pytest.raises(verify.VerifyError, match=r"runs.csv is missing.*`make reproduce PROFILE=smoke`"):
        verify.find("ce-s13", "smoke", runs_dir=str(tmp_path))


def test_what_is_finished_is_kept_and_what_follows_a_new_stage_runs(cell, monkeypatch):
    ran, current = [], {"01_preprocess", "03_logits"}
    monkeypatch.setattr(notebooks, "execute", lambda job, steps_only: ran.append(job.notebook.stem))
    monkeypatch.setattr(verify.of_grid, "make", lambda p, models: ran.append((p.runs_dir, models)))
    monkeypatch.setattr(stages.Job, "stale", lambda job: job.notebook.stem not in current)
    for job in cell.jobs:
        job.folder.mkdir(parents=True, exist_ok=True)
        job.provenance.touch()
    lines = list(verify.run_again(cell))
    assert lines[0].startswith("01_preprocess: finished before") and lines[2].startswith("03_logits: runs in")
    assert ran == ["02_teacher", "03_logits", "04_distill", "05_evaluate", (cell.runs_dir, ["ce-s13"])]


@pytest.mark.parametrize("change, code", [(0.0, 0), (1e-6, 3), (0.9, 4)])
def test_the_exit_code_says_it(cell, monkeypatch, capsys, change, code):
    def edit(metrics):
        metrics["splits"]["test"]["strict"]["ast"] -= change

    small_scores.edit_metrics(Run("sandbox", cell.runs_dir), "ce-s13", edit)
    monkeypatch.setattr(verify, "find", lambda *_, **__: cell)
    monkeypatch.setattr(verify, "run_again", lambda cell: iter(["04_distill: runs"]))
    assert cli.main(["verify-figures"]) == code
    assert capsys.readouterr().out.startswith("04_distill: runs")
