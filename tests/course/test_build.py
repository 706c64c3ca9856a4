"""The student version has stubs for solutions and nothing else changes; impossible sources are refused."""

from __future__ import annotations

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course import build
from course.expected import Expected, in_guide


def cell(source: str, kind: str = "code", **roles: object) -> nbformat.NotebookNode:
    made = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    if roles:
        made.metadata["nbgrader"] = roles
    return made


def notebook(*cells: nbformat.NotebookNode) -> nbformat.NotebookNode:
    for number, made in enumerate(cells):
        made.id = f"c{number}"
    return nbformat.v4.new_notebook(cells=list(cells))


LINES = st.text(st.characters(codec="ascii", exclude_characters="#\r\n\v\f\x1c\x1d\x1e"), max_size=12)


@given(st.lists(LINES), st.lists(LINES), st.lists(LINES), st.sampled_from(("", "    ", "\t")))
def test_a_solution_becomes_one_stub_with_its_indentation(before, solution, after, indentation):
    marks = [f"{indentation}### BEGIN SOLUTION", *solution, f"{indentation}### END SOLUTION"]
    source = notebook(cell("\n".join([*before, *marks, *after]), solution=True))
    made = build.student(source).cells[0].source
    assert made == "\n".join([*before, f"{indentation}raise NotImplementedError", *after])
    assert build.solutions(source) == ["".join(f"{line}\n" for line in solution)]


def test_two_solutions_in_a_cell_are_two_stubs():
    marked = "### BEGIN SOLUTION\na\n### END SOLUTION\nx\n### BEGIN SOLUTION\nb\n### END SOLUTION"
    source = notebook(cell(marked, solution=True))
    assert build.student(source).cells[0].source == "raise NotImplementedError\nx\nraise NotImplementedError"
    assert build.solutions(source) == ["a\n", "b\n"]


def test_a_written_answer_is_taken_out_as_a_whole():
    source = notebook(cell("Because of T.", "markdown", solution=True, grade=True), cell("Why?", "markdown"))
    assert [c.source for c in build.student(source).cells] == [build.TEXT_STUB, "Why?"]
    assert build.solutions(source) == ["Because of T."]


@pytest.mark.parametrize(
    "made, message",
    [
        (cell("### BEGIN SOLUTION\nx", solution=True), "cell 1: .* do not come in pairs"),
        (cell("x\n### END SOLUTION", solution=True), "do not come in pairs"),
        (cell("### BEGIN SOLUTION\nx\n### END SOLUTION"), "nbgrader.solution is False"),
        (cell("x", solution=True), "nbgrader.solution is True"),
    ],
)
def test_marks_that_do_not_fit_are_refused(made, message):
    with pytest.raises(build.SourceError, match=message):
        build.student(notebook(made))


def test_outputs_and_an_editors_metadata_are_dropped_and_the_source_stays_as_it_was():
    made = cell("1", solution=False)
    made.metadata.update(tags=["x"], collapsed=True)
    made.outputs, made.execution_count = [nbformat.v4.new_output("stream", text="1")], 3
    source = notebook(made)
    source.metadata["toc"] = {}
    clean = build.clean(source)
    assert clean.cells[0].metadata == {"tags": ["x"], "nbgrader": {"solution": False}}
    assert clean.cells[0].outputs == [] and clean.cells[0].execution_count is None and "toc" not in clean.metadata
    assert source.cells[0].outputs and "toc" in source.metadata


def test_a_solution_is_executed_and_the_same_each_time():
    source = notebook(cell("x = 2"), cell("text", "markdown"), cell("print(x)"), cell(""))
    first = build.solution(source, "lab1")
    assert first.cells[2].outputs[0].text == "2\n"
    assert nbformat.writes(first) == nbformat.writes(build.solution(source, "lab1"))


NUMBERS = (Expected("the length", 0.5, 0.1, lambda: 0.55), Expected("the value", 2, 0.1, lambda: 2.2))


def test_the_guide_takes_the_numbers_between_its_marks():
    text = "a\n<!-- expected:begin -->\nold\n<!-- expected:end -->\nb\n"
    made = in_guide(text, NUMBERS)
    assert made.startswith("a\n<!-- expected:begin -->\n| | expected |") and made.endswith("<!-- expected:end -->\nb\n")
    assert "| the length | 0.5 | 0.1 |" in made and "old" not in made and in_guide(made, NUMBERS) == made
    with pytest.raises(ValueError, match="expected:begin"):
        in_guide("no marks", NUMBERS)


def test_a_number_outside_its_tolerance_is_a_problem():
    assert [number.problem() for number in NUMBERS] == ["", "the value: 2.2, expected 2 ± 0.1"]
