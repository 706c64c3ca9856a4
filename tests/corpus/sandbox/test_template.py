"""Reading a template file and instantiating it."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trident.corpus.sandbox.expressions import TemplateError
from trident.corpus.sandbox.template import FOLDER, Template, load, read
from trident.java.assertions import find

GOOD = """\
// Counts.
//# Counter = name("Counter", "Meter")
//# step = integer(1, 9)
public class $Counter$ {
    private int count;

    public void add() {
        add($step$);
    }

    public void add(int n) {
        count += n;
    }

    public int count() {
        return count;
    }

    static class Helper {
        int twice(int n) {
            return 2 * n;
        }
    }
}

class $Counter$Test {
    //# n = integer(1, 50)
    //# found = n > 25
    //# verdict = code("assertTrue" if found else "assertFalse")
    //@ focal add/1
    @Test
    public void adds$Counter$() {
        $Counter$ c = new $Counter$();
        c.add($n$);
        assertEquals("it's ok; really", $n$, c.count());
        $verdict$(c.count() > 25);
        assertNotNull(
            c);
        assertThat(c.count(), is($n$));
    }

    //@ focal twice
    @Test
    public void doubles() {
        int n = new $Counter$.Helper().twice($step$);
        Assert.assertEquals(0, n % 2);
    }
}
"""


def write(folder: Path, source: str, name: str = "Counter", domain: str = "things") -> Path:
    path = folder / domain / f"{name}.java"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")
    return path


def template(folder: Path, source: str) -> Template:
    return read(write(folder, source))


def test_readme_example_works_as_it_stands(tmp_path):
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    source = re.search(r"```java\n(.*?)```", readme, re.DOTALL)[1]
    account = read(write(tmp_path, source, "Account", "money"))
    assert account.name == "money/Account"
    for number in range(50):
        instance = account.instance(1, number)
        test = instance.test(0)
        fee = int(re.search(r"amount - (\d+);", test.focal_method)[1])
        start = int(re.search(rf"new {instance.class_name}\((\d+)\)", test.source)[1])
        method = re.search(r"public int (\w+)\(", test.focal_method)[1]
        amount = int(re.search(rf"\.{method}\((\d+)\)", test.source)[1])
        expected = f"assertEquals({start + amount - fee}, balance);"
        assert [one.meant for one in test.worded] == [expected]
        assert [a.text.startswith("Assert.") for a in test.assertions] == [instance.qualified]
        written = dict(test.worded[0].forms)["plain"]
        assert written == f"{'Assert.' * instance.qualified}{expected}"
        assert test.name == f"{method}ChargesTheFee" and instance.class_name in ("Account", "Wallet", "Purse", "Ledger")


def test_methods_stand_at_column_0(tmp_path):
    instance = template(tmp_path, GOOD).instance(1, 0)
    test = instance.test(0)
    assert test.source.startswith("@Test\npublic void adds") and test.source.endswith("\n}")
    assert "\n    c.add(" in test.source
    assert test.focal_method == "public void add(int n) {\n    count += n;\n}"
    assert instance.test(1).focal_method == "int twice(int n) {\n    return 2 * n;\n}"
    assert "\n    @Test\n    public void doubles() {\n        int n" in instance.test_source


def test_assertions_are_those_that_the_parser_finds(tmp_path):
    made = template(tmp_path, GOOD)
    qualified, kinds = set(), set()
    for number in range(40):
        instance = made.instance(3, number)
        for i in range(len(made.tests)):
            test = instance.test(i)
            assert list(test.assertions) == find(test.source)
        first = instance.test(0)
        kinds.add(first.kinds[1])
        n = int(re.search(r"add\((\d+)\)", first.source)[1])
        assert first.kinds[1] == ("assertTrue" if n > 25 else "assertFalse")
        assert all(a.text.startswith("Assert.") == instance.qualified for a in first.assertions)
        assert (
            instance.test(1).assertions[0].text == "Assert.assertEquals(0, n % 2);"
        )  # qualified in the template: as it is
        assert "Assert.Assert" not in instance.test_source
        qualified.add(instance.qualified)
    assert qualified == {True, False} and kinds == {"assertTrue", "assertFalse"}


def test_about_half_of_the_instances_are_qualified():
    account = read(FOLDER / "money" / "Account.java")
    share = sum(account.instance(5, number).qualified for number in range(1000)) / 1000
    assert 0.45 < share < 0.55


def test_an_instance_depends_on_seed_template_and_number_alone(tmp_path):
    def sources(made: Template, seed: int = 1, number: int = 0) -> list[str]:
        instance = made.instance(seed, number)
        return [instance.class_source, instance.test(0).source]

    made = template(tmp_path, GOOD)
    same = made.instance(1, 0)
    same.test(1)  # in another order
    assert sources(made) == [same.class_source, same.test(0).source]
    different = {tuple(sources(made, seed, number)) for seed in (1, 2) for number in range(5)}
    assert len(different) > 7
    extra = GOOD.replace(
        "class $Counter$Test {",
        """class $Counter$Test {
    //# m = integer(1, 50)
    //@ focal count
    @Test
    public void another() {
        assertEquals($m$, $m$);
    }
""",
    )
    more = template(tmp_path, extra).instance(1, 0)
    assert [more.class_source, more.test(1).source] == sources(made)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("count += n;", "count += $gone$;", r":12: the hole \$gone\$ is used but not defined"),
        ("c.add($n$);", "c.add($m$);", r":34: the hole \$m\$ is used but not defined"),
        ("class $Counter$Test", "class $Counter$Tests", r"must be called \$Counter\$Test"),
        ("count += n;", "$count += n;", r":12: `\$count`: a hole is written"),
        (
            "//# step = integer(1, 9)",
            "//# step = integr(1, 9)",
            r":3: `step = integr\(1, 9\)`: unknown name 'integr'; did you mean 'integer'",
        ),
        (
            "//@ focal add/1",
            "//@ focal remove",
            r":30: the class has no method remove; it has add/0, add/1, count/0, twice/1",
        ),
        ("//@ focal add/1", "//@ focal add/2", "no method add/2"),
        ("//@ focal add/1", "//@ focus add", "expected `focal method`"),
        ("//@ focal add/1", "", r":3\d: this test needs one line `//@ focal method` before it, not 0"),
        ("//@ focal add/1", "//@ focal add/1\n    //@ focal add", r":3\d: this test needs one line .*, not 2"),
        ("count += n;", "count += ;", r":12: not Java"),
        ("return 2 * n;", "return 2 * n", r":2\d: not Java"),
        (
            "    @Test\n    public void doubles",
            "    public void doubles",
            "test methods \\(with @Test\\) and nothing else",
        ),
        ("class $Counter$Test {", "class $Counter$Test {\n    int field;\n", r":27: the test class holds test methods"),
        (
            "// Counts.",
            "import java.util.List;",
            r":1: expected comments and two classes, .* found import_declaration, class",
        ),
        ("        Assert.assertEquals(0, n % 2);\n", "", r":4\d: this test asserts nothing"),
        ('"it\'s ok; really"', '"$n$ ok"', r":35: a hole in a literal, \"\$n\$ ok\""),
        ("private int count;", "//# x = 1\n    private int count;", r":5: `//# x = 1` stands where it means nothing"),
        ("count += n;", "//@ focal add\n", "stands where it means nothing"),
        ("class $Counter$Test {", "//# late = 1\nclass $Counter$Test {", r"the holes of the class stand before it"),
        (
            "class $Counter$Test {",
            "class Other {\n}\n\nclass $Counter$Test {",
            "two classes, the second with tests; found (class_declaration(, |$)){3}",
        ),
        (
            "Assert.assertEquals(0, n % 2);\n    }\n",
            "Assert.assertEquals(0, n % 2);\n    }\n    //# z = 1\n",
            r"no test method follows",
        ),
    ],
)
def test_malformed_templates_give_named_errors(tmp_path, old, new, message):
    assert old in GOOD
    with pytest.raises(TemplateError, match=r"^things/Counter\.java:\d+: ") as caught:
        template(tmp_path, GOOD.replace(old, new, 1))
    assert re.search(message, str(caught.value))


@pytest.mark.parametrize(
    "line, message",
    [
        ("//# step = 2**31", r":3: hole 'step': 2147483648 does not fit a Java int"),
        ("//# step = integer(1, 9)\n//# require step > 9", r":4: `require step > 9` held in none"),
        ("//# step = set([1])", r":3: hole 'step': {1: None} \(dict\) has no Java literal"),
    ],
)
def test_instances_that_cannot_be_drawn_give_named_errors(tmp_path, line, message):
    made = template(tmp_path, GOOD.replace("//# step = integer(1, 9)", line))
    with pytest.raises(TemplateError, match=r"^things/Counter\.java" + message):
        made.instance(0, 0)


def test_text_beyond_ascii_shifts_nothing(tmp_path):
    plain = template(tmp_path, GOOD).instance(1, 0)
    wide = template(tmp_path, GOOD.replace("it's ok", "größe 😀 ok")).instance(1, 0)
    assert wide.test_source == plain.test_source.replace("it's ok", "größe 😀 ok")
    assert list(wide.test(0).assertions) == find(wide.test(0).source)


def test_holes_in_comments_are_filled(tmp_path):
    made = template(tmp_path, GOOD.replace("count += n;", "count += n; // not $step$, don't"))
    assert re.search(r"// not \d, don't", made.instance(1, 0).class_source)


def test_load_names_the_broken_file(tmp_path):
    write(tmp_path, GOOD)
    write(tmp_path, GOOD.replace("count += n", "count += $gone$"), "One")
    with pytest.raises(TemplateError, match=r"^things/One\.java:12: "):
        load(tmp_path)
    write(tmp_path / "other", "class A {", "Two")
    with pytest.raises(TemplateError, match=r"^things/Two\.java:1: not Java"):
        load(tmp_path / "other")
    with pytest.raises(TemplateError, match="no templates below"):
        load(tmp_path / "empty")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 40), st.text(alphabet="$#@/{}()\"' \nan=;,\x00\u20ac", max_size=6))
def test_a_spoilt_file_gives_a_template_or_a_named_error(tmp_path_factory, at, length, text):
    path = tmp_path_factory.getbasetemp() / "spoilt" / "things" / "Counter.java"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(GOOD[:at] + text + GOOD[at + length :], encoding="utf-8")
    try:
        instance = read(path).instance(0, 0)
        rendered = instance.test(0)
    except TemplateError as error:
        assert re.match(r"things/Counter\.java(:\d+)?: ", str(error))
    else:
        assert all(rendered.source[a.start : a.end] == a.text for a in rendered.assertions) and instance.class_source
