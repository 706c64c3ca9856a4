"""The sandbox corpus: examples generated from the Java templates below ``templates/``.

Train, validation and test come from the same templates but never from the same instance; unseen comes from templates
that the others never see. The kinds of assertions follow real code; within a kind all templates are drawn from equally
often. An assertion is masked only where what is left shows what it holds: else its arguments could only be guessed.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any, Literal

from trident.corpus.sandbox.expressions import knowable
from trident.corpus.sandbox.holes import holes_in
from trident.corpus.sandbox.styles import answers
from trident.corpus.sandbox.template import FOLDER, Instance, RenderedTest, Template, load, number_of
from trident.corpus.schema import MAKING_ORDER, SPLITS, Example, Split
from trident.java.assertions import mask, mask_all

#: How often each kind of assertion is wanted: the shares seen in Methods2Test; the last six share its remaining 4 %.
KINDS: Mapping[str, float] = {
    "assertEquals": 0.55,
    "assertNotNull": 0.16,
    "assertTrue": 0.16,
    "assertFalse": 0.06,
    "assertNull": 0.03,
    "assertArrayEquals": 0.010,
    "assertThat": 0.008,
    "assertSame": 0.007,
    "assertNotEquals": 0.007,
    "assertThrows": 0.005,
    "assertNotSame": 0.003,
}

#: One template file in this many is kept for the split unseen.
HELD_OUT = 5
#: A blank is exhausted when this many instances in a row brought nothing new.
PATIENCE = 40
#: Every fourth instance is for validation, see :func:`_numbers`.
VALIDATION_EVERY = 4


def held_out(names: Sequence[str]) -> frozenset[str]:
    """Which templates are for the split unseen: of each domain one file in five, picked by a digest of the name."""
    return frozenset(
        name for domain in _by_domain(names, "held out") for name in domain[: int(len(domain) / HELD_OUT + 0.5)]
    )


def _by_domain(names: Sequence[str], purpose: str) -> Iterable[list[str]]:
    """The names of each domain, in an order that depends on the names and the purpose alone."""
    domains = defaultdict(list)
    for name in sorted(names, key=lambda name: number_of(purpose, name)):
        domains[name.split("/")[0]].append(name)
    return domains.values()


def chosen(everything: Sequence[Template], count: int) -> tuple[list[Template], frozenset[str]]:
    """`count` of the templates (0: all), spread evenly over the domains; and which of them are unseen."""
    kept = held_out([template.name for template in everything])
    if not count:
        return list(everything), kept
    held = int(count / HELD_OUT + 0.5)
    names: set[str] = set()
    for unseen, wanted in ((False, count - held), (True, held)):
        domains = _by_domain([t.name for t in everything if (t.name in kept) == unseen], "chosen")
        rank = {name: (place + 0.5) / len(domain) for domain in domains for place, name in enumerate(domain)}
        names.update(sorted(rank, key=lambda name: (rank[name], name))[:wanted])
    return [template for template in everything if template.name in names], kept & names


def quotas(count: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Whole numbers in the proportions of `shares`, summing to `count` (largest remainders)."""
    exact = {kind: count * share / sum(shares.values()) for kind, share in shares.items()}
    out = {kind: int(value) for kind, value in exact.items()}
    rest = sorted(exact, key=lambda kind: (out[kind] - exact[kind], kind))
    for kind in rest[: count - sum(out.values())]:
        out[kind] += 1
    return out


@dataclass(frozen=True)
class _Blank:
    """What may be masked: an assertion of a test, or (masking "all", `assertion` None) the whole of them.

    Its text decides the order in which blanks are used: another name of the class or a field gives another corpus.
    """

    test: int
    assertion: int | None

    def kind(self, test: RenderedTest) -> str:
        """The kind in the template: what the house makes of it has no part in the choice of examples."""
        return test.kinds[self.assertion or 0]


def answerable(template: Template, blank: _Blank, keep_after: bool) -> bool:
    """Whether the focal method and what is left of the test show all that the assertion holds (its name aside).

    What is left shows no message: the house may have dropped it.
    """
    test = template.tests[blank.test]
    chunks = [*test.chunks]
    for j, one in enumerate(template.instance(0, 0).test(blank.test).worded):
        chunks[2 * j + 1] = "".join(f"${hole}$" for hole in holes_in(chunks[2 * j + 1]) - one.menu.droppable)
    masked = {2 * j + 1 for j in range(len(test.assertions)) if blank.assertion in (None, j)}
    left = [chunk for i, chunk in enumerate(chunks) if i not in masked and (keep_after or i < min(masked))]
    known = knowable((template.holes, test.holes), holes_in(test.focal, *left))
    return holes_in(*(test.chunks[i] for i in masked)) <= known | holes_in(*(a.kind for a in test.assertions))


