"""Compile and run JUnit tests: do the assertions that the model is to learn hold?

Needs a JDK (8 or newer) and JUnit 4. Nothing else in the project needs them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

IMPORTS = """import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import org.junit.*;
import static org.junit.Assert.*;
import static org.hamcrest.CoreMatchers.*;
"""

#: Where Debian and Ubuntu install the jars.
_JARS = Path("/usr/share/java")
#: Programs that javac compiles in one call; more would need more memory than its default.
_BATCH = 1500
_SECONDS = 900
_JVM = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_JAVAC = (*(f"-J{flag}" for flag in ("-Duser.language=en", *_JVM)), "-encoding", "UTF-8", "-proc:none", "-nowarn")
_RUNNER = Path(__file__).with_name("Runner.java")


class JdkError(RuntimeError):
    """javac or java failed, and no single program is the cause."""


class NoJdk(JdkError):
    """There is no JDK or no JUnit 4 here; the message says what was looked for."""


class Program(Protocol):
    """A Java class and its JUnit 4 test class, both without package and imports. `group` names it in reports."""

    @property
    def group(self) -> str: ...
    @property
    def class_name(self) -> str: ...
    @property
    def class_source(self) -> str: ...
    @property
    def test_source(self) -> str: ...


@dataclass(frozen=True)
class Jdk:
    """The executables, and the class path with JUnit 4 and Hamcrest."""

    javac: str
    java: str
    class_path: str


@dataclass(frozen=True)
class Failure:
    """A failed test of a program, or (with an empty `test`) a program that does not compile."""

    group: str
    test: str
    message: str

    def __str__(self) -> str:
        return f"{self.group}{'.' + self.test if self.test else ' does not compile'}: {self.message}"


@dataclass(frozen=True)
class Verification:
    """How many programs (instances of templates) and tests ran, what failed, and the time in seconds."""

    instances: int
    tests: int
    failures: tuple[Failure, ...]
    seconds: float

    def __str__(self) -> str:
        ran = f"{self.tests} tests of {self.instances} instances run in {self.seconds:.0f} s"
        return "\n".join([f"{ran}, {len(self.failures)} failures", *map(str, self.failures)])


def find() -> Jdk:
    """Find a JDK (JAVA_HOME, else the PATH) and JUnit 4 (JUNIT_CLASSPATH, else Debian's jars). Raises NoJdk."""
    home = os.environ.get("JAVA_HOME")
    programs = {}
    for name in ("javac", "java"):
        program = shutil.which(name, path=str(Path(home, "bin")) if home else None)
        if program is None:
            raise NoJdk(f"no {name} {f'in JAVA_HOME {home}' if home else 'on the PATH'}: install a JDK (8 or newer)")
        programs[name] = program
    class_path = os.environ.get("JUNIT_CLASSPATH")
    if class_path is None:
        names = ("hamcrest-all", "hamcrest-core", "hamcrest")
        hamcrest = next((jar for name in names if (jar := _JARS / f"{name}.jar").is_file()), None)
        junit = _JARS / "junit4.jar"
        if hamcrest is None or not junit.is_file():
            raise NoJdk(
                "no JUnit 4 with Hamcrest: set JUNIT_CLASSPATH to its jars, or `apt-get install junit4` (Debian)"
            )
        class_path = f"{junit}{os.pathsep}{hamcrest}"
    return Jdk(**programs, class_path=class_path)


def verify(programs: Sequence[Program], jdk: Jdk | None = None) -> Verification:
    """Compile each program and run all its tests, with `jdk` or the one that :func:`find` finds.

    Raises:
        NoJdk: see :func:`find`.
        JdkError: javac or java failed and no single program is the cause, or a test does not end.
    """
    jdk = jdk or find()
    started = time.perf_counter()
    failures: list[Failure] = []
    tests = 0
    for start in range(0, len(programs), _BATCH):
        with tempfile.TemporaryDirectory(prefix="trident-jdk-") as folder:
            ran, failed = _batch(programs[start : start + _BATCH], jdk, Path(folder))
        tests += ran
        failures += failed
    return Verification(len(programs), tests, tuple(failures), time.perf_counter() - started)


def _batch(programs: Sequence[Program], jdk: Jdk, folder: Path) -> tuple[int, list[Failure]]:
    """Each program in a package of its own: compile all in one call, run all in one call."""
    packages = {f"i{number}": program for number, program in enumerate(programs)}
    for package, program in packages.items():
        (folder / package).mkdir()
        for name, source in (("", program.class_source), ("Test", program.test_source)):
            text = f"package {package};\n\n{IMPORTS}\n{source}"
            (folder / package / f"{program.class_name}{name}.java").write_text(text, encoding="utf-8")
    shutil.copy(_RUNNER, folder)
    broken = _compile(packages, jdk, folder)
    failures = [Failure(packages[package].group, "", message) for package, message in broken.items()]
    tests = [f"{package}.{one.class_name}Test\n" for package, one in packages.items() if package not in broken]
    (folder / "classes.txt").write_text("".join(tests))
    class_path = f".{os.pathsep}{jdk.class_path}"
    run = _run([jdk.java, *_JVM, "-Dfile.encoding=UTF-8", "-cp", class_path, "Runner", "classes.txt"], folder)
    lines = [line.split("\t") for line in run.stdout.splitlines()]
    if run.returncode or not lines or lines[-1][0] != "TESTS":
        raise JdkError(
            f"java ended with {run.returncode} before all tests had run:\n{run.stdout[-2000:]}{run.stderr[-2000:]}"
        )
    failed = [Failure(packages[line[1].split(".")[0]].group, line[2], line[3]) for line in lines if line[0] == "FAILED"]
    return int(lines[-1][1]), failures + failed


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run in `folder`, with relative paths and a UTF-8 locale: its name may hold any character."""
    locale = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        return subprocess.run(
            command, cwd=folder, env=locale, capture_output=True, text=True, encoding="utf-8", timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise JdkError(
            f"{Path(command[0]).name} did not end within {_SECONDS} s: is a test in an endless loop?"
        ) from None


def _compile(packages: Mapping[str, Program], jdk: Jdk, folder: Path) -> dict[str, str]:
    """Compile the packages, again without those that do not compile. Returns the latter with javac's first message."""
    broken: dict[str, str] = {}
    listing = folder / "sources.txt"
    while True:
        sources = [path for path in folder.rglob("*.java") if path.parent.name not in broken]
        names = (path.relative_to(folder).as_posix() for path in sorted(sources))
        listing.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
        options = ["-Xlint:none", "-Xmaxerrs", "10000", "-g:none", "-cp", jdk.class_path, "-d", "."]
        run = _run([jdk.javac, *_JAVAC, *options, f"@{listing.name}"], folder)
        if run.returncode == 0:
            return broken
        known = len(broken)
        for match in re.finditer(r"^(?:.*[/\\])?(i\d+)[/\\](\w+\.java:\d+: error: .*)$", run.stderr, re.MULTILINE):
            broken.setdefault(match[1], match[2])
        if len(broken) == known:
            raise JdkError(f"javac ended with {run.returncode}:\n{run.stderr[-2000:]}")
