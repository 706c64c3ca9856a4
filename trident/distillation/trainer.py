"""Fine-tuning and distillation on Hugging Face's `Seq2SeqTrainer`: a collator, a `compute_loss`, and the settings of section 3.3.

``accelerate launch -m trident.distillation.trainer PARAMS…`` runs the same distillation as notebook 04 on several GPUs.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import math
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from datasets import Dataset
from torch import Tensor
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
    TrainerCallback,
)
from transformers.trainer_utils import get_last_checkpoint

from trident import schedules
from trident.corpus import build
from trident.distillation import models
from trident.distillation.encoding import critical_token_weights, encode, target_text
from trident.distillation.reference_embeddings import reference_embeddings
from trident.distillation.teacher_cache import TeacherCache
from trident.experiment import artifacts, params
from trident.experiment.params import Parameters
from trident.experiment.paths import Run
from trident.losses import TridentLoss, gradient_audit
from trident.losses.semantic import SemanticTerm
from trident.schedules import Linear, Progress, Schedule


TEACHER_SEED = 7  # also of the pre-training
AUDITS = 8  # gradient audits in one training


def _worth_saying(record: logging.LogRecord) -> bool:
    """Not what the trainer says at every run: that a reloaded checkpoint lacks T5's tied weights (they are there, under the name
    of the one they share), and that it tells checkpoints apart by their numbers where the file system's times are coarse."""
    message = record.getMessage()
    return "missing keys in the checkpoint" not in message and "mtime may not be reliable" not in message


for _name in ("transformers.trainer", "transformers.trainer_utils"):
    logging.getLogger(_name).addFilter(_worth_saying)


