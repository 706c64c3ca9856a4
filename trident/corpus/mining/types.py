"""What calls return: the types that a test does not say itself, but the project does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from trident.corpus.mining.focal_class import nearest
from trident.corpus.mining.model import Call, Class, Index, Method


def resolved(call: Call, owner: Class, index: Index) -> Call:
    """A call in a test of the class `owner`, with the types of what calls return looked up in the project."""
    types = call.types and tuple(_resolved(kind, owner, index) for kind in call.types)
    return replace(call, receiver=_resolved(call.receiver, owner, index), types=types)


def _resolved(kind: str | None, owner: Class, index: Index) -> str | None:
    if not kind or not kind.endswith("()"):
        return kind
    start, *names = kind.removesuffix("()").replace("().", ".").split(".")
    for name in names:
        if start == "this":
            methods = [method for one in (owner, *owner.around) for method in one.methods if method.name == name]
        else:
            methods = next(_named(name, start, owner, index), [])
        returned = {method.returned for method in methods}
        if len(returned) != 1:
            return None
        start = returned.pop()
    return None if start.isupper() else start  # a type variable: T, SELF


def _named(name: str, kind: str, owner: Class, index: Index) -> Iterator[list[Method]]:
    """The methods of a name in a class and in those that it inherits from, the nearest first."""
    for one in ancestry(nearest(owner, index(kind)), index):
        if found := [method for method in one.methods if method.name == name]:
            yield found


def ancestry(classes: Sequence[Class], index: Index) -> Iterator[Class]:
    """A class, if it is the only one, and the classes of the project that it inherits from, the nearest first."""
    seen, waiting = set(classes), list(classes) if len(classes) == 1 else []
    while waiting:
        one = waiting.pop(0)
        yield one
        for name in sorted(one.parents):
            found = nearest(one, index(name))
            if len(found) == 1 and found[0] not in seen:
                seen.add(found[0])
                waiting.append(found[0])
