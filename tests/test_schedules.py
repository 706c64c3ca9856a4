"""Weights over progress: the paper's, the released code's, and those that are learnt."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trident import schedules
from trident.experiment import params
from trident.schedules import GradNorm, Linear, Progress, RunningAverage, Uncertainty

START = {"focal": 0.3, "jsd": 0.6, "semantic": 0.1}
END = {"jsd": 0.3, "semantic": 0.3}


def at(epoch: int = 0, epochs: int = 10, step: int = 0, steps: int = 100) -> Progress:
    return Progress(epoch=epoch, epochs=epochs, step=step, steps=steps)


@given(st.floats(0, 10), st.floats(0.1, 10), st.integers(0, 10))
def test_linear_stays_between_its_ends(start: float, end: float, step: int) -> None:
    schedule = Linear({"ce": start, "kl": 1.0}, {"ce": end}, by_step=True)
    value = schedule.weights(at(step=step, steps=10))["ce"]
    assert min(start, end) - 1e-9 <= value <= max(start, end) + 1e-9
    assert schedule.weights(at(step=0, steps=10))["ce"] == start
    assert schedule.weights(at(step=10, steps=10))["ce"] == pytest.approx(end)


def test_paper_never_reaches_the_end_and_sums_to_less() -> None:
    schedule = Linear(START, END)
    assert schedule.weights(at(0)) == pytest.approx(START)
    assert schedule.weights(at(5)) == pytest.approx({"focal": 0.3, "jsd": 0.45, "semantic": 0.2})
    last = schedule.weights(at(9))
    assert last == pytest.approx({"focal": 0.3, "jsd": 0.33, "semantic": 0.28})
    assert sum(last.values()) == pytest.approx(0.91)


def test_released_reaches_the_end_and_sums_to_one() -> None:
    schedule = Linear(START, END, counting="released", renormalise=True)
    assert schedule.weights(at(0)) == pytest.approx(START)
    assert schedule.weights(at(9)) == pytest.approx({"focal": 0.3 / 0.9, "jsd": 0.3 / 0.9, "semantic": 0.3 / 0.9})


def test_by_step_moves_within_an_epoch_and_by_epoch_does_not() -> None:
    by_step, by_epoch = Linear(START, END, by_step=True), Linear(START, END)
    assert by_step.weights(at(0, step=50))["jsd"] == pytest.approx(0.45)
    assert by_epoch.weights(at(0, step=9)) == by_epoch.weights(at(0, step=0))


@pytest.mark.parametrize("counting", ["paper", "released"])
def test_a_single_epoch_stays_at_the_start(counting: str) -> None:
    assert Linear(START, END, counting=counting).weights(at(0, epochs=1)) == START


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ({"ce": 1.0}, {"kl": 1.0}, "without a start"),
        ({"ce": 0.0}, {}, "no component"),
        ({"ce": 1.0}, {"ce": 0.0}, "no component"),
    ],
)
def test_linear_names_impossible_weights(start: dict, end: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Linear(start, end)


def test_running_average_divides_after_the_warm_up() -> None:
    schedule = RunningAverage(Linear({"ce": 1.0, "semantic": 1.0}), momentum=0.9, warmup=3)
    values = [4.0, 2.0, 1.0, 8.0]
    average = values[0]
    for count, value in enumerate(values, start=1):
        schedule.update({"ce": value})
        average = 0.9 * average + 0.1 * value
        assert schedule.weights(at())["ce"] == pytest.approx(1 / average if count >= 3 else 1.0)
    assert schedule.weights(at())["semantic"] == 1.0  # never seen, so never divided


def test_running_average_leaves_a_vanished_component_alone() -> None:
    schedule = RunningAverage(Linear({"ce": 1.0}), warmup=1)
    schedule.update({"ce": 0.0})
    assert schedule.weights(at()) == {"ce": 1.0}


def test_gradnorm_with_alpha_0_makes_the_gradient_norms_equal_and_keeps_the_sum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schedules, "GRADNORM_ALPHA", 0.0)
    schedule = GradNorm({"focal": 0.5, "jsd": 0.5})
    norms = {"focal": 0.02, "jsd": 0.1}
    for _ in range(200):
        schedule.update({"focal": 1.0, "jsd": 1.0}, norms)
    weights = schedule.weights(at())
    assert weights["focal"] * 0.02 == pytest.approx(weights["jsd"] * 0.1, rel=0.05)
    assert sum(weights.values()) == pytest.approx(1.0)


def test_gradnorm_gives_what_falls_slowly_a_larger_weight() -> None:
    schedule = GradNorm({"fast": 1.0, "slow": 1.0})
    norms = {"fast": 1.0, "slow": 1.0}
    schedule.update({"fast": 1.0, "slow": 1.0}, norms)
    for _ in range(100):
        schedule.update({"fast": 0.3, "slow": 0.9}, norms)
    weights = schedule.weights(at())
    # fast: half the mean of what remains, so a norm of 0.5^1.5 of the mean norm; the kept sum gives slow the rest
    assert weights["fast"] == pytest.approx(0.5**1.5, rel=0.05)
    assert weights["slow"] == pytest.approx(2 - 0.5**1.5, rel=0.05)


def test_gradnorm_waits_for_a_step_with_everything() -> None:
    schedule = GradNorm({"focal": 0.5, "semantic": 0.5})
    schedule.update({"focal": 1.0}, {"focal": 3.0})
    schedule.update({"focal": 1.0, "semantic": 1.0})
    assert schedule.weights(at()) == {"focal": 0.5, "semantic": 0.5} and not schedule.first


def test_gradnorm_survives_components_and_gradients_of_zero() -> None:
    schedule = GradNorm({"focal": 0.5, "semantic": 0.5})
    for _ in range(50):
        schedule.update({"focal": 0.0, "semantic": 0.4}, {"focal": 0.0, "semantic": 0.0})
        schedule.update({"focal": 0.0, "semantic": 0.4}, {"focal": 0.2, "semantic": 0.0})
    weights = schedule.weights(at())
    assert all(math.isfinite(weight) and weight > 0 for weight in weights.values())
    assert sum(weights.values()) == pytest.approx(1.0)


def test_uncertainty_settles_where_each_component_has_its_share() -> None:
    schedule = Uncertainty({"focal": 0.6, "jsd": 0.4})
    losses = {"focal": 0.05, "jsd": 3.0}
    assert schedule.weights(at()) == {"focal": 0.6, "jsd": 0.4}
    for _ in range(400):
        schedule.update(losses)
    weights = schedule.weights(at())
    assert weights["focal"] * 0.05 == pytest.approx(0.3, rel=0.02)
    assert weights["jsd"] * 3.0 == pytest.approx(0.2, rel=0.02)


def test_uncertainty_moves_only_what_it_sees() -> None:
    schedule = Uncertainty({"focal": 0.6, "semantic": 0.4})
    schedule.update({"focal": 3.0})
    weights = schedule.weights(at())
    assert weights["focal"] < 0.6 and weights["semantic"] == 0.4


@pytest.mark.parametrize(
    "make",
    [
        lambda: Linear(START, END),
        lambda: RunningAverage(Linear(START), warmup=2),
        lambda: GradNorm(START),
        lambda: Uncertainty(START),
    ],
)
def test_a_resumed_schedule_goes_on_as_if_never_stopped(make) -> None:
    def feed(schedule, steps: range) -> None:
        for k in steps:
            schedule.update(
                {"focal": 1 / (k + 1), "jsd": 2.0, "semantic": 0.5 + 0.1 * k},
                {"focal": 0.3, "jsd": 0.1 * k, "semantic": 0.2},
            )

    whole, first, second = make(), make(), make()
    feed(whole, range(7))
    feed(first, range(4))
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    feed(second, range(4, 7))
    assert second.weights(at(3)) == whole.weights(at(3))


@pytest.mark.parametrize("kind", [GradNorm, Uncertainty])
def test_learnt_weights_must_start_above_zero(kind) -> None:
    with pytest.raises(ValueError, match="above 0"):
        kind({"ce": 1.0, "kl": 0.0})


def parameters(**changes) -> SimpleNamespace:
    return params.complete(changes)


def test_parameters_choose_the_schedule() -> None:
    static = schedules.from_parameters(parameters())
    assert static.weights(at(3)) == {"focal": 0.45, "jsd": 0.40, "semantic": 0.15}
    dynamic = {"weights": START, "weights_end": END}
    by_epoch = schedules.from_parameters(parameters(schedule="epoch", **dynamic))
    assert by_epoch.weights(at(9))["jsd"] == pytest.approx(0.33)
    released = schedules.from_parameters(
        parameters(schedule="epoch", schedule_progress="released", renormalise_weights=True, **dynamic)
    )
    assert released.weights(at(9))["jsd"] == pytest.approx(1 / 3)
    by_step = schedules.from_parameters(parameters(schedule="step", **dynamic))
    assert by_step.weights(at(0, step=50))["semantic"] == pytest.approx(0.2)
    assert isinstance(schedules.from_parameters(parameters(running_average=True)), RunningAverage)
    assert isinstance(schedules.from_parameters(parameters(schedule="gradnorm")), GradNorm)
    assert isinstance(schedules.from_parameters(parameters(schedule="uncertainty")), Uncertainty)


def test_only_schedules_that_need_gradient_norms_ask_for_them() -> None:
    asked = {
        name: schedules.from_parameters(parameters(schedule=name)).needs_gradient_norms
        for name in ("static", "gradnorm", "uncertainty")
    }
    assert asked == {"static": False, "gradnorm": True, "uncertainty": False}
    assert not schedules.from_parameters(parameters(running_average=True)).needs_gradient_norms


def test_weights_by_epoch_repeat_the_last_row() -> None:
    assert schedules.weights_by_epoch(Linear({"jsd": 0.6}, {"jsd": 0.3}), epochs=3) == [
        {"jsd": 0.6},
        {"jsd": pytest.approx(0.5)},
        {"jsd": pytest.approx(0.4)},
        {"jsd": pytest.approx(0.4)},
    ]


@pytest.mark.parametrize("kind", [GradNorm, Uncertainty])
def test_learnt_weights_follow_adam_by_hand(kind: type[schedules.Learnt]) -> None:
    """Against Kingma and Ba's formulas; a component that a step leaves out does not count a step."""
    schedule = kind({"focal": 0.6, "jsd": 0.4})
    moments = dict.fromkeys(("focal", "jsd"), (0, 0.0, 0.0, 0.0))
    for gradients in ({"focal": 0.3, "jsd": -2.0}, {"focal": -0.1}, {"focal": 0.2, "jsd": 0.5}):
        schedule.descend(gradients)
        for name, slope in gradients.items():
            count, first, second, value = moments[name]
            count, first, second = count + 1, 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
            step = first / (1 - 0.9**count) / (math.sqrt(second / (1 - 0.999**count)) + 1e-12)
            moments[name] = (count, first, second, value - schedules.LEARNING_RATE * step)
    for name, (*_, value) in moments.items():
        assert schedule.values[name].item() == pytest.approx(value, rel=1e-12)
