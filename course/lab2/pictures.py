"""The figures of lab 2. In the notebook students draw some from their own functions; all six are slides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from torch import Tensor

from course import variant
from course.lab2 import digits, experiments, faults, java
from course.lab2.digits import PseudoLabels, Step
from course.variant import Variant
from trident.reporting.lessons import GREEN
from trident.reporting.plots import BLUE, ORANGE, side_by_side

GREY, PURPLE = "#777777", "#CC79A7"
_STYLES = {
    experiments.ALONE: (ORANGE, "o"),
    experiments.SAME: (BLUE, "s"),
    experiments.ANSWERS: (GREEN, "^"),
    experiments.PROBABILITIES: (PURPLE, "D"),
}
_JAVA_STYLES = {java.ALONE: (ORANGE, "o"), java.ANSWERS: (GREEN, "^"), java.PROBABILITIES: (PURPLE, "D")}
#: What students predict: method and number of labels.
QUESTIONS = ((java.ALONE, 250), (java.ANSWERS, 250), (java.ALONE, 4000), (java.PROBABILITIES, 4000))

# -- what the teacher says


def hesitations(number: int = 4) -> Figure:
    """The test images with the most probable second choice, and what the teacher says to them."""
    images, p = _hesitating(number)
    second = p.topk(2).values[:, 1]
    figure, axes = plt.subplots(2, number, figsize=(7.2, 3.2), height_ratios=(1.2, 1))
    for i, (upper, lower) in enumerate(axes.T):
        upper.imshow(images.x[i].view(8, 8).tolist(), cmap="gray_r")
        upper.set_title(f"label {int(images.y[i])}", loc="center")
        upper.axis("off")
        _ten_bars(lower, p[i])
    axes[1, 0].set_ylabel("probability")
    figure.suptitle(
        f"On these test images the teacher's second choice has {float(second.min()):.0%} to {float(second.max()):.0%}",
        x=0.01, ha="left",
    )  # fmt: skip
    return figure


def _mixed_targets() -> Figure:
    images, p = _hesitating(1)
    label = torch.nn.functional.one_hot(images.y[0], digits.CLASSES).float()
    figure, panels = side_by_side(3, (7.2, 3.0), sharey=True)
    for axes, name, target in (
        (panels[0], "α = 1: the label", label),
        (panels[1], "α = ½: half and half", (label + p[0]) / 2),
        (panels[2], "α = 0: the teacher", p[0]),
    ):
        _ten_bars(axes, target)
        axes.set(title=name, xlabel="digit")
    panels[0].set_ylabel("what the student is to say (T = 1)")
    figure.suptitle(f"To mix the losses is to mix the targets: an image with the label {int(images.y[0])}",
                    x=0.01, ha="left")  # fmt: skip
    return figure


def _modes(images_shown: int = 8, times: int = 50) -> Figure:
    images, p = _hesitating(images_shown)
    rows = torch.arange(images_shown)
    teacher = digits.teacher().train()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        asked = torch.stack([teacher(images.x) for _ in range(times)]).softmax(-1)
    changes = int(((asked.argmax(-1) != p.argmax(-1)).float().mean(0) > 0).sum())
    figure, [axes] = side_by_side(1, (6.4, 3.6))
    asked_often = rows.repeat(times).tolist(), asked[:, rows, images.y].flatten().tolist()
    axes.scatter(*asked_often, color=ORANGE, s=12, alpha=0.35, linewidths=0)
    axes.scatter(rows.tolist(), p[rows, images.y].tolist(), color=BLUE, marker="_", s=500, linewidths=3)
    axes.text(images_shown - 0.4, 0.9, f"train() mode,\n{times} answers each", color=ORANGE, va="center")
    axes.text(images_shown - 0.4, 0.1, "eval() mode,\nalways the same", color=BLUE, va="center")
    axes.set(xlabel="test image", ylabel="probability of the label", ylim=(-0.03, 1.03), xlim=(-0.5, images_shown + 2))
    axes.set_xticks(range(images_shown), [str(i + 1) for i in range(images_shown)])
    axes.set_title(f"In train() mode the teacher changes its first choice on {changes} of these {images_shown} images")
    return figure


# -- drawn from the students' own functions


def never_shown(step: Step, digit: int) -> Figure:
    """:func:`experiments.never_shown`: what the teacher says of a digit on images of others, and who learns it."""
    return _never_shown(experiments.never_shown(step, digit), digit)


def _never_shown(table: pd.DataFrame, digit: int) -> Figure:
    sources = list(table.source.unique())
    names = ["from\nlabels", *(f"T = {T}" for T in sources[1:])]
    means = table.groupby("source", sort=False)[["accuracy", "share"]].mean()
    figure, (left, right) = side_by_side(2, (7.2, 3.2))
    left.bar(names[1:], means.share.iloc[1:], color=BLUE, width=0.6)
    for at, share in enumerate(means.share.iloc[1:]):
        left.text(at, share, f"{share:.1%}", ha="center", va="bottom")
    left.set(title=f"what the teacher gives to {digit}\non images of other digits", ylabel="mean probability")
    left.margins(y=0.15)
    left.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    left.grid(axis="x", visible=False)
    places = table.source.map(sources.index)
    right.scatter(places, table.accuracy, fc="none", ec=ORANGE, zorder=3)
    right.hlines(means.accuracy, np.arange(len(sources)) - 0.25, np.arange(len(sources)) + 0.25, color=BLUE, lw=2.5)
    right.set_xticks(range(len(sources)), names)
    right.set(title=f"accuracy on test images of {digit}\n(circle: a student; bar: mean)", ylim=(-0.04, 1.04))
    right.grid(axis="x", visible=False)
    alone, taught = means.accuracy.iloc[0], means.accuracy.iloc[-1]
    title = f"Digit {digit}, never shown: {alone:.0%} right from labels, {taught:.0%} from the teacher at {names[-1]}"
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def with_labels(step: Step, pseudo_labels: PseudoLabels, you: Variant) -> Figure:
    """:func:`experiments.with_labels` at this student's temperature: accuracy against the number of labels."""
    return _with_labels(experiments.with_labels(step, pseudo_labels, you.temperature))


