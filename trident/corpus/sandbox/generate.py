"""The sandbox corpus: examples generated from the Java templates below ``templates/``.

Train and validation come from the same templates but never from the same instance; test comes from templates that the other two
never see. The kinds of assertions follow real code; within a kind all templates are drawn from alike. An assertion is masked
only where what is left shows what it holds: an argument that stood nowhere else could but be guessed.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, islice
from pathlib import Path
from typing import Any, Literal

from trident.corpus.sandbox.expressions import TemplateError, knowable
from trident.corpus.sandbox.template import FOLDER, Instance, RenderedTest, Template, load, number_of, read
from trident.corpus.schema import Example, Split
from trident.java.assertions import find, mask, mask_all, parse
from trident.java.lexer import canonical, lex

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

#: One template file in this many is kept for the test split.
HELD_OUT = 5
#: A blank that has brought nothing new in so many instances running is exhausted.
PATIENCE = 40
#: Every fourth instance is for validation, the others for training: sizes of the splits do not change what they hold.
VALIDATION_EVERY = 4


@lru_cache(maxsize=8)
def templates(folder: Path = FOLDER) -> tuple[Template, ...]:
    """The templates below `folder`, read once. Raises TemplateError as :func:`trident.corpus.sandbox.template.load` does."""
    return tuple(load(folder))


def held_out(names: Sequence[str]) -> frozenset[str]:
    """Which templates are for the test split: of each domain one file in five, picked by a digest of the name."""
    return frozenset(
        name
        for group in _by_domain(names)
        for name in sorted(group, key=lambda n: number_of("held out", n))[: int(len(group) / HELD_OUT + 0.5)]
    )


def _by_domain(names: Sequence[str]) -> Iterable[list[str]]:
    domains = defaultdict(list)
    for name in names:
        domains[name.split("/")[0]].append(name)
    return domains.values()


def chosen(everything: Sequence[Template], count: int) -> tuple[list[Template], frozenset[str]]:
    """`count` of the templates (all, for 0), as evenly over the domains as it goes, picked by a digest of the name.

    Returns:
        the templates, in order; and the names of those among them that are for the test split: one in five, as in the whole.
    """
    kept = held_out([template.name for template in everything])
    if not count:
        return list(everything), kept
    parts = [
        [template.name for template in everything if (template.name in kept) == unseen] for unseen in (False, True)
    ]
    tests = int(count / HELD_OUT + 0.5)
    names = {
        name for part, number in zip(parts, (count - tests, tests), strict=True) for name in _spread(part)[:number]
    }
    return [template for template in everything if template.name in names], kept & names


def _spread(names: Sequence[str]) -> list[str]:
    """The names in an order in which each beginning is spread evenly over the domains."""
    rank = {
        name: (place + 0.5) / len(group)
        for group in _by_domain(names)
        for place, name in enumerate(sorted(group, key=lambda n: number_of("chosen", n)))
    }
    return sorted(names, key=lambda name: (rank[name], name))


def quotas(count: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Whole numbers in the proportions of `shares`, summing to `count` (largest remainders)."""
    whole = sum(shares.values())
    exact = {kind: count * share / whole for kind, share in shares.items()}
    out = {kind: int(value) for kind, value in exact.items()}
    rest = sorted(exact, key=lambda kind: (out[kind] - exact[kind], kind))
    for kind in rest[: count - sum(out.values())]:
        out[kind] += 1
    return out


@dataclass(frozen=True)
class _Blank:
    """What may be masked: an assertion of a test, or (masking "all", `assertion` None) the whole of them."""

    test: int
    assertion: int | None

    def kind(self, test: RenderedTest) -> str:
        return test.assertions[self.assertion or 0].kind


def _answerable(template: Template, blank: _Blank, keep_after: bool) -> bool:
    """Whether the focal method and what is left of the test show all that the assertion holds (its name aside)."""
    test = template.tests[blank.test]
    masked = {2 * j + 1 for j in range(len(test.assertions)) if blank.assertion in (None, j)}
    left = [chunk for i, chunk in enumerate(test.chunks) if i not in masked and (keep_after or i < min(masked))]
    shown = test.focal.holes.union(test.title.holes, *(chunk.holes for chunk in left))
    asked = frozenset().union(*(test.chunks[i].holes for i in masked)) & (
        template.holes.defined.keys() | test.holes.defined.keys()
    )
    return asked <= knowable((template.holes, test.holes), shown).union(verdict for verdict in test.verdicts if verdict)


