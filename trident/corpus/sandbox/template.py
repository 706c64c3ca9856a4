"""Sandbox templates: read a Java file with ``$hole$``s and instantiate it (the format: ``templates/README.md``).

A file is parsed once. An instance is made by filling the holes, without the parser.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from tree_sitter import Node

from trident.corpus.sandbox.expressions import Block, Code, TemplateError, compile_block, java
from trident.java.assertions import Assertion, find, parse, text_of
from trident.java.lexer import dedented, outside_literals

#: Where the templates stand: ``<domain>/<Name>.java``.
FOLDER = Path(__file__).with_name("templates")

_HOLE = re.compile(r"\$([A-Za-z_]\w*)\$")
_FOCAL = re.compile(r"//@\s*focal\s+([\w$]+(?:/\d+)?)\s*")
#: A statement that calls a hole: `$verdict$(x);`, an assertion whose name differs from instance to instance.
_VERDICT = re.compile(r"^(\s*)\$(\w+)\$(?=\()", re.MULTILINE)
#: What it is called while the assertions are looked for.
_STAND_IN = re.compile(r"\bassert_(\w+)")
#: Calls of static members of ``org.junit.Assert``. Each gets the hole `_QUALIFIER` before it: "Assert." or nothing.
_UNQUALIFIED = re.compile(r"(?<![\w.$])(?:assert[A-Z_]\w*|fail)(?=\()")
_QUALIFIER = "_Assert_"


def number_of(*parts: object) -> int:
    """A 64-bit number that depends only on `parts`: not on the process, not on the order of work."""
    text = "\0".join(map(str, parts))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def holes_in(*texts: str) -> frozenset[str]:
    """The holes of some texts."""
    return frozenset(hole for text in texts for hole in _HOLE.findall(text) if hole != _QUALIFIER)


def _fill(text: str, values: Mapping[str, Any], *blocks: Block) -> str:
    """`text` with each hole's value as Java. `blocks` say in errors where a hole is defined."""

    def value(match: re.Match[str]) -> str:
        hole = match[1]
        try:
            return java(values[hole])
        except ValueError as error:
            where = next(f"{block.file}:{block.defined[hole]}" for block in blocks if hole in block.defined)
            raise TemplateError(f"{where}: hole {hole!r}: {error}") from None

    return _HOLE.sub(value, text)


@dataclass(frozen=True)
class Test:
    """A test method of a template. Its texts have holes.

    focal       the method under test
    chunks      before the first assertion, the assertion, between, …, after the last one
    assertions  as found; `kind` is a hole where the assertion's name is one
    """

    __test__ = False  # not for pytest

    name: str
    holes: Block
    focal: str
    chunks: tuple[str, ...]
    assertions: tuple[Assertion, ...]


@dataclass(frozen=True)
class RenderedTest:
    """A test method of an instance, at column 0. `assertions` have offsets in `source`."""

    name: str
    focal_method: str
    source: str
    assertions: tuple[Assertion, ...]


@dataclass(frozen=True, eq=False)
class Template:
    """One parsed file. `name`: ``<domain>/<Name>``; `title` (the name of the class) and `body` have holes."""

    name: str
    holes: Block
    title: str
    body: str
    tests: tuple[Test, ...]

    def instance(self, seed: int, number: int) -> Instance:
        """Instance `number`, any integer, under a corpus seed. Raises TemplateError as :meth:`Block.draw` does."""
        return Instance(self, seed, number)


