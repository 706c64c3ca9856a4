"""Small notebooks for the tests of what runs notebooks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

#: What every stage's notebook begins with.
BEGIN = """\
from trident.experiment import artifacts, params, paths
p = params.read(globals())
run = paths.Run(p.profile, p.runs_dir)"""


def code(source: str, *tags: str) -> dict:
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {"tags": list(tags)} if tags else {},
        "outputs": [],
        "execution_count": None,
    }


def prose(source: str) -> dict:
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def write(path: Path, parameters: str, cells: Sequence[dict | str]) -> Path:
    """A notebook with a parameters cell, then `cells` (a text is a code cell)."""
    made = [code(parameters, "parameters"), *(code(cell) if isinstance(cell, str) else cell for cell in cells)]
    content = {
        "cells": [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(made)],
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