def _blanks(template: Template, masking: str, keep_after: bool) -> dict[str, list[_Blank]]:
    """The answerable blanks of a template by kind. One whose assertion's name is a hole stands under each kind it takes."""
    probes = [template.instance(0, number) for number in range(16)]
    blanks = defaultdict(list)
    for i, test in enumerate(template.tests):
        for j in range(len(test.assertions)) if masking == "one" else [None]:
            blank = _Blank(i, j)
            if not _answerable(template, blank, keep_after):
                continue
            varies = test.verdicts[j or 0] is not None
            for kind in (
                sorted({blank.kind(probe.test(i)) for probe in probes}) if varies else [test.assertions[j or 0].kind]
            ):
                blanks[kind].append(blank)
    return blanks


class _Source:
    """Makes the examples of all splits, refusing what was made before."""

    def __init__(self, seed: int, masking: str, keep_after: bool) -> None:
        self.seed, self.masking, self.keep_after = seed, masking, keep_after
        self.dropped: dict[str, Counter[str]] = defaultdict(Counter)
        self._answers: dict[str, str] = {}
        self._instances: dict[tuple[str, int], Instance] = {}

    def instance(self, template: Template, number: int) -> Instance:
        key = (template.name, number)
        if key not in self._instances:
            self._instances[key] = template.instance(self.seed, number)
        return self._instances[key]

    def stream(self, template: Template, blanks: Sequence[_Blank], kind: str, split: Split) -> Iterator[Example]:
        """New examples of one kind from one template, blank after blank, until all are exhausted."""
        turn = deque((blank, PATIENCE) for blank in sorted(blanks, key=lambda b: number_of(template.name, kind, b)))
        numbers = _numbers(split)
        while turn:
            blank, patience = turn.popleft()
            instance = self.instance(template, next(numbers))
            example = self.example(instance, blank, split) if blank.kind(instance.test(blank.test)) == kind else None
            if example is not None:
                yield example
            patience = patience - 1 if example is None else PATIENCE
            if patience:
                turn.append((blank, patience))

    def example(self, instance: Instance, blank: _Blank, split: Split) -> Example | None:
        """The example, or None (counted) when its input was seen before."""
        test = instance.test(blank.test)
        if blank.assertion is None:
            blanked, target = mask_all(test.source, test.assertions, self.keep_after)
            form = "\n".join(canonical(assertion.text) for assertion in test.assertions)
        else:
            blanked = mask(test.source, test.assertions, blank.assertion, self.keep_after)
            target = test.assertions[blank.assertion].text
            form = canonical(target)
        # Qualified or not, it is the same question.
        question = " ".join((*lex(test.focal_method), *lex(blanked))).replace("Assert . ", "")
        if question in self._answers:
            self.dropped[split]["duplicate" if self._answers[question] == form else "same question, other answer"] += 1
            return None
        self._answers[question] = form
        origin = f"{instance.template.file}#{test.name}"
        place = (
            instance.group,
            instance.template.tests[blank.test].name,
            blank.assertion,
            self.masking,
            self.keep_after,
        )
        return Example(
            id=f"{number_of('sandbox', self.seed, *place):016x}",
            source="sandbox",
            origin=origin,
            mapping="template",
            group=instance.group,
            focal_class=instance.class_name,
            focal_method=test.focal_method,
            test_prefix_and_rest=blanked,
            assertion=target,
            assertion_canonical=form,
            kind=blank.kind(test),
            split=split,
        )


def _numbers(split: Split) -> Iterator[int]:
    """The instance numbers that belong to a split (test has templates of its own)."""
    if split == "test":
        return count()
    return (n for n in count() if (n % VALIDATION_EVERY == VALIDATION_EVERY - 1) == (split == "validation"))


