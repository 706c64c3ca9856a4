"""From the files of notebooks 04 and 05 to tables and figures. Nothing is trained or scored here.

`results` reads and checks the scores of a grid; `tables` builds the paper's tables beside ours; `stats` tests
differences; `published` holds the numbers that the paper prints; `rendering` writes a table as Markdown, LaTeX and CSV,
and the README's copy; `plots` has one function per figure (style: ``trident.mplstyle``).
"""
