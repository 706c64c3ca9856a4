"""An assertion of a template and the forms in which its instances say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from trident.corpus.sandbox.expressions import Block, Char, Code, Long, java
from trident.corpus.sandbox.forms import forms
from trident.corpus.sandbox.holes import QUALIFIER, fill, holes_in
from trident.corpus.sandbox.java_types import Types
from trident.corpus.sandbox.styles import Menu, shares
from trident.java.lexer import canonical, kind

_QUALIFIED = f"${QUALIFIER}$"


@dataclass(frozen=True)
class Worded:
    """An assertion of an instance: the forms that it could have, and the one that its class's house style drew.

    text    the statement, with ``Assert.`` in a class that qualifies
    meant   the statement as the template has it, without ``Assert.``
    menu    the forms, and `index` which of them it is
    values  of the holes
    """

    text: str
    meant: str
    menu: Menu
    index: int
    values: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """The name of the call."""
        return self.menu.kinds[self.index]

    @cached_property
    def canonical(self) -> str:
        """The canonical text."""
        return _canonical(self.menu.canonical[self.index], self.values)

    @property
    def forms(self) -> list[tuple[str, str]]:
        """Each form's name and text."""
        return [(form.name, fill(form.text, self.values)) for form in self.menu.forms]

    @cached_property
    def in_houses(self) -> dict[str, tuple[float, ...]]:
        """Each form's canonical text, with its probability in each house."""
        found: dict[str, tuple[float, ...]] = {}
        for form, probability in zip(self.menu.canonical, self.menu.probabilities, strict=True):
            text = _canonical(form, self.values)
            before = found.get(text)
            # Two holes with the same value can make one text of two forms.
            found[text] = tuple(map(sum, zip(before, probability, strict=True))) if before else probability
        return found


class Wording:
    """An assertion of a template. `text` has holes; `names` and `owned` as in :class:`Types`."""

    def __init__(self, text: str, names: Mapping[str, str | None], owned: Mapping[tuple[str, str], str | None]) -> None:
        self.text, self.names, self.owned = text, names, owned
        self._holes = sorted(holes_in(text))
        self._menus: dict[tuple[tuple[str, str], ...], Menu] = {}

    def draw(self, values: Mapping[str, Any], house: int, number: float, *blocks: Block) -> Worded:
        """The assertion with these values, in the form that the house draws with a number from 0 to 1.

        Raises TemplateError for a value without a literal; `blocks` say where its hole is defined.
        """
        meant = fill(self.text, {**values, QUALIFIER: Code("")}, *blocks)
        key = tuple(self._role(hole, values[hole]) for hole in self._holes)
        if key not in self._menus:
            self._menus[key] = self._menu(key)
        found = self._menus[key]
        index = found.drawn(house, number)
        return Worded(fill(found.forms[index].text, values), meant, found, index, values)

    def _role(self, hole: str, value: Any) -> tuple[str, str]:
        """What of a hole's value decides on the forms: its text (in the first place), or its type."""
        decides = value is None or isinstance(value, bool) or (isinstance(value, int) and value == 0)
        if isinstance(value, Code):
            verdict = self.text.startswith(f"{_QUALIFIED}${hole}$(")
            decides = verdict or not value.isidentifier() or value in ("true", "false", "null")
        if decides:
            return java(value), ""
        types = {Code: "", Char: "char", Long: "long", str: "String", int: "int", float: "double"}
        return "", types.get(type(value), "")

    def _menu(self, key: tuple[tuple[str, str], ...]) -> Menu:
        roles = dict(zip(self._holes, key, strict=True))
        text = self.text
        for hole, (fixed, _) in roles.items():
            text = text.replace(f"${hole}$", fixed) if fixed else text
        types = Types({hole: java_type for hole, (_, java_type) in roles.items() if java_type}, self.names, self.owned)
        found = forms(text.replace(_QUALIFIED, ""), types)
        plain = [form.text for form in found]
        return Menu(
            forms=(replace(found[0], text=text), *(replace(form, text=_QUALIFIED + form.text) for form in found[1:])),
            canonical=tuple(map(canonical, plain)),
            kinds=tuple(map(kind, plain)),
            probabilities=shares(found),
        )


def _canonical(form: str, values: Mapping[str, Any]) -> str:
    """A canonical text with its holes filled. The spaces around ``<`` depend on what is in the hole before it."""
    text = fill(form, values)
    return canonical(text) if "<" in text else text
