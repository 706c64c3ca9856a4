"""The numbers of lab 4, for student number 0. None depends on the files in `figures/`, which each run writes anew."""

from __future__ import annotations

from course import variant
from course.expected import Expected
from course.lab4 import faults, pictures, sample, simulation
from course.lab4.wrong_answers import cqs
from trident.java.lexer import lex


def _score(model: str) -> float:
    return float(sample.scores(cqs, faults.token_accuracy)[model].mean())


def _right(model: str) -> float:
    return float(sample.parts()[model]["accepted"].mean())


def _interval(end: int) -> float:
    scores = sample.scores(cqs, faults.token_accuracy)
    a, b = (scores[name].to_numpy() for name in ("teacher", "student"))
    return float(faults.bootstrap(a, b, sample.blanks()["group"].to_numpy())[end])


def _false(drawn: str) -> float:
    table = simulation.intervals(faults.bootstrap)
    return float(table[table["drawn"] == drawn]["false"].sum())


def _accuracy(model: str) -> float:
    row = sample.telling()
    return faults.token_accuracy(lex(sample.answers()[model][row]), sample.blanks()["tokens"][row])


def _reading(fault: str, instrument: str, name: str) -> float:
    [code] = [entry.code for entry in faults.FAULTS if entry.name == fault]
    return faults.INSTRUMENTS[instrument](code, variant.of(0))[name]


EXPECTED = (
    Expected("picture 1: by project", 0.95, 0.03, lambda: pictures.leaks(faults.split_by_group)["by project"]),
    Expected("picture 1: by row", 0.92, 0.03, lambda: pictures.leaks(faults.split_by_group)["by row"]),
    Expected("picture 1: `split_by_group`", 0.41, 0.05,
             lambda: pictures.leaks(faults.split_by_group)["split_by_group"]),
    Expected("picture 1: new classes", 0.48, 0.01, lambda: sample.lookup_elsewhere(faults.token_accuracy)),
    Expected("token accuracy of the teacher's right answer", 0.64, 0.01, lambda: _accuracy("teacher")),
    Expected("token accuracy of the student's wrong answer", 0.64, 0.01, lambda: _accuracy("student")),
    Expected("CQS of the teacher", 0.86, 0.02, lambda: _score("teacher")),
    Expected("CQS of the student", 0.79, 0.02, lambda: _score("student")),
    Expected("CQS of the most frequent assertion", 0.49, 0.01, lambda: _score("most frequent")),
    Expected("right answers of the teacher", 0.74, 0.04, lambda: _right("teacher")),
    Expected("right answers of the student", 0.43, 0.04, lambda: _right("student")),
    Expected("lead of the teacher: low end", 0.043, 0.02, lambda: _interval(0)),
    Expected("lead of the teacher: high end", 0.098, 0.02, lambda: _interval(1)),
    Expected("equal students called different, rows drawn (of 100)", 44, 4, lambda: _false("rows")),
    Expected("equal students called different, classes drawn (of 100)", 5, 3, lambda: _false("classes")),
    Expected("hunt: `rows_independent`, width with each row four times", 0.5, 0.03,
             lambda: _reading("rows_independent", "copies", "width, each row four times")),
    Expected("hunt: `runs_independent`, width with each run three times", 0.54, 0.05,
             lambda: _reading("runs_independent", "runs", "width, each run three times")),
    Expected("hunt: `two_measures`, A / teacher", 2.25, 0.01,
             lambda: _reading("two_measures", "teacher_as_student", "A / teacher")),
    Expected("hunt: `one_sided`, p", 0.016, 0.006, lambda: _reading("one_sided", "known_p", "p")),
)  # fmt: skip
