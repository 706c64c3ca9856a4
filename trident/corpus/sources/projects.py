"""The public projects that ``trident fetch`` got: mined one after the other, in the splits of the manifest."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets import DatasetDict
from tqdm.auto import tqdm

from trident.corpus import mining
from trident.corpus.duplicates import AcrossSplits
from trident.corpus.examples import REAL, Maker, Report, place
from trident.corpus.pool import Pool, counted
from trident.corpus.projects import HOW_TO_GET, Fetched, complete
from trident.corpus.schema import MAKING_ORDER, Example, Split
from trident.experiment.params import Parameters


def read(p: Parameters, asked: Mapping[Split, int]) -> tuple[DatasetDict, Report]:
    """Mine each project, and draw from the examples of each split as many as asked for.

    Reads `corpus_path`, `corpus_seed`, `progress`, and what :class:`trident.corpus.examples.Maker` reads. The examples
    of one project are in memory at a time.

    A near-duplicate of a test in a split made before is left out: copied classes and forks must not be in two splits.

    The report also has ``projects``, on each one: what the manifest says, how many ``tests`` and ``pairs`` it has, how
    many examples were ``made`` and ``used``, and what was ``dropped`` by reason. ``missing`` lists, by reason, the
    projects of the manifest that are not there. ``near_duplicates`` counts those left out by both tests' projects.
    """
    folder = place(p, HOW_TO_GET)
    there, missing = complete(folder)
    there.sort(key=lambda project: MAKING_ORDER.index(_split(project)))
    maker, pool, splits = Maker(p), Pool(p.corpus_seed), AcrossSplits()
    report: dict[str, dict[str, Any]] = {}
    for project in tqdm(there, unit=" projects", desc="mining", disable=not p.progress):
        examples, report[project.folder] = _made(project, folder, maker, splits)
        pool.add(examples, _split(project))
    dataset = pool.drawn(asked)
    used = counted(dataset)
    for name, count in Counter(row["group"] for row in used).items():
        report[name]["used"] = count
    dropped: dict[str, Counter[str]] = defaultdict(Counter)
    for one in report.values():
        dropped[one["split"]].update(one["dropped"])
    more = {"grouping": "repository", "repositories": len(there), "missing": missing, "projects": report}
    more |= {"near_duplicates": dict(splits.found), "dropped": {split: dict(some) for split, some in dropped.items()}}
    return dataset, maker.report(used, asked, **more)


def _split(project: Fetched) -> Split:
    """Of a project that is there: the index has none that the manifest leaves out."""
    return next(split for split in REAL if split == project.split)


def _made(project: Fetched, folder: Path, maker: Maker, splits: AcrossSplits) -> tuple[list[Example], dict[str, Any]]:
    """The examples of a project, and the report on it."""
    records, mined = mining.mine([folder / project.folder], progress=False)
    name, split = project.folder, _split(project)
    made: list[Example] = []
    for record in records:
        own = list(maker.examples(record, name, split, name))
        if own and (near := splits.near(record, split)):
            maker.dropped[name].add(f"near-duplicate of a test in {near.label}", record.origin)
        else:
            made += own
    examples = maker.of_project(made, name, name)
    dropped = {**mined["skipped"], **maker.dropped[name].report()}
    return examples, {
        **project.model_dump(include={"name", "commit", "licence", "split"}),
        "tests": mined["tests"],
        "pairs": mined["pairs"],
        "made": len(examples),
        "used": 0,
        "dropped": {reason: entry["count"] for reason, entry in dropped.items()},
    }
