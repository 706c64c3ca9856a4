"""Compile and run instances of the sandbox templates: does every assertion that the model is to learn hold?

Needs a JDK (8 or newer) and JUnit 4; nothing else in the project does.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trident.corpus.sandbox.template import Instance

IMPORTS = """import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import org.junit.*;
import static org.junit.Assert.*;
import static org.hamcrest.CoreMatchers.*;
"""

#: Where Debian and its kin keep the jars.
_JARS = Path("/usr/share/java")
#: Instances compiled by one call of javac: more would need more memory than its default.
_BATCH = 1500
_SECONDS = 900

_RUNNER = """
import java.io.PrintStream;
import java.nio.file.*;
import org.junit.runner.*;
import org.junit.runner.notification.Failure;

/** Runs the test classes that are listed in a file, one a line; prints a line for each failure and the number of tests. */
public class Runner {
    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        int tests = 0;
        for (String name : Files.readAllLines(Paths.get(arguments[0]))) {
            Result result = new JUnitCore().run(Class.forName(name));
            tests += result.getRunCount();
            for (Failure failure : result.getFailures()) {
                String message = String.valueOf(failure.getException()).replaceAll("\\\\s+", " ");
                out.println("FAILED\\t" + name + "\\t" + failure.getDescription().getMethodName() + "\\t" + message);
            }
        }
        out.println("TESTS\\t" + tests);
    }
}
"""


class JdkError(RuntimeError):
    """javac or java failed in a way that is not an instance's fault."""


class NoJdk(JdkError):
    """There is no JDK or no JUnit 4 here; the message says what was looked for."""


@dataclass(frozen=True)
class Jdk:
    """The programs, and the class path with JUnit 4 and Hamcrest."""

    javac: str
    java: str
    class_path: str


@dataclass(frozen=True)
class Failure:
    """A test of an instance that failed, or (test "") an instance that does not compile."""

    group: str
    test: str
    message: str

    def __str__(self) -> str:
        return f"{self.group}{'.' + self.test if self.test else ' does not compile'}: {self.message}"


@dataclass(frozen=True)
class Verification:
    """How many instances and tests were run, what failed, and how long it took."""

    instances: int
    tests: int
    failures: tuple[Failure, ...]
    seconds: float

    def __str__(self) -> str:
        text = f"{self.tests} tests of {self.instances} instances run in {self.seconds:.0f} s, {len(self.failures)} failures"
        return "\n".join([text, *map(str, self.failures)])


def find() -> Jdk:
    """Find a JDK (JAVA_HOME, else the PATH) and JUnit 4 (JUNIT_CLASSPATH, else Debian's jars).

    Raises:
        NoJdk: something is missing.
    """
    home = os.environ.get("JAVA_HOME")
    programs = {}
    for name in ("javac", "java"):
        program = shutil.which(name, path=str(Path(home, "bin"))) if home else shutil.which(name)
        if program is None:
            raise NoJdk(f"no {name} {'in JAVA_HOME ' + home if home else 'on the PATH'}: install a JDK (8 or newer)")
        programs[name] = program
    class_path = os.environ.get("JUNIT_CLASSPATH")
    if class_path is None:
        junit = _JARS / "junit4.jar"
        hamcrest = [
            jar for name in ("hamcrest-all", "hamcrest-core", "hamcrest") if (jar := _JARS / f"{name}.jar").is_file()
        ]
        if not junit.is_file() or not hamcrest:
            raise NoJdk(
                "no JUnit 4 with Hamcrest: set JUNIT_CLASSPATH to its jars (on Debian and Ubuntu: apt-get install junit4)"
            )
        class_path = os.pathsep.join(map(str, (junit, hamcrest[0])))
    return Jdk(**programs, class_path=class_path)


