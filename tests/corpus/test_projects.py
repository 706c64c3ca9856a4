"""The corpus `projects`: its manifest, and the examples of the projects that were fetched."""

from __future__ import annotations

import json
from itertools import combinations

import pytest
from helpers.small_repositories import Mirror, java

from trident.corpus import build, projects, storage
from trident.corpus.schema import FEATURES, SPLITS, CorpusError
from trident.experiment import artifacts, params, paths
from trident.workflow import fetch

GOOD = """# A comment.
projects:
  - name: one/bag
    url: https://example.org/one/bag.git
    commit: 5a3bc87c5314f7771ea3968e9015a3d25536343e
    licence: MIT
    split: train
    mib: 0.5
  - name: two/sack
    url: https://example.org/two/sack.git
    commit: 5a3bc87c5314f7771ea3968e9015a3d25536343f
    licence: EPL-1.0
    split: none
    why: "not permissive"
    mib: 1
"""
TEST_PROJECTS = {
    *("gson", "jsoup", "joda-time", "commons-lang", "commons-csv", "commons-text", "JSON-java", "jcommander"),
    *("HdrHistogram", "XChart", "zt-zip", "univocity-parsers"),
}


# -- the manifest


def test_the_committed_manifest():
    found = projects.load(projects.MANIFEST)
    splits = {split: {one.folder for one in found if one.split == split} for split in ("test", "validation", "train")}
    assert len(found) == 111 and splits["test"] == TEST_PROJECTS
    assert len(splits["validation"]) == 12 and len(splits["train"]) == 84
    left_out = {one.folder for one in found if one.why}
    assert left_out == {"jgrapht", "junit4", "threetenbp"}  # no permissive licence; of the family of a test project
    assert [one.name.lower() for one in found] == sorted(one.name.lower() for one in found)


def test_a_manifest_is_read(tmp_path):
    (tmp_path / "p.yaml").write_text(GOOD)
    first, second = projects.load(tmp_path / "p.yaml")
    assert (first.name, first.folder, first.split, first.mib) == ("one/bag", "bag", "train", 0.5)
    assert first.swhid == "swh:1:rev:5a3bc87c5314f7771ea3968e9015a3d25536343e"
    assert (second.split, second.why) == ("none", "not permissive")


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("    commit: 5a3bc87c5314f7771ea3968e9015a3d25536343e\n", "", "line 3: one/bag: `commit` is missing"),
        ("5a3bc87c5314f7771ea3968e9015a3d25536343e", "5a3bc87", "line 5: one/bag: commit = '5a3bc87': .*pattern"),
        ("5a3bc87c5314f7771ea3968e9015a3d25536343e", "main", "line 5: one/bag: commit = 'main'"),
        ("https://example.org/one", "ext::sh -c x", "line 4: one/bag: url = "),
        ("split: train", "split: unseen", "line 7: one/bag: split = 'unseen': .*'train', 'validation'"),
        ("licence: MIT", "license: MIT", "line 6: one/bag: unknown key 'license'; known: name, url"),
        ("    mib: 1\n", "    mib: 0\n", "line 15: two/sack: mib = 0: "),
        ("    mib: 1\n", "    mib: 1 MiB\n", "line 15: two/sack: mib = '1 MiB'"),
        ('    why: "not permissive"\n', "", "line 9: two/sack: `why` says the reason"),
        ("    split: train\n", "    split: train\n    why: so\n", "line 3: one/bag: `why` says the reason"),
        ("name: two/sack", "name: two/BAG", "line 9: two/BAG and one/bag would share a folder"),
        ("name: one/bag", "name: bag", "line 3: name = 'bag'"),
        ("name: one/bag", "name: one/..", "line 3: name = 'one/..'"),
        ("split: none", "split: no", "line 13: .*versions of YAML"),
        ("  - name: two/sack\n", "  - two\n  - name: two/sack\n", "line 9: .*"),
        ("projects:\n", "things:\n", "expected one key, `projects`"),
        (GOOD, "projects: 3\n", "expected one key, `projects`, with a list"),
        (GOOD, "", "expected one key"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path, old, new, message):
    assert old in GOOD
    (tmp_path / "p.yaml").write_text(GOOD.replace(old, new))
    with pytest.raises(params.ParameterError, match=rf"p\.yaml[,:] {message}"):
        projects.load(tmp_path / "p.yaml")


