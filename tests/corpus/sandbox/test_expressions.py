"""The hole lines of templates: restricted, drawn reproducibly, rendered as Java."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trident.corpus.sandbox.expressions import (
    FUNCTIONS,
    WORDS,
    Block,
    Char,
    Code,
    Long,
    TemplateError,
    compile_block,
    java,
    knowable,
)


def draw(*lines: str, seed: int = 0, earlier: dict | None = None) -> dict:
    earlier = earlier or {}
    block = compile_block("a/B.java", list(enumerate(lines, start=1)), dict.fromkeys(earlier, 1))
    return block.draw(random.Random(seed), earlier)


def block(*lines: str) -> Block:
    return compile_block("a/B.java", list(enumerate(lines, start=1)), {})


@pytest.mark.parametrize(
    "value, text",
    [
        (7, "7"),
        (-7, "-7"),
        (2**31 - 1, "2147483647"),
        (-(2**31), "-2147483648"),
        (Long(7), "7L"),
        (Long(-(2**63)), "-9223372036854775808L"),
        (2.5, "2.5"),
        (-0.1, "-0.1"),
        (3.0, "3.0"),
        (1e20, "1e+20"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        ("plain", '"plain"'),
        ("", '""'),
        ('say "hi"', r'"say \"hi\""'),
        ("it's", '"it\'s"'),
        ("a\\b", r'"a\\b"'),
        ("a\tb\nc\r", r'"a\tb\nc\r"'),
        ("\0\x1f", r'"\u0000\u001f"'),
        ("é€", '"é€"'),
        ("\ud800", r'"\ud800"'),
        (Char("c"), "'c'"),
        (Char("'"), r"'\''"),
        (Char('"'), "'\"'"),
        (Char("\\"), r"'\\'"),
        (Char("\n"), r"'\n'"),
        (Code("new int[0]"), "new int[0]"),
        ([1, "a", None], '1, "a", null'),
        ((Long(1), (True,)), "1L, true"),
        ([], ""),
    ],
)
def test_literals(value, text):
    assert java(value) == text


@pytest.mark.parametrize(
    "value, reason",
    [
        (2**31, "long"),
        (-(2**31) - 1, "int32"),
        (Long(2**63), "Java long"),
        (float("inf"), "Infinity|no Java literal"),
        (float("nan"), "no Java literal"),
        ({1}, "set"),
        ({}, "dict"),
        (object(), "object"),
        ([range(3)], "range"),
    ],
)
def test_values_without_a_literal_are_refused(value, reason):
    with pytest.raises(ValueError, match=reason):
        java(value)


_UNESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def unquote(literal: str) -> str:
    """What Java reads."""

    def one(match: re.Match) -> str:
        escape = match[1]
        return chr(int(escape[1:], 16)) if len(escape) == 5 else _UNESCAPED.get(escape, escape)

    text = re.sub(r"\\(u[0-9a-f]{4}|.)", one, literal[1:-1], flags=re.DOTALL)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


@given(st.text(alphabet=st.characters(), max_size=12))
def test_any_text_comes_back_from_its_literal(text):
    literal = java(text)
    assert unquote(literal) == text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    assert "\n" not in literal and "\r" not in literal
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', literal)


@given(st.integers(-(10**6), 10**6), st.integers(-1000, 1000).filter(bool))
def test_java_division_rounds_towards_zero(a, b):
    holes = draw("q = jdiv(a, b)", "r = jmod(a, b)", earlier={"a": a, "b": b})
    assert holes["q"] * b + holes["r"] == a
    assert abs(holes["r"]) < abs(b) and (holes["r"] == 0 or (holes["r"] < 0) == (a < 0))


@given(st.integers())
def test_int32_wraps(x):
    wrapped = draw("y = int32(x)", earlier={"x": x})["y"]
    assert -(2**31) <= wrapped < 2**31 and (wrapped - x) % 2**32 == 0


@given(st.integers(0, 2**32))
def test_draws_stay_in_their_bounds(seed):
    holes = draw(
        "n = integer(3, 5)",
        "x = decimal(0.5, 2.25, 2)",
        "one = choice((1, 2))",
        "three = sample('abcd', 3)",
        "all_ = shuffled([1, 2, 3])",
        "many = integers(4, -1, 1)",
        "different = distinct(4, 1, 4)",
        "w = word()",
        "a, b = words(2)",
        "Name = name('Left', 'Right')",
        "low = lower(Name)",
        "flag = boolean()",
        seed=seed,
    )
    assert 3 <= holes["n"] <= 5 and 0.5 <= holes["x"] <= 2.25 and round(holes["x"], 2) == holes["x"]
    assert holes["one"] in (1, 2) and len(set(holes["three"])) == 3 and sorted(holes["all_"]) == [1, 2, 3]
    assert len(holes["many"]) == 4 and set(holes["many"]) <= {-1, 0, 1} and sorted(holes["different"]) == [1, 2, 3, 4]
    assert holes["w"] in WORDS and holes["a"] != holes["b"] and isinstance(holes["a"], str)
    assert java(holes["low"]) in ("left", "right") and java(holes["flag"]) in ("true", "false")


def test_both_ends_are_drawn():
    assert {draw("n = integer(1, 3)", seed=seed)["n"] for seed in range(60)} == {1, 2, 3}
    assert {draw("x = decimal(0.1, 0.3, 1)", seed=seed)["x"] for seed in range(60)} == {0.1, 0.2, 0.3}


def test_words_are_distinct_lower_case_identifiers():
    assert len(set(WORDS)) == len(WORDS) > 200
    assert all(word.isascii() and word.isalpha() and word.islower() for word in WORDS)


def test_comprehensions_and_lambdas_see_the_holes():
    holes = draw(
        "factor = 3",
        "items = [1, 2, 3]",
        "scaled = [factor * item for item in items if any(item == x for x in items)]",
        "far = sorted(items, key=lambda item: -item * factor)",
    )
    assert holes["scaled"] == [3, 6, 9] and holes["far"] == [3, 2, 1]


def test_sets_keep_their_order():
    assert draw("kinds = list(set(['b', 'a', 'b', 'c']))")["kinds"] == ["b", "a", "c"]
    assert draw("kinds = list(set('ba') | set('ca'))", "n = len(set([1, 1]))")["kinds"] == ["b", "a", "c"]


def test_requirements_redraw_the_block():
    for seed in range(30):
        holes = draw("a = integer(1, 6)", "b = integer(1, 6)", "require a + b == 7", seed=seed)
        assert holes["a"] + holes["b"] == 7


def test_a_requirement_that_never_holds_is_named():
    with pytest.raises(TemplateError, match=r"a/B\.java:2: `require a > 9` held in none of 200 draws"):
        draw("a = integer(1, 6)", "require a > 9")


@pytest.mark.parametrize(
    "lines, message",
    [
        (["a = intger(1, 2)"], r":1: .*unknown name 'intger'; did you mean 'integer'\?"),
        (["a = 1", "b = a + c"], r":2: .*unknown name 'c'"),
        (["a = open('x')"], "unknown name 'open'"),
        (["a = __import__('os')"], "unknown name '__import__'"),
        (["a = 1 +"], "not Python"),
        (["a"], "expected `hole = expression`"),
        (["a == 1"], "expected `hole = expression`"),
        (["1a = 2"], "expected `hole = expression`"),
        (["a = 1", "a = 2"], "'a' is defined already in line 1"),
        (["word = word()"], "'word' would hide the function word"),
        (["a = list({1, 2})"], r"write set\(\[...\]\)"),
        (["a = {x for x in 'ab'}"], r"write set\(\[...\]\)"),
        (["a = 1 // 0"], "ZeroDivisionError"),
        (["a, b = [1, 2, 3]"], "2 holes for 3 values"),
        (["a = name('a b')"], "'a b' is not a Java identifier"),
        (["a = char('ab')"], "expected one character"),
        (["a = char('')"], "expected one character"),
        (["a = sample([1], 2)"], "ValueError"),
    ],
)
def test_malformed_lines_are_named(lines, message):
    with pytest.raises(TemplateError, match=r"^a/B\.java:\d+: `") as caught:
        draw(*lines)
    assert re.search(message, str(caught.value))


def test_functions_are_those_of_the_readme():
    from trident.corpus.sandbox.template import FOLDER

    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("| function |") : readme.index("## What makes")]
    documented = {
        word
        for cell in re.findall(r"^\| (.*?) \|", table, re.MULTILINE)
        for code in re.findall(r"`([^`]*)`", cell)
        for word in re.findall(r"[a-z_0-9]+(?=\(|\s|$)", re.sub(r"\([^)]*\)", "(", code))
    }
    assert documented == FUNCTIONS


def test_knowable_goes_forwards_and_backwards():
    drawn = block(
        "ws = words(2)",
        "a = ws[0]",
        "b = ws[1]",
        "line = f'{a}={b}'",
        "n = len(line)",
        "secret = integer(1, 9)",
        "more = secret + n",
    )
    assert {"a", "b", "n"} <= knowable([drawn], {"line"})
    assert not {"b", "line", "n", "secret", "more"} & knowable([drawn], {"a"})
    assert "more" in knowable([drawn], {"a", "b", "secret"})
    assert "more" not in knowable([drawn], {"line"})
