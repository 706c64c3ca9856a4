"""The benchmarks are scripts, not a package."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from trident.experiment import paths


@pytest.fixture(scope="module")
def benchmark(request: pytest.FixtureRequest) -> ModuleType:
    """The script that the test file is named after."""
    name = request.path.stem.removeprefix("test_")
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", paths.ROOT / f"benchmarks/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
