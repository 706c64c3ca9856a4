"""Sandbox templates: read a Java file with ``$hole$``s and instantiate it (the format: ``templates/README.md``).

A file is parsed once. An instance is made by filling the holes, without the parser.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise, repeat
from pathlib import Path

from tree_sitter import Node

from trident.corpus.sandbox.expressions import Block, Code, TemplateError, compile_block
from trident.corpus.sandbox.holes import QUALIFIER, fill, holes_in, without_holes
from trident.corpus.sandbox.java_types import declared, members
from trident.corpus.sandbox.styles import house_of
from trident.corpus.sandbox.wording import Worded, Wording
from trident.java.assertions import MARK, Assertion, find, parse, text_of
from trident.java.lexer import dedented, outside_literals

#: Where the templates stand: ``<domain>/<Name>.java``.
FOLDER = Path(__file__).with_name("templates")

_FOCAL = re.compile(r"//@\s*focal\s+([\w$]+(?:/\d+)?)\s*")
#: A statement that calls a hole: `$verdict$(x);`, an assertion whose name differs from instance to instance.
_VERDICT = re.compile(r"^(\s*)\$(\w+)\$(?=\()", re.MULTILINE)
#: What it is called while the assertions are looked for.
_STAND_IN = re.compile(r"\bassert_(\w+)")
#: Calls of static members of ``org.junit.Assert``. Each gets the hole :data:`QUALIFIER` before it.
_UNQUALIFIED = re.compile(r"(?<![\w.$])(?:assert[A-Z_]\w*|fail)(?=\()")


def number_of(*parts: object) -> int:
    """A 64-bit number that depends only on `parts`: not on the process, not on the order of work."""
    text = "\0".join(map(str, parts))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def _fraction(*parts: object) -> float:
    """A number from 0 to 1, without 1, that depends only on `parts`."""
    return number_of(*parts) / 2**64


@dataclass(frozen=True)
class Test:
    """A test method of a template. Its texts have holes.

    focal       the method under test
    chunks      before the first assertion, the assertion, between, …, after the last one
    assertions  as found; `kind` is a hole where the assertion's name is one
    wordings    the same assertions in all their forms
    """

    __test__ = False  # not for pytest

    name: str
    holes: Block
    focal: str
    chunks: tuple[str, ...]
    assertions: tuple[Assertion, ...]
    wordings: tuple[Wording, ...]


@dataclass(frozen=True)
class RenderedTest:
    """A test method of an instance, at column 0, its assertions in the house style of the class.

    assertions  as they stand, with offsets in `source`
    worded      the same assertions, with the other forms that they could have
    kinds       the kinds of the assertions in the template, whatever the house made of them
    """

    name: str
    focal_method: str
    source: str
    assertions: tuple[Assertion, ...]
    worded: tuple[Worded, ...]
    kinds: tuple[str, ...]

    def meaning(self, masked: Sequence[bool] = (), keep_after: bool = True) -> str:
        """The source as the template words it, whatever the house made of it, with the `masked` assertions masked."""
        pieces, end = [], 0
        for assertion, worded, gone in zip(self.assertions, self.worded, masked or repeat(False), strict=False):
            pieces += [self.source[end : assertion.start], MARK if gone else worded.meant]
            end = assertion.end
            if gone and not keep_after:
                return "".join(pieces)
        return "".join([*pieces, self.source[end:]])


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
        #: The house style, an index of :data:`trident.corpus.sandbox.styles.HOUSES`.
        self.house = house_of(_fraction(seed, self.group, "house"))
        self._values = template.holes.draw(random.Random(number_of(seed, self.group)), {})
        self._values[QUALIFIER] = Code("Assert." if self.qualified else "")
        self.class_name = fill(template.title, self._values, template.holes)
        #: The class under test, without package and imports.
        self.class_source = fill(template.body, self._values, template.holes) + "\n"
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

        def filled(text: str) -> str:
            return fill(text, values, *blocks)

        blocks = (test.holes, self.template.holes)
        place = (self.seed, self.group, test.name, "form")
        worded = tuple(
            wording.draw(values, self.house, _fraction(*place, i), *blocks) for i, wording in enumerate(test.wordings)
        )
        pieces = [worded[i // 2].text if i % 2 else filled(chunk) for i, chunk in enumerate(test.chunks)]
        ends = list(accumulate(map(len, pieces)))
        assertions = tuple(
            Assertion(one.text, one.kind, start=ends[i - 1], end=ends[i])
            for i, one in zip(range(1, len(pieces), 2), worded, strict=True)
        )
        kinds = tuple(filled(assertion.kind) for assertion in test.assertions)
        return RenderedTest(filled(test.name), filled(test.focal), "".join(pieces), assertions, worded, kinds)


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
        owned = members(parse(body).root_node)
        tests = tuple(self.test(method, focal.node, block, owned) for method in methods)
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

    def test(
        self, method: _Declaration, focal_class: Node, block: Block, owned: Mapping[tuple[str, str], str | None]
    ) -> Test:
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
        names = declared(parse(source).root_node)
        wordings = tuple(Wording(chunk, names, owned) for chunk in chunks[1::2])
        shown = self.dedented(self.focal(focal_class, method.focal[0]))
        return Test(method.name, holes, shown, chunks, assertions, wordings)

    def text(self, node: Node, known: Collection[str]) -> str:
        """The text of a class or method, at column 0. Its holes are all `known`."""
        for part in _nodes(node):
            name, literal = part.type.endswith("identifier"), part.type in ("string_literal", "character_literal")
            text = text_of(part) if name or literal or part.type.endswith("comment") else ""
            if text.startswith(("//#", "//@")):
                raise self.error(part, f"`{text}` stands where it means nothing: put it before the class or a test")
            if literal and holes_in(text):
                raise self.error(part, f"a hole in a literal, {text}: make the whole text a hole of its own")
            for hole in holes_in(text).difference(known):
                raise self.error(part, f"the hole ${hole}$ is used but not defined")
            if name and "$" in without_holes(text):
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
    return _STAND_IN.sub(r"$\1$", _UNQUALIFIED.sub(rf"${QUALIFIER}$\g<0>", code))
