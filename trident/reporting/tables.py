"""The paper's tables beside ours, made from the files of the scores alone.

:func:`collect` reads ``metrics.json`` and ``scores.parquet`` of every student of the grid, of the teacher (the ceiling) and of the
untrained student (the floor); :func:`with_floors` adds what needs no model. Everything else here turns them into tables;
``trident.reporting.rendering`` puts them on disk.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from trident import cqs
from trident.evaluation import probes
from trident.experiment import artifacts
from trident.experiment.paths import Run
from trident.reporting import published, stats
from trident.reporting.rendering import Table, table

#: Columns of Table 1: name in the files → heading.
MEASURES = {
    "exact_match": "Exact match",
    "cqs": "CQS",
    "semantic": "Semantic",
    "codebleu": "CodeBLEU",
    "ast": "AST valid",
    "token_accuracy": "Token acc.",
}
RUN_COLUMNS = ("configuration", "seed", "split", *MEASURES, "steps", "seconds")
#: What needs no model: subject → its label. None can pass the first; the others are floors.
WITHOUT_MODEL = {
    "identity": "The references themselves (limit)",
    "most_frequent": "Most frequent assertion (floor)",
    "shuffled": "Shuffled references (floor)",
}
_NAMES = {
    **published.NAMES,
    "ce": "CE alone (control)",
    "codec_uint4": "Trident, 4-bit store",
    "codec_topk": "Trident, top-k store",
    "trident_static_released": "Trident, decoded semantic",
    "trident_soft": "Trident, semantic at each step",
    "trident_risk": "Trident, semantic by risk",
    "trident_gradnorm": "Trident, GradNorm",
    "trident_uncertainty": "Trident, uncertainty",
}
#: The paper's order, so that the two can be read side by side.
_ORDER = (*published.TABLE1, "ce")
_BEGIN, _END = "<!-- results:begin -->", "<!-- results:end -->"
_NONE = "–"


class ResultsError(RuntimeError):
    """Scores are missing or do not belong together; the message names them and says what to run."""


def name_of(configuration: str) -> str:
    """What a table or figure calls a configuration: the paper's name where it has one."""
    return _NAMES.get(configuration, configuration)


# -- reading


@dataclass(frozen=True)
class Results:
    """What a profile's grid came to.

    Attributes:
        configurations: in the order of the tables.
        baseline: the configuration that the others are compared with.
        metrics: subject (``teacher``, ``untrained``, ``<configuration>-s<seed>``) → its ``metrics.json``; after :func:`with_floors`
            also the :data:`WITHOUT_MODEL`, with `splits` alone.
        scores: one row an example, split and subject, under `variant`: subject, configuration and seed (missing for the two bounds),
            id, group, kind, split, reference and the scores.
        inputs: subject → folder that was read.
        ignored: subjects that have scores but are not in the grid.
    """

    run: Run
    variant: str
    configurations: tuple[str, ...]
    baseline: str
    seeds: tuple[int, ...]
    splits: tuple[str, ...]
    metrics: Mapping[str, Mapping[str, Any]]
    scores: pd.DataFrame
    inputs: Mapping[str, Path]
    ignored: tuple[str, ...]

    def value(self, subject: str, split: str, measure: str, variant: str | None = None) -> float:
        """A set score of one subject."""
        return self.metrics[subject]["splits"][split][variant or self.variant][measure]

    def over_seeds(self, configuration: str, split: str, measure: str, variant: str | None = None) -> list[float]:
        """A set score of each student of a configuration, in the order of `seeds`."""
        return [self.value(_subject(configuration, seed), split, measure, variant) for seed in self.seeds]


def _subject(configuration: str, seed: int) -> str:
    return f"{configuration}-s{seed}"


def collect(
    run: Run, configurations: Sequence[str], seeds: Sequence[int], variant: str, baseline: str = published.BASELINE
) -> Results:
    """Read the scores of the whole grid and of its two bounds. `baseline` need not be in the grid; then nothing is compared with it.

    Raises:
        ResultsError: scores are missing or unfinished (each named, with the commands that make them), lack a key, or are of
            other examples than the teacher's.
    """
    grid = {_subject(configuration, seed): (configuration, seed) for configuration in configurations for seed in seeds}
    bounds = ("undistilled", "teacher")
    inputs = {subject: run.scores(subject) for subject in (*bounds, *grid)}
    _check_there(run, inputs, grid)
    metrics = {
        subject: _metrics(folder, *grid.get(subject, (None, None)), variant) for subject, folder in inputs.items()
    }
    splits = tuple(sorted(metrics["teacher"]["splits"], key=lambda split: (split != "validation", split)))
    scores = pd.concat(
        [
            _scores(folder, variant).assign(
                subject=subject, configuration=grid.get(subject, (None,))[0], seed=grid.get(subject, (None, None))[1]
            )
            for subject, folder in inputs.items()
        ],
        ignore_index=True,
    ).astype({"seed": "Int64"})
    _check_same_examples(scores, metrics, splits)
    there = {folder.parent.name for folder in run.scores("x").parent.glob(f"*/{artifacts.PROVENANCE}")}
    order = sorted(
        configurations, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)
    )  # stable: ours come last
    return Results(
        run,
        variant,
        tuple(order),
        baseline,
        tuple(seeds),
        splits,
        metrics,
        scores,
        inputs,
        tuple(sorted(there - set(inputs))),
    )


def _check_there(run: Run, inputs: Mapping[str, Path], grid: Mapping[str, tuple[str, int]]) -> None:
    missing = [subject for subject, folder in inputs.items() if not (folder / artifacts.PROVENANCE).is_file()]
    if not missing:
        return
    profile = f"-f params/{run.profile}.yaml"
    lines = [f"{len(missing)} of {len(inputs)} scores are missing or unfinished below {run.scores('x').parent}:"]
    for subject in missing[:3]:
        if subject in grid:
            configuration, seed = grid[subject]
            files = f"{profile} -f params/configs/{configuration}.yaml -f params/seeds/{seed}.yaml"
            lines.append(
                f"  {subject}: python -m trident run 04_distill {files}, then python -m trident run 05_evaluate {files}"
            )
        else:
            lines.append(f"  {subject}: python -m trident run 05_evaluate {profile} -p subject {subject}")
    if len(missing) > 3:
        lines.append(f"  and {', '.join(missing[3:])}")
    lines.append(f"Or all that is missing at once: make reproduce PROFILE={run.profile}")
    raise ResultsError("\n".join(lines))


def _metrics(folder: Path, configuration: str | None, seed: int | None, variant: str) -> dict[str, Any]:
    """``metrics.json``, checked for what the tables read. `configuration` and `seed` are those that the folder's name promises."""
    file = folder / "metrics.json"
    again = "run 05_evaluate again for it"
    try:
        metrics = json.loads(file.read_text(encoding="utf-8"))
        found = metrics["configuration"], metrics["seed"]
        needed = [
            metrics["model"]["parameters"],
            metrics["model"]["weight_bytes"],
            metrics["model"]["latency"]["median_ms"],
            metrics["model"]["memory"]["tensors_mib"],
        ]
        needed += [
            scores[name][measure]
            for scores in metrics["splits"].values()
            for name in {variant, *scores}
            for measure in MEASURES
        ]
        if configuration is not None:
            needed += [metrics["training"]["steps"], metrics["training"]["seconds"]]
    except FileNotFoundError:
        raise ResultsError(f"{file} is missing, though the folder is marked as finished: {again}") from None
    except (KeyError, TypeError) as error:
        raise ResultsError(f"{file} lacks {error}: {again}") from None
    except ValueError as error:
        raise ResultsError(f"{file} is not JSON ({error}): {again}") from None
    if found != (configuration, seed):
        raise ResultsError(
            f"{file} says configuration {found[0]!r} and seed {found[1]!r}, its folder {folder.name}: {again}"
        )
    if not metrics["splits"]:
        raise ResultsError(f"{file} holds no split: {again}")
    return metrics


def _scores(folder: Path, variant: str) -> pd.DataFrame:
    file = folder / "scores.parquet"
    columns = ["id", "group", "kind", "split", "reference", "variant", *MEASURES]
    try:
        return pd.read_parquet(file, columns=columns, filters=[("variant", "==", variant)]).drop(columns="variant")
    except (OSError, ValueError) as error:
        raise ResultsError(
            f"{file} cannot be read as a table with the columns {', '.join(columns)} ({error}): "
            "run 05_evaluate again for it"
        ) from None


def _check_same_examples(scores: pd.DataFrame, metrics: Mapping[str, Mapping[str, Any]], splits: Sequence[str]) -> None:
    """All subjects answered the same examples: else their scores cannot stand in one table."""
    wanted = None
    for subject, rows in scores.groupby("subject", sort=False):
        found = set(zip(rows["split"], rows["id"], strict=True))
        wanted = found if wanted is None else wanted
        if found != wanted or len(found) != len(rows) or set(metrics[subject]["splits"]) != set(splits):
            raise ResultsError(
                f"the scores of {subject} and of {scores['subject'].iloc[0]} are not of the same examples: they come from "
                "different corpora. Run 05_evaluate again for the older of them."
            )
    if {split for split, _ in wanted or ()} != set(splits):
        raise ResultsError("scores.parquet and metrics.json hold different splits: run 05_evaluate again")


def histories(results: Results, seed: int) -> dict[str, list[dict[str, float]]]:
    """The training log of one student of each configuration. Raises ResultsError when one is missing."""
    found = {}
    for configuration in results.configurations:
        file = results.run.student(configuration, seed) / "history.json"
        try:
            found[configuration] = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ResultsError(
                f"the training log {file} is missing: run 04_distill for configuration {configuration}, seed {seed}"
            ) from None
    return found


# -- what needs no model


def with_floors(results: Results, encoder: cqs.Encoder) -> Results:
    """The same results, and beside them what anyone could answer without a model, and what none can pass (``trident.cqs.floors``).

    They are scored here, in every reading that the teacher was scored in; the shuffle is the same each time. The most frequent
    assertion is the split's own, which favours that floor: a model cannot know it. A split of one example gets none.
    """
    asked = results.scores[results.scores["subject"] == "teacher"]
    found: dict[str, dict[str, Any]] = {subject: {"splits": {}} for subject in WITHOUT_MODEL}
    for split in results.splits:
        references = list(asked.loc[asked["split"] == split, "reference"])
        if len(references) < 2:
            continue
        scored = cqs.floors(references, encoder=encoder, variants=tuple(results.metrics["teacher"]["splits"][split]))
        for (variant, subject), values in scored.to_dict("index").items():
            found[subject]["splits"].setdefault(split, {})[variant] = values
    return replace(results, metrics={**results.metrics, **found})


def _without_model(results: Results, split: str) -> list[str]:
    return [subject for subject in WITHOUT_MODEL if split in results.metrics.get(subject, {"splits": {}})["splits"]]


# -- one row a run, for other programs


def runs_table(results: Results) -> pd.DataFrame:
    """One row a student and split, with the columns :data:`RUN_COLUMNS`; scores under the headline variant."""
    rows = []
    for configuration in results.configurations:
        for seed in results.seeds:
            subject = _subject(configuration, seed)
            training = results.metrics[subject]["training"]
            rows += [
                {
                    "configuration": configuration,
                    "seed": seed,
                    "split": split,
                    **_measures(results, subject, split),
                    "steps": training["steps"],
                    "seconds": training["seconds"],
                }
                for split in results.splits
            ]
    return pd.DataFrame(rows, columns=list(RUN_COLUMNS))


