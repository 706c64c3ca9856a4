"""trident/corpus/build.py, examples.py and storage.py: examples of records, and the properties of the splits."""

import importlib
import json
from collections import Counter
from itertools import combinations
from typing import get_args, get_type_hints

import pytest
from helpers.java_records import write_archive
from hypothesis import given, settings
from hypothesis import strategies as st

from trident.corpus import build, mining, storage
from trident.corpus.examples import REAL
from trident.corpus.records import Record
from trident.corpus.schema import FEATURES, SPLITS, CorpusError
from trident.corpus.sources import mined as mined_source
from trident.experiment import artifacts, params

TEST = """@Test
public void test{name}() {{
    Bag bag = new Bag({number});
    Assert.assertEquals({number}, bag.{name}());
    bag.clear();
    assertTrue(bag.isEmpty());
}}"""


def record(repository="one", number=0, **changes):
    name = f"size{number}"
    made = {
        "test_case": {"identifier": f"test{name}", "parameters": "()", "body": TEST.format(name=name, number=number)},
        "focal_class": {"identifier": f"Bag{number}", "file": f"src/main/Bag{number}.java"},
        "focal_method": {"identifier": name, "parameters": "()", "body": f"public int {name}() {{ return {number}; }}"},
        "repository": {"repo_id": repository, "url": ""},
        "mapping": "name",
        "origin": f"{repository}/{number}",
    }
    for key, value in changes.items():
        made[key] = {**made[key], "body": value} if key in ("test_case", "focal_method") else value
    return made


def parameters(**changes):
    wanted = {
        "corpus": "sandbox",
        "corpus_path": "",
        "corpus_seed": 3,
        "train_examples": 20,
        "validation_examples": 6,
        "test_examples": 6,
        "unseen_examples": 6,
        "teacher_examples": 0,
        "masking": "one",
        "keep_after": True,
        "sandbox_templates": 0,
        "mappings": [],
        "examples_per_project": 0,
        "examples_per_test": 0,
        "progress": False,
    }
    return params.check({**wanted, **changes})


@pytest.fixture
def mined(tmp_path):
    """Writes records as `trident mine` does; builds the corpus."""

    def make(records, **changes):
        lines = [Record.model_validate(one).model_dump_json() + "\n" for one in records]
        artifacts.write_text(tmp_path / "mined" / mining.RECORDS, "".join(lines))
        return build.build(parameters(corpus="mined", corpus_path=str(tmp_path / "mined"), **changes))

    return make


@pytest.fixture
def archives(tmp_path):
    """Writes archives, file name → records; builds the corpus."""

    def make(files, folder="m2t", **changes):
        for name, records in files.items():
            write_archive(tmp_path / folder / name, records)
        return build.build(parameters(corpus="methods2test", corpus_path=str(tmp_path / "m2t"), **changes))

    return make


def many(repositories, each, start=0):
    return [record(f"r{r}", start + r * each + n) for r in range(repositories) for n in range(each)]


def groups(dataset):
    return {split: set(dataset[split]["group"]) for split in SPLITS}


def assert_disjoint(dataset):
    assert not any(one & other for one, other in combinations(groups(dataset).values(), 2))
    questions = [(row["focal_method"], row["test_prefix_and_rest"]) for split in SPLITS for row in dataset[split]]
    assert len(set(questions)) == len(questions)


def test_one_example_per_assertion(mined):
    dataset, _ = mined(many(12, 5))
    rows = [row for split in SPLITS for row in dataset[split]]
    row = next(row for row in rows if row["kind"] == "assertEquals")
    number = row["origin"].partition("/")[2]
    assert row["assertion"] == f"Assert.assertEquals({number}, bag.size{number}());"
    assert row["assertion_canonical"] == f"assertEquals({number}, bag.size{number}());"
    assert row["test_prefix_and_rest"] == TEST.format(name=f"size{number}", number=number).replace(
        row["assertion"], "<ASSERTION>"
    )
    assert row["focal_method"] == f"public int size{number}() {{ return {number}; }}"
    assert (row["source"], row["mapping"], row["focal_class"], row["group"]) == (
        "mined",
        "name",
        f"Bag{number}",
        row["origin"].partition("/")[0],
    )
    assert len({row["id"] for row in rows}) == len(rows)
    assert dataset["train"].features == FEATURES
    assert all(row["split"] == split for split in SPLITS for row in dataset[split])