def generate(
    train: int,
    validation: int,
    test: int,
    seed: int,
    masking: Literal["one", "all"] = "one",
    keep_after: bool = True,
    folder: Path = FOLDER,
    count: int = 0,
) -> tuple[list[Example], dict[str, Any]]:
    """Generate a corpus. The same arguments and templates give the same examples, on any machine.

    Args:
        train, validation, test: examples asked of each split. Those of one split do not depend on the size of the next:
            test is made first, then validation, then train; what an earlier split holds a later one drops.
        seed: which instances of the templates are drawn.
        masking: "one": one example an assertion, the others stay in the test (the paper's text); "all": one a test, with all
            assertions masked at once (its released code).
        keep_after: keep what follows the masked assertion.
        folder: where the templates stand.
        count: how many of them to draw from, evenly over the domains, a fifth of them for the test split; 0: all.

    Returns:
        the examples, shuffled within each split; and a report, ready for JSON: `asked` and `got` of each split, `groups` and
        `kinds` in it, `shortfall` (kinds that the templates could not supply as often as wanted; others took their place),
        `dropped` by split and reason, `held_out` templates.

    Raises:
        TemplateError: a template breaks the format.
        ValueError: `masking` is something else.
    """
    if masking not in ("one", "all"):
        raise ValueError(f"masking = {masking!r}: expected 'one' or 'all'")
    everything, kept = chosen(templates(folder), count)
    source = _Source(seed, masking, keep_after)
    examples: list[Example] = []
    report: dict[str, Any] = {
        "asked": {"train": train, "validation": validation, "test": test},
        "got": {},
        "groups": {},
        "kinds": {},
        "shortfall": {},
        "dropped": {},
        "templates": len(everything),
        "held_out": sorted(kept),
    }
    for split, wanted in (("test", test), ("validation", validation), ("train", train)):
        own = [template for template in everything if (template.name in kept) == (split == "test")]
        made, shortfall = _fill(source, own, wanted, split)
        random.Random(number_of(seed, split)).shuffle(made)
        examples = made + examples
        report["got"][split] = len(made)
        report["groups"][split] = len({example["group"] for example in made})
        report["kinds"][split] = dict(Counter(example["kind"] for example in made).most_common())
        report["shortfall"][split] = shortfall
        report["dropped"][split] = dict(source.dropped[split])
    return examples, report


def _fill(source: _Source, own: Sequence[Template], wanted: int, split: Split) -> tuple[list[Example], dict[str, int]]:
    """As many examples as wanted, if there are so many; and by how many each kind missed its quota."""
    streams: dict[str, deque[Iterator[Example]]] = {kind: deque() for kind in KINDS}
    for template in sorted(own, key=lambda t: number_of(source.seed, split, t.name)):
        for kind, blanks in _blanks(template, source.masking, source.keep_after).items():
            if kind in streams:
                streams[kind].append(source.stream(template, blanks, kind, split))
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
    """One of each stream in turn; a stream that ends leaves the queue."""
    while streams:
        example = next(streams[0], None)
        if example is None:
            streams.popleft()
        else:
            streams.rotate(-1)
            yield example


def instances(examples: Sequence[Example], seed: int, folder: Path = FOLDER) -> list[Instance]:
    """The complete instances behind sandbox examples, in order of group.

    Args:
        examples: made by :func:`generate` with the same `seed` and `folder`.

    Raises:
        ValueError: an example is not of the sandbox, or its template has changed since.
    """
    known = {template.name: template for template in templates(folder)}
    made: dict[str, Instance] = {}
    for example in examples:
        name, _, number = example["group"].partition("#")
        if example["source"] != "sandbox" or name not in known:
            raise ValueError(f"example {example['id']} ({example['origin']}): no sandbox template {name!r}")
        if example["group"] not in made:
            made[example["group"]] = known[name].instance(seed, int(number))
        instance = made[example["group"]]
        tests = (instance.test(i) for i in range(len(instance.template.tests)))
        if not any(
            test.focal_method == example["focal_method"]
            and test.name == example["origin"].partition("#")[2]
            and example["assertion"] in "\n".join(a.text for a in test.assertions)
            for test in tests
        ):
            raise ValueError(
                f"example {example['id']} ({example['origin']}) is not what its template makes with seed {seed}: "
                "the template has changed, or the seed is another one"
            )
    return [made[group] for group in sorted(made)]


# -- for who writes templates


