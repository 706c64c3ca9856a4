"""Each claim gets the verdict that the tests carry, on made grids whose truth is known."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers import small_scores

from trident.experiment import params, paths
from trident.reporting import agreement, published, tables, verdicts
from trident.reporting.results import collect
from trident.reporting.verdicts import CONFIRMED, CORRECTED, OPEN, REFUTED

SEEDS = (1, 2, 3, 4)
#: Far apart, so that both tests tell them apart.
STD = dict.fromkeys(small_scores.CONFIGURATIONS, 0.005)


def table_of(run, names, seeds, baseline="ce_kl", folder=None, probes=None, judged=None):
    results = collect(run, names, seeds, "strict", baseline)
    compared = tables.differences(results, "test") if "test" in tables.comparable_splits(results) else {}
    ranked = small_scores.probes() if probes is None else probes
    evidence = verdicts.Evidence(results, "test", compared, ranked, judged)
    return verdicts.table_verdicts(evidence, folder or run.folder)


def decided(table) -> dict[str, str]:
    return table.numbers.set_index("claim")["verdict"].to_dict()


def main_grid(folder, quality, seeds=SEEDS):
    run = small_scores.write(folder, seeds=seeds, examples=200, quality=quality, seed_std=STD)
    return table_of(run, small_scores.CONFIGURATIONS, seeds)


LOW = dict.fromkeys(small_scores.CONFIGURATIONS, 0.35)


def test_a_clear_lead_confirms_and_a_clear_lag_refutes(tmp_path):
    ahead = decided(main_grid(tmp_path / "ahead", {**LOW, "trident_static": 0.9, "teacher": 0.95}))
    assert ahead["Trident (static) scores above CE + KL (baseline)"] == CONFIRMED
    assert ahead["Trident (static) scores above Trident (dynamic)"] == CONFIRMED
    assert ahead["The JSD contributes: Trident (static) scores above Focal + semantic"] == CONFIRMED
    assert ahead["A student learns more with a teacher than from labels alone"] == CONFIRMED
    assert ahead["Trident (dynamic) scores above CE + KL (baseline)"] == OPEN
    behind = decided(main_grid(tmp_path / "behind", {**LOW, "trident_static": 0.05, "ce": 0.9, "teacher": 0.95}))
    assert behind["Trident (static) scores above CE + KL (baseline)"] == REFUTED
    assert behind["The focal loss contributes: Trident (static) scores above CE + JSD + semantic"] == REFUTED
    assert behind["A student learns more with a teacher than from labels alone"] == REFUTED
    assert behind["The student keeps 90 % of the teacher's CQS"] == REFUTED


def test_a_student_as_good_as_its_teacher_keeps_ninety_percent(tmp_path):
    found = main_grid(tmp_path, {**LOW, "trident_static": 0.9, "teacher": 0.9})
    assert decided(found)["The student keeps 90 % of the teacher's CQS"] == CONFIRMED
    share = found.numbers.set_index("claim").loc["The student keeps 90 % of the teacher's CQS", "share"]
    assert share == pytest.approx(1, abs=0.05)


def test_one_seed_decides_no_score(tmp_path):
    table = main_grid(tmp_path, {**LOW, "trident_static": 0.9, "teacher": 0.95}, seeds=(1,))
    assert table.caption.endswith(", 1 seed")
    found = decided(table)
    assert set(found.values()) == {OPEN, CORRECTED}
    corrected = {claim for claim, verdict in found.items() if verdict == CORRECTED}
    assert corrected == {
        "The student has 71.4 % fewer parameters",
        "The student needs 71.4 % less GPU memory",
        "The JSD term lies between 0 and ln 2",
    }


def test_every_claim_has_a_rule_and_a_row(results):
    found = table_of(results.run, results.configurations, results.seeds)
    assert list(found.numbers["claim"]) == [claim.text for claim in published.claims()]
    assert set(found.numbers["verdict"]) <= {CONFIRMED, CORRECTED, REFUTED, OPEN}
    assert [note.partition(":")[0] for note in found.notes[1:]] == ["RQ1", "RQ2", "RQ3"]


@pytest.mark.parametrize(("above", "verdict"), [(0.0, REFUTED), (1.0, CONFIRMED)])
def test_probes_decide_whether_similarity_sees_meaning(pair, above, verdict):
    ranked = pd.concat([small_scores.probes().assign(probe=f"p{i}", above=above) for i in range(9)])
    found = table_of(pair, small_scores.PAIR, (13, 42), probes=ranked)
    assert decided(found)["Semantic similarity recognises assertions that mean the same"] == verdict


def test_execution_stands_beside_the_probes_that_decide(pair, results):
    claim, judged = "Semantic similarity recognises", agreement.judge(agreement.answers(results, "test"))
    auc = judged.loc[(agreement.NOT_EXACT, "semantic_strict"), "auc"]
    with_it = table_of(pair, small_scores.PAIR, (13, 42), judged=judged)
    without = table_of(pair, small_scores.PAIR, (13, 42))
    [row], [old] = ([row for row in table.text if row[1].startswith(claim)] for table in (with_it, without))
    assert row[4] == f"{old[4]}; among the models' answers that are not exact, AUC {auc:.2f}" and row[6] == old[6]


# -- grids of one parameter


def grid_of(name, folder, quality):
    p = params.load(paths.PARAMS / f"grids/{name}.yaml")
    names, base = p["configurations"], dict.fromkeys(p["configurations"], 0.4)
    run = small_scores.write(
        folder,
        configurations=names,
        seeds=SEEDS,
        examples=200,
        quality={**base, **quality, "teacher": 0.95},
        seed_std=dict.fromkeys(names, 0.005),
    )
    return table_of(run, names, SEEDS, p["baseline"])


@pytest.mark.parametrize(
    ("name", "quality", "claim", "verdict"),
    [
        ("labels", {"seq_kd_n250": 0.85}, "A student learns more with a teacher than from labels alone", CONFIRMED),
        ("labels", {"ce_n250": 0.85}, "A student learns more with a teacher than from labels alone", REFUTED),
        ("labels", {"seq_kd_n1000": 0.85}, "A student learns more with a teacher than from labels alone", OPEN),
        ("temperature", {"ce_kl_t1": 0.85}, "T = 4 suits distillation", REFUTED),
        ("temperature", {"ce_kl": 0.85, "focal_jsd": 0.85}, "T = 4 suits distillation", CONFIRMED),
        ("temperature", {"ce_kl": 0.85}, "T = 4 suits distillation", OPEN),
        ("semantic", {"semantic_soft_015": 0.85}, "The semantic term rewards", CONFIRMED),
        ("semantic", {"semantic_none": 0.85}, "The semantic term rewards", REFUTED),
        ("semantic", {"semantic_decoded_015": 0.85}, "The semantic term rewards", OPEN),
        ("codecs", {"codec_uint4": 0.05}, "Stored outputs are 4 times smaller", REFUTED),
    ],
)
def test_a_grid_decides_its_own_claim_and_no_other_s(name, quality, claim, verdict, tmp_path):
    found = decided(grid_of(name, tmp_path, quality))
    [own] = [text for text in found if text.startswith(claim)]
    assert found[own] == verdict
    wanted = {each.text for each in published.claims() if name in each.grids}
    assert set(found) == wanted


def test_the_paper_s_grid_shows_what_other_grids_say(pair, tmp_path):
    claim, other = "T = 4 suits distillation", "The JSD term lies between 0 and ln 2"
    for grid, verdict in {"temperature": OPEN, verdicts.MORE_SEEDS: REFUTED, "labels": CONFIRMED}.items():
        (tmp_path / grid).mkdir()
        pd.DataFrame({"claim": [claim], "verdict": [verdict]}).to_csv(tmp_path / grid / "table_verdicts.csv")
    table = table_of(pair, small_scores.PAIR, (13, 42), folder=tmp_path)
    assert table.columns[-1] == ("", "In other grids") and table.words == len(table.columns)
    said = {row[1]: row[6:] for row in table.text}
    assert said[claim] == [OPEN, "claims: refuted; temperature: not decidable"], "a grid on labels is not asked"
    assert said[other] == [CORRECTED, "–"]
    alone = table_of(pair, small_scores.PAIR, (13, 42), folder=tmp_path / "empty")
    assert alone.columns == table.columns[:-1] and [row[:-1] for row in table.text] == alone.text
