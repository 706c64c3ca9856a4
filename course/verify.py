"""What must hold of every lab: ``python -m course check``. Each function returns the problems that it found."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import nbformat
from nbformat import NotebookNode

from course import build, instruments, labs, variant
from course.checking import Exercise, NotYet
from course.expected import in_guide

#: Seconds of processor time without a GPU.
CELL_SECONDS, LAB_SECONDS = 20, 300
_ROLES = ("grade", "solution", "locked", "task")


def files(lab: str) -> list[str]:
    """Student version, solution version (but for its outputs), pictures and guide are what the sources yield."""
    source = labs.read(lab, "source")
    wanted = {"student": build.student(source), "solution": build.clean(source)}
    found = {"student": labs.read(lab, "student"), "solution": build.clean(labs.read(lab, "solution"))}
    stale = [version for version in wanted if nbformat.writes(found[version]) != nbformat.writes(wanted[version])]
    names = [f"{lab}-{name}.{kind}" for name in labs.module(lab, "pictures").PICTURES for kind in ("svg", "png")]
    missing = [name for name in names if not (labs.PICTURES / name).is_file()]
    guide = labs.guide(lab).read_text(encoding="utf-8")
    return [
        *(f"course/{version}/{lab}.ipynb is not what the source yields: run make course" for version in stale),
        *(f"course/pictures/{name} is missing: run make course" for name in missing),
        *(
            ["the numbers in the guide are not those of the lab: run make course"]
            if guide != in_guide(guide, labs.module(lab, "expected").EXPECTED)
            else []
        ),
    ]


def metadata(lab: str) -> list[str]:
    """The source has the metadata that nbgrader 0.9 (schema 3) asks for, and each grade_id once."""
    problems: list[str] = []
    seen: set[str] = set()
    for number, cell in enumerate(labs.read(lab, "source").cells, 1):
        if (about := cell.metadata.get("nbgrader")) is not None:
            problems += [f"source/{lab}, cell {number}: {problem}" for problem in _nbgrader_problems(cell, about, seen)]
            seen.add(about.get("grade_id"))
    return problems


def _nbgrader_problems(cell: NotebookNode, about: Mapping[str, object], seen: set[str]) -> Iterator[str]:
    grade, written = about.get("grade"), about.get("solution")
    fields = {"schema_version", "grade_id", "cell_type", *_ROLES} | ({"points"} if grade else set())
    if about.keys() != fields:
        yield f"the nbgrader fields are {sorted(about)}, not {sorted(fields)}"
    if about.get("schema_version") != 3 or about.get("cell_type") != cell.cell_type:
        yield "schema_version is not 3, or cell_type is another"
    if not all(isinstance(about.get(role), bool) for role in _ROLES):
        yield f"one of {', '.join(_ROLES)} is neither true nor false"
    if about.get("task"):
        yield "it is a task, which the labs do not use"
    if about.get("locked") == written:
        yield "it has to be either locked or a solution"
    if cell.cell_type == "markdown" and grade != written:
        yield "text is both graded and a solution, or neither"
    if not re.fullmatch(r"[A-Za-z0-9_-]+", str(about.get("grade_id"))) or about.get("grade_id") in seen:
        yield f"grade_id {about.get('grade_id')} has other signs than letters, digits, - and _, or occurs twice"


def leaks(lab: str) -> list[str]:
    """No line of a solution stands in the student version, nor in a message or a hint of a check."""
    lines = {line.strip() for text in build.solutions(labs.read(lab, "source")) for line in text.splitlines()}
    given = {line.strip() for cell in labs.read(lab, "student").cells for line in cell.source.splitlines()}
    said = [
        text for exercise in exercises(lab) for text in (*(w.message for w in exercise.wrong_answers), *exercise.hints)
    ]
    telling = {line for line in lines if re.search(r"\w", line)}  # not a closing bracket
    leaked = sorted(line for line in telling if line in given or any(line in text for text in said))
    return [f"{lab}: the line {line!r} of a solution is shown to students" for line in leaked]


def wrong_answers(lab: str) -> list[str]:
    """Every catalogued wrong answer gets its own message from its check."""
    problems = []
    for exercise in exercises(lab):
        if len({wrong.message for wrong in exercise.wrong_answers}) < len(exercise.wrong_answers):
            problems.append(f"{lab}, {exercise.name}: two wrong answers have the same message")
        for wrong in exercise.wrong_answers:
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    exercise(wrong.answer)
            except NotYet as refusal:
                if wrong.message not in " ".join(str(refusal).split()):
                    problems.append(f"{lab}, {exercise.name}: {wrong.name!r} does not get its message, but {refusal}")
            else:
                problems.append(f"{lab}, {exercise.name}: {wrong.name!r} passes")
    return problems


def faults(lab: str) -> list[str]:
    """The instruments tell each pair of faults apart, and each fault but the harmless ones shows against right code."""
    readings = labs.module(lab, "faults").HUNT.readings(variant.of(0))
    return [f"{lab}: no instrument tells {a!r} from {b!r}" for a, b in instruments.confused(readings)]


def numbers(lab: str) -> list[str]:
    """The numbers that the guide promises are measured again."""
    return [f"{lab}, {problem}" for number in labs.module(lab, "expected").EXPECTED if (problem := number.problem())]


def student(lab: str) -> list[str]:
    """Every cell of the student version runs or raises NotImplementedError, and each graded code cell raises it."""
    problems = []
    for number, cell, error in run(labs.read(lab, "student")):
        graded = cell.metadata.get("nbgrader", {}).get("grade", False)
        if error is not None and not isinstance(error, NotImplementedError):
            problems.append(f"student/{lab}, cell {number}: {type(error).__name__}: {error}")
        elif graded and error is None:
            problems.append(f"student/{lab}, cell {number}: the check passes on the stub")
    return problems


def solution(lab: str) -> list[str]:
    """Every cell of the solution runs, and in little processor time: the clock says nothing on a busy machine."""
    problems, total, before = [], 0.0, time.process_time()
    for number, _, error in run(labs.read(lab, "source")):
        before, seconds = time.process_time(), time.process_time() - before
        total += seconds
        if error is not None:
            problems.append(f"solution/{lab}, cell {number}: {type(error).__name__}: {error}")
        if seconds > CELL_SECONDS:
            problems.append(f"solution/{lab}, cell {number}: {seconds:.0f} s, more than {CELL_SECONDS}")
    return problems + ([f"solution/{lab}: {total:.0f} s, more than {LAB_SECONDS}"] if total > LAB_SECONDS else [])


CHECKS: tuple[Callable[[str], list[str]], ...] = (
    files, metadata, leaks, wrong_answers, faults, numbers, student, solution,
)  # fmt: skip


def exercises(lab: str) -> tuple[Exercise[Callable[..., Any]], ...]:
    return tuple(labs.module(lab, "check").EXERCISES)


def run(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode, Exception | None]]:
    """Run the code cells in this process, the later ones also after an error: number, cell, what it raised."""
    matplotlib.use("agg")
    namespace: dict[str, object] = {"__name__": "__main__"}
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code":
            continue
        error = None
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(ast.parse(cell.source), f"cell {number}", "exec"), namespace)
        except Exception as raised:  # it is handed to the caller
            error = raised
        plt.close("all")
        yield number, cell, error


def report(chosen: list[str]) -> int:
    """Print what each check finds in each lab. Returns the number of problems."""
    found = 0
    for lab in chosen:
        for check in CHECKS:
            started = time.perf_counter()
            problems = check(lab)
            seconds = time.perf_counter() - started
            print(f"{lab}  {check.__name__:<14}{'FAILED' if problems else 'ok':<7}{seconds:5.1f} s")
            for problem in problems:
                print(f"  {problem}")
            found += len(problems)
    return found