def references_table(results: Results) -> pd.DataFrame:
    """The same scores of the teacher, of the untrained student and of what needs no model."""
    rows = [
        {"subject": subject, "split": split, **_measures(results, subject, split)}
        for subject in ("undistilled", "teacher", *WITHOUT_MODEL)
        for split in results.splits
        if subject not in WITHOUT_MODEL or subject in _without_model(results, split)
    ]
    return pd.DataFrame(rows, columns=["subject", "split", *MEASURES])


def _measures(results: Results, subject: str, split: str) -> dict[str, float]:
    return {measure: results.value(subject, split, measure) for measure in MEASURES}


# -- tables to read


def table1(results: Results, split: str) -> Table:
    """The paper's Table 1 on one split: each configuration's mean and standard deviation over seeds, between floors and ceilings.

    Bold is the best mean of a column, and only if its mean minus its spread lies above the mean plus the spread of every other
    configuration. One seed has no spread, so then nothing is bold.
    """
    means = {
        name: {measure: _mean_and_spread(results.over_seeds(name, split, measure)) for measure in MEASURES}
        for name in results.configurations
    }
    bounds = {
        "teacher": "Teacher (ceiling)",
        "undistilled": "Untrained student (floor)",
        **{subject: WITHOUT_MODEL[subject] for subject in _without_model(results, split)},
    }
    bounding = {subject: (subject, label, _bound(results, subject, split)) for subject, label in bounds.items()}
    above = [bounding.pop(subject) for subject in ("identity", "teacher") if subject in bounding]
    rows = [*above, *((name, name_of(name), values) for name, values in means.items()), *bounding.values()]
    text, numbers = [], []
    for key, label, values in rows:
        paper = published.TABLE1.get(key, {"cqs": published.TEACHER.cqs} if key == "teacher" else {})
        text.append(
            [
                label,
                *(_pm(*values[measure]) for measure in MEASURES),
                *(paper.get(measure, _NONE) for measure in _PAPER_MEASURES),
            ]
        )
        numbers.append(
            {
                "split": split,
                "row": key,
                "seeds": len(results.seeds) if key in means else 1,
                **_with_spread(values),
                **{f"paper_{measure}": float(paper.get(measure, math.nan)) for measure in _PAPER_MEASURES},
            }
        )
    bold = {
        (len(above) + results.configurations.index(best), 1 + column)  # below the ceilings, right of the name
        for column, measure in enumerate(MEASURES)
        if (best := clear_best({name: values[measure] for name, values in means.items()}))
    }
    several = len(results.seeds) > 1
    return table(
        f"Table 1, {split} split: mean{' ± standard deviation' if several else ''} over {_seeds(results)}; "
        f"scores in the {results.variant} reading",
        [
            ("", "Student trained with"),
            *(("ours", heading) for heading in MEASURES.values()),
            *(("paper", MEASURES[measure]) for measure in _PAPER_MEASURES),
        ],
        text,
        pd.DataFrame(numbers),
        "Bold: the best mean, and its ± interval touches no other configuration's."
        if several
        else "One seed has no spread, so no row can be called the best.",
        "The paper's columns: Methods2Test, its own reading of each score, means of three seeds without spread.",
        *([_NOTE_WITHOUT_MODEL] if "identity" in bounds else []),
        bold=bold,
    )


_NOTE_WITHOUT_MODEL = (
    "Without a model: the references as answers to themselves; to every example the commonest reference of this split; "
    "to each example another one's reference."
)
_PAPER_MEASURES = tuple(measure for measure in MEASURES if measure != "exact_match")


