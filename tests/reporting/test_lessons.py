"""Figures that explain: what is drawn is what is given, and each curve and bar is named."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")

import pandas as pd
from matplotlib.colors import to_hex

from trident.reporting import lessons, plots


def test_a_curve_has_its_name_on_it_and_one_colour_in_all_views():
    value = lessons.View("bounded", "nats", {"KL": [1.0, 4.0, 9.0], "JSD": [1.0, 2.0, 2.5]}, named_at=(1.9, 3.0))
    slope = lessons.View("its price", "slope", {"KL": [1.0, 2.0, 3.0], "JSD": [1.0, 0.1, 0.01]}, (1.0, 2.0), log=True)
    figure = lessons.views([1.0, 2.0, 3.0], [value, slope], "gap")
    left, right = figure.axes
    assert [axes.get_title("left") for axes in (left, right)] == ["bounded", "its price"]
    assert [tuple(line.get_ydata()) for line in left.lines] == [(1.0, 4.0, 9.0), (1.0, 2.0, 2.5)]
    names = {text.get_text(): text for text in left.texts}
    assert names["KL"].get_position() == (2.0, 4.0) and names["JSD"].get_position() == (3.0, 2.5)
    for axes in (left, right):
        assert [text.get_color() for text in axes.texts] == [line.get_color() for line in axes.lines]
    assert [line.get_color() for line in left.lines] == [line.get_color() for line in right.lines]
    assert (left.get_yscale(), right.get_yscale()) == ("linear", "log")


def test_distributions_show_every_probability_in_the_colour_of_its_owner_and_what_is_left():
    table = pd.DataFrame(
        {"label": [1.0, 0.0], "teacher, T = 1": [0.625, 0.25], "student before": [0.999, 0.001]},
        index=["True", "Equals"],
    )
    figure = lessons.distributions(table, "The teacher knows a second way")
    assert [axes.get_title("left") for axes in figure.axes] == list(table.columns)
    bars = [[bar.get_width() for bar in axes.patches] for axes in figure.axes]
    assert bars == [[1, 0, 0], [0.625, 0.25, 0.125], [0.999, 0.001, 0]]
    shown = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert shown == [["1.00", "0.00", "0.00"], ["0.62", "0.25", "0.12"], ["1.00", "< 0.01", "0.00"]]
    colours = [to_hex(axes.patches[0].get_facecolor()).upper() for axes in figure.axes]
    assert colours == ["#000000", plots.BLUE, plots.ORANGE]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["True", "Equals", lessons.OTHERS]
