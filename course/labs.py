"""Which labs there are, and where their files are."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Literal

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).parent
PICTURES = ROOT / "pictures"
Version = Literal["source", "student", "solution"]


def names() -> list[str]:
    """The labs that have a source: "lab1", "lab2", …"""
    return sorted(path.stem for path in (ROOT / "source").glob("lab*.ipynb"))


def notebook(lab: str, version: Version) -> Path:
    return ROOT / version / f"{lab}.ipynb"


def guide(lab: str) -> Path:
    return ROOT / "guide" / f"{lab}.md"


def read(lab: str, version: Version) -> NotebookNode:
    """The notebook of a lab. Raises FileNotFoundError if it is not there."""
    return nbformat.read(notebook(lab, version), as_version=4)


def module(lab: str, name: str) -> ModuleType:
    """A module of the lab's own package: "check", "faults", "pictures" or "expected"."""
    return importlib.import_module(f"course.{lab}.{name}")
