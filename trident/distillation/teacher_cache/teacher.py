"""What is stored: the decoder's final hidden states of a teacher on its targets, and the output head that makes logits of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor

from trident.distillation.teacher_cache.shards import CacheError

if TYPE_CHECKING:  # reading and writing a store needs neither; importing them takes seconds
    from datasets import Dataset
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Scale = Literal["strict", "released"]


@dataclass(frozen=True)
class OutputHead:
    """How the teacher turns hidden states into logits: ``logits = scale · hidden @ weight.T + bias``.

    weight: (vocabulary, d_model), float32; its rows are the model's, which may be more than the tokenizer has.
    scale: T5's d_model^-0.5 when the embeddings are tied, else 1; 1 also where `teacher_scale` is "released".
    bias: (vocabulary,), or None. T5 has none.
    """

    weight: Tensor
    scale: float
    bias: Tensor | None = None
    teacher_scale: Scale = "strict"
    _moved: dict[torch.device, OutputHead] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __call__(self, hidden: Tensor) -> Tensor:
        """Logits (…, vocabulary) of hidden states (…, d_model)."""
        return torch.nn.functional.linear(hidden * self.scale, self.weight, self.bias)

    def to(self, device: torch.device) -> OutputHead:
        """The head on `device`. It is copied there once: a training step asks every time."""
        if self.weight.device == device:
            return self
        if device not in self._moved:
            bias = None if self.bias is None else self.bias.to(device)
            self._moved[device] = OutputHead(self.weight.to(device), self.scale, bias, self.teacher_scale)
        return self._moved[device]


@torch.no_grad()
def output_head(teacher: PreTrainedModel, scale: Scale = "strict") -> OutputHead:
    """The head of `teacher`, on the CPU.

    Args:
        scale: "strict" applies it as the model's own forward does; "released" leaves T5's output scale out, as the released code
            does: its teacher is √d_model times too sharp (32 times at d_model 1024).

    Raises:
        CacheError: this head does not give the logits of the model's own forward, so the model is of a kind that is not known here.
    """
    output = teacher.get_output_embeddings()
    bias = output.bias if getattr(output, "bias", None) is not None else getattr(teacher, "final_logits_bias", None)
    strict = OutputHead(
        output.weight.detach().float().cpu(),
        teacher.config.d_model**-0.5 if getattr(teacher.config, "scale_decoder_outputs", False) else 1.0,
        None if bias is None else bias.detach().float().cpu().reshape(-1),
    )
    _check_against_forward(teacher, strict)
    return strict if scale == "strict" else OutputHead(strict.weight, 1.0, strict.bias, "released")


def _check_against_forward(teacher: PreTrainedModel, head: OutputHead) -> None:
    """Ask the model itself, on one token: what its forward does with the decoder's state has changed between versions before."""
    training = teacher.training
    teacher.eval()
    try:
        token = torch.ones((1, 1), dtype=torch.long, device=teacher.device)
        wanted = teacher(input_ids=token, decoder_input_ids=token, use_cache=False).logits.float().cpu()
        encoder_states = teacher.get_encoder()(input_ids=token).last_hidden_state
        state = teacher.get_decoder()(
            input_ids=token, encoder_hidden_states=encoder_states, use_cache=False
        ).last_hidden_state
    finally:
        teacher.train(training)
    error = (head(state.float().cpu()) - wanted).abs().max() / wanted.abs().max()
    if not error < (1e-4 if teacher.dtype == torch.float32 else 2e-2):
        raise CacheError(
            f"{type(teacher).__name__}: its logits are not scale · hidden @ weight.T + bias (off by {float(error):.1%}): "
            "this store knows models of the T5 and BART kinds; for another, extend trident.distillation.teacher_cache.output_head"
        )


