"""The Code Quality Score: its variants, examples computed by hand, and a fuzz test."""

import json
import math
import random
import re
import time

import numpy as np
import pandas as pd
import pytest
from helpers.small_encoder import Letters
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trident import cqs
from trident.experiment import params, paths
from trident.java.lexer import canonical, lex
from trident.metrics import strict
from trident.reporting import calibration

ASSERTIONS = [
    "assertEquals(3, list.size());",
    'Assert.assertEquals("a b", map.get("key"));',
    "assertTrue(x > 0 && x <= LIMIT);",
    'assertFalse("must be empty", queue.isEmpty());',
    "assertNull(cache.get('k'));",
    "assertArrayEquals(new int[] {1, 2, 3}, Sorter.sort(input));",
    "assertThat(order.total()).isEqualTo(19.99);",
    'org.junit.Assert.assertThat(names, hasItem("x;y"));',
    "assertThrows(IllegalStateException.class, () -> { account.withdraw(10); });",
    "assertEquals(a.length(), a.trim().length());",
    "assert done;",
    "assertEquals(Map.<String, List<Integer>>of(), index);",
    "IOException e = assertThrows(IOException.class, () -> read(path));",
    'fail("not reached");',
]
SEVERAL = "assertEquals(3, list.size());\nassertTrue(list.contains(x));\nassertNull(list.get(0));"


def one(prediction, reference, variant="strict", **options):
    return cqs.score([prediction], [reference], encoder=Letters(), variant=variant, **options).iloc[0]


# -- the reading whose weights are fitted to execution


def test_the_parts_of_codebleu_are_known_of_the_strict_variant_alone():
    texts, references = ["assertEquals(4, a.size());", ""], ["assertEquals(3, a.size());"] * 2
    found = cqs.score_all(texts, references, encoder=Letters()).set_index(["variant", "example"])
    parts = found.loc["strict", [*cqs.OF_CODEBLEU]]
    assert parts.loc[0].mean() == pytest.approx(found.loc[("strict", 0), "codebleu"]) and parts.loc[0, "syntax"] == 1
    assert (parts.loc[1] == 0).all() and found.loc[["paper", "released"], [*cqs.OF_CODEBLEU]].isna().all(axis=None)


def test_the_calibrated_reading_has_the_strict_components_and_the_weights_of_its_file(tmp_path, monkeypatch):
    file = tmp_path / calibration.FILE
    weights = {"semantic": 0.5, "syntax": 0.25, "ast": 0.25}
    file.write_text(json.dumps({"weights": weights, "profile": "sandbox"}))
    monkeypatch.setattr(cqs, "CALIBRATION", file)
    text = "assertTrue(list.isEmpty());"
    found, plain = one(text, ASSERTIONS[0], cqs.CALIBRATED), one(text, ASSERTIONS[0])
    assert (found[list(cqs.COMPONENTS)] == plain[list(cqs.COMPONENTS)]).all()
    assert found["variant"] == "execution-calibrated" and found["cqs"] != plain["cqs"]
    assert found["cqs"] == pytest.approx(sum(weight * plain[name] for name, weight in weights.items()))


def test_the_calibrated_reading_is_no_default_and_its_file_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(cqs, "CALIBRATION", tmp_path / "none.json")
    rows = cqs.score_all(["a"], ["a"], encoder=Letters())
    assert list(rows["variant"]) == [*cqs.VARIANTS] and cqs.CALIBRATED not in cqs.VARIANTS
    with pytest.raises(FileNotFoundError, match="none.json is missing: `make reproduce`"):
        one("a", "a", cqs.CALIBRATED)


def test_the_weights_lie_where_notebook_06_writes_those_of_the_committed_figures():
    """In no module's folder: a file there would make stages stale, notebook 05 among them."""
    assert cqs.CALIBRATION == paths.ROOT / "figures" / calibration.FILE
    assert not [*cqs.CALIBRATION.parent.glob("*.py")], "data beside a module counts in the digests of stages"
    assert params.load(paths.PARAMS / "sandbox.yaml")["results_dir"] == "figures"


# -- strict


@pytest.mark.parametrize(
    "text", [*ASSERTIONS, SEVERAL, "assertEquals ( 3 , x )", "METHOD_1 ( IDEN_0 )", "assertTrue(x)"]
)
def test_identity_is_exactly_one(text):
    row = one(text, text)
    assert (row[list(cqs.COMPONENTS)] == 1).all() and row.cqs == 1 and row.exact_match


