"""Figures show what they are given, and are the same bytes each time."""

from __future__ import annotations

import subprocess
import sys

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import torch
from helpers.drawn import texts
from matplotlib.colors import to_hex

from trident import schedules
from trident.experiment import paths
from trident.reporting import plots

DYNAMIC = {"focal": 0.3, "jsd": 0.6, "semantic": 0.1}, {"jsd": 0.3, "semantic": 0.3}


# -- what every figure owes

DRAWN = """
import sys
from pathlib import Path
import matplotlib
matplotlib.use("Agg")
from trident.reporting import plots
plots.save(plots.pipeline(), Path(sys.argv[1]), "pipeline")
plots.save(plots.curves([0, 1], {"a": [1, 2]}, "x", "y"), Path(sys.argv[1]), "curves")
"""


def test_another_process_writes_the_same_bytes(tmp_path):
    subprocess.run([sys.executable, "-c", DRAWN, str(tmp_path / "first")], cwd=paths.ROOT, check=True, timeout=300)
    plots.save(plots.pipeline(), tmp_path / "second", "pipeline")
    plots.save(plots.curves([0, 1], {"a": [1, 2]}, "x", "y"), tmp_path / "second", "curves")
    files = sorted((tmp_path / "first").iterdir())
    assert [file.name for file in files] == ["curves.png", "curves.svg", "pipeline.png", "pipeline.svg"]
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
    parts = ("Teacher", "Student", "JSD", "Semantic", "Focal", "gradient", "Teacher cache", "Reference", "encoder")
    assert all(word in shown for word in parts)
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


def test_training_curves_have_a_panel_for_each_unit_and_mark_the_checkpoint_that_is_kept():
    history = [
        {"step": 10, "loss_focal": 2.0, "loss_jsd": 1.0, "loss_semantic": 0.4},
        {"step": 10, "eval_loss": 1.5},
        {"step": 20, "loss_focal": 1.0, "loss_jsd": 0.5, "loss_semantic": 0.3},
        {"step": 20, "eval_loss": 1.1},
        {"step": 30, "eval_loss": 1.2},
    ]
    figure = plots.training_curves(history)
    tokens, examples, validation = figure.axes
    assert [line.get_label() for line in tokens.lines] == ["focal", "JSD · T²"]
    assert [line.get_label() for line in examples.lines] == ["semantic"]
    assert tokens.get_ylabel() == validation.get_ylabel() == "nats per token" != examples.get_ylabel()
    kept = validation.collections[0].get_offsets()[0]
    assert tuple(kept) == (20, 1.1)
    assert "Validation: 1.50 nats per token at first, 1.10 at step 20, which is kept" in texts(figure)
    without = [{name: value for name, value in row.items() if name != "loss_semantic"} for row in history]
    assert len(plots.training_curves(without).axes) == 2


def test_assertion_kinds_are_shares_of_each_split():
    counts = pd.DataFrame({"train": [30, 10], "test": [1, 3]}, index=["assertEquals", "assertTrue"])
    figure = plots.assertion_kinds(counts, {"assertTrue": 0.16, "fail": 0.1})
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights == pytest.approx([0.75, 0.25, 0.25, 0.75])
    assert "real projects" in texts(figure)


def test_curves_draw_what_they_get():
    figure = plots.curves(torch.tensor([0.0, 1.0]), {"focal": torch.tensor([1.0, 2.0])}, "p", "loss")
    assert {"p", "loss", "focal"} <= texts(figure)


def test_the_gradient_audit_names_the_strongest_component_and_the_mean_agreement_of_each_pair():
    history = [
        {"step": 1, "grad_norm_ce": 0.5, "grad_norm_jsd": 0.1, "cosine_ce_jsd": 0.3},
        {"step": 2, "loss": 1.0},
        {"step": 3, "grad_norm_ce": 0.1, "grad_norm_jsd": 0.3, "cosine_ce_jsd": -0.1},
    ]
    norms, agreement = plots.gradient_audit(history).axes
    assert norms.get_title(loc="left") == "Strongest on average: cross-entropy"
    assert [line.get_label() for line in norms.lines] == ["cross-entropy", "JSD · T²"]
    assert tuple(agreement.lines[0].get_ydata()) == (0.3, -0.1)
    assert agreement.lines[0].get_label() == "cross-entropy and JSD: +0.10"
    drawn = to_hex(agreement.lines[0].get_color()).upper()
    assert drawn not in {colour.upper() for colour in plots.COMPONENT_COLOURS.values()}


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
