"""The figures of lab 3. In the notebook students draw them from their own functions; all six are slides."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from course import data
from course.lab3 import answers, checkpoint
from course.lab3.answers import ALPHA, GAMMA, WEIGHTS, Embed, Focal, Jsd
from trident.losses import ce, kl
from trident.losses.components import IGNORE_INDEX
from trident.reporting.plots import BLUE, COMPONENT_COLOURS, ORANGE, SKY, name_rows, side_by_side

GREY = "#777777"
#: The teacher's logit gap in the pictures over gaps, and the student's.
TEACHER_GAP, FAR = 4.0, -10.0
GAPS = torch.linspace(FAR, 8, 73)
#: Colour of easy, other and hard tokens, and of what is written on it.
_BANDS = (("#CCCCCC", "black"), (SKY, "black"), (BLUE, "white"))
Hard = Callable[[Tensor, Tensor], Tensor]


# -- over all tokens of the blanks


def pushes_by_ease(hard: Mapping[str, Hard], blanks: data.Blanks) -> pd.DataFrame:
    """Shares of easy and hard tokens (index): of the tokens, and of the sum of each loss's pushes on their logits.

    `hard`: losses of logits and labels, by name.
    """
    targets = blanks.labels != IGNORE_INDEX
    z, y = blanks.student[targets], blanks.labels[targets]
    s_y = z.softmax(-1).gather(1, y[:, None])[:, 0]
    easy, middle, hard_ones = "easy: above 0.9", "between", "hard: below 0.5"
    band = pd.cut(s_y.numpy(), (0, 0.5, 0.9, 1), labels=[hard_ones, middle, easy])
    table = pd.DataFrame({"tokens": np.ones(len(y))})
    for name, loss in hard.items():
        logits = z.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(loss(logits[None], y[None]), logits)
        table[f"push of {name}"] = gradient.norm(dim=-1).numpy()
    sums = table.groupby(band, observed=False).sum().loc[[easy, middle, hard_ones]]
    return sums / sums.sum()


def ease(hard: Mapping[str, Hard], blanks: data.Blanks) -> Figure:
    """:func:`pushes_by_ease` as one bar for the tokens and one for each loss."""
    table = pushes_by_ease(hard, blanks)
    figure, [axes] = side_by_side(1, (6.4, 0.5 * len(table.columns) + 1.6))
    rows, left = name_rows(axes, list(table.columns)), np.zeros(len(table.columns))
    for (band, shares), (colour, on_it) in zip(table.iterrows(), _BANDS, strict=True):
        axes.barh(rows, shares, left=left, color=colour, height=0.7, label=band)
        for row, start, share in zip(rows, left, shares, strict=True):
            if share > 0.06:
                axes.text(start + share / 2, row, f"{share:.0%}", ha="center", va="center", color=on_it)
        left = left + shares.to_numpy()
    axes.set(xlim=(0, 1), xticks=[], xlabel="tokens by the probability that the student gives the label")
    figure.legend(ncols=3, loc="outside lower center")
    axes.grid(visible=False)
    easy = table.iloc[0]
    parts = ", ".join(f"{share:.0%} ({name.removeprefix('push of ')})" for name, share in easy.iloc[1:].items())
    title = f"Easy tokens: {easy.tokens:.0%} of all, but of the push {parts}"
    figure.suptitle(title, x=0.01, ha="left")
    return figure


# -- over the gap between two logits


def over_gaps(focal: Focal, jsd: Jsd) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values of four losses, and how hard descent pushes the gap up, by the student's gap (index).

    There are two tokens; the first is the label. The gap is its logit minus the other one. Temperature 1.
    """
    label, t = torch.tensor([0]), torch.tensor([[TEACHER_GAP, 0.0]])
    losses: dict[str, Callable[[Tensor], Tensor]] = {
        "ce": lambda z: ce(z, label),
        "focal": lambda z: focal(z, label, ALPHA, GAMMA),
        "kl": lambda z: kl(z, t, label, temperature=1.0),
        "jsd": lambda z: jsd(z, t, label, 1.0),
    }
    index = pd.Index(GAPS.tolist(), name="gap")
    values, pushes = pd.DataFrame(index=index), pd.DataFrame(index=index)
    for name, loss in losses.items():
        gaps = [gap.clone().requires_grad_() for gap in GAPS]
        found = [loss(torch.stack([gap, torch.zeros(())])[None]) for gap in gaps]
        values[name] = [float(value.detach()) for value in found]
        pushes[name] = [-float(torch.autograd.grad(value, gap)[0]) for value, gap in zip(found, gaps, strict=True)]
    return values, pushes


