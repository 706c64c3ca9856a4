"""The files that notebooks 04 and 05 write for a grid, with random scores: for the tests of what reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trident.experiment import params
from trident.experiment.params import BASELINES, REAL_BASELINES, real_baselines
from trident.experiment.paths import PARAMS, Run
from trident.reporting.agreement import OF_CODEBLEU
from trident.reporting.results import Results, collect

CONFIGURATIONS = ("ce", "ce_kl", "trident_static", "trident_dynamic", "ce_jsd_semantic", "focal_jsd", "focal_semantic")
SEEDS = (13, 42, 2025)
PAIR = ("ce", "ce_kl")
VARIANTS = ("strict", "paper", "released", "released_teacher")
KINDS = ("assertEquals", "assertTrue", "assertNotNull")
REFERENCES = (
    "assertEquals(3, list.size());",
    "assertTrue(list.isEmpty());",
    "assertNotNull(list);",
    "assertEquals(5, map.size());",
    "assertTrue(map.containsKey(key));",
    "assertNotNull(list);",
)
#: What execution adds to the scores, and to ``metrics.json``.
MEANS_OF_EXECUTION = ["compiles", "passes", "equivalent", "relative_mutation_score"]
EXECUTED = ["verdict", "mutants", "reference_kills", "kills", *MEANS_OF_EXECUTION]
#: Every so many examples, the reference kills no mutant.
KILLS_NOTHING = 10
#: The loss components of each configuration, for its training log.
COMPONENTS = {
    "ce": ["ce"],
    "ce_kl": ["ce", "kl"],
    "trident_static": ["focal", "jsd", "semantic"],
    "trident_dynamic": ["focal", "jsd", "semantic"],
    "ce_jsd_semantic": ["ce", "jsd", "semantic"],
    "focal_jsd": ["focal", "jsd"],
    "focal_semantic": ["focal", "semantic"],
}


def write(
    runs_dir: Path,
    *,
    configurations: Sequence[str] = CONFIGURATIONS,
    seeds: Sequence[int] = SEEDS,
    examples: int = 40,
    quality: Mapping[str, float] | None = None,
    seed_std: Mapping[str, float] | None = None,
    splits: Sequence[str] = ("validation", "unseen", "test"),
    profile: str = "sandbox",
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    executed: bool = True,
    corpus: str = "sandbox",
) -> Run:
    """Scores of a grid and of the reference models, and the students' training logs.

    Args:
        quality: model or configuration → share of right answers, over the defaults.
        seed_std: likewise, how far that share differs between seeds (0.02).
        overrides: configuration → parameters, over those of its file in params/configs, if there is one.
        corpus: the parameter; on real Java there are more baselines, which also say what can be copied: every other
            reference.
        executed: with what a JVM says of the answers; False: as notebook 05 writes the files without a JDK.
    """
    run = Run(profile, str(runs_dir))
    _provenance(run.corpus, {"train_examples": 4000, "corpus": corpus})
    quality = {
        "teacher": 0.75,
        "undistilled": 0.02,
        "identity": 1.0,
        "most_frequent": 0.1,
        "shuffled": 0.05,
        **dict.fromkeys(REAL_BASELINES, 0.15),
        **{name: 0.45 + 0.02 * i for i, name in enumerate(configurations)},
        **(quality or {}),
    }
    difficulty = np.random.default_rng(1).uniform(-0.3, 0.3, examples * len(splits))
    for i, model in enumerate(["teacher", "undistilled"]):
        parameters = 520_000 if i else 1_800_000
        _model(run.scores(model), model, None, None, quality[model], difficulty, splits, 100 + i, parameters)
    for i, model in enumerate(BASELINES + real_baselines(corpus)):
        _model(run.scores(model), model, None, None, quality[model], difficulty, splits, 200 + i, None)
    for model in real_baselines(corpus):
        predictions = pd.read_parquet(run.scores(model) / "scores.parquet").drop_duplicates("id")[["id", "split"]]
        predictions["copyable"] = predictions["id"].str.removeprefix("e").astype(int) % 2 == 0
        predictions.to_parquet(run.scores(model) / "predictions.parquet", index=False)
    probes().to_parquet(run.scores("teacher") / "probes.parquet", index=False)
    for i, configuration in enumerate(configurations):
        for seed in seeds:
            student, state = run.student(configuration, seed), 1000 * i + seed
            own = np.random.default_rng(state).normal(quality[configuration], (seed_std or {}).get(configuration, 0.02))
            arguments = (configuration, seed, own, difficulty, splits, state, 520_000)
            _model(run.scores(student.name), "student", *arguments)
            _history(student, configuration, seed, (overrides or {}).get(configuration, {}))
    if not executed:
        for folder in run.scores("teacher").parent.iterdir():
            leave_out_execution(run, folder.name)
    return run


def leave_out_execution(run: Run, model: str) -> None:
    """Make the files of a model's scores what notebook 05 writes without a JDK."""
    file = run.scores(model) / "scores.parquet"
    pd.read_parquet(file).drop(columns=EXECUTED).to_parquet(file, index=False)

    def change(metrics: dict) -> None:
        for variants in metrics["splits"].values():
            for means in variants.values():
                for name in MEANS_OF_EXECUTION:
                    del means[name]

    edit_metrics(run, model, change)


