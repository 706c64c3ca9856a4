"""Cosines of text pairs under a sentence encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

import numpy as np
from tqdm.auto import tqdm

#: Tokens per call of the encoder, padding included.
BATCH_TOKENS = 1024
#: Digits of a cosine: the other texts of a batch change the seventh.
_DIGITS = 6


class Encoder(Protocol):
    """What the score needs of a sentence encoder. A ``SentenceTransformer`` has it."""

    max_seq_length: int | None  # tokens that it reads of a text; None: all
    tokenizer: Callable[..., Mapping[str, list[list[int]]]]  # texts → ["input_ids"], which decide the embedding

    def encode(
        self, sentences: list[str], *, batch_size: int, convert_to_numpy: bool, normalize_embeddings: bool
    ) -> np.ndarray:
        """Embeddings of unit length: (sentences, dimensions)."""


def cosines(pairs: Iterable[tuple[str, str]], encoder: Encoder, progress: bool = False) -> dict[tuple[str, str], float]:
    """The cosine of each pair in [-1, 1], rounded to six digits; exactly 1 for identical texts.

    A text is encoded only if it is paired with a different one, and texts with the same token ids are encoded once.

    Raises:
        ValueError: an embedding is not finite.
    """
    cosine_of = dict.fromkeys(pairs, 1.0)
    unequal = [pair for pair in cosine_of if pair[0] != pair[1]]
    if not unequal:
        return cosine_of
    texts = list(dict.fromkeys(text for pair in unequal for text in pair))
    ids = encoder.tokenizer(texts, truncation=True, max_length=encoder.max_seq_length)["input_ids"]
    ids_of = {text: tuple(row) for text, row in zip(texts, ids, strict=True)}
    text_of = {key: text for text, key in ids_of.items()}
    vectors: dict[tuple[int, ...], np.ndarray] = {}
    with tqdm(total=len(text_of), desc="encode", unit="text", disable=not progress) as bar:
        for keys in batches(text_of):
            batch = [text_of[key] for key in keys]
            encoded = encoder.encode(batch, batch_size=len(batch), convert_to_numpy=True, normalize_embeddings=True)
            if not np.isfinite(encoded).all():
                bad = batch[np.isfinite(encoded).all(axis=1).argmin()]
                raise ValueError(f"the encoder gave no finite embedding for {bad[:80]!r}; is its checkpoint damaged?")
            vectors |= zip(keys, np.asarray(encoded, dtype=np.float32), strict=True)
            bar.update(len(batch))
    for left, right in unequal:
        cosine = float(np.dot(vectors[ids_of[left]], vectors[ids_of[right]]))
        cosine_of[left, right] = round(min(1.0, max(-1.0, cosine)), _DIGITS)
    return cosine_of


def batches(sequences: Iterable[tuple[int, ...]]) -> Iterator[list[tuple[int, ...]]]:
    """Token sequences in batches of similar length, at most :data:`BATCH_TOKENS` when padded, the longest first."""
    batch: list[tuple[int, ...]] = []
    for sequence in sorted(sequences, key=len, reverse=True):
        if batch and (len(batch) + 1) * len(batch[0]) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(sequence)
    if batch:
        yield batch
