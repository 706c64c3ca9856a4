"""The paper's tables beside ours, built from `trident.reporting.results`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from trident.reporting import published, stats
from trident.reporting.rendering import Table
from trident.reporting.results import MEASURES, REFERENCE_MODELS, SELECTION, Results

_NAMES = {
    **published.NAMES,
    "ce": "CE alone (control)",
    "codec_uint4": "Trident, 4-bit cache",
    "codec_topk": "Trident, top-k cache",
    "trident_static_released": "Trident, decoded semantic",
    "trident_soft": "Trident, semantic at each step",
    "trident_risk": "Trident, semantic by risk",
    "trident_gradnorm": "Trident, GradNorm",
    "trident_uncertainty": "Trident, uncertainty",
    "teacher": "Teacher",
    "undistilled": "Student before distillation",
    "identity": "References themselves (upper bound)",
    "most_frequent": "Most frequent assertion (no model)",
    "shuffled": "Shuffled references (no model)",
}
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


def name_of(row: str) -> str:
    """What a table or figure calls a configuration or reference model: the paper's name where it has one."""
    return _NAMES.get(row, row)


# -- rows for other programs


def runs_table(results: Results) -> pd.DataFrame:
    """One row per student and split: configuration, seed, split, the measures, steps and seconds of the training."""
    runs = _sets(results, results.configurations, "row", "seed", "split", *MEASURES, "steps", "seconds")
    return runs.rename(columns={"row": "configuration"}).astype({"seed": int, "steps": int})


def references_table(results: Results) -> pd.DataFrame:
    """The same measures of the reference models: one row per model and split."""
    return _sets(results, REFERENCE_MODELS, "model", "split", *MEASURES)


def _sets(results: Results, rows: Sequence[str], *columns: str) -> pd.DataFrame:
    wanted = (results.sets["variant"] == results.variant) & results.sets["row"].isin(rows)
    return results.sets.loc[wanted, list(columns)].reset_index(drop=True)


# -- how cells are written


def _number(value: float, form: str) -> str:
    return _NONE if math.isnan(value) else f"{value:{form}}".replace("-", "−")


def _mean(mean: float, std: float = math.nan) -> str:
    return f"{mean:.3f}" if math.isnan(std) else f"{mean:.3f} ± {std:.3f}"


def _interval(low: float, high: float) -> str:
    return _NONE if math.isnan(low) else f"{_number(low, '+.3f')} to {_number(high, '+.3f')}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else _number(value, ".3f")


def _amount(number: float) -> str:
    """Three digits or more, in millions from 100,000."""
    if number >= 1e5:
        return f"{number / 1e6:.0f} M" if number >= 1e8 else f"{number / 1e6:.2f} M"
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _seeds(results: Results) -> str:
    return f"{len(results.seeds)} seed{'s' if len(results.seeds) > 1 else ''}"


