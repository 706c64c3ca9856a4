"""Suggestions are valid, distinct and ranked; and what the model reads is what it was trained on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from trident.distillation import encoding, models, reading
from trident.evaluation import suggest
from trident.evaluation.numpy_t5 import NotReadable
from trident.evaluation.suggest import Suggestion
from trident.experiment import paths
from trident.java.assertions import MARK

SHIPPED = paths.ROOT / "models/distilled"
TEST = """@Test
public void t() {
    Stack s = new Stack(); // a comment
    s.push("a <b>  c");
    <ASSERTION>
    Assert.assertFalse(s.isEmpty());
}"""
FOCAL = "public int size() {\n    /* how many */\n    return count;\n}"


@pytest.fixture(scope="module")
def tokenizers():
    return models.load(SHIPPED)[1], Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))


def check_same(tokenizers, test, focal, length):
    slow, fast = tokenizers
    text = reading.source_text(test, focal)
    assert text == encoding.source_text({"test_prefix_and_rest": test, "focal_method": focal})
    wanted = encoding.encode_source(text, slow, length)
    assert reading.encode_source(text, fast, length, slow.eos_token_id) == wanted
    return wanted


@pytest.mark.parametrize("length", [8, 20, 33, 60, 500])
def test_the_model_reads_what_it_was_trained_on(tokenizers, length):
    ids = check_same(tokenizers, TEST, FOCAL, length)
    assert len(ids) <= length and tokenizers[1].token_to_id(MARK) in ids


@given(st.lists(st.sampled_from(['"a  b"', "// c\n", MARK, "x", "(", "'\\''", "\n", "/* d */", " é;", "12"])))
def test_any_text_is_read_as_in_training(tokenizers, pieces):
    check_same(tokenizers, "".join(pieces), "int f() { }", 12)


@pytest.mark.parametrize(
    "text, valid",
    [
        ("assertEquals(3, x.size());", True),
        ("assertTrue(a); assertFalse(b);", True),
        ("assertThrows(E.class, () -> { x.add(1); });", True),
        ("assert x > 3;", True),
        ("", False),
        ("x.size();", False),
        ("int n = 3; assertEquals(3, n);", False),
        ("assertEquals(3, x.size()", False),
        ("assertEquals(3, x.size())", False),
        ("assertTrue(a); } void u() { assertTrue(b);", False),
        ("assertEquals(3, );", False),
        ("assertTrue(" + "(" * 9000, False),
    ],
)
def test_validity_by_the_grammar(text, valid):
    assert suggest.is_assertion(text) == valid


def test_the_invalid_go_and_layouts_are_one():
    answers = [
        ("assertTrue(x", 0.4),
        ("assertTrue( x );", 0.2),
        ("assertNull(y);", 0.25),
        ("Assert.assertTrue(x);", 0.1),
        ("x();", 0.3),
    ]
    found = suggest.ranked(answers)
    assert [one.assertion for one in found] == ["assertTrue(x);", "assertNull(y);"]
    assert [one.probability for one in found] == pytest.approx([0.3, 0.25])


@pytest.mark.parametrize("top", [1, 4])
def test_the_shipped_student_suggests(top):
    found = suggest.Suggester(SHIPPED, 144, 48).suggest(TEST, FOCAL, top)
    assert 1 <= len(found) <= top and len({one.assertion for one in found}) == len(found)
    assert all(isinstance(one, Suggestion) and suggest.is_assertion(one.assertion) for one in found)
    probabilities = [one.probability for one in found]
    assert probabilities == sorted(probabilities, reverse=True) and 0 < sum(probabilities) <= 1 + 1e-6


def test_a_model_without_a_tokenizer_is_an_error(tmp_path):
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((SHIPPED / name).read_bytes())
    with pytest.raises(NotReadable, match=r"tokenizer\.json is missing"):
        suggest.Suggester(tmp_path, 144, 48)
