"""From records of real Java, whatever their source, to examples."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from trident.corpus import mappings
from trident.corpus.records import Record, Tally
from trident.corpus.schema import SPLITS, CorpusError, Example, Split
from trident.experiment import paths
from trident.experiment.artifacts import fingerprint
from trident.experiment.params import Parameters
from trident.java import assertions, lexer

#: Real Java has no unseen split: test itself is of other repositories.
REAL: tuple[Split, ...] = ("train", "validation", "test")
#: Text that a tokenizer of T5, CodeT5+ or the sandbox reads as one of its own signs, also inside a string literal.
_SPECIAL = re.compile(rf"{assertions.MARK}|</?s>|<(pad|unk|mask|extra_id_\d+)>")

Report = dict[str, Any]


def place(p: Parameters, how_to_get: str) -> Path:
    """The folder or file `corpus_path`. Raises CorpusError, with `how_to_get`, if there is none."""
    if p.teacher_examples:
        raise CorpusError(
            f"teacher_examples = {p.teacher_examples}, but only the sandbox has a split for the teacher: with "
            f"corpus = {p.corpus!r} set it to 0, and the teacher is fine-tuned on train."
        )
    if not p.corpus_path:
        raise CorpusError(f"corpus_path is empty, but corpus = {p.corpus!r} is read from a folder. {how_to_get}")
    folder = paths.inside_root(p.corpus_path)
    if not folder.exists():
        raise CorpusError(f"corpus_path: there is no {folder}. {how_to_get}")
    return folder


class Maker:
    """Makes examples of records. A question that was asked before, in any split, is dropped. Counts what is dropped.

    Reads `mappings`, `examples_per_project`, `examples_per_test`, `masking` and `keep_after`.
    """

    def __init__(self, p: Parameters) -> None:
        self.p = p
        self._mappings = mappings.chosen(p.mappings)
        self.dropped: dict[str, Tally] = defaultdict(Tally)
        self._answers: dict[str, str] = {}
        self._of_project: Counter[str] = Counter()

    def examples(self, record: Record, group: str, split: Split, place: str) -> Iterator[Example]:
        """One example per assertion, or one per test (``masking: all``). What is left out is counted in `place`."""
        if record.mapping not in self._mappings:
            self.dropped[place].add(f"matched by {record.mapping}", record.origin)
            return
        made = list(self._examples(record, group, split, place))
        cap = self.p.examples_per_test
        yield from self._at_most(cap, made, f"more than {cap} of one test", place) if cap else made

    def of_project(self, made: Sequence[Example], project: str, place: str) -> list[Example]:
        """Of more examples of a project as many as the parameter `examples_per_project` still admits."""
        cap = self.p.examples_per_project
        room = cap - self._of_project[project] if cap else len(made)
        kept = self._at_most(room, made, f"more than {cap} of one project", place)
        self._of_project[project] += len(kept)
        return kept

    def _at_most(self, room: int, made: Sequence[Example], reason: str, place: str) -> list[Example]:
        """As many of `made` as there is room for, drawn by their identifiers, in their order. Counts the others."""
        kept = {example["id"] for example in shuffled(made)[:room]}
        for example in made:
            if example["id"] not in kept:
                self.dropped[place].add(reason, example["origin"])
        return [example for example in made if example["id"] in kept]

    def _examples(self, record: Record, group: str, split: Split, place: str) -> Iterator[Example]:
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
            "asked": {split: asked[split] if split in REAL else 0 for split in SPLITS},
            "got": {split: len(some) for split, some in own.items()},
            "groups": {split: len({one["group"] for one in some}) for split, some in own.items()},
            "kinds": {split: dict(Counter(one["kind"] for one in some).most_common()) for split, some in own.items()},
            "mappings": dict(Counter(one["mapping"] for one in examples).most_common()),
            "dropped": {place: {why: entry["count"] for why, entry in some.items()} for place, some in dropped.items()},
            "first_dropped": {why: entry["first"] for some in dropped.values() for why, entry in some.items()},
            **more,
        }


def shuffled(examples: Iterable[Example]) -> list[Example]:
    """In order of the identifiers. These are digests, so the order means nothing and is always the same."""
    return sorted(examples, key=lambda example: example["id"])
