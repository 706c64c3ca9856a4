"""Fine-tuning and distillation with Hugging Face's `Seq2SeqTrainer` and the settings of section 3.3.

A collator adds the teacher's outputs to each batch, `compute_loss` weighs the components of the loss, and :func:`train`
resumes a killed training. All of it also runs in several processes, started by ``accelerate launch`` or ``torchrun``:
they share each effective batch and train as one process does, to rounding, if the student has no dropout.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import math
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch
from datasets import Dataset
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
    TrainerCallback,
)
from transformers.trainer_callback import PrinterCallback
from transformers.trainer_pt_utils import LengthGroupedSampler

from trident import schedules
from trident.distillation import models
from trident.distillation.encoding import critical_token_weights
from trident.distillation.reference_embeddings import reference_embeddings
from trident.distillation.teacher_cache import TeacherCache
from trident.experiment import artifacts
from trident.experiment.params import Parameters
from trident.losses import Head, TridentLoss, gradient_audit
from trident.losses.components import IGNORE_INDEX
from trident.losses.semantic import SemanticOutput, SemanticTerm
from trident.schedules import Linear, Progress, Schedule

TEACHER_SEED = 7  # also of the pre-training
AUDITS = 8  # gradient audits in one distillation
PARTS = 8  # of a training by steps: it is validated and saved after each, and schedules count them as epochs
LAST_FILE = "schedule.json"  # of a checkpoint: one without it was being written, or deleted, when a run was killed

# It warns whenever a checkpoint lacks T5's tied weights, which it holds under one name.
logging.getLogger("transformers.trainer").addFilter(lambda record: "missing keys in" not in record.getMessage())


Name = TypeVar("Name")


class TrainingError(RuntimeError):
    """The training cannot end well. The message says what to change."""


@dataclass
class Objective:
    """What a training minimises. The default is cross-entropy on the labels: ordinary fine-tuning.

    loss: the token-level components; `schedule` weighs them and the semantic term.
    teacher_cache: for `kl` and `jsd`.
    semantic, references: for `semantic`. Where it compares texts, `references` maps an example's id to the embedding
        (e,) of its assertion.
    audits: how many times the gradient audit is taken.
    """

    loss: TridentLoss = field(default_factory=lambda: TridentLoss(temperature=1.0))
    schedule: Schedule = field(default_factory=lambda: Linear({"ce": 1.0}))
    teacher_cache: TeacherCache | None = None
    semantic: SemanticTerm | None = None
    references: Mapping[str, Tensor] = field(default_factory=dict)
    audits: int = 0


class Collator:
    """Pads a batch (labels with -100) and adds the teacher's outputs and the embeddings of the reference assertions."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, objective: Objective):
        self.tokenizer, self.model, self.objective = tokenizer, model, objective

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, Tensor]:
        # multiples of 16 and 8: kernels that are compiled per shape (bf16 on a CPU) are compiled for few shapes
        inputs = _padded([row["input_ids"] for row in rows], self.tokenizer.pad_token_id, 16)
        lengths = torch.tensor([len(row["input_ids"]) for row in rows])
        batch = {"input_ids": inputs, "attention_mask": (torch.arange(inputs.shape[1]) < lengths[:, None]).long()}
        batch["labels"] = labels = _padded([row["labels"] for row in rows], IGNORE_INDEX, 8)
        batch["decoder_input_ids"] = self.model.prepare_decoder_input_ids_from_labels(labels)  # type: ignore[operator]
        cache, references = self.objective.teacher_cache, self.objective.references
        ids = [row.get("id", "") for row in rows]  # pre-training examples have none
        if cache is not None and ids[0] in cache:  # the validation examples are not
            known = cache[ids]
            batch["teacher"] = torch.nn.functional.pad(known, (0, 0, 0, labels.shape[1] - known.shape[1]))
        if ids[0] in references:
            batch["references"] = torch.stack([references[name] for name in ids])
        return batch


def _padded(sequences: Iterable[list[int]], value: int, multiple: int) -> Tensor:
    """Token ids (sequences, tokens) with `value` at their ends, up to a multiple of `multiple` tokens."""
    padded = pad_sequence([torch.tensor(ids) for ids in sequences], batch_first=True, padding_value=value)
    return torch.nn.functional.pad(padded, (0, -padded.shape[1] % multiple), value=value)


