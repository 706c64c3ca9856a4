"""Reference embeddings are computed once per encoder and texts, and read from the folder after that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from trident.distillation.reference_embeddings import reference_embeddings

TEXTS = ["assertTrue(queue.isEmpty());", "assertNull(map.get(key));", "assertEquals(3, queue.size());"]


class Term:
    """Has what the cache uses of a `SemanticTerm`: an encoder with weights, and `encode`."""

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.encoder = torch.nn.Linear(1, 4)
        self.calls = 0

    def encode(self, texts: Sequence[str]) -> Tensor:
        self.calls += 1
        lengths = torch.tensor([[float(len(text))] for text in texts])
        return self.encoder(lengths).detach()


def test_embeddings_are_computed_once_per_encoder_and_texts(tmp_path: Path) -> None:
    first, other = Term(0), Term(1)
    fresh = reference_embeddings(first, TEXTS, tmp_path)
    assert torch.equal(fresh, Term(0).encode(TEXTS))
    assert torch.equal(reference_embeddings(first, TEXTS, tmp_path), fresh)
    assert torch.equal(reference_embeddings(Term(0), TEXTS, tmp_path), fresh) and first.calls == 1
    assert not torch.equal(reference_embeddings(other, TEXTS, tmp_path), fresh)
    assert len(reference_embeddings(first, TEXTS[1:], tmp_path)) == len(TEXTS) - 1
    assert first.calls == 2 and len(list(tmp_path.iterdir())) == 3
