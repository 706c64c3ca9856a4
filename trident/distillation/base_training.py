"""The loop that trains a base model for hours: batches of like length, warm-up and decay, checkpoints to go on from.

A base model is what a run starts from, as CodeT5+ is in the paper: the shipped models (:mod:`bases`), and those of real
Java (:mod:`real_bases`).
"""

from __future__ import annotations

import ctypes
import json
import random
import shutil
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedModel, Trainer, TrainerCallback, TrainingArguments

from trident.distillation import models, trainer
from trident.distillation.optimizers import MuonAndAdamW
from trident.experiment import artifacts

Row = dict[str, list[int]]
#: Examples that are made at once: batches are of those of like length.
ROUND = 19_200
#: Seed of the first round. Of generated Java it is the corpus seed: corpora of other seeds share no instance with it.
FIRST_SEED = 1_000_000
#: Steps between two checkpoints.
SAVE_STEPS = 500
COMPLETE = "complete.json"  # last file of a checkpoint: one without it was being written when a run was killed


class Stream(torch.utils.data.Dataset[Row]):
    """Training examples without end. Number i depends on i alone, so a resumed training needs no other state.

    Args:
        workers: processes that make the examples, for a GPU that takes more than one can make; 1: the training's own.
            They take turns, batch by batch, and each makes rounds of its own. So their number is part of the order.
    """

    def __init__(self, steps: int, batch_size: int, workers: int = 1) -> None:
        self.steps, self.batch_size, self.workers = steps, batch_size, workers
        self._batches = max(1, ROUND // (batch_size * workers))
        self.round_size = self._batches * batch_size
        self._round: tuple[int, list[Row]] = (-1, [])

    @abstractmethod
    def examples(self, number: int, rng: random.Random) -> list[Row]:
        """The examples of a round, `round_size` of them, in any order. `rng` is seeded by the number."""

    def __len__(self) -> int:
        return self.steps * self.batch_size

    def __getitem__(self, index: int) -> Row:
        batch, place = divmod(index, self.batch_size)
        turn, worker = divmod(batch, self.workers)
        own, batch = divmod(turn, self._batches)
        number = own * self.workers + worker
        if self._round[0] != number:
            self._round = number, self._made(number)
        return self._round[1][batch * self.batch_size + place]

    def _made(self, number: int) -> list[Row]:
        """The examples of a round, in batches of like length, so that little is padded."""
        rng = random.Random(FIRST_SEED + number)
        rows = self.examples(number, rng)
        rows.sort(key=lambda row: len(row["input_ids"]))
        batches = [rows[start : start + self.batch_size] for start in range(0, len(rows), self.batch_size)]
        rng.shuffle(batches)
        return [row for batch in batches for row in batch]


class _Marking(TrainerCallback):
    """Completes a checkpoint by its last file."""

    def __init__(self, identity: str) -> None:
        self.identity = identity

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        folder = Path(args.output_dir, f"checkpoint-{state.global_step}")
        artifacts.write_json(folder / COMPLETE, {"training": self.identity})


def train(
    model: PreTrainedModel, stream: Stream, learning_rate: float, checkpoints: Path, identity: str
) -> dict[str, Any]:
    """Train for `stream.steps` steps. A killed call goes on from its last checkpoint when it is repeated.

    Args:
        identity: of all that the training depends on. Checkpoints of another one are deleted.

    Returns:
        `training_loss`, (step, loss) at each hundredth step; `left_out`, steps that were without effect since the last
        resumption, as their gradients were not finite.
    """
    _keep_memory()
    place = models.device("auto")
    if place.type == "cpu":
        model.set_attn_implementation("eager")
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        max_steps=stream.steps,
        per_device_train_batch_size=stream.batch_size,
        dataloader_num_workers=stream.workers if stream.workers > 1 else 0,
        lr_scheduler_type="warmup_stable_decay",
        lr_scheduler_kwargs={"num_decay_steps": int(0.6 * stream.steps), "decay_type": "linear"},
        warmup_steps=int(0.05 * stream.steps),
        train_sampling_strategy="sequential",
        bf16=trainer.precision("auto", place)[0],
        use_cpu=place.type == "cpu",
        save_steps=SAVE_STEPS,
        save_total_limit=2,
        logging_steps=max(1, SAVE_STEPS // 5),
        seed=trainer.TEACHER_SEED,
        remove_unused_columns=False,
        report_to="none",
    )
    optimizer = MuonAndAdamW(model, learning_rate)
    run = Trainer(
        model,
        arguments,
        data_collator=_padded,
        train_dataset=stream,
        optimizers=(optimizer, None),
        callbacks=[_Marking(identity)],
    )
    run.train(resume_from_checkpoint=_last(checkpoints, identity))
    losses = [(int(row["step"]), row["loss"]) for row in run.state.log_history if "loss" in row]
    return {"training_loss": losses, "left_out": optimizer.left_out}


def _keep_memory() -> None:
    """Have GNU's C library keep the memory of large tensors, in this process; another library is left as it is.

    Otherwise it returns it to the system, which gives it out again page by page: a quarter of the processor time here.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        for option in (-1, -3):  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
            libc.mallopt(option, 2**30)


def _last(checkpoints: Path, identity: str) -> str | None:
    """The last whole checkpoint of this training; all other checkpoints are deleted."""
    whole = []
    for folder in checkpoints.glob("checkpoint-*"):
        mark = folder / COMPLETE
        if mark.is_file() and json.loads(mark.read_text(encoding="utf-8"))["training"] == identity:
            whole.append(folder)
        else:
            shutil.rmtree(folder)
    return str(max(whole, key=lambda one: int(one.name.rpartition("-")[2]))) if whole else None


def _padded(rows: Sequence[Mapping[str, list[int]]]) -> dict[str, torch.Tensor]:
    """Tensors (batch, tokens), padded to multiples of 16: a CPU compiles kernels of bf16 by shape. Labels with -100."""

    def tensor(key: str, filler: int) -> torch.Tensor:
        padded = pad_sequence([torch.tensor(row[key]) for row in rows], batch_first=True, padding_value=filler)
        return torch.nn.functional.pad(padded, (0, -padded.shape[1] % 16), value=filler)

    inputs = tensor("input_ids", 0)
    return {"input_ids": inputs, "attention_mask": (inputs != 0).long(), "labels": tensor("labels", -100)}
