"""The paper's claims, each with what a grid says of it: confirmed, corrected, refuted, or not decidable here.

Rules decide, from results alone. A claim on scores is confirmed or refuted only if the difference holds over other
examples and over other seeds (`stats.p_values`). Arithmetic is corrected where it is off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from trident.reporting import published, stats, tables
from trident.reporting.agreement import NOT_EXACT
from trident.reporting.configurations import is_control, is_distilled, value_name
from trident.reporting.rendering import Table
from trident.reporting.results import MEASURES, SELECTION, Results

CONFIRMED, CORRECTED, REFUTED, OPEN = "confirmed", "corrected", "refuted", "not decidable here"
#: The name of the table's files.
FILE = "table_verdicts"
#: The paper's own grid with more seeds: it has a verdict on every claim.
MORE_SEEDS = "claims"
_RETAINED = 0.9


@dataclass(frozen=True)
class Evidence:
    """What a grid knows.

    Attributes:
        split: where scores are compared.
        compared: measure → differences to the grid's baseline, as `tables.differences` gives them; empty if it cannot.
        probes: the contrasts that notebook 05 ranks.
        judged: how well each score follows execution there, of `agreement.judge`; None where nothing was executed.
    """

    results: Results
    split: str
    compared: Mapping[str, pd.DataFrame]
    probes: pd.DataFrame
    judged: pd.DataFrame | None

    def to(self, baseline: str, measure: str, names: Sequence[str] | None = None) -> pd.DataFrame:
        """`stats.compare` with `baseline`, of all configurations or of `names` (the baseline among them) alone."""
        if baseline == self.results.baseline and names is None:
            return self.compared[measure]
        return stats.compare(self.results.of_students(self.split, names), baseline, measure)


@dataclass(frozen=True)
class Finding:
    """What was measured for a claim, the test of it, and the verdict; with the numbers of `stats.compare`, if any."""

    measured: str
    test: str
    verdict: str
    numbers: Mapping[str, float]


Rule = Callable[[Evidence, published.Claim], Finding | None]


def table_verdicts(evidence: Evidence, folder: Path) -> Table:
    """The table of claims: all in the paper's own grid, in another those that it decides.

    `folder`: of the results. What other grids say, whose tables are in folders below, has a column of its own.
    """
    own = evidence.results.baseline == published.BASELINE
    rows = []
    for claim in published.claims():
        finding = _RULES[claim.key](evidence, claim) if own or claim.grids else None
        if finding is not None or own:
            rows.append((claim, finding or Finding("–", "–", OPEN, {})))
    headings = ["Question", "The paper claims", "Section", "Paper", "Measured here", "Test", "Verdict"]
    text = [
        [claim.question or "–", claim.text, claim.section, claim.printed, found.measured, found.test, found.verdict]
        for claim, found in rows
    ]
    elsewhere = [_elsewhere(claim, folder) for claim, _ in rows]
    shown, cells = headings, text
    if any(elsewhere):
        shown = [*headings, "In other grids"]
        cells = [[*row, words or "–"] for row, words in zip(text, elsewhere, strict=True)]
    return Table(
        f"The paper's claims, {evidence.split} split, {tables.seeds_in_words(evidence.results)}",
        [("", heading) for heading in shown],
        cells,
        pd.DataFrame([{**_words(claim), **found.numbers, "verdict": found.verdict} for claim, found in rows]),
        [
            "Confirmed or refuted: the difference holds over other examples and over other seeds, both p below 0.05 "
            "after Holm's correction. Corrected: the paper's own numbers, or its models, give another number. Not "
            "decidable here: the tests do not tell, or the grid lacks what it takes.",
            *_by_question(rows),
        ],
        frozenset((i, len(headings) - 1) for i, (_, found) in enumerate(rows) if found.verdict in (CONFIRMED, REFUTED)),
        words=len(shown),
    )


def _words(claim: published.Claim) -> dict[str, str]:
    return {"question": claim.question, "claim": claim.text, "section": claim.section, "paper": claim.printed}


def _by_question(rows: Sequence[tuple[published.Claim, Finding]]) -> list[str]:
    """One sentence per research question: how many of its claims have which verdict."""
    sentences = []
    for question in sorted({claim.question for claim, _ in rows} - {""}):
        counts = pd.Series([found.verdict for claim, found in rows if claim.question == question]).value_counts()
        parts = ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
        sentences.append(f"{question}: of {counts.sum()} claims {parts}.")
    return sentences


def _elsewhere(claim: published.Claim, folder: Path) -> str:
    """The verdict on a claim in each grid that has one below `folder`; empty where none has."""
    found = []
    for grid in (MORE_SEEDS, *claim.grids):
        file = folder / grid / f"{FILE}.csv"
        if file.is_file():
            known = pd.read_csv(file, index_col="claim")["verdict"]
            found += [f"{grid}: {known[claim.text].removesuffix(' here')}"] if claim.text in known else []
    return "; ".join(found)


# -- differences of scores


def _verdict(significant: bool, difference: float) -> str:
    return (CONFIRMED if difference > 0 else REFUTED) if significant else OPEN


def _tested(row: pd.Series, sign: int = 1) -> tuple[str, dict[str, float]]:
    """The test of a difference in words and in numbers. `sign` = −1: of the opposite difference."""
    ends = {over: sorted(sign * row[f"{end}_{over}"] for end in ("low", "high")) for over in ("examples", "seeds")}
    words = [f"over {over} p {tables.p_value(row[f'p_{over}'])} ({tables.interval(*ends[over])})" for over in ends]
    numbers = {
        "difference": sign * row["difference"],
        **{f"{end}_{over}": value for over in ends for end, value in zip(("low", "high"), ends[over], strict=True)},
        "p_examples": row["p_examples"],
        "p_seeds": row["p_seeds"],
    }
    return "; ".join(words), numbers


def _shown(value: float, measure: str) -> str:
    return f"{MEASURES[measure]} {tables.number(value, '+.3f')}"


def _above(evidence: Evidence, claim: published.Claim) -> Finding | None:
    """The first of a pair scores above the second: tested against the paper's baseline, or against the first."""
    assert claim.pair is not None
    one, other = claim.pair
    if not {one, other} <= {*evidence.results.configurations} or not evidence.compared:
        return None
    baseline, compared, sign = (other, one, 1) if other == published.BASELINE else (one, other, -1)
    rows = {measure: evidence.to(baseline, measure).loc[compared] for measure in evidence.compared}
    words, numbers = _tested(rows["cqs"], sign)
    measured = ", ".join(_shown(sign * rows[measure]["difference"], measure) for measure in ("cqs", "accepted"))
    return Finding(measured, f"CQS {words}", _verdict(rows["cqs"]["significant"], numbers["difference"]), numbers)


