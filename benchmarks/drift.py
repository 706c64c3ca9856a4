"""How far results move with what differs between machines: vector units, libraries' kernels, threads, bf16.

    python benchmarks/drift.py [--profile smoke] [--cells ce-s13 ce-s42] [--settings here threads] [--runs runs/drift] \
        [--write]

Runs notebooks 01 to 05 of some cells of a profile's grid once under each setting, in folders of their own, and compares
with the first one, `here`: bits, losses, answers, scores. Prints one JSON object; ``--write`` puts its table into
docs/reproducibility.md. What is finished is not run again (two minutes a setting and cell of the smoke profile).

The settings are made by environment variables, which make libraries ignore what the processor has. A processor without
these instructions differs in nothing else that libraries are known to ask for.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from trident.experiment import artifacts, paths  # noqa: E402
from trident.experiment.paths import Run  # noqa: E402
from trident.reporting import rendering  # noqa: E402
from trident.workflow import stages, verify  # noqa: E402

DOCUMENT = paths.ROOT / "docs/reproducibility.md"
HERE = "here"
SCORES = ("accepted", "exact_match", "cqs")


class Setting(NamedTuple):
    """What the jobs get over OMP_NUM_THREADS=1 and the profile's parameters, and what it stands for."""

    means: str
    environment: Mapping[str, str] = {}
    parameters: Mapping[str, Any] = {}


