"""The Code Quality Score (CQS), per example and per set, in three readings of the paper's section 4.3.

CQS = 0.30 semantic similarity + 0.30 CodeBLEU + 0.20 AST validity + 0.20 token accuracy. What each part means depends on the
reading:

=================  ==========================  ===========================  ===============================================
part               released                    paper                        strict (default)
=================  ==========================  ===========================  ===============================================
texts              as they are; each           as they are                  canonical: no comments, no ``Assert.``, one
                   reference assertion alone                                layout; several assertions matched one to one
semantic           cosine, clamped at 0, best  cosine                       cosine, mean over the matched assertions
                   reference; 0 when empty
codebleu           BLEU over characters        the `codebleu` package       CodeBLEU over Java tokens; no data flow: the
                                                                            other parts alone
ast                javalang on the released    the same, and a statement    tree-sitter: no error, an assertion, nothing
                   wrapper                     must be there                outside the method
token_accuracy     same place after splitting  same place, Java tokens,     1 − edit distance over Java tokens ÷ the longer
                   at white space, times a     ÷ the longer length          length, mean over the matched assertions
                   length penalty, best
                   reference
=================  ==========================  ===========================  ===============================================

``released_teacher`` is ``released`` with exact match for token accuracy, as the released code scores its teacher (facts 2.7).
Under ``strict`` an empty prediction scores exactly 0, an identical one exactly 1 (a valid assertion given), white space between
tokens changes nothing, and any changed token scores less than 1. Assertions left over on either side count as 0.

A reference sets what can be asked of its prediction. When it lacks the final ``;`` (as all of ATLAS), ``paper`` and ``strict``
add it to both sides; ``released`` does not. When no name in it tells an assertion (a helper, an anonymised ``METHOD_1``),
``strict`` asks only for Java.
"""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from types import MappingProxyType
from typing import Any, Protocol

import javalang.parser
import javalang.tokenizer
import javalang.util
import joblib
import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from tqdm.auto import tqdm

from trident.java import assertions, lexer
from trident.metrics import codebleu

#: The paper's weights, section 4.3.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"semantic": 0.30, "codebleu": 0.30, "ast": 0.20, "token_accuracy": 0.20}
)
COMPONENTS = tuple(WEIGHTS)
#: n-grams that CrystalBLEU leaves out at most (Eghbali and Pradel, 2022), and at most this share of the distinct ones.
CRYSTAL_NGRAMS, CRYSTAL_SHARE = 500, 0.1

_BEYOND_ASSERT = frozenset({"fail", "verify"})
#: Tokens in one call of the encoder: texts of like length go together, so that hardly a token of it is padding.
_BATCH_TOKENS = 1024
#: Pairs that a process compares at a time, and comparisons from which on several processes are worth their start of two seconds.
_CHUNK, _WORTH_PROCESSES = 256, 10_000
#: Cosines are rounded to this many digits: what else stands in a batch changes the seventh.
_COSINE_DIGITS = 6


class Encoder(Protocol):
    """What is asked of a sentence encoder; a SentenceTransformer has it.

    Args:
        max_seq_length: tokens of a text that it sees; None: all.
        tokenizer: texts → their token ids, ``["input_ids"]``; two texts with the same ids have the same embedding.
    """

    max_seq_length: int | None
    tokenizer: Callable[..., Mapping[str, list[list[int]]]]

    def encode(
        self, sentences: list[str], *, batch_size: int, convert_to_numpy: bool, normalize_embeddings: bool
    ) -> np.ndarray:
        """Embeddings of unit length, one row a sentence."""


