"""Records that ``trident mine`` made of any Java project: one set, split here by repository or by class."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from pathlib import Path

from datasets import DatasetDict

from trident.corpus import mining, storage
from trident.corpus.duplicates import AcrossSplits, families, of_test
from trident.corpus.examples import REAL, Maker, Report, place, shuffled
from trident.corpus.records import BadRecord, Record, parse
from trident.corpus.schema import MAKING_ORDER, CorpusError, Example, Split
from trident.experiment.artifacts import fingerprint
from trident.experiment.params import Parameters

#: Splits by repository need at least one for each split.
FEWEST_REPOSITORIES = 3


def read(p: Parameters, asked: Mapping[Split, int]) -> tuple[DatasetDict, Report]:
    """Give each family of repositories to a split, or each class under test where repositories are few.

    Repositories that share near-duplicate tests are one family. Of near-duplicates that are left in two splits, those
    of the split made later are left out.

    Reads `corpus_path`, `corpus_seed`, and what :class:`trident.corpus.examples.Maker` reads. The report also has
    ``grouping``, what no two splits share (``repository`` or ``class``); ``families``, those of several repositories;
    and ``near_duplicates``, the number of those left out by both tests' repositories.
    """
    maker, splits = Maker(p), AcrossSplits()
    records = _records(place(p, mining.HOW_TO_GET), maker)
    repositories = {record.repository.repo_id for record in records}
    by_class = len(repositories) < FEWEST_REPOSITORIES
    made = _made(records, maker, by_class)
    family = {group: group for group in made}
    if not by_class:
        family = families({group: [of_test(record) for record, _ in tests] for group, tests in made.items()})
    sizes = Counter(family[group] for group, tests in made.items() for _, own in tests for _ in own)
    asked = {split: asked[split] for split in REAL}
    targets = _targets(asked, sizes.total())
    split_of = _assigned(sizes, targets, p.corpus_seed)
    examples: list[Example] = []
    for split in (split for split in MAKING_ORDER if split in asked):
        tests = [test for group in made if split_of.get(family[group]) == split for test in made[group]]
        own = [example for record, own in tests if _is_far(record, split, splits, maker) for example in own]
        examples += [{**example, "split": split} for example in shuffled(own)[: targets[split]]]
    related = [[group for group in made if family[group] == first] for first in dict.fromkeys(family.values())]
    more: Report = {"grouping": "class" if by_class else "repository", "repositories": len(repositories)}
    more |= {"families": [names for names in related if len(names) > 1], "near_duplicates": dict(splits.found)}
    more |= {"targets": targets, "left_over": sizes.total() - len(examples), "reading": {"records": len(records)}}
    if by_class:
        more["note"] = (
            f"{len(repositories)} repositories are too few to split by: splits share no class under test, but they "
            "share projects. Scores will look better than on unseen projects."
        )
    return storage.in_splits(examples), maker.report(examples, asked, **more)


def _records(folder: Path, maker: Maker) -> list[Record]:
    """The records of a folder or file. Counts lines that are none."""
    file = folder / mining.RECORDS if folder.is_dir() else folder
    if not file.is_file():
        raise CorpusError(f"corpus_path: {folder} holds no {mining.RECORDS}. {mining.HOW_TO_GET}")
    records: list[Record] = []
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                records.append(parse(line, f"{file.name}:{number}", "unknown"))
            except BadRecord as error:
                maker.dropped["records"].add(f"record: {error}", f"{file.name}:{number}")
    return records


def _made(records: Sequence[Record], maker: Maker, by_class: bool) -> dict[str, list[tuple[Record, list[Example]]]]:
    """Of each group the tests that have examples, with these. A group is a repository, or a class under test."""
    by_project: dict[str, list[tuple[str, Record, list[Example]]]] = defaultdict(list)
    for record in records:
        project, focal = record.repository.repo_id, record.focal_class
        # By class under test, so that all its methods are in one split.
        group = f"{project}/{focal.file or focal.identifier}" if by_class else project
        by_project[project].append((group, record, list(maker.examples(record, group, "train", "records"))))
    made: dict[str, list[tuple[Record, list[Example]]]] = defaultdict(list)
    for project, tests in by_project.items():
        some = maker.of_project([example for *_, own in tests for example in own], project, "records")
        kept = {example["id"] for example in some}
        for group, record, own in tests:
            if own := [example for example in own if example["id"] in kept]:
                made[group].append((record, own))
    return made


def _is_far(record: Record, split: Split, splits: AcrossSplits, maker: Maker) -> bool:
    """Whether a test is no near-duplicate of one in a split made before. Counts those that are."""
    if near := splits.near(record, split):
        maker.dropped[split].add(f"near-duplicate of a test in {near.label}", record.origin)
    return near is None


def _targets(asked: Mapping[Split, int], available: int) -> dict[Split, int]:
    """The sizes asked for, or the same shares of what there is. A split left without any gets one from the largest."""
    total = sum(asked.values())
    if available >= total:
        return dict(asked)
    edges = [round(available * size / total) for size in accumulate(asked.values(), initial=0)]
    targets = {split: end - start for split, (start, end) in zip(asked, pairwise(edges), strict=True)}
    for split in asked:
        largest = max(asked, key=lambda name: targets[name])
        if asked[split] and not targets[split] and targets[largest] > 1:
            targets[split], targets[largest] = 1, targets[largest] - 1
    return targets


def _assigned(sizes: Mapping[str, int], targets: Mapping[Split, int], seed: int) -> dict[str, Split]:
    """Give each group to the split that lacks most: training fills up first, and evaluation gets what is left.

    Many groups come in an order drawn by `seed`. A few come the largest first: training must not get only a small one.
    """
    order = sorted(sizes, key=lambda group: fingerprint(seed, group))
    if len(order) < 4 * len(targets):
        order.sort(key=lambda group: -sizes[group])
    missing = {split: target for split, target in targets.items() if target}
    empty = list(missing)
    split_of: dict[str, Split] = {}
    for position, group in enumerate(order):
        # The last groups go to splits that have none yet.
        last = len(order) - position <= len(empty)
        split = empty[0] if last else max(missing, key=lambda name: missing[name])
        if missing[split] <= 0 and not empty:
            break
        split_of[group] = split
        missing[split] -= sizes[group]
        if split in empty:
            empty.remove(split)
    return split_of