@pytest.mark.parametrize("text", ["", " \n\t", "// assertTrue(x);", "/* assertTrue(x); */"])
@pytest.mark.parametrize("reference", [ASSERTIONS[0], SEVERAL, "METHOD_1 ( IDEN_0 )"])
def test_empty_is_exactly_zero(text, reference):
    row = one(text, reference)
    assert (row[list(cqs.COMPONENTS)] == 0).all() and row.cqs == 0
    assert row["empty"] and not row.exact_match


@settings(deadline=None)
@given(
    st.sampled_from([*ASSERTIONS, SEVERAL, "assertEquals(3, (x;", "} assertTrue(y); {"]),
    st.sampled_from(ASSERTIONS),
    st.data(),
)
def test_white_space_never_changes_the_score(prediction, reference, data):
    def respaced(code):
        gaps = st.sampled_from([" ", "\n", "\t", "\r\n  ", "\f"])
        return "".join(token + data.draw(gaps) for token in lex(code))

    numbers = [*cqs.COMPONENTS, "cqs", "exact_match", "kind_match"]
    expected = one(prediction, reference)[numbers]
    assert (one(respaced(prediction), respaced(reference))[numbers] == expected).all()
    assert (one(" ".join(prediction.split()), reference)[numbers] == expected).all()


LITERAL = re.compile(r'"[^"]*"|\'[^\']*\'|\b\d+(?:\.\d+)?\b|\b(?:true|false|null)\b')


@settings(deadline=None)
@given(st.sampled_from([text for text in ASSERTIONS if LITERAL.search(text)] + [SEVERAL]), st.data())
def test_a_changed_literal_always_lowers_the_score(text, data):
    spot = data.draw(st.sampled_from(list(LITERAL.finditer(text))))
    other = data.draw(st.sampled_from(["0", "4", "-1", '"other"', "'q'", "true", "null", "1L", '""']))
    assume(other != spot[0])
    row = one(text[: spot.start()] + other + text[spot.end() :], text)
    assert row.cqs < 1 and row.token_accuracy < 1 and row.codebleu < 1 and not row.exact_match


def test_a_qualifier_is_no_difference():
    row = one("org.junit.Assert.assertEquals(3, list.size());", "assertEquals(3,list.size());")
    assert row.cqs == 1 and row.exact_match and not row.exact_match_raw


@pytest.mark.parametrize(
    ("prediction", "valid"),
    [
        ("assertTrue(x);", 1),
        ("int y = 3; assertEquals(y, x);", 1),
        ("if (x) { assertTrue(y); }", 1),
        ("verify(mock).close();", 1),
        ("list.size();", 0),  # asserts nothing
        ("assertTrue(x)", 0),  # MISSING ;
        ("assertTrue(x;", 0),
        ("the list is empty", 0),
        ("assertTrue(x); } void u() { assertTrue(y);", 0),  # closes the wrapper's method
        ("assertTrue(x); } } class D { void t() { assertTrue(y);", 0),
        ("assertTrue(x); }} {{ assertTrue(y);", 0),
        ('var s = """\n text\n """; assertEquals(s, t);', 1),
        ("assertEquals(1, switch (x) { case 1 -> 1; default -> 0; });", 1),
    ],
)
def test_validity_requires_an_assertion_within_the_method(prediction, valid):
    assert one(prediction, ASSERTIONS[0]).ast == valid


def test_what_the_reference_lacks_is_not_asked_of_the_prediction():
    """ATLAS has no `;` at all, and helper names that tell nothing."""
    assert one("assertTrue ( x )", "assertTrue ( y )").ast == 1
    assert one("assertTrue ( x", "assertTrue ( y )").ast == 0
    assert one("METHOD_2 ( x )", "METHOD_1 ( x )").ast == 1
    assert one("METHOD_2 ( x )", "assertTrue ( x )").ast == 0


def test_several_assertions_are_matched_in_any_order():
    lines = SEVERAL.split("\n")
    assert one("\n".join(reversed(lines)), SEVERAL).cqs == 1
    assert one("".join(lines), SEVERAL).cqs == 1
    for kept in (1, 2):
        row = one("\n".join(lines[:kept]), SEVERAL)
        assert row.token_accuracy == row.codebleu == row.semantic == pytest.approx(kept / 3)
    surplus = one(SEVERAL, lines[0])
    assert surplus.token_accuracy == surplus.codebleu == surplus.semantic == pytest.approx(1 / 3)


