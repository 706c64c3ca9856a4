"""What the score asks of a sentence encoder besides its embeddings: for the fake encoders of the tests."""

from __future__ import annotations


class ByCharacter:
    """A tokenizer that makes each character a token and cuts nothing."""

    max_seq_length = None

    def tokenizer(self, texts, *, truncation, max_length):
        return {"input_ids": [list(map(ord, text)) for text in texts]}