_NAMES = {"ce": "cross-entropy", "focal": "focal, α = ¼", "kl": "KL", "jsd": "JSD"}


def _gap_axes(axes: Axes, table: pd.DataFrame, named_at: Mapping[str, tuple[float, float]]) -> None:
    """Draw the curves; `named_at`: where the name of each stands, its gap and how far above the curve."""
    for name, values in table.items():
        style = "--" if name == "kl" else "-"  # it lies close to cross-entropy
        axes.plot(table.index, values, color=COMPONENT_COLOURS[str(name)], linestyle=style, linewidth=2)
        x, above = named_at[str(name)]
        y = float(np.interp(x, table.index, values)) + above
        axes.text(x, y, _NAMES[str(name)], color=COMPONENT_COLOURS[str(name)], ha="center", va="center")
    axes.axvline(TEACHER_GAP, color=GREY, linestyle=":")
    axes.set_xlabel("the student's gap: logit of the label − the other logit")


def values(focal: Focal, jsd: Jsd) -> Figure:
    """The values of four losses against the student's gap."""
    table, _ = over_gaps(focal, jsd)
    figure, [axes] = side_by_side(1, (6.4, 3.4))
    _gap_axes(axes, table, {"ce": (-6, 2.2), "kl": (-8, -2.2), "focal": (-5, 0.9), "jsd": (-8, 0.55)})
    axes.text(TEACHER_GAP + 0.2, table.ce.max() * 0.95, "the teacher's gap", color=GREY, va="top")
    axes.set(ylabel="value (nats)", ylim=(-0.3, None))
    axes.set_title(
        f"At a gap of {FAR:.0f} KL is {table.kl[FAR] / table.jsd[FAR]:.0f} times as large as JSD".replace("-", "−")
    )
    return figure


def gradients(focal: Focal, jsd: Jsd) -> Figure:
    """How hard each of the four losses pushes the student's gap up, against the gap."""
    _, table = over_gaps(focal, jsd)
    figure, [axes] = side_by_side(1, (6.4, 3.4))
    _gap_axes(axes, table, {"ce": (-7, 0.06), "kl": (-7, -0.08), "focal": (-7, 0.06), "jsd": (-4, 0.06)})
    axes.text(TEACHER_GAP + 0.2, 0.9, "the teacher's gap", color=GREY, va="top")
    axes.set(ylabel="push: −∂L/∂gap", ylim=(-0.08, 1.15))
    times = table.kl[FAR] / table.jsd[FAR]
    axes.set_title(f"At a gap of {FAR:.0f} KL pushes {times:,.0f} times as hard as JSD".replace("-", "−"))
    return figure


def moving(expected_embedding: Embed) -> Figure:
    """1 − cos to the label's embedding against the gap of two tokens, as the two readings have it."""
    table = torch.tensor([[1.0, 0.3], [-0.2, 1.0]])
    z = torch.stack([GAPS, torch.zeros_like(GAPS)], -1)

    def distance(embedding: Tensor) -> Tensor:
        return 1 - torch.cosine_similarity(embedding, table[0], dim=-1)

    hard, soft = distance(table[z.argmax(-1)]), distance(expected_embedding(z, table))
    figure, [axes] = side_by_side(1, (6.4, 3.2))
    for name, curve, colour, at in (("arg-max", hard, ORANGE, (3.6, 0.06)), ("expected", soft, BLUE, (-4.8, -0.12))):
        axes.plot(GAPS, curve, color=colour, linewidth=2, drawstyle="steps-post" if curve is hard else "default")
        x, above = at
        y = float(np.interp(x, GAPS.numpy(), curve.numpy())) + above
        axes.text(x, y, name, color=colour, ha="center", va="center")
    axes.set(xlabel="the student's gap: logit of the label − the other logit", ylabel="1 − cos to the label")
    axes.set_title("Arg-max: two values and no slope at either. Expectation: a slope")
    return figure


# -- at a shipped checkpoint


