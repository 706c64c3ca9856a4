"""Find tests and the methods they test in any Java source tree.

The heuristics are Methods2Test's (Tufano et al., 2022): the class by path and name, then the method by the test's name, else the
only method of that class that the test calls. Its known gaps are closed: overloads are told apart by the call, nested classes
and JUnit 3 are seen.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from tqdm.auto import tqdm
from tree_sitter import Node

from trident.corpus.records import CorpusError, Tally
from trident.experiment.artifacts import atomic, write_json
from trident.java import assertions

MAX_FILE_BYTES = 2 << 20

_TEST_ANNOTATIONS = frozenset({"Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate", "Theory"})
_TEST_PREFIX = re.compile(r"Test(?=[A-Z_0-9])")
_TEST_SUFFIX = re.compile(r"(?:Tests?|TestCases?|ITCase|IT|_?[Tt]est|UnitTests?|IntegrationTests?)$")
_CLASSES = frozenset({"class_declaration", "interface_declaration", "enum_declaration", "record_declaration"})
_CHECK = re.compile(r"assert|verify|expect(?=[A-Z(]|$)")
_CALLS = assertions.JAVA.query("(method_invocation) @call")
_LOCALS = assertions.JAVA.query("[(local_variable_declaration) (formal_parameter)] @declaration")


@dataclass(frozen=True)
class Call:
    """One call in a test: its name, the simple types of what it is called on and of its arguments, None where they are not plain."""

    name: str
    receiver: str | None
    types: tuple[str | None, ...]


@dataclass
class Method:
    identifier: str
    parameters: str
    types: tuple[str, ...]
    varargs: bool
    modifiers: str
    annotations: tuple[str, ...]
    returns: str
    body: str
    has_block: bool
    broken: bool
    calls: tuple[Call, ...] = ()

    def record(self, class_name: str, *, testcase: bool) -> dict[str, Any]:
        signature = f"{self.returns} {self.identifier}{self.parameters}"
        return {
            "identifier": self.identifier,
            "parameters": self.parameters,
            "modifiers": self.modifiers,
            "return": self.returns,
            "body": self.body,
            "signature": signature,
            "full_signature": f"{self.modifiers} {signature}".strip(),
            "class_method_signature": f"{class_name}.{self.identifier}{self.parameters}",
            "testcase": testcase,
            "constructor": False,
            "invocations": [call.name for call in self.calls],
        }


@dataclass
class Class:
    identifier: str
    outer: Class | None
    package: str
    file: str
    superclass: str
    interfaces: str
    annotations: tuple[str, ...]
    fields: list[dict[str, str]]
    framework: str
    methods: list[Method] = field(default_factory=list)

    @property
    def is_junit3(self) -> bool:
        return self.superclass.endswith("TestCase")

    @property
    def tests(self) -> list[Method]:
        return [method for method in self.methods if self._is_test(method)]

    def _is_test(self, method: Method) -> bool:
        if _TEST_ANNOTATIONS & set(method.annotations):
            return method.has_block
        public_void = "public" in method.modifiers.split() and method.returns == "void" and method.has_block
        if self.is_junit3 and public_void and not method.types and method.identifier.startswith("test"):
            return True
        # TestNG: @Test on the class makes every public method a test.
        return "Test" in self.annotations and public_void and not method.annotations

    @property
    def around(self) -> Iterator[Class]:
        """The class itself, then the classes it is nested in."""
        one: Class | None = self
        while one is not None:
            yield one
            one = one.outer

    def where(self, test: Method) -> str:
        """File and test; nested classes are named, since they may have tests of one name."""
        return f"{self.file}#" + ".".join([*(one.identifier for one in [*self.around][-2::-1]), test.identifier])

    @property
    def parents(self) -> set[str]:
        """Simple names of what it extends and implements."""
        return set(re.findall(r"\w+", f"{self.superclass} {self.interfaces}"))

    def record(self) -> dict[str, Any]:
        return {
            "identifier": self.identifier,
            "superclass": self.superclass,
            "interfaces": self.interfaces,
            "fields": self.fields,
            "file": self.file,
        }


# -- one file


class Unreadable(ValueError):
    """A file is left out; the message is the reason it is counted under."""


def classes(source: str, file: str) -> Iterator[Class]:
    """Every class, interface, enum and record of a Java file, nested ones too.

    Raises:
        Unreadable: nothing in it could be parsed, or it is nested beyond reason.
    """
    try:
        reader = _Reader(source, file)
        found = list(reader.classes(reader.root, None))
    except assertions.Unparsable:
        raise Unreadable("the parser gave up") from None
    except RecursionError:
        raise Unreadable("classes nested too deeply") from None
    if not found and reader.root.has_error:
        raise Unreadable("does not parse as Java")
    yield from found


class _Reader:
    def __init__(self, source: str, file: str) -> None:
        self.source, self.file = source, file
        self.root = assertions.parse(source).root_node
        self.offsets = assertions.offsets(source)
        self.package, imports = "", []
        for node in self.root.named_children:
            if node.type == "package_declaration":
                self.package = self.text(node).removeprefix("package").strip("; \n")
            elif node.type == "import_declaration":
                imports.append(self.text(node))
        joined = "\n".join(imports)
        self.framework = next(
            (
                name
                for name, sign in (
                    ("junit5", "org.junit.jupiter"),
                    ("testng", "org.testng"),
                    ("junit4", "org.junit"),
                    ("junit3", "junit.framework"),
                )
                if sign in joined
            ),
            "unknown",
        )

    def text(self, node: Node | None) -> str:
        return "" if node is None else self.source[self.offsets[node.start_byte] : self.offsets[node.end_byte]]

    def classes(self, node: Node, outer: Class | None) -> Iterator[Class]:
        for child in node.named_children:
            if child.type in _CLASSES:
                yield from self._class(child, outer)
            elif child.type == "ERROR":
                yield from self.classes(child, outer)

    def _class(self, node: Node, outer: Class | None) -> Iterator[Class]:
        body = node.child_by_field_name("body")
        if body is None:
            return
        _, annotations = self._modifiers(node)
        found = Class(
            identifier=self.text(node.child_by_field_name("name")),
            outer=outer,
            package=self.package,
            file=self.file,
            superclass=self.text(node.child_by_field_name("superclass")).removeprefix("extends").strip(),
            interfaces=self.text(node.child_by_field_name("interfaces")),
            annotations=annotations,
            fields=[],
            framework=self.framework,
        )
        members = [
            part
            for child in body.named_children
            for part in (child.named_children if child.type == "enum_body_declarations" else [child])
        ]
        for member in members:
            if member.type == "field_declaration":
                found.fields.extend(self._fields(member))
        types = {entry["var_name"]: _simple(entry["type"]) for one in reversed([*found.around]) for entry in one.fields}
        for member in members:
            if member.type == "method_declaration":
                found.methods.append(self._method(member))
        tests = {id(test) for test in found.tests}
        nodes = [member for member in members if member.type == "method_declaration"]
        for method, member in zip(found.methods, nodes, strict=True):
            if id(method) in tests:
                method.calls = tuple(self._calls(member, types))
        yield found
        for member in members:
            if member.type in _CLASSES:
                yield from self._class(member, found)

    def _modifiers(self, node: Node) -> tuple[str, tuple[str, ...]]:
        words, annotations = [], []
        for child in node.children:
            if child.type == "modifiers":
                for modifier in child.children:
                    if modifier.type in ("marker_annotation", "annotation"):
                        annotations.append(self.text(modifier.child_by_field_name("name")).rpartition(".")[2])
                    elif "comment" not in modifier.type:
                        words.append(self.text(modifier))
        return " ".join(words), tuple(annotations)

    def _fields(self, node: Node) -> Iterator[dict[str, str]]:
        modifier, _ = self._modifiers(node)
        for declarator in node.children_by_field_name("declarator"):
            yield {
                "original_string": self.text(node),
                "modifier": modifier,
                "type": self.text(node.child_by_field_name("type")),
                "declarator": self.text(declarator),
                "var_name": self.text(declarator.child_by_field_name("name")),
            }

    def _method(self, node: Node) -> Method:
        modifiers, annotations = self._modifiers(node)
        parameters = node.child_by_field_name("parameters")
        formal = (
            [child for child in parameters.named_children if child.type in ("formal_parameter", "spread_parameter")]
            if parameters
            else []
        )
        types = tuple(_simple(self.text(child.child_by_field_name("type") or _spread_type(child))) for child in formal)
        return Method(
            identifier=self.text(node.child_by_field_name("name")),
            parameters=self.text(parameters),
            types=types,
            varargs=any(child.type == "spread_parameter" for child in formal),
            modifiers=modifiers,
            annotations=annotations,
            returns=self.text(node.child_by_field_name("type")),
            body=self._dedented(node),
            has_block=node.child_by_field_name("body") is not None,
            broken=node.has_error,
        )

    def _dedented(self, node: Node) -> str:
        """The whole declaration, moved to the first column."""
        start = self.offsets[node.start_byte]
        line = self.source.rfind("\n", 0, start) + 1
        indent = self.source[line:start]
        text = self.text(node).replace("\r\n", "\n")
        return text if indent.strip() else "\n".join(part.removeprefix(indent) for part in text.split("\n"))

    def _calls(self, method: Node, field_types: dict[str, str]) -> Iterator[Call]:
        """Calls within a test, but for those on an assertion or a mock's verification: ``assertThat(x).contains(y)``."""
        types = dict(field_types)
        for declaration, _ in _LOCALS.captures(method):
            declared = _simple(self.text(declaration.child_by_field_name("type")))
            for declarator in declaration.children_by_field_name("declarator") or [declaration]:
                types[self.text(declarator.child_by_field_name("name"))] = declared
        for call, _ in _CALLS.captures(method):
            root = called_on = call.child_by_field_name("object")
            while root is not None and root.type == "method_invocation":
                if _CHECK.match(self.text(root.child_by_field_name("name"))):
                    break
                root = root.child_by_field_name("object")
            else:
                values = [
                    child
                    for child in call.child_by_field_name("arguments").named_children
                    if "comment" not in child.type
                ]
                receiver = "this" if called_on is None else self._type(called_on, types)
                yield Call(
                    self.text(call.child_by_field_name("name")),
                    receiver,
                    tuple(self._type(value, types) for value in values),
                )

    def _type(self, value: Node, types: dict[str, str]) -> str | None:
        """The simple type of a value where the test itself says it. The name of a class stands for itself."""
        while value.type in ("parenthesized_expression", "unary_expression") and value.named_children:
            value = value.named_children[-1]
        match value.type:
            case "string_literal":
                return "String"
            case "true" | "false":
                return "boolean"
            case "character_literal":
                return "char"
            case "null_literal":
                return "null"
            case "decimal_integer_literal" | "hex_integer_literal" | "octal_integer_literal" | "binary_integer_literal":
                return "long" if self.text(value)[-1] in "lL" else "int"
            case "decimal_floating_point_literal":
                return "float" if self.text(value)[-1] in "fF" else "double"
            case "class_literal":
                return "Class"
            case "object_creation_expression" | "cast_expression":
                return _simple(self.text(value.child_by_field_name("type")))
            case "array_creation_expression":
                dimensions = sum(self.text(part).count("[") for part in value.children_by_field_name("dimensions"))
                return _simple(self.text(value.child_by_field_name("type"))) + "[]" * dimensions
            case "identifier":
                name = self.text(value)
                declared = types.get(name, name if name[:1].isupper() and not name.isupper() else None)
                return None if declared == "var" else declared
            case "this" | "super":
                return "this"
            case "field_access" if self.text(value).startswith("this."):
                return types.get(self.text(value.child_by_field_name("field")))
        return None


