"""trident/java/jdk.py: every assertion of the sandbox holds, and the check notices assertions that do not."""

import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.spoilt_forms import SpoiltForms

from trident.corpus.sandbox.every_form import EveryForm
from trident.corpus.sandbox.generate import generate, instances
from trident.corpus.sandbox.template import Instance, load, read
from trident.java import jdk

LITERALS = """\
// Holds every kind of literal.
//# n = choice([-2147483648, 2147483647, -7, 0])
//# wide = long(choice([-9223372036854775808, 9223372036854775807, 5]))
//# x = choice([0.1, -2.5, 1e20, 1e-7])
//# written = str(x)
//# text = choice(["\\"quoted\\" it's", "back\\\\slash \\\\u0041", "tab\\there\\nand there\\r", \
"\\0\\x1f", "gr\\xf6\\xdfe \\u20ac \\U0001f600", ""])
//# units = len(text.encode("utf-16-le")) // 2
//# total = sum(text.encode("utf-16-le")[0::2])
//# sign = choice("'\\"\\\\\\n\\0\\u20aca")
//# c = char(sign)
//# number = ord(sign)
//# yes = boolean()
//# no = not yes
//# nothing = None
//# items = integers(4, -9, 9)
//# count = len(items)
//# both = [1, [long(2)], (True, "a")]
public class Literals {
    public String text() {
        return $text$;
    }

    public static int sum(String text) {
        int sum = 0;
        for (char one : text.toCharArray()) {
            sum += one & 255;
        }
        return sum;
    }
}

class LiteralsTest {
    //@ focal text
    @Test
    public void textsSurvive() {
        String text = new Literals().text();
        assertEquals($units$, text.length());
        assertEquals($total$, Literals.sum(text));
        assertEquals($text$, text);
    }

    //@ focal text
    @Test
    public void numbersSurvive() {
        int n = $n$;
        long wide = $wide$;
        char c = $c$;
        boolean yes = $yes$;
        Object nothing = $nothing$;
        assertEquals($number$, (int) c);
        assertEquals(Double.parseDouble($written$), $x$, 0.0);
        assertEquals(yes, !$no$);
        assertNull(nothing);
        assertEquals($count$, new int[] {$items$}.length);
        assertEquals(4, Arrays.asList($both$).size());
    }
}
"""


@pytest.fixture(scope="module")
def found() -> jdk.Jdk:
    try:
        return jdk.find()
    except jdk.NoJdk as missing:
        pytest.skip(str(missing))


@pytest.fixture
def literals(tmp_path: Path):
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / "Literals.java").write_text(LITERALS, encoding="utf-8")
    return read(tmp_path / "things" / "Literals.java")


@pytest.mark.jdk
def test_every_test_of_every_template_holds(found):
    examples, _ = generate({"train": 420, "validation": 40, "unseen": 100}, 2025)
    behind = instances(examples, 2025)
    covered = {instance.template.name for instance in behind}
    behind += [template.instance(2025, 0) for template in load() if template.name not in covered]
    verified = jdk.verify(behind, found)
    assert len(examples) >= 500 and {i.template.name for i in behind} == {t.name for t in load()}
    assert verified.tests == sum(len(instance.template.tests) for instance in behind)
    assert not verified.failures, str(verified)


@pytest.mark.jdk
def test_every_form_of_every_template_s_assertions_holds(found):
    programs = [EveryForm(template.instance(2025, number)) for template in load() for number in range(2)]
    verified = jdk.verify(programs, found)
    assert verified.tests == sum(len(program.methods) for program in programs) > 15000
    assert not verified.failures, str(verified)


