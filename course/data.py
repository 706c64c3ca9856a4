"""Blanks of generated Java, and what the shipped models say to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from datasets import Dataset
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedTokenizerBase

from trident.corpus.sandbox.generate import generate
from trident.corpus.schema import Example
from trident.distillation import encoding, models
from trident.experiment import params, paths
from trident.losses.components import IGNORE_INDEX

#: The shipped models: folder below `models/`, by what a lab calls them.
MODELS = {"teacher": "teacher", "student": "distilled"}


@dataclass(frozen=True)
class Blanks:
    """Blanks with the logits of the shipped models along the right assertions (teacher forcing).

    Attributes:
        examples: one for each row.
        ids: what the models read (rows, source positions), padded.
        labels: (rows, positions), with -100 at padding.
        teacher, student: logits (rows, positions, V).
        tokenizer: of both models.
    """

    examples: list[Example]
    ids: Tensor
    labels: Tensor
    teacher: Tensor
    student: Tensor
    tokenizer: PreTrainedTokenizerBase

    def undecided(self) -> int:
        """The row where the teacher gives its second choice for the first token most."""
        return int(self.teacher[:, 0].softmax(-1).topk(2).values[:, 1].argmax())

    def token(self, index: int | Tensor) -> str:
        """A token as text, in quotes."""
        return repr(self.tokenizer.decode([int(index)]))


@cache
def blanks(number: int = 48, seed: int = 5) -> Blanks:
    """`number` blanks of new classes; the same for the same seed. Takes about 3 seconds, at the first call."""
    p = params.complete({})
    examples, _ = generate({"test": number}, seed, p.masking, p.keep_after)
    loaded = {role: models.load(paths.ROOT / "models" / folder) for role, folder in MODELS.items()}
    tokenizer = loaded["teacher"][1]
    encoded = encoding.encode(
        Dataset.from_list([{**example} for example in examples]), tokenizer, p, drop_long_targets=False
    )
    ids, labels = (
        pad_sequence([torch.tensor(row) for row in encoded[column]], batch_first=True, padding_value=filler)
        for column, filler in (("input_ids", tokenizer.pad_token_id), ("labels", IGNORE_INDEX))
    )
    with torch.no_grad():
        logits = {
            role: model.eval()(input_ids=ids, attention_mask=ids.ne(tokenizer.pad_token_id), labels=labels).logits
            for role, (model, _) in loaded.items()
        }
    return Blanks(examples, ids, labels, logits["teacher"], logits["student"], tokenizer)
