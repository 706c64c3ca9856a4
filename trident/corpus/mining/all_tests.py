"""Whole projects: all pairs of test and method under test, and a report on what was left out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from trident.corpus.mining.model import Class, Method, Skipped
from trident.corpus.mining.pairs import pair
from trident.corpus.mining.reader import classes, linked, test_annotations, text
from trident.corpus.mining.trees import java_files, readable
from trident.corpus.records import Record, Tally
from trident.corpus.schema import CorpusError
from trident.experiment.artifacts import atomic, write_json

RECORDS, REPORT = "records.jsonl", "report.json"
HOW_TO_GET = "Make it with `python -m trident mine SOURCE... --out FOLDER`, and give FOLDER as corpus_path."

#: Classes that look like test classes: all of them are reported, also those without a test.
_LIKE_A_TEST = re.compile(r"Test[A-Z_0-9]\w*|\w*(?:Tests?|TestCases?|(?<![A-Z])IT(?:Case)?)")


def mine(paths: Iterable[str | Path], progress: bool = True) -> tuple[list[Record], dict[str, Any]]:
    """Pairs of test and method under test of one or more projects.

    Args:
        paths: one folder per project. The folder's name becomes the project's.

    Returns:
        the records, in order of file; and a report: ``projects``, ``files``, ``classes``, ``tests``, ``pairs``, pairs
        by ``mapping``, tests by ``framework``, and what was ``skipped`` by reason:
        files, tests, and classes that look like test classes and have no test.

    Raises:
        CorpusError: a path is no folder, two have one name, or there is no ``.java`` file below them.
    """
    mining = _Mining(paths)
    return list(mining.records(progress)), mining.report()


def mine_into(paths: Iterable[str | Path], out: str | Path, progress: bool = True) -> dict[str, Any]:
    """As :func:`mine`, but the records go to a file, so that those of one project are in memory at a time.

    Writes the records as JSON lines and the report as JSON into the folder `out`, each atomically. Returns the report.
    """
    mining = _Mining(paths)
    with atomic(Path(out) / RECORDS) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(record.model_dump_json() + "\n" for record in mining.records(progress))
    write_json(Path(out) / REPORT, report := mining.report())
    return report


class _Mining:
    """Mines projects one after the other. The report is complete when all records have been taken."""

    def __init__(self, paths: Iterable[str | Path]) -> None:
        self._roots = _projects(paths)
        self._files = {name: list(java_files(root)) for name, root in self._roots.items()}
        if not any(self._files.values()):
            raise CorpusError(f"no .java file below {', '.join(map(str, self._roots.values())) or 'no folder at all'}")
        self._classes = 0
        self._skipped, self._frameworks, self._mappings = Tally(), Counter[str](), Counter[str]()

    def records(self, progress: bool) -> Iterator[Record]:
        total = sum(map(len, self._files.values()))
        with tqdm(total=total, unit=" files", desc="mining", disable=not progress) as bar:
            for name in self._roots:
                found = self._read(name, bar)
                self._classes += len(found)
                self._frameworks.update(test.framework for one in found for test in one.tests)
                for record in _pairs(found, name, self._skipped):
                    self._mappings[record.mapping] += 1
                    yield record

    def _read(self, name: str, bar: Any) -> list[Class]:
        """The classes of a project."""
        found: list[Class] = []
        annotations = test_annotations(self._files[name])
        for file in self._files[name]:
            where = readable(file.relative_to(self._roots[name]).as_posix())
            try:
                found += classes(text(file), where, annotations)
            except Skipped as reason:
                self._skipped.add(f"file: {reason}", f"{name}/{where}")
            bar.update()
        return found

    def report(self) -> dict[str, Any]:
        return {
            "projects": list(self._roots),
            "files": sum(map(len, self._files.values())),
            "classes": self._classes,
            "tests": self._frameworks.total(),
            "pairs": self._mappings.total(),
            "mapping": dict(self._mappings.most_common()),
            "framework": dict(self._frameworks.most_common()),
            "skipped": self._skipped.report(),
        }


def every_test(root: str | Path) -> Iterator[tuple[str, Record | None]]:
    """Each test of one project, as it stands, with its record if the miner knows which method it tests.

    A test with a syntax error, and what is in a file that cannot be read, is left out.
    """
    mining = _Mining([root])
    [name] = mining._roots
    with tqdm(disable=True) as bar:
        found = mining._read(name, bar)
    for _, test, record, _ in _tested(found, name):
        if not test.broken:
            yield test.body, record


def _tested(found: Sequence[Class], project: str) -> Iterator[tuple[Class, Method, Record | None, str]]:
    """Each test of a project with its class, and its record, or the reason why there is none."""
    by_name: dict[str, list[Class]] = defaultdict(list)
    for one in found:
        if not one.tests:
            by_name[one.name].append(one)
    for owner, test in ((one, test) for one in found for test in one.tests):
        try:
            yield owner, test, pair(owner, test, lambda name: by_name.get(name, ()), project), ""
        except Skipped as reason:
            yield owner, test, None, str(reason)


def _pairs(found: Sequence[Class], project: str, skipped: Tally) -> Iterator[Record]:
    """The pairs of a project's classes. Counts tests without one, and classes that look like tests and have none."""
    for owner, test, record, reason in _tested(found, project):
        if record:
            yield record
        else:
            skipped.add(f"test: {reason}", f"{project}/{owner.where(test.name)}")
    with_tests = {around for one in found if one.tests for around in (one, *one.around)}
    inheriting = linked((one.name for one in with_tests), {one.name: one.parents for one in found})
    for one in found:
        names = {one.name, *one.parents}
        if one not in with_tests and (names & inheriting or any(map(_LIKE_A_TEST.fullmatch, names))):
            skipped.add(f"test class: {_without_tests(one, inheriting)}", f"{project}/{one.where()}")


def _without_tests(one: Class, inheriting: Set[str]) -> str:
    """Why a class that looks like a test class has no test."""
    if one.broken:
        return "no test found beside a syntax error"
    if one.parents & inheriting:
        return "it inherits its tests"
    return "no method is known as a test" if any(method.has_block for method in one.methods) else "no method"


def _projects(paths: Iterable[str | Path]) -> dict[str, Path]:
    """The folders by name. Raises CorpusError for what is no folder, and for two of one name."""
    projects: dict[str, Path] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            raise CorpusError(f"{path}: no such folder; give the root of a Java project")
        name = readable(path.resolve().name)
        if name in projects:
            raise CorpusError(
                f"two projects are called {name!r}: {projects[name]} and {path}; rename one, splits are drawn by name"
            )
        projects[name] = path
    return projects


def summary(report: dict[str, Any]) -> str:
    """The report as text: what was found, how it was matched, what was left out and why."""
    counted = {
        name: ", ".join(f"{key} {count}" for key, count in report[name].items()) or "none"
        for name in ("framework", "mapping")
    }
    lines = [
        f"{report['files']:>8}  Java files in {len(report['projects'])} project(s): {', '.join(report['projects'])}",
        f"{report['classes']:>8}  classes",
        f"{report['tests']:>8}  tests ({counted['framework']})",
        f"{report['pairs']:>8}  pairs ({counted['mapping']})",
        *(["", "left out:"] if report["skipped"] else []),
        *(f"{entry['count']:>8}  {reason}, first {entry['first']}" for reason, entry in report["skipped"].items()),
    ]
    return "\n".join(lines)
