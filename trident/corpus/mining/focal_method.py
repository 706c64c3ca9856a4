"""The method that a test tests: by its name and by the methods of the class under test that it calls."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from trident.corpus.mining.focal_class import WORD_END
from trident.corpus.mining.model import Call, Method, Skipped
from trident.corpus.mining.reach import Reach

#: What Java makes of a value of a primitive type when a method wants another one.
_WIDER = {
    "boolean": (),
    "byte": ("short", "int", "long", "float", "double"),
    "short": ("int", "long", "float", "double"),
    "char": ("int", "long", "float", "double"),
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "double": (),
}
#: What a primitive value may be boxed as, and what else a text is.
_BOXES = frozenset({"Boolean", "Byte", "Short", "Character", "Integer", "Long", "Float", "Double", "Number"})
_OF_STRING = frozenset({"CharSequence"})
_OF_ANY = frozenset({"Object", "Comparable", "Serializable"})


def method_under_test(names: Sequence[str], reach: Reach, calls: Sequence[Call]) -> tuple[Method, str]:
    """The method that a test tests, and what says so, the strongest first.

    ``name``: what the name of its class says beside the class under test is the name of a method that it calls, or the
    test is named after a method. ``name_part``: it is called, and its name stands in the test's name, word by word, or
    else in the rest of the names of its classes; of several the longest, but a factory last. ``only_invoked``: no other
    is called. ``only_besides_factories``: no other is called but *factories*, static methods that make an object of the
    class or a builder. ``only_factory``: only a factory is called.

    Args:
        names: of the test, and what its classes are called beside the class under test, the innermost first.
        reach: the methods of the class under test.
        calls: the test's calls that may be calls of them.

    Raises:
        Skipped: no method fits, or several do.
    """
    name, mapping = _name(names, reach, {call.name for call in calls})
    bodies = [method for method in reach.methods[name] if method.has_block]
    if not bodies:
        raise Skipped("the method under test has no body")
    found = _overload(bodies, [call for call in calls if call.name == name])
    if found.broken:
        raise Skipped("syntax error in the method under test")
    return found, mapping


def _name(names: Sequence[str], reach: Reach, called: Set[str]) -> tuple[str, str]:
    bare = re.sub(r"^test_?|_?test$", "", names[0], flags=re.IGNORECASE).lower()
    factories = set(filter(reach.is_factory, called))
    others = sorted(called - factories)
    within = (
        [name for name in some if _words(name) in _words(text)]
        for some, text in ((others, names[0]), (called, names[0]), *((others, text) for text in names[1:]))
    )
    for found, mapping in (
        ([name for name in called if _words(name) in map(_words, names[1:])], "name"),
        ([name for name in reach.methods if name.lower() in (bare, names[0].lower())], "name"),
        (_longest(next(filter(None, within), [])), "name_part"),
        (others, "only_besides_factories" if factories else "only_invoked"),
        (sorted(factories) if not others else [], "only_factory"),
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


def _overload(overloads: Sequence[Method], calls: Sequence[Call]) -> Method:
    """The overload that all the calls mean: by the number of arguments, then by their types, as far as known."""
    if len(overloads) == 1:
        return overloads[0]
    meant: set[Method | None] = set()
    for call in calls:
        scores: dict[Method, tuple[bool, int]] = {}
        for method in overloads:
            parameters, spread = _parameters(method, call.types or ())
            if call.types is None or parameters is None or any(map(_cannot_be, call.types, parameters)):
                continue
            scores[method] = not spread, sum(map(_fit, parameters, call.types))
        best = [method for method, score in scores.items() if score == max(scores.values())]
        meant.add(best[0] if len(best) == 1 else None)
    found = meant.pop() if len(meant) == 1 else None
    if found is None:
        raise Skipped("overload not certain")
    return found


def _parameters(method: Method, arguments: Sequence[str | None]) -> tuple[tuple[str, ...] | None, bool]:
    """The types that the arguments should have, or None if they are too many or too few; and if they are spread."""
    types, count = method.types, len(arguments)
    if not method.varargs:
        return (types if count == len(types) else None), False
    if count == len(types) and (arguments[-1] or "").endswith("[]"):  # given as an array
        return (*types[:-1], f"{types[-1]}[]"), False
    return ((*types[:-1], *[types[-1]] * (count + 1 - len(types))) if count >= len(types) - 1 else None), True


def _fit(parameter: str, argument: str | None) -> int:
    return 2 if argument == parameter else int(parameter in _WIDER.get(argument or "", ()))


def _cannot_be(argument: str | None, parameter: str) -> bool:
    """Whether a value of one simple type is never one of another, for all that simple types say."""
    own, its = (argument or "").rstrip("[]"), parameter.rstrip("[]")
    if argument in (None, "null", parameter) or parameter in _OF_ANY or len(parameter) == 1:
        return False  # one letter: a type variable
    if len(argument or "") - len(own) != len(parameter) - len(its):  # not arrays of the same depth
        return True
    if argument != own:
        return (own in _WIDER or its in _WIDER) and own != its
    if own in _WIDER:
        return its not in _WIDER[own] and its not in _BOXES and len(its) > 1
    return own == "String" and its not in _OF_STRING and len(its) > 1
