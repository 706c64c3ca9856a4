"""Tables from scores, with each number where it belongs; and notebook 06 on made scores."""

from __future__ import annotations

import json
import math
import re

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from helpers import small_scores
from helpers.small_scores import PAIR, collect_pair, edit_metrics

from trident.experiment import params, paths
from trident.reporting import calibration, tables
from trident.reporting.results import REFERENCE_MODELS, collect


def values(results, row, split, measure, variant="strict"):
    """What metrics.json says of each model behind a row of the tables."""
    models = [f"{row}-s{seed}" for seed in results.seeds] if row in results.configurations else [row]
    files = [results.inputs[f"scores/{model}"] / "metrics.json" for model in models]
    return [json.loads(file.read_text())["splits"][split][variant][measure] for file in files]


# -- rows for other programs


def test_runs_have_exactly_the_promised_columns_and_rows(results):
    runs = tables.runs_table(results)
    assert list(runs.columns) == [
        "configuration",
        "seed",
        "split",
        "accepted",
        "passes",
        "equivalent",
        "relative_mutation_score",
        "exact_match",
        "cqs",
        "semantic",
        "codebleu",
        "ast",
        "token_accuracy",
        "validation_loss",
        "steps",
        "seconds",
    ]
    assert len(runs) == 7 * 3 * 3 and not runs.isna().any().any()
    assert not runs.duplicated(["configuration", "seed", "split"]).any()


def test_runs_repeat_the_mean_of_the_examples(results):
    """metrics.json and scores.parquet are two sights of the same thing."""
    means = results.scores.dropna(subset=["configuration"]).groupby(["configuration", "seed", "split"])["cqs"].mean()
    for row in tables.runs_table(results).itertuples():
        assert row.cqs == pytest.approx(means[row.configuration, row.seed, row.split])


def test_references_are_the_models_that_students_are_compared_with(results):
    references = tables.references_table(results)
    assert [*zip(references["model"], references["split"], strict=True)] == [
        (model, split) for model in REFERENCE_MODELS for split in ("test", "unseen", "validation")
    ]
    assert [references["cqs"].iloc[3]] == values(results, "teacher", "test", "cqs")


# -- baselines


def test_reference_models_stand_in_every_table_of_results(results):
    order = ["identity", "teacher", *results.configurations, "undistilled", "most_frequent", "shuffled"]
    rows = tables.table1(results, "test").numbers.set_index("row")
    assert list(rows.index) == order and rows.loc["ce", "seeds"] == 3 and rows.loc["teacher", "seeds"] == 1
    assert [rows.loc["shuffled", "cqs"]] == values(results, "shuffled", "test", "cqs")
    assert math.isnan(rows.loc["shuffled", "cqs_std"]) and rows.loc["identity", "exact_match"] == 1
    assert "| Shuffled references (no model) | 0." in tables.table1(results, "test").markdown()
    assert "Without a model" in tables.table1(results, "test").notes[-1]
    variants = tables.table_variants(results, "test").numbers.set_index("row")
    assert list(variants.index) == order
    assert variants.loc["identity", "strict"] == 1
    assert [variants.loc["shuffled", "paper"]] == values(results, "shuffled", "test", "cqs", "paper")


# -- Table 1


def test_table_1_holds_reference_models_mean_std_and_the_paper(results):
    table = tables.table1(results, "test")
    rows = table.numbers.set_index("row")
    runs = tables.runs_table(results)
    chosen = runs[(runs.configuration == "trident_static") & (runs.split == "test")]["cqs"]
    assert rows.loc["trident_static", "cqs"] == pytest.approx(chosen.mean())
    assert rows.loc["trident_static", "cqs_std"] == pytest.approx(chosen.std(ddof=1))
    assert (
        rows.loc["trident_static", "paper_cqs"] == 0.688 and rows.loc["focal_semantic", "paper_token_accuracy"] == 0.289
    )
    assert math.isnan(rows.loc["ce", "paper_cqs"]) and math.isnan(rows.loc["teacher", "cqs_std"])
    assert f"{chosen.mean():.3f} ± {chosen.std(ddof=1):.3f}" in table.markdown()


