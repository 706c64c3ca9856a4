"""Where a run keeps what. The same from any working directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

#: The checkout that holds notebooks/, params/ and this package.
ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
PARAMS = ROOT / "params"


def inside_root(path: str | Path) -> Path:
    """`path` itself when absolute, else taken from the project's root."""
    return ROOT / Path(path).expanduser()


@dataclass(frozen=True)
class Run:
    """The folders of one profile's run: ``runs/<profile>/…``."""

    profile: str
    runs_dir: str = "runs"

    @property
    def folder(self) -> Path:
        return inside_root(self.runs_dir) / self.profile

    @property
    def corpus(self) -> Path:
        return self.folder / "corpus"

    @property
    def teacher(self) -> Path:
        """The fine-tuned teacher and, made in the same stage, the tokenizer and the student's starting point."""
        return self.folder / "teacher"

    def logits(self, codec: str) -> Path:
        """What the teacher knows, stored by one codec."""
        return self.folder / "logits" / codec

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def student(self, configuration: str, seed: int) -> Path:
        return self.folder / "students" / f"{configuration}-s{seed}"

    def scores(self, subject: str) -> Path:
        """Predictions and scores of `teacher`, of `untrained` (the floor) or of a student `<configuration>-s<seed>`."""
        return self.folder / "scores" / subject

    def subject(self, subject: Literal["student", "teacher", "untrained"], configuration: str, seed: int) -> tuple[Path, Path]:
        """(folder of the model that 05 scores, folder of the stage that made it)."""
        if subject == "student":
            return self.student(configuration, seed), self.student(configuration, seed)
        return (self.teacher, self.teacher) if subject == "teacher" else (self.teacher / "student", self.teacher)
