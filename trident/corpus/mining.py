"""Find tests and the methods they test in any Java source tree.

The heuristics are Methods2Test's (Tufano et al., 2022): the class under test by name and path, then the method by the
test's name, else the only method of that class that the test calls. Some known gaps are closed: overloads are told
apart by the call, and nested classes, JUnit 3 and a project's own annotations of tests are found.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tqdm.auto import tqdm
from tree_sitter import Node

from trident.corpus import records
from trident.corpus.records import Record, Tally
from trident.corpus.schema import CorpusError
from trident.experiment.artifacts import write_json, write_text
from trident.java.assertions import JAVA, Unparsable, is_assertion, parse, text_of
from trident.java.lexer import dedented

RECORDS, REPORT = "records.jsonl", "report.json"
HOW_TO_GET = "Make it with `python -m trident mine SOURCE... --out FOLDER`, and give FOLDER as corpus_path."
MAX_FILE_BYTES = 2 << 20

_TEST_ANNOTATIONS = frozenset({"Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate", "Theory"})
#: Classes that look like test classes: all of them are reported, also those without a test.
_LIKE_A_TEST = re.compile(r"Test[A-Z_0-9]\w*|\w*(?:Tests?|TestCases?|(?<![A-Z])IT(?:Case)?)")
_TEST_PREFIX = re.compile(r"Test(?=[A-Z_0-9])")
_TEST_SUFFIX = re.compile(r"(?:Tests?|TestCases?|ITCase|IT|_?[Tt]est|UnitTests?|IntegrationTests?)$")
#: What the imports of a file say about its test framework, the most specific first.
_IMPORTS = {"junit5": "org.junit.jupiter", "testng": "org.testng", "junit4": "org.junit", "junit3": "junit.framework"}
_CLASSES = frozenset({"class_declaration", "interface_declaration", "enum_declaration", "record_declaration"})
_CHECK = re.compile(r"assert|verify|expect(?=[A-Z(]|$)")
_ANNOTATION_TYPES = JAVA.query("(annotation_type_declaration) @annotation")
_CALLS = JAVA.query("(method_invocation) @call")
_LOCALS = JAVA.query("[(local_variable_declaration) (formal_parameter)] @declaration")
_PLAIN = frozenset({"String", "boolean", "char", "int", "long", "float", "double", "byte", "short"})
_LITERALS = {
    "string_literal": "String",
    "true": "boolean",
    "false": "boolean",
    "character_literal": "char",
    "null_literal": "null",
    "class_literal": "Class",
}


class Skipped(ValueError):
    """A file cannot be read, or a test has no certain method under test. The message is the reason to count."""


@dataclass(frozen=True)
class Call:
    """A call in a test: its name, and the simple types of its receiver and of its arguments (None: not known)."""

    name: str
    receiver: str | None
    types: tuple[str | None, ...]


@dataclass(frozen=True)
class Method:
    """`types`: the simple types of its parameters. `framework`: of a test; empty for any other method."""

    name: str
    body: str
    types: tuple[str, ...]
    varargs: bool
    has_block: bool
    broken: bool
    framework: str
    calls: tuple[Call, ...]


@dataclass(frozen=True, eq=False)
class Class:
    """`around`: the classes that it is nested in, the innermost first. `fields`: simple types of all their fields."""

    name: str
    package: str
    file: str
    parents: frozenset[str]
    around: tuple[Class, ...]
    fields: Mapping[str, str]
    methods: tuple[Method, ...]
    broken: bool

    @property
    def tests(self) -> list[Method]:
        return [method for method in self.methods if method.framework]

    def where(self, test: str = "") -> str:
        """File and test, with the names of nested classes: tests of different classes may share a name."""
        nested = [one.name for one in (self, *self.around)][-2::-1]
        return f"{self.file}#{'.'.join(filter(None, [*nested, test]))}".removesuffix("#")


# -- one file: classes, methods and calls


def classes(file: Path, where: str, test_annotations: Set[str]) -> list[Class]:
    """Every class, interface, enum and record of a Java file, nested ones too. `where`: its path in the project.

    Raises:
        Skipped: the file cannot be read, nothing in it could be parsed, or it is nested too deeply.
    """
    source = _text(file)
    root = _root(source)
    try:
        found = list(_Reader(source, root, where, test_annotations).classes(root, ()))
    except RecursionError:
        raise Skipped("classes nested too deeply") from None
    if not found and root.has_error:
        raise Skipped("does not parse as Java")
    return found


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise Skipped(f"larger than {MAX_FILE_BYTES >> 20} MiB")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Skipped("not UTF-8") from None
    except OSError as error:
        raise Skipped(f"not readable ({error.strerror})") from None


def _root(source: str) -> Node:
    try:
        return parse(source).root_node
    except Unparsable:
        raise Skipped("the parser gave up") from None


def _test_annotations(files: Iterable[Path]) -> set[str]:
    """The frameworks' annotations of tests, and those declared in these files that carry one, also through others."""
    declared: dict[str, Set[str]] = {}
    for file in files:
        with suppress(Skipped):  # classes() says so
            if "@interface" in (source := _text(file)):
                for node, _ in _ANNOTATION_TYPES.captures(_root(source)):
                    declared[_field(node, "name")] = _modifiers(node)[1]
    return _linked(_TEST_ANNOTATIONS, declared)


def _linked(known: Iterable[str], links: Mapping[str, Set[str]]) -> set[str]:
    """`known`, and the names that link to one of them, also through others."""
    found = set(known)
    while more := {name for name, others in links.items() if name not in found and not found.isdisjoint(others)}:
        found |= more
    return found


class _Reader:
    """Reads the classes of one file. Package and imports hold for all of them."""

    def __init__(self, source: str, root: Node, file: str, test_annotations: Set[str]) -> None:
        self.source, self.file, self.test_annotations = source.encode(), file, test_annotations
        header = {"package_declaration": "", "import_declaration": ""}
        for node in root.named_children:
            if node.type in header:
                header[node.type] += text_of(node)
        self.package = header["package_declaration"].removeprefix("package").strip("; \n")
        imports = header["import_declaration"]
        self.framework = next((name for name, sign in _IMPORTS.items() if sign in imports), "unknown")

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
                fields |= _declared(member)
        superclass = _field(node, "superclass").removeprefix("extends").strip()
        junit3, all_tests = superclass.endswith("TestCase"), "Test" in _modifiers(node)[1]
        found = Class(
            name=_field(node, "name"),
            package=self.package,
            file=self.file,
            parents=frozenset(re.findall(r"\w+", f"{superclass} {_field(node, 'interfaces')}")),
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
        """A method; of a test also its calls. In TestNG, `@Test` on the class makes every public method a test."""
        modifiers, annotations = _modifiers(node)
        parameters = node.child_by_field_name("parameters")
        children = parameters.named_children if parameters else []
        formal = [child for child in children if child.type in ("formal_parameter", "spread_parameter")]
        types = tuple(
            _simple(text_of(child.child_by_field_name("type") or child.named_children[-2])) for child in formal
        )
        name, has_block = _field(node, "name"), node.child_by_field_name("body") is not None
        public_void = "public" in modifiers and _field(node, "type") == "void"
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
            has_block=has_block,
            broken=node.has_error,
            framework=framework,
            calls=tuple(_calls(node, fields)) if framework else (),
        )

    def _dedented(self, node: Node) -> str:
        """The whole declaration, moved to the first column."""
        line = self.source.rfind(b"\n", 0, node.start_byte) + 1
        indent = self.source[line : node.start_byte].decode()
        text = self.source[node.start_byte : node.end_byte].decode()
        return text if indent.strip() else dedented(text, indent)


def _field(node: Node, name: str) -> str:
    return text_of(node.child_by_field_name(name))


def _modifiers(node: Node) -> tuple[frozenset[str], frozenset[str]]:
    """The modifiers of a declaration, and the simple names of its annotations."""
    words = [word for child in node.children if child.type == "modifiers" for word in child.children]
    notes = [word for word in words if word.type in ("marker_annotation", "annotation")]
    return frozenset(map(text_of, words)), frozenset(_field(note, "name").rpartition(".")[2] for note in notes)


def _declared(node: Node) -> dict[str, str]:
    """The simple types of the variables that a declaration declares."""
    declarators = node.children_by_field_name("declarator") or [node]
    return {_field(declarator, "name"): _simple(_field(node, "type")) for declarator in declarators}


