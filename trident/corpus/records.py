"""A test and the method it tests, as Methods2Test's `dataset` records them, and the count of what was left out."""

from __future__ import annotations

from typing import Any, TypedDict


class CorpusError(ValueError):
    """The source of a corpus is missing, is not what it should be, or yields nothing; the message says what to do."""


class Class(TypedDict):
    identifier: str
    file: str


class Method(TypedDict):
    """`body` is the whole declaration, as in Methods2Test; `parameters` with its brackets."""

    identifier: str
    parameters: str
    body: str


class Repository(TypedDict):
    repo_id: str
    url: str


class Record(TypedDict):
    """One pair. What :mod:`trident.corpus.mining` writes has more keys of the published schema; these are the ones that count.

    mapping   how the two were matched: ``name``, ``only_invoked`` (Methods2Test's heuristics) or ``published``, where the
              source does not say
    origin    archive and member, or file and test method
    """

    test_class: Class
    test_case: Method
    focal_class: Class
    focal_method: Method
    repository: Repository
    mapping: str
    origin: str


class Tally:
    """Counts by reason, each with the first that had it, so that nothing is left out silently."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[str, Any]] = {}

    def add(self, reason: str, where: str) -> None:
        entry = self._counts.setdefault(reason, {"count": 0, "first": where})
        entry["count"] += 1

    def __getitem__(self, reason: str) -> int:
        return self._counts[reason]["count"] if reason in self._counts else 0

    def report(self) -> dict[str, dict[str, Any]]:
        """reason → ``{"count": …, "first": …}``, the most frequent first."""
        return dict(sorted(self._counts.items(), key=lambda item: (-item[1]["count"], item[0])))
