"""Prose: relative links lead somewhere, in documents and notebooks, and notebooks hold no spelling mistakes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from trident.experiment import params, paths

DOCUMENTS = [
    *paths.ROOT.glob("*.md"),
    *(file for folder in ("docs", "models", "trident", "course") for file in (paths.ROOT / folder).rglob("*.md")),
]
NOTEBOOKS = [*sorted(paths.NOTEBOOKS.glob("*.ipynb")), *sorted((paths.ROOT / "course/source").glob("*.ipynb"))]
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)|<(?:img|a)\s[^>]*(?:src|href)=\"([^\"]+)\"")


def prose(file: Path) -> str:
    """The text of a document, or of a notebook's Markdown cells and comments."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".ipynb":
        return text
    return "\n\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


def anchors(document: Path) -> set[str]:
    """What headings are called in a link, as GitHub names them."""
    titles = re.findall(r"^#+ +(.*?)\s*$", prose(document), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def dead_links(file: Path) -> list[str]:
    dead = []
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", prose(file), flags=re.MULTILINE | re.DOTALL)
    for target in (first or second for first, second in LINK.findall(text)):
        if re.match(r"[a-z]+:", target):
            continue  # the network is not asked
        name, _, anchor = target.partition("#")
        place = (file.parent / name).resolve() if name else file
        if not place.exists() or (anchor and place.suffix == ".md" and anchor not in anchors(place)):
            dead.append(target)
    return dead


@pytest.mark.parametrize("file", [*DOCUMENTS, *NOTEBOOKS], ids=lambda file: str(file.relative_to(paths.ROOT)))
def test_relative_links_lead_somewhere(file):
    assert not dead_links(file)


def test_dead_links_are_found(tmp_path):
    (tmp_path / "there.md").write_text("# What is here?\n\n[up](#what-is-here) [out](https://example.org/x)")
    (tmp_path / "a.md").write_text(
        '[x](there.md#what-is-here) [y](gone.md) `[z](z.md)` <img src="gone.png"> [w](there.md#no)'
    )
    assert dead_links(tmp_path / "there.md") == []
    assert dead_links(tmp_path / "a.md") == ["gone.md", "gone.png", "there.md#no"]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda file: file.name)
def test_notebooks_are_spelled_well(notebook):
    command = [sys.executable, "-m", "codespell_lib", "-"]
    found = subprocess.run(command, cwd=paths.ROOT, input=prose(notebook), capture_output=True, text=True)
    assert found.returncode == 0 and not found.stdout, found.stdout + found.stderr


def test_the_table_of_parameters_is_that_of_the_schema():
    text = (paths.ROOT / "docs/parameters.md").read_text(encoding="utf-8")
    assert text.endswith(f"\n\n{params.table()}"), "copy the output of `trident params` into docs/parameters.md"
