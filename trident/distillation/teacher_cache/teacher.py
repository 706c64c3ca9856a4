"""What is stored: the teacher's hidden states on the target tokens, and the output head that turns them into logits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from datasets import Dataset
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from trident.experiment import artifacts


@dataclass(frozen=True)
class OutputHead:
    """How a model turns hidden states into logits (..., V): ``logits = scale · hidden @ weight.T + bias``.

    weight: (V, d_model), float32. V is the model's and may exceed the tokenizer's. bias: (V,); T5 has none.
    scale: d_model^-0.5 for a T5 with tied embeddings, else 1.
    """

    weight: Tensor
    scale: float
    bias: Tensor | None = None
    _moved: dict[torch.device, OutputHead] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __call__(self, hidden: Tensor) -> Tensor:
        return torch.nn.functional.linear(hidden * self.scale, self.weight, self.bias)

    def to(self, device: torch.device) -> OutputHead:
        """The head on `device`. It is copied once: every training step asks for it."""
        if device not in self._moved:
            bias = None if self.bias is None else self.bias.to(device)
            self._moved[device] = OutputHead(self.weight.to(device), self.scale, bias)
        return self._moved[device]


@torch.no_grad()
def output_head(teacher: PreTrainedModel, scale: Literal["strict", "released"] = "strict") -> OutputHead:
    """The head of `teacher`, on the CPU. Raises ValueError if it does not give the logits of the model's own forward.

    scale: "strict" scales as that forward does. "released" leaves the scale out, as the released code does: its logits
    are √d_model times too large (32 times at d_model 1024).
    """
    model: Any = teacher  # T5 and BART have attributes that their base class lacks
    weight, bias = model.get_output_embeddings().weight, model.get_output_embeddings().bias
    if bias is None:
        bias = getattr(model, "final_logits_bias", None)
    head = OutputHead(
        weight.detach().float().cpu(),
        model.config.d_model**-0.5 if getattr(model.config, "scale_decoder_outputs", False) else 1.0,
        None if bias is None else bias.detach().float().cpu().reshape(-1),
    )
    # versions of transformers differ in what forward does after the decoder: compare on one token
    training = model.training
    token = torch.ones((1, 1), dtype=torch.long, device=model.device)
    own = model.eval()(input_ids=token, decoder_input_ids=token, use_cache=False, output_hidden_states=True)
    model.train(training)
    logits = own.logits.float().cpu()
    error = float((head(own.decoder_hidden_states[-1].float().cpu()) - logits).abs().max() / logits.abs().max())
    if not error < (1e-4 if model.dtype == torch.float32 else 2e-2):
        problem = f"its logits are not scale · hidden @ weight.T + bias (off by {error:.1%})"
        raise ValueError(f"{type(model).__name__}: {problem}. Known are T5 and BART; extend output_head for this model")
    return head if scale == "strict" else OutputHead(head.weight, 1.0, head.bias)


@torch.no_grad()
def hidden_states(
    teacher: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    encoded: Dataset,
    *,
    batch_size: int,
    device: torch.device,
) -> Iterator[tuple[str, Tensor]]:
    """Yield (id, hidden) of each example, longest inputs first, so that a batch needs little padding.

    hidden: (tokens, d_model), float32, on the CPU: the decoder's state at every target position, after its final norm,
    before the output scale, without dropout. `encoded` has the columns `id`, `input_ids` and `labels`; padded labels
    raise ValueError. `batch_size`: examples per forward pass.
    """
    model: Any = teacher.eval()
    model.to(device)
    order = np.argsort([-len(row) for row in encoded["input_ids"]], kind="stable")
    for rows in encoded.select(order).iter(batch_size):
        targets = [torch.tensor(row) for row in rows["labels"]]
        if padded := [name for name, target in zip(rows["id"], targets, strict=True) if -100 in target]:
            raise ValueError(f"the labels of example {padded[0]!r} are padded with -100: pass them unpadded")
        labels = torch.nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
        inputs = tokenizer.pad({"input_ids": rows["input_ids"]}, return_tensors="pt").to(device)
        states = model.get_decoder()(
            input_ids=model.prepare_decoder_input_ids_from_labels(labels.to(device)),
            encoder_hidden_states=model.get_encoder()(**inputs).last_hidden_state,
            encoder_attention_mask=inputs["attention_mask"],
            use_cache=False,
        ).last_hidden_state
        for name, row, target in zip(rows["id"], states.float().cpu(), targets, strict=True):
            yield name, row[: len(target)]


def labels_digest(encoded: Dataset) -> str:
    """Of the target tokens of all examples, in any order: a cache fits only the targets that it was computed on."""
    return artifacts.fingerprint(sorted(zip(encoded["id"], encoded["labels"], strict=True)))
