"""Figures show what they are given, and are the same bytes each time."""

from __future__ import annotations

import subprocess
import sys

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from helpers import small_scores
from matplotlib.colors import to_hex

from trident import schedules
from trident.experiment import paths
from trident.reporting import plots, tables
from trident.reporting.results import collect

DYNAMIC = {"focal": 0.3, "jsd": 0.6, "semantic": 0.1}, {"jsd": 0.3, "semantic": 0.3}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    run = small_scores.write(tmp_path_factory.mktemp("grid"), examples=9)
    return collect(run, small_scores.CONFIGURATIONS, small_scores.SEEDS, "strict")


def texts(figure) -> set[str]:
    return {text.get_text() for text in figure.findobj(plt.Text) if text.get_text()}


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


def scores_figure(results):
    runs = tables.runs_table(results)
    bounds = tables.references_table(results).set_index(["model", "split"])["cqs"]
    return (
        plots.scores_by_configuration(
            runs, "cqs", "Code Quality Score", bounds["undistilled"].to_dict(), bounds["teacher"].to_dict()
        ),
        runs,
        bounds,
    )


# -- what every figure owes

DRAWN = """
import sys
from pathlib import Path
import matplotlib
matplotlib.use("Agg")
import pandas as pd
from trident import schedules
from trident.reporting import plots
plots.save(plots.pipeline(), Path(sys.argv[1]), "pipeline")
plots.save(plots.quality_size_latency(pd.DataFrame({"name": ["a", "b"], "cqs": [0.5, 0.9], "latency_ms": [5.0, 9.0],
                                                    "parameters": [1e5, 3e5]})), Path(sys.argv[1]), "quality")
"""


def test_another_process_writes_the_same_bytes(tmp_path):
    subprocess.run([sys.executable, "-c", DRAWN, str(tmp_path / "first")], cwd=paths.ROOT, check=True, timeout=300)
    models = pd.DataFrame({"name": ["a", "b"], "cqs": [0.5, 0.9], "latency_ms": [5.0, 9.0], "parameters": [1e5, 3e5]})
    plots.save(plots.pipeline(), tmp_path / "second", "pipeline")
    plots.save(plots.quality_size_latency(models), tmp_path / "second", "quality")
    files = sorted((tmp_path / "first").iterdir())
    assert [file.name for file in files] == ["pipeline.png", "pipeline.svg", "quality.png", "quality.svg"]
    for file in files:
        assert file.read_bytes() == (tmp_path / "second" / file.name).read_bytes(), file.name
    svg = (tmp_path / "first/pipeline.svg").read_text(encoding="utf-8")
    assert "<dc:date>" not in svg and "<text" not in svg  # no date; letters as paths, so that no font is needed


def test_a_figure_that_fails_leaves_no_half_file(tmp_path, monkeypatch):
    figure = plots.pipeline()
    monkeypatch.setattr(type(figure), "savefig", lambda self, path, **options: (path.write_text("half"), 1 / 0))
    with pytest.raises(ZeroDivisionError):
        plots.save(figure, tmp_path, "pipeline")
    assert not list(tmp_path.iterdir())


def test_components_have_one_colour_each():
    assert list(plots.COMPONENT_COLOURS) == list(plots.COMPONENT_NAMES) == list(schedules.COMPONENTS)
    assert len(set(plots.COMPONENT_COLOURS.values())) == len(plots.COMPONENT_COLOURS)


# -- each figure


def test_pipeline_names_its_parts_and_keeps_them_inside():
    figure = plots.pipeline()
    shown = " ".join(texts(figure))
    assert all(
        word in shown for word in ("Teacher", "Student", "JSD", "Semantic", "Focal", "gradient", "Teacher cache")
    )
    figure.canvas.draw()
    frame = figure.bbox
    for text in figure.findobj(plt.Text):
        if text.get_text():
            box = text.get_window_extent()
            assert frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1, (
                text.get_text()
            )


def test_pipeline_texts_fit_their_boxes():
    figure = plots.pipeline()
    figure.canvas.draw()
    boxes = [patch.get_window_extent() for patch in figure.axes[0].patches if type(patch).__name__ == "FancyBboxPatch"]
    labels = [text for text in figure.axes[0].texts if text.get_text() != "gradient"]
    for text in labels:
        extent = text.get_window_extent()
        assert any(
            box.x0 <= extent.x0 and extent.x1 <= box.x1 and box.y0 <= extent.y0 and extent.y1 <= box.y1 for box in boxes
        ), text.get_text()


def test_weight_schedules_draw_each_component_in_its_colour_and_their_sum():
    linear = pd.DataFrame(schedules.weights_by_epoch(schedules.Linear(*DYNAMIC), epochs=4))
    figure = plots.weight_schedules({"as written": linear, "again": linear})
    axes = figure.axes[0]
    assert [panel.get_title(loc="left") for panel in figure.axes] == ["as written", "again"]
    drawn = {line.get_label(): line for line in axes.lines}
    assert drawn.keys() == {"focal", "JSD · T²", "semantic", "sum"}
    assert to_hex(drawn["focal"].get_color()) == plots.COMPONENT_COLOURS["focal"].lower()
    assert drawn["JSD · T²"].get_ydata() == pytest.approx([0.6, 0.525, 0.45, 0.375, 0.375])
    assert drawn["sum"].get_ydata()[0] == pytest.approx(1.0)


def test_training_curves_mark_the_checkpoint_that_is_kept():
    history = [
        {"step": 10, "loss_focal": 2.0, "loss_jsd": 1.0},
        {"step": 10, "eval_loss": 1.5},
        {"step": 20, "loss_focal": 1.0, "loss_jsd": 0.5},
        {"step": 20, "eval_loss": 1.1},
        {"step": 30, "eval_loss": 1.2},
    ]
    figure = plots.training_curves(history)
    assert {"focal", "JSD · T²", "kept"} <= texts(figure) and "cross-entropy" not in texts(figure)
    kept = figure.axes[1].collections[0].get_offsets()[0]
    assert tuple(kept) == (20, 1.1)


def test_training_comparison_has_a_panel_a_component_and_a_line_a_configuration(results):
    figure = plots.training_comparison({tables.name_of(name): log for name, log in results.training_logs().items()})
    panels = {axes.get_title(loc="left"): axes for axes in figure.axes if axes.get_title(loc="left")}
    assert list(panels) == [*plots.COMPONENT_NAMES.values(), "validation cross-entropy"]
    trained_on = {
        component: sum(component in parts for parts in small_scores.COMPONENTS.values())
        for component in plots.COMPONENT_NAMES
    }
    assert {title: len(panels[title].lines) for title in plots.COMPONENT_NAMES.values()} == {
        plots.COMPONENT_NAMES[component]: number for component, number in trained_on.items()
    }
    assert len(panels["validation cross-entropy"].lines) == 7
    assert {tables.name_of(name) for name in results.configurations} <= {
        text.get_text() for text in figure.legends[0].get_texts()
    }


def test_training_comparison_of_one_configuration_has_no_empty_panel():
    history = [{"step": 1, "loss_ce": 2.0}, {"step": 2, "loss_ce": 1.0}, {"step": 2, "eval_loss": 1.0}]
    figure = plots.training_comparison({"ce": history})
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["cross-entropy", "validation cross-entropy"]


