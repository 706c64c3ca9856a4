"""trident/corpus/mining on small source trees: what is a test, what it tests, and what is left out."""

import json
import os
import re

import pytest

from trident.corpus import mining
from trident.corpus.mining import reader
from trident.corpus.records import parse
from trident.corpus.schema import CorpusError

BAG = """
package p;

/** A bag. */
public class Bag<T> extends Box implements Holder<T> {
    private final int size, room;

    public Bag(int size) { this.size = size; }

    /** Says how many. */
    @Deprecated
    public int size() {
        return size;
    }

    public boolean add(T item) { return true; }
    public boolean add(T item, int times) { return times > 0; }
    public void put(String text) { }
    public void put(int number) { }
    public void put(Box box) { }
    public static String join(String separator, Object... parts) { return separator; }
    public static String join(String text) { return text; }
    protected abstract void later();
    @Override public String toString() { return "bag"; }

    static class Pocket { int depth() { return 1; } }
}
"""


def tree(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def class_with(*methods, name="BagTest", imports="import org.junit.Test;", head="", package="p"):
    body = "\n".join("    " + line for method in methods for line in method.split("\n"))
    return f"package {package};\n{imports}\n{head}public class {name} {{\n{body}\n}}\n"


def signature(method):
    """What a method declares: ``int size()``, without annotations and modifiers."""
    header = re.sub(r"@\w+(\([^)]*\))?|\b(public|protected|private|static|default)\b", "", method.body)
    return " ".join(header.partition("{")[0].split())


def mined(tmp_path, *methods, **options):
    """(test, focal signature, mapping) of each pair found for `methods` in a project with class Bag; the report."""
    root = tree(
        tmp_path / "project",
        {"src/main/java/p/Bag.java": BAG, "src/test/java/p/BagTest.java": class_with(*methods, **options)},
    )
    records, report = mining.mine([root], progress=False)
    return [(r.test_case.identifier, signature(r.focal_method), r.mapping) for r in records], report


def reasons(report):
    return {reason: entry["count"] for reason, entry in report["skipped"].items()}


def test_record_has_the_published_schema(tmp_path):
    root = tree(
        tmp_path / "project",
        {
            "src/main/java/p/Bag.java": BAG,
            "src/test/java/p/BagTest.java": class_with(
                "@Test(timeout = 5)\npublic void size() throws Exception {\n    Bag bag = new Bag(3);\n\n"
                "    assertEquals(3, bag.size());\n}",
                "Bag<String> other = new Bag<>(1);",
            ),
        },
    )
    [record], report = mining.mine([root], progress=False)
    assert record.test_case.model_dump() == {
        "identifier": "size",
        "body": "@Test(timeout = 5)\npublic void size() throws Exception {\n    Bag bag = new Bag(3);\n\n"
        "    assertEquals(3, bag.size());\n}",
    }
    assert record.focal_method.model_dump() == {
        "identifier": "size",
        "body": "@Deprecated\npublic int size() {\n    return size;\n}",
    }
    assert record.focal_class.model_dump() == {"identifier": "Bag", "file": "src/main/java/p/Bag.java"}
    assert record.repository.model_dump() == {"repo_id": "project"}
    assert record.mapping == "name"
    assert record.origin == "project/src/test/java/p/BagTest.java#size"
    assert parse(record.model_dump_json().encode(), "", "") == record
    assert {
        key: report[key]
        for key in ("projects", "files", "classes", "tests", "pairs", "mapping", "framework", "skipped")
    } == {
        "projects": ["project"],
        "files": 2,
        "classes": 3,
        "tests": 1,
        "pairs": 1,
        "mapping": {"name": 1},
        "framework": {"junit4": 1},
        "skipped": {},
    }


@pytest.mark.parametrize(
    ("method", "options", "framework"),
    [
        ("@Test public void testSize() { }", {}, "junit4"),
        ("@org.junit.Test public void testSize() { }", {"imports": "import org.junit.Assert;"}, "junit4"),
        (
            "public void testSize() { }",
            {"imports": "import junit.framework.TestCase;", "name": "BagTest extends TestCase"},
            "junit3",
        ),
        ("@Test void testSize() { }", {"imports": "import org.junit.jupiter.api.Test;"}, "junit5"),
        (
            "@ParameterizedTest @ValueSource(ints = {1, 2}) void testSize(int size) { }",
            {"imports": "import org.junit.jupiter.params.*;"},
            "junit5",
        ),
        ("@RepeatedTest(3) void size() { }", {"imports": "import org.junit.jupiter.api.*;"}, "junit5"),
        ('@Test(groups = "fast") public void size() { }', {"imports": "import org.testng.annotations.Test;"}, "testng"),
        ("public void size() { }", {"imports": "import org.testng.annotations.Test;", "head": "@Test\n"}, "testng"),
    ],
)
def test_frameworks(tmp_path, method, options, framework):
    pairs, report = mined(tmp_path, method, **options)
    assert [(signature, mapping) for _, signature, mapping in pairs] == [("int size()", "name")]
    assert report["framework"] == {framework: 1}


META = """
package q;
import java.lang.annotation.*;
import org.junit.jupiter.api.Tag;
@Retention(RetentionPolicy.RUNTIME) @Tag("fast") @org.junit.jupiter.api.Test
public @interface Fast { }
@Fast @interface VeryFast { }
class Kinds { @Target(ElementType.METHOD) @VeryFast @interface Fastest { } }
@Tag("fast") @interface Labelled { }
"""


def test_annotations_of_the_project_that_carry_one(tmp_path):
    names = ("Fast", "q.VeryFast", "Kinds.Fastest", "Labelled")
    methods = [f"@{name} void t{i}() {{ new Bag(1).size(); }}" for i, name in enumerate(names)]
    test = class_with(*methods, imports="import static org.junit.jupiter.api.Assertions.*; import q.*;")
    root = tree(tmp_path / "project", {"Bag.java": BAG, "BagTest.java": test, "q/Fast.java": META})
    other = tree(tmp_path / "other", {"Bag.java": BAG, "BagTest.java": test})
    records, report = mining.mine([root, other], progress=False)
    assert [record.origin for record in records] == [f"project/BagTest.java#t{i}" for i in range(3)]
    assert report["framework"] == {"junit5": 3}
    assert report["skipped"] == {
        "test class: no method is known as a test": {"count": 1, "first": "other/BagTest.java"}
    }


@pytest.mark.parametrize(
    "name", ["BagTest", "BagTests", "BagIT", "BagITCase", "BagTestCase", "TestBag", "Bag extends BoxTest"]
)
def test_a_class_that_looks_like_a_test_and_has_none_is_counted(tmp_path, name):
    pairs, report = mined(tmp_path, "@Property void size() { }", name=name)
    assert pairs == [] and reasons(report) == {"test class: no method is known as a test": 1}
    assert "left out:\n       1  test class: no method is known as a test, first project/" in mining.summary(report)


def test_why_a_class_that_looks_like_a_test_has_none(tmp_path):
    root = tree(
        tmp_path / "project",
        {
            "Bag.java": BAG,
            "BagContract.java": "abstract class BagContract { @Test void size() { new Bag(1).size(); } }",
            "Middle.java": "class Middle extends BagContract { Bag make() { return null; } }",
            "LeatherBag.java": "class LeatherBag extends Middle { }",
            "SlowTest.java": "interface SlowTest { }",
            "BrokenTest.java": "class BrokenTest { void a() { ",
            "OuterTest.java": "class OuterTest { @Nested class A { @Test void size() { new Bag(1).size(); } }\n"
            "class BTest { void no() { } } }",
            "Audit.java": "enum AUDIT { A } class Contest { } class Testament { } class Latest { }",
        },
    )
    _, report = mining.mine([root], progress=False)
    skipped = {why: entry for why, entry in report["skipped"].items() if why.startswith("test class")}
    assert skipped == {
        "test class: it inherits its tests": {"count": 2, "first": "project/LeatherBag.java"},
        "test class: no method": {"count": 1, "first": "project/SlowTest.java"},
        "test class: no method is known as a test": {"count": 1, "first": "project/OuterTest.java#BTest"},
        "test class: no test found beside a syntax error": {"count": 1, "first": "project/BrokenTest.java"},
    }


def test_names_that_are_not_utf8(tmp_path):
    root = tmp_path / os.fsdecode(b"caf\xe9")
    tree(root, {"Bag.java": BAG, os.fsdecode(b"B\xe9.java"): class_with("@Test public void size() { }")})
    records, report = mining.mine([root], progress=False)
    assert report["projects"] == ["caf\\xe9"]
    assert [record.origin for record in records] == ["caf\\xe9/B\\xe9.java#size"]
    mining.mine_into([root], tmp_path / os.fsdecode(b"o\xe9"), progress=False)
    assert [
        parse(line, "", "") for line in (tmp_path / os.fsdecode(b"o\xe9") / mining.RECORDS).read_bytes().splitlines()
    ] == records
    mining.summary(report).encode("ascii")


@pytest.mark.parametrize(
    "method",
    [
        "public void testSize() { }",  # no annotation, no TestCase
        "@Before public void size() { new Bag(1).size(); }",
        "@Ignore public void size() { }",
    ],
)
def test_what_is_no_test(tmp_path, method):
    pairs, report = mined(tmp_path, method)
    assert pairs == [] and report["tests"] == 0


def test_junit3_helpers_are_no_tests(tmp_path):
    pairs, report = mined(
        tmp_path,
        "public void testSize() { }",
        "void testAdd() { }",
        "public void testPut(int i) { }",
        "public void setUp() { }",
        "public int testJoin() { return 1; }",
        imports="",
        name="BagTest extends junit.framework.TestCase",
    )
    assert [test for test, _, _ in pairs] == ["testSize"]


@pytest.mark.parametrize(
    "name", ["BagTest", "BagTests", "TestBag", "BagTestCase", "BagIT", "Bag_Test", "BagITCase", "Test_Bag"]
)
def test_names_of_test_classes(tmp_path, name):
    pairs, _ = mined(tmp_path, "@Test public void size() { }", name=name)
    assert pairs == [("size", "int size()", "name")]


@pytest.mark.parametrize("name", ["Bags", "Testament", "Baglatest", "TheBagTest", "Test", "Tests"])
def test_names_that_say_no_class(tmp_path, name):
    pairs, report = mined(tmp_path, "@Test public void size() { }", name=name)
    assert pairs == [] and reasons(report) == {"test: no class by the name of the test class": 1}


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("@Test void test_size() { other(); }", ("int size()", "name")),
        ("@Test void sizeTest() { }", ("int size()", "name")),
        ("@Test void TESTSIZE() { }", ("int size()", "name")),
        ("@Test void isEmptyAtFirst() { assertEquals(0, new Bag(0).size()); }", ("int size()", "only_invoked")),
        (
            "@Test void a() { Bag b = make(); List l = make(); b.size(); l.add(1); Arrays.toString(x); }",
            ("int size()", "only_invoked"),
        ),
        ("@Test void a() { Box b = new Bag(1); b.size(); }", ("int size()", "only_invoked")),
        (
            "@Test void a() { assertThat(new Bag(1).size()).add(2).toString(); verify(mock).put(1); }",
            ("int size()", "only_invoked"),
        ),
        ("@Test void a() { then(new Bag(1).size()).add(2); expect.that(x).put(1); }", ("int size()", "only_invoked")),
        ("@Test void a() { var b = make(); b.size(); }", ("int size()", "only_invoked")),
        ("@Test void a() { assertThrows(E.class, () -> bag.size()); }", ("int size()", "only_invoked")),
        # overloads: by number of arguments, then by plain types
        ("@Test void add() { bag.add(x()); }", ("boolean add(T item)", "name")),
        ("@Test void add() { bag.add(x(), y()); bag.add(z(), 2); }", ("boolean add(T item, int times)", "name")),
        ('@Test void a() { bag.put("x"); }', ("void put(String text)", "only_invoked")),
        (
            "@Test void a() { bag.put(" + "(" * 1500 + "-1" + ")" * 1500 + "); }",
            ("void put(int number)", "only_invoked"),
        ),
        ("@Test void a() { bag.put(-1); }", ("void put(int number)", "only_invoked")),
        ("@Test void a() { final Box b = x(); bag.put(b); }", ("void put(Box box)", "only_invoked")),
        ("@Test void a() { bag.put(new Box(1)); }", ("void put(Box box)", "only_invoked")),
        (
            '@Test void a() { bag.put("x" + y()); bag.put(new Object().toString()); }',
            ("void put(String text)", "only_invoked"),
        ),
        ('@Test void a() { bag.put("s"' + " + x" * 1500 + "); }", ("void put(String text)", "only_invoked")),
        ('@Test void a() { Bag.join("x", 1, 2); }', ("String join(String separator, Object... parts)", "only_invoked")),
        ("@Test void a() { Bag.join(x()); }", ("String join(String text)", "only_invoked")),
    ],
)
def test_method_under_test(tmp_path, method, expected):
    pairs, report = mined(tmp_path, method)
    assert [pair[1:] for pair in pairs] == [expected], reasons(report)


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("@Test void a() { bag.size(); bag.put(1); }", "calls several methods of the class"),
        ("@Test void a() { other(); }", "calls no method of the class"),
        (
            "@Test void a() { toStrings(); toString(); }\nString toString() { return null; }",
            "calls no method of the class",
        ),
        ("@Test void a() { later(); }", "calls no method of the class"),
        ("@Test void a() { bag.put(x()); }", "overload not certain"),
        ("@Test void add() { bag.add(x()); bag.add(x(), 1); }", "overload not certain"),
        ("@Test void add() { }", "overload not certain"),
        ("@Test void size() { int = ; bag.size(); }", "syntax error in the test"),
    ],
)
def test_misses_are_counted_by_reason(tmp_path, method, reason):
    pairs, report = mined(tmp_path, method)
    assert pairs == [] and reasons(report) == {f"test: {reason}": 1}
    assert report["skipped"][f"test: {reason}"]["first"].startswith("project/src/test/java/p/BagTest.java#")


