"""The shipped models: trained from random weights on endless generated Java, as CodeT5+ is on real code. `make models`.

Both learn to restore hidden spans. The teacher also fills blanks, with unlimited labels: it knows what the student has
to learn.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from trident.corpus.sandbox.generate import generate, instances
from trident.corpus.sandbox.renaming import WORDS, renaming
from trident.corpus.sandbox.template import Instance
from trident.corpus.schema import Example, Split
from trident.distillation import base_training, models, trainer
from trident.distillation.base_training import FIRST_SEED, Row, Stream
from trident.distillation.encoding import encode_source, source_text, whole_text
from trident.distillation.pretraining import corrupt
from trident.experiment import artifacts

VOCABULARY_SIZE = 4096
BATCH_SIZE = 32
#: Longest input, in tokens: nineteen in twenty are shorter.
MAX_SOURCE_TOKENS = 144
#: Share of the examples whose names are replaced, so that copying is learnt rather than names.
RENAMED = 0.6
#: What no model may have seen: the profiles' corpus has this seed, and fewer examples to evaluate.
EVALUATION_SEED = 2025
EVALUATION_SIZES: Mapping[Split, int] = {"validation": 2000, "test": 2000}


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


class GeneratedJava(Stream):
    """Examples of the sandbox. `blanks`: see :class:`Recipe`."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, steps: int, blanks: float) -> None:
        super().__init__(steps, BATCH_SIZE)
        self.tokenizer, self.blanks = tokenizer, blanks
        self.sentinels = [tokenizer.get_vocab()[sentinel] for sentinel in models.SENTINELS]

    def examples(self, number: int, rng: random.Random) -> list[Row]:
        return [self._row(example, rng) for example in drawn(number, rng)]

    def _row(self, example: Example, rng: random.Random) -> Row:
        if rng.random() < self.blanks:
            source = encode_source(source_text(example), self.tokenizer, MAX_SOURCE_TOKENS)
            return {"input_ids": source, "labels": self.tokenizer(example["assertion_canonical"])["input_ids"]}
        text = self.tokenizer(whole_text(example), add_special_tokens=False)["input_ids"][: MAX_SOURCE_TOKENS - 1]
        noise = np.random.default_rng(rng.getrandbits(64))
        source, labels = corrupt(text, self.sentinels, self.tokenizer.eos_token_id, noise)
        return {"input_ids": source, "labels": labels}


def drawn(number: int, rng: random.Random) -> list[Example]:
    """The examples of a round, :data:`RENAMED` of them with other names. None asks what an evaluation split asks."""
    seed, size = FIRST_SEED + number, base_training.ROUND
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
    stream = GeneratedJava(tokenizer, recipe.steps, recipe.blanks)
    identity = artifacts.fingerprint(asdict(recipe), tokenizer.get_vocab(), models.weights_digest(model))
    training = base_training.train(model, stream, recipe.learning_rate, folder / name / "checkpoints", identity)
    last = training["training_loss"][-1][1]
    facts = {**asdict(recipe), "examples": len(stream), "last_training_loss": round(last, 4)}
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
