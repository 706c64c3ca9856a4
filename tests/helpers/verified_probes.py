"""Check by a JDK that the contrast probes are what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from trident.evaluation.probes import Probe, ProbeError
from trident.java import jdk


class _Program(NamedTuple):
    """What ``trident.java.jdk.verify`` needs: one test method per assertion and state."""

    group: str
    class_name: str
    class_source: str
    test_source: str


def verify(probes: Sequence[Probe]) -> list[str]:
    """Run every assertion in every state and report each that is not what its probe says, one sentence per fault.

    Equivalent ones must agree with the reference in every state, opposites in none, and other wrong ones not in all.

    Raises:
        trident.java.jdk.NoJdk: there is no JDK or no JUnit 4.
        ProbeError: an assertion does not compile.
    """
    failures = jdk.verify([_program(probe) for probe in probes]).failures
    if broken := [str(failure) for failure in failures if not failure.test]:
        raise ProbeError("\n".join(broken))
    failed = {(failure.group, failure.test) for failure in failures}
    faults = []
    for probe in probes:
        reference, *others = (
            tuple((probe.name, f"t{number}_{state}") not in failed for state in range(len(probe.states)))
            for number in range(1 + len(probe.texts))
        )
        if len(set(reference)) < 2:
            faults.append(f"{probe.name}: the reference {'passes' if reference[0] else 'fails'} in every state")
        for (role, label), passed in zip(probe.texts, others, strict=True):
            same = {one == other for one, other in zip(passed, reference, strict=True)}
            if same == {True} if role == "wrong" and label != "opposite" else same != {role == "equivalent"}:
                faults.append(f"{probe.name}: {role} {label} passes in {passed}, the reference in {reference}")
    return faults


def _program(probe: Probe) -> _Program:
    methods = []
    for number, text in enumerate([probe.reference, *probe.texts.values()]):
        for state, values in enumerate(probe.states):
            setting = " ".join(f"{variable} = {value};" for variable, value in zip(probe.given, values, strict=True))
            methods.append(f"    @Test public void t{number}_{state}() {{ {setting} {text} }}\n")
    name = probe.name.capitalize()
    return _Program(probe.name, name, f"class {name} {{}}\n", f"public class {name}Test {{\n{''.join(methods)}}}\n")
