"""The semantic term, 1 − cos(encode(prediction), encode(reference)) (section 3.1), and how its gradient reaches the student.

The paper's formula compares texts, and a text has no gradient. Three readings:

``decoded``  the released code's: the text of the arg-max tokens. The value is a number to look at; nothing trains on it.
``soft``     each position becomes the expected embedding of its token under the student; the frozen encoder reads these
             instead of words, and its gradient runs back into the student's logits.
``risk``     texts are sampled from the student; those that come out closer to the reference than their siblings become
             likelier (expected risk by the score function, with a leave-one-out baseline).

All three look at the student's distributions along the reference (teacher forcing), as the other components do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedTokenizerBase

from trident.losses import IGNORE_INDEX

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Mode = Literal["decoded", "soft", "risk"]


class SemanticOutput(NamedTuple):
    """`loss` is what to add, times the weight, to the total; `value` the mean of 1 − cos in [0, 2], detached, for the record."""

    loss: Tensor
    value: Tensor


class SemanticTerm:
    """The semantic term of a batch.

    Args:
        encoder: the sentence encoder; it is frozen here and follows the student's logits to their device.
        tokenizer: the student's.
        mode: ``decoded``, ``soft`` or ``risk``.
        temperature: of the student's softmax, for ``soft`` and ``risk``.
        every: compute the term at every k-th step only; its `loss` then counts k times, so that its weight means the same.
        examples: how many examples of a batch, drawn at random, it is computed on; their mean stands for the batch's.
        candidates: texts sampled for each example, for ``risk``.

    Raises:
        ValueError: an unknown mode or an impossible number.
    """

    def __init__(
        self,
        encoder: SentenceTransformer,
        tokenizer: PreTrainedTokenizerBase,
        mode: Mode,
        *,
        temperature: float = 1.0,
        every: int = 1,
        examples: int = 8,
        candidates: int = 4,
    ) -> None:
        if mode not in get_args(Mode):
            raise ValueError(f"mode = {mode!r}: it must be one of {', '.join(get_args(Mode))}")
        if temperature <= 0 or every < 1 or examples < 1:
            raise ValueError(
                f"temperature = {temperature}, every = {every}, examples = {examples}: all must be positive"
            )
        if mode == "risk" and candidates < 2:
            raise ValueError(
                f"candidates = {candidates}: each is judged against its siblings, so there must be at least 2"
            )
        self.encoder = encoder.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.mode = mode
        self.temperature = temperature
        self.every = every
        self.examples = examples
        self.candidates = candidates
        self._table = token_embeddings(encoder, tokenizer)
        self._first, self._last = _frame(encoder)

    def __call__(
        self, student_logits: Tensor, labels: Tensor, reference_embeddings: Tensor, *, step: int, seed: int = 0
    ) -> SemanticOutput | None:
        """The term for one batch, or None at a step that is left out and for a batch without a word to compare.

        Args:
            student_logits: (B, T, V), at the positions of `labels`; V may exceed the tokenizer's size (padded output matrix).
            labels: (B, T) token ids, -100 at padding.
            reference_embeddings: (B, e), rows of what :meth:`encode` gives for the reference texts.
            step: optimiser step; with `seed` it decides what is drawn, so that a resumed training draws the same.

        Raises:
            ValueError: the logits have fewer tokens than the tokenizer, or the batch sizes differ.
        """
        if step % self.every:
            return None
        if student_logits.shape[-1] < len(self._table) or not len(student_logits) == len(labels) == len(
            reference_embeddings
        ):
            raise ValueError(
                f"logits {tuple(student_logits.shape)}, labels {tuple(labels.shape)} and reference embeddings "
                f"{tuple(reference_embeddings.shape)} do not fit one another "
                f"and the {len(self._table)} tokens of the tokenizer"
            )
        device = student_logits.device
        self.encoder.to(device)
        self._table = self._table.to(device)
        generator = torch.Generator(device).manual_seed((seed * 1_000_003 + step) % 2**63)
        drawn = torch.randperm(len(labels), generator=generator, device=device)
        drawn = drawn[self._words(labels).any(-1)[drawn]][: self.examples]
        if not len(drawn):
            return None
        logits, labels = student_logits[drawn][..., : len(self._table)], labels[drawn]
        references = reference_embeddings.to(device)[drawn]
        if self.mode == "decoded":
            loss = self._decoded(logits, labels, references)
        elif self.mode == "soft":
            loss = self._soft(logits, labels, references)
        else:
            loss = self._risk(logits, labels, references, generator)
        return SemanticOutput(loss * self.every, loss.detach())

    def _decoded(self, logits: Tensor, labels: Tensor, references: Tensor) -> Tensor:
        return 1 - (self.encode(self._texts(logits.argmax(-1), labels)) * references).sum(-1).mean()

    def _soft(self, logits: Tensor, labels: Tensor, references: Tensor) -> Tensor:
        return 1 - (self.embed_softly(logits, labels) * references).sum(-1).mean()

    def _risk(self, logits: Tensor, labels: Tensor, references: Tensor, generator: torch.Generator) -> Tensor:
        targets = labels != IGNORE_INDEX
        log_q = F.log_softmax(_float(logits[targets]) / self.temperature, -1)  # (N, V), N target positions
        samples = torch.multinomial(
            log_q.detach().exp(), self.candidates, replacement=True, generator=generator
        )  # (N, K)
        example = targets.nonzero()[:, 0]
        log_probabilities = log_q.new_zeros(len(labels), self.candidates).index_add(
            0, example, log_q.gather(1, samples)
        )
        ids = samples.new_zeros(self.candidates, *labels.shape)
        ids[:, targets] = samples.T
        texts = self._texts(ids.flatten(0, 1), labels.repeat(self.candidates, 1))
        embeddings = self.encode(texts).view(self.candidates, len(labels), -1)
        return expected_risk(log_probabilities, 1 - (embeddings * references).sum(-1).T)

    def embed_softly(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Sentence embeddings (B, e), of length 1, of the expected tokens: differentiable in `logits` (B, T, V).

        Only words take part: a token that the encoder would not see (white space, the end of the sequence, a special token)
        has no probability, and a position whose label is such a token is left out. Where a sequence ends is thus for the
        other components to teach. The encoder's own first and last token frame the rest; what exceeds its maximum length is cut.
        """
        words = self._words(labels)
        silent = torch.zeros_like(self._table[:, 0]).masked_fill(~self._speaks, -torch.inf)
        probabilities = F.softmax(_float(logits[words]) / self.temperature + silent, -1)
        expected = probabilities @ self._table
        room = self.encoder.max_seq_length - len(self._first) - len(self._last)
        embedding = self.encoder[0].model.get_input_embeddings().weight
        first, last = embedding[self._first], embedding[self._last]
        sequences = [torch.cat([first, part[:room], last]) for part in expected.split(words.sum(-1).tolist())]
        attention = pad_sequence(
            [torch.ones(len(sequence), dtype=torch.long) for sequence in sequences], batch_first=True
        )
        features = {
            "inputs_embeds": pad_sequence(sequences, batch_first=True),
            "attention_mask": attention.to(logits.device),
        }
        return F.normalize(self.encoder(features)["sentence_embedding"], dim=-1)

    @property
    def _speaks(self) -> Tensor:
        return self._table.any(-1)

    def _words(self, labels: Tensor) -> Tensor:
        """Where `labels` (B, T) holds a token that the encoder would see."""
        return (labels != IGNORE_INDEX) & self._speaks.to(labels.device)[labels.clamp_min(0)]

    def _texts(self, ids: Tensor, labels: Tensor) -> list[str]:
        """The texts of `ids` (B, T) at the target positions, special tokens left out."""
        rows = [row[label != IGNORE_INDEX].tolist() for row, label in zip(ids, labels, strict=True)]
        return self.tokenizer.batch_decode(rows, skip_special_tokens=True)

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Embeddings (n, e) of length 1, without gradient; a text that occurs often is encoded once."""
        distinct = list(dict.fromkeys(texts))
        place = {text: i for i, text in enumerate(distinct)}
        vectors = self.encoder.encode(
            distinct, batch_size=64, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return torch.from_numpy(vectors[[place[text] for text in texts]]).to(self.encoder.device)


def expected_risk(log_probabilities: Tensor, costs: Tensor) -> Tensor:
    """Mean cost of sampled candidates, with an unbiased gradient of the expected cost (Williams 1992; Kool et al. 2019).

    The gradient is the mean of (cost − mean cost of its siblings)·∇ log-probability, so that a cost that is the same for all
    candidates moves nothing.

    Args:
        log_probabilities: (B, K), with a graph, of K candidates drawn independently from the student.
        costs: (B, K), without one.
    """
    siblings = (costs.sum(-1, keepdim=True) - costs) / (costs.shape[-1] - 1)
    surrogate = ((costs - siblings).detach() * log_probabilities).mean()
    return costs.mean() + (surrogate - surrogate.detach())


def token_embeddings(encoder: SentenceTransformer, tokenizer: PreTrainedTokenizerBase) -> Tensor:
    """What each of the student's tokens is to the encoder: (V, w), the mean input embedding of the pieces of its text.

    Zero where there is nothing to see: special tokens, white space, parts of a character. Exact where the tokenizers agree
    on a token; with one and the same vocabulary it is the encoder's own embedding matrix.
    """
    weight = encoder[0].model.get_input_embeddings().weight.detach()
    vocabulary = tokenizer.get_vocab()
    ordinary = sorted(set(vocabulary.values()) - set(tokenizer.all_special_ids))
    pieces: list[list[int]] = [[] for _ in range(max(vocabulary.values()) + 1)]
    if vocabulary == encoder.tokenizer.get_vocab():
        split = [[i] for i in ordinary]
    else:
        split = encoder.tokenizer(_texts_of(tokenizer, ordinary), add_special_tokens=False)["input_ids"]
    unknown = encoder.tokenizer.unk_token_id
    for i, ids in zip(ordinary, split, strict=True):
        pieces[i] = [piece for piece in ids if piece != unknown]
    flat = torch.tensor([piece for ids in pieces for piece in ids], dtype=torch.long, device=weight.device)
    starts = torch.tensor([0, *map(len, pieces)], device=weight.device).cumsum(0)[:-1]
    return F.embedding_bag(flat, weight, starts, mode="mean")


def _texts_of(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> list[str]:
    """The text of each token as it reads after another one, its leading space kept (a decoder may drop it at a text's start)."""
    anchor = tokenizer("a", add_special_tokens=False)["input_ids"][-1:]
    decode = {"skip_special_tokens": False, "clean_up_tokenization_spaces": False}
    start = len(tokenizer.decode(anchor, **decode))
    return [text[start:] for text in tokenizer.batch_decode([[*anchor, i] for i in ids], **decode)]


def _frame(encoder: SentenceTransformer) -> tuple[list[int], list[int]]:
    """The token ids that the encoder's tokenizer puts before and after a text."""
    bare = encoder.tokenizer("a", add_special_tokens=False)["input_ids"]
    framed = encoder.tokenizer("a")["input_ids"]
    start = framed.index(bare[0])
    return framed[:start], framed[start + len(bare) :]


def _float(x: Tensor) -> Tensor:
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