def test_every_student_is_a_dot_beside_the_lines_of_the_reference_models(results):
    figure, runs, bounds = scores_figure(results)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["test", "unseen", "validation"]
    for axes, split in zip(figure.axes, results.splits, strict=True):
        dots = np.concatenate([collection.get_offsets()[:, 0] for collection in axes.collections])
        assert sorted(dots) == pytest.approx(sorted(runs[runs.split == split]["cqs"]))
        vertical = {round(line.get_xdata()[0], 9) for line in axes.lines}
        assert {round(bounds[model, split], 9) for model in ("undistilled", "teacher")} <= vertical
    rows = {label.get_text(): label.get_position()[1] for label in figure.axes[0].get_yticklabels()}
    means = runs[runs.split == "test"].groupby("configuration")["cqs"].mean()
    assert sorted(rows, key=rows.get) == list(means.sort_values().index)


def test_quality_size_latency_has_areas_by_parameters():
    models = pd.DataFrame(
        {
            "name": ["teacher", "student"],
            "cqs": [0.8, 0.7],
            "latency_ms": [30.0, 10.0],
            "parameters": [3_000_000, 750_000],
        }
    )
    figure = plots.quality_size_latency(models)
    large, small = (collection.get_sizes()[0] for collection in figure.axes[0].collections)
    assert large / small == pytest.approx(4)
    assert {"teacher\n3 M parameters", "student\n750 k parameters"} <= texts(figure)
    assert figure.axes[0].get_xlim()[0] == 0 and figure.axes[0].get_ylim()[0] == 0


@pytest.mark.parametrize(
    "number, shown", [(12, "12"), (52_000, "52 k"), (1_800_000, "1.8 M"), (737_639_424, "738 M"), (2.5e9, "2.5 G")]
)
def test_counts_are_short(number, shown):
    models = pd.DataFrame({"name": ["m"], "cqs": [0.5], "latency_ms": [1.0], "parameters": [number]})
    assert f"m\n{shown} parameters" in texts(plots.quality_size_latency(models))


def test_differences_show_both_intervals_and_what_holds_from_the_top():
    figure = plots.configuration_differences(
        {"test": differences(), "unseen": differences(significant=[True, True])}, "CE", "difference"
    )
    assert {"Different from CE both over examples and over seeds", "+0.010", "−0.020"} <= texts(figure)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["test: 1 of 2 differ", "unseen: 2 of 2 differ"]
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
    assert sorted(
        (tick, label.get_text()) for tick, label in zip(left.get_yticks(), left.get_yticklabels(), strict=True)
    ) == [(0, "second"), (1, "first")]


def test_one_seed_has_no_interval_over_seeds_but_a_figure():
    alone = differences(low_seeds=[np.nan, np.nan], high_seeds=[np.nan, np.nan], significant=[False, False])
    (axes,) = plots.configuration_differences({"test": alone}, "CE", "difference").axes
    assert axes.get_title(loc="left") == "test: 0 of 2 differ" and axes.get_xlim() == pytest.approx((-0.042, 0.042))


def test_what_can_be_detected_stands_beside_what_was_found_and_published():
    table = pd.DataFrame(
        {"difference": [0.02, -0.3], "significant": [True, False], "ours": [0.004, 0.4], "more": [0.003, 0.2]},
        index=["first", "second"],
    )
    (axes,) = plots.detectable_difference(table, {"a to b": 0.005, "b to c": 0.002}).axes
    assert axes.get_title(loc="left") == "ours: 1 of 2 would show a difference of 0.005"
    lines = {line.get_label(): list(line.get_xdata()) for line in axes.lines}
    assert lines == {
        "ours": [0.004, 0.4],
        "more": [0.003, 0.2],
        "published: a to b, 0.005": [0.005, 0.005],
        "published: b to c, 0.002": [0.002, 0.002],
    }
    (dots,) = axes.collections
    assert dots.get_offsets().tolist() == [[0.02, 1], [0.3, 0]]
    assert [to_hex(colour) != "#ffffff" for colour in dots.get_facecolors()] == [True, False]


