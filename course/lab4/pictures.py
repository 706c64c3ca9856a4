"""The figures of lab 4. Students draw most of them from their own functions; all six are slides."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from course.lab4 import faults, results, sample, simulation, wrong_answers
from course.lab4.faults import Interval, Split
from trident.cqs import WEIGHTS
from trident.reporting import agreement_tables, findings
from trident.reporting.configurations import NAMES
from trident.reporting.grid_plots import agreement as draw_agreement
from trident.reporting.lessons import GREEN
from trident.reporting.plots import BLUE, ORANGE, SKY, name_rows, side_by_side

GREY = "#777777"
_SHARE, _SEEDS = 0.25, range(10)
#: What is reached without reading a blank, by name in `references.csv`.
_FLOORS = ("most_frequent", "shuffled")
#: What is judged against execution, of `agreement.SCORES`.
SCORES = ("accepted", "exact_match", "cqs_strict", *(f"{part}_strict" for part in WEIGHTS), "cqs_paper")
_OTHER_SEEDS: dict[str, Any] = {"color": SKY, "linewidth": 7, "alpha": 0.6}
_OTHER_CLASSES: dict[str, Any] = {"color": BLUE, "linewidth": 1.8}
#: Of a title, on the slide.
_LETTERS = 72

# -- drawn from the students' own functions


def leaks(split: Split) -> pd.Series[float]:
    """Token accuracy of the look-up model by how the rows of the corpus with copies were split; mean over ten seeds."""
    corpus = sample.copied()

    def mean(one: Split, of: str) -> float:
        masks = (np.asarray(one(list(corpus[of]), _SHARE, seed)) for seed in _SEEDS)
        return float(np.mean([sample.lookup(mask, faults.token_accuracy) for mask in masks]))

    faulty = {fault.name: fault.code.split for fault in faults.FAULTS}
    return pd.Series(
        {
            "by row": mean(faulty["split_by_row"], "method"),
            "by project": mean(faulty["twins_apart"], "project"),
            "by the method's text": mean(faulty["twins_apart"], "method"),
            "split_by_group": mean(split, "method"),
        }
    )


def leak(split: Split) -> Figure:
    """:func:`leaks` as bars, and what the model reaches on classes that no project has."""
    found, truth = leaks(split), sample.lookup_elsewhere(faults.token_accuracy)
    figure, [axes] = side_by_side(1, (7.2, 2.9))
    rows = name_rows(axes, list(found.index))
    near = (found - truth).abs() < 0.15
    axes.barh(rows, found, color=np.where(near, BLUE, ORANGE), height=0.65)
    for at, value in zip(rows, found, strict=True):
        axes.text(value - 0.01, at, f"{value:.2f}", ha="right", va="center", color="white")
    axes.axvline(truth, color="black", linestyle="--", linewidth=1)
    axes.text(truth + 0.01, len(found) - 0.42, f"new classes: {truth:.2f}", va="bottom")
    axes.set(xlim=(0, 1.08), ylim=(-0.6, len(found) - 0.1), xlabel="token accuracy of a model that only looks up")
    _title(figure, f"The same model on the same rows: from {found.min():.2f} to {found.max():.2f}, by the split alone")
    return figure


def floors(scores: pd.DataFrame) -> Figure:
    """The mean score of each model, beside the share of its answers that mean the right thing.

    `scores`: of `sample.scores`.
    """
    right = pd.Series({name: float(table["accepted"].mean()) for name, table in sample.parts().items()})
    levels = scores.mean()
    figure, panels = side_by_side(2, (7.2, 2.6), sharey=True)
    for axes, values, label in ((panels[0], levels, "CQS"), (panels[1], right, "share of right answers")):
        rows = name_rows(axes, list(values.index))
        colours = [GREY if name in ("most frequent", "empty") else BLUE for name in values.index]
        axes.barh(rows, values, color=colours, height=0.65)
        for at, value in zip(rows, values, strict=True):
            axes.text(value + 0.02, at, f"{value:.2f}", va="center")
        axes.set(xlabel=label, xlim=(0, 1.15), xticks=(0, 0.5, 1))
    said = f"CQS {levels['most frequent']:.2f}, right in {100 * right['most frequent']:.0f} % of blanks"
    _title(figure, f"The most frequent assertion: {said}")
    return figure


def false_alarms(bootstrap: Interval) -> Figure:
    """The intervals of `simulation.intervals`; orange: equal students are called different."""
    table = simulation.intervals(bootstrap)
    figure, panels = side_by_side(2, (7.2, 3.6), sharey=True, sharex=True)
    for axes, name in zip(panels, ("rows", "classes"), strict=True):
        own = table[table["drawn"] == name].reset_index(drop=True)
        axes.hlines(own.index, own["low"], own["high"], color=np.where(own["false"], ORANGE, BLUE), linewidth=1.2)
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set(title=f"{name} drawn: {own['false'].sum()} of {len(own)} miss 0", xlabel="A − B", yticks=[])
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.grid(visible=False)
    panels[0].set_ylabel(f"{simulation.COMPARISONS} comparisons")
    wrong = table.groupby("drawn")["false"].mean()
    _title(
        figure,
        f"Two equal students: rows call them different in {100 * wrong['rows']:.0f} % of comparisons, classes in "
        f"{100 * wrong['classes']:.0f} %; 5 % were allowed",
    )
    return figure


# -- an example

_REFERENCE = ("assertTrue", "(", "queue", ".", "isEmpty", "(", ")", ")", ";")
_ANSWER = (*_REFERENCE[:2], "!", *_REFERENCE[2:])


def alignment() -> Figure:
    """An answer with one token too many against its reference, token by token and aligned."""
    figure, [axes] = side_by_side(1, (7.2, 3.0))
    gapped, ends = (*_REFERENCE[:2], "", *_REFERENCE[2:]), []
    for bottom, above, name, share in (
        (3.2, (*_REFERENCE, ""), "by position", faults.by_position(_ANSWER, _REFERENCE)),
        (0.0, gapped, "aligned", faults.token_accuracy(_ANSWER, _REFERENCE)),
    ):
        ends.append(_tokens(axes, bottom, above, _ANSWER))
        axes.text(-0.3, bottom + 1, f"{name}\n{share:.1f}", ha="right", va="center", weight="bold")
    axes.set(xlim=(-3.5, max(ends)), ylim=(-0.3, 5.4))
    axes.axis("off")
    _title(figure, "One token too many: by position most tokens are wrong, aligned one is; the meaning is the opposite")
    return figure


def _tokens(axes: Axes, bottom: float, above: Sequence[str], below: Sequence[str]) -> float:
    """Two rows of tokens; green where both are the same, orange where not, empty where one has none.

    Returns where they end.
    """
    left = 0.0
    for pair in zip(above, below, strict=True):
        width = 0.6 + 0.26 * max(map(len, pair))
        for height, token in zip((bottom + 1, bottom), pair, strict=True):
            if token:
                colour = GREEN if pair[0] == pair[1] else ORANGE
                axes.add_patch(Rectangle((left, height + 0.05), width, 0.9, color=colour, alpha=0.35, linewidth=0))
                axes.text(left + width / 2, height + 0.5, token, ha="center", va="center", family="monospace")
        left += width + 0.06
    return left


# -- the project's own results


def seeds(split: str = "test") -> Figure:
    """Every run of the project's grid as a dot, between floors and teacher, and two intervals a row for differences."""
    runs, table, base = results.runs(split), results.differences(split), results.baseline(split)
    order = list(runs.groupby("configuration")["cqs"].mean().sort_values(ascending=False).index)
    figure, (left, right) = side_by_side(2, (7.6, 0.36 * len(order) + 1.9), sharey=True)
    rows = dict(zip(order, name_rows(left, [NAMES[name] for name in order]), strict=True))
    left.scatter(runs["cqs"], runs["configuration"].map(rows), fc="none", ec=ORANGE, zorder=3)
    levels = results.levels(split)
    left.axvline(levels["teacher"], color=GREY, linestyle="--")
    for name in _FLOORS:
        left.axvline(levels[name], color=GREY, linestyle=":")
    for text, at in (("teacher", levels["teacher"]), ("no model", levels[[*_FLOORS]].mean())):
        left.annotate(text, (at, len(order) - 0.4), (0, 2), textcoords="offset points", ha="center", color=GREY)
    left.set(xlabel="CQS (circle: one seed)")
    own = table.loc[[name for name in order if name != base]]
    places = [rows[name] for name in own.index]
    right.axvline(0, color="black", linewidth=0.8)
    right.hlines(
        places, own["low_seeds"], own["high_seeds"], color=SKY, linewidth=7, alpha=0.6, label="95 %, other seeds"
    )
    right.hlines(
        places, own["low_examples"], own["high_examples"], color=BLUE, linewidth=1.8, label="95 %, other classes"
    )
    right.scatter(
        own["difference"], places, color=np.where(own["significant"], BLUE, "white"), edgecolors=BLUE, zorder=3
    )
    right.text(0, rows[base], "compared with this  ", ha="right", va="center", color=GREY)
    right.set(xlabel="difference in CQS")
    lines = [Line2D([], [], **style) for style in (_OTHER_SEEDS, _OTHER_CLASSES)]
    dots = [Line2D([], [], color=BLUE, marker="o", linestyle="", markerfacecolor=fill) for fill in (BLUE, "white")]
    names = ("95 %, other seeds", "95 %, other classes", "differs in both tests", "does not")
    figure.legend([*lines, *dots], names, loc="outside lower center", ncols=2)
    held = f"{own['significant'].sum()} of {len(own)} differences hold over other classes and other seeds"
    _title(figure, f"{split}: {held}")
    return figure