def _simple(name: str) -> str:
    """``java.util.Map<K, V>[]`` → ``Map[]``."""
    bare = re.sub(r"<.*>", "", re.sub(r"@\w+(?:\([^)]*\))?\s*", "", name), flags=re.DOTALL)
    return re.sub(r"\s+", "", bare).rpartition(".")[2]


def _calls(method: Node, fields: Mapping[str, str]) -> Iterator[Call]:
    """Calls in a test, without those on an assertion or on a mock's verification: ``assertThat(x).contains(y)``."""
    types = dict(fields)
    for declaration, _ in _LOCALS.captures(method):
        types |= _declared(declaration)
    for call, _ in _CALLS.captures(method):
        root = called_on = call.child_by_field_name("object")
        while (
            root and root.type == "method_invocation" and not (_CHECK.match(_field(root, "name")) or is_assertion(root))
        ):
            root = root.child_by_field_name("object")
        if root and root.type == "method_invocation":
            continue
        arguments = call.child_by_field_name("arguments")
        values = [child for child in arguments.named_children if "comment" not in child.type] if arguments else []
        receiver = "this" if called_on is None else _type(called_on, types)
        yield Call(_field(call, "name"), receiver, tuple(_type(value, types) for value in values))


def _type(value: Node, types: Mapping[str, str]) -> str | None:
    """The simple type of a value, if the test itself says it. The name of a class is its own type."""
    while value.type in ("parenthesized_expression", "unary_expression") and value.named_children:
        value = value.named_children[-1]
    text = text_of(value)
    match value.type:
        case literal if literal in _LITERALS:
            return _LITERALS[literal]
        case integer if integer.endswith("_integer_literal"):
            return "long" if text[-1] in "lL" else "int"
        case "decimal_floating_point_literal":
            return "float" if text[-1] in "fF" else "double"
        case "object_creation_expression" | "cast_expression":
            return _simple(_field(value, "type"))
        case "array_creation_expression":
            dimensions = sum(text_of(part).count("[") for part in value.children_by_field_name("dimensions"))
            return _simple(_field(value, "type")) + "[]" * dimensions
        case "identifier":
            declared = types.get(text, text if text[:1].isupper() and not text.isupper() else None)
            return None if declared == "var" else declared
        case "this" | "super":
            return "this"
        case "field_access" if text.startswith("this."):
            return types.get(_field(value, "field"))
    return None


# -- test class → class under test → method under test

#: The classes of a project by simple name, without test classes.
Index = Mapping[str, Sequence[Class]]


def _pair(one: Class, test: Method, index: Index, project: str) -> Record:
    if test.broken:
        raise Skipped("syntax error in the test")
    focal_class = _class_under_test(one, index)
    own = {method.name for around in (one, *one.around) for method in around.methods}
    calls = [
        call
        for call in test.calls
        if _may_be(call.receiver, focal_class, index) and not (call.receiver == "this" and call.name in own)
    ]
    focal, mapping = _method_under_test(test, focal_class, calls)
    return Record(
        test_case=records.Method(identifier=test.name, body=test.body),
        focal_class=records.Class(identifier=focal_class.name, file=focal_class.file),
        focal_method=records.Method(identifier=focal.name, body=focal.body),
        repository=records.Repository(repo_id=project),
        mapping=mapping,
        origin=f"{project}/{one.where(test.name)}",
    )


def _class_under_test(test: Class, index: Index) -> Class:
    """The class that a test class, or a class around it, is named after: of several the nearest one. Raises Skipped."""
    named = ((one, index[name]) for one in (test, *test.around) for name in _stems(one.name) if name in index)
    around, candidates = next(named, (test, []))
    if not candidates:
        raise Skipped("no class by the name of the test class")
    candidates = [c for c in candidates if not c.around] or candidates
    candidates = [c for c in candidates if c.package == around.package] or candidates
    if len(candidates) > 1:  # the same name in several modules
        paths = [(PurePosixPath(c.file).parts, PurePosixPath(around.file).parts) for c in candidates]
        shared = [len(os.path.commonprefix(pair)) for pair in paths]
        candidates = [c for c, length in zip(candidates, shared, strict=True) if length == max(shared)]
    if len(candidates) > 1:
        raise Skipped("several classes by the name of the test class")
    return candidates[0]