def blanks(template: Template, masking: str, keep_after: bool) -> dict[str, list[_Blank]]:
    """The answerable blanks of a template by kind. One whose assertion's name is a hole is under each kind it takes."""
    probes = [template.instance(0, number) for number in range(16)]
    found = defaultdict(list)
    for i, test in enumerate(template.tests):
        for j in range(len(test.assertions)) if masking == "one" else [None]:
            blank = _Blank(i, j)
            if answerable(template, blank, keep_after):
                varies = holes_in(test.assertions[j or 0].kind)
                for kind in {blank.kind(probe.test(i)) for probe in (probes if varies else probes[:1])}:
                    found[kind].append(blank)
    return found


def _numbers(split: Split) -> Iterator[int]:
    """The instances that belong to a split, whatever its size. Splits that share templates share no number."""
    if split == "unseen":
        return count()
    if split in ("test", "teacher"):
        return count(-1 if split == "test" else -2, -2)
    turns = cycle(["train"] * (VALIDATION_EVERY - 1) + ["validation"])
    return (number for number, owner in enumerate(turns) if owner == split)


class _Source:
    """Makes the examples of all splits and drops those whose input was made before."""

    def __init__(self, seed: int, masking: str, keep_after: bool) -> None:
        self.seed, self.masking, self.keep_after = seed, masking, keep_after
        self.dropped: dict[str, Counter[str]] = defaultdict(Counter)
        self._asked: dict[int, frozenset[int]] = {}
        self.instance = cache(lambda template, number: template.instance(seed, number))

    def stream(self, template: Template, blanks: Sequence[_Blank], kind: str, split: Split) -> Iterator[Example]:
        """New examples of one kind from one template, one blank after the other, until all are exhausted."""
        turn = deque((blank, PATIENCE) for blank in sorted(blanks, key=lambda b: number_of(template.name, kind, b)))
        numbers = _numbers(split)
        while turn:
            blank, patience = turn.popleft()
            instance = self.instance(template, next(numbers))
            example = self.example(instance, blank, split) if blank.kind(instance.test(blank.test)) == kind else None
            if example is not None:
                yield example
                turn.append((blank, PATIENCE))
            elif patience > 1:
                turn.append((blank, patience - 1))

    def example(self, instance: Instance, blank: _Blank, split: Split) -> Example | None:
        """The example, or None (counted) when its input was seen before."""
        test = instance.test(blank.test)
        masked = [blank.assertion in (None, i) for i in range(len(test.assertions))]
        target = "\n".join(one.text for one, gone in zip(test.worded, masked, strict=True) if gone)
        form = "\n".join(one.canonical for one, gone in zip(test.worded, masked, strict=True) if gone)
        if blank.assertion is None:
            question, _ = mask_all(test.source, test.assertions, self.keep_after)
        else:
            question = mask(test.source, test.assertions, blank.assertion, self.keep_after)
        accepted = _accepted(test, masked, self.keep_after)
        meaning = test.meaning(masked, self.keep_after)
        if not self._is_new(test.focal_method, (question.replace("Assert.", ""), meaning), accepted, form, split):
            return None
        name = instance.template.tests[blank.test].name
        place = (instance.group, name, blank.assertion, self.masking, self.keep_after)
        return Example(
            id=f"{number_of('sandbox', self.seed, *place):016x}",
            source="sandbox",
            origin=f"{instance.template.name}.java#{test.name}",
            mapping="template",
            group=instance.group,
            focal_class=instance.class_name,
            focal_method=test.focal_method,
            test_prefix_and_rest=question,
            assertion=target,
            assertion_canonical=form,
            accepted=list(accepted),
            accepted_probability=list(accepted.values()),
            kind=test.assertions[blank.assertion or 0].kind,
            split=split,
        )

    def _is_new(self, focal: str, questions: Iterable[str], accepted: Iterable[str], answer: str, split: Split) -> bool:
        """Whether no question was asked before, neither as it is worded nor as it is meant; counts those that were."""
        digests = {number_of(focal, question) for question in questions}
        asked = [self._asked[digest] for digest in digests if digest in self._asked]
        for digest in digests if not asked else ():
            self._asked[digest] = frozenset(map(hash, accepted))
        if asked:
            same = any(hash(answer) in answers for answers in asked)
            self.dropped[split]["duplicate" if same else "same question, other answer"] += 1
        return not asked


def _accepted(test: RenderedTest, masked: Sequence[bool], keep_after: bool) -> dict[str, float]:
    """The answers that mean what the masked assertions say, each with its probability given what is visible."""
    shown = [not gone for gone in masked]
    if not keep_after:
        shown[masked.index(True) :] = []
    visible = [one.in_houses[one.canonical] for one, seen in zip(test.worded, shown, strict=False) if seen]
    hidden = [one for one, gone in zip(test.worded, masked, strict=True) if gone]
    return answers([one.in_houses for one in hidden], visible, [one.canonical for one in hidden])


