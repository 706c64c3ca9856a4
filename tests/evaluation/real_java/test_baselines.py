"""The step `baselines`: answers of all three to a small corpus, and the files that 05 would write of a model."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from helpers.small_encoder import Letters

from trident import cqs
from trident.corpus import storage
from trident.corpus.examples import Maker
from trident.corpus.records import Class, Method, Record, Repository
from trident.distillation import models
from trident.evaluation.real_java import baselines
from trident.experiment import artifacts, params
from trident.experiment.params import REAL_BASELINES
from trident.experiment.paths import Run

FOCAL = "int size() { return count; }"
TESTS = {
    ("train", "a/ListTest.java#sizes"): "int n = list.size(); Assert.assertEquals(3, n);",
    ("train", "a/MapTest.java#other"): "map.put(key); assertNull(map.get(key));",
    ("validation", "b/BagTest.java#first"): "assertTrue(bag.ok()); int m = bag.size(); assertEquals(7, m);",
    ("validation", "b/BagTest.java#second"): "bag.add(1); Assert.assertTrue( bag.ok() );",
    ("test", "c/HeapTest.java#heap"): "int size = list.size(); assertEquals(3, size);",
    ("test", "c/HeapTest.java#words"): "zzz(); map.put(zzz); assertFoo();",
}


def of(text: str, split: str, origin: str, p: params.Parameters) -> list[dict]:
    body = f"void t() {{ {text} }}"
    focal = FOCAL if "zzz" not in text else "void yyy() { }"
    record = Record(
        test_case=Method(identifier="t", body=body),
        focal_class=Class(identifier="A"),
        focal_method=Method(identifier="size", body=focal),
        repository=Repository(repo_id=origin[0]),
        mapping="name",
        origin=origin,
    )
    return list(Maker(p).examples(record, origin[0], split, split))


class OnDevice(Letters):
    def to(self, device: object) -> OnDevice:
        return self


@pytest.fixture
def p(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "sentence_encoder", lambda name: OnDevice())
    values = {"profile": "real", "runs_dir": str(tmp_path), "corpus": "projects", "execution": "grid"}
    p = params.complete({**values, "device": "cpu", "progress": False, "teacher_examples": 0})
    run = Run(p.profile, p.runs_dir)
    examples = [one for (split, origin), text in TESTS.items() for one in of(text, split, origin, p)]
    storage.save(storage.in_splits(examples), run.corpus)
    artifacts.begin(run.corpus, p).finish()
    return p


def answers(p, name: str) -> dict[str, str]:
    """Of a baseline, by reference."""
    frame = pd.read_parquet(Run(p.profile, p.runs_dir).scores(name) / "predictions.parquet")
    return dict(zip(frame["reference"], frame["prediction"]))


def test_the_answers_of_each(p):
    assert baselines.make(p) == {"class_frequent": 0, "retrieval": 0, "copy_nearest": 0}
    assert answers(p, "class_frequent") == {
        "assertTrue(bag.ok());": "assertEquals(7, m);",  # of first and of second, which each see the other's too
        "assertEquals(7, m);": "assertTrue(bag.ok());",
        "assertEquals(3, size);": "assertFoo();",
        "assertFoo();": "assertEquals(3, size);",
    }
    assert answers(p, "retrieval") == {
        **dict.fromkeys(answers(p, "retrieval"), "assertEquals(3, n);"),
        "assertFoo();": "assertNull(map.get(key));",
    }
    assert answers(p, "copy_nearest") == {
        "assertTrue(bag.ok());": "assertEquals(3, n);",  # second has nothing to copy, and assigns no variable
        "assertEquals(7, m);": "assertTrue(bag.ok());",  # which mentions none
        "assertEquals(3, size);": "assertEquals(3, size);",  # retrieved, and about the variable at hand
        "assertFoo();": "assertNull(map.get(key));",
    }


def test_the_files_are_those_of_05(p):
    baselines.make(p)
    run = Run(p.profile, p.runs_dir)
    for name in REAL_BASELINES:
        folder = run.scores(name)
        predictions, scores = (pd.read_parquet(folder / f"{file}.parquet") for file in ("predictions", "scores"))
        assert list(predictions) == ["id", "split", "prediction", "reference", "accepted", "copyable"]
        assert {*scores["variant"]} == {*cqs.VARIANTS} and len(scores) == len(predictions) * len(cqs.VARIANTS)
        assert {"id", "group", "split", "exact_match", "empty", "cqs"} <= {*scores}
        metrics = json.loads((folder / "metrics.json").read_text())
        assert metrics["model"] == name and {*metrics["splits"]} == {"validation", "test"}
        strict = scores.query("variant == 'strict' and split == 'test'")
        assert metrics["splits"]["test"]["strict"]["exact_match"] == strict["exact_match"].mean()
        assert artifacts.require(folder, name)["unanswered"] == predictions["prediction"].eq("").sum()
    assert predictions.set_index("reference")["copyable"].to_dict() == {
        "assertTrue(bag.ok());": False,
        "assertEquals(7, m);": False,
        "assertEquals(3, size);": False,
        "assertFoo();": True,
    }


def test_a_second_run_gives_the_same_bytes(p):
    folder = Run(p.profile, p.runs_dir).folder / "scores"
    made = []
    for _ in range(2):
        baselines.make(p)
        made.append({file: file.read_bytes() for file in folder.rglob("*") if file.suffix in (".parquet", ".json")})
    assert {file for file in made[0] if made[0][file] != made[1][file]} <= {*folder.rglob(artifacts.PROVENANCE)}


def test_where_nothing_can_be_seen_the_answer_is_empty_and_counted(p):
    run = Run(p.profile, p.runs_dir)
    examples = [
        *of("first(); assertNull(null);", "train", "a/A.java#a", p),
        *of("zzz(); assertFoo();", "validation", "b/B.java#b", p),
    ]
    examples[0] = {**examples[0], "test_prefix_and_rest": "a() { <ASSERTION> }", "focal_method": "b() { }"}
    examples[1] = {**examples[1], "test_prefix_and_rest": "c() { <ASSERTION> }", "focal_method": "d() { }"}
    storage.save(storage.in_splits(examples), run.corpus)
    assert baselines.make(p) == dict.fromkeys(REAL_BASELINES, 1)
    scores = pd.read_parquet(run.scores("retrieval") / "scores.parquet").query("variant == 'strict'")
    assert scores["empty"].all() and not scores["exact_match"].any()


def test_in_the_raw_form_answers_are_as_they_stood(p):
    baselines.make(p.replaced(target_form="raw"))
    assert answers(p, "class_frequent")["assertEquals(7, m);"] in (
        "assertTrue(bag.ok());",
        "Assert.assertTrue( bag.ok() );",
    )
    assert answers(p, "retrieval")["assertEquals(7, m);"] == "Assert.assertEquals(3, n);"


def test_all_are_begun_before_one_is_finished(p, monkeypatch):
    """The folder of the last says for the workflow that all are there."""
    baselines.make(p)
    run = Run(p.profile, p.runs_dir)

    def broken(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(baselines, "_scored", broken)
    with pytest.raises(RuntimeError, match="killed"):
        baselines.make(p)
    assert not any((run.scores(name) / artifacts.PROVENANCE).exists() for name in REAL_BASELINES)
