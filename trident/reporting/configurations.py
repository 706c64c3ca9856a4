"""What a configuration is and how it is called, read from the parameters of its runs.

Configurations that differ in one parameter alone form a family: one line in a figure. A grid *sweeps* the parameter if
a family has three values of it or more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from trident.reporting import published

Parameters = Mapping[str, Any]

_LOSSES = {"ce": "CE", "kl": "KL", "focal": "focal", "jsd": "JSD", "semantic": "semantic"}
#: Components of the loss that read the teacher's distribution.
_FROM_TEACHER = ("kl", "jsd")
#: Values of a parameter that make a course.
_COURSE = 3
#: What tables and figures call configurations and reference models: the paper's name where it has one.
NAMES = {
    **published.NAMES,
    "ce": "CE alone (control)",
    "ce_kl_t1": "CE + KL, T = 1",
    "codec_uint4": "Trident, 4-bit cache",
    "codec_topk": "Trident, top-k cache",
    "trident_static_released": "Trident, decoded semantic",
    "trident_soft": "Trident, semantic at each step",
    "trident_risk": "Trident, semantic by risk",
    "trident_gradnorm": "Trident, GradNorm",
    "trident_uncertainty": "Trident, uncertainty",
    "teacher": "Teacher",
    "undistilled": "Student before distillation",
    "identity": "References themselves (upper bound)",
    "most_frequent": "Most frequent assertion (no model)",
    "shuffled": "Shuffled references (no model)",
    "class_frequent": "Most frequent of the test class (no model)",
    "retrieval": "Of the most similar training example (no model)",
    "copy_nearest": "Nearest of the test, copied (no model)",
}


@dataclass(frozen=True)
class Sweep:
    """The configurations of a grid along one parameter.

    Attributes:
        parameter: `human_labels`, `temperature` or `semantic` (the weight of the semantic term).
        points: one row per configuration and family that it is in: family, losses, value, configuration.
        flat: configuration → description, for those that have no temperature.
    """

    parameter: str
    points: pd.DataFrame
    flat: Mapping[str, str]

    def families(self) -> dict[str, pd.Series]:
        """Family → its configurations, by value in ascending order."""
        ordered = self.points.sort_values("value", kind="stable").groupby("family", sort=False)
        return {str(name): rows.set_index("value")["configuration"] for name, rows in ordered}


def is_distilled(p: Parameters) -> bool:
    """Whether a student learns from the teacher: from its distribution or from its answers."""
    return p["unlabelled"] == "teacher" or _reads_distribution(p)


def is_control(p: Parameters) -> bool:
    """Whether a student is trained with cross-entropy on human labels alone."""
    losses = [name for name, weight in p["weights"].items() if weight]
    return losses == ["ce"] and not p["label_smoothing"] and not is_distilled(p)


def find_sweeps(parameters: Mapping[str, Parameters], examples: int) -> dict[str, Sweep]:
    """The sweeps of a grid, by parameter.

    Args:
        parameters: configuration → the parameters of its runs.
        examples: size of the training split, which is what `human_labels` = 0 stands for.
    """
    values = {
        "human_labels": {name: p["human_labels"] or examples for name, p in parameters.items()},
        "temperature": {name: p["temperature"] for name, p in parameters.items() if _reads_distribution(p)},
        "semantic": {
            name: p["weights"].get("semantic", 0.0) for name, p in parameters.items() if p["schedule"] == "static"
        },
    }
    found = {name: _sweep(name, own, parameters) for name, own in values.items()}
    return {name: swept for name, swept in found.items() if len(swept.points)}


def name_all(parameters: Mapping[str, Parameters], found: Mapping[str, Sweep]) -> dict[str, str]:
    """What to call each configuration and reference model: in a sweep by family and value."""
    called = {**{name: name for name in parameters}, **NAMES}
    for swept in found.values():
        called |= swept.flat
        for row in swept.points.to_dict("records"):
            family = row["family"] if row["value"] else row["losses"]
            called[row["configuration"]] = f"{family}, {value_name(swept.parameter, row['value'])}"
    return called


def value_name(parameter: str, value: float) -> str:
    """A value of a swept parameter in words."""
    if not value:
        return "no semantic term"
    return {"human_labels": "{:,.0f} labels", "temperature": "T = {:g}", "semantic": "semantic {:g}"}[parameter].format(
        value
    )


def _sweep(parameter: str, values: Mapping[str, float], parameters: Mapping[str, Parameters]) -> Sweep:
    """The families along one parameter; a sweep without points if none makes a course."""
    traits = {name: _traits(parameters[name], parameter) for name in values}
    members: dict[tuple[str, ...], dict[str, float]] = {}
    for name, own in traits.items():
        # Whether a term of weight 0 has a gradient makes no difference: such a configuration is in both families.
        alike = {other for other in traits.values() if other[:-1] == own[:-1] and other[-1]} if not own[-1] else set()
        for family in sorted(alike) or [own]:
            members.setdefault(family, {})[name] = values[name]
    numbers = {family: len({*some.values()}) for family, some in members.items()}
    kept = [family for family in members if numbers[family] > 1 and max(numbers.values()) >= _COURSE]
    shown = _telling(kept)
    rows = [
        {
            "family": ", ".join(family[i] for i in shown if family[i]),
            "losses": family[0],
            "value": value,
            "configuration": name,
        }
        for family in kept
        for name, value in members[family].items()
    ]
    others = [name for name in parameters if name not in values] if parameter == "temperature" else []
    flat = {name: ", ".join(filter(None, _traits(parameters[name], parameter))) for name in others}
    return Sweep(parameter, pd.DataFrame(rows, columns=["family", "losses", "value", "configuration"]), flat)


def _telling(families: Sequence[tuple[str, ...]]) -> list[int]:
    """The traits to name families by: the losses, and what differs; a temperature only where there are two."""
    varying = [i for i in range(1, _TEMPERATURE) if len({family[i] for family in families}) > 1]
    temperatures = [_TEMPERATURE] if len({family[_TEMPERATURE] for family in families} - {""}) > 1 else []
    gradient = [_GRADIENT] if len({family[_GRADIENT] for family in families}) > 1 else []
    return [0, *varying, *temperatures, *gradient]


#: Places in what `_traits` returns.
_TEMPERATURE, _GRADIENT = 3, 4


def _traits(p: Parameters, swept: str) -> tuple[str, ...]:
    """What tells families apart: losses, label smoothing, source of the labels, temperature, the semantic gradient."""
    parts = [name for name, weight in p["weights"].items() if weight and name != swept]
    gradient = "without gradient" if p["semantic_mode"] == "decoded" else "with gradient"
    return (
        " + ".join(_LOSSES[name] for name in parts),
        f"label smoothing {p['label_smoothing']:g}" if p["label_smoothing"] else "",
        "teacher's answers" if p["unlabelled"] == "teacher" else "",
        f"T = {p['temperature']:g}" if swept != "temperature" and _reads_distribution(p) else "",
        gradient if swept == "semantic" and p["weights"].get("semantic") else "",
    )


def _reads_distribution(p: Parameters) -> bool:
    return any(p["weights"].get(name) or p["weights_end"].get(name) for name in _FROM_TEACHER)
