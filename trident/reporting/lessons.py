"""Figures that explain: a formula beside its slope, and distributions over tokens side by side (notebooks 03 and 04).

Each function takes plain tables and returns a matplotlib figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from trident.reporting.plots import BLUE, ORANGE, name_rows, side_by_side

GREEN = "#009E73"
_COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7")
_WHOSE = {"label": "black", "student": ORANGE}


@dataclass(frozen=True)
class View:
    """One panel of :func:`views`: curves by name, the finding as `title`, and the x at which each curve is named."""

    title: str
    ylabel: str
    curves: Mapping[str, Sequence[float]]
    named_at: float
    log: bool = False


def views(x: Sequence[float], panels: Sequence[View], xlabel: str) -> Figure:
    """The same curves seen in several ways, for example by value and by gradient. A name has one colour throughout."""
    figure, all_axes = side_by_side(len(panels), (3.5 * len(panels), 2.9))
    positions = np.asarray(x)
    for axes, view in zip(all_axes, panels, strict=True):
        at = int(np.abs(positions - view.named_at).argmin())
        for colour, (name, y) in zip(_COLOURS, view.curves.items(), strict=False):
            values = np.asarray(y)
            axes.plot(positions, values, color=colour)
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
            axes.text(positions[at], values[at], name, color=colour, fontsize=8, ha="center", va="center", bbox=box)
        axes.set(title=view.title, xlabel=xlabel, ylabel=view.ylabel, yscale="log" if view.log else "linear")
    return figure


def distributions(table: pd.DataFrame, title: str) -> Figure:
    """Probabilities of the same tokens (index) in several distributions (columns), as bars.

    A column's first word says whose it is and gives the colour: `label`, `student`, or else the teacher's.
    """
    size = (7.2, 0.28 * len(table) + 1.3)
    figure, all_axes = side_by_side(len(table.columns), size, sharey=True)
    for axes, column in zip(all_axes, table.columns, strict=True):
        rows = name_rows(axes, list(table.index))
        axes.barh(rows, table[column], color=_WHOSE.get(column.split()[0], BLUE), height=0.7)
        for row, value in zip(rows, table[column], strict=True):
            axes.text(value + 0.03, row, f"{value:.2f}", va="center", fontsize=7.5)
        axes.set(xlim=(0, 1.3), xticks=(0, 0.5, 1), xlabel="probability")
        axes.set_title(column, fontsize=9)
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure
