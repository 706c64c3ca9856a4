"""benchmarks/execution.py: the baseline agrees with the workers, and each answer has all its mutants."""

from __future__ import annotations

from types import ModuleType

import pytest

from trident.java import jdk


@pytest.mark.jdk
def test_baseline_and_workers_agree(benchmark: ModuleType) -> None:
    try:
        java = jdk.find()
    except jdk.NoJdk as missing:
        pytest.skip(str(missing))
    some = benchmark.cases(2, seed=7)
    answers = sum(len(case.answers) for case in some)
    assert len(some) == 2 and all(len(case.mutants) == benchmark.MUTANTS for case in some)
    assert benchmark.cold(some, java)["verdicts"] == {"passes": 2, "does not": 0}
    warm = benchmark.warm(some, java, 1)
    assert warm["verdicts"] == {"passes": answers}
    assert sum(warm["mutants"].values()) == answers * benchmark.MUTANTS
    assert not benchmark.one_at_a_time(some[0], "fail();", java)
    assert not benchmark.one_at_a_time(some[0], "gone();", java)
