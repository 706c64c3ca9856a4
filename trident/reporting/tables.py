"""The paper's tables beside ours, built from `trident.reporting.results`."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import pandas as pd

from trident.reporting import published, stats
from trident.reporting.configurations import is_distilled
from trident.reporting.rendering import Table
from trident.reporting.results import EXECUTION, IN_INT8, MEASURES, SELECTION, Results

#: What the paper prints in Table 1 and of the teacher: index = row of the tables, columns = its measures, as text.
_PRINTED = pd.DataFrame({**published.TABLE1, "teacher": {"cqs": published.TEACHER.cqs}}).T
#: The costs of Table 2.
_COSTS = {
    "parameters": "Parameters",
    "weight_mib": "Weights (MiB)",
    "memory_mib": "Peak memory (MiB)",
    "latency_ms": "Latency (ms)",
}
#: What the paper prints in Table 2 for teacher and student: text and number.
_PRINTED_COSTS = {
    column: [(digits + unit, factor * float(digits)) for digits in printed]
    for column, printed, unit, factor in (
        ("parameters", (published.TEACHER.parameters, published.STUDENT.parameters), " M", 1e6),
        ("weight_mib", (published.TEACHER.memory_gb, published.STUDENT.memory_gb), " GB", 1),
        ("cqs", (published.TEACHER.cqs, published.STUDENT.cqs), "", 1),
    )
}
_NONE = "–"
#: Probes that a kind of wrong needs for a column of its own.
_PROBES = 5
#: Sizes of experiment for which the detectable difference is computed.
_SEED_NUMBERS = (2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100)


# -- rows for other programs


def runs_table(results: Results) -> pd.DataFrame:
    """One row per student and split: configuration, seed, split, the measures; validation loss, steps, seconds."""
    columns = ("row", "seed", "split", *results.measures, "validation_loss", "steps", "seconds")
    runs = _sets(results, results.configurations, *columns)
    return runs.rename(columns={"row": "configuration"}).astype({"seed": int, "steps": int})


def references_table(results: Results) -> pd.DataFrame:
    """The same measures of the reference models: one row per model and split."""
    return _sets(results, results.references, "model", "split", *results.measures)


def _sets(results: Results, rows: Sequence[str], *columns: str) -> pd.DataFrame:
    wanted = (results.sets["variant"] == results.variant) & results.sets["row"].isin(rows)
    return results.sets.loc[wanted, list(columns)].reset_index(drop=True)


# -- how cells are written


def number(value: float, form: str) -> str:
    return _NONE if math.isnan(value) else f"{value:{form}}".replace("-", "−")


def mean_and_std(mean: float, std: float = math.nan) -> str:
    if math.isnan(mean):
        return _NONE
    return f"{mean:.3f}" if math.isnan(std) else f"{mean:.3f} ± {std:.3f}"


def interval(low: float, high: float) -> str:
    return _NONE if math.isnan(low) else f"{number(low, '+.3f')} to {number(high, '+.3f')}"


def p_value(value: float) -> str:
    return "< 0.001" if value < 0.001 else number(value, ".3f")


def _amount(number: float) -> str:
    """Three digits or more, in millions from 100,000."""
    if number >= 1e5:
        return f"{number / 1e6:.0f} M" if number >= 1e8 else f"{number / 1e6:.2f} M"
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def seeds_in_words(results: Results) -> str:
    return f"{len(results.seeds)} seed{'s' if len(results.seeds) > 1 else ''}"


def _rows(
    names: Mapping[str, str], means: pd.DataFrame, printed: pd.DataFrame, split: str
) -> tuple[list[list[str]], pd.DataFrame]:
    """Text and numbers of a table with a row per model: our means ± standard deviations, then what the paper prints.

    `means` has the columns (name, mean) and (name, std), which become ``name`` and ``name_std``.
    """
    printed = printed.reindex(means.index)
    text = [
        [
            names[str(row)],
            *(mean_and_std(*values[name]) for name in values.index.unique(0)),
            *printed.loc[row].fillna(_NONE),
        ]
        for row, values in means.iterrows()
    ]
    flat = means.set_axis([name if kind == "mean" else f"{name}_std" for name, kind in means.columns], axis=1)
    numbers = flat.join(printed.astype(float).add_prefix("paper_")).reset_index()
    numbers.insert(0, "split", split)
    return text, numbers


# -- the paper's tables


def table1(results: Results, split: str) -> Table:
    """The paper's Table 1 on one split: each configuration's mean and standard deviation over seeds, and the reference
    models. Bold is a best mean that differs from every other configuration's in both of `stats.p_values`' tests.

    The paper's columns stand beside the first split alone.
    """
    measures, printed = results.measures, _PRINTED if split == results.splits[0] else _PRINTED[[]]
    means = results.over_seeds(split)[[*measures]]
    text, numbers = _rows(results.names, means, printed, split)
    numbers.insert(2, "seeds", [len(results.seeds) if row in results.configurations else 1 for row in means.index])
    bold = set()
    for column, measure in enumerate(measures, start=1):
        best = means.loc[list(results.configurations), (measure, "mean")].idxmax()
        tested = stats.p_values(results.of_students(split), best, measure)["significant"]
        if len(tested) and tested.all():
            bold.add((means.index.get_loc(best), column))
    return Table(
        f"Table 1, {split} split: mean{' ± standard deviation' if len(results.seeds) > 1 else ''} over "
        f"{seeds_in_words(results)}; scores in the {results.variant} variant",
        [("", "Student trained with"), *(("ours", MEASURES[measure]) for measure in measures)]
        + [("paper", MEASURES[measure]) for measure in printed],
        text,
        numbers,
        [
            "Bold: the best mean, where it differs from every other configuration's over examples and over seeds "
            "(paired sign-flip test and Welch's t-test, each at 5 % after Holm's correction)."
            if len(results.seeds) > 1
            else "One seed has no standard deviation, so no row can be called the best.",
            *_on_the_columns(results, split, any(printed)),
            "Without a model: each reference as its own answer; the split's most frequent reference for all; another "
            "example's reference"
            + ("." if results.corpus == "sandbox" else "; and three that read the question (docs/real-java.md)."),
        ],
        frozenset(bold),
    )


def brief(table: Table) -> Table:
    """Table 1 for the README: of the paper's columns, which are the last, its CQS alone."""
    kept = [i for i, (block, heading) in enumerate(table.columns) if block != "paper" or heading == MEASURES["cqs"]]
    text = [[row[i] for i in kept] for row in table.text]
    return dataclasses.replace(table, columns=[table.columns[i] for i in kept], text=text)