class Instance:
    """One instantiated class with its tests. Depends only on the seed, the template and the number."""

    def __init__(self, template: Template, seed: int, number: int) -> None:
        self.template, self.seed, self.number = template, seed, number
        self.group = f"{template.name}#{number}"
        #: Real code qualifies about half of its assertions: here all of an instance, or none.
        self.qualified = number_of(seed, self.group, "qualified") % 2 == 1
        self._values = template.holes.draw(random.Random(number_of(seed, self.group)), {})
        self._values[_QUALIFIER] = Code("Assert." if self.qualified else "")
        self.class_name = _fill(template.title, self._values, template.holes)
        #: The class under test, without package and imports.
        self.class_source = _fill(template.body, self._values, template.holes) + "\n"
        self._tests: dict[int, RenderedTest] = {}

    @property
    def test_source(self) -> str:
        """The test class with all its tests, nothing masked; public, as JUnit 4 needs it."""
        methods = (self.test(index).source for index in range(len(self.template.tests)))
        indented = (re.sub("^(?=.)", "    ", method, flags=re.MULTILINE) for method in methods)
        return f"public class {self.class_name}Test {{\n" + "\n\n".join(indented) + "\n}\n"

    def test(self, index: int) -> RenderedTest:
        """Test `index` of the template, drawn with a seed of its own: other tests do not change it."""
        if index not in self._tests:
            self._tests[index] = self._render(self.template.tests[index])
        return self._tests[index]

    def _render(self, test: Test) -> RenderedTest:
        values = test.holes.draw(random.Random(number_of(self.seed, self.group, test.name)), self._values)

        def fill(text: str) -> str:
            return _fill(text, values, test.holes, self.template.holes)

        pieces = [fill(chunk) for chunk in test.chunks]
        ends = list(accumulate(map(len, pieces)))
        assertions = tuple(
            replace(assertion, text=pieces[i], kind=fill(assertion.kind), start=ends[i - 1], end=ends[i])
            for i, assertion in zip(range(1, len(pieces), 2), test.assertions, strict=True)
        )
        return RenderedTest(fill(test.name), fill(test.focal), "".join(pieces), assertions)


@lru_cache(maxsize=8)
def load(folder: Path = FOLDER) -> tuple[Template, ...]:
    """All templates below `folder`, in order of name. Raises TemplateError if one is wrong or there is none."""
    templates = tuple(map(read, sorted(folder.glob("*/*.java"))))
    if not templates:
        raise TemplateError(f"no templates below {folder}: expected <domain>/<Name>.java")
    return templates


def read(path: Path) -> Template:
    """Read one template. Raises TemplateError, with file and line, where the file breaks the format."""
    source = path.read_text(encoding="utf-8")
    return _Reader(f"{path.parent.name}/{path.stem}", source).template(parse(source).root_node)


@dataclass(frozen=True)
class _Declaration:
    """A class or a test method, with the ``//#`` lines (number, text) and the ``//@`` lines before it."""

    node: Node
    holes: list[tuple[int, str]]
    focal: list[Node]

    @property
    def name(self) -> str:
        return text_of(self.node.child_by_field_name("name"))


