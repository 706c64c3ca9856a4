"""What judges a model on real Java besides the scores: baselines without a network, and what an input gives away.

questions: what can be read in a test with a blank. copying, retrieval: the baselines' parts. baselines: their answers,
scored as notebook 05 scores a model's. copyable: whether a reference stands in the input, piece by piece.
"""
