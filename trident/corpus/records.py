"""A record: one test with the method it tests, in the schema of Methods2Test."""

from __future__ import annotations

import json
from typing import Any, TypedDict


class CorpusError(ValueError):
    """The source of a corpus is missing, is not what it should be, or yields nothing; the message says what to do."""


class BadRecord(ValueError):
    """A piece of JSON is no record. The message is the reason under which it is counted."""


class Class(TypedDict):
    identifier: str
    file: str


class Method(TypedDict):
    """`body` is the whole declaration, as in Methods2Test."""

    identifier: str
    body: str


class Repository(TypedDict):
    repo_id: str


class Record(TypedDict):
    """The keys of the published schema that examples are made of, and two more.

    mapping   how the methods were matched: ``name``, ``only_invoked`` (Methods2Test's heuristics), or ``published`` if
              the source does not say
    origin    archive and member, or file and test method
    """

    test_case: Method
    focal_class: Class
    focal_method: Method
    repository: Repository
    mapping: str
    origin: str


def parse(content: bytes, origin: str, repository: str) -> Record:
    """The record in a JSON text. `origin` and `repository` are used if the text does not name its own.

    Raises:
        BadRecord: it is not JSON, or a key is missing, is not text, is empty, or is text that UTF-8 cannot hold.
    """
    try:
        data = json.loads(content.decode())
    except UnicodeDecodeError:
        raise BadRecord("not UTF-8") from None
    except (ValueError, RecursionError):
        raise BadRecord("not JSON") from None
    if not isinstance(data, dict):
        raise BadRecord("not a JSON object")
    about = data.get("repository")
    number = about.get("repo_id") if isinstance(about, dict) else None
    return Record(
        test_case=Method(identifier=_text(data, "test_case", "identifier"), body=_text(data, "test_case", "body")),
        focal_class=Class(
            identifier=_text(data, "focal_class", "identifier"), file=_text(data, "focal_class", "file", default="")
        ),
        focal_method=Method(
            identifier=_text(data, "focal_method", "identifier"), body=_text(data, "focal_method", "body")
        ),
        repository=Repository(
            repo_id=str(number) if isinstance(number, int) else _text(data, "repository", "repo_id", default=repository)
        ),
        mapping=_text(data, "mapping", default="published"),
        origin=_text(data, "origin", default=origin),
    )


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


class Tally:
    """Counts by reason, each with the first place that had it, so that nothing is left out silently."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[str, Any]] = {}

    def add(self, reason: str, where: str) -> None:
        entry = self._counts.setdefault(reason, {"count": 0, "first": where})
        entry["count"] += 1

    def report(self) -> dict[str, dict[str, Any]]:
        """reason → ``{"count": …, "first": …}``, the most frequent first."""
        return dict(sorted(self._counts.items(), key=lambda item: (-item[1]["count"], item[0])))
