"""Where a run keeps its files. The same from any working directory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: The checkout that holds notebooks/, params/ and this package.
ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
PARAMS = ROOT / "params"


def inside_root(path: str | Path) -> Path:
    """`path` itself when absolute, else taken from the project's root."""
    return ROOT / Path(path).expanduser()


class Run:
    """The folders of one profile's run: ``<runs_dir>/<profile>/…``."""

    def __init__(self, profile: str, runs_dir: str = "runs"):
        self.profile = profile
        self.folder = inside_root(runs_dir) / profile
        self.corpus = self.folder / "corpus"
        self.teacher = self.folder / "teacher"
        #: The student before distillation. The teacher's stage writes it too.
        self.undistilled = self.teacher / "student"
        self.results = self.folder / "results"
        #: What a JVM said of answers, for all models.
        self.executions = self.folder / "executions"

    def teacher_cache(self, codec: str, unlabelled: str = "none") -> Path:
        """The teacher's outputs on the training set, stored with one codec; in ``…_answers`` also those on its answers.

        unlabelled: the parameter; "teacher" asks for the cache with the teacher's answers.
        """
        return self.folder / "teacher_cache" / (f"{codec}_answers" if unlabelled == "teacher" else codec)

    def student(self, configuration: str, seed: int | str) -> Path:
        return self.folder / "students" / f"{configuration}-s{seed}"

    def scores(self, model: str) -> Path:
        """Predictions and scores of `teacher`, `undistilled`, a baseline or a student `<configuration>-s<seed>`."""
        return self.folder / "scores" / model

    def verdicts(self, results_dir: str) -> Path:
        """What a JVM says of the answers of a grid's models. `results_dir`: of that grid's tables."""
        return self.folder / "verdicts" / (Path(results_dir).name or "results")


def output_folder(stage: str, values: Mapping[str, Any]) -> Path:
    """The folder that a stage writes. This is the only place that says so.

    Args:
        stage: a notebook's name, or its first two characters, ``01`` to ``06``; or ``verdicts``, which has no notebook.
        values: the parameters of the stage, at least those that its folder depends on.

    Raises:
        ValueError: `stage` is none of the six.
        KeyError: a parameter is missing.
    """
    run = Run(values["profile"], values["runs_dir"])
    match stage[:2]:
        case "01":
            return run.corpus
        case "02":
            return run.teacher
        case "03":
            return run.teacher_cache(values["codec"], values["unlabelled"])
        case "04":
            return run.student(values["configuration"], values["seed"])
        case "05" if values["model"] == "student":
            return run.scores(run.student(values["configuration"], values["seed"]).name)
        case "05":
            return run.scores(values["model"])
        case "ve":
            return run.verdicts(values["results_dir"])
        case "06":
            return inside_root(values["results_dir"]) if values["results_dir"] else run.results
    raise ValueError(f"{stage}: the name of a stage's notebook starts with 01 to 06")
