"""The schema of an example, the same for every source: what the corpus passes to the later notebooks."""

from __future__ import annotations

from typing import Literal, TypedDict, get_args

from datasets import Features, List, Value

Split = Literal["teacher", "train", "validation", "test", "unseen"]
#: teacher     what the teacher is fine-tuned on; empty: the teacher learns from train too, as in the paper
#: train       what students learn from, and the teacher if it has no split of its own
#: validation  selects: the checkpoint of a training, and between configurations
#: test        drawn like validation and used for no selection: the headline of the tables
#: unseen      sandbox only: class templates that are in no other split
SPLITS: tuple[Split, ...] = get_args(Split)
#: What 05 scores.
EVALUATION = SPLITS[2:]
#: The order in which splits are made. What one holds, a later one drops, so training gets no question of evaluation.
MAKING_ORDER: tuple[Split, ...] = ("unseen", "validation", "test", "train", "teacher")


class CorpusError(ValueError):
    """The source of a corpus is missing, is not what it should be, or yields nothing; the message says what to do."""


class Example(TypedDict):
    """One test with a blank to fill. All values are text, but for the two lists.

    id                    unique and stable: a digest of where the example comes from
    source                the value of the parameter `corpus`
    origin                its place there: template, archive member or file, with the test's name
    mapping               how test and focal method were matched ("template", "name", "only_invoked", …)
    group                 what splits never share: a repository, or one instantiated sandbox class
    focal_class           simple name of the class under test
    focal_method          the whole method under test
    test_prefix_and_rest  the test method with ``<ASSERTION>`` in place of the assertion
    assertion             the assertion, unchanged (with ``masking: all``: all of them, joined by newlines)
    assertion_canonical   the same without ``Assert.`` and without differences in white space
    accepted              the canonical forms that mean the same here, the reference among them; one for real Java
    accepted_probability  p(form | what the model sees) of each, known by how the sandbox is made; they sum to 1
    kind                  assertEquals, assertThat, … (of the first, with ``masking: all``)
    split                 teacher, train, validation, test or unseen
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
    accepted: list[str]
    accepted_probability: list[float]
    kind: str
    split: str


_LISTS = {"accepted": List(Value("string")), "accepted_probability": List(Value("float64"))}
FEATURES = Features({name: _LISTS.get(name, Value("string")) for name in Example.__annotations__})
