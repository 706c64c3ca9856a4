"""The semantic component, 1 − cos(encode(prediction), encode(reference)) (section 3.1), and its gradient.

The formula compares texts, and a text has no gradient. There are three modes:

``decoded``  as released: encodes the text of the arg-max tokens. The value is only reported; it trains nothing.
``soft``     the frozen encoder reads, at each position, the expected embedding of the student's token, and compares
             with what it reads where every token is the label: 0 for a student that is sure of every label.
``risk``     samples texts from the student and makes those likelier that are closer to the reference than the others.

All use the student's distributions along the reference (teacher forcing), as the other components do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from trident.losses.components import IGNORE_INDEX, at_least_float32

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedTokenizerBase

Mode = Literal["decoded", "soft", "risk"]


class SemanticOutput(NamedTuple):
    """`loss` is to be weighted and added to the total; `value` is the mean of 1 − cos, in [0, 2], detached."""

    loss: Tensor
    value: Tensor


@dataclass
class SemanticTerm:
    """The semantic component of a batch. Raises ValueError for an unknown mode or an impossible number."""

    encoder: SentenceTransformer  # frozen here; follows the student's logits to their device
    tokenizer: PreTrainedTokenizerBase  # the student's
    mode: Mode
    _: KW_ONLY
    temperature: float = 1.0  # of the student's softmax, in ``soft`` and ``risk``
    every: int = 1  # computed at every k-th step only, with the loss times k, so that its weight keeps its meaning
    examples: int = 8  # of an effective batch, drawn at random, that it is computed on
    candidates: int = 4  # texts per example, in ``risk``

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise ValueError(f"mode = {self.mode!r}: it must be one of {', '.join(get_args(Mode))}")
        for name, least in (("temperature", 1e-6), ("every", 1), ("examples", 1), ("candidates", 2)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} = {getattr(self, name)}: it must be at least {least}")
        self.encoder.eval().requires_grad_(False)
        self._table = token_embeddings(self.encoder, self.tokenizer)
        self._first, self._last = _special_tokens(self.encoder)

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Embeddings (n, e) of length 1, without gradient. A text that occurs more than once is encoded once."""
        place = {text: i for i, text in enumerate(dict.fromkeys(texts))}
        vectors = self.encoder.encode(
            list(place), batch_size=64, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return torch.from_numpy(vectors[[place[text] for text in texts]]).to(self.encoder.device)

    @property
    def compares_texts(self) -> bool:
        """Whether the term needs the embeddings of the reference texts."""
        return self.mode != "soft"

    def __call__(
        self,
        student_logits: Tensor,
        labels: Tensor,
        reference_embeddings: Tensor | None = None,
        *,
        step: int,
        seed: int = 0,
    ) -> SemanticOutput | None:
        """The term, or None at a step that is skipped and for a batch without text to compare.

        Args:
            student_logits: (B, T, V); V may exceed the tokenizer's size (padded output matrix).
            labels: (B, T), IGNORE_INDEX at padding.
            reference_embeddings: (B, e), from :meth:`encode`; ``soft`` reads the labels and does not use them.
            step: optimiser step. It decides with `seed` what is drawn, so that a resumed training draws the same.
        """
        if step % self.every:
            return None
        self._check(student_logits, labels, reference_embeddings)
        drawn = self.draw(self.has_text(labels), step=step, seed=seed)
        references = (
            None if reference_embeddings is None else reference_embeddings[drawn.to(reference_embeddings.device)]
        )
        places = drawn.tolist()
        if not places:
            return None
        return self.of_drawn(
            student_logits[drawn], labels[drawn], references, places, count=len(places), step=step, seed=seed
        )

    def has_text(self, labels: Tensor) -> Tensor:
        """Which examples (B,) have a token that the encoder sees anything of; `labels` (B, T)."""
        return self._with_text(labels).any(-1)

    def draw(self, with_text: Tensor, *, step: int, seed: int) -> Tensor:
        """Places (n,) of the `examples` that the term is computed on, among those `with_text` (N,).

        N examples are an effective batch: what is drawn does not depend on how processes or accumulated batches cut it.
        """
        keys = torch.from_numpy(np.random.default_rng([seed, step]).random(len(with_text)))
        order = keys.masked_fill(~with_text.cpu(), torch.inf).argsort()
        return order[: min(self.examples, int(with_text.sum()))].to(with_text.device)

    def of_drawn(
        self,
        student_logits: Tensor,
        labels: Tensor,
        reference_embeddings: Tensor | None,
        places: Sequence[int],
        *,
        count: int,
        step: int,
        seed: int,
    ) -> SemanticOutput:
        """The share of n examples in the mean over the `count` that :meth:`draw` gave for their effective batch.

        The first three are as in a call, with B = n; `places` are those of the n examples in the effective batch.
        """
        self._check(student_logits, labels, reference_embeddings)
        if not places:
            nothing = student_logits.new_zeros(())
            return SemanticOutput(nothing, nothing)
        device = labels.device
        self.encoder.to(device)
        logits = student_logits[..., : len(self._table)]
        references = self._references(labels, reference_embeddings)
        if self.mode == "risk":
            draws = [np.random.SeedSequence([seed, step, place]).generate_state(1)[0] for place in places]
            generators = [torch.Generator(device).manual_seed(int(draw)) for draw in draws]
            loss = self._risk(logits, labels, references, generators)
        else:
            soft = self.mode == "soft"
            embeddings = (
                self.embed_softly(logits, labels) if soft else self.encode(self._texts(logits.argmax(-1), labels))
            )
            loss = 1 - (embeddings * references).sum(-1).mean()
        loss = loss * (len(places) / count)
        return SemanticOutput(loss * self.every, loss.detach())

    def _check(self, student_logits: Tensor, labels: Tensor, reference_embeddings: Tensor | None) -> None:
        """Raises ValueError for shapes that do not fit."""
        given = [x for x in (student_logits, labels, reference_embeddings) if x is not None]
        if student_logits.shape[-1] < len(self._table) or len({len(x) for x in given}) > 1:
            raise ValueError(
                f"logits, labels and reference embeddings {[tuple(x.shape) for x in given]} do not fit each other "
                f"and the {len(self._table)} tokens of the tokenizer"
            )

    def _references(self, labels: Tensor, reference_embeddings: Tensor | None) -> Tensor:
        """What the examples are compared with (n, e)."""
        if not self.compares_texts:
            return self.embed_labels(labels)
        if reference_embeddings is None:
            raise ValueError(f"mode = {self.mode!r} compares texts: pass the reference embeddings, from `encode`")
        return reference_embeddings.to(labels.device)

    def _risk(
        self, logits: Tensor, labels: Tensor, references: Tensor, generators: Sequence[torch.Generator]
    ) -> Tensor:
        targets = labels != IGNORE_INDEX
        log_q = F.log_softmax(at_least_float32(logits[targets]) / self.temperature, -1)  # (N, V), N target tokens
        q = log_q.detach().exp().split(targets.sum(-1).tolist())  # by example, each with a generator of its own
        samples = torch.cat(
            [
                torch.multinomial(of_one, self.candidates, replacement=True, generator=generator)
                for of_one, generator in zip(q, generators, strict=True)
            ]
        )
        example = targets.nonzero()[:, 0]
        log_probabilities = log_q.new_zeros(len(labels), self.candidates)
        log_probabilities = log_probabilities.index_add(0, example, log_q.gather(1, samples))
        ids = samples.new_zeros(self.candidates, *labels.shape)
        ids[:, targets] = samples.T
        texts = self._texts(ids.flatten(0, 1), labels.repeat(self.candidates, 1))
        embeddings = self.encode(texts).view(self.candidates, len(labels), -1)
        return expected_risk(log_probabilities, 1 - (embeddings * references).sum(-1).T)

    def embed_softly(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Sentence embeddings (B, e), of length 1, of the expected tokens: differentiable in `logits` (B, T, V).

        Tokens without text for the encoder (white space, special tokens) get no probability, and positions with such a
        label are left out: where a sequence ends is for the other components to teach. The encoder's own first and last
        tokens are added; longer sequences are cut to its maximum length.
        """
        positions = self._with_text(labels)
        z = at_least_float32(logits[positions]) / self.temperature
        probabilities = F.softmax(z.masked_fill(~self._table.any(-1), -torch.inf), -1)
        return self._read(probabilities @ self._table, positions)

    @torch.no_grad()
    def embed_labels(self, labels: Tensor) -> Tensor:
        """As :meth:`embed_softly` for a student that is sure of every label: (B, e), without gradient."""
        positions = self._with_text(labels)
        return self._read(self._table[labels[positions]], positions)

    def _read(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """Sentence embeddings (B, e) of the input embeddings `tokens` (N, w) at the N true `positions` (B, T)."""
        embedding = _embedding_matrix(self.encoder)
        first, last = embedding[self._first], embedding[self._last]
        limit = self.encoder.max_seq_length
        room = None if limit is None else limit - len(first) - len(last)
        sequences = [torch.cat([first, part[:room], last]) for part in tokens.split(positions.sum(-1).tolist())]
        attention = [torch.ones(len(sequence), dtype=torch.long, device=tokens.device) for sequence in sequences]
        features = {
            "inputs_embeds": pad_sequence(sequences, batch_first=True),
            "attention_mask": pad_sequence(attention, batch_first=True),
        }
        return F.normalize(self.encoder(features)["sentence_embedding"], dim=-1)

    def _with_text(self, labels: Tensor) -> Tensor:
        """Where `labels` (B, T) has a token that the encoder sees anything of."""
        self._table = self._table.to(labels.device)
        return (labels != IGNORE_INDEX) & self._table.any(-1)[labels.clamp_min(0)]

    def _texts(self, ids: Tensor, labels: Tensor) -> list[str]:
        """The texts of `ids` (B, T) at the target positions, special tokens left out."""
        rows = [row[label != IGNORE_INDEX].tolist() for row, label in zip(ids, labels, strict=True)]
        return self.tokenizer.batch_decode(rows, skip_special_tokens=True)


def expected_risk(log_probabilities: Tensor, costs: Tensor) -> Tensor:
    """Mean cost, with an unbiased gradient of the expected cost (score function: Williams 1992; Kool et al. 2019).

    The gradient is the mean of (cost − mean cost of the other candidates)·∇ log-probability; equal costs give none.
    `costs` (B, K) and `log_probabilities` (B, K), with a graph, are those of K candidates drawn from the student.
    """
    others = (costs.sum(-1, keepdim=True) - costs) / (costs.shape[-1] - 1)
    surrogate = ((costs - others).detach() * log_probabilities).mean()
    return costs.mean() + (surrogate - surrogate.detach())


def token_embeddings(encoder: SentenceTransformer, tokenizer: PreTrainedTokenizerBase) -> Tensor:
    """The student's tokens as the encoder sees them (V, w): the mean input embedding of the pieces of a token's text.

    Zero for special tokens, white space and parts of a character. If both tokenizers have the same vocabulary, this is
    the encoder's own embedding matrix.
    """
    weight = _embedding_matrix(encoder).detach()
    vocabulary = tokenizer.get_vocab()
    ordinary = sorted(set(vocabulary.values()) - set(tokenizer.all_special_ids))
    if vocabulary == encoder.tokenizer.get_vocab():
        pieces = [[i] for i in ordinary]
    else:
        pieces = encoder.tokenizer(_token_texts(tokenizer, ordinary), add_special_tokens=False)["input_ids"]
    table = weight.new_zeros(max(vocabulary.values()) + 1, weight.shape[1])
    for i, ids in zip(ordinary, pieces, strict=True):
        if known := [piece for piece in ids if piece != encoder.tokenizer.unk_token_id]:
            table[i] = weight[known].mean(0)
    return table


def _token_texts(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> list[str]:
    """The text of each token when it follows another: a decoder may drop a leading space at the start of a text."""
    anchor = tokenizer("a", add_special_tokens=False)["input_ids"][-1:]
    options: dict[str, Any] = {"skip_special_tokens": False, "clean_up_tokenization_spaces": False}
    start = len(tokenizer.decode(anchor, **options))
    return [text[start:] for text in tokenizer.batch_decode([[*anchor, i] for i in ids], **options)]


def _special_tokens(encoder: SentenceTransformer) -> tuple[list[int], list[int]]:
    """The token ids that the encoder's tokenizer puts before and after a text."""
    bare = encoder.tokenizer("a", add_special_tokens=False)["input_ids"]
    framed = encoder.tokenizer("a")["input_ids"]
    start = framed.index(bare[0])
    return framed[:start], framed[start + len(bare) :]


def _embedding_matrix(encoder: SentenceTransformer) -> Tensor:
    transformer: Any = encoder[0]  # its attribute `model` has no type
    return transformer.model.get_input_embeddings().weight
