"""From examples to programs: the class under test with its mutants, and the test with its blank."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from trident.corpus.sandbox.expressions import TemplateError
from trident.corpus.sandbox.template import Instance, load
from trident.evaluation.execution.jvm import Case
from trident.evaluation.execution.mutants import Mutant, NoSuchMethod, mutants
from trident.java.assertions import MARK, find
from trident.java.jdk import IMPORTS
from trident.java.lexer import kind, lex

#: Mutants that are drawn for a blank, and the seed that draws them.
DRAWN, SEED = 12, 0
_HEAD = f"package sandbox;\n{IMPORTS}\n"
_METHOD = re.compile(r"\bvoid\s+([\w$]+)\s*\(")
_REMEDY = "run notebook 01_preprocess and those after it again, as the corpus was made from other templates"


@dataclass(frozen=True)
class Blank:
    """An example that can be run.

    class_source  the class under test, without package and imports
    mutants       of `class_source`
    case          the programs; the only answer is the reference
    """

    class_source: str
    mutants: tuple[Mutant, ...]
    case: Case

    @property
    def reference(self) -> str:
        """The assertion that was taken out, in canonical form."""
        return self.case.answers[0]

    @property
    def needs_reference(self) -> bool:
        """Whether the test does not compile without the reference."""
        return _declares(self.reference, kind(self.reference))


def blanks(examples: Sequence[Mapping[str, Any]], corpus_seed: int) -> list[Blank | str]:
    """For each example what to run, or the reason why it cannot be run.

    Only the sandbox comes with the classes under test.

    Args:
        examples: with the columns of :class:`trident.corpus.schema.Example`.
        corpus_seed: the seed that the sandbox corpus was made with.

    Raises:
        TemplateError: a template has changed since the corpus was made, or the seed is another one.
    """
    templates = lru_cache(None)(lambda: {template.name: template for template in load()})
    instance = lru_cache(None)(lambda name, number: templates()[name].instance(corpus_seed, int(number)))
    found: list[Blank | str] = []
    for example in examples:
        if example["source"] != "sandbox":
            found.append(f"{example['source']}: its classes are not part of the corpus")
        elif example["test_prefix_and_rest"].count(MARK) != 1:
            found.append("several assertions of one test are asked for at once")
        else:
            name, _, number = example["group"].partition("#")
            if name not in templates():
                raise TemplateError(f"example {example['id']}: there is no template {name}.java: {_REMEDY}")
            found.append(_blank(example, instance(name, number)))
    return found


def _blank(example: Mapping[str, Any], instance: Instance) -> Blank:
    name, test = example["focal_class"], example["test_prefix_and_rest"]
    where = f"example {example['id']} ({example['origin']})"
    if instance.class_name != name:
        raise TemplateError(
            f"{where}: its class is {name}, but the template now makes {instance.class_name}: {_REMEDY}"
        )
    complete = test.replace(MARK, example["assertion"])
    try:
        changed = mutants(instance.class_source, example["focal_method"], DRAWN, SEED, complete)
    except NoSuchMethod as error:
        raise TemplateError(f"{where}: {error}: {_REMEDY}") from None
    case = Case(
        class_name=name,
        class_source=_HEAD + instance.class_source,
        mutants=tuple(_HEAD + mutant.source for mutant in changed),
        test_class=f"{name}Test",
        test_method=_METHOD.findall(test)[0],
        test_source=f"{_HEAD}public class {name}Test {{\n{whole(test)}\n}}\n",
        answers=(example["assertion_canonical"],),
    )
    return Blank(instance.class_source, changed, case)


def whole(test: str) -> str:
    """The test, whose assertions before the blank let mutants pass: the answer is to notice them, whatever they notice.

    On the class itself they hold. Those after the blank stay: an answer may have spoilt what they rely on. A test that
    was cut after the blank (``keep_after: false``) is closed.
    """
    blank = test.index(MARK)
    for found in reversed(find(test.replace(MARK, ";".rjust(len(MARK))))):
        if found.end <= blank and found.is_statement and not _declares(found.text, found.kind):
            held = f"try {{ {found.text} }} catch (AssertionError ignored$) {{ }}"
            test = test[: found.start] + held + test[found.end :]
    tokens = lex(test)
    return test + "}" * (tokens.count("{") - tokens.count("}"))


def _declares(assertion: str, name: str) -> bool:
    """Whether an assertion declares what the test uses later: ``Exception e = assertThrows(…);``."""
    return not assertion.startswith((name, "Assert."))
