"""benchmarks/unchanged.py: sees each change of a literal, and none where there is none."""

from __future__ import annotations

import pytest
from helpers.java_literals import methods
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from trident.corpus import mining
from trident.corpus.examples import Maker
from trident.experiment import params
from trident.java import lexer

VALUES = params.complete({"corpus": "projects", "corpus_path": "data", "teacher_examples": 0, "unseen_examples": 0})


@pytest.fixture
def project(tmp_path, benchmark):
    """Writes a class and its test class; returns the examples of their tests, and the folder."""

    def write(test, focal, newline="\n"):
        benchmark.source.cache_clear()
        benchmark.java_files.cache_clear()
        root = tmp_path / "bag"
        root.mkdir(exist_ok=True)
        (root / "Bag.java").write_text(f"class Bag {{\n    {focal}\n}}\n", encoding="utf-8", newline=newline)
        (root / "BagTest.java").write_text(f"class BagTest {{\n    {test}\n}}\n", encoding="utf-8", newline=newline)
        records, _ = mining.mine([root], progress=False)
        maker = Maker(VALUES)
        return [one for record in records for one in maker.examples(record, "bag", "train", "bag")], tmp_path

    return write


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(methods(), st.sampled_from(["\n", "\r\n"]), st.data())
def test_every_change_of_a_literal_is_seen(project, benchmark, method, newline, data):
    focal = method.replace("@Test\n    ", "").replace("void works()", "void works(int x)")
    examples, folder = project(method, focal, newline)
    report = benchmark.compare(examples, folder)
    assert (report["examples"], report["changed"]) == (len(examples), 0)
    assume(examples)
    example = data.draw(st.sampled_from(examples))
    key = data.draw(st.sampled_from(["test_prefix_and_rest", "assertion", "focal_method"]))
    spans = lexer.literals(example[key])
    assert benchmark.literals(example[key]) == len(spans)
    assume(spans)
    start, end = data.draw(st.sampled_from(spans))
    changed = example[key][: end - 1] + "~" + example[key][end - 1 :]
    assert benchmark.compare([{**example, key: changed}], folder)["changed"] == 1


def test_white_space_counts_inside_literals_alone(project, benchmark):
    test = '@Test\n    void works() {\n        assertEquals("a  b", new Bag().works(1)); // it\'s\n    }'
    [example], folder = project(
        test, 'String works(int x) {\n        return \'a\' + """\n            a\n            """;\n    }'
    )
    assert benchmark.compare([example], folder)["changed"] == 0
    for key, old, new in (
        ("assertion", "a  b", "a b"),
        ("focal_method", "            a", "           a"),
        ("test_prefix_and_rest", "it's", "its"),
        ("focal_method", "'a'", "'b'"),
    ):
        assert old in example[key]
        report = benchmark.compare([{**example, key: example[key].replace(old, new)}], folder)
        assert report["changed"] == 1 and report["first"][0].startswith("bag/BagTest.java: the ")
    moved = example["test_prefix_and_rest"].replace("\n", "\n\t")
    assert benchmark.compare([{**example, "test_prefix_and_rest": moved}], folder)["changed"] == 0
