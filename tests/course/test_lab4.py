"""Lab 4: what it calls right is right, right answers in other words pass, and its pictures say what is there."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from course import instruments, variant
from course.lab4 import check, faults, pictures, results, sample, simulation
from course.lab4.wrong_answers import cqs
from trident.metrics.strict import token_accuracy
from trident.reporting import stats

FAULTS = {fault.name: fault.code for fault in faults.FAULTS}


@settings(max_examples=5)
@given(st.integers(0, 9_999_999))
def test_every_student_can_tell_every_pair_of_faults_apart(number):
    readings = faults.HUNT.readings(variant.of(number))
    assert instruments.confused(readings) == []
    assert readings["correct"]["extremes"] == {"all right": 1.0, "all empty": 0.0}
    assert readings["correct"]["parrot"] == {"same text": 0.0, "other white space": 0.0}
    assert readings["correct"]["constant_lead"] == pytest.approx({"A − B": 1 / 8, "width": 0}, abs=1e-9)
    assert readings["correct"]["small_changes"] == pytest.approx({"one token more": 8 / 9, "two exchanged": 6 / 8})
    assert readings["correct"]["known_p"]["p"] == pytest.approx(2 / 64, abs=0.015)


@pytest.mark.parametrize("instrument", ["runs", "copies", "constant_lead", "known_p", "teacher_as_student"])
def test_the_harmless_one_changes_neither_difference_nor_interval_nor_p(instrument):
    read, seen = faults.INSTRUMENTS[instrument], []

    def evaluate(study):
        reports = [code(study) for code in (faults.CORRECT, FAULTS["above_floor"])]
        for name in ("A − B", "low", "high", "p", "A / teacher"):
            assert reports[0][name] == pytest.approx(reports[1][name], abs=1e-12, nan_ok=True)
        seen.append(reports)
        return reports[0]

    read(evaluate, variant.of(3))
    assert seen


# -- the reference functions against the project's own


def scored() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    groups = np.repeat([f"g{i:02}" for i in range(20)], np.arange(20) % 4 + 1)
    shared = rng.normal(0.05, 0.1, 20)[np.unique(groups, return_inverse=True)[1]]
    b = rng.random(len(groups))
    columns = {"ours": b + shared + rng.normal(0, 0.1, len(groups)), "base": b}
    ids = [f"e{i}" for i in range(len(groups))]
    return pd.concat(
        pd.DataFrame({"configuration": name, "seed": 1, "id": ids, "group": groups, "cqs": values})
        for name, values in columns.items()
    )


def test_interval_and_p_are_those_of_the_projects_tables():
    frame = scored()
    with np.errstate(invalid="ignore"):
        wanted = stats.compare(frame, "base", resamples=20_000).loc["ours"]
    a, b = (frame[frame["configuration"] == name]["cqs"].to_numpy() for name in ("ours", "base"))
    groups = frame["group"].to_numpy()[: len(a)]
    low, high = faults.bootstrap(a, b, groups, 20_000, 1)
    width = wanted["high_examples"] - wanted["low_examples"]
    assert [low, high] == pytest.approx([wanted["low_examples"], wanted["high_examples"]], abs=0.04 * width)
    assert faults.permutation_p(a, b, groups, 20_000, 1) == pytest.approx(wanted["p_examples"], abs=0.01)


@given(st.lists(st.integers(-8, 8).filter(bool), min_size=1, max_size=7))
def test_p_is_the_share_of_all_patterns_of_signs(leads):
    sums = np.array(leads) / 8
    patterns = [abs(np.dot(signs, sums)) for signs in itertools.product((-1, 1), repeat=len(sums))]
    exact = np.mean(np.array(patterns) >= abs(sums.sum()))
    found = faults.permutation_p(sums, np.zeros(len(sums)), np.arange(len(sums)), 4_000, 0)
    assert found == pytest.approx(exact, abs=0.04)


@given(st.lists(st.sampled_from(["f(a, b)", "f(a,b)", "f( a,b )", "g()", "g( )", "h"]), min_size=1), st.integers(0, 9))
def test_a_split_keeps_twins_together(methods, seed):
    test = faults.split_by_group(methods, 0.5, seed)
    names = np.array([faults.without_space(text) for text in methods])
    assert test.shape == names.shape and not {*names[test]} & {*names[~test]}
    assert len({*names[test]}) == round(0.5 * len({*names}))


# -- right answers, written in other ways


def a_split(methods, share, seed):
    keys = ["".join(c for c in text if not c.isspace()) for text in methods]
    names = sorted({*keys})
    random.Random(seed).shuffle(names)
    return [key in names[: int(share * len(names))] for key in keys]


def an_accuracy(prediction, reference):
    return (
        0
        if not prediction
        else 1 - Levenshtein.distance(prediction, reference) / max(map(len, (prediction, reference)))
    )


def a_cqs(parts):
    rows = parts.to_dict("records")
    weights = {"semantic": 0.3, "codebleu": 0.3, "ast": 0.2, "token_accuracy": 0.2}
    return [sum(w * row[name] for name, w in weights.items()) if row["answer"].strip() else 0 for row in rows]


def a_bootstrap(a, b, groups, resamples=2000, seed=0):
    rng, names, means = np.random.default_rng(seed), np.unique(groups), []
    rows = {name: np.flatnonzero(groups == name) for name in names}
    for _ in range(resamples):
        chosen = np.concatenate([rows[name] for name in rng.choice(names, len(names))])
        means.append((a - b)[chosen].mean())
    return np.percentile(means, 2.5), np.percentile(means, 97.5)


def a_p(a, b, groups, resamples=2000, seed=0):
    rng, count = np.random.default_rng(seed), 0
    leads = np.array([(a - b)[groups == name].sum() for name in np.unique(groups)])
    for _ in range(resamples):
        count += abs((leads * rng.choice([-1, 1], len(leads))).sum()) >= abs(leads.sum())
    return (1 + count) / (1 + resamples)


@pytest.mark.parametrize(
    "exercise, answer", [*zip(check.EXERCISES, (a_split, an_accuracy, a_cqs, a_bootstrap, a_p), strict=True)]
)
def test_right_answers_written_in_other_ways_pass(exercise, answer, capsys):
    exercise(answer)
    assert capsys.readouterr().out.startswith(f"✓ {exercise.name}")


# -- the sample


def test_the_corpus_with_copies_has_nothing_but_copies_in_another_layout():
    own, copied = sample.blanks(), sample.copied()
    texts = {faults.without_space(row["method"] + row["test"]): row["tokens"] for row in own.to_dict("records")}
    assert len(copied) > 2 * len(own) and copied["method"].nunique() > own["method"].nunique()
    for row in copied.to_dict("records"):
        assert texts[faults.without_space(row["method"] + row["test"])] == row["tokens"]
    assert copied.groupby("project").size().min() > 5


def test_a_blank_tells_that_likeness_is_not_correctness():
    row, parts = sample.telling(), sample.parts()
    assert parts["teacher"]["accepted"][row] and not parts["student"]["accepted"][row]
    one, other = (
        token_accuracy(sample.lex(sample.answers()[name][row]), sample.blanks()["tokens"][row])
        for name in ("teacher", "student")
    )
    assert other >= one


def test_scores_come_from_the_students_own_functions():
    scores = sample.scores(cqs, lambda prediction, reference: 1.0)
    parts = sample.parts()["teacher"]
    assert scores["teacher"].tolist() == pytest.approx(list(cqs(parts.assign(token_accuracy=1.0))))
    assert (scores["empty"] == 0).all()


def test_equal_students_are_equal():
    a, b, classes = (np.array(part) for part in zip(*simulation.comparisons(), strict=True))
    assert np.mean(a - b) == pytest.approx(0, abs=0.01) and len(np.unique(classes)) == simulation.CLASSES


# -- the project's own results


@pytest.fixture
def figures(monkeypatch, tmp_path):
    """Small result files in the place of the project's."""
    runs = [
        (name, seed, "test", 0.5 + 0.1 * i + 0.01 * seed) for i, name in enumerate(("ce", "ce_kl")) for seed in (1, 2)
    ]
    pd.DataFrame(runs, columns=["configuration", "seed", "split", "cqs"]).to_csv(tmp_path / "runs.csv", index=False)
    levels = {"teacher": 0.9, "most_frequent": 0.4, "shuffled": 0.3}
    pd.DataFrame({"model": [*levels], "split": "test", "cqs": levels.values()}).to_csv(
        tmp_path / "references.csv", index=False
    )
    ends = {"low_examples": -0.15, "high_examples": -0.05, "low_seeds": -0.3, "high_seeds": 0.1}
    row = {"configuration": "ce", "split": "test", "difference": -0.1, "p_examples": 0.01, "p_seeds": 0.2, **ends}
    rows = [{"measure": measure, **row, "significant": measure == "accepted"} for measure in ("cqs", "accepted")]
    pd.DataFrame(rows).to_csv(tmp_path / "table_differences.csv", index=False)
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    monkeypatch.setattr(results, "AGREEMENT", tmp_path / "table_agreement.csv")
    return tmp_path


def words(figure) -> str:
    figure.draw_without_rendering()
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


def test_differences_are_read_and_said(figures):
    assert results.baseline("test") == "ce_kl"
    table = results.in_words("test")
    assert [list(row) for row in table.text] == [
        ["CE alone (control)", "−0.100", "−0.150 to −0.050", "−0.300 to +0.100", "0.010", "0.200", "no"]
    ]
    assert "0 of 1 differences hold" in words(pictures.seeds())


def test_no_execution_yet_is_said_in_the_picture(figures):
    assert "table_agreement.csv is not there yet" in words(pictures.execution())


def test_execution_is_drawn_from_its_table(figures):
    scores = [*pictures.SCORES]
    auc = {f"{name}_{of}": 0.6 for name in ("auc", "auc_low", "auc_high") for of in ("all", "not_exact")}
    pd.DataFrame({"split": "test", "score": scores, **auc}).to_csv(results.AGREEMENT, index=False)
    said = words(pictures.execution())
    assert "CQS puts an equivalent answer above one that is not in 60 %" in " ".join(said.split())
    assert "Token acc., strict" in said
