"""A bug hunt: numbered callables, each with a fault from a catalogue, and what is said to the names that pairs find."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Generic, TypeVar

import pandas as pd

from course.checking import NotYet
from course.instruments import Readings, differ
from course.variant import Variant
from trident.reporting.rendering import Table

Code = TypeVar("Code", bound=Callable[..., Any])


@dataclass(frozen=True)
class Fault(Generic[Code]):
    """A wrong way to write something. Students see `name` and `text`, and have to find out which number has it.

    Attributes:
        core: what the lab is about; each student gets at least one of these.
    """

    name: str
    text: str
    code: Code
    _: KW_ONLY
    harmless: bool = False
    core: bool = False


class Suspect:
    """A faulty callable that shows its number only."""

    def __init__(self, number: int, code: Callable[..., Any]) -> None:
        self._number, self._code = number, code

    def __call__(self, *arguments: Any) -> Any:
        return self._code(*arguments)

    def __repr__(self) -> str:
        return f"suspect {self._number}"


@dataclass(frozen=True)
class Hunt(Generic[Code]):
    """The hunt of one lab.

    Attributes:
        faults: the catalogue.
        size: how many of them a student gets; the harmless ones and one of the core are always there.
        correct: makes the right code, which may have a state.
        instruments: by name; each takes a piece of code and what it is tried on.
        tried_on: what the instruments get, such as a batch, for a student.
    """

    lab: str
    faults: tuple[Fault[Code], ...]
    size: int
    _: KW_ONLY
    correct: Callable[[], Code]
    instruments: Mapping[str, Callable[[Code, Any], Readings]]
    tried_on: Callable[[Variant], Any]

    def catalogue(self) -> Table:
        """What students read: the names of all faults, and what was written."""
        rows = [(f"`{fault.name}`", fault.text) for fault in self.faults]
        columns = [("", "name"), ("", "what was written")]
        return Table("What can be wrong", columns, rows, pd.DataFrame(rows, columns=["name", "text"]), words=2)

    def key(self, you: Variant) -> dict[int, Fault[Code]]:
        """This student's faults by number, from 1."""
        draw = you.draw(f"hunt {self.lab}")
        harmless = [fault for fault in self.faults if fault.harmless]
        others = draw.sample([fault for fault in self.faults if not fault.harmless], self.size - len(harmless))
        if (core := [fault for fault in self.faults if fault.core]) and not any(fault.core for fault in others):
            others[0] = draw.choice(core)
        return dict(enumerate(draw.sample([*harmless, *others], self.size), 1))

    def suspects(self, you: Variant) -> dict[int, Suspect]:
        """What this student has to examine."""
        return {number: Suspect(number, fault.code) for number, fault in self.key(you).items()}

    def readings(self, you: Variant) -> dict[str, dict[str, Readings]]:
        """What every instrument says to the correct code and to each fault, by name."""
        given = self.tried_on(you)
        codes = {"correct": self.correct(), **{fault.name: fault.code for fault in self.faults}}
        return {
            name: {tool: read(code, given) for tool, read in self.instruments.items()} for name, code in codes.items()
        }

    def evidence(self, instrument: str, fault: str, you: Variant) -> bool:
        """Whether an instrument shows a fault to a student. Raises ValueError if there is no such instrument."""
        if instrument not in self.instruments:
            raise ValueError(f"{instrument}: no such instrument; there are {', '.join(self.instruments)}")
        [code] = [entry.code for entry in self.faults if entry.name == fault]
        read, given = self.instruments[instrument], self.tried_on(you)
        return differ(read(code, given), read(self.correct(), given))

    def judge(self, answer: Callable[[], Mapping[int, Sequence[str]]], you: Variant) -> None:
        """Print that all is found, with evidence.

        Args:
            answer: returns, by number, the name of the fault and of the instrument that shows it. For a harmless one
                any instrument is evidence.

        Raises:
            NotYet: something is wrong or missing. The message says how many, never which.
            ValueError: `found` has other numbers than the suspects, or a name that the catalogue has not.
        """
        found, key, names = answer(), self.key(you), {fault.name for fault in self.faults}
        if found.keys() != key.keys():
            wanted = f"the suspects are {sorted(key)}; write any name for one that you do not know"
            raise ValueError(f"found has the numbers {sorted(found)}: {wanted}")
        if unknown := {name for name, _ in found.values()} - names:
            raise ValueError(f"{', '.join(sorted(unknown))}: no such name in the catalogue")
        named = {number for number, fault in key.items() if found[number][0] == fault.name}
        shown = {n for n in named if key[n].harmless or self.evidence(found[n][1], key[n].name, you)}
        if len(shown) < len(key):
            raise NotYet(
                f"✗ {len(named)} of {len(key)} named, {len(shown)} of these with an instrument that shows it\n"
                "  An instrument shows a fault if its readings differ from those of the correct code."
            )
        print(f"✓ all {len(key)} named, each with an instrument that shows it")