def test_matching_is_optimal_not_greedy():
    first, second = "assertEquals(1, a.b());", "assertEquals(1, a.c());"
    row = one(f"{second}\nassertNull(z);", f"{first}\n{second}")
    assert row.token_accuracy > 0.5  # `second` is worth 1 with itself, so the odd one out goes to `first`


# -- released and paper: computed by hand


def test_released_accepts_what_the_released_code_accepts():
    empty = one("", "assertTrue(x);", "released")
    assert (empty.semantic, empty.codebleu, empty.ast, empty.token_accuracy) == (0, 0, 1, 0)
    assert one("} public void other() {", "assertTrue(x);", "released").ast == 1
    assert one("int unrelated = 1;", "assertTrue(x);", "released").ast == 1
    assert (
        one("assertEquals(1, switch (x) { case 1 -> 1; default -> 0; });", "assertTrue(x);", "released").ast == 0
    )  # Java 14


def test_released_token_accuracy():
    # Three places of five agree, lengths 4 and 5.
    assert one("a b X d", "a b c d e", "released").token_accuracy == pytest.approx(3 / 5 * 4 / 5)
    assert one("a b c d e", "a b X d", "released").token_accuracy == pytest.approx(3 / 4 * 4 / 5)
    assert one("x", SEVERAL, "released").token_accuracy == 0


def test_released_scores_a_perfect_prediction_of_three_against_the_best_single_reference():
    row = one(SEVERAL, SEVERAL, "released")
    assert row.token_accuracy == 0.5  # both tokens of the first in place, times 2 ÷ 4
    assert row.semantic < 1 and row.codebleu < 1 and row.cqs < 0.9


def test_released_teacher_differs_in_token_accuracy_alone():
    for prediction, expected in (("assertTrue(y);", 0), (" assertTrue(x); ", 1)):
        student, teacher = (
            one(prediction, "assertTrue(x);", "released"),
            one(prediction, "assertTrue(x);", "released_teacher"),
        )
        assert teacher.token_accuracy == expected
        for name in ("semantic", "codebleu", "ast"):
            assert student[name] == teacher[name]


def test_paper_reads_the_text():
    row = one("assertEquals(4, list.size());", "assertEquals(3, list.size());", "paper")
    assert row.token_accuracy == pytest.approx(10 / 11)
    assert row.ast == 1
    assert one("", "assertTrue(x);", "paper").ast == 0
    assert one("// nothing", "assertTrue(x);", "paper").ast == 0
    assert one("", "assertTrue(x);", "paper").codebleu == 0.25  # the package's credit for no data flow


# -- the frame


def test_variants_share_one_pass():
    encoder = Letters()
    predictions = ["assertTrue(x);", "assertTrue(y);", "assertTrue(x);", ""]
    references = ["assertTrue(x);", "assertTrue(x);", "assertFalse(x);", "assertFalse(x);"]
    frame = cqs.score_all(predictions, references, encoder=encoder)
    assert list(frame["variant"].unique()) == list(cqs.VARIANTS)
    assert len(encoder.asked) == len(set(encoder.asked))
    for variant in cqs.VARIANTS:
        alone = cqs.score(predictions, references, encoder=Letters(), variant=variant)
        together = frame[frame["variant"] == variant].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, together)
        assert list(alone["example"]) == [0, 1, 2, 3] and list(alone["prediction"]) == predictions
    assert len(frame) == 4 * len(cqs.VARIANTS)


def test_identical_texts_are_not_encoded():
    encoder = Letters()
    cqs.score(ASSERTIONS, ASSERTIONS, encoder=encoder)
    assert encoder.asked == []


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"predictions": ["a"]}, ValueError, "1 predictions but 2 references"),
        ({"predictions": ["a", None]}, TypeError, "prediction 1 is None"),
        ({"references": ["assertTrue(x);", " // "]}, ValueError, "reference 1 is empty"),
        ({"encoder": None}, TypeError, "sentence_encoder"),
        ({"variant": "stric"}, ValueError, "unknown variant 'stric'.*strict"),
        ({"accepted": [["a"]]}, ValueError, "2 predictions but accepted forms of 1 examples"),
    ],
)
def test_errors_say_what_is_wrong(changes, error, message):
    arguments = {
        "predictions": ["a", "b"],
        "references": ["assertTrue(x);", "assertTrue(y);"],
        "encoder": Letters(),
        **changes,
    }
    with pytest.raises(error, match=message):
        scored = cqs.score_all if "accepted" in arguments else cqs.score
        scored(arguments.pop("predictions"), arguments.pop("references"), **arguments)


