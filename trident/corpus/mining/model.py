"""What the miner knows of Java source: classes, their methods, and the calls of a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


class Skipped(ValueError):
    """A file cannot be read, or a test has no certain method under test. The message is the reason to count."""


@dataclass(frozen=True)
class Call:
    """A call in a test: its name, and the simple types of its receiver and of its arguments (None: not known)."""

    name: str
    receiver: str | None
    types: tuple[str | None, ...]


@dataclass(frozen=True)
class Method:
    """One method of a class.

    types       the simple types of its parameters
    made        the simple type of what a static method returns; empty for all other methods
    framework   the framework of a test; empty for any other method
    lines       first and last line in the file, from 1
    """

    name: str
    body: str
    types: tuple[str, ...]
    varargs: bool
    made: str
    has_block: bool
    broken: bool
    framework: str
    calls: tuple[Call, ...]
    lines: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Class:
    """`around`: the classes that it is nested in, the innermost first. `fields`: simple types of all their fields."""

    name: str
    package: str
    file: str
    parents: frozenset[str]
    around: tuple[Class, ...]
    fields: Mapping[str, str]
    methods: tuple[Method, ...]
    broken: bool

    @property
    def tests(self) -> list[Method]:
        return [method for method in self.methods if method.framework]

    def where(self, test: str = "") -> str:
        """File and test, with the names of nested classes: tests of different classes may share a name."""
        nested = [one.name for one in (self, *self.around)][-2::-1]
        return f"{self.file}#{'.'.join(filter(None, [*nested, test]))}".removesuffix("#")


#: Gives the classes of a project that have a simple name, without test classes.
Index = Callable[[str], Sequence[Class]]
