"""What each sandbox template offers, and what is wrong with it. For people who write templates.

    python tests/helpers/template_survey.py

prints a table of all templates and their problems; ``tests/corpus/sandbox`` checks each template in the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trident.corpus.sandbox.expressions import TemplateError
from trident.corpus.sandbox.generate import KINDS, blanks
from trident.corpus.sandbox.holes import holes_in
from trident.corpus.sandbox.template import FOLDER, Instance, Template, read
from trident.java.assertions import JAVA, find, parse

_KEYWORDS = """
abstract assert boolean break byte case catch char class const continue default do double else enum extends false final
finally float for goto if implements import instanceof int interface long native new null package private protected
public return short static strictfp super switch synchronized this throw throws transient true try void volatile while
"""
#: A keyword in the place of a name, which the parser lets pass.
_KEYWORD_AS_NAME = JAVA.query(f'((identifier) @name (#match? @name "^({"|".join(_KEYWORDS.split())})$"))')


@dataclass(frozen=True)
class Summary:
    """What a template file offers.

    tests, kinds   how many tests, and assertions of each kind (in its first instance)
    masked         how many assertions may be masked: those whose content can be worked out from the rest
    distinct       of the instances of each test, how many differ (the smallest number of all tests)
    """

    file: str
    tests: int
    kinds: Mapping[str, int]
    masked: int
    distinct: int
    problems: tuple[str, ...]


def examine(path: Path, tries: int = 200) -> Summary:
    """Read a template file, instantiate it `tries` times and look at the result. Problems are returned, not raised."""
    file = f"{path.parent.name}/{path.name}"
    try:
        template = read(path)
        made = [template.instance(0, number) for number in range(tries)]
        texts = [{instance.test(i).meaning() for instance in made} for i in range(len(template.tests))]
        problems = [f"{file}: {problem}" for problem in _problems(path, template, made[:20], texts)]
    except TemplateError as error:
        return Summary(file, 0, {}, 0, 0, (str(error),))
    masked = {blank for found in blanks(template, "one", True).values() for blank in found}
    kinds = Counter(kind for i in range(len(template.tests)) for kind in made[0].test(i).kinds)
    return Summary(file, len(template.tests), kinds, len(masked), min(map(len, texts), default=0), tuple(problems))


def survey(folder: Path = FOLDER) -> list[Summary]:
    """:func:`examine` each file below `folder`, in order of name."""
    return [examine(path) for path in sorted(folder.glob("*/*.java"))]


def table(summaries: Sequence[Summary]) -> str:
    """One line per file, the totals, then the problems."""
    kinds = [kind for kind in KINDS if any(kind in summary.kinds for summary in summaries)]
    rows = [[s.file, s.tests, sum(s.kinds.values()), s.masked, s.distinct, *map(s.kinds.get, kinds)] for s in summaries]
    total = [sum(row[column] or 0 for row in rows) for column in range(1, 5 + len(kinds))]
    head = ["template", "tests", "blanks", "masked", "distinct", *(kind.removeprefix("assert") for kind in kinds)]
    rows = [head, *rows, [f"{len(summaries)} templates", *total[:3], "", *total[4:]]]
    lines = ["".join([f"{row[0]:<32}", *(f"{value or '':>12}" for value in row[1:])]).rstrip() for row in rows]
    problems = [problem for summary in summaries for problem in summary.problems]
    return "\n".join([*lines, "", *(problems or ["no problems"])])


def _problems(path: Path, template: Template, made: Sequence[Instance], texts: Sequence[set[str]]) -> Iterator[str]:
    if not path.read_text(encoding="utf-8").startswith(("// ", "/*")):
        yield "does not begin with a comment on what the class is about"
    yield from (f"the hole {hole!r} is defined but never used" for hole in _unused(template))
    for test, sources in zip(template.tests, texts, strict=True):
        if len(sources) < 3:
            yield f"{test.name} varies too little: {len(sources)} different texts"
    for instance in made:
        tests = [instance.test(i) for i in range(len(template.tests))]
        if len({test.name for test in tests}) < len(tests):
            yield f"instance {instance.number}: two tests have the same name"
        source = instance.class_source + instance.test_source
        root = parse(source).root_node
        if root.has_error or _KEYWORD_AS_NAME.captures(root):
            yield f"instance {instance.number}: not Java once the holes are filled:\n{source}"
        for test in tests:
            if find(test.source) != list(test.assertions):
                yield f"the assertions of {test.name} change their number or form with the holes"
            for kind in {*test.kinds} - KINDS.keys():
                yield f"{test.name}: {kind} is not one of the kinds wanted ({', '.join(KINDS)})"


def _unused(template: Template) -> Iterator[str]:
    """Holes that stand neither in the text nor in another hole's expression."""
    everywhere = holes_in(template.body)
    for test in template.tests:
        used = holes_in(*test.chunks).union(*(line.reads for line in test.holes.lines))
        everywhere |= used
        yield from test.holes.defined.keys() - used
    yield from template.holes.defined.keys() - everywhere.union(*(line.reads for line in template.holes.lines))


if __name__ == "__main__":
    print(table(survey()))
