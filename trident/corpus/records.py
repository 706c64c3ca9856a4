"""A record: one test with the method it tests, in the schema of Methods2Test."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Text = Annotated[str, Field(pattern=r"\S")]


class BadRecord(ValueError):
    """A piece of JSON is no record. The message is the reason under which it is counted."""


class Class(BaseModel):
    identifier: Text
    file: str = ""


class Method(BaseModel):
    """`body` is the whole declaration, as in Methods2Test."""

    identifier: Text
    body: Text


class Repository(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    repo_id: str = ""


class Record(BaseModel):
    """The keys of the published schema that examples are made of, and two more.

    mapping   how the methods were matched: ``name``, ``only_invoked`` (Methods2Test's heuristics), or ``published`` if
              the source does not say
    origin    archive and member, or file and test method
    """

    test_case: Method
    focal_class: Class
    focal_method: Method
    repository: Repository = Repository()
    mapping: str = "published"
    origin: str = ""


def parse(content: bytes, origin: str, repository: str) -> Record:
    """The record in a JSON text. `origin` and `repository` are used if the text does not name its own.

    Raises:
        BadRecord: it is not JSON in UTF-8, or a key is missing, is not text or is blank.
    """
    try:
        record = Record.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "record"
        raise BadRecord("not JSON" if first["type"] == "json_invalid" else f"{key}: {first['msg']}") from None
    record.origin = record.origin or origin
    record.repository.repo_id = record.repository.repo_id or repository
    return record


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
