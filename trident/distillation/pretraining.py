"""Span denoising on the corpus's Java: it gives the sandbox models the start that CodeT5+ brings along."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from trident.distillation import models, trainer
from trident.distillation.models import SANDBOX, SENTINELS
from trident.experiment import artifacts
from trident.experiment.params import Parameters
from trident.losses import TridentLoss
from trident.schedules import Linear

NOISE_DENSITY = 0.2  # share of the tokens that is hidden (T5: 0.15)
BATCH_SIZE = 16
MEAN_SPAN = 9.0  # tokens of a hidden span: about a statement, the unit that is to be filled later (T5: 3)


def corrupt(
    ids: Sequence[int], sentinels: Sequence[int], eos: int, rng: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Hide random spans of `ids`, each behind a sentinel; return (corrupted input, the hidden spans), both ending with `eos`.

    Putting the spans back in the place of their sentinels gives `ids` again. A sequence of fewer than two tokens is hidden whole.
    """
    if len(ids) < 2:
        return [sentinels[0], eos], [sentinels[0], *ids, eos]
    hidden = min(max(round(len(ids) * NOISE_DENSITY), 1), len(ids) - 1)
    spans = min(max(round(hidden / MEAN_SPAN), 1), hidden, len(ids) - hidden, len(sentinels))

    def parts(total: int) -> np.ndarray:
        """`total` as a random sum of `spans` positive numbers."""
        cuts = np.sort(rng.choice(np.arange(1, total), spans - 1, replace=False))
        return np.diff(np.concatenate([[0], cuts, [total]]))

    inputs: list[int] = []
    labels: list[int] = []
    position = 0
    for sentinel, kept, taken in zip(sentinels[:spans], parts(len(ids) - hidden), parts(hidden), strict=True):
        inputs += [*ids[position : position + kept], sentinel]
        labels += [sentinel, *ids[position + kept : position + kept + taken]]
        position += kept + taken
    return [*inputs, eos], [*labels, eos]


def start(p: Parameters, texts: Sequence[str]) -> tuple[PreTrainedTokenizerBase, PreTrainedModel, PreTrainedModel]:
    """(tokenizer, teacher, student) before any training of ours: sandbox models from scratch, or by name or folder.

    Args:
        texts: Java to train the sandbox tokenizer on.

    Raises:
        ValueError: one is a sandbox model and the other is not, or their tokenizers differ.
        models.ModelNotFound: a named model is not to be had.
    """
    if (p.teacher_model == SANDBOX) != (p.student_model == SANDBOX):
        raise ValueError(
            f"teacher_model = {p.teacher_model!r} and student_model = {p.student_model!r}: a sandbox model has a tokenizer "
            "of its own, so both or neither must be `sandbox`"
        )
    if p.teacher_model == SANDBOX:
        tokenizer = models.train_tokenizer(texts, p.vocabulary_size)
        teacher, student = (
            models.from_scratch(
                tokenizer,
                d_model=d_model,
                d_ff=d_ff,
                layers=layers,
                heads=models.HEADS,
                dropout_rate=p.dropout_rate,
                seed=trainer.TEACHER_SEED,
            )
            for d_model, d_ff, layers in (
                (p.teacher_d_model, p.teacher_d_ff, p.teacher_layers),
                (p.student_d_model, p.student_d_ff, p.student_layers),
            )
        )
        return tokenizer, teacher, student
    teacher, tokenizer = models.load(p.teacher_model, dropout_rate=p.dropout_rate)
    student, other = models.load(p.student_model, dropout_rate=p.dropout_rate)
    if tokenizer.get_vocab() != other.get_vocab():
        raise ValueError(
            f"teacher {p.teacher_model!r} and student {p.student_model!r} have different vocabularies: their logits "
            "cannot be compared token by token"
        )
    return tokenizer, teacher, student


def pretrain(
    p: Parameters, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], folder: Path
) -> dict[str, Any]:
    """Train `model` for `p.pretrain_steps` steps to put hidden spans of `texts` back, and keep it in `folder`.

    Every text is used about equally often, each time with other spans hidden. A model that `folder` already holds from the
    same settings and texts is taken from there.

    Returns:
        what :func:`trident.distillation.trainer.train` returns, and under `cached` whether it came from an earlier run.
    """
    marker = folder / "pretrained.json"
    identity = hashlib.sha256(
        json.dumps(
            [
                model.config.to_diff_dict(),
                list(texts),
                tokenizer.get_vocab(),
                p.pretrain_steps,
                BATCH_SIZE,
                p.pretrain_learning_rate,
                trainer.TEACHER_SEED,
                p.max_source_tokens,
                p.warmup_ratio,
                p.weight_decay,
                p.max_grad_norm,
            ],
            sort_keys=True,
            default=str,
        ).encode()
    ).hexdigest()
    if marker.is_file() and (kept := json.loads(marker.read_text(encoding="utf-8")))["identity"] == identity:
        model.load_state_dict(models.load(folder)[0].state_dict())
        return {**kept["result"], "cached": True}
    rng = np.random.default_rng(trainer.TEACHER_SEED)
    sentinels = tokenizer.convert_tokens_to_ids(list(SENTINELS))
    plain = tokenizer(list(texts), add_special_tokens=False, truncation=True, max_length=p.max_source_tokens - 1)[
        "input_ids"
    ]
    wanted = p.pretrain_steps * BATCH_SIZE
    order = np.concatenate([rng.permutation(len(plain)) for _ in range(-(-wanted // len(plain)))])[:wanted]
    rows = [corrupt(plain[i], sentinels, tokenizer.eos_token_id, rng) for i in order]
    data = Dataset.from_dict({"input_ids": [row[0] for row in rows], "labels": [row[1] for row in rows]})
    held_out = data.select(range(min(len(data), p.evaluation_batch_size)))
    result = trainer.train(
        model,
        tokenizer,
        data,
        held_out,
        folder,
        p=p,
        loss=TridentLoss(temperature=1.0),
        schedule=Linear({"ce": 1.0}),
        epochs=1,
        learning_rate=p.pretrain_learning_rate,
        seed=trainer.TEACHER_SEED,
        batch_size=BATCH_SIZE,
    )
    artifacts.write_json(marker, {"identity": identity, "result": result})
    return {**result, "cached": False}
