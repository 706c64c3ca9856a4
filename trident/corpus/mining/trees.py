"""The Java files of a source tree."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def java_files(root: Path) -> Iterator[Path]:
    """In a stable order; without hidden folders and links."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(folder, name) for name in sorted(names)):
            if path.suffix == ".java" and not path.name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


def readable(name: str) -> str:
    """A file's name as text that can be written: bytes that are not UTF-8 become escapes like ``\\xe9``."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
