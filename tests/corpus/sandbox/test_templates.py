"""Every template is well formed, and the survey that says so notices those that are not."""

import pytest
from helpers.small_template import POOR, write
from helpers.template_survey import examine, survey, table

from trident.corpus.sandbox.template import FOLDER

FILES = sorted(FOLDER.glob("*/*.java"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_template_is_well_formed(path):
    found = examine(path, tries=60)
    assert not found.problems
    assert found.tests >= 3 and found.distinct >= 20


@pytest.mark.parametrize(
    "old, new, problem",
    [
        ("// Holds a number.\n", "", "does not begin with a comment"),
        ("//# n = integer(1, 3)", "//# n = 1", "varies too little"),
        ("assertTrue(found > 0);", "assertBoxed(found);", "assertBoxed is not one of the kinds wanted"),
        ("$n$;", "$m$;", "the hole $m$ is used but not defined"),
        ("//# n = integer(1, 3)", "//# n = integer(1, 3)\n//# spare = n", "the hole 'spare' is defined but never used"),
        ("//# secret =", "//# spare = 1\n    //# secret =", "the hole 'spare' is defined but never used"),
        ("cannotBeKnown", "gets", "two tests have the same name"),
        ("Box {", "$Box$ {\n", "must be called $Box$Test"),
        ("//# n = integer(1, 3)", "//# n = code(') {')", "not Java once the holes are filled"),
        ("//# n = integer(1, 3)", "//# n = code('1); assertNull(null')", "change their number or form"),
    ],
)
def test_check_tells_what_is_wrong(tmp_path, old, new, problem):
    write(tmp_path, POOR.replace(old, new, 1), "things/Box.java")
    problems = examine(tmp_path / "things/Box.java").problems
    assert any(problem in p for p in problems) and all(p.startswith("things/Box.java:") for p in problems)


def test_two_tests_of_the_same_name_are_a_problem(tmp_path):
    source = POOR.replace("public void gets", "public void $first$").replace("cannotBeKnown", "$second$")
    source = source.replace("//# n =", '//# first = name("a", "b")\n//# second = name("a", "c")\n//# n =')
    write(tmp_path, source, "things/Box.java")
    assert any("two tests have the same name" in p for p in examine(tmp_path / "things/Box.java").problems)


def test_a_keyword_as_a_name_is_a_problem(tmp_path):
    source = POOR.replace("found", "$result$").replace("//# n =", "//# result = name('class', 'default')\n//# n =")
    write(tmp_path, source, "things/Box.java")
    assert any("not Java once the holes" in problem for problem in examine(tmp_path / "things/Box.java").problems)


def test_survey_and_its_table(tmp_path):
    write(tmp_path, POOR, "things/Box.java")
    write(tmp_path, POOR.replace("$n$;", "$m$;"), "things/Broken.java")
    found = survey(tmp_path)
    assert [(s.file, s.tests, sum(s.kinds.values()), s.masked, bool(s.problems)) for s in found] == [
        ("things/Box.java", 2, 3, 2, False),
        ("things/Broken.java", 0, 0, 0, True),
    ]
    lines = table(found).splitlines()
    assert lines[1].split()[:4] == ["things/Box.java", "2", "3", "2"] and lines[-1].startswith(
        "things/Broken.java:5: the hole"
    )
