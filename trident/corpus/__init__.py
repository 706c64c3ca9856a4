"""From a source of Java tests to examples in three splits.

schema: what an example is. build: makes the corpus, for notebook 01. Sources: sandbox (generated Java), methods2test
(published archives), mining (any Java project). records: what the last two give.
"""
