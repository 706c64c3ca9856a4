"""Whether the texts of the examples are those of the files that they come from, literals byte for byte.

    python benchmarks/unchanged.py CORPUS PROJECTS      runs/real/corpus data/projects

For a corpus from fetched projects with one masked assertion: writes each assertion back into its test, and looks for
the test in its file and for the method under test in the files of its project that name its class. White space outside
literals does not count, since methods are moved to the first column. This reads Java with one regular expression of its
own. Prints one JSON object: how many examples, methods and literals were compared, and how many differ, with the first.
"""

from __future__ import annotations

import argparse
import functools
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from trident.corpus import storage  # noqa: E402
from trident.java.assertions import MARK  # noqa: E402

_PIECES = re.compile(
    r"""(?P<literal>\"{3}[ \t\f]*\n(?:\\.|[^\\])*?\"{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    r"""|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<white>\s+)""",
    re.DOTALL,
)
#: Files are long: the last ones are those of the project at hand.
_KEPT = 2000


def squeezed(java: str) -> str:
    """`java` without white space outside literals."""
    return _PIECES.sub(lambda piece: piece[0] if piece["literal"] else re.sub(r"\s+", "", piece[0]), java)


def literals(java: str) -> int:
    return sum(piece["literal"] is not None for piece in _PIECES.finditer(java))


@functools.lru_cache(_KEPT)
def source(file: Path) -> str:
    """The text of a file, squeezed. Line ends inside a text block are line feeds by the language's own rule."""
    return squeezed(file.read_text(encoding="utf-8-sig"))


@functools.lru_cache(4)
def java_files(project: Path) -> list[Path]:
    return sorted(project.rglob("*.java"))


def faults(example: Mapping[str, Any], projects: Path) -> Iterator[str]:
    """What differs: the test, the method under test, or both."""
    file, _, test = example["origin"].partition("#")
    if example["test_prefix_and_rest"].count(MARK) != 1:
        raise SystemExit(f"example {example['id']} has not one {MARK}: make the corpus with `masking: one`")
    if squeezed(example["test_prefix_and_rest"].replace(MARK, example["assertion"])) not in source(projects / file):
        yield f"{file}: the test {test}"
    focal, name = squeezed(example["focal_method"]), example["focal_class"]
    files = java_files(projects / file.partition("/")[0])
    files = sorted(files, key=lambda path: path.stem != name)  # most classes have a file of their own
    if not any(focal in source(path) for path in files if path.stem == name or name in source(path)):
        yield f"{file}: the method under test of {test}, of class {name}"


def compare(examples: Iterable[Mapping[str, Any]], projects: Path) -> dict[str, Any]:
    """The examples should be in order of their projects."""
    counts, found = {"examples": 0, "literals": 0}, []
    for example in examples:
        counts["examples"] += 1
        counts["literals"] += sum(literals(example[key]) for key in ("test_prefix_and_rest", "assertion"))
        counts["literals"] += literals(example["focal_method"])
        found += faults(example, projects)
    return {**counts, "changed": len(found), "first": found[:10]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, help="folder of stage 01")
    parser.add_argument("projects", type=Path, help="folder of `trident fetch`")
    options = parser.parse_args()
    rows = [row for split in storage.load(options.corpus).values() for row in split]
    rows.sort(key=lambda row: row["origin"])
    print(json.dumps(compare(rows, options.projects), indent=1))
