"""An exported student answers as the quantised one in memory, in a quarter of the bytes."""

from __future__ import annotations

import pytest
import torch

from trident.distillation import int8, models
from trident.experiment import artifacts, paths
from trident.workflow import suggest
from trident.workflow.cli import main

INPUTS = {"input_ids": torch.tensor([[40, 41, 7, 1]]), "max_new_tokens": 6, "num_beams": 1, "do_sample": False}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    tokenizer = models.train_tokenizer(["int total = 12; assertEquals(12, total);"] * 3, 310)
    model = models.from_scratch(tokenizer, d_model=32, d_ff=64, layers=1, dropout_rate=0.0, seed=3)
    place = paths.Run("sandbox").student("ce", 13)
    model.save_pretrained(place)
    tokenizer.save_pretrained(place)
    record = {"training": {"steps": 12}, "parameters": {"max_source_tokens": 99, "max_target_tokens": 33}}
    artifacts.write_json(place / artifacts.PROVENANCE, record)
    return model, place


@pytest.mark.parametrize("by_folder", [False, True])
def test_it_is_the_quantised_student(run, tmp_path, capsys, by_folder):
    model, place = run
    out = tmp_path / "small"
    assert main(["export", str(place) if by_folder else "ce-s13", "--int8", "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith(f"{out}: ")
    exported, _ = models.load(out)
    assert torch.equal(exported.generate(**INPUTS), int8.quantise(model).generate(**INPUTS))
    assert models.weight_bytes(exported) < 0.3 * models.weight_bytes(model)
    assert suggest.lengths(out) == (99, 33)


def test_a_name_that_is_no_student_is_an_error(run, tmp_path, capsys):
    assert main(["export", "ce-s14", "--int8", "--out", str(tmp_path / "small")]) == 1
    assert "no student ce-s14: the students of sandbox are ce-s13" in capsys.readouterr().err
    assert not (tmp_path / "small").exists()


def test_an_unfinished_student_is_an_error(run, tmp_path, capsys):
    _, place = run
    (place / ".lock").touch()
    (place / artifacts.PROVENANCE).unlink()
    assert main(["export", "ce-s13", "--int8", "--out", str(tmp_path / "small")]) == 1
    assert "was not finished" in capsys.readouterr().err


def test_an_exported_one_is_not_exported_again(run, tmp_path, capsys):
    out = tmp_path / "small"
    assert main(["export", "ce-s13", "--int8", "--out", str(out)]) == 0
    assert main(["export", str(out), "--int8", "--out", str(tmp_path / "smaller")]) == 1
    assert "an int8 model cannot be quantised" in capsys.readouterr().err
