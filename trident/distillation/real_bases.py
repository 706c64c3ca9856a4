"""The base models of real Java: the shipped ones, trained on with every test of the training projects.

They are to the students of a real corpus what CodeT5+ is to the paper's. They must not be committed: who runs the
profile makes them (``python -m trident pretrain``).
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase, T5Config, T5ForConditionalGeneration

from trident.corpus import every_test
from trident.distillation import base_training, models, statements, trainer
from trident.distillation.base_training import Row, Stream
from trident.distillation.encoding import source_text
from trident.experiment import artifacts, paths

_EMBEDDINGS = "shared.weight"  # of a T5, for encoder, decoder and output
VOCABULARY_SIZE = 8192
#: Tests that the tokenizer is trained on.
TOKENIZER_TESTS = 40_000
MAX_SOURCE_TOKENS, MAX_TARGET_TOKENS = 256, 128


@dataclass(frozen=True)
class Size:
    """Of a model that starts from random weights."""

    d_model: int
    d_ff: int
    layers: int


@dataclass(frozen=True)
class Recipe:
    """One model.

    start      the shipped model that is trained on, or the size of a new one
    blanks     share of the tests in which one assertion is hidden, as in the task; in the others several statements are
    workers    see :class:`Stream`
    """

    start: str | Size
    steps: int
    blanks: float
    learning_rate: float = 2e-3
    batch_size: int = 32
    workers: int = 1


#: By device. A GPU has the time for models that are too large for the shipped ones to be a start.
RECIPES: Mapping[str, Mapping[str, Recipe]] = {
    "cpu": {
        "teacher": Recipe(start="teacher", steps=10_000, blanks=0.6),
        "student": Recipe(start="student", steps=3_000, blanks=0.0),
    },
    "gpu": {
        "teacher": Recipe(Size(512, 1_536, 6), 5_000, blanks=0.6, learning_rate=1e-3, batch_size=256, workers=8),
        "student": Recipe(Size(320, 960, 3), 2_500, blanks=0.0, learning_rate=1e-3, batch_size=256, workers=8),
    },
}


class RealJava(Stream):
    """Tests of the training projects, each about equally often, each time with other statements hidden."""

    def __init__(self, tests: Dataset, tokenizer: PreTrainedTokenizerBase, recipe: Recipe) -> None:
        super().__init__(recipe.steps, recipe.batch_size, recipe.workers)
        self.tests, self.tokenizer, self.blanks = tests, tokenizer, recipe.blanks

    def examples(self, number: int, rng: random.Random) -> list[Row]:
        places = np.arange(number * self.round_size, (number + 1) * self.round_size)
        epochs = np.unique(places // len(self.tests))
        orders = {epoch: np.random.default_rng(int(epoch)).permutation(len(self.tests)) for epoch in epochs}
        chosen = [int(orders[place // len(self.tests)][place % len(self.tests)]) for place in places]
        rows = self.tests.select(chosen)
        return [self._row(row["test"], row["focal_method"], rng) for row in rows]

    def _row(self, test: str, focal_method: str, rng: random.Random) -> Row:
        limits = (MAX_SOURCE_TOKENS, MAX_TARGET_TOKENS)
        blank = statements.with_blank(test, focal_method, rng) if rng.random() < self.blanks else None
        if blank:
            return statements.encode_blank(blank, self.tokenizer, *limits)
        return statements.encode_sentinels(statements.with_sentinels(test, focal_method, rng), self.tokenizer, *limits)


def make_tokenizer(tests: Dataset) -> PreTrainedTokenizerBase:
    """The tokenizer of both models."""
    some = tests.select(range(0, len(tests), max(1, len(tests) // TOKENIZER_TESTS)))
    texts = (source_text({"test_prefix_and_rest": row["test"], "focal_method": ""}) for row in some)
    return models.train_tokenizer(texts, VOCABULARY_SIZE)


def make_model(file: Path, folder: Path, recipe: Recipe) -> dict[str, Any]:
    """Train one model on the tests in `file`, and save it in `folder` with the facts about it, card.json last.

    A killed call goes on from its last checkpoint when it is repeated.

    Args:
        file: of :func:`trident.corpus.every_test.save`.

    Returns:
        the facts: what the recipe says, tests, examples, and the training loss at each hundredth step.
    """
    tests = every_test.load(file)
    tokenizer = make_tokenizer(tests)
    model = _start(recipe.start, tokenizer)
    print(f"{folder.name}: {models.parameter_count(model):,} parameters, {recipe.steps:,} steps", flush=True)
    stream = RealJava(tests, tokenizer, recipe)
    settings = [asdict(recipe), tokenizer.get_vocab(), models.weights_digest(model)]
    identity = artifacts.fingerprint(*settings, artifacts.digest(file))
    training = base_training.train(model, stream, recipe.learning_rate, folder / "checkpoints", identity)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    facts = {**asdict(recipe), "tests": len(tests), "examples": len(stream), **training}
    artifacts.write_json(folder / "card.json", facts)
    shutil.rmtree(folder / "checkpoints")
    return facts


def _start(start: str | Size, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    if isinstance(start, Size):
        return models.from_scratch(tokenizer, **asdict(start), dropout_rate=0.0, seed=trainer.TEACHER_SEED)
    return with_vocabulary(*models.load(paths.ROOT / "models" / start, dropout_rate=0.0), tokenizer)


@torch.no_grad()
def with_vocabulary(
    model: PreTrainedModel, old: PreTrainedTokenizerBase, new: PreTrainedTokenizerBase
) -> T5ForConditionalGeneration:
    """A copy of a sandbox model with another vocabulary.

    A token that both vocabularies have keeps its embedding. Another one gets the mean of those of the old tokens that
    its text consists of.
    """
    # a model that was trained says no to `use_cache`, and what is made from its configuration writes ten times slower
    config = T5Config.from_dict({**model.config.to_dict(), "vocab_size": len(new), "use_cache": True})
    copy = T5ForConditionalGeneration(config)
    known = old.get_vocab()
    table, rows = (one.get_parameter(_EMBEDDINGS) for one in (model, copy))
    for token, number in new.get_vocab().items():
        ids = [known[token]] if token in known else old(new.decode([number]), add_special_tokens=False)["input_ids"]
        rows[number] = table[ids].mean(0)
    tied = {name for name, weight in model.named_parameters(remove_duplicate=False) if weight is table}
    copy.load_state_dict({name: rows if name in tied else weight for name, weight in model.state_dict().items()})
    return copy
