"""Records that ``trident mine`` made of any Java project: one set, split here by repository or by class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import accumulate, pairwise

from datasets import DatasetDict

from trident.corpus import mining, storage
from trident.corpus.examples import REAL, Maker, Report, place, shuffled
from trident.corpus.records import BadRecord, Record, parse
from trident.corpus.schema import CorpusError, Example, Split
from trident.experiment.artifacts import fingerprint
from trident.experiment.params import Parameters

#: Splits by repository need at least one for each split.
FEWEST_REPOSITORIES = 3


def read(p: Parameters, asked: Mapping[Split, int]) -> tuple[DatasetDict, Report]:
    """Give each repository to a split, or each class under test where repositories are few.

    Reads `corpus_path`, `corpus_seed`, and what :class:`trident.corpus.examples.Maker` reads. The report also has
    ``grouping``, what no two splits share (``repository`` or ``class``).
    """
    folder = place(p, mining.HOW_TO_GET)
    file = folder / mining.RECORDS if folder.is_dir() else folder
    if not file.is_file():
        raise CorpusError(f"corpus_path: {folder} holds no {mining.RECORDS}. {mining.HOW_TO_GET}")
    maker = Maker(p)
    records: list[Record] = []
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                records.append(parse(line, f"{file.name}:{number}", "unknown"))
            except BadRecord as error:
                maker.dropped["records"].add(f"record: {error}", f"{file.name}:{number}")
    repositories = {record.repository.repo_id for record in records}
    by_class = len(repositories) < FEWEST_REPOSITORIES
    by_project: dict[str, list[Example]] = defaultdict(list)
    for record in records:
        group, focal = record.repository.repo_id, record.focal_class
        if by_class:  # of the class under test, so that all its methods are in one split
            group += "/" + (focal.file or focal.identifier)
        by_project[record.repository.repo_id] += maker.examples(record, group, "train", "records")
    by_group: dict[str, list[Example]] = defaultdict(list)
    for project, made in by_project.items():
        for example in maker.of_project(made, project, "records"):
            by_group[example["group"]].append(example)
    sizes = {group: len(some) for group, some in by_group.items() if some}
    asked = {split: asked[split] for split in REAL}
    targets = _targets(asked, sum(sizes.values()))
    split_of = _assigned(sizes, targets, p.corpus_seed)
    examples: list[Example] = []
    for split in asked:
        own = shuffled(example for group in sizes if split_of.get(group) == split for example in by_group[group])
        examples += [{**example, "split": split} for example in own[: targets[split]]]
    more: Report = {"grouping": "class" if by_class else "repository", "repositories": len(repositories)}
    more |= {"targets": targets, "left_over": sum(sizes.values()) - len(examples), "reading": {"records": len(records)}}
    if by_class:
        more["note"] = (
            f"{len(repositories)} repositories are too few to split by: splits share no class under test, but they "
            "share projects. Scores will look better than on unseen projects."
        )
    return storage.in_splits(examples), maker.report(examples, asked, **more)


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
