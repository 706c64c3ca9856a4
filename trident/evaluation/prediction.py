"""Let a model fill in the missing assertions."""

from __future__ import annotations

import numpy as np
import torch
from datasets import Dataset
from torch import Tensor
from tqdm.auto import tqdm
from transformers import BatchEncoding, PreTrainedModel, PreTrainedTokenizerBase


@torch.no_grad()
def predict(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    encoded: Dataset,
    *,
    batch_size: int,
    max_new_tokens: int,
    num_beams: int,
    device: torch.device,
    progress: bool = False,
) -> list[str]:
    """The model's assertion for each example, in the order of `encoded`, whose column `input_ids` is read.

    Examples of similar length share a batch. The order of the examples changes a prediction only through rounding.
    """
    model.to(device).eval()  # type: ignore[arg-type]  # transformers' wrapper of `to` loses its `self`
    order = np.argsort([-len(ids) for ids in encoded["input_ids"]], kind="stable")
    texts = [""] * len(encoded)
    for start in tqdm(range(0, len(order), batch_size), desc="predicting", unit="batch", disable=not progress):
        rows = order[start : start + batch_size]
        inputs = tokenizer.pad({"input_ids": encoded.select(rows)["input_ids"][:]}, return_tensors="pt").to(device)
        written = generate(model, inputs, max_new_tokens, num_beams)
        for row, text in zip(rows, tokenizer.batch_decode(written, skip_special_tokens=True), strict=True):
            texts[row] = text.strip()
    return texts


def generate(model: PreTrainedModel, inputs: BatchEncoding, max_new_tokens: int, num_beams: int) -> Tensor:
    """Token ids that the model writes for a padded batch, without sampling: (examples, tokens)."""
    return model.generate(  # type: ignore[operator]  # PreTrainedModel is not annotated as a GenerationMixin
        **inputs, max_new_tokens=max_new_tokens, num_beams=num_beams, do_sample=False
    )