def execution(split: str = "test") -> Figure:
    """How well each score tells equivalent answers from others; a message where the file is not there yet."""
    if not results.AGREEMENT.is_file():
        figure, [axes] = side_by_side(1, (7.2, 1.2))
        axes.axis("off")
        axes.text(
            0,
            0.5,
            f"figures/{results.AGREEMENT.name} is not there yet.\n`make reproduce` writes it on a machine with a JDK.",
            va="center",
        )
        return figure
    judged = results.agreement(split)
    names = {score: agreement_tables.score_name(score) for score in SCORES}
    panels = {answers: f"{answers} answers" if answers == "all" else answers for answers in judged.index.levels[0]}
    figure = draw_agreement(judged, panels, names, "")
    for axes in figure.axes:
        for text in axes.texts:
            text.set_fontsize("small")
    _title(figure, findings.agreement(judged))
    return figure


def _title(figure: Figure, text: str) -> None:
    """The finding, above all panels."""
    figure.suptitle(textwrap.fill(text, _LETTERS), x=0.01, ha="left")


PICTURES: Mapping[str, Callable[[], Figure]] = {
    "1-leak": lambda: leak(faults.split_by_group),
    "2-alignment": alignment,
    "3-floors": lambda: floors(sample.scores(wrong_answers.cqs, faults.token_accuracy)),
    "4-false-alarms": lambda: false_alarms(faults.bootstrap),
    "5-seeds": seeds,
    "6-execution": execution,
}
