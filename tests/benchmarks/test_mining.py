"""The judgements on the miner, and the tables made of them in docs/mining.md."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from trident.corpus import mappings
from trident.corpus.records import Record


@pytest.fixture(scope="module")
def judged(benchmark) -> pd.DataFrame:
    return pd.read_csv(benchmark.JUDGED, keep_default_na=False)


def test_the_document_shows_the_judgements(benchmark):
    text = benchmark.DOCUMENT.read_text(encoding="utf-8")
    assert benchmark.document(text) == text, "run `python benchmarks/mining.py table`"


def test_fifty_pairs_of_each_mapping_are_judged(benchmark, judged):
    assert judged["mapping"].value_counts().to_dict() == dict.fromkeys(mappings.MAPPINGS, 50)
    assert set(judged["verdict"]) <= set(benchmark.VERDICTS)
    assert judged["focal"].str.fullmatch(r"\w+\.\w+").all()
    assert judged["origin"].str.fullmatch(r"[\w.-]+__[\w.-]+/[\w./-]+\.java#[\w.$]+").all()  # names, no source text


def test_the_default_is_what_is_right_in_80_percent(judged):
    right = judged["verdict"].eq("right").groupby(judged["mapping"]).mean()
    assert {mapping for mapping, share in right.items() if share >= 0.8} == mappings.RELIABLE


def test_every_mapping_is_described(benchmark):
    text = benchmark.DOCUMENT.read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert rows >= {*mappings.MAPPINGS, "inherited_", "helper_", "cut_", "prefix_"}


def record(number, mapping="name", project="p"):
    body = f"@Test void t{number}() {{ assertEquals({number}, f()); assertTrue(g()); }}"
    made = {
        "test_case": {"identifier": f"t{number}", "body": body},
        "focal_class": {"identifier": "C"},
        "focal_method": {"identifier": "f", "body": "int f() {\n    return 1;\n}"},
        "repository": {"repo_id": project},
    }
    return Record.model_validate({**made, "mapping": mapping, "origin": f"{project}/T.java#t{number}"})


def test_a_draw_continues_where_the_last_one_ended(benchmark):
    found = [record(n, mapping) for n in range(20) for mapping in ("name", "cut_name")]
    first = benchmark.drawn(found, 1, 3, frozenset())
    assert [one.mapping for one in first] == ["name"] * 3 + ["cut_name"] * 3
    again = benchmark.drawn(found[::-1], 1, 3, frozenset())
    assert {one.origin for one in again} == {one.origin for one in first}
    more = benchmark.drawn(found, 1, 3, frozenset(one.origin for one in first))
    assert len(more) == 6 and not {one.origin for one in more} & {one.origin for one in first}


def test_a_long_test_is_cut(benchmark):
    long = record(1)
    long.test_case.body = "\n".join(f"line{n}" for n in range(100))
    shown = benchmark.shown(long).splitlines()
    assert shown[0] == "=== name p/T.java#t1 → C.f" and "…" in shown and "line99" in shown and "line50" not in shown
    assert shown[-3:] == ["int f() {", "    return 1;", "}"]


def test_pairs_and_examples_are_counted(benchmark):
    counts = benchmark.counted([record(1), record(2), record(2), record(3, "prefix_name")]).set_index("mapping")
    assert counts.loc["name"].to_dict() == {"pairs": 3, "examples": 4}  # a question that is asked twice counts once
    assert counts.loc["prefix_name"].to_dict() == {"pairs": 1, "examples": 2}
    assert list(counts.index) == list(mappings.MAPPINGS)


def test_the_interval_is_wilsons(benchmark):
    assert benchmark.interval(45, 50) == pytest.approx((0.786, 0.957), abs=0.001)
    assert benchmark.interval(50, 50)[1] == pytest.approx(1)


def test_near_duplicates_of_two_projects_are_one_row(benchmark):
    found = [record(n, project=project) for project in "ab" for n in range(3)] + [record(9, "only_factory", "c")]
    pairs = benchmark.near(found, {"a": "train", "b": "test", "c": "train"})
    assert pairs.to_dict("records") == [
        {"project": "a", "split": "train", "other": "b", "other_split": "test", "tests": 3, "share": 1.0},
        {"project": "b", "split": "test", "other": "a", "other_split": "train", "tests": 3, "share": 1.0},
    ]
    table = benchmark.near_table(pairs)
    assert table.count("| a |") + table.count("| b |") == 2
    assert "3 (100.0%) | 3 (100.0%) |" in table and "In `train` 3 tests" in table
