"""From the source that the parameter `corpus` names to examples in splits. Notebook 01 calls it."""

from __future__ import annotations

import importlib
from typing import Any

from datasets import DatasetDict

from trident.corpus.schema import SPLITS, CorpusError, Split
from trident.experiment.params import Parameters


def build(p: Parameters) -> tuple[DatasetDict, dict[str, Any]]:
    """Make the corpus that the parameters describe. The same parameters and sources give the same corpus.

    The source is the module ``trident.corpus.sources.<corpus>``, loaded by name: so the code of one source does not
    count for a corpus from another, and a new miner leaves the sandbox's results valid.

    Reads `corpus`, the sizes of the splits (`train_examples` …), and what the source reads.

    Returns:
        a dataset of :data:`FEATURES` for each split, which may be empty, and a report for JSON. Every report has:
        ``source``; ``asked``, ``got``, ``groups`` and ``kinds`` of each split; ``dropped``, counts by place (a split,
        or ``records`` before there are splits) and reason. The source adds its own.

    Raises:
        CorpusError: the source is missing, broken or yields nothing to train or validate on.
    """
    source = importlib.import_module(f"trident.corpus.sources.{p.corpus}")
    dataset, report = source.read(p, split_sizes(p))
    for split in ("train", "validation"):
        if not report["got"][split]:
            raise CorpusError(
                f"no example for {split} from corpus = {p.corpus!r} {p.corpus_path}: got {report['got']} in "
                f"{report['groups']} groups; dropped {report['dropped']}. "
                "It takes tests with assertions in at least two groups."
            )
    return dataset, report


def split_sizes(p: Parameters) -> dict[Split, int]:
    """The examples asked for in each split: the parameters `train_examples` and so on."""
    return {split: getattr(p, f"{split}_examples") for split in SPLITS}
