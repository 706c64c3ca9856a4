"""The tests that base models learn from: all of the training projects, and none that an evaluation split knows."""

from __future__ import annotations

import pytest
from helpers.small_repositories import Mirror, java

from trident.corpus import every_test
from trident.workflow import fetch

UNPAIRED = """import org.junit.Test;

public class LooseTest {
    @Test
    public void thinks() {
        String words = "of a test without a class under test";
        org.junit.Assert.assertEquals(36, words.length());
    }
}
"""
#: Long enough for several shingles.
COPIED = """import org.junit.Test;

public class CopiedTest {{
    @Test
    public void {name}() {{
        StringBuilder builder = new StringBuilder("copied from project to project");
        builder.append(" and hardly changed").append('.').reverse().setLength(12);
        org.junit.Assert.assertEquals(12, builder.toString().trim().length());
        org.junit.Assert.assertFalse(builder.toString().isEmpty());
    }}
}}
"""


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    mirror = Mirror(tmp_path / "mirror")
    for name, value in mirror.rule().items():
        monkeypatch.setenv(name, value)
    more = {"src/test/LooseTest.java": UNPAIRED, "src/test/CopiedTest.java": COPIED.format(name="copies")}
    mirror.add("one/bag", {**java("Bag", 1), **more})
    mirror.add("two/sack", {**java("Sack", 2), "src/test/LooseTest.java": UNPAIRED})
    mirror.add("three/box", {**java("Box", 3), "src/test/CopiedTest.java": COPIED.format(name="copiesToo")}, "test")
    fetch.fetch(mirror.manifest(tmp_path / "p.yaml"), tmp_path / "projects")
    return tmp_path / "projects"


def test_all_tests_of_training_projects_and_nothing_of_others(fetched, tmp_path):
    counts = every_test.save(fetched, tmp_path / "tests.arrow", progress=False)
    tests = every_test.load(tmp_path / "tests.arrow")
    text = "\n".join(tests["test"])
    assert counts["used"] == len(tests) and "new Bag" in text and "new Sack" in text and "Box" not in text
    assert text.count("thinks()") == 1 and counts["duplicates"] >= 1  # stands in both projects
    assert "copies" not in text and counts["near_duplicates"] == 1


def test_the_method_under_test_stands_beside_its_test(fetched, tmp_path):
    counts = every_test.save(fetched, tmp_path / "tests.arrow", progress=False)
    rows = list(every_test.load(tmp_path / "tests.arrow"))
    loose = next(row for row in rows if "thinks" in row["test"])
    assert loose["focal_method"] == ""
    paired = [row for row in rows if row["focal_method"]]
    assert len(paired) == counts["with_method"] == 2


def test_the_same_again_gives_the_same_file(fetched, tmp_path):
    for name in ("one.arrow", "two.arrow"):
        every_test.save(fetched, tmp_path / name, progress=False)
    assert (tmp_path / "one.arrow").read_bytes() == (tmp_path / "two.arrow").read_bytes()


def test_a_damaged_project_is_told_and_left_out(fetched, tmp_path):
    (fetched / "bag/src/main/Bag.java").write_text("class Bag {}\n")
    with pytest.warns(UserWarning, match="projects are missing"):
        every_test.save(fetched, tmp_path / "tests.arrow", progress=False)
    assert "Bag" not in "\n".join(every_test.load(tmp_path / "tests.arrow")["test"])
