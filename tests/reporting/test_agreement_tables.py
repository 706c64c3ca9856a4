"""Tables on whether a score follows execution: each number where it belongs, and on how many answers it rests."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from trident.reporting import agreement, agreement_tables, rankings
from trident.reporting.calibration import Calibration


@pytest.fixture(scope="module")
def found(results):
    return agreement.answers(results, "test")


def test_each_score_has_a_row_with_and_without_exact_matches(found):
    judged = agreement.judge(found)
    table = agreement_tables.table_agreement(judged, found, "test", "projects")
    assert [row[0] for row in table.text[:4]] == ["Accepted", "Exact match", "CQS, strict", "Semantic, strict"]
    assert len(table.text) == len(agreement.SCORES) == len(table.numbers)
    row = judged.loc[(agreement.NOT_EXACT, "cqs_strict")]
    assert table.text[2][2] == f"{row['auc']:.2f} ({row['auc_low']:.2f} to {row['auc_high']:.2f})"
    assert table.text[1][4] == "–", "among answers that are not exact, exact match is constant"
    numbers = table.numbers.set_index("score")
    assert numbers.loc["cqs_strict", "auc_not_exact"] == row["auc"] and set(numbers["split"]) == {"test"}
    known = found.dropna(subset=["equivalent"])
    assert f"once: {len(known)} answers, {known['equivalent'].sum():.0f} of them equivalent" in table.notes[0]
    assert f"{len(found) - len(known)} more are left out" in table.notes[0] and len(known) < len(found)
    assert table.notes[1].endswith("Intervals: other projects.")
    assert "−0.00" not in table.markdown()


def test_rankings_are_a_table_in_the_order_of_execution(results):
    ranked = rankings.rank(results, "test")
    table = agreement_tables.table_rankings(results, ranked, "test")
    assert "other classes and other seeds" in table.caption
    of_projects = agreement_tables.table_rankings(dataclasses.replace(results, corpus="projects"), ranked, "test")
    assert "other projects and other seeds" in of_projects.caption
    truth = ranked.levels["equivalent"]
    assert [int(row[2]) for row in table.text] == sorted(truth["rank"])
    first = truth["rank"].idxmin()
    assert table.text[0][0] == results.names[first]
    score = ranked.levels["cqs"].loc[first]
    assert table.text[0][3] == f"{score['mean']:.3f} ({score['low']:.3f} to {score['high']:.3f})"
    assert table.numbers.set_index("configuration").loc[first, "cqs_rank"] == score["rank"]
    assert f"{ranked.tau:.2f}".replace("-", "−") in table.notes[0] and "No pair" in table.notes[1]
    row = {"first": "ce", "second": "ce_kl", "because": "ast", "lead": 0.01, "cqs": 0.012, "cqs_significant": False}
    row |= {"equivalent": -0.05, "equivalent_significant": True}
    table = agreement_tables.table_rankings(results, dataclasses.replace(ranked, reversed=pd.DataFrame([row])), "test")
    assert table.notes[1:] == [
        "CE alone (control) is above CE + KL (baseline) by CQS (+0.012, may be chance), most of it from AST valid "
        "(+0.010), and below it by execution (−0.050, more than chance)."
    ]


def test_weights_stand_below_what_they_reach():
    index = pd.MultiIndex.from_product(
        [["test, other half", "unseen"], [agreement.ALL, agreement.NOT_EXACT], ["cqs", "calibrated", "difference"]],
        names=["classes", "answers", "measure"],
    )
    numbers = {"auc": np.tile([0.6, 0.7, 0.1], 4), "low": 0.05, "high": 0.8, "number": 1234}
    weights = {"semantic": 0.25, "ast": 0.75, "bleu": 0.0, "syntax": 0.0}
    fitted = Calibration(weights, "test", 500, 90, pd.DataFrame(numbers, index))
    table = agreement_tables.table_calibration(fitted, "projects")
    assert [row[0] for row in table.text][:2] == [
        "test, other half, all answers (1,234)",
        "test, other half, not exact (1,234)",
    ]
    assert table.text[0][1:] == ["0.600 (0.050 to 0.800)", "0.700 (0.050 to 0.800)", "+0.100 (+0.050 to +0.800)"]
    assert "Weights: Semantic 0.25, AST valid 0.75, BLEU 0.00, Syntax match 0.00." in table.notes[0]
    assert "500 answers of 90 projects" in table.notes[0] and len(table.numbers) == 12
