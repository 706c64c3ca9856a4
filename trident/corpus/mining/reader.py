"""One Java file: its classes, their methods, and which methods are tests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import suppress
from pathlib import Path

from tree_sitter import Node

from trident.corpus.mining.calls import calls, declared, field, simple
from trident.corpus.mining.model import Class, Method, Skipped
from trident.java.assertions import JAVA, MARK, Unparsable, parse, text_of
from trident.java.lexer import dedented

MAX_FILE_BYTES = 2 << 20

_TEST_ANNOTATIONS = frozenset({"Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate", "Theory"})
#: What the imports of a file say about its test framework, the most specific first.
_IMPORTS = {"junit5": "org.junit.jupiter", "testng": "org.testng", "junit4": "org.junit", "junit3": "junit.framework"}
_CLASSES = frozenset({"class_declaration", "interface_declaration", "enum_declaration", "record_declaration"})
_ANNOTATION_TYPES = JAVA.query("(annotation_type_declaration) @annotation")


def text(file: Path) -> str:
    """The text of a file. Raises Skipped if it is too large, not UTF-8 or not readable."""
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise Skipped(f"larger than {MAX_FILE_BYTES >> 20} MiB")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Skipped("not UTF-8") from None
    except OSError as error:
        raise Skipped(f"not readable ({error.strerror})") from None


def classes(source: str, where: str, test_annotations: Set[str]) -> list[Class]:
    """Every class, interface, enum and record of a Java file, nested ones too.

    A blank (``<ASSERTION>``) in a test is read as an empty statement, and stays in the test's body.

    Args:
        where: the file's path in the project.
        test_annotations: see :func:`test_annotations`.

    Raises:
        Skipped: nothing in the file could be parsed, or it is nested too deeply.
    """
    root = _root(source.replace(MARK, ";".ljust(len(MARK))))
    try:
        found = list(_Reader(source, root, where, test_annotations).classes(root, ()))
    except RecursionError:
        raise Skipped("classes nested too deeply") from None
    if not found and root.has_error:
        raise Skipped("does not parse as Java")
    return found


def _root(source: str) -> Node:
    try:
        return parse(source).root_node
    except Unparsable:
        raise Skipped("the parser gave up") from None


def test_annotations(files: Iterable[Path]) -> set[str]:
    """The frameworks' annotations of tests, and those declared in these files that carry one, also through others."""
    carried: dict[str, Set[str]] = {}
    for file in files:
        with suppress(Skipped):  # whoever reads the classes of the file says so
            if "@interface" in (source := text(file)):
                for node, _ in _ANNOTATION_TYPES.captures(_root(source)):
                    carried[field(node, "name")] = _modifiers(node)[1]
    return linked(_TEST_ANNOTATIONS, carried)


def linked(known: Iterable[str], links: Mapping[str, Set[str]]) -> set[str]:
    """`known`, and the names that link to one of them, also through others."""
    found = set(known)
    while more := {name for name, others in links.items() if name not in found and not found.isdisjoint(others)}:
        found |= more
    return found


class _Reader:
    """Reads the classes of one file. Package and imports hold for all of them."""

    def __init__(self, source: str, root: Node, file: str, test_annotations: Set[str]) -> None:
        self.source, self.file, self.test_annotations = source.encode(), file, test_annotations
        header: dict[str, list[str]] = {"package_declaration": [], "import_declaration": []}
        for node in root.named_children:
            if node.type in header:
                header[node.type].append(re.sub(r"^(package|import)\b|\bstatic\b|[\s;]", "", text_of(node)))
        self.package = "".join(header["package_declaration"])
        self.imports = frozenset(header["import_declaration"])
        imports = " ".join(self.imports)
        self.framework = next((name for name, sign in _IMPORTS.items() if sign in imports), "unknown")
        names = "|".join(sorted(test_annotations))
        self.has_tests = "TestCase" in source or bool(re.search(rf"@(?:[\w.]*\.)?(?:{names})\b", source))

    def classes(self, node: Node, around: tuple[Class, ...]) -> Iterator[Class]:
        for child in node.named_children:
            if child.type in _CLASSES:
                yield from self._class(child, around)
            elif child.type == "ERROR":
                yield from self.classes(child, around)

    def _class(self, node: Node, around: tuple[Class, ...]) -> Iterator[Class]:
        body = node.child_by_field_name("body")
        if body is None:
            return
        parts = (
            part.named_children if part.type == "enum_body_declarations" else [part] for part in body.named_children
        )
        members = [member for part in parts for member in part]
        fields = dict(around[0].fields) if around else {}
        for member in members:
            if member.type == "field_declaration":
                fields |= declared(member, fields)
        superclass = field(node, "superclass").removeprefix("extends").strip()
        junit3, all_tests = superclass.endswith("TestCase"), "Test" in _modifiers(node)[1]
        found = Class(
            name=field(node, "name"),
            package=self.package,
            imports=self.imports,
            file=self.file,
            parents=frozenset(re.findall(r"\w+", f"{superclass} {field(node, 'interfaces')}")),
            around=around,
            fields=fields,
            methods=tuple(
                self._method(member, fields, junit3, all_tests)
                for member in members
                if member.type == "method_declaration"
            ),
            broken=node.has_error,
        )
        yield found
        for member in members:
            if member.type in _CLASSES:
                yield from self._class(member, (found, *around))

    def _method(self, node: Node, fields: Mapping[str, str], junit3: bool, all_tests: bool) -> Method:
        """A method. In TestNG, `@Test` on the class makes every public method a test."""
        modifiers, annotations = _modifiers(node)
        parameters = node.child_by_field_name("parameters")
        children = parameters.named_children if parameters else []
        formal = [child for child in children if child.type in ("formal_parameter", "spread_parameter")]
        types = tuple(
            simple(text_of(child.child_by_field_name("type") or child.named_children[-2])) for child in formal
        )
        name, has_block = field(node, "name"), node.child_by_field_name("body") is not None
        public_void = "public" in modifiers and field(node, "type") == "void"
        by_name = junit3 and not types and name.startswith("test")
        by_class = all_tests and not annotations
        framework = ""
        if has_block and (self.test_annotations & annotations or (public_void and (by_name or by_class))):
            framework = "junit3" if junit3 and not annotations else self.framework
        return Method(
            name=name,
            body=self._dedented(node),
            types=types,
            varargs=any(child.type == "spread_parameter" for child in formal),
            returned=simple(field(node, "type")),
            static="static" in modifiers,
            has_block=has_block,
            broken=node.has_error,
            framework=framework,
            calls=tuple(calls(node, fields)) if self.has_tests else (),
            lines=(node.start_point[0] + 1, node.end_point[0] + 1),
        )

    def _dedented(self, node: Node) -> str:
        """The whole declaration, moved to the first column."""
        line = self.source.rfind(b"\n", 0, node.start_byte) + 1
        indent = self.source[line : node.start_byte].decode()
        text = self.source[node.start_byte : node.end_byte].decode()
        return text if indent.strip() else dedented(text, indent)


def _modifiers(node: Node) -> tuple[frozenset[str], frozenset[str]]:
    """The modifiers of a declaration, and the simple names of its annotations."""
    words = [word for child in node.children if child.type == "modifiers" for word in child.children]
    notes = [word for word in words if word.type in ("marker_annotation", "annotation")]
    return frozenset(map(text_of, words)), frozenset(field(note, "name").rpartition(".")[2] for note in notes)
