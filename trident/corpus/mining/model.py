"""What the miner knows of Java source: classes, their methods, and the calls of a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


class Skipped(ValueError):
    """A file cannot be read, or a test has no certain method under test. The message is the reason to count."""


@dataclass(frozen=True)
class Call:
    """A call in a test, or a reference to a method.

    receiver   the type of what it is called on; ``this`` for a call on nothing
    types      the types of its arguments; None for a reference (``Bag::size``)

    A type is a simple name; None if it is not known; or ``Bag.of()``, for what a method returns, until it is resolved.
    """

    name: str
    receiver: str | None
    types: tuple[str | None, ...] | None


@dataclass(frozen=True)
class Method:
    """One method of a class.

    types       the simple types of its parameters
    returned    that of what it returns
    framework   the framework of a test; empty for any other method
    calls       of the methods of a file that has tests
    lines       first and last line in the file, from 1
    """

    name: str
    body: str
    types: tuple[str, ...]
    varargs: bool
    returned: str
    static: bool
    has_block: bool
    broken: bool
    framework: str
    calls: tuple[Call, ...]
    lines: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Class:
    """One class, interface, enum or record.

    imports   what its file imports, by full names
    around    the classes that it is nested in, the innermost first
    fields    the simple types of its fields and of those around it
    """

    name: str
    package: str
    imports: frozenset[str]
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
