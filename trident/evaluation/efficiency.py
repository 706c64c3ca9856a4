"""What a prediction costs: latency and peak memory, for Table 2."""

from __future__ import annotations

import resource
import statistics
import sys
import time
import weakref
from functools import partial
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from trident.evaluation.prediction import generate

#: Examples that `latency` takes, and how often it runs each.
LATENCY_EXAMPLES, _REPEATS = 8, 3


@torch.no_grad()
def latency(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, encoded: Dataset, device: torch.device, **options: int
) -> dict[str, float]:
    """Milliseconds per example, one at a time on one thread: median and 90th percentile over the first 8 examples.

    On a CPU this is processor time, so that other jobs of the grid do not count. Each example is run three times; its
    fastest run counts. `options` are `max_new_tokens` and `num_beams`.
    """
    model.to(device).eval()  # type: ignore[arg-type]  # transformers' wrapper of `to` loses its `self`
    on_cpu = device.type == "cpu"
    clock = time.process_time if on_cpu else time.perf_counter
    synchronize = (lambda: None) if on_cpu else partial(torch.cuda.synchronize, device)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    times = []
    try:
        for ids in encoded["input_ids"][:LATENCY_EXAMPLES]:
            inputs = tokenizer.pad({"input_ids": [ids]}, return_tensors="pt").to(device)
            runs = []
            for _ in range(_REPEATS):
                synchronize()
                started = clock()
                generate(model, inputs, **options)
                synchronize()
                runs.append(1000 * (clock() - started))
            times.append(min(runs))
    finally:
        torch.set_num_threads(threads)
    return {"median_ms": statistics.median(times), "p90_ms": float(np.quantile(times, 0.9))}


@torch.no_grad()
def peak_memory(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, encoded: Dataset, device: torch.device, **options: int
) -> dict[str, float]:
    """Peak memory in MiB while the first example is predicted: `tensors_mib` (weights included) and `process_mib`.

    On CUDA the allocator counts the tensors. On a CPU they are counted from creation to release, because the resident
    memory of the process (`process_mib`) is mostly libraries and says little about a small model.
    """
    model.to(device).eval()  # type: ignore[arg-type]  # transformers' wrapper of `to` loses its `self`
    inputs = tokenizer.pad({"input_ids": [encoded[0]["input_ids"]]}, return_tensors="pt").to(device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        generate(model, inputs, **options)
        peak = torch.cuda.max_memory_allocated(device)
    else:
        with CountTensors() as count:
            count.add(*model.parameters(), *model.buffers())
            generate(model, inputs, **options)
        peak = count.peak
    unit = 1 if sys.platform == "darwin" else 2**10  # ru_maxrss: bytes on macOS, KiB on Linux
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return {"tensors_mib": peak / 2**20, "process_mib": resident / 2**20}


class CountTensors(TorchDispatchMode):
    """Bytes of the tensor storages that are alive: `now`, and at most (`peak`)."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._alive: set[int] = set()

    def add(self, *tensors: Tensor) -> None:
        """Count tensors until they are released."""
        for tensor in tensors:
            storage = tensor.untyped_storage()
            key, size = storage._cdata, storage.nbytes()
            if key not in self._alive:
                self._alive.add(key)
                self.now += size
                self.peak = max(self.peak, self.now)
                weakref.finalize(storage, self._release, key, size)

    def _release(self, key: int, size: int) -> None:
        self._alive.discard(key)
        self.now -= size

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.add(*(leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor)))
        return result