def leave_execution_to_the_grid(run: Run, results_dir: str = "") -> Path:
    """Move what a JVM says from a grid's scores into the table of its own step. Returns the folder of that.

    An answer to a blank has one verdict there, so call :func:`give_each_model_answers_of_its_own` before.
    """
    said = []
    for folder in run.scores("teacher").parent.iterdir():
        scores = pd.read_parquet(folder / "scores.parquet")
        said.append(scores[["id", "prediction", *EXECUTED]])
        leave_out_execution(run, folder.name)
    table = pd.concat(said).drop_duplicates(["id", "prediction"]).sample(frac=1, random_state=3)
    made = run.verdicts(results_dir)
    _provenance(made, {})
    table.to_parquet(made / "verdicts.parquet", index=False)
    return made


def give_each_model_answers_of_its_own(run: Run) -> None:
    for folder in run.scores("teacher").parent.iterdir():
        file = folder / "scores.parquet"
        scores = pd.read_parquet(file)
        scores["prediction"] += f" // {folder.name}"
        scores.to_parquet(file, index=False)


def probes() -> pd.DataFrame:
    """The contrasts of three probes with random scores, as ``trident.evaluation.probes.rank`` returns them."""
    rng = np.random.default_rng(2)
    contrasts = [("p1", "opposite"), ("p1", "off_by_one"), ("p2", "opposite"), ("p3", "literal")]
    rows = [
        {
            "probe": probe,
            "equivalent": "negation",
            "wrong": wrong,
            "measure": measure,
            "variant": variant,
            "encoder": "all-MiniLM-L6-v2" if measure in ("semantic", "cqs") else "",
            "equivalent_score": rng.uniform(),
            "wrong_score": rng.uniform(),
        }
        for probe, wrong in contrasts
        for measure in ("semantic", "codebleu", "ast", "token_accuracy", "cqs")
        for variant in VARIANTS[:3]
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(above=(frame["equivalent_score"] > frame["wrong_score"]).astype(float))


def _model(
    folder: Path,
    model: str,
    configuration: str | None,
    seed: int | None,
    quality: float,
    difficulty: np.ndarray,
    splits: Sequence[str],
    state: int,
    parameters: int | None,
) -> None:
    rng = np.random.default_rng(state)
    number = len(difficulty)
    split = np.repeat(splits, number // len(splits))
    chance = np.clip(quality + difficulty - 0.15 * (split == "unseen"), 0.01, 0.99)
    right = rng.uniform(size=number) < chance if model != "identity" else np.full(number, True)
    rows = pd.DataFrame(
        {
            "id": [f"e{i}" for i in range(number)],
            "group": [f"g{i // 3}" for i in range(number)],
            "kind": [KINDS[i % len(KINDS)] for i in range(number)],
            "split": split,
            "reference": [REFERENCES[i % len(REFERENCES)] for i in range(number)],
        }
    )
    rows["prediction"] = rows["reference"].where(right, "assertFalse(done);")
    accepted = right | (rng.uniform(size=number) < 0.3 * chance)
    execution = _execution(accepted, rng)
    frames = []
    for i, variant in enumerate(VARIANTS):
        part = {
            name: np.where(right, 1.0, rng.uniform(low, low + 0.4, number))
            for name, low in (("semantic", 0.5), ("codebleu", 0.1), ("ast", 0.6), ("token_accuracy", 0.05 * i))
        }
        parts = dict.fromkeys(OF_CODEBLEU, part["codebleu"] if variant == "strict" else np.nan)
        cqs = 0.3 * part["semantic"] + 0.3 * part["codebleu"] + 0.2 * part["ast"] + 0.2 * part["token_accuracy"]
        frames.append(
            rows.assign(
                variant=variant,
                cqs=cqs,
                **part,
                **parts,
                accepted=accepted,
                **execution,
                exact_match=right,
                exact_match_raw=right,
                kind_match=right,
                empty=False,
            )
        )
    scores = pd.concat(frames, ignore_index=True)
    names = [
        "cqs",
        "semantic",
        "codebleu",
        "ast",
        "token_accuracy",
        "accepted",
        "exact_match",
        "exact_match_raw",
        "kind_match",
        *MEANS_OF_EXECUTION,
    ]
    means = {
        name: {
            variant: {measure: _mean(some[measure]) for measure in names}
            for variant, some in part.groupby("variant", sort=False)
        }
        for name, part in scores.groupby("split")
    }
    speed = (parameters or 0) / 1e5
    efficiency = parameters and {
        "parameters": parameters,
        "weight_bytes": 4 * parameters,
        "latency": {"median_ms": 10 + speed + rng.uniform(), "p90_ms": 15 + speed},
        "memory": {"tensors_mib": 4 * parameters / 2**20 + 1.5, "process_mib": 700.0},
    }
    trained = model in ("student", "teacher")
    metrics = {
        "model": model,
        "configuration": configuration,
        "seed": seed,
        "splits": means,
        "efficiency": efficiency,
        "training": {"steps": 376, "seconds": float(40 + rng.uniform()), "validation_loss": 1.5 - float(right.mean())}
        if trained
        else None,
    }
    folder.mkdir(parents=True)
    scores.to_parquet(folder / "scores.parquet", index=False)
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "provenance.json").write_text('{"code": "fake", "made_with": ["fake"]}')
    if model not in BASELINES + REAL_BASELINES:
        forms(rng).to_parquet(folder / "label_distribution.parquet", index=False)


def _mean(values: pd.Series) -> float | None:
    """JSON has no NaN."""
    return None if values.isna().all() else float(values.mean())


def _execution(accepted: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """An accepted answer passes and kills what the reference kills; of the others, some pass and kill less."""
    number = len(accepted)
    passes = accepted | (rng.uniform(size=number) < 0.3)
    reference_kills = np.where(np.arange(number) % KILLS_NOTHING, 4, 0)
    kills = np.where(passes, np.where(accepted, 4, rng.integers(0, 4, number)), 0) * (reference_kills > 0)
    known = reference_kills > 0
    return {
        "verdict": np.where(passes, "passes", "fails"),
        "compiles": np.full(number, True),
        "passes": passes,
        "mutants": np.full(number, 8),
        "reference_kills": reference_kills,
        "kills": kills,
        "relative_mutation_score": np.where(known, kills / 4, np.nan),
        "equivalent": np.where(known, (passes & (kills == reference_kills)).astype(float), np.nan),
    }


def forms(rng: np.random.Generator) -> pd.DataFrame:
    """Three blanks of two or three forms each, as ``trident.evaluation.label_distribution`` returns them."""
    parts = []
    for blank, number in (("e1", 2), ("e2", 3), ("e4", 2)):
        logs = np.log(rng.dirichlet(np.ones(number))) - 0.5
        true = rng.dirichlet(np.ones(number))
        names = [f"form {i}" for i in range(number)]
        parts.append(pd.DataFrame({"id": blank, "form": names, "probability": true, "log_probability": logs}))
    return pd.concat(parts, ignore_index=True)


def _provenance(folder: Path, parameters: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True)
    record = {"code": "fake", "made_with": ["fake"], "parameters": dict(parameters)}
    (folder / "provenance.json").write_text(json.dumps(record))


def _history(folder: Path, configuration: str, seed: int, parameters: Mapping[str, Any]) -> None:
    rng = np.random.default_rng(seed)
    lines = []
    for step in range(25, 376, 25):
        line = {"step": step, "epoch": step / 188, "loss": 3 * np.exp(-step / 150)}
        for i, name in enumerate(COMPONENTS.get(configuration, ["ce"])):
            line |= {
                f"loss_{name}": (3 - 0.6 * i) * np.exp(-step / 150) + 0.3 + rng.uniform(0, 0.05),
                f"weight_{name}": 0.5,
            }
        lines.append(line)
    lines += [
        {"step": step, "epoch": step / 188, "eval_loss": 1.4 - step / 500 + rng.uniform(0, 0.05)} for step in (188, 376)
    ]
    file = PARAMS / f"configs/{configuration}.yaml"
    _provenance(folder, {**params.DEFAULTS, **(params.load(file) if file.is_file() else {}), **parameters})
    (folder / "history.json").write_text(json.dumps(lines))


def collect_pair(run: Run, seeds: Sequence[int] = (13, 42), variant: str = "strict") -> Results:
    return collect(run, PAIR, seeds, variant)


def edit_metrics(run: Run, model: str, change: Callable[[dict], None]) -> None:
    file = run.scores(model) / "metrics.json"
    metrics = json.loads(file.read_text())
    change(metrics)
    file.write_text(json.dumps(metrics))
