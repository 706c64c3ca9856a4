"""Measures of one pair of texts, prediction and reference: what the Code Quality Score is made of.

`strict` and `reference_code` (paper, released) compute the score's variants for one pair, both with `codebleu`;
`embeddings` computes the cosines of all pairs at once.
"""
