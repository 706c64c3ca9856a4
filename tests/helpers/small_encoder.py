"""Fake sentence encoders for tests: cheap and deterministic."""

from __future__ import annotations

import zlib

import numpy as np


class ByCharacter:
    """A tokenizer that makes each character a token and truncates nothing."""

    max_seq_length = None

    def tokenizer(self, texts, *, truncation, max_length):
        return {"input_ids": [list(map(ord, text)) for text in texts]}


class Letters(ByCharacter):
    """An encoder that counts letter pairs, hashed. `asked` holds the texts that it encoded."""

    def __init__(self):
        self.asked = []

    def encode(self, sentences, *, batch_size, convert_to_numpy, normalize_embeddings):
        self.asked.extend(sentences)
        vectors = np.full((len(sentences), 64), 1e-3, dtype=np.float32)
        for row, text in enumerate(sentences):
            for pair in zip(text, text[1:], strict=False):
                vectors[row, zlib.crc32(repr(pair).encode()) % 64] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
