"""Distil small students with every component and schedule, in one process or in each of several.

The effective batch is 12 examples, 8 of which the semantic term draws. Processes that ``torch.distributed.run`` started
share it.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path

import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import BertConfig, BertModel

from trident.distillation import encoding, models, teacher_cache, trainer
from trident.experiment import params

STEPS = 50
EFFECTIVE_BATCH = 12
CASES = {
    "ce": {"weights": {"ce": 1.0}},
    "ce, kl, moving weights": {"weights": {"ce": 0.9, "kl": 0.1}, "weights_end": {"kl": 0.9}, "schedule": "step"},
    "soft, gradnorm, accumulated": {"schedule": "gradnorm", "gradient_accumulation_steps": 2},
    "soft at every third step, gradnorm": {"schedule": "gradnorm", "semantic_every": 3},
    "decoded, uncertainty": {"schedule": "uncertainty", "semantic_mode": "decoded"},
    "risk, running average, accumulated": {
        "weights": {"focal": 0.3, "jsd": 0.3, "ce": 0.1, "kl": 0.1, "semantic": 0.2},
        "running_average": True,
        "semantic_mode": "risk",
        "gradient_accumulation_steps": 2,
    },
}
ASSERTIONS = (
    "assertEquals(12, total);",
    "assertTrue(list.isEmpty());",
    "assertNull(name);",
    "assertEquals(7, size());",
    'assertEquals("a longer text than the others", text.trim().toLowerCase());',
)


def run(folder: Path) -> dict[str, list[dict[str, float]]]:
    """The training log of each case."""
    torch.set_num_threads(1)
    processes, rank = (int(os.environ.get(name, default)) for name, default in (("WORLD_SIZE", "1"), ("RANK", "0")))
    own = folder / f"process-{rank}"
    # 25 examples: effective batches of 12, 12 and 1, the last of which leaves one of two processes nothing
    rows = [
        {
            "id": str(i),
            "test_prefix_and_rest": f"void t{i}() {{ {'int x = 1; ' * (i % 3)}<ASSERTION> }}",
            "focal_method": "int size() { return 7; }",
            "assertion": ASSERTIONS[i % 5],
            "assertion_canonical": ASSERTIONS[i % 5],
        }
        for i in range(25)
    ]
    tokenizer = models.train_tokenizer([encoding.whole_text(row) for row in rows] * 3, 330)
    limits = params.check({"max_source_tokens": 64, "max_target_tokens": 48, "target_form": "canonical"})
    examples = encoding.encode(Dataset.from_list(rows), tokenizer, limits, drop_long_targets=True)
    teacher = models.from_scratch(tokenizer, d_model=16, d_ff=16, layers=1, heads=2, dropout_rate=0.0, seed=1)
    states = teacher_cache.hidden_states(teacher, tokenizer, examples, batch_size=4, device=torch.device("cpu"))
    digests = {"tokenizer_digest": "t", "teacher_digest": "m"}
    teacher_cache.write(own / "cache", states, teacher_cache.output_head(teacher), codec="hidden_fp16", **digests)
    cache = teacher_cache.TeacherCache(own / "cache")
    encoder = _encoder(own / "encoder", tokenizer)
    logs = {}
    for number, (case, changes) in enumerate(CASES.items()):
        cuts = processes * changes.get("gradient_accumulation_steps", 1)
        p = params.check(
            {
                **params.DEFAULTS,
                "batch_size": EFFECTIVE_BATCH // cuts,
                "evaluation_batch_size": 6,
                "learning_rate": 2e-3,
                "progress": False,
                "device": "cpu",
                "mixed_precision": "no",
                "encoder_model": encoder,
                "steps": STEPS,
                **changes,
            }
        )
        student = models.from_scratch(tokenizer, d_model=12, d_ff=16, layers=1, heads=2, dropout_rate=0.0, seed=2)
        targets = {row["id"]: row["assertion"] for row in rows}
        trainer.distil(
            p, student, tokenizer, examples, examples, folder / str(number), teacher_cache=cache, targets=targets
        )
        logs[case] = json.loads((folder / str(number) / "history.json").read_text())
    return logs


def _encoder(folder: Path, tokenizer) -> str:
    """A sentence transformer with random weights that reads the student's tokens."""
    torch.manual_seed(3)
    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(tokenizer), initializer_range=0.3, **small)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    modules = [Transformer(str(folder), max_seq_length=64), Pooling(16, pooling_mode="mean"), Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder / "whole"))
    return str(folder / "whole")


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    found = run(Path(sys.argv[1]))
    if os.environ["RANK"] == "0":
        Path(sys.argv[1], "logs.json").write_text(json.dumps(found))
