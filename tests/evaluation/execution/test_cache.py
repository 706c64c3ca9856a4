"""trident/evaluation/execution/cache.py: what was written is read, and nothing else is."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trident.evaluation.execution import CacheError, cache
from trident.evaluation.execution.jvm import Case, Outcome

CASE = Case("A", "class A { }", ("class A { int x; }",), "ATest", "test", "class ATest { <ASSERTION> }", ("fail();",))
TEXT = st.text(st.characters(blacklist_categories=["Cs"]))
OUTCOMES = st.dictionaries(TEXT.filter(bool), st.builds(Outcome, TEXT, TEXT, st.lists(TEXT).map(tuple)))


@given(st.lists(OUTCOMES, max_size=3))
def test_what_was_written_is_read(parts):
    with TemporaryDirectory() as folder:
        for part in parts:
            cache.save(Path(folder), part)
        known = cache.load(Path(folder))
        assert known.keys() == {key for part in parts for key in part}
        assert all(outcome in [part.get(key) for part in parts] for key, outcome in known.items())
        assert len(list(Path(folder).iterdir())) <= len([part for part in parts if part])


def test_no_folder_holds_nothing(tmp_path):
    assert cache.load(tmp_path / "none") == {}


@pytest.mark.parametrize("name", ["notes.txt", "broken.parquet", "foreign.parquet", "folder"])
def test_a_file_that_does_not_belong_there_is_named(name, tmp_path):
    cache.save(tmp_path, {"key": Outcome("passes", "", ())})
    if name == "folder":
        (tmp_path / name).mkdir()
    elif name == "foreign.parquet":
        pd.DataFrame({"key": [1]}).to_parquet(tmp_path / name)
    else:
        (tmp_path / name).write_bytes(next(tmp_path.iterdir()).read_bytes()[:-20])
    with pytest.raises(CacheError, match=name):
        cache.load(tmp_path)


def test_unfinished_files_are_not_read(tmp_path):
    cache.save(tmp_path, {"key": Outcome("passes", "", ())})
    (tmp_path / ".abc.parquet.12345678.parquet").write_bytes(b"PAR1")
    assert list(cache.load(tmp_path)) == ["key"]


@pytest.mark.parametrize(
    "change",
    [
        {"class_source": "class A { ; }"},
        {"mutants": ()},
        {"test_source": "class ATest {  <ASSERTION> }"},
        {"test_method": "other"},
        {"answers": ("fail() ;",)},
        {"class_path": "a.jar"},
    ],
)
def test_the_key_depends_on_the_whole_case(change):
    assert cache.digest(replace(CASE, **change)) != cache.digest(CASE)
    assert cache.digest(replace(CASE)) == cache.digest(CASE)


def test_the_key_depends_on_answer_and_runner(tmp_path, monkeypatch):
    assert len({cache.key(place, answer) for place in ("a", "b") for answer in ("x;", "x ;")}) == 4
    before = cache.digest(CASE)
    for name in ("jvm.py", "Worker.java", "Jupiter.java"):
        (tmp_path / name).write_text("other")
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cache.py"))
    cache._runner.cache_clear()
    assert cache.digest(CASE) != before
    cache._runner.cache_clear()
