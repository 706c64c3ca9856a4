"""One figure a function. Each takes plain tables and returns a matplotlib figure; :func:`save` writes PNG and SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.ticker import LogLocator, NullFormatter

from trident.experiment import artifacts

plt.style.use(Path(__file__).with_name("trident.mplstyle"))

#: Colour of each loss component, the same in every figure.
COMPONENT_COLOURS = {"ce": "#0072B2", "kl": "#56B4E9", "focal": "#D55E00", "jsd": "#009E73", "semantic": "#CC79A7"}
COMPONENT_NAMES = {"ce": "cross-entropy", "kl": "KL · T²", "focal": "focal", "jsd": "JSD · T²", "semantic": "semantic"}


def save(figure: Figure, folder: str | Path, name: str) -> None:
    """Write ``name.png`` and ``name.svg``, the same bytes for the same figure."""
    for suffix, metadata in ((".png", {"Software": None}), (".svg", {"Date": None, "Creator": None})):
        with artifacts.atomic(Path(folder) / (name + suffix)) as temporary:
            figure.savefig(temporary, metadata=metadata)


def assertion_kinds(counts: pd.DataFrame, reference: Mapping[str, float] | None = None) -> Figure:
    """Share of each assertion kind by split, as grouped bars.

    Args:
        counts: index = kind, a column a split, values = examples.
        reference: share of each kind in the wild, drawn as a mark.
    """
    shares = (counts / counts.sum()).loc[counts.sum(axis=1).sort_values(ascending=False).index]
    figure, axes = plt.subplots()
    positions, width = np.arange(len(shares)), 0.8 / len(shares.columns)
    for i, split in enumerate(shares.columns):
        axes.bar(positions + (i + 0.5) * width - 0.4, shares[split], width, label=split)
    if reference:
        known = [(x, reference[kind]) for x, kind in zip(positions, shares.index, strict=True) if kind in reference]
        axes.scatter(*zip(*known, strict=True), marker="_", s=260, color="black", zorder=3, label="real projects")
    axes.set_xticks(positions, shares.index, rotation=35, ha="right")
    axes.set(ylabel="share of assertions", xlabel="kind of assertion")
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.grid(axis="x", visible=False)
    axes.legend()
    return figure


def lengths(tokens: Mapping[str, Sequence[int]], limits: Mapping[str, int]) -> Figure:
    """Histograms of lengths in tokens, one panel each, with the limit that cuts them.

    Args:
        tokens: what (input, assertion) → lengths.
        limits: what → maximum length.
    """
    figure, panels = plt.subplots(1, len(tokens), figsize=(6.4, 2.6))
    for axes, (what, values) in zip(np.atleast_1d(panels), tokens.items(), strict=True):
        axes.hist(values, bins=30, color="#56B4E9")
        axes.axvline(limits[what], color="#D55E00", linestyle="--")
        over = np.mean(np.asarray(values) > limits[what])
        axes.set(title=f"{what}: {over:.1%} over {limits[what]}", xlabel="tokens", ylabel="examples")
    return figure


def training_curves(history: Sequence[Mapping[str, float]]) -> Figure:
    """Training loss by component, and validation cross-entropy, over steps.

    Args:
        history: the trainer's log (`history.json`).
    """
    log = pd.DataFrame(history)
    components = [name for name in COMPONENT_COLOURS if f"loss_{name}" in log]
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.8))
    for name in components:
        points = log.dropna(subset=[f"loss_{name}"])
        left.plot(points.step, points[f"loss_{name}"], color=COMPONENT_COLOURS[name], label=COMPONENT_NAMES[name])
    left.set(
        xlabel="step", ylabel="mean per token (semantic: per example)", title="training, by component", yscale="log"
    )
    left.legend()
    points = log.dropna(subset=["eval_loss"])
    right.plot(points.step, points.eval_loss, marker="o", color="black")
    best = points.eval_loss.idxmin()
    right.scatter(
        points.step[best], points.eval_loss[best], s=90, facecolors="none", edgecolors="#D55E00", zorder=3, label="kept"
    )
    right.set(xlabel="step", ylabel="nats per token", title="validation, cross-entropy", ylim=(0, None))
    right.legend()
    return figure


def curves(x: Sequence[float], values: Mapping[str, Sequence[float]], xlabel: str, ylabel: str) -> Figure:
    """Named curves over one axis, to show a formula beside its code."""
    figure, axes = plt.subplots(figsize=(6.4, 2.6))
    for name, y in values.items():
        axes.plot(x, y, label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend()
    return figure


def gradient_audit(history: Sequence[Mapping[str, float]]) -> Figure:
    """How hard each loss component pushes on the student's last hidden states, and which way, over a training.

    Args:
        history: the trainer's log, with `push_<component>` and `cosine_<a>_<b>` at the steps that were audited.
    """
    log = pd.DataFrame(history)
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.8, 2.8))
    for name in [name for name in COMPONENT_COLOURS if f"push_{name}" in log]:
        points = log.dropna(subset=[f"push_{name}"])
        left.plot(
            points.step,
            points[f"push_{name}"],
            marker="o",
            markersize=3,
            color=COMPONENT_COLOURS[name],
            label=COMPONENT_NAMES[name],
        )
    left.set(xlabel="step", ylabel="weight × length of the gradient", title="push", ylim=(0, None))
    left.legend()
    for column in [name for name in log if name.startswith("cosine_")]:
        points = log.dropna(subset=[column])
        right.plot(
            points.step,
            points[column],
            marker="o",
            markersize=3,
            label=column.removeprefix("cosine_").replace("_", " and "),
        )
    right.axhline(0, color="black", linewidth=0.8)
    right.set(xlabel="step", ylabel="cosine of two gradients", title="agreement", ylim=(-1.05, 1.05))
    if right.get_legend_handles_labels()[0]:
        right.legend()
    return figure


def weight_schedules(schedules: Mapping[str, pd.DataFrame]) -> Figure:
    """Weights of the loss components over a training, one panel a schedule.

    Args:
        schedules: title → table with index = progress (epochs) and a column a component, as ``schedules.table`` gives it.
    """
    figure, panels = plt.subplots(
        1, len(schedules), figsize=(2.6 * len(schedules) + 1, 2.8), sharey=True, squeeze=False
    )
    for axes, (title, weights) in zip(panels[0], schedules.items(), strict=True):
        for name in weights:
            axes.plot(
                weights.index,
                weights[name],
                drawstyle="steps-post",
                color=COMPONENT_COLOURS[name],
                label=COMPONENT_NAMES[name],
            )
        axes.plot(weights.index, weights.sum(axis=1), drawstyle="steps-post", color="grey", linestyle=":", label="sum")
        axes.set(title=title, xlabel="epoch", ylim=(0, 1.05))
    panels[0, 0].set_ylabel("weight")
    panels[0, -1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def training_comparison(histories: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    """One panel a loss component and one for validation, one line a configuration: what each configuration drives down.

    A component is shown unweighted, so that its lines can be compared; a configuration without it has no line there.

    Args:
        histories: name of a configuration → the trainer's log of one of its students.
    """
    logs = {name: pd.DataFrame(history) for name, history in histories.items()}
    shown = [
        (f"loss_{key}", title)
        for key, title in COMPONENT_NAMES.items()
        if any(f"loss_{key}" in log for log in logs.values())
    ]
    shown.append(("eval_loss", "validation cross-entropy"))
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(7.2, 2.2 * rows + 0.7), squeeze=False)
    for axes, (column, title) in zip(panels.flat, shown, strict=False):
        for i, (name, log) in enumerate(logs.items()):
            if column in log:
                points = log.dropna(subset=[column])
                axes.plot(
                    points.step,
                    points[column],
                    color=f"C{i % 8}",
                    linestyle="-" if i < 8 else "--",
                    linewidth=1.2,
                    marker="o" if column == "eval_loss" else None,
                    markersize=3,
                )
        axes.set(title=title, xlabel="step")
        if column != "eval_loss":
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_minor_formatter(NullFormatter())
    for axes in panels.flat[len(shown) :]:
        axes.axis("off")
    handles = [
        plt.Line2D([], [], color=f"C{i % 8}", linestyle="-" if i < 8 else "--", label=name)
        for i, name in enumerate(logs)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return figure


def scores_by_configuration(
    runs: pd.DataFrame, metric: str, label: str, floor: Mapping[str, float], ceiling: Mapping[str, float]
) -> Figure:
    """Every student as a dot, the mean over seeds as a bar; one panel a split, on one scale.

    Args:
        runs: columns configuration, seed, split and `metric`, a row a student and split. Configurations are ordered by their mean
            on the split that comes first.
        metric, label: which column, and how to call it on the axis.
        floor, ceiling: split → score of the untrained student and of the teacher, drawn as lines.
    """
    splits = list(dict.fromkeys(runs.split))
    order = runs[runs.split == splits[0]].groupby("configuration")[metric].mean().sort_values().index
    figure, panels = plt.subplots(
        1, len(splits), figsize=(7.2, 0.34 * len(order) + 1.5), sharey=True, sharex=True, squeeze=False
    )
    for axes, split in zip(panels[0], splits, strict=True):
        for y, configuration in enumerate(order):
            values = runs[(runs.split == split) & (runs.configuration == configuration)][metric]
            axes.plot([values.mean()] * 2, [y - 0.3, y + 0.3], color="#0072B2", linewidth=2.5)
            axes.scatter(values, [y] * len(values), facecolors="none", edgecolors="#D55E00", zorder=3)
        axes.axvline(floor[split], color="grey", linestyle=":")
        axes.axvline(ceiling[split], color="grey", linestyle="--")
        axes.set(title=split, xlabel=label, ylim=(-0.6, len(order) - 0.4))
        axes.grid(axis="y", visible=False)
    panels[0, 0].set_yticks(range(len(order)), order)
    handles = [
        plt.Line2D([], [], color="grey", linestyle=":", label="untrained student"),
        plt.Line2D(
            [], [], marker="o", linestyle="", markerfacecolor="none", markeredgecolor="#D55E00", label="one seed"
        ),
        plt.Line2D([], [], color="#0072B2", linewidth=2.5, label="mean of seeds"),
        plt.Line2D([], [], color="grey", linestyle="--", label="teacher"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return figure


def quality_size_latency(models: pd.DataFrame) -> Figure:
    """Quality against latency, area by parameters: what distillation buys.

    Args:
        models: columns name, cqs, latency_ms, parameters.
    """
    figure, axes = plt.subplots(figsize=(6.4, 3.4))
    areas = 900 * models.parameters / models.parameters.max()  # square points
    for i, (row, area) in enumerate(zip(models.itertuples(), areas, strict=True)):
        axes.scatter(
            row.latency_ms,
            row.cqs,
            s=area,
            color=f"C{i}",
            alpha=0.7,
            edgecolors="black",
            label=f"{row.name}\n{_count(row.parameters)} parameters",
        )
    # names beside the axes: teacher and student may stand so close that names beside the circles would cover one another
    for handle in axes.legend(loc="center left", bbox_to_anchor=(1, 0.5)).legend_handles:
        handle.set_sizes([60])
    axes.set(xlabel="median latency of one assertion (ms)", ylabel="Code Quality Score", ylim=(0, 1.1))
    axes.set_xlim(0, models.latency_ms.max() * 1.15)
    return figure


def _count(number: float) -> str:
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.0f}"


def teacher_flatness(mass: pd.DataFrame) -> Figure:
    """How much probability the teacher's top tokens hold, by temperature.

    Args:
        mass: index = number of top tokens, a column a temperature, values = mean probability they hold together.
    """
    figure, axes = plt.subplots()
    for i, temperature in enumerate(mass):
        axes.plot(mass.index, mass[temperature], marker="o", color=f"C{i}", label=f"T = {temperature:g}")
    axes.set(xscale="log", xlabel="most probable tokens kept", ylabel="probability they hold", ylim=(0, 1.02))
    axes.legend()
    return figure


def store_sizes(sizes: pd.DataFrame) -> Figure:
    """Bytes a token of each way to keep the teacher's knowledge, before and after LZ4.

    Args:
        sizes: index = what is stored; columns raw, lz4 (bytes a token).
    """
    figure, axes = plt.subplots(figsize=(6.4, 0.4 * len(sizes) + 1.2))
    positions = np.arange(len(sizes))
    axes.barh(positions + 0.2, sizes.raw, 0.4, label="raw", color="#56B4E9")
    axes.barh(positions - 0.2, sizes.lz4, 0.4, label="LZ4", color="#D55E00")
    axes.set_yticks(positions, sizes.index)
    axes.set(xlabel="bytes a target token (logarithmic)", xscale="log")
    axes.grid(axis="y", visible=False)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def pipeline() -> Figure:
    """The paper's Figure 1: how teacher, student and the three losses hang together."""
    figure, axes = plt.subplots(figsize=(7.2, 3.5))
    axes.set(xlim=(0, 100), ylim=(0, 50))
    axes.axis("off")
    boxes = {
        "data": (2, 20, 17, 10, "Java test with\na blank + method\nunder test", "#FFFFFF"),
        "teacher": (27, 36, 15, 9, "Teacher\n(frozen)", "#CFE5F3"),
        "store": (27, 20.5, 15, 9, "Knowledge store\n(LZ4)", "#EEEEEE"),
        "student": (27, 4, 15, 9, "Student\n(trained)", "#FBE0CF"),
        "jsd": (54, 34, 16, 8, "JSD · T²\nto the teacher", "#CDEBE1"),
        "semantic": (54, 21, 16, 8, "Semantic: 1 − cos\nto the reference", "#F4E0EC"),
        "focal": (54, 8, 16, 8, "Focal\non the reference", "#F9EFC4"),
        "sum": (80, 19, 18, 12, "Trident loss\n$\\sum_i w_i(t)\\,L_i$", "#FFFFFF"),
    }
    for x, y, width, height, text, colour in boxes.values():
        axes.add_patch(
            FancyBboxPatch(
                (x, y),
                width,
                height,
                boxstyle="round,pad=0.3,rounding_size=1.2",
                facecolor=colour,
                edgecolor="black",
                linewidth=0.9,
            )
        )
        axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=8.5)

    def side(name: str, where: str) -> tuple[float, float]:
        x, y, width, height, *_ = boxes[name]
        return {
            "left": (x - 0.4, y + height / 2),
            "right": (x + width + 0.4, y + height / 2),
            "top": (x + width / 2, y + height + 0.4),
            "bottom": (x + width / 2, y - 0.4),
        }[where]

    arrows = [
        ("data", "right", "teacher", "left"),
        ("data", "right", "student", "left"),
        ("teacher", "bottom", "store", "top"),
        ("store", "right", "jsd", "left"),
        ("student", "right", "jsd", "left"),
        ("student", "right", "semantic", "left"),
        ("student", "right", "focal", "left"),
        ("jsd", "right", "sum", "left"),
        ("semantic", "right", "sum", "left"),
        ("focal", "right", "sum", "left"),
    ]
    for start, out, end, into in arrows:
        axes.add_patch(
            FancyArrowPatch(
                side(start, out),
                side(end, into),
                arrowstyle="-|>",
                mutation_scale=9,
                color="#333333",
                linewidth=0.9,
                shrinkA=0,
                shrinkB=0,
            )
        )
    axes.add_patch(
        FancyArrowPatch(
            side("sum", "bottom"),
            side("student", "bottom"),
            arrowstyle="-|>",
            mutation_scale=9,
            linestyle="--",
            connectionstyle="arc3,rad=-0.32",
            color="#D55E00",
            linewidth=1.1,
        )
    )
    axes.text(68, 1.2, "gradient", color="#D55E00", fontsize=8, ha="center")
    return figure