def _spread_type(node: Node) -> Node | None:
    return next(
        (child for child in node.named_children if child.type not in ("modifiers", "variable_declarator")), None
    )


def _simple(name: str) -> str:
    """``java.util.Map<K, V>[]`` → ``Map[]``."""
    bare = re.sub(r"<.*>", "", re.sub(r"@\w+(?:\([^)]*\))?\s*", "", name), flags=re.DOTALL)
    return re.sub(r"\s+", "", bare).rpartition(".")[2]


# -- test class → class under test → method under test


class Miss(ValueError):
    """A test has no method under test that is certain; the message is the reason it is counted under."""


class _Index:
    """The classes of one project by their simple name."""

    def __init__(self, found: Iterable[Class]) -> None:
        self.by_name: dict[str, list[Class]] = defaultdict(list)
        for one in found:
            if not one.tests:
                self.by_name[one.identifier].append(one)

    def under_test(self, test: Class) -> Class:
        """The class that a test class, or the class around it, is named after. Raises Miss."""
        for around in test.around:
            for name in _names_under_test(around.identifier):
                if candidates := self.by_name.get(name):
                    return self._nearest(candidates, around)
        raise Miss("no class by the name of the test class")

    def _nearest(self, candidates: list[Class], test: Class) -> Class:
        candidates = [c for c in candidates if c.outer is None] or candidates
        candidates = [c for c in candidates if c.package == test.package] or candidates
        if len(candidates) > 1:  # the same name in several modules
            closeness = {
                id(c): len(os.path.commonprefix([PurePosixPath(c.file).parts, PurePosixPath(test.file).parts]))
                for c in candidates
            }
            best = max(closeness.values())
            candidates = [c for c in candidates if closeness[id(c)] == best]
        if len(candidates) > 1:
            raise Miss("several classes by the name of the test class")
        return candidates[0]

    def may_be(self, receiver: str | None, focal: Class) -> bool:
        """Whether a call on `receiver` may be one of the class under test: unknown, itself, a parent or a child of it.

        A call on nothing may be a static import or inherited.
        """
        if receiver in (None, "this", focal.identifier) or receiver in focal.parents:
            return True
        return any(focal.identifier in one.parents for one in self.by_name.get(receiver, ()))


