"""benchmarks/cluster.py: what counts as a difference between two runs, and what it says where it cannot run."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.helpers import slurm_node

RUNS = "configuration,seed,accepted,seconds\nce,13,0.5,{seconds}\n"
TABLE2 = 'quantity,student\n"CQS, test",{cqs}\nLatency (ms),{latency}\nPeak memory (MiB),{latency}\n'


def run(place: Path, *, seconds="1.5", cqs="0.7", latency="20", answers=("a", "b"), weights=b"w") -> Path:
    """A finished grid of one student, as far as it is compared."""
    folder = place / "runs/smoke"
    for name in ("students/ce-s13", "scores/ce-s13", "results"):
        (folder / name).mkdir(parents=True)
    (folder / "students/ce-s13/model.safetensors").write_bytes(weights)
    answered = pd.DataFrame({"id": ["1", "2"], "prediction": answers})
    for name in ("predictions", "scores"):
        answered.to_parquet(folder / f"scores/ce-s13/{name}.parquet")
    (folder / "results/runs.csv").write_text(RUNS.format(seconds=seconds))
    (folder / "results/table2.csv").write_text(TABLE2.format(cqs=cqs, latency=latency))
    return place


def test_measured_times_and_memory_are_no_differences(benchmark, tmp_path):
    assert benchmark.different(run(tmp_path / "a"), run(tmp_path / "b", seconds="9", latency="31")) == []


@pytest.mark.parametrize(
    ("changed", "files"),
    [
        ({"cqs": "0.7000001"}, ["results/table2.csv"]),
        ({"weights": b"v"}, ["students/ce-s13/model.safetensors"]),
        ({"answers": ("a", "c")}, ["scores/ce-s13/predictions.parquet", "scores/ce-s13/scores.parquet"]),
    ],
)
def test_each_difference_is_named(benchmark, tmp_path, changed, files):
    assert benchmark.different(run(tmp_path / "a"), run(tmp_path / "b", **changed)) == files


def test_a_file_of_one_run_alone_is_a_difference(benchmark, tmp_path):
    local, cluster = run(tmp_path / "a"), run(tmp_path / "b")
    (cluster / "runs/smoke/results/more.csv").write_text("x\n1\n")
    (local / "runs/smoke/students/ce-s13/model.safetensors").rename(local / "runs/smoke/model.safetensors")
    assert benchmark.different(local, cluster) == [
        "model.safetensors", "results/more.csv", "students/ce-s13/model.safetensors",
    ]  # fmt: skip


def test_jobs_are_named_by_what_they_ran(benchmark, tmp_path):
    logs = tmp_path / "runs/slurm/group_student_distil_evaluate"
    logs.mkdir(parents=True)
    (logs / "7.log").write_text("Job 3: 05 scores of ce, seed 13\n    Job 1: 04 student ce, seed 13\nReason: Forced\n")
    trained = slurm_node.Job(7, "COMPLETED", "rule_student_distil_evaluate", "3G", "30:00", 1)
    waiting = slurm_node.Job(8, "PENDING", "rule_tables", "3G", "15:00", 0)
    rows = benchmark.table([trained, waiting], tmp_path).splitlines()[2:]
    assert rows == [
        "| 7 | 04 student ce, seed 13, 05 scores of ce, seed 13 | 3G | 30:00 | COMPLETED | 1 |",
        "| 8 | tables | 3G | 15:00 | PENDING | 0 |",
    ]


def test_what_happened_is_said_in_words(benchmark):
    again = ["04 student ce, seed 13", "05 scores of ce, seed 13", "06 tables and figures"]
    found = {"cancelled": again[:1], "with the node": ["04 student ce, seed 42"], "run again": again, "different": []}
    assert benchmark.in_words(found) == (
        "Cancelled: 04 student ce, seed 13. Lost with the node: 04 student ce, seed 42. Run by the second start: "
        "04 student ce, seed 13; 05 scores of ce, seed 13; 06 tables and figures. "
        "Different from the local run: nothing."
    )


def test_without_slurm_it_says_what_is_missing_and_does_nothing(benchmark, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["cluster.py"])
    monkeypatch.setattr(slurm_node.shutil, "which", lambda *_, **__: None)
    assert benchmark.main() == 0
    assert capsys.readouterr().out.startswith("cluster-test skipped: Slurm cannot start here: no munged, slurmctld,")
