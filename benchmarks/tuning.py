"""What training on one's own project gains: students of real Java before and after, on other classes of the project.

    python benchmarks/tuning.py PROJECT... [--cells ce-s13 ce_kl-s13] [--runs runs/tuning] [--write]

PROJECT is a folder of Java, as `trident mine` reads it. Of each it runs what `make reproduce PROFILE=mined` runs for
these cells, in folders of its own, and reads the exact matches on the project's test classes. Prints one JSON object;
``--write`` puts its table into docs/real-java.md. What is finished is not run again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from trident.experiment import paths  # noqa: E402
from trident.experiment.paths import Run  # noqa: E402
from trident.reporting import rendering  # noqa: E402
from trident.reporting.configurations import NAMES  # noqa: E402
from trident.workflow import stages, times, verify  # noqa: E402

DOCUMENT = paths.ROOT / "docs/real-java.md"
PROFILE = "mined"
BEFORE, TEACHER = "undistilled", "teacher"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("projects", nargs="+", type=Path, metavar="PROJECT")
    parser.add_argument("--cells", nargs="+", default=["ce-s13", "ce_kl-s13"], metavar="<configuration>-s<seed>")
    parser.add_argument("--runs", default="runs/tuning", help="default: runs/tuning")
    parser.add_argument("--write", action="store_true", help="put the table into docs/real-java.md")
    options = parser.parse_args()
    found = []
    for project in options.projects:
        folder = f"{options.runs}/{project.resolve().name}"
        records = Path(folder) / "mined"
        if not records.is_dir():
            run("mine", str(project), "--out", str(records))
        todo = list(jobs(options.cells, folder, str(records)))
        for job in todo:
            if not job.provenance.is_file() or job.stale():
                run("run", *job.words(), "--steps-only")
        found.append({"project": project.resolve().name, **read(Run(PROFILE, folder), options.cells)})
    result = {"cells": options.cells, "projects": found}
    if options.write:
        rendering.put(DOCUMENT, "tuning", markdown(result))
    print(json.dumps(result, indent=1))


def run(*words: str) -> None:
    """A command of trident in a process of its own. Progress goes to standard error."""
    subprocess.run([sys.executable, "-m", "trident", *words], cwd=paths.ROOT, stdout=sys.stderr, check=True)


def jobs(cells: Sequence[str], folder: str, records: str) -> Iterator[stages.Job]:
    """What these cells, the student before and the teacher need, in an order in which it can run. No answer is run."""
    grid = [
        job
        for job in stages.grid(PROFILE)
        if job.notebook.stem in {"01_preprocess", "02_teacher", "03_logits", "04_distill", "05_evaluate"}
    ]
    wanted = []
    for configuration, seed in (cell.rsplit("-s", 1) for cell in cells):
        wanted += verify.of_cell(grid, configuration, int(seed))
    wanted += [job for job in grid if job.values.get("model") in (BEFORE, TEACHER)]
    ours = {"runs_dir": folder, "corpus_path": records}
    for job in (job for job in grid if job in wanted):
        yield job.over(ours)


def read(run: Run, cells: Sequence[str]) -> dict[str, Any]:
    """Examples by split; exact match and CQS on test of each model; processor seconds of all stages."""
    corpus = json.loads((run.corpus / "report.json").read_text(encoding="utf-8"))
    models = {}
    for model in (BEFORE, *cells, TEACHER):
        metrics = json.loads((run.scores(model) / "metrics.json").read_text(encoding="utf-8"))
        strict = metrics["splits"]["test"]["strict"]
        models[model] = {name: strict[name] for name in ("exact_match", "cqs")}
    records = [json.loads(file.read_text(encoding="utf-8")) for file in run.folder.rglob(times.RECORD)]
    seconds = sum(record["processor_seconds"] for record in records)
    return {"examples": corpus["got"], "models": models, "processor_seconds": seconds}


def markdown(result: Mapping[str, Any]) -> str:
    """The table for docs/real-java.md: exact match on test, and what it took."""
    models = result["projects"][0]["models"]
    heads = ["Project", "Examples to train on", "on test", *(_name(model) for model in models), "Processor minutes"]
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for row in result["projects"]:
        counts = [f"{row['examples'][split]:,}" for split in ("train", "test")]
        shares = [f"{scores['exact_match']:.1%}" for scores in row["models"].values()]
        cells = [row["project"], *counts, *shares, f"{row['processor_seconds'] / 60:.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _name(model: str) -> str:
    name = model.rpartition("-s")[0] or model
    return {BEFORE: "Student before", TEACHER: "Teacher after"}.get(name) or f"Student after, {NAMES[name]}"


if __name__ == "__main__":
    main()
