"""Train one cell of a grid again and compare its scores with the published ones: equal, within the spread, or not.

Two runs of the same cell on different kinds of machine differ like two seeds: training amplifies rounding. So a score
is within the spread if it is nearer to the published one than the repeatability limit of ISO 5725: the difference that
two runs of a configuration, which differ in their seeds alone, exceed with a probability of 5 %, over all scores.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student_t

from trident.evaluation.execution import summarise
from trident.evaluation.execution import verdicts as of_grid
from trident.experiment import artifacts, params, paths
from trident.experiment.params import Parameters
from trident.experiment.paths import Run
from trident.reporting import results
from trident.workflow import notebooks, stages

EQUAL, WITHIN, OUTSIDE = "equal", "within the spread", "outside the spread"
EXIT_CODES = {EQUAL: 0, WITHIN: 3, OUTSIDE: 4}
LEVEL = 0.05  # that any of the scores is outside, when nothing but the seed differs
_OF_TRAINING = ("validation_loss", "steps")


class VerifyError(ValueError):
    """The cell cannot be compared; the message says what there is instead."""


@dataclass(frozen=True)
class Cell:
    """A student of a grid: the published scores of all students, and the jobs that make its own again.

    Attributes:
        published: the rows of ``runs.csv``.
        jobs: those that the cell needs, in an order in which they can run, below another `runs_dir`.
        other_code: the stages whose code or parameters are not those of the published scores.
    """

    profile: str
    grid: str | None
    configuration: str
    seed: int
    runs_dir: str
    published: pd.DataFrame
    jobs: tuple[stages.Job, ...]
    other_code: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.configuration}-s{self.seed}"


def find(name: str, profile: str, grid: str | None = None, *, runs_dir: str) -> Cell:
    """The cell `name`, ``<configuration>-s<seed>``, of a grid.

    Raises:
        VerifyError: the grid has no published scores, or none of this cell; the message names the nearest.
    """
    jobs = stages.grid(profile, grid)
    folder = jobs[-1].folder
    command = f"make reproduce PROFILE={profile}" + (f" GRID={grid}" if grid else "")
    if not (folder / "runs.csv").is_file():
        raise VerifyError(f"{folder / 'runs.csv'} is missing: there is nothing to compare with. `{command}` makes it")
    published = pd.read_csv(folder / "runs.csv")
    cells = {f"{row.configuration}-s{row.seed}": (row.configuration, row.seed) for row in published.itertuples()}
    if name not in cells:
        [nearest] = difflib.get_close_matches(name, cells, n=1, cutoff=0.0)
        raise VerifyError(f"{folder / 'runs.csv'} has no cell {name}: the nearest is {nearest}")
    configuration, seed = cells[name]
    record = json.loads((folder / artifacts.PROVENANCE).read_text(encoding="utf-8"))
    own = list(of_cell(jobs, configuration, seed))
    other = tuple(job.notebook.stem for job in own if job.digest not in record["made_with"])
    alone = {"configurations": [configuration], "seeds": [seed]}
    elsewhere = tuple(
        dataclasses.replace(
            job,
            overrides={**job.overrides, **(alone if isinstance(job, stages.Verdicts) else {}), "runs_dir": runs_dir},
        )
        for job in own
    )
    return Cell(profile, grid, configuration, seed, runs_dir, published, elsewhere, other)


def of_cell(jobs: Sequence[stages.Job], configuration: str, seed: int) -> Iterator[stages.Job]:
    """Those of a grid's jobs that one student's scores need."""
    identity = {"configuration": configuration, "seed": seed}
    student = next(job for job in jobs if job.notebook.stem == "04_distill" and identity.items() <= job.values.items())
    for job in jobs:
        wanted = {
            "03_logits": {name: student.values[name] for name in ("codec", "unlabelled")},
            "04_distill": identity,
            "05_evaluate": {**identity, "model": "student"},
        }.get(job.notebook.stem, {})
        if job.notebook.stem != "06_tables" and wanted.items() <= job.values.items():
            yield job


def run_again(cell: Cell) -> Iterator[str]:
    """Run what is not finished of the cell's jobs. Yields a line before each."""
    renewed = False
    for job in cell.jobs:
        place = stages.from_root(job.folder)
        if job.provenance.is_file() and not job.stale() and not renewed:
            yield f"{job.notebook.stem}: finished before, in {place}"
            continue
        yield f"{job.notebook.stem}: runs in {place}"
        renewed = True
        if isinstance(job, stages.Verdicts):
            os.environ["TRIDENT_CODE_DIGEST"] = job.digest
            of_grid.make(Parameters(**job.values), [cell.name])
        else:
            notebooks.execute(job, steps_only=True)


