"""Suggest assertions for the blanks of a Java test file: ``trident suggest``."""

from __future__ import annotations

import contextlib
import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trident.corpus.mining import Project, Skipped, reader, root_of
from trident.evaluation.blanks import Blank, find, qualified
from trident.evaluation.suggest import Suggester, Suggestion
from trident.experiment import artifacts, params, paths
from trident.workflow import best_models

#: What is read instead of a file's name, and how its text is called.
STANDARD_INPUT, _NAMED = "-", "standard input"


class SuggestError(RuntimeError):
    """The file, the place in it or the model is not there. The message says what to do."""


@dataclass(frozen=True)
class Place:
    """One blank: its test, the method under test or the reason why it is not known, and the suggestions.

    `failed`: how many suggestions the check refused, and `said`, the end of what it wrote about the first of them.
    """

    file: str
    line: int
    test: str
    focal_class: str | None
    focal_method: str | None
    how: str
    suggestions: list[Suggestion]
    failed: int = 0
    said: str = ""

    def __str__(self) -> str:
        tested = f"tests {self.focal_class}.{self.focal_method}" if self.focal_method else "method under test unknown"
        lines = [f"{self.file}:{self.line}  {self.test} {tested} ({self.how})"]
        lines += [f"  {one.probability:6.3f}  {one.assertion}" for one in self.suggestions]
        if not self.suggestions and not self.failed:
            lines.append("  no valid assertion found: ask for more with --top")
        if self.failed:
            lines.append(f"  the check refused {self.failed}" + (f":\n{self.said}" if not self.suggestions else ""))
        return "\n".join(lines)


def run(where: str, *, model: Path | None = None, top: int = 5, as_json: bool = False, check: str = "") -> None:
    """Print what :func:`places` finds: as text, each when it is found, or as one JSON list."""
    found = places(where, model=model, top=top, check=check)
    if as_json:
        print(json.dumps([asdict(place) for place in found], indent=1, ensure_ascii=False))
    else:
        for place in found:
            print(place, flush=True)


def transcript() -> str:
    """The README's example, as a shell shows it: the file in docs/suggest and the shipped student."""
    file, model = "docs/suggest/StackTest.java", "models/distilled"
    found = places(str(paths.ROOT / file), model=paths.ROOT / model, top=3)
    shown = "\n".join(map(str, found)).replace(f"{paths.ROOT}/", "")
    return f"```text\n$ .venv/bin/trident suggest {file} --model {model} --top 3\n{shown}\n```\n"


def places(where: str, *, model: Path | None = None, top: int = 5, check: str = "") -> Iterator[Place]:
    """The blanks of a file with suggestions, one after the other.

    Args:
        where: FILE or FILE:LINE, or ``-`` for standard input, which belongs to the project of the working directory.
        model: folder of a checkpoint; None: the best student of the profile `mined`, else of `real`, else the shipped.
        check: a command; suggestions with which it fails are left out. ``{file}`` in it becomes the file's name.

    Raises:
        SuggestError: see there.
    """
    file, line = _parsed(where)
    if top < 1:
        raise SuggestError(f"--top {top}: ask for one suggestion at least")
    if check and file is None:
        raise SuggestError("--check needs a file that the command can read, not standard input")
    name = _NAMED if file is None else str(file)
    source = _text(file)
    try:
        blanks = find(source, line)
    except ValueError as error:
        raise SuggestError(f"{name} {error}") from None
    folder = model or best_models.student("mined", "real")
    suggester = Suggester(folder, *lengths(folder))
    beside = file or Path.cwd() / "Input.java"
    project = Project(root_of(beside))
    for blank in blanks:
        place = _asked(blank, name, beside, project, suggester, top)
        yield _checked(place, blank, file, check) if check and file else place


def _parsed(where: str) -> tuple[Path | None, int | None]:
    path, _, line = where.rpartition(":")
    if not Path(where).exists() and path and line.isdigit():
        return (None if path == STANDARD_INPUT else Path(path)), int(line)
    return (None if where == STANDARD_INPUT else Path(where)), None


def _text(file: Path | None) -> str:
    try:
        content = sys.stdin.buffer.read() if file is None else file.read_bytes()
        return content.decode()
    except UnicodeDecodeError as error:
        raise SuggestError(f"{file or _NAMED} is not UTF-8 ({error.reason} at byte {error.start})") from None
    except OSError as error:
        raise SuggestError(f"{file} cannot be read: {error.strerror}") from None


def lengths(folder: Path) -> tuple[int, int]:
    """`max_source_tokens` and `max_target_tokens` of a model's training; for one that is shipped, the sandbox's."""
    file = folder / artifacts.PROVENANCE
    if file.is_file():
        known = json.loads(file.read_text(encoding="utf-8"))["parameters"]
        return known["max_source_tokens"], known["max_target_tokens"]
    sandbox = params.complete(params.load(paths.PARAMS / "sandbox.yaml"))
    return sandbox.max_source_tokens, sandbox.max_target_tokens


def _asked(blank: Blank, name: str, file: Path, project: Project, suggester: Suggester, top: int) -> Place:
    source = blank.source.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        record = project.focal_of(source, blank.line, file)
        test, body, focal = record.test_case.identifier, record.test_case.body, record.focal_method.body
        found: dict[str, Any] = {
            "focal_class": record.focal_class.identifier,
            "focal_method": record.focal_method.identifier,
            "how": record.mapping,
        }
    except Skipped as reason:
        test, body = _test_at(source, blank.line, name)
        focal, found = "", {"focal_class": None, "focal_method": None, "how": str(reason)}
    suggestions = [
        Suggestion(qualified(one.assertion, source), one.probability) for one in suggester.suggest(body, focal, top)
    ]
    return Place(name, blank.line, test, **found, suggestions=suggestions)


def _test_at(source: str, line: int, name: str) -> tuple[str, str]:
    """Name and text of the test at a line. Raises SuggestError."""
    try:
        classes = reader.classes(source, name, reader.test_annotations([]))
    except Skipped as reason:
        raise SuggestError(f"{name}: {reason}") from None
    for test in (test for owner in classes for test in owner.tests):
        if test.lines[0] <= line <= test.lines[1]:
            return test.name, test.body
    raise SuggestError(f"{name}:{line} is in no test: a test has an annotation such as @Test, or is of JUnit 3")


def _checked(place: Place, blank: Blank, file: Path, check: str) -> Place:
    """`place` without the suggestions with which the command fails."""
    command = check.replace("{file}", shlex.quote(str(file)))
    kept, said = [], ""
    with _restored(file) as write:
        for suggestion in place.suggestions:
            write(blank.filled(suggestion.assertion))
            done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            if done.returncode == 0:
                kept.append(suggestion)
            else:
                said = said or _end(done.stdout.decode(errors="replace"))
    refused = len(place.suggestions) - len(kept)
    return Place(**{**vars(place), "suggestions": kept, "failed": refused, "said": said})


def _end(output: str) -> str:
    return "\n".join(f"    {line}" for line in output.strip().splitlines()[-6:])


@contextlib.contextmanager
def _restored(file: Path) -> Iterator[Any]:
    """Yields a function that writes a text to the file. Whatever stops this process, the file is restored."""
    before = file.read_bytes()
    stops = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(number: int, _: object) -> None:
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)

    handlers = {number: signal.signal(number, stop) for number in stops}
    try:
        yield lambda text: file.write_bytes(text.encode())
    finally:
        for number in stops:
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not stop the restoring
        file.write_bytes(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