def _on_the_columns(results: Results, split: str, paper: bool) -> list[str]:
    """Where the paper's columns are from; what those of execution mean, and how many examples they rest on."""
    notes = ["The paper's columns: Methods2Test, its own variant of each score, means of three seeds."] if paper else []
    if results.executed:
        known = results.teacher.loc[results.teacher["split"] == split, "equivalent"].notna()
        notes.append(
            "Passes: the test with this answer passes. Equivalent: and it kills exactly the mutants that the reference "
            "kills. Mutation score: of these, the share that it kills; 0 where it does not pass. Both over "
            f"{known.sum():,} of {len(known):,} examples"
            + (": the reference of the others kills none." if not known.all() else ".")
        )
    return notes


def chosen_student(results: Results) -> str:
    """The distilled configuration with the best mean CQS on the split that selects; of all, if none is distilled."""
    distilled = [name for name in results.configurations if is_distilled(results.parameters[name])]
    scores = results.over_seeds(SELECTION)["cqs", "mean"]
    return str(scores[distilled or list(results.configurations)].idxmax())


def table2(results: Results) -> Table:
    """The paper's Table 2: what teacher and student cost, and what the student retains where nothing was selected."""
    chosen = chosen_student(results)
    splits = [split for split in results.splits if split != SELECTION] or [SELECTION]
    rows = [(heading, column, splits[0]) for column, heading in _COSTS.items()]
    kept = [name for name in ("cqs", "accepted", *EXECUTION, "exact_match") if name in results.measures]
    rows += [(MEASURES[name], name, split) for split in splits for name in kept]
    small = _in_int8(results, chosen)
    names = [f"{block}{name}" for block in ("", "paper_") for name in ("teacher", "student", "student_to_teacher")]
    text, numbers = [], []
    for heading, column, split in rows:
        quantity, shown = (f"{heading}, {split}", mean_and_std) if column in MEASURES else (heading, _amount)
        ours = list(results.over_seeds(split).loc[["teacher", chosen], (column, "mean")])
        paper = _PRINTED_COSTS.get(column) if split == splits[0] else None
        printed, theirs = zip(*(paper or [(_NONE, math.nan)] * 2), strict=True)
        ratios = [_ratio(*pair) for pair in (ours, theirs)]
        shares = [_percent(ratio) for ratio in ratios]
        row = {"quantity": quantity, **dict(zip(names, [*ours, ratios[0], *theirs, ratios[1]], strict=True))}
        more = []
        if small is not None:
            measured = column in IN_INT8 and split == results.splits[0]
            value, beside = (small[column], small[f"fp32_{column}"]) if measured else (math.nan, math.nan)
            row |= {"student_int8": value, "int8_to_fp32": _ratio(beside, value)}
            more = [shown(value) if measured else _NONE, _percent(row["int8_to_fp32"])]
        text.append([quantity, *map(shown, ours), shares[0], *more, *printed, shares[1]])
        numbers.append(row)
    compared = ("Teacher", "Student", "Student / teacher")
    return Table(
        f"Table 2: what the student saves and what it keeps. The student: {results.names[chosen]}, mean of "
        f"{seeds_in_words(results)}; scores in the {results.variant} variant",
        [("", ""), *(("ours", name) for name in (*compared, *(("In int8", "Int8 / fp32") if more else ())))]
        + [("paper", name) for name in compared],
        text,
        pd.DataFrame(numbers),
        [
            _choice(results, chosen),
            "In the rows of scores, “student / teacher” is what the paper calls retention. Peak memory: tensors alive "
            "while one assertion is generated, weights included. Latency: median, one assertion at a time on one "
            "thread (on a CPU, processor time). What the paper calls GPU memory is the size of the 32-bit weights, so "
            "it stands in that row.",
            *([] if small is None else [_on_int8(small, results.splits[0])]),
        ],
    )


