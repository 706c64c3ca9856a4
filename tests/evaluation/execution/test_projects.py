"""trident/evaluation/execution/projects.py and `trident execute`: a small made project, which nobody builds."""

import json
import shutil

import pandas as pd
import pytest

from trident.corpus import mining
from trident.evaluation.execution import Executor, for_run, projects
from trident.experiment import artifacts
from trident.experiment.params import Parameters
from trident.experiment.paths import Run
from trident.java import assertions, jdk
from trident.java.lexer import canonical
from trident.workflow import cli

COUNTER = """package shop;

/** Counts. */
class Counter {
\tstatic final java.util.Map<String, Integer> SEEN = new java.util.HashMap<>();
\tstatic { SEEN.put("start", 1); }
\tprivate int n;

\tint add(int k) {
\t\tif (k > 9) {
\t\t\tthrow new IllegalArgumentException("k");
\t\t}
\t\tn += k;
\t\treturn Names.checked(n);
\t}
}
"""
NAMES = """package shop;

class Names {
    static int checked(int n) {
        return Math.max(n, Limit.LEAST);
    }

    static String greeting(Class<?> near) throws java.io.IOException {
        return new java.io.BufferedReader(new java.io.InputStreamReader(
                near.getResourceAsStream("/greeting.txt"), "UTF-8")).readLine();
    }
}

class Limit {
    static final int LEAST = 0;
}
"""
COUNTER_TEST = """package shop;

import static org.junit.Assert.assertTrue;

import java.util.Locale;
import org.junit.Assert;
import org.junit.Before;
import org.junit.Test;

public class CounterTest {
    private Counter counter;

    @Before
    public void setUp() {
        counter = new Counter();
        Counter.SEEN.put("runs", Counter.SEEN.getOrDefault("runs", 0) + 1);
    }

    @Test
    public void add() {
        Assert.assertEquals(5, counter.add(5));
        Helper.same(7, counter.add(2));
        assertTrue(Counter.SEEN.get("runs") == 1 && Counter.SEEN.get("start") == 1);
        Locale.setDefault(Locale.GERMANY);
    }

    @Test(expected = IllegalArgumentException.class)
    public void addTooMuch() {
        assertTrue(String.format("%.1f", 0.5).equals("0.5"));
        counter.add(10);
    }
}
"""
HELPER = """package shop;

final class Helper {
    static void same(int expected, int found) {
        org.junit.Assert.assertEquals(expected, found);
    }
}
"""
NAMES_TEST = """package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    private int shift = 1;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void checked(int n) {
        assertEquals(n, Names.checked(n));
    }

    @Test
    void greeting() throws Exception {
        assertEquals("Grüezi", Names.greeting(NamesTest.class));
    }

    @Nested
    class Shifted {
        @BeforeEach
        void shift() {
            shift = -7;
        }

        @Test
        void checked() {
            assertEquals(0, Names.checked(shift));
        }
    }
}
"""
REPORT = """package shop;

import com.example.charts.Chart;

class Report {
    int size(Chart chart) {
        return 1;
    }
}
"""
REPORT_TEST = """package shop;

import static org.junit.Assert.assertEquals;
import org.junit.Test;

public class ReportTest {
    @Test
    public void size() {
        assertEquals(1, new Report().size(null));
    }
}
"""
FILES = {
    "src/main/java/shop/Counter.java": COUNTER,
    "src/main/java/shop/Names.java": NAMES,
    "src/main/java/shop/Report.java": REPORT,
    "src/main/java/module-info.java": "module shop { requires nothing.there; }",
    "src/main/resources/greeting.txt": "Grüezi\n",
    "src/test/java/shop/CounterTest.java": COUNTER_TEST,
    "src/test/java/shop/Helper.java": HELPER,
    "src/test/java/shop/ReportTest.java": REPORT_TEST,
}
JUNIT5 = {"src/test/java/shop/NamesTest.java": NAMES_TEST}


@pytest.fixture
def java():
    try:
        return projects.with_junit5(jdk.find())
    except jdk.NoJdk as error:
        pytest.skip(str(error))


@pytest.fixture
def needs_junit5(java):
    if "junit-platform-launcher" not in java.class_path:
        pytest.skip("no JUnit 5: `apt-get install junit5` (Debian), or set JUNIT_CLASSPATH to its jars")


