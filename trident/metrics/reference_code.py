"""The paper and released variants of the Code Quality Score for one pair.

`paper` is section 4.3 as written, `released` what the paper's released evaluation code computes: an empty text is valid
Java, CodeBLEU is BLEU over characters, and of several reference assertions only the best match counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import javalang.parser
import javalang.tokenizer
import javalang.util

from trident.java import assertions
from trident.metrics import codebleu
from trident.metrics.strict import ALSO_ASSERTING, Parts, views


def paper(prediction: str, reference: str) -> Parts:
    """Section 4.3 as written: the `codebleu` package, a valid statement, the share of Java tokens in the same place."""
    found, expected = views(prediction, reference)
    same = sum(left == right for left, right in zip(expected.tokens, found.tokens, strict=False))
    return Parts(
        codebleu=codebleu.packaged(reference, prediction),
        ast=float(bool(found.tokens) and bool(_statements(prediction + found.added))),
        token_accuracy=same / max(len(expected.tokens), len(found.tokens)),
        texts=((prediction, reference),),
        semantic=lambda cosines: cosines[0],
    )


@lru_cache(maxsize=1)  # released_teacher asks for the same pair again
def released(prediction: str, reference: str) -> Parts:
    """The released code, as it scores a student: each assertion of the reference alone, the best one counts."""
    references = separate(reference)
    return Parts(
        codebleu=codebleu.bleu([one.strip() for one in references], prediction.strip()),
        ast=float(_statements(prediction) is not None),
        token_accuracy=max(_positional(one.split(), prediction.split()) for one in references),
        texts=tuple((prediction, one) for one in references) if prediction.strip() else (),
        semantic=lambda cosines: max((min(1.0, max(0.0, value)) for value in cosines), default=0.0),
    )


def released_teacher(prediction: str, reference: str) -> Parts:
    """The released code, as it scores its teacher: exact match instead of token accuracy."""
    match = any(prediction.strip() == one.strip() for one in separate(reference))
    return released(prediction, reference)._replace(token_accuracy=float(match))


def separate(reference: str) -> list[str]:
    """The assertions of a newline-joined reference. One that spans several lines stays whole."""
    if "\n" not in reference.strip():
        return [reference]
    found = [assertion.text for assertion in assertions.find(reference, include=ALSO_ASSERTING)]
    covers = "".join("".join(found).split()) == "".join(reference.split())
    return found if covers else [reference]


def _positional(expected: Sequence[str], tokens: Sequence[str]) -> float:
    """Share of the reference's tokens that are in the same place, times shorter length / longer length."""
    if not tokens:
        return 0.0
    same = sum(left == right for left, right in zip(expected, tokens, strict=False))
    return same / len(expected) * min(len(expected), len(tokens)) / max(len(expected), len(tokens))


class _Tokens(javalang.util.LookAheadListIterator):
    """Limits javalang's lookahead, which searches the ``)`` of ``@a(`` beyond the last token without end."""

    def look(self, i: int = 0) -> javalang.tokenizer.JavaToken:
        if self.marker + i > len(self.list) + 100:
            raise EOFError("javalang looks for a token beyond the end")
        return super().look(i)


@lru_cache(maxsize=1 << 14)
def _statements(text: str) -> int | None:
    """Number of statements of the first method when javalang accepts `text` as the body of a method, else None."""
    try:
        code = f"public class TestClass {{\n public void testMethod() {{\n {text}\n }}\n}}\n"
        tokens = _Tokens(javalang.tokenizer.tokenize(code))
        tokens.set_default(javalang.tokenizer.EndOfInput(None))
        parser = javalang.parser.Parser(())
        parser.tokens = tokens
        unit = parser.parse()
    except Exception:  # like the released code: broken text makes javalang raise a dozen of Python's own errors
        return None
    return len(unit.types[0].body[0].body)
