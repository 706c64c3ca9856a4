"""The figures of lab 1. In the notebook students draw the first two from their own functions; all six are slides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor

from course import data, instruments
from course.instruments import Batch, Loss
from course.lab1.faults import correct
from trident.losses import ce
from trident.reporting.lessons import GREEN
from trident.reporting.plots import BLUE, ORANGE, name_rows, side_by_side

GREY = "#777777"
TEMPERATURES = (0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16)
Soften = Callable[[Tensor, float], Tensor]


# -- drawn from the students' own functions


def temperatures(soften: Soften, blanks: data.Blanks, at: Sequence[float] = (1, 2, 4), best: int = 5) -> Figure:
    """The teacher's distribution at the blank where it hesitates, at several temperatures; one bar for all the rest."""
    logits = blanks.teacher[blanks.undecided(), 0]
    columns = {f"T = {T:g}": soften(logits, T).exp() for T in at}
    table = _best(columns, blanks, logits.topk(best).indices)
    rest = table.loc[table.index[-1]]
    first, last = rest.index[0], rest.index[-1]
    title = f"At {first} the best {best} tokens hold {1 - rest[first]:.0%}; at {last} the others hold {rest[last]:.0%}"
    return _bars(table, title)


def relative_lengths(loss: Loss, blanks: data.Blanks) -> pd.DataFrame:
    """The length of the loss's gradient at the student's logits by T, and what it would be without the factor T².

    The unit is the length of the gradient of the cross-entropy with the labels.
    """
    batch = Batch(blanks.student, blanks.teacher, blanks.labels, 1.0)
    hard = instruments.gradients(lambda z, t, labels, T: ce(z, labels), batch).student.norm()
    soft = [instruments.gradients(loss, batch._replace(temperature=T)).student.norm() for T in TEMPERATURES]
    lengths = np.array([float(length / hard) for length in soft])
    columns = {"with T²": lengths, "without": lengths / np.array(TEMPERATURES) ** 2}
    return pd.DataFrame(columns, index=pd.Index(TEMPERATURES, name="T"))


def gradient_lengths(loss: Loss, blanks: data.Blanks) -> Figure:
    """:func:`relative_lengths` against T."""
    table, at = relative_lengths(loss, blanks), list(TEMPERATURES)
    falls = table.loc[1] / table.loc[16]
    figure, [axes] = side_by_side(1, (6.4, 3.6))
    for name, colour, way in (("with T²", BLUE, 1.5), ("without", ORANGE, 0.3)):
        axes.plot(table.index, table[name], color=colour, marker="o")
        axes.text(7, float(np.interp(7, table.index, table[name])) * way, name, color=colour, ha="center", va="center")
    axes.axhline(1, color=GREY, linestyle="--")
    axes.text(at[-1], 1.12, "cross-entropy with the labels", color=GREY, ha="right", va="bottom")
    axes.set(xscale="log", yscale="log", xlabel="temperature T", ylabel="length of the gradient\n(cross-entropy = 1)")
    axes.set_xticks(at, [f"{T:g}" for T in at])
    axes.minorticks_off()
    shorter = f"{falls['without']:,.0f} times shorter, with T² {falls['with T²']:.0f} times"
    axes.set_title(f"From T = 1 to 16 the gradient gets {shorter}")
    return figure


def label_and_teacher(blanks: data.Blanks, best: int = 5) -> Figure:
    """What the label and what the teacher says at the blank where the teacher hesitates."""
    row = blanks.undecided()
    p = blanks.teacher[row, 0].softmax(-1)
    label = torch.zeros_like(p)
    label[blanks.labels[row, 0]] = 1
    table = _best({"the label": label, "the teacher": p}, blanks, p.topk(best).indices)
    second = float(p.topk(2).values[1])
    return _bars(table, f"The label names one token; the teacher gives another one {second:.0%}")


# -- slides only


def _shares(blanks: data.Blanks) -> Figure:
    logits = blanks.teacher[blanks.labels != -100]
    grid = np.geomspace(0.5, 16, 60)
    shares = []
    for T in grid:
        top = (logits / T).softmax(-1).topk(5).values
        shares.append((float(top[:, 0].mean()), float(top[:, 1:].sum(-1).mean())))
    first, next_four = np.array(shares).T
    peak = float(grid[next_four.argmax()])
    figure, [axes] = side_by_side(1, (6.4, 3.6))
    axes.stackplot(grid, first, next_four, 1 - first - next_four, colors=(BLUE, ORANGE, "#CCCCCC"))
    axes.text(0.62, 0.5, "first choice", color="white", weight="bold")
    middle = float(first[next_four.argmax()] + next_four.max() / 2)
    axes.annotate("next four", (peak, middle), (3.2, 0.85), va="center", arrowprops={"arrowstyle": "-"})
    axes.text(5.5, 0.5, f"the other {logits.shape[-1] - 5:,} tokens", ha="center")
    axes.set(xscale="log", xlabel="temperature T", ylabel="share of the probability", xlim=(0.5, 16), ylim=(0, 1))
    axes.set_xticks([0.5, 1, 2, 4, 8, 16], ["0.5", "1", "2", "4", "8", "16"])
    axes.minorticks_off()
    axes.set_title(f"The next choices show most at T = {peak:.1f}; then all others take over")
    return figure