def _rows(means: pd.DataFrame, printed: pd.DataFrame, split: str) -> tuple[list[list[str]], pd.DataFrame]:
    """Text and numbers of a table with a row per model: our means ± standard deviations, then what the paper prints.

    `means` has the columns (name, mean) and (name, std), which become ``name`` and ``name_std``.
    """
    printed = printed.reindex(means.index)
    text = [
        [name_of(str(row)), *(_mean(*values[name]) for name in values.index.unique(0)), *printed.loc[row].fillna(_NONE)]
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
    """
    means = results.over_seeds(split)[[*MEASURES]]
    text, numbers = _rows(means, _PRINTED, split)
    numbers.insert(2, "seeds", [len(results.seeds) if row in results.configurations else 1 for row in means.index])
    bold = set()
    for column, measure in enumerate(MEASURES, start=1):
        best = means.loc[list(results.configurations), (measure, "mean")].idxmax()
        tested = stats.p_values(_students(results, split), best, measure)["significant"]
        if len(tested) and tested.all():
            bold.add((means.index.get_loc(best), column))
    return Table(
        f"Table 1, {split} split: mean{' ± standard deviation' if len(results.seeds) > 1 else ''} over "
        f"{_seeds(results)}; scores in the {results.variant} variant",
        [("", "Student trained with"), *(("ours", heading) for heading in MEASURES.values())]
        + [("paper", MEASURES[measure]) for measure in _PRINTED],
        text,
        numbers,
        [
            "Bold: the best mean, where it differs from every other configuration's over examples and over seeds "
            "(paired sign-flip test and Welch's t-test, each at 5 % after Holm's correction)."
            if len(results.seeds) > 1
            else "One seed has no standard deviation, so no row can be called the best.",
            "The paper's columns: Methods2Test, its own variant of each score, means of three seeds.",
            "Without a model: each reference as its own answer; the split's most frequent reference for all; another "
            "example's reference.",
        ],
        frozenset(bold),
    )


def best_configuration(results: Results) -> str:
    """The configuration with the best mean CQS on the split that selects: the student of the paper's Table 2."""
    return str(results.over_seeds(SELECTION).loc[list(results.configurations), ("cqs", "mean")].idxmax())


def table2(results: Results) -> Table:
    """The paper's Table 2: what the teacher and the best student cost, and what the student retains."""
    chosen, headline = best_configuration(results), results.splits[0]
    rows = [(heading, column, headline) for column, heading in _COSTS.items()]
    rows += [(MEASURES[name], name, split) for split in results.splits for name in ("cqs", "exact_match")]
    names = [f"{block}{name}" for block in ("", "paper_") for name in ("teacher", "student", "student_to_teacher")]
    text, numbers = [], []
    for heading, column, split in rows:
        quantity, shown = (f"{heading}, {split}", _mean) if column in MEASURES else (heading, _amount)
        ours = list(results.over_seeds(split).loc[["teacher", chosen], (column, "mean")])
        paper = _PRINTED_COSTS.get(column) if split == headline else None
        printed, theirs = zip(*(paper or [(_NONE, math.nan)] * 2), strict=True)
        ratios = [student / teacher if teacher else math.nan for teacher, student in (ours, theirs)]
        kept = [_NONE if math.isnan(ratio) else f"{100 * ratio:.1f} %" for ratio in ratios]
        text.append([quantity, *map(shown, ours), kept[0], *printed, kept[1]])
        numbers.append({"quantity": quantity, **dict(zip(names, [*ours, ratios[0], *theirs, ratios[1]], strict=True))})
    return Table(
        f"Table 2: what distillation saves and what it keeps. The student: {name_of(chosen)}, mean of "
        f"{_seeds(results)}; scores in the {results.variant} variant",
        [("", "")] + [(who, name) for who in ("ours", "paper") for name in ("Teacher", "Student", "Student / teacher")],
        text,
        pd.DataFrame(numbers),
        [
            f"The student is the configuration with the best mean CQS on the {SELECTION} split. In the rows of scores, "
            "“student / teacher” is what the paper calls retention.",
            "Peak memory: tensors alive while one assertion is generated, weights included. Latency: median, one "
            "assertion at a time on one thread (on a CPU, processor time). What the paper calls GPU memory is the size "
            "of the 32-bit weights, so it stands in that row.",
        ],
    )


def models_table(results: Results) -> pd.DataFrame:
    """Teacher, best student and student before distillation: name, cqs (on the first split), latency_ms, parameters."""
    chosen = best_configuration(results)
    names = {"teacher": "teacher", chosen: f"student: {name_of(chosen)}", "undistilled": "student before distillation"}
    means = results.over_seeds(results.splits[0]).xs("mean", axis=1, level=1)
    found = means.loc[list(names), ["cqs", "latency_ms", "parameters"]]
    return found.rename(names).rename_axis("name").reset_index()


# -- differences between configurations


def comparable_splits(results: Results) -> list[str]:
    """Splits with two groups or more, if the grid has the baseline and another configuration: what can be tested."""
    if results.baseline not in results.configurations or len(results.configurations) < 2:
        return []
    return [split for split in results.splits if _students(results, split)["group"].nunique() > 1]


def _students(results: Results, split: str) -> pd.DataFrame:
    return results.scores[results.scores["split"] == split]


def differences(results: Results, split: str) -> pd.DataFrame:
    """``stats.compare`` of the configurations with the baseline, in the order of the tables.

    Raises ValueError when the split is none of :func:`comparable_splits`.
    """
    found = stats.compare(_students(results, split), results.baseline)
    return found.loc[[name for name in results.configurations if name != results.baseline]]


def table_differences(results: Results, split: str) -> Table:
    """:func:`differences` as a table."""
    found = differences(results, split)
    text = [
        [
            name_of(configuration),
            _number(row["difference"], "+.3f"),
            *(_interval(row[f"low_{over}"], row[f"high_{over}"]) for over in ("examples", "seeds")),
            _number(row["effect"], "+.2f"),
            _p(row["p_examples"]),
            _p(row["p_seeds"]),
            "yes" if row["significant"] else "no",
            _number(row["detectable"], ".3f"),
        ]
        for configuration, row in found.iterrows()
    ]
    headings = ["Student trained with", "CQS difference", "95 %, other examples", "95 %, other seeds", "Effect (d_z)"]
    headings += ["p, other examples", "p, other seeds", "Significant in both", "Detectable"]
    return Table(
        f"Differences to {name_of(results.baseline)}, {split} split, {_seeds(results)}",
        [("", heading) for heading in headings],
        text,
        found.reset_index().assign(split=split),
        [
            "Other examples: groups of examples resampled (interval) or with random signs (p), with these runs. Other "
            "seeds: Welch's t-test between the runs. Both p are corrected for the number of rows (Holm), the intervals "
            "are not. Detectable: the smallest true difference that both tests would show in four of five such "
            "experiments, from this row's own variances and the baseline's."
        ],
    )


def detectable(results: Results, split: str, more_seeds: int = 10) -> pd.DataFrame:
    """`difference` and `significant` of :func:`differences`, and what three sizes of experiment would detect.

    One column per size: ours, with the paper's number of examples, and with that and `more_seeds`. Raises ValueError
    when the grid has one seed, or the split is none of :func:`comparable_splits`.
    """
    if len(results.seeds) < 2:
        raise ValueError("detectable needs runs with two seeds or more: one seed has no standard deviation")
    found, frame = differences(results, split), _students(results, split)
    sizes = [(len(results.seeds), frame["id"].nunique()), (len(results.seeds), published.EXAMPLES)]
    columns = {
        f"{seeds} seeds, {examples:,} examples": stats.detectable(frame, results.baseline, seeds, examples)
        for seeds, examples in (*sizes, (more_seeds, published.EXAMPLES))
    }
    return found[["difference", "significant"]].assign(**columns)


# -- the variants, the probes and the paper's own numbers


def table_variants(results: Results, split: str) -> Table:
    """The Code Quality Score of the same predictions in each variant, and the one that the paper prints."""
    variants = sorted(results.sets["variant"].unique(), key=lambda name: (name != results.variant, name))
    means = pd.concat({variant: results.over_seeds(split, variant)["cqs"] for variant in variants}, axis=1)
    return Table(
        f"The same predictions in each variant of the Code Quality Score, {split} split: mean over {_seeds(results)}",
        [("", "Model"), *(("ours", f"CQS, {variant.replace('_', ' ')}") for variant in variants), ("paper", "CQS")],
        *_rows(means, _PRINTED[["cqs"]], split),
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


def table_probes(ranked: pd.DataFrame) -> Table:
    """:func:`probe_shares` as a table, with the number of probes."""
    found = probe_shares(ranked)
    number = {**ranked.groupby("wrong")["probe"].nunique(), "all": ranked["probe"].nunique()}
    text = [
        [MEASURES[measure], variant, encoder or _NONE, *(_number(share, ".2f") for share in row)]
        for (measure, variant, encoder), *row in found.itertuples(name=None)
    ]
    headings = ["Measure", "Variant", "Encoder", *(f"{name.replace('_', ' ')} ({number[name]})" for name in found)]
    return Table(
        "How often the equivalent assertion scores above the wrong one, by what is wrong with it (number of probes)",
        [("", heading) for heading in headings],
        text,
        found.reset_index(),
        [
            "1: always; 0: never, the wrong one always scores higher. A tie counts half, so chance, or a measure that "
            "sees no difference at all, has 0.50. Each probe counts the same."
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
