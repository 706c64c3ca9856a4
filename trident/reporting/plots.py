"""One function per figure. Each takes plain tables and returns a matplotlib figure; :func:`save` writes PNG and SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.ticker import LogLocator, NullFormatter

from trident.experiment import artifacts

plt.style.use(Path(__file__).with_name("trident.mplstyle"))

#: Colour and label of each loss component, the same in every figure.
COMPONENT_COLOURS = {"ce": "#0072B2", "kl": "#56B4E9", "focal": "#D55E00", "jsd": "#009E73", "semantic": "#CC79A7"}
COMPONENT_NAMES = {"ce": "cross-entropy", "kl": "KL · T²", "focal": "focal", "jsd": "JSD · T²", "semantic": "semantic"}
BLUE, SKY, ORANGE = "#0072B2", "#56B4E9", "#D55E00"

#: One row of a training log (``history.json``).
LogRow = Mapping[str, float]


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write ``name.png`` and ``name.svg``, the same bytes for the same figure."""
    for suffix, metadata in ((".png", {"Software": None}), (".svg", {"Date": None, "Creator": None})):
        with artifacts.atomic(folder / (name + suffix)) as temporary:
            figure.savefig(temporary, metadata=metadata)


def _panels(number: int, size: tuple[float, float], **options: Any) -> tuple[Figure, list[Axes]]:
    """A figure with `number` panels side by side. `size` in inches."""
    figure, panels = plt.subplots(1, number, figsize=size, squeeze=False, **options)
    return figure, list(panels[0])


def _rows(axes: Axes, names: Sequence[str]) -> np.ndarray:
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


def _component_lines(axes: Axes, log: pd.DataFrame, prefix: str, **style: Any) -> None:
    for name, colour in COMPONENT_COLOURS.items():
        _log_line(axes, log, prefix + name, color=colour, label=COMPONENT_NAMES[name], **style)
    axes.legend()


def _legend_beside(axes: Axes, **options: Any) -> Any:
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


def lengths(tokens: Mapping[str, Sequence[int]], limits: Mapping[str, int]) -> Figure:
    """Histograms of lengths in tokens, one panel per text (input, assertion), with the limit at which it is cut."""
    figure, panels = _panels(len(tokens), (6.4, 2.6))
    for axes, (text, values) in zip(panels, tokens.items(), strict=True):
        axes.hist(values, bins=30, color=SKY)
        axes.axvline(limits[text], color=ORANGE, linestyle="--")
        over = np.mean(np.asarray(values) > limits[text])
        axes.set(title=f"{text}: {over:.1%} over {limits[text]}", xlabel="tokens", ylabel="examples")
    return figure


def teacher_flatness(mass: pd.DataFrame) -> Figure:
    """Mean probability that the teacher's top tokens hold together (index: how many), one column per temperature."""
    figure, axes = plt.subplots()
    mass.rename(columns="T = {:g}".format).plot(ax=axes, marker="o")
    axes.set(xscale="log", xlabel="most probable tokens kept", ylabel="probability they hold", ylim=(0, 1.02))
    return figure


def cache_sizes(sizes: pd.DataFrame) -> Figure:
    """Bytes per token of each way to cache the teacher's outputs (index), in the columns raw and lz4."""
    figure, axes = plt.subplots(figsize=(6.4, 0.4 * len(sizes) + 1.2))
    positions = _rows(axes, list(sizes.index))
    axes.barh(positions + 0.2, sizes.raw, 0.4, label="raw", color=SKY)
    axes.barh(positions - 0.2, sizes.lz4, 0.4, label="LZ4", color=ORANGE)
    axes.set(xlabel="bytes per target token (logarithmic)", xscale="log")
    _legend_beside(axes)
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


def gradient_agreement(exact: np.ndarray, changed: np.ndarray, label: str) -> Figure:
    """The gradient from exact teacher outputs against the one from cached outputs, with the line of no error.

    Both are (V,), derivatives with respect to the student's logits. `label`: how the outputs were cached.
    """
    figure, axes = plt.subplots(figsize=(4.2, 3.6))
    axes.axline((0, 0), slope=1, color="black", linewidth=0.8)
    axes.scatter(exact, changed, s=8, color=BLUE, alpha=0.5, linewidths=0)
    axes.set(xlabel="gradient, exact", ylabel=f"gradient, {label}")
    axes.ticklabel_format(style="sci", scilimits=(-2, 3))
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
    figure, panels = _panels(len(schedules), (2.6 * len(schedules) + 1, 2.8), sharey=True)
    for axes, (title, epochs) in zip(panels, schedules.items(), strict=True):
        weights = pd.DataFrame(epochs)
        for name in map(str, weights):
            colour, label = COMPONENT_COLOURS[name], COMPONENT_NAMES[name]
            axes.plot(weights.index, weights[name], drawstyle="steps-post", color=colour, label=label)
        axes.plot(weights.index, weights.sum(axis=1), drawstyle="steps-post", color="grey", linestyle=":", label="sum")
        axes.set(title=title, xlabel="epoch", ylim=(0, 1.05))
    panels[0].set_ylabel("weight")
    _legend_beside(panels[-1])
    return figure