def bars(values: Mapping[str, float], pushes: Mapping[str, float]) -> Figure:
    """Value and push of each loss side by side. Keys are names to show, their first word a component's."""
    figure, panels = side_by_side(2, (7.4, 0.4 * len(values) + 1.3), sharey=True)
    for axes, title, found, form in (
        (panels[0], "value (nats, or 1 − cos)", values, "{:.2f}"),
        (panels[1], "push: length of ∂L/∂h", pushes, "{:.4f}"),
    ):
        rows = name_rows(axes, list(found))
        axes.barh(rows, list(found.values()), color=[_colour(name) for name in found], height=0.7)
        most = max(found.values())
        for row, value in zip(rows, found.values(), strict=True):
            axes.text(value + 0.03 * most, row, form.format(value) if value else "0", va="center")
        axes.set(xlim=(0, 1.25 * most), xticks=[], xlabel=title)
        axes.grid(visible=False)
    none = [name for name, push in pushes.items() if push == 0]
    title = f"A value and no push: {'; '.join(none)}" if none else "Every loss pushes"
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def shares(pushes: Mapping[str, float]) -> pd.DataFrame:
    """Shares of Trident's weights, and of weight × push. `pushes`: of "focal", "JSD" and "semantic", in this order."""
    weights = pd.Series(WEIGHTS.values(), index=list(pushes))
    weighted = weights * pd.Series(pushes)
    return pd.DataFrame({"weight": weights, "weight · push": weighted / weighted.sum()})


def say(pushes: Mapping[str, float]) -> Figure:
    """:func:`shares` as two bars."""
    table = shares(pushes)
    figure, [axes] = side_by_side(1, (6.4, 2.2))
    rows, left = name_rows(axes, list(table.columns)), np.zeros(2)
    for name, row in table.iterrows():
        axes.barh(rows, row, left=left, color=_colour(str(name)), height=0.7)
        for at, start, share in zip(rows, left, row, strict=True):
            if share > 0.1:
                axes.text(start + share / 2, at, f"{name}\n{share:.0%}", ha="center", va="center", color="white")
        left = left + row.to_numpy()
    axes.set(xlim=(0, 1), xticks=[])
    axes.grid(visible=False)
    most = str(table["weight · push"].idxmax())
    has = table.loc[most]
    axes.set_title(f"Of the weight {most} has {has.iloc[0]:.0%}, of the push {has.iloc[1]:.0%}")
    return figure


def _colour(name: str) -> str:
    """Of the component that the first word of a name names."""
    word = name.split(",")[0].split()[0].lower()
    return COMPONENT_COLOURS["ce" if word == "cross-entropy" else word]


# -- the slides


def losses(blanks: data.Blanks, student: checkpoint.Checkpoint, reader: checkpoint.Reader) -> dict[str, Tensor]:
    """The six losses of the last picture, from right functions."""
    z, t, labels = student.logits, blanks.teacher, blanks.labels
    return {
        "cross-entropy": ce(z, labels),
        "focal": answers.focal(z, labels, ALPHA, GAMMA),
        "KL": kl(z, t, labels, temperature=1.0),
        "JSD": answers.jsd(z, t, labels, 1.0),
        "semantic, released": reader.released(z),
        "semantic, soft": reader.soft(z, answers.expected_embedding),
    }


def measured(name: str = "distilled") -> tuple[dict[str, float], dict[str, float]]:
    """Values and pushes of :func:`losses` at a shipped model."""
    blanks = data.blanks(checkpoint.BLANKS)
    student = checkpoint.load(name, blanks)
    found = losses(blanks, student, checkpoint.Reader(blanks))
    pushes = {loss: answers.push(value, student.hidden) for loss, value in found.items()}
    return {loss: float(value.detach()) for loss, value in found.items()}, pushes


def of_trident(pushes: Mapping[str, float]) -> dict[str, float]:
    """Those of Trident's three parts, with the soft semantic loss."""
    return {"focal": pushes["focal"], "JSD": pushes["JSD"], "semantic": pushes["semantic, soft"]}


PICTURES: Mapping[str, Callable[[], Figure]] = {
    "1-easy": lambda: ease(
        {"cross-entropy": ce, "focal": lambda z, y: answers.focal(z, y, ALPHA, GAMMA)}, data.blanks(checkpoint.BLANKS)
    ),
    "2-values": lambda: values(answers.focal, answers.jsd),
    "3-gradients": lambda: gradients(answers.focal, answers.jsd),
    "4-arg-max": lambda: moving(answers.expected_embedding),
    "5-pushes": lambda: bars(*measured()),
    "6-weights": lambda: say(of_trident(measured()[1])),
}
