"""The shipped models: trained from random weights on endless generated Java, as CodeT5+ is on real code. `make models`.

Both learn to restore hidden spans. The teacher also fills blanks, with unlimited labels: it knows what the student has
to learn.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainerCallback, TrainingArguments

from trident.corpus.sandbox.generate import generate, instances
from trident.corpus.sandbox.renaming import WORDS, renaming
from trident.corpus.sandbox.template import Instance
from trident.corpus.schema import Example, Split
from trident.distillation import models, trainer
from trident.distillation.encoding import encode_source, source_text, whole_text
from trident.distillation.optimizers import MuonAndAdamW
from trident.distillation.pretraining import corrupt
from trident.experiment import artifacts

VOCABULARY_SIZE = 4096
#: Longest input, in tokens: nineteen in twenty are shorter.
MAX_SOURCE_TOKENS = 144
BATCH_SIZE = 32
#: Batches of one round: that many examples are generated at once, and batches are of examples of like length.
ROUND = 600
#: Share of the examples whose names are replaced, so that copying is learnt rather than names.
RENAMED = 0.6
#: The corpus seed of the first round. Corpora of other seeds share no instance with it.
FIRST_SEED = 1_000_000
#: What no model may have seen: the profiles' corpus has this seed, and fewer examples to evaluate.
EVALUATION_SEED = 2025
EVALUATION_SIZES: Mapping[Split, int] = {"validation": 2000, "test": 2000}
#: Steps between two checkpoints.
SAVE_STEPS = 500
COMPLETE = "complete.json"  # last file of a checkpoint: one without it was being written when a run was killed


@dataclass(frozen=True)
class Recipe:
    """One model. `blanks`: share of the examples in which it fills a blank; in the others it restores spans."""

    d_model: int
    d_ff: int
    layers: int
    steps: int
    blanks: float
    learning_rate: float = 2e-3


RECIPES: Mapping[str, Recipe] = {
    "teacher": Recipe(d_model=192, d_ff=640, layers=4, steps=8_000, blanks=0.7),
    "student": Recipe(d_model=128, d_ff=512, layers=2, steps=5_000, blanks=0.0),
}


class Stream(torch.utils.data.Dataset[dict[str, list[int]]]):
    """Training examples without end. Number i depends on i alone, so a resumed training needs no other state."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, steps: int, blanks: float) -> None:
        self.tokenizer, self.steps, self.blanks = tokenizer, steps, blanks
        self.sentinels = [tokenizer.get_vocab()[sentinel] for sentinel in models.SENTINELS]
        self._round = lru_cache(maxsize=1)(self._made)

    def __len__(self) -> int:
        return self.steps * BATCH_SIZE

    def __getitem__(self, index: int) -> dict[str, list[int]]:
        number, place = divmod(index, ROUND * BATCH_SIZE)
        return self._round(number)[place]

    def _made(self, number: int) -> list[dict[str, list[int]]]:
        """The examples of a round, in batches of like length, so that little is padded."""
        rng = random.Random(FIRST_SEED + number)
        rows = [self._row(example, rng) for example in drawn(number, rng)]
        rows.sort(key=lambda row: len(row["input_ids"]))
        batches = [rows[start : start + BATCH_SIZE] for start in range(0, len(rows), BATCH_SIZE)]
        rng.shuffle(batches)
        return [row for batch in batches for row in batch]

    def _row(self, example: Example, rng: random.Random) -> dict[str, list[int]]:
        if rng.random() < self.blanks:
            source = encode_source(source_text(example), self.tokenizer, MAX_SOURCE_TOKENS)
            return {"input_ids": source, "labels": self.tokenizer(example["assertion_canonical"])["input_ids"]}
        text = self.tokenizer(whole_text(example), add_special_tokens=False)["input_ids"][: MAX_SOURCE_TOKENS - 1]
        noise = np.random.default_rng(rng.getrandbits(64))
        source, labels = corrupt(text, self.sentinels, self.tokenizer.eos_token_id, noise)
        return {"input_ids": source, "labels": labels}


