"""What a figure shows, as its title: sentences made from the numbers, and never more than the tests carry."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from trident.reporting import published, stats
from trident.reporting.agreement import ALL, CQS, NAMES, NOT_EXACT, SCORES
from trident.reporting.configurations import Sweep, is_control, is_distilled, value_name
from trident.reporting.rankings import Rankings
from trident.reporting.results import MEASURES, Results


def scores(results: Results, split: str, measure: str = "accepted") -> str:
    """Which student has the highest mean, and what the teacher has."""
    means = results.over_seeds(split)[measure, "mean"]
    best = str(means[list(results.configurations)].idxmax())
    return (
        f"{results.names[best]} has the highest mean: {_percent(means[best])} {MEASURES[measure].lower()} on {split}; "
        f"the teacher has {_percent(means['teacher'])}"
    )


def differences(results: Results, split: str, found: Mapping[str, pd.DataFrame]) -> str:
    """How many configurations differ from the baseline in both tests."""
    counts = (f"{table['significant'].sum()} of {len(table)} in {MEASURES[name]}" for name, table in found.items())
    return f"Different from {results.names[results.baseline]} on {split}, in both tests: {', '.join(counts)}"


def detectable(by_seeds: pd.DataFrame, seeds: int, gap: float) -> str:
    """What as many seeds as ours can show, and how many it takes to show a published difference."""
    ours, most = by_seeds[by_seeds.columns[0]], by_seeds[by_seeds.columns[-1]]
    needed = most.index[most <= gap]
    enough = f"takes {needed[0]} seeds" if len(needed) else f"is out of reach even with {most.index[-1]} seeds"
    shows = f"can show a difference of {ours[seeds]:.3f}" if ours[seeds] < 1 else "can show no difference"
    return f"{seeds} seeds {shows} in CQS;\nthe published {gap:g} {enough} and {most.name:,} examples"


def probes(tests: pd.DataFrame) -> str:
    """Whether semantic similarity tells an equivalent assertion from a wrong one."""
    row = tests.loc["semantic"]
    chance = _chance(row["share"], row["p"] < stats.ALPHA)
    return f"Semantic similarity puts the equivalent assertion first in {_percent(row['share'])} of pairs: {chance}"


def agreement(judged: pd.DataFrame) -> str:
    """How often CQS puts an equivalent answer first, with and without exact matches."""
    every, rest = (_share(judged.loc[(answers, CQS)]) for answers in (ALL, NOT_EXACT))
    row = judged.loc[(NOT_EXACT, CQS)]
    return (
        f"CQS puts an equivalent answer above one that is not in {every} of pairs;\n"
        f"among answers that are not exact matches in {rest}: {_against_a_coin(row)}"
    )


def agreement_in_words(found: pd.DataFrame, judged: pd.DataFrame, split: str) -> str:
    """The same as a paragraph of Markdown, with what does better, and how the list of accepted forms compares.

    Args:
        found: the answers, of `agreement.answers`.
        judged: of `agreement.judge`.
    """
    known = found.dropna(subset=["equivalent"])
    every, rest = (judged.loc[answers] for answers in (ALL, NOT_EXACT))
    if every["auc"].isna().all() or rest["auc"].isna().all():
        return (
            f"On {split}, execution calls all answers that are not exact equivalent, or none: no score can be judged."
        )
    parts = rest.loc[[name for name, (_, variant) in SCORES.items() if variant == "strict" and name != CQS]]
    best = str(parts["auc"].idxmax())
    right, listed = known["equivalent"] == 1, known["accepted"].astype(bool)
    return (
        f"On {split}, execution calls {_percent(right.mean())} of {len(known):,} answers equivalent. Of two answers, "
        f"one equivalent and one not, **CQS puts the equivalent one first in {_share(every.loc[CQS])} of cases**; a "
        f"coin does so in 50 %. Exact matches, which are easy to recognise, are part of that. **Among the others it is "
        f"{_share(rest.loc[CQS])}**, {_against_a_coin(rest.loc[CQS])}; in the paper's reading "
        f"{_share(rest.loc['cqs_paper'])}, in the released one {_share(rest.loc['cqs_released'])}. Of the strict "
        f"components {NAMES[SCORES[best][0]]} does best there: {_share(rest.loc[best])}. The list of accepted forms "
        f"has {_share(rest.loc['accepted'])}: execution calls {_percent(right[listed].mean())} of the accepted answers "
        f"equivalent, and {_percent(1 - listed[right].mean())} of the equivalent ones are not on the list."
    )


def rankings(ranked: Rankings) -> str:
    """Whether CQS and execution rank the configurations alike."""
    number, swapped = len(ranked.levels["cqs"]), len(ranked.reversed)
    pairs = "no pair" if not swapped else f"{swapped} pair{'s' if swapped > 1 else ''}"
    change = "change" if swapped > 1 else "changes"
    return (
        f"Ranks by CQS and by execution: Kendall's tau {ranked.tau:.2f} ({ranked.low:.2f} to {ranked.high:.2f});\n"
        f"{pairs} of the {number} configurations {change} places by more than chance"
    ).replace("-", "−")


def _share(row: pd.Series) -> str:
    return f"{_percent(row['auc'])} ({100 * row['auc_low']:.0f} to {100 * row['auc_high']:.0f})"


def _against_a_coin(row: pd.Series) -> str:
    return _chance(row["auc"], not row["auc_low"] <= 0.5 <= row["auc_high"])


def _chance(share: float, sure: bool) -> str:
    if not sure:
        return "no better than a coin"
    return "better than a coin" if share > 0.5 else "worse than a coin"


def validation_losses(logs: Mapping[str, list[dict[str, float]]]) -> str:
    """How much the validation losses still fell at the end."""
    falls = {}
    for name, history in logs.items():
        losses = pd.DataFrame(history)["eval_loss"].dropna()
        falls[name] = 1 - losses.iloc[-1] / losses.iloc[-2] if len(losses) > 1 else float("nan")
    most = pd.Series(falls)
    if most.isna().all():
        return "One validation per training: whether it had ended is not known"
    percent = 100 * max(0.0, most.max())
    return f"Between the last two validations the loss fell by {percent:.1f} % at most ({most.idxmax()})"


def label_distribution(blanks: Mapping[str, pd.DataFrame]) -> str:
    """How flat the right soft target is, and how far the teacher is from it."""
    teacher = next(iter(blanks.values()))
    others = [table["divergence"].mean() for table in list(blanks.values())[1:]]
    return (
        f"The right label has {teacher['entropy'].mean():.2f} bits of entropy, the teacher's "
        f"{teacher['model_entropy'].mean():.2f};\nthe teacher is {teacher['divergence'].mean():.2f} bits away from the "
        f"truth, the students from {min(others):.2f} to {max(others):.2f}"
    )


def sweep(results: Results, swept: Sweep, split: str) -> str:
    """What the grid says of the parameter that it sweeps."""
    return {"human_labels": _labels, "temperature": _temperature, "semantic": _semantic}[swept.parameter](
        results, swept, split
    )


def _labels(results: Results, swept: Sweep, split: str) -> str:
    """With the fewest and with the most labels at which both exist: the best teaching against cross-entropy alone."""
    points = swept.points.drop_duplicates("configuration").set_index("configuration")["value"]
    p = results.parameters
    alone = {value: str(name) for name, value in points.items() if is_control(p[str(name)])}
    taught = {value: [name for name in points.index[points == value] if is_distilled(p[name])] for value in alone}
    values = sorted(value for value, names in taught.items() if names)
    lines = []
    for value in dict.fromkeys([*values[:1], *values[-1:]]):
        own, best, _, sure = _best_against(results, split, alone[value], taught[value])
        lines.append(f"{value:,.0f} labels: {own} accepted from them alone, {best} with the teacher ({sure})")
    return ";\n".join(lines)


def _temperature(results: Results, swept: Sweep, split: str) -> str:
    """In each family, the paper's temperature against the best other one."""
    return _by_family(results, swept, split, published.TEMPERATURE, f"at T = {published.TEMPERATURE:g}")


