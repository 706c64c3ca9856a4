"""Muon for matrices beside AdamW for the rest: the optimiser of the shipped models."""

from __future__ import annotations

from itertools import chain
from typing import Any

import torch

#: Steps in a row that may be left out before a training counts as diverged.
LEFT_OUT_IN_A_ROW = 10


class MuonAndAdamW(torch.optim.Optimizer):
    """One optimiser of two: Muon (Jordan et al. 2024) for the weight matrices, AdamW for embeddings, norms and biases.

    A small T5 from random weights reached the same loss in about half the steps of AdamW alone.

    A step whose gradients are not all finite is left out and counted in `left_out`. Seen once, on a GPU, after 1,350
    good steps: all weights were NaN from then on.

    Args:
        learning_rate: of both; Muon's updates are scaled to the size of AdamW's.
    """

    def __init__(self, model: torch.nn.Module, learning_rate: float, weight_decay: float = 0.01) -> None:
        tables = {id(part.weight) for part in model.modules() if isinstance(part, torch.nn.Embedding)}
        matrices: list[torch.nn.Parameter] = []
        rest: list[torch.nn.Parameter] = []
        for parameter in model.parameters():
            (matrices if parameter.dim() == 2 and id(parameter) not in tables else rest).append(parameter)
        self.parts = (
            torch.optim.Muon(matrices, learning_rate, weight_decay, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, learning_rate, betas=(0.9, 0.98), weight_decay=weight_decay, fused=True),
        )
        super().__init__([group for part in self.parts for group in part.param_groups], {})
        self._share()
        self.left_out, self._in_a_row = 0, 0

    def _share(self) -> None:
        """Both parts work on this optimiser's groups and state, which schedulers change and checkpoints hold."""
        for part, group in zip(self.parts, self.param_groups, strict=True):
            part.param_groups, part.state = [group], self.state

    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # the closure has no use here
        """Raises FloatingPointError when :data:`LEFT_OUT_IN_A_ROW` steps in a row were left out."""
        parameters = chain.from_iterable(group["params"] for group in self.param_groups)
        norm = torch.nn.utils.get_total_norm([one.grad for one in parameters if one.grad is not None])
        if torch.isfinite(norm):
            self._in_a_row = 0
            for part in self.parts:
                part.step()
            return
        self.left_out += 1
        self._in_a_row += 1
        if self._in_a_row == LEFT_OUT_IN_A_ROW:
            raise FloatingPointError(
                f"the gradients of {LEFT_OUT_IN_A_ROW} batches in a row are not finite, so the training diverged: "
                "lower its learning rate"
            )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self._share()
