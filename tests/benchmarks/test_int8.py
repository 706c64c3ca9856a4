"""The int8 benchmark: what its table says, and where it goes."""

from __future__ import annotations

from trident.reporting import rendering


def test_the_table_compares_the_times(benchmark):
    size = {"parameters": 1_440_000, "bytes": 0.2577, "fp32_ms": 12.0, "int8_ms": 8.0, "numpy_ms": 3.0}
    suggest = {"median_ms": 30.4, "slowest_ms": 61.0, "command_s": 0.72}
    table = benchmark.table({"machine": "m", "sizes": {"small": size}, "suggest": suggest})
    assert "| small | 1.4 | 25.8 % | 12.0 | 8.0 | 1.50 | 3.0 |" in table
    assert "30 ms for a blank" in table and "0.7 s for the whole command" in table


def test_the_fastest_run_counts_and_runs_take_turns(benchmark):
    order = []
    found = benchmark.fastest({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 0)
    assert order[:4] == ["a", "b", "a", "b"] and order.count("a") == order.count("b") >= 3
    assert set(found) == {"a", "b"} and all(value >= 0 for value in found.values())


def test_the_design_has_a_place_for_it(benchmark):
    text = benchmark.DESIGN.read_text(encoding="utf-8")
    assert "new" in rendering.between(text, "int8", "new\n")
