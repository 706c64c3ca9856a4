"""Read Methods2Test as published: ``dataset/*.tar.bz2`` and ``corpus/json/*.tar.bz2``, streamed, never unpacked.

Tufano et al., "Methods2Test: A dataset of focal methods mapped to test cases", 2022. One pair a member,
``<repo_id>/<repo_id>_<n>.json``. An archive is taken for hostile: nothing of it is written anywhere, and what is not a plain
JSON file with the keys of a pair is counted by reason and left out.
"""

from __future__ import annotations

import bz2
import hashlib
import heapq
import io
import json
import tarfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from tqdm.auto import tqdm

from trident.corpus.records import CorpusError, Record, Tally
from trident.experiment.artifacts import atomic
from trident.java import assertions

#: Published members have at most some hundred kilobytes.
MAX_MEMBER_BYTES = 4 << 20
_LFS_POINTER = b"version https://git-lfs"


class _Header(tarfile.TarInfo):
    """Refuses what tarfile alone would take for the end of the archive, and an extended header too large to read into memory."""

    @classmethod
    def frombuf(cls, buf: bytes, encoding: str, errors: str) -> tarfile.TarInfo:
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from None
        if not header.isreg() and header.size > 1 << 20:
            raise tarfile.ReadError("extended header larger than 1 MiB")
        return header


class BadRecord(ValueError):
    """A member is no pair; the message is the reason it is counted under."""


def is_lfs_pointer(archive: Path) -> bool:
    """Whether git-LFS left its pointer where the archive belongs."""
    with archive.open("rb") as stream:
        return stream.read(len(_LFS_POINTER)) == _LFS_POINTER


def read(
    archive: str | Path, *, limit: int | None = None, seed: int = 0, progress: bool = False
) -> tuple[list[Record], dict[str, Any]]:
    """Draw `limit` pairs of an archive, or read all of it.

    The pairs drawn are those whose names have the smallest digests under `seed`: the same whatever their order in the archive,
    and a larger `limit` adds to a smaller one. At most `limit` pairs are held in memory. Contents are parsed only while a pair
    can still be among those drawn, so that damage inside the others goes unseen (``examined`` says how many were looked at).

    Returns:
        the records in the order of their digests, and a report: ``members``, ``examined``, ``kept`` and what was ``skipped`` by
        reason, with the first example of each. A truncated or damaged archive is one of the reasons: what came before counts.

    Raises:
        CorpusError: there is no such file, or it is not a bzip2 tar archive at all.
    """
    archive = Path(archive)
    if not archive.is_file():
        raise CorpusError(f"no archive {archive}")
    if is_lfs_pointer(archive):
        raise CorpusError(
            f"{archive} is a git-LFS pointer, not the archive: run `git lfs pull` in the checkout of Methods2Test"
        )
    skipped = Tally()
    members = examined = 0
    drawn: list[tuple[int, str, Record]] = []  # a heap whose top is the largest digest (negated)
    names: set[str] = set()
    with bz2.open(archive, "rb") as stream, tqdm(unit=" pairs", desc=archive.name, disable=not progress) as bar:
        try:
            with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header) as tar:
                while (member := tar.next()) is not None:
                    tar.members = []  # else tarfile keeps all 624,022 of them
                    reason = _refused(member)
                    if reason is None and member.isdir():
                        continue
                    members += 1
                    bar.update()
                    name = member.name.encode("utf-8", "backslashreplace").decode()  # names need not be UTF-8
                    rank = -int.from_bytes(hashlib.sha256(f"{seed}\0{name}".encode()).digest()[:16])
                    if reason is None and name in names:
                        reason = "repeated name"
                    if reason is not None:
                        skipped.add(reason, name)
                        continue
                    if limit is not None and len(drawn) >= limit and (not drawn or rank <= drawn[0][0]):
                        continue
                    examined += 1
                    try:
                        record = _record(tar.extractfile(member).read(), f"{archive.name}:{name}")
                    except BadRecord as error:
                        skipped.add(str(error), name)
                        continue
                    names.add(name)
                    heapq.heappush(drawn, (rank, name, record))
                    if limit is not None and len(drawn) > limit:
                        names.discard(heapq.heappop(drawn)[1])
                # After the real end there is only some padding.
                for _ in range(64):
                    rest = tar.fileobj.read(1 << 20)
                    if rest.strip(b"\0"):
                        raise tarfile.ReadError("more after the end-of-archive mark")
                    if not rest:
                        break
                else:
                    raise tarfile.ReadError("endless padding")
        except (EOFError, OSError, tarfile.TarError) as error:
            if not members:
                raise CorpusError(
                    f"{archive} is not a bzip2 tar archive, or is damaged from its start ({error}): fetch it again"
                ) from None
            skipped.add("archive truncated or damaged from here on", f"member {members} ({error})")
    records = [record for _, _, record in sorted(drawn, key=lambda item: -item[0])]
    return records, {
        "archive": archive.name,
        "members": members,
        "examined": examined,
        "kept": len(records),
        "skipped": skipped.report(),
    }


