"""The scores of one grid: read from the files that notebook 05 wrote, and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import pandas as pd

from trident.experiment import artifacts
from trident.experiment.params import BASELINES
from trident.experiment.paths import Run
from trident.reporting import published

#: The measures of Table 1: name in the files → heading.
MEASURES = {
    "exact_match": "Exact match",
    "cqs": "CQS",
    "semantic": "Semantic",
    "codebleu": "CodeBLEU",
    "ast": "AST valid",
    "token_accuracy": "Token acc.",
}
#: The models that a grid's students are compared with; each must have been scored.
REFERENCE_MODELS = ("undistilled", "teacher", *BASELINES)
#: The paper's order, so that the tables can be read side by side. Other configurations follow in the order given.
_ORDER = (*published.TABLE1, "ce")


class ResultsError(RuntimeError):
    """Scores are missing or do not belong together; the message names them and says what to run."""


@dataclass(frozen=True)
class Results:
    """The scores of one profile's grid.

    Attributes:
        variant: the variant of the scores in the tables' main columns and in `scores`.
        configurations: in the order of the tables.
        baseline: the configuration that the others are compared with.
        metrics: model (:data:`REFERENCE_MODELS` and ``<configuration>-s<seed>``) → its ``metrics.json``.
        scores: one row per example, split and model: model, configuration and seed (missing for reference models), id,
            group, split and the measures.
        inputs: the folders that are read: those of the scores, and those of the students whose training logs are shown.
        ignored: models that have scores but are not in the grid.
    """

    run: Run
    variant: str
    configurations: tuple[str, ...]
    baseline: str
    seeds: tuple[int, ...]
    splits: tuple[str, ...]
    metrics: Mapping[str, Mapping[str, Any]]
    scores: pd.DataFrame
    inputs: Mapping[str, Path]
    ignored: tuple[str, ...]

    def models(self, row: str) -> list[str]:
        """The models behind one row of a table: a configuration's students, by seed, or a reference model."""
        return [f"{row}-s{seed}" for seed in self.seeds] if row in self.configurations else [row]

    def values(self, row: str, split: str, measure: str, variant: str | None = None) -> list[float]:
        """A set score of each model behind one row."""
        variant = variant or self.variant
        return [self.metrics[model]["splits"][split][variant][measure] for model in self.models(row)]

    def training_logs(self) -> dict[str, list[dict[str, float]]]:
        """Configuration → training log of its student with the first seed. Raises ResultsError without one."""
        seed, logs = self.seeds[0], {}
        for configuration in self.configurations:
            file = self.run.student(configuration, seed) / "history.json"
            if not file.is_file():
                raise ResultsError(
                    f"the training log {file} is missing: run 04_distill for configuration {configuration}, seed {seed}"
                )
            logs[configuration] = json.loads(file.read_text(encoding="utf-8"))
        return logs


def collect(
    run: Run, configurations: Sequence[str], seeds: Sequence[int], variant: str, baseline: str = published.BASELINE
) -> Results:
    """Read the scores of a grid and of the reference models. `baseline` need not be in the grid.

    Raises:
        ResultsError: scores are missing or unfinished (each named, with the commands that make them), lack a key, or
            belong to other examples than the other scores.
    """
    students = {run.student(name, seed).name: (name, seed) for name in configurations for seed in seeds}
    folders = {model: run.scores(model) for model in (*REFERENCE_MODELS, *students)}
    _check_finished(run, folders, students)
    metrics, frames = {}, []
    for model, folder in folders.items():
        configuration, seed = students.get(model, (None, None))
        metrics[model] = _read_metrics(folder, configuration, seed, variant)
        frames.append(_read_scores(folder, variant).assign(model=model, configuration=configuration, seed=seed))
    scores = pd.concat(frames, ignore_index=True).astype({"seed": "Int64"})
    splits = tuple(sorted(metrics["teacher"]["splits"], key=lambda split: (split != "validation", split)))
    _check_same_examples(scores, metrics, splits)
    scored = {file.parent.name for file in run.scores("teacher").parent.glob(f"*/{artifacts.PROVENANCE}")}
    return Results(
        run,
        variant,
        tuple(sorted(configurations, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))),
        baseline,
        tuple(seeds),
        splits,
        metrics,
        scores,
        {
            **{f"scores/{model}": folder for model, folder in folders.items()},
            **{f"students/{name}-s{seeds[0]}": run.student(name, seeds[0]) for name in configurations},
        },
        tuple(sorted(scored - set(folders))),
    )


