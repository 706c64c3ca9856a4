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
    device: torch.device,
    progress: bool = False,
    **options: int,
) -> list[str]:
    """The model's assertion for each example, in the order of `encoded`, whose column `input_ids` is read.

    Examples of similar length share a batch. `options` are `max_new_tokens` and `num_beams`, for :func:`generate`.
    """
    model.to(device).eval()  # type: ignore[arg-type]  # transformers' wrapper of `to` loses its `self`
    order = np.argsort([-len(ids) for ids in encoded["input_ids"]], kind="stable")
    texts = [""] * len(encoded)
    for start in tqdm(range(0, len(order), batch_size), desc="predicting", unit="batch", disable=not progress):
        rows = order[start : start + batch_size]
        inputs = tokenizer.pad({"input_ids": encoded.select(rows)["input_ids"][:]}, return_tensors="pt").to(device)
        written = tokenizer.batch_decode(generate(model, inputs, **options), skip_special_tokens=True)
        for row, text in zip(rows, written, strict=True):
            texts[row] = text.strip()
    return texts


def generate(model: PreTrainedModel, inputs: BatchEncoding, *, max_new_tokens: int, num_beams: int) -> Tensor:
    """Token ids that the model writes for a padded batch, without sampling: (examples, tokens)."""
    options = {"max_new_tokens": max_new_tokens, "num_beams": num_beams, "do_sample": False}
    return model.generate(**inputs, **options)  # type: ignore[operator]  # not annotated as a GenerationMixin