SHELF = """
package p;
public class Shelf extends Furniture implements Holder {
    public static Shelf of(int... sizes) { return null; }
    public static Builder builder() { return null; }
    public static int limit() { return 9; }
    public T self() { return this; }
    public void put(String text) { }
    public void putAll(String[] texts) { }
    public void putAll(Collection<String> texts) { }
    public void spread(byte[] bytes) { }
    public void spread(String... texts) { }
    public void test() { }
    public int size() { return 0; }
    public int height() { return 0; }
    abstract int depth();
    public static class Corner { int angle() { return 90; } }
}
"""
FURNITURE = """
package p;
abstract class Furniture extends Thing { int weight() { return 1; } int height() { return 1; } }
"""
THING = "package p; class Thing { int price() { return 2; } int weight() { return 3; } }"


def shelf(tmp_path, *methods, name="ShelfTest", **options):
    """As `mined`, with class Shelf: (method under test, mapping) of each pair, or the reason why there is none."""
    files = {"Shelf.java": SHELF, "Furniture.java": FURNITURE, "Thing.java": THING}
    head = "import static p.Shelf.*;\n"
    files["T.java"] = class_with(*methods, name=name, **{"imports": head + "import org.junit.Test;", **options})
    records, report = mining.mine([tree(tmp_path / "project", files)], progress=False)
    pairs = [(r.focal_method.identifier, r.mapping) for r in records]
    return pairs or [reason.removeprefix("test: ") for reason in reasons(report)]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("void putsNothing() { shelf.put(a); shelf.size(); }", "calls several methods of the class"),
        ("void testPutAtEnd() { shelf.put(a); shelf.size(); }", ("put", "name_part")),
        ("void test_size_afterPut() { shelf.put(a); shelf.size(); }", ("size", "name_part")),
        ("void heightAndSize() { shelf.height(); shelf.size(); }", ("height", "name_part")),
        ("void sizePut() { shelf.put(a); shelf.size(); shelf.height(); }", ("size", "name_part")),
        ("void putSizeHeight() { shelf.put(a); shelf.size(); shelf.height(); }", ("height", "name_part")),
        ("void testSizeOfHTML2Shelf() { shelf.size(); shelf.put(a); }", ("size", "name_part")),
        ("void outputSizes() { shelf.put(a); shelf.size(); }", "calls several methods of the class"),
        ("void size() { shelf.put(a); shelf.height(); }", ("size", "name")),
        ("void a() { Shelf.of(1).size(); }", ("size", "only_besides_factories")),
        ("void a() { Shelf.of(1); }", ("of", "only_factory")),
        ("void a() { builder().build(); }", ("builder", "only_factory")),
        ("void a() { builder().build(); Shelf.of(2); }", "calls several methods of the class"),
        ("void a() { limit(); }", ("limit", "only_invoked")),
        ("void a() { Shelf.limit(); Shelf.of(1).put(a); }", "calls several methods of the class"),
        ("void a() { run(shelf::size); }", ("size", "only_invoked")),
        ("void a() { run(Shelf::size); run(Other::put); run(int[]::new); }", ("size", "only_invoked")),
        ("void a() { shelf.size(); run(super::put); }", ("size", "only_invoked")),
        ("void a() { shelf.depth(); }", "the method under test has no body"),
        ("void a() { shelf.depth(); shelf.size(); }", "calls several methods of the class"),
        # overloads by what an argument cannot be
        ("void a() { shelf.putAll(new String[0]); }", ("putAll", "only_invoked")),
        ("void a() { List<String> texts = x(); shelf.putAll(texts); }", ("putAll", "only_invoked")),
        ("void a() { shelf.putAll(x()); }", "overload not certain"),
        ("void a(byte[] b) { shelf.spread(b); }", ("spread", "only_invoked")),
        ("void a(String[] s) { shelf.spread(s); }", ("spread", "only_invoked")),
        ("void a(long[] s) { shelf.spread(s); }", "overload not certain"),
        ('void a() { shelf.spread("a"); }', ("spread", "only_invoked")),
        ('void a() { shelf.spread("a", "b"); }', ("spread", "only_invoked")),
        ("void limitAndPut() { Shelf.of(limit()).put(x); }", ("limit", "name_part")),
        ("void testPutOfOther() { Shelf.of(1).put(x); }", ("put", "name_part")),
        ("void testOfOther() { Shelf.of(1).put(x); }", ("of", "name_part")),
        ("void a() { for (Furniture f : all) { f.put(x); } }", ("put", "only_invoked")),
        ("void a() { for (Other f : all) { f.put(x); } }", "calls no method of the class"),
        ("void a() { try (Other f = x()) { f.put(x); } }", "calls no method of the class"),
        ("void a() { p.Other.put(x); p.Shelf.limit(); }", ("limit", "only_invoked")),
        # what calls return
        ("void a() { Shelf.of(1).put(x); Shelf.builder().size(); }", ("put", "only_besides_factories")),
        ("void a() { var s = Shelf.of(1); s.weight(); }", "calls a factory, and the class or the call is not certain"),
        ("void a() { make().weight(); }\nShelf make() { return null; }", ("weight", "inherited_only_invoked")),
        ("void a() { var o = make(); o.put(x); }\nOther make() { return null; }", "calls no method of the class"),
        ("void a() { shelf.size(); x().self().put(); }", "calls several methods of the class"),
        ("void a() { Shelf.of(1)" + ".self()" * 99 + ".put(x); }", "calls several methods of the class"),
        # what the class inherits
        ("void a() { Shelf s = x(); s.weight(); }", ("weight", "inherited_only_invoked")),
        ("void testPriceOfNew() { new Shelf().price(); new Shelf().size(); }", ("price", "inherited_name_part")),
        ("void weight() { x(); }", ("weight", "inherited_name")),
        ("void a() { Furniture f = x(); f.height(); f.weight(); }", ("height", "only_invoked")),
        ("void a() { x().weight(); shelf.size(); }", ("size", "only_invoked")),
        # helpers
        ("void a() { check(1); }\nvoid check(int n) { shelf.size(); }", ("size", "helper_only_invoked")),
        (
            "void a() { check(1); }\nvoid check(int n) { assertB(); }\nvoid assertB() { check(2); shelf.put(a); }",
            ("put", "helper_only_invoked"),
        ),
        ("void a() { fill(); }\nvoid fill() { shelf.put(a); }", "calls no method of the class"),
        ("void a() { make(); shelf.size(); }\nvoid make() { shelf.put(a); }", ("size", "only_invoked")),
        ("void size() { doIt(); }\nvoid doIt() { shelf.put(a); shelf.size(); }", ("size", "helper_name")),
        ("void a() { size(); }\nvoid size() { }", "calls no method of the class"),
    ],
)
def test_what_says_which_method(tmp_path, method, expected):
    assert shelf(tmp_path, f"@Test {method}") == [expected]


