"""A T5 with weights of 8 bits, for a CPU: a quarter of the bytes, and of the memory that is read for each token.

*Dynamic quantisation.* A row of weights is stored as whole numbers from -127 to 127 and one scale. A linear layer does
the same with its input at each call, multiplies in int8 with a 32-bit sum, and scales back. The token embeddings, which
in T5 are the output layer too, are rows like any other. Layer norms and position biases stay in fp32.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import Tensor, nn
from transformers import AutoConfig, GenerationConfig, PreTrainedModel, T5ForConditionalGeneration

#: The file of weights. A folder with it holds an int8 model.
WEIGHTS = "model.int8.safetensors"
_LARGEST = 127


class Int8Error(ValueError):
    """A model that cannot be quantised, or a folder whose int8 weights do not fit. The message says what to do."""


def by_row(values: Tensor) -> tuple[Tensor, Tensor]:
    """Whole numbers (rows, columns) as int8, and a scale for each row (rows,): their product is near `values`."""
    scale = values.abs().amax(1).clamp_min(torch.finfo(values.dtype).tiny) / _LARGEST
    return (values / scale[:, None]).round().to(torch.int8), scale


def multiply(x: Tensor, weight: Tensor, scale: Tensor) -> Tensor:
    """`x` (…, columns) times the transpose of the matrix (rows, columns) that `weight` and `scale` stand for."""
    rows = x.reshape(-1, x.shape[-1])
    of_x = rows.abs().amax(1, keepdim=True).clamp_min_(torch.finfo(x.dtype).tiny).div_(_LARGEST)
    codes = rows.div(of_x).round_().to(torch.int8)
    return torch._int_mm(codes, weight.t()).mul(of_x).mul_(scale).view(*x.shape[:-1], -1)


class _Rows(nn.Module):
    """A matrix as int8 with one scale a row."""

    weight: Tensor  # T5 asks its layers for the type of this
    scale: Tensor

    def __init__(self, values: Tensor) -> None:
        super().__init__()
        weight, scale = by_row(values.detach())
        self.register_buffer("weight", weight)
        self.register_buffer("scale", scale)


class Int8Linear(_Rows):
    """A linear layer without bias."""

    def forward(self, x: Tensor) -> Tensor:
        return multiply(x, self.weight, self.scale)


class Int8Embedding(_Rows):
    """A table of embeddings."""

    def forward(self, ids: Tensor) -> Tensor:
        return self.weight[ids] * self.scale[ids].unsqueeze(-1)


class _TiedHead(nn.Module):
    """The output layer that uses the rows of the embeddings."""

    def __init__(self, table: Int8Embedding) -> None:
        super().__init__()
        self.table = table

    def forward(self, x: Tensor) -> Tensor:
        return multiply(x, self.table.weight, self.table.scale)


def quantise(model: PreTrainedModel) -> PreTrainedModel:
    """An int8 copy of a T5, on the CPU, to predict with.

    Raises:
        Int8Error: it is no T5, or is quantised already.
    """
    if not isinstance(model, T5ForConditionalGeneration) or isinstance(model.get_input_embeddings(), Int8Embedding):
        what = "an int8 model" if isinstance(model, T5ForConditionalGeneration) else type(model).__name__
        raise Int8Error(
            f"{what} cannot be quantised: pass a T5 with weights of 16 or 32 bits, such as a trained student"
        )
    return _replaced(copy.deepcopy(model).cpu().float().eval())


def _replaced(model: T5ForConditionalGeneration) -> T5ForConditionalGeneration:
    """`model` with int8 layers; what was tied stays tied."""
    embeddings: Any = model.get_input_embeddings()
    table = Int8Embedding(embeddings.weight)
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            tied = getattr(child, "weight", None) is embeddings.weight
            if isinstance(child, nn.Linear):
                setattr(parent, name, _TiedHead(table) if tied else Int8Linear(child.weight))
            elif tied:
                setattr(parent, name, table)
    return model


def save(model: PreTrainedModel, folder: str | Path) -> None:
    """Write what :func:`quantise` returns to `folder`: tensors and configurations, nothing that is executed on loading.

    Raises:
        Int8Error: `model` is not quantised.
    """
    if not isinstance(model.get_input_embeddings(), Int8Embedding):
        raise Int8Error("this model is not quantised: pass what int8.quantise returns")
    Path(folder).mkdir(parents=True, exist_ok=True)
    model.config.save_pretrained(folder)
    assert model.generation_config is not None  # every model with a `generate` has one
    model.generation_config.save_pretrained(folder)
    save_model(model, str(Path(folder) / WEIGHTS))


def load(folder: str | Path) -> PreTrainedModel:
    """The int8 model in `folder`, on the CPU.

    Raises:
        Int8Error: the weights are damaged, or those of another configuration.
        OSError: config.json is missing.
    """
    config = AutoConfig.from_pretrained(folder)
    with torch.device("meta"):  # shapes alone: no random weights are drawn to be thrown away
        model = _replaced(T5ForConditionalGeneration(config))
    model = model.to_empty(device="cpu")
    file = Path(folder) / WEIGHTS
    try:
        load_model(model, str(file))
    except (RuntimeError, SafetensorError) as error:
        raise Int8Error(f"{file} does not hold the int8 weights of {Path(folder) / 'config.json'}: {error}") from error
    model.generation_config = GenerationConfig.from_pretrained(folder)
    return model.eval()
