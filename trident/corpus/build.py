"""From a corpus' source to examples in three splits: what notebook 01 calls."""

from __future__ import annotations

import copy
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import datasets
from datasets import Dataset, DatasetDict

from trident.corpus import methods2test, mining
from trident.corpus.records import CorpusError, Record, Tally
from trident.corpus.sandbox import generate as sandbox
from trident.corpus.schema import FEATURES, SPLITS, Example, Split
from trident.experiment import paths
from trident.experiment.artifacts import atomic
from trident.experiment.params import Parameters
from trident.java import assertions, lexer

#: Splits by repository need at least one for each split.
FEWEST_REPOSITORIES = 3
#: What a published archive is called, by split.
ARCHIVES: Mapping[Split, str] = {"train": "train.tar.bz2", "validation": "eval.tar.bz2", "test": "test.tar.bz2"}
#: Evaluation comes first: a question it holds is dropped from training, not the other way round.
_ORDER: Sequence[Split] = ("test", "validation", "train")
_FOLDER = "examples"


def build(p: Parameters) -> tuple[DatasetDict, dict[str, Any]]:
    """Make the corpus that the parameters describe. The same parameters and sources give the same corpus.

    Reads `corpus`, `corpus_path`, `corpus_seed`, `train_examples`, `validation_examples`, `test_examples`, `masking`, `keep_after`,
    `progress`.

    Returns:
        a dataset of :data:`FEATURES` for each split, and a report ready for JSON. In any report: ``source``; ``asked``, ``got``,
        ``groups`` and ``kinds`` of each split; ``dropped``, counts by place (a split, or ``records`` before there are splits) and
        reason. From records also ``first_dropped`` (reason → where), ``mappings`` (how tests were matched), ``grouping`` (what no two splits share: ``repository`` or
        ``class``), ``left_over`` and ``reading`` (reports on the files read). From the sandbox also what
        :func:`trident.corpus.sandbox.generate` says.

    Raises:
        CorpusError: the source is missing, broken or yields nothing to train or validate on.
    """
    asked: dict[Split, int] = {"train": p.train_examples, "validation": p.validation_examples, "test": p.test_examples}
    if p.corpus == "sandbox":
        examples, report = sandbox.generate(
            *asked.values(), p.corpus_seed, p.masking, p.keep_after, count=p.sandbox_templates
        )
        report = {"source": "sandbox", **report}
    else:
        if not p.corpus_path:
            raise CorpusError(
                f"corpus_path is empty, but corpus = {p.corpus!r} is read from a folder. {_HOW_TO_GET[p.corpus]}"
            )
        folder = paths.inside_root(p.corpus_path)
        if not folder.exists():
            raise CorpusError(f"corpus_path: there is no {folder}. {_HOW_TO_GET[p.corpus]}")
        maker = _Maker(p.corpus, p.masking, p.keep_after)
        if p.corpus == "methods2test":
            examples, report = _from_archives(folder, asked, p.corpus_seed, maker, p.progress)
        else:
            examples, report = _from_mined(folder, asked, p.corpus_seed, maker)
    for split in ("train", "validation"):
        if not report["got"][split]:
            raise CorpusError(
                f"no example for {split} from corpus = {p.corpus!r} {p.corpus_path}: got {report['got']} in {report['groups']} groups; "
                f"dropped {report['dropped']}. It takes tests with assertions in at least two groups."
            )
    columns: dict[str, dict[str, list[str]]] = {split: {name: [] for name in FEATURES} for split in SPLITS}
    for example in examples:
        for name in FEATURES:
            columns[example["split"]][name].append(example[name])
    return DatasetDict({split: Dataset.from_dict(columns[split], features=FEATURES) for split in SPLITS}), report


_HOW_TO_GET = {
    "methods2test": "Clone microsoft/methods2test, run `git lfs pull --include 'dataset/*'` in it, and give that folder as corpus_path.",
    "mined": "Make it with `python -m trident mine SOURCE... --out FOLDER`, and give FOLDER as corpus_path.",
}


