"""A hunt hides names, differs from student to student, and counts what is named and shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from course import variant
from course.checking import NotYet
from course.faults import Fault, Hunt

FAULTS = (
    *(Fault(f"f{i}", f"adds {i}", lambda x, i=i: x + i) for i in range(1, 7)),
    Fault("ok", "", abs, harmless=True),
)
INSTRUMENTS = {"ruler": lambda code, x: {"length": code(x)}, "scales": lambda code, x: {"weight": 1.0}}
HUNT = Hunt("lab9", FAULTS, size=4, correct=lambda: lambda x: x, instruments=INSTRUMENTS, tried_on=lambda you: 5)
YOU = variant.of(7)


def right() -> dict[int, tuple[str, str]]:
    return {number: (fault.name, "ruler") for number, fault in HUNT.key(YOU).items()}


def test_suspects_behave_as_their_faults_and_show_a_number_only():
    suspects, key = HUNT.suspects(YOU), HUNT.key(YOU)
    assert list(suspects) == [1, 2, 3, 4] and sum(fault.harmless for fault in key.values()) == 1
    assert len({fault.name for fault in key.values()}) == 4
    for number, suspect in suspects.items():
        assert suspect(10) == key[number].code(10) and repr(suspect) == f"suspect {number}"


def test_most_students_have_other_keys():
    keys = {tuple(fault.name for fault in HUNT.key(variant.of(number)).values()) for number in range(100)}
    assert len(keys) > 80


def test_every_student_gets_one_of_the_core():
    faults = (*(replace(fault, core=fault.name in ("f1", "f2")) for fault in FAULTS),)
    keys = [replace(HUNT, faults=faults).key(variant.of(number)) for number in range(100)]
    for key in keys:
        assert len({fault.name for fault in key.values()}) == 4 and sum(fault.harmless for fault in key.values()) == 1
        assert any(fault.core for fault in key.values())
    assert {fault.name for key in keys for fault in key.values()} == {fault.name for fault in FAULTS}


def test_all_named_and_shown(capsys):
    HUNT.judge(right, YOU)
    assert capsys.readouterr().out == "✓ all 4 named, each with an instrument that shows it\n"


def test_counts_are_told_but_not_which():
    found = right()
    wrong = next(number for number, fault in HUNT.key(YOU).items() if not fault.harmless)
    others = [number for number in found if number != wrong]
    found[wrong] = ("ok", "ruler")
    blind = next(number for number in others if not HUNT.key(YOU)[number].harmless)
    found[blind] = (found[blind][0], "scales")
    with pytest.raises(NotYet, match="3 of 4 named, 2 of these with an instrument") as refusal:
        HUNT.judge(lambda: found, YOU)
    assert not any(fault.name in str(refusal.value) for fault in FAULTS)


def test_the_harmless_one_needs_no_evidence():
    found = {n: (name, "scales" if name == "ok" else "ruler") for n, (name, _) in right().items()}
    HUNT.judge(lambda: found, YOU)


@pytest.mark.parametrize("found", [{}, {1: ("f1", "ruler")}, dict.fromkeys((1, 2, 3, 4), ("typo", "ruler"))])
def test_what_cannot_be_judged_is_an_error(found):
    with pytest.raises(ValueError, match="the suspects are \\[1, 2, 3, 4\\]|typo: no such name"):
        HUNT.judge(lambda: found, YOU)


def test_readings_and_evidence_of_an_instrument():
    readings = HUNT.readings(YOU)
    assert readings["correct"] == {"ruler": {"length": 5}, "scales": {"weight": 1.0}}
    assert readings["f2"] == {"ruler": {"length": 7}, "scales": {"weight": 1.0}}
    assert HUNT.evidence("ruler", "f2", YOU) and not HUNT.evidence("scales", "f2", YOU)
    with pytest.raises(ValueError, match="thermometer: no such instrument; there are ruler, scales"):
        HUNT.evidence("thermometer", "f2", YOU)
