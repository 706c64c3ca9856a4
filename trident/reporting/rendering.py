"""A table as Markdown, LaTeX and CSV, the same bytes for the same table; and the README's copy of the main tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pandas as pd

from trident.experiment import artifacts

#: The tables that the README shows, in the folder of the results.
README_TABLES = "readme_tables.md"
#: There too: what each figure shows, in a sentence, by the figure's name.
FINDINGS = "findings.json"
_CODES = ("\\pm", "\\times", "-", "\\le", "\\cdot", "^2", "\\to", "<", ">")
_SIGNS = {sign: f"${code}$" for sign, code in zip("±×−≤·²→<>", _CODES, strict=True)}
_NAMED = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "–": "--"}
_TEX = str.maketrans({**{sign: "\\" + sign for sign in "&%$#_{}"}, **_NAMED, **_SIGNS})


@dataclass(frozen=True, repr=False)
class Table:
    """A table to read, and the numbers behind it. A notebook shows it as Markdown.

    Attributes:
        caption: one or two sentences.
        columns: pairs (block, heading); columns of one block stand side by side.
        text: the cells as printed, row by row.
        numbers: what the CSV file holds.
        notes: sentences below the table.
        bold: (row, column) positions in `text`.
        words: how many columns, from the first, hold words; they are aligned left, numbers right.
    """

    caption: str
    columns: Sequence[tuple[str, str]]
    text: Sequence[Sequence[str]]
    numbers: pd.DataFrame
    notes: Sequence[str] = ()
    bold: frozenset[tuple[int, int]] = frozenset()
    words: int = 1

    def markdown(self) -> str:
        """Caption, pipe table and notes."""
        headings = [heading if block in ("", "ours") else f"{block}: {heading}" for block, heading in self.columns]
        rules = ["---"] * self.words + ["---:"] * (len(headings) - self.words)
        rows = [_pipes(row) for row in (headings, rules, *self._marked("**", "**", lambda text: text))]
        notes = ["", *(f"{note}  " for note in self.notes)] if self.notes else []
        return "\n".join([f"**{self.caption}**", "", *rows, *notes]).rstrip() + "\n"

    def latex(self) -> str:
        """A ``table`` environment in the style of the package booktabs, which the document has to load."""
        blocks, rules, first = [], [], 1
        for block, members in groupby(block for block, _ in self.columns):
            width = len(list(members))
            blocks.append(f"\\multicolumn{{{width}}}{{c}}{{{_tex(block)}}}")
            rules += [f"\\cmidrule(lr){{{first}-{first + width - 1}}}"] if block else []
            first += width
        lines = [
            "\\begin{table}",
            "\\centering",
            f"\\caption{{{_tex(self.caption)}}}",
            f"\\begin{{tabular}}{{{'l' * self.words}{'r' * (len(self.columns) - self.words)}}}",
            "\\toprule",
            *([_row(blocks), "".join(rules)] if rules else []),
            _row(_tex(heading) for _, heading in self.columns),
            "\\midrule",
            *map(_row, self._marked("\\textbf{", "}", _tex)),
            "\\bottomrule",
            "\\end{tabular}",
            *(f"\\par\\footnotesize {_tex(note)}" for note in self.notes),
            "\\end{table}",
        ]
        return "\n".join(lines) + "\n"

    def _marked(self, before: str, after: str, escape: Callable[[str], str]) -> list[list[str]]:
        """The escaped cells, the bold ones between `before` and `after`."""
        return [
            [f"{before}{escape(cell)}{after}" if (i, j) in self.bold else escape(cell) for j, cell in enumerate(row)]
            for i, row in enumerate(self.text)
        ]

    __repr__ = _repr_markdown_ = markdown


def _pipes(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _tex(text: str) -> str:
    return text.translate(_TEX)


def _row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + " \\\\"


def write(tables: Sequence[Table], folder: Path, name: str) -> None:
    """Write `tables`, one after the other, as ``name.md``, ``name.tex`` and ``name.csv``."""
    artifacts.write_text(folder / f"{name}.md", "\n".join(table.markdown() for table in tables))
    artifacts.write_text(folder / f"{name}.tex", "\n".join(table.latex() for table in tables))
    write_csv(pd.concat([table.numbers for table in tables], ignore_index=True), folder, name)


def write_csv(frame: pd.DataFrame, folder: Path, name: str) -> None:
    """Write ``name.csv``, with six digits after the decimal point."""
    artifacts.write_text(folder / f"{name}.csv", frame.round(6).to_csv(index=False, lineterminator="\n"))


# -- what a README shows


def write_readme_tables(tables: Sequence[Table], folder: Path) -> None:
    """Write what the README shows of a grid: :data:`README_TABLES`."""
    artifacts.write_text(folder / README_TABLES, "\n".join(table.markdown() for table in tables))


def between(text: str, name: str, content: str) -> str:
    """`text` with `content` between its markers ``<!-- name:begin -->`` and ``<!-- name:end -->``.

    Raises:
        ValueError: the markers are not there exactly once each, in this order.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    parts = re.split(f"({begin}|{end})", text)
    if parts[1::2] != [begin, end]:
        raise ValueError(f"expected one line {begin} and, after it, one line {end}")
    parts[2] = "\n" + content.rstrip("\n") + "\n"
    return "".join(parts)


def put(file: Path, name: str, content: str) -> None:
    """Write `content` between the markers of a file, as :func:`between` does.

    Raises:
        ValueError: the same; the message names the file.
    """
    try:
        text = between(file.read_text(encoding="utf-8"), name, content)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    artifacts.write_text(file, text)