def _stems(name: str) -> list[str]:
    """``TestFoo``, ``FooTest``, ``FooTests``, ``FooTestCase``, ``FooIT`` … → ``Foo``."""
    names = [name[4:].lstrip("_")] if _TEST_PREFIX.match(name) else []
    while (shorter := _TEST_SUFFIX.sub("", name).rstrip("_")) not in ("", name):
        names.append(name := shorter)
    return names


def _may_be(receiver: str | None, focal: Class, index: Index) -> bool:
    """Whether a call on `receiver` may be one of the class under test: unknown, itself, a parent or a child of it."""
    if receiver in (None, "this", focal.name) or receiver in focal.parents:
        return True  # a call on nothing may be a static import, or inherited
    return any(focal.name in one.parents for one in index.get(receiver or "", ()))


def _method_under_test(test: Method, focal: Class, calls: Sequence[Call]) -> tuple[Method, str]:
    """The method of `focal` that `test` tests, and the heuristic that found it: ``name`` or ``only_invoked``.

    `calls` are the test's calls that may be calls of `focal`. Raises Skipped if no method fits, or several.
    """
    methods: dict[str, list[Method]] = defaultdict(list)
    for method in focal.methods:
        if method.has_block:
            methods[method.name].append(method)
    bare = re.sub(r"^test_?|_?test$", "", test.name, flags=re.IGNORECASE).lower()
    named = [name for name in methods if name.lower() in (bare, test.name.lower())]
    called = sorted({call.name for call in calls} & methods.keys())
    if len(named) != 1 and len(called) != 1:
        raise Skipped(f"calls {'several methods' if called else 'no method'} of the class")
    name, mapping = (named[0], "name") if len(named) == 1 else (called[0], "only_invoked")
    found = _overload(methods[name], [call for call in calls if call.name == name])
    if found.broken:
        raise Skipped("syntax error in the method under test")
    return found, mapping


def _overload(overloads: Sequence[Method], calls: Sequence[Call]) -> Method:
    """The overload that all the calls mean: by the number of arguments, then by those whose types are plain."""
    if len(overloads) == 1:
        return overloads[0]
    meant: set[Method | None] = set()
    for call in calls:
        count = len(call.types)
        scores = {
            method: (not method.varargs, _fit(method.types, call.types))
            for method in overloads
            if (count >= len(method.types) - 1 if method.varargs else count == len(method.types))
        }
        best = [method for method, score in scores.items() if score == max(scores.values())]
        meant.add(best[0] if len(best) == 1 else None)
    found = meant.pop() if len(meant) == 1 else None
    if found is None:
        raise Skipped("overload not certain")
    return found


def _fit(parameters: Sequence[str], arguments: Sequence[str | None]) -> int:
    """How many arguments have the type of their parameter, less those that cannot have it."""
    return sum(
        (argument == parameter)
        - (argument not in (None, "null", parameter) and parameter in _PLAIN and argument in _PLAIN)
        for parameter, argument in zip(parameters, arguments, strict=False)
    )


# -- whole trees


def mine(paths: Iterable[str | Path], progress: bool = True) -> tuple[list[Record], dict[str, Any]]:
    """Pairs of test and method under test of one or more projects.

    Args:
        paths: one folder per project. The folder's name becomes the project's.

    Returns:
        the records, in order of file; and a report: ``projects``, ``files``, ``classes``, ``tests``, ``pairs``, pairs
        by ``mapping``, tests by ``framework``, and what was ``skipped`` by reason:
        files, tests, and classes that look like test classes and have no test.

    Raises:
        CorpusError: a path is no folder, two have one name, or there is no ``.java`` file below them.
    """
    projects = _projects(paths)
    files = {name: list(_java_files(root)) for name, root in projects.items()}
    if not any(files.values()):
        raise CorpusError(f"no .java file below {', '.join(map(str, projects.values())) or 'no folder at all'}")
    skipped, counts, frameworks = Tally(), Counter(files=sum(map(len, files.values()))), Counter[str]()
    pairs: list[Record] = []
    with tqdm(total=counts["files"], unit=" files", desc="mining", disable=not progress) as bar:
        for name, root in projects.items():
            found: list[Class] = []
            annotations = _test_annotations(files[name])
            for file in files[name]:
                where = _readable(file.relative_to(root).as_posix())
                try:
                    found += classes(file, where, annotations)
                except Skipped as reason:
                    skipped.add(f"file: {reason}", f"{name}/{where}")
                bar.update()
            counts["classes"] += len(found)
            frameworks.update(test.framework for one in found for test in one.tests)
            pairs += _pairs(found, name, skipped)
    return pairs, {
        "projects": list(projects),
        **counts,
        "tests": frameworks.total(),
        "pairs": len(pairs),
        "mapping": dict(Counter(pair.mapping for pair in pairs).most_common()),
        "framework": dict(frameworks.most_common()),
        "skipped": skipped.report(),
    }


