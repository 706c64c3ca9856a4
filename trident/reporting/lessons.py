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
#: The row of :func:`distributions` for the tokens that the table leaves out.
OTHERS = "all others"


@dataclass(frozen=True)
class View:
    """One panel of :func:`views`: curves by name, the finding as `title`, and for each curve the x of its name."""

    title: str
    ylabel: str
    curves: Mapping[str, Sequence[float]]
    named_at: Sequence[float]
    log: bool = False


def views(x: Sequence[float], panels: Sequence[View], xlabel: str) -> Figure:
    """The same curves seen in several ways, for example by value and by gradient. A name has one colour throughout."""
    figure, all_axes = side_by_side(len(panels), (3.5 * len(panels), 2.9))
    positions = np.asarray(x)
    for axes, view in zip(all_axes, panels, strict=True):
        for colour, (name, y), x_of_name in zip(_COLOURS, view.curves.items(), view.named_at, strict=False):
            values, at = np.asarray(y), int(np.abs(positions - x_of_name).argmin())
            axes.plot(positions, values, color=colour)
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
            axes.text(positions[at], values[at], name, color=colour, fontsize=8, ha="center", va="center", bbox=box)
        axes.set(title=view.title, xlabel=xlabel, ylabel=view.ylabel, yscale="log" if view.log else "linear")
    return figure


def distributions(table: pd.DataFrame, title: str) -> Figure:
    """Probabilities of the same tokens (index) in several distributions (columns), as bars; below them, all others.

    A column's first word says whose it is and gives the colour: `label`, `student`, or else the teacher's.
    """
    shown = pd.concat([table, pd.DataFrame((1 - table.sum()).clip(lower=0)).T.set_axis([OTHERS])])
    figure, all_axes = side_by_side(len(shown.columns), (7.2, 0.28 * len(shown) + 1.3), sharey=True)
    for axes, column in zip(all_axes, shown.columns, strict=True):
        rows = name_rows(axes, list(shown.index))
        bars = axes.barh(rows, shown[column], color=_WHOSE.get(column.split()[0], BLUE), height=0.7)
        bars[-1].set_alpha(0.4)  # many tokens, not one
        for row, value in zip(rows, shown[column], strict=True):
            text = "< 0.01" if 0 < value < 0.005 else f"{value:.2f}"
            axes.text(value + 0.03, row, text, va="center", fontsize=7.5)
        axes.set(xlim=(0, 1.3), xticks=(0, 0.5, 1), xlabel="probability")
        axes.set_title(column, fontsize=9)
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure
