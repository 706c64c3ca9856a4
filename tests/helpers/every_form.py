"""Programs that say each assertion of an instance in each of its forms, for :func:`trident.java.jdk.verify`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trident.corpus.sandbox.expressions import Char, Code, Long
from trident.corpus.sandbox.template import Instance, RenderedTest


class EveryForm:
    """The class of an instance, with a test method for each form of each assertion: the test with this form in it.

    `spoilt`: the assertion holds other values than it should. Most then fail, and all forms of one have to fail alike.
    """

    def __init__(self, instance: Instance, spoilt: bool = False) -> None:
        self.group, self.class_name, self.class_source = instance.group, instance.class_name, instance.class_source
        #: By test method: what it tests, the same for all forms of an assertion, and its source.
        self.methods = dict(_methods(instance, spoilt))

    @property
    def test_source(self) -> str:
        sources = (source for _, source in self.methods.values())
        return f"public class {self.class_name}Test {{\n" + "\n".join(sources) + "\n}\n"


def _methods(instance: Instance, spoilt: bool) -> Iterator[tuple[str, tuple[str, str]]]:
    for index, template in enumerate(instance.template.tests):
        test = instance.test(index)
        for i, assertion in enumerate(test.assertions):
            for j, form in enumerate(_forms(instance, test, index, i, spoilt)):
                source = test.source[: assertion.start] + form + test.source[assertion.end :]
                name = f"{test.name}_{i}_{j}"
                yield name, (f"{template.name} {i}", source.replace(f" {test.name}(", f" {name}(", 1))


def _forms(instance: Instance, test: RenderedTest, index: int, i: int, spoilt: bool) -> list[str]:
    worded = test.worded[i]
    if spoilt:
        wording = instance.template.tests[index].wordings[i]
        worded = wording.draw(_spoilt(worded.values), instance.house, 0.0)
    return [form for _, form in worded.forms]


def _spoilt(values: Mapping[str, Any]) -> dict[str, Any]:
    return {hole: _other(value) for hole, value in values.items()}


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case Char():
            return Char(chr(ord(value) ^ 1))
        case Code():
            return value
        case str():
            return value + "x"
        case int():
            return Long(value + 1) if isinstance(value, Long) else value + 1
        case float():
            return value + 1
    return value