class TeacherStates:
    """The hidden states of `teacher` on `encoded`, computed when asked for. Made by :func:`hidden_states`.

    Attributes:
        examples: (id, target tokens) of each example, longest inputs first, so that a batch needs little padding.
        digests: of what the states depend on beside the teacher: `labels` and `inputs`.
        recipe: how they are computed. Another batch size pads otherwise and so differs in the last bits.
    """

    def __init__(
        self,
        teacher: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        encoded: Dataset,
        *,
        batch_size: int,
        device: torch.device,
    ):
        ids, labels, inputs = encoded["id"][:], _rows(encoded, "labels"), _rows(encoded, "input_ids")
        if padded := next((name for name, row in zip(ids, labels, strict=True) if -100 in row), None):
            raise CacheError(
                f"labels of example {padded!r} hold the padding mark -100: pass them unpadded, as trident.distillation.encoding gives them"
            )
        order = np.argsort([-len(row) for row in inputs], kind="stable")
        self._rows = [(ids[i], inputs[i], labels[i]) for i in order]
        self._teacher, self._padding = teacher.to(device).eval(), tokenizer.pad_token_id
        self._batch_size, self._device = batch_size, device
        self.examples = [(name, len(target)) for name, _, target in self._rows]
        self.digests = {"labels": _digest(ids, labels), "inputs": _digest(ids, inputs)}
        self.recipe = {"batch_size": batch_size, "device": device.type}

    def __len__(self) -> int:
        return len(self.examples)

    def __iter__(self) -> Iterator[tuple[str, Tensor]]:
        return self.states(0, len(self))

    @torch.no_grad()
    def states(self, first: int, last: int) -> Iterator[tuple[str, Tensor]]:
        """Yield (id, hidden) of `examples[first:last]`: hidden (tokens, d_model), float32, on the CPU, the decoder's state after
        its final norm, dropout off, before the output scale, at every target position."""
        for start in range(first, last, self._batch_size):
            names, inputs, targets = zip(*self._rows[start : min(start + self._batch_size, last)], strict=True)
            input_ids, labels = self._padded(inputs, self._padding), self._padded(targets, -100)
            mask = self._padded([np.ones_like(row) for row in inputs], 0)
            encoder_states = self._teacher.get_encoder()(input_ids=input_ids, attention_mask=mask).last_hidden_state
            states = (
                self._teacher.get_decoder()(
                    input_ids=self._teacher.prepare_decoder_input_ids_from_labels(labels),
                    encoder_hidden_states=encoder_states,
                    encoder_attention_mask=mask,
                    use_cache=False,
                )
                .last_hidden_state.float()
                .cpu()
            )
            for name, row, target in zip(names, states, targets, strict=True):
                yield name, row[: len(target)]

    def _padded(self, rows: Sequence[np.ndarray], value: int) -> Tensor:
        tensors = [torch.from_numpy(row) for row in rows]
        return torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=value).long().to(self._device)


def hidden_states(
    teacher: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    encoded: Dataset,
    *,
    batch_size: int,
    device: torch.device,
) -> TeacherStates:
    """What :func:`trident.distillation.teacher_cache.write` stores: iterate over it for (id, hidden (tokens, d_model)), longest inputs first.

    Args:
        encoded: `id`, `input_ids` and `labels`, as :func:`trident.distillation.encoding.encode` gives them.
        batch_size: examples a forward pass.

    Raises:
        CacheError: the labels are padded.
    """
    return TeacherStates(teacher, tokenizer, encoded, batch_size=batch_size, device=device)


def labels_digest(encoded: Dataset) -> str:
    """SHA-256 of the target tokens of every example, whatever their order."""
    return _digest(encoded["id"][:], _rows(encoded, "labels"))


def _rows(encoded: Dataset, column: str) -> list[np.ndarray]:
    return [np.asarray(row, "<i4") for row in encoded[column]]


def _digest(ids: list[str], rows: list[np.ndarray]) -> str:
    sha = hashlib.sha256()
    for i in sorted(range(len(ids)), key=ids.__getitem__):
        sha.update(f"{ids[i]}\0{len(rows[i])}\0".encode() + rows[i].tobytes())
    return sha.hexdigest()
