"""A program that says each assertion of an instance in each of its forms, for :func:`trident.java.jdk.verify`."""

from collections.abc import Iterator

from trident.corpus.sandbox.template import Instance


class EveryForm:
    """The class of an instance, with a test method for each form of each assertion: the test with this form in it."""

    def __init__(self, instance: Instance) -> None:
        self.group, self.class_name, self.class_source = instance.group, instance.class_name, instance.class_source
        self.methods = list(_methods(instance))

    @property
    def test_source(self) -> str:
        return f"public class {self.class_name}Test {{\n" + "\n".join(self.methods) + "\n}\n"


def _methods(instance: Instance) -> Iterator[str]:
    for index in range(len(instance.template.tests)):
        test = instance.test(index)
        for i, (assertion, worded) in enumerate(zip(test.assertions, test.worded, strict=True)):
            for j, (_, form) in enumerate(worded.forms):
                said = test.source[: assertion.start] + form + test.source[assertion.end :]
                yield said.replace(f" {test.name}(", f" {test.name}_{i}_{j}(", 1)
