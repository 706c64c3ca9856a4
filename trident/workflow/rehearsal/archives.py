"""Archives in the published layout of Methods2Test, with records of any content."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def record(repository: str, focal_class: str, focal_method: str, test: str) -> dict[str, Any]:
    """One pair, with the keys of the published schema. Both methods are whole declarations."""
    return {
        "target": {"identifier": focal_class, "superclass": "", "interfaces": ""},
        "test_case": {"identifier": "test", "body": test},
        "focal_class": {"identifier": focal_class, "file": f"src/main/java/{focal_class}.java"},
        "focal_method": {"identifier": "method", "body": focal_method},
        "repository": {"repo_id": repository},
    }


def write(path: Path, records: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """Write pairs (number, record) as members ``<repo_id>/<repo_id>_<number>.json``; equal pairs give equal bytes.

    Memory holds one record.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:bz2") as tar:
        for number, one in records:
            repository = one["repository"]["repo_id"]
            member = tarfile.TarInfo(f"{repository}/{repository}_{number}.json")
            content = json.dumps(one).encode()
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
            tar.members = []  # type: ignore[attr-defined]  # otherwise tarfile keeps the header of each