def training_curves(history: Sequence[LogRow]) -> Figure:
    """Training loss by component, and validation cross-entropy, over steps."""
    log = pd.DataFrame(history)
    figure, (left, right) = _panels(2, (6.4, 2.8))
    _component_lines(left, log, "loss_")
    left.set(title="training, by component", xlabel="step", ylabel="per token (semantic: per example)", yscale="log")
    _log_line(right, log, "eval_loss", marker="o", color="black")
    best = log.loc[log.eval_loss.idxmin()]
    right.scatter(best.step, best.eval_loss, s=90, facecolors="none", edgecolors=ORANGE, zorder=3, label="kept")
    right.set(title="validation, cross-entropy", xlabel="step", ylabel="nats per token", ylim=(0, None))
    right.legend()
    return figure


def gradient_audit(history: Sequence[LogRow]) -> Figure:
    """Norm and agreement of the loss components' gradients with respect to the student's last hidden states.

    The training log has `grad_norm_<component>` and `cosine_<a>_<b>` at the audited steps.
    """
    log = pd.DataFrame(history)
    figure, (left, right) = _panels(2, (6.8, 2.8))
    _component_lines(left, log, "grad_norm_", marker="o", markersize=3)
    left.set(title="gradient norm", xlabel="step", ylabel="weight × norm of the gradient", ylim=(0, None))
    for column in log.filter(like="cosine_"):
        pair = column.removeprefix("cosine_").replace("_", " and ")
        _log_line(right, log, column, marker="o", markersize=3, label=pair)
    right.axhline(0, color="black", linewidth=0.8)
    right.set(title="agreement", xlabel="step", ylabel="cosine of two gradients", ylim=(-1.05, 1.05))
    if len(right.lines) > 1:
        right.legend()
    return figure


