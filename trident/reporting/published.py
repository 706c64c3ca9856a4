"""The numbers that the paper prints, and whether they agree with each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from scipy.stats import t as student_t

#: Weights of the Code Quality Score (section 4.3).
WEIGHTS: Mapping[str, str] = MappingProxyType(
    {"semantic": "0.30", "codebleu": "0.30", "ast": "0.20", "token_accuracy": "0.20"}
)

_COLUMNS = ("cqs", *WEIGHTS)
_ROWS = {
    "trident_static": ("0.688", "0.850", "0.593", "0.979", "0.298"),
    "trident_dynamic": ("0.685", "0.846", "0.586", "0.980", "0.297"),
    "ce_jsd_semantic": ("0.686", "0.847", "0.588", "0.975", "0.302"),
    "ce_kl": ("0.683", "0.845", "0.584", "0.976", "0.293"),
    "focal_jsd": ("0.683", "0.844", "0.584", "0.976", "0.295"),
    "focal_semantic": ("0.682", "0.846", "0.586", "0.974", "0.289"),
}
#: Table 1 as printed: configuration → column → digits. Means of three seeds on 7,000 examples; no spread is given.
TABLE1: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {name: MappingProxyType(dict(zip(_COLUMNS, row, strict=True))) for name, row in _ROWS.items()}
)
SEEDS, EXAMPLES = 3, 7_000
#: What the paper calls each configuration.
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "trident_static": "Trident (static)",
        "trident_dynamic": "Trident (dynamic)",
        "ce_jsd_semantic": "CE + JSD + semantic",
        "ce_kl": "CE + KL (baseline)",
        "focal_jsd": "Focal + JSD",
        "focal_semantic": "Focal + semantic",
    }
)
BASELINE = "ce_kl"


@dataclass(frozen=True)
class Model:
    """A row of Table 2 as printed, and how many parameters the model of that name really has.

    `exact_parameters` is counted from the published configuration: T5 of that shape, vocabulary 32,100, tied embeddings.
    """

    parameters: str
    memory_gb: str
    cqs: str
    exact_parameters: int

    @property
    def weights_gib(self) -> float:
        """The weights alone as 32-bit numbers, in GiB."""
        return 4 * self.exact_parameters / 2**30


#: Table 2: codet5p-770m and codet5p-220m.
TEACHER = Model("770000000", "2.8", "0.7527", 737_639_424)
STUDENT = Model("220000000", "0.8", "0.688", 222_882_048)


@dataclass(frozen=True)
class Check:
    """One statement of the paper beside what follows from its own numbers; whether they agree to the printed digit."""

    claim: str
    printed: str
    found: str
    agrees: bool


def arithmetic() -> list[Check]:
    """Check the paper's tables against themselves and against the models that they name."""
    return [*_scores(), *_ratios(), *_models()]


def lead(configuration: str, other: str) -> float:
    """By how much the printed CQS of one row of Table 1 is above another's."""
    return float(Decimal(TABLE1[configuration]["cqs"]) - Decimal(TABLE1[other]["cqs"]))


def _scores() -> list[Check]:
    """Each CQS of Table 1, once more from its row's components."""
    checks = []
    for name, row in TABLE1.items():
        exact = sum(Decimal(weight) * Decimal(row[component]) for component, weight in WEIGHTS.items())
        rounded = exact.quantize(Decimal(row["cqs"]), ROUND_HALF_UP)
        checks.append(
            Check(
                f"Table 1: CQS of {NAMES[name]}, from its components",
                row["cqs"],
                f"{exact:.4f}",
                rounded == Decimal(row["cqs"]),
            )
        )
    return checks


def _ratios() -> list[Check]:
    """Sections 5.2 and 8, and the abstract: the savings and what is retained."""
    parameters = 1 - Decimal(STUDENT.parameters) / Decimal(TEACHER.parameters)
    memory = 1 - Decimal(STUDENT.memory_gb) / Decimal(TEACHER.memory_gb)
    exact = 1 - Decimal(STUDENT.exact_parameters) / Decimal(TEACHER.exact_parameters)
    retained = Decimal(STUDENT.cqs) / Decimal(TEACHER.cqs)
    return [
        Check("fewer parameters, from Table 2", "71.4 %", _percent(parameters), _percent(parameters) == "71.4 %"),
        Check(
            "fewer parameters, from the models' exact counts", "71.4 %", _percent(exact), _percent(exact) == "71.4 %"
        ),
        Check("less GPU memory, from Table 2", "71.4 %", _percent(memory), _percent(memory) == "71.4 %"),
        Check(
            "share of the teacher's CQS that the student retains",
            "90 %",
            _percent(retained),
            _percent(retained, 0) == "90 %",
        ),
        Check(
            "Table 2's student is Table 1's best",
            STUDENT.cqs,
            max(row["cqs"] for row in TABLE1.values()),
            STUDENT.cqs == max(row["cqs"] for row in TABLE1.values()),
        ),
    ]


def _models() -> list[Check]:
    """Table 2's sizes against the models of those names. "GPU memory" turns out to be the 32-bit weights and nothing else."""
    checks = []
    for who, model in (("teacher", TEACHER), ("student", STUDENT)):
        millions = Decimal(model.exact_parameters) / 10**6
        # Both counts are printed to tens of millions.
        checks.append(
            Check(
                f"parameters of the {who}",
                f"{int(model.parameters) // 10**6} M",
                f"{millions:.1f} M",
                round(model.exact_parameters, -7) == int(model.parameters),
            )
        )
        # By way of hundredths: 2.748 is shown as 2.75, and that becomes the printed 2.8.
        gib = Decimal(f"{model.weights_gib:.2f}")
        checks.append(
            Check(
                f"GPU memory of the {who}, were it the 32-bit weights alone",
                f"{model.memory_gb} GB",
                f"{gib} GiB",
                gib.quantize(Decimal(model.memory_gb), ROUND_HALF_UP) == Decimal(model.memory_gb),
            )
        )
    return checks


def _percent(share: Decimal, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def largest_spread(difference: float, seeds: int = SEEDS, level: float = 0.05) -> float:
    """The largest standard deviation over seeds at which `difference` between two means of `seeds` runs is still significant.

    Two-sided t-test with equal spreads: |difference| = t(1 − level/2; 2·seeds − 2) · s · sqrt(2/seeds), solved for s.
    Raises ValueError for fewer than two seeds: one run has no spread.
    """
    if seeds < 2:
        raise ValueError(f"seeds = {seeds}: a spread needs at least 2")
    return abs(difference) / (float(student_t.ppf(1 - level / 2, 2 * seeds - 2)) * (2 / seeds) ** 0.5)