def test_the_paper_s_columns_stand_beside_the_first_split_alone(results):
    test, unseen = (tables.table1(results, split) for split in ("test", "unseen"))
    paper = [heading for block, heading in test.columns if block == "paper"]
    assert paper == ["CQS", "Semantic", "CodeBLEU", "AST valid", "Token acc."] and "paper's columns" in test.notes[1]
    assert unseen.columns == test.columns[: -len(paper)] and not any("paper" in note for note in unseen.notes)
    short = tables.brief(test)
    assert short.columns == [*unseen.columns, ("paper", "CQS")] and short.bold == test.bold
    assert all(row[:-1] == whole[: -len(paper)] for row, whole in zip(short.text, test.text, strict=True))
    assert "| paper: CQS |" in short.markdown() and "| 0.688 |" in short.markdown()
    assert tables.brief(unseen).text == unseen.text


def test_execution_stands_beside_accepted_and_says_on_how_many_examples_it_rests(results, tmp_path):
    table = tables.table1(results, "test")
    assert [heading for _, heading in table.columns[1:5]] == ["Accepted", "Passes", "Equivalent", "Mutation score"]
    rows = table.numbers.set_index("row")
    assert rows.loc["ce", "equivalent"] == pytest.approx(pd.Series(values(results, "ce", "test", "equivalent")).mean())
    assert "Both over 27 of 30 examples: the reference of the others kills none." in table.notes[2]
    run = small_scores.write(tmp_path, configurations=PAIR, seeds=(13,), examples=9, executed=False)
    table = tables.table1(collect_pair(run, (13,)), "test")
    assert "Passes" not in table.markdown() and "Equivalent" not in tables.table2(collect_pair(run, (13,))).markdown()


def test_splits_stay_apart(results):
    unseen, test = tables.table1(results, "unseen"), tables.table1(results, "test")
    assert set(unseen.numbers["split"]) == {"unseen"} and set(test.numbers["split"]) == {"test"}
    assert "unseen split" in unseen.caption and "test split" in test.caption
    same = unseen.numbers["row"][unseen.numbers["cqs"] == test.numbers["cqs"]]
    assert list(same) == ["identity"]


def test_with_one_seed_there_is_no_std_and_no_best(pair):
    table = tables.table1(collect_pair(pair, seeds=(13,)), "validation")
    assert "±" not in table.markdown() and not table.bold and "One seed" in table.notes[0]


def test_bold_marks_a_best_that_differs_from_all_others_in_both_tests(tmp_path):
    quality = {"ce": 0.2, "ce_kl": 0.7, "focal_jsd": 0.4}
    run = small_scores.write(tmp_path, configurations=tuple(quality), examples=150, quality=quality)
    table = tables.table1(collect(run, tuple(quality), small_scores.SEEDS, "strict"), "test")
    assert {(2, 1), (2, 3)} <= table.bold and all(
        row == 2 for row, _ in table.bold
    )  # below references and teacher stands ce_kl
    assert re.search(r"\| CE \+ KL \(baseline\) \| \*\*0\.\d{3} ± 0\.\d{3}\*\*", table.markdown())
    assert re.search(r"CE \+ KL \(baseline\) & \\textbf\{0\.\d{3} \$\\pm\$ 0\.\d{3}\}", table.latex())
    assert "Bold: the best mean, where it differs from every other" in table.notes[0]


@pytest.mark.parametrize(
    "quality, std",
    [
        ({"ce": 0.7, "ce_kl": 0.7, "focal_jsd": 0.2}, {}),  # the second best may be as good
        ({"ce": 0.7, "ce_kl": 0.5, "focal_jsd": 0.4}, {"ce": 0.3}),  # holds over examples, not over seeds
    ],
)
def test_a_best_that_may_be_chance_is_not_bold(tmp_path, quality, std):
    run = small_scores.write(tmp_path, configurations=tuple(quality), examples=60, quality=quality, seed_std=std)
    assert not tables.table1(collect(run, tuple(quality), small_scores.SEEDS, "strict"), "test").bold


# -- Table 2 and the others