@dataclass(frozen=True)
class Summary:
    """What a template file offers.

    tests, kinds   how many tests, and assertions of each kind (in its first instance)
    masked         of how many blanks the answer can be worked out: only these are ever masked
    distinct       of 200 instances of each test, how many differ (the least of all tests)
    """

    file: str
    tests: int
    kinds: Mapping[str, int]
    masked: int
    distinct: int
    problems: tuple[str, ...]


def check(path: Path) -> list[str]:
    """The problems of a template file; none: an empty list."""
    return list(examine(path).problems)


def survey(folder: Path = FOLDER) -> list[Summary]:
    """:func:`examine` each file below `folder`, in order of name."""
    return [examine(path) for path in sorted(folder.glob("*/*.java"))]


def table(summaries: Sequence[Summary]) -> str:
    """The summaries for people: a line a file, the problems below."""
    kinds = [kind for kind in KINDS if any(kind in summary.kinds for summary in summaries)]
    names = " ".join(kind.removeprefix("assert") for kind in kinds)
    lines = [f"{'template':<32}{'tests':>6}{'blanks':>7}{'masked':>7}{'distinct':>9}  {names}"]
    for summary in summaries:
        counts = " ".join(f"{summary.kinds.get(kind, 0) or '':>{len(kind) - 6}}" for kind in kinds)
        blanks = sum(summary.kinds.values())
        lines.append(
            f"{summary.file:<32}{summary.tests:>6}{blanks:>7}{summary.masked:>7}{summary.distinct:>9}  {counts}".rstrip()
        )
    totals = [
        sum(s.tests for s in summaries),
        sum(sum(s.kinds.values()) for s in summaries),
        sum(s.masked for s in summaries),
    ]
    counts = " ".join(f"{sum(s.kinds.get(kind, 0) for s in summaries):>{len(kind) - 6}}" for kind in kinds)
    lines.append(
        f"{len(summaries)} templates".ljust(32) + f"{totals[0]:>6}{totals[1]:>7}{totals[2]:>7}{'':>9}  {counts}"
    )
    problems = [problem for summary in summaries for problem in summary.problems]
    return "\n".join([*lines, "", *(problems or ["no problems"])])


def examine(path: Path, tries: int = 200) -> Summary:
    """Read a template file, instantiate it and look at what comes out. Problems are returned, not raised."""
    file = f"{path.parent.name}/{path.name}"
    try:
        template = read(path)
        made = [template.instance(0, number) for number in range(tries)]
        texts = [{instance.test(i).source for instance in made} for i in range(len(template.tests))]
        problems = list(_problems(template, made[:20], texts))
    except TemplateError as error:
        return Summary(file, 0, {}, 0, 0, (str(error),))
    blanks = {blank for blanks in _blanks(template, "one", True).values() for blank in blanks}
    kinds = Counter(assertion.kind for i in range(len(template.tests)) for assertion in made[0].test(i).assertions)
    return Summary(file, len(template.tests), dict(kinds), len(blanks), min(map(len, texts)), tuple(problems))


def _problems(template: Template, made: Sequence[Instance], texts: Sequence[set[str]]) -> Iterator[str]:
    if not template.comment:
        yield f"{template.file}:1: begins with a comment on what the class is about"
    for test, sources in zip(template.tests, texts, strict=True):
        if len(sources) < 3:
            yield f"{template.file}:{test.line}: {test.name} varies too little: {len(sources)} different texts"
    for instance in made:
        where = f"{template.file}: instance {instance.number}"
        names = [instance.test(i).name for i in range(len(template.tests))]
        if len(set(names)) < len(names):
            yield f"{where}: two tests have the same name"
        if parse(instance.class_source + instance.test_source).root_node.has_error:
            yield f"{where}: not Java once the holes are filled:\n{instance.class_source}{instance.test_source}"
        for i, test in enumerate(template.tests):
            rendered = instance.test(i)
            if find(rendered.source) != list(rendered.assertions):
                yield f"{template.file}:{test.line}: the assertions of {rendered.name} change their number or form with the holes"
            for assertion in rendered.assertions:
                if assertion.kind not in KINDS:
                    yield f"{template.file}:{test.line}: {assertion.kind} is not one of the kinds wanted ({', '.join(KINDS)})"