def test_a_call_on_nothing_is_imported_or_inherited(tmp_path):
    call = "@Test void a() { limit(); }"
    missing = ["calls no method of the class"]
    assert shelf(tmp_path / "a", call, imports="import org.junit.Test; import static p.Other.limit;") == missing
    assert shelf(tmp_path / "b", call, imports="import static p.Shelf.limit;") == [("limit", "only_invoked")]
    assert shelf(tmp_path / "c", call.replace("limit", "size")) == missing
    inheriting = shelf(tmp_path / "d", call.replace("limit", "size"), name="ShelfTest extends Shelf")
    assert inheriting == [("size", "only_invoked")]


@pytest.mark.parametrize(
    ("name", "mapping"),
    [
        ("Shelf_Size_Test", "cut_only_invoked"),
        ("TestShelf_Basics", "cut_only_invoked"),
        ("ShelfTest_put_Basics", "cut_name_part"),
        ("ShelfPutTest", "prefix_name"),
        ("ShelfPutTestCase", "prefix_name"),
        ("ShelfPutManyTestCase", "prefix_name_part"),
        ("TestShelfPutting", "prefix_only_invoked"),
        ("ShelfSpec", "prefix_only_invoked"),
        ("Shelf2Test", "prefix_only_invoked"),
        ("ShelfingTest", None),
        ("BigShelfTest", None),
        ("ShelfTest { int n; } class ShelfBoardTest", "prefix_only_invoked"),
    ],
)
def test_classes_by_a_part_of_the_name(tmp_path, name, mapping):
    found = shelf(tmp_path, "@Test void a() { shelf.put(x); }", name=name)
    assert found == ([("put", mapping)] if mapping else ["no class by the name of the test class"])


