"""Span denoising: hidden spans can be restored, and a pre-training is not repeated without need."""

from __future__ import annotations

import os

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from trident.distillation import models, pretraining
from trident.experiment import params

SENTINELS = list(range(1000, 1032))
EOS = 1


@given(ids=st.lists(st.integers(2, 999), max_size=400), seed=st.integers(0, 2**32))
def test_the_spans_put_back_restore_the_text(ids, seed):
    question, answer = pretraining.corrupt(ids, SENTINELS, EOS, np.random.default_rng(seed))
    assert question[-1] == EOS and answer[-1] == EOS
    spans: dict[int, list[int]] = {}
    for token in answer[:-1]:
        if token in SENTINELS:
            spans[token] = []
            latest = spans[token]
        else:
            latest.append(token)
    rebuilt = [token for t in question[:-1] for token in (spans[t] if t in SENTINELS else [t])]
    assert rebuilt == ids
    assert list(spans) == SENTINELS[: len(spans)]
    assert all(spans.values()) or len(ids) < 2


@given(length=st.integers(20, 300), seed=st.integers(0, 2**32))
def test_about_the_wanted_share_is_hidden(length, seed):
    question, answer = pretraining.corrupt(list(range(2, length + 2)), SENTINELS, EOS, np.random.default_rng(seed))
    hidden = sum(token not in SENTINELS for token in answer[:-1])
    assert hidden == round(length * pretraining.NOISE_DENSITY)


def small(**changes):
    return params.check(
        {
            **params.DEFAULTS,
            "teacher_model": "sandbox",
            "student_model": "sandbox",
            "pretrain_steps": 3,
            "vocabulary_size": 310,
            "progress": False,
            "teacher_d_model": 16,
            "teacher_d_ff": 16,
            "student_d_model": 8,
            "student_d_ff": 8,
            **changes,
        }
    )


TEXTS = ["int total = 12; assertEquals(12, total);", "void f() { g(); }", "return a + b;"] * 4


def test_a_pretrained_model_is_cached_until_something_changes(tmp_path):
    p = small()
    tokenizer, teacher, student = pretraining.start(p, TEXTS)
    before = student.shared.weight.detach().clone()
    first = pretraining.pretrain(p, student, tokenizer, TEXTS, tmp_path)
    assert not first["cached"] and first["steps"] == 3
    assert not torch.equal(before, student.shared.weight)
    _, _, again = pretraining.start(p, TEXTS)
    assert pretraining.pretrain(p, again, tokenizer, TEXTS, tmp_path)["cached"]
    assert torch.equal(again.shared.weight, student.shared.weight)
    _, _, longer = pretraining.start(p, TEXTS)
    assert not pretraining.pretrain(small(pretrain_steps=4), longer, tokenizer, TEXTS, tmp_path)["cached"]


def test_a_cached_model_counts_only_if_its_files_are_those_that_were_saved(tmp_path):
    """Its mark stays when another run overwrites the model, or is killed while it does."""
    p = small()
    tokenizer, _, student = pretraining.start(p, TEXTS)
    pretraining.pretrain(p, student, tokenizer, TEXTS, tmp_path)
    for spoil in (
        lambda: pretraining.start(p, TEXTS)[2].save_pretrained(tmp_path),  # what 02 does with pretrain_steps: 0
        lambda: os.truncate(tmp_path / "model.safetensors", 1000),
        (tmp_path / "config.json").unlink,
    ):
        spoil()
        _, _, again = pretraining.start(p, TEXTS)
        assert not pretraining.pretrain(p, again, tokenizer, TEXTS, tmp_path)["cached"]
        assert torch.equal(again.shared.weight, student.shared.weight)


def test_models_of_one_folder_format_can_be_teacher_and_student(tmp_path):
    tokenizer, teacher, _ = pretraining.start(small(), TEXTS)
    teacher.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    _, loaded, other = pretraining.start(small(teacher_model=str(tmp_path), student_model=str(tmp_path)), TEXTS)
    assert models.parameter_count(loaded) == models.parameter_count(other) == models.parameter_count(teacher)
