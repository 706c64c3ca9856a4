"""Read Methods2Test as published: the archives ``dataset/*.tar.bz2``, streamed, never unpacked.

Tufano et al., "Methods2Test: A dataset of focal methods mapped to test cases", 2022. Each member is one pair,
``<repo_id>/<repo_id>_<n>.json``. Archives are untrusted input: nothing of them is written anywhere, and what is not a
JSON file with the keys of a pair is left out and counted by reason.
"""

from __future__ import annotations

import bz2
import hashlib
import heapq
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from tqdm.auto import tqdm

from trident.corpus.records import BadRecord, Record, Tally, parse
from trident.corpus.schema import CorpusError

HOW_TO_GET = (
    "Clone microsoft/methods2test, run `git lfs pull --include 'dataset/*'` in it, and give that folder as corpus_path."
)
#: Published members have at most some hundred kilobytes.
MAX_MEMBER_BYTES = 4 << 20
_LFS_POINTER = b"version https://git-lfs"


def read(
    archive: str | Path, *, limit: int | None = None, seed: int = 0, progress: bool = False
) -> tuple[list[Record], dict[str, Any]]:
    """Draw `limit` pairs of an archive, or read all of it.

    The pairs drawn are those whose names have the smallest digests under `seed`: the same whatever their order in the
    archive, and a larger `limit` only adds to them. At most `limit` pairs are held in memory. A member is parsed only
    if it can still be among those drawn, so damage inside the others is not seen (``examined`` counts the parsed).

    Returns:
        the records in the order of their digests, and a report: ``members``, ``examined``, ``kept`` and what was
        ``skipped`` by reason, with the first example of each. Of a truncated or damaged archive, what comes before the
        damage is kept, and the damage is one of the reasons.

    Raises:
        CorpusError: there is no such file, or it is not a bzip2 tar archive at all.
    """
    archive = Path(archive)
    skipped = Tally()
    members = examined = 0
    drawn: list[tuple[int, str, Record]] = []  # a heap: the largest digest (negated) on top
    names: set[str] = set()
    try:
        for name, content, refusal in tqdm(_members(archive), unit=" pairs", desc=archive.name, disable=not progress):
            members += 1
            rank = -int.from_bytes(hashlib.sha256(f"{seed}\0{name}".encode()).digest()[:16])
            full = limit is not None and len(drawn) >= limit
            try:
                if content is None or name in names:
                    raise BadRecord(refusal or "repeated name")
                if full and (not drawn or rank <= drawn[0][0]):
                    continue
                examined += 1
                record = parse(content.read(), f"{archive.name}:{name}", PurePosixPath(name).name.partition("_")[0])
            except BadRecord as reason:
                skipped.add(str(reason), name)
                continue
            names.add(name)
            heapq.heappush(drawn, (rank, name, record))
            if full:
                names.discard(heapq.heappop(drawn)[1])
    except (EOFError, OSError, tarfile.TarError) as error:
        if not members:
            raise CorpusError(f"{archive} is not a bzip2 tar archive, or damaged from its start ({error})") from None
        skipped.add("archive truncated or damaged from here on", f"member {members} ({error})")
    records = [record for _, _, record in sorted(drawn, key=lambda item: -item[0])]
    counts = {"members": members, "examined": examined, "kept": len(records)}
    return records, {"archive": archive.name, **counts, "skipped": skipped.report()}


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes] | None, str]]:
    """The name and content of each member that is not a folder, or None and why it is not read."""
    if not archive.is_file():
        raise CorpusError(f"no archive {archive}")
    with archive.open("rb") as file:
        if file.read(len(_LFS_POINTER)) == _LFS_POINTER:
            raise CorpusError(f"{archive} is a git-LFS pointer, not the archive. {HOW_TO_GET}")
    with bz2.open(archive, "rb") as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        while (member := tar.next()) is not None:
            tar.members = []  # type: ignore[attr-defined]  # otherwise tarfile keeps all 624,022 of them
            name = PurePosixPath(member.name)
            refusal = ""
            if not member.isreg() or name.suffix != ".json" or name.name.startswith("."):
                refusal = "not a .json file"
            elif member.size > MAX_MEMBER_BYTES:
                refusal = f"larger than {MAX_MEMBER_BYTES >> 20} MiB"
            if not member.isdir():  # names need not be UTF-8
                yield (
                    member.name.encode("utf-8", "backslashreplace").decode(),
                    tar.extractfile(member) if not refusal else None,
                    refusal,
                )
        # tarfile takes a damaged header for the end of the archive; after a real end there are only zeros.
        while rest := tar.fileobj.read(1 << 20):
            if rest.strip(b"\0"):
                raise tarfile.ReadError("more after the end-of-archive mark")
