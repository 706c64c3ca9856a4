"""The components against float64 textbook versions, and their properties; TridentLoss against the components."""

from __future__ import annotations

import itertools
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from trident import losses
from trident.experiment.paths import ROOT
from trident.losses import Head, TridentLoss
from trident.losses import trident as trident_module
from trident.losses.trident import LossOutput

T = 4.0
ALL = {"ce": 0.3, "kl": 0.2, "focal": 0.7, "jsd": 1.3}


def batch(
    *shape: int, seed: int = 0, dtype: torch.dtype = torch.float64, spread: float = 3.0
) -> tuple[Tensor, Tensor, Tensor]:
    """Student logits, teacher logits and labels of shape (..., V); about a quarter of the positions is padding."""
    generator = torch.Generator().manual_seed(seed)
    student, teacher = (
        spread * torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype) for _ in range(2)
    )
    labels = torch.randint(shape[-1], shape[:-1], generator=generator)
    padding = torch.rand(shape[:-1], generator=generator) < 0.25
    padding.view(-1)[0] = False
    return student, teacher, labels.masked_fill(padding, -100)


def textbook(
    name: str,
    z: Tensor,
    t: Tensor,
    y: Tensor,
    temperature: float = T,
    alpha: float = 0.25,
    gamma: float = 2.0,
    beta: float = 0.5,
) -> list[list[float]]:
    """The value at each target position, row by row, written as the formulas stand, with Python's own numbers."""

    def softmax(row: list[float], by: float) -> list[float]:
        top = max(row)
        powers = [math.exp((x - top) / by) for x in row]
        return [power / math.fsum(powers) for power in powers]

    def divergence(a: list[float], b: list[float]) -> float:
        return math.fsum(x * math.log(x / w) for x, w in zip(a, b, strict=True))

    values = []
    for z_row, t_row, y_row in zip(z.tolist(), t.tolist(), y.tolist(), strict=True):
        values.append([])
        for zs, ts, label in zip(z_row, t_row, y_row, strict=True):
            if label == -100:
                continue
            right, q, p = softmax(zs, 1.0)[label], softmax(zs, temperature), softmax(ts, temperature)
            m = [beta * a + (1 - beta) * b for a, b in zip(p, q, strict=True)]
            values[-1].append(
                {
                    "ce": -math.log(right),
                    "kl": temperature**2 * divergence(p, q),
                    "focal": -alpha * (1 - right) ** gamma * math.log(right),
                    "jsd": temperature**2 * (beta * divergence(p, m) + (1 - beta) * divergence(q, m)),
                }[name]
            )
    return values


def component(name: str, z: Tensor, t: Tensor, y: Tensor, **options: object) -> Tensor:
    if name == "ce":
        return losses.ce(z, y, **options)
    if name == "focal":
        return losses.focal(z, y, **{"alpha": 0.25, "gamma": 2.0, **options})
    return {"kl": losses.kl, "jsd": losses.jsd}[name](z, t, y, **{"temperature": T, **options})


class Plain:
    """What TridentLoss must equal: the functions of `components` on whole tensors of logits, weighted."""

    def __init__(self, temperature: float, shared_vocabulary: bool = False, **focusing: object) -> None:
        self.divergence = {"temperature": temperature, "shared_vocabulary": shared_vocabulary}
        self.smoothing = {"label_smoothing": focusing.pop("label_smoothing", 0.0)}
        names = {"focal_alpha": "alpha", "focal_gamma": "gamma"}
        self.focusing = {"alpha": 0.25, "gamma": 2.0} | {names.get(k, k): v for k, v in focusing.items()}

    def __call__(self, weights: dict[str, float], y: Tensor, *, num_items: int | None = None, **sources) -> LossOutput:
        z, t = (self.logits(sources.get(who)) for who in ("student", "teacher"))
        options = {"ce": self.smoothing, "focal": self.focusing, "kl": self.divergence, "jsd": self.divergence}
        names = [name for name in losses.COMPONENTS if weights.get(name)]
        values = {name: component(name, z, t, y, num_items=num_items, **options[name]) for name in names}
        total = sum(weights[name] * value for name, value in values.items())
        return LossOutput(total, {name: value.detach() for name, value in values.items()})

    @staticmethod
    def logits(given: Tensor | Head | None) -> Tensor | None:
        return given.scale * given.states @ given.output.T if isinstance(given, Head) else given

    def components(self, names: Iterable[str], y: Tensor, **sources) -> dict[str, Tensor]:
        return {name: self({name: 1.0}, y, **sources).total for name in names}


