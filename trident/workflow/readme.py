"""The generated parts of README.md and models/README.md, each between two markers."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from trident.experiment import paths
from trident.reporting import rendering
from trident.workflow import stages, times

if TYPE_CHECKING:  # it loads the libraries that run models
    from trident.workflow.demo import Filled

FILE = paths.ROOT / "README.md"
CARD = paths.ROOT / "models/README.md"
#: Name of a profile, of its folder in figures/ and of its part of README.md.
REAL = "real"


def update(folder: Path) -> None:
    """Copy the tables of `folder`, what its grids found and how long they took, into README.md.

    So too what the profile `real` found, whose tables are in a folder of that name below.
    """
    rendering.put(FILE, "results", _tables(folder))
    rendering.put(FILE, "findings", found(folder))
    rendering.put(FILE, "times", how_long(folder))
    if (folder / REAL / rendering.README_TABLES).is_file():
        rendering.put(FILE, REAL, of_real_java(folder / REAL))


def update_demo(filled: Filled) -> None:
    """Copy one blank with its answers into README.md."""
    rendering.put(FILE, "demo", shown(filled))


def update_suggest(transcript: str) -> None:
    """Copy a call of `trident suggest`, with what it prints, into README.md."""
    rendering.put(FILE, "suggest", transcript)


def update_models() -> None:
    """Copy how the shipped models were made, ``models/card.json``, into models/README.md."""
    rendering.put(CARD, "models", made(json.loads(CARD.with_name("card.json").read_text(encoding="utf-8"))))


def update_rehearsal(record: Mapping[str, Any]) -> None:
    """Copy what a rehearsal of the paper profile found into README.md."""
    from trident.workflow.rehearsal import report  # here: it loads PyTorch

    rendering.put(FILE, "rehearsal", report.readme(record))


def made(card: Mapping[str, Mapping[str, Any]]) -> str:
    """A table with a column for each model, by role, and a row for each fact about it."""
    facts = dict.fromkeys(fact for facts in card.values() for fact in facts)
    text = [[fact.replace("_", " "), *(_fact(facts.get(fact, "–")) for facts in card.values())] for fact in facts]
    columns = [("", heading) for heading in ("", *card)]
    return rendering.Table("How the models were made", columns, text, pd.DataFrame()).markdown()


def _fact(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def shown(filled: Filled) -> str:
    return f"```text\n{filled}\n```\n"


def of_real_java(folder: Path) -> str:
    """What a grid on real Java found and, folded, how long it took, and its tables."""
    folded = ["<details><summary>Its tables</summary>\n", how_long(folder), _tables(folder), "</details>\n"]
    return "\n".join([found(folder), *folded])


def _tables(folder: Path) -> str:
    return (folder / rendering.README_TABLES).read_text(encoding="utf-8")


def _grids(folder: Path, file: str) -> list[Path]:
    """This file of each grid that has a folder of its own below `folder`; other folders there are of other profiles."""
    names = sorted(grid.stem for grid in (paths.PARAMS / "grids").glob("*.yaml"))
    return [path for path in (folder / name / file for name in names) if path.is_file()]


#: Figures that a grid was run for, by its name. Others have one that bears their name.
_OWN = {
    "claims": ("figure_differences", "figure_temperature", "figure_detectable_difference"),
    "executed": ("figure_agreement", "figure_rankings"),
}


def found(folder: Path) -> str:
    """A line for each figure of the grid in `folder`, and one for each grid that has a folder of its own below.

    Such a grid has figures of its own; where it has none, its scores and differences stand for it.
    """
    lines = [_line(folder, name, text) for name, text in _findings(folder).items()]
    for place in (file.parent for file in _grids(folder, rendering.FINDINGS)):
        said = _findings(place)
        named = _OWN.get(place.name, (f"figure_{place.name}",))
        own = [name for name in named if name in said] or ["figure_scores", "figure_differences"]
        lines += [_line(place, name, said[name], f"`GRID={place.name}`: ") for name in own if name in said]
    return "".join(lines)


def _findings(folder: Path) -> dict[str, str]:
    return json.loads((folder / rendering.FINDINGS).read_text(encoding="utf-8"))


def _line(folder: Path, name: str, text: str, grid: str = "") -> str:
    return f"- {grid}{' '.join(text.split())} ([figure]({stages.from_root(folder)}/{name}.png)).\n"


def how_long(folder: Path) -> str:
    """The table of times in `folder`, and a line for each grid that has one in a folder of its own below."""
    own = (folder / f"{times.NAME}.md").read_text(encoding="utf-8")
    lines = []
    for file in _grids(folder, f"{times.NAME}.csv"):
        *_, total = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
        elapsed, processor = (f"{float(total[name] or 'nan'):,.0f} s" for name in ("elapsed", "processor_seconds"))
        more = f"{total['jobs']} jobs, {elapsed} elapsed, {processor} of processor time"
        lines.append(f"- `GRID={file.parent.name}` adds {more}.\n")
    return "\n".join([own, *lines[:1]]) + "".join(lines[1:])
