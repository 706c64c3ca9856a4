"""A small model with its tokenizer and five encoded examples."""

import pytest
from datasets import Dataset

from trident.distillation import models


@pytest.fixture(scope="module")
def world():
    tokenizer = models.train_tokenizer(["int total = 12; assertEquals(12, total);"] * 3, 310)
    model = models.from_scratch(tokenizer, d_model=16, d_ff=16, layers=1, heads=2, dropout_rate=0.0, seed=4)
    texts = ["total", "int total = 12; int total = 12;", "assertEquals(12, total);", "12", "int"]
    return model, tokenizer, Dataset.from_dict({"input_ids": [tokenizer(text)["input_ids"] for text in texts]})
