"""Contrast probes: does a score rank an assertion with the same meaning above one with another meaning?

Section 4.3 claims that the semantic term recognises equivalent assertions however they are written. ``probes.yaml``
holds hand-written references, each with equivalent and wrong alternatives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import yaml

from trident import cqs
from trident.metrics.embeddings import Encoder

FILE = Path(__file__).with_name("probes.yaml")
_KEYS = {"given", "states", "reference", "equivalent", "wrong"}
_VARIANTS = ("strict", "paper", "released")


class ProbeError(ValueError):
    """A probe is malformed; the message names it."""


@dataclass(frozen=True)
class Probe:
    """One reference with its alternatives."""

    name: str  # p1, p2, … in the order of the file
    given: tuple[str, ...]  # declarations of the variables in scope: ``int x``
    states: tuple[tuple[str, ...], ...]  # values of the variables in each state, as Java expressions
    reference: str
    texts: Mapping[tuple[str, str], str]  # (``equivalent`` or ``wrong``, label) → assertion


def load(file: Path = FILE) -> list[Probe]:
    """Read probes.

    Raises:
        ProbeError: a key is missing or unknown, a state does not have one value per variable, or a text occurs twice.
    """
    probes = []
    for number, entry in enumerate(yaml.safe_load(file.read_text(encoding="utf-8")), start=1):
        name = f"p{number}"
        if not isinstance(entry, dict) or set(entry) != _KEYS:
            raise ProbeError(f"{name}: needs exactly the keys {', '.join(sorted(_KEYS))}")
        states = tuple(tuple(state) if isinstance(state, list) else (state,) for state in entry["states"])
        for state in states:
            if len(state) != len(entry["given"]) or not all(isinstance(value, str) for value in state):
                raise ProbeError(f"{name}: state {list(state)} must have {len(entry['given'])} values, each quoted")
        texts = {(role, label): text for role in ("equivalent", "wrong") for label, text in entry[role].items()}
        if len({entry["reference"], *texts.values()}) != len(texts) + 1:
            raise ProbeError(f"{name}: the same assertion occurs twice")
        probes.append(Probe(name, tuple(entry["given"]), states, entry["reference"], texts))
    return probes


def rank(probes: Sequence[Probe], encoders: Mapping[str, Encoder]) -> pd.DataFrame:
    """Score each alternative against its reference and compare every equivalent one with every wrong one.

    Returns:
        One row per contrast, measure, variant and encoder (empty for measures that need none): `probe`, `equivalent`
        and `wrong` (labels), `measure`, `variant`, `encoder`, `equivalent_score`, `wrong_score`, and `above`: 1 when
        the equivalent scores higher, 0.5 for a tie, 0 when the wrong one does.
    """
    asked = pd.DataFrame(
        [(one.name, *key, one.reference, text) for one in probes for key, text in one.texts.items()],
        columns=["probe", "role", "label", "reference", "text"],
    )
    blocks = []
    for name, encoder in encoders.items():
        scores = cqs.score_all(asked["text"], asked["reference"], encoder=encoder, variants=_VARIANTS)
        scores = scores.join(asked[["probe", "role", "label"]], on="example")
        block = scores.melt(["probe", "role", "label", "variant"], [*cqs.COMPONENTS, "cqs"], "measure", "score")
        block["encoder"] = block["measure"].isin(["semantic", "cqs"]).map({True: name, False: ""})
        blocks.append(block)
    # Measures that need no encoder were computed once per encoder.
    keys = ["probe", "measure", "variant", "encoder"]
    scores = pd.concat(blocks).drop_duplicates([*keys, "role", "label"])
    equivalent, wrong = (
        scores[scores["role"] == role].rename(columns={"label": role, "score": f"{role}_score"}).drop(columns="role")
        for role in ("equivalent", "wrong")
    )
    frame = equivalent.merge(wrong, on=keys)
    ahead = frame["equivalent_score"] - frame["wrong_score"]
    frame["above"] = (ahead > 0) + 0.5 * (ahead == 0)
    return frame[["probe", "equivalent", "wrong", *keys[1:], "equivalent_score", "wrong_score", "above"]]
