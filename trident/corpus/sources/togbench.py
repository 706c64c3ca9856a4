"""TOGBench's OE25dev: 25 published projects, split by project."""

from __future__ import annotations

from collections.abc import Mapping

from datasets import DatasetDict
from tqdm.auto import tqdm

from trident.corpus import togbench
from trident.corpus.examples import Maker, Report, place
from trident.corpus.pool import Pool, counted
from trident.corpus.schema import MAKING_ORDER, Split
from trident.experiment.params import Parameters

#: TOGBench publishes no split. This one agrees with the manifest of the corpus `projects`: what is `test` there is
#: `test` here, so that models may be compared across both. What the manifest does not have validates.
TEST = frozenset({"commons-lang3", "joda-time", "JSON-java", "jsoup"})
VALIDATION = frozenset(
    {
        "async-http-client",
        "commons-dbutils",
        "commons-jcs3",
        "commons-weaver",
        "http-request",
        "scribejava",
        "spark",
        "springside4",
    }
)


def read(p: Parameters, asked: Mapping[Split, int]) -> tuple[DatasetDict, Report]:
    """Make examples of each project, and draw from those of each split as many as asked for.

    Reads `corpus_path`, `corpus_seed`, `progress`, and what :class:`trident.corpus.examples.Maker` reads.
    """
    folders = togbench.projects(place(p, togbench.HOW_TO_GET))
    maker, pool = Maker(p), Pool(p.corpus_seed)
    folders.sort(key=lambda folder: MAKING_ORDER.index(_split(folder.name)))
    for folder in tqdm(folders, unit=" projects", desc="reading", disable=not p.progress):
        name, split = folder.name, _split(folder.name)
        records = togbench.read(folder, maker.dropped[split])
        made = [example for record in records for example in maker.examples(record, name, split, split)]
        pool.add(maker.of_project(made, name, split), split)
    dataset = pool.drawn(asked)
    return dataset, maker.report(counted(dataset), asked, grouping="repository", repositories=len(folders))


def _split(project: str) -> Split:
    return "test" if project in TEST else "validation" if project in VALIDATION else "train"
