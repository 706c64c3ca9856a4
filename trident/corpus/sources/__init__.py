"""The sources of a corpus, one module for each value of the parameter `corpus`.

Each has ``read(p, asked)``: the parameters and the examples wanted in each split give a dataset for each split and the
report that :func:`trident.corpus.build.build` describes.
"""
