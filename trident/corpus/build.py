"""From a source of Java tests to examples in splits. Notebook 01 calls it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import datasets
from datasets import Dataset, DatasetDict

from trident.corpus import methods2test, mining
from trident.corpus.records import BadRecord, CorpusError, Record, Tally, parse
from trident.corpus.sandbox.generate import generate
from trident.corpus.schema import FEATURES, MAKING_ORDER, SPLITS, Example, Split
from trident.experiment import paths
from trident.experiment.artifacts import atomic, fingerprint
from trident.experiment.params import Parameters
from trident.java import assertions, lexer

datasets.disable_progress_bars()  # writing the examples takes a second

#: Splits by repository need at least one for each split.
FEWEST_REPOSITORIES = 3
#: The names of the published archives. Real Java has no unseen split: test itself is of other repositories.
ARCHIVES: Mapping[Split, str] = {"train": "train.tar.bz2", "validation": "eval.tar.bz2", "test": "test.tar.bz2"}
_FOLDER = "examples"
#: Text that a tokenizer of T5, CodeT5+ or the sandbox reads as one of its own signs, also inside a string literal.
_SPECIAL = re.compile(rf"{assertions.MARK}|</?s>|<(pad|unk|mask|extra_id_\d+)>")

Report = dict[str, Any]


def build(p: Parameters) -> tuple[DatasetDict, Report]:
    """Make the corpus that the parameters describe. The same parameters and sources give the same corpus.

    Reads `corpus`, `corpus_path`, `corpus_seed`, `train_examples`, `validation_examples`, `test_examples`,
    `teacher_examples`, `unseen_examples` and `sandbox_templates` (these three: sandbox only), `masking`, `keep_after`,
    `progress`.

    Returns:
        a dataset of :data:`FEATURES` for each split, which may be empty, and a report for JSON. Every report has:
        ``source``; ``asked``, ``got``, ``groups`` and ``kinds`` of each split; ``dropped``, counts by place (a split,
        or ``records`` before there are splits) and reason. Of real Java also ``first_dropped`` (reason → place),
        ``mappings`` (how tests were matched), ``grouping`` (what no two splits share: ``repository`` or ``class``) and
        ``reading`` (on the files read). Of the sandbox also what :func:`trident.corpus.sandbox.generate.generate`
        reports.

    Raises:
        CorpusError: the source is missing, broken or yields nothing to train or validate on.
    """
    asked = split_sizes(p)
    if p.corpus == "sandbox":
        examples, report = generate(asked, p.corpus_seed, p.masking, p.keep_after, templates=p.sandbox_templates)
        report["source"] = "sandbox"
    else:
        if p.teacher_examples:
            raise CorpusError(
                f"teacher_examples = {p.teacher_examples}, but only the sandbox has a split for the teacher: with "
                f"corpus = {p.corpus!r} set it to 0, and the teacher is fine-tuned on train."
            )
        read, help_text = {
            "methods2test": (_from_archives, methods2test.HOW_TO_GET),
            "mined": (_from_mined, mining.HOW_TO_GET),
        }[p.corpus]
        if not p.corpus_path:
            raise CorpusError(f"corpus_path is empty, but corpus = {p.corpus!r} is read from a folder. {help_text}")
        folder = paths.inside_root(p.corpus_path)
        if not folder.exists():
            raise CorpusError(f"corpus_path: there is no {folder}. {help_text}")
        examples, report = read(folder, {split: asked[split] for split in ARCHIVES}, p)
    for split in ("train", "validation"):
        if not report["got"][split]:
            raise CorpusError(
                f"no example for {split} from corpus = {p.corpus!r} {p.corpus_path}: got {report['got']} in "
                f"{report['groups']} groups; dropped {report['dropped']}. "
                "It takes tests with assertions in at least two groups."
            )
    rows: list[dict[str, Any]] = [{**example} for example in examples]
    dataset = DatasetDict()
    for split in SPLITS:
        columns = {name: [row[name] for row in rows if row["split"] == split] for name in FEATURES}
        dataset[split] = Dataset.from_dict(columns, features=FEATURES)
    return dataset, report


def split_sizes(p: Parameters) -> dict[Split, int]:
    """The examples asked for in each split: the parameters `train_examples` and so on."""
    return {split: getattr(p, f"{split}_examples") for split in SPLITS}


def save(dataset: DatasetDict, folder: str | Path) -> None:
    """Write the examples below `folder`, atomically; equal examples give equal files."""
    with atomic(Path(folder) / _FOLDER) as temporary:
        # One file per split, also for an empty one: `datasets` writes none by itself and then cannot read it.
        dataset.save_to_disk(temporary, num_shards=dict.fromkeys(dataset, 1))


def load(folder: str | Path) -> DatasetDict:
    """What :func:`save` wrote. Raises CorpusError if there is nothing."""
    if not (Path(folder) / _FOLDER).is_dir():
        raise CorpusError(f"no corpus in {folder}: run notebook 01_preprocess with the same parameters")
    return datasets.load_from_disk(Path(folder) / _FOLDER)


# -- from records to examples


class _Maker:
    """Makes examples of records. A question that was asked before, in any split, is dropped. Counts what is dropped."""

    def __init__(self, p: Parameters) -> None:
        self.p = p
        self.dropped: dict[str, Tally] = defaultdict(Tally)
        self._answers: dict[str, str] = {}

    def examples(self, record: Record, group: str, split: Split, place: str) -> Iterator[Example]:
        """One example per assertion, or one per test (``masking: all``). What is left out is counted in `place`."""
        test, focal, origin = record.test_case.body, record.focal_method.body, record.origin
        found = self._statements(test, focal, origin, place)
        every = self.p.masking == "all"
        for index, assertion in enumerate(found[:1] if every else found):
            if every:
                masked, target = assertions.mask_all(test, found, self.p.keep_after)
            else:
                masked, target = assertions.mask(test, found, index, self.p.keep_after), assertion.text
            form = "\n".join(lexer.canonical(one.text) for one in (found if every else [assertion]))
            # Two questions are the same if their tokens are: layout, and qualifiers of other assertions, do not count.
            question = fingerprint(lexer.unqualified(focal), lexer.unqualified(masked))
            if question in self._answers:
                same = self._answers[question] == form
                self.dropped[place].add("duplicate" if same else "same question, other answer", origin)
                continue
            self._answers[question] = form
            yield Example(
                id=fingerprint(self.p.corpus, origin, self.p.masking, self.p.keep_after, index, test)[:16],
                source=self.p.corpus,
                origin=origin,
                mapping=record.mapping,
                group=group,
                focal_class=record.focal_class.identifier,
                focal_method=focal,
                test_prefix_and_rest=masked,
                assertion=target,
                assertion_canonical=form,
                accepted=[form],
                accepted_probability=[1.0],
                kind=assertion.kind,
                split=split,
            )

    def _statements(self, test: str, focal: str, origin: str, place: str) -> list[assertions.Assertion]:
        """The assertions of a test that can be masked."""
        dropped = self.dropped[place]
        if special := _SPECIAL.search(test) or _SPECIAL.search(focal):
            dropped.add(f"holds the special token {special[0]}", origin)
            return []
        try:
            found = assertions.find(test)
        except assertions.Unparsable:
            dropped.add("the parser gave up", origin)
            return []
        if not found:
            dropped.add("test without an assertion", origin)
        for assertion in found:
            if not assertion.is_statement:
                dropped.add("assertion is no statement (body of a lambda, condition, …)", origin)
        return [assertion for assertion in found if assertion.is_statement]

    def report(self, examples: Sequence[Example], asked: Mapping[Split, int], **more: Any) -> Report:
        own = {split: [example for example in examples if example["split"] == split] for split in SPLITS}
        dropped = {place: reasons for place, tally in self.dropped.items() if (reasons := tally.report())}
        return {
            "source": self.p.corpus,
            "asked": {split: asked.get(split, 0) for split in SPLITS},
            "got": {split: len(some) for split, some in own.items()},
            "groups": {split: len({one["group"] for one in some}) for split, some in own.items()},
            "kinds": {split: dict(Counter(one["kind"] for one in some).most_common()) for split, some in own.items()},
            "mappings": dict(Counter(one["mapping"] for one in examples).most_common()),
            "dropped": {place: {why: entry["count"] for why, entry in some.items()} for place, some in dropped.items()},
            "first_dropped": {why: entry["first"] for some in dropped.values() for why, entry in some.items()},
            **more,
        }


def _shuffled(examples: Iterable[Example]) -> list[Example]:
    """In order of the identifiers. These are digests, so the order means nothing and is always the same."""
    return sorted(examples, key=lambda example: example["id"])


# -- Methods2Test: the published splits


def _from_archives(folder: Path, asked: Mapping[Split, int], p: Parameters) -> tuple[list[Example], Report]:
    """Draw each split from its own archive. A repository or a question of two splits stays in the first one drawn."""
    maker = _Maker(p)
    needed = (ARCHIVES["train"], ARCHIVES["validation"])
    places = [place for place in (folder, folder / "dataset") if all((place / name).is_file() for name in needed)]
    if not places:
        raise CorpusError(
            f"{folder} holds no {' with '.join(needed)}, nor does dataset/ in it. {methods2test.HOW_TO_GET}"
        )
    owner: dict[str, Split] = {}
    examples: list[Example] = []
    reading: dict[str, Any] = {}
    for split in (split for split in MAKING_ORDER if split in asked):
        archive = places[0] / ARCHIVES[split]
        if asked[split] and archive.is_file():
            made, reading[split] = _draw(archive, split, asked[split], maker, owner)
            examples += made
        elif asked[split]:
            reading[split] = f"no {ARCHIVES[split]}"
    return examples, maker.report(examples, asked, grouping="repository", reading=reading)


def _draw(
    archive: Path, split: Split, wanted: int, maker: _Maker, owner: dict[str, Split]
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
            made += maker.examples(record, repository, split, split)
            if len(made) >= wanted:
                break
        if len(made) >= wanted or report["kept"] < limit:
            return _shuffled(made[:wanted]), report
        done, limit = limit, 2 * limit


# -- mined: one set of records, to be split here


def _from_mined(folder: Path, asked: Mapping[Split, int], p: Parameters) -> tuple[list[Example], Report]:
    file = folder / mining.RECORDS if folder.is_dir() else folder
    if not file.is_file():
        raise CorpusError(f"corpus_path: {folder} holds no {mining.RECORDS}. {mining.HOW_TO_GET}")
    maker = _Maker(p)
    records: list[Record] = []
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                records.append(parse(line, f"{file.name}:{number}", "unknown"))
            except BadRecord as error:
                maker.dropped["records"].add(f"record: {error}", f"{file.name}:{number}")
    repositories = {record.repository.repo_id for record in records}
    by_class = len(repositories) < FEWEST_REPOSITORIES
    by_group: dict[str, list[Example]] = defaultdict(list)
    for record in records:
        group, focal = record.repository.repo_id, record.focal_class
        if by_class:  # of the class under test, so that all its methods are in one split
            group += "/" + (focal.file or focal.identifier)
        by_group[group] += maker.examples(record, group, "train", "records")
    sizes = {group: len(some) for group, some in by_group.items() if some}
    targets = _targets(asked, sum(sizes.values()))
    split_of = _assigned(sizes, targets, p.corpus_seed)
    examples: list[Example] = []
    for split in asked:
        own = _shuffled(example for group in sizes if split_of.get(group) == split for example in by_group[group])
        examples += [{**example, "split": split} for example in own[: targets[split]]]
    more: Report = {"grouping": "class" if by_class else "repository", "repositories": len(repositories)}
    more |= {"targets": targets, "left_over": sum(sizes.values()) - len(examples), "reading": {"records": len(records)}}
    if by_class:
        more["note"] = (
            f"{len(repositories)} repositories are too few to split by: splits share no class under test, but they "
            "share projects. Scores will look better than on unseen projects."
        )
    return examples, maker.report(examples, asked, **more)


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
