"""Contrast probes: which measure puts an assertion that means the same above one that does not?

The paper (section 4.3) has it that the semantic term sees whether two assertions say the same, however they are written.
``probes.yaml`` holds hand-written references, each with equivalent and with wrong alternatives; :func:`rank` says how
often each measure, variant and encoder ranks the equivalent one higher, and :func:`verify` has a JDK check that the probes are
what they say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from trident import cqs
from trident.java import jdk
from trident.metrics import embeddings

FILE = Path(__file__).with_name("probes.yaml")
REFERENCE = ("reference", "")


class ProbeError(ValueError):
    """A probe is badly written, or is not what it says; the message names it."""


@dataclass(frozen=True)
class Probe:
    """One reference with its alternatives.

    name        p1, p2, … by place in the file
    given       declarations of the variables in scope (``int x``)
    states      for each state the variables' values, as Java expressions
    reference   the assertion asked for
    texts       (role, label) → assertion; the roles are ``equivalent`` and ``wrong``
    """

    name: str
    given: tuple[str, ...]
    states: tuple[tuple[str, ...], ...]
    reference: str
    texts: Mapping[tuple[str, str], str]


def load(file: Path = FILE) -> list[Probe]:
    """Read probes.

    Raises:
        ProbeError: a key is missing or unknown, a state has not one value for each variable, or a text is there twice.
    """
    return [
        _probe(f"p{number}", entry)
        for number, entry in enumerate(yaml.safe_load(file.read_text(encoding="utf-8")), start=1)
    ]


def _probe(name: str, entry: Mapping) -> Probe:
    wanted = {"given", "states", "reference", "equivalent", "wrong"}
    if not isinstance(entry, dict) or set(entry) != wanted:
        raise ProbeError(f"{name}: needs exactly the keys {', '.join(sorted(wanted))}")
    states = tuple(tuple(state) if isinstance(state, list) else (state,) for state in entry["states"])
    for state in states:
        if len(state) != len(entry["given"]) or not all(isinstance(value, str) for value in state):
            raise ProbeError(f"{name}: state {list(state)} must have {len(entry['given'])} values, each quoted")
    texts = {(role, label): text for role in ("equivalent", "wrong") for label, text in entry[role].items()}
    if len({entry["reference"], *texts.values()}) != len(texts) + 1:
        raise ProbeError(f"{name}: the same assertion is there twice")
    return Probe(name, tuple(entry["given"]), states, entry["reference"], texts)


# -- which measure sees the difference


def rank(probes: Sequence[Probe], encoders: Mapping[str, embeddings.Encoder]) -> pd.DataFrame:
    """Score each alternative against its reference and set every equivalent one against every wrong one.

    Args:
        probes: from :func:`load`.
        encoders: name → encoder; each gives rows of its own for `semantic` and `cqs`.

    Returns:
        One row for each contrast, measure, variant and encoder (empty for measures that have none): `probe`, `equivalent` and
        `wrong` (their labels), `measure`, `variant`, `encoder`, `equivalent_score`, `wrong_score`, and `above`: 1 when the
        equivalent scores higher, 0.5 for a tie, 0 when the wrong one does.
    """
    asked = [(probe, *key, text) for probe in probes for key, text in probe.texts.items()]
    blocks = []
    for position, (encoder, model) in enumerate(encoders.items()):
        scores = cqs.score_all(
            [text for *_, text in asked],
            [probe.reference for probe, *_ in asked],
            encoder=model,
            variants=("strict", "paper", "released"),
        )
        scores[["probe", "role", "label"]] = [(asked[row][0].name, *asked[row][1:3]) for row in scores["example"]]
        # What needs no encoder is the same with all of them: once is enough.
        measures = ["semantic", "cqs"] if position else [*cqs.COMPONENTS, "cqs"]
        long = scores.melt(["probe", "role", "label", "variant"], measures, "measure", "score")
        sides = {
            role: long[long["role"] == role]
            .drop(columns="role")
            .rename(columns={"label": role, "score": f"{role}_score"})
            for role in ("equivalent", "wrong")
        }
        block = sides["equivalent"].merge(sides["wrong"], on=["probe", "variant", "measure"])
        block["encoder"] = block["measure"].isin(["semantic", "cqs"]).map({True: encoder, False: ""})
        blocks.append(block)
    frame = pd.concat(blocks, ignore_index=True)
    ahead = frame["equivalent_score"] - frame["wrong_score"]
    frame["above"] = (ahead > 0) + 0.5 * (ahead == 0)
    return frame[
        ["probe", "equivalent", "wrong", "measure", "variant", "encoder", "equivalent_score", "wrong_score", "above"]
    ]


def table(ranked: pd.DataFrame) -> pd.DataFrame:
    """How often the equivalent is ranked above the wrong one, by measure, variant and encoder.

    Each probe counts the same, however many contrasts it has. Half is what a coin would reach.

    Returns:
        Indexed by measure, variant and encoder; the columns are the labels of the wrong ones, then `all`, and `probes`.
    """
    keys = ["measure", "variant", "encoder"]
    order = {name: place for place, name in enumerate([*cqs.COMPONENTS, "cqs", *cqs.VARIANTS])}
    by_label = (
        ranked.groupby([*keys, "wrong", "probe"])["above"].mean().groupby([*keys, "wrong"]).mean().unstack("wrong")
    )
    by_probe = ranked.groupby([*keys, "probe"])["above"].mean().groupby(keys)
    result = by_label.assign(all=by_probe.mean(), probes=by_probe.size())
    return result.sort_index(key=lambda level: level.map(lambda name: order.get(name, 0)), kind="stable")


# -- the probes check themselves


@dataclass(frozen=True)
class _Tests:
    """What :func:`trident.java.jdk.verify` asks of an instance: one test for each text and state."""

    group: str
    class_name: str
    class_source: str
    test_source: str


def outcomes(probes: Sequence[Probe]) -> dict[str, dict[tuple[str, str], tuple[bool, ...]]]:
    """Run every assertion in every state: probe → (role, label) → passed, one a state. :data:`REFERENCE` is among the keys.

    Raises:
        trident.java.jdk.NoJdk: there is no JDK or no JUnit 4.
        ProbeError: an assertion does not compile.
    """
    results: dict[str, dict[tuple[str, str], list[bool]]] = {}
    tests, places = [], {}
    for probe in probes:
        methods = []
        results[probe.name] = {key: [True] * len(probe.states) for key in (REFERENCE, *probe.texts)}
        for key, text in {REFERENCE: probe.reference, **probe.texts}.items():
            for state, values in enumerate(probe.states):
                name = f"t{len(methods)}"
                places[probe.name, name] = key, state
                setting = " ".join(f"{variable} = {value};" for variable, value in zip(probe.given, values))
                methods.append(f"    @Test\n    public void {name}() {{\n        {setting}\n        {text}\n    }}\n")
        title = probe.name.capitalize()
        tests.append(
            _Tests(probe.name, title, f"class {title} {{}}\n", f"public class {title}Test {{\n{''.join(methods)}}}\n")
        )
    for failure in jdk.verify(tests).failures:
        if not failure.test:
            raise ProbeError(str(failure))
        key, state = places[failure.group, failure.test]
        results[failure.group][key][state] = False
    return {name: {key: tuple(passed) for key, passed in texts.items()} for name, texts in results.items()}


def verify(probes: Sequence[Probe]) -> list[str]:
    """What the JDK finds wrong with the probes, a sentence each; nothing when they are what they say.

    Equivalent ones pass in the reference's states, wrong ones do not, opposites in just the others. Raises as :func:`outcomes`.
    """
    faults = []
    for name, found in outcomes(probes).items():
        reference = found.pop(REFERENCE)
        if len(set(reference)) < 2:
            faults.append(f"{name}: the reference {'passes' if reference[0] else 'fails'} in every state")
        for (role, label), passed in found.items():
            same = [one == other for one, other in zip(passed, reference)]
            if (
                role == "equivalent"
                and not all(same)
                or role == "wrong"
                and all(same)
                or label == "opposite"
                and any(same)
            ):
                faults.append(f"{name}: {role} {label} passes in {passed}, the reference in {reference}")
    return faults
