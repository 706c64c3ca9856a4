"""The loop that trains a base model."""

from __future__ import annotations

import ctypes
import resource

import pytest
import torch

from trident.distillation import base_training


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="not GNU's C library")
def test_the_memory_of_large_tensors_is_kept():
    base_training._keep_memory()
    size, page = 2**26, resource.getpagesize()
    torch.ones(size, dtype=torch.uint8)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        torch.ones(size, dtype=torch.uint8)
    # Each page would be given out ten times.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before < 2 * size / page