def make(fused: bool, **options: object) -> TridentLoss | Plain:
    return TridentLoss(**options) if fused else Plain(**options)


# -- exact


@pytest.mark.parametrize("name", losses.COMPONENTS)
def test_components_equal_the_textbook(name: str) -> None:
    z, t, y = batch(4, 6, 11)
    values = textbook(name, z, t, y)
    flat = [value for row in values for value in row]
    assert component(name, z, t, y).item() == pytest.approx(math.fsum(flat) / len(flat), rel=1e-10)
    assert component(name, z, t, y, num_items=50).item() == pytest.approx(math.fsum(flat) / 50, rel=1e-10)


@pytest.mark.parametrize("beta", [0.1, 0.5, 0.85])
def test_generalised_jsd_equals_the_textbook(beta: float) -> None:
    z, t, y = batch(3, 4, 9, seed=1)
    values = [value for row in textbook("jsd", z, t, y, beta=beta) for value in row]
    expected = math.fsum(values) / len(values)
    assert losses.jsd(z, t, y, temperature=T, beta=beta).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("alpha", "gamma"), [(0.25, 0.5), (1.0, 0.0), (0.7, 3.0)])
def test_focal_equals_the_textbook_for_other_settings(alpha: float, gamma: float) -> None:
    z, t, y = batch(3, 4, 9, seed=2)
    expected = [value for row in textbook("focal", z, t, y, alpha=alpha, gamma=gamma) for value in row]
    assert losses.focal(z, y, alpha=alpha, gamma=gamma).item() == pytest.approx(
        math.fsum(expected) / len(expected), rel=1e-10
    )


@pytest.mark.parametrize("smoothing", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("fused", [False, True])
def test_label_smoothing_is_torch_s(smoothing: float, fused: bool) -> None:
    z, _, y = batch(4, 6, 11, seed=6)
    expected = F.cross_entropy(z.flatten(0, 1), y.flatten(), label_smoothing=smoothing)
    out = make(fused, temperature=T, label_smoothing=smoothing)({"ce": 1.0}, y, student=z)
    torch.testing.assert_close(out.total, expected, rtol=1e-12, atol=0)
    assert abs(out.total - losses.ce(z, y)) > 1e-3


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_an_impossible_label_smoothing_is_refused(smoothing: float) -> None:
    with pytest.raises(ValueError, match=f"label_smoothing = {smoothing}"):
        TridentLoss(temperature=T, label_smoothing=smoothing)


def test_gradient_with_label_smoothing_passes_gradcheck() -> None:
    z, _, y = batch(2, 3, 5, seed=3)
    assert torch.autograd.gradcheck(lambda z: losses.ce(z, y, label_smoothing=0.2), z.requires_grad_())


@pytest.mark.parametrize("name", losses.COMPONENTS)
@pytest.mark.parametrize("num_items", [None, 7])
def test_gradients_pass_gradcheck(name: str, num_items: int | None) -> None:
    z, t, y = batch(2, 3, 5, seed=3)
    assert torch.autograd.gradcheck(lambda z: component(name, z, t, y, num_items=num_items), z.requires_grad_())


def test_gradient_of_generalised_jsd_passes_gradcheck() -> None:
    z, t, y = batch(2, 3, 5, seed=4)
    assert torch.autograd.gradcheck(lambda z: losses.jsd(z, t, y, temperature=T, beta=0.2), z.requires_grad_())


def test_no_gradient_reaches_the_teacher() -> None:
    z, t, y = batch(2, 3, 5)
    z.requires_grad_(), t.requires_grad_()
    (losses.kl(z, t, y, temperature=T) + losses.jsd(z, t, y, temperature=T)).backward()
    assert t.grad is None and z.grad.abs().sum() > 0


def test_token_weights_multiply_the_values_of_their_labels() -> None:
    z, t, y = batch(2, 5, 7, seed=5)
    weights = torch.linspace(0.5, 3, 7)
    values = [value for row in textbook("focal", z, t, y) for value in row]
    expected = math.fsum(
        weights[label].item() * value for label, value in zip(y[y != -100], values, strict=True)
    ) / len(values)
    assert losses.focal(z, y, alpha=0.25, gamma=2.0, token_weights=weights).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("name", losses.COMPONENTS)
def test_micro_batches_with_num_items_add_up_to_the_batch(name: str) -> None:
    z, t, y = batch(6, 4, 9, seed=7)
    count = int((y != -100).sum())
    parts = [
        component(name, z[i:j], t[i:j], y[i:j], num_items=torch.tensor(count)) for i, j in ((0, 1), (1, 4), (4, 6))
    ]
    torch.testing.assert_close(sum(parts), component(name, z, t, y), rtol=1e-12, atol=0)


# -- properties


logits = st.lists(st.floats(-60, 60), min_size=2, max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 12).flatmap(lambda n: st.tuples(*[st.lists(st.floats(-60, 60), min_size=n, max_size=n)] * 2)),
    st.floats(0.5, 8),
    st.floats(-50, 50),
)
def test_jsd_is_bounded_symmetric_and_blind_to_shifts(
    pair: tuple[list[float], list[float]], temperature: float, shift: float
) -> None:
    a, b = (torch.tensor([row], dtype=torch.float64) for row in pair)
    y = torch.zeros(1, dtype=torch.long)
    value = losses.jsd(a, b, y, temperature=temperature).item()
    assert -1e-12 <= value <= temperature**2 * math.log(2) * (1 + 1e-12)
    assert losses.jsd(b, a, y, temperature=temperature).item() == pytest.approx(value, rel=1e-9, abs=1e-12)
    assert losses.jsd(a + shift, b, y, temperature=temperature).item() == pytest.approx(value, rel=1e-7, abs=1e-10)
    assert losses.jsd(a, a + shift, y, temperature=temperature).item() == pytest.approx(0, abs=1e-12)
    if (F.softmax(a / temperature, -1) - F.softmax(b / temperature, -1)).abs().max() > 1e-4:
        assert value > 0