def _two_divergences() -> Figure:
    x = np.linspace(-6, 6, 601)

    def bell(mean: float, width: float) -> np.ndarray:
        values = np.exp(-0.5 * ((x - mean) / width) ** 2)
        return values / values.sum()

    def kl(p: np.ndarray, q: np.ndarray) -> float:
        return float((p * (np.log(p + 1e-300) - np.log(q + 1e-300))).sum())

    p = 0.6 * bell(-2, 0.7) + 0.4 * bell(2.2, 0.7)
    candidates = [bell(mean, width) for mean in np.linspace(-3, 3, 121) for width in np.linspace(0.4, 4, 73)]
    figure, panels = side_by_side(2, (7.2, 3.4), sharey=True)
    for axes, name, distance, colour in (
        (panels[0], "KL(p ‖ q): q covers both", lambda q: kl(p, q), BLUE),
        (panels[1], "KL(q ‖ p): q picks one", lambda q: kl(q, p), ORANGE),
    ):
        best = min(candidates, key=distance)
        axes.fill_between(x, p, color="#CCCCCC")
        axes.plot(x, best, color=colour, linewidth=2.5)
        axes.text(-2, 0.0015, "teacher p", ha="center", va="center")
        axes.text(x[best.argmax()], best.max() * 1.04, "student q", color=colour, ha="center", va="bottom")
        axes.set(title=name, xlabel="token", xticks=[], yticks=[])
    panels[0].set(ylabel="probability", ylim=(0, 1.25 * panels[1].dataLim.y1))
    figure.suptitle("A student that is too simple: the direction of KL decides what it gives up", x=0.01, ha="left")
    return figure


def _push(blanks: data.Blanks) -> Figure:
    row = blanks.undecided()
    p, q = (logits[row, 0].softmax(-1) for logits in (blanks.teacher, blanks.student))
    best = (p + q).topk(5).indices
    table = _best({"teacher p": p, "student q": q, "gradient q − p": q - p}, blanks, best).iloc[:-1]
    figure, panels = side_by_side(3, (7.2, 3.0), sharey=True)
    for axes, column in zip(panels, table.columns, strict=True):
        rows, values = name_rows(axes, list(table.index)), table[column]
        signed = column.startswith("gradient")
        colours = [ORANGE if value > 0 else GREEN for value in values] if signed else BLUE
        axes.barh(rows, values, color=colours, height=0.7)
        for at, value in zip(rows, values, strict=True):
            axes.text(
                max(value, 0) + 0.03, at, f"{value:+.2f}".replace("-", "−") if signed else f"{value:.2f}", va="center"
            )
        widest = float(values.abs().max())
        axes.set(title=column, xlim=(-1.2 * widest if signed else 0, widest + 0.35), xticks=[])
        axes.grid(visible=False)
    most = str(table["gradient q − p"].idxmax())
    figure.suptitle(f"Descent lowers what the student says too often, here {most}", x=0.01, ha="left")
    return figure


# -- the slides


PICTURES: Mapping[str, Callable[[], Figure]] = {
    "1-label-and-teacher": lambda: label_and_teacher(data.blanks()),
    "2-temperatures": lambda: temperatures(lambda logits, T: (logits / T).log_softmax(-1), data.blanks()),
    "3-shares": lambda: _shares(data.blanks()),
    "4-two-divergences": _two_divergences,
    "5-push": lambda: _push(data.blanks()),
    "6-square": lambda: gradient_lengths(correct, data.blanks()),
}


def _best(columns: Mapping[str, Tensor], blanks: data.Blanks, tokens: Tensor) -> pd.DataFrame:
    """The probabilities of these tokens in each column, and in a last row that of all the others together."""
    table = pd.DataFrame({name: p[tokens] for name, p in columns.items()}, index=[blanks.token(i) for i in tokens])
    others = len(next(iter(columns.values()))) - len(tokens)
    table.loc[f"the other {others:,}"] = 1 - table.sum()
    return table


def _short(probability: float) -> str:
    return f"{probability:.{2 if probability >= 0.1 else 3 if probability else 0}f}"


def _bars(table: pd.DataFrame, title: str) -> Figure:
    """Probabilities by token (index), one panel for each column."""
    figure, panels = side_by_side(len(table.columns), (7.2, 0.35 * len(table) + 1.2), sharey=True)
    for axes, column in zip(panels, table.columns, strict=True):
        rows, values = name_rows(axes, list(table.index)), table[column]
        colours = [GREY if row == table.index[-1] else BLUE for row in table.index]
        axes.barh(rows, values, color=colours, height=0.7)
        for at, value in zip(rows, values, strict=True):
            axes.text(value + 0.03, at, _short(float(value)), va="center")
        axes.set(title=column, xlim=(0, 1.3), xticks=(0, 0.5, 1), xlabel="probability")
    figure.suptitle(title, x=0.01, ha="left")
    return figure