def test_cutting_what_follows(mined):
    dataset, _ = mined(many(12, 5), keep_after=False)
    assert all(row["test_prefix_and_rest"].endswith("<ASSERTION>") for split in SPLITS for row in dataset[split])


def test_masking_all(mined):
    dataset, report = mined(many(12, 5), masking="all")
    row = dataset["train"][0]
    assert row["test_prefix_and_rest"].count("<ASSERTION>") == 2
    first, second = row["assertion"].split("\n")
    assert first.startswith("Assert.assertEquals(") and second == "assertTrue(bag.isEmpty());"
    assert row["assertion_canonical"] == f"{first.removeprefix('Assert.')}\n{second}"
    assert row["kind"] == "assertEquals"
    assert report["got"] == {"train": 20, "validation": 6, "test": 6, "unseen": 0, "teacher": 0}


def test_splits_by_repository(mined):
    dataset, report = mined(many(12, 5))
    assert_disjoint(dataset)
    assert report["grouping"] == "repository" and "note" not in report
    assert report["targets"] == {"train": 20, "validation": 6, "test": 6}
    assert (
        report["asked"] == report["got"] == {**report["targets"], "unseen": 0, "teacher": 0}
    )  # only the sandbox has unseen
    assert report["left_over"] == 12 * 5 * 2 - 32
    assert {split: sum(kinds.values()) for split, kinds in report["kinds"].items()} == report["got"]
    assert report["groups"] == {split: len(own) for split, own in groups(dataset).items()}
    json.dumps(report)


def test_shares_when_there_is_less_than_asked(mined):
    dataset, report = mined(many(30, 2), train_examples=1000, validation_examples=100, test_examples=100)
    assert report["asked"]["train"] == 1000
    assert report["targets"] == {"train": 100, "validation": 10, "test": 10}
    # A repository brings four examples and is never cut in two, so that a target may be missed by three.
    assert all(target - 3 <= report["got"][split] <= target for split, target in report["targets"].items())
    assert report["left_over"] == 120 - sum(report["got"].values())
    assert_disjoint(dataset)


def test_few_repositories_are_split_by_class_and_it_is_said(mined):
    dataset, report = mined(many(2, 20))
    assert report["grouping"] == "class" and report["repositories"] == 2 and "share projects" in report["note"]
    assert_disjoint(dataset)
    assert "r0/src/main/Bag0.java" in set.union(*groups(dataset).values())
    assert mined(many(3, 20))[1]["grouping"] == "repository"


def test_three_repositories_of_unlike_size(mined):
    dataset, report = mined([*many(1, 30), *[record("small", 100 + n) for n in range(3)], record("tiny", 200)])
    assert groups(dataset) == {
        "train": {"r0"},
        "validation": {"small"},
        "test": {"tiny"},
        "unseen": set(),
        "teacher": set(),
    }
    assert report["got"] == {"train": 20, "validation": 6, "test": 2, "unseen": 0, "teacher": 0}


def test_no_test_split_asked(mined):
    dataset, report = mined(many(12, 5), test_examples=0)
    for split in ("test", "unseen"):
        assert len(dataset[split]) == 0 and dataset[split].features == FEATURES
    assert report["got"]["train"] == 20


def test_duplicates_are_dropped_within_and_across_groups(mined):
    original = record("r0", 1)
    same = record("copy", 1, test_case=original["test_case"]["body"].replace("    ", "\t").replace(" {", " { // note"))
    unqualified = record("other", 1, test_case=original["test_case"]["body"].replace("Assert.", ""))
    answer = record(
        "answer",
        1,
        test_case=original["test_case"]["body"].replace("assertTrue(bag.isEmpty());", "assertFalse(bag.isFull());"),
    )
    focal = record("focal", 1, focal_method="public int size1() { return other; }")
    dataset, report = mined([original, same, unqualified, answer, focal, *many(9, 4, start=50)])
    # of `answer`: the blank before the changed assertion shows it, so it is a new question; the other one is not
    assert report["dropped"] == {"records": {"duplicate": 4, "same question, other answer": 1}}
    assert report["first_dropped"] == {"duplicate": "copy/1", "same question, other answer": "answer/1"}
    assert_disjoint(dataset)


