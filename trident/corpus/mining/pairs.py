"""The pair of a test and the method that it tests."""

from __future__ import annotations

from trident.corpus import records
from trident.corpus.mining.focal_class import class_under_test
from trident.corpus.mining.focal_method import may_be, method_under_test
from trident.corpus.mining.model import Class, Index, Method, Skipped
from trident.corpus.records import Record


def pair(owner: Class, test: Method, index: Index, project: str) -> Record:
    """The record of a test of the class `owner`. Raises Skipped, with the reason, if no method is certain."""
    if test.broken:
        raise Skipped("syntax error in the test")
    focal_class, by_class = class_under_test(owner, index)
    own = {method.name for around in (owner, *owner.around) for method in around.methods}
    calls = [
        call
        for call in test.calls
        if may_be(call.receiver, focal_class, index) and not (call.receiver == "this" and call.name in own)
    ]
    focal, by_method = method_under_test(test, focal_class, calls)
    return Record(
        test_case=records.Method(identifier=test.name, body=test.body),
        focal_class=records.Class(identifier=focal_class.name, file=focal_class.file),
        focal_method=records.Method(identifier=focal.name, body=focal.body),
        repository=records.Repository(repo_id=project),
        mapping=by_method if by_class == "exact" else f"{by_class}_{by_method}",
        origin=f"{project}/{owner.where(test.name)}",
    )
