"""The method that a test tests: by its name and by the methods of the class under test that it calls."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from trident.corpus.mining.focal_class import WORD_END
from trident.corpus.mining.model import Call, Class, Index, Method, Skipped

_PLAIN = frozenset({"String", "boolean", "char", "int", "long", "float", "double", "byte", "short"})


def method_under_test(test: Method, focal: Class, calls: Sequence[Call]) -> tuple[Method, str]:
    """The method of `focal` that `test` tests, and what says so, the strongest first.

    ``name``: the test is named after it. ``name_part``: it is called, and its name stands in the test's name, word by
    word; of several the longest. ``only_invoked``: no other is called. ``only_besides_factories``: no other is called
    but static methods that make an object of the class.

    Args:
        calls: the test's calls that may be calls of `focal`.

    Raises:
        Skipped: no method fits, or several do.
    """
    methods: dict[str, list[Method]] = defaultdict(list)
    for method in focal.methods:
        if method.has_block:
            methods[method.name].append(method)
    name, mapping = _name(test.name, methods, {call.name for call in calls} & methods.keys(), focal.name)
    found = _overload(methods[name], [call for call in calls if call.name == name])
    if found.broken:
        raise Skipped("syntax error in the method under test")
    return found, mapping


def _name(test: str, methods: Mapping[str, Sequence[Method]], called: Collection[str], focal: str) -> tuple[str, str]:
    bare = re.sub(r"^test_?|_?test$", "", test, flags=re.IGNORECASE).lower()
    named = [name for name in methods if name.lower() in (bare, test.lower())]
    within = _longest([name for name in called if _words(name) in _words(test)])
    makers = {name for name in called if all(method.made == focal for method in methods[name])}
    for found, mapping in (
        (named, "name"),
        (within, "name_part"),
        (list(called), "only_invoked"),
        ([name for name in called if name not in makers], "only_besides_factories"),
    ):
        if len(found) == 1:
            return found[0], mapping
    raise Skipped(f"calls {'several methods' if called else 'no method'} of the class")


def _longest(names: Sequence[str]) -> list[str]:
    longest = max(map(len, names), default=0)
    return [name for name in names if len(name) == longest]


def _words(name: str) -> str:
    """``addAll_XMLNodes`` → ``" add all xml nodes "``: words stand in words where the text stands in the text."""
    return f" {' '.join(word for part in name.split('_') for word in WORD_END.split(part) if word)} ".lower()


def may_be(receiver: str | None, focal: Class, index: Index) -> bool:
    """Whether a call on `receiver` may be one of the class under test: unknown, itself, a parent or a child of it."""
    if receiver in (None, "this", focal.name) or receiver in focal.parents:
        return True  # a call on nothing may be a static import, or inherited
    return any(focal.name in one.parents for one in index(receiver or ""))


def _overload(overloads: Sequence[Method], calls: Sequence[Call]) -> Method:
    """The overload that all the calls mean: by the number of arguments, then by those whose types are plain."""
    if len(overloads) == 1:
        return overloads[0]
    meant: set[Method | None] = set()
    for call in calls:
        count = len(call.types)
        scores = {
            method: (not method.varargs, _fit(method.types, call.types))
            for method in overloads
            if (count >= len(method.types) - 1 if method.varargs else count == len(method.types))
        }
        best = [method for method, score in scores.items() if score == max(scores.values())]
        meant.add(best[0] if len(best) == 1 else None)
    found = meant.pop() if len(meant) == 1 else None
    if found is None:
        raise Skipped("overload not certain")
    return found


def _fit(parameters: Sequence[str], arguments: Sequence[str | None]) -> int:
    """How many arguments have the type of their parameter, less those that cannot have it."""
    return sum(
        (argument == parameter)
        - (argument not in (None, "null", parameter) and parameter in _PLAIN and argument in _PLAIN)
        for parameter, argument in zip(parameters, arguments, strict=False)
    )