def test_test_in_the_name_of_a_class_is_no_method(tmp_path):
    test = "@Test void a() { shelf.put(x); shelf.test(); }"
    assert shelf(tmp_path, test, name="ShelfSizeTest") == ["calls several methods of the class"]


def test_the_longest_name_and_the_exact_one_first(tmp_path):
    classes = {
        f"{name}.java": f"class {name} {{ int size() {{ return {n}; }} }}"
        for n, name in enumerate(["Bag", "BagOf", "BagOfThings"])
    }
    for name, expected in {
        "BagOfThingsTest": ("BagOfThings", "name"),
        "BagOfThingsBigTest": ("BagOfThings", "prefix_name"),
        "BagOfMoreTest": ("BagOf", "prefix_name"),
        "TestBag_OfThings": ("Bag", "cut_name"),
    }.items():
        test = {"T.java": f"class {name} {{ @Test void size() {{ }} }}"}
        [record], _ = mining.mine([tree(tmp_path / name, classes | test)], progress=False)
        assert (record.focal_class.identifier, record.mapping) == expected


def test_nested_classes_named_after_methods(tmp_path):
    nested = (
        "class ShelfTest { @Nested class %s { @Test void a() { new Shelf().put(x); new Shelf.Corner().angle(); } } }"
    )
    for name, expected in {
        "ThingTest": ["put"],  # not of class Thing: it is in another file
        "CornerTest": ["angle"],
        "PutTest": ["put"],
    }.items():
        files = {"Shelf.java": SHELF, "Thing.java": THING, "T.java": f"package p; {nested % name}"}
        records, _ = mining.mine([tree(tmp_path / name, files)], progress=False)
        assert [record.focal_method.identifier for record in records] == expected


