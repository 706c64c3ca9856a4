"""What can be called on a class: its own methods, and those that it inherits within the project."""

from __future__ import annotations

from collections import defaultdict

from trident.corpus.mining.model import Call, Class, Index, Method
from trident.corpus.mining.types import ancestry


class Reach:
    """The methods of a class, by name. Its own hide those that it inherits; a nearer parent hides a farther one."""

    def __init__(self, focal: Class, index: Index) -> None:
        self.focal, self._index = focal, index
        self.methods: dict[str, list[Method]] = {}
        self._parents: set[str] = set()
        for one in ancestry([focal], index):
            named: dict[str, list[Method]] = defaultdict(list)
            for method in one.methods:
                named[method.name].append(method)
            self.methods = named | self.methods
            self._parents |= one.parents
        self._own = {method.name for method in focal.methods}

    def may_be(self, call: Call, owner: Class) -> bool:
        """Whether a call in a test of the class `owner` may be a call of one of the methods.

        On a value of unknown type it may be one of the class's own methods. So may a call on a parent: the class may
        override the method. A call on nothing may be one that the test's class inherits or imports.
        """
        if call.name not in self.methods:
            return False
        if call.receiver == "this":
            return self.focal.name in owner.parents or self._imported(call.name, owner)
        if call.receiver is None or call.receiver in self._parents:
            return call.name in self._own
        return self._is_one(call.receiver)

    def is_factory(self, name: str) -> bool:
        """Whether methods of a name are static, and make an object of the class or a builder."""
        return all(
            method.static and (method.returned.endswith("Builder") or self._is_one(method.returned))
            for method in self.methods[name]
        )

    def _is_one(self, kind: str) -> bool:
        """Whether a type is the class or a child of it."""
        name = self.focal.name
        return kind == name or any(name in child.parents for child in self._index(kind))

    def _imported(self, name: str, owner: Class) -> bool:
        full = f"{self.focal.package}.{self.focal.name}".removeprefix(".")
        static = any(method.static for method in self.methods[name])
        return static and not owner.imports.isdisjoint({f"{full}.{name}", f"{full}.*"})
