"""The benchmark of training on one's own project: what it runs, and what its table says."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType


def test_what_is_run_reads_the_project_and_writes_into_its_own_folder(benchmark: ModuleType, tmp_path: Path) -> None:
    jobs = list(benchmark.jobs(["ce-s13", "ce_kl-s13"], str(tmp_path / "runs"), "data/own"))
    assert [(job.notebook.stem, job.folder.name) for job in jobs] == [
        ("01_preprocess", "corpus"),
        ("02_teacher", "teacher"),
        ("03_logits", "hidden_fp16"),
        ("04_distill", "ce-s13"),
        ("04_distill", "ce_kl-s13"),
        ("05_evaluate", "ce-s13"),
        ("05_evaluate", "ce_kl-s13"),
        ("05_evaluate", "teacher"),
        ("05_evaluate", "undistilled"),
    ]
    assert all(job.folder.is_relative_to(tmp_path / "runs/mined") for job in jobs)
    assert jobs[0].values["corpus_path"] == "data/own"


def test_the_table_has_a_row_for_each_project(benchmark: ModuleType) -> None:
    models = {"undistilled": 0.02, "ce-s13": 0.05, "teacher": 0.1}
    row = {
        "project": "gson",
        "examples": {"train": 1200, "test": 90},
        "models": {name: {"exact_match": share, "cqs": 0.5} for name, share in models.items()},
        "processor_seconds": 630.0,
    }
    assert benchmark.markdown({"projects": [row]}).splitlines() == [
        "| Project | Examples to train on | on test | Student before | Student after, CE alone (control) "
        "| Teacher after | Processor minutes |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| gson | 1,200 | 90 | 2.0% | 5.0% | 10.0% | 10 |",
    ]
