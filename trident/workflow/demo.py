"""Five blanks of generated Java, and what the shipped teacher and student write into them: ``make demo``."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets import Dataset

from trident.corpus.sandbox.generate import generate
from trident.corpus.schema import Example, Split
from trident.distillation import encoding, models
from trident.evaluation.prediction import predict
from trident.experiment import params, paths
from trident.java.lexer import canonical
from trident.workflow import stages

FOLDER = paths.ROOT / "models"
#: Each model's folder. The student is the one after distillation.
ROLES = {"teacher": "teacher", "student": "distilled"}
#: How many blanks of each split.
BLANKS: Mapping[Split, int] = {"test": 4, "unseen": 1}
_SPLITS = {
    "test": "a class like those of the training, with other names and values",
    "unseen": "a class unlike those of the training",
}
#: An example is shown if it has at most so many lines and columns, the blank's label and indentation left aside.
LINES, COLUMNS = 20, 92
#: Other right forms that are shown: the most probable ones.
FORMS = 3


@dataclass(frozen=True)
class Filled:
    """An example and each model's answer, in canonical form, by role."""

    example: Example
    answers: dict[str, str]

    def accepted(self, role: str) -> bool:
        return self.answers[role] in self.example["accepted"]

    def __str__(self) -> str:
        """The method under test, the test with its blank, the answers and right forms; at most 100 columns wide."""
        code = f"{self.example['focal_method']}\n\n{self.example['test_prefix_and_rest']}"
        lines = [*(f"    {line}".rstrip() for line in code.splitlines()), ""]
        for role, answer in self.answers.items():
            lines += _labelled(role, "accepted" if self.accepted(role) else "not accepted", answer or "(nothing)")
        reference = self.example["assertion_canonical"]
        forms = zip(self.example["accepted_probability"], self.example["accepted"], strict=True)
        others = [form for _, form in sorted(forms, reverse=True) if form != reference]
        lines += _labelled("reference", "", reference)
        for form in others[:FORMS]:
            lines += _labelled("as good", "", form)
        lines += _labelled("", "", f"and {len(others) - FORMS} more") if len(others) > FORMS else []
        return "\n".join(lines)


def _labelled(label: str, mark: str, text: str) -> list[str]:
    """`text` in lines of at most 100 columns, the first with `label` and `mark`."""
    pieces = textwrap.wrap(text, 73) or [""]
    labels = [f"  {label:<9}  {mark:<12}  ", *[" " * 27] * (len(pieces) - 1)]
    return [before + piece for before, piece in zip(labels, pieces, strict=True)]


def run(seed: int | None = None, folder: Path = FOLDER) -> None:
    """Print five blanks with both models' answers, and how many of them are accepted.

    Args:
        seed: which instances of the class templates; None: the seed of the sandbox profile.
        folder: holds the models, in ``teacher`` and ``distilled``.

    Raises:
        models.ModelNotFound: a model is not there.
    """
    filled, sizes = fill(seed, folder)
    for number, blank in enumerate(filled, 1):
        print(f"{number} of {len(filled)}: {_SPLITS[blank.example['split']]}\n\n{blank}\n")
    for role in ROLES:
        right = sum(blank.accepted(role) for blank in filled)
        print(f"{role}: {right} of {len(filled)} answers accepted, {sizes[role] / 1e6:.1f} million parameters")


def fill(seed: int | None = None, folder: Path = FOLDER) -> tuple[list[Filled], dict[str, int]]:
    """The chosen blanks with both models' answers, and the number of each model's parameters, by role.

    The corpus is that of the sandbox profile with another seed; the answers are greedy. Raises as :func:`run` does.
    """
    p = params.complete(params.load(paths.PARAMS / "sandbox.yaml"))
    sizes: dict[Split, int] = {split: 50 * wanted for split, wanted in BLANKS.items()}
    examples, _ = generate(sizes, p.corpus_seed if seed is None else seed, p.masking, p.keep_after)
    chosen = choose(examples)
    written, parameters = zip(*(_answers(folder / name, chosen, p) for name in ROLES.values()), strict=True)
    filled = [Filled(e, dict(zip(ROLES, texts, strict=True))) for e, *texts in zip(chosen, *written, strict=True)]
    return filled, dict(zip(ROLES, parameters, strict=True))


def _answers(folder: Path, examples: Sequence[Example], p: params.Parameters) -> tuple[list[str], int]:
    """The canonical form of the model's answer to each example, and the number of its parameters."""
    if not folder.is_dir():
        raise models.ModelNotFound(f"no {stages.from_root(folder)}: check it out, or make it as models/README.md says")
    model, tokenizer = models.load(folder)
    rows = Dataset.from_list([{**example} for example in examples])
    encoded = encoding.encode(rows, tokenizer, p, drop_long_targets=False)
    options = {"max_new_tokens": p.max_target_tokens, "num_beams": 1}
    written = predict(model, tokenizer, encoded, batch_size=len(examples), device=models.device("cpu"), **options)
    return [canonical(text) for text in written], models.parameter_count(model)


def choose(examples: Sequence[Example]) -> list[Example]:
    """The first examples of each split that fit on a screen, each of another template and kind of assertion.

    Raises:
        ValueError: there are too few.
    """
    chosen: list[Example] = []
    seen: set[str] = set()
    for split, wanted in BLANKS.items():
        for example in examples:
            lines = f"{example['focal_method']}\n{example['test_prefix_and_rest']}".splitlines()
            fits = len(lines) <= LINES and max(map(len, lines)) <= COLUMNS
            marks = {example["kind"], example["group"].partition("#")[0]}
            have = sum(other["split"] == split for other in chosen)
            if example["split"] == split and have < wanted and fits and not seen & marks:
                chosen.append(example)
                seen |= marks
    if len(chosen) < sum(BLANKS.values()):
        raise ValueError(f"only {len(chosen)} of {len(examples)} examples fit on a screen: use another seed")
    return chosen