def test_the_imported_class_of_a_name(tmp_path):
    bag = "package {0};\nclass Bag {{ int size() {{ return 1; }} }}"
    files = {f"{name}/Bag.java": bag.format(name) for name in ("q", "r")}
    test = class_with("@Test public void size() { }", imports="import r.Bag;")
    records, _ = mining.mine([tree(tmp_path / "project", {**files, "BagTest.java": test})], progress=False)
    assert [record.focal_class.file for record in records] == ["r/Bag.java"]


def test_nested_classes(tmp_path):
    nested = (
        "class BagTest {\n    Bag bag;\n    @Nested class WhenNew {\n        @Test void one() { bag.size(); }\n"
        "        @Nested class PocketTest {\n"
        "            @Test void one() { new Bag.Pocket().depth(); }\n        }\n    }\n}"
    )
    root = tree(
        tmp_path / "project",
        {"Bag.java": BAG, "BagTest.java": f"package p;\nimport org.junit.jupiter.api.*;\n{nested}"},
    )
    records, report = mining.mine([root], progress=False)
    assert [(r.focal_class.identifier, r.focal_method.identifier, r.origin) for r in records] == [
        ("Bag", "size", "project/BagTest.java#WhenNew.one"),
        ("Pocket", "depth", "project/BagTest.java#WhenNew.PocketTest.one"),
    ]
    assert report["skipped"] == {}


