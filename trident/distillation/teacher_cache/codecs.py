"""How a token's knowledge becomes bytes: hidden states or logits, exact or rounded. NumPy in, named arrays out.

A codec turns the matrix (tokens, width) of one example, float32, into a few named arrays, its *fields*, and back. `width` is
d_model for hidden states and the vocabulary V for logits. What a field looks like, :class:`Field` says; the file says it again, so
that another program can read it.

LZ4 is used where it helps. Measured on the benchmark's teachers (``benchmarks/logits.py``): floating-point hidden states and logits,
int8, uint8 and token ids come out of LZ4 no smaller than they went in, ratio 1.00; 4-bit logits shrink by 2 to 30 per cent, depending
on the teacher, because one scale for a whole example leaves most of them on a few levels. So `logits_uint4` is compressed and
nothing else is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Arrays = dict[str, np.ndarray]

#: Columns that share one scale in `hidden_int8`.
GROUP = 128
_FP16_MAX = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class Field:
    """One array of a block: little-endian `dtype`, `columns` numbers for each token, or once for the example."""

    name: str
    dtype: str
    columns: int
    per: Literal["token", "example"] = "token"
    lz4: bool = False

    def shape(self, tokens: int) -> tuple[int, int]:
        return (tokens if self.per == "token" else 1, self.columns)

    def bytes(self, tokens: int) -> int:
        """Before LZ4."""
        rows, columns = self.shape(tokens)
        return rows * columns * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class Codec:
    """Base of all codecs. `of`: what it encodes; `width`: columns of it."""

    name: str
    of: Literal["hidden", "logits"]
    width: int

    @property
    def fields(self) -> tuple[Field, ...]:
        raise NotImplementedError

    def bytes(self, tokens: int) -> int:
        """Bytes of an example before LZ4, without index and tables."""
        return sum(field.bytes(tokens) for field in self.fields)

    def calibrate(self, sample: np.ndarray, sensitivity: np.ndarray) -> Arrays:
        """Arrays that a whole shard shares. Most codecs need none.

        Args:
            sample: (tokens, width), the first tokens of the shard.
            sensitivity: (width,), how strongly a column moves the logits (for hidden states: the norm of its column of the output matrix).
        """
        return {}

    def encode(self, values: np.ndarray, tables: Arrays) -> Arrays:
        """One array a field, of its dtype and shape. Raises ValueError for numbers that the codec cannot hold."""
        raise NotImplementedError

    def decode(self, arrays: Arrays, tables: Arrays) -> np.ndarray:
        """(tokens, width); any floating-point type."""
        raise NotImplementedError


class Plain(Codec):
    """The numbers themselves as float32 or float16."""

    @property
    def fields(self) -> tuple[Field, ...]:
        return (Field("values", "<f2" if self.name.endswith("fp16") else "<f4", self.width),)

    def encode(self, values: np.ndarray, tables: Arrays) -> Arrays:
        dtype = self.fields[0].dtype
        _require_finite(values)
        if dtype == "<f2" and values.size and (largest := float(np.abs(values).max())) > _FP16_MAX:
            raise ValueError(f"a value of {largest:.6g} is beyond float16 (65504): take another codec")
        return {"values": values.astype(dtype)}

    def decode(self, arrays: Arrays, tables: Arrays) -> np.ndarray:
        return arrays["values"]


class HiddenInt8(Codec):
    """Hidden states in 8 bits: centred and scaled by channel, rotated, rounded in groups of 128 columns (the last may be shorter).

    x → r = rotate((x − mean) · gain) → q = round(r / scale), with scale = max|r| / 127 over token and group, in float16.

    *Mean and gain* of each channel come from the shard's first tokens and are stored, so they cost no accuracy where those tokens
    are unusual, only size of steps. With white rounding noise of size ∝ |gain·x| the error of the logits is
    (Σ gain²·E x²)·(Σ |w|²/gain²), w a column of the output matrix; by Cauchy-Schwarz it is smallest for gain² = |w| / rms(x).
    The gain carries a random sign, without which the rotation would gather what all channels have in common in one coefficient.
    *Rotation.* The orthonormal Hadamard matrix, its own inverse, over blocks of the largest power of two that divides `width`;
    it spreads the outliers of a few channels over all of them.
    """

    @property
    def fields(self) -> tuple[Field, ...]:
        return Field("values", "|i1", self.width), Field("scales", "<f2", len(self._group_sizes))

    @property
    def _group_sizes(self) -> list[int]:
        return [min(GROUP, self.width - start) for start in range(0, self.width, GROUP)]

    def calibrate(self, sample: np.ndarray, sensitivity: np.ndarray) -> Arrays:
        if not len(sample):
            return {"mean": np.zeros(self.width, "<f4"), "gain": np.ones(self.width, "<f4")}
        mean = sample.mean(0, dtype=np.float64)
        centred = sample - mean
        gain = np.sqrt(_floored(sensitivity.astype(np.float64)) / _floored(np.sqrt(np.square(centred).mean(0))))
        gain /= (
            np.sqrt(np.square(centred * gain).mean()) or 1.0
        )  # so that the float16 scales lie near 1/50, far from both ends
        signs = np.random.default_rng(0).choice([-1.0, 1.0], self.width)
        return {"mean": mean.astype("<f4"), "gain": (gain * signs).astype("<f4")}

    def encode(self, values: np.ndarray, tables: Arrays) -> Arrays:
        _require_finite(values)
        rotated = rotate((values - tables["mean"]) * tables["gain"])
        sizes = self._group_sizes
        largest = np.maximum.reduceat(np.abs(rotated), np.cumsum([0, *sizes[:-1]]), axis=1)
        if largest.size and largest.max() > 127 * _FP16_MAX:
            raise ValueError(f"a rotated value of {largest.max():.6g} has no float16 scale: take another codec")
        scales = (largest / 127).astype("<f2")
        steps = np.repeat(scales.astype(np.float32), sizes, axis=1)
        levels = np.divide(rotated, steps, out=np.zeros_like(rotated), where=steps > 0)
        return {"values": np.clip(np.rint(levels), -127, 127).astype("|i1"), "scales": scales}

    def decode(self, arrays: Arrays, tables: Arrays) -> np.ndarray:
        steps = np.repeat(arrays["scales"].astype(np.float32), self._group_sizes, axis=1)
        return rotate(arrays["values"] * steps) / tables["gain"] + tables["mean"]


class LogitsUint8(Codec):
    """Logits in 256 even steps between the smallest and the largest of each token. `range` holds smallest and step."""

    @property
    def fields(self) -> tuple[Field, ...]:
        return Field("values", "|u1", self.width), Field("range", "<f4", 2)

    def encode(self, values: np.ndarray, tables: Arrays) -> Arrays:
        _require_finite(values)
        low, high = values.min(1, keepdims=True), values.max(1, keepdims=True)
        levels, step = _levels(values, low, high, 255)
        return {"values": levels, "range": np.concatenate([low, step], axis=1).astype("<f4")}

    def decode(self, arrays: Arrays, tables: Arrays) -> np.ndarray:
        return arrays["values"] * arrays["range"][:, 1:] + arrays["range"][:, :1]


class LogitsUint4(Codec):
    """Logits in 16 even steps between the smallest and the largest of the whole example: the scheme behind the paper's "4x".

    Two values a byte, the even column in the low half; a row of odd length ends with a zero half. LZ4 on top.
    (The released code's scale spans the padding too; there is none here.)
    """

    @property
    def fields(self) -> tuple[Field, ...]:
        return Field("values", "|u1", -(-self.width // 2), lz4=True), Field("range", "<f4", 2, per="example")

    def encode(self, values: np.ndarray, tables: Arrays) -> Arrays:
        _require_finite(values)
        low, high = (values.min(), values.max()) if values.size else (np.float32(0), np.float32(0))
        levels, step = _levels(values, low, high, 15)
        if self.width % 2:
            levels = np.pad(levels, ((0, 0), (0, 1)))
        return {"values": levels[:, ::2] | levels[:, 1::2] << 4, "range": np.array([[low, step]], "<f4")}

    def decode(self, arrays: Arrays, tables: Arrays) -> np.ndarray:
        packed = arrays["values"]
        levels = np.stack([packed & 15, packed >> 4], axis=2).reshape(len(packed), 2 * packed.shape[1])[:, : self.width]
        low, step = arrays["range"][0]
        return levels * step + low


@dataclass(frozen=True)
class TopK(Codec):
    """The `k` largest logits of each token, and the mass of all others at T = 1, spread evenly over them.

    Fields: `ids`, largest logit first; `below` (float16), how far each lies below the largest; `range`: the largest logit, and the
    one logit that all the others get, so that exp of it times their number is their mass. The mass is exact at T = 1 alone.
    """

    k: int

    @property
    def kept(self) -> int:
        return min(self.k, self.width)

    @property
    def fields(self) -> tuple[Field, ...]:
        return (
            Field("ids", "<u2" if self.width <= 65536 else "<u4", self.kept),
            Field("below", "<f2", self.kept),
            Field("range", "<f4", 2),
        )

    def encode(self, values: np.ndarray, tables: Arrays) -> Arrays:
        _require_finite(values)
        ids_field, below_field, _ = self.fields
        others = self.width - self.kept
        order = (
            np.argpartition(values, others - 1, axis=1) if others else np.tile(np.arange(self.width), (len(values), 1))
        )
        rest, ids = (
            order[:, :others],
            np.sort(order[:, others:], axis=1),
        )  # sorted first: equal logits then lie in order of id
        best = np.take_along_axis(values, ids, 1)
        by_size = np.argsort(-best, axis=1, kind="stable")
        ids, best = np.take_along_axis(ids, by_size, 1), np.take_along_axis(best, by_size, 1)
        below = best[:, :1] - best
        if below.size and below.max() > _FP16_MAX:
            raise ValueError(
                f"a logit {below.max():.6g} below the largest is beyond float16 (65504): take another codec"
            )
        level = best[:, -1:].copy()
        if others:
            tail = np.take_along_axis(values, rest, 1).astype(np.float64)
            peak = tail.max(1, keepdims=True)
            level = peak + np.log(np.exp(tail - peak).mean(1, keepdims=True))
        return {
            "ids": ids.astype(ids_field.dtype),
            "below": below.astype(below_field.dtype),
            "range": np.concatenate([best[:, :1], level], axis=1).astype("<f4"),
        }

    def decode(self, arrays: Arrays, tables: Arrays) -> np.ndarray:
        values = np.repeat(arrays["range"][:, 1:], self.width, axis=1)
        np.put_along_axis(
            values, arrays["ids"].astype(np.int64), arrays["range"][:, :1] - arrays["below"].astype(np.float32), 1
        )
        return values


def codec(name: str, *, vocabulary: int, d_model: int, topk: int | None = None) -> Codec:
    """The codec of that name (`params.CODECS`) for a teacher of that size.

    Raises:
        ValueError: there is no such codec, or `topk` is missing.
    """
    match name:
        case "hidden_fp16":
            return Plain(name, "hidden", d_model)
        case "hidden_int8":
            return HiddenInt8(name, "hidden", d_model)
        case "logits_fp32" | "logits_fp16":
            return Plain(name, "logits", vocabulary)
        case "logits_uint8":
            return LogitsUint8(name, "logits", vocabulary)
        case "logits_uint4":
            return LogitsUint4(name, "logits", vocabulary)
        case "topk":
            if topk is None or topk < 1:
                raise ValueError(f"codec 'topk' keeps topk = {topk} logits a token: it must be at least 1")
            return TopK(name, "logits", vocabulary, topk)
    raise ValueError(f"there is no codec {name!r}")


def rotate(values: np.ndarray) -> np.ndarray:
    """Multiply each row's blocks by the orthonormal Hadamard matrix, block = largest power of two that divides the width.

    The matrix of size a·b is the Kronecker product of those of sizes a and b: two small products do the work of a large one.
    """
    width = values.shape[1]
    log = (width & -width).bit_length() - 1
    a, b = 2 ** (log // 2), 2 ** (log - log // 2)
    blocks = values.reshape(values.size // (a * b), a, b)
    return np.matmul(_hadamard(a), np.matmul(blocks, _hadamard(b))).reshape(values.shape)


def _hadamard(size: int) -> np.ndarray:
    matrix = np.ones((1, 1), np.float32)
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix / np.float32(np.sqrt(size))


def _levels(values: np.ndarray, low: np.ndarray, high: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """`values` in units of (high − low) / steps above low, rounded, as bytes; and that unit. Equal numbers have the unit 0."""
    step = ((high - low) / np.float32(steps)).astype(np.float32)
    scaled = np.divide(values - low, step, out=np.zeros_like(values), where=np.broadcast_to(step > 0, values.shape))
    return np.clip(np.rint(scaled), 0, steps).astype("|u1"), step


def _floored(values: np.ndarray) -> np.ndarray:
    """Values of at least a hundredth of their mean: a dead channel shall have a gain like any other."""
    return np.maximum(values, 0.01 * values.mean()) if values.any() else np.ones_like(values)


def _require_finite(values: np.ndarray) -> None:
    if not np.isfinite(values).all():
        raise ValueError(
            "the teacher gave a value that is not finite (NaN or infinity): look at its training, or run it in float32"
        )
