"""Files that are whole or not there: atomic writes, and the folder of a stage with its ``provenance.json``.

A stage's folder counts as finished when, and only when, it holds ``provenance.json``: :func:`begin` takes the file away,
:meth:`Stage.finish` writes it last.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

PROVENANCE = "provenance.json"
_PACKAGES = (
    "torch",
    "transformers",
    "datasets",
    "sentence-transformers",
    "tokenizers",
    "numpy",
    "pandas",
    "codebleu",
    "tree-sitter-java",
)


class StageError(RuntimeError):
    """A stage's input is missing or unfinished, or another process is writing the same folder."""


@contextlib.contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary name beside `path`; on success it is renamed to `path`, on failure it is removed.

    What is written under the temporary name may be a file or a folder (a folder replaces an existing one).
    Raises OSError as the file system does (a full disk, say), naming the file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial" + path.suffix)
    os.close(handle)
    os.unlink(name)
    temporary = Path(name)
    try:
        yield temporary
        if temporary.is_dir() and path.is_dir():
            shutil.rmtree(path)
        os.replace(temporary, path)
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8, atomically, with ``\\n`` line ends."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as JSON, atomically, readable and with a stable order. NaN is refused: it is no JSON."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n")


def fingerprint(*parts: Any) -> str:
    """SHA-256, in hex, of `parts` as JSON: what a cached result depends on. Raises TypeError for what JSON cannot hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def digest(*paths: str | Path) -> str:
    """SHA-256 over the contents of files and folders, in hex: every file below them, in order of name, but for provenance,
    executed notebooks (they hold the time of day) and hidden files (locks, half-written ones)."""
    sha = hashlib.sha256()
    for path in map(Path, paths):
        files = (
            [path]
            if path.is_file()
            else sorted(
                p
                for p in path.rglob("*")
                if p.is_file() and p.name != PROVENANCE and p.suffix != ".ipynb" and not p.name.startswith(".")
            )
        )
        for file in files:
            sha.update(file.relative_to(path).as_posix().encode() + b"\0")
            with file.open("rb") as stream:
                sha.update(hashlib.file_digest(stream, "sha256").digest())
    return sha.hexdigest()


def begin(folder: str | Path, parameters: Any, inputs: Mapping[str, Path] | None = None) -> Stage:
    """Open the folder of a stage for writing and check its inputs.

    Args:
        folder: where the stage writes; made if it is not there. What an earlier, killed run left stays: the stage may resume from it.
        parameters: the notebook's checked parameters; they go into the provenance.
        inputs: name → folder of each earlier stage that is read.

    Raises:
        StageError: an input is not finished (naming the notebook's stage to run), or another process writes the folder.
    """
    inputs = dict(inputs or {})
    for name, source in inputs.items():
        require(source, name)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / ".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise StageError(f"{folder} is being written by another process; wait for it, or stop it") from None
    (folder / PROVENANCE).unlink(missing_ok=True)
    return Stage(folder, dict(vars(parameters)), inputs, lock, time.perf_counter())


def require(folder: str | Path, name: str) -> dict[str, Any]:
    """The provenance of a finished stage. Raises StageError when the folder is missing or unfinished."""
    file = Path(folder) / PROVENANCE
    if not file.is_file():
        state = "was not finished" if Path(folder).is_dir() else "is missing"
        raise StageError(
            f"the {name} {state}: {folder} has no {PROVENANCE}. Run the notebook that makes it with the same "
            "parameters (README, “Run a grid”, lists which notebook makes what)."
        )
    return json.loads(file.read_text(encoding="utf-8"))


@dataclasses.dataclass
class Stage:
    """A folder that is being written. Made by :func:`begin`."""

    folder: Path
    parameters: dict[str, Any]
    inputs: dict[str, Path]
    _lock: IO[str]
    _started: float

    def finish(self, **extra: Any) -> dict[str, Any]:
        """Write ``provenance.json`` and let go of the folder. Returns what was written."""
        record = {
            "parameters": self.parameters,
            "inputs": {name: digest(path) for name, path in self.inputs.items()},
            "code": os.environ.get("TRIDENT_CODE_DIGEST", "interactive"),
            "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            "seconds": round(time.perf_counter() - self._started, 1),
            **extra,
        }
        write_json(self.folder / PROVENANCE, record)
        self._lock.close()
        return record
