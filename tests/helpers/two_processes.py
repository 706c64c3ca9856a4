"""Train a small model in the folder that is given, in each process that ``torch.distributed.run`` starts."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from datasets import Dataset

from trident.distillation import models, trainer
from trident.experiment import artifacts, params

folder = Path(sys.argv[1])
p = params.complete({"batch_size": 2, "teacher_epochs": 2, "progress": False, "device": "cpu", "mixed_precision": "no"})
stage = artifacts.begin(folder, p)
tokenizer = models.train_tokenizer(["int total = 12; assertEquals(12, total);"] * 3, 310)
model = models.from_scratch(tokenizer, d_model=16, d_ff=16, layers=1, dropout_rate=0.0, seed=3)
ids = tokenizer("assertEquals(12, total);")["input_ids"]
data = Dataset.from_dict({"input_ids": [ids] * 8, "labels": [ids] * 8})
result = trainer.fine_tune(p, model, tokenizer, data, data, folder)
stage.finish(training=result, read=len(json.loads((folder / "history.json").read_text())), rank=os.environ["RANK"])
