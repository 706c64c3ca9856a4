"""How long each stage of a grid took: recorded by ``trident run``, printed by ``make reproduce``, shown in README.md.

The record of a job lies beside its executed notebook. It is hidden, so it counts in no digest of a stage's contents.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from trident.experiment import artifacts, params, paths
from trident.workflow import stages

RECORD = ".times.json"
NAME = "table_times"
TOTAL = "total"


class Row(NamedTuple):
    """What the jobs of one stage took, or those of all stages.

    jobs               how many there are
    measured           how many of them have a record
    run                how many of these began in the last call of the workflow
    seconds            summed over jobs
    elapsed            seconds in which at least one job ran
    processor_seconds  user and system time; like the other seconds not a number where nothing was measured
    """

    stage: str
    jobs: int
    measured: int
    run: int
    seconds: float
    elapsed: float
    processor_seconds: float


def record(job: stages.Job, started: float) -> None:
    """Keep what this process and its finished children, such as the kernel, have used for `job`.

    Args:
        started: when the job began, in seconds as of :func:`time.time`.
    """
    spent = {"started": started, "seconds": time.time() - started, "processor_seconds": sum(os.times()[:4])}
    if not job.provenance.is_file():  # a notebook that finishes no stage
        return
    rounded: dict[str, Any] = {name: round(value, 2) for name, value in spent.items()}
    artifacts.write_json(job.executed.parent / RECORD, {**rounded, "of": _content(job)})


def measured(job: stages.Job) -> dict[str, Any] | None:
    """The record of a finished job; None where it was last run in another way, as in JupyterLab."""
    file = job.executed.parent / RECORD
    if not (file.is_file() and job.provenance.is_file()):
        return None
    found = json.loads(file.read_text(encoding="utf-8"))
    return found if found["of"] == _content(job) else None


def _content(job: stages.Job) -> str:
    """Of the finished stage. Its date would not do: Snakemake sets it."""
    return hashlib.sha256(job.provenance.read_bytes()).hexdigest()


def by_stage(jobs: Sequence[stages.Job], since: float = 0.0) -> list[Row]:
    """One row for each stage, and one for all. `since`: when the last call began, in seconds as of `time.time`."""
    names = [*dict.fromkeys(job.notebook.stem for job in jobs), TOTAL]
    return [_row(name, [job for job in jobs if name in (job.notebook.stem, TOTAL)], since) for name in names]


def _row(name: str, jobs: Sequence[stages.Job], since: float) -> Row:
    records = [found for found in map(measured, jobs) if found]
    if not records:
        return Row(name, len(jobs), 0, 0, math.nan, math.nan, math.nan)
    return Row(
        stage=name,
        jobs=len(jobs),
        measured=len(records),
        run=sum(found["started"] >= since for found in records),
        seconds=sum(found["seconds"] for found in records),
        elapsed=_covered((found["started"], found["started"] + found["seconds"]) for found in records),
        processor_seconds=sum(found["processor_seconds"] for found in records),
    )


def _covered(intervals: Iterable[tuple[float, float]]) -> float:
    """The length of the union of intervals (start, end)."""
    covered, reached = 0.0, float("-inf")
    for start, end in sorted(intervals):
        covered += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return covered


def report(profile: str, grid: str | None = None) -> None:
    """Print a line for each stage of a grid, and write the table of its own jobs beside its other tables.

    Raises:
        artifacts.StageError: the workflow has not run for this profile.
        params.ParameterError: as :func:`trident.workflow.stages.grid`.
    """
    jobs = stages.grid(profile, grid)
    stamp = (
        paths.Run(profile, params.complete(params.load(paths.PARAMS / f"{profile}.yaml")).runs_dir).folder / ".stamp"
    )
    if not stamp.is_file():
        raise artifacts.StageError(f"no run of the profile {profile}: `make reproduce PROFILE={profile}` first")
    print(f"{'stage':<14}{'jobs':>6}{'run now':>9}{'elapsed s':>11}{'processor s':>13}")
    for row in by_stage(jobs, since=int(stamp.read_text(encoding="ascii")) / 1e9):
        missing = f"   {row.jobs - row.measured} not measured" if row.measured < row.jobs else ""
        print(f"{row.stage:<14}{row.jobs:>6}{row.run:>9}{row.elapsed:>11.0f}{row.processor_seconds:>13.0f}{missing}")
    shared = {job.folder for job in stages.grid(profile)} if grid else set()
    machine = artifacts.require(jobs[0].folder, "corpus")["machine"]
    write(by_stage([job for job in jobs if job.folder not in shared]), machine, jobs[-1].folder)


def write(rows: Sequence[Row], machine: str, folder: Path) -> None:
    """Write the result of :func:`by_stage` as the table :data:`NAME` of a folder of results, in seconds."""
    import pandas as pd  # here: each job imports this module, and pandas takes half a second

    from trident.reporting import rendering

    shown = [["–" if math.isnan(value) else f"{value:,.0f}" for value in (row.jobs, *row[4:])] for row in rows]
    text = [[row.stage, *values] for row, values in zip(rows, shown, strict=True)]
    notes = ["Elapsed: seconds in which at least one job ran. Processor: user and system time of the jobs' processes."]
    missing = rows[-1].jobs - rows[-1].measured
    if missing:
        notes.append(f"Not measured, as they were last run in another way than by the workflow: {missing} of the jobs.")
    headings = ("Stage", "Jobs", "Sum over jobs (s)", "Elapsed (s)", "Processor (s)")
    columns, numbers = [("", heading) for heading in headings], pd.DataFrame(rows).drop(columns="run")
    caption = f"How long the stages take ({machine})"
    rendering.write([rendering.Table(caption, columns, text, numbers, notes)], folder, NAME)