def write(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def mined(root):
    """The examples of a project, in order of file."""
    for record in mining.mine([root], progress=False)[0]:
        test = record.test_case.body
        found = assertions.find(test)
        for index, one in enumerate(found):
            yield {
                "id": f"{record.origin}{index}",
                "source": "mined",
                "group": "shop",
                "origin": record.origin,
                "focal_class": record.focal_class.identifier,
                "focal_method": record.focal_method.body,
                "test_prefix_and_rest": assertions.mask(test, found, index),
                "assertion": one.text,
                "assertion_canonical": canonical(one.text),
            }


def run(root, tmp_path):
    """The table of the references, by test, and why examples were left out."""
    examples = list(mined(root))
    java = projects.with_junit5(jdk.find())
    executor = Executor(examples, 0, tmp_path / "outcomes", [projects.compiled(root, java, tmp_path / "classes")], java)
    table = executor.run([one["assertion"] for one in examples])
    table.index = [f"{one['origin'].partition('#')[2]}: {one['assertion']}" for one in examples]
    return table, dict(executor.left_out)


@pytest.mark.jdk
def test_what_compiles_is_run_with_its_mutants(java, tmp_path):
    root = write(tmp_path / "shop", FILES)
    table, left_out = run(root, tmp_path)
    add = table.loc["add: Assert.assertEquals(5, counter.add(5));"]
    assert add.verdict == "passes" and add.mutants > add.reference_kills > 0 and add.equivalent == 1
    # static fields are fresh in each run; what another run did to the locale is undone
    assert table.loc['add: assertTrue(Counter.SEEN.get("runs") == 1 && Counter.SEEN.get("start") == 1);'].passes
    assert table.loc['addTooMuch: assertTrue(String.format("%.1f", 0.5).equals("0.5"));'].passes
    assert left_out == {"file of the test: does not compile without what was left out": 1}


@pytest.mark.jdk
def test_files_that_do_not_compile_are_left_out_by_reason(java, tmp_path):
    more = {
        "src/main/java/shop/Charts.java": "package shop; class Charts extends Bars {}",
        "src/main/java9/shop/Names.java": NAMES,
    }
    root = write(tmp_path / "shop", FILES | more)
    project = projects.compiled(root, java, tmp_path / "classes")
    others = ("src/main/java/shop/Charts", "src/main/java9/shop/Names", "src/test/java/shop/ReportTest")
    assert project.left_out == {
        "src/main/java/shop/Report.java": "needs a library",
        **{f"{other}.java": "does not compile without what was left out" for other in others},
    }
    assert dict(project.missing) == {"com.example.charts": 1}
    before = sorted((tmp_path / "classes").iterdir())
    assert projects.compiled(root, java, tmp_path / "classes") == project
    assert sorted((tmp_path / "classes").iterdir()) == before, "compiled again"
    write(root, {"src/main/java/shop/Charts.java": "package shop; class Charts {}"})
    assert "src/main/java/shop/Charts.java" not in projects.compiled(root, java, tmp_path / "classes").left_out


@pytest.mark.jdk
def test_answers_are_judged(java, tmp_path):
    root = write(tmp_path / "shop", FILES)
    example = next(one for one in mined(root) if one["assertion"] == "Assert.assertEquals(5, counter.add(5));")
    expected = {
        "assertTrue(counter.add(5) == 5);": ("passes", True),
        "assertEquals(5, counter.add(5));": ("passes", True),
        "counter.add(5);": ("passes", True),  # some mutants throw
        "assert true;": ("fails elsewhere", False),  # what follows relies on the call
        "assertTrue(counter.add(5) == 6);": ("fails", False),
        "assertTrue(counter.subtract(5) == 5);": ("does not compile", False),
        "System.exit(0);": ("refused", False),
    }
    project = projects.compiled(root, java, tmp_path / "classes")
    table = Executor([example] * len(expected), 0, tmp_path / "outcomes", [project], java).run(list(expected))
    assert list(zip(table.verdict, table.kills > 0)) == list(expected.values())


@pytest.mark.jdk
def test_junit5_runs_with_parameters_nested_classes_and_resources(java, needs_junit5, tmp_path):
    table, _ = run(write(tmp_path / "shop", FILES | JUNIT5), tmp_path)
    for reference in (
        "checked: assertEquals(n, Names.checked(n));",
        'greeting: assertEquals("Grüezi", Names.greeting(NamesTest.class));',
        "Shifted.checked: assertEquals(0, Names.checked(shift));",
    ):
        assert table.loc[reference].passes, reference
    assert table.loc["checked: assertEquals(n, Names.checked(n));"].reference_kills > 0


@pytest.mark.jdk
def test_libraries_are_taken_from_where_maven_puts_them(java, tmp_path):
    root = write(tmp_path / "shop", FILES)
    library = write(tmp_path / "library", {"Chart.java": "package com.example.charts; public class Chart {}"})
    jdk._run([java.javac, "-d", "classes", "Chart.java"], library)
    jars = root / projects.LIBRARIES
    jars.mkdir(parents=True)
    shutil.make_archive(str(jars / "charts"), "zip", library / "classes")
    (jars / "charts.zip").rename(jars / "charts.jar")
    table, left_out = run(root, tmp_path)
    assert not left_out and table.passes.all()


def test_an_example_that_is_not_in_the_checkout_is_left_out(tmp_path):
    project = projects.Project(
        "shop", {"A.java": "class A { void a() {} }", "ATest.java": "class ATest {}"}, {}, {}, ""
    )
    example = {
        "test_prefix_and_rest": f"void t() {{ {assertions.MARK} }}",
        "assertion": "assertTrue(true);",
        "assertion_canonical": "assertTrue(true);",
        "focal_class": "A",
        "focal_method": "void a() {}",
    }
    for origin, reason in (
        ("shop/BTest.java#t", "the test is not in the checkout"),
        ("shop/ATest.java#t", "the test is not in the checkout"),
    ):
        assert project.blank({**example, "origin": origin}) == reason
    project = projects.Project(
        "shop", {**project.sources, "ATest.java": "class ATest { void t() { assertTrue(true); } }"}, {}, {}, ""
    )
    here = {**example, "origin": "shop/ATest.java#t"}
    assert not isinstance(project.blank(here), str)
    assert project.blank({**here, "focal_method": "void b() {}"}) == "the method under test is not in the checkout"
    assert project.blank({**here, "focal_class": "B"}) == "the method under test is not in the checkout"


def test_other_tests_are_taken_out_but_for_what_is_used_elsewhere():
    source = "class T { @Test void a() {} int n; @Test void b() {} @Test void c() { b(); } @Test void d() {} }"
    place = projects._place(source, [], "c", "@Test void c() { ")
    assert (place.before, place.after, place.outermost) == (
        "class T {  int n; @Test void b() {} ", "  }", "T"
    )  # fmt: skip


@pytest.mark.jdk
def test_the_examples_of_a_run_are_run_where_their_checkouts_are(java, tmp_path):
    root = write(tmp_path / "checkouts" / "shop", FILES)
    made = Run("mined", str(tmp_path / "runs"))
    artifacts.begin(made.corpus, Parameters(corpus_seed=1)).finish()
    examples = list(mined(root))
    references = [example["assertion"] for example in examples]
    executor = for_run(made, examples, str(root.parent))
    table = executor.run(references)
    expected, left_out = run(root, tmp_path)
    pd.testing.assert_frame_equal(table, expected.reset_index(drop=True))
    assert executor.left_out == left_out and table.passes.sum() > 0
    assert for_run(made, examples, "").run(references).verdict.isna().all(), "without checkouts nothing can be run"
    with pytest.raises(projects.ProjectError, match=r"holds none of the projects shop: .* or leave `checkouts` empty"):
        for_run(made, examples, str(tmp_path))


@pytest.mark.jdk
def test_the_command_reports_what_could_be_run(java, tmp_path, capsys):
    root = write(tmp_path / "shop", FILES)
    assert cli.main(["execute", str(root), "--out", str(tmp_path / "out")]) == 0
    found = json.loads((tmp_path / "out" / "shop" / "report.json").read_text(encoding="utf-8"))
    assert (found["drawn"], found["ran"]) == (4, 3)
    assert found["answers"]["reference"]["equivalent"] == 1
    vacuous = found["answers"]["vacuous"]  # where an assertion adds, another that relies on it fails without it
    assert (round(vacuous["passes"], 3), vacuous["equivalent"]) == (0.667, 0)
    printed = capsys.readouterr().out
    assert "3  could be run (75.0%)" in printed and "1  left out: file of the test: does not compile" in printed


@pytest.mark.jdk
def test_a_folder_without_java_says_so(tmp_path, capsys):
    assert cli.main(["execute", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "no .java file" in capsys.readouterr().err