def _with_labels(table: pd.DataFrame) -> Figure:
    teacher = digits.accuracy(digits.teacher(), digits.load().test)
    means = table.groupby(["method", "labels"]).accuracy.mean()
    few, many = min(experiments.LABELS), max(experiments.LABELS)
    (few_alone, few_with), (many_alone, many_with) = (
        (means[experiments.ALONE, n], means[experiments.SAME, n]) for n in (few, many)
    )
    figure, [axes] = side_by_side(1, (6.8, 4.0))
    _curves(axes, table, _STYLES, "accuracy")
    axes.axhline(teacher, color=GREY, linestyle="--", label="the teacher")
    axes.legend(loc="lower right")
    axes.set(ylabel="accuracy on the test images", xlabel="labels (logarithmic)")
    axes.set_title(
        f"{few} labels: {few_alone:.0%} alone, {few_with:.0%} with the teacher;\n"
        f"{many:,} labels: {many_alone:.1%} alone, {many_with:.1%} with the teacher"
    )
    return figure


def java_blanks(prediction: Callable[[], Sequence[float]]) -> Figure:
    """The grid `labels` on Java blanks, and what was predicted for :data:`QUESTIONS`.

    Raises:
        ValueError: the prediction has not four numbers between 0 and 1.
    """
    predicted = list(prediction())
    if len(predicted) != len(QUESTIONS) or not all(0 <= share <= 1 for share in predicted):
        raise ValueError(f"prediction() returns {predicted}: there should be {len(QUESTIONS)} numbers between 0 and 1")
    return _java(predicted)


def _java(predicted: Sequence[float] = ()) -> Figure:
    runs, teacher = java.runs(), java.teacher()
    few, many = (java.accepted(*QUESTIONS[i]) for i in (1, 2))
    figure, [axes] = side_by_side(1, (6.8, 4.0))
    _curves(axes, runs, _JAVA_STYLES, "accepted")
    axes.axhline(teacher, color=GREY, linestyle="--", label="the teacher")
    for (method, labels), share in zip(QUESTIONS, predicted, strict=False):
        axes.plot(labels, share, marker="*", markersize=16, mfc="none", mec=_JAVA_STYLES[method][0], linestyle="")
    if predicted:
        axes.plot([], [], marker="*", markersize=12, mfc="none", mec="black", linestyle="", label="your prediction")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set(ylabel="accepted assertions", xlabel="labels (logarithmic)", ylim=(0, None))
    axes.set_title(f"250 labels and the teacher's answers: {few:.0%} accepted;\n4,000 labels alone: {many:.0%}")
    return figure


# -- the slides


PICTURES: Mapping[str, Callable[[], Figure]] = {
    "1-hesitations": hesitations,
    "2-mixed-targets": _mixed_targets,
    "3-modes": _modes,
    "4-never-shown": lambda: never_shown(faults.kd_step, variant.of(0).digit),
    "5-labels": lambda: with_labels(faults.kd_step, faults.pseudo_labels, variant.of(0)),
    "6-java": _java,
}


def _hesitating(number: int) -> tuple[digits.Images, Tensor]:
    """The test images with the most probable second choice, and the teacher's probabilities."""
    test = digits.load().test
    p = digits.answers(digits.teacher(), test.x).softmax(-1)
    rows = p.topk(2).values[:, 1].topk(number).indices
    return test.at(rows), p[rows]


def _ten_bars(axes: Axes, p: Tensor) -> None:
    axes.bar(range(digits.CLASSES), p.tolist(), color=BLUE)
    axes.set_xticks(range(digits.CLASSES))
    axes.set_ylim(0, 1)
    axes.grid(axis="x", visible=False)


def _curves(axes: Axes, table: pd.DataFrame, styles: Mapping[str, tuple[str, str]], measure: str) -> None:
    """One line through the means of each method over the number of labels, and each seed as a mark."""
    for method, (colour, marker) in styles.items():
        rows = table[table.method == method]
        means = rows.groupby("labels")[measure].mean()
        axes.scatter(rows.labels, rows[measure], color=colour, marker=marker, s=16, alpha=0.5, linewidths=0)
        axes.plot(means.index, means, color=colour, marker=marker, markersize=4, label=method)
    at = sorted(table.labels.unique())
    axes.set_xscale("log")
    axes.set_xticks(at, [f"{labels:,}" for labels in at])
    axes.minorticks_off()
