"""What a codec costs and what it spoils: the numbers of notebook 03 and of ``benchmarks/logits.py``."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import lz4.frame
import numpy as np
import torch
from torch import Tensor

from trident import losses
from trident.distillation.teacher_cache import codecs
from trident.distillation.teacher_cache.store import TeacherCache
from trident.distillation.teacher_cache.teacher import OutputHead
from trident.distillation.teacher_cache.writing import write


class GivenStates:
    """Hidden states that are there already, for :func:`trident.distillation.teacher_cache.write`: id → (tokens, d_model), float32."""

    def __init__(self, states: Mapping[str, Tensor]):
        self._states = dict(states)
        self.examples = [(name, len(rows)) for name, rows in self._states.items()]
        self.digests = {"labels": "given", "inputs": "given"}
        self.recipe: dict[str, Any] = {}

    def states(self, first: int, last: int) -> Iterator[tuple[str, Tensor]]:
        for name, _ in self.examples[first:last]:
            yield name, self._states[name]


def compare(
    teacher: Iterable[tuple[str, Tensor]],
    teacher_head: OutputHead,
    student: Iterable[tuple[str, Tensor]],
    student_head: OutputHead,
    *,
    names: Sequence[str],
    topk: int,
    temperatures: Sequence[float] = (1.0, 4.0),
) -> list[dict[str, Any]]:
    """Write the same examples with each codec, read them back, and compare the JSD and its gradient with the exact ones.

    Exact means: teacher logits from float32 hidden states and the output matrix in float64. Student logits, JSD and gradient are in
    float64 throughout, so that all error is the codec's (and, with hidden states, that of the float32 product which training does).

    Args:
        teacher, student: (id, hidden states) of the same examples, as :func:`trident.distillation.teacher_cache.hidden_states` yields.
        names: codecs, of `params.CODECS`.
        topk: logits a token of the codec `topk`.

    Returns:
        For each codec a row with `codec`; `bytes_per_token`, all shards with their indexes, without the output head; `times_smaller`
        than float32 logits; `logit_error`, as the manifest has it; and for each temperature T `gradient_error_T…`, the relative error
        ‖g − g*‖ / ‖g*‖ of ∂(T²·JSD)/∂z over all tokens, and `jsd_error_T…`, the mean over examples of |JSD − JSD*| in nats, before
        the factor T².
    """
    given, learnt = dict(teacher), dict(student)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        stores = {}
        for name in names:
            manifest = write(
                f"{folder}/{name}",
                GivenStates(given),
                teacher_head,
                codec=name,
                topk=topk,
                tokenizer_digest="",
                teacher_digest="",
            )
            stores[name] = TeacherCache(f"{folder}/{name}")
            rows.append(
                {
                    "codec": name,
                    "bytes_per_token": manifest["bytes_per_token"],
                    "times_smaller": round(4 * teacher_head.weight.shape[0] / manifest["bytes_per_token"], 2),
                    "logit_error": manifest["logit_error"],
                }
            )
        exact_head, exact_student_head = _in_float64(teacher_head), _in_float64(student_head)
        for temperature in temperatures:
            errors = {name: _Errors() for name in names}
            for example in given:
                z = exact_student_head(learnt[example].double()).requires_grad_()
                exact = jsd_and_gradient(z, exact_head(given[example].double()), temperature)
                for name, store in stores.items():
                    restored = store[[example]][0]
                    logits = restored if store.head is None else store.head(restored)
                    errors[name].add(exact, jsd_and_gradient(z, logits.double(), temperature))
            for row in rows:
                row[f"gradient_error_T{temperature:g}"] = errors[row["codec"]].gradient
                row[f"jsd_error_T{temperature:g}"] = errors[row["codec"]].divergence / temperature**2
    return rows


def _in_float64(head: OutputHead) -> OutputHead:
    return OutputHead(head.weight.double(), head.scale, None if head.bias is None else head.bias.double())


def jsd_and_gradient(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> tuple[float, Tensor]:
    """T²·JSD, mean over the tokens, and the gradient of its sum with respect to the student's logits (tokens, V)."""
    labels = torch.zeros(len(student_logits), dtype=torch.long)
    value = losses.jsd(student_logits, teacher_logits, labels, temperature=temperature, reduction="sum")
    (gradient,) = torch.autograd.grad(value, student_logits)
    return float(value.detach()) / len(labels), gradient


