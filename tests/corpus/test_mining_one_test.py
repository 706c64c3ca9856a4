"""trident/corpus/mining/one_test.py: the method that one test tests, found without reading the whole project."""

from pathlib import Path

import pytest

from trident.corpus import mining

BAG = "package p;\nclass Bag extends Box { int size() { return 1; } int add(int n) { return n; } }"
TESTS = """package p;

class BagTest {
    Box box;

    @Fast
    void size() {
        Bag bag = new Bag();
        <ASSERTION>
    }

    @Test
    void addsOne() { assertEquals(1, box.add(1)); }

    @Test
    void both() { new Bag().size(); new Bag().add(2); }

    void helper() { }
}

class LidTest {
    @Test
    void open() { new Lid().open(); }
}
"""
FILES = {
    "main/p/Bag.java": BAG,
    "main/p/Lids.java": "package p; class Other { static class Lid { boolean open() { return true; } } }",
    "test/p/Fast.java": "package p; @org.junit.jupiter.api.Test @interface Fast { }",
    "test/p/BagTest.java": TESTS,
    "Broken.java": "class Bag }{",
    "Latin.java": b"class Bag { } // \xe9",
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        file = tmp_path / "project" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return tmp_path / "project"


def line_of(text):
    return TESTS[: TESTS.index(text)].count("\n") + 1


@pytest.mark.parametrize("line", ["@Fast", "Bag bag", "<ASSERTION>"])
def test_every_line_of_a_test_means_it(root, line):
    record = mining.Project(root).focal_of(TESTS, line_of(line), root / "test/p/BagTest.java")
    assert record.focal_class.model_dump() == {"identifier": "Bag", "file": "main/p/Bag.java"}
    assert (record.focal_method.body, record.mapping) == ("int size() { return 1; }", "name")
    assert record.test_case.body == "@Fast\nvoid size() {\n    Bag bag = new Bag();\n    <ASSERTION>\n}"
    assert record.origin == "project/test/p/BagTest.java#size"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Box box", "no test at line 4"),
        ("void helper", "no test at line 18"),
        ("void both", "calls several methods of the class"),
    ],
)
def test_the_reason_is_said_where_there_is_none(root, line, reason):
    with pytest.raises(mining.Skipped, match=reason):
        mining.Project(root).focal_of(TESTS, line_of(line), root / "test/p/BagTest.java")


def test_a_text_that_is_no_file_of_the_project(root):
    record = mining.Project(root).focal_of(TESTS, line_of("void addsOne"), Path("somewhere/NewTest.java"))
    assert (record.focal_method.identifier, record.mapping) == ("add", "only_invoked")
    assert record.origin == "project/NewTest.java#addsOne"


def test_the_same_as_when_the_whole_project_is_mined(root):
    records, report = mining.mine([root], progress=False)
    project = mining.Project(root)
    assert report["tests"] == 4 and len(records) == 3
    for record in records:
        line = line_of(f"void {record.test_case.identifier}(")
        assert project.focal_of(TESTS, line, root / "test/p/BagTest.java") == record


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (["pom.xml", "core/pom.xml"], ""),
        (["core/build.gradle.kts"], "core"),
        ([".git", "core/.git"], "core"),
        ([], "core/src"),
    ],
)
def test_root_of(tmp_path, marks, expected):
    (tmp_path / "core/src").mkdir(parents=True)
    for mark in marks:
        (tmp_path / mark).touch()
    assert mining.root_of(tmp_path / "core/src/ATest.java") == tmp_path / expected
