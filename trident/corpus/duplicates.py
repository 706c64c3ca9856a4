"""Near-duplicate texts: copied classes and forks, found by the token shingles that two texts share.

A text is known by its *sketch*, the smallest hashes of its shingles (Broder, "On the resemblance and containment of
documents", 1997). Two texts are near-duplicates if the Jaccard index of their shingles, estimated from the sketches, is
at least :data:`SAME`. Memory: 12 bytes for each hash, at most :data:`SKETCH` of them for a text of any length.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from trident.corpus.records import Record
from trident.corpus.schema import Split
from trident.java import lexer

#: Tokens of a shingle, hashes of a sketch, and the least Jaccard index of near-duplicates.
SHINGLE, SKETCH, SAME = 8, 64, 0.5
#: Groups are one family if so many texts of one of them, and such a share, have a near-duplicate in the other.
FAMILY, FAMILY_SHARE = 2, 0.02
_BASE = np.uint64(0x9E3779B97F4A7C15)

Sketch = NDArray[np.uint64]


def sketch(*texts: str) -> Sketch:
    """The smallest hashes of all shingles of Java texts, in ascending order. Layout and comments do not count.

    A text with fewer tokens than a shingle is one shingle.
    """
    hashes = [_shingles(np.array([_hash(token) for token in lexer.lex(text)], np.uint64)) for text in texts]
    return np.unique(np.concatenate(hashes))[:SKETCH]


def _shingles(tokens: Sketch) -> Sketch:
    """A polynomial of the tokens' hashes, modulo 2^64, for each run of tokens."""
    size = min(SHINGLE, len(tokens))
    found = np.zeros(len(tokens) - size + 1, np.uint64)
    for position in range(size):
        found = found * _BASE + tokens[position : position + len(found)]
    return found


@lru_cache(maxsize=1 << 16)
def _hash(token: str) -> int:
    return int.from_bytes(blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def jaccard(one: Sketch, other: Sketch) -> float:
    """The Jaccard index of two texts' shingles: exact if both sketches are of all shingles, else an estimate."""
    union = np.union1d(one, other)[:SKETCH]
    return float(np.isin(union, np.intersect1d(one, other)).mean())


@dataclass(frozen=True)
class Near:
    """A known text, the label it was added with, and the Jaccard index."""

    name: str
    label: str
    jaccard: float


class Known:
    """Texts by their sketches, in an inverted index. Each has a label; one is never near another of its own label."""

    def __init__(self) -> None:
        self._texts: list[tuple[str, str]] = []
        self._sketches: list[Sketch] = []
        self._indexed = 0
        self._hashes, self._owners = np.empty(0, np.uint64), np.empty(0, np.int32)

    def add(self, text: Sketch, name: str, label: str) -> None:
        self._texts.append((name, label))
        self._sketches.append(text)

    def nearest(self, text: Sketch, label: str) -> Near | None:
        """The nearest text of another label, if it is a near-duplicate. Of equally near ones the one added first."""
        self._index()
        first, last = (np.searchsorted(self._hashes, text, side) for side in ("left", "right"))
        hits = [self._owners[start:end] for start, end in zip(first, last, strict=True) if end > start]
        if not hits:
            return None
        owners, shared = np.unique(np.concatenate(hits), return_counts=True)
        best: Near | None = None
        for owner, count in zip(owners.tolist(), shared.tolist(), strict=True):
            name, its = self._texts[owner]
            # The index is at most the share of common hashes in the larger sketch.
            if its == label or count < SAME * max(len(text), len(self._sketches[owner])):
                continue
            index = jaccard(text, self._sketches[owner])
            if index >= SAME and (best is None or index > best.jaccard):
                best = Near(name, its, index)
        return best

    def _index(self) -> None:
        new: Sequence[Sketch] = self._sketches[self._indexed :]
        if new:
            owners = np.repeat(np.arange(self._indexed, len(self._sketches), dtype=np.int32), list(map(len, new)))
            hashes, owners = np.concatenate([self._hashes, *new]), np.concatenate([self._owners, owners])
            order = np.argsort(hashes, kind="stable")
            self._hashes, self._owners = hashes[order], owners[order]
            self._indexed = len(self._sketches)


class AcrossSplits:
    """Finds tests that are near-duplicates, method under test included, of tests in splits that were made before.

    found   their number, by project and split of both tests
    """

    def __init__(self) -> None:
        self._known = Known()
        self.found: Counter[str] = Counter()

    def near(self, record: Record, split: Split) -> Near | None:
        """The nearest test of an earlier split, if it is a near-duplicate. Training must come last."""
        text, project = of_test(record), record.repository.repo_id
        near = self._known.nearest(text, split)
        if near:
            self.found[f"{project} ({split}), {near.name} ({near.label})"] += 1
        elif split != "train":
            self._known.add(text, project, split)
        return near


def of_test(record: Record) -> Sketch:
    """The sketch of a test and of the method that it tests."""
    return sketch(record.test_case.body, record.focal_method.body)


def families(texts: Mapping[str, Sequence[Sketch]]) -> dict[str, str]:
    """The family of each group of texts, by the name of its first group: copies of one another, forks, common origin.

    Two groups are of one family if :data:`FAMILY` texts of one of them, and the share :data:`FAMILY_SHARE`, are near-
    duplicates of texts of the other, or through others.
    """
    known = Known()
    for group, own in texts.items():
        for text in own:
            known.add(text, group, group)
    family = {group: group for group in texts}
    for group, own in texts.items():
        near = Counter(found.label for text in own if (found := known.nearest(text, group)))
        for other, count in near.items():
            if count >= max(FAMILY, FAMILY_SHARE * len(own)):
                one, joined = sorted((family[group], family[other]), key=list(texts).index)
                family = {name: one if first == joined else first for name, first in family.items()}
    return family
