"""What a check of an exercise is: named properties, a catalogue of wrong answers with a message each, and hints.

    check.kl(kl)          # a line that lists what holds, or `NotYet` with what was seen
    check.kl(kl, hint=1)  # the same, and the first hint

A message says what was seen and asks where that can come from; it never says what to write.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor

Answer = TypeVar("Answer")


class NotYet(AssertionError):
    """A check does not pass. Jupyter shows the message alone."""

    def _render_traceback_(self) -> list[str]:  # the name that IPython asks for
        return str(self).splitlines()


@dataclass(frozen=True)
class Property(Generic[Answer]):
    """Something that a right answer has. `seen` says what was seen instead, or "" where it holds."""

    name: str
    seen: Callable[[Answer], str]


@dataclass(frozen=True)
class WrongAnswer(Generic[Answer]):
    """An answer that students give, and what the check says to it."""

    name: str
    answer: Answer
    message: str


@dataclass(frozen=True, kw_only=True)
class Exercise(Generic[Answer]):
    """A check, to be called with an answer.

    Attributes:
        name: what the student has written.
        properties: tested in this order; the first one that does not hold is shown.
        probe: a tensor that tells the right and all catalogued wrong answers apart.
        wrong_answers: the catalogue.
        hints: from weak to strong.
    """

    name: str
    properties: tuple[Property[Answer], ...]
    probe: Callable[[Answer], Tensor]
    wrong_answers: tuple[WrongAnswer[Answer], ...]
    hints: tuple[str, ...]

    def __call__(self, answer: Answer, hint: int = 0) -> None:
        """Print the properties, which all hold.

        Args:
            hint: how many hints a failed check shows.

        Raises:
            NotYet: a property does not hold. The message names it, says what was seen and, if the answer behaves like
                one of the catalogue, what that one is told.
            ValueError: there are not so many hints.
            Exception: whatever the answer itself raises, NotImplementedError above all.
        """
        if not 0 <= hint <= len(self.hints):
            raise ValueError(f"hint = {hint}: there are {len(self.hints)} hints for {self.name}, from 1")
        for demand in self.properties:
            if seen := demand.seen(answer):
                hints = [f"hint {i}: {text}" for i, text in enumerate(self.hints[:hint], 1)]
                more = f"(hint={hint + 1} shows a hint)" if hint < len(self.hints) else ""
                lines = [f"seen: {seen}", self._diagnosis(answer), *hints, more]
                raise NotYet("\n".join([f"✗ {self.name}: {demand.name}", *(_indented(text) for text in lines if text)]))
        print(_wrapped(f"✓ {self.name}: " + " · ".join(demand.name for demand in self.properties)))

    def _diagnosis(self, answer: Answer) -> str:
        value = self.probe(answer)
        alike = (wrong for wrong in self.wrong_answers if same(value, self.probe(wrong.answer)))
        return next((wrong.message for wrong in alike), "")


def _wrapped(text: str, first: str = "") -> str:
    """`text` in lines that fit an output cell, all but the first indented by two; `first` begins the first."""
    return textwrap.fill(text, 96, initial_indent=first, subsequent_indent="  ", break_on_hyphens=False)


def _indented(text: str) -> str:
    return _wrapped(text, "  ")


def same(a: Tensor, b: Tensor, tolerance: float = 1e-3) -> bool:
    """Whether two tensors have one shape and, but for a relative `tolerance`, the same numbers (NaN included)."""
    return a.shape == b.shape and bool(torch.allclose(a, b, rtol=tolerance, atol=1e-7, equal_nan=True))
