"""From the source of a lab to its student version and its solution version: ``python -m course build``.

The student version has a stub in the place of each solution, and no outputs. The solution version is the source,
executed. The same source gives the same files. A solution in code stands between the marks of nbgrader, the lines
``### BEGIN SOLUTION`` and ``### END SOLUTION``; a cell of text that nbgrader knows as a solution is one as a whole.
"""

from __future__ import annotations

import copy
import re
from typing import Any

import matplotlib.pyplot as plt
import nbformat
from nbformat import NotebookNode

from course import expected, labs
from trident.experiment import artifacts
from trident.reporting import plots
from trident.workflow import notebooks

CODE_STUB, TEXT_STUB = "raise NotImplementedError", "*Write your answer here.*"
_REGION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION$", re.M | re.S)
_METADATA = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
#: What a cell of the source may carry: tags, folding, and what nbgrader needs to know.
_CELL_METADATA = ("tags", "jupyter", "nbgrader")

#: 16:9, and type that the last row can read.
_SLIDE_INCHES = (9.6, 5.4)
_SLIDE: dict[Any, Any] = {
    "font.size": 14,
    "axes.titlesize": 15,
    "axes.labelsize": 14,
    "figure.titlesize": 17,
    "legend.fontsize": 13,
}


class SourceError(ValueError):
    """The source of a lab breaks a convention. The message says where."""


def build(lab: str) -> None:
    """Write the lab's student version, its solution version with outputs, its pictures and its guide's numbers.

    Raises:
        SourceError: marks of solutions are not in pairs, or outside a cell that nbgrader knows as a solution.
        notebooks.NotebookFailed: a cell of the solution raised.
    """
    source = labs.read(lab, "source")
    _write(student(source), lab, "student")
    _write(solution(source, lab), lab, "solution")
    draw(lab)
    guide = labs.guide(lab)
    numbers = labs.module(lab, "expected").EXPECTED
    artifacts.write_text(guide, expected.in_guide(guide.read_text(encoding="utf-8"), numbers))


def student(source: NotebookNode) -> NotebookNode:
    """The source with stubs in the place of solutions. Raises SourceError."""
    notebook = clean(source)
    for number, cell in enumerate(notebook.cells, 1):
        is_solution = cell.metadata.get("nbgrader", {}).get("solution", False)
        if cell.cell_type == "code":
            text, replaced = _REGION.subn(rf"\1{CODE_STUB}", cell.source)
        else:
            text, replaced = (TEXT_STUB, 1) if is_solution else (cell.source, 0)
        if "BEGIN SOLUTION" in text or "END SOLUTION" in text:
            raise SourceError(f"cell {number}: BEGIN SOLUTION and END SOLUTION do not come in pairs")
        if is_solution != bool(replaced):
            raise SourceError(f"cell {number}: nbgrader.solution is {is_solution}, which its marks contradict")
        cell.source = text
    return notebook


def solution(source: NotebookNode, lab: str) -> NotebookNode:
    """The source, executed in a kernel of its own. Raises notebooks.NotebookFailed when a cell raises."""
    notebook = clean(source)
    notebooks.execute_in_place(notebook, labs.notebook(lab, "solution"), {"TQDM_DISABLE": "1"})
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return notebook


def clean(notebook: NotebookNode) -> NotebookNode:
    """A copy without outputs, and without metadata that say something about one execution or one editor."""
    notebook = copy.deepcopy(notebook)
    notebook.metadata = nbformat.from_dict({**_METADATA, "language_info": {"name": "python"}})
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in _CELL_METADATA if key in cell.metadata}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def solutions(source: NotebookNode) -> list[str]:
    """What students have to write, one text for each solution."""
    texts = []
    for cell in source.cells:
        if cell.cell_type == "code":
            texts += [found[2] for found in _REGION.finditer(cell.source)]
        elif cell.metadata.get("nbgrader", {}).get("solution", False):
            texts.append(cell.source)
    return texts


def draw(lab: str) -> None:
    """Draw the lab's pictures for slides, as SVG and PNG."""
    for name, picture in labs.module(lab, "pictures").PICTURES.items():
        with plt.rc_context(_SLIDE):
            figure = picture()
            figure.set_size_inches(_SLIDE_INCHES)
            plots.save(figure, labs.PICTURES, f"{lab}-{name}")
        plt.close(figure)


def _write(notebook: NotebookNode, lab: str, version: labs.Version) -> None:
    nbformat.validate(notebook)
    artifacts.write_text(labs.notebook(lab, version), nbformat.writes(notebook) + "\n")