def configuration_differences(tables: Mapping[str, pd.DataFrame], label: str) -> Figure:
    """Difference of each configuration to a baseline with its interval, one panel a split, first row on top.

    Args:
        tables: split → table with index = configuration and columns difference, low, high and significant (a test, corrected for
            the number of comparisons: filled dots; otherwise hollow).
        label: what the difference is of and to.
    """
    rows = max(len(table) for table in tables.values())
    figure, panels = plt.subplots(
        1, len(tables), figsize=(7.2, 0.34 * rows + 1.5), sharey=True, sharex=True, squeeze=False
    )
    for axes, (split, table) in zip(panels[0], tables.items(), strict=True):
        positions = np.arange(len(table))[::-1]
        axes.hlines(positions, table.low, table.high, color="#0072B2")
        axes.scatter(
            table.difference,
            positions,
            color=["#0072B2" if sure else "white" for sure in table.significant],
            edgecolors="#0072B2",
            zorder=3,
        )
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_yticks(positions, table.index)
        axes.set(title=split, xlabel=label, ylim=(-0.6, len(table) - 0.4))
        axes.grid(axis="y", visible=False)
    handles = [
        plt.Line2D([], [], color="#0072B2", marker="o", markerfacecolor=colour, label=text)
        for colour, text in (("#0072B2", "significant"), ("white", "not significant"))
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def detectable_difference(table: pd.DataFrame, gaps: Mapping[str, float]) -> Figure:
    """The smallest difference that an experiment shows, by its number of seeds, beside differences that were published.

    Args:
        table: index = seeds, a column a number of examples, values in units of the score.
        gaps: what is compared → published difference, drawn as lines.
    """
    figure, axes = plt.subplots(figsize=(6.4, 3.0))
    for examples in table:
        axes.plot(table.index, table[examples], marker="o", label=f"can be shown with {examples:,} examples")
    for (name, gap), style in zip(gaps.items(), ("--", ":", "-.", "-"), strict=False):
        axes.axhline(gap, color="black", linewidth=1, linestyle=style, label=f"published: {name}, {gap:g}")
    axes.set(xlabel="seeds for each configuration", ylabel="difference in CQS", yscale="log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def contrasts(table: pd.DataFrame, title: str = "") -> Figure:
    """How often each measure ranks an equivalent assertion above a wrong one, as shaded numbers: blue sees it, orange is misled.

    Args:
        table: index = measure (each row is drawn as a line of the figure), a column a way of being wrong, values in [0, 1] or NaN. A
            coin would reach 0.5, which is white.
        title: of the figure.
    """
    labels = [
        " ".join(str(part) for part in (row if isinstance(row, tuple) else (row,)) if part) for row in table.index
    ]
    figure, axes = plt.subplots(figsize=(0.62 * table.shape[1] + 2.6, 0.3 * len(table) + 1.4))
    shades = LinearSegmentedColormap.from_list("contrast", ["#D55E00", "#FFFFFF", "#0072B2"])
    axes.imshow(table.to_numpy(dtype=float), cmap=shades, vmin=0, vmax=1, aspect="auto")
    for row, column in np.argwhere(table.notna().to_numpy()):
        value = table.iat[row, column]
        axes.text(
            column,
            row,
            f"{value:.2f}",
            ha="center",
            va="center",
            fontsize=8,
            color="white" if abs(value - 0.5) > 0.35 else "black",
        )
    axes.set_yticks(range(len(table)), labels)
    axes.set_xticks(
        range(table.shape[1]), [str(name).replace("_", " ") for name in table.columns], rotation=35, ha="right"
    )
    axes.set_title(title)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    return figure


def size_against_error(costs: pd.DataFrame, error: str, label: str) -> Figure:
    """What each codec of the knowledge store takes, and what it spoils: a named dot a codec, both axes logarithmic.

    Args:
        costs: index = codec, columns bytes_per_token and `error`, both positive, as ``logits.measure.compare`` gives them.
        error, label: which column, and how to call it on the axis.
    """
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    kinds = (
        ("hidden states", "#0072B2", "o", costs.index.str.startswith("hidden")),
        ("logits", "#D55E00", "s", ~costs.index.str.startswith("hidden")),
    )
    for kind, colour, marker, rows in kinds:
        axes.scatter(costs.bytes_per_token[rows], costs[error][rows], color=colour, marker=marker, label=kind, zorder=3)
    for name, x, y in costs[["bytes_per_token", error]].itertuples():
        axes.annotate(name, (x, y), xytext=(6, 0), textcoords="offset points", fontsize=8, va="center")
    axes.set(xscale="log", yscale="log", xlabel="bytes a target token (logarithmic)", ylabel=label)
    axes.set_xlim(costs.bytes_per_token.min() / 1.5, costs.bytes_per_token.max() * 4)  # room for the last name
    axes.legend(loc="lower left")
    return figure


def gradient_agreement(exact: np.ndarray, changed: np.ndarray, label: str) -> Figure:
    """A gradient from exact knowledge against the same gradient from stored knowledge, a dot a component, with the line of no error.

    Args:
        exact, changed: (V,), derivatives of the loss with respect to the student's logits.
        label: how `changed` was stored.
    """
    figure, axes = plt.subplots(figsize=(4.2, 3.6))
    axes.axline((0, 0), slope=1, color="black", linewidth=0.8)
    axes.scatter(exact, changed, s=8, color="#0072B2", alpha=0.5, linewidths=0)
    axes.set(xlabel="gradient, exact", ylabel=f"gradient, {label}")
    axes.ticklabel_format(style="sci", scilimits=(-2, 3))
    return figure