def test_the_nearest_class_of_a_name(tmp_path):
    bag = "package {};\npublic class Bag {{ int size() {{ return {}; }} }}"
    test = class_with("@Test public void size() { }")
    root = tree(
        tmp_path / "project",
        {
            "one/src/main/java/p/Bag.java": bag.format("p", 1),
            "two/src/main/java/p/Bag.java": bag.format("p", 2),
            "two/src/main/java/q/Bag.java": bag.format("q", 3),
            "two/src/test/java/p/BagTest.java": test,
            "three/src/test/java/p/BagTest.java": test,
            "four/src/test/java/q/BagTest.java": test.replace("package p", "package q"),
        },
    )
    records, report = mining.mine([root], progress=False)
    assert [(r.origin.split("/")[1], r.focal_class.file) for r in records] == [
        ("four", "two/src/main/java/q/Bag.java"),
        ("two", "two/src/main/java/p/Bag.java"),
    ]
    assert reasons(report) == {"test: several classes by the name of the test class": 1}


def test_projects_do_not_see_each_other(tmp_path):
    one = tree(tmp_path / "one", {"Bag.java": BAG})
    two = tree(tmp_path / "two", {"BagTest.java": class_with("@Test public void size() { }")})
    records, report = mining.mine([one, two], progress=False)
    assert records == [] and report["projects"] == ["one", "two"]
    assert reasons(report) == {"test: no class by the name of the test class": 1}


