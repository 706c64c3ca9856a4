"""Each exercise of the six notebooks says how hard it is and how long it takes, and has a folded answer."""

from __future__ import annotations

import itertools
import re

import nbformat
import pytest

from trident.experiment import paths

HEADING = re.compile(
    r"### (?P<number>\d+) · \S.* \((?:easy|medium|hard), "
    r"(?:[1-9]\d* minutes|half an hour|an hour)(?:[,;] [^()]+)?\)"
)
ANSWER = re.compile(r"^<details><summary>Expected answer</summary>\n\n(?P<answer>.+?)\n\n</details>$", re.M | re.S)


def exercises(cells: list[nbformat.NotebookNode]) -> list[str]:
    """The cells below the heading *Exercises*, up to the end or to the next heading (an appendix)."""
    sources = [cell.source for cell in cells]
    headings = [i for i, source in enumerate(sources) if source.startswith("## Exercises\n")]
    assert len(headings) == 1, "one cell begins with `## Exercises` and says below it what to do"
    return list(itertools.takewhile(lambda source: not source.startswith("## "), sources[headings[0] + 1 :]))


def flaw(exercise: str, number: int) -> str | None:
    """What an exercise lacks."""
    heading, _, text = exercise.partition("\n")
    found = HEADING.fullmatch(heading)
    if not found or int(found["number"]) != number:
        return f"{heading!r} is not `### {number} · Title (easy, 10 minutes)`"
    folded = ANSWER.search(text)
    if not folded or text.count("<details>") != 1:
        return f"{heading!r} has no folded answer, or more than one"
    if len(folded["answer"].split()) < 10 or text[folded.end() :].strip():
        return f"{heading!r}: its answer says nothing, or the cell goes on after it"
    return None if text[: folded.start()].strip() else f"{heading!r} asks nothing"


@pytest.mark.parametrize("notebook", sorted(paths.NOTEBOOKS.glob("0*.ipynb")), ids=lambda path: path.stem)
def test_each_exercise_has_difficulty_time_and_an_answer(notebook):
    found = exercises(nbformat.read(notebook, as_version=4).cells)
    assert len(found) >= 3
    flaws = [flaw(exercise, number) for number, exercise in enumerate(found, 1)]
    assert not [one for one in flaws if one]


GOOD = """### 1 · One name, two places (easy, 5 minutes; after notebook 04)
Are they the same? Why?

<details><summary>Expected answer</summary>

Yes, they are the same, as both are cut from the same text.

</details>"""


@pytest.mark.parametrize(
    "was, becomes, message",
    [
        ("easy, ", "", "is not"),
        ("5 minutes", "soon", "is not"),
        ("### 1", "### 2", "is not"),
        ("<details>", "", "no folded answer"),
        ("</details>", "", "no folded answer"),
        ("Yes, they are the same, as both", "They", "says nothing"),
        ("Are they the same? Why?\n", "", "asks nothing"),
        ("</details>", "</details>\n\nMore.", "goes on"),
    ],
)
def test_what_an_exercise_lacks_is_found(was, becomes, message):
    assert flaw(GOOD, 1) is None
    assert message in flaw(GOOD.replace(was, becomes), 1)
