"""Generated Java: classes and tests from the templates in ``trident/corpus/sandbox``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datasets import DatasetDict

from trident.corpus import storage
from trident.corpus.sandbox.generate import generate
from trident.corpus.schema import Split
from trident.experiment.params import Parameters


def read(p: Parameters, asked: Mapping[Split, int]) -> tuple[DatasetDict, dict[str, Any]]:
    """Reads `corpus_seed`, `masking`, `keep_after` and `sandbox_templates`. The report is that of ``generate``."""
    examples, report = generate(asked, p.corpus_seed, p.masking, p.keep_after, templates=p.sandbox_templates)
    return storage.in_splits(examples), {"source": "sandbox", **report}
