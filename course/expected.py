"""Numbers that a lab's solution shows, with the tolerance within which another CPU gives them.

A lab lists them in its module ``expected``; ``python -m course build`` copies them into the guide, between the lines
``<!-- expected:begin -->`` and ``<!-- expected:end -->``, and ``python -m course check`` measures them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_REGION = re.compile(r"(?<=<!-- expected:begin -->\n).*?(?=<!-- expected:end -->)", re.S)


@dataclass(frozen=True)
class Expected:
    """A number: what it is, in the words of the lab; its value; by how much it may differ; how it is measured."""

    text: str
    value: float
    tolerance: float
    measure: Callable[[], float]

    def problem(self) -> str:
        """What is wrong with the value, or ""."""
        found = self.measure()
        within = abs(found - self.value) <= self.tolerance
        return "" if within else f"{self.text}: {found:.4g}, expected {self.value:g} ± {self.tolerance:g}"


def in_guide(text: str, numbers: Sequence[Expected]) -> str:
    """The guide's text with the table of `numbers` between its marks. Raises ValueError if they are not there once."""
    rows = [f"| {number.text} | {number.value:g} | {number.tolerance:g} |" for number in numbers]
    table = "\n".join(["| | expected | ± on another CPU |", "|---|---:|---:|", *rows]) + "\n"
    filled, count = _REGION.subn(lambda _: table, text)
    if count != 1:
        raise ValueError("the guide needs one line <!-- expected:begin --> and, after it, one <!-- expected:end -->")
    return filled
