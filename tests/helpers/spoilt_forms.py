"""Assertions that hold other values than they should, in each of their forms: all forms of one have to fail alike."""

from __future__ import annotations

from typing import Any

from trident.corpus.sandbox.every_form import EveryForm
from trident.corpus.sandbox.expressions import Char, Code, Long


class SpoiltForms(EveryForm):
    """The forms of each assertion with other literals than the test has."""

    def forms(self, test: int, assertion: int) -> list[str]:
        worded = self.instance.test(test).worded[assertion]
        wording = self.instance.template.tests[test].wordings[assertion]
        values = {hole: _other(value) for hole, value in worded.values.items()}
        return [form for _, form in wording.draw(values, self.instance.house, 0.0).forms]


def _other(value: Any) -> Any:
    match value:
        case Code():
            return value
        case bool():
            return not value
        case Char():
            return Char(chr(ord(value) ^ 1))
        case str():
            return value + "x"
        case Long():
            return Long(value + 1)
        case int() | float():
            return value + 1
    return value
