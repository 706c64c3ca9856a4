"""Size and error of each codec: the numbers of notebook 03 and of ``benchmarks/logits.py``."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import lz4.frame
import torch
from torch import Tensor

from trident import losses
from trident.distillation.teacher_cache import codecs
from trident.distillation.teacher_cache.store import TeacherCache, write
from trident.distillation.teacher_cache.teacher import OutputHead
from trident.experiment import params

TEMPERATURES = (1.0, 4.0)


def compare(
    teacher: Mapping[str, Tensor], teacher_head: OutputHead, student: Mapping[str, Tensor], student_head: OutputHead
) -> list[dict[str, Any]]:
    """Write the same examples with each codec, read them back, and compare the gradient of the JSD with the exact one.

    The exact one is computed in float64, from float32 hidden states; the student's side is float64 throughout.

    Args:
        teacher, student: id → hidden states (tokens, d_model) of the same examples.

    Returns:
        For each codec: `codec`; `bytes_per_token`, without the output head; `times_smaller` than float32 logits; and, for
        each T, `gradient_error_T…`, the relative error ‖g - g*‖ / ‖g*‖ of :func:`jsd_gradient` over all tokens.
    """
    exact_head, student_head = teacher_head.to(torch.float64), student_head.to(torch.float64)
    with tempfile.TemporaryDirectory() as folder:
        rows, caches = {}, {}
        for name in params.CODECS:
            write(f"{folder}/{name}", teacher.items(), teacher_head, codec=name, teacher_digest="", tokenizer_digest="")
            caches[name] = TeacherCache(f"{folder}/{name}")
            size = caches[name].manifest["bytes_per_token"]
            smaller = round(4 * teacher_head.weight.shape[0] / size, 2)
            rows[name] = {"codec": name, "bytes_per_token": size, "times_smaller": smaller}
        for temperature in TEMPERATURES:
            squares, norm = dict.fromkeys(caches, 0.0), 0.0
            for example, hidden in teacher.items():
                z = student_head(student[example].double())
                exact = jsd_gradient(z, exact_head(hidden.double()), temperature)
                norm += float(exact.square().sum())
                for name, cache in caches.items():
                    logits = cache[[example]][0] if cache.head is None else cache.head(cache[[example]][0])
                    squares[name] += float((jsd_gradient(z, logits.double(), temperature) - exact).square().sum())
            for name, row in rows.items():
                row[f"gradient_error_T{temperature:g}"] = math.sqrt(squares[name] / norm)
    return list(rows.values())


def jsd_gradient(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """Gradient of T²·JSD, summed over the tokens, with respect to the student's logits (tokens, V)."""
    z = student_logits.detach().requires_grad_()
    labels = torch.zeros(len(z), dtype=torch.long)
    value = losses.jsd(z, teacher_logits, labels, temperature=temperature, reduction="sum")
    return torch.autograd.grad(value, z)[0]


def flatness(logits: Tensor, *, temperatures: Sequence[float], k: int) -> list[dict[str, float]]:
    """How concentrated the teacher's distribution is at each temperature; means over the tokens of (tokens, V).

    Returns:
        `temperature`; `largest`, the probability of the most probable token; `top`, that of the `k` most probable
        together; `entropy`, as a share of ln V, the entropy of the uniform distribution.
    """
    rows = []
    for temperature in temperatures:
        log_p = torch.log_softmax(logits.double() / temperature, -1)
        best = log_p.exp().topk(min(k, logits.shape[-1])).values.mean(0)
        entropy = -float((log_p.exp() * log_p).sum(-1).mean()) / math.log(logits.shape[-1])
        row = {"temperature": float(temperature), "largest": float(best[0]), "top": float(best.sum())}
        rows.append({**row, "entropy": entropy})
    return rows


def lz4_ratios(hidden: Iterable[Tensor], head: OutputHead) -> dict[str, float]:
    """How many times smaller LZ4 makes each codec's values, one frame for each example's `hidden` (tokens, d_model)."""
    examples, ratios = list(hidden), {}
    for name in ("hidden_fp16", "logits_fp32", "logits_fp16", "logits_uint8", "logits_uint4"):
        codec = codecs.codec(name, vocabulary=head.weight.shape[0], d_model=head.weight.shape[1])
        raw = [_values(codec, rows if codec.of_hidden else head(rows)) for rows in examples]
        ratios[name] = sum(map(len, raw)) / sum(map(_lz4_size, raw))
    return ratios


def _values(codec: codecs.Codec, outputs: Tensor) -> bytes:
    return codec.encode(outputs.numpy())["values"].astype(codec.fields["values"][0]).tobytes()


def _lz4_size(data: bytes) -> int:
    return len(lz4.frame.compress(data, compression_level=codecs.LZ4_LEVEL))


def released_bytes(logits: Tensor, *, bits: int = 16) -> int:
    """Size of an example's logits as the released code stores them: LZ4, then hexadecimal text inside JSON.

    Args:
        logits: (positions, V), with padded positions (the released code pads targets to 512) or without.
        bits: 32, 16, 8 or 4; 8 and 4 round to 256 and 16 even steps over the whole tensor, 4 packs two into a byte.
    """
    name = {32: "logits_fp32", 16: "logits_fp16", 8: "logits_uint8", 4: "logits_uint4"}[bits]
    raw = _values(codecs.codec(name, vocabulary=logits.numel(), d_model=1), logits.reshape(1, -1))
    size, packed = 4 * logits.numel(), _lz4_size(raw)
    sizes = {"original_size_bytes": size, "bit_compressed_size_bytes": len(raw), "final_size_bytes": packed}
    numbers = {"bits": bits, **sizes, "compression_ratio": size / packed}
    data = {"encoding": "lz4", "data": "", "original_size": len(raw), "compressed_size": packed}
    record = {"format": "lz4", "compression": numbers, "shape": [1, *logits.shape], "bits": bits, "data_encoded": data}
    return len(json.dumps(record)) + 2 * packed
