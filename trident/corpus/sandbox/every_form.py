"""The JVM check of `forms`: a program that says each assertion of an instance in each of its forms."""

from __future__ import annotations

from functools import cached_property

from trident.corpus.sandbox.template import Instance


class EveryForm:
    """A class of the sandbox with one test method per form of an assertion: the test, with this form in its place.

    One method each, since an assertion may change what it asks: ``assertEquals(1, queue.poll())``. For
    :func:`trident.java.jdk.verify`.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance, self.group = instance, instance.group
        self.class_name, self.class_source = instance.class_name, instance.class_source

    @cached_property
    def methods(self) -> dict[str, tuple[str, str]]:
        """By name of the method: the assertion (the same text for all its forms), and the source."""
        found = {}
        for index in range(len(self.instance.template.tests)):
            test = self.instance.test(index)
            for i, assertion in enumerate(test.assertions):
                for j, form in enumerate(self.forms(index, i)):
                    source = test.source[: assertion.start] + form + test.source[assertion.end :]
                    name = f"{test.name}_{i}_{j}"
                    found[name] = f"{test.name} {i}", source.replace(f" {test.name}(", f" {name}(", 1)
        return found

    def forms(self, test: int, assertion: int) -> list[str]:
        """The forms of an assertion of a test, by their indices."""
        return [form for _, form in self.instance.test(test).worded[assertion].forms]

    @property
    def test_source(self) -> str:
        """The test class."""
        sources = (source for _, source in self.methods.values())
        return f"public class {self.class_name}Test {{\n" + "\n".join(sources) + "\n}\n"
