"""Run the notebooks of a rehearsal, one job after the other, and measure each."""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from trident.corpus import storage
from trident.distillation import models
from trident.experiment import artifacts, params, paths
from trident.experiment.params import Parameters
from trident.losses import Head
from trident.workflow import stages
from trident.workflow.rehearsal import cost, inputs, projection
from trident.workflow.rehearsal.inputs import Plan

RECORD = "rehearsal.json"


class RehearsalError(RuntimeError):
    """A job of the rehearsal failed. The message names it."""


@dataclass(frozen=True)
class Measured:
    """A job: its stage, whose it is (a student, a model or nobody's), seconds, and the most resident memory.

    peak_bytes: of the largest of its processes, which is the notebook's kernel.
    """

    stage: str
    of: str
    seconds: float
    peak_bytes: int


def run(plan: Plan, folder: Path) -> Iterator[str]:
    """Rehearse `plan` in `folder` and write :data:`RECORD` there. Yields a line for each thing that is done.

    Raises:
        RehearsalError: a job failed; its executed notebook, which the message names, shows where.
    """
    started = time.perf_counter()
    file = inputs.prepare(plan, folder)
    yield f"models and archives in {stages.from_root(folder)}  {time.perf_counter() - started:.0f} s"
    measured = []
    for job in jobs(plan, file):
        measured.append(run_job(job))
        one = measured[-1]
        yield f"{one.stage} {one.of}  {one.seconds:.0f} s, {one.peak_bytes / 2**30:.1f} GiB"
    costs = measure_costs(plan, folder, params.complete(params.load(*_files(plan, file))))
    seconds = time.perf_counter() - started
    artifacts.write_json(folder / RECORD, record(plan, file, measured, costs, seconds))
    yield f"{stages.from_root(folder / RECORD)}  {seconds:.0f} s in all"


def _files(plan: Plan, own: Path) -> tuple[Path, ...]:
    """The parameter files of a student: profile, configuration, seed, rehearsal."""
    layers = (f"configs/{plan.configuration}", f"seeds/{plan.seed}")
    return (paths.PARAMS / "paper.yaml", *(paths.PARAMS / f"{name}.yaml" for name in layers), own)


def jobs(plan: Plan, file: Path) -> list[stages.Job]:
    """One of each job of the profile's grid, in an order in which they can run."""
    student = _files(plan, file)
    common = (student[0], file)
    return [
        stages.Job(stages.find("01_preprocess"), common),
        stages.Job(stages.find("02_teacher"), common),
        stages.Job(stages.find("03_logits"), common),
        stages.Job(stages.find("04_distill"), student),
        stages.Job(stages.find("05_evaluate"), student),
        *(stages.Job(stages.find("05_evaluate"), common, {"model": model}) for model in stages.MODELS),
        stages.Baselines(files=common),
        stages.Job(stages.find("06_tables"), common),
    ]


def run_job(job: stages.Job) -> Measured:
    """Run a job as the workflow does, in a process of its own."""
    started = time.perf_counter()
    notebook = [] if isinstance(job, stages.Step) else ["run"]
    if notebook and job.notebook.stem != "06_tables":
        notebook.append("--steps-only")
    process = subprocess.Popen([sys.executable, "-m", "trident", *notebook, *job.words()], cwd=paths.ROOT)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    whose = str(job.overrides.get("model", ""))
    if job.notebook.stem.startswith(("04", "05")) and not whose:
        whose = f"{job.values['configuration']}-s{job.values['seed']}"
    if process.returncode:
        where = f"; {stages.from_root(job.executed)} shows where" if notebook else ""
        raise RehearsalError(f"{job.notebook.stem} {whose} failed{where}")
    unit = 1 if sys.platform == "darwin" else 2**10  # ru_maxrss: bytes on macOS, KiB on Linux
    return Measured(job.notebook.stem, whose, time.perf_counter() - started, used.ru_maxrss * unit)


def measure_costs(plan: Plan, folder: Path, p: Parameters) -> dict[str, cost.Cost]:
    """What an example costs the teacher in fine-tuning and the student in distillation. One model is in memory."""
    lengths = {"source": p.max_source_tokens, "target": p.max_target_tokens}
    teacher, _ = models.load(folder / "teacher", dropout_rate=p.dropout_rate)
    output = teacher.get_output_embeddings().weight.detach().clone()
    found = {"teacher": cost.measure(teacher, **lengths, weights={"ce": 1.0})}
    del teacher
    gc.collect()
    student, _ = models.load(folder / "student", dropout_rate=p.dropout_rate)
    of_teacher = Head(output.new_empty(0), output, plan.teacher.d_model**-0.5)
    weights = {name: weight for name, weight in p.weights.items() if name != "semantic"}
    return {**found, "student": cost.measure(student, **lengths, weights=weights, teacher=of_teacher)}


def record(
    plan: Plan, file: Path, measured: Sequence[Measured], costs: dict[str, cost.Cost], seconds: float
) -> dict[str, Any]:
    """All that the tables are made of, for JSON."""
    p = params.complete(params.load(*_files(plan, file)))
    where = paths.Run(p.profile, p.runs_dir)
    student = where.student(p.configuration, p.seed)
    scores = {"teacher": where.scores("teacher"), "student": where.scores(student.name)}
    cache = json.loads((where.teacher_cache(p.codec) / "cache/manifest.json").read_text(encoding="utf-8"))
    profile = params.complete(params.load(paths.PARAMS / "paper.yaml"))
    provenance = artifacts.require(student, "student")
    metrics = {name: json.loads((place / "metrics.json").read_text(encoding="utf-8")) for name, place in scores.items()}
    answered = {name: found["efficiency"]["latency"]["median_ms"] / 1000 for name, found in metrics.items()}
    in_int8 = metrics["student"]["int8"]
    return {
        "machine": provenance["machine"],
        "bf16": torch.cpu._is_avx512_bf16_supported(),
        "packages": provenance["packages"],
        "seconds": round(seconds, 1),
        "rehearsed": {name: getattr(p, name) for name in _REHEARSED},
        "lengths": {"source": p.max_source_tokens, "target": p.max_target_tokens},
        "jobs": [dataclasses.asdict(one) for one in measured],
        "training": {
            "teacher": artifacts.require(where.teacher, "teacher")["training"],
            "student": provenance["training"],
        },
        "extraction_seconds": artifacts.require(where.teacher_cache(p.codec), "cache")["extraction_seconds"],
        "seconds_per_answer": {**answered, "student in int8": in_int8["int8"]["latency"]["median_ms"] / 1000},
        "seconds_per_score": cost.seconds_per_score(_assertions(where.corpus)),
        "cache": {name: cache[name] for name in ("codec", "width", "examples", "tokens", "bytes_per_token")},
        "bytes": {
            "teacher": _size(where.teacher, but=where.undistilled),
            "student": _size(student),
            "token": cache["bytes_per_token"],
        },
        "costs": {name: dataclasses.asdict(one) for name, one in costs.items()},
        "grid": dataclasses.asdict(projection.Grid.of(profile)),
        "batch_size": profile.batch_size,
    }


_REHEARSED = ("train_examples", "validation_examples", "test_examples", "batch_size", "gradient_accumulation_steps")


def _assertions(corpus: Path) -> list[str]:
    return [text for rows in storage.load(corpus).values() for text in rows["assertion"]]


def _size(folder: Path, but: Path | None = None) -> int:
    """Bytes of the files below `folder`, those below `but` left out."""
    files = (file for file in folder.rglob("*") if file.is_file() and (but is None or not file.is_relative_to(but)))
    return sum(file.stat().st_size for file in files)