def score(
    predictions: Sequence[str],
    references: Sequence[str],
    *,
    encoder: Encoder,
    variant: str = "strict",
    weights: Mapping[str, float] = WEIGHTS,
    processes: int | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Score each prediction against its reference, in one reading. See :func:`score_all`."""
    return score_all(
        predictions,
        references,
        encoder=encoder,
        variants=(variant,),
        weights=weights,
        processes=processes,
        progress=progress,
    )


def score_all(
    predictions: Sequence[str],
    references: Sequence[str],
    *,
    encoder: Encoder,
    variants: Sequence[str] = (),
    weights: Mapping[str, float] = WEIGHTS,
    processes: int | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Score each prediction against its reference in several readings, sharing the work.

    Args:
        predictions, references: assertions as text, several of one example joined by newlines. A prediction may be anything;
            lone surrogates are kept as Java writes them (``\\ud800``).
        encoder: the sentence encoder, for instance ``trident.distillation.models.sentence_encoder("all-MiniLM-L6-v2")``. Each distinct text
            is encoded once, texts that its tokenizer cannot tell apart together, and texts that only stand beside an identical
            one not at all.
        variants: some of :data:`VARIANTS`; none given: all.
        weights: of the four :data:`COMPONENTS`; they sum to 1.
        processes: that share the comparisons; None: one, and from 10,000 comparisons on as many as there are cores. The scores
            are the same.
        progress: show progress bars.

    Returns:
        One row an example and variant, variants one after the other, with the columns `example` (position), `variant`, the four
        components and `cqs`; and, the same under every variant: `exact_match` (canonical), `exact_match_raw`, `kind` (of the
        reference), `kind_match`, `empty` (no token), `repeated` (the prediction runs in circles where the reference does not),
        `prediction`, `reference`. All components are in [0, 1], but a cosine may be negative.

    Raises:
        ValueError: different numbers of predictions and references, an empty reference, an unknown variant, weights that are
            not four or do not sum to 1, or embeddings that are not finite numbers.
        TypeError: a prediction or reference that is not text, or no encoder.
    """
    variants = tuple(variants or VARIANTS)
    _check(predictions, references, encoder, variants, weights)
    predictions, references = [_encodable(text) for text in predictions], [_encodable(text) for text in references]
    for position, reference in enumerate(references):
        if not lexer.lex(reference):
            raise ValueError(f"reference {position} is empty: {reference!r}; drop the example before scoring")
    pairs = list(dict.fromkeys(zip(predictions, references)))
    place = {pair: row for row, pair in enumerate(pairs)}
    rows = [place[pair] for pair in zip(predictions, references)]

    facts, parts = _compared(pairs, variants, processes, progress)
    cosine = _cosines((texts for column in parts for item in column for texts in item.texts), encoder, progress)

    beside = pd.DataFrame(facts)
    blocks = []
    for variant, column in zip(variants, parts, strict=True):
        block = pd.DataFrame(
            {
                "semantic": [item.semantic([cosine(*texts) for texts in item.texts]) for item in column],
                "codebleu": [item.codebleu for item in column],
                "ast": [item.ast for item in column],
                "token_accuracy": [item.token_accuracy for item in column],
            },
            dtype=float,
        )
        # Divided by the same sum, so that four ones give exactly 1.
        block["cqs"] = sum(block[name] * weights[name] for name in COMPONENTS) / sum(
            weights[name] for name in COMPONENTS
        )
        block = pd.concat([block, beside], axis=1).iloc[rows]
        block.insert(0, "example", range(len(rows)))
        block.insert(1, "variant", variant)
        blocks.append(block)
    return pd.concat(blocks, ignore_index=True)


def _check(
    predictions: Sequence[str],
    references: Sequence[str],
    encoder: object,
    variants: Sequence[str],
    weights: Mapping[str, float],
) -> None:
    if not hasattr(encoder, "encode"):
        raise TypeError(
            f"the score needs a sentence encoder, not {encoder!r}: pass one with an `encode` method, such as "
            'trident.distillation.models.sentence_encoder("all-MiniLM-L6-v2"), which comes with the installation'
        )
    if len(predictions) != len(references):
        raise ValueError(f"{len(predictions)} predictions but {len(references)} references: they must be pairs")
    for name, texts in (("prediction", predictions), ("reference", references)):
        for position, text in enumerate(texts):
            if not isinstance(text, str):
                raise TypeError(f"{name} {position} is {text!r}, not text; write a missing one as ''")
    unknown = [variant for variant in variants if variant not in VARIANTS]
    if unknown:
        raise ValueError(f"unknown variant {unknown[0]!r}; there are {', '.join(VARIANTS)}")
    if set(weights) != set(COMPONENTS):
        raise ValueError(f"weights are for {', '.join(weights)}; they must be for {', '.join(COMPONENTS)}")
    if any(not 0 <= weight <= 1 for weight in weights.values()) or not math.isclose(
        math.fsum(weights.values()), 1, abs_tol=1e-9
    ):
        raise ValueError(
            f"weights {dict(weights)} sum to {math.fsum(weights.values()):g}; they must be in [0, 1] and sum to 1"
        )


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


# -- the comparisons


def _compared(
    pairs: Sequence[tuple[str, str]], variants: Sequence[str], processes: int | None, progress: bool
) -> tuple[list[dict[str, Any]], list[list[_Parts]]]:
    """The facts of each pair, and for each variant the parts of each pair."""
    if processes is None:
        processes = joblib.cpu_count() if len(pairs) * len(variants) >= _WORTH_PROCESSES else 1
    chunks = [pairs[start : start + _CHUNK] for start in range(0, len(pairs), _CHUNK)]
    pool = joblib.Parallel(n_jobs=processes, batch_size=1, return_as="generator")
    facts, parts = [], []
    with tqdm(total=len(pairs), desc="compare", unit="pair", disable=not progress) as bar:
        for more_facts, more_parts in pool(joblib.delayed(_compare)(chunk, variants) for chunk in chunks):
            facts += more_facts
            parts += more_parts
            bar.update(len(more_facts))
    return facts, list(zip(*parts, strict=True))


def _compare(
    pairs: Sequence[tuple[str, str]], variants: Sequence[str]
) -> tuple[list[dict[str, Any]], list[list[_Parts]]]:
    return [_facts(*pair) for pair in pairs], [[VARIANTS[variant](*pair) for variant in variants] for pair in pairs]


# -- the semantic term


def _cosines(pairs: Iterable[tuple[str, str]], encoder: Encoder, progress: bool) -> Callable[[str, str], float]:
    """Encode every text that is compared with a different one; return their cosines, exactly 1 for identical texts."""
    texts = list(dict.fromkeys(text for pair in pairs if pair[0] != pair[1] for text in pair))
    ids = encoder.tokenizer(texts, truncation=True, max_length=encoder.max_seq_length)["input_ids"] if texts else []
    ids_of = dict(zip(texts, map(tuple, ids), strict=True))
    text_of = {ids: text for text, ids in ids_of.items()}
    row, blocks = {}, []
    with tqdm(total=len(text_of), desc="encode", unit="text", disable=not progress) as bar:
        for batch in _batches(text_of):
            row |= {ids: len(row) + place for place, ids in enumerate(batch)}
            block = [text_of[ids] for ids in batch]
            vectors = encoder.encode(block, batch_size=len(block), convert_to_numpy=True, normalize_embeddings=True)
            if not np.isfinite(vectors).all():
                bad = block[int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])]
                raise ValueError(f"the encoder gave no finite embedding for {bad[:80]!r}; is its checkpoint damaged?")
            blocks.append(np.asarray(vectors, dtype=np.float32))
            bar.update(len(block))
    embeddings = np.concatenate(blocks) if blocks else np.empty((0, 0), np.float32)

    def cosine(left: str, right: str) -> float:
        if left == right:
            return 1.0
        return round(
            min(1.0, max(-1.0, float(embeddings[row[ids_of[left]]] @ embeddings[row[ids_of[right]]]))), _COSINE_DIGITS
        )

    return cosine


