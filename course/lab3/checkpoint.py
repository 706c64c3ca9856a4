"""A shipped student at the blanks, and the semantic loss of its answers in the two readings of the formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from course import data
from course.lab3.answers import Embed
from trident.distillation import encoding, models
from trident.experiment import params, paths
from trident.losses.components import IGNORE_INDEX
from trident.losses.semantic import SemanticTerm, token_embeddings

#: Blanks of this lab.
BLANKS = 24


@dataclass(frozen=True)
class Checkpoint:
    """A student's last hidden states (rows, positions, d) along the right assertions, and its logits from them."""

    hidden: Tensor
    logits: Tensor


def load(name: str, blanks: data.Blanks) -> Checkpoint:
    """The shipped model `name`, such as "distilled". The hidden states take a gradient; the weights take none.

    Raises ModelNotFound if there is no such model.
    """
    model: Any = models.load(paths.ROOT / "models" / name)[0].eval().requires_grad_(False)
    attention = blanks.ids.ne(blanks.tokenizer.pad_token_id)
    output = model(input_ids=blanks.ids, attention_mask=attention, labels=blanks.labels, output_hidden_states=True)
    hidden = output.decoder_hidden_states[-1].clone().requires_grad_()
    return Checkpoint(hidden, model.lm_head(hidden * model.config.d_model**-0.5))


class Reader:
    """1 − cos of the student's answers and the right assertions, in the eyes of a frozen sentence encoder.

    The losses take logits (rows, positions, V) and are means over the blanks.
    """

    def __init__(self, blanks: data.Blanks) -> None:
        encoder = models.sentence_encoder(models.PACKAGED_ENCODER)
        self._encoder: Any = encoder
        self._labels = blanks.labels
        self._term = SemanticTerm(encoder, blanks.tokenizer, mode="decoded", examples=len(blanks.labels))
        form = params.complete({}).target_form
        self._references = self._term.encode([encoding.target_text(example, form) for example in blanks.examples])
        self._right = self._term.embed_labels(blanks.labels)
        self._table = token_embeddings(encoder, blanks.tokenizer)

    def released(self, z: Tensor) -> Tensor:
        """As in the thesis's code: the text of the most probable tokens is encoded."""
        output = self._term(z, self._labels, self._references, step=0)
        assert output is not None  # every blank has text
        return output.loss.clamp_min(0)  # rounding may bring a cosine above 1

    def soft(self, z: Tensor, expected_embedding: Embed) -> Tensor:
        """The encoder reads expected embeddings, and for the right assertion the embeddings of its tokens."""
        return (1 - (self._read(z, expected_embedding) * self._right).sum(-1).mean()).clamp_min(0)

    def soft_against_text(self, z: Tensor, expected_embedding: Embed) -> Tensor:
        """The encoder reads expected embeddings, and for the right assertion its text."""
        return 1 - (self._read(z, expected_embedding) * self._references).sum(-1).mean()

    def _read(self, z: Tensor, expected_embedding: Embed) -> Tensor:
        """Vectors (rows, width) of length 1: an expected embedding at each position, between the encoder's own tokens.

        Tokens without text, such as white space, get no probability, and positions with such a label are left out.
        """
        with_text = self._table.any(-1)
        positions = (self._labels != IGNORE_INDEX) & with_text[self._labels.clamp_min(0)]
        expected = expected_embedding(z[positions].masked_fill(~with_text, -torch.inf), self._table)
        own = self._encoder[0].model.get_input_embeddings().weight
        first, last = (own[[i]] for i in (self._encoder.tokenizer.cls_token_id, self._encoder.tokenizer.sep_token_id))
        sequences = [torch.cat([first, part, last]) for part in expected.split(positions.sum(-1).tolist())]
        lengths = torch.tensor([len(sequence) for sequence in sequences])
        features = {
            "inputs_embeds": pad_sequence(sequences, batch_first=True),
            "attention_mask": (torch.arange(int(lengths.max())) < lengths[:, None]).long(),
        }
        return F.normalize(self._encoder(features)["sentence_embedding"], dim=-1)

    def perfect(self) -> Tensor:
        """The logits of a student that is sure of each right token."""
        return 50.0 * F.one_hot(self._labels.clamp_min(0), len(self._table))
