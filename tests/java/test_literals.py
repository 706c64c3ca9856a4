"""No transformation of Java text changes the value of a literal."""

import re
import subprocess

import pytest
from helpers.java_literals import LITERALS, methods, text_blocks, value, values
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from trident.corpus import mining
from trident.corpus.sandbox.template import read
from trident.java import jdk
from trident.java.assertions import MARK, find, mask, mask_all
from trident.java.lexer import canonical, dedented, lex, literals, outside_literals

BLOCK = '"""\n    a // b  \n  c\n        """'
COLUMN_0 = '"""\n  a\n    "b"\\"""\n"""'
METHOD = f"@Test\n    void works() {{\n        assertEquals({BLOCK}, x({COLUMN_0})); // it's\n    }}"
SETTINGS = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SETTINGS
@given(methods())
@example(METHOD)
def test_moving_and_canonical_form(method):
    assert values(dedented(method, "    ")) == values(method)
    assert values(canonical(method)) == values(method)
    assert [value(token) for token in lex(method) if token[0] in "\"'"] == values(method)
    assert [value(method[start:end]) for start, end in literals(method)] == values(method)


def test_only_lines_outside_literals_move():
    assert dedented(METHOD, "    ") == (
        f"@Test\nvoid works() {{\n    assertEquals({BLOCK}, x({COLUMN_0})); // it's\n}}"
    )
    assert outside_literals(f"a({BLOCK}, 'a', \"a\"); // 'a'", str.upper) == f"A({BLOCK}, 'a', \"a\"); // 'A'"


@SETTINGS
@given(methods())
@example(METHOD)
def test_masking(method):
    found = find(method)
    for index, assertion in enumerate(found):
        masked = mask(method, found, index)
        assert sorted(values(masked.replace(MARK, "x")) + values(assertion.text)) == sorted(values(method))
        assert values(mask(method, found, index, keep_after=False)) == values(method[: assertion.start])
    if found:
        masked, texts = mask_all(method, found)
        assert sorted(values(masked) + values(texts)) == sorted(values(method))


@settings(SETTINGS, max_examples=40)
@given(st.sampled_from(["  ", "    ", "\t"]).flatmap(lambda indent: st.tuples(st.just(indent), methods(indent))))
@example(("    ", METHOD))
def test_mining(tmp_path_factory, case):
    indent, method = case
    root = tmp_path_factory.mktemp("project")
    focal = method.replace("@Test\n" + indent, "").replace("void works()", "void works(int x)")
    (root / "Bag.java").write_text(f"class Bag {{\n{indent}{focal}\n}}\n", encoding="utf-8", newline="\r\n")
    (root / "BagTest.java").write_text(f"class BagTest {{\n{indent}{method}\n}}\n", encoding="utf-8")
    records, _ = mining.mine([root], progress=False)
    bodies = [body for record in records for body in (record.test_case.body, record.focal_method.body)]
    assert [values(body) for body in bodies] == [values(method)] * 2


@settings(SETTINGS, max_examples=60)
@given(methods())
@example(METHOD)
def test_templates(tmp_path_factory, method):
    path = tmp_path_factory.mktemp("templates") / "Box.java"
    focal = "    int get() {\n        return f(" + ", ".join(re.findall(r'"fail\(*"', method)) + "); // fail(\n    }"
    test = f"    //@ focal get\n    {method[:-5]}        assertTrue(x);\n    }}"
    path.write_text(f"public class Box {{\n{focal}\n}}\n\nclass BoxTest {{\n{test}\n}}\n", encoding="utf-8")
    instance = read(path).instance(1, 1)
    assert values(instance.class_source) == values(focal)
    drawn = instance.test(0)
    assert values(drawn.meaning()) == values(method)  # as the template words it; a house may swap arguments
    assert values(drawn.source) == values(instance.test_source)
    assert set(values(drawn.source)) <= set(values(method))


@pytest.mark.jdk
def test_values_are_those_of_a_jvm(tmp_path):
    """The functions that these tests compare with."""
    try:
        found = jdk.find()
    except jdk.NoJdk as error:
        pytest.skip(str(error))
    drawn: list[str] = []

    @settings(max_examples=300, derandomize=True, deadline=None, database=None)
    @given(st.one_of(LITERALS, text_blocks()))
    def draw(literal):
        drawn.append(literal)

    draw()
    drawn += [BLOCK, COLUMN_0]
    lines = "".join(f"print({literal});\n" for literal in drawn)
    source = (
        "public class Values {\nstatic void print(Object value) {\nStringBuilder line = new StringBuilder();\n"
        "value.toString().chars().forEach(c -> line.append(c).append(' '));\nSystem.out.println(line);\n}\n"
        f"public static void main(String[] arguments) {{\n{lines}}}\n}}\n"
    )
    (tmp_path / "Values.java").write_bytes(source.encode())
    compiled = subprocess.run([found.javac, "-encoding", "UTF-8", "Values.java"], cwd=tmp_path, capture_output=True)
    if b"text blocks are not supported" in compiled.stderr:
        pytest.skip("a JDK before 15 has no text blocks")
    assert compiled.returncode == 0, compiled.stderr.decode()[:2000]
    ran = subprocess.run([found.java, "-cp", tmp_path, "Values"], capture_output=True, text=True, check=True)
    printed = [
        bytes(b for c in line.split() for b in int(c).to_bytes(2)).decode("utf-16-be")
        for line in ran.stdout.splitlines()
    ]
    assert printed == list(map(value, drawn)) == values(lines)