def _with_spread(values: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """name → (mean, spread) as two columns a name."""
    return {
        f"{name}{end}": number
        for name, pair in values.items()
        for end, number in zip(("", "_spread"), pair, strict=True)
    }


def _seeds(results: Results) -> str:
    return f"{len(results.seeds)} seed{'s' if len(results.seeds) > 1 else ''}"


def _bound(results: Results, subject: str, split: str) -> dict[str, tuple[float, float]]:
    return {measure: (results.value(subject, split, measure), math.nan) for measure in MEASURES}


def _mean_and_spread(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation; the latter is NaN for a single value."""
    series = pd.Series(values, dtype=float)
    return float(series.mean()), float(series.std(ddof=1))


def clear_best(values: Mapping[str, tuple[float, float]]) -> str | None:
    """The name whose mean minus spread lies above every other's mean plus spread; None where there is none, or no spread, or no other."""
    ranked = sorted(values, key=lambda name: values[name][0], reverse=True)
    if len(ranked) < 2 or any(math.isnan(spread) for _, spread in values.values()):
        return None
    best, others = ranked[0], ranked[1:]
    return (
        best
        if all(values[best][0] - values[best][1] > mean + spread for mean, spread in (values[name] for name in others))
        else None
    )


def _pm(mean: float, spread: float = math.nan) -> str:
    return f"{mean:.3f}" if math.isnan(spread) else f"{mean:.3f} ± {spread:.3f}"


def best_configuration(results: Results) -> str:
    """The configuration with the highest mean CQS on the first split (validation): the one that the paper would report in Table 2."""
    return max(
        results.configurations, key=lambda name: _mean_and_spread(results.over_seeds(name, results.splits[0], "cqs"))[0]
    )


def table2(results: Results) -> Table:
    """The paper's Table 2: what the teacher and the best student cost, and what the student retains. Means over seeds."""
    chosen = best_configuration(results)
    students = [results.metrics[_subject(chosen, seed)]["model"] for seed in results.seeds]
    teacher = results.metrics["teacher"]["model"]
    lines = [
        (
            "Parameters",
            _count,
            teacher["parameters"],
            _mean(student["parameters"] for student in students),
            _printed("parameters", lambda digits: f"{int(digits) // 10**6} M"),
        ),
        (
            "Weights (MiB)",
            _plain,
            teacher["weight_bytes"] / 2**20,
            _mean(student["weight_bytes"] for student in students) / 2**20,
            _printed("memory_gb", lambda digits: f"{digits} GB"),
        ),
        (
            "Peak memory (MiB)",
            _plain,
            teacher["memory"]["tensors_mib"],
            _mean(student["memory"]["tensors_mib"] for student in students),
            None,
        ),
        (
            "Latency (ms)",
            _plain,
            teacher["latency"]["median_ms"],
            _mean(student["latency"]["median_ms"] for student in students),
            None,
        ),
    ]
    for split in results.splits:
        for measure in ("cqs", "exact_match"):
            lines.append(
                (
                    f"{MEASURES[measure]}, {split}",
                    _pm,
                    results.value("teacher", split, measure),
                    _mean(results.over_seeds(chosen, split, measure)),
                    _printed("cqs", str) if (measure, split) == ("cqs", "validation") else None,
                )
            )
    text, numbers = [], []
    for quantity, shown, of_teacher, of_student, printed in lines:
        ratio = of_student / of_teacher if of_teacher else math.nan
        text.append(
            [
                quantity,
                shown(of_teacher),
                shown(of_student),
                _NONE if math.isnan(ratio) else f"{100 * ratio:.1f} %",
                *(printed[0] if printed else [_NONE] * 3),
            ]
        )
        numbers.append(
            {
                "quantity": quantity,
                "teacher": of_teacher,
                "student": of_student,
                "student_to_teacher": ratio,
                **dict(
                    zip(
                        ("paper_teacher", "paper_student", "paper_student_to_teacher"),
                        printed[1] if printed else [math.nan] * 3,
                        strict=True,
                    )
                ),
            }
        )
    return table(
        f"Table 2: what distillation saves and what it keeps. The student: {name_of(chosen)}, mean of {_seeds(results)}; "
        f"scores in the {results.variant} reading",
        [
            ("", ""),
            *(
                (block, heading)
                for block in ("ours", "paper")
                for heading in ("Teacher", "Student", "Student / teacher")
            ),
        ],
        text,
        pd.DataFrame(numbers),
        f"The student is the configuration with the best mean CQS on the {results.splits[0]} split, as in the paper. In the rows of "
        "scores “student / teacher” is what the paper calls retention.",
        "Peak memory: tensors alive while one assertion is written, weights included. Latency: median, one assertion at a time on one "
        "thread (on a CPU, processor time). What the paper calls GPU memory is the size of the 32-bit weights, so it stands in that row.",
    )


def models_table(results: Results) -> pd.DataFrame:
    """Quality, latency and size of the teacher, the best student (mean over seeds) and the untrained one, on the first split.

    Columns: name, cqs, latency_ms, parameters, as ``plots.quality_size_latency`` takes them.
    """
    chosen = best_configuration(results)
    subjects = {
        "teacher": ["teacher"],
        f"student: {name_of(chosen)}": [_subject(chosen, seed) for seed in results.seeds],
        "student, untrained": ["undistilled"],
    }
    return pd.DataFrame(
        [
            {
                "name": name,
                "cqs": _mean(results.value(subject, results.splits[0], "cqs") for subject in members),
                "latency_ms": _mean(results.metrics[subject]["model"]["latency"]["median_ms"] for subject in members),
                "parameters": results.metrics[members[0]]["model"]["parameters"],
            }
            for name, members in subjects.items()
        ]
    )


def _printed(attribute: str, shown: Callable[[str], str]) -> tuple[list[str], list[float]]:
    """The paper's teacher, student and their ratio for one row of Table 2: as text, and as numbers."""
    digits = [getattr(model, attribute) for model in (published.TEACHER, published.STUDENT)]
    ratio = float(digits[1]) / float(digits[0])
    return [*map(shown, digits), f"{100 * ratio:.1f} %"], [*map(float, digits), ratio]


def _mean(values: Iterable[float]) -> float:
    return float(pd.Series(list(values), dtype=float).mean())


def _count(number: float) -> str:
    return f"{number / 1e6:.0f} M" if number >= 1e8 else f"{number / 1e6:.2f} M" if number >= 1e5 else f"{number:,.0f}"


def _plain(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def comparable_splits(results: Results) -> list[str]:
    """Splits on which configurations can be tested against the baseline: it and another one are in the grid, with two groups or more."""
    if results.baseline not in results.configurations or len(results.configurations) < 2:
        return []
    return [split for split in results.splits if _students(results, split)["group"].nunique() > 1]


def differences(results: Results, split: str) -> pd.DataFrame:
    """Each configuration's CQS minus the baseline's, tested twice: on other examples (runs held fixed), and with other seeds.

    Returns:
        Indexed by configuration, in the order of the tables: difference, low, high (95 %, bootstrap over groups of examples), effect
        (d_z over examples), p_examples and p_seeds (each Holm-corrected over the rows; the latter is missing with one seed) and
        significant (both below 0.05).

    Raises:
        ValueError: the split is none of :func:`comparable_splits`.
    """
    frame = _students(results, split)
    examples = stats.compare(frame, baseline=results.baseline).set_index("left")
    seeds = stats.compare_runs(frame, baseline=results.baseline).set_index("left")
    table = examples[["difference", "low", "high", "effect"]].assign(
        p_examples=examples["p_holm"],
        p_seeds=seeds["p_holm"],
        significant=examples["significant"] & seeds["significant"],
    )
    return table.loc[[name for name in results.configurations if name != results.baseline]].rename_axis("configuration")


def _students(results: Results, split: str) -> pd.DataFrame:
    """The students' scores on a split in the form that ``trident.reporting.stats`` reads."""
    scores = results.scores
    return scores[(scores["split"] == split) & scores["configuration"].notna()].rename(columns={"id": "example"})


def table_differences(results: Results, split: str) -> Table:
    """:func:`differences` as a table."""
    found = differences(results, split)
    text = [
        [
            name_of(row.Index),
            f"{row.difference:+.3f}".replace("-", "−"),
            f"{row.low:+.3f} to {row.high:+.3f}".replace("-", "−"),
            _NONE if math.isnan(row.effect) else f"{row.effect:+.2f}".replace("-", "−"),
            _p(row.p_examples),
            _p(row.p_seeds),
            "yes" if row.significant else "no",
        ]
        for row in found.itertuples()
    ]
    headings = (
        "Student trained with",
        "CQS more",
        "95 % interval",
        "Effect (d_z)",
        "p, other examples",
        "p, other seeds",
        "Holds for both",
    )
    return table(
        f"Differences to {name_of(results.baseline)}, {split} split, {_seeds(results)}",
        [("", heading) for heading in headings],
        text,
        found.reset_index().assign(split=split),
        "p, other examples: random signs of whole groups of examples, with these runs. p, other seeds: Welch's t-test between the "
        "runs. Both are corrected for the number of rows (Holm).",
    )


def _p(value: float) -> str:
    return _NONE if math.isnan(value) else "< 0.001" if value < 0.001 else f"{value:.3f}"


def detectable(results: Results, split: str, seeds: Sequence[int] = range(3, 16)) -> pd.DataFrame:
    """The smallest difference in CQS to the baseline that such an experiment would show four times out of five, by its number of seeds.

    Spread over seeds, over examples and within groups are those of our runs: root mean squares over the configurations.

    Returns:
        Index: seeds; a column for our number of examples and one for the paper's.

    Raises:
        ValueError: the split is none of :func:`comparable_splits`, or the grid has one seed: then its spread is unknown.
    """
    if len(results.seeds) < 2:
        raise ValueError("detectable needs runs with two seeds or more: with one, the spread over seeds is unknown")
    frame = _students(results, split)
    others = [name for name in results.configurations if name != results.baseline]
    pairs = pd.DataFrame(
        [stats.paired_sd(frame, name, results.baseline) for name in others],
        columns=["example_sd", "group_size", "group_correlation"],
    )
    known = {
        "example_sd": pairs["example_sd"].pow(2).mean() ** 0.5,
        "seed_sd": stats.spread(frame)["sd"].pow(2).mean() ** 0.5,
        "group_size": pairs["group_size"].mean(),
        "group_correlation": pairs["group_correlation"].mean(),
    }
    sizes = dict.fromkeys((frame["example"].nunique(), published.EXAMPLES))
    return pd.DataFrame(
        {examples: [stats.detectable(examples, seeds=number, **known) for number in seeds] for examples in sizes},
        index=pd.Index(seeds, name="seeds"),
    )


def table_variants(results: Results, split: str) -> Table:
    """The Code Quality Score of the same predictions under each reading that was scored, beside the one that the paper prints."""
    variants = sorted(
        results.metrics["teacher"]["splits"][split], key=lambda variant: (variant != results.variant, variant)
    )
    rows = [
        (
            "teacher",
            "Teacher",
            {variant: (results.value("teacher", split, "cqs", variant), math.nan) for variant in variants},
        ),
        *(
            (
                name,
                name_of(name),
                {variant: _mean_and_spread(results.over_seeds(name, split, "cqs", variant)) for variant in variants},
            )
            for name in results.configurations
        ),
        *(
            (
                subject,
                WITHOUT_MODEL[subject],
                {variant: (results.value(subject, split, "cqs", variant), math.nan) for variant in variants},
            )
            for subject in _without_model(results, split)
        ),
    ]
    text, numbers = [], []
    for key, label, values in rows:
        printed = published.TEACHER.cqs if key == "teacher" else published.TABLE1.get(key, {}).get("cqs")
        text.append([label, *(_pm(*values[variant]) for variant in variants), printed or _NONE])
        numbers.append({"split": split, "row": key, **_with_spread(values), "printed": float(printed or math.nan)})
    return table(
        f"The same predictions under each reading of the Code Quality Score, {split} split: mean over {_seeds(results)}",
        [("", "Model"), *(("ours", f"CQS, {variant.replace('_', ' ')}") for variant in variants), ("paper", "CQS")],
        text,
        pd.DataFrame(numbers),
    )


def table_probes(ranked: pd.DataFrame) -> Table:
    """How often each measure puts an equivalent assertion above a wrong one: ``trident.evaluation.probes.table``, from ``trident.evaluation.probes.rank``."""
    found = probes.table(ranked)
    total = found.pop("probes").iloc[0]
    resting = ranked.groupby("wrong")["probe"].nunique().reindex(found.columns, fill_value=total)
    text = [
        [
            MEASURES.get(measure, measure),
            variant,
            encoder or _NONE,
            *(_NONE if math.isnan(value) else f"{value:.2f}" for value in row),
        ]
        for (measure, variant, encoder), *row in found.itertuples(name=None)
    ]
    headings = [
        "Measure",
        "Reading",
        "Encoder",
        *(f"{label.replace('_', ' ')} ({resting[label]})" for label in found.columns),
    ]
    return table(
        "How often the equivalent assertion scores above the wrong one, by what is wrong with it (in brackets: the number of probes)",
        [("", heading) for heading in headings],
        text,
        found.reset_index(),
        "1: always; 0: never, the wrong one always scores higher. A tie counts half, so a coin, or a measure that sees no difference "
        "at all, has 0.50. Each probe counts the same.",
    )


def paper_arithmetic() -> Table:
    """The paper's own numbers, checked against each other, and how small its unpublished spread would have to be."""
    checks = published.arithmetic()
    text = [[check.claim, check.printed, check.found, "yes" if check.agrees else "no"] for check in checks]
    best, baseline = published.TABLE1["trident_static"]["cqs"], published.TABLE1[published.BASELINE]["cqs"]
    limit = published.largest_spread(published.lead("trident_static", published.BASELINE))
    headings = ("The paper says", "printed", "follows", "agrees to the printed digit")
    return table(
        "The paper's own arithmetic",
        [("", heading) for heading in headings],
        text,
        pd.DataFrame([vars(check) for check in checks]),
        f"Table 1's lead of the best row over the baseline, {best} against {baseline} with {published.SEEDS} seeds each, is "
        f"significant at 5 % only if the standard deviation over seeds is at most {limit:.4f}. The paper gives no spread.",
    )


# -- the README's copy


def results_text(folder: str | Path) -> str:
    """What the README shows: Table 1 and Table 2 as they stand in `folder`."""
    return "\n".join((Path(folder) / f"{name}.md").read_text(encoding="utf-8") for name in ("table1", "table2"))


def update_readme(readme: str | Path, folder: str | Path) -> None:
    """Replace what stands between the two markers ``results:begin`` and ``results:end`` in `readme` by :func:`results_text`.

    Raises:
        ValueError: the markers are not there exactly once each, in this order.
    """
    readme = Path(readme)
    before, shown, after = split_readme(readme.read_text(encoding="utf-8"), readme.name)
    wanted = f"\n{results_text(folder)}"
    if shown != wanted:
        artifacts.write_text(readme, f"{before}{_BEGIN}{wanted}{_END}{after}")


def split_readme(text: str, name: str) -> tuple[str, str, str]:
    """What stands before, between and after the markers. Raises ValueError as :func:`update_readme`."""
    if text.count(_BEGIN) != 1 or text.count(_END) != 1 or text.index(_BEGIN) > text.index(_END):
        raise ValueError(f"{name}: expected one line {_BEGIN} and, after it, one line {_END}")
    before, rest = text.split(_BEGIN)
    return before, *rest.split(_END)