def training_comparison(histories: Mapping[str, Sequence[LogRow]]) -> Figure:
    """One panel per loss component and one for validation, one line per configuration.

    Components are shown unweighted, so that lines can be compared. A configuration has no line where it lacks one.
    `histories` maps a configuration's name to the training log of one of its students.
    """
    logs = {name: pd.DataFrame(history) for name, history in histories.items()}
    titles = {f"loss_{name}": title for name, title in COMPONENT_NAMES.items()}
    titles = {column: title for column, title in titles.items() if any(column in log for log in logs.values())}
    titles["eval_loss"] = "validation cross-entropy"
    columns = min(3, len(titles))
    rows = -(-len(titles) // columns)
    styles: list[dict[str, Any]] = [{"color": f"C{i % 8}", "ls": "-" if i < 8 else "--"} for i in range(len(logs))]
    figure, panels = plt.subplots(rows, columns, figsize=(7.2, 2.2 * rows + 0.7), squeeze=False)
    for axes, (column, title) in zip(panels.flat, titles.items(), strict=False):
        marker = "o" if column == "eval_loss" else None
        for style, log in zip(styles, logs.values(), strict=True):
            _log_line(axes, log, column, linewidth=1.2, marker=marker, markersize=3, **style)
        axes.set(title=title, xlabel="step")
        if column != "eval_loss":
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter("{x:g}")  # 0.5, not 5 · 10⁻¹
            axes.yaxis.set_minor_formatter(NullFormatter())
    for axes in panels.flat[len(titles) :]:
        axes.axis("off")
    lines = [Line2D([], [], **style) for style in styles]
    figure.legend(lines, list(logs), loc="outside lower center", ncols=4)
    return figure


# -- results


def scores_by_configuration(
    runs: pd.DataFrame, metric: str, label: str, undistilled: Mapping[str, float], teacher: Mapping[str, float]
) -> Figure:
    """Every student as a dot and the mean over seeds as a bar; one panel per split, on one scale.

    `runs` has the columns configuration, seed, split and `metric`. The first split orders the configurations.
    `undistilled` and `teacher` (split → score of the student before distillation and of the teacher) are lines.
    """
    splits = list(dict.fromkeys(runs.split))
    order = list(runs[runs.split == splits[0]].groupby("configuration")[metric].mean().sort_values().index[::-1])
    figure, panels = _panels(len(splits), (7.2, 0.34 * len(order) + 1.5), sharey=True, sharex=True)
    for axes, split in zip(panels, splits, strict=True):
        for y, configuration in zip(_rows(axes, order), order, strict=True):
            values = runs[(runs.split == split) & (runs.configuration == configuration)][metric]
            axes.plot([values.mean()] * 2, [y - 0.3, y + 0.3], color=BLUE, linewidth=2.5, label="mean of seeds")
            axes.scatter(values, [y] * len(values), fc="none", ec=ORANGE, zorder=3, label="one seed")
        axes.axvline(undistilled[split], color="grey", linestyle=":", label="student before distillation")
        axes.axvline(teacher[split], color="grey", linestyle="--", label="teacher")
        axes.set(title=split, xlabel=label)
    handles, labels = panels[0].get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(list(once.values()), list(once), loc="outside lower center", ncols=4)
    return figure


_EXAMPLES: dict[str, Any] = {"color": BLUE, "linewidth": 1.2}
_SEEDS: dict[str, Any] = {"color": SKY, "linewidth": 6, "alpha": 0.6}


def configuration_differences(tables: Mapping[str, pd.DataFrame], baseline: str, label: str) -> Figure:
    """Difference of each configuration to `baseline` with both its intervals, one panel per split, on one scale.

    `tables`: split → the table of ``stats.compare``. Filled dots: significant over examples and over seeds. An arrow
    says that an interval goes beyond the axis.
    """
    every = pd.concat(tables.values())
    # The seeds' interval of a configuration that collapsed would leave no space for the others.
    half = np.nan_to_num((every.high_seeds - every.difference).median())
    low, high = min(every.low_examples.min(), -half), max(every.high_examples.max(), half)
    left, right = low - 0.2 * (high - low), high + 0.2 * (high - low)
    figure, panels = _panels(len(tables), (7.2, 0.42 * len(every) / len(tables) + 1.7), sharey=True, sharex=True)
    for axes, (split, table) in zip(panels, tables.items(), strict=True):
        positions = _rows(axes, list(table.index))
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
        axes.set_title(f"{split}: {table.significant.sum()} of {len(table)} differ", fontsize="medium")
        axes.set(xlabel=label, xlim=(left, right))
    figure.suptitle(f"Different from {baseline} both over examples and over seeds", fontsize="large")
    dots = [Line2D([], [], color=BLUE, marker="o", linestyle="", markerfacecolor=fill) for fill in (BLUE, "white")]
    lines = [Line2D([], [], **style) for style in (_EXAMPLES, _SEEDS)]
    names = ["95 %, other examples", "95 %, other seeds", "differs in both tests", "does not"]
    figure.legend([*lines, *dots], names, loc="outside lower center", ncols=4)
    return figure


def detectable_difference(table: pd.DataFrame, gaps: Mapping[str, float]) -> Figure:
    """Each configuration's difference to the baseline, beside the smallest one that an experiment would detect.

    `table`: index = configuration; columns difference, significant (filled dots), and one for each size of experiment,
    ours first. `gaps` (what is compared → published difference) are lines.
    """
    figure, axes = plt.subplots(figsize=(7.2, 0.34 * len(table) + 1.9))
    positions = _rows(axes, list(table.index))
    ours, *others = table.columns.drop(["difference", "significant"])
    for name, colour, size in zip((ours, *others), (ORANGE, "#E69F00", "#009E73"), (18, 11, 11), strict=False):
        axes.plot(table[name], positions, "|", markersize=size, markeredgewidth=2.5, color=colour, label=name)
    fill = np.where(table.significant, BLUE, "white")
    axes.scatter(table.difference.abs(), positions, color=fill, edgecolors=BLUE, zorder=3, label="difference found")
    for (name, gap), style in zip(gaps.items(), ("--", ":", "-."), strict=False):
        axes.axvline(gap, color="black", linewidth=1, linestyle=style, label=f"published: {name}, {gap:g}")
    largest = max(gaps.values())
    axes.set_title(f"{ours}: {(table[ours] <= largest).sum()} of {len(table)} would show a difference of {largest:g}")
    axes.set(xlabel="difference in CQS: found (dots) and smallest detectable (bars)", xscale="log")
    axes.xaxis.set_major_formatter("{x:g}")
    _legend_beside(axes, markerscale=0.6)
    return figure


def quality_size_latency(models: pd.DataFrame) -> Figure:
    """Quality against latency, area by parameters; from the columns name, cqs, latency_ms and parameters."""
    figure, axes = plt.subplots(figsize=(6.4, 3.4))
    for i, row in enumerate(models.to_dict("records")):
        area = 900 * row["parameters"] / models.parameters.max()  # square points
        label = f"{row['name']}\n{_count(row['parameters'])} parameters"
        axes.scatter(row["latency_ms"], row["cqs"], s=area, fc=f"C{i}", ec="black", alpha=0.7, label=label)
    # Names stand beside the axes: teacher and student may be so close that names beside the circles would overlap.
    for handle in _legend_beside(axes).legend_handles:
        handle.set_sizes([60])
    axes.set(xlabel="median latency of one assertion (ms)", ylabel="Code Quality Score", ylim=(0, 1.1))
    axes.set_xlim(0, models.latency_ms.max() * 1.15)
    return figure


def _count(number: float) -> str:
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.0f}"


