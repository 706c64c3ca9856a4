"""Figures of the corpus, the cache, the losses and one training; :func:`save` writes any figure as PNG and SVG.

Each function takes plain tables and returns a matplotlib figure. The figures of a grid are in `grid_plots`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from trident.experiment import artifacts

plt.style.use(Path(__file__).with_name("trident.mplstyle"))

#: Colour and label of each loss component, the same in every figure.
COMPONENT_COLOURS = {"ce": "#0072B2", "kl": "#56B4E9", "focal": "#D55E00", "jsd": "#009E73", "semantic": "#CC79A7"}
COMPONENT_NAMES = {"ce": "cross-entropy", "kl": "KL · T²", "focal": "focal", "jsd": "JSD · T²", "semantic": "semantic"}
BLUE, SKY, ORANGE = "#0072B2", "#56B4E9", "#D55E00"
#: For pairs of components, so that none has the colour of one component.
_PAIR_COLOURS = ("#000000", "#E69F00", "#882255", "#999999", "#661100", "#44AA99")

#: One row of a training log (``history.json``).
LogRow = Mapping[str, float]


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write ``name.png`` and ``name.svg``, the same bytes for the same figure."""
    for suffix, metadata in ((".png", {"Software": None}), (".svg", {"Date": None, "Creator": None})):
        with artifacts.atomic(folder / (name + suffix)) as temporary:
            figure.savefig(temporary, metadata=metadata)


def side_by_side(number: int, size: tuple[float, float], **options: Any) -> tuple[Figure, list[Axes]]:
    """A figure with `number` panels side by side. `size` in inches."""
    figure, panels = plt.subplots(1, number, figsize=size, squeeze=False, **options)
    return figure, list(panels[0])


def name_rows(axes: Axes, names: Sequence[str]) -> np.ndarray:
    """Name the rows of horizontal bars or dots, the first at the top, and return their positions."""
    positions = np.arange(len(names))[::-1]
    axes.set_yticks(positions, names)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.grid(axis="y", visible=False)
    return positions


def _log_line(axes: Axes, log: pd.DataFrame, column: str, **style: Any) -> None:
    """Draw one column of a training log over the steps that have it, if any."""
    if column in log:
        points = log.dropna(subset=[column])
        axes.plot(points.step, points[column], **style)


def _component_lines(axes: Axes, log: pd.DataFrame, columns: Sequence[str], **style: Any) -> None:
    """Draw columns of a training log that end in a component's name, over the steps."""
    for column in columns:
        name = column.rpartition("_")[2]
        _log_line(axes, log, column, color=COMPONENT_COLOURS[name], label=COMPONENT_NAMES[name], **style)
    axes.legend()


def legend_beside(axes: Axes, **options: Any) -> Any:
    return axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), **options)


# -- corpus and teacher cache


def assertion_kinds(counts: pd.DataFrame, reference: Mapping[str, float]) -> Figure:
    """Share of each assertion kind by split, as grouped bars, and in real projects.

    `counts`: index = kind, one column per split, values = examples. `reference`: kind → share in real projects.
    """
    shares = (counts / counts.sum()).loc[counts.sum(axis=1).sort_values(ascending=False).index]
    figure, axes = plt.subplots()
    shares.plot.bar(ax=axes, width=0.8, xlabel="kind of assertion", ylabel="share of assertions")
    known = shares.index.map(reference)
    axes.scatter(range(len(shares)), known, marker="_", s=260, color="black", zorder=3, label="real projects")
    axes.set_xticks(range(len(shares)), shares.index, rotation=35, ha="right")
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.grid(axis="x", visible=False)
    axes.legend()
    return figure


def size_against_error(costs: pd.DataFrame, error: str, label: str) -> Figure:
    """Size against error, one labelled point per codec of the teacher cache; both axes are logarithmic.

    `costs`: index = codec, columns bytes_per_token and `error`, both positive. `label`: of the error's axis.
    """
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    hidden = costs.index.str.startswith("hidden")
    for kind, colour, marker, rows in (("hidden states", BLUE, "o", hidden), ("logits", ORANGE, "s", ~hidden)):
        points = costs[rows]
        axes.scatter(points.bytes_per_token, points[error], color=colour, marker=marker, label=kind, zorder=3)
    for name, x, y in costs[["bytes_per_token", error]].itertuples():
        axes.annotate(name, (x, y), xytext=(6, 0), textcoords="offset points", fontsize=8, va="center")
    axes.set(xscale="log", yscale="log", xlabel="bytes per target token (logarithmic)", ylabel=label)
    axes.set_xlim(costs.bytes_per_token.min() / 1.5, costs.bytes_per_token.max() * 4)  # space for the last name
    axes.legend(loc="lower left")
    return figure