def _names_under_test(name: str) -> list[str]:
    """``TestFoo``, ``FooTest``, ``FooTests``, ``FooTestCase``, ``FooIT`` … → ``Foo``."""
    names = []
    if _TEST_PREFIX.match(name):
        names.append(name[4:].lstrip("_"))
    shorter = name
    while (cut := _TEST_SUFFIX.sub("", shorter).rstrip("_")) not in ("", shorter):
        names.append(shorter := cut)
    return names


def under_test(test: Method, focal: Class, calls: Sequence[Call]) -> tuple[Method, str]:
    """The method of `focal` that `test` tests, and the heuristic that found it: ``name`` or ``only_invoked``.

    Args:
        calls: the test's calls that may be calls of `focal`.

    Raises:
        Miss: none or several fit.
    """
    methods: dict[str, list[Method]] = defaultdict(list)
    for method in focal.methods:
        if method.has_block:
            methods[method.identifier].append(method)
    bare = re.sub(r"^test_?|_?test$", "", test.identifier, flags=re.IGNORECASE).lower()
    named = [name for name in methods if name.lower() in (bare, test.identifier.lower())]
    called = sorted({call.name for call in calls} & methods.keys())
    if len(named) == 1:
        name, mapping = named[0], "name"
    elif len(called) == 1:
        name, mapping = called[0], "only_invoked"
    elif called:
        raise Miss("calls several methods of the class")
    else:
        raise Miss("calls no method of the class")
    found = _overload(methods[name], [call for call in calls if call.name == name])
    if found.broken:
        raise Miss("syntax error in the method under test")
    return found, mapping


