"""From the files of notebooks 04 and 05 to tables and figures. Nothing is trained or scored here.

`results` reads and checks the scores of a grid, and `configurations` says what its configurations are. `stats` tests
differences; `tables` builds the paper's tables beside ours, `verdicts` decides its claims, `published` holds its
numbers, and `rendering` writes a table as Markdown, LaTeX and CSV. `label_forms` compares label distributions.
Figures (style: ``trident.mplstyle``): `plots` and `lessons` for notebooks 01 to 04, `grid_plots` for 06; `findings`
makes the titles of the latter.
"""