def _teacher(evidence: Evidence, _: published.Claim) -> Finding | None:
    """The best distilled student (on validation) against cross-entropy alone, with as few labels as the grid has."""
    results = evidence.results
    labels = {name: p["human_labels"] or results.train_examples for name, p in results.parameters.items()}
    alone = [name for name, p in results.parameters.items() if is_control(p)]
    taught = [name for name, p in results.parameters.items() if is_distilled(p)]
    common = {labels[name] for name in alone} & {labels[name] for name in taught}
    if not common or evidence.split not in tables.comparable_splits(results):
        return None
    fewest = min(common)
    control = next(name for name in alone if labels[name] == fewest)
    names = [name for name in taught if labels[name] == fewest]
    best = str(results.over_seeds(SELECTION)["accepted", "mean"][names].idxmax())
    row = evidence.to(control, "accepted", [*names, control]).loc[best]
    words, numbers = _tested(row)
    measured = f"{results.names[best]} against {results.names[control]}: {_shown(row['difference'], 'accepted')}"
    return Finding(measured, f"accepted {words}", _verdict(row["significant"], row["difference"]), numbers)


def _retention(evidence: Evidence, _: published.Claim) -> Finding | None:
    """The student of Table 2 against 90 % of the teacher's score, example by example; the teacher does not vary."""
    results = evidence.results
    chosen = tables.chosen_student(results)
    teacher = results.teacher[results.teacher["split"] == evidence.split]
    line = pd.concat([teacher.assign(cqs=_RETAINED * teacher["cqs"], configuration="", seed=s) for s in results.seeds])
    students = results.of_students(evidence.split, [chosen])
    told_apart = teacher["group"].nunique() > 1 and teacher["cqs"].mean() > 0
    if not is_distilled(results.parameters[chosen]) or not told_apart:
        return None
    row = stats.compare(pd.concat([students, line]), "").loc[chosen]
    words, numbers = _tested(row)
    kept = students["cqs"].mean() / teacher["cqs"].mean()
    measured = f"{results.names[chosen]} keeps {100 * kept:.1f} %"
    test = f"CQS above 90 % of the teacher's: {words}"
    return Finding(measured, test, _verdict(row["significant"], row["difference"]), {"share": kept, **numbers})


def _swept(evidence: Evidence, parameter: str, reference: float) -> tuple[pd.DataFrame, str] | None:
    """Each family's accepted answers compared with those at `reference`, and all differences in words."""
    sweep = evidence.results.sweeps.get(parameter)
    if sweep is None or evidence.results.of_students(evidence.split)["group"].nunique() < 2:
        return None
    parts = []
    for members in sweep.families().values():
        p = evidence.results.parameters[members.iloc[-1]]
        # Without a gradient the semantic term cannot teach anything: that family is the control.
        if reference in members.index and (parameter != "semantic" or p["semantic_mode"] != "decoded"):
            parts.append(evidence.to(members[reference], "accepted", list(members)))
    if not parts:
        return None
    rows = pd.concat(parts)
    names = evidence.results.names
    found = (f"{names[str(name)]} {tables.number(row['difference'], '+.3f')}" for name, row in rows.iterrows())
    return rows, f"accepted, against {value_name(parameter, reference)}: {'; '.join(found)}"