def _overload(overloads: Sequence[Method], calls: Sequence[Call]) -> Method:
    """The overload that the calls mean: by the number of arguments, then by those whose types are plain."""
    if len(overloads) == 1:
        return overloads[0]
    means = set()
    for call in calls:
        fitting = [
            i for i, method in enumerate(overloads) if len(method.types) == len(call.types) and not method.varargs
        ]
        fitting = fitting or [
            i for i, method in enumerate(overloads) if method.varargs and len(call.types) >= len(method.types) - 1
        ]
        if len(fitting) > 1:
            scores = {i: _fit(overloads[i].types, call.types) for i in fitting}
            best = max(scores.values())
            fitting = [i for i in fitting if scores[i] == best]
        means.add(fitting[0] if len(fitting) == 1 else None)
    if len(means) != 1 or None in means:
        raise Miss("overload not certain")
    return overloads[means.pop()]


def _fit(parameters: Sequence[str], arguments: Sequence[str | None]) -> int:
    return sum(
        (argument == parameter)
        - (argument not in (None, "null", parameter) and parameter in _PLAIN and argument in _PLAIN)
        for parameter, argument in zip(parameters, arguments)
    )


_PLAIN = frozenset({"String", "boolean", "char", "int", "long", "float", "double", "byte", "short"})


# -- whole trees