def save(dataset: DatasetDict, folder: str | Path) -> None:
    """Write the examples below `folder`, atomically; equal examples give equal files."""
    shown = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()  # a second's work
    try:
        with atomic(Path(folder) / _FOLDER) as temporary:
            dataset.save_to_disk(temporary)
    finally:
        if not shown:
            datasets.enable_progress_bars()


def load(folder: str | Path) -> DatasetDict:
    """What :func:`save` wrote. Raises CorpusError where there is nothing."""
    if not (Path(folder) / _FOLDER).is_dir():
        raise CorpusError(f"no corpus in {folder}: run notebook 01_preprocess with the same parameters")
    return datasets.load_from_disk(Path(folder) / _FOLDER)


# -- from records to examples


class _Maker:
    """Makes examples of records, refusing a question that was asked before, in whatever split."""

    def __init__(self, source: str, masking: str, keep_after: bool) -> None:
        self.source, self.masking, self.keep_after = source, masking, keep_after
        self.dropped: dict[str, Tally] = defaultdict(Tally)
        self._answers: dict[bytes, str] = {}

    def copy(self) -> _Maker:
        """One that may make examples without this one knowing of them."""
        other = _Maker(self.source, self.masking, self.keep_after)
        other.dropped, other._answers = copy.deepcopy(self.dropped), dict(self._answers)
        return other

    def examples(self, record: Record, group: str, split: Split, place: str) -> Iterator[Example]:
        """One example an assertion, or one a test. What is left out is counted in `place`."""
        test, focal, origin = record["test_case"]["body"], record["focal_method"]["body"], record["origin"]
        if assertions.MARK in test or assertions.MARK in focal:
            self.dropped[place].add(f"holds {assertions.MARK} itself", origin)
            return
        try:
            everything = assertions.find(test)
        except assertions.Unparsable:
            self.dropped[place].add("the parser gave up", origin)
            return
        found = [assertion for assertion in everything if assertion.is_statement]
        for _ in range(len(everything) - len(found)):
            self.dropped[place].add("assertion is no statement (body of a lambda)", origin)
        if not everything:
            self.dropped[place].add("test without an assertion", origin)
        # What makes two questions the same: tokens, not layout, nor whether the other assertions are qualified. Each piece of the
        # test is lexed once; a test may have hundreds of assertions.
        ends = [0, *(assertion.end for assertion in found)]
        between = [
            "\0".join(lexer.lex(test[end:start]))
            for end, start in zip(ends, [*(a.start for a in found), len(test)])
        ]
        method = "\0".join(lexer.lex(focal))
        forms = [lexer.canonical(assertion.text) for assertion in found]
        for blank in (
            [range(len(found))] if found and self.masking == "all" else [range(i, i + 1) for i in range(len(found))]
        ):
            if self.masking == "all":
                blanked, target = assertions.mask_all(test, found, self.keep_after)
            else:
                blanked, target = assertions.mask(test, found, blank[0], self.keep_after), found[blank[0]].text
            form = "\n".join(forms[i] for i in blank)
            shown = [assertions.MARK if i in blank else text for i, text in enumerate(forms)]
            pieces = [piece for pair in zip(between, [*shown, ""]) for piece in pair]
            question = _digest("\0".join([method, *(pieces if self.keep_after else pieces[: 2 * blank[0] + 2])]))
            if question in self._answers:
                self.dropped[place].add(
                    "duplicate" if self._answers[question] == form else "same question, other answer", origin
                )
                continue
            self._answers[question] = form
            name = "\0".join((self.source, origin, self.masking, str(self.keep_after), str(blank[0]), test))
            yield Example(
                id=_digest(name)[:8].hex(),
                source=self.source,
                origin=origin,
                mapping=record["mapping"],
                group=group,
                focal_class=record["focal_class"]["identifier"],
                focal_method=focal,
                test_prefix_and_rest=blanked,
                assertion=target,
                assertion_canonical=form,
                kind=found[blank[0]].kind,
                split=split,
            )

    def report(self, examples: Sequence[Example], asked: Mapping[Split, int], **more: Any) -> dict[str, Any]:
        own = {split: [example for example in examples if example["split"] == split] for split in SPLITS}
        dropped = {place: tally.report() for place, tally in self.dropped.items()}
        first = {reason: entry["first"] for reasons in dropped.values() for reason, entry in reasons.items()}
        return {
            "source": self.source,
            "asked": dict(asked),
            "got": {split: len(some) for split, some in own.items()},
            "mappings": dict(Counter(example["mapping"] for example in examples).most_common()),
            "groups": {split: len({example["group"] for example in some}) for split, some in own.items()},
            "kinds": {
                split: dict(Counter(example["kind"] for example in some).most_common()) for split, some in own.items()
            },
            "dropped": {
                place: {reason: entry["count"] for reason, entry in reasons.items()}
                for place, reasons in dropped.items()
            },
            "first_dropped": first,
            **more,
        }


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _shuffled(examples: Iterable[Example]) -> list[Example]:
    """In order of the identifiers, which are digests: no order that means anything, and always the same."""
    return sorted(examples, key=lambda example: example["id"])