class _Reader:
    """Reads one file; errors name it."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.file, self.source = name, f"{name}.java", source.encode()

    def error(self, node: Node, message: str) -> TemplateError:
        return TemplateError(f"{self.file}:{_line(node)}: {message}")

    def template(self, root: Node) -> Template:
        if root.has_error:
            broken = next((node for node in _nodes(root) if node.is_error or node.is_missing), root)
            found = f"`{broken.type}` is missing" if broken.is_missing else f"at `{text_of(broken).strip()[:40]}`"
            raise self.error(broken, f"not Java: {found}")
        classes = self.declarations(root)
        types = [declared.node.type for declared in classes]
        if types != ["class_declaration", "class_declaration"]:
            raise self.error(
                root, f"expected comments and two classes, the second with tests; found {', '.join(types)}"
            )
        focal, tested = classes
        if tested.name != f"{focal.name}Test":
            raise self.error(tested.node, f"the second class must be called {focal.name}Test")
        if tested.holes:
            raise self.error(tested.node, "the holes of the class stand before it, those of a test in the test class")
        block = compile_block(self.file, focal.holes, {})
        body = self.text(focal.node, block.defined)
        methods = self.declarations(tested.node.child_by_field_name("body"))
        tests = tuple(self.test(method, focal.node, block) for method in methods)
        return Template(self.name, block, focal.name, body, tests)

    def declarations(self, parent: Node | None) -> list[_Declaration]:
        """What is declared below `parent`, each with the special comments before it."""
        found, holes, focal = [], [], []
        for node in parent.named_children if parent else ():
            text = text_of(node)
            if text.startswith("//#"):
                holes.append((_line(node), text.removeprefix("//#").strip()))
            elif text.startswith("//@"):
                focal.append(node)
            elif not node.type.endswith("comment"):
                found.append(_Declaration(node, holes, focal))
                holes, focal = [], []
        if holes or focal:
            raise TemplateError(f"{self.file}:{holes[0][0] if holes else _line(focal[0])}: no test method follows")
        return found

    def test(self, method: _Declaration, focal_class: Node, block: Block) -> Test:
        node = method.node
        if node.type != "method_declaration" or "@Test" not in text_of(node).split("{")[0]:
            raise self.error(node, "the test class holds test methods (with @Test) and nothing else")
        if len(method.focal) != 1:
            raise self.error(node, f"this test needs one line `//@ focal method` before it, not {len(method.focal)}")
        holes = compile_block(self.file, method.holes, block.defined)
        source = _VERDICT.sub(r"\1assert_\2", self.text(node, block.defined.keys() | holes.defined.keys()))
        found = [assertion for assertion in find(source) if assertion.is_statement]
        if not found:
            raise self.error(node, "this test asserts nothing that could be masked")
        edges = [0, *(edge for assertion in found for edge in (assertion.start, assertion.end)), len(source)]
        chunks = tuple(outside_literals(source[start:end], _with_holes) for start, end in pairwise(edges))
        assertions = tuple(replace(a, kind=_STAND_IN.sub(r"$\1$", a.kind)) for a in found)
        return Test(method.name, holes, self.dedented(self.focal(focal_class, method.focal[0])), chunks, assertions)

    def text(self, node: Node, known: Collection[str]) -> str:
        """The text of a class or method, at column 0. Its holes are all `known`."""
        for part in _nodes(node):
            name, literal = part.type.endswith("identifier"), part.type in ("string_literal", "character_literal")
            text = text_of(part) if name or literal or part.type.endswith("comment") else ""
            if text.startswith(("//#", "//@")):
                raise self.error(part, f"`{text}` stands where it means nothing: put it before the class or a test")
            if literal and _HOLE.search(text):
                raise self.error(part, f"a hole in a literal, {text}: make the whole text a hole of its own")
            for hole in holes_in(text).difference(known):
                raise self.error(part, f"the hole ${hole}$ is used but not defined")
            if name and "$" in _HOLE.sub("", text):
                raise self.error(part, f"`{text}`: a hole is written $name$, with a sign on either side")
        return self.dedented(node)

    def dedented(self, node: Node) -> str:
        """The node's text with its first line's indentation taken from every line."""
        return dedented(self.source[node.start_byte : node.end_byte].decode(), " " * node.start_point[1])

    def focal(self, focal_class: Node, mark: Node) -> Node:
        """The method that a ``//@`` line names: of the class itself, else of a class nested in it."""
        wanted = _FOCAL.fullmatch(text_of(mark))
        if not wanted:
            raise self.error(mark, f"`{text_of(mark)}`: expected `focal method` or `focal method/parameters`")
        names = []
        for node in _nodes(focal_class):
            if node.type in ("method_declaration", "constructor_declaration"):
                name, parameters = map(node.child_by_field_name, ("name", "parameters"))
                types = [parameter.type for parameter in parameters.named_children] if parameters else []
                names.append(f"{text_of(name)}/{types.count('formal_parameter') + types.count('spread_parameter')}")
                if wanted[1] in (names[-1], names[-1].split("/")[0]):
                    return node
        raise self.error(mark, f"the class has no method {wanted[1]}; it has {', '.join(names)}")


def _nodes(root: Node) -> Iterator[Node]:
    """A node and all below it, level by level."""
    queue = deque([root])
    while queue:
        yield (node := queue.popleft())
        queue.extend(node.children)


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _with_holes(code: str) -> str:
    return _STAND_IN.sub(r"$\1$", _UNQUALIFIED.sub(rf"${_QUALIFIER}$\g<0>", code))
