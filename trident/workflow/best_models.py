"""The best models that are there: to suggest assertions with, and to train on with one's own Java."""

from __future__ import annotations

import json
from pathlib import Path

from trident.experiment import artifacts, paths

#: The value of `teacher_model` and `student_model` that means these models.
BEST = "best"
SHIPPED = {"teacher": paths.ROOT / "models/teacher", "student": paths.ROOT / "models/distilled"}


class NoModel(RuntimeError):
    """No model is there. The message says what to do."""


def student(*profiles: str) -> Path:
    """Of the first of these profiles that has students, that with the lowest validation loss; else the shipped one.

    Raises:
        NoModel: neither is there.
    """
    for profile in profiles:
        trained = {
            file.parent: json.loads(file.read_text(encoding="utf-8"))["training"]["best_validation_loss"]
            for file in (paths.Run(profile).folder / "students").glob(f"*/{artifacts.PROVENANCE}")
        }
        if trained:
            return min(trained, key=lambda folder: (trained[folder], folder.name))
    if not SHIPPED["student"].is_dir():
        raise NoModel(f"no student of {', '.join(profiles)} is there, nor {SHIPPED['student']}: name a folder")
    return SHIPPED["student"]


def pair(profile: str) -> dict[str, Path]:
    """`teacher` and `student` of a profile, if both are finished; else the shipped ones. They share a vocabulary."""
    run = paths.Run(profile)
    best = student(profile)
    if (run.teacher / artifacts.PROVENANCE).is_file() and best.is_relative_to(run.folder):
        return {"teacher": run.teacher, "student": best}
    return SHIPPED
