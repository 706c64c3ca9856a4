"""The numbers that the paper prints, and whether they agree with each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from scipy.stats import t as student_t

#: Weights of the Code Quality Score (section 4.3).
WEIGHTS = {"semantic": "0.30", "codebleu": "0.30", "ast": "0.20", "token_accuracy": "0.20"}
#: Table 1 as printed: configuration → measure → digits. Means of three seeds on 7,000 examples.
TABLE1: Mapping[str, Mapping[str, str]] = {
    name: dict(zip(("cqs", *WEIGHTS), digits.split(), strict=True))
    for name, digits in {
        "trident_static": "0.688 0.850 0.593 0.979 0.298",
        "trident_dynamic": "0.685 0.846 0.586 0.980 0.297",
        "ce_jsd_semantic": "0.686 0.847 0.588 0.975 0.302",
        "ce_kl": "0.683 0.845 0.584 0.976 0.293",
        "focal_jsd": "0.683 0.844 0.584 0.976 0.295",
        "focal_semantic": "0.682 0.846 0.586 0.974 0.289",
    }.items()
}
SEEDS, EXAMPLES, TEMPERATURE = 3, 7_000, 4.0
#: What the paper calls each configuration.
NAMES = {
    "trident_static": "Trident (static)",
    "trident_dynamic": "Trident (dynamic)",
    "ce_jsd_semantic": "CE + JSD + semantic",
    "ce_kl": "CE + KL (baseline)",
    "focal_jsd": "Focal + JSD",
    "focal_semantic": "Focal + semantic",
}
BASELINE = "ce_kl"


@dataclass(frozen=True)
class Model:
    """A row of Table 2 as printed (parameters in millions), and the exact parameters of the model of that name.

    `exact_parameters` is counted from its configuration: T5 of that shape, vocabulary 32,100, tied embeddings.
    """

    parameters: str
    memory_gb: str
    cqs: str
    exact_parameters: int


#: Table 2: codet5p-770m and codet5p-220m.
TEACHER = Model("770", "2.8", "0.7527", 737_639_424)
STUDENT = Model("220", "0.8", "0.688", 222_882_048)


@dataclass(frozen=True)
class Claim:
    """A claim of the paper that an experiment can test.

    Attributes:
        key: names the rule that decides it.
        question: the research question that it answers.
        section: where the paper makes it.
        pair: for a claim that one configuration scores above another: both.
        printed: the number that goes with it.
        grids: grids besides the paper's own that can decide it.
    """

    key: str
    question: str
    section: str
    text: str
    pair: tuple[str, str] | None = None
    printed: str = "–"
    grids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """One statement of the paper, what follows from its own numbers, and whether both agree to the printed digit."""

    claim: str
    printed: str
    found: str
    agrees: bool


def _above(question: str, text: str, one: str, other: str) -> Claim:
    printed = f"CQS {lead(one, other):+.3f}"
    return Claim("above", question, "5.1", f"{text} {NAMES[other]}", (one, other), printed)


def claims() -> list[Claim]:
    """The paper's claims in the order of its questions, then those on its settings, its measure and its files."""
    static, dynamic = "Trident (static) scores above", "Trident (dynamic) scores above"
    contributes = "The {} contributes: Trident (static) scores above"
    equivalent = (
        "The semantic term rewards answers that are written in another way and mean the same: more are accepted"
    )
    return [
        _above("RQ1", static, "trident_static", BASELINE),
        _above("RQ1", dynamic, "trident_dynamic", BASELINE),
        _above("RQ1", static, "trident_static", "trident_dynamic"),
        _above("RQ2", contributes.format("focal loss"), "trident_static", "ce_jsd_semantic"),
        _above("RQ2", contributes.format("JSD"), "trident_static", "focal_semantic"),
        _above("RQ2", contributes.format("semantic term"), "trident_static", "focal_jsd"),
        Claim("semantic", "RQ2", "1, 3.1", equivalent, grids=("semantic",)),
        Claim(
            "teacher",
            "RQ3",
            "2, 6.2",
            "A student learns more with a teacher than from labels alone",
            grids=("labels", "temperature"),
        ),
        Claim("retention", "RQ3", "5.2, 8", "The student keeps 90 % of the teacher's CQS", printed="91.4 %"),
        Claim("parameters", "RQ3", "5.2", "The student has 71.4 % fewer parameters", printed="71.4 %"),
        Claim("memory", "RQ3", "5.2", "The student needs 71.4 % less GPU memory", printed="71.4 %"),
        Claim("temperature", "", "4.2", "T = 4 suits distillation", printed="T = 4", grids=("temperature",)),
        Claim("bound", "", "3.1", "The JSD term lies between 0 and ln 2", printed=f"{math.log(2):.2f}"),
        Claim("meaning", "", "4.3", "Semantic similarity recognises assertions that mean the same"),
        Claim(
            "storage", "", "3.3", "Stored outputs are 4 times smaller at the same precision", None, "4x", ("codecs",)
        ),
    ]