@settings(max_examples=40, deadline=None)
@given(logits, st.data())
def test_focal_lies_between_nothing_and_alpha_times_cross_entropy(row: list[float], data: st.DataObject) -> None:
    z = torch.tensor([row], dtype=torch.float64)
    y = torch.tensor([data.draw(st.integers(0, len(row) - 1))])
    value = losses.focal(z, y, alpha=0.25, gamma=2.0).item()
    assert 0 <= value <= 0.25 * losses.ce(z, y).item() + 1e-15
    assert losses.focal(z, y, alpha=1.0, gamma=0.0).item() == pytest.approx(losses.ce(z, y).item(), rel=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16), st.sampled_from(losses.COMPONENTS), st.sampled_from([None, 5]))
def test_padding_counts_nowhere(seed: int, name: str, num_items: int | None) -> None:
    z, t, y = batch(3, 4, 6, seed=seed)
    noise = torch.where((y == -100)[..., None], torch.tensor(math.nan, dtype=z.dtype), 0.0)
    a = z.clone().requires_grad_()
    value = component(name, a + noise, t + noise, y, num_items=num_items)
    torch.testing.assert_close(value, component(name, z, t, y, num_items=num_items), rtol=0, atol=0)
    value.backward()
    assert a.grad[y == -100].eq(0).all() and a.grad.isfinite().all()


def test_close_distributions_keep_their_relative_precision() -> None:
    z, _, y = batch(1, 8, 50, seed=9)
    t = z + 1e-3 * torch.randn(z.shape, dtype=z.dtype, generator=torch.Generator().manual_seed(0))
    exact = losses.jsd(z, t, y, temperature=T).item()
    # what float32 logits can carry, against the exact value of those very logits
    z32, t32 = z.float(), t.float()
    expected = losses.jsd(z32.double(), t32.double(), y, temperature=T).item()
    assert losses.jsd(z32, t32, y, temperature=T).item() == pytest.approx(expected, rel=1e-3)
    assert 0 < exact < 1e-6


