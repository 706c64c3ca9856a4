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


def compare(
    teacher: Mapping[str, Tensor], teacher_head: OutputHead, student: Mapping[str, Tensor], student_head: OutputHead
) -> list[dict[str, Any]]:
    """Write the same examples with each codec, read them back, and compare the gradient of the JSD with the exact one.

    teacher, student: id → hidden states (tokens, d_model) of the same examples. Returns, for each codec: `codec`;
    `bytes_per_token`, without the output head; `times_smaller` than float32 logits; and, for T = 1 and 4,
    `gradient_error_T…`: ‖g - g*‖ / ‖g*‖ over all tokens, g* from float32 hidden states in float64.
    """
    exact_head, student_head = (
        OutputHead(head.weight.double(), head.scale, None if head.bias is None else head.bias.double())
        for head in (teacher_head, student_head)
    )
    with tempfile.TemporaryDirectory() as folder:
        rows, caches = {}, {}
        for name in params.CODECS:
            write(f"{folder}/{name}", teacher.items(), teacher_head, codec=name, teacher_digest="", tokenizer_digest="")
            caches[name] = TeacherCache(f"{folder}/{name}")
            size = caches[name].manifest["bytes_per_token"]
            smaller = round(4 * teacher_head.weight.shape[0] / size, 2)
            rows[name] = {"codec": name, "bytes_per_token": size, "times_smaller": smaller}
        for temperature in (1, 4):
            squares, norm = dict.fromkeys(caches, 0.0), 0.0
            for example, hidden in teacher.items():
                z = student_head(student[example].double())
                exact = jsd_gradient(z, exact_head(hidden.double()), temperature)
                norm += float(exact.square().sum())
                for name, cache in caches.items():
                    logits = cache[[example]][0] if cache.head is None else cache.head(cache[[example]][0])
                    squares[name] += float((jsd_gradient(z, logits.double(), temperature) - exact).square().sum())
            for name, row in rows.items():
                row[f"gradient_error_T{temperature}"] = math.sqrt(squares[name] / norm)
    return list(rows.values())


def jsd_gradient(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """Gradient of T²·JSD, summed over the tokens, with respect to the student's logits (tokens, V)."""
    z = student_logits.detach().requires_grad_()
    labels = torch.zeros(len(z), dtype=torch.long)
    value = losses.jsd(z, teacher_logits, labels, temperature=temperature, shared_vocabulary=True, num_items=1)
    return torch.autograd.grad(value, z)[0]


def flatness(logits: Tensor, *, temperatures: Sequence[float], k: int) -> list[dict[str, float]]:
    """How concentrated the teacher's distribution is at each temperature; means over the tokens of (tokens, V).

    `largest`: the probability of the most probable token; `top`: that of the `k` most probable together; `entropy`: as
    a share of ln V, the entropy of the uniform distribution.
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
        sizes = [_lz4_sizes(name, rows if name.startswith("hidden") else head(rows)) for rows in examples]
        ratios[name] = sum(raw for raw, _ in sizes) / sum(packed for _, packed in sizes)
    return ratios


def _lz4_sizes(name: str, outputs: Tensor) -> tuple[int, int]:
    """Bytes of a codec's values before and after LZ4."""
    codec = codecs.codec(name, outputs.shape[1])
    raw = codec.encode(outputs.numpy())["values"].astype(codec.fields["values"][0]).tobytes()
    return len(raw), len(lz4.frame.compress(raw, compression_level=codecs.LZ4_LEVEL))


def released_bytes(logits: Tensor, *, bits: int = 16) -> int:
    """Size of an example's logits (positions, V) as the released code stores them: LZ4, then hexadecimal text in JSON.

    bits: 32, 16, 8 or 4; 8 and 4 round to 256 and 16 even steps over the whole tensor, 4 packs two into a byte.
    """
    name = {32: "logits_fp32", 16: "logits_fp16", 8: "logits_uint8", 4: "logits_uint4"}[bits]
    size, (raw, packed) = 4 * logits.numel(), _lz4_sizes(name, logits.reshape(1, -1))
    sizes = {"original_size_bytes": size, "bit_compressed_size_bytes": raw, "final_size_bytes": packed}
    numbers = {"bits": bits, **sizes, "compression_ratio": size / packed}
    data = {"encoding": "lz4", "data": "", "original_size": raw, "compressed_size": packed}
    record = {"format": "lz4", "compression": numbers, "shape": [1, *logits.shape], "bits": bits, "data_encoded": data}
    return len(json.dumps(record)) + 2 * packed
