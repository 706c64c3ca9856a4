"""Which models are the best that are there."""

from __future__ import annotations

import pytest

from trident.experiment import artifacts, params, paths
from trident.workflow import best_models, stages


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    return tmp_path / "runs"


def trained(run, **losses):
    for name, loss in losses.items():
        artifacts.write_json(
            run / "students" / name / artifacts.PROVENANCE, {"training": {"best_validation_loss": loss}}
        )


def test_the_shipped_models_are_the_last_resort(runs):
    assert best_models.student("mined", "real") == best_models.SHIPPED["student"]
    assert best_models.pair("real") == best_models.SHIPPED


def test_the_lowest_loss_of_the_first_profile_that_has_students(runs):
    trained(runs / "real", ce_s13=0.5, ce_kl_s13=0.4, ce_kl_s42=0.6)
    assert best_models.student("mined", "real") == runs / "real/students/ce_kl_s13"
    trained(runs / "mined", ce_s13=0.9)
    assert best_models.student("mined", "real") == runs / "mined/students/ce_s13"


def test_a_pair_is_of_one_profile(runs):
    trained(runs / "real", ce_s13=0.5)
    assert best_models.pair("real") == best_models.SHIPPED  # the teacher is not finished
    artifacts.write_json(runs / "real/teacher" / artifacts.PROVENANCE, {})
    assert best_models.pair("real") == {"teacher": runs / "real/teacher", "student": runs / "real/students/ce_s13"}


def test_no_model_at_all(runs, monkeypatch):
    monkeypatch.setattr(best_models, "SHIPPED", {"teacher": runs / "none", "student": runs / "none"})
    with pytest.raises(best_models.NoModel, match="name a folder"):
        best_models.student("real")


def test_the_parameter_best_becomes_a_folder():
    profile = params.load(paths.PARAMS / "mined.yaml")
    assert profile["teacher_model"] == profile["student_model"] == best_models.BEST
    [teacher] = [job for job in stages.grid("mined") if job.notebook.stem == "02_teacher"]
    found = {who: stages.from_root(folder) for who, folder in best_models.pair("real").items()}
    assert {who: teacher.values[f"{who}_model"] for who in found} == found