def _semantic(evidence: Evidence, _: published.Claim) -> Finding | None:
    """Confirmed if some weight of the term (with a gradient) raises the share of accepted answers."""
    swept = _swept(evidence, "semantic", 0.0)
    if swept is None:
        return None
    rows, measured = swept
    counted = rows[rows["significant"]] if rows["significant"].any() else rows
    row = counted.loc[counted["difference"].idxmax()]
    words, numbers = _tested(row)
    test = f"{evidence.results.names[str(row.name)]}: {words}"
    return Finding(measured, test, _verdict(row["significant"], row["difference"]), numbers)


def _temperature(evidence: Evidence, _: published.Claim) -> Finding | None:
    """Refuted if another temperature gives more accepted answers; confirmed if every other gives fewer."""
    swept = _swept(evidence, "temperature", published.TEMPERATURE)
    if swept is None:
        return None
    rows, measured = swept
    better = rows[rows["significant"] & (rows["difference"] > 0)]
    row = (better if len(better) else rows).sort_values("difference").iloc[-1]
    all_worse = rows["significant"].all() and (rows["difference"] < 0).all()
    words, numbers = _tested(row)
    test = f"{evidence.results.names[str(row.name)]}: {words}"
    return Finding(measured, test, REFUTED if len(better) else CONFIRMED if all_worse else OPEN, numbers)


def _storage(evidence: Evidence, _: published.Claim) -> Finding | None:
    """Students taught from 4-bit logits, the paper's “4x”, against the grid's baseline, taught from the exact cache."""
    small = [name for name, p in evidence.results.parameters.items() if p["codec"] == "logits_uint4"]
    if len(small) != 1 or not evidence.compared:
        return None
    row = evidence.compared["cqs"].loc[small[0]]
    words, numbers = _tested(row)
    measured = f"taught from 4-bit logits: {_shown(row['difference'], 'cqs')}"
    return Finding(measured, f"CQS {words}", _verdict(row["significant"], row["difference"]), numbers)


# -- arithmetic and probes


def _parameters(evidence: Evidence, _: published.Claim) -> Finding:
    checks = {check.claim: check for check in published.arithmetic()}
    exact = checks["fewer parameters, from the models' exact counts"]
    measured = f"{_saved(evidence, 'parameters')} here; {exact.found} in the models that the paper names"
    return Finding(measured, "arithmetic", CONFIRMED if exact.agrees else CORRECTED, {})


def _memory(evidence: Evidence, _: published.Claim) -> Finding:
    checks = [check for check in published.arithmetic() if check.claim.startswith("GPU memory of")]
    measured = f"weights {_saved(evidence, 'weight_mib')}, peak memory {_saved(evidence, 'memory_mib')} here"
    weights_only = all(check.agrees for check in checks)
    test = "arithmetic: the paper's sizes are the 32-bit weights alone" if weights_only else "arithmetic"
    return Finding(measured, test, CORRECTED if weights_only else CONFIRMED, {})


def _saved(evidence: Evidence, cost: str) -> str:
    means = evidence.results.over_seeds(evidence.split)[cost, "mean"]
    return f"{100 * (1 - means[tables.chosen_student(evidence.results)] / means['teacher']):.1f} % less"


def _bound(_: Evidence, __: published.Claim) -> Finding:
    bound = published.TEMPERATURE**2 * math.log(2)
    return Finding(f"T² · ln 2 = {bound:.1f} at T = {published.TEMPERATURE:g}", "arithmetic", CORRECTED, {})


def _meaning(evidence: Evidence, _: published.Claim) -> Finding:
    """The semantic part of the score ranks equivalent assertions above wrong ones more often than a coin.

    The probes decide, as equivalent and wrong assertions are alike in them. Of the models' own answers the wrong ones
    are often unlike the reference in everything, so the AUC there stands beside as a number.
    """
    row = tables.probe_tests(evidence.probes).loc["semantic"]
    measured = f"the equivalent assertion is ahead in {100 * row['share']:.0f} % of contrasts; a coin: 50 %"
    if evidence.judged is not None:
        auc = evidence.judged.loc[(NOT_EXACT, "semantic_strict")]
        measured += f"; among the models' answers that are not exact, AUC {tables.number(auc['auc'], '.2f')}"
    test = f"{row['probes']:.0f} probes: p {tables.p_value(row['p'])} ({row['low']:.2f} to {row['high']:.2f})"
    return Finding(measured, test, _verdict(row["p"] < stats.ALPHA, row["share"] - 0.5), {"share": row["share"]})


_RULES: Mapping[str, Rule] = {
    "above": _above,
    "semantic": _semantic,
    "teacher": _teacher,
    "retention": _retention,
    "parameters": _parameters,
    "memory": _memory,
    "temperature": _temperature,
    "bound": _bound,
    "meaning": _meaning,
    "storage": _storage,
}
