"""Real Java: run the examples of mined projects, as far as their files compile with the JDK and JUnit alone.

A project is not built. javac gets all its files at once, then again those without errors, and so on. What is left
compiles; an example can be run if its test and the class under test are in there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tree_sitter import Node

from trident.evaluation.execution.cases import DRAWN, SEED, Blank, whole
from trident.evaluation.execution.jvm import Case
from trident.evaluation.execution.mutants import NoSuchMethod, at_first_column, mutants
from trident.experiment.artifacts import atomic, digest, fingerprint, write_json
from trident.java.assertions import MARK, Unparsable, parse, text_of
from trident.java.jdk import Jdk, JdkError

#: Where Maven's goal ``dependency:copy-dependencies`` puts the libraries of a project.
LIBRARIES = Path("target", "dependency")
#: What JUnit 5 needs, and where Debian and Ubuntu install it.
_JUNIT5 = (
    "junit-jupiter-api", "junit-jupiter-params", "junit-jupiter-engine", "junit-platform-commons",
    "junit-platform-engine", "junit-platform-launcher", "opentest4j", "apiguardian-api", "univocity-parsers",
)  # fmt: skip
_JARS = Path("/usr/share/java")
_SECONDS = 900
_JAVAC = (
    "-J-Duser.language=en", "-J-XX:+UseSerialGC", "-encoding", "UTF-8", "-proc:none", "-nowarn", "-Xlint:none",
    "-g:source,lines", "-Xmaxerrs", "1000000", "-XDshould-stop.ifError=FLOW",  # all errors at once: fewer rounds
)  # fmt: skip
_ERROR = re.compile(r"^(\S.*\.java):\d+: error: (.*)$", re.MULTILINE)
_NO_LIBRARY = re.compile(r"package ([a-z0-9_.]+) does not exist")
_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
#: Canonical answers have no qualifier like ``Assert.``: what was imported for it is imported for them.
_QUALIFIER = re.compile(r"^import\s+([\w.]+\.(?:\w*Assert\w*|TestCase|Truth8?|(?:BDD)?Mockito))\s*;", re.MULTILINE)
_UNQUALIFIED = r"\g<0> import static \1.*;"
_IS_TEST = re.compile(r"@(?:Test|ParameterizedTest|RepeatedTest)\b")
_CLASSES = frozenset({"class_declaration", "interface_declaration", "enum_declaration", "record_declaration"})


class ProjectError(RuntimeError):
    """The checkouts of examples are not where they should be; the message says what was looked for."""


def with_junit5(java: Jdk) -> Jdk:
    """The JDK with JUnit 5 on its class path, if that is installed where Debian has it. Else set JUNIT_CLASSPATH."""
    jars = [_JARS / f"{name}.jar" for name in _JUNIT5]
    if "junit-platform-launcher" in java.class_path or not all(jar.is_file() for jar in jars):
        return java
    return replace(java, class_path=os.pathsep.join([java.class_path, *map(str, jars)]))


@dataclass(frozen=True)
class Project:
    """A checked-out project, compiled as far as it can be.

    name        of its folder; the origins of its examples begin with it
    sources     the text of each Java file, by its path in the project
    left_out    why a file did not compile, by its path
    missing     packages that are not there, with the number of files that need them
    class_path  the compiled classes, resources and libraries
    """

    name: str
    sources: Mapping[str, str]
    left_out: Mapping[str, str]
    missing: Mapping[str, int]
    class_path: str

    def blank(self, example: Mapping[str, Any]) -> Blank | str:
        """What to run of a mined example of this project, or the reason why it cannot be run."""
        test = example["test_prefix_and_rest"]
        if test.count(MARK) != 1:
            return "several assertions of one test are asked for at once"
        where, _, inside = example["origin"].partition("#")
        file = where.removeprefix(f"{self.name}/")
        if file not in self.sources:
            return "the test is not in the checkout"
        if file in self.left_out:
            return f"file of the test: {self.left_out[file]}"
        *nested, method = inside.split(".")
        place = _place(self.sources[file], nested, method, test.partition(MARK)[0])
        if place is None:
            return "the test is not in the checkout"
        complete = test.replace(MARK, example["assertion"])
        for subject in self._declaring(example["focal_class"], file):
            try:
                changed = mutants(self.sources[subject], example["focal_method"], DRAWN, SEED, complete)
            except (NoSuchMethod, Unparsable):
                continue
            if subject in self.left_out:
                return f"file of the class under test: {self.left_out[subject]}"
            case = Case(
                class_name=example["focal_class"],
                class_source=self.sources[subject],
                mutants=tuple(mutant.source for mutant in changed),
                test_class=place.outermost,
                test_method=inside,
                test_source=_QUALIFIER.sub(_UNQUALIFIED, place.before) + whole(test) + place.after,
                answers=(example["assertion_canonical"],),
                class_path=self.class_path,
            )
            return Blank(self.sources[subject], changed, case)
        return "the method under test is not in the checkout"

    def _declaring(self, name: str, test: str) -> list[str]:
        """The files that declare a class, but for the test's: first those of its package, then those named after it."""
        declares = re.compile(rf"\b(?:class|interface|enum|record)\s+{re.escape(name)}\b")
        package = _package(self.sources[test])

        def order(file: str) -> tuple[bool, bool, str]:
            return _package(self.sources[file]) != package, Path(file).stem != name, file

        return sorted(
            (file for file, text in self.sources.items() if file != test and declares.search(text)), key=order
        )


