"""The figures of a grid show what they are given."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
import pytest
from helpers.drawn import texts
from matplotlib.colors import to_hex

from trident.reporting import agreement, agreement_tables, grid_plots, label_forms, tables


def inside(figure) -> bool:
    """Whether titles, names and labels lie within the figure (ticks beyond an axis have labels, too, not drawn)."""
    figure.canvas.draw()
    words = [figure._suptitle, *(text for axes in figure.axes for text in (*axes.texts, axes.xaxis.label))]
    boxes = [text.get_window_extent() for text in words if text.get_text()]
    return all(box.x0 >= -1 and box.x1 <= figure.bbox.x1 + 1 for box in boxes)


def differences(**changes) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "difference": [0.01, -0.02],
            "low_examples": [-0.01, -0.03],
            "high_examples": [0.03, -0.01],
            "low_seeds": [0.005, -2.0],
            "high_seeds": [0.015, 1.0],
            "significant": [False, True],
            **changes,
        },
        index=["first", "second"],
    )


def test_every_student_is_a_circle_beside_the_lines_of_the_reference_models(results):
    runs, references = tables.runs_table(results), tables.references_table(results)
    levels = {name: references[references.model == name].set_index("split") for name in ("teacher", "undistilled")}
    panels = [("test", "accepted", "Accepted"), ("unseen", "cqs", "CQS")]
    figure = grid_plots.scores(runs, levels, panels, "The finding")
    assert "The finding" in texts(figure) and inside(figure)
    for axes, (split, measure, label) in zip(figure.axes, panels, strict=True):
        dots = np.concatenate([collection.get_offsets()[:, 0] for collection in axes.collections])
        assert sorted(dots) == pytest.approx(sorted(runs[runs.split == split][measure]))
        vertical = {round(line.get_xdata()[0], 9) for line in axes.lines}
        assert {round(table.loc[split, measure], 9) for table in levels.values()} <= vertical
        assert axes.get_xlabel() == label
    rows = {label.get_text(): label.get_position()[1] for label in figure.axes[0].get_yticklabels()}
    means = runs[runs.split == "test"].groupby("configuration")["accepted"].mean()
    assert sorted(rows, key=rows.get) == list(means.sort_values().index)


def test_differences_show_both_intervals_and_what_holds_from_the_top():
    figure = grid_plots.differences({"Accepted": differences(), "CQS": differences(significant=[True, True])}, "found")
    assert {"found", "+0.010", "−0.020"} <= texts(figure)
    left, right = figure.axes
    for axes, filled in ((left, [False, True]), (right, [True, True])):
        seeds, examples, dots, *beyond = axes.collections
        assert [tuple(segment[:, 0]) for segment in examples.get_segments()] == [(-0.01, 0.03), (-0.03, -0.01)]
        assert [tuple(segment[:, 0]) for segment in seeds.get_segments()] == [(0.005, 0.015), (-2.0, 1.0)]
        assert seeds.get_linewidth()[0] > 3 * examples.get_linewidth()[0]
        assert [to_hex(colour) != "#ffffff" for colour in dots.get_facecolors()] == filled
        assert dots.get_offsets()[0, 1] > dots.get_offsets()[1, 1]
        # The seeds' interval of the second row goes beyond both ends of the axis, which arrows say.
        assert [arrow.get_offsets().tolist() for arrow in beyond] == [[[end, 0]] for end in axes.get_xlim()]


def test_one_seed_has_no_interval_over_seeds_but_a_figure():
    alone = differences(low_seeds=[np.nan, np.nan], high_seeds=[np.nan, np.nan], significant=[False, False])
    (axes,) = grid_plots.differences({"CQS": alone}, "found").axes
    assert axes.get_xlim() == pytest.approx((-0.042, 0.042))


def test_what_can_be_detected_stands_beside_what_was_published():
    table = pd.DataFrame({300: [0.1, 0.02], 7000: [0.1, 0.01]}, index=[3, 10])
    figure = grid_plots.detectable(table, 3, {"a to b": 0.005}, "found")
    (axes,) = figure.axes
    assert [list(line.get_ydata()) for line in axes.lines[:2]] == [[0.1, 0.02], [0.1, 0.01]]
    assert {"300 examples", "7,000 examples", "3 seeds", "a to b: 0.005", "found"} <= texts(figure) and inside(figure)
    lines = [line.get_window_extent() for line in axes.lines[:2]]
    names = {text.get_text(): text.get_window_extent() for text in axes.texts}
    assert not any(names[name].overlaps(line) for name in ("3 seeds", "a to b: 0.005") for line in lines)
    (impossible,) = grid_plots.detectable(20 * table, 3, {"a to b": 0.005}, "found").axes
    assert axes.get_ylim()[1] < 1 == impossible.get_ylim()[1]


def test_probes_are_bars_with_their_interval_and_their_number():
    tests = pd.DataFrame(
        {"share": [0.25, 0.6], "low": [0.2, 0.5], "high": [0.3, 0.7], "p": [0, 1], "probes": [60, 60], "contrasts": 90},
        index=["semantic", "cqs"],
    )
    figure = grid_plots.probes(tests, {"semantic": "Semantic", "cqs": "CQS"}, "found " * 30)
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == [0.25, 0.6]
    assert {"Semantic", "25 %", "60 %", "a coin"} <= texts(figure) and inside(figure)
    assert "90 pairs from 60 probes" in axes.get_xlabel()


def test_validation_losses_name_each_line_at_its_end():
    log = [{"step": 1, "loss": 3.0}, {"step": 1, "eval_loss": 2.0}, {"step": 2, "eval_loss": 1.0}]
    figure = grid_plots.validation_losses({"first": log, "second": log}, "found")
    (axes,) = figure.axes
    assert [list(line.get_ydata()) for line in axes.lines] == [[2, 1], [2, 1]]
    figure.canvas.draw()
    first, second = (text.get_window_extent() for text in axes.texts)
    assert not first.overlaps(second) and {"first", "second"} <= texts(figure) and inside(figure)


def test_a_course_has_a_line_per_family_a_dot_per_run_and_levels():
    points = pd.DataFrame(
        {
            "family": ["a", "a", "a", "a", "b", "b"],
            "value": [1, 1, 8, 8, 1, 8],
            "accepted": [0.1, 0.3, 0.5, 0.7, 0.2, 0.2],
            "loss": [1, 1, 2, 2, 3, 3],
        }
    )
    levels = {"teacher": {"accepted": 0.9}, "flat": {"accepted": 0.4, "loss": 1.5}}
    panels = {"accepted": "Accepted", "loss": "Loss"}
    figure = grid_plots.course(points, panels, levels, "T", "found", logarithmic=True)
    left, right = figure.axes
    assert list(left.lines[0].get_xdata()) == [1, 8] and list(left.lines[0].get_ydata()) == pytest.approx([0.2, 0.6])
    dots = np.concatenate([collection.get_offsets()[:, 1] for collection in left.collections])
    assert sorted(dots) == pytest.approx(sorted(points["accepted"]))
    assert {0.9, 0.4} <= {line.get_ydata()[0] for line in left.lines} and left.get_xscale() == "log"
    assert {text.get_text() for text in right.texts} == {"a", "b", "flat"}
    assert {text.get_text() for text in left.texts} == {"teacher"} and inside(figure)


def test_label_distributions_show_the_teacher_s_entropy_and_every_model_s_distance(results):
    blanks = label_forms.by_model(results)
    figure = grid_plots.label_distribution(blanks, "found")
    left, middle, right = figure.axes
    teacher = blanks["Teacher"]
    assert left.collections[0].get_offsets().tolist() == teacher[["entropy", "model_entropy"]].to_numpy().tolist()
    for axes, column in ((middle, "divergence"), (right, "mass")):
        assert [bar.get_width() for bar in axes.patches] == pytest.approx([x[column].mean() for x in blanks.values()])
    assert set(blanks) <= texts(figure) and inside(figure)


def test_agreement_shows_each_auc_with_its_interval_beside_a_coin(results):
    judged = agreement.judge(agreement.answers(results, "test"))
    names = {score: agreement_tables.score_name(score) for score in agreement.SCORES}
    panels = {agreement.ALL: "all answers", agreement.NOT_EXACT: "not exact"}
    figure = grid_plots.agreement(judged, panels, names, "found")
    assert {"CQS, strict", "Token acc., released", "Accepted", "a coin", "found"} <= texts(figure) and inside(figure)
    for axes, answers in zip(figure.axes, panels, strict=True):
        rows = judged.loc[answers]
        lines, dots = axes.collections
        assert dots.get_offsets()[:, 0].tolist() == rows["auc"].tolist()
        found = [tuple(segment[:, 0]) for segment in lines.get_segments()]
        assert found == [*zip(rows["auc_low"], rows["auc_high"], strict=True)]
        assert axes.lines[0].get_xdata() == [0.5, 0.5]
        assert {f"{value:.2f}" for value in rows["auc"]} <= {text.get_text() for text in axes.texts}
        low, high = axes.get_xlim()
        assert low < rows["auc_low"].min() and high > rows["auc_high"].max()


def test_rankings_stand_side_by_side_in_the_order_of_execution():
    levels = {
        "CQS": pd.DataFrame({"mean": [3, 2, 1], "low": 0, "high": 4, "rank": [1, 2, 3]}, index=list("abc")),
        "Equivalent": pd.DataFrame({"mean": [2, 3, 1], "low": 0, "high": 4, "rank": [2, 1, 3]}, index=list("abc")),
    }
    figure = grid_plots.rankings(levels, "found")
    left, right = figure.axes
    rows = {label.get_text(): label.get_position()[1] for label in left.get_yticklabels()}
    assert sorted(rows, key=rows.get, reverse=True) == ["b", "a", "c"] and inside(figure)
    assert [text.get_text() for text in left.texts] == ["2.", "1.", "3."]
    assert [text.get_text() for text in right.texts] == ["1.", "2.", "3."]
    assert left.collections[1].get_offsets()[:, 0].tolist() == [2, 3, 1]
    colours = [to_hex(colour) for colour in left.collections[1].get_facecolors()]
    assert colours[0] == colours[1] != colours[2] and len({*map(tuple, right.collections[1].get_facecolors())}) == 1
