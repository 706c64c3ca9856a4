"""Other names for what a generated class declares, so that a model learns to copy a name and not to remember it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from javalang.tokenizer import BasicType, Keyword
from tree_sitter import Node

from trident.corpus.sandbox.generate import held_out
from trident.corpus.sandbox.template import Instance, load
from trident.java.assertions import parse, text_of
from trident.java.lexer import lex, outside_literals

#: Words that new names are made of. The tokenizer of the shipped models knows them all.
WORDS = tuple(Path(__file__).with_name("names.txt").read_text(encoding="utf-8").split())
#: Share of the new names that have two words.
TWO_WORDS = 0.4

_NAME = re.compile(r"[A-Za-z_$][\w$]*")
#: Nodes of the grammar whose field `name` is declared by them.
_DECLARING = re.compile(
    r"(class|interface|enum|method)_declaration|enum_constant|(catch_)?formal_parameter|variable_declarator|resource"
    r"|enhanced_for_statement"
)


def renaming(instance: Instance, rng: random.Random) -> Callable[[str], str]:
    """A function that gives each name that the class and its tests declare a new one, the same wherever it occurs.

    Kept are the names of test methods, constants and the library. The text is changed outside literals only.
    """
    source = instance.class_source + instance.test_source
    taken = {*_names(source), *library()}
    new: dict[str, str] = {}
    for name in sorted(declared(source) - library()):
        if not name.isupper() or len(name) == 1:
            new[name] = _drawn(name, rng, taken)
            taken.add(new[name])

    def rename(code: str) -> str:
        return _NAME.sub(lambda match: new.get(match[0], match[0]), code)

    return lambda text: outside_literals(text, rename)


def _drawn(old: str, rng: random.Random, taken: set[str]) -> str:
    while True:
        first, *rest = rng.sample(WORDS, 2 if rng.random() < TWO_WORDS else 1)
        new = (first.capitalize() if old[0].isupper() else first) + "".join(word.capitalize() for word in rest)
        if new not in taken:
            return new


def declared(source: str) -> set[str]:
    """The names that Java code declares, those of test methods left out."""
    return {name for node in _nodes(parse(source).root_node) for name in _declared_by(node)}


def _declared_by(node: Node) -> Iterator[str]:
    if node.type == "lambda_expression":
        parameters = node.child_by_field_name("parameters")
        for part in [parameters, *parameters.named_children] if parameters else []:
            if part.type == "identifier":
                yield text_of(part)
    elif _DECLARING.fullmatch(node.type) and not text_of(node).startswith("@Test"):
        yield text_of(node.child_by_field_name("name"))


def _nodes(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        yield (node := stack.pop())
        stack += node.named_children


@cache
def library() -> frozenset[str]:
    """Names that some training template uses without declaring them: Java's own, its library's and JUnit's."""
    templates = load()
    unseen = held_out([template.name for template in templates])
    found = Keyword.VALUES | BasicType.VALUES | {"true", "false", "null"}
    for template in templates:
        if template.name not in unseen:
            instance = template.instance(0, 0)
            tests = {instance.test(i).name for i in range(len(template.tests))}
            source = instance.class_source + instance.test_source
            found |= _names(source) - declared(source) - tests
    return frozenset(found)


def _names(source: str) -> set[str]:
    return {token for token in lex(source) if _NAME.fullmatch(token)}