class _Errors:
    """Gathers what :func:`compare` reports, example by example: the gradients of all would not fit in memory."""

    def __init__(self) -> None:
        self._squares, self._norm, self._divergences = 0.0, 0.0, []

    def add(self, exact: tuple[float, Tensor], approximate: tuple[float, Tensor]) -> None:
        self._divergences.append(abs(exact[0] - approximate[0]))
        self._squares += float((approximate[1] - exact[1]).square().sum())
        self._norm += float(exact[1].square().sum())

    @property
    def gradient(self) -> float:
        return math.sqrt(self._squares / self._norm)

    @property
    def divergence(self) -> float:
        return float(np.mean(self._divergences))


def flatness(logits: Tensor, *, temperatures: Sequence[float], k: int) -> list[dict[str, float]]:
    """How much of the teacher lies in a few tokens, by temperature.

    Args:
        logits: (tokens, V).

    Returns:
        For each T: `temperature`; `largest`, the mean probability of the likeliest token; `top`, that of the `k` likeliest
        together; and `entropy`, its mean as a share of ln V, that of the uniform distribution.
    """
    rows = []
    for temperature in temperatures:
        log_p = torch.log_softmax(logits.double() / temperature, -1)
        p = log_p.exp()
        rows.append(
            {
                "temperature": float(temperature),
                "largest": float(p.max(-1).values.mean()),
                "top": float(p.topk(min(k, p.shape[-1])).values.sum(-1).mean()),
                "entropy": float(-(p * log_p).sum(-1).mean()) / math.log(logits.shape[-1]),
            }
        )
    return rows


def lz4_ratios(hidden: Iterable[Tensor], head: OutputHead) -> dict[str, float]:
    """How many times smaller LZ4 (level 9, as released) makes the values of each codec, one frame an example; 1 is no smaller.

    Args:
        hidden: (tokens, d_model) of each example.
    """
    examples = list(hidden)
    vocabulary, d_model = head.weight.shape
    sensitivity = {"hidden": head.weight.norm(dim=0).numpy(), "logits": np.ones(vocabulary, np.float32)}
    ratios = {}
    for name in ("hidden_fp16", "hidden_int8", "logits_fp32", "logits_fp16", "logits_uint8", "logits_uint4"):
        codec = codecs.codec(name, vocabulary=vocabulary, d_model=d_model)
        values = [(rows if codec.of == "hidden" else head(rows)).numpy() for rows in examples]
        tables = codec.calibrate(np.concatenate(values), sensitivity[codec.of])
        raw = [codec.encode(rows, tables)["values"].tobytes() for rows in values]
        ratios[name] = sum(map(len, raw)) / sum(len(lz4.frame.compress(data, compression_level=9)) for data in raw)
    return ratios


def released_bytes(logits: Tensor, *, bits: int = 16) -> int:
    """Size of an example's logits as the released code stores them: LZ4 (level 9), then hexadecimal text inside JSON.

    Args:
        logits: (positions, V), padding included as it does (targets are padded to 512 positions), or left out.
        bits: 32, 16, 8 or 4; 8 and 4 round to 256 and 16 even steps over the whole tensor, 4 packs two into a byte.

    Raises:
        ValueError: another number of bits.
    """
    names = {32: "logits_fp32", 16: "logits_fp16", 8: "logits_uint8", 4: "logits_uint4"}
    if bits not in names:
        raise ValueError(f"bits = {bits}: this measures {', '.join(map(str, names))}")
    row = logits.reshape(1, -1)  # one row, so that a codec's scale for a token is one for all
    arrays = codecs.codec(names[bits], vocabulary=row.shape[1], d_model=1).encode(row.numpy(), {})
    raw = arrays["values"].tobytes()
    packed = lz4.frame.compress(raw, compression_level=9)
    numbers = {
        "bits": bits,
        "original_size_bytes": 4 * logits.numel(),
        "bit_compressed_size_bytes": len(raw),
        "final_size_bytes": len(packed),
        "compression_ratio": 4 * logits.numel() / len(packed),
    }
    record = {
        "format": "lz4",
        "compression": numbers,
        "shape": [1, *logits.shape],
        "bits": bits,
        "data_encoded": {"encoding": "lz4", "data": "", "original_size": len(raw), "compressed_size": len(packed)},
    }
    return len(json.dumps(record)) + 2 * len(packed)
