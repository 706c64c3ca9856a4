"""Jobs on other hosts than the workflow: what they must share with it, checked when a job starts.

The workflow says in an environment variable what it was started with. Cluster engines hand the environment to their
jobs, and Snakemake reads the Snakefile again in each. Both hosts need the same code and parameters, the same versions,
and one ``runs/`` that both see. The path of the checkout may differ if the engine maps it.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trident.experiment import artifacts
from trident.workflow import doctor, stages

#: Holds what the workflow was started with, as JSON.
VARIABLE = "TRIDENT_WORKFLOW"
#: Seconds after which a shared file system shows what another host has written.
LATENCY = 60.0


class HostError(RuntimeError):
    """This host cannot run a job of the workflow: it lacks something, or has something else."""


def announce(stamp: Path, jobs: Iterable[stages.Job]) -> None:
    """Renew the stamp, and tell later jobs what the workflow was started with.

    stamp: a file of the run's folder that is newer than every output.
    """
    now = time.time_ns()
    artifacts.write_text(stamp, f"{now}\n")
    code = {stages.from_root(job.provenance): job.digest for job in jobs}
    os.environ[VARIABLE] = json.dumps({"host": socket.gethostname(), "stamp": now, "code": code, **_versions()})


def check(stamp: Path) -> None:
    """At the start of a job, before it looks for its input.

    Raises:
        HostError: this host does not see the workflow's ``runs/``, or has other versions of Python or of a library that
            the project imports.
    """
    expected, here = _announced(), socket.gethostname()
    there = expected["host"]
    end = time.monotonic() + LATENCY
    while (seen := _time_in(stamp)) < expected["stamp"] and time.monotonic() < end:
        time.sleep(1)
    if seen < expected["stamp"]:
        found = "is older than the workflow" if seen else "is missing"
        advice = "Put the checkout, or `runs_dir`, on a file system that both mount under the same path."
        raise HostError(f"{stamp} {found} on {here}, so {here} and {there} do not share that folder. {advice}")
    wrong = [
        f"{name} {found} (on {there} {expected['packages'].get(name)})"
        for name, found in _versions()["packages"].items()
        if expected["packages"].get(name) != found
    ]
    if wrong:
        advice = "Install requirements.txt with constraints.txt there, or share .venv."
        raise HostError(f"{here} has other versions than the workflow's {there}: {', '.join(wrong)}. {advice}")


def check_code(job: stages.Job) -> None:
    """Raises HostError if the job's code or parameters are not those that the workflow was started with."""
    expected = _announced()
    name = stages.from_root(job.provenance)
    if expected["code"].get(name) != job.digest:
        here, there = socket.gethostname(), expected["host"]
        text = f"code or parameters of {name} on {here} are not those that the workflow was started with on {there}"
        raise HostError(f"{text}. Both need the same commit; after an edit, start the workflow again.")


def _time_in(stamp: Path) -> int:
    """When the stamp was written, in nanoseconds; 0 where there is none."""
    return int(stamp.read_text(encoding="ascii")) if stamp.is_file() else 0


def _announced() -> dict[str, Any]:
    if VARIABLE not in os.environ:
        raise HostError(f"the environment has no {VARIABLE}: the cluster's engine must hand its environment to jobs")
    announced: dict[str, Any] = json.loads(os.environ[VARIABLE])
    return announced


def _versions() -> dict[str, dict[str, str]]:
    """Of Python and of each library that requirements.txt pins."""
    found = {"Python": platform.python_version()}
    for name in doctor.pinned(doctor.REQUIREMENTS.read_text(encoding="utf-8")):
        try:
            found[name] = importlib.metadata.version(name).partition("+")[0]  # `+cu130` says for which GPU it was built
        except importlib.metadata.PackageNotFoundError:
            found[name] = "missing"
    return {"packages": found}