def test_contrasts_show_every_number():
    table = pd.DataFrame(
        {"opposite": [0.2, 0.5], "off_by_one": [0.04, float("nan")]},
        index=pd.MultiIndex.from_tuples([("semantic", "strict", "MiniLM"), ("ast", "strict", "")]),
    )
    shown = texts(plots.contrasts(table, "Which measure sees the difference"))
    assert {"0.20", "0.04", "0.50", "semantic strict MiniLM", "ast strict", "off by one"} <= shown
    assert "nan" not in shown


def test_assertion_kinds_are_shares_of_each_split():
    counts = pd.DataFrame({"train": [30, 10], "test": [1, 3]}, index=["assertEquals", "assertTrue"])
    figure = plots.assertion_kinds(counts, {"assertTrue": 0.16, "fail": 0.1})
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights == pytest.approx([0.75, 0.25, 0.25, 0.75])
    assert "real projects" in texts(figure)


def test_lengths_say_how_many_are_over_the_limit():
    figure = plots.lengths({"input": [5, 10, 20, 40]}, {"input": 20})
    assert "input: 25.0% over 20" in texts(figure)


def test_cache_sizes_and_flatness_draw_what_they_get():
    sizes = plots.cache_sizes(pd.DataFrame({"raw": [100.0, 50.0], "lz4": [90.0, 20.0]}, index=["fp32", "fp16"]))
    assert [bar.get_width() for bar in sizes.axes[0].patches] == [100, 50, 90, 20]
    flat = plots.teacher_flatness(pd.DataFrame({1.0: [0.9, 1.0], 4.0: [0.2, 0.5]}, index=[1, 10]))
    assert {"T = 1", "T = 4"} <= texts(flat)


def test_curves_and_the_gradient_audit_draw_what_they_get():
    figure = plots.curves(torch.tensor([0.0, 1.0]), {"focal": torch.tensor([1.0, 2.0])}, "p", "loss")
    assert {"p", "loss", "focal"} <= texts(figure)
    history = [{"step": 1, "grad_norm_ce": 0.5, "grad_norm_jsd": 0.1, "cosine_ce_jsd": 0.3}, {"step": 2, "loss": 1.0}]
    audit = plots.gradient_audit(history)
    assert {"gradient norm", "agreement", "ce and jsd"} <= texts(audit) and "focal" not in texts(audit)


def test_size_against_error_names_each_codec_where_it_lies():
    costs = pd.DataFrame(
        {"bytes_per_token": [2048.0, 1040.0, 16000.0], "gradient_error_T4": [5e-4, 1e-2, 2.0]},
        index=["hidden_fp16", "hidden_int8", "logits_uint4"],
    )
    figure = plots.size_against_error(costs, "gradient_error_T4", "error of the gradient")
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert "bytes per target token (logarithmic)" in texts(figure) and "error of the gradient" in texts(figure)
    assert {text.get_text(): text.xy for text in axes.texts} == {
        name: (row.bytes_per_token, row.gradient_error_T4) for name, row in costs.iterrows()
    }
    hidden, other = axes.collections
    assert [len(dots.get_offsets()) for dots in (hidden, other)] == [2, 1]
    assert to_hex(hidden.get_facecolor()[0]) != to_hex(other.get_facecolor()[0])
    figure.canvas.draw()
    assert all(text.get_window_extent().x1 <= figure.bbox.x1 for text in axes.texts)


def test_gradient_agreement_draws_every_component_and_the_line_of_no_error():
    figure = plots.gradient_agreement(np.array([-1e-3, 0.0, 2e-3]), np.array([-2e-3, 1e-3, 2e-3]), "with 4-bit logits")
    (axes,) = figure.axes
    assert axes.collections[0].get_offsets().tolist() == [[-1e-3, -2e-3], [0.0, 1e-3], [2e-3, 2e-3]]
    assert axes.lines[0].get_slope() == 1 and tuple(axes.lines[0].get_xy1()) == (0, 0)
    assert {"gradient, exact", "gradient, with 4-bit logits"} <= texts(figure)
