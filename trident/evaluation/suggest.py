"""Assertions for one blank, ranked: what a developer sees of a student."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from trident.distillation.reading import encode_source, source_text
from trident.evaluation.numpy_t5 import T5, NotReadable
from trident.java import assertions
from trident.java.lexer import canonical

#: Answers that are searched for, for each that is asked for: some are invalid, or the same in other words.
_WIDTH = 2


@dataclass(frozen=True)
class Suggestion:
    """An assertion in canonical form, and the model's probability that it is the one that is missing."""

    assertion: str
    probability: float


class Suggester:
    """A model that writes suggestions.

    Args:
        folder: a checkpoint, with its tokenizer.
        max_source_tokens, max_target_tokens: as in the training.

    Raises:
        NotReadable: the folder holds no model that can be read without torch.
    """

    def __init__(self, folder: Path, max_source_tokens: int, max_target_tokens: int) -> None:
        self._model = T5(folder)
        file = folder / "tokenizer.json"
        if not file.is_file():
            raise NotReadable(f"{file} is missing: save the tokenizer beside the model")
        self._tokenizer = Tokenizer.from_file(str(file))
        self._source_tokens, self._target_tokens = max_source_tokens, max_target_tokens

    def suggest(self, test: str, focal_method: str, top: int) -> list[Suggestion]:
        """At most `top` distinct assertions, the most probable first. What is no assertion in Java is left out.

        Args:
            test: a test method with a blank (``<ASSERTION>``).
            focal_method: the method under test, or nothing.
        """
        text = source_text(test, focal_method)
        ids = encode_source(text, self._tokenizer, self._source_tokens, self._model.end)
        answers = self._model.answers(ids, beams=_WIDTH * top, max_new_tokens=self._target_tokens)
        return ranked((self._tokenizer.decode(answer.ids), math.exp(answer.log_probability)) for answer in answers)[
            :top
        ]


def ranked(answers: Iterable[tuple[str, float]]) -> list[Suggestion]:
    """The valid ones of texts with probabilities, the most probable first. Other layouts of a text add to it."""
    sums: dict[str, float] = defaultdict(float)
    for text, probability in answers:
        if is_assertion(form := canonical(text)):
            sums[form] += probability
    return sorted((Suggestion(*item) for item in sums.items()), key=lambda one: -one.probability)


def is_assertion(text: str) -> bool:
    """Whether `text` can stand in a method's body, by Java's grammar, and every statement of it asserts."""
    try:
        root = assertions.parse(f"class C {{\nvoid t() {{\n{text}\n}}\n}}").root_node
        found = assertions.find(text)
    except assertions.Unparsable:
        return False
    body = root.named_children[0].child_by_field_name("body") if root.named_child_count == 1 else None
    if root.has_error or body is None or body.named_child_count != 1:  # or it closes the method
        return False
    return bool(found) and _letters("".join(one.text for one in found)) == _letters(text)


def _letters(text: str) -> str:
    return "".join(text.split())
