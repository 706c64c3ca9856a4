"""Embeddings of the reference assertions for the semantic term (section 3.1), computed once for all students."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

from trident.distillation import models
from trident.experiment import artifacts
from trident.losses.semantic import SemanticTerm


def reference_embeddings(term: SemanticTerm, texts: Sequence[str], folder: Path) -> Tensor:
    """Embeddings (n, e) of `texts`, of length 1, on the CPU.

    They are read from `folder` if it holds those of the same texts and encoder weights; otherwise they are computed
    and saved there.
    """
    key = artifacts.fingerprint(models.weights_digest(term.encoder), list(texts))
    file = folder / f"references-{key[:32]}.safetensors"
    if not file.is_file():
        with artifacts.atomic(file) as temporary:
            save_file({"embeddings": term.encode(texts).cpu()}, temporary)
    return load_file(file)["embeddings"]
