"""A T5 that predicts with NumPy alone.

torch and transformers take seconds to load, and a small model spends most of its time in their calls rather than in
matrix products. The same network, written out, starts at once. It reads the folders that transformers and
``trident export --int8`` write: one input at a time, on a CPU. C. Raffel et al., *Exploring the limits of transfer
learning with a unified text-to-text transformer* (2020), describe the network.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

Array = NDArray[np.float32]

#: Files of weights that are read, the first that is there. The second is what `trident.distillation.int8` writes.
WEIGHTS = ("model.safetensors", "model.int8.safetensors")
#: Names under which the embeddings may be stored, as they are tied.
_EMBEDDINGS = ("shared", "lm_head.table", "decoder.embed_tokens", "encoder.embed_tokens", "lm_head")
#: What this network can do, and the value that a configuration has to have.
_SUPPORTED = {"model_type": "t5", "dense_act_fn": "relu", "is_gated_act": False}


class NotReadable(ValueError):
    """A folder holds no model that this network can read. The message says what is there."""


class Answer(NamedTuple):
    """Token ids, without start and end, and the natural logarithm of their probability, end included."""

    ids: list[int]
    log_probability: float


@dataclass(frozen=True)
class _Attention:
    """Matrices (d_model, heads x d_kv), `o` the other way round; `norm`: scales of the layer norm before them."""

    q: Array
    k: Array
    v: Array
    o: Array
    norm: Array


@dataclass(frozen=True)
class _FeedForward:
    wi: Array
    wo: Array
    norm: Array


class T5:
    """The network in a folder.

    Raises:
        NotReadable: the folder holds no weights and configuration of a T5 with ReLU, or damaged ones.
    """

    def __init__(self, folder: str | Path) -> None:
        config, weights = _read(Path(folder))
        self.start, self.end = config["decoder_start_token_id"], config["eos_token_id"]
        self._heads, self._eps = config["num_heads"], config["layer_norm_epsilon"]
        self._buckets = config["relative_attention_num_buckets"], config["relative_attention_max_distance"]
        self._scale = config["d_model"] ** -0.5 if config.get("scale_decoder_outputs", True) else 1.0
        try:
            self._embeddings = next(weights[name] for name in _EMBEDDINGS if name in weights)
            self._encoder = [
                (_attention(weights, block, 0), _feed_forward(weights, block, 1))
                for block in (f"encoder.block.{i}" for i in range(config["num_layers"]))
            ]
            self._decoder = [
                (
                    _attention(weights, block, 0),
                    _attention(weights, block, 1, "EncDecAttention"),
                    _feed_forward(weights, block, 2),
                )
                for block in (f"decoder.block.{i}" for i in range(config["num_decoder_layers"]))
            ]
            self._norm = {stack: weights[f"{stack}.final_layer_norm"] for stack in ("encoder", "decoder")}
            bias = "block.0.layer.0.SelfAttention.relative_attention_bias"
            self._bias = {stack: weights[f"{stack}.{bias}"] for stack in ("encoder", "decoder")}
        except (KeyError, StopIteration) as missing:
            raise NotReadable(f"{folder}: its weights lack {str(missing) or 'the embeddings'}") from None

    def answers(self, ids: Sequence[int], *, beams: int, max_new_tokens: int) -> list[Answer]:
        """The most probable whole answers that a beam search finds: `beams` at most, the best first.

        A search with more beams finds more, and takes longer. An answer has at most `max_new_tokens`, its end included.
        """
        crossed = self._encoded(ids)
        caches = [_Cache() for _ in self._decoder]
        texts: list[list[int]] = [[]]
        scores = np.zeros(1, np.float32)
        last = np.array([self.start])
        done: list[Answer] = []
        for position in range(max_new_tokens):
            found = scores[:, None] + _log_softmax(self._logits(last, position, caches, crossed))
            best = np.argpartition(found, -2 * beams, axis=None)[-2 * beams :]
            parents, tokens = np.divmod(best[np.argsort(-found.ravel()[best], kind="stable")], found.shape[1])
            ends = tokens == self.end
            done += [Answer(texts[parent], float(found[parent, self.end])) for parent in parents[ends]]
            done = sorted(done, key=lambda answer: -answer.log_probability)[:beams]
            parents, last = parents[~ends][:beams], tokens[~ends][:beams]
            scores = found[parents, last]
            if len(done) == beams and done[-1].log_probability >= scores[0]:  # what goes on gets less probable
                break
            texts = [[*texts[parent], int(token)] for parent, token in zip(parents, last, strict=True)]
            for cache in caches:
                cache.keep(parents)
        return done

    def _encoded(self, ids: Sequence[int]) -> list[tuple[Array, Array]]:
        """Keys (heads, d_kv, tokens) and values (heads, tokens, d_kv) of the input, for each layer of the decoder."""
        x, places = self._embeddings[list(ids)], np.arange(len(ids))
        bias = self._bias["encoder"][self._bucket(places[None] - places[:, None], both_ways=True)].transpose(2, 0, 1)
        for attention, feed_forward in self._encoder:
            q, k, v = self._projected(attention, self._normed(x, attention.norm))
            x = x + _joined(_attended(q, k.swapaxes(1, 2), v, bias)) @ attention.o
            x = x + self._fed(feed_forward, x)
        x = self._normed(x, self._norm["encoder"])
        return [(self._split(x @ cross.k).swapaxes(1, 2), self._split(x @ cross.v)) for _, cross, _ in self._decoder]

    def _logits(
        self, last: NDArray[np.int64], position: int, caches: Sequence[_Cache], crossed: Sequence[tuple[Array, Array]]
    ) -> Array:
        """Logits (beams, vocabulary) of what follows the tokens `last` (beams,) at `position`, from 0."""
        x = self._embeddings[last]
        bias = self._bias["decoder"][self._bucket(np.arange(position + 1) - position, both_ways=False)].T[:, None]
        for (own, cross, feed_forward), cache, (keys, values) in zip(self._decoder, caches, crossed, strict=True):
            q, k, v = (part.swapaxes(0, 1)[:, :, None] for part in self._projected(own, self._normed(x, own.norm)))
            cache.add(k.swapaxes(2, 3), v)
            x = x + _attended(q, cache.keys, cache.values, bias).reshape(len(x), -1) @ own.o
            q = self._split(self._normed(x, cross.norm) @ cross.q)
            x = x + _joined(_attended(q, keys, values)) @ cross.o
            x = x + self._fed(feed_forward, x)
        return (self._normed(x, self._norm["decoder"]) * self._scale) @ self._embeddings.T

    def _projected(self, attention: _Attention, x: Array) -> tuple[Array, Array, Array]:
        """Queries, keys and values, each (heads, tokens, d_kv)."""
        return self._split(x @ attention.q), self._split(x @ attention.k), self._split(x @ attention.v)

    def _split(self, x: Array) -> Array:
        """From (tokens, heads x d_kv) to (heads, tokens, d_kv)."""
        return x.reshape(len(x), self._heads, -1).swapaxes(0, 1)

    def _normed(self, x: Array, scale: Array) -> Array:
        return x / np.sqrt(np.square(x).mean(-1, keepdims=True) + self._eps) * scale

    def _fed(self, feed_forward: _FeedForward, x: Array) -> Array:
        return np.maximum(self._normed(x, feed_forward.norm) @ feed_forward.wi, 0) @ feed_forward.wo

    def _bucket(self, distance: NDArray[np.int64], *, both_ways: bool) -> NDArray[np.int64]:
        """The bucket of each distance from query to key: single ones when near, ever wider ones farther away."""
        buckets, limit = self._buckets
        later = np.zeros_like(distance)
        if both_ways:
            buckets //= 2
            later = buckets * (distance > 0)
            distance = np.abs(distance)
        else:
            distance = np.maximum(-distance, 0)
        near = buckets // 2
        far = np.log(np.maximum(distance, 1).astype(np.float32) / near) / math.log(limit / near) * (buckets - near)
        return later + np.where(distance < near, distance, np.minimum(near + far.astype(np.int64), buckets - 1))


class _Cache:
    """Keys (beams, heads, d_kv, tokens) and values (beams, heads, tokens, d_kv) of what a layer has written so far."""

    def __init__(self) -> None:
        self.keys = self.values = np.zeros(0, np.float32)

    def add(self, key: Array, value: Array) -> None:
        self.keys = np.concatenate([self.keys, key], 3) if self.keys.size else key
        self.values = np.concatenate([self.values, value], 2) if self.values.size else value

    def keep(self, beams: NDArray[np.int64]) -> None:
        self.keys, self.values = self.keys[beams], self.values[beams]


def _joined(x: Array) -> Array:
    """From (heads, tokens, d_kv) to (tokens, heads x d_kv)."""
    return x.swapaxes(0, 1).reshape(x.shape[1], -1)


def _attended(q: Array, keys: Array, values: Array, bias: Array | float = 0.0) -> Array:
    """Attention (…, queries, d_kv). T5 does not scale the products."""
    scores = q @ keys + bias
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return (weights / weights.sum(-1, keepdims=True)) @ values


def _log_softmax(x: Array) -> Array:
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """Configuration, and the weights by the names of their modules. Raises NotReadable."""
    file = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    if file is None or not (folder / "config.json").is_file():
        raise NotReadable(f"{folder} holds no model: it needs config.json and {' or '.join(WEIGHTS)}")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    for name, value in _SUPPORTED.items():
        if config.get(name) != value:
            raise NotReadable(
                f"{folder / 'config.json'}: {name} is {config.get(name)!r}, but only {value!r} is read here"
            )
    try:
        tensors = load_file(file)
    except SafetensorError as error:
        raise NotReadable(f"{file} is damaged ({error}): write it again") from None
    weights = {}
    for name in (name.removesuffix(".weight") for name in tensors if name.endswith(".weight")):
        scale = tensors.get(f"{name}.scale")
        weight = tensors[f"{name}.weight"].astype(np.float32)
        weights[name] = weight if scale is None else weight * scale[:, None]
    return config, weights


def _attention(weights: Mapping[str, Array], block: str, layer: int, name: str = "SelfAttention") -> _Attention:
    q, k, v, o = (weights[f"{block}.layer.{layer}.{name}.{part}"].T for part in "qkvo")
    return _Attention(q, k, v, o, weights[f"{block}.layer.{layer}.layer_norm"])


def _feed_forward(weights: Mapping[str, Array], block: str, layer: int) -> _FeedForward:
    wi, wo = (weights[f"{block}.layer.{layer}.DenseReluDense.{part}"].T for part in ("wi", "wo"))
    return _FeedForward(wi, wo, weights[f"{block}.layer.{layer}.layer_norm"])
