"""What may say which method a test tests. ``docs/mining.md`` describes each and shows its precision."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from trident.corpus.schema import CorpusError

#: Of a source that does not say how its tests were matched.
PUBLISHED = "published"
_BY_METHOD = ("name", "name_part", "only_invoked")
#: All that the miner may give: how it found the class, if not by its exact name, and then the method.
MAPPINGS = (
    *_BY_METHOD,
    "only_besides_factories",
    "only_factory",
    *(f"{by_class}_{by_method}" for by_class in ("inherited", "helper", "cut", "prefix") for by_method in _BY_METHOD),
)
#: Right in at least 80 % of 50 pairs that were read. Used unless the parameter `mappings` names others.
RELIABLE = frozenset(MAPPINGS) - {
    "only_besides_factories",
    "only_factory",
    "inherited_only_invoked",
    "cut_only_invoked",
    "prefix_only_invoked",
}


def chosen(mappings: Collection[str]) -> frozenset[str]:
    """The mappings that the parameter `mappings` admits. Raises CorpusError for one that the miner does not know."""
    for name in mappings:
        if name not in MAPPINGS:
            close = difflib.get_close_matches(name, MAPPINGS, n=1)
            raise CorpusError(f"mappings: {name!r} is unknown; known: {', '.join(close or MAPPINGS)}")
    return frozenset(mappings or RELIABLE) | {PUBLISHED}
