"""What each job asks a cluster for: ``profiles/slurm/resources.yaml``."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import yaml

from trident.experiment import paths

FILE = paths.ROOT / "profiles/slurm/resources.yaml"
#: The rules of the Snakefile.
RULES = (
    "preprocess", "pretraining_tests", "pretrain", "teacher", "teacher_cache", "distil",
    "evaluate", "evaluate_bound", "baselines", "verdicts", "tables",
)  # fmt: skip
#: The entry of profiles that have none of their own.
OTHERS = "others"


class ResourceError(ValueError):
    """The file is not as expected."""


@dataclasses.dataclass(frozen=True)
class Asked:
    """memory: in GiB, of the host. minutes: of elapsed time. gpu: how many."""

    memory: int
    minutes: int
    gpu: int = 0


def load(profile: str, file: Path = FILE) -> Mapping[str, Asked]:
    """What each rule's jobs ask for. Raises ResourceError that names the entry at fault."""
    tables = yaml.safe_load(file.read_text(encoding="utf-8"))
    name = profile if profile in tables else OTHERS
    asked = {}
    for rule in RULES:
        entry = tables[name].get(rule)
        try:
            asked[rule] = Asked(**entry)
        except TypeError as error:
            raise ResourceError(f"{file}: {name}: {rule}: {error}; expected memory, minutes and perhaps gpu") from None
        if not all(isinstance(value, int) and value >= 0 for value in entry.values()):
            raise ResourceError(f"{file}: {name}: {rule}: {entry}: expected whole numbers")
    if unknown := tables[name].keys() - set(RULES):
        raise ResourceError(f"{file}: {name}: no rule is called {', '.join(sorted(unknown))}")
    return asked
