"""A packed student is the one that was trained, in half the bytes, with the facts about it beside it."""

from __future__ import annotations

import json

import pytest
import torch

from trident.distillation import models
from trident.experiment import artifacts, paths
from trident.workflow.cli import main


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    tokenizer = models.train_tokenizer(["int total = 12; assertEquals(12, total);"] * 3, 310)
    model = models.from_scratch(tokenizer, d_model=8, d_ff=8, layers=1, heads=2, dropout_rate=0.0, seed=3)
    place = paths.Run("sandbox").student("ce", 13)
    model.save_pretrained(place)
    tokenizer.save_pretrained(place)
    return model, place


def test_it_is_the_trained_student_in_half_the_bytes(run, tmp_path):
    model, place = run
    artifacts.write_json(place / artifacts.PROVENANCE, {"training": {"steps": 12}})
    assert main(["pack", "models/small", "--configuration", "ce", "--seed", "13"]) == 0
    packed, _ = models.load(tmp_path / "models/small")
    for name, value in packed.state_dict().items():
        torch.testing.assert_close(value, model.state_dict()[name], rtol=1e-3, atol=1e-6)
    facts = json.loads((tmp_path / "models/card.json").read_text())["small"]
    assert (facts["configuration"], facts["seed"], facts["steps"]) == ("ce", 13, 12)
    assert facts["sha256"] == artifacts.digest(tmp_path / "models/small/model.safetensors")
    assert artifacts.require(tmp_path / "models/small", "student")["training"] == {"steps": 12}
    assert facts["bytes"] < 0.7 * (place / "model.safetensors").stat().st_size


def test_an_unfinished_student_is_an_error(run, capsys):
    assert main(["pack", "models/small", "--configuration", "ce", "--seed", "13"]) == 1
    assert "student ce, seed 13 was not finished" in capsys.readouterr().err
