"""A finished stage is not run again when a cluster repeats the group of jobs that it belongs to.

Snakemake deletes a job's declared output, ``provenance.json``, before it starts the job. So a copy is kept, beside the
executed notebook.
"""

from __future__ import annotations

import json
from pathlib import Path

from trident.experiment import artifacts
from trident.workflow import stages

COPY = ".finished.json"


def keep(job: stages.Job) -> None:
    """Remember that the stage is finished."""
    artifacts.write_text(job.executed.with_name(COPY), job.provenance.read_text(encoding="utf-8"))


def restore(job: stages.Job, stamp: Path) -> bool:
    """Whether today's code finished the stage after `stamp` was written. Its provenance is then there again.

    Otherwise what was remembered is forgotten: the stage is going to be written again.
    """
    copy = job.executed.with_name(COPY)
    if not copy.is_file():
        return False
    text = copy.read_text(encoding="utf-8")
    if copy.stat().st_mtime_ns > stamp.stat().st_mtime_ns and json.loads(text)["code"] == job.digest:
        artifacts.write_text(job.provenance, text)
        return True
    copy.unlink()
    return False