def _refused(member: tarfile.TarInfo) -> str | None:
    """Why a member is not even opened, judged by its header."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or "\0" in member.name:
        return "name that leaves the archive"
    if member.isdir():
        return None
    if member.issym() or member.islnk():
        return "link"
    if not member.isreg():
        return "device or other special file"
    if path.suffix != ".json" or path.name.startswith("."):
        return "not a .json file"
    if member.size == 0:
        return "empty file"
    if member.size > MAX_MEMBER_BYTES:
        return f"larger than {MAX_MEMBER_BYTES >> 20} MiB"
    return None


def _record(content: bytes, origin: str) -> Record:
    """Parse one member of either layout. Raises BadRecord with the reason."""
    try:
        data = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadRecord("not UTF-8") from None
    except (ValueError, RecursionError):
        raise BadRecord("not JSON") from None
    if not isinstance(data, dict):
        raise BadRecord("not a JSON object")
    repository = PurePosixPath(origin.partition(":")[2]).name.partition("_")[0]
    if "src_fm" in data or "target" in data:
        return _from_corpus(data, repository, origin)
    return from_dataset(data, repository, origin)


def from_dataset(data: Any, repository: str, origin: str) -> Record:
    """The keys that count of a record in the schema of ``dataset/``.

    Args:
        repository: stands in for a missing ``repository.repo_id``.

    Raises:
        BadRecord: a key is missing, is not text, or is text that UTF-8 cannot hold.
    """
    if not isinstance(data, dict):
        raise BadRecord("not a JSON object")
    about = data.get("repository")
    about = about if isinstance(about, dict) else {}
    number = about.get("repo_id")
    repository_id = str(number) if isinstance(number, int) else _text(about, "repo_id", default=repository)
    return Record(
        test_class={
            "identifier": _text(data, "test_class", "identifier"),
            "file": _text(data, "test_class", "file", default=""),
        },
        test_case=_method(data, "test_case"),
        focal_class={
            "identifier": _text(data, "focal_class", "identifier"),
            "file": _text(data, "focal_class", "file", default=""),
        },
        focal_method=_method(data, "focal_method"),
        repository={"repo_id": repository_id, "url": _text(about, "url", default="")},
        mapping=_text(data, "mapping", default="published"),
        origin=_text(data, "origin", default=origin),
    )


def _method(data: dict[str, Any], key: str) -> Any:
    return {
        "identifier": _text(data, key, "identifier"),
        "parameters": _text(data, key, "parameters", default=""),
        "body": _text(data, key, "body"),
    }


def _text(data: Any, *path: str, default: str | None = None) -> str:
    name = ".".join(path)
    for key in path:
        if not isinstance(data, dict) or key not in data:
            if default is None:
                raise BadRecord(f"no key {name}")
            return default
        data = data[key]
    if not isinstance(data, str):
        raise BadRecord(f"{name} is not text")
    if default is None and not data.strip():
        raise BadRecord(f"{name} is empty")
    if any("\ud800" <= character <= "\udfff" for character in data):
        raise BadRecord(f"{name} has a lone surrogate")
    return data


def _from_corpus(data: dict[str, Any], repository: str, origin: str) -> Record:
    """A record of ``corpus/json/``: only texts; names are parsed out of them."""
    test, focal = _text(data, "target"), _text(data, "src_fm")
    # "<class> { <method> }"
    focal_class = _text(data, "src_fm_fc", default="").partition("{")[0].strip()
    return Record(
        test_class={"identifier": "", "file": ""},
        test_case={**_declared(test, "target"), "body": test},
        focal_class={"identifier": focal_class, "file": ""},
        focal_method={**_declared(focal, "src_fm"), "body": focal},
        repository={"repo_id": repository, "url": ""},
        mapping="published",
        origin=origin,
    )


_DECLARATIONS = assertions.JAVA.query("""
[(method_declaration) (constructor_declaration)] @declaration
""")


def _declared(source: str, key: str) -> Any:
    """Name and parameters of the first method in `source`."""
    for text in (source, "class C {" + source + "}"):  # a constructor stands only in a class
        try:
            root = assertions.parse(text).root_node
        except assertions.Unparsable:
            raise BadRecord(f"{key}: the parser gave up") from None
        for node, _ in _DECLARATIONS.captures(root):
            name, parameters = node.child_by_field_name("name"), node.child_by_field_name("parameters")
            if name is not None and name.text and parameters is not None:
                return {"identifier": name.text.decode(), "parameters": parameters.text.decode()}
    raise BadRecord(f"{key} is not a Java method")


def write_archive(
    path: str | Path, records: Iterable[Record], layout: Literal["dataset", "corpus"] = "dataset"
) -> None:
    """Write records in the exact layout of a published archive, atomically. The same records give the same bytes."""
    numbers: Counter[str] = Counter()
    with atomic(path) as temporary, tarfile.open(temporary, "w:bz2") as tar:
        for record in records:
            repository = record["repository"]["repo_id"]
            member = tarfile.TarInfo(f"{repository}/{repository}_{numbers[repository]}.json")
            numbers[repository] += 1
            content = json.dumps(record if layout == "dataset" else _as_corpus(record)).encode()
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def _as_corpus(record: Record) -> dict[str, str]:
    focal = record["focal_method"]["body"]
    within = f"{record['focal_class']['identifier']} {{ {focal} }}"
    return {
        "target": record["test_case"]["body"],
        "src_fm": focal,
        **dict.fromkeys(("src_fm_fc", "src_fm_fc_co", "src_fm_fc_ms", "src_fm_fc_ms_ff"), within),
    }