def _package(source: str) -> str:
    found = _PACKAGE.search(source)
    return found[1] if found else ""


# -- the place of a test in its file


@dataclass(frozen=True)
class _Place:
    """A file around one of its tests, without its other tests, and the class at its top level that the test is in."""

    before: str
    after: str
    outermost: str


def _place(source: str, nested: list[str], test: str, begin: str) -> _Place | None:
    """Where a test stands that begins with a text, in a class that is nested in others as the names say.

    The other tests are taken out, as javac needs most of its time for them, unless their name stands somewhere else.
    """
    encoded = source.encode("utf-8", "surrogatepass")
    methods = [(node, around, _name(node)) for node, around in _methods(parse(source).root_node, ())]
    called = [(node, around) for node, around, name in methods if name == test and around[1:] == tuple(nested)]
    found = next((one for one in called if at_first_column(one[0], encoded).startswith(begin)), None)
    if found is None:
        return None
    words = Counter(re.findall(r"\w+", source))
    before, after = bytearray(), bytearray()
    side, at = before, 0
    for node, _, name in methods:
        if node == found[0] or words[name] == 1 and _IS_TEST.search(text_of(node.named_children[0])):
            side += encoded[at : node.start_byte]
            side, at = after if node == found[0] else side, node.end_byte
    after += encoded[at:]
    return _Place(before.decode("utf-8", "surrogatepass"), after.decode("utf-8", "surrogatepass"), found[1][0])


def _name(node: Node) -> str:
    return text_of(node.child_by_field_name("name"))


def _methods(node: Node, around: tuple[str, ...]) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """The methods of all classes with the names of the classes that they are in, the outermost first."""
    for child in node.named_children:
        if child.type in _CLASSES:
            body = child.child_by_field_name("body")
            if body is not None:
                yield from _methods(body, (*around, _name(child)))
        elif child.type in ("enum_body_declarations", "ERROR"):
            yield from _methods(child, around)
        elif child.type == "method_declaration" and around:
            yield child, around


# -- compilation


def of_examples(examples: Sequence[Mapping[str, Any]], checkouts: Path, java: Jdk, folder: Path) -> list[Project]:
    """The projects that examples of real Java are of, compiled as :func:`compiled` does. The sandbox needs none.

    Args:
        checkouts: holds a folder for each project, by its name. Their tests run as they are: only for projects that you
            trust. Examples of a project that is not there cannot be run.
        folder: keeps what is compiled.

    Raises:
        ProjectError: no project of the examples is there.
        JdkError: as :func:`compiled`.
    """
    names = sorted({example["origin"].partition("/")[0] for example in examples if example["source"] != "sandbox"})
    there = [checkouts / name for name in names if (checkouts / name).is_dir()]
    if names and not there:
        raise ProjectError(
            f"checkouts: {checkouts} holds none of the projects {', '.join(names[:5])}: name the folder with those "
            "that the corpus was mined from, or leave `checkouts` empty"
        )
    return [compiled(root, java, folder) for root in there]


