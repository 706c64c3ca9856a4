"""The Code Quality Score of section 4.3:

    CQS = 0.30 semantic similarity + 0.30 CodeBLEU + 0.20 AST validity + 0.20 token accuracy

per example (:func:`score_all`) and per set (:func:`summarise`). What a component means depends on the variant:

===============  ==========================  ==========================  ============================================
component        released                    paper                       strict (default)
===============  ==========================  ==========================  ============================================
texts            unchanged; each reference   unchanged                   canonical: no comments, no ``Assert.``, one
                 assertion alone                                         layout; several assertions matched one to
                                                                         one
semantic         cosine, clamped at 0, best  cosine                      cosine, mean over the matched assertions
                 reference; 0 when empty
codebleu         BLEU over characters        the `codebleu` package      CodeBLEU over Java tokens; without data flow
                                                                         the mean of the other parts
ast              javalang accepts it as the  the same, and not without   tree-sitter: no error, an assertion, nothing
                 body of a method            a statement                 outside the method
token_accuracy   share in the same place,    share of Java tokens in     1 - edit distance over Java tokens / the
                 split at white space, with  the same place, of the      longer length, mean over the matched
                 length penalty, best        longer length               assertions
                 reference
===============  ==========================  ==========================  ============================================

``released_teacher`` is ``released`` with exact match as token accuracy, as the released code scores its teacher.

:data:`CALIBRATED` has the components of ``strict`` and weights that were fitted to execution; it is never a default.

Under ``strict`` an empty prediction scores exactly 0 and an identical one exactly 1 (given a valid assertion), white
space between tokens changes nothing, and any changed token scores less than 1.

The reference decides what is required. When it lacks the final ``;`` (as all of ATLAS), ``paper`` and ``strict`` add it
to both sides. When it calls nothing that is known to assert (a helper, an anonymised ``METHOD_1``), ``strict`` only
requires valid Java.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from trident.experiment import paths
from trident.java.lexer import canonical, kind, lex
from trident.metrics import embeddings, reference_code, strict

#: The formula, section 4.3.
WEIGHTS: Mapping[str, float] = {"semantic": 0.30, "codebleu": 0.30, "ast": 0.20, "token_accuracy": 0.20}
COMPONENTS = tuple(WEIGHTS)
#: The parts of CodeBLEU that every pair has. Known of `strict` and :data:`CALIBRATED` alone.
OF_CODEBLEU = ("bleu", "weighted_recall", "syntax")

#: Variant → (prediction, reference) → components.
VARIANTS: Mapping[str, Callable[[str, str], strict.Parts]] = {
    "strict": strict.compare,
    "paper": reference_code.paper,
    "released": reference_code.released,
    "released_teacher": reference_code.released_teacher,
}
#: A reading beside those: the components of `strict`, with the weights that notebook 06 fits to execution.
CALIBRATED = "execution-calibrated"
#: Its weights. No stage reads them, so that no score goes stale when they change.
CALIBRATION = paths.ROOT / "figures" / "execution_calibrated.json"


def score(
    predictions: Sequence[str],
    references: Sequence[str],
    *,
    encoder: embeddings.Encoder,
    variant: str = "strict",
    progress: bool = False,
) -> pd.DataFrame:
    """Score each prediction against its reference under one variant. See :func:`score_all`."""
    return score_all(predictions, references, encoder=encoder, variants=(variant,), progress=progress)


def score_all(
    predictions: Sequence[str],
    references: Sequence[str],
    *,
    encoder: embeddings.Encoder,
    accepted: Sequence[Collection[str]] | None = None,
    variants: Sequence[str] = tuple(VARIANTS),
    progress: bool = False,
) -> pd.DataFrame:
    """Score each prediction against its reference under several variants, sharing the work.

    Args:
        predictions, references: assertions as text, several of one example joined by newlines. A prediction may be any
            text; lone surrogates are written as Java escapes (``\\ud800``).
        encoder: a sentence encoder, such as ``trident.distillation.models.sentence_encoder("all-MiniLM-L6-v2")``.
        accepted: for each example the canonical forms that mean the same there; None: the reference alone.
        variants: some of :data:`VARIANTS`, or :data:`CALIBRATED`.
        progress: show progress bars.

    Returns:
        One row per example and variant, one variant after the other, with the columns `example` (position), `variant`,
        the four components, the parts :data:`OF_CODEBLEU` (missing where the variant has none) and `cqs`. The others
        do not depend on the variant: `accepted` (the prediction is the reference or one of the accepted forms),
        `exact_match` (canonical), `exact_match_raw`, `kind` (of the reference), `kind_match`, `empty` (no token),
        `repeated` (the prediction loops and the reference does not), `prediction`, `reference`. A cosine may be
        negative; the rest is in [0, 1].

    Raises:
        ValueError: different numbers of predictions, references and accepted forms, an empty reference, an unknown
            variant, or an embedding that is not finite.
        FileNotFoundError: :data:`CALIBRATED` is asked for, and this project has not fitted its weights.
        TypeError: a prediction or reference that is not text, or no encoder.
    """
    _check(predictions, references, encoder, variants, accepted)
    weights = {variant: calibrated_weights() if variant == CALIBRATED else WEIGHTS for variant in variants}
    asked = list(zip(map(_encodable, predictions), map(_encodable, references), strict=True))
    row_of = {pair: row for row, pair in enumerate(dict.fromkeys(asked))}
    facts: list[dict[str, Any]] = []
    parts: dict[str, list[strict.Parts]] = {variant: [] for variant in variants}
    for pair in tqdm(row_of, desc="compare", unit="pair", disable=not progress):
        facts.append(_facts(*pair))
        for variant in variants:
            parts[variant].append(VARIANTS.get(variant, strict.compare)(*pair))
    texts = (texts for column in parts.values() for part in column for texts in part.texts)
    cosines = embeddings.cosines(texts, encoder, progress)
    blocks = []
    for variant, column in parts.items():
        block = _components(column, cosines)
        block["cqs"] = sum(weight * block[name] for name, weight in weights[variant].items())
        block = block.join(pd.DataFrame(facts)).iloc[[row_of[pair] for pair in asked]]
        block.insert(0, "example", range(len(asked)))
        block.insert(1, "variant", variant)
        block["accepted"] = block["exact_match"].to_numpy() | _accepted(predictions, accepted)
        blocks.append(block)
    return pd.concat(blocks, ignore_index=True)


def calibrated_weights() -> dict[str, float]:
    """The weights of :data:`CALIBRATED`. Raises FileNotFoundError where they have not been fitted."""
    if not CALIBRATION.is_file():
        raise FileNotFoundError(
            f"{CALIBRATION} is missing: `make reproduce` fits the weights of {CALIBRATED!r}, where there is a JDK"
        )
    return json.loads(CALIBRATION.read_text(encoding="utf-8"))["weights"]


def _accepted(predictions: Sequence[str], accepted: Sequence[Collection[str]] | None) -> np.ndarray:
    """Whether each prediction, in canonical form, is among the forms accepted for its example."""
    forms: Sequence[Collection[str]] = [()] * len(predictions) if accepted is None else accepted
    return np.array([canonical(text) in some for text, some in zip(predictions, forms, strict=True)], dtype=bool)


def _components(column: Sequence[strict.Parts], cosines: Mapping[tuple[str, str], float]) -> pd.DataFrame:
    missing = (np.nan,) * len(OF_CODEBLEU)
    parts = pd.DataFrame([part.of_codebleu or missing for part in column], columns=list(OF_CODEBLEU), dtype=float)
    components = pd.DataFrame(
        {
            "semantic": [part.semantic([cosines[pair] for pair in part.texts]) for part in column],
            "codebleu": [part.codebleu for part in column],
            "ast": [part.ast for part in column],
            "token_accuracy": [part.token_accuracy for part in column],
        }
    )
    return components.join(parts)


def summarise(frame: pd.DataFrame) -> dict[str, float]:
    """Means of one variant's rows: the components, `cqs`, and the rates of the other columns.

    `most_frequent` is the share of the most frequent prediction: 1 for a model that always says the same.

    Raises:
        ValueError: no rows, or rows of several variants.
    """
    if frame.empty or frame["variant"].nunique() != 1:
        raise ValueError(
            f"summarise takes the rows of one variant, not of {sorted(frame['variant'].unique())}: group them first"
        )
    means = ["cqs", *COMPONENTS, "accepted", "exact_match", "exact_match_raw", "kind_match", "empty", "repeated"]
    return {
        "examples": float(len(frame)),
        **{name: float(frame[name].mean()) for name in means},
        "most_frequent": float(frame["prediction"].value_counts(normalize=True).iloc[0]),
    }


def _check(
    predictions: Sequence[str],
    references: Sequence[str],
    encoder: object,
    variants: Sequence[str],
    accepted: Sequence[Collection[str]] | None,
) -> None:
    if not hasattr(encoder, "encode"):
        raise TypeError(
            f"the score needs a sentence encoder, not {encoder!r}: pass one with an `encode` method, such as "
            'trident.distillation.models.sentence_encoder("all-MiniLM-L6-v2"), which comes with the installation'
        )
    if len(predictions) != len(references):
        raise ValueError(f"{len(predictions)} predictions but {len(references)} references: they must be pairs")
    if accepted is not None and len(accepted) != len(predictions):
        raise ValueError(f"{len(predictions)} predictions but accepted forms of {len(accepted)} examples")
    for name, texts in (("prediction", predictions), ("reference", references)):
        for position, text in enumerate(texts):
            if not isinstance(text, str):
                raise TypeError(f"{name} {position} is {text!r}, not text; write a missing one as ''")
            if name == "reference" and not lex(text):
                raise ValueError(f"reference {position} is empty: {text!r}; drop the example before scoring")
    for variant in variants:
        if variant not in (*VARIANTS, CALIBRATED):
            raise ValueError(f"unknown variant {variant!r}; choose from {', '.join((*VARIANTS, CALIBRATED))}")


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _facts(prediction: str, reference: str) -> dict[str, Any]:
    found, expected = strict.views(prediction, reference)
    return {
        "exact_match": found.code == expected.code,
        "exact_match_raw": prediction.strip() == reference.strip(),
        "kind": kind(reference),
        "kind_match": kind(prediction) == kind(reference),
        "empty": not found.tokens,
        "repeated": strict.loops(found.tokens) and not strict.loops(expected.tokens),
        "prediction": prediction,
        "reference": reference,
    }