def _ratio(whole: float, part: float) -> float:
    return part / whole if whole else math.nan


def _percent(ratio: float) -> str:
    return _NONE if math.isnan(ratio) else f"{100 * ratio:.1f} %"


def _in_int8(results: Results, chosen: str) -> pd.Series | None:
    """Means over seeds of the student with weights of 8 bits; None unless each seed's files have it."""
    rows = results.int8[results.int8["row"] == chosen]
    return rows.drop(columns="row").mean() if len(rows) == len(results.seeds) else None


def _on_int8(small: pd.Series, split: str) -> str:
    """What the columns of the 8-bit student are."""
    return (
        f"In int8: the same students with weights of 8 bits, on a CPU, on the first {small['examples']:.0f} blanks of "
        f"{split}; {100 * small['same']:.1f} % of their answers stay the same, letter by letter. Int8 / fp32: both "
        "measured one after the other in the same process."
    )


def _choice(results: Results, chosen: str) -> str:
    """How the student of Table 2 was chosen, and whether a student without a teacher does better."""
    scores = results.over_seeds(SELECTION)["cqs", "mean"][list(results.configurations)]
    best = str(scores.idxmax())
    if not is_distilled(results.parameters[chosen]):
        return f"No configuration of this grid is distilled; the student has the best mean CQS on {SELECTION}."
    note = f"The student is the distilled configuration with the best mean CQS on {SELECTION} ({scores[chosen]:.3f})."
    if best == chosen:
        return note
    return f"{note} {results.names[best]}, which is not distilled, has {scores[best]:.3f} there."


# -- differences between configurations