class Collator:
    """Pads a batch and lays the teacher's knowledge and the references' embeddings beside it.

    Args:
        tokenizer: pads `input_ids`; labels are padded with -100.
        model: shifts the labels to decoder inputs.
        knowledge: the teacher's store, or None when nothing is learnt from the teacher.
        references: example id → embedding (e,) of its reference assertion, or None.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        model: PreTrainedModel,
        knowledge: TeacherCache | None = None,
        references: Mapping[str, Tensor] | None = None,
    ):
        self.tokenizer, self.model, self.knowledge, self.references = tokenizer, model, knowledge, references

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Tensor]:
        # few different shapes: kernels that are made for a shape (bf16 on a CPU, compiled ones on a GPU) are made once
        batch = dict(
            self.tokenizer.pad(
                {"input_ids": [row["input_ids"] for row in rows]}, return_tensors="pt", pad_to_multiple_of=16
            )
        )
        labels = torch.nn.utils.rnn.pad_sequence(
            [torch.tensor(row["labels"]) for row in rows], batch_first=True, padding_value=-100
        )
        batch["labels"] = torch.nn.functional.pad(labels, (0, -labels.shape[1] % 8), value=-100)
        batch["decoder_input_ids"] = self.model.prepare_decoder_input_ids_from_labels(batch["labels"])
        ids = [row["id"] for row in rows] if "id" in rows[0] else []
        if self.knowledge is not None and ids and ids[0] in self.knowledge:
            known = self.knowledge[ids]
            batch["teacher"] = torch.nn.functional.pad(known, (0, 0, 0, batch["labels"].shape[1] - known.shape[1]))
        if self.references is not None and ids and ids[0] in self.references:
            batch["references"] = torch.stack([self.references[name] for name in ids])
        return batch


class DistillationTrainer(Seq2SeqTrainer):
    """Minimises the scheduled sum of loss components; validates by cross-entropy on the labels.

    With weights {"ce": 1} it is ordinary fine-tuning. `audits` times over a training it notes how hard each component pushes on
    the student's last hidden states (`push_…`, weighted) and which way (`cosine_…`).
    """

    def __init__(
        self,
        *args: Any,
        loss: TridentLoss,
        schedule: Schedule,
        teacher_head: Any = None,
        semantic: SemanticTerm | None = None,
        audits: int = 0,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.model_accepts_loss_kwargs = True  # makes the trainer count the target tokens of the whole effective batch
        self.loss, self.schedule, self.semantic = loss, schedule, semantic
        self.teacher_head, self.audits = teacher_head, audits
        self._step: list[tuple[dict[str, float], dict[str, float] | None, dict[str, float]]] = []
        self._sums: dict[str, float] = defaultdict(float)
        self._counts: dict[str, int] = defaultdict(int)

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        inputs = dict(inputs)
        labels, teacher, references = (inputs.pop(name, None) for name in ("labels", "teacher", "references"))
        if not model.training:  # selection must not depend on the configuration, nor need the teacher
            outputs = model(**inputs, use_cache=False)
            value = self.loss({"ce": 1.0}, labels, student_logits=outputs.logits).total
            return (value, outputs) if return_outputs else value

        weights = self.schedule.weights(
            Progress(
                epoch=int(self.state.epoch or 0),
                epochs=int(self.args.num_train_epochs),
                step=self.state.global_step,
                steps=self.state.max_steps,
            )
        )
        core = self.accelerator.unwrap_model(model)
        with _identity_head(core):
            hidden = model(**inputs, use_cache=False).logits  # as the head would see them: T5's output scale is in
        sources = {
            "student_hidden": hidden,
            "student_output": core.get_output_embeddings().weight,
            **self._teacher(teacher, weights),
        }
        by_token = {name: weight for name, weight in weights.items() if name != "semantic"}
        result = self.loss(by_token, labels, num_items=num_items_in_batch, **sources)
        # the trainer averages gradients over processes, where a token mean over all of them wants their sum
        share = self.accelerator.num_processes if num_items_in_batch is not None else 1
        total, components = result.total * share, dict(result.components)
        semantic = None
        if weights.get("semantic", 0.0) > 0 and self.state.global_step % self.semantic.every == 0:
            logits = torch.nn.functional.linear(hidden, sources["student_output"])
            semantic = self.semantic(logits, labels, references, step=self.state.global_step, seed=self.args.seed)
        if semantic is not None:
            total = total + weights["semantic"] * semantic.loss / self.current_gradient_accumulation_steps
            components["semantic"] = semantic.value

        norms = None
        if self.schedule.needs_gradient_norms or self._audit_due():
            parts = self.loss.components(
                [name for name, weight in by_token.items() if weight > 0],
                labels,
                num_items=num_items_in_batch,
                **sources,
            )
            if semantic is not None:
                parts["semantic"] = semantic.loss / self.semantic.every
            audit = gradient_audit(parts, [hidden])
            norms = audit.norms
            self._note({f"push_{name}": weights[name] * norm for name, norm in norms.items()})
            self._note(
                {f"cosine_{a}_{b}": cosine for (a, b), cosine in audit.cosines.items() if not math.isnan(cosine)}
            )
        self._step.append(({name: float(value) for name, value in components.items()}, norms, weights))
        return (total, {"logits": hidden}) if return_outputs else total

    def close_step(self) -> None:
        """Tell schedule and log what the step came to over its accumulated batches."""
        # token terms are shares of the effective batch's mean and add up; the semantic term is a mean of its own
        values = {
            name: sum(batch.get(name, 0.0) for batch, _, _ in self._step)
            for name in {n for batch, _, _ in self._step for n in batch}
        }
        if "semantic" in values:
            values["semantic"] /= sum("semantic" in batch for batch, _, _ in self._step)
        self.schedule.update(values, self._step[-1][1])
        self._note(
            {f"weight_{name}": weight for name, weight in self._step[-1][2].items()}
            | {f"loss_{name}": v for name, v in values.items()}
        )
        self._step = []

    def _teacher(self, teacher: Tensor | None, weights: Mapping[str, float]) -> dict[str, Tensor | float]:
        """The teacher's side of the loss, empty when no component looks at it."""
        if not (weights.get("kl", 0.0) > 0 or weights.get("jsd", 0.0) > 0):
            return {}
        if teacher is None:
            raise ValueError(
                "the loss has a KL or JSD term, but the batch holds no teacher knowledge: pass the store of notebook 03"
            )
        if self.teacher_head is None:
            return {"teacher_logits": teacher}
        self.teacher_head = self.teacher_head.to(teacher.device)
        return {
            "teacher_hidden": teacher,
            "teacher_output": self.teacher_head.weight,
            "teacher_scale": self.teacher_head.scale,
        }

    def _audit_due(self) -> bool:
        """At `audits` steps, evenly spread, where the semantic term is computed too."""
        if not self.audits:
            return False
        rhythm = self.semantic.every if self.semantic is not None else 1
        gap = max(1, self.state.max_steps // (self.audits * rhythm)) * rhythm
        return self.state.global_step % gap == 0

    def _note(self, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._sums[name] += value
            self._counts[name] += 1

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        if "loss" in logs:  # a training line: the means since the last one
            logs = {**logs, **{name: self._sums[name] / self._counts[name] for name in self._sums}}
            self._sums.clear()
            self._counts.clear()
        super().log(logs, *args, **kwargs)


@contextlib.contextmanager
def _identity_head(model: PreTrainedModel) -> Iterator[None]:
    """Let the model's forward return what its output matrix would be applied to: the loss applies it itself, chunk by chunk."""
    head = model.get_output_embeddings()
    model.set_output_embeddings(torch.nn.Identity())
    try:
        yield
    finally:
        model.set_output_embeddings(head)


class _AfterStep(TrainerCallback):
    """Closes each optimiser step, and saves what an adaptive schedule has learnt beside each checkpoint."""

    def __init__(self, trainer: DistillationTrainer):
        self.trainer = trainer

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.trainer.close_step()

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.is_world_process_zero:
            file = Path(args.output_dir) / f"checkpoint-{state.global_step}" / "schedule.json"
            artifacts.write_json(file, self.trainer.schedule.state_dict())


def train(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: Dataset,
    validation: Dataset,
    folder: Path,
    *,
    p: Parameters,
    loss: TridentLoss,
    schedule: Schedule,
    epochs: int,
    learning_rate: float,
    seed: int,
    batch_size: int,
    knowledge: TeacherCache | None = None,
    semantic: SemanticTerm | None = None,
    references: Mapping[str, Tensor] | None = None,
    gradient_accumulation_steps: int = 1,
    audits: int = 0,
) -> dict:
    """Train `model` in place, end with the best checkpoint, and write model, tokenizer and `history.json` to `folder`.

    Resumes from `folder`/checkpoints when an earlier run with the same settings and data was killed, to the same result.

    Args:
        examples, validation: what :func:`trident.distillation.encoding.encode` gives.
        knowledge, semantic, references: for the terms of `schedule` that need them.

    Returns:
        steps, seconds, best validation loss, and whether the run was resumed.
    """
    checkpoints = folder / "checkpoints"
    resume = _resumable(
        checkpoints,
        {
            "settings": {k: v for k, v in vars(p).items() if k not in ("progress", "device")},
            "data": [_digest(examples), _digest(validation)],
        },
    )
    place = models.device(p.device)
    bf16, fp16 = _precision(p.mixed_precision, place)
    if place.type == "cpu":
        model.set_attn_implementation(
            "eager"
        )  # the fused attention is slower there: it turns T5's position bias into a mask
    arguments = Seq2SeqTrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=epochs,
        learning_rate=learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=p.warmup_ratio,
        weight_decay=p.weight_decay,
        max_grad_norm=p.max_grad_norm,
        optim="adamw_torch_fused",
        per_device_train_batch_size=batch_size,
        per_device_eval_batch_size=p.evaluation_batch_size,
        gradient_accumulation_steps=gradient_accumulation_steps,
        bf16=bf16,
        fp16=fp16,
        use_cpu=place.type == "cpu",
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        prediction_loss_only=True,
        logging_steps=max(1, len(examples) * epochs // (batch_size * gradient_accumulation_steps * 40)),
        seed=seed,
        data_seed=seed,
        remove_unused_columns=False,
        report_to="none",
        disable_tqdm=not p.progress,
        label_names=["labels"],
    )
    trainer = DistillationTrainer(
        model=model,
        args=arguments,
        train_dataset=examples,
        eval_dataset=validation,
        processing_class=tokenizer,
        data_collator=Collator(tokenizer, model, knowledge, references),
        loss=loss,
        schedule=schedule,
        semantic=semantic,
        audits=audits,
        teacher_head=knowledge.head if knowledge is not None else None,
    )
    trainer.add_callback(_AfterStep(trainer))
    if resume is not None:
        schedule.load_state_dict(json.loads((Path(resume) / "schedule.json").read_text(encoding="utf-8")))
    started = time.perf_counter()
    trainer.train(resume_from_checkpoint=resume)
    seconds = time.perf_counter() - started
    history = trainer.state.log_history
    if trainer.is_world_process_zero():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        artifacts.write_json(folder / "history.json", history)
        shutil.rmtree(checkpoints)
    return {
        "steps": trainer.state.global_step,
        "seconds": round(seconds, 1),
        "best_validation_loss": trainer.state.best_metric,
        "resumed": resume is not None,
    }


def _resumable(checkpoints: Path, identity: dict[str, Any]) -> str | None:
    """The last checkpoint below `checkpoints` when it belongs to a run of the same `identity`; else none, and the folder is emptied."""
    marker = checkpoints / "identity.json"
    mine = json.dumps(identity, sort_keys=True)
    if marker.is_file() and marker.read_text(encoding="utf-8") == mine:
        return get_last_checkpoint(str(checkpoints))
    shutil.rmtree(checkpoints, ignore_errors=True)
    artifacts.write_text(marker, mine)
    return None


def _digest(encoded: Dataset) -> str:
    return hashlib.sha256(json.dumps([encoded["input_ids"][:], encoded["labels"][:]]).encode()).hexdigest()


def _precision(wanted: str, place: torch.device) -> tuple[bool, bool]:
    """(bf16, fp16). "auto" takes bf16 where the device computes in it, and nothing elsewhere: T5's activations overflow in fp16."""
    if wanted == "auto":
        native = torch.cuda.is_bf16_supported() if place.type == "cuda" else torch.cpu._is_avx512_bf16_supported()
        return native and place.type in ("cuda", "cpu"), False
    return wanted == "bf16", wanted == "fp16"


def fine_tune(
    p: Parameters,
    teacher: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: Dataset,
    validation: Dataset,
    folder: Path,
) -> dict:
    """Fine-tune the teacher on the labels alone. Returns what :func:`train` returns."""
    return train(
        teacher,
        tokenizer,
        examples,
        validation,
        folder,
        p=p,
        loss=TridentLoss(temperature=1.0),
        schedule=Linear({"ce": 1.0}),
        epochs=p.teacher_epochs,
        learning_rate=p.teacher_learning_rate,
        seed=TEACHER_SEED,
        batch_size=p.batch_size,
        gradient_accumulation_steps=p.gradient_accumulation_steps,
    )


def distil(
    p: Parameters,
    student: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: Dataset,
    validation: Dataset,
    folder: Path,
    *,
    knowledge: TeacherCache,
    targets: Mapping[str, str],
) -> dict:
    """Distil the teacher's `knowledge` into `student` with the loss and the schedule that the parameters name.

    Args:
        targets: example id → reference assertion, for the semantic term. Their embeddings are kept beside `folder`, for all students.

    Returns:
        what :func:`train` returns.
    """
    loss = TridentLoss(
        temperature=p.temperature,
        focal_alpha=p.focal_alpha,
        focal_gamma=p.focal_gamma,
        token_weights=critical_token_weights(tokenizer, student.config.vocab_size, p.critical_token_weight),
    )
    schedule = schedules.from_parameters(p)
    semantic = references = None
    if p.weights.get("semantic") or p.weights_end.get("semantic"):
        semantic = SemanticTerm(
            models.sentence_encoder(p.encoder_model),
            tokenizer,
            mode=p.semantic_mode,
            every=p.semantic_every,
        )
        wanted = examples["id"][:]
        references = dict(
            zip(wanted, reference_embeddings(semantic, [targets[name] for name in wanted], folder.parent), strict=True)
        )
    return train(
        student,
        tokenizer,
        examples,
        validation,
        folder,
        p=p,
        loss=loss,
        schedule=schedule,
        epochs=p.epochs,
        learning_rate=p.learning_rate,
        seed=p.seed,
        batch_size=p.batch_size,
        knowledge=knowledge,
        semantic=semantic,
        references=references,
        gradient_accumulation_steps=p.gradient_accumulation_steps,
        audits=AUDITS,
    )


def main(files: list[str]) -> None:
    """Notebook 04's distillation without the notebook: ``accelerate launch -m trident.distillation.trainer PARAMS…``."""
    p = params.complete(params.load(*files))
    run = Run(p.profile, p.runs_dir)
    state = PartialState()
    folder = run.student(p.configuration, p.seed)
    inputs = {"corpus": run.corpus, "teacher": run.teacher, "knowledge": run.teacher_cache(p.codec)}
    stage = artifacts.begin(folder, p, inputs) if state.is_main_process else None
    corpus = build.load(run.corpus)
    student, tokenizer = models.load(run.teacher / "student", dropout_rate=p.dropout_rate)
    examples, validation = (
        encode(
            corpus[split],
            tokenizer,
            max_source_tokens=p.max_source_tokens,
            max_target_tokens=p.max_target_tokens,
            target_form=p.target_form,
            drop_long_targets=True,
        )
        for split in ("train", "validation")
    )
    targets = {row["id"]: target_text(row, p.target_form) for row in corpus["train"]}
    result = distil(
        p,
        student,
        tokenizer,
        examples,
        validation,
        folder,
        knowledge=TeacherCache(run.teacher_cache(p.codec) / "cache"),
        targets=targets,
    )
    if stage is not None:
        stage.finish(training=result, processes=state.num_processes)
        print(json.dumps(result))
    state.wait_for_everyone()


if __name__ == "__main__":
    main(sys.argv[1:])
