"""The smoke grid on a Slurm of one node, through a cancelled job and the death of the node, against a local run.

    python benchmarks/cluster.py [--folder FOLDER] [--write]        `make cluster-test` calls this

Works on two copies of the checkout. One runs the grid locally. The other runs it on Slurm; a student's job is
cancelled, and later the node and all that runs on it are killed. Then the grid is started again. Prints Slurm's list of
jobs, and one JSON object; the exit code is 1 if the second start ran more than the cancelled student's cell and the
tables, or if a student, an answer or a table differs from the local run. ``--write`` renews the list in
docs/cluster.md. With --folder, a local run that is there already is used.

Slurm keeps what it writes in the folder. Where it cannot start, this says why and does nothing.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from tests.helpers import slurm_node  # noqa: E402
from tests.helpers.slurm_node import until  # noqa: E402
from trident.experiment.paths import Run  # noqa: E402
from trident.reporting import rendering  # noqa: E402

DOCUMENT = ROOT / "docs/cluster.md"
PROFILE = "smoke"
#: This Slurm keeps no accounts, and the jobs are short.
OPTIONS = ("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "10")
#: Seconds that one start of the grid may take.
PATIENCE = 4 * 3600
#: What tables hold of time and memory, as it was measured: a column and two rows.
MEASURED_COLUMN, MEASURED_ROWS = "seconds", ("Peak memory (MiB)", "Latency (ms)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="for both copies; default: a temporary folder")
    parser.add_argument("--write", action="store_true", help="renew the list of jobs in docs/cluster.md")
    options = parser.parse_args()
    if reason := slurm_node.unavailable():
        print(f"cluster-test skipped: {reason}")
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        local, cluster = copy(folder / "local"), copy(folder / "cluster")
        assert start(local, "-c2").wait(timeout=PATIENCE) == 0, (local / "log").read_text(encoding="utf-8")
        with slurm_node.Node(folder / "slurm") as node:
            found = disturb(node, cluster)
            listed = table(node.jobs(), cluster)
        found["different"] = different(local, cluster)
    print(listed)
    print(json.dumps(found, indent=1))
    if options.write:
        rendering.put(DOCUMENT, "jobs", f"{listed}\n\n{in_words(found)}")
    return 0 if found["run again"] == found["expected again"] and not found["different"] else 1


def copy(place: Path) -> Path:
    """The files of the checkout that git knows, as they are now; what is in the place already stays."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        if not (place / name).exists() and (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
    return place


def start(place: Path, *options: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start the grid. What Snakemake prints goes to the file ``log``."""
    command = [sys.executable, "-m", "snakemake", *options, "--config", f"profile={PROFILE}"]
    with (place / "log").open("wb") as log:
        return subprocess.Popen(
            command, cwd=place, env={**os.environ, **(environment or {})}, stdout=log, stderr=subprocess.STDOUT
        )


def disturb(node: slurm_node.Node, place: Path) -> dict[str, Any]:
    """Run the grid on Slurm, with both disturbances, and again. Says what the second start ran."""
    profile = ("--profile", str(place / "profiles/slurm"), *OPTIONS)
    first = start(place, *profile, "--retries", "0", environment=node.environment)
    try:
        cancelled = running_student(node, first, place)
        node.run("scancel", str(cancelled.number))
        victim = running_student(node, first, place)
        node.crash()
        until(lambda: node.state().startswith("down"), "Slurm to find the node dead")
        node.boot()
        code = first.wait(timeout=PATIENCE)
    finally:
        first.terminate()
        first.wait()
    assert code == 1, "a grid without one of its cells ended with 0"
    second = start(place, *profile, environment=node.environment)
    try:
        assert second.wait(timeout=PATIENCE) == 0, (place / "log").read_text(encoding="utf-8")
    finally:
        second.terminate()
        second.wait()
    [student] = [stage for stage in stages_of(place, cancelled) if stage.startswith("04 student")]
    cell = student.removeprefix("04 student ")
    return {
        "cancelled": stages_of(place, cancelled),
        "with the node": stages_of(place, victim),
        "run again": sorted(slurm_node.messages((place / "log").read_text(encoding="utf-8"))),
        "expected again": [student, f"05 scores of {cell}", "06 tables and figures"],
    }


def stages_of(place: Path, job: slurm_node.Job) -> list[str]:
    """The messages of the rules that a job of the cluster ran or was to run."""
    return sorted(slurm_node.messages(slurm_node.log(place, job)))


def running_student(node: slurm_node.Node, workflow: subprocess.Popen[bytes], place: Path) -> slurm_node.Job:
    """The first job that trains a student now. Waits until there is one."""

    def running() -> list[slurm_node.Job]:
        assert workflow.poll() is None, "the workflow ended before a student's job ran"
        jobs = [job for job in node.jobs() if job.state == "RUNNING"]
        return [job for job in jobs if any(stage.startswith("04 student") for stage in stages_of(place, job))]

    until(running, "a student's job", PATIENCE)
    return running()[0]


def different(local: Path, cluster: Path) -> list[str]:
    """What differs between two runs of the grid: students, answers, scores and tables, without what was measured."""
    runs = [Run(PROFILE, str(place / "runs")) for place in (local, cluster)]
    found: list[Path] = []
    for pattern in ("**/model.safetensors", "scores/*/predictions.parquet", "scores/*/scores.parquet", "results/*.csv"):
        names = [sorted(file.relative_to(run.folder) for file in run.folder.glob(pattern)) for run in runs]
        assert names[0], f"no {pattern}: the layout of the stages' folders has changed"
        both = set(names[0]) & set(names[1])
        found += set(names[0]) ^ set(names[1])
        found += [name for name in both if content(runs[0].folder / name) != content(runs[1].folder / name)]
    return sorted(map(str, found))


def content(file: Path) -> Any:
    """What two equal runs have in common in a file."""
    if file.suffix == ".parquet":
        frame = pd.read_parquet(file)
        return frame.sort_values(list(frame.columns[:1])).to_csv(index=False)
    if file.suffix != ".csv":
        return hashlib.sha256(file.read_bytes()).hexdigest()
    rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
    kept = [number for number, name in enumerate(rows[0]) if name != MEASURED_COLUMN]
    return [[row[number] for number in kept] for row in rows if row[0] not in MEASURED_ROWS]


def table(jobs: Sequence[slurm_node.Job], place: Path) -> str:
    """Slurm's list in Markdown, and what each job ran, from its log."""
    heading = "| Job | Stages | Memory | Time limit | State | Times requeued |"
    lines = [heading, "| ---: | --- | ---: | ---: | --- | ---: |"]
    for job in jobs:
        ran = ", ".join(stages_of(place, job)) or job.comment.removeprefix("rule_")
        lines.append(f"| {job.number} | {ran} | {job.memory} | {job.time_limit} | {job.state} | {job.restarts} |")
    return "\n".join(lines)


def in_words(found: Mapping[str, Any]) -> str:
    """What happened to the jobs, for below their list."""
    parts = {
        "Cancelled": found["cancelled"],
        "Lost with the node": found["with the node"],
        "Run by the second start": found["run again"],
        "Different from the local run": found["different"] or ["nothing"],
    }
    return " ".join(f"{heading}: {'; '.join(names)}." for heading, names in parts.items())


if __name__ == "__main__":
    sys.exit(main())