def test_a_broken_encoder_is_an_error_not_a_zero():
    class Broken(Letters):
        def encode(self, sentences, **options):
            return super().encode(sentences, **options) * np.nan

    with pytest.raises(ValueError, match="no finite embedding for 'assert"):
        cqs.score(["assertTrue(x);"], ["assertTrue(y);"], encoder=Broken())


# -- accepted answers


def test_an_answer_is_accepted_if_it_is_one_of_the_forms_whatever_its_layout():
    forms = ["assertTrue(list.isEmpty());", "assertEquals(0, list.size());"]
    answers = [forms[0], "Assert.assertEquals( 0,list.size() ) ;", "assertEquals(1, list.size());", ""]
    frame = cqs.score_all(answers, [forms[0]] * 4, encoder=Letters(), accepted=[forms] * 4)
    for _, rows in frame.groupby("variant"):
        assert rows["accepted"].tolist() == [True, True, False, False]
        assert rows["exact_match"].tolist() == [True, False, False, False]
        assert cqs.summarise(rows)["accepted"] == 0.5


def test_forms_belong_to_an_example_not_to_its_reference():
    answer, reference = "assertEquals(0, list.size());", "assertTrue(list.isEmpty());"
    accepted = [[reference], [reference, answer]]
    frame = cqs.score_all([answer] * 2, [reference] * 2, encoder=Letters(), accepted=accepted, variants=["strict"])
    assert frame["accepted"].tolist() == [False, True]


def test_without_forms_the_reference_alone_is_accepted():
    frame = cqs.score(["assertTrue( x )", "assertTrue(y)"], ["assertTrue(x)"] * 2, encoder=Letters())
    assert frame["accepted"].tolist() == frame["exact_match"].tolist() == [True, False]


# -- sets


def test_summary_is_the_mean_of_the_rows():
    predictions = ["assertTrue(x);", "assertTrue(y);", "assertTrue(x);", "", "assertTrue(1 1 1 1 1 1"]
    frame = cqs.score(predictions, ["assertTrue(x);"] * 2 + ["assertNull(x);"] * 3, encoder=Letters())
    summary = cqs.summarise(frame)
    assert summary["cqs"] == pytest.approx(sum(cqs.WEIGHTS[name] * summary[name] for name in cqs.COMPONENTS))
    rates = [summary[name] for name in ("exact_match", "kind_match", "empty", "repeated")]
    assert rates == pytest.approx([0.2, 0.4, 0.2, 0.2])
    assert summary["most_frequent"] == pytest.approx(0.4) and summary["examples"] == 5
    assert all(isinstance(value, float) and math.isfinite(value) for value in summary.values())


def test_summary_wants_one_variant():
    frame = cqs.score_all(["assertTrue(x);"], ["assertTrue(y);"], encoder=Letters())
    with pytest.raises(ValueError, match="one variant"):
        cqs.summarise(frame)
    with pytest.raises(ValueError, match="one variant"):
        cqs.summarise(frame.iloc[:0])


def test_texts_that_the_encoder_cannot_tell_apart_are_encoded_once():
    class Spaceless(Letters):
        def tokenizer(self, texts, **options):
            return super().tokenizer(["".join(text.split()) for text in texts], **options)

    encoder = Spaceless()
    frame = cqs.score_all(
        ["assertEquals( 4,x );", "assertEquals(3,  x);"], ["assertEquals(3, x);"] * 2, encoder=encoder
    )
    assert len(encoder.asked) == 2
    assert (frame.loc[frame["example"] == 1, "semantic"] == 1).all()


# -- robust

EXTREME = {
    "10,000 characters": "x" * 10_000,
    "many tokens": "assertTrue(x); " * 700,
    "unbalanced": "assertEquals(((a, b;",
    "closing only": ")}]" * 3000,
    "NUL": "assertTrue(\0);",
    "lone surrogates": 'assertEquals("\ud800", s.charAt(\udfff));',
    "other scripts": "утверждать(列表.大小() == ٣); // نعم 🙂",
    "closes the wrapper": "assertTrue(x); } } class Other { void t() {",
    "deeply nested": "assertTrue(" + "(" * 5000 + "x" + ")" * 5000 + ");",
    "deeply nested calls": "f(" * 5000,
    "nested deeper than the parser allows": "(" * 7000,
    "comments only": "/* assertTrue(x); */ // done",
    "unfinished literal": 'assertEquals("abc, x);\nassertTrue(y);',
    "generics": "a<" * 3000,
    "javalang's endless search": "@a(x;",
}