@pytest.mark.jdk
def test_of_a_wrong_assertion_no_form_holds(found):
    programs = [SpoiltForms(template.instance(2025, 2)) for template in load()]
    verified = jdk.verify(programs, found)
    failed = {(failure.group, failure.test) for failure in verified.failures}
    outcomes = defaultdict(set)
    for program in programs:
        for name, (assertion, _) in program.methods.items():
            outcomes[program.group, assertion].add((program.group, name) in failed)
    assert all(len(outcome) == 1 for outcome in outcomes.values())
    assert sum(outcome == {True} for outcome in outcomes.values()) > 400  # else this test would show nothing


@pytest.mark.jdk
def test_literals_mean_in_java_what_they_mean_in_python(found, literals):
    verified = jdk.verify([literals.instance(1, number) for number in range(60)], found)
    assert verified.tests == 120 and not verified.failures, str(verified)


class Spoilt(Instance):
    """An instance with something changed in its test class."""

    def __init__(self, template, number, old, new):
        super().__init__(template, 1, number)
        self.change = old, new

    @property
    def test_source(self) -> str:
        assert self.change[0] in super().test_source
        return super().test_source.replace(*self.change)


@pytest.mark.jdk
def test_failures_are_named_and_hide_nothing(found, literals):
    good = [literals.instance(1, number) for number in range(3)]
    wrong = Spoilt(literals, 3, "Null(nothing)", 'NotNull("a message", nothing)')
    broken = Spoilt(literals, 4, "int n =", "int n = gone +")
    not_java = Spoilt(literals, 5, "int n =", "int n = +;")
    verified = jdk.verify([good[0], wrong, good[1], broken, not_java, good[2]], found)
    assert verified.instances == 6 and verified.tests == 2 * 4
    failures = {failure.group: failure for failure in verified.failures}
    assert failures.keys() == {"things/Literals#3", "things/Literals#4", "things/Literals#5"}
    assert (
        failures["things/Literals#3"].test == "numbersSurvive" and "a message" in failures["things/Literals#3"].message
    )
    assert "error: cannot find symbol" in failures["things/Literals#4"].message
    assert failures["things/Literals#5"].test == "" and "error:" in failures["things/Literals#5"].message
    assert "things/Literals#3.numbersSurvive: " in str(verified) and "8 tests of 6 instances" in str(verified)


@pytest.mark.jdk
def test_the_temporary_folder_may_have_any_name(found, literals, tmp_path, monkeypatch):
    odd = tmp_path / 'caf\u00e9 "it\'s" \\ $HOME'
    odd.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    monkeypatch.setenv("LC_ALL", "C")
    verified = jdk.verify([literals.instance(1, 0), Spoilt(literals, 4, "int n =", "int n = gone +")], found)
    assert verified.tests == 2 and [failure.group for failure in verified.failures] == ["things/Literals#4"]


@pytest.mark.jdk
def test_a_class_path_without_junit_is_no_instances_fault(found, literals):
    with pytest.raises(jdk.JdkError, match="javac ended with 1"):
        jdk.verify([literals.instance(1, 0)], replace(found, class_path="/nowhere"))


def test_what_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(jdk.NoJdk, match="no javac in JAVA_HOME"):
        jdk.find()
    for program in ("java", "javac"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / program).write_text("#!/bin/sh\n")
        (tmp_path / "bin" / program).chmod(0o755)
    monkeypatch.setenv("JUNIT_CLASSPATH", "a.jar")
    assert jdk.find() == jdk.Jdk(str(tmp_path / "bin" / "javac"), str(tmp_path / "bin" / "java"), "a.jar")
    monkeypatch.delenv("JUNIT_CLASSPATH")
    monkeypatch.setattr(jdk, "_JARS", tmp_path)
    with pytest.raises(jdk.NoJdk, match="set JUNIT_CLASSPATH"):
        jdk.find()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(jdk.NoJdk, match="no javac on the PATH: install a JDK"):
        jdk.find()


def test_a_test_that_does_not_end_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(jdk, "_SECONDS", 0.05)
    with pytest.raises(jdk.JdkError, match="sleep did not end within 0.05 s"):
        jdk._run(["sleep", "5"], tmp_path)