def _batches(sequences: Iterable[tuple[int, ...]]) -> Iterator[list[tuple[int, ...]]]:
    """Sequences of like length together, padded to :data:`_BATCH_TOKENS` at most. Longest first: small memory shows at once."""
    batch: list[tuple[int, ...]] = []
    for sequence in sorted(sequences, key=len, reverse=True):
        if batch and (len(batch) + 1) * len(batch[0]) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(sequence)
    if batch:
        yield batch


# -- one pair of texts


@dataclasses.dataclass(frozen=True)
class _Parts:
    """What a variant makes of one pair: three components, and the pairs of texts whose cosines `semantic` makes the fourth of."""

    codebleu: float
    ast: float
    token_accuracy: float
    texts: tuple[tuple[str, str], ...]
    semantic: Callable[[list[float]], float]


def _facts(prediction: str, reference: str) -> dict[str, Any]:
    found, expected = _views(prediction, reference)
    kind = lexer.kind(reference)
    return {
        "exact_match": found.code == expected.code,
        "exact_match_raw": prediction.strip() == reference.strip(),
        "kind": kind,
        "kind_match": lexer.kind(prediction) == kind,
        "empty": not found.tokens,
        "repeated": _loops(found.tokens) and not _loops(expected.tokens),
        "prediction": prediction,
        "reference": reference,
    }