@pytest.mark.parametrize("name", EXTREME)
def test_any_text_is_scored(name, tmp_path):
    start = time.perf_counter()
    frame = cqs.score_all([EXTREME[name]], ["assertEquals(3, list.size());"], encoder=Letters())
    assert np.isfinite(frame[[*cqs.COMPONENTS, "cqs"]]).all(axis=None)
    frame.to_parquet(tmp_path / "scores.parquet")
    assert time.perf_counter() - start < 15


NOISE = [
    "\0",
    "\ud800",
    "\udc00",
    "é",
    "列",
    "🙂",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ";",
    ";;",
    '"',
    "'",
    '"""',
    "\\",
    "//",
    "/*",
    "*/",
    "<",
    ">>>",
    "->",
    "::",
    "@",
    "\n",
    "\t",
    "\u2028",
    "class",
    "assert",
    "Assert.",
    "assertTrue(",
    "}}",
    "-1",
    "0x",
    "1e",
    ".",
    ",",
    "$",
    "_",
    " ",
]


def mutated(rng):
    text = rng.choice(ASSERTIONS + [SEVERAL])
    for _ in range(rng.randrange(1, 6)):
        spot, other = rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)
        change = rng.randrange(6)
        if change == 0:
            text = text[:spot] + rng.choice(NOISE) + text[spot:]
        elif change == 1:
            text = text[: min(spot, other)] + text[max(spot, other) :]
        elif change == 2:
            text = text[:spot] + text[min(spot, other) : max(spot, other)] * rng.randrange(1, 4) + text[spot:]
        elif change == 3:
            tokens = lex(text)
            rng.shuffle(tokens)
            text = " ".join(tokens)
        elif change == 4:
            text = text + rng.choice(["\n", " ", ""]) + rng.choice(ASSERTIONS)
        else:
            text = "".join(rng.choice(NOISE) if rng.random() < 0.05 else letter for letter in text)
    return text


def test_ten_thousand_mutated_assertions():
    rng = random.Random(1)
    references = [rng.choice(ASSERTIONS + [SEVERAL]) for _ in range(10_000)]
    predictions = [mutated(rng) for _ in references]
    frame = cqs.score_all(predictions, references, encoder=Letters())
    numbers = frame[[*cqs.COMPONENTS, "cqs"]]
    assert np.isfinite(numbers).all(axis=None) and len(frame) == 10_000 * len(cqs.VARIANTS)
    assert numbers.min().min() >= 0 and numbers.max().max() <= 1 + 1e-12  # Letters' cosines are positive
    rows = frame[frame["variant"] == "strict"]
    assert (rows["empty"] == ~rows["prediction"].map(lambda text: bool(lex(text)))).all()
    assert (rows.loc[rows["empty"], "cqs"] == 0).all() and (rows.loc[~rows["empty"], "cqs"] > 0).all()
    assert (rows.loc[rows["exact_match"], "cqs"] == 1).all()
    perfect = rows[(rows["prediction"] != rows["reference"]) & (rows["cqs"] == 1)]

    def statements(text):
        return sorted(strict.split(lex(canonical(text))))

    assert perfect["prediction"].map(statements).tolist() == perfect["reference"].map(statements).tolist()


# -- the real encoder


def test_the_packaged_encoder(caplog, capsys):
    from trident.distillation.models import sentence_encoder

    predictions = ["assertTrue(x <= 0);", "assertFalse(x <= 0);", "", "assertTrue(x > 0);"]
    frame = cqs.score_all(
        predictions, ["assertTrue(x > 0);"] * 4, encoder=sentence_encoder("all-MiniLM-L6-v2"), progress=False
    )
    semantic = frame[frame["variant"] == "strict"]["semantic"].tolist()
    assert semantic == pytest.approx([0.96, 0.82, 0, 1], abs=0.01)  # the opposite lies closer than the equivalent
    assert not caplog.records and "WARNING" not in capsys.readouterr().err
