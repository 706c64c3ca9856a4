"""What a model predicts."""

from __future__ import annotations

import torch

from trident.evaluation import prediction

CPU = torch.device("cpu")
OPTIONS = {"max_new_tokens": 6, "num_beams": 1, "device": CPU}


def test_predictions_come_in_the_order_of_the_examples(world):
    model, tokenizer, encoded = world
    together = prediction.predict(model, tokenizer, encoded, batch_size=2, **OPTIONS)
    alone = [
        prediction.predict(model, tokenizer, encoded.select([i]), batch_size=1, **OPTIONS)[0]
        for i in range(len(encoded))
    ]
    assert together == alone and len(set(together)) > 1


def test_no_examples_no_predictions(world):
    model, tokenizer, encoded = world
    assert prediction.predict(model, tokenizer, encoded.select([]), batch_size=2, **OPTIONS) == []