def test_table_2_compares_teacher_and_best_distilled_student(tmp_path):
    # Without a teacher `ce` is best on validation, and of the distilled ones another on test.
    quality = {"ce": 0.9, "ce_kl": 0.5, "focal_jsd": 0.45, "focal_semantic": 0.6}
    run = small_scores.write(tmp_path, configurations=tuple(quality), examples=30, quality=quality)
    for seed in small_scores.SEEDS:
        edit_metrics(run, f"focal_jsd-s{seed}", lambda m: m["splits"]["validation"]["strict"].update(cqs=0.85))
    results = collect(run, tuple(quality), small_scores.SEEDS, "strict")
    table = tables.table2(results)
    rows = table.numbers.set_index("quantity")
    assert tables.chosen_student(results) == "focal_jsd" and "Focal + JSD" in table.caption
    assert "distilled configuration with the best mean CQS on validation (0.850)" in table.notes[0]
    assert "CE alone (control), which is not distilled, has" in table.notes[0]
    kept = ("CQS", "Accepted", "Passes", "Equivalent", "Mutation score", "Exact match")
    measures = [f"{name}, {split}" for split in ("test", "unseen") for name in kept]
    assert list(rows.index[4:]) == measures
    assert rows.loc["Parameters", "student_to_teacher"] == pytest.approx(520_000 / 1_800_000)
    assert rows.loc["Weights (MiB)", "teacher"] == pytest.approx(4 * 1_800_000 / 2**20)
    for split in ("test", "unseen"):
        student = pd.Series(values(results, "focal_jsd", split, "cqs")).mean()
        retention = student / values(results, "teacher", split, "cqs")[0]
        assert rows.loc[f"CQS, {split}", "student_to_teacher"] == pytest.approx(retention)
        assert f"| {100 * retention:.1f} % |" in table.markdown()
    assert rows.loc["CQS, test", "paper_student_to_teacher"] == pytest.approx(0.688 / 0.7527)
    assert math.isnan(rows.loc["CQS, unseen", "paper_teacher"])
    assert "| Parameters | 1.80 M | 0.52 M | 28.9 % | 770 M | 220 M | 28.6 % |" in table.markdown()


def in_int8(latency_ms=9.0):
    def one(bits, exact):
        return {
            "weight_bytes": bits * 2**17,
            "memory": {"tensors_mib": bits / 8 + 1},
            "latency": {"median_ms": latency_ms if bits == 8 else 12.0},
            "accepted": 0.5,
            "exact_match": exact,
        }

    return {"examples": 40, "same": 0.925, "fp32": one(32, 0.25), "int8": one(8, 0.24)}


def test_table_2_has_the_student_in_int8_beside_it(tmp_path):
    run = small_scores.write(tmp_path, configurations=PAIR, seeds=(13, 42), examples=6)
    for name in PAIR:
        edit_metrics(run, f"{name}-s13", lambda m: m.update(int8=in_int8(latency_ms=8.0)))
    assert "int8" not in tables.table2(collect_pair(run, (13, 42))).markdown().lower()  # known of one of two seeds
    for name in PAIR:
        edit_metrics(run, f"{name}-s42", lambda m: m.update(int8=in_int8(latency_ms=10.0)))
    table = tables.table2(collect_pair(run, (13, 42)))
    rows = table.numbers.set_index("quantity")[["student_int8", "int8_to_fp32"]]
    assert list(rows.loc["Weights (MiB)"]) == [1.0, 0.25]
    assert list(rows.loc["Latency (ms)"]) == [9.0, 0.75]
    assert list(rows.loc["Exact match, test"]) == [0.24, pytest.approx(0.96)]
    assert rows.loc[["Parameters", "CQS, test", "Exact match, unseen"]].isna().all(axis=None)
    assert [heading for block, heading in table.columns if block == "ours"][-2:] == ["In int8", "Int8 / fp32"]
    assert all(len(row) == len(table.columns) for row in table.text)
    assert "on the first 40 blanks of test; 92.5 % of their answers stay the same" in table.notes[-1]


