"""The scores of one grid: read from the files that notebook 05 wrote, and checked."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from trident.evaluation.execution import summarise, verdicts
from trident.experiment import artifacts
from trident.experiment.params import BASELINES, REAL_BASELINES, real_baselines
from trident.experiment.paths import Run
from trident.reporting import published
from trident.reporting.configurations import Sweep, find_sweeps, name_all

#: What a JVM says of the answers. Scores that were made without a JDK lack it.
EXECUTION = {"passes": "Passes", "equivalent": "Equivalent", "relative_mutation_score": "Mutation score"}
#: The measures of Table 1: name in the files → heading.
MEASURES = {
    "accepted": "Accepted",
    **EXECUTION,
    "exact_match": "Exact match",
    "cqs": "CQS",
    "semantic": "Semantic",
    "codebleu": "CodeBLEU",
    "ast": "AST valid",
    "token_accuracy": "Token acc.",
}
#: What is tested: the share of answers that mean the right thing, by list and by execution, and the paper's score.
TESTED = ("accepted", "equivalent", "cqs")
#: What a model costs: name in `Results.sets`, and where ``metrics.json`` has it below `efficiency`.
COSTS = {
    "parameters": lambda found: found["parameters"],
    "weight_mib": lambda found: found["weight_bytes"] / 2**20,
    "memory_mib": lambda found: found["memory"]["tensors_mib"],
    "latency_ms": lambda found: found["latency"]["median_ms"],
}
#: What notebook 05 measures of a student with weights of 8 bits, and of the same one with 32 bits beside it: name here,
#: and where ``metrics.json`` has it below `int8`.
IN_INT8 = {
    **{name: COSTS[name] for name in ("weight_mib", "memory_mib", "latency_ms")},
    "accepted": lambda found: found["accepted"],
    "exact_match": lambda found: found["exact_match"],
}
_NAMES_IN_INT8 = [f"{block}{name}" for name in IN_INT8 for block in ("", "fp32_")]
#: The models that a grid's students are compared with, all required: above and below the students in the tables. On
#: real Java there are more (`Results.references`).
_ABOVE, _BELOW = (BASELINES[0], "teacher"), ("undistilled", *BASELINES[1:])
REFERENCE_MODELS = _ABOVE + _BELOW
#: The splits in the order of the tables; a corpus may lack all but the last. The first there is gives the headline.
SPLITS = ("test", "unseen", "validation")
#: The split that selected each student's checkpoint, and that selects the student of Table 2.
SELECTION = "validation"
#: The paper's order, so that the tables can be read side by side. Other configurations follow in the order given.
_ORDER = (*published.TABLE1, "ce")


class ResultsError(RuntimeError):
    """Scores are missing or do not belong together; the message names them and says what to run."""


@dataclass(frozen=True)
class Results:
    """The scores of one profile's grid.

    Attributes:
        corpus: the parameter.
        variant: the variant of the scores in the tables' main columns and in `scores`.
        configurations: in the order of the tables.
        baseline: the configuration that the others are compared with.
        splits: in the order of :data:`SPLITS`.
        sets: one row per model, split and variant: `row` (the row of the tables: a configuration or reference model),
            `model` (``<configuration>-s<seed>`` or the reference model), seed, split, variant, the measures,
            :data:`COSTS`, steps, seconds and validation_loss of the training. What a model lacks is missing.
        int8: one row per student whose files say what it is with weights of 8 bits: row, seed, examples (how many
            blanks of the first split were answered), same (the share of answers that stayed), and :data:`IN_INT8` of
            it and, as ``fp32_…``, of the student beside it.
        scores: one row per student, example and split: configuration, seed, id, group, split and the measures.
            `equivalent` and the mutation score are missing where the reference kills no mutant.
        teacher: the same rows of the teacher.
        parameters: configuration → the parameters that its students were trained with.
        train_examples: size of the training split.
        inputs: the folders that are read: those of the scores, and those of the students whose training logs are shown.
        ignored: models that have scores but are not in the grid.
        verdicts: what a JVM says of each answer (index: id, prediction), where the grid's own step has run them all;
            None where notebook 05 wrote that into the scores, or where no answer was run.
    """

    run: Run
    corpus: str
    variant: str
    configurations: tuple[str, ...]
    baseline: str
    seeds: tuple[int, ...]
    splits: tuple[str, ...]
    sets: pd.DataFrame
    int8: pd.DataFrame
    scores: pd.DataFrame
    teacher: pd.DataFrame
    parameters: Mapping[str, Mapping[str, Any]]
    train_examples: int
    inputs: Mapping[str, Path]
    ignored: tuple[str, ...]
    verdicts: pd.DataFrame | None

    @property
    def references(self) -> tuple[str, ...]:
        """What the students are compared with: :data:`REFERENCE_MODELS`, and more baselines on real Java."""
        return REFERENCE_MODELS + real_baselines(self.corpus)

    @property
    def groups(self) -> str:
        """What intervals over other groups are over: what no two splits of the corpus share."""
        return {"sandbox": "classes", "mined": "classes or projects"}.get(self.corpus, "projects")

    @property
    def measures(self) -> tuple[str, ...]:
        """Those of :data:`MEASURES` that the files have: all, or all but :data:`EXECUTION`."""
        return tuple(name for name in MEASURES if name in self.sets)

    @property
    def tested(self) -> tuple[str, ...]:
        """Those of :data:`TESTED` that the files have."""
        return tuple(name for name in TESTED if name in self.sets)

    @property
    def executed(self) -> bool:
        """Whether the files say what a JVM makes of the answers."""
        return set(EXECUTION) <= set(self.sets)

    def over_seeds(self, split: str, variant: str | None = None) -> pd.DataFrame:
        """Mean and standard deviation over seeds: index = row of the tables, columns (measure or cost, mean or std)."""
        some = self.sets[(self.sets["split"] == split) & (self.sets["variant"] == (variant or self.variant))]
        return some.groupby("row", sort=False)[[*self.measures, *COSTS]].agg(["mean", "std"])

    def of_students(self, split: str, configurations: Sequence[str] | None = None) -> pd.DataFrame:
        """The rows of `scores` of one split, and of some configurations (None: all)."""
        wanted = self.scores["split"] == split
        if configurations is not None:
            wanted &= self.scores["configuration"].isin(configurations)
        return self.scores[wanted]

    @functools.cached_property
    def sweeps(self) -> dict[str, Sweep]:
        """The parameters that the grid sweeps."""
        return find_sweeps(self.parameters, self.train_examples)

    @functools.cached_property
    def names(self) -> dict[str, str]:
        """What tables and figures call each configuration and reference model."""
        return name_all(self.parameters, self.sweeps)

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
    run: Run,
    names: Sequence[str],
    seeds: Sequence[int],
    variant: str,
    baseline: str = published.BASELINE,
    executed: Path | None = None,
) -> Results:
    """Read the scores of a grid, of configurations `names`, and of the reference models. `baseline` need not be in it.

    Args:
        executed: the folder of the grid's verdicts, where `execution` is ``grid``.

    Raises:
        ResultsError: scores are missing or unfinished, lack a key, or belong to other examples than the other scores.
    """
    ordered = sorted(names, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))
    students = {run.student(name, seed).name: (name, seed) for name in ordered for seed in seeds}
    made_with = _parameters(run.corpus, "01_preprocess")
    below = _BELOW + real_baselines(made_with["corpus"])
    folders = {model: run.scores(model) for model in (*_ABOVE, *students, *below)}
    _check_finished(run, folders, students)
    said = _read_verdicts(executed) if executed else None
    sets: list[dict[str, Any]] = []
    frames = {}
    for model, folder in folders.items():
        frames[model] = _read_scores(folder, variant, said)
        rows = _read_metrics(folder, students.get(model), variant)
        sets += rows if said is None else _with_means(rows, frames[model])
    _check_same_examples(frames, sets)
    _check_same_measures(frames, sets)
    scores = [frames[model].assign(configuration=name, seed=seed) for model, (name, seed) in students.items()]
    long = pd.concat(scores, ignore_index=True)
    inputs = {f"scores/{model}": folder for model, folder in folders.items()}
    inputs |= {f"students/{name}-s{seeds[0]}": run.student(name, seeds[0]) for name in ordered}
    inputs |= {"verdicts": executed} if executed else {}
    scored = {file.parent.name for file in run.scores("teacher").parent.glob(f"*/{artifacts.PROVENANCE}")}
    ignored = tuple(sorted(scored - set(folders)))
    splits, wide = tuple(dict.fromkeys(row["split"] for row in sets)), pd.DataFrame(sets)
    return Results(
        run,
        made_with["corpus"],
        variant,
        tuple(ordered),
        baseline,
        tuple(seeds),
        splits,
        wide,
        _read_int8(run, students),
        long,
        frames["teacher"],
        {name: _parameters(run.student(name, seeds[0]), "04_distill") for name in ordered},
        made_with["train_examples"],
        inputs,
        ignored,
        said,
    )


def _check_finished(run: Run, folders: Mapping[str, Path], students: Mapping[str, tuple[str, int]]) -> None:
    missing = [model for model, folder in folders.items() if not (folder / artifacts.PROVENANCE).is_file()]
    lines = [f"{len(missing)} of {len(folders)} scores are missing or unfinished in {run.scores('teacher').parent}:"]
    for model in missing[:3]:
        command, files = "python -m trident run", f"-f params/{run.profile}.yaml"
        if model in students:
            configuration, seed = students[model]
            files += f" -f params/configs/{configuration}.yaml -f params/seeds/{seed}.yaml"
            lines.append(f"  {model}: {command} 04_distill {files}, then {command} 05_evaluate {files}")
        elif model in REAL_BASELINES:
            lines.append(f"  {model}: python -m trident baselines {files}")
        else:
            lines.append(f"  {model}: {command} 05_evaluate {files} -p model {model}")
    if len(missing) > 3:
        lines.append(f"  and {', '.join(missing[3:])}")
    if missing:
        raise ResultsError("\n".join([*lines, f"Or all at once: make reproduce PROFILE={run.profile}"]))


def _read_metrics(folder: Path, student: tuple[str, int] | None, variant: str) -> list[dict[str, Any]]:
    """The rows of `Results.sets` for one model. `variant` has to be among the variants, :data:`SELECTION` a split."""
    file, remedy = folder / "metrics.json", "run 05_evaluate again for it"
    configuration, seed = student or (None, None)
    row: dict[str, Any] = {"row": configuration or folder.name, "model": folder.name, "seed": seed}
    rows = []
    try:
        metrics = json.loads(file.read_text(encoding="utf-8"))
        costs, training = metrics["efficiency"], metrics["training"]
        if folder.name not in BASELINES + REAL_BASELINES:
            row |= {name: get(costs) for name, get in COSTS.items()}
        if configuration is not None:
            row |= {name: training[name] for name in ("steps", "seconds", "validation_loss")}
        splits = metrics["splits"]
        for split in (name for name in SPLITS if name in splits or name == SELECTION):
            for name in dict.fromkeys((variant, *splits[split])):
                rows.append({**row, "split": split, "variant": name, **_means(splits[split][name])})
        found = metrics["configuration"], metrics["seed"]
    except (OSError, ValueError) as error:
        raise ResultsError(f"{file} cannot be read ({error}): {remedy}") from None
    except (KeyError, TypeError) as error:
        raise ResultsError(f"{file} lacks {error}: {remedy}") from None
    if found != (configuration, seed):
        raise ResultsError(
            f"{file} says configuration {found[0]!r} and seed {found[1]!r}, its folder {folder.name}: {remedy}"
        )
    return rows


def _read_int8(run: Run, students: Mapping[str, tuple[str, int]]) -> pd.DataFrame:
    """`Results.int8`. Files that are older than its measurement have no row."""
    rows = []
    for model, (configuration, seed) in students.items():
        file = run.scores(model) / "metrics.json"
        found = json.loads(file.read_text(encoding="utf-8")).get("int8")
        if found is None:
            continue
        try:
            row = {"row": configuration, "seed": seed, "examples": found["examples"], "same": found["same"]}
            for name, get in IN_INT8.items():
                row |= {name: get(found["int8"]), f"fp32_{name}": get(found["fp32"])}
        except (KeyError, TypeError) as error:
            raise ResultsError(f"{file} lacks {error} below 'int8': run 05_evaluate again for it") from None
        rows.append(row)
    return pd.DataFrame(rows, columns=["row", "seed", "examples", "same", *_NAMES_IN_INT8])


def _means(found: Mapping[str, Any]) -> dict[str, float]:
    """The measures of one variant; those of execution only if all are there. A mean over nothing is NaN, in JSON null.

    Raises KeyError for another that is missing.
    """
    wanted = [name for name in MEASURES if name not in EXECUTION or set(EXECUTION) <= set(found)]
    return {name: math.nan if found[name] is None else found[name] for name in wanted}


def _parameters(folder: Path, notebook: str) -> dict[str, Any]:
    """The parameters in a finished stage's provenance."""
    try:
        return artifacts.require(folder, folder.name)["parameters"]
    except (artifacts.StageError, KeyError) as error:
        raise ResultsError(f"the parameters of {folder} cannot be read ({error}): run {notebook} for it") from None