def test_records_without_a_use_are_counted(mined):
    dataset, report = mined(
        [
            *many(12, 5),
            record("x", 900, test_case="@Test public void t() { run(); }"),
            record("x", 901, test_case="@Test public void t() { xs.forEach(x -> assertTrue(x)); assertNull(y); }"),
            record("x", 903, test_case="@Test public void t() { assertTrue(" + "f(" * 9000),
            record("x", 902, focal_method='int f() { return "<ASSERTION>".length(); }'),
            record("x", 904, test_case='@Test public void t() { assertEquals("a</s>b", f()); }'),
        ]
    )
    assert report["dropped"]["records"] == {
        "test without an assertion": 1,
        "assertion is no statement (body of a lambda, condition, …)": 1,
        "holds the special token <ASSERTION>": 1,
        "holds the special token </s>": 1,
        "the parser gave up": 1,
    }


def test_damaged_lines_are_counted(tmp_path):
    lines = [json.dumps(r).encode() for r in many(12, 5)] + [
        b"{",
        b"\xff",
        b"[1]",
        b"",
        json.dumps({"test_class": 1}).encode(),
    ]
    (tmp_path / "records.jsonl").write_bytes(b"\n".join(lines))
    _, report = build.build(parameters(corpus="mined", corpus_path=str(tmp_path)))
    assert report["dropped"]["records"] == {
        "record: not JSON": 3,
        "record: record: Input should be an object": 1,
        "record: test_case: Field required": 1,
    }
    assert report["first_dropped"]["record: not JSON"] == "records.jsonl:61"
    assert report["reading"] == {"records": 60}


def test_published_splits(archives):
    files = {
        name: [record(name, start + n) for n in range(30)]
        for name, start in (("train.tar.bz2", 0), ("eval.tar.bz2", 100), ("test.tar.bz2", 200))
    }
    dataset, report = archives(files, folder="m2t/dataset")
    archives_of = {"train": {"train.tar.bz2"}, "validation": {"eval.tar.bz2"}, "test": {"test.tar.bz2"}}
    assert groups(dataset) == {**archives_of, "unseen": set(), "teacher": set()}
    assert report["asked"] == report["got"] and report["dropped"] == {}
    again, _ = archives({name: records[::-1] for name, records in files.items()}, folder="m2t/dataset")
    assert all(len(again[split]) == len(dataset[split]) for split in SPLITS)
    other, _ = archives(files, folder="m2t/dataset", corpus_seed=4)
    assert set(other["train"]["origin"]) != set(dataset["train"]["origin"])


def test_a_repository_in_two_archives_stays_in_the_first_drawn(archives):
    train = [*many(4, 20), *[record("shared", 300 + n) for n in range(20)]]
    dataset, report = archives(
        {
            "train.tar.bz2": train,
            "eval.tar.bz2": [record("shared", 600 + n) for n in range(9)],
            "test.tar.bz2": [record("t", 700 + n) for n in range(9)],
        },
        folder="m2t/dataset",
        train_examples=150,
    )
    assert groups(dataset)["validation"] == {"shared"} and groups(dataset)["train"] == {"r0", "r1", "r2", "r3"}
    assert report["got"] == {"train": 150, "validation": 6, "test": 6, "unseen": 0, "teacher": 0}
    assert report["dropped"]["train"]["repository of another split"] > 0
    assert report["grouping"] == "repository" and report["mappings"] == {"name": 162}
    assert report["reading"]["train"]["members"] == 100


def test_a_missing_test_archive_is_said(archives):
    _, report = archives({"train.tar.bz2": many(4, 20), "eval.tar.bz2": [record("e", 500 + n) for n in range(9)]})
    assert (
        report["got"]["test"] == 0 and report["asked"]["test"] == 6 and report["reading"]["test"] == "no test.tar.bz2"
    )


def test_more_is_read_when_the_first_draw_yields_too_little(archives):
    idle = [record(f"i{n}", n, test_case=f"@Test public void t{n}() {{ run({n}); }}") for n in range(1000, 1200)]
    _, report = archives(
        {"train.tar.bz2": [*idle, *many(4, 5)], "eval.tar.bz2": [record("e", 500 + n) for n in range(9)]},
        test_examples=0,
    )
    assert report["got"]["train"] == 20
    assert report["dropped"]["train"]["test without an assertion"] > 40


def test_what_evaluation_asks_is_dropped_from_training(archives):
    same = [record("r", n) for n in range(9)]
    again = [{**one, "repository": {"repo_id": "copy", "url": ""}} for one in same]
    dataset, report = archives(
        {
            "train.tar.bz2": [*again, *many(4, 5, start=50)],
            "eval.tar.bz2": same,
            "test.tar.bz2": [record("t", 700 + n) for n in range(9)],
        },
        train_examples=40,
        validation_examples=18,
    )
    assert_disjoint(dataset)
    assert report["got"]["validation"] == 18 and report["dropped"] == {"train": {"duplicate": 18}}


