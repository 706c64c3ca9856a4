"""The drift benchmark: which jobs run under a setting, and what is said of the differences."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from tests.helpers import small_scores
from trident.reporting import rendering
from trident.workflow import stages


def cell(name: str, **changes: object) -> dict:
    losses = pd.Series({25: 2.0, 50: 1.0})
    answers = pd.Series({"a": "x", "b": "y"})
    row = {"cell": name, "teacher": "t", "teacher cache": "c", "student": "s", "losses": losses, "answers": answers}
    return {**row, "validation_loss": 0.5, "accepted": 0.4, "exact_match": 0.3, "cqs": 0.8, **changes}


def test_differences_by_hand(benchmark: ModuleType) -> None:
    """Over two cells: 0 and 0.03 are 0.03 / √2 in the root of the mean square."""
    found = {
        "here": [cell("ce-s13"), cell("ce-s42", accepted=0.5, student="z")],
        "again": [cell("ce-s13"), cell("ce-s42", accepted=0.5, student="z")],
        "fp32": [
            cell("ce-s13", accepted=0.43, student="u", losses=pd.Series({25: 2.2, 50: 1.0})),
            cell("ce-s42", accepted=0.5, student="z", answers=pd.Series({"b": "y", "a": "other"})),
        ],
    }
    table = benchmark.compare(found)
    assert list(table.index) == ["again", "fp32", "seed"]
    again, fp32, seed = (table.loc[name] for name in table.index)
    assert again["same student"] == again["same answers"] == 1.0 and again["accepted"] == again["losses"] == 0.0
    assert fp32["same student"] == 0.5 and fp32["same teacher"] == 1.0
    assert fp32["accepted"] == pytest.approx(0.03 / 2**0.5)
    assert fp32["losses"] == pytest.approx((0.1**2 / 2) ** 0.5 / 2**0.5)
    assert fp32["same answers"] == 0.75
    assert seed["accepted"] == pytest.approx(0.1) and seed["pairs"] == 1


def test_cells_of_different_configurations_are_no_seeds(benchmark: ModuleType) -> None:
    found = {"here": [cell("ce-s13"), cell("ce_kl-s42")], "again": [cell("ce-s13"), cell("ce_kl-s42")]}
    assert list(benchmark.compare(found).index) == ["again"]


def test_a_setting_changes_what_it_names_and_the_folder_alone(benchmark: ModuleType, tmp_path: Path) -> None:
    students = [job for job in stages.grid("smoke") if job.notebook.stem == "04_distill"][:2]
    plain, fp32 = (
        benchmark.jobs("smoke", students, benchmark.SETTINGS[name], str(tmp_path)) for name in ("here", "fp32")
    )
    assert len(plain) == len(fp32) == 3 + 2 * 2 and plain.keys() == fp32.keys()
    assert all(Path(folder).is_relative_to(tmp_path) for folder in plain)
    for one, other in zip(plain.values(), fp32.values(), strict=True):
        changed = {name for name, value in one.values.items() if other.values[name] != value}
        assert changed == ({"mixed_precision"} if one.notebook.stem in ("02_teacher", "04_distill") else set())


def test_what_is_read_of_a_cell(benchmark: ModuleType, tmp_path: Path) -> None:
    run = small_scores.write(tmp_path, configurations=("ce",), seeds=(13,))
    scores = pd.read_parquet(run.scores("ce-s13") / "scores.parquet").query("variant == 'strict'")
    scores.to_parquet(run.scores("ce-s13") / "predictions.parquet")
    for folder in (run.teacher, run.student("ce", 13)):
        folder.mkdir(exist_ok=True)
        (folder / "model.safetensors").write_bytes(folder.name.encode())
    with pytest.raises(ValueError, match="no files to compare"):
        benchmark.read(run, "ce-s13", "hidden_fp16")
    cache = run.teacher_cache("hidden_fp16") / "cache"
    cache.mkdir(parents=True)
    (cache / "data.arrow").write_bytes(b"")
    found = benchmark.read(run, "ce-s13", "hidden_fp16")
    metrics = json.loads((run.scores("ce-s13") / "metrics.json").read_text())
    assert found["accepted"] == metrics["splits"]["test"]["strict"]["accepted"]
    assert found["losses"].index[0] == 25 and len(found["answers"]) == 120
    assert len({found[name] for name in ("teacher", "student", "teacher cache")}) == 3


def test_the_document_has_the_table(benchmark: ModuleType) -> None:
    found = {name: [cell("ce-s13"), cell("ce-s42")] for name in benchmark.SETTINGS}
    result = {**benchmark.about("smoke", ["ce-s13", "ce-s42"]), "drift": benchmark.compare(found).to_dict("index")}
    text = benchmark.markdown(result)
    assert all(setting.means in text for name, setting in benchmark.SETTINGS.items() if name != benchmark.HERE)
    assert rendering.between(benchmark.DOCUMENT.read_text(encoding="utf-8"), "drift", text)
