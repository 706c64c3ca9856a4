"""The paper's tables beside ours, built from `trident.reporting.results`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from trident.evaluation import probes
from trident.reporting import published, stats
from trident.reporting.rendering import Table
from trident.reporting.results import MEASURES, REFERENCE_MODELS, Results

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
#: What the paper prints: index = row of the tables, columns = its measures, as text.
_PRINTED = pd.DataFrame({**published.TABLE1, "teacher": {"cqs": published.TEACHER.cqs}}).T
#: What the paper prints in Table 2 for teacher and student: text and number.
_PRINTED_COSTS = {
    quantity: [(digits + unit, factor * float(digits)) for digits in printed]
    for quantity, printed, unit, factor in (
        ("Parameters", (published.TEACHER.parameters, published.STUDENT.parameters), " M", 1e6),
        ("Weights (MiB)", (published.TEACHER.memory_gb, published.STUDENT.memory_gb), " GB", 1),
        ("CQS, validation", (published.TEACHER.cqs, published.STUDENT.cqs), "", 1),
    )
}
_NONE = "–"


def name_of(row: str) -> str:
    """What a table or figure calls a configuration or reference model: the paper's name where it has one."""
    return _NAMES.get(row, row)


# -- rows for other programs


def runs_table(results: Results) -> pd.DataFrame:
    """One row per student and split: configuration, seed, split, the measures, steps and seconds of the training."""
    runs = _sets(results, results.configurations).rename(columns={"row": "configuration"})
    columns = ["configuration", "seed", "split", *MEASURES, "steps", "seconds"]
    return runs[columns].astype({"seed": int, "steps": int})


def references_table(results: Results) -> pd.DataFrame:
    """The same measures of the reference models: one row per model and split."""
    return _sets(results, REFERENCE_MODELS)[["model", "split", *MEASURES]]


def _sets(results: Results, rows: Sequence[str]) -> pd.DataFrame:
    sets = results.sets[results.sets["variant"] == results.variant]
    return sets[sets["row"].isin(rows)].reset_index(drop=True)


# -- the paper's tables


def table1(results: Results, split: str) -> Table:
    """The paper's Table 1 on one split: each configuration's mean and standard deviation over seeds, and the reference
    models. Bold is the best mean of a column, if it is a :func:`clear_best`.
    """
    means = results.over_seeds(split)[[*MEASURES]]
    printed = _PRINTED.reindex(means.index)
    text = [
        [name_of(str(row)), *(_pm(*values[measure]) for measure in MEASURES), *printed.loc[row].fillna(_NONE)]
        for row, values in means.iterrows()
    ]
    numbers = _flat(means).join(printed.astype(float).add_prefix("paper_")).reset_index()
    numbers.insert(0, "split", split)
    numbers.insert(2, "seeds", [len(results.seeds) if row in results.configurations else 1 for row in means.index])
    best = [clear_best({row: tuple(means.loc[row, name]) for row in results.configurations}) for name in MEASURES]
    several = len(results.seeds) > 1
    return Table(
        f"Table 1, {split} split: mean{' ± standard deviation' if several else ''} over {_seeds(results)}; "
        f"scores in the {results.variant} variant",
        [
            ("", "Student trained with"),
            *(("ours", heading) for heading in MEASURES.values()),
            *(("paper", MEASURES[measure]) for measure in printed),
        ],
        text,
        numbers,
        [
            "Bold: the best mean, if its ± interval touches no other configuration's."
            if several
            else "One seed has no standard deviation, so no row can be called the best.",
            "The paper's columns: Methods2Test, its own variant of each score, means of three seeds.",
            "Without a model: each reference as its own answer; the split's most frequent reference for all; another "
            "example's reference.",
        ],
        frozenset((list(means.index).index(row), column) for column, row in enumerate(best, start=1) if row),
    )


def _flat(means: pd.DataFrame) -> pd.DataFrame:
    """(name, mean) and (name, std) as the columns ``name`` and ``name_std``."""
    return means.set_axis([name if which == "mean" else f"{name}_std" for name, which in means.columns], axis=1)


def clear_best(values: Mapping[str, tuple[float, float]]) -> str | None:
    """The name whose mean − standard deviation is above every other's mean + standard deviation, if there is one.

    None also where a standard deviation is missing, or there is nothing to compare with.
    """
    best = max(values, key=lambda name: values[name][0])
    low = values[best][0] - values[best][1]
    others = [mean + std for name, (mean, std) in values.items() if name != best]
    return best if others and all(low > high for high in others) else None  # NaN is above nothing


def _pm(mean: float, std: float = math.nan) -> str:
    return f"{mean:.3f}" if math.isnan(std) else f"{mean:.3f} ± {std:.3f}"


def _seeds(results: Results) -> str:
    return f"{len(results.seeds)} seed{'s' if len(results.seeds) > 1 else ''}"


def best_configuration(results: Results) -> str:
    """The configuration with the best mean CQS on the first split (validation): the student of the paper's Table 2."""
    return str(results.over_seeds(results.splits[0]).loc[list(results.configurations), ("cqs", "mean")].idxmax())


def table2(results: Results) -> Table:
    """The paper's Table 2: what the teacher and the best student cost, and what the student retains."""
    chosen = best_configuration(results)
    text, numbers = [], []
    names = [f"{block}{name}" for block in ("", "paper_") for name in ("teacher", "student", "student_to_teacher")]
    for quantity, column, split, shown in _quantities(results):
        ours = list(results.over_seeds(split).loc[["teacher", chosen], (column, "mean")])
        printed, theirs = zip(*_PRINTED_COSTS.get(quantity, [(_NONE, math.nan)] * 2), strict=True)
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
            f"The student is the configuration with the best mean CQS on the {results.splits[0]} split, as in the "
            "paper. In the rows of scores, “student / teacher” is what the paper calls retention.",
            "Peak memory: tensors alive while one assertion is generated, weights included. Latency: median, one "
            "assertion at a time on one thread (on a CPU, processor time). What the paper calls GPU memory is the size "
            "of the 32-bit weights, so it stands in that row.",
        ],
    )


def _quantities(results: Results) -> list[tuple[str, str, str, Callable[[float], str]]]:
    """The rows of Table 2: heading, column of the results, split, and how a number is printed."""
    headings = {"weight_mib": "Weights (MiB)", "memory_mib": "Peak memory (MiB)", "latency_ms": "Latency (ms)"}
    first = results.splits[0]
    return [
        ("Parameters", "parameters", first, _count),
        *((heading, column, first, _plain) for column, heading in headings.items()),
        *(
            (f"{MEASURES[name]}, {split}", name, split, _pm)
            for split in results.splits
            for name in ("cqs", "exact_match")
        ),
    ]


def models_table(results: Results) -> pd.DataFrame:
    """Teacher, best student and student before distillation: name, cqs (on the first split), latency_ms, parameters."""
    chosen = best_configuration(results)
    names = {"teacher": "teacher", chosen: f"student: {name_of(chosen)}", "undistilled": "student before distillation"}
    means = results.over_seeds(results.splits[0]).xs("mean", axis=1, level=1)
    found = means.loc[list(names), ["cqs", "latency_ms", "parameters"]]
    return found.rename(names).rename_axis("name").reset_index()


def _count(number: float) -> str:
    return f"{number / 1e6:.0f} M" if number >= 1e8 else f"{number / 1e6:.2f} M" if number >= 1e5 else f"{number:,.0f}"


def _plain(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


# -- differences between configurations


def comparable_splits(results: Results) -> list[str]:
    """Splits with two groups or more, if the grid has the baseline and another configuration: what can be tested."""
    if results.baseline not in results.configurations or len(results.configurations) < 2:
        return []
    return [split for split in results.splits if _students(results, split)["group"].nunique() > 1]


def differences(results: Results, split: str) -> pd.DataFrame:
    """``stats.compare`` of the configurations with the baseline, in the order of the tables.

    Raises ValueError when the split is none of :func:`comparable_splits`.
    """
    found = stats.compare(_students(results, split), results.baseline)
    return found.loc[[name for name in results.configurations if name != results.baseline]]


def _students(results: Results, split: str) -> pd.DataFrame:
    return results.scores[results.scores["split"] == split]


def table_differences(results: Results, split: str) -> Table:
    """:func:`differences` as a table."""
    found = differences(results, split)
    text = [
        [
            name_of(configuration),
            _signed(row["difference"], 3),
            f"{_signed(row['low'], 3)} to {_signed(row['high'], 3)}",
            _signed(row["effect"], 2),
            _p(row["p_examples"]),
            _p(row["p_seeds"]),
            "yes" if row["significant"] else "no",
        ]
        for configuration, row in found.iterrows()
    ]
    headings = ["Student trained with", "CQS difference", "95 % interval", "Effect (d_z)"]
    headings += ["p, other examples", "p, other seeds", "Significant in both"]
    return Table(
        f"Differences to {name_of(results.baseline)}, {split} split, {_seeds(results)}",
        [("", heading) for heading in headings],
        text,
        found.reset_index().assign(split=split),
        [
            "p, other examples: random signs of whole groups of examples, with these runs. p, other seeds: Welch's "
            "t-test between the runs. Both are corrected for the number of rows (Holm)."
        ],
    )


def _signed(value: float, digits: int) -> str:
    return _NONE if math.isnan(value) else f"{value:+.{digits}f}".replace("-", "−")


def _p(value: float) -> str:
    return _NONE if math.isnan(value) else "< 0.001" if value < 0.001 else f"{value:.3f}"


def detectable(results: Results, split: str, seeds: Sequence[int] = range(3, 16)) -> pd.DataFrame:
    """The smallest difference in CQS to the baseline that an experiment shows with 80 % power, by its number of seeds.

    The standard deviations over seeds, over examples and within groups are those of our runs.

    Returns:
        Index: seeds; one column for our number of examples and one for the paper's.

    Raises:
        ValueError: the grid has one seed, or the split is none of :func:`comparable_splits`.
    """
    if len(results.seeds) < 2:
        raise ValueError("detectable needs runs with two seeds or more: one seed has no standard deviation")
    frame = _students(results, split)
    known = stats.variation(frame, results.baseline)
    return pd.DataFrame(
        {
            examples: [stats.detectable(examples, seeds=number, **known) for number in seeds]
            for examples in dict.fromkeys((frame["id"].nunique(), published.EXAMPLES))
        },
        index=pd.Index(seeds, name="seeds"),
    )


# -- the variants, the probes and the paper's own numbers


def table_variants(results: Results, split: str) -> Table:
    """The Code Quality Score of the same predictions in each variant, and the one that the paper prints."""
    variants = sorted(results.sets["variant"].unique(), key=lambda name: (name != results.variant, name))
    means = pd.concat({variant: results.over_seeds(split, variant)["cqs"] for variant in variants}, axis=1)
    printed = _PRINTED["cqs"].reindex(means.index)
    text = [
        [name_of(str(row)), *(_pm(*values[variant]) for variant in variants), printed.fillna(_NONE)[row]]
        for row, values in means.iterrows()
    ]
    numbers = _flat(means).assign(printed=printed.astype(float)).reset_index()
    numbers.insert(0, "split", split)
    return Table(
        f"The same predictions in each variant of the Code Quality Score, {split} split: mean over {_seeds(results)}",
        [("", "Model"), *(("ours", f"CQS, {variant.replace('_', ' ')}") for variant in variants), ("paper", "CQS")],
        text,
        numbers,
    )


def table_probes(ranked: pd.DataFrame) -> Table:
    """How often each measure ranks an equivalent assertion above a wrong one, from ``probes.parquet`` of notebook
    05.
    """
    found = probes.table(ranked)
    total = found.pop("probes").iloc[0]
    number = ranked.groupby("wrong")["probe"].nunique().reindex(found.columns, fill_value=total)
    text = [
        [
            MEASURES[measure],
            variant,
            encoder or _NONE,
            *(_NONE if math.isnan(share) else f"{share:.2f}" for share in row),
        ]
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