def _pairs(found: Sequence[Class], project: str, skipped: Tally) -> Iterator[Record]:
    """The pairs of a project's classes. Counts tests without one, and classes that look like tests and have none."""
    index: dict[str, list[Class]] = defaultdict(list)
    for one in found:
        if not one.tests:
            index[one.name].append(one)
    for owner, test in ((one, test) for one in found for test in one.tests):
        try:
            yield _pair(owner, test, index, project)
        except Skipped as reason:
            skipped.add(f"test: {reason}", f"{project}/{owner.where(test.name)}")
    with_tests = {around for one in found if one.tests for around in (one, *one.around)}
    inheriting = _linked((one.name for one in with_tests), {one.name: one.parents for one in found})
    for one in found:
        names = {one.name, *one.parents}
        if one not in with_tests and (names & inheriting or any(map(_LIKE_A_TEST.fullmatch, names))):
            skipped.add(f"test class: {_without_tests(one, inheriting)}", f"{project}/{one.where()}")


def _without_tests(one: Class, inheriting: Set[str]) -> str:
    """Why a class that looks like a test class has no test."""
    if one.broken:
        return "no test found beside a syntax error"
    if one.parents & inheriting:
        return "it inherits its tests"
    return "no method is known as a test" if any(method.has_block for method in one.methods) else "no method"


def _projects(paths: Iterable[str | Path]) -> dict[str, Path]:
    """The folders by name. Raises CorpusError for what is no folder, and for two of one name."""
    projects: dict[str, Path] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            raise CorpusError(f"{path}: no such folder; give the root of a Java project")
        name = _readable(path.resolve().name)
        if name in projects:
            raise CorpusError(
                f"two projects are called {name!r}: {projects[name]} and {path}; rename one, splits are drawn by name"
            )
        projects[name] = path
    return projects


def _readable(name: str) -> str:
    """A file's name as text that can be written: bytes that are not UTF-8 become escapes like ``\\xe9``."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _java_files(root: Path) -> Iterator[Path]:
    """In a stable order; without hidden folders and links."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(folder, name) for name in sorted(names)):
            if path.suffix == ".java" and not path.name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


def write(pairs: Iterable[Record], report: dict[str, Any], out: str | Path) -> None:
    """Write the records as JSON lines and the report as JSON into the folder `out`, each atomically."""
    write_text(Path(out) / RECORDS, "".join(pair.model_dump_json() + "\n" for pair in pairs))
    write_json(Path(out) / REPORT, report)


def summary(report: dict[str, Any]) -> str:
    """The report as text: what was found, how it was matched, what was left out and why."""
    counted = {
        name: ", ".join(f"{key} {count}" for key, count in report[name].items()) or "none"
        for name in ("framework", "mapping")
    }
    lines = [
        f"{report['files']:>8}  Java files in {len(report['projects'])} project(s): {', '.join(report['projects'])}",
        f"{report['classes']:>8}  classes",
        f"{report['tests']:>8}  tests ({counted['framework']})",
        f"{report['pairs']:>8}  pairs ({counted['mapping']})",
        *(["", "left out:"] if report["skipped"] else []),
        *(f"{entry['count']:>8}  {reason}, first {entry['first']}" for reason, entry in report["skipped"].items()),
    ]
    return "\n".join(lines)