def test_a_student_without_a_teacher_is_not_called_distilled(tmp_path):
    run = small_scores.write(tmp_path, configurations=("ce", "focal_semantic"), seeds=(13,), examples=6)
    table = tables.table2(collect(run, ("ce", "focal_semantic"), (13,), "strict", "ce"))
    assert "No configuration of this grid is distilled" in table.notes[0]
    assert "distil" not in table.caption


def test_a_teacher_that_gets_nothing_right_has_no_retention(tmp_path):
    run = small_scores.write(tmp_path, configurations=PAIR, seeds=(13,), examples=6)
    edit_metrics(run, "teacher", lambda m: m["splits"]["test"]["strict"].update(exact_match=0.0))
    table = tables.table2(collect_pair(run, (13,)))
    assert re.search(r"\| Exact match, test \| 0\.000 \| 0\.\d{3} \| – \|", table.markdown())


def test_differences_are_to_the_baseline_and_paired(results):
    found = tables.differences(results, "validation")
    assert list(found) == ["accepted", "equivalent", "cqs"]
    for measure, table in found.items():
        assert list(table.index) == [name for name in results.configurations if name != "ce_kl"]
        shares = {name: values(results, name, "validation", measure) for name in results.configurations}
        means = {name: pd.Series(found).mean() for name, found in shares.items()}
        for name, row in table.iterrows():
            assert row.difference == pytest.approx(means[name] - means["ce_kl"])
            assert row.low_examples < row.difference < row.high_examples
            assert row.low_seeds < row.difference < row.high_seeds


def test_a_real_difference_holds_and_none_does_not(tmp_path):
    seeds = (13, 42, 7, 99)
    run = small_scores.write(
        tmp_path,
        configurations=("ce", "ce_kl", "focal_jsd"),
        seeds=seeds,
        examples=120,
        quality={"ce": 0.15, "ce_kl": 0.6, "focal_jsd": 0.6},
    )
    results = collect(run, ("ce", "ce_kl", "focal_jsd"), seeds, "strict")
    found = tables.differences(results, "validation")
    for table in found.values():
        assert table["significant"].to_dict() == {"ce": True, "focal_jsd": False}
    table = tables.table_differences(results, "validation", found)
    assert [row[:2] for row in table.text] == [
        [name, measure]
        for measure in ("Accepted", "Equivalent", "CQS")
        for name in ("Focal + JSD", "CE alone (control)")
    ]
    interval = r"\| −0\.\d{3} to −0\.\d{3} "
    row = rf"\| CE alone \(control\) \| CQS \| −0\.\d{{3}} ({interval}){{2}}\| −\d\.\d\d \| .* \| yes \| 0\.\d{{3}} \|"
    assert re.search(row, table.markdown()) and set(table.numbers["measure"]) == {*found}
    impossible = {measure: rows.assign(detectable=1.2) for measure, rows in found.items()}
    assert {row[-1] for row in tables.table_differences(results, "validation", impossible).text} == {"none"}


def test_with_one_seed_a_difference_is_tested_on_examples_only(tmp_path):
    run = small_scores.write(
        tmp_path, configurations=PAIR, seeds=(13,), examples=120, quality={"ce": 0.1, "ce_kl": 0.7}
    )
    results = collect_pair(run, (13,))
    found = tables.differences(results, "validation")
    row = found["cqs"].loc["ce"]
    assert row.p_examples < 0.05 and math.isnan(row.p_seeds) and not row.significant
    assert tables.table_differences(results, "validation", found).text[0][-3:] == ["–", "no", "–"]


def test_what_cannot_be_compared_is_not(tmp_path, pair):
    assert tables.comparable_splits(collect_pair(pair)) == ["test", "unseen", "validation"]
    assert tables.comparable_splits(collect(pair, ["ce_kl"], [13], "strict")) == []
    assert tables.comparable_splits(collect(pair, ["ce"], [13], "strict")) == []
    one_group = small_scores.write(tmp_path / "one", configurations=PAIR, seeds=(13,), examples=3)
    assert tables.comparable_splits(collect_pair(one_group, (13,))) == []
    assert not tables.table1(collect_pair(one_group, (13,)), "test").bold


