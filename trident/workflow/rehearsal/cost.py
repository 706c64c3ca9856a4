"""What one training example costs: operations, memory that its backward pass needs, and seconds on this machine.

The operations are counted as PyTorch runs them (`torch.utils.flop_counter`), a multiplication and an addition as two.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from transformers import PreTrainedModel

from trident import cqs
from trident.losses import Head, TridentLoss


@dataclass(frozen=True)
class Cost:
    """Of one model, at the longest input and target.

    parameters, decoder_parameters   all of them; those that are read for each token that is written
    flop                             of one example, forward and backward, the loss with it
    forward_flop                     of one example, forward alone
    fixed_bytes, bytes_per_example   what forward keeps for backward: for the weights, and for each example of a batch,
                                     with attention that is not fused: an upper bound for a GPU's
    seconds, forward_seconds         of one example on this machine, as it trains and as it predicts
    """

    parameters: int
    decoder_parameters: int
    flop: int
    forward_flop: int
    fixed_bytes: int
    bytes_per_example: int
    seconds: float
    forward_seconds: float


def measure(
    model: PreTrainedModel, *, source: int, target: int, weights: Mapping[str, float], teacher: Head | None = None
) -> Cost:
    """Train `model` on one random example of `source` and `target` tokens, in bf16 where the CPU computes in it.

    Args:
        weights: of the loss's components, without the semantic term.
        teacher: for ``kl`` and ``jsd``: an output matrix; random states take the place of the cached ones.
    """
    loss = TridentLoss(temperature=4.0, shared_vocabulary=True)
    output = model.get_output_embeddings().weight
    vocabulary = len(output)

    def batch(examples: int) -> tuple[Tensor, Tensor]:
        return torch.randint(5, vocabulary, (examples, source)), torch.randint(5, vocabulary, (examples, target))

    def train() -> None:
        inputs, labels = batch(1)
        with _autocast():
            sides: dict[str, Any] = {} if teacher is None else {"teacher": _random(teacher, labels)}
            student = Head(decoder_states(model, inputs, labels), output)
            total = loss(weights, labels, student=student, **sides).total
        total.backward()
        model.zero_grad()

    @torch.no_grad()
    def predict() -> None:
        torch.nn.functional.linear(decoder_states(model, *batch(1)), output)

    model.train()
    model.set_attn_implementation("eager")  # as the trainer does on a CPU
    seconds, flop = _counted(train)
    one, two = (_kept(functools.partial(decoder_states, model, *batch(size))) for size in (1, 2))
    model.eval()
    forward_seconds, forward_flop = _counted(predict)
    decoder: Any = model.get_decoder()
    return Cost(
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        decoder_parameters=sum(parameter.numel() for parameter in decoder.parameters()),
        flop=flop,
        forward_flop=forward_flop,
        fixed_bytes=max(0, 2 * one - two),
        bytes_per_example=two - one,
        seconds=seconds,
        forward_seconds=forward_seconds,
    )


def _autocast() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported())


def decoder_states(model: Any, inputs: Tensor, labels: Tensor) -> Tensor:
    """The decoder's states, scaled as before its output matrix: what the trainer gives to the loss."""
    states = model.get_decoder()(
        input_ids=model.prepare_decoder_input_ids_from_labels(labels),
        encoder_hidden_states=model.get_encoder()(input_ids=inputs).last_hidden_state,
        use_cache=False,
    ).last_hidden_state
    return states * model.config.d_model**-0.5


def _random(teacher: Head, labels: Tensor) -> Head:
    assert teacher.output is not None
    return teacher._replace(states=torch.randn(*labels.shape, teacher.output.shape[1]))


def _counted(work: Callable[[], None]) -> tuple[float, int]:
    """Seconds, and floating-point operations: of two calls, as counting takes time and the first call is slower."""
    with FlopCounterMode(display=False) as counter:
        work()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started, counter.get_total_flops()


def _kept(work: Callable[[], object]) -> int:
    """Bytes of the tensors that are kept for a backward pass while `work` runs, parameters left out."""
    kept: dict[int, int] = {}
    held: list[Tensor] = []  # so that no address is used twice

    def pack(tensor: Tensor) -> Tensor:
        if not isinstance(tensor, torch.nn.Parameter):
            storage = tensor.untyped_storage()
            kept[storage.data_ptr()] = storage.nbytes()
            held.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor), _autocast():
        work()
    return sum(kept.values())


def seconds_per_score(assertions: Sequence[str]) -> float:
    """Seconds of this machine's time to score one answer under all variants, the sentence encoder left out.

    Each assertion is scored against the next one, which must be another text.
    """
    pairs = list(zip(assertions, [*assertions[1:], assertions[0]], strict=True))

    def score(some: Sequence[tuple[str, str]]) -> None:
        cqs.score_all([one for one, _ in some], [other for _, other in some], encoder=_NoEncoder())

    score(pairs[:1])  # loads the parsers
    started = time.perf_counter()
    score(pairs)
    return (time.perf_counter() - started) / len(pairs)


class _NoEncoder:
    """Takes the place of a sentence encoder: every text has the same embedding."""

    def __init__(self) -> None:
        self.max_seq_length: int | None = None
        self.tokenizer: Callable[..., Mapping[str, list[list[int]]]] = _bytes

    def encode(
        self, sentences: list[str], *, batch_size: int, convert_to_numpy: bool, normalize_embeddings: bool
    ) -> np.ndarray:
        return np.ones((len(sentences), 1), np.float32)


def _bytes(texts: list[str], **options: object) -> Mapping[str, list[list[int]]]:
    return {"input_ids": [list(text.encode()) for text in texts]}
