"""What a cluster repeats of a group of jobs: only what was not finished since the workflow started."""

from __future__ import annotations

import json
import os

import pytest

from tests.helpers import small_notebooks
from trident.workflow import cli, once, stages

COUNT = "count = stage.folder / 'count'\ncount.write_text(f\"{count.read_text() if count.exists() else ''}x\")"


@pytest.fixture
def job(tmp_path):
    cells = [small_notebooks.BEGIN, "stage = artifacts.begin(run.corpus, p)", COUNT, "stage.finish()"]
    notebook = small_notebooks.write(tmp_path / "01_preprocess.ipynb", "profile = 'p'\nruns_dir = 'runs'", cells)
    return stages.Job(notebook, overrides={"runs_dir": str(tmp_path / "runs")})


def finish(job, code):
    job.provenance.parent.mkdir(parents=True, exist_ok=True)
    job.provenance.write_text(json.dumps({"code": code}))
    once.keep(job)
    job.provenance.unlink()  # as Snakemake does before it starts a job


def test_a_stage_runs_once_for_each_start_of_the_workflow(job, tmp_path, capsys):
    stamp = tmp_path / ".stamp"
    command = ["run", str(job.notebook), "-p", "runs_dir", str(tmp_path / "runs"), "--once", str(stamp)]
    for start, runs in enumerate(("x", "xx")):
        stamp.write_text(str(start))
        assert cli.main(command) == 0
        finished = job.provenance.read_text()
        job.provenance.unlink()
        assert cli.main(command) == 0
        assert job.provenance.read_text() == finished
        assert (job.folder / "count").read_text() == runs
        assert "was finished already" in capsys.readouterr().out


@pytest.mark.parametrize(("code", "seconds", "expected"), [("own", 1, True), ("other", 1, False), ("own", -1, False)])
def test_other_code_or_an_earlier_start_does_not_count(job, tmp_path, code, seconds, expected):
    (tmp_path / ".stamp").write_text("0")
    finish(job, job.digest if code == "own" else code)
    copy = job.executed.with_name(once.COPY)
    time = (tmp_path / ".stamp").stat().st_mtime_ns + seconds * 10**9
    os.utime(copy, ns=(time, time))
    assert once.restore(job, tmp_path / ".stamp") is expected
    assert job.provenance.is_file() is expected and copy.is_file() is expected
