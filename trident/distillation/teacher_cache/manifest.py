"""The manifest of a store: what it is and which shards make it up. JSON with a checksum of itself."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from trident.distillation.teacher_cache.shards import FORMAT, CacheError, canonical, replacing

NAME = "manifest.json"


def save(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Add the checksum to `manifest`, write it and return it."""
    manifest = {**manifest, "checksum": hashlib.sha256(canonical(manifest)).hexdigest()}
    with replacing(folder / NAME) as stream:
        stream.write(_as_written(manifest))
    return manifest


def load(folder: Path) -> dict[str, Any]:
    """The checked manifest. Raises CacheError when it is missing, damaged or of another format."""
    path = folder / NAME
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        begun = len(list(folder.glob("shard-*.bin")))
        state = f"was not finished ({begun} shards are there and will be kept)" if begun else "is missing"
        raise CacheError(
            f"{path}: the knowledge store {state}: run notebook 03_logits with the same parameters"
        ) from None
    try:
        manifest = json.loads(data)
        checksum = manifest.pop("checksum")
        version = manifest["identity"]["format"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CacheError(
            f"{path}: not a manifest of format {FORMAT}: it is damaged, or another version wrote it. Run notebook "
            "03_logits again"
        ) from None
    if (
        hashlib.sha256(canonical(manifest)).hexdigest() != checksum
        or _as_written({**manifest, "checksum": checksum}) != data
    ):
        raise CacheError(
            f"{path}: field 'checksum': it does not fit the contents: the file was changed. Run notebook 03_logits again"
        )
    if version != FORMAT:
        raise CacheError(
            f"{path}: field 'format': {version}, but this version reads {FORMAT}. Run notebook 03_logits again"
        )
    return {**manifest, "checksum": checksum}


def _as_written(manifest: dict[str, Any]) -> bytes:
    return (json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
