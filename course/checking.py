"""What a check of an exercise is: named properties, a catalogue of wrong answers with a message each, and hints.

    check.kl(kl)          # a line that lists what holds, or `NotYet` with what was seen
    check.kl(kl, hint=1)  # the same, and the first hint

A message says what was seen and asks where that can come from; it never says what to write.
"""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

Answer = TypeVar("Answer", bound=Callable[..., Any])


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
        probe: a tensor that tells the right and all catalogued wrong answers apart. It raises for no answer for which
            the properties do not.
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
                one of the catalogue, what that one is told. Or the answer returned None.
            ValueError: there are not so many hints.
            Exception: whatever the answer itself raises, NotImplementedError above all.
        """
        __tracebackhide__ = True  # IPython leaves this frame out
        if not 0 <= hint <= len(self.hints):
            raise ValueError(f"hint = {hint}: there are {len(self.hints)} hints for {self.name}, from 1")
        answer = self._returning(answer)
        try:
            problem = self._first_problem(answer)
        except Exception as error:  # students are to see their own lines, not those of the check
            raise error.with_traceback(_below(answer, error.__traceback__)) from None
        if problem:
            name, seen = problem
            hints = [f"hint {i}: {text}" for i, text in enumerate(self.hints[:hint], 1)]
            more = f"(hint={hint + 1} shows a hint)" if hint < len(self.hints) else ""
            lines = [f"seen: {seen}", self._diagnosis(answer, problem), *hints, more]
            raise NotYet("\n".join([f"✗ {self.name}: {name}", *(_indented(text) for text in lines if text)]))
        print(_wrapped(f"✓ {self.name}: " + " · ".join(demand.name for demand in self.properties)))

    def _returning(self, answer: Answer) -> Answer:
        """The answer, which raises NotYet where it returns None, before a property stumbles over that."""

        @functools.wraps(answer)
        def returning(*arguments: Any, **named: Any) -> Any:
            if (value := answer(*arguments, **named)) is None:
                raise NotYet(f"✗ {self.name}: returns a result\n  seen: None, as of a function without `return`")
            return value

        return returning  # type: ignore[return-value]  # it has the signature of the answer

    def _first_problem(self, answer: Answer) -> tuple[str, str] | None:
        """The name of the first property that does not hold, and what was seen."""
        found = ((demand.name, demand.seen(answer)) for demand in self.properties)
        return next(((name, seen) for name, seen in found if seen), None)

    def _diagnosis(self, answer: Answer, problem: tuple[str, str]) -> str:
        """What the catalogue says to this answer, or "".

        An answer with two flaws is as a whole like none of the catalogue. It gets the message of the one that shows
        the same first problem, if there is exactly one.
        """
        value = self.probe(answer)
        for wrong in self.wrong_answers:
            if same(value, self.probe(wrong.answer)):
                return wrong.message
        alike = [wrong.message for wrong in self.wrong_answers if self._first_problem(wrong.answer) == problem]
        return alike[0] if len(alike) == 1 else ""


def _below(function: Any, traceback: TracebackType | None) -> TracebackType | None:
    """The part of a traceback below the frame of `function`; all of it if there is no such frame."""
    entry = traceback
    while entry is not None and entry.tb_frame.f_code is not function.__code__:
        entry = entry.tb_next
    return traceback if entry is None else entry.tb_next


def _wrapped(text: str, first: str = "") -> str:
    """`text` in lines that fit an output cell, all but the first indented by two; `first` begins the first."""
    return textwrap.fill(text, 96, initial_indent=first, subsequent_indent="  ", break_on_hyphens=False)


def _indented(text: str) -> str:
    return _wrapped(text, "  ")


def other_shape(value: object, wanted: torch.Size) -> str:
    """What an answer returns in the place of a tensor of the shape `wanted`, or "" if it is one."""
    if not isinstance(value, Tensor):
        return f"it returns a {type(value).__name__}; there should be a tensor of the shape {tuple(wanted)}"
    return "" if value.shape == wanted else f"the shape {tuple(value.shape)}; there should be {tuple(wanted)}"


def flat(value: object) -> Tensor:
    """The numbers of a tensor in one row, for a probe; NaN alone for anything else."""
    return value.detach().float().flatten() if isinstance(value, Tensor) else torch.tensor([float("nan")])


def same(a: Tensor, b: Tensor, tolerance: float = 1e-3) -> bool:
    """Whether two tensors have one shape and, but for a relative `tolerance`, the same numbers (NaN included)."""
    return a.shape == b.shape and bool(torch.allclose(a, b, rtol=tolerance, atol=1e-7, equal_nan=True))
