"""Atomic writes, content fingerprints, and the folder of a stage with its ``provenance.json``.

A stage is finished if and only if its folder holds ``provenance.json``: :func:`begin` removes the file, and
:meth:`Stage.finish` writes it last. Under ``accelerate launch`` only the process of rank 0 locks and writes.
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
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

PROVENANCE = "provenance.json"
_PACKAGES = ("torch", "transformers", "datasets", "sentence-transformers", "tokenizers", "numpy", "pandas", "codebleu")


class StageError(RuntimeError):
    """A stage's input is missing or unfinished, or another process is writing the same folder."""


@contextlib.contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary name next to `path`; rename it to `path` on success, remove it on failure.

    The temporary name may become a file or a folder; a folder replaces an existing folder.
    Raises OSError as the file system does (a full disk, for example), naming the file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}{path.suffix}")
    try:
        yield temporary
        if temporary.is_dir() and path.is_dir():
            shutil.rmtree(path)
        temporary.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
    finally:
        _delete(temporary)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8, atomically, with ``\\n`` line ends."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as JSON, atomically, indented and with sorted keys. Raises ValueError for NaN, which JSON lacks."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n")


def fingerprint(*parts: Any) -> str:
    """SHA-256, in hex, of `parts` as JSON: the key of a cached result. Raises TypeError for what JSON cannot hold."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def digest(*paths: str | Path) -> str:
    """SHA-256, in hex, of the names and contents of files and of all files in folders.

    Left out: provenance, executed notebooks (they hold the time of day) and hidden files (locks, unfinished files).
    """
    sha = hashlib.sha256()
    for path in map(Path, paths):
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.name == PROVENANCE or file.suffix == ".ipynb" or file.name.startswith(".") or not file.is_file():
                continue
            sha.update(file.relative_to(path).as_posix().encode() + b"\0")
            with file.open("rb") as stream:
                sha.update(hashlib.file_digest(stream, "sha256").digest())
    return sha.hexdigest()


def require(folder: str | Path, name: str) -> dict[str, Any]:
    """The provenance of a finished stage. Raises StageError when the folder is missing or unfinished."""
    file = Path(folder) / PROVENANCE
    if not file.is_file():
        state = "was not finished" if Path(folder).is_dir() else "is missing"
        advice = "Run its notebook with the same parameters."
        raise StageError(f"the {name} {state}: {folder} has no {PROVENANCE}. {advice}")
    return json.loads(file.read_text(encoding="utf-8"))


@dataclasses.dataclass
class Stage:
    """A folder that is being written. Made by :func:`begin`."""

    folder: Path
    parameters: dict[str, Any]
    inputs: dict[str, Path]
    _made_by: dict[str, dict[str, Any]]  # the provenance of each input
    _lock: IO[str] | None  # None in processes of rank > 0, which write nothing
    _started: float

    def finish(self, **extra: Any) -> dict[str, Any]:
        """Write ``provenance.json``, with `extra` in it, and unlock the folder. Returns what was written.

        ``made_with`` lists the code digests of this stage and of every stage before it.
        """
        code = os.environ.get("TRIDENT_CODE_DIGEST", "interactive")
        made_by = self._made_by
        record = {
            "parameters": self.parameters,
            "inputs": {
                name: {"digest": digest(path), "code": made_by[name]["code"]} for name, path in self.inputs.items()
            },
            "code": code,
            "made_with": sorted({code}.union(*(source["made_with"] for source in made_by.values()))),
            "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            "processes": int(os.environ.get("WORLD_SIZE", "1")),
            "seconds": round(time.perf_counter() - self._started, 1),
            **extra,
        }
        if self._lock is not None:
            write_json(self.folder / PROVENANCE, record)
            self._lock.close()
        return record


def begin(folder: str | Path, parameters: Any, inputs: Mapping[str, Path] | None = None) -> Stage:
    """Open the folder of a stage for writing and check its inputs. What a killed run left in it stays, to resume from.

    Args:
        folder: where the stage writes; made if missing.
        parameters: the notebook's checked parameters, for the provenance.
        inputs: name → folder of each earlier stage that is read.

    Raises:
        StageError: an input is not finished, or another process writes the folder.
    """
    folder, inputs = Path(folder), dict(inputs or {})
    made_by = {name: require(source, name) for name, source in inputs.items()}
    folder.mkdir(parents=True, exist_ok=True)
    held = None
    if os.environ.get("RANK", "0") == "0":
        held = (folder / ".lock").open("w")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until the file is closed or the process ends
        except BlockingIOError:
            held.close()
            raise StageError(f"{folder} is being written by another process: wait for it, or stop it") from None
        (folder / PROVENANCE).unlink(missing_ok=True)
        for unfinished in [*folder.rglob(f".*.{'[0-9a-f]' * 8}*")]:  # what `atomic` was writing when a run was killed
            _delete(unfinished)
    return Stage(folder, dict(vars(parameters)), inputs, made_by, held, time.perf_counter())