def arithmetic() -> list[Check]:
    """Check the paper's tables against themselves and against the models that they name."""
    best = max(row["cqs"] for row in TABLE1.values())
    same = Check("Table 2's student is Table 1's best", STUDENT.cqs, best, STUDENT.cqs == best)
    return [*_scores(), *_ratios(), same, *_sizes("teacher", TEACHER), *_sizes("student", STUDENT)]


def _scores() -> Iterator[Check]:
    """Each CQS of Table 1, recomputed from its components."""
    for name, row in TABLE1.items():
        found = sum((Decimal(weight) * Decimal(row[part]) for part, weight in WEIGHTS.items()), Decimal())
        agrees = _rounded(found, row["cqs"]) == row["cqs"]
        yield Check(f"Table 1: CQS of {NAMES[name]}, from its components", row["cqs"], f"{found:.4f}", agrees)


def _ratios() -> Iterator[Check]:
    """Sections 5.2 and 8, and the abstract: the savings and what is retained."""
    saved = {
        "fewer parameters, from Table 2": int(STUDENT.parameters) / int(TEACHER.parameters),
        "fewer parameters, from the models' exact counts": STUDENT.exact_parameters / TEACHER.exact_parameters,
        "less GPU memory, from Table 2": float(STUDENT.memory_gb) / float(TEACHER.memory_gb),
    }
    for claim, ratio in saved.items():
        percent = f"{100 * (1 - ratio):.1f}"
        yield Check(claim, "71.4 %", f"{percent} %", percent == "71.4")
    kept = 100 * float(STUDENT.cqs) / float(TEACHER.cqs)
    yield Check("share of the teacher's CQS that the student retains", "90 %", f"{kept:.1f} %", f"{kept:.0f}" == "90")


def _sizes(who: str, model: Model) -> Iterator[Check]:
    """Table 2's sizes against the model of that name. "GPU memory" turns out to be the 32-bit weights alone."""
    millions, gib = model.exact_parameters / 1e6, f"{4 * model.exact_parameters / 2**30:.2f}"
    same = round(millions, -1) == int(model.parameters)  # both are printed to tens of millions
    yield Check(f"parameters of the {who}", f"{model.parameters} M", f"{millions:.1f} M", same)
    same = _rounded(Decimal(gib), model.memory_gb) == model.memory_gb  # 2.748 is shown as 2.75, which rounds to 2.8
    claim = f"GPU memory of the {who}, if it were the 32-bit weights alone"
    yield Check(claim, f"{model.memory_gb} GB", f"{gib} GiB", same)


def _rounded(number: Decimal, like: str) -> str:
    return str(number.quantize(Decimal(like), ROUND_HALF_UP))


def lead(configuration: str, other: str) -> float:
    """By how much the printed CQS of one row of Table 1 is above another's."""
    return float(Decimal(TABLE1[configuration]["cqs"]) - Decimal(TABLE1[other]["cqs"]))


def largest_std(difference: float, seeds: int = SEEDS, level: float = 0.05) -> float:
    """The largest standard deviation over seeds at which `difference` between two means of `seeds` runs is significant.

    Two-sided t-test with equal variances, |difference| = t(1 − level/2; 2·seeds − 2) · s · sqrt(2/seeds), solved for s.
    """
    return abs(difference) / (float(student_t.ppf(1 - level / 2, 2 * seeds - 2)) * (2 / seeds) ** 0.5)