def verify(instances: Sequence[Instance], jdk: Jdk | None = None) -> Verification:
    """Compile each instance with all its tests and run them.

    Args:
        instances: as :func:`trident.corpus.sandbox.generate.instances` gives them for a set of examples.
        jdk: found if not given.

    Raises:
        NoJdk: see :func:`find`.
        JdkError: javac or java failed in a way that is not an instance's fault, or a test does not end.
    """
    jdk = jdk or find()
    started = time.perf_counter()
    failures: list[Failure] = []
    tests = 0
    for start in range(0, len(instances), _BATCH):
        with tempfile.TemporaryDirectory(prefix="trident-jdk-") as folder:
            ran, failed = _batch(instances[start : start + _BATCH], jdk, Path(folder))
        tests += ran
        failures += failed
    return Verification(len(instances), tests, tuple(failures), time.perf_counter() - started)


def _batch(instances: Sequence[Instance], jdk: Jdk, folder: Path) -> tuple[int, list[Failure]]:
    packages = {f"i{number}": instance for number, instance in enumerate(instances)}
    for package, instance in packages.items():
        (folder / package).mkdir()
        header = f"package {package};\n\n{IMPORTS}\n"
        (folder / package / f"{instance.class_name}.java").write_text(header + instance.class_source, encoding="utf-8")
        (folder / package / f"{instance.class_name}Test.java").write_text(
            header + instance.test_source, encoding="utf-8"
        )
    (folder / "Runner.java").write_text(_RUNNER, encoding="utf-8")
    failures = _compile(packages, jdk, folder)
    for failure in failures:
        packages = {package: instance for package, instance in packages.items() if instance.group != failure.group}
    (folder / "classes.txt").write_text("".join(f"{package}.{i.class_name}Test\n" for package, i in packages.items()))
    command = [
        jdk.java,
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Dfile.encoding=UTF-8",
        "-cp",
        os.pathsep.join((str(folder), jdk.class_path)),
        "Runner",
        str(folder / "classes.txt"),
    ]
    run = _run(command)
    lines = [line.split("\t") for line in run.stdout.splitlines()]
    if run.returncode or not lines or lines[-1][0] != "TESTS":
        raise JdkError(
            f"java ended with {run.returncode} before all tests had run:\n{run.stdout[-2000:]}{run.stderr[-2000:]}"
        )
    failed = [Failure(packages[line[1].split(".")[0]].group, line[2], line[3]) for line in lines if line[0] == "FAILED"]
    return int(lines[-1][1]), failures + failed


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise JdkError(f"{Path(command[0]).name} did not end within {_SECONDS} s: does a test loop for ever?") from None


def _compile(packages: dict[str, Instance], jdk: Jdk, folder: Path) -> list[Failure]:
    """Compile all; what does not compile is left out and reported, so that it does not hide the rest."""
    failures: list[Failure] = []
    left = dict(packages)
    while True:
        sources = [
            folder / "Runner.java",
            *(source for package in left for source in sorted((folder / package).glob("*.java"))),
        ]
        (folder / "sources.txt").write_text("".join(f'"{source.as_posix()}"\n' for source in sources), encoding="utf-8")
        command = [
            jdk.javac,
            "-J-Duser.language=en",
            "-J-XX:TieredStopAtLevel=1",
            "-J-XX:+UseSerialGC",
            "-encoding",
            "UTF-8",
            "-proc:none",
            "-nowarn",
            "-Xlint:none",
            "-Xmaxerrs",
            "10000",
            "-g:none",
            "-cp",
            jdk.class_path,
            "-d",
            str(folder),
            f"@{folder / 'sources.txt'}",
        ]
        run = _run(command)
        if run.returncode == 0:
            return failures
        broken: dict[str, str] = {}
        for match in re.finditer(r"^.*[/\\](i\d+)[/\\](\w+\.java:\d+: error: .*)$", run.stderr, re.MULTILINE):
            broken.setdefault(match[1], match[2])
        if not broken.keys() & left.keys():
            raise JdkError(f"javac ended with {run.returncode}:\n{run.stderr[-2000:]}")
        failures += [Failure(left.pop(package).group, "", message) for package, message in broken.items()]