_FP32 = {"mixed_precision": "no"}
SETTINGS = {
    HERE: Setting("one thread, all that the processor has"),
    "again": Setting("the same, once more"),
    "threads": Setting("two threads", {"OMP_NUM_THREADS": "2"}),
    "aten": Setting("PyTorch's own kernels for AVX2", {"ATEN_CPU_CAPABILITY": "avx2"}),
    "onednn": Setting("oneDNN without bf16 instructions", {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"}),
    "mkl": Setting("MKL's kernels for AVX2", {"MKL_CBWR": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}),
    "fp32": Setting("fp32: a processor without bf16", parameters=_FP32),
    "avx2": Setting(
        "fp32 and AVX2 everywhere: a processor without AVX-512",
        {
            "ATEN_CPU_CAPABILITY": "avx2",
            "ONEDNN_MAX_CPU_ISA": "AVX2",
            "MKL_CBWR": "AVX2",
            "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        },
        _FP32,
    ),
    "scalar": Setting(
        "fp32 and SSE4 at most",
        {
            "ATEN_CPU_CAPABILITY": "default",
            "ONEDNN_MAX_CPU_ISA": "SSE41",
            "MKL_CBWR": "COMPATIBLE",
            "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        },
        _FP32,
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--profile", default="smoke", help="default: smoke")
    parser.add_argument("--cells", nargs="+", metavar="CELL", help="<configuration>-s<seed>; default: the whole grid")
    parser.add_argument("--settings", nargs="+", metavar="NAME", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--runs", default="runs/drift", help="default: runs/drift")
    parser.add_argument("--write", action="store_true", help="put the table into docs/reproducibility.md")
    options = parser.parse_args()
    names = list(dict.fromkeys([HERE, *options.settings]))
    cells = {job.folder.name: job for job in stages.grid(options.profile) if job.notebook.stem == "04_distill"}
    cells = {name: cells[name] for name in options.cells or cells}
    found = {}
    for name in names:
        runs_dir = f"{options.runs}/{name}"
        run_all(jobs(options.profile, cells.values(), SETTINGS[name], runs_dir), SETTINGS[name])
        found[name] = [read(Run(options.profile, runs_dir), cell, job.values["codec"]) for cell, job in cells.items()]
    table = compare(found)
    result = {**about(options.profile, list(cells)), "drift": table.to_dict("index")}
    if options.write:
        rendering.put(DOCUMENT, "drift", markdown(result))
    print(json.dumps(result, indent=1))


def jobs(profile: str, students: Iterable[stages.Job], setting: Setting, runs_dir: str) -> dict[str, stages.Job]:
    """Folder → job, in an order in which they can run. No answer is run in a JVM."""
    grid = [job for job in stages.grid(profile) if not isinstance(job, stages.Verdicts)]
    found = {}
    for student in students:
        for job in verify.of_cell(grid, student.values["configuration"], student.values["seed"]):
            wanted = {**setting.parameters, "execution": "grid", "runs_dir": runs_dir}
            changed = job.over(wanted)
            found[str(changed.folder)] = changed
    return found


def run_all(todo: Mapping[str, stages.Job], setting: Setting) -> None:
    """Run the jobs that are not finished, each in a process of its own. Progress goes to standard error."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **setting.environment}
    for job in todo.values():
        if job.provenance.is_file() and not job.stale():
            continue
        command = [sys.executable, "-m", "trident", "run", *job.words(), "--steps-only"]
        subprocess.run(command, env=environment, cwd=paths.ROOT, stdout=sys.stderr, check=True)


def read(run: Run, cell: str, codec: str) -> dict[str, Any]:
    """What came out of one cell."""
    scores = run.scores(cell)
    metrics = json.loads((scores / "metrics.json").read_text(encoding="utf-8"))
    split = next(name for name in ("test", "unseen", "validation") if name in metrics["splits"])
    answers = pd.read_parquet(scores / "predictions.parquet").set_index("id")["prediction"]
    log = pd.DataFrame(json.loads((run.folder / "students" / cell / "history.json").read_text(encoding="utf-8")))
    weights = {"teacher": run.teacher, "student": run.folder / "students" / cell}
    caches = sorted(run.teacher_cache(codec).rglob("*.arrow"))
    return {
        "cell": cell,
        **{who: digest([folder / "model.safetensors"]) for who, folder in weights.items()},
        "teacher cache": digest(caches),
        "losses": log.dropna(subset=["loss"]).set_index("step")["loss"],
        "validation_loss": metrics["training"]["validation_loss"],
        "answers": answers,
        **{name: metrics["splits"][split]["strict"][name] for name in SCORES},
    }


def digest(files: Iterable[Path]) -> str:
    """Of the files' bytes. Raises ValueError if there are none."""
    parts = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    if not parts:
        raise ValueError("there are no files to compare: the layout of the stages' folders has changed")
    return artifacts.fingerprint(parts)


def compare(found: Mapping[str, list[dict[str, Any]]]) -> pd.DataFrame:
    """One row per setting, and one for another seed: what is equal, and root mean square differences over the cells.

    The losses are those of the training log, relative to `here`; `answers` is the share of the same answers.
    """
    by_cell = {name: {row["cell"]: row for row in rows} for name, rows in found.items()}
    pairs = {
        name: [(by_cell[HERE][cell], row) for cell, row in rows.items()]
        for name, rows in by_cell.items()
        if name != HERE
    }
    seeds = [
        pair
        for pair in itertools.combinations(found[HERE], 2)
        if len({row["cell"].rpartition("-s")[0] for row in pair}) == 1
    ]
    rows = {name: _differences(some) for name, some in {**pairs, "seed": seeds}.items() if some}
    return pd.DataFrame(rows).T


def _differences(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    equal = {
        f"same {name}": sum(a[name] == b[name] for a, b in pairs) / len(pairs)
        for name in ("teacher", "teacher cache", "student")
    }
    changes = pd.DataFrame(
        [
            {
                "losses": float((((b["losses"] - a["losses"]) / a["losses"]) ** 2).mean() ** 0.5),
                **{name: b[name] - a[name] for name in ("validation_loss", *SCORES)},
            }
            for a, b in pairs
        ]
    )
    same = [float((a["answers"] == b["answers"].reindex(a["answers"].index)).mean()) for a, b in pairs]
    rms = (changes**2).mean() ** 0.5
    return {"pairs": len(pairs), **equal, **rms, "same answers": sum(same) / len(same)}


def about(profile: str, cells: list[str]) -> dict[str, Any]:
    """Where and what was measured."""
    import torch

    kernels = torch.backends.cpu.get_cpu_capability()
    bf16 = torch.cpu._is_avx512_bf16_supported()
    machine = {"machine": platform.machine(), "kernels": kernels, "bf16": bf16}
    return {"profile": profile, "cells": cells, "torch": torch.__version__, **machine}


def markdown(result: Mapping[str, Any]) -> str:
    """The table for docs/reproducibility.md."""
    what = {**{name: setting.means for name, setting in SETTINGS.items()}, "seed": "another seed, all else the same"}
    heads = ["Setting", "Teacher", "Student", "Training loss", "Validation loss", "Accepted", "CQS", "Same answers"]
    lines = ["| " + " | ".join(heads) + " |", "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    cells = len(result["cells"])
    for name, row in result["drift"].items():
        pairs = int(row["pairs"])
        equal = "equal" if row["same teacher"] == 1 else "other bits"
        student = f"{round(row['same student'] * pairs)} of {pairs} equal"
        lines.append(
            f"| {what[name]} | {equal} | {student} | {row['losses']:.1%} | {row['validation_loss']:.4f} | "
            f"{row['accepted']:.4f} | {row['cqs']:.4f} | {row['same answers']:.0%} |"
        )
    title = (
        f"**{cells} students of the profile `{result['profile']}`, from the corpus to the scores, beside the same "
        f"with one thread on {result['machine']} with {result['kernels']}{' and bf16' if result['bf16'] else ''} "
        f"(torch {result['torch']})**"
    )
    return f"{title}\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
