"""Muon beside AdamW: which parameter goes where, and that a saved state goes on exactly."""

from __future__ import annotations

import pytest
import torch

from trident.distillation import optimizers
from trident.distillation.optimizers import MuonAndAdamW


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.table = torch.nn.Embedding(7, 4)
        self.inner = torch.nn.Linear(4, 4)
        self.head = torch.nn.Linear(4, 7, bias=False)
        self.head.weight = self.table.weight  # tied, as in T5

    def forward(self, ids):
        return self.head(torch.tanh(self.inner(self.table(ids))))


def steps(model, optimizer, number, scheduler=None):
    ids = torch.tensor([1, 2, 3, 4])
    for _ in range(number):
        loss = torch.nn.functional.cross_entropy(model(ids), ids)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if scheduler:
            scheduler.step()
    return loss.item()


def test_matrices_go_to_muon_and_the_rest_to_adamw():
    model = Small()
    muon, adam = MuonAndAdamW(model, 0.01).param_groups
    assert [tuple(p.shape) for p in muon["params"]] == [(4, 4)]
    assert [tuple(p.shape) for p in adam["params"]] == [(7, 4), (4,)]


def test_it_learns_and_follows_a_schedule():
    model = Small()
    optimizer = MuonAndAdamW(model, 0.05)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, 10)
    first = steps(model, optimizer, 1, scheduler)
    assert steps(model, optimizer, 30, scheduler) < 0.7 * first
    assert [group["lr"] for part in optimizer.parts for group in part.param_groups] == pytest.approx([0.005] * 2)


def test_a_restored_state_goes_on_to_the_same_weights():
    whole, half = Small(), Small()
    steps(whole, MuonAndAdamW(whole, 0.05), 6)
    optimizer = MuonAndAdamW(half, 0.05)
    steps(half, optimizer, 3)
    resumed = Small()
    resumed.load_state_dict(half.state_dict())
    restored = MuonAndAdamW(resumed, 0.05)
    restored.load_state_dict(optimizer.state_dict())
    steps(resumed, restored, 3)
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], value, rtol=0, atol=0)


def test_a_step_with_a_gradient_that_is_not_finite_is_left_out():
    model = Small()
    optimizer = MuonAndAdamW(model, 0.05)
    steps(model, optimizer, 2)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.inner.weight.grad[0, 0] = float("nan")
    optimizer.step()
    assert optimizer.left_out == 1
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)
    steps(model, optimizer, 1)
    assert optimizer.left_out == 1 and not torch.equal(model.inner.weight, before["inner.weight"])


def test_many_such_steps_in_a_row_end_the_training():
    model = Small()
    optimizer = MuonAndAdamW(model, 0.05)
    steps(model, optimizer, 1)
    model.inner.weight.grad.fill_(float("inf"))
    for _ in range(optimizers.LEFT_OUT_IN_A_ROW - 1):
        optimizer.step()
    with pytest.raises(FloatingPointError, match="lower its learning rate"):
        optimizer.step()
