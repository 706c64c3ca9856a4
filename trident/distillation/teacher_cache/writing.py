"""Writing a store, shard by shard."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from trident.distillation.teacher_cache import codecs, manifest
from trident.distillation.teacher_cache.codecs import Codec
from trident.distillation.teacher_cache.shards import FORMAT, Shard, CacheError, replacing, write_shard
from trident.distillation.teacher_cache.teacher import OutputHead

#: A shard holds examples up to this size (before LZ4). Small enough to lose little when killed, large enough to keep files few.
SHARD_BYTES = 64 * 2**20
#: Tokens that a shard's codec is calibrated on, and how many of them its error is measured on.
_SAMPLE_TOKENS = 256
_ERROR_TOKENS = 64

#: File of the output head.
HEAD = "head.safetensors"


class States(Protocol):
    """What :func:`write` stores; :class:`trident.distillation.teacher_cache.TeacherStates` is one. See there for the attributes."""

    examples: Sequence[tuple[str, int]]
    digests: Mapping[str, str]
    recipe: Mapping[str, Any]

    def states(self, first: int, last: int) -> Iterator[tuple[str, Tensor]]: ...


def write(
    folder: str | Path,
    hidden: States,
    head: OutputHead,
    *,
    codec: str,
    tokenizer_digest: str,
    teacher_digest: str,
    topk: int | None = None,
    shard_bytes: int = SHARD_BYTES,
    rank: int = 0,
    world_size: int = 1,
) -> dict[str, Any] | None:
    """Write a store and return its manifest.

    Memory holds one batch. Shards that an earlier, killed call finished are checked and kept, not computed again: the shards, and
    what is in each, are fixed before the first is written, so the result is the same to the byte. With several ranks, each calls
    this with its own `rank` and writes every `world_size`-th shard; the one that finishes last writes the manifest, and the store
    is the same as one process would have written.

    Args:
        folder: made if it is not there.
        hidden: what :func:`hidden_states` gives.
        head: what :func:`output_head` gives.
        codec: one of `params.CODECS`.
        topk: logits a token that the codec `topk` keeps.
        tokenizer_digest, teacher_digest: kept in the manifest, for :class:`TeacherCache` to compare.

    Returns:
        The manifest; None while other ranks are still writing.

    Raises:
        CacheError: another process writes the same store; the disk is full or read-only; the teacher's states are not those announced, or
            hold a number that the codec cannot.
        ValueError: an unknown codec, or `topk` missing.
    """
    folder = Path(folder)
    chosen = codecs.codec(codec, vocabulary=head.weight.shape[0], d_model=head.weight.shape[1], topk=topk)
    if len({name for name, _ in hidden.examples}) < len(hidden.examples):
        raise CacheError(f"{folder}: two examples have the same id; the store finds them by id")
    identity = {
        "format": FORMAT,
        "codec": codec,
        "topk": topk if codec == "topk" else None,
        "vocabulary": head.weight.shape[0],
        "d_model": head.weight.shape[1],
        "scale": head.scale,
        "teacher_scale": head.teacher_scale,
        "tokenizer": tokenizer_digest,
        "teacher": teacher_digest,
        "head": _head_digest(head),
        **hidden.digests,
        **hidden.recipe,
        "shard_bytes": shard_bytes,
        "code": _code_digest(),
    }
    writer = _Writer(folder, hidden, head, chosen, identity, _plan(hidden.examples, chosen, shard_bytes))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(folder, rank, world_size):
            writer.forget_another_store()
            for number in range(rank, len(writer.plan), world_size):
                if writer.finished(number) is None:
                    writer.write(number)
            return writer.finish()
    except OSError as error:
        raise CacheError(
            f"{error.filename or folder}: the store cannot be written: {error.strerror or error}. Shards that are whole "
            "stay; make room or choose another `runs_dir`, then run notebook 03_logits again"
        ) from error


def _plan(examples: Sequence[tuple[str, int]], codec: Codec, shard_bytes: int) -> list[range]:
    """Which examples go into each shard: as many as fit, at least one."""
    plan, start, size = [], 0, 0
    for position, (_, tokens) in enumerate(examples):
        block = codec.bytes(tokens)
        if position > start and size + block > shard_bytes:
            plan.append(range(start, position))
            start, size = position, 0
        size += block
    return [*plan, range(start, len(examples))] if examples else []


@contextlib.contextmanager
def _lock(folder: Path, rank: int, world_size: int) -> Iterator[None]:
    """One writer alone, or one for each rank. Raises CacheError when there is another. The system lets go of a dead writer's locks."""
    modes = (
        {".writing": fcntl.LOCK_EX}
        if world_size == 1
        else {".writing": fcntl.LOCK_SH, f".writing-{rank}": fcntl.LOCK_EX}
    )
    with contextlib.ExitStack() as stack:
        for name, mode in modes.items():
            stream = stack.enter_context((folder / name).open("w"))
            try:
                fcntl.flock(stream, mode | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CacheError(f"{folder}: another process is writing this store; wait for it, or stop it") from None
        yield


@dataclass(frozen=True)
class _Writer:
    folder: Path
    hidden: States
    head: OutputHead
    codec: Codec
    identity: dict[str, Any]
    plan: list[range]

    def path(self, number: int) -> Path:
        return self.folder / f"shard-{number:05d}.bin"

    def shard_identity(self, number: int) -> dict[str, Any]:
        return {**self.identity, "shard": number, "shards": len(self.plan)}

    def forget_another_store(self) -> None:
        """Take away the manifest of another store, or an unreadable one: from here on its shards are written over."""
        try:
            ours = manifest.load(self.folder)["identity"] == self.identity
        except CacheError:
            ours = False
        if not ours:
            (self.folder / manifest.NAME).unlink(missing_ok=True)

    def finished(self, number: int, *, thoroughly: bool = True) -> Shard | None:
        """The shard, if it is there, belongs to this store, and is sound."""
        try:
            shard = Shard(self.path(number))
            if thoroughly:
                shard.verify()
        except (FileNotFoundError, CacheError):
            return None
        return shard if shard.identity == self.shard_identity(number) else None

    def write(self, number: int) -> None:
        positions = self.plan[number]
        pairs = self._values(positions)
        sample: list[tuple[str, np.ndarray]] = []
        while sum(len(values) for _, values in sample) < _SAMPLE_TOKENS and (pair := next(pairs, None)):
            sample.append(pair)
        seen = np.concatenate([values for _, values in sample])
        sensitivity = (
            self.head.weight.norm(dim=0).numpy() if self.codec.of == "hidden" else np.ones(self.codec.width, np.float32)
        )
        tables = self.codec.calibrate(seen[:_SAMPLE_TOKENS], sensitivity)

        def blocks() -> Iterator[tuple[str, int, codecs.Arrays]]:
            for name, values in itertools.chain(sample, pairs):
                with self._naming(name):
                    yield name, len(values), self.codec.encode(values, tables)

        write_shard(
            self.path(number),
            self.shard_identity(number),
            self.codec.fields,
            tables,
            blocks(),
            self._error(sample, tables),
        )

    def _error(self, sample: list[tuple[str, np.ndarray]], tables: codecs.Arrays) -> dict[str, Any]:
        """Root mean square, over tokens and vocabulary, of what the codec adds to the logits (nats, at T = 1), less its mean over the
        vocabulary: a shift of all logits of a token changes no softmax. And the tokens that it was measured on."""
        squares, tokens = 0.0, 0
        for name, values in sample:
            if tokens >= _ERROR_TOKENS:
                break
            with self._naming(name):
                decoded = self.codec.decode(self.codec.encode(values, tables), tables)
            difference = torch.from_numpy(decoded.astype(np.float32) - values)
            if self.codec.of == "hidden":
                difference = torch.nn.functional.linear(difference * self.head.scale, self.head.weight)
            squares += float((difference - difference.mean(1, keepdim=True)).square().mean(1).sum())
            tokens += len(values)
        return {"error": _rounded(math.sqrt(squares / max(1, tokens))), "error_tokens": tokens}

    @contextlib.contextmanager
    def _naming(self, example: str) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise CacheError(f"{self.folder}: example {example!r}, codec {self.codec.name}: {error}") from error

    def _values(self, positions: range) -> Iterator[tuple[str, np.ndarray]]:
        """What the codec encodes, one example after the other, checked against what was announced."""
        produced = self.hidden.states(positions.start, positions.stop)
        for name, tokens in self.hidden.examples[positions.start : positions.stop]:
            produced_name, states = next(produced, (None, ()))
            if (name, tokens) != (produced_name, len(states)):
                raise CacheError(
                    f"{self.folder}: expected {tokens} tokens of example {name!r}, the teacher gave {len(states)} "
                    f"of {produced_name!r}"
                )
            yield name, (states if self.codec.of == "hidden" else self.head(states)).numpy()

    def finish(self) -> dict[str, Any] | None:
        shards = [self.finished(number, thoroughly=False) for number in range(len(self.plan))]
        if None in shards:
            return None
        head_sha256 = _write_head(self.folder / HEAD, self.head) if self.codec.of == "hidden" else None
        leftovers = set(self.folder.glob("shard-*.bin")) - {shard.path for shard in shards}
        if head_sha256 is None:
            leftovers.add(self.folder / HEAD)
        for file in [*leftovers, *self.folder.glob(".writing-*")]:
            file.unlink(missing_ok=True)
        size = sum(shard.path.stat().st_size for shard in shards)
        tokens = sum(tokens for _, tokens in self.hidden.examples)
        squares = sum(shard.remarks["error"] ** 2 * shard.remarks["error_tokens"] for shard in shards)
        return manifest.save(
            self.folder,
            {
                "identity": self.identity,
                "codec": self.codec.name,
                "scale": self.head.scale,
                "teacher_scale": self.head.teacher_scale,
                "head_sha256": head_sha256,
                "examples": len(self.hidden.examples),
                "tokens": tokens,
                "bytes": size,
                "bytes_per_token": round(size / tokens, 2) if tokens else 0.0,
                "logit_error": _rounded(
                    math.sqrt(squares / max(1, sum(shard.remarks["error_tokens"] for shard in shards)))
                ),
                "shards": [
                    {
                        "file": shard.path.name,
                        "bytes": shard.path.stat().st_size,
                        "examples": len(shard.ids),
                        "tokens": sum(shard.tokens),
                        "crc32": shard.crc32,
                    }
                    for shard in shards
                ],
            },
        )


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _write_head(path: Path, head: OutputHead) -> str:
    """Returns the SHA-256 of the file."""
    tensors = {"weight": head.weight} | ({} if head.bias is None else {"bias": head.bias})
    data = safetensors.torch.save({name: tensor.contiguous() for name, tensor in tensors.items()})
    with replacing(path) as stream:
        stream.write(data)
    return hashlib.sha256(data).hexdigest()


def _head_digest(head: OutputHead) -> str:
    sha = hashlib.sha256(head.weight.contiguous().numpy())
    if head.bias is not None:
        sha.update(head.bias.contiguous().numpy())
    return sha.hexdigest()


def _code_digest() -> str:
    """Of this package's source: what another version of it wrote is not continued, but written anew."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]