class _ByLength(LengthGroupedSampler):
    """Effective batches of inputs of like length, so that little is padded. Seed and epoch alone decide the order.

    The last one is filled with the number after the last example's to a multiple of `fill_to` examples: processes need
    batches of one size.
    """

    def __init__(self, effective_batch: int, inputs: Iterable[list[int]], seed: int, fill_to: int):
        super().__init__(effective_batch, lengths=[len(ids) for ids in inputs], generator=torch.Generator())
        self.seed, self.epoch = seed, 0
        self.fill = [len(self.lengths)] * (-len(self.lengths) % fill_to)

    def __len__(self) -> int:
        return len(self.lengths) + len(self.fill)

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        self.generator.manual_seed(self.seed + 1000 * self.epoch)
        return itertools.chain(super().__iter__(), self.fill)


def _with_blank(examples: Dataset) -> Dataset:
    """The examples and a last one whose labels are all ignored."""
    first = examples[0]
    return examples.add_item({**first, "labels": [IGNORE_INDEX] * len(first["labels"])})


class DistillationTrainer(Seq2SeqTrainer):
    """Minimises an :class:`Objective`; validates by cross-entropy on the labels.

    It logs each component's value (`loss_…`) and weight (`weight_…`) and, where the gradient audit is taken, the
    norms of the weighted gradients on the student's last hidden states (`grad_norm_…`) and their cosines (`cosine_…`).
    All are of the effective batch, over its accumulated batches and its processes: how it is cut makes no difference.
    """

    def __init__(self, *args: Any, objective: Objective, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.model_accepts_loss_kwargs = True  # makes the trainer count the target tokens of the whole effective batch
        self.objective: Objective = objective
        self._validation = TridentLoss(temperature=1.0)
        self._validated = {"loss": 0.0, "tokens": 0.0}  # sums over the validation examples
        self._drawn: Tensor | None = None  # places of the semantic term's examples in the effective batch
        # of the accumulated batches: values, inner products of the components' gradients, and weights
        self._batches: list[tuple[dict[str, float], dict[tuple[str, str], float], dict[str, float]]] = []
        self._notes: dict[str, list[float]] = defaultdict(list)
        assert isinstance(self.model, PreTrainedModel)
        self._parameters = self.model.num_parameters(exclude_embeddings=True)
        if self.args.world_size > 1:  # a last example without labels
            self.train_dataset = _with_blank(self.train_dataset)
            self.eval_dataset = _with_blank(self.eval_dataset)

    def _get_train_sampler(self, train_dataset: Any = None) -> _ByLength:
        assert self.train_dataset is not None
        inputs, processes = self.train_dataset["input_ids"], self.args.world_size
        batch = self.args.train_batch_size * processes
        effective = batch * self.args.gradient_accumulation_steps
        return _ByLength(
            effective, inputs[:-1] if processes > 1 else inputs, self.args.seed, batch if processes > 1 else 1
        )

    def _get_eval_sampler(self, eval_dataset: Any) -> Any:
        if self.args.world_size == 1:
            return super()._get_eval_sampler(eval_dataset)
        examples = len(eval_dataset) - 1
        return [*range(examples)] + [examples] * (-examples % (self.args.eval_batch_size * self.args.world_size))

    def get_batch_samples(self, *args: Any) -> Any:
        """The batches of an optimiser step; the semantic term's examples are drawn from all of them."""
        batches, num_items = super().get_batch_samples(*args)
        term, step = self.objective.semantic, self.state.global_step
        self._drawn = None
        if term is not None and batches and step % term.every == 0:
            texts = [term.has_text(batch["labels"]) for batch in batches]
            if self.args.world_size > 1:  # (process, batch, example) → (batch, process, example)
                everywhere = self.accelerator.gather(torch.stack(texts)[None].long())
                texts = [everywhere.transpose(0, 1).flatten().bool()]
            self._drawn = term.draw(torch.cat(texts), step=step, seed=self.args.seed)
        return batches, num_items

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """The loss of one batch: cross-entropy in validation, else the objective."""
        inputs = dict(inputs)
        labels = inputs.pop("labels")
        teacher, references = inputs.pop("teacher", None), inputs.pop("references", None)
        if not model.training:  # model selection must not depend on the configuration, nor need the teacher
            outputs = model(**inputs, use_cache=False)
            value = self._validation({"ce": 1.0}, labels, student=outputs.logits).total
            tokens = int((labels != IGNORE_INDEX).sum())
            self._validated["loss"] += float(value) * tokens
            self._validated["tokens"] += tokens
            return (value, outputs) if return_outputs else value

        loss = self.objective.loss
        weights = self.objective.schedule.weights(self._progress())
        core = self.accelerator.unwrap_model(model)
        with _identity_head(core):
            hidden = model(**inputs, use_cache=False).logits  # what the output matrix multiplies, T5's scale included
        output = core.get_output_embeddings().weight
        sources = {"student": Head(hidden, output)}
        sources |= self._teacher(teacher, weights)
        by_token = {name: weight for name, weight in weights.items() if name != "semantic"}
        result = loss(by_token, labels, num_items=num_items_in_batch, **sources)
        total = result.total
        values = {name: float(value) for name, value in result.components.items()}
        semantic = self._semantic(hidden, output, labels, references, weights)
        if semantic is not None:
            total = total + weights["semantic"] * semantic.loss
            values["semantic"] = float(semantic.value)
        products = {}
        if self.objective.schedule.needs_gradient_norms or self._audit_due():
            names = [name for name, weight in by_token.items() if weight > 0]
            parts = loss.components(names, labels, num_items=num_items_in_batch, **sources)
            if semantic is not None:
                parts["semantic"] = semantic.loss / self._semantic_every
            products = _products(parts, hidden)
        self._batches.append((values, products, weights))
        # each value is a share of the mean over the effective batch, but the trainer averages over processes
        total = total * self.args.world_size
        return (total, {"logits": hidden}) if return_outputs else total

    def evaluation_loop(self, *args: Any, **kwargs: Any) -> Any:
        """The validation loss is the mean over all target tokens, however many a batch has."""
        self._validated = dict.fromkeys(self._validated, 0.0)
        output = super().evaluation_loop(*args, **kwargs)
        sums = self._over_processes(self._validated)
        return output._replace(metrics=dict(output.metrics or {}, eval_loss=sums["loss"] / sums["tokens"]))

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """The base class's estimate. It counts the model's parameters anew at each step, here they are counted once."""
        return 6 * inputs["input_ids"].numel() * self._parameters

    def _progress(self) -> Progress:
        step, steps = self.state.global_step, self.state.max_steps
        if self.args.max_steps > 0:
            return Progress(part(step, steps), min(PARTS, steps), step, steps)
        return Progress(int(self.state.epoch or 0), int(self.args.num_train_epochs), step, steps)

    def _teacher(self, teacher: Tensor | None, weights: Mapping[str, float]) -> dict[str, Any]:
        """The teacher's side of the loss; empty when no component uses it."""
        if not (weights.get("kl", 0.0) > 0 or weights.get("jsd", 0.0) > 0):
            return {}
        if teacher is None or self.objective.teacher_cache is None:
            raise ValueError(
                "the loss has a KL or JSD term, but the batch has no teacher outputs: "
                "pass the teacher cache that notebook 03 writes"
            )
        head = self.objective.teacher_cache.head
        if head is None:
            return {"teacher": teacher}
        head = head.to(teacher.device)
        return {"teacher": Head(teacher, head.weight, head.scale)}

    @property
    def _semantic_every(self) -> int:
        return self.objective.semantic.every if self.objective.semantic is not None else 1

    def _semantic(
        self, hidden: Tensor, output: Tensor, labels: Tensor, references: Tensor | None, weights: Mapping[str, float]
    ) -> SemanticOutput | None:
        """The semantic term, or None at steps without it."""
        term, step = self.objective.semantic, self.state.global_step
        if term is None or not weights.get("semantic", 0.0) > 0 or step % term.every:
            return None
        drawn = self._drawn
        if drawn is None or not len(drawn):
            return None
        # the batches of all processes lie between two of this one
        first = self.args.train_batch_size * (len(self._batches) * self.args.world_size + self.args.process_index)
        rows = drawn[(first <= drawn) & (drawn < first + len(labels))] - first
        logits = torch.nn.functional.linear(hidden[rows], output)
        references = None if references is None else references[rows]
        places = (rows + first).tolist()
        return term.of_drawn(logits, labels[rows], references, places, count=len(drawn), step=step, seed=self.args.seed)

    def _audit_due(self) -> bool:
        """True at `audits` evenly spaced steps, among those with the semantic term."""
        if not self.objective.audits:
            return False
        every = self._semantic_every
        gap = max(1, self.state.max_steps // (self.objective.audits * every)) * every
        return self.state.global_step % gap == 0

    def _over_processes(self, values: Mapping[Name, float]) -> dict[Name, float]:
        """The sums of `values` over the processes, which all have the same names."""
        if self.args.world_size == 1:
            return dict(values)
        mine = torch.tensor([[*values.values()]], dtype=torch.float64, device=self.args.device)
        return dict(zip(values, self.accelerator.gather(mine).sum(0).tolist(), strict=True))

    def close_step(self) -> None:
        """Tell the schedule and the log the values of an optimiser step."""
        values = self._over_processes(_sums(values for values, _, _ in self._batches))
        products = self._over_processes(_sums(products for _, products, _ in self._batches))
        weights = self._batches[-1][2]
        norms = {a: math.sqrt(product) for (a, b), product in products.items() if a == b}
        self.objective.schedule.update(values, norms or None)
        for name, value in values.items():
            self._notes[f"loss_{name}"].append(value)
        for name, weight in weights.items():
            self._notes[f"weight_{name}"].append(weight)
        for name, norm in norms.items():
            self._notes[f"grad_norm_{name}"].append(weights[name] * norm)
        for (a, b), product in products.items():
            if a != b and norms[a] and norms[b]:
                self._notes[f"cosine_{a}_{b}"].append(product / (norms[a] * norms[b]))
        self._batches = []

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """Add the means since the last training line to a training line."""
        if "loss" in logs:
            logs = {**logs, **{name: sum(values) / len(values) for name, values in self._notes.items()}}
            self._notes.clear()
        super().log(logs, *args, **kwargs)


def _sums(parts: Iterable[Mapping[Name, float]]) -> dict[Name, float]:
    sums: dict[Name, float] = defaultdict(float)
    for values in parts:
        for name, value in values.items():
            sums[name] += value
    return dict(sums)


def _products(parts: Mapping[str, Tensor], hidden: Tensor) -> dict[tuple[str, str], float]:
    """Inner products of the components' gradients on `hidden`: those of several batches add up."""
    audit = gradient_audit(parts, [hidden])
    products = {(name, name): norm * norm for name, norm in audit.norms.items()}
    for (a, b), cosine in audit.cosines.items():
        products[a, b] = 0.0 if math.isnan(cosine) else cosine * audit.norms[a] * audit.norms[b]
    return products


def part(step: int, steps: int) -> int:
    """In which part of a training of `steps` steps the step is, from 0; the parts are as equal as can be."""
    return step * min(PARTS, steps) // steps


@contextlib.contextmanager
def _identity_head(model: PreTrainedModel) -> Iterator[None]:
    """Make the model return the input of its output matrix: the loss applies the matrix itself, chunk by chunk."""
    head = model.get_output_embeddings()
    model.set_output_embeddings(torch.nn.Identity())
    try:
        yield
    finally:
        model.set_output_embeddings(head)


class _AfterStep(TrainerCallback):
    """Closes each optimiser step, stops a training that diverged, and completes each checkpoint."""

    def __init__(self, trainer: DistillationTrainer, identity: str):
        self.trainer, self.identity = trainer, identity

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.trainer.close_step()
        step, steps = state.global_step, args.max_steps
        if steps > 0 and part(step, steps) > part(step - 1, steps):
            control.should_log = control.should_evaluate = control.should_save = True

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if args.max_steps <= 0:
            control.should_log = True  # before the checkpoint, so that the log of a resumed training lacks nothing

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if not math.isfinite(loss := kwargs["metrics"]["eval_loss"]):
            raise TrainingError(
                f"step {state.global_step}: the validation loss is {loss}, so the training diverged: "
                "lower its learning rate, or use another mixed_precision"
            )

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Write the last file once all processes have saved, then delete the checkpoints that this one replaces."""
        self.trainer.accelerator.wait_for_everyone()
        if not state.is_world_process_zero:
            return
        folder, name = Path(args.output_dir), f"checkpoint-{state.global_step}"
        state_of_schedule = self.trainer.objective.schedule.state_dict()
        artifacts.write_json(folder / name / LAST_FILE, {"training": self.identity, "schedule": state_of_schedule})
        _delete(folder, keep=(name, Path(state.best_model_checkpoint or name).name))


def train(
    p: Parameters,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: Dataset,
    validation: Dataset,
    folder: Path,
    objective: Objective,
    *,
    steps: int = 0,
) -> dict[str, Any]:
    """Train `model` in place, end with the best checkpoint, and write model, tokenizer and `history.json` to `folder`.

    It takes `p.epochs` epochs or, if that is not 0, `steps` optimiser steps, however many examples there are. Resumes
    from `folder`/checkpoints, to the same result, when a run with the same settings and data was killed. `examples`
    and `validation` come from :func:`trident.distillation.encoding.encode`.

    Returns:
        steps, seconds, best validation loss, and whether the run was resumed.
    """
    place, checkpoints = models.device(p.device), folder / "checkpoints"
    if place.type == "cpu":  # the fused attention is slower there: it turns T5's position bias into a mask
        model.set_attn_implementation("eager")
    arguments = _arguments(p, place, checkpoints, len(examples), steps)
    identity = _identity(p, arguments, model, (examples, validation), objective)
    with arguments.main_process_first(local=False):
        resume = _last_checkpoint(checkpoints, identity)
    trainer = DistillationTrainer(
        model=model,
        args=arguments,
        train_dataset=examples,
        eval_dataset=_longest_first(validation),  # little is padded
        processing_class=tokenizer,
        data_collator=Collator(tokenizer, model, objective),
        objective=objective,
    )
    trainer.add_callback(_AfterStep(trainer, identity))
    trainer.remove_callback(PrinterCallback)  # without a progress bar it would print every line of the log
    if resume is not None:
        objective.schedule.load_state_dict(json.loads((resume / LAST_FILE).read_text(encoding="utf-8"))["schedule"])
    started = time.perf_counter()
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    seconds = time.perf_counter() - started
    trainer.accelerator.wait_for_everyone()  # all processes have loaded the best checkpoint
    if trainer.is_world_process_zero():
        _save(trainer, model, tokenizer, folder)
    trainer.accelerator.wait_for_everyone()  # the files are there
    return {
        "steps": trainer.state.global_step,
        "seconds": round(seconds, 1),
        "best_validation_loss": trainer.state.best_metric,
        "resumed": resume is not None,
    }


def _longest_first(examples: Dataset) -> Dataset:
    lengths = [len(ids) for ids in examples["input_ids"]]
    return examples.select(sorted(range(len(lengths)), key=lambda row: -lengths[row]))


def _arguments(
    p: Parameters, place: torch.device, checkpoints: Path, examples: int, steps: int
) -> Seq2SeqTrainingArguments:
    bf16, fp16 = precision(p.mixed_precision, place)
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    planned = steps or examples * p.epochs // (p.batch_size * p.gradient_accumulation_steps * processes)
    # by steps: after the last one, and `_AfterStep` adds the end of each part
    often: dict[str, Any] = {"eval_steps": steps, "save_steps": steps} if steps else {}
    return Seq2SeqTrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=p.epochs,
        max_steps=steps or -1,
        learning_rate=p.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=p.warmup_ratio,
        weight_decay=p.weight_decay,
        max_grad_norm=p.max_grad_norm,
        optim="adamw_torch_fused",
        per_device_train_batch_size=p.batch_size,
        per_device_eval_batch_size=p.evaluation_batch_size,
        gradient_accumulation_steps=p.gradient_accumulation_steps,
        bf16=bf16,
        fp16=fp16,
        use_cpu=place.type == "cpu",
        eval_strategy="steps" if steps else "epoch",
        save_strategy="steps" if steps else "epoch",
        **often,
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        prediction_loss_only=True,
        logging_steps=max(1, planned // 40),
        seed=p.seed,
        data_seed=p.seed,
        remove_unused_columns=False,
        ddp_find_unused_parameters=False,  # an output matrix of its own is used outside of the model's forward pass
        report_to="none",
        disable_tqdm=not p.progress,
        label_names=["labels"],
    )


def precision(wanted: str, place: torch.device) -> tuple[bool, bool]:
    """(bf16, fp16). "auto" is bf16 where the device computes in it, else neither: T5's activations overflow in fp16."""
    if wanted == "auto":
        native = torch.cuda.is_bf16_supported() if place.type == "cuda" else torch.cpu._is_avx512_bf16_supported()
        return native and place.type in ("cuda", "cpu"), False
    return wanted == "bf16", wanted == "fp16"


def _save(trainer: Seq2SeqTrainer, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    # where fp16's loss scaler skips a step, the gradient norm is infinite, which JSON lacks
    history = [{name: x if math.isfinite(x) else None for name, x in row.items()} for row in trainer.state.log_history]
    artifacts.write_json(folder / "history.json", history)
    _delete(folder / "checkpoints")


def _identity(
    p: Parameters,
    arguments: Seq2SeqTrainingArguments,
    model: PreTrainedModel,
    splits: Iterable[Dataset],
    objective: Objective,
) -> str:
    """Of all that a training depends on, and of its folder: checkpoints name the best one by its absolute path."""
    settings = {name: value for name, value in vars(p).items() if name not in ("progress", "device")}
    data = [[split[name][:] for name in ("input_ids", "labels")] for split in splits]
    teacher = objective.teacher_cache.manifest["checksum"] if objective.teacher_cache else None
    how = arguments.max_steps, arguments.output_dir, arguments.world_size
    return artifacts.fingerprint(settings, data, models.weights_digest(model), teacher, *how)


def _last_checkpoint(checkpoints: Path, identity: str) -> Path | None:
    """The last whole checkpoint of the training with this `identity`. All that cannot be resumed is deleted."""
    files = checkpoints.glob(f"checkpoint-*/{LAST_FILE}")
    whole = [file.parent for file in files if json.loads(file.read_text("utf-8")).get("training") == identity]
    _delete(checkpoints, keep=[folder.name for folder in whole])
    return max(whole, key=lambda folder: int(folder.name.rpartition("-")[2]), default=None)


def _delete(checkpoints: Path, keep: Collection[str] = ()) -> None:
    """Delete all checkpoints but `keep`, each one's last file first, so that none that is half deleted looks whole."""
    for folder in checkpoints.glob("checkpoint-*"):
        if folder.name not in keep:
            (folder / LAST_FILE).unlink(missing_ok=True)
            shutil.rmtree(folder)
    if not keep:
        shutil.rmtree(checkpoints, ignore_errors=True)


def fine_tune(
    p: Parameters,
    teacher: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: Dataset,
    validation: Dataset,
    folder: Path,
) -> dict[str, Any]:
    """Fine-tune the teacher on the labels alone. Arguments and result as for :func:`train`."""
    p = p.replaced(epochs=p.teacher_epochs, learning_rate=p.teacher_learning_rate, seed=TEACHER_SEED)
    return train(p, teacher, tokenizer, examples, validation, folder, Objective())


def distil(
    p: Parameters,
    student: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: Dataset,
    validation: Dataset,
    folder: Path,
    *,
    teacher_cache: TeacherCache,
    targets: Mapping[str, str],
) -> dict[str, Any]:
    """Distil the teacher's outputs into `student`, with the loss and the schedule that the parameters name.

    Args:
        targets: example id → reference assertion, for a semantic term that compares texts. Their embeddings are cached
            next to `folder`.

    Returns:
        as :func:`train`.
    """
    weighted = {name for weights in (p.weights, p.weights_end) for name, weight in weights.items() if weight > 0}
    objective = Objective(
        TridentLoss(
            temperature=p.temperature,
            label_smoothing=p.label_smoothing,
            focal_alpha=p.focal_alpha,
            focal_gamma=p.focal_gamma,
            token_weights=critical_token_weights(tokenizer, student.config.vocab_size, p.critical_token_weight),
            shared_vocabulary=True,  # one tokenizer, but output matrices may be padded to different sizes
        ),
        schedules.from_parameters(p),
        teacher_cache=teacher_cache if weighted & {"kl", "jsd"} else None,
        audits=AUDITS,
    )
    if "semantic" in weighted:
        encoder = models.sentence_encoder(p.encoder_model)
        objective.semantic = SemanticTerm(encoder, tokenizer, mode=p.semantic_mode, every=p.semantic_every)
        if objective.semantic.compares_texts:
            texts = [targets[name] for name in examples["id"]]
            embeddings = reference_embeddings(objective.semantic, texts, folder.parent)
            objective.references = dict(zip(examples["id"], embeddings, strict=True))
    return train(p, student, tokenizer, examples, validation, folder, objective, steps=p.steps)
