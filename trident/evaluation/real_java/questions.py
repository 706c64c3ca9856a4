"""What can be read in a test with a blank: its other assertions, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trident.java import assertions
from trident.java.assertions import MARK, Assertion


@dataclass(frozen=True)
class Question:
    """A test whose blanks are empty statements, so that it is Java.

    source   the text; every offset is one of the masked test
    blank    where the blank is; the first, with ``masking: all``
    visible  the other assertions that are statements, in order; none with ``masking: all``
    """

    source: str
    blank: int
    visible: tuple[Assertion, ...]


def read(example: Mapping[str, Any]) -> Question:
    """The question of an example of the corpus. Raises Unparsable, as :func:`trident.java.assertions.find`."""
    masked: str = example["test_prefix_and_rest"]
    source = masked.replace(MARK, ";".ljust(len(MARK)))
    return Question(source, masked.index(MARK), tuple(one for one in assertions.find(source) if one.is_statement))


def test_of(example: Mapping[str, Any]) -> tuple[str, str]:
    """The test class that an example comes from, and the test in it: equal for examples of the same.

    Mined projects name file and test (``project/src/ATest.java#Nested.test``); a file counts as one class. TOGBench
    names class and test (``project/12#a.ATest::test``). Methods2Test publishes no test class, but matches each with one
    class under test: that one, with its project, stands for it.
    """
    place, _, test = example["origin"].partition("#")
    if "::" in test:
        return f"{example['group']}/{test.rpartition('::')[0]}", test
    return (place if test else f"{example['group']}/{example['focal_class']}"), example["origin"]