def _loops(tokens: Sequence[str]) -> bool:
    """Whether some run of up to eight tokens, a word or number among them, stands four times in a row."""
    for period in range(1, 9):
        same = 0
        for position in range(period, len(tokens)):
            same = same + 1 if tokens[position] == tokens[position - period] else 0
            run = tokens[position - period : position]
            if same >= 3 * period and any(token[0].isalnum() or token[0] in "\"'_$" for token in run):
                return True
    return False


# -- released


@lru_cache(maxsize=1)  # both released readings come one after the other
def _released(prediction: str, reference: str) -> _Parts:
    references = _apart(reference)
    text = prediction.strip()
    return _Parts(
        codebleu=codebleu.bleu([one.strip() for one in references], text),
        ast=float(_javalang_statements(prediction) is not None),
        token_accuracy=max(_positional(one.split(), prediction.split()) for one in references),
        texts=tuple((prediction, one) for one in references) if text else (),
        semantic=lambda cosines: max((min(1.0, max(0.0, value)) for value in cosines), default=0.0),
    )


def _released_teacher(prediction: str, reference: str) -> _Parts:
    match = any(prediction.strip() == one.strip() for one in _apart(reference))
    return dataclasses.replace(_released(prediction, reference), token_accuracy=float(match))


def _apart(reference: str) -> list[str]:
    """The assertions of a newline-joined reference. One that spans lines stays whole."""
    if "\n" not in reference.strip():
        return [reference]
    found = [assertion.text for assertion in assertions.find(reference, include=_BEYOND_ASSERT)]
    covers = "".join("".join(found).split()) == "".join(reference.split())
    return found if covers else [reference]


def _positional(expected: Sequence[str], tokens: Sequence[str]) -> float:
    """Share of the reference's tokens that stand in the same place, times shorter length ÷ longer length."""
    if not tokens:
        return 0.0
    same = sum(left == right for left, right in zip(expected, tokens))
    return same / len(expected) * min(len(expected), len(tokens)) / max(len(expected), len(tokens))


class _Tokens(javalang.util.LookAheadListIterator):
    """Javalang's tokens, with an end: it searches the ``)`` of ``@a(`` beyond the last token, for ever."""

    def look(self, i: int = 0) -> javalang.tokenizer.JavaToken:
        if self.marker + i > len(self.list) + 100:
            raise EOFError("javalang looks for a token that does not come")
        return super().look(i)


@lru_cache(maxsize=1 << 14)
def _javalang_statements(text: str) -> int | None:
    """Statements of the first method when javalang accepts `text` as the body of a method, else None."""
    try:
        code = f"public class TestClass {{\n public void testMethod() {{\n {text}\n }}\n}}\n"
        tokens = _Tokens(javalang.tokenizer.tokenize(code))
        tokens.set_default(javalang.tokenizer.EndOfInput(None))
        parser = javalang.parser.Parser(())
        parser.tokens = tokens
        unit = parser.parse()
    except (
        Exception
    ):  # as the released code: besides its own errors javalang answers broken text with a dozen of Python's
        return None
    return len(unit.types[0].body[0].body)


# -- paper


def _paper(prediction: str, reference: str) -> _Parts:
    found, expected = _views(prediction, reference)
    same = sum(left == right for left, right in zip(expected.tokens, found.tokens))
    return _Parts(
        codebleu=codebleu.packaged(reference, prediction),
        ast=float(bool(found.tokens) and bool(_javalang_statements(prediction + found.added))),
        token_accuracy=same / max(len(expected.tokens), len(found.tokens)),
        texts=((prediction, reference),),
        semantic=lambda cosines: cosines[0],
    )


# -- strict


@dataclasses.dataclass(frozen=True)
class _View:
    """A text as ``strict`` sees it.

    code    the canonical text
    tokens  its Java tokens
    pieces  its assertions: (canonical text, tokens) each
    parses  whether it can stand in a test method
    asserts whether a call of an assertion's name is in it
    added   the ``;`` that was added, or nothing
    """

    code: str
    tokens: tuple[str, ...]
    pieces: tuple[tuple[str, tuple[str, ...]], ...]
    parses: bool
    asserts: bool
    added: str


def _views(prediction: str, reference: str) -> tuple[_View, _View]:
    terminated = _terminated(lexer.lex(reference))
    return _view(prediction, not terminated), _view(reference, not terminated)


