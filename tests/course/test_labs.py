"""Every lab is what `python -m course check` asks of it, and that command finds what is wrong."""

from __future__ import annotations

from types import SimpleNamespace

import nbformat
import pytest

from course import __main__, labs, verify
from course.checking import WrongAnswer


@pytest.mark.parametrize("check", verify.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("lab", labs.names())
def test_labs_are_in_order(lab, check):
    assert check(lab) == []


@pytest.fixture
def planted(monkeypatch):
    """Lab 1 with a changed notebook in the place of the one on disk."""

    def plant(version, change):
        read = labs.read
        spoilt = read("lab1", version)
        change(spoilt)
        monkeypatch.setattr(labs, "read", lambda lab, which: spoilt if which == version else read(lab, which))
        return spoilt

    return plant


def cell(notebook, name):
    return next(cell for cell in notebook.cells if cell.id == name)


def test_a_stale_version_is_found(planted):
    planted("student", lambda notebook: cell(notebook, "ex1").update(source="other"))
    assert verify.files("lab1") == ["course/student/lab1.ipynb is not what the source yields: run make course"]


def test_a_line_of_a_solution_is_found(planted):
    planted("student", lambda notebook: cell(notebook, "ex2").update(source="  return T * (q - p)"))
    assert verify.leaks("lab1") == ["lab1: the line 'return T * (q - p)' of a solution is shown to students"]


@pytest.mark.parametrize(
    "change, problem",
    [
        ({"points": None}, "the nbgrader fields are"),
        ({"schema_version": 2}, "schema_version is not 3"),
        ({"locked": "yes"}, "neither true nor false"),
        ({"task": True}, "it is a task"),
        ({"solution": True}, "either locked or a solution"),
        ({"grade_id": "soften"}, "occurs twice"),
        ({"grade_id": "a b"}, "other signs"),
    ],
)
def test_metadata_that_nbgrader_would_not_take_are_found(planted, change, problem):
    def spoil(notebook):
        about = cell(notebook, "test-soften").metadata["nbgrader"]
        about.update(change)
        for key in [key for key, value in about.items() if value is None]:
            del about[key]

    planted("source", spoil)
    assert any(problem in found for found in verify.metadata("lab1"))


def test_text_that_is_a_solution_but_not_graded_is_found(planted):
    def spoil(notebook):
        about = cell(notebook, "exit-answer").metadata["nbgrader"]
        about["grade"] = False
        del about["points"]

    planted("source", spoil)
    assert any("text is both" in found for found in verify.metadata("lab1"))


def test_other_errors_than_stubs_and_checks_that_a_stub_passes_are_found(monkeypatch):
    def code(source, **about):
        made = nbformat.v4.new_code_cell(source)
        made.metadata["nbgrader"] = about
        return made

    cells = [
        code("def f():\n    raise NotImplementedError"), code("f()"), code("g()"), code("1 + 1", grade=True),
        code("f()", grade=True),
    ]  # fmt: skip
    monkeypatch.setattr(labs, "read", lambda lab, version: nbformat.v4.new_notebook(cells=cells))
    assert verify.student("lab9") == [
        "student/lab9, cell 3: NameError: name 'g' is not defined",
        "student/lab9, cell 4: the check passes on the stub",
    ]


def test_a_solution_that_fails_or_is_slow_is_found(monkeypatch):
    cells = [nbformat.v4.new_code_cell(source) for source in ("1 / 0", "n = 0\nwhile n < 300_000:\n    n += 1")]
    monkeypatch.setattr(labs, "read", lambda lab, version: nbformat.v4.new_notebook(cells=cells))
    assert verify.solution("lab9") == ["solution/lab9, cell 1: ZeroDivisionError: division by zero"]
    monkeypatch.setattr(verify, "CELL_SECONDS", 0.001)
    monkeypatch.setattr(verify, "LAB_SECONDS", 0.002)
    _, slow, in_all = verify.solution("lab9")
    assert (slow, in_all) == (
        "solution/lab9, cell 2: 0 s, more than 0.001",
        "solution/lab9: 0 s, more than 0.002",
    )


def test_wrong_answers_that_pass_or_get_another_message_are_found(monkeypatch):
    exercise = labs.module("lab1", "check").kl
    right = WrongAnswer("right", lambda log_p, log_q: (log_p.exp() * (log_p - log_q)).sum(-1), "You are right.")
    blind = WrongAnswer("blind", lambda log_p, log_q: log_p.sum(-1) * 0, exercise.wrong_answers[0].message)
    changed = SimpleNamespace(**{**vars(exercise), "wrong_answers": (right, blind)})
    changed = type(exercise)(**vars(changed))
    monkeypatch.setattr(verify, "exercises", lambda lab: (changed,))
    assert verify.wrong_answers("lab1") == ["lab1, kl: 'right' passes"]
    twice = type(exercise)(**{**vars(exercise), "wrong_answers": (blind, exercise.wrong_answers[0])})
    monkeypatch.setattr(verify, "exercises", lambda lab: (twice,))
    assert verify.wrong_answers("lab1") == ["lab1, kl: two wrong answers have the same message"]


def test_the_command_reports_and_says_which_labs_there_are(monkeypatch, capsys):
    monkeypatch.setattr(verify, "CHECKS", (verify.metadata,))
    monkeypatch.setattr("sys.argv", ["course", "check", "lab1"])
    assert __main__.main() == 0 and "lab1  metadata      ok" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["course", "check", "lab77"])
    with pytest.raises(SystemExit):
        __main__.main()
    assert "no lab lab77: there are lab1" in capsys.readouterr().err