def test_unreadable_files_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "MAX_FILE_BYTES", 1 << 20)
    root = tree(
        tmp_path / "project",
        {
            "Bag.java": BAG,
            "BagTest.java": "\ufeff" + class_with("@Test public void size() { }"),
            "Big.java": "// " + "x" * (1 << 20),
            "Broken.java": "}{ ((",
            ".hidden/Other.java": BAG,
            "notes.txt": "class No { }",
            "Deep.java": "class A { " * 2000 + "}" * 2000,
            "Deeper.java": "f(" * 9000,
            "empty.java": "",
            "package-info.java": "package p;",
        },
    )
    (root / "Latin.java").write_bytes("class Ü { }".encode("latin-1"))
    (root / "Link.java").symlink_to(root / "Bag.java")
    (root / "loop").symlink_to(root)
    os.mkfifo(root / "Pipe.java")
    records, report = mining.mine([root], progress=False)
    assert len(records) == 1 and report["files"] == 9
    assert report["skipped"] == {
        "file: classes nested too deeply": {"count": 1, "first": "project/Deep.java"},
        "file: the parser gave up": {"count": 1, "first": "project/Deeper.java"},
        "file: does not parse as Java": {"count": 1, "first": "project/Broken.java"},
        "file: larger than 1 MiB": {"count": 1, "first": "project/Big.java"},
        "file: not UTF-8": {"count": 1, "first": "project/Latin.java"},
    }


