"""The figures of a grid. Each function takes plain tables and returns a matplotlib figure (`plots.save` writes it)."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from trident.reporting.plots import BLUE, ORANGE, SKY, name_rows, side_by_side

GREY = "#555555"
#: Of a title.
_LETTERS_PER_INCH = 12
#: Colour and marker of each line of a figure, in their order.
_STYLES = list(
    zip(
        ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999933"),
        "os^DvPX*",
        strict=True,
    )
)


def title(figure: Figure, text: str) -> None:
    """The finding, above all panels, in lines that fit the figure."""
    width = int(_LETTERS_PER_INCH * figure.get_figwidth())
    lines = (textwrap.fill(line, width) for line in text.splitlines())
    figure.suptitle("\n".join(lines), fontsize="large", x=0.01, ha="left")


def scores(
    runs: pd.DataFrame, levels: Mapping[str, pd.DataFrame], panels: Sequence[tuple[str, str, str]], finding: str
) -> Figure:
    """Every student as a circle and the mean over seeds as a bar, one panel per split and measure.

    Args:
        runs: with the columns configuration (as shown), seed, split and the measures.
        levels: what is drawn as a line, by name: measures by split, with the split as index.
        panels: (split, measure, label of the axis). The first orders the configurations.
    """
    split, measure, _ = panels[0]
    order = list(runs[runs.split == split].groupby("configuration")[measure].mean().sort_values().index[::-1])
    figure, axes = side_by_side(len(panels), (7.2, 0.34 * len(order) + 1.6), sharey=True)
    for panel, (split, measure, label) in zip(axes, panels, strict=True):
        for y, configuration in zip(name_rows(panel, order), order, strict=True):
            values = runs[(runs.split == split) & (runs.configuration == configuration)][measure]
            panel.plot([values.mean()] * 2, [y - 0.3, y + 0.3], color=BLUE, linewidth=2.5)
            panel.scatter(values, [y] * len(values), fc="none", ec=ORANGE, zorder=3)
        for style, (name, table) in zip(("--", ":"), levels.items(), strict=True):
            panel.axvline(table.loc[split, measure], color=GREY, linestyle=style, label=name)
        panel.set(xlabel=label)
    handles = [
        Line2D([], [], color=BLUE, linewidth=2.5),
        Line2D([], [], color=ORANGE, marker="o", markerfacecolor="none", linestyle=""),
        *axes[0].get_legend_handles_labels()[0],
    ]
    figure.legend(handles, ["mean over seeds", "one seed", *levels], loc="outside lower center", ncols=4)
    title(figure, finding)
    return figure


_EXAMPLES: dict[str, Any] = {"color": BLUE, "linewidth": 1.2}
_SEEDS: dict[str, Any] = {"color": SKY, "linewidth": 6, "alpha": 0.6}


def differences(tables: Mapping[str, pd.DataFrame], finding: str) -> Figure:
    """Difference of each configuration to the baseline with both its intervals, a panel per measure.

    `tables`: label of the axis → the table of ``stats.compare``, indexed by names. Filled dots: significant over
    examples and over seeds. An arrow says that an interval goes beyond the axis.
    """
    number = max(map(len, tables.values()))
    figure, panels = side_by_side(len(tables), (7.2, 0.42 * number + 1.7), sharey=True)
    for axes, (label, table) in zip(panels, tables.items(), strict=True):
        # The seeds' interval of a configuration that collapsed would leave no space for the others.
        half = np.nan_to_num((table.high_seeds - table.difference).median())
        low, high = min(table.low_examples.min(), -half), max(table.high_examples.max(), half)
        margin = 0.2 * (high - low) or 0.01
        left, right = low - margin, high + margin
        positions = name_rows(axes, list(table.index))
        axes.axvline(0, color="black", linewidth=0.8)
        axes.hlines(positions, table.low_seeds, table.high_seeds, **_SEEDS)
        axes.hlines(positions, table.low_examples, table.high_examples, **_EXAMPLES)
        fill = np.where(table.significant, BLUE, "white")
        axes.scatter(table.difference, positions, color=fill, edgecolors=BLUE, zorder=3)
        for edge, marker, beyond in ((left, "<", table.low_seeds < left), (right, ">", table.high_seeds > right)):
            axes.scatter([edge] * beyond.sum(), positions[beyond], marker=marker, color=BLUE, clip_on=False)
        for y, value in zip(positions, table.difference, strict=True):
            text = f"{value:+.3f}".replace("-", "−")
            axes.annotate(text, (value, y), (0, 5), textcoords="offset points", ha="center", fontsize=7)
        axes.set(xlabel=label, xlim=(left, right))
        axes.xaxis.set_major_locator(MaxNLocator(4))
    dots = [Line2D([], [], color=BLUE, marker="o", linestyle="", markerfacecolor=fill) for fill in (BLUE, "white")]
    lines = [Line2D([], [], **style) for style in (_EXAMPLES, _SEEDS)]
    names = ["95 %, other examples", "95 %, other seeds", "differs in both tests", "does not"]
    figure.legend([*lines, *dots], names, loc="outside lower center", ncols=4)
    title(figure, finding)
    return figure


def detectable(table: pd.DataFrame, seeds: int, gaps: Mapping[str, float], finding: str) -> Figure:
    """The smallest difference that an experiment can show, by its seeds (index); a line per number of examples.

    `seeds`: ours, marked. `gaps`: published differences, by name.
    """
    figure, axes = plt.subplots(figsize=(6.4, 3.4))
    for (colour, marker), (examples, needed) in zip(_STYLES, table.items(), strict=False):
        axes.plot(table.index, needed, color=colour, marker=marker, markersize=3)
        name = f"{examples:,} examples"
        axes.annotate(name, (table.index[-1], needed.iloc[-1]), (5, 0), textcoords="offset points", color=colour)
    axes.axvline(seeds, color=GREY, linewidth=0.8, linestyle=":")
    above: dict[str, Any] = {"xycoords": axes.get_xaxis_transform(), "textcoords": "offset points", "ha": "center"}
    axes.annotate(f"{seeds} seeds", (seeds, 1), (0, 2), color=GREY, **above)
    for name, gap in gaps.items():
        axes.axhline(gap, color="black", linewidth=1, linestyle="--")
        axes.annotate(f"{name}: {gap:g}", (seeds, gap), (4, 3), textcoords="offset points")
    axes.set(xscale="log", yscale="log", xlabel="seeds per configuration", ylabel="smallest detectable difference")
    axes.set_ylim(top=min(axes.get_ylim()[1], 1))  # no score differs by more
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:g}")
    axes.set_xticks([2, 3, 5, 10, 20, 50, 100])
    axes.minorticks_off()
    title(figure, finding)
    return figure


def probes(tests: pd.DataFrame, names: Mapping[str, str], finding: str) -> Figure:
    """How often each measure ranks the equivalent assertion above the wrong one; `tests` of ``tables.probe_tests``."""
    figure, axes = plt.subplots(figsize=(6.4, 0.5 * len(tests) + 1.4))
    positions = name_rows(axes, [names[measure] for measure in tests.index])
    axes.barh(positions, tests.share, 0.55, color=np.where(tests.share < 0.5, ORANGE, BLUE))
    axes.hlines(positions, tests.low, tests.high, color="black", linewidth=1.2)
    for y, row in zip(positions, tests.itertuples(), strict=True):
        axes.annotate(f"{100 * row.share:.0f} %", (row.high, y), (6, 0), textcoords="offset points", va="center")
    axes.axvline(0.5, color="black", linestyle="--", linewidth=1)
    axes.annotate("a coin", (0.5, len(tests) - 0.45), (4, -4), textcoords="offset points")
    asked = f"of {tests.contrasts.iloc[0]:.0f} pairs from {tests.probes.iloc[0]:.0f} probes"
    axes.set(xlabel=f"{asked}, those with the equivalent assertion first (line: 95 %)", xlim=(0, 1))
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
    title(figure, finding)
    return figure


def agreement(judged: pd.DataFrame, panels: Mapping[str, str], names: Mapping[str, str], finding: str) -> Figure:
    """How well each score separates equivalent answers from the others: its AUC with its interval, and a coin's.

    Args:
        judged: ``agreement.judge``.
        panels: answers → title of their panel.
        names: score → its name; scores of one reading (the word after the comma) have one colour.
    """
    figure, axes = side_by_side(len(panels), (7.6, 0.25 * len(names) + 1.5), sharey=True)
    readings = list(dict.fromkeys(name.partition(", ")[2] for name in names.values()))
    colours = [(GREY, BLUE, ORANGE, "#009E73")[readings.index(name.partition(", ")[2])] for name in names.values()]
    for panel, (answers, label) in zip(axes, panels.items(), strict=True):
        rows = judged.loc[answers].loc[[*names]]
        positions = name_rows(panel, list(names.values()))
        panel.axvline(0.5, color="black", linestyle="--", linewidth=1)
        panel.hlines(positions, rows.auc_low, rows.auc_high, color=colours, linewidth=1.5)
        panel.scatter(rows.auc, positions, color=colours, s=18, zorder=3)
        for y, row in zip(positions, rows.itertuples(), strict=True):
            if not np.isnan(row.auc):
                left = row.auc_high < 0.5  # the label must not lie on the line of the coin
                place: dict[str, Any] = {"xytext": (-5 if left else 5, 0), "ha": "right" if left else "left"}
                at = (row.auc_low if left else row.auc_high, y)
                panel.annotate(f"{row.auc:.2f}", at, textcoords="offset points", va="center", fontsize=7, **place)
        panel.annotate("a coin", (0.5, len(names) - 0.4), (0, 2), textcoords="offset points", ha="center", fontsize=7)
        panel.set(xlabel=f"AUC, {label} (line: 95 %)", xlim=(min(0.38, judged.auc_low.min()) - 0.08, 1.08))
        panel.set_xticks([0.4, 0.6, 0.8, 1.0])
    title(figure, finding)
    return figure


def rankings(levels: Mapping[str, pd.DataFrame], finding: str) -> Figure:
    """Configurations by two measures, a panel each, in the order of the last: mean, interval and rank.

    `levels`: label of the axis → mean, low, high and rank, indexed by names. Orange: a rank that differs from the last
    panel's.
    """
    last = [*levels.values()][-1].sort_values("rank", kind="stable")
    figure, axes = side_by_side(len(levels), (7.2, 0.32 * len(last) + 1.4), sharey=True)
    for panel, (label, table) in zip(axes, levels.items(), strict=True):
        rows = table.loc[last.index]
        colours = np.where(rows["rank"] == last["rank"], BLUE, ORANGE)
        positions = name_rows(panel, list(rows.index))
        panel.hlines(positions, rows.low, rows.high, color=colours, linewidth=1.5)
        panel.scatter(rows["mean"], positions, color=colours, zorder=3)
        for y, value, place in zip(positions, rows["mean"], rows["rank"], strict=True):
            text = f"{place:.0f}."
            panel.annotate(text, (value, y), (0, 5), textcoords="offset points", ha="center", fontsize=8)
        panel.set(xlabel=f"{label} (line: 95 %; number: rank)")
        panel.xaxis.set_major_locator(MaxNLocator(5))
    title(figure, finding)
    return figure


def validation_losses(logs: Mapping[str, Sequence[Mapping[str, float]]], finding: str) -> Figure:
    """Validation cross-entropy over the steps of a training, one line per configuration, named at its end."""
    figure, axes = plt.subplots(figsize=(6.4, 0.16 * len(logs) + 2.6))
    ends = {}
    for (colour, marker), (name, history) in zip(_cycle(len(logs)), logs.items(), strict=True):
        log = pd.DataFrame(history).dropna(subset=["eval_loss"])
        axes.plot(log.step, log.eval_loss, color=colour, marker=marker, markersize=3)
        ends[name] = (log.step.iloc[-1], log.eval_loss.iloc[-1], colour)
    axes.set(xlabel="step", ylabel="validation loss (nats per token)")
    _name_ends(axes, ends)
    title(figure, finding)
    return figure


def course(
    points: pd.DataFrame,
    panels: Mapping[str, str],
    levels: Mapping[str, Mapping[str, float]],
    xlabel: str,
    finding: str,
    *,
    logarithmic: bool,
) -> Figure:
    """Measures against a swept parameter: a line through each family's means, a dot for each run.

    Args:
        points: one row per run: family, value and the measures.
        panels: measure → label of its axis.
        levels: what does not have the parameter: name → measures, the first panel's among them, as horizontal lines.
    """
    figure, axes = side_by_side(len(panels), (3.1 * len(panels) + 1.6, 3.4))
    for panel, (measure, label) in zip(axes, panels.items(), strict=True):
        ends = {}
        families = points.groupby("family", sort=False)
        for (colour, marker), (family, rows) in zip(_cycle(len(families)), families, strict=True):
            means = rows.groupby("value")[measure].mean()
            panel.plot(means.index, means, color=colour)
            panel.scatter(rows["value"], rows[measure], s=16, marker=marker, color=colour, alpha=0.7, linewidths=0)
            ends[str(family)] = (points["value"].max(), means.iloc[-1], colour)
        for (name, values), style in zip(levels.items(), ("--", ":", "-."), strict=False):
            if measure in values:
                panel.axhline(values[measure], color=GREY, linestyle=style, linewidth=1)
                ends[name] = (points["value"].max(), values[measure], GREY)
        ticks = sorted(points["value"].unique())
        if logarithmic:
            panel.set_xscale("log")
        panel.set_xticks(ticks, [f"{tick:,g}" for tick in ticks])
        panel.minorticks_off()
        panel.set(xlabel=xlabel, ylabel=label)
        if panel is axes[-1]:
            _name_ends(panel, ends)
    for name, values in levels.items():
        if list(panels)[-1] not in values:
            place = (points["value"].min(), values[next(iter(panels))])
            axes[0].annotate(name, place, (0, -9), textcoords="offset points", color=GREY, fontsize=8)
    title(figure, finding)
    return figure


def label_distribution(blanks: Mapping[str, pd.DataFrame], finding: str) -> Figure:
    """True entropy of each blank's label against the teacher's; and how far each model is from the true distribution.

    `blanks`: model → ``label_forms.by_blank``, the teacher first.
    """
    figure, (left, middle, right) = side_by_side(3, (8.4, 3.2), width_ratios=[1.2, 1, 1])
    teacher = next(iter(blanks.values()))
    most = 1.05 * max(teacher.entropy.max(), teacher.model_entropy.max())
    left.axline((0, 0), slope=1, color="black", linewidth=0.8)
    left.scatter(teacher.entropy, teacher.model_entropy, s=12, color=BLUE, alpha=0.5, linewidths=0)
    left.set(xlabel="true label entropy (bits)", ylabel="the teacher's (bits)", xlim=(0, most), ylim=(0, most))
    for axes, column, label in (
        (middle, "divergence", "KL(true ‖ model), bits"),
        (right, "mass", "mass on accepted forms"),
    ):
        positions = name_rows(axes, list(blanks) if axes is middle else [""] * len(blanks))
        means = [table[column].mean() for table in blanks.values()]
        axes.barh(positions, means, 0.6, color=[BLUE, *[SKY] * (len(blanks) - 1)])
        for y, value in zip(positions, means, strict=True):
            axes.annotate(f"{value:.2f}", (value, y), (3, 0), textcoords="offset points", va="center")
        axes.set(xlabel=label, xlim=(0, 1.25 * max(means)))
    title(figure, finding)
    return figure


def _cycle(number: int) -> list[tuple[str, str]]:
    return [_STYLES[i % len(_STYLES)] for i in range(number)]


def _name_ends(axes: Axes, ends: Mapping[str, tuple[float, float, str]]) -> None:
    """Write each line's name beside its last point, moved apart where they would overlap."""
    low, high = axes.get_ylim()
    gap = (high - low) / 14
    ordered = sorted(ends.items(), key=lambda end: end[1][1])
    places = np.array([y for _, (_, y, _) in ordered], dtype=float)
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + gap)
    over = max(0.0, places[-1] - high) if len(places) else 0.0
    for i in range(len(places) - 1, -1, -1):
        places[i] = min(places[i], places[i + 1] - gap) if i + 1 < len(places) else places[i] - over
    for (name, (x, _, colour)), y in zip(ordered, places, strict=True):
        axes.annotate(name, (x, y), (8, 0), textcoords="offset points", color=colour, fontsize=8, va="center")
