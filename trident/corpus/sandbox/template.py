"""Sandbox templates: read a Java file with ``$hole$``s and instantiate it (the format: ``templates/README.md``).

A template is parsed once; an instance is made by joining texts, without the parser.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from tree_sitter import Node

from trident.corpus.sandbox.expressions import Block, TemplateError, compile_block, java
from trident.java.assertions import Assertion, find, offsets, parse

#: Where the templates stand: ``<domain>/<Name>.java``.
FOLDER = Path(__file__).with_name("templates")

_HOLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)\$")
_FOCAL = re.compile(r"focal\s+(?P<name>[\w$]+)(?:/(?P<parameters>\d+))?")
_JUNIT = re.compile(r"assert[A-Z]\w*|fail")
_QUALIFIER = "Assert."  # no hole can have this name
_WRAPPED = "class T {\n"


def number_of(*parts: object) -> int:
    """A 64-bit number that depends on `parts` alone: not on the process, not on the order of work."""
    text = "\0".join(map(str, parts))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


@dataclass(frozen=True)
class Text:
    """Java text with holes: literal, hole, literal, hole, …, literal."""

    parts: tuple[str, ...]

    @property
    def holes(self) -> frozenset[str]:
        return frozenset(self.parts[1::2])

    def render(self, values: Mapping[str, str]) -> str:
        return "".join(values[part] if i % 2 else part for i, part in enumerate(self.parts))


@dataclass(frozen=True)
class _Cut:
    """Where a hole stands in a text: character offsets."""

    start: int
    end: int
    hole: str


def _slice(source: str, cuts: Sequence[_Cut], start: int, end: int) -> Text:
    """The part of `source` from `start` to `end`. A cut of no length at `start` belongs to it."""
    parts, at = [], start
    for cut in cuts:
        if start <= cut.start and cut.end <= end and cut.start < end:
            parts += [source[at : cut.start], cut.hole]
            at = cut.end
    return Text((*parts, source[at:end]))


def _leaves(node: Node) -> Iterator[Node]:
    if node.child_count == 0 or node.type in ("string_literal", "character_literal"):
        yield node
    for child in node.children if node.type not in ("string_literal", "character_literal") else ():
        yield from _leaves(child)


@dataclass(frozen=True)
class Test:
    """A test method of a template. `chunks`: before the first assertion, the assertion, between, …, after the last one."""

    __test__ = False  # not for pytest

    name: str
    line: int
    holes: Block
    title: Text
    focal: Text
    chunks: tuple[Text, ...]
    assertions: tuple[Assertion, ...]
    verdicts: tuple[str | None, ...]  # of each assertion: the hole that holds its name, if one does

    @property
    def used(self) -> frozenset[str]:
        return frozenset().union(self.title.holes, *(chunk.holes for chunk in self.chunks)) - {_QUALIFIER}


@dataclass(frozen=True)
class RenderedTest:
    """A test method of an instance, at column 0. `assertions` have offsets in `source`."""

    name: str
    focal_method: str
    source: str
    assertions: tuple[Assertion, ...]


@dataclass(frozen=True)
class Template:
    """One parsed file. `name` is ``<domain>/<Name>``."""

    name: str
    holes: Block
    title: Text
    body: Text
    tests: tuple[Test, ...]
    comment: str

    @property
    def file(self) -> str:
        return f"{self.name}.java"

    @property
    def domain(self) -> str:
        return self.name.split("/")[0]

    def instance(self, seed: int, number: int) -> Instance:
        """Instance `number` (0, 1, …) under a corpus seed. Raises TemplateError as :meth:`Block.draw` does."""
        return Instance(self, seed, number)


class Instance:
    """One instantiated class with its tests. Depends on the seed, the template and the number, and on nothing else."""

    def __init__(self, template: Template, seed: int, number: int) -> None:
        self.template, self.seed, self.number = template, seed, number
        self.group = f"{template.name}#{number}"
        #: Real code qualifies about half of its assertions (facts on Methods2Test): here all of an instance, or none.
        self.qualified = number_of(seed, self.group, "qualified") % 2 == 1
        self._scope = template.holes.draw(random.Random(number_of(seed, self.group)), {})
        used = template.title.holes | template.body.holes
        self._values = self._rendered(template.holes, used.union(*(t.focal.holes | t.used for t in template.tests)))
        self._values[_QUALIFIER] = _QUALIFIER if self.qualified else ""
        self._tests: dict[int, RenderedTest] = {}

    def _rendered(self, block: Block, used: frozenset[str], scope: Mapping[str, Any] | None = None) -> dict[str, str]:
        scope = self._scope if scope is None else scope
        values = {}
        for hole in used & block.defined.keys():
            try:
                values[hole] = java(scope[hole])
            except ValueError as error:
                raise TemplateError(f"{block.file}:{block.defined[hole]}: hole {hole!r}: {error}") from None
        return values

    @cached_property
    def class_name(self) -> str:
        return self.template.title.render(self._values)

    @cached_property
    def class_source(self) -> str:
        """The class under test, without package and imports."""
        return self.template.body.render(self._values) + "\n"

    @cached_property
    def test_source(self) -> str:
        """The test class with all its tests, nothing masked; public, as JUnit 4 wants it."""
        methods = (self.test(i).source for i in range(len(self.template.tests)))
        indented = ("\n".join("    " + line if line else "" for line in method.split("\n")) for method in methods)
        return f"public class {self.class_name}Test {{\n" + "\n\n".join(indented) + "\n}\n"

    def test(self, index: int) -> RenderedTest:
        """Test `index` of the template, drawn with a seed of its own: other tests do not change it."""
        if index not in self._tests:
            self._tests[index] = self._render(self.template.tests[index])
        return self._tests[index]

    def _render(self, test: Test) -> RenderedTest:
        rng = random.Random(number_of(self.seed, self.group, test.name))
        values = self._values | self._rendered(test.holes, test.used, test.holes.draw(rng, self._scope))
        pieces = [chunk.render(values) for chunk in test.chunks]
        assertions, at = [], 0
        for i, piece in enumerate(pieces):
            if i % 2:
                verdict = test.verdicts[i // 2]
                kind = test.assertions[i // 2].kind if verdict is None else values[verdict]
                assertions.append(
                    replace(test.assertions[i // 2], text=piece, kind=kind, start=at, end=at + len(piece))
                )
            at += len(piece)
        return RenderedTest(
            test.title.render(values), test.focal.render(self._values), "".join(pieces), tuple(assertions)
        )


# -- reading a file


def load(folder: Path = FOLDER) -> list[Template]:
    """All templates below `folder`, in order of name.

    Raises:
        TemplateError: files break the format, each named; or there is none.
    """
    files = sorted(folder.glob("*/*.java"))
    if not files:
        raise TemplateError(f"no templates below {folder}: expected <domain>/<Name>.java")
    templates, problems = [], []
    for file in files:
        try:
            templates.append(read(file))
        except TemplateError as error:
            problems.append(str(error))
    if problems:
        raise TemplateError("\n".join(problems))
    return templates


def read(path: Path) -> Template:
    """Read one template.

    Raises:
        TemplateError: the file breaks the format, with file and line.
    """
    name = f"{path.parent.name}/{path.stem}"
    try:
        source = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise TemplateError(f"{name}.java: not UTF-8: {error}") from None
    return _Reader(name, source).template()


class _Reader:
    """Reads one file; keeps what errors and offsets need."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.file, self.source = name, f"{name}.java", source
        self.characters = offsets(source)
        self.directives: set[int] = set()  # where the comments stand that were understood

    def error(self, line: int, message: str) -> TemplateError:
        return TemplateError(f"{self.file}:{line}: {message}")

    def template(self) -> Template:
        root = parse(self.source).root_node
        self.refuse_broken(root)
        classes, lines = [], []
        for node in root.named_children:
            if node.type == "class_declaration":
                classes.append(node)
            elif node.type not in ("line_comment", "block_comment"):
                raise self.error(_line(node), f"only two classes and comments may stand here, not a {node.type}")
            elif self.directive(node, "//#") is not None:
                if classes:
                    raise self.error(
                        _line(node), "the holes of the class stand before it, those of a test within the test class"
                    )
                lines.append((_line(node), self.directive(node, "//#")))
        if len(classes) != 2:
            raise self.error(
                1, f"expected the class under test and its test class, found {len(classes)} top-level classes"
            )
        focal, test = classes
        block = compile_block(self.file, lines, {})
        name = _text(focal.child_by_field_name("name"))
        if _text(test.child_by_field_name("name")) != name + "Test":
            raise self.error(_line(test), f"the second class must be called {name}Test")
        title = self.text(name, _line(focal), block.defined)
        body = self.text(self.dedented(focal), _line(focal), block.defined)
        tests = self.tests(test, focal, block)
        self.refuse_misplaced(root)
        read = block.read.union(title.holes, body.holes, *(t.holes.read | t.used | t.focal.holes for t in tests))
        self.refuse_unused(block, read)
        comment = _text(root.named_children[0]) if root.named_children[0].type.endswith("comment") else ""
        return Template(self.name, block, title, body, tests, "" if comment.startswith(("//#", "//@")) else comment)

    def tests(self, test_class: Node, focal_class: Node, block: Block) -> tuple[Test, ...]:
        tests: list[Test] = []
        lines: list[tuple[int, str]] = []
        focal: tuple[int, str] | None = None
        for node in test_class.child_by_field_name("body").named_children:
            if node.type.endswith("comment"):
                if (hole := self.directive(node, "//#")) is not None:
                    lines.append((_line(node), hole))
                elif (mark := self.directive(node, "//@")) is not None:
                    if focal is not None:
                        raise self.error(_line(node), "a second `//@ focal` for the same test")
                    focal = (_line(node), mark)
                continue
            if node.type != "method_declaration" or "@Test" not in _text(node).split("{")[0]:
                raise self.error(_line(node), "the test class holds test methods (with @Test) and nothing else")
            if focal is None:
                raise self.error(_line(node), "this test needs a line `//@ focal method` before it")
            tests.append(self.test(node, lines, self.focal(focal_class, *focal), block))
            lines, focal = [], None
        if lines or focal:
            raise self.error(lines[0][0] if lines else focal[0], "no test method follows these lines")
        if not tests:
            raise self.error(_line(test_class), "the test class has no tests")
        twice = [name for name, count in Counter(test.name for test in tests).items() if count > 1]
        if twice:
            raise self.error(_line(test_class), f"two tests are called {twice[0]}")
        return tuple(tests)

    def test(self, node: Node, lines: Sequence[tuple[int, str]], focal: Node, block: Block) -> Test:
        holes = compile_block(self.file, lines, block.defined)
        source, line = self.dedented(node), _line(node)
        known = block.defined.keys() | holes.defined.keys()
        cuts, verdicts = self.cuts(source, line, known, qualify=True)
        assertions = [a for a in _find(source, [cut for cut in cuts if cut in verdicts]) if a.is_statement]
        if not assertions:
            raise self.error(line, "this test asserts nothing that could be masked")
        edges = [0, *(edge for a in assertions for edge in (a.start, a.end)), len(source)]
        chunks = tuple(_slice(source, cuts, start, end) for start, end in zip(edges, edges[1:]))
        named = tuple(next((v.hole for v in verdicts if a.start <= v.start < a.end), None) for a in assertions)
        name = _text(node.child_by_field_name("name"))
        test = Test(
            name,
            line,
            holes,
            self.text(name, line, known),
            self.text(self.dedented(focal), _line(focal), block.defined),
            chunks,
            tuple(assertions),
            named,
        )
        self.refuse_unused(holes, holes.read | test.used)
        return test

    def focal(self, focal_class: Node, line: int, mark: str) -> Node:
        """The method that a ``//@`` line names: of the class itself, else of a class nested in it."""
        match = _FOCAL.fullmatch(mark)
        if not match:
            raise self.error(line, f"`{mark}`: expected `focal method` or `focal method/parameters`")
        bodies = [focal_class.child_by_field_name("body")]
        names = []
        while bodies:
            for node in (body := bodies.pop(0)).named_children:
                if node.type in ("method_declaration", "constructor_declaration"):
                    parameters = node.child_by_field_name("parameters").named_children
                    count = sum(p.type in ("formal_parameter", "spread_parameter") for p in parameters)
                    names.append(f"{_text(node.child_by_field_name('name'))}/{count}")
                    if names[-1].rpartition("/")[0] == match["name"] and match["parameters"] in (None, str(count)):
                        return node
                elif node.child_by_field_name("body") is not None:
                    bodies.append(node.child_by_field_name("body"))
                elif body.type == "enum_body" and node.type == "enum_body_declarations":
                    bodies.append(node)
        raise self.error(
            line, f"the class has no method {mark.removeprefix('focal').strip()}; it has {', '.join(names)}"
        )

    # -- small pieces

    def directive(self, node: Node, sign: str) -> str | None:
        """The text of a comment line that begins with `sign`, or None."""
        text = _text(node)
        if not text.startswith(sign):
            return None
        self.directives.add(node.start_byte)
        return text.removeprefix(sign).strip()

    def dedented(self, node: Node) -> str:
        """The node's text with its first line's indentation taken from every line."""
        start, end = self.characters[node.start_byte], self.characters[node.end_byte]
        indentation = self.source[self.source.rfind("\n", 0, start) + 1 : start]
        lines = self.source[start:end].split("\n")
        return "\n".join([lines[0], *(line.removeprefix(indentation).rstrip() for line in lines[1:])])

    def text(self, source: str, line: int, known: Mapping[str, int] | Sequence[str]) -> Text:
        if _HOLE.fullmatch(source) or not re.search(r"\W", source.replace("$", "")):  # a name
            cuts = [self.known(_Cut(m.start(), m.end(), m[1]), line, known) for m in _HOLE.finditer(source)]
        else:
            cuts, _ = self.cuts(source, line, known)
        return _slice(source, cuts, 0, len(source))

    def known(self, cut: _Cut, line: int, known: Any) -> _Cut:
        if cut.hole not in known:
            raise self.error(line, f"the hole ${cut.hole}$ is used but not defined")
        return cut

    def cuts(self, source: str, first: int, known: Any, qualify: bool = False) -> tuple[list[_Cut], list[_Cut]]:
        """The holes of `source`, which begins in line `first`; and those that are the name of a called assertion.

        With `qualify`, a cut of no length stands before each call of a static member of ``org.junit.Assert``.
        """
        root = parse(_WRAPPED + source + "\n}").root_node
        index, shift = offsets(_WRAPPED + source + "\n}"), len(_WRAPPED)
        cuts, verdicts = [], []
        for leaf in _leaves(root):
            text = _text(leaf)
            if "$" not in text:
                continue
            start = index[leaf.start_byte] - shift
            line = first + source.count("\n", 0, start)
            found = list(_HOLE.finditer(text))
            if leaf.type in ("string_literal", "character_literal"):
                for match in found:
                    if match[1] in known:
                        raise self.error(
                            line, f"${match[1]}$ is not substituted inside a literal: make the text a hole of its own"
                        )
                continue
            if "$" in _HOLE.sub("", text) and not leaf.type.endswith("comment"):
                raise self.error(line, f"`{text}`: a hole is written $name$, with a sign on either side")
            cuts += [self.known(_Cut(start + m.start(), start + m.end(), m[1]), line, known) for m in found]
        if qualify:
            for call in _unqualified_calls(root):
                name = call.child_by_field_name("name")
                start = index[name.start_byte] - shift
                hole = _HOLE.fullmatch(_text(name))
                if hole and call.parent.type == "expression_statement":
                    verdicts.append(_Cut(start, start + hole.end(), hole[1]))
                elif not _JUNIT.fullmatch(_text(name)):
                    continue
                cuts.append(_Cut(start, start, _QUALIFIER))

        def place(cut: _Cut) -> tuple[int, int]:
            return cut.start, cut.end

        return sorted(cuts, key=place), sorted(verdicts, key=place)

    def refuse_broken(self, root: Node) -> None:
        if not root.has_error:
            return
        stack = [root]
        while stack:
            node = stack.pop()
            if node.type == "ERROR" or node.is_missing:
                found = f"`{node.type}` is missing" if node.is_missing else f"at `{_text(node).strip()[:40]}`"
                raise self.error(_line(node), f"not Java: {found}")
            stack += [child for child in reversed(node.children) if child.has_error or child.is_missing]
        raise self.error(1, "not Java")

    def refuse_misplaced(self, root: Node) -> None:
        for leaf in _leaves(root):
            if (
                leaf.type == "line_comment"
                and _text(leaf).startswith(("//#", "//@"))
                and leaf.start_byte not in self.directives
            ):
                raise self.error(
                    _line(leaf), f"`{_text(leaf)}` stands where it means nothing: put it before the class or a test"
                )

    def refuse_unused(self, block: Block, read: frozenset[str]) -> None:
        for hole, line in block.defined.items():
            if hole not in read:
                raise self.error(line, f"the hole {hole!r} is defined but never used")


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _text(node: Node) -> str:
    return node.text.decode()


def _unqualified_calls(node: Node) -> Iterator[Node]:
    if node.type == "method_invocation" and node.child_by_field_name("object") is None:
        yield node
    for child in node.children:
        yield from _unqualified_calls(child)


def _find(source: str, verdicts: Sequence[_Cut]) -> list[Assertion]:
    """The assertions of a test in which an assertion's name may be a hole: a name is put in to look for them."""
    stand_in = "assertTrue"
    filled = source
    for cut in reversed(verdicts):
        filled = filled[: cut.start] + stand_in + filled[cut.end :]

    def back(position: int) -> int:
        """From an offset in `filled` to the one in `source`: first hole first, so that `cut.start` compares."""
        for cut in verdicts:
            if position > cut.start:
                position -= len(stand_in) - (cut.end - cut.start)
        return position

    return [
        replace(a, start=back(a.start), end=back(a.end), text=source[back(a.start) : back(a.end)]) for a in find(filled)
    ]
