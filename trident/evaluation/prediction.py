"""What a model writes into the blanks, and what that costs in time and memory."""

from __future__ import annotations

import resource
import statistics
import sys
import time
import weakref
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from tqdm.auto import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase


@torch.no_grad()
def predict(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    encoded: Dataset,
    *,
    batch_size: int,
    max_new_tokens: int,
    num_beams: int,
    device: torch.device,
    progress: bool = False,
) -> list[str]:
    """The model's assertion for each example, in the order of `encoded` (whose `input_ids` are read).

    Batches hold examples of like length; the order of the examples does not change a prediction but for rounding.
    """
    model = model.to(device).eval()
    order = np.argsort([-len(ids) for ids in encoded["input_ids"]], kind="stable")
    texts: list[str] = [""] * len(encoded)
    for start in tqdm(range(0, len(order), batch_size), desc="predicting", unit="batch", disable=not progress):
        rows = order[start : start + batch_size]
        inputs = tokenizer.pad({"input_ids": encoded.select(rows)["input_ids"][:]}, return_tensors="pt").to(device)
        written = _generate(model, inputs, max_new_tokens, num_beams)
        for row, text in zip(rows, tokenizer.batch_decode(written, skip_special_tokens=True), strict=True):
            texts[row] = text.strip()
    return texts


def _generate(model: PreTrainedModel, inputs: Any, max_new_tokens: int, num_beams: int) -> Tensor:
    return model.generate(**inputs, max_new_tokens=max_new_tokens, num_beams=num_beams, do_sample=False)


@torch.no_grad()
def latency(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    encoded: Dataset,
    *,
    max_new_tokens: int,
    num_beams: int,
    device: torch.device,
) -> dict[str, float]:
    """Milliseconds for one example at a time, as an editor would ask, on one thread: median and 90th percentile.

    On a CPU it is processor time, which is what an idle machine takes: the models of Table 2 are measured while other jobs of
    the grid run. Each example is run three times, and its fastest counts.
    """
    model = model.to(device).eval()
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        times = []
        for example in encoded:
            inputs = tokenizer.pad({"input_ids": [example["input_ids"]]}, return_tensors="pt").to(device)
            tries = []
            for _ in range(3):
                _wait(device)
                started = clock()
                _generate(model, inputs, max_new_tokens, num_beams)
                _wait(device)
                tries.append(1000 * (clock() - started))
            times.append(min(tries))
    finally:
        torch.set_num_threads(threads)
    return {"median_ms": statistics.median(times), "p90_ms": float(np.quantile(times, 0.9))}


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@torch.no_grad()
def peak_memory(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    encoded: Dataset,
    *,
    max_new_tokens: int,
    num_beams: int,
    device: torch.device,
) -> dict[str, float]:
    """MiB held by tensors at the peak while the first example is completed, weights included, and the process's own peak.

    On CUDA the allocator counts. On the CPU every tensor is counted from its making to its end: the process's resident memory
    (also reported) is mostly the libraries and says little about a small model.
    """
    model = model.to(device).eval()
    inputs = tokenizer.pad({"input_ids": [encoded[0]["input_ids"]]}, return_tensors="pt").to(device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        _generate(model, inputs, max_new_tokens, num_beams)
        peak = torch.cuda.max_memory_allocated(device)
    else:
        with _CountTensors() as count:
            count.add(*model.parameters(), *model.buffers())
            _generate(model, inputs, max_new_tokens, num_beams)
        peak = count.peak
    scale = 2**10 if sys.platform != "darwin" else 1  # ru_maxrss: KiB on Linux, bytes on macOS
    return {
        "tensors_mib": peak / 2**20,
        "process_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 2**20,
    }


class _CountTensors(TorchDispatchMode):
    """Bytes of the storages alive, now and at most."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._alive: set[int] = set()

    def add(self, *tensors: Tensor) -> None:
        for tensor in tensors:
            storage = tensor.untyped_storage()
            key, size = storage._cdata, storage.nbytes()
            if key not in self._alive:
                self._alive.add(key)
                self.now += size
                self.peak = max(self.peak, self.now)
                weakref.finalize(storage, self._drop, key, size)

    def _drop(self, key: int, size: int) -> None:
        self._alive.discard(key)
        self.now -= size

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        self.add(*(leaf for leaf in torch.utils._pytree.tree_leaves(result) if isinstance(leaf, Tensor)))
        return result