def _with_means(rows: Sequence[Mapping[str, Any]], scores: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of one model with the means of what a JVM says of its answers; they are the same in every variant."""
    found = {split: summarise(part) for split, part in scores.groupby("split")}
    return [{**row, **{name: found[row["split"]].get(name, math.nan) for name in EXECUTION}} for row in rows]


def _read_verdicts(folder: Path) -> pd.DataFrame | None:
    """The verdicts of a grid, by id and prediction; None if no answer was run, for want of a JDK for example."""
    remedy = "`make reproduce` makes it, or `python -m trident verdicts` with the files and folder of 06_tables"
    try:
        if verdicts.NOT_RUN in artifacts.require(folder, "table of verdicts"):
            return None
        frame = pd.read_parquet(folder / verdicts.FILE, columns=["id", "prediction", *EXECUTION])
    except (artifacts.StageError, OSError, ValueError) as error:
        raise ResultsError(f"the verdicts on the grid's answers cannot be read ({error}): {remedy}") from None
    return frame.set_index(["id", "prediction"])


def with_verdicts(scores: pd.DataFrame, said: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Scores with what a JVM says of each answer, from `Results.verdicts`.

    Raises:
        ResultsError: an answer was not run.
    """
    found = scores.merge(said, how="left", left_on=["id", "prediction"], right_index=True, indicator=True)
    missing = found["_merge"] != "both"
    if missing.any():
        raise ResultsError(
            f"{missing.sum()} answers of {folder} are not in the grid's verdicts: run `make reproduce`, or `python -m "
            "trident verdicts` with the files and folder of 06_tables, again"
        )
    return found.drop(columns="_merge")


def _read_scores(folder: Path, variant: str, said: pd.DataFrame | None) -> pd.DataFrame:
    file = folder / "scores.parquet"
    columns = ["id", "group", "split", *(name for name in MEASURES if name not in EXECUTION)]
    try:
        frame = pd.read_parquet(file, filters=[("variant", "==", variant)])
        if said is not None:
            frame = with_verdicts(frame[[*columns, "prediction"]], said, folder)
        return frame[[*columns, *(EXECUTION if set(EXECUTION) <= set(frame) else ())]]
    except (OSError, ValueError, KeyError) as error:
        wanted = f"as a table with the columns {', '.join(columns)}"
        raise ResultsError(f"{file} cannot be read {wanted} ({error}): run 05_evaluate again for it") from None


def _check_same_examples(frames: Mapping[str, pd.DataFrame], sets: Sequence[Mapping[str, Any]]) -> None:
    """All models must have been scored on the same examples, or their scores cannot stand in one table."""
    first, wanted = None, None
    for model, frame in frames.items():
        examples = sorted(zip(frame["split"], frame["id"], strict=True))
        first, wanted = first or model, wanted or examples
        if examples != wanted or {row["split"] for row in sets if row["model"] == model} != set(frame["split"]):
            raise ResultsError(
                f"the scores of {model} and of {first} are not of the same examples: they come from different corpora. "
                "Run 05_evaluate again for the older of them."
            )


def _check_same_measures(frames: Mapping[str, pd.DataFrame], sets: Sequence[Mapping[str, Any]]) -> None:
    """Either all scores say what a JVM makes of the answers, or none."""
    executed = {model: set(EXECUTION) <= set(frame) for model, frame in frames.items()}
    lacking = [model for model, there in executed.items() if not there]
    lacking += [row["model"] for row in sets if executed[row["model"]] and not set(EXECUTION) <= set(row)]
    if lacking and any(executed.values()):
        raise ResultsError(
            f"the scores of {', '.join(dict.fromkeys(lacking))} lack {', '.join(EXECUTION)}, which others have: run "
            "05_evaluate again for them, where there is a JDK"
        )
