"""What notebooks 04 and 05 leave of a grid, with drawn numbers: for the tests of what reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from trident.experiment.paths import Run

CONFIGURATIONS = ("ce", "ce_kl", "trident_static", "trident_dynamic", "ce_jsd_semantic", "focal_jsd", "focal_semantic")
SEEDS = (13, 42, 2025)
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
#: What a configuration trains on, for its log.
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
    splits: Sequence[str] = ("test", "validation"),
    profile: str = "sandbox",
) -> Run:
    """Scores of a grid, its teacher and the untrained student, and the students' training logs.

    Args:
        quality: subject or configuration → share of right answers; a default is there for each.
    """
    run = Run(profile, str(runs_dir))
    quality = {
        "teacher": 0.75,
        "undistilled": 0.02,
        **{name: 0.45 + 0.02 * i for i, name in enumerate(configurations)},
        **(quality or {}),
    }
    difficulty = np.random.default_rng(1).uniform(-0.3, 0.3, examples * len(splits))
    for i, subject in enumerate(["teacher", "undistilled"]):
        _subject(
            run.scores(subject),
            subject,
            None,
            None,
            quality[subject],
            difficulty,
            splits,
            100 + i,
            1_800_000 if not i else 520_000,
        )
    for i, configuration in enumerate(configurations):
        for seed in seeds:
            _subject(
                run.scores(f"{configuration}-s{seed}"),
                "student",
                configuration,
                seed,
                quality[configuration],
                difficulty,
                splits,
                1000 * i + seed,
                520_000,
            )
            _history(run.student(configuration, seed), configuration, seed)
    return run


def _subject(
    folder: Path,
    subject: str,
    configuration: str | None,
    seed: int | None,
    quality: float,
    difficulty: np.ndarray,
    splits: Sequence[str],
    state: int,
    parameters: int,
) -> None:
    rng = np.random.default_rng(state)
    number = len(difficulty)
    split = np.repeat(splits, number // len(splits))
    chance = np.clip(quality + difficulty + rng.normal(0, 0.02) - 0.15 * (split == "test"), 0.01, 0.99)
    right = rng.uniform(size=number) < chance
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
    frames = []
    for i, variant in enumerate(VARIANTS):
        part = {
            name: np.where(right, 1.0, rng.uniform(low, low + 0.4, number))
            for name, low in (("semantic", 0.5), ("codebleu", 0.1), ("ast", 0.6), ("token_accuracy", 0.05 * i))
        }
        cqs = 0.3 * part["semantic"] + 0.3 * part["codebleu"] + 0.2 * part["ast"] + 0.2 * part["token_accuracy"]
        frames.append(
            rows.assign(variant=variant, cqs=cqs, **part, exact_match=right, exact_match_raw=right, kind_match=right)
        )
    scores = pd.concat(frames, ignore_index=True)
    names = ["cqs", "semantic", "codebleu", "ast", "token_accuracy", "exact_match", "exact_match_raw", "kind_match"]
    means = {
        name: {
            variant: {measure: float(some[measure].mean()) for measure in names}
            for variant, some in part.groupby("variant", sort=False)
        }
        for name, part in scores.groupby("split")
    }
    strict = scores[scores.variant == "strict"]
    by_kind = {
        name: {
            kind: {"examples": len(some), "exact_match": float(some.exact_match.mean()), "cqs": float(some.cqs.mean())}
            for kind, some in part.groupby("kind")
        }
        for name, part in strict.groupby("split")
    }
    speed = parameters / 1e5
    metrics = {
        "subject": subject,
        "configuration": configuration,
        "seed": seed,
        "splits": means,
        "by_kind": by_kind,
        "model": {
            "parameters": parameters,
            "weight_bytes": 4 * parameters,
            "latency": {"median_ms": 10 + speed + rng.uniform(), "p90_ms": 15 + speed},
            "memory": {"tensors_mib": 4 * parameters / 2**20 + 1.5, "process_mib": 700.0},
        },
        "training": None if subject == "undistilled" else {"steps": 376, "seconds": float(40 + rng.uniform())},
    }
    folder.mkdir(parents=True)
    scores.to_parquet(folder / "scores.parquet", index=False)
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "provenance.json").write_text("{}")


def _history(folder: Path, configuration: str, seed: int) -> None:
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
    folder.mkdir(parents=True)
    (folder / "history.json").write_text(json.dumps(lines))
