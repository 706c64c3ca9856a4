"""Codecs turn the teacher's outputs on one example into bytes and back.

A codec takes a float32 matrix (tokens, width): hidden states (width = d_model) or logits (width = V, the vocabulary),
and stores a few named arrays, its fields. To add one, write its `encode` and `decode` and list it in :func:`codec`.

Only `logits_uint4` is compressed with LZ4. Floating-point numbers, uint8 levels and token ids do not shrink (ratio 1.00
in ``benchmarks/logits.py``). 4-bit logits shrink by 2 to 30 %: one range for a whole example leaves most of them on few
levels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import lz4.frame
import numpy as np

Arrays = dict[str, np.ndarray]

#: Logits per token that the codec `topk` keeps.
TOPK = 64
#: LZ4's high compression, as in the released code: slower to write, as fast to read.
LZ4_LEVEL = 9


@dataclass(frozen=True)
class Codec:
    """One codec for one width.

    fields: name → (little-endian dtype, columns); one row per token, or a single row. compressed: those stored as LZ4.
    encode: (tokens, width) → the arrays of the fields. decode: the inverse, up to rounding, given the width.
    """

    width: int
    fields: dict[str, tuple[str, int]]
    encode: Callable[[np.ndarray], Arrays]
    decode: Callable[[Arrays, int], np.ndarray]
    compressed: tuple[str, ...] = ()

    def pack(self, values: np.ndarray) -> dict[str, bytes]:
        """The bytes of each field. Raises ValueError for numbers that the codec cannot hold."""
        if not np.isfinite(values).all():
            raise ValueError("the teacher's output is not finite (NaN or infinity): check its training, or use float32")
        packed, arrays = {}, self.encode(values)
        for name, (dtype, _) in self.fields.items():
            with np.errstate(over="ignore"):
                array = arrays[name].astype(dtype)
            if not np.isfinite(array).all():
                raise ValueError("a value is beyond float16's range (65504): use another codec")
            data = array.tobytes()
            packed[name] = lz4.frame.compress(data, compression_level=LZ4_LEVEL) if name in self.compressed else data
        return packed

    def unpack(self, packed: Mapping[str, Any]) -> np.ndarray:
        """(tokens, width), of any floating-point type, from the bytes of each field."""
        arrays = {}
        for name, (dtype, columns) in self.fields.items():
            data = lz4.frame.decompress(packed[name]) if name in self.compressed else packed[name]
            arrays[name] = np.frombuffer(data, dtype).reshape(-1, columns)
        return self.decode(arrays, self.width)


def codec(name: str, width: int) -> Codec:
    """The codec of that name (`params.CODECS`). Raises ValueError for an unknown name."""
    match name:
        case "hidden_fp16" | "logits_fp32" | "logits_fp16":
            dtype = "<f4" if name.endswith("fp32") else "<f2"
            return Codec(width, {"values": (dtype, width)}, lambda values: {"values": values}, lambda a, _: a["values"])
        case "logits_uint8":
            return Codec(width, {"values": ("|u1", width), "range": ("<f4", 2)}, _encode_uint8, _decode_uint8)
        case "logits_uint4":
            fields = {"values": ("|u1", (width + 1) // 2), "range": ("<f4", 2)}
            return Codec(width, fields, _encode_uint4, _decode_uint4, compressed=("values",))
        case "topk":
            kept, ids = min(TOPK, width), "<u2" if width <= 2**16 else "<u4"
            fields = {"ids": (ids, kept), "below": ("<f2", kept), "range": ("<f4", 2)}
            return Codec(width, fields, _encode_topk, _decode_topk)
    raise ValueError(f"unknown codec {name!r}")


def _levels(values: np.ndarray, low: np.ndarray, high: np.ndarray, steps: int) -> Arrays:
    """`values` in whole steps above `low`; `range` is `low` and the step, which is 0 where all values are equal."""
    step = ((high - low) / np.float32(steps)).astype(np.float32)
    scaled = np.divide(values - low, step, out=np.zeros_like(values), where=np.broadcast_to(step > 0, values.shape))
    return {"values": np.clip(np.rint(scaled), 0, steps).astype("|u1"), "range": np.concatenate([low, step], axis=1)}


def _encode_uint8(values: np.ndarray) -> Arrays:
    """Logits in 256 even steps between the smallest and the largest of each token."""
    return _levels(values, values.min(1, keepdims=True), values.max(1, keepdims=True), 255)


def _decode_uint8(arrays: Arrays, width: int) -> np.ndarray:
    return arrays["values"] * arrays["range"][:, 1:] + arrays["range"][:, :1]


def _encode_uint4(values: np.ndarray) -> Arrays:
    """Logits in 16 even steps between the smallest and the largest of the whole example: with LZ4, the paper's "4x".

    Two values per byte, the even column in the low half. (In the released code the range covers the padding too.)
    """
    some = values if values.size else np.zeros((1, 1), np.float32)
    arrays = _levels(values, some.min(keepdims=True), some.max(keepdims=True), 15)
    levels = np.pad(arrays["values"], ((0, 0), (0, values.shape[1] % 2)))
    return {**arrays, "values": levels[:, ::2] | levels[:, 1::2] << 4}


def _decode_uint4(arrays: Arrays, width: int) -> np.ndarray:
    pairs = arrays["values"]
    levels = np.stack([pairs & 15, pairs >> 4], axis=2).reshape(len(pairs), -1 if pairs.size else width)[:, :width]
    return _decode_uint8({**arrays, "values": levels}, width)


def _encode_topk(values: np.ndarray) -> Arrays:
    """The TOPK largest logits of each token. The others get one common logit that keeps their total mass at T = 1.

    `ids`: tokens, largest logit first. `below`: distance to the largest. `range`: the largest logit and the common one.
    """
    others = max(0, values.shape[1] - TOPK)
    order = np.argpartition(values, max(0, others - 1), axis=1)
    ids, rest = np.sort(order[:, others:], axis=1), order[:, :others]  # sorted, so that equal logits keep their order
    by_size = np.argsort(-np.take_along_axis(values, ids, 1), axis=1, kind="stable")
    ids = np.take_along_axis(ids, by_size, 1)
    best = np.take_along_axis(values, ids, 1)
    common = best[:, -1:]
    if others:
        tail = np.take_along_axis(values, rest, 1).astype(np.float64)
        peak = tail.max(1, keepdims=True)
        common = peak + np.log(np.exp(tail - peak).mean(1, keepdims=True))
    return {"ids": ids, "below": best[:, :1] - best, "range": np.concatenate([best[:, :1], common], axis=1)}


def _decode_topk(arrays: Arrays, width: int) -> np.ndarray:
    values = np.repeat(arrays["range"][:, 1:], width, axis=1)
    kept = arrays["range"][:, :1] - arrays["below"].astype(np.float32)
    np.put_along_axis(values, arrays["ids"].astype(np.int64), kept, 1)
    return values
