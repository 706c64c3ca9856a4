"""How long stages took: what a job used, its kernel included; sums by stage; what the README says of them."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time

import pytest
from helpers import small_notebooks
from hypothesis import given
from hypothesis import strategies as st

from trident.experiment import artifacts, params, paths
from trident.workflow import stages, times


@pytest.fixture
def grid(tmp_path, monkeypatch):
    """Two students of the profile's own grid, and a third that the grid `more` adds; none has run."""
    parameters = f"profile = 'p'\nruns_dir = {str(tmp_path / 'runs')!r}\nconfiguration = 'ce'\nseed = 1\n"
    notebook = small_notebooks.write(tmp_path / "04_distill.ipynb", parameters, [])
    jobs = [stages.Job(notebook, (), {"seed": seed}) for seed in (1, 2, 3)]
    monkeypatch.setattr(stages, "grid", lambda profile, name=None: jobs if name else jobs[:2])
    monkeypatch.setattr(params, "load", lambda *files: {"runs_dir": str(tmp_path / "runs")})
    return jobs


def finish(job: stages.Job, started: float, seconds: float, processor: float) -> None:
    artifacts.write_json(job.provenance, {"machine": "Linux, 2 cores"})
    spent = {"started": started, "seconds": seconds, "processor_seconds": processor, "of": times._content(job)}
    artifacts.write_json(job.executed.parent / times.RECORD, spent)
    os.utime(job.provenance)  # as Snakemake does


def test_a_job_s_record_counts_its_kernel(tmp_path):
    work = "import time\nwhile time.process_time() < 6:\n    pass"
    parameters = f"profile = 'p'\nruns_dir = {str(tmp_path)!r}\nconfiguration = 'ce'\nseed = 1\n"
    stage = "artifacts.begin(run.student(p.configuration, p.seed), p).finish()"
    notebook = small_notebooks.write(tmp_path / "04_distill.ipynb", parameters, [small_notebooks.BEGIN, work, stage])
    before = time.time()
    subprocess.run([sys.executable, "-m", "trident", "run", str(notebook)], cwd=paths.ROOT, check=True, timeout=300)
    found = times.measured(stages.Job(notebook))
    assert found is not None and before <= found["started"] <= found["started"] + found["seconds"] <= time.time()
    assert 6 < found["processor_seconds"] < os.cpu_count() * found["seconds"] + 1
    assert artifacts.digest(tmp_path / "p") == artifacts.digest(tmp_path / "nothing"), "no part of the stage's contents"


def test_sums_by_stage(grid):
    finish(grid[0], 100, 10, 12)
    finish(grid[1], 105, 10, 11)
    assert times.by_stage(grid, since=103) == [
        times.Row("04_distill", jobs=3, measured=2, run=1, seconds=20, elapsed=15, processor_seconds=23),
        times.Row("total", jobs=3, measured=2, run=1, seconds=20, elapsed=15, processor_seconds=23),
    ]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=8))
def test_elapsed_is_the_time_in_which_any_job_ran(jobs):
    intervals = [(start, start + length) for start, length in jobs]
    expected = sum(any(start <= second < end for start, end in intervals) for second in range(40))
    assert times._covered(intervals) == expected


def test_a_stage_that_was_run_again_in_another_way_is_not_measured(grid):
    finish(grid[0], 100, 10, 12)
    assert times.measured(grid[0]) and times.measured(grid[1]) is None
    artifacts.write_json(grid[0].provenance, {"machine": "another"})
    assert times.measured(grid[0]) is None
    finish(grid[0], 100, 10, 12)
    grid[0].provenance.unlink()
    assert times.measured(grid[0]) is None


def test_the_report_says_what_ran_now_and_a_grid_s_table_leaves_out_what_it_shares(grid, tmp_path, capsys):
    with pytest.raises(artifacts.StageError, match="`make reproduce PROFILE=p` first"):
        times.report("p")
    for number, job in enumerate(grid):
        finish(job, 100 * number, 10, 12)
    (tmp_path / "runs/p/.stamp").write_text(f"{150 * 10**9}\n")
    times.report("p", "more")
    header, students, total = capsys.readouterr().out.splitlines()
    assert header.split() == ["stage", "jobs", "run", "now", "elapsed", "s", "processor", "s"]
    assert students.split() == ["04_distill", "3", "1", "30", "36"] and total.split() == ["total", "3", "1", "30", "36"]
    [*_, own] = csv.DictReader((grid[2].folder / "table_times.csv").open())
    assert (own["jobs"], own["processor_seconds"]) == ("1", "12")
    for job in grid[:2]:
        job.executed.parent.joinpath(times.RECORD).unlink()
    times.report("p")
    assert capsys.readouterr().out.splitlines()[2].endswith("2 not measured")
    table = (grid[1].folder / "table_times.md").read_text()
    assert "| total | 2 | – | – | – |" in table and "than by the workflow: 2 of the jobs." in table
