"""Places that cannot be written: a stage does without them, or one line says what to do.

Permissions do not stop root, a read-only mount does. Each test has a mount namespace of its own, which ends with it.
Linux only, and some containers do not allow it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import small_notebooks

from trident.experiment import paths

NO_NAMESPACE = 99


def run(read_only: list[Path], writable: Path, *command: str, **environment: str) -> subprocess.CompletedProcess:
    """Run a Python module where some folders are read-only, but not `writable`, which may be in one of them."""
    if not shutil.which("unshare"):
        pytest.skip("`unshare` is needed to make folders read-only for this test alone")
    mount = f"mount -t tmpfs none {shlex.quote(str(writable))}"
    for folder in map(shlex.quote, map(str, read_only)):
        mount += f" && mount --rbind {folder} {folder} && mount -o remount,ro,bind {folder}"
    script = f"{{ {mount}; }} || exit {NO_NAMESPACE}\n" + 'exec "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh", sys.executable, "-m", *command],
        cwd=paths.ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if done.returncode == NO_NAMESPACE or done.stderr.startswith("unshare: "):
        pytest.skip(f"this system does not let a test make folders read-only: {done.stderr.splitlines()[0]}")
    return done


@pytest.fixture
def scratch():
    """A folder with a short path, beside the read-only ones."""
    folder = Path("/tmp") / f"trident-test-{os.getpid()}"
    folder.mkdir()
    yield folder
    folder.rmdir()


@pytest.fixture
def notebook(tmp_path):
    cells = [small_notebooks.BEGIN, "import tempfile\ntempfile.TemporaryFile().close()"]
    return str(small_notebooks.write(tmp_path / "01_preprocess.ipynb", "profile = 'p'\nruns_dir = 'runs'", cells))


def test_a_stage_needs_neither_home_nor_tmp_nor_the_project(tmp_path, scratch, notebook):
    (tmp_path / "home").mkdir()
    environment = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": "", "TMPDIR": str(scratch)}
    read_only = [paths.ROOT, Path("/tmp"), Path("/var/tmp")]
    done = run(read_only, scratch, "trident", "run", notebook, "-p", "runs_dir", str(scratch), **environment)
    assert done.returncode == 0, done.stderr
    done = run(read_only, scratch, "trident", "run", notebook, **environment)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert f"Read-only file system: '{paths.ROOT}/runs" in done.stderr


def test_without_any_place_for_sockets_one_line_says_what_to_do(scratch, notebook):
    command = ["trident", "run", notebook, "-p", "runs_dir", str(scratch)]
    done = run([Path("/tmp"), Path("/var/tmp")], scratch, *command, TMPDIR="/tmp")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "set TMPDIR to a folder that can be written" in done.stderr


def test_a_grid_and_the_doctor_say_that_the_project_is_read_only(scratch):
    expected = f"{paths.ROOT} cannot be written: copy the project"
    done = run([paths.ROOT], scratch, "snakemake", "-c1", "--dry-run", "--config", "profile=smoke")
    assert done.returncode == 1 and expected in done.stdout and "Traceback" not in done.stdout
    done = run([paths.ROOT], scratch, "trident", "doctor")
    assert done.returncode == 1 and f"FIX   workflow   Snakemake stopped: {expected}" in done.stdout