def _terminated(tokens: Sequence[str]) -> bool:
    return bool(tokens) and tokens[-1] in (";", "}")


@lru_cache(maxsize=1 << 14)
def _view(text: str, terminate: bool) -> _View:
    tokens = lexer.lex(text)
    # On a line of its own: an unterminated literal or comment would swallow it.
    added = "\n;" if terminate and tokens and not _terminated(tokens) else ""
    code = lexer.canonical(text + added)
    tokens = tuple(lexer.lex(code))
    split = _split(tokens)
    pieces = tuple((code if len(split) == 1 else lexer.canonical(_spaced(piece)), piece) for piece in split)
    return _View(code, tokens, pieces, _parses(code), bool(assertions.find(code, include=_BEYOND_ASSERT)), added)


def _spaced(tokens: Sequence[str]) -> str:
    # A newline ends an unterminated literal where a space would not.
    return "\n".join(tokens)


def _split(tokens: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Cut after each ``;`` outside brackets. A lone ``;`` stays with what stands before it, or after it at the start."""
    pieces: list[list[str]] = []
    depths = accumulate(tokens, lambda depth, token: max(0, depth + (token in "([{") - (token in ")]}")), initial=0)
    fresh = True
    for token, depth in zip(tokens, list(depths)[1:]):
        if fresh and not (token == ";" and pieces) and not (pieces and set(pieces[-1]) == {";"}):
            pieces.append([])
        pieces[-1].append(token)
        fresh = token == ";" and not depth
    return [tuple(piece) for piece in pieces]


def _parses(code: str) -> bool:
    """Whether tree-sitter reads `code` within a test method without error, and nothing of it leaves the method."""
    root = assertions.parse(f"class C {{\nvoid t() {{\n{code}\n}}\n}}").root_node
    if root.has_error or root.named_child_count != 1:
        return False
    return root.named_children[0].child_by_field_name("body").named_child_count == 1


def _strict(prediction: str, reference: str) -> _Parts:
    found, expected = _views(prediction, reference)
    slots = max(len(found.pieces), len(expected.pieces))
    accuracy = np.array(
        [[_token_accuracy(wanted, tokens) for _, tokens in found.pieces] for _, wanted in expected.pieces],
        ndmin=2,
        dtype=float,
    ).reshape(len(expected.pieces), len(found.pieces))
    matched = [
        (expected.pieces[row], found.pieces[column], accuracy[row, column])
        for row, column in zip(*linear_sum_assignment(accuracy, maximize=True))
    ]
    return _Parts(
        codebleu=math.fsum(
            codebleu.lexed(wanted, tokens, wanted_code, code) for (wanted_code, wanted), (code, tokens), _ in matched
        )
        / slots,
        ast=float(found.parses and (found.asserts or bool(found.tokens) and not expected.asserts)),
        token_accuracy=math.fsum(value for *_, value in matched) / slots,
        texts=tuple((code, wanted_code) for (wanted_code, _), (code, _), _ in matched),
        semantic=lambda cosines: math.fsum(cosines) / slots,
    )


def _token_accuracy(expected: Sequence[str], tokens: Sequence[str]) -> float:
    return 1 - edit_distance(expected, tokens) / max(len(expected), len(tokens))


def edit_distance(left: Sequence[str], right: Sequence[str]) -> int:
    """Levenshtein distance of two token sequences: insertions, deletions and replacements, each 1.

    The columns of the usual table are kept as two bit vectors of differences, so a step costs a few operations on whole
    integers (Hyyrö, A bit-vector algorithm for computing Levenshtein and Damerau edit distances, 2003).
    """
    if not left:
        return len(right)
    places: dict[str, int] = {}
    for position, token in enumerate(left):
        places[token] = places.get(token, 0) | 1 << position
    full, last = (1 << len(left)) - 1, 1 << len(left) - 1
    up, down, distance = full, 0, len(left)
    for token in right:
        match = places.get(token, 0)
        diagonal = (((match & up) + up) ^ up) | match | down
        rise = down | ~(diagonal | up) & full
        fall = diagonal & up
        distance += bool(rise & last) - bool(fall & last)
        rise = (rise << 1 | 1) & full
        up = (fall << 1 | ~(diagonal | rise)) & full
        down = diagonal & rise
    return distance


#: Each reading of the score: (prediction, reference) → its parts.
VARIANTS: Mapping[str, Callable[[str, str], _Parts]] = MappingProxyType(
    {"strict": _strict, "paper": _paper, "released": _released, "released_teacher": _released_teacher}
)


# -- a set of examples


def summarise(frame: pd.DataFrame) -> dict[str, float]:
    """Set scores of one variant's rows: means of the components, CQS and rates beside it, and CrystalBLEU.

    `most_frequent` is the share of the commonest prediction: a model that always says the same has 1.

    Raises:
        ValueError: no rows, or rows of several variants.
    """
    if frame.empty or frame["variant"].nunique() != 1:
        raise ValueError(
            f"summarise takes the rows of one variant, not of {sorted(frame['variant'].unique())}: group them first"
        )
    rates = ["cqs", *COMPONENTS, "exact_match", "exact_match_raw", "kind_match", "empty", "repeated"]
    return {
        "examples": float(len(frame)),
        **{name: float(frame[name].mean()) for name in rates},
        "most_frequent": float(frame["prediction"].value_counts(normalize=True).iloc[0]),
        "crystalbleu": crystalbleu(list(frame["prediction"]), list(frame["reference"])),
    }


def crystalbleu(predictions: Sequence[str], references: Sequence[str]) -> float:
    """CrystalBLEU of the set, over canonical Java tokens, in [0, 1]: BLEU without the n-grams that all Java shares.

    Left out are the commonest n-grams (n = 1 to 4) of the references: 500, or a tenth of the distinct ones if that is less.
    It is a corpus score: counts are added up before they are divided. As in the package, a prediction that only has left-out
    n-grams of an order still adds 1 to that order's denominator, so that even identity stays a little below 1.
    """
    import crystalbleu as package  # imports nltk: a second that only set scores need

    wanted = [list(found) for found in map(_tokens, references)]
    counts = Counter(
        gram
        for tokens in wanted
        for order in range(1, codebleu.ORDERS + 1)
        for gram in zip(*(tokens[start:] for start in range(order)), strict=False)
    )
    left_out = dict(counts.most_common(min(CRYSTAL_NGRAMS, int(len(counts) * CRYSTAL_SHARE))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where an order has no match at all, which the score shows
        found = [list(tokens) for tokens in map(_tokens, predictions)]
        return float(package.corpus_bleu([[tokens] for tokens in wanted], found, ignoring=left_out))


def _tokens(text: str) -> tuple[str, ...]:
    return _view(text, False).tokens


def floors(
    references: Sequence[str],
    *,
    encoder: Encoder,
    variants: Sequence[str] = (),
    training: Sequence[str] | None = None,
    weights: Mapping[str, float] = WEIGHTS,
    seed: int = 0,
    progress: bool = False,
) -> pd.DataFrame:
    """What no model has to be good for, and what none can pass: the frame for every results table.

    Args:
        references: the references of the set, as for :func:`score_all`.
        variants: some of :data:`VARIANTS`; none given: all.
        training: where the most frequent assertion is taken from; None: from `references`, which favours this floor.
        seed: of the shuffle.

    Returns:
        The columns of :func:`summarise`, with the rows (variant, ``shuffled``) (each example gets another one's reference),
        (variant, ``most_frequent``) (all get the commonest assertion) and (variant, ``identity``) (the ceiling).

    Raises:
        ValueError: fewer than two references; and as :func:`score_all`.
    """
    if len(references) < 2:
        raise ValueError(f"floors need at least two references to shuffle, not {len(references)}")
    order = np.random.default_rng(seed).permutation(len(references))
    shuffled = [""] * len(references)
    for position, other in zip(order, np.roll(order, 1)):
        shuffled[position] = references[other]
    known = Counter(map(lexer.canonical, references if training is None else training))
    commonest = known.most_common(1)[0][0]
    answers = {"shuffled": shuffled, "most_frequent": [commonest] * len(references), "identity": list(references)}
    frame = score_all(
        [text for texts in answers.values() for text in texts],
        list(references) * len(answers),
        encoder=encoder,
        variants=variants,
        weights=weights,
        progress=progress,
    )
    asked = frame["example"].floordiv(len(references)).map(dict(enumerate(answers)))
    return pd.DataFrame({key: summarise(rows) for key, rows in frame.groupby(["variant", asked], sort=False)}).T
