"""One test at a time: the method that it tests, in the project around it, without reading all of the project."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path

from trident.corpus.mining.model import Class, Skipped
from trident.corpus.mining.pairs import pair
from trident.corpus.mining.reader import classes, test_annotations, text
from trident.corpus.mining.trees import java_files, readable
from trident.corpus.records import Record

_DECLARED = re.compile(r"\b(?:class|interface|enum|record)\s+(\w+)")
#: A folder that holds one of these is a project's, or a module's.
_BUILDS = (".git", "pom.xml", "build.gradle", "build.gradle.kts", "build.xml", "settings.gradle", "settings.gradle.kts")


def root_of(file: Path) -> Path:
    """The root of the project that a file belongs to: the outermost folder around it with a build file or ``.git``,
    but not beyond the nearest ``.git``; without any, the file's own folder."""
    found = file.resolve().parent
    for folder in file.resolve().parents:
        if any((folder / name).exists() for name in _BUILDS):
            found = folder
        if (folder / ".git").exists():
            break
    return found


class Project:
    """The classes of a project by name. A file is parsed when one of its classes is asked for."""

    def __init__(self, root: Path) -> None:
        self.root, self.name = root, readable(root.resolve().name)
        files = list(java_files(root))
        self._annotations = frozenset(test_annotations(files))
        self._files: dict[str, list[Path]] = defaultdict(list)
        for file in files:
            with suppress(Skipped):  # no class can be read from it
                for name in dict.fromkeys(_DECLARED.findall(text(file))):
                    self._files[name].append(file)
        self._read = cache(self._parsed)
        self._tests = lru_cache(maxsize=1)(classes)  # several places of one file are asked for in a row

    def focal_of(self, source: str, line: int, file: Path) -> Record:
        """The test at a line, and the method that it tests by the rules of the miner, which ``mapping`` names.

        Args:
            source: the text of the test file. A blank (``<ASSERTION>``) is an empty statement; it stays in the record.
            line: any line of the test, from 1.
            file: where the text is from, in the project: of several classes of a name, the nearest one is meant.

        Raises:
            Skipped: there is no test at the line, or its method under test is not certain. The message is the reason.
        """
        for owner in self._tests(source, self._where(file), self._annotations):
            for test in owner.tests:
                if test.lines[0] <= line <= test.lines[1]:
                    return pair(owner, test, self._index, self.name)
        raise Skipped(f"no test at line {line}")

    def _where(self, file: Path) -> str:
        inside = file.resolve().is_relative_to(self.root.resolve())
        return readable(file.resolve().relative_to(self.root.resolve()).as_posix() if inside else file.name)

    def _index(self, name: str) -> Sequence[Class]:
        found = (one for file in self._files.get(name, ()) for one in self._read(file))
        return [one for one in found if one.name == name and not one.tests]

    def _parsed(self, file: Path) -> list[Class]:
        with suppress(Skipped):
            return classes(text(file), self._where(file), self._annotations)
        return []