def comparable_splits(results: Results) -> list[str]:
    """Splits with two groups or more, if the grid has the baseline and another configuration: what can be tested."""
    if results.baseline not in results.configurations or len(results.configurations) < 2:
        return []
    return [split for split in results.splits if results.of_students(split)["group"].nunique() > 1]


def differences(results: Results, split: str) -> dict[str, pd.DataFrame]:
    """Measure → ``stats.compare`` of the configurations with the baseline, in the order of the tables.

    Raises ValueError when the split is none of :func:`comparable_splits`.
    """
    order = [name for name in results.configurations if name != results.baseline]
    frame = results.of_students(split)
    return {name: stats.compare(frame, results.baseline, name).loc[order] for name in results.tested}


def table_differences(results: Results, split: str, found: Mapping[str, pd.DataFrame]) -> Table:
    """:func:`differences` as a table."""
    text = [
        [
            results.names[str(configuration)],
            MEASURES[measure],
            number(row["difference"], "+.3f"),
            *(interval(row[f"low_{over}"], row[f"high_{over}"]) for over in ("examples", "seeds")),
            number(row["effect"], "+.2f"),
            p_value(row["p_examples"]),
            p_value(row["p_seeds"]),
            "yes" if row["significant"] else "no",
            "none" if row["detectable"] >= 1 else number(row["detectable"], ".3f"),
        ]
        for measure, table in found.items()
        for configuration, row in table.iterrows()
    ]
    headings = ["Student trained with", "Measure", "Difference", "95 %, other examples", "95 %, other seeds"]
    headings += ["Effect (d_z)", "p, other examples", "p, other seeds", "Significant in both", "Detectable"]
    return Table(
        f"Differences to {results.names[results.baseline]}, {split} split, {seeds_in_words(results)}",
        [("", heading) for heading in headings],
        text,
        pd.concat(found, names=["measure"]).reset_index().assign(split=split),
        [
            "Other examples: groups of examples resampled (interval) or with random signs (p), with these runs. Other "
            "seeds: Welch's t-test between the runs. Both p are corrected for the number of rows of one measure "
            "(Holm), the intervals are not. Detectable: the smallest true difference that both tests would show in "
            "four of five such experiments, from this row's own variances and the baseline's; none: not even 1, the "
            "largest that there is."
        ],
    )


def detectable_by_seeds(results: Results, split: str) -> pd.DataFrame:
    """The CQS difference that an experiment with so many seeds (index) would detect, a column per number of examples.

    The median over configurations: one that collapsed with a seed does not decide. Ours and the paper's examples.
    """
    frame = results.of_students(split)
    return pd.DataFrame(
        {
            examples: {
                seeds: stats.detectable(frame, results.baseline, "cqs", seeds, examples).median()
                for seeds in _SEED_NUMBERS
            }
            for examples in sorted({frame["id"].nunique(), published.EXAMPLES})
        }
    )


# -- the variants, the probes and the paper's own numbers


def table_variants(results: Results, split: str) -> Table:
    """The Code Quality Score of the same predictions in each variant, and the one that the paper prints."""
    variants = sorted(results.sets["variant"].unique(), key=lambda name: (name != results.variant, name))
    means = pd.concat({variant: results.over_seeds(split, variant)["cqs"] for variant in variants}, axis=1)
    return Table(
        f"The same predictions in each variant of the Code Quality Score, {split} split: mean over "
        f"{seeds_in_words(results)}",
        [("", "Model"), *(("ours", f"CQS, {variant.replace('_', ' ')}") for variant in variants), ("paper", "CQS")],
        *_rows(results.names, means, _PRINTED[["cqs"]], split),
    )