def test_all_faults_are_named_at_once(tmp_path):
    (tmp_path / "p.yaml").write_text(GOOD.replace("mib: 1", "mib: -1").replace("licence: MIT", "licence: ''"))
    with pytest.raises(params.ParameterError, match=r"line 6(.|\n)*line 15"):
        projects.load(tmp_path / "p.yaml")


def test_a_manifest_that_is_not_there(tmp_path):
    with pytest.raises(params.ParameterError, match=r"no manifest .*p\.yaml"):
        projects.load(tmp_path / "p.yaml")


# -- the corpus


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Fetches projects, name → (split, files); builds their corpus."""
    mirror = Mirror(tmp_path / "mirror")
    for name, value in mirror.rule().items():
        monkeypatch.setenv(name, value)

    def make(**changes):
        fetch.fetch(mirror.manifest(tmp_path / "projects.yaml"), tmp_path / "data", progress=False)
        values = {"corpus": "projects", "corpus_path": str(tmp_path / "data"), "teacher_examples": 0, **changes}
        return build.build(params.complete({**values, "progress": False}))

    make.mirror = mirror
    return make


@pytest.fixture
def five(corpus):
    for number, (name, split) in enumerate(
        {"Bag": "train", "Sack": "train", "Pot": "validation", "Box": "test", "Can": "test"}.items()
    ):
        corpus.mirror.add(f"one/{name.lower()}", java(name, number), split=split)
    return corpus


def test_splits_are_those_of_the_manifest(five):
    dataset, report = five()
    groups = {split: set(dataset[split]["group"]) for split in SPLITS}
    assert groups == {
        "teacher": set(),
        "train": {"bag", "sack"},
        "validation": {"pot"},
        "test": {"box", "can"},
        "unseen": set(),
    }
    assert not any(one & other for one, other in combinations(groups.values(), 2))
    assert dataset["train"].features == FEATURES
    row = dataset["validation"][0]
    assert row["assertion"] == "assertEquals(2, bag.size());"
    assert row["origin"] == "pot/src/test/PotTest.java#testSize"
    assert (row["source"], row["split"], row["mapping"]) == ("projects", "validation", "name")
    assert report["got"] == {"teacher": 0, "train": 2, "validation": 1, "test": 2, "unseen": 0}
    json.dumps(report)


def test_the_report_on_each_project(five):
    _, report = five(test_examples=1)
    assert set(report["projects"]) == {"bag", "sack", "pot", "box", "can"}
    bag = report["projects"]["bag"]
    assert bag["commit"] == five.mirror.projects[0]["commit"]
    assert (bag["name"], bag["licence"], bag["split"]) == ("one/bag", "MIT", "train")
    assert (bag["tests"], bag["pairs"], bag["made"], bag["used"]) == (2, 1, 1, 1)
    assert bag["dropped"] == {"test: calls no method of the class": 1}
    assert report["dropped"]["train"] == {"test: calls no method of the class": 2}
    assert sorted(report["projects"][name]["used"] for name in ("box", "can")) == [0, 1]
    assert report["missing"] == {}


def test_a_question_of_test_is_not_trained_on(corpus):
    """Two projects with the same class and test: the one that evaluates keeps it."""
    corpus.mirror.add("one/copy", java("Bag"))
    corpus.mirror.add("one/bag", java("Bag"), split="test")
    corpus.mirror.add("one/pot", java("Pot", 2), split="validation")
    corpus.mirror.add("one/sack", java("Sack", 3))
    dataset, report = corpus()
    assert set(dataset["train"]["group"]) == {"sack"} and set(dataset["test"]["group"]) == {"bag"}
    assert report["projects"]["copy"]["dropped"]["duplicate"] == 1


def test_a_near_duplicate_in_an_earlier_split_is_not_trained_on(corpus):
    """A fork that has added a line, which makes another question of it."""

    def fork(name):
        return {
            path: text.replace("bag.add();", "bag.add(); bag.add();") if path.endswith("Test.java") else text
            for path, text in java(name).items()
        }

    corpus.mirror.add("one/fork", fork("Bag"))
    corpus.mirror.add("one/bag", java("Bag"), split="test")
    corpus.mirror.add("one/pot", java("Pot"), split="validation")
    corpus.mirror.add("one/sack", java("Sack"))
    corpus.mirror.add("one/pouch", fork("Sack"))
    dataset, report = corpus()
    assert set(dataset["train"]["group"]) == {"sack", "pouch"}  # of one split: both stay
    assert report["projects"]["fork"]["dropped"]["near-duplicate of a test in test"] == 1
    assert report["near_duplicates"] == {"fork (train), bag (test)": 1}


def test_a_larger_corpus_holds_the_smaller_one(corpus):
    for number in range(12):
        corpus.mirror.add(f"one/bag{number}", java(f"Bag{number}", number))
    corpus.mirror.add("one/pot", java("Pot", 2), split="validation")
    small, _ = corpus(train_examples=4)
    large, _ = corpus(train_examples=9)
    assert len(small["train"]) == 4 and len(large["train"]) == 9
    assert large["train"]["id"][:4] == small["train"]["id"][:]
    other, _ = corpus(train_examples=9, corpus_seed=1)
    assert other["train"]["id"][:] != large["train"]["id"][:]


def test_the_same_again_gives_the_same_files(five, tmp_path):
    for name in ("one", "two"):
        dataset, _ = five()
        storage.save(dataset, tmp_path / name)
    assert artifacts.digest(tmp_path / "one") == artifacts.digest(tmp_path / "two")
    assert storage.load(tmp_path / "one")["train"]["id"][:] == dataset["train"]["id"][:]


def test_missing_projects_are_counted_and_told(five, tmp_path):
    five.mirror.projects[0]["url"] = "https://example.org/one/gone.git"
    with pytest.warns(UserWarning, match="projects are missing"):
        five()
    (tmp_path / "data/can/src/main/Can.java").write_text("class Can {}")
    values = {"corpus": "projects", "corpus_path": str(tmp_path / "data"), "teacher_examples": 0, "progress": False}
    with pytest.warns(UserWarning, match="projects are missing .*1 repository or commit not there, 1 files are not"):
        dataset, report = build.build(params.complete(values))
    assert report["missing"] == {
        "repository or commit not there": ["one/bag"],
        "files are not those that were fetched": ["one/can"],
    }
    assert set(dataset["train"]["group"]) == {"sack"} and set(dataset["test"]["group"]) == {"box"}


def test_without_a_split_to_train_on(corpus):
    corpus.mirror.add("one/pot", java("Pot"), split="validation")
    with pytest.raises(CorpusError, match="no example for train"):
        corpus()


def test_without_an_index(tmp_path):
    (tmp_path / "data").mkdir()
    values = {"corpus": "projects", "corpus_path": str(tmp_path / "data"), "teacher_examples": 0}
    with pytest.raises(CorpusError, match=r"holds no projects\.jsonl.*trident fetch"):
        build.build(params.complete(values))
    (tmp_path / "data/projects.jsonl").write_text('{"name": "one/bag"}\n')
    with pytest.raises(CorpusError, match=r"projects\.jsonl: url: .*trident fetch"):
        build.build(params.complete(values))


def test_the_workflow_sees_the_index():
    """The Snakefile's rule for 01 depends on the files of these kinds below corpus_path."""
    assert '"*.jsonl"' in (paths.ROOT / "Snakefile").read_text() and projects.INDEX.endswith(".jsonl")
