"""Tables from scores: whole, named when something is missing, the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shutil
import zlib

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from helpers import small_scores
from helpers.small_encoder import ByCharacter
from hypothesis import given
from hypothesis import strategies as st

from trident.evaluation import probes
from trident.experiment import paths
from trident.reporting import published, rendering, tables

PAIR = ("ce", "ce_kl")


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    return small_scores.write(tmp_path_factory.mktemp("grid"), examples=30)


@pytest.fixture(scope="module")
def results(grid):
    return tables.collect(grid, small_scores.CONFIGURATIONS, small_scores.SEEDS, "strict")


class Angles(ByCharacter):
    """A cheap, deterministic encoder: a direction for each text."""

    def encode(self, sentences, *, batch_size, convert_to_numpy, normalize_embeddings):
        angles = np.array([zlib.crc32(text.encode()) % 90 for text in sentences]) * np.pi / 180
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)


@pytest.fixture(scope="module")
def bounded(results):
    return tables.with_floors(results, Angles())


@pytest.fixture
def pair(tmp_path):
    """A grid of two configurations and two seeds, to damage."""
    return small_scores.write(tmp_path, configurations=PAIR, seeds=(13, 42), examples=9)


def collect_pair(run, seeds=(13, 42), variant="strict"):
    return tables.collect(run, PAIR, seeds, variant)


def edit_metrics(run, subject, change):
    file = run.scores(subject) / "metrics.json"
    metrics = json.loads(file.read_text())
    change(metrics)
    file.write_text(json.dumps(metrics))


# -- reading


def test_everything_of_the_grid_is_read(results):
    assert results.splits == ("validation", "test")
    assert results.configurations == (*published.TABLE1, "ce")
    assert len(results.inputs) == 7 * 3 + 2
    assert set(results.scores["subject"]) == set(results.inputs)
    assert len(results.scores) == 60 * 23 and "variant" not in results.scores
    assert results.scores.groupby("configuration")["seed"].nunique().to_dict() == dict.fromkeys(
        small_scores.CONFIGURATIONS, 3
    )


def test_configurations_of_one_s_own_come_last_in_their_order(tmp_path):
    run = small_scores.write(tmp_path, configurations=("zeta", "ce", "alpha", "ce_kl"), seeds=(1,), examples=3)
    assert tables.collect(run, ["zeta", "ce", "alpha", "ce_kl"], [1], "strict").configurations == (
        "ce_kl",
        "ce",
        "zeta",
        "alpha",
    )


def test_a_missing_student_is_named_with_the_commands_that_make_it(pair):
    shutil.rmtree(pair.scores("ce_kl-s42"))
    with pytest.raises(tables.ResultsError) as error:
        collect_pair(pair)
    message = str(error.value)
    assert "1 of 6 scores" in message and "  ce_kl-s42: " in message and "ce-s13" not in message
    files = "-f params/sandbox.yaml -f params/configs/ce_kl.yaml -f params/seeds/42.yaml"
    assert (
        f"python -m trident run 04_distill {files}" in message
        and f"python -m trident run 05_evaluate {files}" in message
    )


def test_an_unfinished_bound_is_named_too(pair):
    (pair.scores("teacher") / "provenance.json").unlink()
    with pytest.raises(
        tables.ResultsError,
        match="teacher: python -m trident run 05_evaluate -f params/sandbox.yaml -p subject teacher",
    ):
        collect_pair(pair)


def test_all_that_is_missing_is_named_but_not_with_a_page_of_commands(pair):
    shutil.rmtree(pair.scores("x").parent)
    with pytest.raises(tables.ResultsError) as error:
        collect_pair(pair)
    assert all(
        name in str(error.value) for name in ("undistilled", "teacher", "ce-s13", "ce-s42", "ce_kl-s13", "ce_kl-s42")
    )
    assert str(error.value).count("05_evaluate") == 3


def test_students_outside_the_grid_are_left_out_and_mentioned(pair):
    found = tables.collect(pair, ["ce"], [13], "strict")
    assert found.ignored == ("ce-s42", "ce_kl-s13", "ce_kl-s42")
    assert set(found.scores["subject"]) == {"teacher", "undistilled", "ce-s13"}


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda m: m.update(seed=7), "says configuration 'ce' and seed 7, its folder ce-s13"),
        (lambda m: m["splits"]["test"]["strict"].pop("codebleu"), "lacks 'codebleu'"),
        (lambda m: m["splits"]["test"].pop("strict"), "lacks 'strict'"),
        (lambda m: m["splits"]["test"]["paper"].pop("cqs"), "lacks 'cqs'"),
        (lambda m: m["model"].pop("latency"), "lacks 'latency'"),
        (lambda m: m.update(training=None), "lacks"),
        (lambda m: m.update(splits={}), "holds no split"),
    ],
)
def test_wrong_metrics_are_named(pair, change, words):
    edit_metrics(pair, "ce-s13", change)
    with pytest.raises(tables.ResultsError, match=re.escape(words)) as error:
        collect_pair(pair)
    assert "ce-s13" in str(error.value) and "run 05_evaluate again" in str(error.value)


@pytest.mark.parametrize(
    "name, content",
    [("metrics.json", "{"), ("scores.parquet", "PAR1"), ("metrics.json", None), ("scores.parquet", None)],
)
def test_broken_files_are_named(pair, name, content):
    file = pair.scores("ce-s13") / name
    file.unlink() if content is None else file.write_text(content)
    with pytest.raises(tables.ResultsError, match=re.escape(f"ce-s13/{name}")):
        collect_pair(pair)


def test_scores_of_other_examples_are_refused(pair):
    file = pair.scores("ce_kl-s13") / "scores.parquet"
    scores = pd.read_parquet(file)
    scores["id"] = scores["id"].replace({"e3": "another"})
    scores.to_parquet(file, index=False)
    with pytest.raises(tables.ResultsError, match="ce_kl-s13.*not of the same examples"):
        collect_pair(pair)


def test_an_unknown_variant_is_refused(pair):
    with pytest.raises(tables.ResultsError, match="lacks 'lenient'"):
        collect_pair(pair, variant="lenient")


def test_training_logs_are_read_and_missed(pair):
    results = collect_pair(pair)
    assert list(tables.histories(results, 13)) == ["ce_kl", "ce"]
    (pair.student("ce", 42) / "history.json").unlink()
    with pytest.raises(tables.ResultsError, match="configuration ce, seed 42"):
        tables.histories(results, 42)


# -- rows for other programs


def test_runs_have_exactly_the_promised_columns_and_rows(results):
    runs = tables.runs_table(results)
    assert list(runs.columns) == [
        "configuration",
        "seed",
        "split",
        "exact_match",
        "cqs",
        "semantic",
        "codebleu",
        "ast",
        "token_accuracy",
        "steps",
        "seconds",
    ]
    assert len(runs) == 7 * 3 * 2 and not runs.isna().any().any()
    assert not runs.duplicated(["configuration", "seed", "split"]).any()


def test_runs_repeat_the_mean_of_the_examples(results):
    """metrics.json and scores.parquet are two sights of the same thing."""
    means = results.scores.dropna(subset=["configuration"]).groupby(["configuration", "seed", "split"])["cqs"].mean()
    for row in tables.runs_table(results).itertuples():
        assert row.cqs == pytest.approx(means[row.configuration, row.seed, row.split])


def test_references_are_the_bounds(results):
    references = tables.references_table(results)
    assert [*zip(references["subject"], references["split"], strict=True)] == [
        ("undistilled", "validation"),
        ("undistilled", "test"),
        ("teacher", "validation"),
        ("teacher", "test"),
    ]
    assert references["cqs"].iloc[2] == results.metrics["teacher"]["splits"]["validation"]["strict"]["cqs"]


# -- what needs no model


def test_floors_and_limit_are_scored_in_every_split_and_reading(bounded):
    for split in ("validation", "test"):
        assert bounded.value("identity", split, "cqs") == 1 == bounded.value("identity", split, "exact_match")
        assert bounded.value("most_frequent", split, "exact_match") == pytest.approx(
            1 / 3
        )  # two of the six references are alike
        assert bounded.value("shuffled", split, "cqs") < 1
        for variant in small_scores.VARIANTS:
            assert (
                0
                < bounded.value("most_frequent", split, "cqs", variant)
                < bounded.value("identity", split, "cqs", variant)
            )


def test_floors_leave_the_rest_alone_and_are_the_same_each_time(results, bounded):
    assert "identity" not in results.metrics
    assert {
        name: bounded.metrics[name] for name in results.metrics
    } == results.metrics and bounded.inputs == results.inputs
    assert tables.with_floors(results, Angles()).metrics == bounded.metrics


def test_floors_stand_in_every_table_of_results(bounded):
    rows = tables.table1(bounded, "test").numbers.set_index("row")
    assert list(rows.index) == [
        "identity",
        "teacher",
        *bounded.configurations,
        "undistilled",
        "most_frequent",
        "shuffled",
    ]
    assert rows.loc["shuffled", "cqs"] == bounded.value("shuffled", "test", "cqs") and math.isnan(
        rows.loc["shuffled", "cqs_spread"]
    )
    assert "| Shuffled references (floor) | 0." in tables.table1(bounded, "test").markdown()
    assert "Without a model" in tables.table1(bounded, "test").notes[-1]
    assert list(tables.references_table(bounded)["subject"]) == [
        name for name in ("undistilled", "teacher", "identity", "most_frequent", "shuffled") for _ in bounded.splits
    ]
    variants = tables.table_variants(bounded, "test").numbers.set_index("row")
    assert variants.loc["identity", "strict"] == 1 and variants.loc["shuffled", "paper"] == bounded.value(
        "shuffled", "test", "cqs", "paper"
    )


def test_a_split_of_one_example_has_no_floors(tmp_path):
    run = small_scores.write(tmp_path, configurations=PAIR, seeds=(13,), examples=1)
    found = tables.with_floors(collect_pair(run, (13,)), Angles())
    assert list(tables.table1(found, "validation").numbers["row"]) == ["teacher", "ce_kl", "ce", "undistilled"]
    assert set(tables.references_table(found)["subject"]) == {"teacher", "undistilled"}
    assert list(tables.table_variants(found, "test").numbers["row"]) == ["teacher", "ce_kl", "ce"]


# -- Table 1


def test_table_1_holds_floor_ceiling_mean_spread_and_the_paper(results):
    table = tables.table1(results, "test")
    rows = table.numbers.set_index("row")
    assert list(rows.index) == ["teacher", *results.configurations, "undistilled"]
    runs = tables.runs_table(results)
    chosen = runs[(runs.configuration == "trident_static") & (runs.split == "test")]["cqs"]
    assert rows.loc["trident_static", "cqs"] == pytest.approx(chosen.mean())
    assert rows.loc["trident_static", "cqs_spread"] == pytest.approx(chosen.std(ddof=1))
    assert (
        rows.loc["trident_static", "paper_cqs"] == 0.688 and rows.loc["focal_semantic", "paper_token_accuracy"] == 0.289
    )
    assert math.isnan(rows.loc["ce", "paper_cqs"]) and math.isnan(rows.loc["teacher", "cqs_spread"])
    assert f"{chosen.mean():.3f} ± {chosen.std(ddof=1):.3f}" in table.markdown()


def test_validation_and_test_stay_apart(results):
    validation, test = tables.table1(results, "validation"), tables.table1(results, "test")
    assert set(validation.numbers["split"]) == {"validation"} and set(test.numbers["split"]) == {"test"}
    assert "validation split" in validation.caption and "test split" in test.caption
    assert not (validation.numbers["cqs"] == test.numbers["cqs"]).any()


def test_with_one_seed_there_is_no_spread_and_no_best(pair):
    table = tables.table1(collect_pair(pair, seeds=(13,)), "validation")
    assert "±" not in table.markdown() and not table.bold and "One seed" in table.notes[0]


def test_bold_marks_the_clear_best_only(tmp_path):
    run = small_scores.write(
        tmp_path, configurations=PAIR, seeds=(13, 42, 7), examples=300, quality={"ce": 0.2, "ce_kl": 0.7}
    )
    table = tables.table1(collect_pair(run, (13, 42, 7)), "validation")
    assert (1, 1) in table.bold and all(row == 1 for row, _ in table.bold)  # below the teacher stands ce_kl
    assert re.search(r"\| CE \+ KL \(baseline\) \| \*\*0\.\d{3} ± 0\.\d{3}\*\*", table.markdown())
    floors = tables.table1(tables.with_floors(collect_pair(run, (13, 42, 7)), Angles()), "validation")
    assert floors.bold == {(row + 1, column) for row, column in table.bold}  # the references stand above the teacher
    assert re.search(r"CE \+ KL \(baseline\) & \\textbf\{0\.\d{3} \$\\pm\$ 0\.\d{3}\}", table.latex())


@pytest.mark.parametrize(
    "values, best",
    [
        ({"a": (0.50, 0.01), "b": (0.47, 0.01)}, "a"),
        ({"a": (0.50, 0.02), "b": (0.47, 0.01)}, None),  # the intervals touch
        ({"a": (0.47, 0.01), "b": (0.50, 0.01), "c": (0.30, 0.25)}, None),  # the third may be as good
        ({"a": (0.5, math.nan), "b": (0.1, math.nan)}, None),
        ({"a": (0.5, 0.0)}, None),
        ({"a": (0.5, 0.0), "b": (0.5, 0.0)}, None),
    ],
)
def test_clear_best(values, best):
    assert tables.clear_best(values) == best


@given(st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.floats(0, 1), st.floats(0, 0.2)), min_size=2))
def test_the_clear_best_is_above_all_others_whatever_the_order(values):
    best = tables.clear_best(values)
    assert best == tables.clear_best(dict(reversed(values.items())))
    if best:
        assert all(
            values[best][0] - values[best][1] > mean + spread for name, (mean, spread) in values.items() if name != best
        )


# -- Table 2 and the others


def test_table_2_compares_teacher_and_best_student(results):
    table = tables.table2(results)
    rows = table.numbers.set_index("quantity")
    chosen = max(results.configurations, key=lambda name: sum(results.over_seeds(name, "validation", "cqs")))
    assert tables.name_of(chosen) in table.caption
    assert rows.loc["Parameters", "student_to_teacher"] == pytest.approx(520_000 / 1_800_000)
    assert rows.loc["Weights (MiB)", "teacher"] == pytest.approx(4 * 1_800_000 / 2**20)
    retention = pd.Series(results.over_seeds(chosen, "test", "cqs")).mean() / results.value("teacher", "test", "cqs")
    assert rows.loc["CQS, test", "student_to_teacher"] == pytest.approx(retention)
    assert rows.loc["CQS, validation", "paper_student_to_teacher"] == pytest.approx(0.688 / 0.7527)
    assert math.isnan(rows.loc["CQS, test", "paper_teacher"])
    assert "| Parameters | 1.80 M | 0.52 M | 28.9 % | 770 M | 220 M | 28.6 % |" in table.markdown()
    assert f"| {100 * retention:.1f} % | – | – | – |" in table.markdown()


def test_a_teacher_that_gets_nothing_right_has_no_retention(tmp_path):
    run = small_scores.write(tmp_path, configurations=PAIR, seeds=(13,), examples=6)
    edit_metrics(run, "teacher", lambda m: m["splits"]["test"]["strict"].update(exact_match=0.0))
    table = tables.table2(collect_pair(run, (13,)))
    assert re.search(r"\| Exact match, test \| 0\.000 \| 0\.\d{3} \| – \|", table.markdown())


def test_differences_are_to_the_baseline_and_paired(results):
    found = tables.differences(results, "validation")
    assert list(found.index) == [name for name in results.configurations if name != "ce_kl"]
    means = {name: pd.Series(results.over_seeds(name, "validation", "cqs")).mean() for name in results.configurations}
    for name, row in found.iterrows():
        assert row.difference == pytest.approx(means[name] - means["ce_kl"])
        assert row.low < row.difference < row.high


def test_a_real_difference_holds_and_none_does_not(tmp_path):
    seeds = (13, 42, 7, 99)
    run = small_scores.write(
        tmp_path,
        configurations=("ce", "ce_kl", "focal_jsd"),
        seeds=seeds,
        examples=120,
        quality={"ce": 0.15, "ce_kl": 0.6, "focal_jsd": 0.6},
    )
    results = tables.collect(run, ("ce", "ce_kl", "focal_jsd"), seeds, "strict")
    assert tables.differences(results, "validation")["significant"].to_dict() == {"ce": True, "focal_jsd": False}
    table = tables.table_differences(results, "validation")
    assert re.search(
        r"\| CE alone \(control\) \| −0\.\d{3} \| −0\.\d{3} to −0\.\d{3} \| −\d\.\d\d \| .* \| yes \|", table.markdown()
    )


def test_with_one_seed_a_difference_is_tested_on_examples_only(tmp_path):
    run = small_scores.write(
        tmp_path, configurations=PAIR, seeds=(13,), examples=120, quality={"ce": 0.1, "ce_kl": 0.7}
    )
    results = collect_pair(run, (13,))
    row = tables.differences(results, "validation").loc["ce"]
    assert row.p_examples < 0.05 and math.isnan(row.p_seeds) and not row.significant
    assert tables.table_differences(results, "validation").text.iloc[0, -2:].tolist() == ["–", "no"]
    with pytest.raises(ValueError, match="two seeds or more"):
        tables.detectable(results, "validation")


def test_what_cannot_be_compared_is_not(tmp_path, pair):
    assert tables.comparable_splits(collect_pair(pair)) == ["validation", "test"]
    assert tables.comparable_splits(tables.collect(pair, ["ce_kl"], [13], "strict")) == []
    assert tables.comparable_splits(tables.collect(pair, ["ce"], [13], "strict")) == []
    one_group = small_scores.write(tmp_path / "one", configurations=PAIR, seeds=(13,), examples=3)
    assert tables.comparable_splits(collect_pair(one_group, (13,))) == []


def test_more_seeds_and_examples_show_smaller_differences(results):
    table = tables.detectable(results, "validation", seeds=(3, 6, 12))
    assert list(table.columns) == [30, 7000] and list(table.index) == [3, 6, 12]
    assert (table.diff().iloc[1:] < 0).all().all() and (table[7000] < table[30]).all()


def test_variants_stand_side_by_side(results):
    rows = tables.table_variants(results, "validation").numbers.set_index("row")
    assert rows.loc["teacher", "printed"] == 0.7527
    for variant in small_scores.VARIANTS:
        assert rows.loc["ce_kl", variant] == pytest.approx(
            pd.Series(results.over_seeds("ce_kl", "validation", "cqs", variant)).mean()
        )


def test_probes_say_on_how_many_each_number_rests():
    some = probes.load()[:3]
    table = tables.table_probes(probes.rank(some, {"angles": Angles()}))
    assert len(table.numbers) == len(table.text) == 5 * 3
    wrong = sorted({label for probe in some for role, label in probe.texts if role == "wrong"})
    resting = [sum(("wrong", label) in probe.texts for probe in some) for label in wrong]
    headings = [heading for _, heading in table.text.columns]
    assert headings == [
        "Measure",
        "Reading",
        "Encoder",
        *(f"{label.replace('_', ' ')} ({n})" for label, n in zip(wrong, resting)),
        "all (3)",
    ]
    assert table.text.iloc[0, :3].tolist() == ["Semantic", "strict", "angles"] and table.text.iloc[3, 2] == "–"
    assert table.text[("", "all (3)")].tolist() == [f"{value:.2f}" for value in table.numbers["all"]]


def test_the_paper_s_arithmetic_says_which_spread_its_lead_needs():
    table = tables.paper_arithmetic()
    assert set(table.numbers["agrees"]) == {True, False}
    assert "at most 0.0022" in table.notes[0]


# -- on disk


def test_written_files_are_whole_equal_and_readable(results, tmp_path):
    for folder in ("first", "second"):
        rendering.write([tables.table1(results, split) for split in results.splits], tmp_path / folder, "table1")
    files = sorted((tmp_path / "first").iterdir())
    assert [file.name for file in files] == ["table1.csv", "table1.md", "table1.tex"]
    assert all(file.read_bytes() == (tmp_path / "second" / file.name).read_bytes() for file in files)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "first/table1.csv").read_text())))
    assert len(rows) == 2 * 9 and {row["split"] for row in rows} == {"validation", "test"}
    assert float(rows[1]["cqs"]) == pytest.approx(tables.table1(results, "validation").numbers["cqs"][1], abs=1e-6)


def test_markdown_has_as_many_cells_in_every_row(results, bounded):
    for table in (
        tables.table1(bounded, "test"),
        tables.table2(results),
        tables.table_variants(bounded, "test"),
        tables.paper_arithmetic(),
    ):
        lines = [line for line in table.markdown().splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) == 1 and len(lines) == 2 + len(table.text)


def test_latex_has_as_many_cells_in_every_row_and_no_bare_sign(results, bounded):
    ranked = probes.rank(probes.load()[:3], {"angles": Angles()})
    for table in (
        tables.table1(bounded, "test"),
        tables.table2(results),
        tables.paper_arithmetic(),
        tables.table_probes(ranked),
    ):
        text = table.latex()
        assert text.isascii() or not set(text) & set("±−–²×")
        body = text[text.index("\\midrule") : text.index("\\bottomrule")]
        assert {len(re.findall(r"(?<!\\)&", line)) for line in body.splitlines()[1:]} == {len(table.text.columns) - 1}
        assert not re.search(r"(?<!\\)[%#_]", text)
        assert text.count("{") - text.count("\\{") == text.count("}") - text.count("\\}")


def test_names_are_escaped():
    text = pd.DataFrame(
        [["a_b & 50 %", "x|y", "2^n {~} \\"]],
        columns=pd.MultiIndex.from_tuples([("", "n#"), ("", "v$"), ("paper", "w")]),
    )
    table = rendering.Table("c_d", text, pd.DataFrame())
    assert "| a_b & 50 % | x\\|y |" in table.markdown() and "| paper: w |" in table.markdown()
    assert (
        "a\\_b \\& 50 \\% & x|y & 2\\textasciicircum{}n \\{\\textasciitilde{}\\} \\textbackslash{} \\\\"
        in table.latex()
    )
    assert "\\caption{c\\_d}" in table.latex() and "n\\# & v\\$ & w" in table.latex()


# -- the README's copy


def test_the_readme_is_updated_between_its_markers(results, tmp_path):
    rendering.write([tables.table1(results, split) for split in results.splits], tmp_path, "table1")
    rendering.write([tables.table2(results)], tmp_path, "table2")
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n<!-- results:begin -->\nold\n<!-- results:end -->\nafter\n", encoding="utf-8")
    tables.update_readme(readme, tmp_path)
    once = readme.read_text(encoding="utf-8")
    assert once.startswith("# Title\n<!-- results:begin -->\n**Table 1, validation split") and once.endswith(
        "<!-- results:end -->\nafter\n"
    )
    assert "\nold\n" not in once and "**Table 2" in once
    tables.update_readme(readme, tmp_path)
    assert readme.read_text(encoding="utf-8") == once


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "<!-- results:end --><!-- results:begin -->",
        "<!-- results:begin -->",
        "<!-- results:begin --><!-- results:end --><!-- results:end -->",
    ],
)
def test_a_readme_without_markers_is_left_alone(tmp_path, text):
    for name in ("table1.md", "table2.md"):
        (tmp_path / name).write_text("new\n")
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(ValueError, match="README.md: expected one line"):
        tables.update_readme(readme, tmp_path)
    assert readme.read_text() == text


def test_the_readme_shows_what_figures_holds():
    readme, figures = paths.ROOT / "README.md", paths.ROOT / "figures"
    if not readme.is_file() or not all((figures / f"{name}.md").is_file() for name in ("table1", "table2")):
        pytest.skip("there is no README.md yet, or no figures/table1.md and table2.md: make reproduce")
    _, shown, _ = tables.split_readme(readme.read_text(encoding="utf-8"), readme.name)
    assert shown == f"\n{tables.results_text(figures)}", "README.md is older than figures/: make figures"


# -- notebook 06


def run_notebook(run, out, configurations, seeds, baseline="ce_kl") -> list[str]:
    """Execute the code cells of notebook 06 here, on made scores. Returns the files it wrote."""
    cells = json.loads((paths.NOTEBOOKS / "06_tables.ipynb").read_text(encoding="utf-8"))["cells"]
    namespace = {
        "profile": run.profile,
        "runs_dir": run.runs_dir,
        "results_dir": str(out),
        "configurations": list(configurations),
        "seeds": list(seeds),
        "baseline": baseline,
        "cqs_variant": "strict",
        "encoder_model": "all-MiniLM-L6-v2",
    }
    for cell in cells:
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", ()):
            exec(compile("".join(cell["source"]), "06_tables.ipynb", "exec"), namespace)
    plt.close("all")
    return sorted(file.name for file in out.iterdir() if not file.name.startswith("."))


TABLES = ["paper_arithmetic", "table1", "table2", "table_differences", "table_probes", "table_variants"]
FIGURES = [
    "figure1_pipeline",
    "figure_cqs_by_configuration",
    "figure_detectable_difference",
    "figure_differences",
    "figure_probes",
    "figure_quality_size_latency",
    "figure_training_curves",
    "figure_weight_schedules",
]


def test_notebook_06_writes_every_table_and_figure_the_same_each_time(grid, tmp_path):
    first = run_notebook(grid, tmp_path / "first", small_scores.CONFIGURATIONS, small_scores.SEEDS)
    wanted = [f"{name}.{end}" for name in TABLES for end in ("csv", "md", "tex")] + [
        f"{name}.{end}" for name in FIGURES for end in ("png", "svg")
    ]
    assert set(first) >= {*wanted, "runs.csv", "references.csv", "provenance.json"}
    second = run_notebook(grid, tmp_path / "second", small_scores.CONFIGURATIONS, small_scores.SEEDS)
    assert first == second
    for name in set(first) - {"provenance.json"}:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes(), name


def test_notebook_06_needs_neither_a_second_configuration_nor_a_second_seed_nor_a_test_split(tmp_path):
    run = small_scores.write(
        tmp_path, configurations=("trident_static",), seeds=(13,), examples=6, splits=("validation",)
    )
    written = run_notebook(run, tmp_path / "out", ("trident_static",), (13,))
    assert "table1.md" in written and "table_differences.md" not in written
    assert "test split" not in (tmp_path / "out/table1.md").read_text(encoding="utf-8")


def test_notebook_06_leaves_what_no_grid_changes_to_the_paper_s_own(pair, tmp_path):
    written = run_notebook(pair, tmp_path / "out", PAIR, (13, 42), baseline="ce")
    assert {"table1.md", "figure_differences.svg"} <= set(written)
    assert not {"table_probes.md", "figure_probes.svg", "figure1_pipeline.svg", "figure_weight_schedules.svg"} & set(
        written
    )