def probe_shares(ranked: pd.DataFrame) -> pd.DataFrame:
    """How often the equivalent assertion is ranked above the wrong one: 0.5 is chance. Each probe counts the same.

    `ranked` is ``probes.parquet`` of notebook 05. The index is measure, variant and encoder; the columns are the labels
    of the wrong ones, then `all`.
    """
    keys = ["measure", "variant", "encoder"]
    order = {name: place for place, name in enumerate([*published.WEIGHTS, "cqs", "strict", "paper", "released"])}
    both = pd.concat([ranked, ranked.assign(wrong="all")])
    shares = both.groupby([*keys, "wrong", "probe"])["above"].mean().groupby([*keys, "wrong"]).mean().unstack("wrong")
    shares = shares[[*shares.columns.drop("all"), "all"]]
    return shares.sort_index(key=lambda level: level.map(lambda name: order.get(name, 0)), kind="stable")


def probe_tests(ranked: pd.DataFrame) -> pd.DataFrame:
    """The strict variant's shares (index: measure), with their test against a coin over the probes.

    Columns: share, low and high (95 % over other probes), p (sign flips), probes and contrasts (how many).
    """
    strict = ranked[ranked["variant"] == "strict"]
    rows = {}
    for measure, some in strict.groupby("measure"):
        shares = some.groupby("probe")["above"].mean()
        columns = {"id": shares.index, "group": shares.index, "seed": 0}
        frame = pd.concat(
            [
                pd.DataFrame({**columns, "configuration": "measure", "share": shares.to_numpy()}),
                pd.DataFrame({**columns, "configuration": "coin", "share": 0.5}),
            ]
        )
        row = stats.compare(frame, "coin", "share").loc["measure"]
        rows[measure] = {
            "share": 0.5 + row["difference"],
            "low": 0.5 + row["low_examples"],
            "high": 0.5 + row["high_examples"],
            "p": row["p_examples"],
            "probes": len(shares),
            "contrasts": len(some),
        }
    return pd.DataFrame(rows).T


def table_probes(ranked: pd.DataFrame) -> Table:
    """:func:`probe_shares` of the strict variant as a table, by what is wrong where several probes ask it, and tested.

    Its CSV file holds every variant and every kind of wrong.
    """
    found, tested = probe_shares(ranked), probe_tests(ranked)
    asked = ranked.groupby("wrong")["probe"].nunique()
    kinds = [name for name in found if name != "all" and asked[name] >= _PROBES]
    text = [
        [
            MEASURES[measure],
            *(number(share, ".2f") for share in row[kinds]),
            f"{row['all']:.2f} ({tested.loc[measure, 'low']:.2f} to {tested.loc[measure, 'high']:.2f})",
            p_value(tested.loc[measure, "p"]),
        ]
        for (measure, _, _), row in found.xs("strict", level="variant", drop_level=False).iterrows()
    ]
    headings = ["Measure", *(f"{name.replace('_', ' ')} ({asked[name]})" for name in kinds)]
    headings += [f"all ({ranked['probe'].nunique()}), 95 %", "p"]
    return Table(
        "How often the equivalent assertion scores above the wrong one, by what is wrong with it (number of probes)",
        [("", heading) for heading in headings],
        text,
        found.reset_index(),
        [
            "1: always; 0: never, the wrong one always scores higher. A tie counts half, so chance, or a measure that "
            "sees no difference at all, has 0.50. Each probe counts the same. p: against 0.50, with random signs of "
            "the probes."
        ],
    )


def paper_arithmetic() -> Table:
    """The paper's own numbers, checked against each other, and the largest standard deviation that its lead allows."""
    checks = published.arithmetic()
    best, baseline = (published.TABLE1[row]["cqs"] for row in ("trident_static", published.BASELINE))
    limit = published.largest_std(published.lead("trident_static", published.BASELINE))
    headings = ("The paper says", "printed", "recomputed", "agrees to the printed digit")
    return Table(
        "The paper's own arithmetic",
        [("", heading) for heading in headings],
        [[check.claim, check.printed, check.found, "yes" if check.agrees else "no"] for check in checks],
        pd.DataFrame([vars(check) for check in checks]),
        [
            f"Table 1's lead of the best row over the baseline, {best} against {baseline} with {published.SEEDS} seeds "
            f"each, is significant at 5 % only if the standard deviation over seeds is at most {limit:.4f}. The paper "
            "gives none."
        ],
    )