@settings(max_examples=200, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=40),
    asked=st.tuples(st.integers(1, 200), st.integers(1, 60), st.integers(0, 60)),
    seed=st.integers(0, 5),
)
def test_properties_of_the_split(sizes, asked, seed):
    sizes = {f"g{i}": size for i, size in enumerate(sizes)}
    asked = dict(zip(REAL, asked, strict=True))
    targets = mined_source._targets(asked, sum(sizes.values()))
    assert all(targets[split] <= asked[split] for split in asked)
    assert sum(targets.values()) == min(sum(asked.values()), sum(sizes.values()))
    if sum(sizes.values()) >= 3:
        assert all(targets[split] > 0 for split in asked if asked[split])
    split_of = mined_source._assigned(sizes, targets, seed)
    assert split_of == mined_source._assigned(dict(reversed(sizes.items())), targets, seed)
    wanted = {split for split in asked if targets[split]}
    assert set(split_of.values()) <= wanted
    if len(sizes) >= len(wanted):
        assert set(split_of.values()) == wanted
    if len(split_of) < len(sizes):  # groups are left only when every split has its fill
        got = {split: sum(sizes[group] for group in sizes if split_of.get(group) == split) for split in asked}
        assert all(got[split] >= targets[split] for split in asked)


def test_the_same_again_and_another_seed(mined, tmp_path):
    records = many(12, 5)
    for name in ("a", "b"):
        dataset, report = mined(records)
        storage.save(dataset, tmp_path / name)
    assert artifacts.digest(tmp_path / "a") == artifacts.digest(tmp_path / "b")
    other, _ = mined(records, corpus_seed=4)
    assert groups(other) != groups(dataset)


def test_a_sandbox_without_test_and_unseen():
    dataset, report = build.build(parameters(test_examples=0, unseen_examples=0))
    assert report["got"] == {"train": 20, "validation": 6, "test": 0, "unseen": 0, "teacher": 0}
    assert dataset["unseen"].features == FEATURES


@pytest.mark.parametrize("teacher_examples", [0, 5])
def test_save_and_load(tmp_path, teacher_examples):
    dataset, report = build.build(parameters(teacher_examples=teacher_examples))
    assert report["source"] == "sandbox" and report["got"] == {
        "train": 20,
        "validation": 6,
        "test": 6,
        "unseen": 6,
        "teacher": teacher_examples,
    }
    assert_disjoint(dataset)
    storage.save(dataset, tmp_path)
    storage.save(dataset, tmp_path)  # over what an earlier run wrote
    loaded = storage.load(tmp_path)
    assert {split: loaded[split].to_list() for split in SPLITS} == {split: dataset[split].to_list() for split in SPLITS}
    assert [path.name for path in tmp_path.iterdir()] == ["examples"]
    with pytest.raises(CorpusError, match="01_preprocess"):
        storage.load(tmp_path / "nowhere")


@pytest.mark.parametrize("corpus", ["methods2test", "mined"])
def test_missing_sources_are_named(tmp_path, corpus):
    with pytest.raises(CorpusError, match="corpus_path is empty"):
        build.build(parameters(corpus=corpus))
    with pytest.raises(CorpusError, match="there is no .*nowhere"):
        build.build(parameters(corpus=corpus, corpus_path=str(tmp_path / "nowhere")))
    with pytest.raises(CorpusError, match="trident mine" if corpus == "mined" else "git lfs pull"):
        build.build(parameters(corpus=corpus, corpus_path=str(tmp_path)))


def test_lfs_pointers_are_recognised(tmp_path):
    for name in ("train.tar.bz2", "eval.tar.bz2"):
        (tmp_path / "dataset").mkdir(exist_ok=True)
        (tmp_path / "dataset" / name).write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(CorpusError, match="git-LFS pointer"):
        build.build(parameters(corpus="methods2test", corpus_path=str(tmp_path)))


def test_nothing_to_split_is_an_error(mined):
    with pytest.raises(CorpusError, match="no example for validation .* at least two groups"):
        mined([record(number=1), record(number=1, test_case="@Test public void t() { assertTrue(x); }")])
    with pytest.raises(CorpusError, match="no example for train"):
        mined([])


def test_real_java_has_one_known_answer(mined):
    dataset, _ = mined(many(6, 3))
    row = dataset["train"][0]
    assert (row["accepted"], row["accepted_probability"]) == ([row["assertion_canonical"]], [1.0])


