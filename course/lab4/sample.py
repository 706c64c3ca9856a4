"""A small sample of the sandbox: blanks, what models write into them, and a made-up corpus with copies.

Everything is the same in each run. What takes seconds is computed at the first call only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pandas as pd
import torch
from datasets import Dataset
from sklearn.feature_extraction.text import TfidfVectorizer

from course import data
from trident.corpus.sandbox.generate import generate
from trident.cqs import score_all
from trident.distillation import encoding, models
from trident.evaluation import baselines, prediction
from trident.experiment import params, paths
from trident.java.lexer import lex
from trident.metrics.strict import token_accuracy

_SEED = 5
#: Blanks to answer, which are also the ones with copies; and blanks of other classes.
_OURS, _OTHERS = 72, 48
#: What the projects of the made-up corpus do to a text, in turn: only white space differs.
_LAYOUTS = (("", ""), ("    ", "  "), (", ", ","), ("\n", "\n\n"))
_PROJECTS = 8
_ENCODER = "all-MiniLM-L6-v2"

Score = Callable[[Sequence[str], Sequence[str]], float]


def blanks() -> pd.DataFrame:
    """One row for each blank.

    Columns: `method`, `test` and `assertion` (texts), `tokens` (of the assertion), `group` (its class), `accepted` (the
    assertions that mean the same there), `input` (what the models read).
    """
    return _blanks()["test"]


@cache
def _blanks() -> dict[str, pd.DataFrame]:
    p = params.complete({})
    examples, _ = generate({"test": _OURS, "validation": _OTHERS}, _SEED, p.masking, p.keep_after)
    table = pd.DataFrame([{**example, "input": encoding.source_text(example)} for example in examples])
    columns = {"focal_method": "method", "test_prefix_and_rest": "test", "assertion_canonical": "assertion"}
    table = table.drop(columns="assertion").rename(columns=columns)
    table["tokens"] = [lex(text) for text in table["assertion"]]
    kept = [*columns.values(), "tokens", "group", "accepted", "input"]
    return {str(split): rows[kept].reset_index(drop=True) for split, rows in table.groupby("split")}


# -- answers and their parts of the score


@cache
def answers() -> pd.DataFrame:
    """What the shipped teacher and student write into the blanks, and what needs no model; one column for each."""
    table, p = blanks(), params.complete({})
    written = {}
    for role, folder in data.MODELS.items():
        model, tokenizer = models.load(paths.ROOT / "models" / folder)
        ids = [encoding.encode_source(text, tokenizer, p.max_source_tokens) for text in table["input"]]
        written[role] = prediction.predict(
            model,
            tokenizer,
            Dataset.from_dict({"input_ids": ids}),
            batch_size=24,
            device=torch.device("cpu"),
            max_new_tokens=p.max_target_tokens,
            num_beams=1,
        )
    written["most frequent"] = baselines.predict("most_frequent", list(table["assertion"]))
    written["empty"] = [""] * len(table)
    return pd.DataFrame(written)


@cache
def parts() -> dict[str, pd.DataFrame]:
    """For each column of :func:`answers` its parts of the score as the paper's libraries give them.

    Columns: `answer`, `semantic`, `codebleu`, `ast`, `accepted`. Token accuracy is left to the students.
    """
    table, written = blanks(), answers()
    scored = score_all(
        list(pd.concat([written[name] for name in written])),
        list(table["assertion"]) * written.shape[1],
        encoder=models.sentence_encoder(_ENCODER),  # type: ignore[arg-type]  # its overloads
        accepted=list(table["accepted"]) * written.shape[1],
        variants=["paper"],
    )
    scored = scored.rename(columns={"prediction": "answer"})[["answer", "semantic", "codebleu", "ast", "accepted"]]
    return {
        str(name): scored.iloc[i * len(table) : (i + 1) * len(table)].reset_index(drop=True)
        for i, name in enumerate(written)
    }


def telling() -> int:
    """The first blank where a wrong answer of the student is as like the assertion as a right one of the teacher."""
    right, wanted = {name: table["accepted"] for name, table in parts().items()}, blanks()["tokens"]
    for row in np.flatnonzero(right["teacher"] & ~right["student"]):
        teacher, student = (token_accuracy(lex(answers()[name][row]), wanted[row]) for name in data.MODELS)
        if student >= teacher:
            return int(row)
    raise LookupError("in no blank of the sample is a wrong answer as like the assertion as a right one")


def scores(cqs: Callable[[pd.DataFrame], pd.Series[float]], accuracy: Score) -> pd.DataFrame:
    """The score of each answer, blanks × models, by the students' own functions."""
    wanted, columns = blanks()["tokens"], {}
    for name, table in parts().items():
        pairs = zip(table["answer"].map(lex), wanted, strict=True)
        columns[name] = cqs(table.assign(token_accuracy=[accuracy(*pair) for pair in pairs]))
    return pd.DataFrame(columns)


# -- a corpus with copies


@cache
def copied() -> pd.DataFrame:
    """The blanks as a corpus that was put together from projects, some with the same classes in another layout.

    Columns: `project`, `method`, `test`, `tokens`. Each class stands in one to four projects.
    """
    table, rng = blanks(), np.random.default_rng(0)
    homes = {name: rng.permutation(_PROJECTS)[: rng.integers(1, 5)] for name in table["group"].unique()}
    rows = []
    for row in table.to_dict("records"):
        for project in homes[row["group"]]:
            layout = _LAYOUTS[project % len(_LAYOUTS)]
            texts = {name: row[name].replace(*layout) for name in ("method", "test")}
            rows.append({"project": f"project {project}", **texts, "tokens": row["tokens"]})
    return pd.DataFrame(rows)


def lookup(test: np.ndarray, score: Score) -> float:
    """The mean score of a model that answers with the assertion of the most similar row that it was shown.

    Args:
        test: which rows of :func:`copied` it is tested on; it is shown the others.
    """
    tokens, (likeness, _) = copied()["tokens"], _likeness()
    shown, asked = np.flatnonzero(~test), np.flatnonzero(test)
    found = shown[likeness[np.ix_(asked, shown)].argmax(axis=1)]
    return float(np.mean([score(tokens[i], tokens[j]) for i, j in zip(found, asked, strict=True)]))


def lookup_elsewhere(score: Score) -> float:
    """The same for blanks of classes that no project has, with all rows shown."""
    tokens, (_, likeness) = copied()["tokens"], _likeness()
    found, wanted = likeness.argmax(axis=1), _blanks()["validation"]["tokens"]
    return float(np.mean([score(tokens[i], right) for i, right in zip(found, wanted, strict=True)]))


@cache
def _likeness() -> tuple[np.ndarray, np.ndarray]:
    """The cosine of the words of each row with those of each row of the corpus: for its own rows, and for others."""
    own, others = (table["method"] + " " + table["test"] for table in (copied(), _blanks()["validation"]))
    words = TfidfVectorizer(token_pattern=r"\w+").fit(own)
    vectors = words.transform(own)
    return (vectors @ vectors.T).toarray(), (words.transform(others) @ vectors.T).toarray()