def generate(
    sizes: Mapping[Split, int],
    seed: int,
    masking: Literal["one", "all"] = "one",
    keep_after: bool = True,
    folder: Path = FOLDER,
    templates: int = 0,
) -> tuple[list[Example], dict[str, Any]]:
    """Generate a corpus. The same arguments and templates give the same examples, on any machine.

    Args:
        sizes: examples wanted in each split; one not named gets none. Made in :data:`MAKING_ORDER`: the size of a
            split changes nothing in those before it.
        seed: which instances of the templates are drawn.
        masking: "one": one example per assertion, the others stay in the test (the paper's text); "all": one per test,
            with all assertions masked at once (the released code).
        keep_after: keep what follows the masked assertion.
        templates: how many of the folder's templates to draw from (see :func:`chosen`); 0: all.

    Returns:
        the examples, shuffled within each split; and a report, ready for JSON: by split the examples `asked` and `got`,
        `groups`, `kinds`, `shortfall` (kinds that the templates could not supply as often as wanted; others took their
        place) and `dropped` by reason; the number of `templates` and the names of those `held_out`.
    """
    everything, kept = chosen(load(folder), templates)
    source = _Source(seed, masking, keep_after)
    made: dict[Split, list[Example]] = {}
    shortfall: dict[Split, dict[str, int]] = {}
    for split in MAKING_ORDER:
        own = [template for template in everything if (template.name in kept) == (split == "unseen")]
        made[split], shortfall[split] = _fill(source, own, sizes.get(split, 0), split)
        random.Random(number_of(seed, split)).shuffle(made[split])
    report = {
        "asked": {split: sizes.get(split, 0) for split in SPLITS},
        "got": {split: len(made[split]) for split in SPLITS},
        "groups": {split: len({example["group"] for example in made[split]}) for split in SPLITS},
        "kinds": {split: dict(Counter(example["kind"] for example in made[split]).most_common()) for split in SPLITS},
        "shortfall": {split: shortfall[split] for split in SPLITS},
        "dropped": {split: dict(source.dropped[split]) for split in SPLITS},
        "templates": len(everything),
        "held_out": sorted(kept),
    }
    return [example for split in SPLITS for example in made[split]], report


def _fill(source: _Source, own: Sequence[Template], wanted: int, split: Split) -> tuple[list[Example], dict[str, int]]:
    """As many examples as wanted, if there are so many; and by how many each kind missed its quota."""
    streams: dict[str, deque[Iterator[Example]]] = {kind: deque() for kind in KINDS}
    for template in sorted(own, key=lambda t: number_of(source.seed, split, t.name)):
        for kind, found in blanks(template, source.masking, source.keep_after).items():
            if kind in streams:
                streams[kind].append(source.stream(template, found, kind, split))
    made: list[Example] = []
    shortfall: dict[str, int] = {}
    for kind, quota in quotas(wanted, KINDS).items():
        got = list(islice(_in_turn(streams[kind]), quota))
        made += got
        if len(got) < quota:
            shortfall[kind] = quota - len(got)
    # What is missing is shared among the kinds that have more.
    while len(made) < wanted and any(streams.values()):
        for kind, quota in quotas(wanted - len(made), {kind: KINDS[kind] for kind in KINDS if streams[kind]}).items():
            made += islice(_in_turn(streams[kind]), quota)
    return made, shortfall


def _in_turn(streams: deque[Iterator[Example]]) -> Iterator[Example]:
    """One example of each stream in turn; a stream that ends leaves the queue."""
    while streams:
        example = next(streams[0], None)
        if example is None:
            streams.popleft()
        else:
            streams.rotate(-1)
            yield example


def instances(examples: Sequence[Example], seed: int, folder: Path = FOLDER) -> list[Instance]:
    """The complete instances behind examples that :func:`generate` made with this seed and folder, in order of group.

    Raises:
        ValueError: an example is not from the sandbox, or its template has changed since.
    """
    known = {template.name: template for template in load(folder)}
    made: dict[str, Instance] = {}
    for example in examples:
        name, _, number = example["group"].partition("#")
        where = f"example {example['id']} ({example['origin']})"
        if name not in known:
            raise ValueError(f"{where}: no sandbox template {name!r}")
        if example["group"] not in made:
            made[example["group"]] = known[name].instance(seed, int(number))
        instance = made[example["group"]]
        methods = {instance.test(i).focal_method for i in range(len(instance.template.tests))}
        if example["focal_method"] not in methods or example["assertion"].split("\n")[0] not in instance.test_source:
            raise ValueError(
                f"{where} is not made with seed {seed}: the template has changed, or the seed is another one"
            )
    return [made[group] for group in sorted(made)]