def compiled(root: Path, java: Jdk, folder: Path) -> Project:
    """A project, compiled into a folder below `folder`, or as it was compiled there before.

    Libraries are taken from :data:`LIBRARIES` in the project, if there are any.

    Raises:
        JdkError: javac failed for another reason than errors in the files.
    """
    root = root.resolve()
    files = sorted(_files(root))
    jars = sorted((root / LIBRARIES).glob("*.jar"))
    libraries = [java.class_path, *map(str, jars)]
    sources = {file: (root / file).read_text(encoding="utf-8-sig", errors="replace") for file in files}
    made = folder / f"{root.name}-{fingerprint(sources, libraries, digest(*jars))[:16]}"
    if not made.is_dir():
        with atomic(made) as temporary:
            temporary.mkdir()
            left_out, missing = _compile(root, sources, java, os.pathsep.join(libraries), temporary / "classes")
            write_json(temporary / "left_out.json", {"left_out": left_out, "missing": missing})
    left_out = json.loads((made / "left_out.json").read_text(encoding="utf-8"))
    resources = sorted(path for path in root.glob("**/src/*/resources") if path.is_dir())
    return Project(
        name=root.name,
        sources=sources,
        **left_out,
        class_path=os.pathsep.join(map(str, [made.resolve() / "classes", *resources, *jars])),
    )


def _files(root: Path) -> Iterator[str]:
    """The Java files, without hidden folders. A module's declaration would hide what it does not name."""
    for path in root.rglob("*.java"):
        inside = path.relative_to(root)
        if path.name != "module-info.java" and not any(part.startswith(".") for part in inside.parts):
            yield inside.as_posix()


def _compile(
    root: Path, sources: Mapping[str, str], java: Jdk, class_path: str, classes: Path
) -> tuple[dict[str, str], Counter[str]]:
    """Compile the files, again without those that have errors, and so on.

    Returns:
        why files were left out, and the packages that are missing.
    """
    left_out: dict[str, str] = {}
    missing: Counter[str] = Counter()
    own = {_package(source) for source in sources.values()}
    listing = classes.with_name("sources.txt")
    command = [java.javac, *_JAVAC, "-cp", class_path, "-d", str(classes.resolve()), f"@{listing.resolve()}"]
    locale = {**os.environ, "LC_ALL": "C.UTF-8"}
    while True:
        shutil.rmtree(classes, ignore_errors=True)
        classes.mkdir()
        rest = [file for file in sources if file not in left_out]
        if not rest:
            return left_out, missing
        listing.write_text("".join(f'"{_escaped(file)}"\n' for file in rest), encoding="utf-8")
        try:
            ran = subprocess.run(
                command, cwd=root, env=locale, capture_output=True, encoding="utf-8", errors="replace", timeout=_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise JdkError(f"javac did not end within {_SECONDS} s on the {len(rest)} files of {root}") from None
        if ran.returncode == 0:
            return left_out, missing
        errors: dict[str, list[str]] = defaultdict(list)
        for file, message in _ERROR.findall(ran.stderr):
            errors[file].append(message)
        if not errors.keys() & set(rest):
            raise JdkError(f"javac ended with {ran.returncode} on the files of {root}:\n{ran.stderr[-2000:]}")
        for file, messages in errors.items():
            packages = {found[1] for message in messages if (found := _NO_LIBRARY.match(message))} - own
            left_out[file] = "needs a library" if packages else "does not compile without what was left out"
            missing.update(packages)


def _escaped(file: str) -> str:
    return file.replace("\\", "\\\\").replace('"', '\\"')