def _check_finished(run: Run, folders: Mapping[str, Path], students: Mapping[str, tuple[str, int]]) -> None:
    missing = [model for model, folder in folders.items() if not (folder / artifacts.PROVENANCE).is_file()]
    if not missing:
        return
    profile = f"-f params/{run.profile}.yaml"
    lines = [f"{len(missing)} of {len(folders)} scores are missing or unfinished in {run.scores('teacher').parent}:"]
    for model in missing[:3]:
        command = f"python -m trident run 05_evaluate {profile} -p model {model}"
        if model in students:
            configuration, seed = students[model]
            files = f"{profile} -f params/configs/{configuration}.yaml -f params/seeds/{seed}.yaml"
            command = f"python -m trident run 04_distill {files}, then python -m trident run 05_evaluate {files}"
        lines.append(f"  {model}: {command}")
    if len(missing) > 3:
        lines.append(f"  and {', '.join(missing[3:])}")
    lines.append(f"Or everything that is missing at once: make reproduce PROFILE={run.profile}")
    raise ResultsError("\n".join(lines))


def _read_metrics(folder: Path, configuration: str | None, seed: int | None, variant: str) -> dict[str, Any]:
    """``metrics.json``, checked for what the tables read and for belonging to its folder."""
    file, remedy = folder / "metrics.json", "run 05_evaluate again for it"
    try:
        metrics = json.loads(file.read_text(encoding="utf-8"))
        for scores in metrics["splits"].values():
            for name in {variant, *scores}:
                itemgetter(*MEASURES)(scores[name])
        found = metrics["configuration"], metrics["seed"]
        if folder.name not in BASELINES:
            itemgetter("parameters", "weight_bytes", "latency", "memory")(metrics["efficiency"])
        if configuration is not None:
            itemgetter("steps", "seconds")(metrics["training"])
    except (OSError, ValueError) as error:
        raise ResultsError(f"{file} cannot be read ({error}): {remedy}") from None
    except (KeyError, TypeError) as error:
        raise ResultsError(f"{file} lacks {error}: {remedy}") from None
    if found != (configuration, seed):
        raise ResultsError(
            f"{file} says configuration {found[0]!r} and seed {found[1]!r}, its folder {folder.name}: {remedy}"
        )
    if not metrics["splits"]:
        raise ResultsError(f"{file} holds no split: {remedy}")
    return metrics


def _read_scores(folder: Path, variant: str) -> pd.DataFrame:
    file, columns = folder / "scores.parquet", ["id", "group", "split", *MEASURES]
    try:
        return pd.read_parquet(file, columns=columns, filters=[("variant", "==", variant)])
    except (OSError, ValueError) as error:
        raise ResultsError(
            f"{file} cannot be read as a table with the columns {', '.join(columns)} ({error}): "
            "run 05_evaluate again for it"
        ) from None


def _check_same_examples(scores: pd.DataFrame, metrics: Mapping[str, Mapping[str, Any]], splits: Sequence[str]) -> None:
    """All models must have been scored on the same examples, or their scores cannot stand in one table."""
    examples = {
        model: sorted(zip(rows["split"], rows["id"], strict=True))
        for model, rows in scores.groupby("model", sort=False)
    }
    first, wanted = next(iter(examples.items()))
    for model, found in examples.items():
        if found != wanted or set(metrics[model]["splits"]) != set(splits):
            raise ResultsError(
                f"the scores of {model} and of {first} are not of the same examples: they come from different corpora. "
                "Run 05_evaluate again for the older of them."
            )