def test_more_seeds_and_examples_show_smaller_differences(results):
    table = tables.detectable_by_seeds(results, "test")
    assert list(table.columns) == [30, 7_000] and (table[30] > table[7_000]).all()
    assert (table.diff().iloc[1:] < 0).all(axis=None)
    found = tables.differences(results, "test")["cqs"]
    assert table.loc[3, 30] == pytest.approx(found["detectable"].median())


def test_one_configuration_that_collapsed_does_not_decide_what_can_be_detected(tmp_path):
    run = small_scores.write(tmp_path, examples=30, seed_std={"focal_semantic": 0.4})
    table = tables.detectable_by_seeds(collect(run, small_scores.CONFIGURATIONS, (13, 42, 2025), "strict"), "test")
    own = tables.differences(collect(run, small_scores.CONFIGURATIONS, (13, 42, 2025), "strict"), "test")["cqs"]
    assert own.loc["focal_semantic", "detectable"] > 2 * table.loc[3, 30]


def test_variants_stand_side_by_side(results):
    rows = tables.table_variants(results, "validation").numbers.set_index("row")
    assert rows.loc["teacher", "paper_cqs"] == 0.7527
    for variant in small_scores.VARIANTS:
        assert rows.loc["ce_kl", variant] == pytest.approx(
            pd.Series(values(results, "ce_kl", "validation", "cqs", variant)).mean()
        )


def test_every_probe_counts_the_same_and_measures_stand_in_order():
    contrasts = [("p1", "same", "a", 1), ("p1", "same", "b", 1), ("p2", "far", "a", 0)]
    ranked = pd.DataFrame(contrasts, columns=["probe", "equivalent", "wrong", "above"]).merge(
        pd.DataFrame({"measure": ["cqs", "ast", "semantic"], "variant": "strict", "encoder": ["E", "", "E"]}), "cross"
    )
    shares = tables.probe_shares(ranked)
    assert list(shares.index) == [("semantic", "strict", "E"), ("ast", "strict", ""), ("cqs", "strict", "E")]
    assert list(shares.columns) == ["a", "b", "all"] and (shares == [0.5, 1, 0.5]).all(axis=None)


def contrasts(above) -> pd.DataFrame:
    """One contrast per probe and measure, all strict: `above` by measure."""
    rows = [
        {"probe": f"p{i}", "equivalent": "same", "wrong": "opposite", "measure": measure, "variant": "strict"}
        | {"encoder": "E" if measure in ("semantic", "cqs") else "", "above": float(value)}
        for measure, ahead in above.items()
        for i, value in enumerate(ahead)
    ]
    return pd.DataFrame(rows)


def test_probes_are_tested_against_a_coin():
    tests = tables.probe_tests(contrasts({"semantic": [0] * 18 + [1] * 2, "cqs": [0, 1] * 10, "codebleu": [1] * 20}))
    assert tests["share"].to_dict() == pytest.approx({"semantic": 0.1, "cqs": 0.5, "codebleu": 1.0})
    assert tests.loc["semantic", "p"] < 0.01 and tests.loc["codebleu", "p"] < 0.01 and tests.loc["cqs", "p"] == 1
    assert tests.loc["semantic", "low"] < 0.1 < tests.loc["semantic", "high"] < 0.5
    assert (tests["probes"] == 20).all() and (tests["contrasts"] == 20).all()


def test_probes_say_on_how_many_each_number_rests():
    table = tables.table_probes(small_scores.probes())
    assert len(table.numbers) == 5 * 3 and len(table.text) == 5, "every variant in the file, the strict one to read"
    assert [heading for _, heading in table.columns] == ["Measure", "all (3), 95 %", "p"], "one probe is no column"
    table = tables.table_probes(contrasts({"semantic": [0, 1, 1, 1, 1, 1]}))
    assert [heading for _, heading in table.columns] == ["Measure", "opposite (6)", "all (6), 95 %", "p"]
    assert table.text[0][:2] == ["Semantic", "0.83"] and table.text[0][2].startswith("0.83 (")


def test_the_paper_s_arithmetic_says_which_std_its_lead_needs():
    table = tables.paper_arithmetic()
    assert set(table.numbers["agrees"]) == {True, False}
    assert "at most 0.0022" in table.notes[0]