def drawn(number: int, rng: random.Random) -> list[Example]:
    """The examples of a round, :data:`RENAMED` of them with other names. None asks what an evaluation split asks."""
    seed, size = FIRST_SEED + number, ROUND * BATCH_SIZE
    made, _ = generate({"train": size + size // 20}, seed)
    new = [example for example in made if _question(example) not in _evaluated()][:size]
    classes = {instance.group: instance for instance in instances(new, seed)}
    return [_renamed(example, classes, rng) if rng.random() < RENAMED else example for example in new]


@cache
def _evaluated() -> frozenset[tuple[str, str]]:
    return frozenset(map(_question, generate(EVALUATION_SIZES, EVALUATION_SEED)[0]))


def _question(example: Example) -> tuple[str, str]:
    return example["focal_method"], example["test_prefix_and_rest"].replace("Assert.", "")


def _renamed(example: Example, classes: Mapping[str, Instance], rng: random.Random) -> Example:
    rename = renaming(classes[example["group"]], rng)
    return {
        **example,
        "focal_method": rename(example["focal_method"]),
        "test_prefix_and_rest": rename(example["test_prefix_and_rest"]),
        "assertion_canonical": rename(example["assertion_canonical"]),
    }


def make_tokenizer() -> PreTrainedTokenizerBase:
    """The tokenizer of both models, trained on one round's Java and on the words of new names."""
    examples = drawn(0, random.Random(FIRST_SEED))
    texts = [text for example in examples for text in (whole_text(example), example["assertion_canonical"])]
    words = [" ".join((*WORDS, *map(str.capitalize, WORDS)))] * 20
    return models.train_tokenizer([*texts, *words], VOCABULARY_SIZE)


class _Marking(TrainerCallback):
    """Completes a checkpoint by its last file."""

    def __init__(self, identity: str) -> None:
        self.identity = identity

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        folder = Path(args.output_dir, f"checkpoint-{state.global_step}")
        artifacts.write_json(folder / COMPLETE, {"training": self.identity})


def make_models(folder: Path, recipes: Mapping[str, Recipe] = RECIPES) -> None:
    """Train the models of `recipes` and save each in `folder`/<name>, as fp16, with the facts in `folder`/card.json.

    A killed call goes on from its last checkpoint when it is repeated; a model that is there already is kept.
    """
    for name, recipe in recipes.items():
        if (folder / name / "model.safetensors").is_file():
            print(f"{folder / name} is there: delete it to make it anew")
        else:
            make_model(folder, name, recipe)


def make_model(folder: Path, name: str, recipe: Recipe) -> None:
    """Train one model, as :func:`make_models` does."""
    tokenizer = make_tokenizer()
    model = models.from_scratch(
        tokenizer,
        d_model=recipe.d_model,
        d_ff=recipe.d_ff,
        layers=recipe.layers,
        dropout_rate=0.0,
        seed=trainer.TEACHER_SEED,
    )
    print(f"{name}: {models.parameter_count(model):,} parameters, {recipe.steps:,} steps", flush=True)
    losses = _train(model, tokenizer, recipe, folder / name / "checkpoints")
    facts = {**asdict(recipe), "examples": recipe.steps * BATCH_SIZE, "last_training_loss": round(losses[-1][1], 4)}
    ship(model, tokenizer, folder / name, facts)
    shutil.rmtree(folder / name / "checkpoints")


def ship(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, facts: Mapping[str, Any]) -> None:
    """Save the model in `folder`, as fp16, and `facts`, its size and its digest in card.json beside the folder."""
    model.half().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    weights, card = folder / "model.safetensors", folder.with_name("card.json")
    known = json.loads(card.read_text(encoding="utf-8")) if card.is_file() else {}
    known[folder.name] = {
        "parameters": models.parameter_count(model),
        **facts,
        "bytes": weights.stat().st_size,
        "sha256": artifacts.digest(weights),
    }
    artifacts.write_json(card, known)


def _train(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, recipe: Recipe, checkpoints: Path
) -> list[tuple[int, float]]:
    """Returns (step, training loss) at each hundredth step."""
    place = models.device("auto")
    if place.type == "cpu":
        model.set_attn_implementation("eager")
    arguments = TrainingArguments(
        output_dir=str(checkpoints),
        max_steps=recipe.steps,
        per_device_train_batch_size=BATCH_SIZE,
        lr_scheduler_type="warmup_stable_decay",
        lr_scheduler_kwargs={"num_decay_steps": int(0.6 * recipe.steps), "decay_type": "linear"},
        warmup_steps=int(0.05 * recipe.steps),
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
    identity = artifacts.fingerprint(asdict(recipe), tokenizer.get_vocab(), models.weights_digest(model))
    stream = Stream(tokenizer, recipe.steps, recipe.blanks)
    run = Trainer(
        model,
        arguments,
        data_collator=_padded,
        train_dataset=stream,
        optimizers=(MuonAndAdamW(model, recipe.learning_rate), None),
        callbacks=[_Marking(identity)],
    )
    run.train(resume_from_checkpoint=_last(checkpoints, identity))
    return [(int(row["step"]), row["loss"]) for row in run.state.log_history if "loss" in row]


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
    """Tensors (batch, tokens), padded to multiples of 8; labels with -100."""

    def tensor(key: str, filler: int) -> torch.Tensor:
        padded = pad_sequence([torch.tensor(row[key]) for row in rows], batch_first=True, padding_value=filler)
        return torch.nn.functional.pad(padded, (0, -padded.shape[1] % 8), value=filler)

    inputs = tensor("input_ids", 0)
    return {"input_ids": inputs, "attention_mask": (inputs != 0).long(), "labels": tensor("labels", -100)}
