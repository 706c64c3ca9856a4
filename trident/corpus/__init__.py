"""From a source of Java tests to examples in splits.

schema: what an example is. build: makes the corpus, for notebook 01, from one of the sources. storage: reads and writes
it. sandbox: generated Java. methods2test (published archives) and mining (any Java project) give records; examples
makes examples of them.
"""
