"""trident/evaluation/execution/mutants.py: small faults, where they belong, drawn reproducibly."""

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trident.corpus.sandbox.template import load
from trident.evaluation.execution.mutants import NoSuchMethod, mutants
from trident.java.assertions import parse

METHOD = """\
public int total(int limit) {
    if (limit <= 3 && open) {
        return 7;
    }
    check(limit);
    count += limit;
    for (int i = 0; i < limit; i++) {
        seen++;
    }
    return count * 2;
}"""
CLASS = f"""\
public class Till {{
    private boolean open = true;
    private int count, seen;

{METHOD.replace("public", "    public").replace(chr(10), chr(10) + "    ")}

    private void check(int limit) {{
        boolean strict = true;
        if (!open) {{
            this.fail("closed " + limit);
        }}
    }}

    private void fail(String why) {{
        throw new IllegalStateException(why + 5);
    }}

    public boolean isOpen() {{
        return open;
    }}
}}
"""
FIRST = 5  # the line of the class on which METHOD starts


def changes(found, source=CLASS):
    """(operator, line, the changed line) of each mutant; nothing else differs from `source`."""
    lines = source.splitlines()
    out = set()
    for mutant in found:
        changed = mutant.source.splitlines()
        at, rest = mutant.line - 1, len(changed) - mutant.line
        assert len(changed) <= len(lines)  # a value of several lines becomes one line
        assert changed[:at] == lines[:at] and changed[at] != lines[at]
        assert changed[at + 1 :] == lines[len(lines) - rest :]
        out.add((mutant.operator, mutant.line, changed[mutant.line - 1].strip()))
    return out


def test_every_fault_of_a_method_and_what_it_calls():
    """Also through `this.`, never through `open`, which is a field, and not in the head of a loop's update."""
    assert changes(mutants(CLASS, METHOD, 100, 0)) == {
        ("boundary", FIRST + 1, "if (limit < 3 && open) {"),
        ("relational", FIRST + 1, "if (limit >= 3 && open) {"),
        ("logical", FIRST + 1, "if (limit <= 3 || open) {"),
        ("constant", FIRST + 1, "if (limit <= 4 && open) {"),
        ("constant", FIRST + 1, "if (limit <= 2 && open) {"),
        ("negated condition", FIRST + 1, "if (!(limit <= 3 && open)) {"),
        ("constant", FIRST + 2, "return 8;"),
        ("constant", FIRST + 2, "return 6;"),
        ("return value", FIRST + 2, "return 0;"),
        ("return value", FIRST + 2, "return (int) ((7) + 1);"),
        ("removed call", FIRST + 4, ";"),
        ("arithmetic", FIRST + 5, "count -= limit;"),
        ("removed assignment", FIRST + 5, ";"),
        ("constant", FIRST + 6, "for (int i = 1; i < limit; i++) {"),
        ("boundary", FIRST + 6, "for (int i = 0; i <= limit; i++) {"),
        ("relational", FIRST + 6, "for (int i = 0; i > limit; i++) {"),
        ("arithmetic", FIRST + 7, "seen--;"),
        ("removed assignment", FIRST + 7, ";"),
        ("arithmetic", FIRST + 9, "return count / 2;"),
        ("constant", FIRST + 9, "return count * 3;"),
        ("constant", FIRST + 9, "return count * 1;"),
        ("return value", FIRST + 9, "return 0;"),
        ("return value", FIRST + 9, "return (int) ((count * 2) + 1);"),
        # check(limit)
        ("boolean", FIRST + 13, "boolean strict = false;"),
        ("negated condition", FIRST + 14, "if (open) {"),
        ("removed call", FIRST + 15, ";"),
        # this.fail(…)
        ("arithmetic", FIRST + 20, "throw new IllegalStateException(why - 5);"),
        ("constant", FIRST + 20, "throw new IllegalStateException(why + 6);"),
        ("constant", FIRST + 20, "throw new IllegalStateException(why + 4);"),
    }


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("boolean a() { return x == 2 || y; }", "return !(x == 2 || y);"),
        ("boolean a() { return !x; }", "return x;"),
        ("double a() { return 0.5; }", "return (0.5 - 1);"),
        ("long a() { return 9L; }", "return 10L;"),
        ('String a() { return "x"; }', 'return "";'),
        ("List<String> a() { return all; }", "return new java.util.ArrayList<>();"),
        ("Optional<Node> a() { return all; }", "return java.util.Optional.empty();"),
        ("int[] a() { return all; }", "return new int[0];"),
        ("Node[][] a() { return all; }", "return new Node[0][];"),
        ("Integer a() { return n; }", "return (n) + 1;"),
        ("Double a() { return n; }", "return (double) 0;"),
        ("Node a() { return x ? b : c; }", "return !(x) ? b : c;"),
        ("Node a() { return x == 1 ? b : c; }", "return x != 1 ? b : c;"),
        ("void a() { this.n = n; }", "void a() { ; }"),
        ("void a() { while (!done) { n--; } }", "while (done)"),
        ("int a() { int k = 0; do { k++; } while (k < 4); return k; }", "while (k <= 4)"),
        ("int a() { /* é€😀 */ return 1 + n; }", "/* é€😀 */ return 1 - n;"),
    ],
)
def test_one_of_the_faults_is(method, expected):
    found = mutants(f"class A {{ {method} }}", method, 100, 0)
    assert any(expected in mutant.source for mutant in found), [mutant.source for mutant in found]


