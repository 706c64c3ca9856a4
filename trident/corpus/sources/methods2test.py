"""Methods2Test: the published archives, each with its own split."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets import DatasetDict

from trident.corpus import methods2test, storage
from trident.corpus.examples import REAL, Maker, Report, place, shuffled
from trident.corpus.schema import MAKING_ORDER, CorpusError, Example, Split
from trident.experiment.params import Parameters

#: The names of the published archives.
ARCHIVES: Mapping[Split, str] = {"train": "train.tar.bz2", "validation": "eval.tar.bz2", "test": "test.tar.bz2"}


def read(p: Parameters, asked: Mapping[Split, int]) -> tuple[DatasetDict, Report]:
    """Draw each split from its own archive. A repository or a question of two splits stays in the first one drawn.

    Reads `corpus_path`, `corpus_seed`, `progress`, and what :class:`trident.corpus.examples.Maker` reads. The report
    also has ``reading``, on the files read.
    """
    folder = place(p, methods2test.HOW_TO_GET)
    maker = Maker(p)
    needed = (ARCHIVES["train"], ARCHIVES["validation"])
    found = [one for one in (folder, folder / "dataset") if all((one / name).is_file() for name in needed)]
    if not found:
        raise CorpusError(
            f"{folder} holds no {' with '.join(needed)}, nor does dataset/ in it. {methods2test.HOW_TO_GET}"
        )
    owner: dict[str, Split] = {}
    examples: list[Example] = []
    reading: dict[str, Any] = {}
    for split in (split for split in MAKING_ORDER if split in REAL):
        archive = found[0] / ARCHIVES[split]
        if asked[split] and archive.is_file():
            made, reading[split] = _draw(archive, split, asked[split], maker, owner)
            examples += made
        elif asked[split]:
            reading[split] = f"no {ARCHIVES[split]}"
    return storage.in_splits(examples), maker.report(examples, asked, grouping="repository", reading=reading)


def _draw(
    archive: Path, split: Split, wanted: int, maker: Maker, owner: dict[str, Split]
) -> tuple[list[Example], Report]:
    """As many examples of an archive as wanted, and the report on the archive.

    How many records that takes is only known afterwards. If they are too few, more are read: the same and then others.
    """
    made: list[Example] = []
    done, limit = 0, 2 * wanted
    while True:
        records, report = methods2test.read(archive, limit=limit, seed=maker.p.corpus_seed, progress=maker.p.progress)
        for record in records[done:]:
            repository = record.repository.repo_id
            if owner.setdefault(repository, split) != split:
                maker.dropped[split].add("repository of another split", record.origin)
                continue
            made += maker.of_project(list(maker.examples(record, repository, split, split)), repository, split)
            if len(made) >= wanted:
                break
        if len(made) >= wanted or report["kept"] < limit:
            return shuffled(made[:wanted]), report
        done, limit = limit, 2 * limit
