"""What may say which method a test tests. ``docs/mining.md`` describes each and shows its precision."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from trident.corpus.schema import CorpusError

#: Of a source that does not say how its tests were matched.
PUBLISHED = "published"
_BY_METHOD = ("name", "name_part", "only_invoked", "only_besides_factories")
#: All that the miner may give: the class by its exact name, or by a part of it.
MAPPINGS = tuple(f"{by_class}{by_method}" for by_class in ("", "cut_", "prefix_") for by_method in _BY_METHOD)
#: Used unless the parameter `mappings` names others.
RELIABLE = frozenset(MAPPINGS)


def chosen(mappings: Collection[str]) -> frozenset[str]:
    """The mappings that the parameter `mappings` admits. Raises CorpusError for one that the miner does not know."""
    for name in mappings:
        if name not in MAPPINGS:
            close = difflib.get_close_matches(name, MAPPINGS, n=1)
            raise CorpusError(f"mappings: {name!r} is unknown; known: {', '.join(close or MAPPINGS)}")
    return frozenset(mappings or RELIABLE) | {PUBLISHED}