def contrasts(table: pd.DataFrame, title: str = "") -> Figure:
    """How often each measure (index) ranks an equivalent assertion above a wrong one (one column per kind of wrong).

    Values are in [0, 1] or NaN; blue is above chance (0.5), orange below.
    """
    rows = [" ".join(filter(None, row)) if isinstance(row, tuple) else row for row in table.index]
    figure, axes = plt.subplots(figsize=(0.62 * table.shape[1] + 2.6, 0.3 * len(table) + 1.4))
    shades = LinearSegmentedColormap.from_list("contrast", [ORANGE, "white", BLUE])
    axes.imshow(table.to_numpy(dtype=float), cmap=shades, vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(table.to_numpy(dtype=float)):
        if not np.isnan(value):
            colour = "white" if abs(value - 0.5) > 0.35 else "black"
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=8, color=colour)
    axes.set_yticks(range(len(table)), rows)
    axes.set_xticks(range(table.shape[1]), table.columns.str.replace("_", " "), rotation=35, ha="right")
    axes.set_title(title)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    return figure


# -- the paper's Figure 1

_Place = tuple[float, float]
#: Name → left, bottom, width, height, text and colour.
_BOXES = {
    "data": (2, 20, 17, 10, "Java test with\na blank + method\nunder test", "#FFFFFF"),
    "teacher": (27, 36, 15, 9, "Teacher\n(frozen)", "#CFE5F3"),
    "cache": (27, 20.5, 15, 9, "Teacher cache\n(hidden states)", "#EEEEEE"),
    "student": (27, 4, 15, 9, "Student\n(trained)", "#FBE0CF"),
    "jsd": (54, 34, 16, 8, "JSD · T²\nto the teacher", "#CDEBE1"),
    "semantic": (54, 21, 16, 8, "Semantic: 1 − cos\nto the reference", "#F4E0EC"),
    "focal": (54, 8, 16, 8, "Focal\non the reference", "#F9EFC4"),
    "sum": (80, 19, 18, 12, "Trident loss\n$\\sum_i w_i(t)\\,L_i$", "#FFFFFF"),
}


def pipeline() -> Figure:
    """The paper's Figure 1: how teacher, student and the three losses are connected."""
    figure, axes = plt.subplots(figsize=(7.2, 3.5))
    axes.set(xlim=(0, 100), ylim=(0, 50))
    axes.axis("off")
    for x, y, width, height, text, colour in _BOXES.values():
        shape = "round,pad=0.3,rounding_size=1.2"
        axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=shape, fc=colour, ec="black", linewidth=0.9))
        axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=8.5)
    right, left, bottom, top = (1, 0.5), (0, 0.5), (0.5, 0), (0.5, 1)
    links = [("data", "teacher"), ("data", "student"), ("cache", "jsd")]
    links += [link for loss in ("jsd", "semantic", "focal") for link in (("student", loss), (loss, "sum"))]
    for start, end in links:
        _arrow(axes, start, right, end, left)
    _arrow(axes, "teacher", bottom, "cache", top)
    back = {"linestyle": "--", "connectionstyle": "arc3,rad=-0.32", "color": ORANGE, "linewidth": 1.1}
    _arrow(axes, "sum", bottom, "student", bottom, **back)
    axes.text(68, 1.2, "gradient", color=ORANGE, fontsize=8, ha="center")
    return figure


def _arrow(axes: Axes, start: str, leave: _Place, end: str, enter: _Place, **style: Any) -> None:
    """An arrow between two boxes. `leave` and `enter`: where it meets them, as shares of width and height."""
    points = [
        (x + across * width, y + up * height)
        for (x, y, width, height, *_), (across, up) in ((_BOXES[start], leave), (_BOXES[end], enter))
    ]
    style = {"color": "#333333", "linewidth": 0.9, "mutation_scale": 9, "shrinkA": 3, "shrinkB": 3, **style}
    axes.add_patch(FancyArrowPatch(*points, arrowstyle="-|>", **style))
