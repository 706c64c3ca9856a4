"""How often the miner is right: pairs to judge by hand, and the table of docs/mining.md.

    python benchmarks/mining.py draw RECORDS --seed 2026 --each 50 > pairs.txt  # appends to docs/mining/judged.csv
    python benchmarks/mining.py count RECORDS                                   # renews docs/mining/yield.csv
    python benchmarks/mining.py near RECORDS                                     # renews docs/mining/near.csv
    python benchmarks/mining.py table                                           # renews docs/mining.md

RECORDS is the file that `trident mine` wrote of the projects of params/projects.yaml. `draw` takes pairs of each
mapping in an order that the seed gives, and leaves out those judged before. Read each, and write `right`, `doubtful` or
`wrong` into the column `verdict`: is this the method that the test tests, in this overload? The file holds names alone,
no source text.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from trident.corpus import mappings, projects
from trident.corpus.duplicates import Known, of_test
from trident.corpus.examples import Maker
from trident.corpus.records import Record
from trident.experiment import artifacts, params, paths
from trident.reporting import rendering

FOLDER, DOCUMENT = paths.ROOT / "docs/mining", paths.ROOT / "docs/mining.md"
JUDGED, YIELD, NEAR = (FOLDER / f"{name}.csv" for name in ("judged", "yield", "near"))
COLUMNS = ["mapping", "origin", "focal", "verdict"]
VERDICTS = ("right", "doubtful", "wrong")
#: Lines of a test and of a method that `draw` prints.
TEST_LINES, FOCAL_LINES = 24, 8


def records(file: Path) -> Iterator[Record]:
    with file.open(encoding="utf-8") as lines:
        yield from map(Record.model_validate_json, lines)


def drawn(found: Iterable[Record], seed: int, each: int, known: frozenset[str]) -> list[Record]:
    """The first pairs of each mapping in the order of the seed, without those of known origins."""
    order = sorted(found, key=lambda record: artifacts.fingerprint(seed, record.origin))
    left: Counter[str] = Counter()
    some = []
    for record in order:
        if left[record.mapping] < each and record.origin not in known:
            left[record.mapping] += 1
            some.append(record)
    return sorted(some, key=lambda record: mappings.MAPPINGS.index(record.mapping))


def shown(record: Record) -> str:
    """A pair to read, long methods cut."""
    test, focal = record.test_case.body.splitlines(), record.focal_method.body.splitlines()
    if len(test) > TEST_LINES:
        test = [*test[: TEST_LINES // 2], "…", *test[-TEST_LINES // 2 :]]
    name = f"{record.focal_class.identifier}.{record.focal_method.identifier}"
    return "\n".join([f"=== {record.mapping} {record.origin} → {name}", *test, "---", *focal[:FOCAL_LINES]])


def counted(found: Iterable[Record]) -> pd.DataFrame:
    """Pairs of each mapping, and the examples that they make; questions asked twice count once."""
    maker = Maker(params.complete({"mappings": list(mappings.MAPPINGS)}))
    pairs, examples = Counter[str](), Counter[str]()
    for record in found:
        pairs[record.mapping] += 1
        examples[record.mapping] += sum(1 for _ in maker.examples(record, record.repository.repo_id, "train", ""))
    rows = [(mapping, pairs[mapping], examples[mapping]) for mapping in mappings.MAPPINGS]
    return pd.DataFrame(rows, columns=["mapping", "pairs", "examples"])


def near(found: Iterable[Record], splits: Mapping[str, str]) -> pd.DataFrame:
    """The tests of each project that are near-duplicates of a test in another, nearest first, and their share."""
    known = Known()
    sketches = [(record.repository.repo_id, of_test(record)) for record in found if record.mapping in mappings.RELIABLE]
    for project, text in sketches:
        known.add(text, project, project)
    nearest = ((project, known.nearest(text, project)) for project, text in sketches)
    tests = Counter((project, other.label) for project, other in nearest if other)
    all_tests = Counter(project for project, _ in sketches)
    rows = [
        (project, splits[project], other, splits[other], count, count / all_tests[project])
        for (project, other), count in tests.most_common()
    ]
    return pd.DataFrame(rows, columns=["project", "split", "other", "other_split", "tests", "share"])


def near_table(pairs: pd.DataFrame) -> str:
    """Pairs of projects with at least two such tests, both directions in one row; and what is in two splits."""
    counts = {(row.project, row.other): row for row in pairs.itertuples()}
    rows = ["| project | split | other | split | tests | of the other |", "|---|---|---|---|---:|---:|"]
    for (project, other), row in counts.items():
        back = counts.get((other, project))
        if row.tests >= 2 and (back is None or (back.tests, other) < (row.tests, project)):
            cells = [f"{row.tests} ({row.share:.1%})", f"{back.tests} ({back.share:.1%})" if back else "0"]
            rows.append("| " + " | ".join([project, row.split, other, row.other_split, *cells]) + " |")
    trained = pairs[(pairs["split"] == "train") & pairs["other_split"].isin(["validation", "test"])]
    rows += ["", f"In `train` {trained['tests'].sum()} tests are near-duplicates of one in `validation` or `test`."]
    return "\n".join(rows) + "\n"


def splits() -> dict[str, str]:
    """The split of each project of the manifest, by folder and by owner and name."""
    found = projects.load(projects.MANIFEST)
    return {key: one.split for one in found for key in (one.folder, one.name.replace("/", "__"))}


def interval(right: int, judged: int) -> tuple[float, float]:
    """Wilson's interval of a share, at 95 %."""
    z = 1.96
    middle, width = right + z * z / 2, z * math.sqrt(right * (judged - right) / judged + z * z / 4)
    return (middle - width) / (judged + z * z), (middle + width) / (judged + z * z)