# -- stability


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("fused", [False, True])
def test_extreme_logits_give_the_right_finite_values(dtype: torch.dtype, fused: bool) -> None:
    """One-hot student and teacher at ±1e4: disjoint in the first row, alike in the second."""
    z = torch.full((2, 5), -1e4, dtype=dtype)
    t = z.clone()
    z[:, 0], t[0, 1], t[1, 0] = 1e4, 1e4, 1e4
    y = torch.tensor([1, 0])
    for row, expected in (
        (0, {"ce": 2e4, "kl": T * 2e4, "focal": 0.25 * 2e4, "jsd": T**2 * math.log(2)}),
        (1, {"ce": 0.0, "kl": 0.0, "focal": 0.0, "jsd": 0.0}),
    ):
        a = z[row : row + 1].clone().requires_grad_()
        out = make(fused, temperature=T)(ALL, y[row : row + 1], student=a, teacher=t[row : row + 1])
        for name, value in expected.items():
            assert out.components[name].item() == pytest.approx(value, rel=5e-3, abs=1e-6), name
        out.total.backward()
        assert a.grad.isfinite().all()
        assert a.grad.dtype == dtype


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("fused", [False, True])
def test_focal_has_a_finite_slope_at_certainty(gamma: float, fused: bool) -> None:
    z = torch.tensor([[200.0, 0.0, 0.0]], requires_grad=True)
    out = make(fused, temperature=T, focal_gamma=gamma)({"focal": 1.0}, torch.tensor([0]), student=z)
    out.total.backward()
    assert out.total.item() == 0 and z.grad.abs().max() < 1e-30


@pytest.mark.parametrize("vocabulary", [2, 250_000])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("fused", [False, True])
def test_any_vocabulary(vocabulary: int, dtype: torch.dtype, fused: bool) -> None:
    z, t, y = batch(3, vocabulary, seed=10, dtype=dtype)
    exact = make(False, temperature=T)(ALL, y, student=z.double(), teacher=t.double())
    out = make(fused, temperature=T)(ALL, y, student=z.requires_grad_(), teacher=t)
    out.total.backward()
    for name in ALL:
        assert out.components[name].item() == pytest.approx(exact.components[name].item(), rel=1e-5)
    assert z.grad.isfinite().all()


@pytest.mark.parametrize("num_items", [None, 7, 0])
@pytest.mark.parametrize("fused", [False, True])
def test_without_targets_all_is_zero(num_items: int | None, fused: bool) -> None:
    z, t, _ = batch(2, 3, 5)
    a = z.clone().requires_grad_()
    loss = make(fused, temperature=T)
    out = loss(ALL, torch.full((2, 3), -100), num_items=num_items, student=a, teacher=t)
    out.total.backward()
    assert out.total.item() == 0 and a.grad.eq(0).all() and a.grad.isfinite().all()


def test_one_position_without_leading_dimensions() -> None:
    z, t, _ = batch(1, 6)
    assert losses.jsd(z[0], t[0], torch.tensor(2), temperature=T).item() == pytest.approx(
        losses.jsd(z, t, torch.tensor([2]), temperature=T).item()
    )


# -- the weighted whole, fused and plain


def sources(student: str, teacher: str, dtype: torch.dtype, seed: int) -> dict[str, Tensor | Head]:
    """Student and teacher for labels (3, 5) and 37 tokens, each from ``hidden`` states or from ``logits``."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)

    return {
        who: Head(normal(3, 5, width), normal(37, width), scale) if kind == "hidden" else 3 * normal(3, 5, 37)
        for who, kind, width, scale in (("student", student, 8, 0.5), ("teacher", teacher, 11, 0.7))
    }


def tensors(given: Tensor | Head) -> list[Tensor]:
    return [given.states, given.output] if isinstance(given, Head) else [given]


def run_loss(
    given: dict[str, Tensor | Head],
    y: Tensor,
    *,
    fused: bool = True,
    upstream: float = 1.0,
    num_items: int | None = None,
    **options: object,
) -> list[Tensor]:
    """Total, components and the student's gradients."""
    leaves = [x.detach().clone().requires_grad_() for x in tensors(given["student"])]
    student = given["student"]
    student = Head(*leaves, student.scale) if isinstance(student, Head) else leaves[0]
    out = make(fused, temperature=T, **options)(ALL, y, num_items=num_items, **given | {"student": student})
    (out.total * upstream).backward()
    return [out.total.detach(), *out.components.values(), *(leaf.grad for leaf in leaves)]


