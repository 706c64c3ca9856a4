"""A model's probability of each way to write an assertion."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from datasets import Dataset

from trident.evaluation.label_distribution import BLANKS, label_distribution

CPU = torch.device("cpu")
FORMS = [["assertEquals(12, total);", "total"], ["12"], ["int", "12", "int total = 12;"], ["total", "int"], ["12"]]


def examples(forms) -> Dataset:
    return Dataset.from_dict(
        {
            "id": [f"e{i}" for i in range(len(forms))],
            "accepted": forms,
            "accepted_probability": [[1 / len(some)] * len(some) for some in forms],
        }
    )


def test_log_probabilities_are_those_of_writing_token_by_token(world):
    model, tokenizer, encoded = world
    frame = label_distribution(model, tokenizer, examples(FORMS), encoded, batch_size=3, device=CPU)
    assert [*zip(frame["id"], frame["form"])] == [(f"e{i}", form) for i in (0, 2, 3) for form in FORMS[i]]
    for row in frame.itertuples():
        source = torch.tensor([encoded[int(row.id[1:])]["input_ids"]])
        written, total = [model.config.decoder_start_token_id], 0.0
        for token in tokenizer(row.form)["input_ids"]:
            logits = model(input_ids=source, decoder_input_ids=torch.tensor([written])).logits[0, -1]
            total += logits.log_softmax(-1)[token].item()
            written.append(token)
        assert row.log_probability == pytest.approx(total, abs=1e-4)


def test_batches_and_other_blanks_change_nothing(world):
    model, tokenizer, encoded = world
    together = label_distribution(model, tokenizer, examples(FORMS), encoded, batch_size=64, device=CPU)
    alone = label_distribution(
        model, tokenizer, examples(FORMS).select([3]), encoded.select([3]), batch_size=1, device=CPU
    )
    mine = together[together["id"] == "e3"]["log_probability"]
    assert np.allclose(mine, alone["log_probability"], atol=1e-4) and together["probability"].iloc[-1] == 0.5


def test_blanks_with_one_form_are_left_out_and_no_more_than_the_limit_are_asked(world):
    model, tokenizer, encoded = world
    many = encoded.select([0] * (BLANKS + 5))
    frame = label_distribution(model, tokenizer, examples([["a", "b"]] * len(many)), many, batch_size=64, device=CPU)
    assert frame["id"].nunique() == BLANKS
    none = label_distribution(model, tokenizer, examples([["a"]] * 5), encoded, batch_size=2, device=CPU)
    assert none.empty and list(none.columns) == ["id", "form", "probability", "log_probability"]