def mine(paths: Iterable[str | Path], progress: bool = True) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Pairs of test and method under test of one or more projects.

    Args:
        paths: one folder a project. The folder's name becomes the project's.

    Returns:
        records in the schema of Methods2Test's ``dataset/`` (without the list of all methods of the class, which would repeat
        the class in each record) with the added keys `mapping`, `origin` and `framework`, in order of file; and a report: ``files``, ``classes``, ``tests``, ``pairs``, pairs by ``mapping``, tests by ``framework``, what
        was ``skipped`` (files and tests) by reason with the first example of each.

    Raises:
        CorpusError: a path is no folder, two have one name, or there is no ``.java`` file below them.
    """
    projects: dict[str, Path] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            raise CorpusError(f"{path}: no such folder; give the root of a Java project")
        name = path.resolve().name
        if name in projects:
            raise CorpusError(
                f"two projects are called {name!r}: {projects[name]} and {path}; rename one, splits are drawn by name"
            )
        projects[name] = path
    files = [(name, file) for name, root in projects.items() for file in _java_files(root)]
    if not files:
        raise CorpusError(f"no .java file below {', '.join(map(str, projects.values())) or 'no folder at all'}")
    skipped, counts = Tally(), Counter()
    mappings: Counter[str] = Counter()
    frameworks: Counter[str] = Counter()
    records: list[dict[str, Any]] = []
    with tqdm(total=len(files), unit=" files", desc="mining", disable=not progress) as bar:
        for name, root in projects.items():
            found: list[Class] = []
            for file in (file for project, file in files if project == name):
                where = file.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode()
                try:
                    found.extend(classes(_read(file), where))
                except Unreadable as reason:
                    skipped.add(f"file: {reason}", f"{name}/{where}")
                bar.update()
            counts["classes"] += len(found)
            index = _Index(found)
            for one in found:
                for test in one.tests:
                    counts["tests"] += 1
                    frameworks["junit3" if one.is_junit3 and not test.annotations else one.framework] += 1
                    try:
                        record = _pair(one, test, index, name)
                    except Miss as reason:
                        skipped.add(f"test: {reason}", f"{name}/{one.where(test)}")
                        continue
                    mappings[record["mapping"]] += 1
                    records.append(record)
    return records, {
        "projects": list(projects),
        "files": len(files),
        "classes": counts["classes"],
        "tests": counts["tests"],
        "pairs": len(records),
        "mapping": dict(mappings.most_common()),
        "framework": dict(frameworks.most_common()),
        "skipped": skipped.report(),
    }


def _java_files(root: Path) -> Iterator[Path]:
    """In a stable order; hidden folders and links are left alone."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if name.endswith(".java") and not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise Unreadable(f"larger than {MAX_FILE_BYTES >> 20} MiB")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("not UTF-8") from None
    except OSError as error:
        raise Unreadable(f"not readable ({error.strerror})") from None


def _pair(one: Class, test: Method, index: _Index, project: str) -> dict[str, Any]:
    if test.broken:
        raise Miss("syntax error in the test")
    focal_class = index.under_test(one)
    own = {method.identifier for around in one.around for method in around.methods}
    calls = [
        call
        for call in test.calls
        if index.may_be(call.receiver, focal_class) and not (call.receiver == "this" and call.name in own)
    ]
    focal, mapping = under_test(test, focal_class, calls)
    return {
        "test_class": one.record(),
        "test_case": test.record(one.identifier, testcase=True),
        "focal_class": focal_class.record(),
        "focal_method": focal.record(focal_class.identifier, testcase=False),
        "repository": {"repo_id": project, "url": ""},
        "mapping": mapping,
        "origin": f"{project}/{one.where(test)}",
        "framework": one.framework,
    }


RECORDS, REPORT = "records.jsonl", "report.json"


def write(records: Iterable[dict[str, Any]], report: dict[str, Any], out: str | Path) -> None:
    """Write the records as JSON lines and the report as JSON into the folder `out`, each atomically."""
    with atomic(Path(out) / RECORDS) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        for record in records:
            stream.write(json.dumps(record) + "\n")
    write_json(Path(out) / REPORT, report)


def summary(report: dict[str, Any]) -> str:
    """The report as text: what was found, how it was matched, what was left out and why."""
    lines = [
        f"{report['files']:>8}  Java files in {len(report['projects'])} project(s): {', '.join(report['projects'])}",
        f"{report['classes']:>8}  classes",
        f"{report['tests']:>8}  tests ({_counted(report['framework'])})",
        f"{report['pairs']:>8}  pairs ({_counted(report['mapping'])})",
    ]
    if report["skipped"]:
        lines += ["", "left out:"]
        lines += [
            f"{entry['count']:>8}  {reason}, first {entry['first']}" for reason, entry in report["skipped"].items()
        ]
    return "\n".join(lines)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