# -- Methods2Test: the published splits


def _from_archives(
    folder: Path,
    asked: Mapping[Split, int],
    seed: int,
    maker: _Maker,
    progress: bool,
) -> tuple[list[Example], dict[str, Any]]:
    """Draw each split from its own archive. The published splits share no repository; should they, the pair is dropped and counted."""
    archives = _archives(folder)
    owner: dict[str, Split] = {}
    examples: list[Example] = []
    reading: dict[str, Any] = {}
    for split in _ORDER:
        if not asked[split]:
            continue
        if split not in archives:
            reading[split] = f"no {ARCHIVES[split]}"
            continue
        made, maker, reading[split] = _draw(
            archives[split], split, asked[split], maker, owner, seed=seed, progress=progress
        )
        examples += made
    return examples, maker.report(examples, asked, grouping="repository", reading=reading)


def _archives(folder: Path) -> dict[Split, Path]:
    """The archives by split, the richer layout first. Raises CorpusError when those of training or validation are missing."""
    pointers = []
    for place in (folder, folder / "dataset", folder / "corpus" / "json"):
        found = {split: place / name for split, name in ARCHIVES.items() if (place / name).is_file()}
        empty = [path for path in found.values() if methods2test.is_lfs_pointer(path)]
        pointers += empty
        if {"train", "validation"} <= found.keys() and not empty:
            return found
    if pointers:
        raise CorpusError(
            f"{pointers[0]} is a git-LFS pointer, not the archive: run `git lfs pull --include 'dataset/*'` in {folder}"
        )
    raise CorpusError(
        f"{folder} holds no {ARCHIVES['train']} with {ARCHIVES['validation']}, nor do dataset/ or corpus/json/ in it. "
        + _HOW_TO_GET["methods2test"]
    )


def _draw(
    archive: Path,
    split: Split,
    wanted: int,
    maker: _Maker,
    owner: dict[str, Split],
    *,
    seed: int,
    progress: bool,
) -> tuple[list[Example], _Maker, dict[str, Any]]:
    """As many examples of an archive as wanted, the maker that knows of them, and the report on the archive.

    How many records that takes shows only in the records, so that more are read if need be.
    """
    limit = 2 * wanted
    while True:
        records, report = methods2test.read(archive, limit=limit, seed=seed, progress=progress)
        attempt = maker.copy()
        repositories = dict(owner)
        made: list[Example] = []
        for record in records:
            repository = record["repository"]["repo_id"]
            if repositories.setdefault(repository, split) != split:
                attempt.dropped[split].add("repository of another split", record["origin"])
                continue
            made += attempt.examples(record, repository, split, split)
            if len(made) >= wanted:
                break
        if len(made) >= wanted or report["kept"] < limit:
            owner.update(repositories)
            return _shuffled(made[:wanted]), attempt, report
        limit *= 2


