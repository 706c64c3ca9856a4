"""trident/corpus/togbench.py: OE25dev in the layout of TOGBench, to records and examples."""

from __future__ import annotations

import csv

import pytest

from trident.corpus import build, togbench
from trident.corpus.records import Tally
from trident.corpus.schema import SPLITS, CorpusError
from trident.experiment import params

INPUTS = ("id", "test_prefix", "test_name", "focal_method", "docstring")
META = (
    *("id", "project", "test_class", "test_name", "test_file_path", "focal_file_path", "focal_class", "focal_package"),
    "oracle_type",
)
TEST = """    @Test
    public void size_{n}_oe() {{
        Bag bag = new Bag("a, \\"{n}");
        assertEquals({n}, bag.size());
    }}"""
FOCAL = "public int size() {\n        return n;\n    }"


def row(n=1, **changes):
    """A row of inputs.csv and that of meta.csv."""
    inputs = {
        "id": f"bag_{n}_1",
        "test_prefix": TEST.format(n=n),
        "test_name": f"BagTest::size_{n}_oe",
        "focal_method": FOCAL,
        "docstring": "/** How many. */",
    }
    meta = dict.fromkeys(META, "") | {"id": f"bag_{n}_1", "focal_class": "org.Bag", "oracle_type": "ASSERTION_ONLY"}
    return (
        inputs | {key: value for key, value in changes.items() if key in INPUTS},
        meta | {key: value for key, value in changes.items() if key in META},
    )


@pytest.fixture
def published(tmp_path):
    """Writes the rows of a project, as the repository has them. Returns the project's folder."""

    def write(rows, project="bag", drop=(), **options):
        folder = tmp_path / "togbench/dataset_single" / project
        folder.mkdir(parents=True)
        for number, (name, columns) in enumerate((("inputs.csv", INPUTS), ("meta.csv", META))):
            kept = [column for column in columns if column not in drop]
            with (folder / name).open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, kept, extrasaction="ignore", **options)
                writer.writeheader()
                writer.writerows(one[number] for one in rows)
        return folder

    return write


def test_a_record(published):
    skipped = Tally()
    [record] = togbench.read(published([row(3)]), skipped)
    assert record.test_case.body == (
        '@Test\npublic void size_3_oe() {\n    Bag bag = new Bag("a, \\"3");\n    assertEquals(3, bag.size());\n}'
    )
    assert record.focal_method.body == FOCAL  # its first line has no indent in the file
    assert (record.focal_class.identifier, record.repository.repo_id) == ("Bag", "bag")
    assert (record.origin, record.mapping) == ("bag/bag_3_1#BagTest::size_3_oe", "published")
    assert skipped.report() == {}


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"oracle_type": "MUST_THROW"}, "oracle: MUST_THROW"),
        ({"focal_method": ""}, "row: no focal_method.body"),
        ({"focal_class": " "}, "row: no focal_class.identifier"),
        ({"test_prefix": "\n"}, "row: no test_case.body"),
    ],
)
def test_what_is_left_out_is_counted(published, changes, reason):
    skipped = Tally()
    records = list(togbench.read(published([row(1), row(2, **changes)]), skipped))
    assert [record.origin for record in records] == ["bag/bag_1_1#BagTest::size_1_oe"]
    assert skipped.report() == {reason: {"count": 1, "first": "bag/BagTest::size_2_oe"}}


def test_a_row_that_meta_does_not_have(published):
    skipped = Tally()
    inputs, meta = row(1)
    assert not list(togbench.read(published([(inputs, meta | {"id": "other"})]), skipped))
    assert skipped.report() == {"row: not in meta.csv": {"count": 1, "first": "bag/BagTest::size_1_oe"}}


def test_a_value_longer_than_csv_allows_by_itself(published):
    long = "public int size() {\n" + "    n++;\n" * 20_000 + "}"
    [record] = togbench.read(published([row(1, focal_method=long)]), Tally())
    assert record.focal_method.body == long


def test_a_column_is_missing(published):
    with pytest.raises(CorpusError, match=r"inputs\.csv has no column focal_method\. Clone assert-lab/TOGBench"):
        list(togbench.read(published([row()], drop=("focal_method",)), Tally()))


def test_no_meta(published):
    folder = published([row()])
    (folder / "meta.csv").unlink()
    with pytest.raises(CorpusError, match=r"meta\.csv: not readable as CSV"):
        list(togbench.read(folder, Tally()))


def test_not_utf_8(published):
    folder = published([row()])
    (folder / "inputs.csv").write_bytes((folder / "inputs.csv").read_bytes() + b"\xff\n")
    with pytest.raises(CorpusError, match=r"inputs\.csv: not readable as CSV"):
        list(togbench.read(folder, Tally()))


def test_the_corpus(published, tmp_path):
    for number, project in enumerate(("commons-net", "scribejava", "jsoup")):
        rows = [row(10 * number + n) for n in range(4)]
        published([*rows, row(99, oracle_type="FAIL_ONLY"), rows[0]], project)
    values = {"corpus": "togbench", "corpus_path": str(tmp_path / "togbench"), "teacher_examples": 0}
    dataset, report = build.build(params.complete({**values, "train_examples": 3, "progress": False}))
    groups = {split: set(dataset[split]["group"]) for split in SPLITS}
    assert groups["train"] == {"commons-net"} and groups["validation"] == {"scribejava"}
    assert groups["test"] == {"jsoup"} and not groups["unseen"]
    assert report["got"] == {"teacher": 0, "train": 3, "validation": 4, "test": 4, "unseen": 0}
    assert report["dropped"]["train"] == {"duplicate": 1, "oracle: FAIL_ONLY": 1}
    example = dataset["test"][0]
    assert example["source"] == "togbench" and example["test_prefix_and_rest"].count("<ASSERTION>") == 1
    assert example["test_prefix_and_rest"].replace("<ASSERTION>", example["assertion"]).startswith("@Test\npublic")


def test_another_folder(tmp_path):
    values = {"corpus": "togbench", "corpus_path": str(tmp_path), "teacher_examples": 0}
    with pytest.raises(CorpusError, match=r"holds no dataset_single/\*/inputs\.csv\. Clone assert-lab/TOGBench"):
        build.build(params.complete(values))
