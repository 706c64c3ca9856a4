"""Statements as blanks: what is hidden, put back, gives the test; nothing is hidden twice, and nothing is lost."""

from __future__ import annotations

import random

import pytest
from helpers.java_literals import methods
from hypothesis import given
from hypothesis import strategies as st

from trident.distillation import models, statements
from trident.distillation.models import SENTINELS
from trident.java import lexer
from trident.java.assertions import MARK

TEST = """@Test
public void joins() {
    // a comment
    List<String> parts = split("a;b");
    for (String part : parts) { use(part); }
    assertThrows(IllegalStateException.class, () -> { parts.add("c"); });
    String ü = "ä";
    assertEquals("a;b", String.join(";", parts));
}"""


@pytest.fixture(scope="module")
def tokenizer():
    return models.train_tokenizer([TEST, "int f() { return 1; }"] * 50, 330)


def test_statements_that_hold_no_other():
    assert [TEST[start:end] for start, end in statements.find(TEST)] == [
        'List<String> parts = split("a;b");',
        "use(part);",
        'parts.add("c");',
        'String ü = "ä";',
        'assertEquals("a;b", String.join(";", parts));',
    ]


def test_one_assertion_is_hidden_as_the_task_hides_it():
    seen = set()
    for seed in range(20):
        source, target = statements.with_blank(TEST, "int f() { return 1; }", random.Random(seed))
        assert source.count(MARK) == 1 and source.endswith("int f() { return 1; }")
        assert lexer.lex(source.replace(MARK, target)) == lexer.lex(TEST + "int f() { return 1; }")
        seen.add(target)
    assert len(seen) == 2


def test_a_test_without_an_assertion_has_no_blank():
    assert statements.with_blank("void f() { g(); }", "", random.Random(0)) is None


@given(test=methods(), seed=st.integers(0, 2**32))
def test_hidden_statements_put_back_restore_the_test(test, seed):
    source, hidden = statements.with_sentinels(test, "", random.Random(seed))
    assert len(hidden) <= len(SENTINELS) and bool(hidden) == bool(statements.find(test))
    for sentinel, statement in zip(SENTINELS, hidden, strict=False):
        assert source.count(sentinel) == 1
        source = source.replace(sentinel, statement)
    assert lexer.unqualified(source) == lexer.unqualified(test)


def test_a_statement_whose_sentinel_was_cut_is_not_to_be_written(tokenizer):
    source, hidden = statements.with_sentinels(TEST, "", random.Random(3))
    whole = statements.encode_sentinels((source, hidden), tokenizer, 400, 400)
    names = [token for token in tokenizer.convert_ids_to_tokens(whole["labels"]) if token in SENTINELS]
    assert names == list(SENTINELS[: len(hidden)]) and whole["labels"][-1] == tokenizer.eos_token_id
    last = whole["input_ids"].index(tokenizer.convert_tokens_to_ids(names[-1]))
    cut = statements.encode_sentinels((source, hidden), tokenizer, last, 400)
    assert names[-1] not in tokenizer.convert_ids_to_tokens(cut["labels"])
    assert len(cut["input_ids"]) <= last


def test_a_long_target_loses_its_end(tokenizer):
    blank = statements.with_blank(TEST, "", random.Random(0))
    assert len(statements.encode_blank(blank, tokenizer, 400, 5)["labels"]) == 5
