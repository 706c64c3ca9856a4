"""What a student is trained on: examples with their own label and, in place of missing labels, the teacher's answers.

Sequence-level distillation (Kim and Rush 2016) trains the student on what the teacher writes. An example whose label is
the teacher's answer has another id, so that one teacher cache holds the outputs on both labels of an example.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset, concatenate_datasets
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from trident.experiment import artifacts
from trident.java import lexer

FILE = "answers.parquet"  # beside the teacher cache that holds the outputs on them
_ANSWERED = "+answer"


@torch.no_grad()
def answer(
    teacher: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    encoded: Dataset,
    *,
    max_tokens: int,
    batch_size: int,
    device: torch.device,
) -> Dataset:
    """The teacher's greedy answers, in the order of `encoded`: columns `id`, `answer` (text), `finished`.

    An answer is finished if it ends within `max_tokens` tokens. `encoded` has the columns `id` and `input_ids`.
    """
    teacher.to(device).eval()  # type: ignore[arg-type]  # transformers' wrapper of `to` loses its `self`
    order = np.argsort([-len(ids) for ids in encoded["input_ids"]], kind="stable")
    found: dict[str, dict[str, Any]] = {}
    for part in encoded.select(order).iter(batch_size):
        inputs = tokenizer.pad({"input_ids": part["input_ids"]}, return_tensors="pt").to(device)
        options = {"max_new_tokens": max_tokens, "num_beams": 1, "do_sample": False}
        written = teacher.generate(**inputs, **options)  # type: ignore[operator]  # not annotated
        ended = (written[:, 1:] == tokenizer.eos_token_id).any(-1).tolist()  # the first token starts the decoder
        texts = tokenizer.batch_decode(written, skip_special_tokens=True)
        for name, text, finished in zip(part["id"], texts, ended, strict=True):
            found[name] = {"id": name, "answer": text.strip(), "finished": finished}
    return Dataset.from_list([found[name] for name in encoded["id"]])


def save(answers: Dataset, folder: Path) -> None:
    with artifacts.atomic(folder / FILE) as temporary:
        answers.to_parquet(temporary)


def load(folder: Path) -> Dataset:
    """What :func:`save` wrote. Raises FileNotFoundError if there is nothing."""
    return Dataset.from_parquet(str(folder / FILE), keep_in_memory=True)


def with_answers(examples: Dataset, answers: Dataset) -> Dataset:
    """The examples, and once more those with a usable answer of the teacher, as their assertion.

    Usable is what is finished and not empty. `examples` are of the corpus, not encoded; `answers` are those to them.
    """
    usable = {row["id"]: row["answer"] for row in answers if _usable(row)}

    def relabelled(example: Mapping[str, Any]) -> dict[str, str]:
        text = usable[example["id"]]
        return {"id": example["id"] + _ANSWERED, "assertion": text, "assertion_canonical": text}

    kept = examples.select([i for i, name in enumerate(examples["id"]) if name in usable])
    options: dict[str, Any] = {"load_from_cache_file": False, "keep_in_memory": True, "features": examples.features}
    return concatenate_datasets([examples, kept.map(relabelled, **options)])


def quality(answers: Dataset, examples: Dataset) -> dict[str, float]:
    """Shares of all answers that are usable as labels, equal to the reference, and accepted. Arguments as above."""
    found = {row["id"]: row for row in answers}
    counts = dict.fromkeys(("usable", "exact", "accepted"), 0)
    for example in examples.select_columns(["id", "assertion_canonical", "accepted"]):
        answer, text = found[example["id"]], lexer.canonical(found[example["id"]]["answer"])
        counts["usable"] += _usable(answer)
        counts["exact"] += text == example["assertion_canonical"]
        counts["accepted"] += text in example["accepted"]
    return {name: count / len(examples) for name, count in counts.items()}


def select(encoded: Dataset, human_labels: int) -> Dataset:
    """The first `human_labels` examples with their own label (0: all); of the others the teacher's answer, if any.

    Raises ValueError if there are fewer examples with a label of their own.
    """
    own = [name for name in encoded["id"] if not name.endswith(_ANSWERED)]
    if human_labels > len(own):
        raise ValueError(
            f"human_labels = {human_labels}, but only {len(own)} training examples have a label that can be used: "
            "lower it, or raise train_examples"
        )
    kept = set(own[: human_labels or None])
    return encoded.select([i for i, name in enumerate(encoded["id"]) if name in kept or _answers_other(name, kept)])


def _usable(answer: Mapping[str, Any]) -> bool:
    return answer["finished"] and bool(answer["answer"])


def _answers_other(name: str, kept: Collection[str]) -> bool:
    return name.endswith(_ANSWERED) and name.removesuffix(_ANSWERED) not in kept


def composition(selected: Dataset, examples: int) -> dict[str, int]:
    """How many of the corpus's training examples, `examples` in all, are used with which label."""
    answers = sum(name.endswith(_ANSWERED) for name in selected["id"])
    own = len(selected) - answers
    return {"own label": own, "teacher's answer": answers, "left out": examples - own - answers}