# -- losses and training


def curves(x: Sequence[float], values: Mapping[str, Sequence[float]], xlabel: str, ylabel: str) -> Figure:
    """Named curves over one axis, to show a formula beside its code. Tensors are sequences too."""
    figure, axes = plt.subplots(figsize=(6.4, 2.6))
    for name, y in values.items():
        axes.plot(np.asarray(x), np.asarray(y), label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend()
    return figure


def weight_schedules(schedules: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    """Weights of the loss components by epoch, one panel per schedule: title → ``schedules.weights_by_epoch``."""
    figure, panels = side_by_side(len(schedules), (2.6 * len(schedules) + 1, 2.8), sharey=True)
    for axes, (title, epochs) in zip(panels, schedules.items(), strict=True):
        weights = pd.DataFrame(epochs)
        for name in map(str, weights):
            colour, label = COMPONENT_COLOURS[name], COMPONENT_NAMES[name]
            axes.plot(weights.index, weights[name], drawstyle="steps-post", color=colour, label=label)
        axes.plot(weights.index, weights.sum(axis=1), drawstyle="steps-post", color="grey", linestyle=":", label="sum")
        axes.set(title=title, xlabel="epoch", ylim=(0, 1.05))
    panels[0].set_ylabel("weight")
    legend_beside(panels[-1])
    return figure


def training_curves(history: Sequence[LogRow]) -> Figure:
    """Training loss by component, a panel for each unit, and validation cross-entropy, over steps."""
    log = pd.DataFrame(history)
    per_token = [f"loss_{name}" for name in COMPONENT_COLOURS if name != "semantic" and f"loss_{name}" in log]
    units = {"nats per token": per_token, "1 − cos, per example": list(log.filter(items=["loss_semantic"]))}
    units = {unit: columns for unit, columns in units.items() if columns}
    figure, (*panels, right) = side_by_side(len(units) + 1, (2.6 * len(units) + 2.8, 2.9))
    for axes, (unit, columns) in zip(panels, units.items(), strict=True):
        _component_lines(axes, log, columns)
        axes.set(title="training", xlabel="step", ylabel=unit, ylim=(0, None))
    _log_line(right, log, "eval_loss", marker="o", color="black")
    best = log.loc[log.eval_loss.idxmin()]
    right.scatter(best.step, best.eval_loss, s=90, facecolors="none", edgecolors=ORANGE, zorder=3, label="kept")
    right.set(title="validation, cross-entropy", xlabel="step", ylabel="nats per token", ylim=(0, None))
    right.legend()
    first = log.eval_loss.dropna().iloc[0]
    title = (
        f"Validation: {first:.2f} nats per token at first, {best.eval_loss:.2f} at step {best.step:.0f}, which is kept"
    )
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def gradient_audit(history: Sequence[LogRow]) -> Figure:
    """Norm and agreement of the loss components' gradients with respect to the student's last hidden states.

    The training log has `grad_norm_<component>` and `cosine_<a>_<b>` at the audited steps.
    """
    log = pd.DataFrame(history)
    figure, (left, right) = side_by_side(2, (6.8, 2.8))
    norms = [f"grad_norm_{name}" for name in COMPONENT_COLOURS if f"grad_norm_{name}" in log]
    _component_lines(left, log, norms, marker="o", markersize=3)
    strongest = COMPONENT_NAMES[log[norms].mean().idxmax().rpartition("_")[2]]
    left.set(title=f"Strongest on average: {strongest}", ylabel="weight × norm of the gradient", ylim=(0, None))
    for (pair, values), colour in zip(log.filter(like="cosine_").items(), _PAIR_COLOURS, strict=False):
        one, other = (COMPONENT_NAMES[name].removesuffix(" · T²") for name in str(pair).split("_")[1:])
        label = f"{one} and {other}: {values.mean():+.2f}"
        _log_line(right, log, str(pair), marker="o", markersize=3, color=colour, label=label)
    right.axhline(0, color="black", linewidth=0.8)
    right.set(title="Agreement, and its mean", ylabel="cosine of two gradients", ylim=(-1.05, 1.05))
    for axes in (left, right):
        axes.set_xlabel("step")
    if len(right.lines) > 1:
        right.legend()
    return figure


# -- the paper's Figure 1

_Place = tuple[float, float]
#: Name → left, bottom, width, height, text and colour.
_BOXES = {
    "data": (1, 23, 16, 11, "Test with a blank\n+ method\nunder test", "#FFFFFF"),
    "reference": (1, 3, 16, 9, "Reference\nassertion", "#FFFFFF"),
    "teacher": (24, 43, 14, 9, "Teacher\n(frozen)", "#CFE5F3"),
    "cache": (42, 43, 14, 9, "Teacher cache\n(hidden states)", "#EEEEEE"),
    "student": (24, 23, 14, 9, "Student\n(trained)", "#FBE0CF"),
    "encoder": (42, 23, 14, 9, "Sentence\nencoder (frozen)", "#EEEEEE"),
    "jsd": (62, 43, 16, 9, "JSD · T²\nto the teacher", "#CDEBE1"),
    "semantic": (62, 23, 16, 9, "Semantic: 1 − cos\nto the reference", "#F4E0EC"),
    "focal": (62, 3, 16, 9, "Focal\non the reference", "#F9EFC4"),
    "sum": (84, 22, 15, 11, "Trident loss\n$\\sum_i w_i(t)\\,L_i$", "#FFFFFF"),
}
#: From, where it leaves (shares of width and height), to, where it enters.
_ARROWS: tuple[tuple[str, _Place, str, _Place], ...] = (
    ("data", (1, 0.7), "teacher", (0, 0.4)),
    ("data", (1, 0.41), "student", (0, 0.5)),
    ("teacher", (1, 0.5), "cache", (0, 0.5)),
    ("cache", (1, 0.5), "jsd", (0, 0.5)),
    ("student", (1, 0.9), "jsd", (0, 0.2)),
    ("student", (1, 0.5), "encoder", (0, 0.5)),
    ("student", (1, 0.1), "focal", (0, 0.8)),
    ("reference", (1, 0.7), "encoder", (0.5, 0)),
    ("reference", (1, 0.4), "focal", (0, 0.4)),
    ("encoder", (1, 0.5), "semantic", (0, 0.5)),
    ("jsd", (1, 0.3), "sum", (0, 0.8)),
    ("semantic", (1, 0.5), "sum", (0, 0.5)),
    ("focal", (1, 0.7), "sum", (0, 0.2)),
)


def pipeline() -> Figure:
    """The paper's Figure 1: how teacher, student and the three losses are connected."""
    figure, axes = plt.subplots(figsize=(7.2, 3.6))
    axes.set(xlim=(0, 100), ylim=(-5, 54))
    axes.axis("off")
    for x, y, width, height, text, colour in _BOXES.values():
        shape = "round,pad=0.3,rounding_size=1.2"
        axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=shape, fc=colour, ec="black", linewidth=0.9))
        axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=8)
    for arrow in _ARROWS:
        _arrow(axes, *arrow)
    back: dict[str, Any] = {"color": ORANGE, "linestyle": "--", "linewidth": 1.1}
    below, student, total = -3.0, _BOXES["student"], _BOXES["sum"]
    start, end = student[0] + student[2] / 2, total[0] + total[2] / 2
    axes.plot([end, end, start], [total[1], below, below], **back)
    axes.add_patch(FancyArrowPatch((start, below), (start, student[1]), arrowstyle="-|>", mutation_scale=9, **back))
    axes.text(start + 3, below + 0.6, "gradient", color=ORANGE, fontsize=8, va="bottom")
    return figure


def _arrow(axes: Axes, start: str, leave: _Place, end: str, enter: _Place) -> None:
    """An arrow between two boxes. `leave` and `enter`: where it meets them, as shares of width and height."""
    points = [
        (x + across * width, y + up * height)
        for (x, y, width, height, *_), (across, up) in ((_BOXES[start], leave), (_BOXES[end], enter))
    ]
    style: dict[str, Any] = {"color": "#333333", "linewidth": 0.9, "mutation_scale": 9, "shrinkA": 3, "shrinkB": 3}
    axes.add_patch(FancyArrowPatch(*points, arrowstyle="-|>", **style))