@pytest.mark.parametrize("corpus", ["mined", "methods2test"])
def test_only_the_sandbox_has_a_split_for_the_teacher(corpus):
    with pytest.raises(CorpusError, match="teacher_examples = 5, but only the sandbox has a split for the teacher"):
        build.build(parameters(corpus=corpus, corpus_path="/nowhere", teacher_examples=5))
    dataset, report = build.build(parameters(teacher_examples=5))
    assert len(dataset["teacher"]) == report["got"]["teacher"] == 5
    assert set(dataset["teacher"]["id"]).isdisjoint(dataset["train"]["id"])


def test_every_corpus_has_its_source():
    for corpus in get_args(get_type_hints(params.Schema)["corpus"]):
        assert callable(importlib.import_module(f"trident.corpus.sources.{corpus}").read)


def five(number, repository, **changes):
    body = "@Test void t() {\n" + "".join(f"    assertEquals({n}, f({number}));\n" for n in range(5)) + "}"
    return record(repository, number, test_case=body, **changes)


@pytest.mark.parametrize("source", ["mined", "archives"])
def test_caps_per_test_and_per_project(source, mined, archives):
    one, two = ([five(start + n, f"r{start}-{n // 3}") for n in range(12)] for start in (0, 100))

    def of(**changes):
        if source == "mined":
            dataset, report = mined(one + two, train_examples=80, validation_examples=40, **changes)
        else:
            files = {"train.tar.bz2": one, "eval.tar.bz2": two}
            dataset, report = archives(files, train_examples=80, validation_examples=80, **changes)
        rows = [row for split in SPLITS for row in dataset[split]]
        most = [max(Counter(row[key] for row in rows).values()) for key in ("origin", "group")]
        return most, sum((Counter(reasons) for reasons in report["dropped"].values()), Counter())

    assert of() == ([5, 15], {})
    assert of(examples_per_test=2) == ([2, 6], {"more than 2 of one test": 72})
    assert of(examples_per_test=2, examples_per_project=3) == (
        [2, 3],
        {"more than 2 of one test": 72, "more than 3 of one project": 24},
    )


def test_mappings_can_be_chosen(mined):
    records = [five(n, f"r{n}", mapping=("name", "only_invoked", "published")[n % 3]) for n in range(12)]
    _, report = mined(records, mappings=["name"])
    assert set(report["mappings"]) == {"name", "published"}
    assert report["dropped"]["records"] == {"matched by only_invoked": 4}
    with pytest.raises(CorpusError, match="mappings: 'names' is unknown; known: name"):
        mined(records, mappings=["names"])


def near(number, repository, *, copied):
    """A test with its method. Two of one number are near-duplicates if both are `copied`."""
    words = [f"{'copied' if copied else repository}{number}x{n}" for n in range(30)]
    body = f"@Test void t() {{ f({', '.join(words)}); {repository}(); assertEquals(1, g()); }}"
    return record(repository, 100 * number, test_case=body, origin=f"{repository}/{number}", focal_method="int g() { }")


def split_of(dataset):
    return {group: split for split in SPLITS for group in dataset[split]["group"]}


def test_repositories_that_share_code_are_one_family(mined):
    names = ["a", "forkOfA", "b", "c", "d", "e"]
    records = [near(n, name, copied=name in names[:2] and n < 3) for name in names for n in range(20)]
    for seed in range(4):
        dataset, report = mined(records, train_examples=80, validation_examples=20, test_examples=20, corpus_seed=seed)
        assert report["families"] == [["a", "forkOfA"]] and report["near_duplicates"] == {}
        assert split_of(dataset)["a"] == split_of(dataset)["forkOfA"]


def test_a_single_near_duplicate_is_left_out_of_the_later_split(mined):
    names = ["a", "bb", "ccc", "dddd"]
    records = [near(n, name, copied=n == 0) for name in names for n in range(20)]
    dataset, report = mined(records, train_examples=40, validation_examples=20, test_examples=20)
    assert report["families"] == []
    splits = split_of(dataset)
    first = next(name for name in names if splits[name] == "validation")
    later = [name for name in names if name != first]
    assert report["near_duplicates"] == {f"{name} ({splits[name]}), {first} (validation)": 1 for name in later}
    origins = {row["origin"] for split in SPLITS for row in dataset[split]}
    assert {origin for origin in origins if origin.endswith("/0")} == {f"{first}/0"}
    assert sum(report["dropped"][split]["near-duplicate of a test in validation"] for split in ("test", "train")) == 3
