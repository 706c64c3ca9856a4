"""Span denoising on the corpus's Java: the pre-training that CodeT5+ has had and the sandbox models need."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from trident.distillation import models, trainer
from trident.distillation.models import SANDBOX, SENTINELS
from trident.experiment import artifacts, paths
from trident.experiment.params import Parameters

BATCH_SIZE = 16
NOISE_DENSITY = 0.2  # share of the tokens that is hidden (T5: 0.15)
MEAN_SPAN = 9.0  # tokens per hidden span: about a statement, the unit to be written later (T5: 3)


def corrupt(
    ids: Sequence[int], sentinels: Sequence[int], eos: int, rng: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Replace random spans of `ids` by sentinels. Returns (corrupted input, hidden spans), both ending with `eos`.

    Putting the spans in the place of their sentinels restores `ids`. Fewer than two tokens are hidden whole.
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
    """(tokenizer, teacher, student) before any training here: sandbox models from scratch, others by folder or name.

    A folder may be given from the project's root, as `models/teacher` is.

    Args:
        texts: Java to train the sandbox tokenizer on.

    Raises:
        ValueError: the vocabularies differ.
        models.ModelNotFound: a named model is not available.
    """
    if p.teacher_model == SANDBOX:
        vocabulary = models.train_tokenizer(texts, p.vocabulary_size)
        sizes = ("d_model", "d_ff", "layers")
        options = {"dropout_rate": p.dropout_rate, "seed": trainer.TEACHER_SEED}

        def built(who: str) -> PreTrainedModel:
            return models.from_scratch(vocabulary, **{size: getattr(p, f"{who}_{size}") for size in sizes}, **options)

        return vocabulary, built("teacher"), built("student")
    named = (p.teacher_model, p.student_model)
    places = [paths.inside_root(name) if paths.inside_root(name).is_dir() else name for name in named]
    (teacher, tokenizer), (student, other) = (models.load(place, dropout_rate=p.dropout_rate) for place in places)
    if tokenizer.get_vocab() != other.get_vocab():
        raise ValueError(
            f"teacher {p.teacher_model!r} and student {p.student_model!r} have different vocabularies: their logits "
            "cannot be compared token by token"
        )
    return tokenizer, teacher, student


def pretrain(
    p: Parameters, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], folder: Path
) -> dict[str, Any]:
    """Train `model` for `p.pretrain_steps` steps to restore hidden spans of `texts`, and save it in `folder`.

    Every text is used about equally often, each time with other spans hidden. If `folder` holds a model from the same
    settings and texts, that one is loaded instead.

    Returns:
        as :func:`trident.distillation.trainer.train`; also `cached`, whether the model was loaded.
    """
    p = p.replaced(
        epochs=1,
        learning_rate=p.pretrain_learning_rate,
        seed=trainer.TEACHER_SEED,
        batch_size=BATCH_SIZE,
        gradient_accumulation_steps=1,
    )
    used = ("pretrain_steps", "learning_rate", "max_source_tokens", "warmup_ratio", "weight_decay", "max_grad_norm")
    settings = {name: getattr(p, name) for name in used}
    key = artifacts.fingerprint(model.config.to_json_string(), tokenizer.get_vocab(), list(texts), settings)
    marker, files = folder / "pretrained.json", [folder / name for name in ("config.json", "model.safetensors")]
    kept = json.loads(marker.read_text(encoding="utf-8")) if marker.is_file() else {}
    # the files too: since the mark was written, they may have been overwritten, or half of them
    if kept.get("fingerprint") == key and kept.get("files") == artifacts.digest(*files):
        model.load_state_dict(models.load(folder)[0].state_dict())
        return {**kept["result"], "cached": True}
    data = _denoising_examples(p.pretrain_steps * p.batch_size, tokenizer, texts, p.max_source_tokens)
    held_out = data.select(range(min(len(data), p.evaluation_batch_size)))
    result = trainer.train(p, model, tokenizer, data, held_out, folder, trainer.Objective())
    artifacts.write_json(marker, {"fingerprint": key, "files": artifacts.digest(*files), "result": result})
    return {**result, "cached": False}


def _denoising_examples(
    number: int, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], max_tokens: int
) -> Dataset:
    rng = np.random.default_rng(trainer.TEACHER_SEED)
    vocabulary = tokenizer.get_vocab()
    sentinels = [vocabulary[sentinel] for sentinel in SENTINELS]
    plain = tokenizer(list(texts), add_special_tokens=False, truncation=True, max_length=max_tokens - 1)["input_ids"]
    order = np.concatenate([rng.permutation(len(plain)) for _ in range(-(-number // len(plain)))])[:number]
    rows = [corrupt(plain[i], sentinels, tokenizer.eos_token_id, rng) for i in order]
    return Dataset.from_dict({"input_ids": [row[0] for row in rows], "labels": [row[1] for row in rows]})