def table(judged: pd.DataFrame, counts: pd.DataFrame) -> str:
    """One row for each mapping, and the sums over all and over those used by default, weighted by examples."""
    lines = [
        "| mapping | pairs | examples | judged | right | doubtful | precision | 95 % | used |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    verdicts = judged.groupby("mapping")["verdict"].value_counts().unstack(fill_value=0).reindex(columns=VERDICTS)
    rows = counts.set_index("mapping").join(verdicts.fillna(0).astype(int))
    for mapping, row in rows.iterrows():
        total = int(row[list(VERDICTS)].sum())
        low, high = interval(row["right"], total)
        used = "yes" if mapping in mappings.RELIABLE else "no"
        lines.append(
            f"| `{mapping}` | {row['pairs']:,.0f} | {row['examples']:,.0f} | {total} | {row['right']:.0f} "
            f"| {row['doubtful']:.0f} | {row['right'] / total:.0%} | {low:.0%} to {high:.0%} | {used} |"
        )
    for name, some in (("all", rows), ("those used", rows.loc[[one in mappings.RELIABLE for one in rows.index]])):
        share = some["right"] / some[list(VERDICTS)].sum(axis=1)
        precision = (share * some["examples"]).sum() / some["examples"].sum()
        total = int(some[list(VERDICTS)].to_numpy().sum())
        lines.append(
            f"| **{name}** | {some['pairs'].sum():,.0f} | {some['examples'].sum():,.0f} | {total} "
            f"| {some['right'].sum():.0f} | {some['doubtful'].sum():.0f} | {precision:.0%} | | |"
        )
    return "\n".join(lines) + "\n"


def document(text: str) -> str:
    """The text of docs/mining.md with its tables made again."""
    text = rendering.between(text, "mappings", table(pd.read_csv(JUDGED), pd.read_csv(YIELD)))
    return rendering.between(text, "near", near_table(pd.read_csv(NEAR)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["draw", "count", "near", "table"])
    parser.add_argument("records", nargs="?", type=Path)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--each", type=int, default=50)
    options = parser.parse_args()
    judged = pd.read_csv(JUDGED, keep_default_na=False) if JUDGED.is_file() else pd.DataFrame(columns=COLUMNS)
    if options.what == "draw":
        some = drawn(records(options.records), options.seed, options.each, frozenset(judged["origin"]))
        rows = [(r.mapping, r.origin, f"{r.focal_class.identifier}.{r.focal_method.identifier}", "") for r in some]
        rendering.write_csv(pd.concat([judged, pd.DataFrame(rows, columns=COLUMNS)]), FOLDER, JUDGED.stem)
        print("\n".join(map(shown, some)))
    elif options.what == "count":
        rendering.write_csv(counted(records(options.records)), FOLDER, YIELD.stem)
    elif options.what == "near":
        rendering.write_csv(near(records(options.records), splits()), FOLDER, NEAR.stem)
    else:
        artifacts.write_text(DOCUMENT, document(DOCUMENT.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