# -- mined: one set of records, to be split here


def _from_mined(
    folder: Path, asked: Mapping[Split, int], seed: int, maker: _Maker
) -> tuple[list[Example], dict[str, Any]]:
    file = folder / mining.RECORDS if folder.is_dir() else folder
    if not file.is_file():
        raise CorpusError(f"corpus_path: {folder} holds no {mining.RECORDS}. {_HOW_TO_GET['mined']}")
    records = list(_lines(file, maker.dropped["records"]))
    repositories = {record["repository"]["repo_id"] for record in records}
    grouping = "repository" if len(repositories) >= FEWEST_REPOSITORIES else "class"
    by_group: dict[str, list[Example]] = defaultdict(list)
    for record in records:
        group = record["repository"]["repo_id"]
        if grouping == "class":  # of the class under test, so that its methods stay on one side
            group += "/" + (record["focal_class"]["file"] or record["focal_class"]["identifier"])
        by_group[group] += maker.examples(record, group, "train", "records")
    sizes = {group: len(some) for group, some in by_group.items() if some}
    targets = _targets(asked, sum(sizes.values()))
    split_of = _assigned(sizes, targets, seed)
    examples: list[Example] = []
    for split in SPLITS:
        own = _shuffled(example for group, some in by_group.items() if split_of.get(group) == split for example in some)
        examples += [{**example, "split": split} for example in own[: targets[split]]]
    report = maker.report(
        examples,
        asked,
        grouping=grouping,
        repositories=len(repositories),
        targets=dict(targets),
        left_over=sum(sizes.values()) - len(examples),
        reading={"records": len(records)},
    )
    if grouping == "class":
        report["note"] = (
            f"{len(repositories)} repositories are too few to split by: splits share no class under test, but share projects. "
            "Scores will look better than on projects never seen."
        )
    return examples, report


def _lines(file: Path, skipped: Tally) -> Iterator[Record]:
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            where = f"{file.name}:{number}"
            try:
                yield methods2test.from_dataset(json.loads(line.decode("utf-8")), "unknown", where)
            except methods2test.BadRecord as error:
                skipped.add(f"record: {error}", where)
            except (ValueError, RecursionError):
                skipped.add("record: not JSON", where)


def _targets(asked: Mapping[Split, int], available: int) -> dict[Split, int]:
    """The sizes asked for, or the same shares of what there is; where that leaves a split without any, it gets one of the largest."""
    if available >= sum(asked.values()):
        return dict(asked)
    targets: dict[Split, int] = sandbox.quotas(available, asked)
    for split in SPLITS:
        if asked[split] and not targets[split]:
            largest = max(targets, key=lambda name: targets[name])
            if targets[largest] > 1:
                targets[split], targets[largest] = 1, targets[largest] - 1
    return targets


def _assigned(sizes: Mapping[str, int], targets: Mapping[Split, int], seed: int) -> dict[str, Split]:
    """Give each group to the split that lacks most, so that training fills up first and evaluation gets what is left.

    Many groups come in an order drawn by `seed`. A few come the largest first: a small one must not be all that is trained on.
    """
    order = sorted(sizes, key=lambda group: _digest(f"{seed}\0{group}"))
    if len(order) < 4 * len(SPLITS):
        order.sort(key=lambda group: -sizes[group])
    missing = {split: targets[split] for split in SPLITS if targets[split]}
    empty = set(missing)
    split_of: dict[str, Split] = {}
    for position, group in enumerate(order):
        # The last groups go to splits that have none yet.
        last = len(order) - position <= len(empty)
        split = next(name for name in SPLITS if name in empty) if last else max(missing, key=lambda name: missing[name])
        if missing[split] <= 0 and not empty:
            break
        split_of[group] = split
        missing[split] -= sizes[group]
        empty.discard(split)
    return split_of