def scores(cell: Cell) -> pd.DataFrame:
    """What came out: the columns of ``runs.csv`` that there are, by split. Without a JDK there are none of execution.

    Raises KeyError where a score that needs no JDK is missing.
    """
    run = Run(cell.profile, cell.runs_dir)
    folder = run.scores(cell.name)
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    variant = _variant(cell)
    training = {name: metrics["training"][name] for name in _OF_TRAINING}
    found = {split: {**training, **of[variant]} for split, of in metrics["splits"].items()}
    said = next((job for job in cell.jobs if isinstance(job, stages.Verdicts)), None)
    if said is not None and of_grid.NOT_RUN not in artifacts.require(said.folder, "table of verdicts"):
        table = pd.read_parquet(said.folder / of_grid.FILE, columns=["id", "prediction", *results.EXECUTION])
        answers = pd.read_parquet(folder / "scores.parquet", filters=[("variant", "==", variant)])
        answers = answers[["id", "split", "prediction"]]
        answers = results.with_verdicts(answers, table.set_index(["id", "prediction"]), folder)
        for split, part in answers.groupby("split"):
            means = summarise(part)
            found[str(split)] |= {name: means.get(name, math.nan) for name in results.EXECUTION}
    missing = {name for name in results.EXECUTION if not all(name in row for row in found.values())}
    names = [name for name in cell.published if name in {*results.MEASURES, *_OF_TRAINING} - missing]
    return pd.DataFrame({split: {name: row[name] for name in names} for split, row in found.items()}).T.astype(float)


def _variant(cell: Cell) -> str:
    """The variant of the scores in the grid's tables."""
    layers = [paths.PARAMS / f"{cell.profile}.yaml", *([paths.PARAMS / f"grids/{cell.grid}.yaml"] if cell.grid else [])]
    return params.complete(params.load(*layers)).cqs_variant


def compare(published: pd.DataFrame, configuration: str, seed: int, again: pd.DataFrame) -> pd.DataFrame:
    """One row per split and score: published, again, limit, verdict.

    Args:
        published: rows of ``runs.csv``, with six digits after the decimal point.
        again: what the cell's new run gave: index split, columns scores.
    """
    own = published[(published["configuration"] == configuration) & (published["seed"] == seed)].set_index("split")
    names = [name for name in again if name in own]
    pairs = [
        (split, name)
        for split in own.index
        for name in names
        if name not in _OF_TRAINING or split == own.index[-1]  # the same in every split
    ]
    rows = []
    for split, name in pairs:
        before, now = float(own.loc[split, name]), round(float(again.loc[split, name]), 6)
        limit = repeatability(published[published["split"] == split], name, len(pairs))
        same = before == now or (math.isnan(before) and math.isnan(now))
        verdict = EQUAL if same else WITHIN if abs(now - before) <= limit else OUTSIDE
        rows.append({"split": split, "score": name, "published": before, "again": now, "limit": limit, "says": verdict})
    return pd.DataFrame(rows)


def repeatability(runs: pd.DataFrame, name: str, comparisons: int) -> float:
    """The limit for the difference of two runs of one configuration, from the variance over seeds of all of them.

    t(1 − LEVEL / 2 / comparisons)·√2·s, where s² is the pooled variance within configurations. NaN if no configuration
    has two seeds.
    """
    groups = runs.groupby("configuration")[name]
    freedom = int((groups.count() - 1).sum())
    if freedom < 1:
        return math.nan
    deviations = runs[name] - groups.transform("mean")
    variance = float((deviations**2).sum()) / freedom
    return float(student_t.ppf(1 - LEVEL / 2 / comparisons, freedom) * np.sqrt(2 * variance))


def verdict(compared: pd.DataFrame) -> str:
    """EQUAL if all scores are, OUTSIDE if any is, else WITHIN."""
    says = set(compared["says"])
    return OUTSIDE if OUTSIDE in says else WITHIN if WITHIN in says else EQUAL


def summary(cell: Cell, compared: pd.DataFrame) -> str:
    """What came out, as text."""
    shown = compared.assign(difference=compared["again"] - compared["published"])
    table = shown[["split", "score", "published", "again", "difference", "limit", "says"]]
    missing = [name for name in results.EXECUTION if name in cell.published and name not in set(compared["score"])]
    lines = [table.to_string(index=False, float_format="{:.6f}".format, na_rep=""), ""]
    if missing:
        lines.append(f"Not compared, as there is no JDK: {', '.join(missing)}.")
    if cell.other_code:
        lines.append(f"The published scores are of other code, parameters or Python in: {', '.join(cell.other_code)}.")
    outcome = verdict(compared)
    counts = compared["says"].value_counts()
    said = ", ".join(f"{counts[name]} {name}" for name in (EQUAL, WITHIN, OUTSIDE) if name in counts)
    lines.append(f"{cell.name}: {outcome} ({said}).")
    return "\n".join(lines)


def report(name: str, profile: str, grid: str | None, runs_dir: str) -> int:
    """Run a cell again and print what came out. Returns the exit code, one of EXIT_CODES."""
    cell = find(name, profile, grid, runs_dir=runs_dir)
    for line in run_again(cell):
        print(line, flush=True)
    compared = compare(cell.published, cell.configuration, cell.seed, scores(cell))
    print(summary(cell, compared))
    return EXIT_CODES[verdict(compared)]
