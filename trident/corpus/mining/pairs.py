"""The pair of a test and the method that it tests."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from trident.corpus import records
from trident.corpus.mining.focal_class import class_under_test, stems
from trident.corpus.mining.focal_method import method_under_test
from trident.corpus.mining.model import Call, Class, Index, Method, Skipped
from trident.corpus.mining.reach import Reach
from trident.corpus.mining.types import resolved
from trident.corpus.records import Record

#: What helpers are called that check something. Others prepare it, and call what is not tested.
_CHECKS = re.compile("assert|check|do(?=[A-Z])|ensure|expect|test|validate|verify")


def pair(owner: Class, test: Method, index: Index, project: str) -> Record:
    """The record of a test of the class `owner`. Raises Skipped, with the reason, if no method is certain.

    ``mapping`` is what says which method the test tests, after what says which class: nothing for a class by its exact
    name whose own method is called by the test itself; else ``helper_``, ``inherited_``, ``cut_`` or ``prefix_``.
    """
    if test.broken:
        raise Skipped("syntax error in the test")
    focal_class, how = class_under_test(owner, index)
    reach = Reach(focal_class, index)
    names = [test.name, *(_rest(one, focal_class) for one in (owner, *owner.around))]
    levels = (
        [call for found in level if reach.may_be(call := resolved(found, owner, index), owner)]
        for level in _calls(owner, test)
    )
    depth, calls = next(((depth, found) for depth, found in enumerate(levels) if found), (0, []))
    focal, by_method = method_under_test(names, reach, calls)
    if how == "exact":
        how = "inherited" if focal not in focal_class.methods else "helper" if depth else ""
    if how and "factor" in by_method:
        raise Skipped("calls a factory, and the class or the call is not certain")
    return Record(
        test_case=records.Method(identifier=test.name, body=test.body),
        focal_class=records.Class(identifier=focal_class.name, file=focal_class.file),
        focal_method=records.Method(identifier=focal.name, body=focal.body),
        repository=records.Repository(repo_id=project),
        mapping=f"{how}_{by_method}".removeprefix("_"),
        origin=f"{project}/{owner.where(test.name)}",
    )


def _rest(test: Class, focal: Class) -> str:
    """What the name of a test class says beside the class under test: ``StringUtilsTrimTest`` → ``Trim``."""
    return min(stems(test.name), key=len, default=test.name).replace(focal.name, "_", 1)


def _calls(owner: Class, test: Method) -> Iterator[list[Call]]:
    """The calls in a test, then those in the checks of its own class that it calls, then those that these call …"""
    own: dict[str, list[Method]] = defaultdict(list)
    for around in (owner, *owner.around):
        for method in around.methods:
            own[method.name].append(method)
    seen, waiting = {test.name}, [test]
    while waiting:
        level: list[Call] = []
        helpers: list[Method] = []
        for call in (call for method in waiting for call in method.calls):
            if call.receiver == "this" and call.name in own:
                if call.name not in seen and _CHECKS.match(call.name):
                    helpers += own[call.name]
                seen.add(call.name)
            else:
                level.append(call)
        yield level
        waiting = helpers