@pytest.mark.parametrize(
    ("method", "never"),
    [
        ('String a() { return "n" + n; }', "-"),
        ("boolean a() { return x == 1; }", "!("),
        ("int a() { for (int i = 0; ; i++) { } }", "i--"),
        ("int a() { Supplier<String> s = () -> { return t; }; return 3; }", "return 0; };"),
    ],
)
def test_none_of_the_faults_is(method, never):
    assert not any(never in mutant.source for mutant in mutants(f"class A {{ {method} }}", method, 100, 0))


@pytest.mark.parametrize("method", ["abstract void a();", "Node a() { return null; }", "A() { super(); }"])
def test_a_method_without_a_place_for_a_fault(method):
    assert mutants(f"class A {{ {method} }}", method, 100, 0) == ()


def test_a_final_field_stays_assigned():
    """Otherwise the mutant would not compile."""
    constructor = "A() { this.n = 1; m = 2; o = 3; }"
    found = mutants(f"class A {{ private final int n, m; int o; {constructor} }}", constructor, 100, 0)
    assert ["m = 2; ;" in mutant.source for mutant in found if mutant.operator == "removed assignment"] == [True]


def test_few_faults_are_joined_by_those_in_what_the_test_calls():
    getter = "public boolean isOpen() {\n    return open;\n}"
    test = "@Test public void opens() { Till till = new Till(); till.total(4); }"
    alone = changes(mutants(CLASS, getter, 8, 0))
    assert alone == {("return value", CLASS.splitlines().index("        return open;") + 1, "return !(open);")}
    more = changes(mutants(CLASS, getter, 8, 0, test))
    assert alone < more and len(more) == 8
    assert changes(mutants(CLASS, getter, 1, 0, test)) == alone, "the method under test comes first"
    assert changes(mutants(CLASS, getter, 8, 0, "void other() { unknown(); }")) == alone


def test_operators_are_drawn_in_turn():
    operators = {mutant.operator for mutant in mutants(CLASS, METHOD, 100, 0)}
    for seed in range(20):
        drawn = Counter(mutant.operator for mutant in mutants(CLASS, METHOD, len(operators), seed))
        assert drawn == dict.fromkeys(operators, 1)


def test_the_seed_draws():
    draws = {mutants(CLASS, METHOD, 4, seed) for seed in range(20)}
    assert len(draws) > 15
    everything = set(mutants(CLASS, METHOD, 100, 0))
    assert set().union(*draws) <= everything
    assert mutants(CLASS, METHOD, 4, 3) == mutants(CLASS, METHOD, 4, 3)


def test_another_process_draws_the_same():
    code = "from test_mutants import *; print([m.source for m in mutants(CLASS, METHOD, 6, 1)])"
    here = [mutant.source for mutant in mutants(CLASS, METHOD, 6, 1)]
    command = [sys.executable, "-c", code]
    folder = __file__.rpartition("/")[0]
    for hash_seed in ("1", "2"):
        environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{folder}:{':'.join(sys.path)}"}
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        assert run.stdout == f"{here}\n"


def test_a_method_that_is_not_there():
    with pytest.raises(NoSuchMethod, match="gone"):
        mutants(CLASS, "public void gone() { }", 8, 0)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_mutants_of_the_sandbox(data):
    """They parse as their class does, differ from it and from each other, in one line, and are no more than asked."""
    instance = data.draw(st.sampled_from(load())).instance(data.draw(st.integers(0, 9)), data.draw(st.integers(-9, 9)))
    test = instance.test(data.draw(st.integers(0, len(instance.template.tests) - 1)))
    limit = data.draw(st.integers(0, 12))
    found = mutants(instance.class_source, test.focal_method, limit, 0, test.source)
    assert len(found) <= limit
    assert len({mutant.source for mutant in found} | {instance.class_source}) == len(found) + 1
    assert not any(parse(mutant.source).root_node.has_error for mutant in found)
    changes(found, instance.class_source)
