"""The shipped models' training, at a size of seconds: its data, and that it resumes exactly."""

from __future__ import annotations

import json
import random

import pytest
import torch

from trident.corpus.sandbox import template
from trident.corpus.sandbox.generate import generate, held_out
from trident.distillation import base_training, bases, models
from trident.java.assertions import MARK

TINY = bases.Recipe(d_model=16, d_ff=16, layers=1, steps=6, blanks=0.5)


@pytest.fixture
def small(monkeypatch):
    """Rounds and batches of a few examples, and a checkpoint at every second step."""
    for name, value in {"ROUND": 24, "SAVE_STEPS": 2}.items():
        monkeypatch.setattr(base_training, name, value)
    monkeypatch.setattr(bases, "BATCH_SIZE", 8)
    monkeypatch.setattr(bases, "VOCABULARY_SIZE", 700)
    monkeypatch.setattr(bases, "EVALUATION_SIZES", {"validation": 40, "test": 40})
    evaluated = bases._evaluated
    evaluated.cache_clear()
    yield
    evaluated.cache_clear()


@pytest.mark.usefixtures("small")
def test_a_round_holds_no_unseen_template_and_no_evaluated_question(monkeypatch):
    plain = bases.drawn(0, random.Random(0))
    names = {example["origin"].split(".java#")[0] for example in plain}
    assert len(plain) == 24 and not names & held_out([made.name for made in template.load()])
    monkeypatch.setattr(bases, "_evaluated", lambda: frozenset(map(bases._question, plain[:5])))
    asked = {bases._question(example) for example in plain[:5]}
    monkeypatch.setattr(bases, "RENAMED", 0.0)
    assert not asked & {bases._question(example) for example in bases.drawn(0, random.Random(0))}


def test_evaluation_questions_are_those_of_the_profiles_corpus():
    corpus, _ = generate({"validation": 30, "test": 30, "train": 30}, bases.EVALUATION_SEED)
    known = bases._evaluated()
    assert all(bases._question(one) in known for one in corpus if one["split"] != "train")


@pytest.mark.usefixtures("small")
def test_the_stream_depends_on_the_number_alone():
    tokenizer = bases.make_tokenizer()
    first, again = bases.GeneratedJava(tokenizer, 6, 0.5), bases.GeneratedJava(tokenizer, 6, 0.5)
    assert len(first) == 48
    assert first[30] == again[30] and again[2] == first[2]  # whatever was asked before
    texts = [tokenizer.decode(first[i]["input_ids"]) for i in range(48)]
    assert any(MARK in text for text in texts) and any("<extra_id_0>" in text for text in texts)
    assert all(MARK not in tokenizer.decode(bases.GeneratedJava(tokenizer, 6, 0.0)[i]["input_ids"]) for i in range(24))


@pytest.mark.usefixtures("small")
def test_a_killed_training_ends_with_the_same_weights(tmp_path, monkeypatch):
    bases.make_models(tmp_path / "whole", {"student": TINY})
    complete = base_training._Marking.on_save

    def killed(self, args, state, control, **kwargs):
        if state.global_step == 4:
            raise KeyboardInterrupt  # after the checkpoint was written, before it was marked as whole
        complete(self, args, state, control, **kwargs)

    monkeypatch.setattr(base_training._Marking, "on_save", killed)
    with pytest.raises(KeyboardInterrupt):
        bases.make_models(tmp_path / "killed", {"student": TINY})
    monkeypatch.setattr(base_training._Marking, "on_save", complete)
    bases.make_models(tmp_path / "killed", {"student": TINY})
    whole, resumed = (models.load(tmp_path / name / "student")[0].state_dict() for name in ("whole", "killed"))
    for name, value in whole.items():
        torch.testing.assert_close(resumed[name], value, rtol=0, atol=0)
    cards = [json.loads((tmp_path / name / "card.json").read_text()) for name in ("whole", "killed")]
    assert cards[0] == cards[1] and cards[0]["student"]["steps"] == 6
    assert not (tmp_path / "killed/student/checkpoints").exists()
    monkeypatch.setattr(bases, "make_model", None)  # a model that is there is not made again
    bases.make_models(tmp_path / "killed", {"student": TINY})