def _semantic(results: Results, swept: Sweep, split: str) -> str:
    """In each family, no semantic term against its best weight."""
    return _by_family(results, swept, split, 0.0, "without the term")


def _by_family(results: Results, swept: Sweep, split: str, reference: float, words: str) -> str:
    lines = []
    for family, members in swept.families().items():
        if reference in members.index:
            others = members.drop(reference)
            own, best, name, sure = _best_against(results, split, members[reference], list(others))
            value = value_name(swept.parameter, others.index[others == name][0])
            lines.append(f"{family}: {own} accepted {words}, {best} at best, with {value} ({sure})")
    return ";\n".join(lines)


def _best_against(results: Results, split: str, control: str, others: list[str]) -> tuple[str, str, str, str]:
    """Accepted answers of `control` and of the best of `others`, its name, and whether both tests tell them apart."""
    frame = results.of_students(split, [control, *others])
    means = frame.groupby("configuration")["accepted"].mean()
    best = str(means[others].idxmax())
    significant = stats.p_values(frame, control, "accepted").loc[best, "significant"]
    sure = "differs in both tests" if significant else "may be chance"
    return _percent(means[control]), _percent(means[best]), best, sure


def _percent(share: float) -> str:
    """Two digits, one after the point where the share is below a tenth: on real Java all shares are a few percent."""
    return f"{100 * share:.{0 if share >= 0.1 else 1}f} %"