# -- notebook 06


def run_notebook(run, out, configurations, seeds, baseline="ce_kl") -> list[str]:
    """Execute the code cells of notebook 06 here, on made scores. Returns the files it wrote."""
    cells = json.loads((paths.NOTEBOOKS / "06_tables.ipynb").read_text(encoding="utf-8"))["cells"]
    namespace = {
        "profile": run.profile,
        "runs_dir": str(run.folder.parent),
        "results_dir": str(out),
        "configurations": list(configurations),
        "seeds": list(seeds),
        "baseline": baseline,
        "cqs_variant": "strict",
        "execution": "own",
    }
    for cell in cells:
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", ()):
            exec(compile("".join(cell["source"]), "06_tables.ipynb", "exec"), namespace)
    plt.close("all")
    return sorted(file.name for file in out.iterdir() if not file.name.startswith("."))


TABLES = ["paper_arithmetic", "table1", "table2"]
TABLES += [f"table_{name}" for name in ("agreement", "differences", "probes", "rankings", "variants", "verdicts")]
FIGURES = ["figure1_pipeline"]
FIGURES += [f"figure_{name}" for name in ("detectable_difference", "differences", "label_distribution", "probes")]
FIGURES += [f"figure_{name}" for name in ("agreement", "rankings", "scores", "validation_loss")]


def test_notebook_06_writes_every_table_and_figure_the_same_each_time(grid, tmp_path):
    first = run_notebook(grid, tmp_path / "first", small_scores.CONFIGURATIONS, small_scores.SEEDS)
    wanted = [f"{name}.{end}" for name in TABLES for end in ("csv", "md", "tex")] + [
        f"{name}.{end}" for name in FIGURES for end in ("png", "svg")
    ]
    wanted += ["runs.csv", "references.csv", "readme_tables.md", "provenance.json"]
    assert set(first) >= {*wanted, "table_calibration.md", calibration.FILE}
    second = run_notebook(grid, tmp_path / "second", small_scores.CONFIGURATIONS, small_scores.SEEDS)
    assert first == second and "table_copyable.md" not in first
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
    own = {"table_probes.md", "figure_probes.svg", "figure1_pipeline.svg", "table_calibration.md", calibration.FILE}
    assert not own & set(written) and "table_agreement.md" in written


def test_notebook_06_runs_on_scores_that_were_made_without_a_jdk(tmp_path):
    run = small_scores.write(tmp_path, configurations=PAIR, seeds=(13, 42), examples=9, executed=False)
    written = run_notebook(run, tmp_path / "out", PAIR, (13, 42))
    of_execution = {"table_agreement.md", "table_rankings.md", "figure_agreement.svg", "figure_rankings.svg"}
    assert "table_verdicts.md" in written and not {*of_execution, calibration.FILE, "table_calibration.md"} & set(
        written
    )


def test_notebook_06_says_on_real_java_what_can_be_copied(tmp_path):
    sizes = {"configurations": PAIR, "seeds": (13, 42), "examples": 9, "splits": ("validation", "test")}
    run = small_scores.write(tmp_path, executed=False, corpus="projects", **sizes)
    written = run_notebook(run, tmp_path / "out", PAIR, (13, 42))
    assert {f"table_copyable.{end}" for end in ("md", "tex", "csv")} <= {*written}
    assert (tmp_path / "out/table1.md").read_text().count("Nearest of the test, copied (no model)") == 2


@pytest.mark.parametrize("swept", ["labels", "temperature", "semantic"])
def test_notebook_06_shows_the_course_of_what_a_grid_sweeps(swept, tmp_path):
    p = params.load(paths.PARAMS / f"grids/{swept}.yaml")
    run = small_scores.write(tmp_path / "runs", configurations=p["configurations"], seeds=p["seeds"], examples=30)
    written = run_notebook(run, tmp_path / "out", p["configurations"], p["seeds"], p["baseline"])
    courses = {"figure_labels.svg", "figure_temperature.svg", "figure_semantic.svg"}
    assert courses & set(written) == {f"figure_{swept}.svg"}
    assert "table_verdicts.md" in written
