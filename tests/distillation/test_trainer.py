"""Training on the trainer: what is minimised, what is resumed, what is logged."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys

import accelerate
import pytest
import torch
from datasets import Dataset
from safetensors.torch import load_file

from tests.helpers import cut_batches
from trident import losses
from trident.distillation import encoding, models, teacher_cache, trainer
from trident.distillation.teacher_cache import measure
from trident.evaluation import prediction
from trident.experiment import artifacts, params, paths
from trident.reporting import plots
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
        self.compares_texts = kwargs["mode"] != "soft"
        self.encoder = torch.nn.Identity()

    def encode(self, texts):
        return torch.ones(len(texts), 3)

    def has_text(self, labels):
        return torch.ones(len(labels), dtype=torch.bool)

    def draw(self, with_text, *, step, seed):
        return torch.arange(len(with_text))

    def of_drawn(self, student_logits, labels, references, places, *, count, step, seed):
        from trident.losses.semantic import SemanticOutput

        assert references.shape == (len(labels), 3) if self.compares_texts else references is None
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
        {"semantic_mode": "risk"},
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


@pytest.mark.parametrize("steps, at", [(10, [2, 3, 4, 5, 7, 8, 9, 10]), (3, [1, 2, 3])])
def test_training_by_steps_is_validated_after_each_part(world, cache, tmp_path, monkeypatch, steps, at):
    """Epochs of three steps end at other moments."""
    result, _ = distil(world, cache, tmp_path, monkeypatch, steps=steps, epochs=1)
    log = json.loads((tmp_path / "history.json").read_text())
    assert result["steps"] == steps
    assert [row["step"] for row in log if "eval_loss" in row] == at
    assert [row["step"] for row in log if "learning_rate" in row][-1] == steps


def test_training_by_steps_counts_its_parts_as_epochs_of_the_schedule(world, cache, tmp_path, monkeypatch):
    moving = {"weights": {"ce": 0.0, "jsd": 1.0}, "weights_end": {"ce": 8.0}, "schedule": "epoch"}
    distil(world, cache, tmp_path, monkeypatch, steps=16, **moving)
    log = json.loads((tmp_path / "history.json").read_text())
    weights = {row["step"]: row["weight_ce"] for row in log if "weight_ce" in row}
    assert weights == {step: (step - 1) // 2 for step in range(1, 17)}


def test_smoothed_labels_are_trained_on_and_not_validated_with(world, cache, tmp_path, monkeypatch):
    """At the same weights the training loss is the smoothed one, and the validation loss is the plain one."""
    tokenizer, encoded, _, _ = world
    student = small(tokenizer)
    batch = trainer.Collator(tokenizer, student, trainer.Objective())(list(encoded))
    labels = batch.pop("labels")
    with torch.no_grad():
        z = student(**batch).logits
    standing = {"batch_size": 12, "learning_rate": 1e-12, "epochs": 1, "mixed_precision": "no"}
    distil(world, cache, tmp_path, monkeypatch, student=student, weights={"ce": 1.0}, label_smoothing=0.3, **standing)
    training, validation = json.loads((tmp_path / "history.json").read_text())[:2]
    assert training["loss"] == pytest.approx(losses.ce(z, labels, label_smoothing=0.3).item(), rel=1e-4)
    assert validation["eval_loss"] == pytest.approx(losses.ce(z, labels).item(), rel=1e-4)
    assert abs(training["loss"] - validation["eval_loss"]) > 1e-3


class Killed(Exception):
    pass


@pytest.mark.parametrize(
    "changes",
    [{}, {"schedule": "uncertainty"}, {"steps": 9}, {"steps": 11}],
    ids=["static", "learnt weights", "by steps", "by steps, within an epoch"],
)
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
    assert result["resumed"] and result["steps"] == changes.get("steps", 9)
    torch.testing.assert_close(resumed.shared.weight, whole.shared.weight, rtol=0, atol=0)


@pytest.mark.parametrize("how", [("steps", "7"), ("random", "3")], ids=" ".join)
def test_after_a_kill_at_any_moment_the_next_run_ends_with_the_same_result(tmp_path, how):
    """In an interpreter of its own, whose children are killed while they save, delete or train."""
    script = paths.ROOT / "tests" / "helpers" / "killed.py"
    environment = {
        **os.environ,
        "PYTHONPATH": str(paths.ROOT),
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    run = subprocess.run([sys.executable, script, tmp_path, *how], env=environment, stdout=subprocess.PIPE, check=True)
    found = json.loads(run.stdout)
    assert found["failed"] == found["different"] == 0
    assert found["kills"] == 3 if how[0] == "random" else found["kills"] > 10 and found["resumed"] > 5


def test_checkpoints_of_another_training_are_not_resumed(world, cache, tmp_path, monkeypatch):
    """Other settings, another student to begin with, or another folder: a checkpoint names the best one by its path."""
    tokenizer, original = world[0], trainer.DistillationTrainer.compute_loss

    def dies(self, model, inputs, **kwargs):
        if model.training and self.state.global_step == 4:
            raise Killed
        return original(self, model, inputs, **kwargs)

    def resumed(folder, **changes):
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(trainer.DistillationTrainer, "compute_loss", dies)
            distil(world, cache, tmp_path / "a", patch)
        if folder != "a":
            (tmp_path / "a").rename(tmp_path / folder)
        return distil(world, cache, tmp_path / folder, monkeypatch, **changes)[0]["resumed"]

    assert resumed("a")
    assert not resumed("a", temperature=2.0)
    assert not resumed("a", student=small(tokenizer, seed=5))
    assert not resumed("b")


def overflow_once(monkeypatch):
    """As the loss scaler of fp16 does at first: one gradient norm is infinite, its step is skipped."""
    original, calls = accelerate.Accelerator.clip_grad_norm_, []

    def clip(self, parameters, max_norm, norm_type=2):
        parameters = list(parameters)
        norm = original(self, parameters, max_norm, norm_type)
        calls.append(norm)
        if len(calls) > 1:
            return norm
        for parameter in parameters:
            parameter.grad = None
        return norm * math.inf

    monkeypatch.setattr(accelerate.Accelerator, "clip_grad_norm_", clip)


def test_one_infinite_gradient_norm_is_null_in_the_log(world, cache, tmp_path, monkeypatch):
    overflow_once(monkeypatch)
    result, _ = distil(world, cache, tmp_path, monkeypatch)
    log = json.loads((tmp_path / "history.json").read_text(), parse_constant=pytest.fail)
    norms = [row["grad_norm"] for row in log if "grad_norm" in row]
    assert norms[0] is None and all(norm > 0 for norm in norms[1:]) and math.isfinite(result["best_validation_loss"])
    for draw in (plots.training_curves, plots.gradient_audit):
        plots.plt.close(draw(log))


def test_a_training_that_diverged_stops_at_the_first_validation(world, tmp_path):
    tokenizer, encoded, _, _ = world
    model = small(tokenizer)
    model.shared.weight.data[5] = math.nan
    with pytest.raises(trainer.TrainingError, match=r"step 3: the validation loss is nan.*learning rate"):
        trainer.fine_tune(settings(teacher_epochs=4), model, tokenizer, encoded, encoded, tmp_path)


def padded(model, rows):
    """The model with further rows in its output matrix, which no token has: real checkpoints are padded so."""
    model.resize_token_embeddings(model.config.vocab_size + rows, mean_resizing=False)
    return model


@pytest.mark.parametrize("codec", params.CODECS)
@pytest.mark.parametrize("rows", [(24, 8), (0, 16)], ids=["larger teacher", "larger student"])
def test_one_tokenizer_but_output_matrices_of_different_sizes(world, tmp_path, monkeypatch, codec, rows):
    """From the teacher cache through distillation to predictions."""
    tokenizer, encoded, _, _ = world
    teacher, student = padded(small(tokenizer, 16, 1), rows[0]), padded(small(tokenizer), rows[1])
    states = dict(teacher_cache.hidden_states(teacher, tokenizer, encoded, batch_size=4, device=CPU))
    head = teacher_cache.output_head(teacher)
    digests = {"tokenizer_digest": "t", "teacher_digest": "m"}
    teacher_cache.write(tmp_path / "cache", states.items(), head, codec=codec, **digests)
    if codec == "topk":
        own = dict(teacher_cache.hidden_states(student, tokenizer, encoded, batch_size=4, device=CPU))
        assert len(measure.compare(states, head, own, teacher_cache.output_head(student))) == len(params.CODECS)
    cache = teacher_cache.TeacherCache(tmp_path / "cache")
    result, _ = distil(world, cache, tmp_path / "student", monkeypatch, student=student, epochs=1)
    assert math.isfinite(result["best_validation_loss"])
    network, read = models.load(tmp_path / "student")
    options = {"batch_size": 4, "max_new_tokens": 8, "num_beams": 1, "device": CPU}
    assert all(isinstance(text, str) for text in prediction.predict(network, read, encoded, **options))


def test_a_decoded_semantic_term_has_no_gradient(world, cache, tmp_path, monkeypatch):
    """The audit in the log says 0 for what has no gradient."""

    class Constant(FakeEncoder):
        def of_drawn(self, *args, **kwargs):
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


def test_processes_that_share_a_batch_train_as_one_does(tmp_path):
    """Every component, schedule, accumulation and an uneven last batch: 50 steps, to 1e-5."""
    script = paths.ROOT / "tests" / "helpers" / "cut_batches.py"
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    environment = {**os.environ, "PYTHONPATH": str(paths.ROOT), "OMP_NUM_THREADS": "1"}
    run = subprocess.run([*launch, script, tmp_path / "two"], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    shared = json.loads((tmp_path / "two" / "logs.json").read_text())
    alone = cut_batches.run(tmp_path / "one")
    for case, log in alone.items():
        assert len(log) == len(shared[case]) and sum("loss" in row for row in log) == cut_batches.STEPS
        for one, two in zip(log, shared[case], strict=True):
            assert one.keys() == two.keys()
            numbers = [name for name in one if not name.endswith(("_runtime", "_per_second", "_flos"))]
            assert [two[name] for name in numbers] == pytest.approx([one[name] for name in numbers], abs=1e-5), case
