"""The class that a test class tests: by its name, then by the path."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from trident.corpus.mining.model import Class, Index, Skipped

_TEST_PREFIX = re.compile(r"Test(?=[A-Z_0-9])")
_TEST_SUFFIX = re.compile(r"(?:Tests?|TestCases?|ITCase|IT|_?[Tt]est|UnitTests?|IntegrationTests?)$")
#: Where a word of a camel-case name ends: ``XML|Reader|Test``.
WORD_END = re.compile(r"(?<=[a-z0-9])(?=[A-Z_])|(?<=[A-Z])(?=[A-Z][a-z]|_)|(?<=[A-Za-z])(?=\d)")


def class_under_test(test: Class, index: Index) -> tuple[Class, str]:
    """The class that `test`, or a class around it, is named after, and how.

    ``exact``: the name without the affix of a test. ``cut``: also without what follows an underscore
    (``TestDateTime_Basics``). ``prefix``: the first words of the name, as many as make a class
    (``StringUtilsTrimTest``). Of several classes the nearest one. A nested class of tests may be named after a class
    in the file of the one that the class around it tests; it may as well be named after a method.

    Raises:
        Skipped: there is none, or several are equally near.
    """
    for how, names in (("exact", stems), ("cut", _cuts), ("prefix", _prefixes)):
        found: Class | None = None
        for one in (*reversed(test.around), test):
            candidates = next(filter(None, (nearest(one, index(name)) for name in names(one.name))), ())
            if found:
                candidates = [candidate for candidate in candidates if candidate.file == found.file]
            if len(candidates) > 1:
                raise Skipped("several classes by the name of the test class")
            found = candidates[0] if candidates else found
        if found:
            return found, how
    raise Skipped("no class by the name of the test class")


def nearest(one: Class, candidates: Sequence[Class]) -> Sequence[Class]:
    """Of classes of one name, those that the class `one` most probably means."""
    for better in (
        lambda c: not c.around,
        lambda c: f"{c.package}.{c.name}" in one.imports,
        lambda c: c.package == one.package,
    ):
        candidates = [c for c in candidates if better(c)] or candidates
    if len(candidates) > 1:  # the same name in several modules
        paths = [(PurePosixPath(c.file).parts, PurePosixPath(one.file).parts) for c in candidates]
        shared = [len(os.path.commonprefix(pair)) for pair in paths]
        candidates = [c for c, length in zip(candidates, shared, strict=True) if length == max(shared)]
    return candidates


def stems(name: str) -> list[str]:
    """``TestFoo``, ``FooTest``, ``FooTests``, ``FooTestCase``, ``FooIT`` … → ``Foo``."""
    names = [name[4:].lstrip("_")] if _TEST_PREFIX.match(name) else []
    while (shorter := _TEST_SUFFIX.sub("", name).rstrip("_")) not in ("", name):
        names.append(name := shorter)
    return names


def _cuts(name: str) -> Iterator[str]:
    """``TestFoo_bar_baz`` → ``Foo_bar``, ``Foo``."""
    while "_" in name:
        name = name.rpartition("_")[0]
        yield from (*stems(name), name)


def _prefixes(name: str) -> Iterator[str]:
    """``FooBarBazTest`` → ``FooBarBaz``, ``FooBar``, ``Foo``."""
    bare = _TEST_PREFIX.sub("", name, count=1).lstrip("_")
    for end in reversed([match.start() for match in WORD_END.finditer(bare)]):
        yield bare[:end].rstrip("_")
