"""Check whether this machine can run the sandbox profile, and say what to do if not. Uses no network."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from trident.experiment import params, paths

REQUIREMENTS = paths.ROOT / "requirements.txt"
#: GiB that the sandbox profile's grid needs: memory with two jobs at a time, disk for all of runs/sandbox.
SANDBOX_MEMORY = 4.0
SANDBOX_DISK = 2.0
#: Of a container, in bytes or `max`. The free memory that the system reports there is the whole machine's.
MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True)
class Finding:
    """One line of the report. `todo` is empty when all is well; `needed`: the sandbox profile needs it."""

    name: str
    found: str
    todo: str = ""
    needed: bool = True

    def __str__(self) -> str:
        if not self.todo:
            return f"ok    {self.name:<10} {self.found}"
        return f"{'FIX ' if self.needed else 'note'}  {self.name:<10} {self.found}: {self.todo}"


def report() -> int:
    """Print a line for each check. Returns 0 when the sandbox profile can run here, else 1."""
    broken = []
    for check in CHECKS:
        finding = examine(check)
        print(finding, flush=True)
        if finding.todo and finding.needed:
            broken.append(finding.name)
    verdict = f"cannot run here yet: {', '.join(broken)}." if broken else "can run here."
    print(f"\nThe sandbox profile {verdict}")
    return 1 if broken else 0


def examine(check: Callable[[], Finding]) -> Finding:
    """The finding of a check. A check that raises is a finding too: a half-installed package fails in many ways."""
    try:
        return check()
    except Exception as error:
        todo = "if that does not say what to do, delete .venv and run `make` again"
        return Finding(check.__name__, f"{type(error).__name__}: {error}", todo)


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    supported = (3, 11) <= sys.version_info[:2] <= (3, 12)
    return Finding("python", f"{version} in {sys.prefix}", "" if supported else "codebleu needs Python 3.11 or 3.12")


def packages() -> Finding:
    """Installed versions against requirements.txt."""
    wrong = []
    pins = pinned(REQUIREMENTS.read_text(encoding="utf-8"))
    for name, wanted in pins.items():
        try:
            found = importlib.metadata.version(name).partition("+")[0]  # `+cpu` says how it was built
        except importlib.metadata.PackageNotFoundError:
            found = "missing"
        if found != wanted:
            wrong.append(f"{name} {found} (expected {wanted})")
    if wrong:
        return Finding("packages", ", ".join(wrong), "pip install -r requirements.txt -c constraints.txt")
    return Finding("packages", f"{len(pins)} as pinned")


def pinned(requirements: str) -> dict[str, str]:
    """Name → version of each ``name==version`` line. Raises ValueError for a line that pins nothing."""
    lines = (line.partition("#")[0].strip() for line in requirements.splitlines())
    pins = {}
    for line in filter(None, lines):
        name, equals, version = line.partition("==")
        if not equals:
            raise ValueError(f"requirement without a pinned version: {line!r}")
        pins[name] = version
    return pins


def kernel() -> Finding:
    """Start a kernel as a stage does, and ask it which Python it is."""
    from trident.workflow import notebooks

    seen = notebooks.ask_kernel("import sys, trident; print(sys.prefix, trident.__file__, sep='\\n')").splitlines()
    expected = [sys.prefix, str(paths.ROOT / "trident/__init__.py")]
    todo = f"expected {expected}; unset PYTHONHOME and PYTHONSTARTUP"
    return Finding("kernel", f"runs {seen[0]}", "" if seen == expected else todo)


def workflow() -> Finding:
    """Let Snakemake plan the grid. The Snakefile checks that the folders which it writes can be written."""
    snakemake = [sys.executable, "-m", "snakemake", "-s", str(paths.ROOT / "Snakefile")]
    command = [*snakemake, "-c1", "--dry-run", "--quiet", "all", "--config", "profile=sandbox"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    if done.returncode == 0:
        return Finding("workflow", "Snakemake plans the grid")
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    reason = [line for line in lines if line[:1].strip()][-1]  # indented lines say where in the code
    return Finding("workflow", "Snakemake stopped", reason)


def jdk() -> Finding:
    """A JDK and JUnit 4, with which `python -m trident verify` and its tests compile and run Java."""
    from trident.java import jdk

    try:
        found = jdk.find()
    except jdk.NoJdk as error:
        return Finding("jdk", "none", f"only `python -m trident verify` and its tests need one; {error}", needed=False)
    version = subprocess.run([found.javac, "-version"], capture_output=True, text=True, check=True, timeout=60)
    return Finding("jdk", f"{(version.stdout + version.stderr).strip()}, JUnit 4")


def memory() -> Finding:
    import psutil

    free = psutil.virtual_memory().available / 2**30
    if MEMORY_LIMIT.is_file() and (limit := MEMORY_LIMIT.read_text(encoding="ascii").strip()) != "max":
        free = min(free, int(limit) / 2**30)
    todo = f"two jobs at a time need {SANDBOX_MEMORY:.0f} GiB; run `make reproduce CORES=1`, or end other programs"
    return Finding("memory", f"{free:.1f} GiB free", "" if free >= SANDBOX_MEMORY else todo)


def disk() -> Finding:
    runs = paths.inside_root(params.complete(params.load(paths.PARAMS / "sandbox.yaml")).runs_dir)
    place = next(place for place in (runs, *runs.parents) if place.exists())  # perhaps a link to another disk
    free = shutil.disk_usage(place).free / 2**30
    todo = f"the sandbox profile needs {SANDBOX_DISK:.0f} GiB; `runs_dir` may name a folder on another disk"
    return Finding("disk", f"{free:.1f} GiB free", "" if free >= SANDBOX_DISK else todo)


CHECKS: Sequence[Callable[[], Finding]] = (python, packages, kernel, workflow, jdk, memory, disk)
