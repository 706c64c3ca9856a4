"""What the models read and write."""

from __future__ import annotations

import pytest
import torch
from datasets import Dataset
from helpers.java_literals import methods, values
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, pre_tokenizers, processors
from tokenizers import models as parts
from transformers import PreTrainedTokenizerFast

from trident.distillation import encoding, models
from trident.experiment import params
from trident.java.assertions import MARK
from trident.java.lexer import outside_literals


@pytest.fixture(scope="module")
def tokenizer():
    return models.train_tokenizer(["class Foo { int bar() { return 12; } } assertEquals(12, foo.bar());"] * 3, 325)


def example(
    test: str, method: str = "int bar() {\n    return 12;\n}", assertion: str = "assertEquals(12, foo.bar());"
) -> dict:
    return {
        "id": "x",
        "test_prefix_and_rest": test,
        "focal_method": method,
        "assertion": "Assert." + assertion,
        "assertion_canonical": assertion,
    }


def test_lines_are_joined_and_the_test_comes_first():
    text = encoding.source_text(example("void t() {\n    <ASSERTION>\n}"))
    assert text == "void t() { <ASSERTION> } int bar() { return 12; }"


def test_white_space_inside_a_line_is_kept():
    assert '"a  b"' in encoding.source_text(example('void t() {\n  f("a  b");\n  <ASSERTION>\n}'))


def test_comments_go_and_texts_that_look_like_them_stay():
    text = encoding.source_text(
        example(
            'void t() {\n  f("http://x", \'"\', "/*"); // why\n  /* and\n how */ <ASSERTION>\n}',
            method="// none\nint f;",
        )
    )
    assert text == 'void t() { f("http://x", \'"\', "/*"); <ASSERTION> } int f;'


@settings(max_examples=200, deadline=None)
@given(methods(), methods())
def test_joining_keeps_the_value_of_each_literal(test, method):
    text = encoding.source_text(example(test, method))
    assert values(text) == values(test) + values(method)
    assert not any(c in outside_literals(text, str, inside=lambda _: "") for c in "\n\r")


def test_a_text_block_keeps_its_lines():
    block = '"""\n    a  // b\n\n  c  \n\t"""'
    text = encoding.source_text(
        example(f"void t() {{ // it's\n  f({block},  1); /* x */\n\n  <ASSERTION>\n}}", "int x;")
    )
    assert text == f"void t() {{ f({block},  1); <ASSERTION> }} int x;"


@settings(max_examples=100, deadline=None)
@given(methods(), methods(), st.integers(8, 64))
def test_a_cut_goes_through_no_literal(tokenizer, before, after, limit):
    text = encoding.source_text(example(f"{before}\n{MARK}", after))
    ids = encoding.encode_source(text, tokenizer, limit)
    kept = tokenizer.decode(ids[:-1], clean_up_tokenization_spaces=False)
    assert len(ids) <= limit and MARK in kept
    assert "".join(kept.split()) in "".join(text.split())
    found, every = values(kept), values(text)
    assert any(found == every[i : i + len(found)] for i in range(len(every) - len(found) + 1))


def test_a_cut_fills_the_length_also_near_the_end(tokenizer):
    ids = encoding.encode_source("int x; " * 100 + MARK + " }", tokenizer, 32)
    assert len(ids) == 32 and ids.count(tokenizer.eos_token_id) == 1


def test_target_forms():
    assert encoding.target_text(example(""), "canonical") == "assertEquals(12, foo.bar());"
    assert encoding.target_text(example(""), "raw") == "Assert.assertEquals(12, foo.bar());"


def test_whole_text_has_the_assertion_in_place():
    assert encoding.whole_text(example("void t() { <ASSERTION> }")).startswith(
        "void t() { assertEquals(12, foo.bar()); }"
    )


def test_the_blank_is_one_token(tokenizer):
    ids = encoding.encode_source(f"int x; {MARK} }}", tokenizer, 99)
    assert ids.count(tokenizer.convert_tokens_to_ids(MARK)) == 1
    assert ids[-1] == tokenizer.eos_token_id


@settings(max_examples=60, deadline=None)
@given(before=st.integers(0, 120), after=st.integers(0, 120), limit=st.integers(8, 64))
def test_a_cut_keeps_the_blank(tokenizer, before, after, limit):
    text = "int x; " * before + MARK + " int y;" * after
    ids = encoding.encode_source(text, tokenizer, limit)
    assert len(ids) <= limit
    assert ids[-1] == tokenizer.eos_token_id
    assert tokenizer.convert_tokens_to_ids(MARK) in ids


def test_a_cut_keeps_a_blank_of_several_tokens():
    """CodeT5+'s tokenizer knows no <ASSERTION>: the text of the blank must survive whole all the same."""
    bytes_only = Tokenizer(
        parts.BPE(
            vocab={
                **{c: i + 3 for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))},
                "<pad>": 0,
                "</s>": 1,
                "<unk>": 2,
            },
            merges=[],
            unk_token="<unk>",
        )
    )
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    bytes_only.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bytes_only, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    for before in (0, 30, 47, 48, 52, 60, 300):
        ids = encoding.encode_source("x" * before + MARK + "y" * 100, tokenizer, 64)
        assert len(ids) <= 64
        assert MARK in tokenizer.decode(ids), before


def test_long_targets_are_dropped_only_on_demand(tokenizer):
    rows = Dataset.from_list(
        [example("<ASSERTION>"), {**example("<ASSERTION>", assertion="assertTrue(" + "x" * 200 + ");"), "id": "long"}]
    )
    p = params.check({"max_source_tokens": 32, "max_target_tokens": 40, "target_form": "canonical"})
    assert encoding.encode(rows, tokenizer, p, drop_long_targets=True)["id"][:] == ["x"]
    with pytest.raises(ValueError, match="each of the 1 assertions is longer than max_target_tokens = 40"):
        encoding.encode(rows.select([1]), tokenizer, p, drop_long_targets=True)
    kept = encoding.encode(rows, tokenizer, p, drop_long_targets=False)
    assert kept["id"][:] == ["x", "long"]
    assert tokenizer.decode(kept[1]["labels"], skip_special_tokens=True) == rows[1]["assertion_canonical"]


def test_critical_tokens(tokenizer):
    weights = encoding.critical_token_weights(tokenizer, len(tokenizer) + 5, 2.0)
    assert weights.shape == (len(tokenizer) + 5,)
    assert all(weights[i] == 2.0 for i in tokenizer("assertEquals", add_special_tokens=False)["input_ids"])
    assert weights[tokenizer.pad_token_id] == 1.0
    assert set(weights.tolist()) == {1.0, 2.0}
    assert weights.dtype == torch.float32
