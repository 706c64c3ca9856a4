"""README.md's generated parts, each between two markers: the tables, how long the grids take, and one filled blank."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING

from trident.experiment import artifacts, paths
from trident.reporting import rendering
from trident.workflow import times

if TYPE_CHECKING:  # it loads the libraries that run models
    from trident.workflow.demo import Filled

FILE = paths.ROOT / "README.md"


def update(folder: Path) -> None:
    """Copy the tables of `folder`, and how long its grids took, into README.md."""
    rendering.update_readme(FILE, folder)
    artifacts.write_text(FILE, between(FILE.read_text(encoding="utf-8"), "times", how_long(folder)))


def update_demo(filled: Filled) -> None:
    """Copy one blank with its answers into README.md."""
    artifacts.write_text(FILE, between(FILE.read_text(encoding="utf-8"), "demo", shown(filled)))


def shown(filled: Filled) -> str:
    return f"```text\n{filled}\n```\n"


def how_long(folder: Path) -> str:
    """The table of times in `folder`, and a line for each grid that has one in a folder of its own below."""
    own = (folder / f"{times.NAME}.md").read_text(encoding="utf-8")
    lines = []
    for file in sorted(folder.glob(f"*/{times.NAME}.csv")):
        *_, total = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
        elapsed, processor = (f"{float(total[name]):,.0f} s" for name in ("elapsed", "processor_seconds"))
        more = f"{total['jobs']} jobs, {elapsed} elapsed, {processor} of processor time"
        lines.append(f"- `GRID={file.parent.name}` adds {more}.\n")
    return "\n".join([own, *lines[:1]]) + "".join(lines[1:])


def between(text: str, name: str, content: str) -> str:
    """`text` with `content` between its markers ``<!-- name:begin -->`` and ``<!-- name:end -->``.

    Raises:
        ValueError: the markers are not there exactly once each, in this order.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    parts = re.split(f"({begin}|{end})", text)
    if parts[1::2] != [begin, end]:
        raise ValueError(f"README.md: expected one line {begin} and, after it, one line {end}")
    parts[2] = f"\n{content}"
    return "".join(parts)
