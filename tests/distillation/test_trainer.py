"""Training on the trainer: what is minimised, what is resumed, what is logged."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys

import pytest
import torch
from datasets import Dataset
from safetensors.torch import load_file

from trident import losses
from trident.distillation import encoding, models, teacher_cache, trainer
from trident.experiment import artifacts, params, paths
from trident.schedules import Linear

CPU = torch.device("cpu")
ASSERTIONS = [
    "assertEquals(12, total);",
    "assertTrue(list.isEmpty());",
    "assertNull(name);",
    "assertEquals(7, size());",
]


class FakeEncoder:
    """Stands for a sentence transformer where only its being called matters."""

    def __init__(self, *args, **kwargs):
        self.every = kwargs["every"]
        self.encoder = torch.nn.Identity()

    def encode(self, texts):
        return torch.ones(len(texts), 3)

    def __call__(self, student_logits, labels, references, *, step, seed):
        from trident.losses.semantic import SemanticOutput

        assert references.shape == (len(labels), 3)
        loss = student_logits.float().pow(2).mean() * self.every
        return SemanticOutput(loss, loss.detach() / self.every)


@pytest.fixture(scope="module")
def world():
    """A tokenizer, twelve encoded examples, their targets and a teacher."""
    rows = [
        {
            "id": str(i),
            "test_prefix_and_rest": f"void t{i}() {{ <ASSERTION> }}",
            "focal_method": "int size() { return 7; }",
            "assertion": ASSERTIONS[i % 4],
            "assertion_canonical": ASSERTIONS[i % 4],
        }
        for i in range(12)
    ]
    tokenizer = models.train_tokenizer([encoding.whole_text(row) for row in rows] * 3, 320)
    limits = params.check({"max_source_tokens": 64, "max_target_tokens": 32, "target_form": "canonical"})
    encoded = encoding.encode(Dataset.from_list(rows), tokenizer, limits, drop_long_targets=True)
    return tokenizer, encoded, {row["id"]: row["assertion"] for row in rows}, small(tokenizer, 16, 1)


def small(tokenizer, d_model=12, seed=2):
    return models.from_scratch(tokenizer, d_model=d_model, d_ff=16, layers=1, heads=2, dropout_rate=0.0, seed=seed)


@pytest.fixture(scope="module")
def cache(world, tmp_path_factory):
    tokenizer, encoded, _, teacher = world
    folder = tmp_path_factory.mktemp("cache")
    teacher_cache.write(
        folder,
        teacher_cache.hidden_states(teacher, tokenizer, encoded, batch_size=4, device=CPU),
        teacher_cache.output_head(teacher),
        codec="hidden_fp16",
        tokenizer_digest="t",
        teacher_digest="m",
    )
    return teacher_cache.TeacherCache(folder)


def settings(**changes):
    return params.check(
        {**params.DEFAULTS, "batch_size": 4, "epochs": 2, "progress": False, "device": "cpu", **changes}
    )


def distil(world, cache, folder, monkeypatch, student=None, **changes):
    tokenizer, encoded, targets, _ = world
    monkeypatch.setattr(trainer, "SemanticTerm", FakeEncoder)
    monkeypatch.setattr(models, "sentence_encoder", lambda name: None)
    student = student if student is not None else small(tokenizer)
    return trainer.distil(
        settings(**changes), student, tokenizer, encoded, encoded, folder, teacher_cache=cache, targets=targets
    ), student


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": {"ce": 1.0}},
        {"weights": {"ce": 0.5, "kl": 0.5}},
        {},
        {"schedule": "epoch", "weights_end": {"jsd": 0.2}},
        {"schedule": "gradnorm"},
        {"schedule": "uncertainty"},
        {"running_average": True},
        {"weights": {"focal": 0.7, "semantic": 0.3}},
    ],
    ids=lambda changes: ",".join(f"{k}={v}" for k, v in changes.items()) or "default",
)
def test_every_kind_of_configuration_trains_and_says_what_it_did(world, cache, tmp_path, monkeypatch, changes):
    result, student = distil(world, cache, tmp_path, monkeypatch, **changes)
    assert result["steps"] == 6 and not result["resumed"]
    log = json.loads((tmp_path / "history.json").read_text())
    wanted = set(settings(**changes).weights)
    assert {key.removeprefix("loss_") for row in log for key in row if key.startswith("loss_")} == wanted
    assert sum("eval_loss" in row for row in log) == 2
    assert any(key.startswith("grad_norm_") for row in log for key in row)
    assert not (tmp_path / "checkpoints").exists()
    assert load_file(tmp_path / "model.safetensors")["shared.weight"].equal(student.shared.weight)


def test_the_trained_loss_is_the_weighted_sum(world, cache, tmp_path, monkeypatch):
    """The first logged loss equals the weighted sum of the components, computed by the plain functions."""
    tokenizer, encoded, _, teacher = world
    student = small(tokenizer)
    batch = trainer.Collator(tokenizer, student, trainer.Objective())([encoded[i] for i in range(12)])
    with torch.no_grad():
        inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "decoder_input_ids")}
        z, t = student(**inputs).logits, teacher(**inputs).logits
    expected = (0.6 * losses.ce(z, batch["labels"]) + 0.4 * losses.kl(z, t, batch["labels"], temperature=4.0)).item()
    distil(
        world,
        cache,
        tmp_path,
        monkeypatch,
        student=student,
        weights={"ce": 0.6, "kl": 0.4},
        batch_size=12,
        epochs=1,
    )
    first = json.loads((tmp_path / "history.json").read_text())[0]
    assert first["loss"] == pytest.approx(expected, rel=2e-3)  # the cache holds fp16


def test_accumulated_batches_make_the_step_of_one_large_batch(world, cache, tmp_path, monkeypatch):
    """Token means are over the whole effective batch, however it is cut."""
    weights = []
    for name, size, times in (("whole", 12, 1), ("cut", 4, 3)):
        _, student = distil(
            world,
            cache,
            tmp_path / name,
            monkeypatch,
            weights={"focal": 0.45, "jsd": 0.40},
            batch_size=size,
            gradient_accumulation_steps=times,
            epochs=1,
            warmup_ratio=0.0,
        )
        weights.append(student.shared.weight.detach().clone())
    torch.testing.assert_close(*weights, rtol=1e-4, atol=1e-5)


def test_same_seed_same_weights_other_seed_others(world, cache, tmp_path, monkeypatch):
    made = [
        distil(world, cache, tmp_path / str(i), monkeypatch, seed=seed)[1].shared.weight
        for i, seed in enumerate((1, 1, 2))
    ]
    assert made[0].equal(made[1]) and not made[0].equal(made[2])


class Killed(Exception):
    pass


@pytest.mark.parametrize("changes", [{}, {"schedule": "uncertainty"}], ids=["static", "learnt weights"])
def test_a_killed_training_resumes_to_the_same_result(world, cache, tmp_path, monkeypatch, changes):
    _, whole = distil(world, cache, tmp_path / "whole", monkeypatch, epochs=3, **changes)
    original = trainer.DistillationTrainer.compute_loss

    def dies(self, model, inputs, **kwargs):
        if model.training and self.state.global_step == 7:
            raise Killed
        return original(self, model, inputs, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(trainer.DistillationTrainer, "compute_loss", dies)
        with pytest.raises(Killed):
            distil(world, cache, tmp_path / "cut", patch, epochs=3, **changes)
    assert (tmp_path / "cut" / "checkpoints").is_dir() and not (tmp_path / "cut" / "model.safetensors").exists()
    result, resumed = distil(world, cache, tmp_path / "cut", monkeypatch, epochs=3, **changes)
    assert result["resumed"] and result["steps"] == 9
    torch.testing.assert_close(resumed.shared.weight, whole.shared.weight, rtol=0, atol=0)


def test_checkpoints_of_other_settings_are_not_resumed(world, cache, tmp_path, monkeypatch):
    original = trainer.DistillationTrainer.compute_loss

    def dies(self, model, inputs, **kwargs):
        if model.training and self.state.global_step == 4:
            raise Killed
        return original(self, model, inputs, **kwargs)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(trainer.DistillationTrainer, "compute_loss", dies)
        distil(world, cache, tmp_path, patch)
    result, _ = distil(world, cache, tmp_path, monkeypatch, temperature=2.0)
    assert not result["resumed"]


def test_a_decoded_semantic_term_has_no_gradient(world, cache, tmp_path, monkeypatch):
    """The audit in the log says 0 for what has no gradient."""

    class Constant(FakeEncoder):
        def __call__(self, student_logits, labels, references, *, step, seed):
            from trident.losses.semantic import SemanticOutput

            return SemanticOutput(torch.tensor(0.3), torch.tensor(0.3))

    monkeypatch.setattr(models, "sentence_encoder", lambda name: None)
    monkeypatch.setattr(trainer, "SemanticTerm", Constant)
    tokenizer, encoded, targets, _ = world
    trainer.distil(
        settings(), small(tokenizer), tokenizer, encoded, encoded, tmp_path, teacher_cache=cache, targets=targets
    )
    norms = [
        row["grad_norm_semantic"]
        for row in json.loads((tmp_path / "history.json").read_text())
        if "grad_norm_semantic" in row
    ]
    assert norms and set(norms) == {0.0}


def test_learning_from_a_teacher_needs_its_outputs(world, tmp_path):
    tokenizer, encoded, _, _ = world
    objective = trainer.Objective(losses.TridentLoss(temperature=4.0), Linear({"kl": 1.0}))
    with pytest.raises(ValueError, match="teacher cache that notebook 03 writes"):
        trainer.train(settings(), small(tokenizer), tokenizer, encoded, encoded, tmp_path, objective)


def test_a_loss_without_teacher_needs_no_cache(world, tmp_path, monkeypatch):
    class Unreadable:
        def __contains__(self, name):
            raise AssertionError("the cache was read")

    result, _ = distil(world, Unreadable(), tmp_path, monkeypatch, weights={"ce": 1.0, "jsd": 0.0}, epochs=1)
    assert result["steps"] == 3


def test_fine_tuning_lowers_the_validation_loss(world, tmp_path):
    tokenizer, encoded, _, _ = world
    model = small(tokenizer)
    before = losses.ce(
        model(
            **{
                k: v
                for k, v in trainer.Collator(tokenizer, model, trainer.Objective())(list(encoded)).items()
                if k != "labels"
            }
        ).logits,
        trainer.Collator(tokenizer, model, trainer.Objective())(list(encoded))["labels"],
    ).item()
    result = trainer.fine_tune(
        settings(teacher_epochs=4, teacher_learning_rate=1e-2), model, tokenizer, encoded, encoded, tmp_path
    )
    assert result["best_validation_loss"] < before and math.isfinite(result["seconds"])


def test_several_processes_train_one_model_and_one_of_them_writes(tmp_path):
    script = paths.ROOT / "tests" / "helpers" / "two_processes.py"
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    environment = {**os.environ, "PYTHONPATH": str(paths.ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run([*launch, script, tmp_path], env=environment, check=True, capture_output=True, timeout=300)
    record = artifacts.require(tmp_path, "model")
    assert (record["processes"], record["rank"], record["read"]) == (2, "0", 7)
    assert record["training"]["steps"] == 4  # 8 examples, 2 processes of 2 examples each, 2 epochs
    assert not (tmp_path / "checkpoints").exists() and (tmp_path / "model.safetensors").is_file()
