"""What a rehearsal reads: models in the hub's layout, archives in Methods2Test's, and the parameters that name them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from trident.corpus.sandbox.generate import generate
from trident.corpus.schema import Example, Split
from trident.corpus.sources.methods2test import ARCHIVES
from trident.distillation import rehearsal_models
from trident.distillation.encoding import whole_text
from trident.distillation.rehearsal_models import Shape
from trident.experiment import artifacts, params, paths
from trident.workflow.rehearsal import archives

SEED = 2025
#: Sandbox examples whose text the tokenizers are trained on.
TEXTS = 3000


@dataclass(frozen=True)
class Plan:
    """What is rehearsed. The default is the paper's size; a test takes small shapes and short texts.

    examples: of each split. `batch_size` is that of a forward pass: four of them make an optimiser step, as in the
    profile.
    """

    teacher: Shape = rehearsal_models.TEACHER
    student: Shape = rehearsal_models.STUDENT
    encoder: Shape = rehearsal_models.ENCODER
    examples: Mapping[Split, int] = field(default_factory=lambda: {"train": 4, "validation": 2, "test": 2})
    configuration: str = "trident_static"
    seed: int = 13
    batch_size: int = 1
    more: Mapping[str, Any] = field(default_factory=dict)  # parameters over those of the profile

    def parameters(self, folder: Path) -> dict[str, Any]:
        """The parameters over ``params/paper.yaml``, for a rehearsal in `folder`."""
        return {
            "runs_dir": str(folder / "runs"),
            "corpus_path": str(folder / "methods2test"),
            "teacher_model": str(folder / "teacher"),
            "student_model": str(folder / "student"),
            "encoder_model": str(folder / "encoder"),
            **{f"{split}_examples": size for split, size in self.examples.items()},
            "teacher_epochs": 1,
            "epochs": 1,
            "batch_size": self.batch_size,
            "configurations": [self.configuration],
            "seeds": [self.seed],
            "baseline": self.configuration,
            "progress": False,
            **self.more,
        }


def prepare(plan: Plan, folder: Path) -> Path:
    """Make models and archives in `folder`, unless the same are there. Returns the file with the parameters."""
    mark, made = folder / "inputs.json", {"plan": dataclasses.asdict(plan), "folder": str(folder)}
    file = folder / "rehearsal.yaml"
    if mark.is_file() and mark.read_text(encoding="utf-8") == artifacts.fingerprint(made):
        return file
    mark.unlink(missing_ok=True)
    write_models(plan, folder)
    p = params.complete({**params.load(paths.PARAMS / "paper.yaml"), **plan.parameters(folder)})
    names = list(rehearsal_models.CODET5.last)
    tokenizer = AutoTokenizer.from_pretrained(folder / "teacher", additional_special_tokens=names)
    rows, _ = generate({split: 8 * size for split, size in plan.examples.items()}, SEED)
    for split, name in ARCHIVES.items():
        own = [row for row in rows if row["split"] == split]
        archives.write(folder / "methods2test" / name, enumerate(_records(own, tokenizer, p)))
    artifacts.write_text(file, yaml.safe_dump(plan.parameters(folder), sort_keys=False))
    artifacts.write_text(mark, artifacts.fingerprint(made))
    return file


def write_models(plan: Plan, folder: Path) -> None:
    """The three checkpoints, as the hub stores the paper's: the teacher pickled, the student in several files."""
    rows, _ = generate({"train": TEXTS}, SEED)
    texts = [whole_text(row) for row in rows]
    words = rehearsal_models.vocabulary(texts, rehearsal_models.CODET5)
    rehearsal_models.write_seq2seq(folder / "teacher", plan.teacher, words, seed=SEED, storage="bin")
    rehearsal_models.write_seq2seq(folder / "student", plan.student, words, seed=SEED, storage="sharded")
    others = rehearsal_models.vocabulary(texts, rehearsal_models.ROBERTA)
    rehearsal_models.write_encoder(folder / "encoder", plan.encoder, others, seed=SEED)


def _records(rows: list[Example], tokenizer: PreTrainedTokenizerBase, p: params.Parameters) -> Iterator[dict[str, Any]]:
    """Tests of one assertion, which just fits the longest target, and methods longer than the longest input."""

    def filled(before: str, piece: str, after: str, tokens: int) -> str:
        """`piece` between the others as often as `tokens` tokens hold."""
        count = 0
        while len(tokenizer(before + piece * (count + 1) + after, verbose=False)["input_ids"]) <= tokens:
            count += 1
        return before + piece * count + after

    for number, row in enumerate(rows):
        assertion = filled('assertEquals("either', " or", f'", {row["split"]}{number}, actual);', p.max_target_tokens)
        method = filled(row["focal_method"].rstrip().removesuffix("}"), " count++;", "}", 2 * p.max_source_tokens)
        test = f"@Test\npublic void holds{number}() {{\n    {assertion}\n}}"
        yield archives.record(f"{row['split']}{number % 5}", row["focal_class"], method, test)