def test_errors_elsewhere_in_a_file_do_not_matter(tmp_path):
    broken = "@Test public void oops() { if ( }"
    pairs, report = mined(
        tmp_path, "@Test public void size() { new Bag(1).size(); }", broken, "@Test public void testToString() { }"
    )
    assert ("size", "int size()", "name") in pairs


def test_modern_and_other_kinds_of_classes(tmp_path):
    root = tree(
        tmp_path / "project",
        {
            "Point.java": "record Point(int x, int y) { int sum() { return x + y; } }",
            "Color.java": "enum Color { RED { int code() { return 1; } }, BLUE; int code() { return 0; } }",
            "Shape.java": 'sealed interface Shape permits A { default String name() { return """\n  a\n  """; }\n'
            "int area(); }",
            "PointTest.java": "class PointTest { @Test void sum() { } }",
            "ColorTest.java": "class ColorTest { @Test void code() { } }",
            "ShapeTest.java": "class ShapeTest { @Test void name() { } @Test void area() { } }",
        },
    )
    records, report = mining.mine([root], progress=False)
    assert [signature(r.focal_method) for r in records] == ["int code()", "int sum()", "String name()"]
    assert reasons(report) == {"test: the method under test has no body": 1}


def test_wrong_paths(tmp_path):
    with pytest.raises(CorpusError, match="no such folder"):
        mining.mine([tmp_path / "missing"], progress=False)
    with pytest.raises(CorpusError, match="no .java file"):
        mining.mine([tmp_path], progress=False)
    with pytest.raises(CorpusError, match="two projects are called 'a'"):
        mining.mine([tree(tmp_path / "x/a", {"A.java": ""}), tree(tmp_path / "y/a", {"A.java": ""})], progress=False)


def test_written_and_summed_up(tmp_path):
    root = tree(
        tmp_path / "project",
        {"Bag.java": BAG, "BagTest.java": class_with("@Test public void size() { }", "@Test public void a() { }")},
    )
    records, report = mining.mine([root], progress=False)
    assert mining.mine_into([root], tmp_path / "out", progress=False) == report
    assert [parse(line, "", "") for line in (tmp_path / "out/records.jsonl").read_bytes().splitlines()] == records
    assert json.loads((tmp_path / "out/report.json").read_text()) == report
    text = mining.summary(report)
    assert "2  tests (junit4 2)" in text and "1  pairs (name 1)" in text
    assert "1  test: calls no method of the class, first project/BagTest.java#a" in text