@pytest.mark.parametrize("kind", ["hidden", "logits"])
def test_the_fused_loss_does_not_change_its_inputs(kind: str) -> None:
    given = sources(kind, kind, torch.float64, seed=2)
    inputs = [x for who in ("student", "teacher") for x in tensors(given[who])]
    before = [x.clone() for x in inputs]
    for x in tensors(given["student"]):
        x.requires_grad_()
    TridentLoss(temperature=T)(ALL, batch(3, 5, 37)[2], **given).total.backward()
    assert all(torch.equal(x, old) for x, old in zip(inputs, before, strict=True))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-6)])
@pytest.mark.parametrize("student", ["hidden", "logits"])
@pytest.mark.parametrize("teacher", ["hidden", "logits"])
@pytest.mark.parametrize("num_items", [None, 20])
@pytest.mark.parametrize("chunk", [1, 4, 1000])
def test_fused_equals_plain(
    dtype: torch.dtype, tolerance: float, student: str, teacher: str, num_items: int | None, chunk: int
) -> None:
    given = sources(student, teacher, dtype, seed=chunk)
    y = batch(3, 5, 37, seed=11)[2]
    options = {"token_weights": torch.linspace(0.5, 2, 37), "focal_gamma": 1.5, "label_smoothing": 0.1}
    plain = run_loss(given, y, upstream=3.0, num_items=num_items, fused=False, **options)
    fused = run_loss(given, y, upstream=3.0, num_items=num_items, fused=True, chunk=chunk, **options)
    for a, b in zip(plain, fused, strict=True):
        torch.testing.assert_close(b, a, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("names", [c for n in (1, 2) for c in itertools.combinations(losses.COMPONENTS, n)])
def test_fused_equals_plain_for_any_components(names: tuple[str, ...]) -> None:
    z, t, y = batch(2, 5, 9, seed=12)
    results = []
    for fused in (False, True):
        a = z.clone().requires_grad_()
        loss = make(fused, temperature=2.0)
        out = loss({name: ALL[name] for name in names}, y, student=a, teacher=t)
        out.total.backward()
        results.append((out.total.detach(), a.grad))
        assert list(out.components) == list(names)
    for a, b in zip(*results, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


def test_fused_keeps_its_precision_for_distant_distributions() -> None:
    z, t, y = batch(2, 5, 9, seed=13, spread=400.0)
    results = []
    for fused in (False, True):
        a = z.clone().requires_grad_()
        out = make(fused, temperature=T)({"jsd": 1.0}, y, student=a, teacher=t)
        out.total.backward()
        results.append((out.total.detach(), a.grad))
    for a, b in zip(*results, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("fused", [False, True])
def test_total_is_the_weighted_sum_of_the_components_with_a_weight(fused: bool) -> None:
    z, t, y = batch(2, 5, 9, seed=14)
    loss = make(fused, temperature=T)
    out = loss({"jsd": 0.4, "focal": 0.45, "kl": 0.0}, y, student=z.requires_grad_(), teacher=t)
    assert list(out.components) == ["focal", "jsd"]
    assert out.total.item() == pytest.approx(0.45 * out.components["focal"].item() + 0.4 * out.components["jsd"].item())
    assert not any(value.requires_grad for value in out.components.values())


def test_a_frozen_output_matrix_gets_no_gradient_and_the_hidden_states_theirs() -> None:
    student = sources("hidden", "hidden", torch.float64, seed=15)["student"]
    student.states.requires_grad_()
    TridentLoss(temperature=T)({"ce": 1.0}, batch(3, 5, 37)[2], student=student).total.backward()
    assert student.states.grad.abs().sum() > 0 and student.output.grad is None


def test_fused_under_autocast_follows_plain_in_float32() -> None:
    given = sources("hidden", "hidden", torch.float32, seed=16)
    y = batch(3, 5, 37)[2]
    plain = run_loss(given, y, fused=False)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        fused = run_loss(given, y, fused=True, chunk=4)
    for a, b in zip(plain, fused, strict=True):
        assert b.dtype == torch.float32
        torch.testing.assert_close(b, a, rtol=0.03, atol=0.03 * a.abs().max().item())


def test_the_fused_loss_refuses_a_second_backward_pass() -> None:
    z, t, y = batch(2, 3, 5)
    total = TridentLoss(temperature=T)({"jsd": 1.0}, y, student=z.requires_grad_(), teacher=t).total
    total.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="one backward pass"):
        total.backward()


def test_without_gradients_nothing_is_kept() -> None:
    student = sources("hidden", "hidden", torch.float64, seed=17)["student"]
    for x in tensors(student):
        x.requires_grad_()
    with torch.no_grad():
        total = TridentLoss(temperature=T)({"ce": 1.0}, batch(3, 5, 37)[2], student=student).total
    assert not total.requires_grad and total > 0


# -- threads


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("student", "teacher"), [("hidden", "hidden"), ("hidden", "logits"), ("logits", "hidden"), ("logits", "logits")]
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_number_of_threads_does_not_matter(
    student: str, teacher: str, dtype: torch.dtype, threads: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trident_module, "_BLOCK", 2 * 37)
    given, y = sources(student, teacher, dtype, seed=20), batch(3, 5, 37, seed=20)[2]
    threads(1)
    one = run_loss(given, y)
    for number in (2, 3):
        threads(number)
        several, again = run_loss(given, y), run_loss(given, y)
        tolerance = 1e-12 if dtype == torch.float64 else 1e-6
        for a, b, c in zip(one, several, again, strict=True):
            torch.testing.assert_close(b, a, rtol=tolerance, atol=tolerance)
            assert torch.equal(b, c)


def test_no_thread_and_no_setting_is_left(threads: Callable[[int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trident_module, "_BLOCK", 11)
    z, t, y = batch(4, 6, 11, seed=21)
    threads(3)
    used: set[str] = set()
    forms = trident_module.closed_forms

    def watched(*args: object) -> object:
        used.add(threading.current_thread().name)
        time.sleep(0.01)
        assert torch.get_num_threads() == 1 and not torch.is_grad_enabled()
        return forms(*args)

    monkeypatch.setattr(trident_module, "closed_forms", watched)
    before = threading.active_count()
    TridentLoss(temperature=T)(ALL, y, student=z.requires_grad_(), teacher=t).total.backward()
    assert len(used) == 3 and threading.current_thread().name not in used
    assert threading.active_count() == before and torch.get_num_threads() == 3
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(torch.get_num_threads).result() == 3
    used.clear()
    threads(1)
    TridentLoss(temperature=T)(ALL, y, student=z, teacher=t)
    assert used == {threading.current_thread().name}


def test_an_error_in_a_thread_is_raised_and_leaves_nothing(
    threads: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trident_module, "_BLOCK", 1)
    z, t, y = batch(2, 3, 7)
    threads(2)
    before = threading.active_count()
    with pytest.raises(ValueError, match="shared_vocabulary=True"):
        TridentLoss(temperature=T)({"jsd": 1.0}, y, student=z, teacher=t[..., :5])
    assert threading.active_count() == before and torch.get_num_threads() == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_the_loss_works_in_a_forked_process() -> None:
    """After the parent has used threads; in a child of its own, since OpenMP of the tests' process may not survive."""
    code = """
import os, torch
from trident.losses import TridentLoss, trident
trident._BLOCK = 16
torch.set_num_threads(2)
z, y = torch.randn(9, 16), torch.arange(9)
loss = lambda: TridentLoss(temperature=4.0)({"jsd": 1.0}, y, student=z, teacher=z.flip(0)).total.item()
value, child = loss(), os.fork()
if child == 0:
    os._exit(0 if loss() == value else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, env=environment)


# -- errors


@pytest.mark.parametrize("fused", [False, True])
def test_vocabularies_of_different_size_must_be_declared_shared(fused: bool) -> None:
    z, t, y = batch(2, 3, 7, seed=18)
    t = t[..., :5]
    y = y.clamp_max(4)
    with pytest.raises(ValueError, match="student's vocabulary has 7 tokens, the teacher's 5.*shared_vocabulary=True"):
        make(fused, temperature=T)({"jsd": 1.0}, y, student=z, teacher=t)
    a = z.clone().requires_grad_()
    loss = make(fused, temperature=T, shared_vocabulary=True)
    shared = loss({"jsd": 1.0, "kl": 1.0}, y, student=a, teacher=t)
    cut = losses.jsd(z[..., :5], t, y, temperature=T) + losses.kl(z[..., :5], t, y, temperature=T)
    torch.testing.assert_close(shared.total, cut, rtol=1e-10, atol=0, check_device=False)
    shared.total.backward()
    assert a.grad[..., 5:].eq(0).all()


@pytest.mark.parametrize(
    ("weights", "given", "message"),
    [
        ({"jds": 1.0}, {"student": "z"}, "unknown loss component 'jds'"),
        ({"semantic": 1.0}, {"student": "z"}, "unknown loss component 'semantic'"),
        ({"ce": -1.0}, {"student": "z"}, "weight of 'ce' is -1.0"),
        ({"ce": math.nan}, {"student": "z"}, "weight of 'ce' is nan"),
        ({"ce": 0.0}, {"student": "z"}, "no component has a weight above 0"),
        ({"jsd": 1.0}, {"student": "z"}, "the teacher is missing"),
        ({"ce": 1.0}, {"student": None}, "the student is missing"),
        (
            {"jsd": 1.0},
            {"student": "z", "teacher": "short"},
            r"teacher logits or hidden states \(2, 2, 5\) do not fit labels \(2, 3\)",
        ),
        (
            {"ce": 1.0},
            {"student": "short"},
            r"student logits or hidden states \(2, 2, 5\) do not fit labels \(2, 3\)",
        ),
    ],
)
def test_mistakes_are_named(weights: dict, given: dict, message: str) -> None:
    z, _, y = batch(2, 3, 5)
    logits = {"z": z, "short": z[:, :2], None: None}
    with pytest.raises(ValueError, match=message):
        TridentLoss(temperature=T)(weights, y, **{who: logits[value] for who, value in given.items()})


@pytest.mark.parametrize(
    ("options", "message"), [({"temperature": 0.0}, "temperature = 0"), ({"beta": 1.0}, "beta = 1")]
)
def test_impossible_options_are_named(options: dict, message: str) -> None:
    z, t, y = batch(2, 3, 5)
    with pytest.raises(ValueError, match=message):
        losses.jsd(z, t, y, **{"temperature": T, **options})


# -- the audit


def test_gradient_audit_measures_norms_and_angles() -> None:
    x = torch.tensor([3.0, 4.0], requires_grad=True)
    other = torch.tensor([1.0], requires_grad=True)
    parts = {"a": x[0] * 2, "b": x.sum(), "still": torch.tensor(1.0), "apart": other[0] * 5}
    audit = losses.gradient_audit(parts, [x, torch.zeros(3)])
    assert audit.norms == pytest.approx({"a": 2.0, "b": math.sqrt(2), "still": 0.0, "apart": 0.0})
    assert audit.cosines["a", "b"] == pytest.approx(math.sqrt(0.5))
    assert math.isnan(audit.cosines["a", "still"]) and len(audit.cosines) == 6
    assert losses.gradient_audit(parts, [x]).norms["a"] == 2.0  # the graph is still there


@pytest.mark.parametrize("fused", [False, True])
def test_gradient_audit_of_the_components_adds_up_to_the_total(fused: bool) -> None:
    z, t, y = batch(2, 4, 6, seed=19)
    a = z.clone().requires_grad_()
    loss = make(fused, temperature=T)
    parts = loss.components(ALL, y, student=a, teacher=t)
    audit = losses.gradient_audit({name: ALL[name] * value for name, value in parts.items()}, [a])
    squared = sum(norm**2 for norm in audit.norms.values()) + 2 * sum(
        cosine * audit.norms[x] * audit.norms[w] for (x, w), cosine in audit.cosines.items()
    )
    loss(ALL, y, student=a, teacher=t).total.backward()
    assert math.sqrt(squared) == pytest.approx(a.grad.norm().item(), rel=1e-9)


def test_gradient_audit_names_mistakes() -> None:
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match="scalar"):
        losses.gradient_audit({"a": x * 2}, [x])
    with pytest.raises(ValueError, match="takes a gradient"):
        losses.gradient_audit({"a": x.sum()}, [torch.ones(2)])
