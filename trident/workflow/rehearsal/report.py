"""The tables of a rehearsal, for reading: what was measured, and what it means for the whole grid."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from trident.experiment import artifacts
from trident.reporting.rendering import Table
from trident.workflow.rehearsal import projection
from trident.workflow.rehearsal.cost import Cost
from trident.workflow.rehearsal.projection import GPUS, Grid

NAME = "rehearsal"
_GIB = 2**30


def write(record: Mapping[str, Any], folder: Path) -> None:
    """Write the record, as JSON, and all its tables, as Markdown."""
    artifacts.write_json(folder / f"{NAME}.json", record)
    tables = (stages(record), models(record), gpus(record), disk(record))
    artifacts.write_text(folder / f"{NAME}.md", "\n".join(table.markdown() for table in tables))


def readme(record: Mapping[str, Any]) -> str:
    """What README.md says to expect of the paper at full size."""
    lengths, peak = record["lengths"], max(job["peak_bytes"] for job in record["jobs"])
    said = (
        f"`make rehearsal` ran all six notebooks of this profile on random weights of the real sizes, on a CPU "
        f"({record['machine']}), with {record['rehearsed']['train_examples']} training examples of {lengths['source']} "
        f"and {lengths['target']} tokens: {record['seconds'] / 60:.0f} minutes, at most {peak / _GIB:.0f} GiB. The "
        "hours on GPUs are counted operations over a share of published peaks, and not less than a step took on an "
        "H200 ([docs/reproducibility.md](docs/reproducibility.md)). The grid was not run on a GPU. Examples shorter "
        "than the limit take less."
    )
    return f"{said}\n\n{gpus(record).markdown()}\n{disk(record).markdown()}"


def stages(record: Mapping[str, Any]) -> Table:
    """Seconds and peak memory of each job."""
    jobs = pd.DataFrame(record["jobs"])
    text = [[job.stage, job.of, f"{job.seconds:.0f}", f"{job.peak_bytes / _GIB:.1f}"] for job in jobs.itertuples()]
    rehearsed = record["rehearsed"]
    notes = [
        "{train_examples} examples to train on, {validation_examples} to validate, {test_examples} to test; one epoch, "
        "{batch_size} to a forward pass, {gradient_accumulation_steps} passes to a step.".format(**rehearsed),
        "Memory: the most that the largest process had in RAM. Checkpoints are written, and the best one is read.",
    ]
    headings = ("Stage", "Of", "Seconds", "Peak memory (GiB)")
    caption = f"The rehearsal's jobs ({record['machine']})"
    return Table(caption, [("", name) for name in headings], text, jobs, notes, words=2)


def models(record: Mapping[str, Any]) -> Table:
    """What an example costs each model."""
    costs, rows = _costs(record), {}
    for name, cost in costs.items():
        training = record["training"][name]
        rows[name] = {
            "Parameters": f"{cost.parameters:,}",
            "Operations per training example (TFLOP)": f"{cost.flop / 1e12:.3f}",
            "Forward and backward, one example (s)": f"{cost.seconds:.1f}",
            "Sustained here (GFLOP/s)": f"{cost.flop / cost.seconds / 1e9:.0f}",
            "Whole training, per optimiser step (s)": f"{training['seconds'] / training['steps']:.1f}",
            "Memory for backward, per example (GiB)": f"{cost.bytes_per_example / _GIB:.2f}",
            "Weights, gradients and moments (GiB)": f"{projection.IN_TRAINING * cost.parameters / _GIB:.1f}",
            "One answer, alone, on one thread (s)": f"{record['seconds_per_answer'][name]:.1f}",
        }
    cache, lengths = record["cache"], record["lengths"]
    notes = [
        f"One example: {lengths['source']} tokens to read, {lengths['target']} to write. Random weights never end an "
        "answer, so each has the greatest length.",
        f"Products in {'bf16' if record['bf16'] else 'float32'}. Whole training: validation and checkpoints with it.",
        f"Teacher cache ({cache['codec']}): {cache['bytes_per_token']:,.0f} bytes per target token, "
        f"{record['extraction_seconds'] / cache['examples']:.1f} s per example.",
    ]
    numbers = pd.DataFrame(record["costs"]).T.rename_axis("model").reset_index()
    headings = list(next(iter(rows.values())))
    text = [[heading, *(row[heading] for row in rows.values())] for heading in headings]
    return Table("What an example costs", [("", name) for name in ("", *rows)], text, numbers, notes)


def gpus(record: Mapping[str, Any]) -> Table:
    """Hours of the whole grid on named GPUs, and which batch fits."""
    grid, costs = Grid(**record["grid"]), _costs(record)
    text, numbers = [], []
    for gpu in GPUS:
        hours = projection.hours(gpu, grid, **costs)
        fits = {name: projection.largest_batch(gpu, cost) for name, cost in costs.items()}
        batches = [str(fits[name]) for name in ("teacher", "student")]
        text.append([gpu.name, *(f"{value:.1f}" for value in hours.values()), *batches])
        numbers.append({"gpu": gpu.name, **hours, **{f"batch of the {name}": size for name, size in fits.items()}})
    shares, least_seconds = f"{projection.OF_ARITHMETIC:.0%}", projection.LEAST_SECONDS.items()
    beside = projection.processor_hours(grid, _processor_seconds(record))
    notes = [
        f"Upper bounds, as every example has the greatest length: {grid.train:,} to train on, {grid.validation:,} to "
        f"validate after each of {grid.epochs} epochs, {grid.scored:,} answered by each of {grid.students + 2} models.",
        f"Operations as PyTorch counts them, over {shares} of the published peak: bf16 for training, but at least "
        + " and ".join(f"{1000 * least:.0f} ms for an example of the {who}" for who, least in least_seconds)
        + ", as measured on an H200 with this batch, and float32 for "
        f"answers and cache; writing an answer reads the decoder per token, at {projection.OF_MEMORY_RATE:.0%} of the "
        "published memory rate.",
        "Beside it, hours of processors as here: "
        + ", ".join(f"{name} {value:.1f}" for name, value in beside.items())
        + ".",
        f"Batch: examples of a forward pass that fit, without fused attention; the profile takes "
        f"{record['batch_size']}. Where fewer fit, halve `batch_size` and double `gradient_accumulation_steps`.",
    ]
    names = ("Teacher (h)", "Cache (h)", "One student (h)", f"{grid.students} students (h)", "Answers (h)", "All (h)")
    columns = [("", "GPU"), *(("", name) for name in names), ("Batch", "teacher"), ("Batch", "student")]
    caption = "The whole grid at full size, projected"
    return Table(caption, columns, text, pd.DataFrame(numbers), notes)


def disk(record: Mapping[str, Any]) -> Table:
    """What the whole grid takes on disk."""
    parts = projection.disk(Grid(**record["grid"]), record["bytes"])
    text = [[name[0].upper() + name[1:], f"{size / 1e9:,.1f}"] for name, size in parts.items()]
    notes = ["From the rehearsal's files; the cache as if every target had the greatest length."]
    numbers = pd.DataFrame([{"part": name, "bytes": math.ceil(size)} for name, size in parts.items()])
    return Table("Disk for the whole grid", [("", ""), ("", "GB")], text, numbers, notes)


def _costs(record: Mapping[str, Any]) -> dict[str, Cost]:
    return {name: Cost(**values) for name, values in record["costs"].items()}


def _processor_seconds(record: Mapping[str, Any]) -> dict[str, float]:
    answer = record["seconds_per_answer"]
    return {
        "score": record["seconds_per_score"],
        "forward": record["costs"]["student"]["forward_seconds"],
        "fp32": answer["student"],
        "int8": answer["student in int8"],
    }
