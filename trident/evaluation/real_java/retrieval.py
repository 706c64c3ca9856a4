"""The most similar training example, by TF-IDF and cosine, as retrieval-based generators of assertions find it.

H. Yu et al., "Automated assertion generation via information retrieval and its integration with deep learning", 2022;
W. Sun et al., "Revisiting and improving retrieval-augmented deep assertion generation" (EditAS), 2023. Both compare by
Jaccard over tokens; TF-IDF gives rare names more weight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from trident.java.assertions import MARK

#: What is read of an example.
TEXTS = ("test_prefix_and_rest", "focal_method")
#: Questions compared at a time, which bounds the memory.
_QUESTIONS = 64


class Retriever:
    """Finds examples of a training split. Deterministic: of equally similar ones, the first.

    Args:
        training: the examples, at least one.
    """

    def __init__(self, training: Iterable[Mapping[str, Any]]) -> None:
        self._weights = TfidfVectorizer(token_pattern=r"\w+", lowercase=False, sublinear_tf=True, dtype=np.float32)
        self._of_words = self._weights.fit_transform(map(_text, training)).T.tocsr()

    def nearest(self, questions: Iterable[Mapping[str, Any]]) -> Iterator[int | None]:
        """For each question the position of the most similar example; None where none shares a word with it."""
        texts = map(_text, questions)
        while some := list(islice(texts, _QUESTIONS)):
            cosines = (self._weights.transform(some) @ self._of_words).toarray()
            yield from (int(row.argmax()) if row.any() else None for row in cosines)


def _text(example: Mapping[str, Any]) -> str:
    """Words of the test, without its blank, and of the method under test."""
    test, method = (example[name] for name in TEXTS)
    return f"{test.replace(MARK, '')}\n{method}"
