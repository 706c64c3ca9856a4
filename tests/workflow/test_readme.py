"""The generated parts of README.md and models/README.md are what their sources say."""

from __future__ import annotations

import json

import pytest

from trident.experiment import artifacts, paths
from trident.reporting import rendering
from trident.workflow import readme, times


def test_the_readme_s_part_has_the_table_and_a_line_for_each_other_grid(tmp_path):
    row = times.Row("total", 24, 24, 24, 1800, 900.4, 1750.6)
    for folder in (tmp_path, tmp_path / "labels", tmp_path / "temperature"):
        times.write([row], "Linux, 2 cores", folder)
    text = readme.how_long(tmp_path)
    assert "| total | 24 | 1,800 | 900 | 1,751 |\n" in text and "(Linux, 2 cores)" in text
    assert text.splitlines()[-2:] == [
        "- `GRID=labels` adds 24 jobs, 900 s elapsed, 1,751 s of processor time.",
        "- `GRID=temperature` adds 24 jobs, 900 s elapsed, 1,751 s of processor time.",
    ]
    assert readme.how_long(tmp_path / "labels").splitlines()[-1].startswith("Elapsed: ")


def test_the_readme_has_a_line_for_each_figure_and_for_each_other_grid(tmp_path):
    said = {"figure_scores": "A is best;\nB is not", "figure_probes": "Worse than a coin"}
    artifacts.write_json(tmp_path / rendering.FINDINGS, said)
    artifacts.write_json(tmp_path / "labels" / rendering.FINDINGS, {**said, "figure_labels": "A teacher helps"})
    artifacts.write_json(tmp_path / "codecs" / rendering.FINDINGS, said)
    artifacts.write_json(tmp_path / "real" / rendering.FINDINGS, said)  # a profile, no grid
    assert readme.found(tmp_path).splitlines() == [
        f"- Worse than a coin ([figure]({tmp_path}/figure_probes.png)).",
        f"- A is best; B is not ([figure]({tmp_path}/figure_scores.png)).",
        f"- `GRID=codecs`: A is best; B is not ([figure]({tmp_path}/codecs/figure_scores.png)).",
        f"- `GRID=labels`: A teacher helps ([figure]({tmp_path}/labels/figure_labels.png)).",
    ]


def test_the_readme_says_what_the_committed_figures_found():
    text = readme.FILE.read_text(encoding="utf-8")
    assert rendering.between(text, "findings", readme.found(paths.ROOT / "figures")) == text, "make figures"


def test_the_readme_says_how_long_the_committed_figures_took():
    text = readme.FILE.read_text(encoding="utf-8")
    assert rendering.between(text, "times", readme.how_long(paths.ROOT / "figures")) == text, "make reproduce"


def test_the_readme_shows_the_tables_that_figures_holds():
    shown = (paths.ROOT / "figures" / rendering.README_TABLES).read_text(encoding="utf-8")
    text = readme.FILE.read_text(encoding="utf-8")
    assert rendering.between(text, "results", shown) == text, "README.md is older than figures/: make figures"


@pytest.mark.skipif(not (paths.ROOT / "figures/real").is_dir(), reason="the profile `real` was not run")
def test_the_readme_says_what_was_found_on_real_java():
    text = readme.FILE.read_text(encoding="utf-8")
    part = readme.of_real_java(paths.ROOT / "figures/real")
    assert rendering.between(text, "real", part) == text, "make figures PROFILE=real"


def test_a_readme_without_markers_is_named_and_left_alone(tmp_path, monkeypatch):
    file = tmp_path / "README.md"
    file.write_text("nothing")
    (tmp_path / rendering.README_TABLES).write_text("new\n")
    monkeypatch.setattr(readme, "FILE", file)
    with pytest.raises(ValueError, match="README.md: expected one line <!-- results:begin -->"):
        readme.update(tmp_path)
    assert file.read_text() == "nothing"


def test_the_models_card_has_a_column_for_each_model(tmp_path, monkeypatch):
    monkeypatch.setattr(readme, "CARD", tmp_path / "README.md")
    readme.CARD.write_text("a\n<!-- models:begin -->\nold\n<!-- models:end -->\nb\n")
    card = {"teacher": {"parameters": 3900000, "best_loss": 0.25}, "student": {"parameters": 1300000, "data": "x | y"}}
    (tmp_path / "card.json").write_text(json.dumps(card))
    readme.update_models()
    assert readme.CARD.read_text().splitlines() == [
        "a",
        "<!-- models:begin -->",
        "**How the models were made**",
        "",
        "|  | teacher | student |",
        "| --- | ---: | ---: |",
        "| parameters | 3,900,000 | 1,300,000 |",
        "| best loss | 0.25 | – |",
        "| data | – | x \\| y |",
        "<!-- models:end -->",
        "b",
    ]


def test_the_models_card_is_that_of_the_shipped_models():
    """It fails when the models are made anew without `trident models`."""
    card = json.loads((paths.ROOT / "models/card.json").read_text(encoding="utf-8"))
    text = readme.CARD.read_text(encoding="utf-8")
    assert rendering.between(text, "models", readme.made(card)) == text
