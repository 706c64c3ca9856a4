"""The one schema of an example, whatever source it comes from (DESIGN: what passes between the rooms)."""

from __future__ import annotations

from typing import Literal, TypedDict

from datasets import Features, Value

SPLITS = ("train", "validation", "test")

Split = Literal["train", "validation", "test"]


class Example(TypedDict):
    """One blank to fill. All values are text.

    id                    unique and stable: a digest of where the example comes from
    source                "sandbox", "methods2test" or "mined"
    origin                where it stands: template, archive member or file, with the test's name
    mapping               how test and focal method were matched ("template", "name", "only_invoked", …)
    group                 what splits never share: a repository, or one instantiated sandbox class
    focal_class           simple name of the class under test
    focal_method          the whole method under test
    test_prefix_and_rest  the test method with ``<ASSERTION>`` in the place of the assertion
    assertion             the assertion as it stood (with ``masking: all``: all of them, joined by newlines)
    assertion_canonical   the same without ``Assert.`` and without differences in white space
    kind                  assertEquals, assertThat, … (of the first, with ``masking: all``)
    split                 train, validation or test
    """

    id: str
    source: str
    origin: str
    mapping: str
    group: str
    focal_class: str
    focal_method: str
    test_prefix_and_rest: str
    assertion: str
    assertion_canonical: str
    kind: str
    split: str


FEATURES = Features({name: Value("string") for name in Example.__annotations__})
