"""A table as Markdown, LaTeX and CSV: the same bytes for the same table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from trident.experiment import artifacts


@dataclass(frozen=True, repr=False)
class Table:
    """A table to read, and the numbers behind it. A notebook shows it as Markdown.

    Attributes:
        caption: one sentence or two.
        text: the cells as printed. Its columns are pairs (block, heading); columns of one block stand side by side.
        numbers: what the CSV file holds.
        bold: (row, column) positions in `text`.
        notes: sentences below the table.
    """

    caption: str
    text: pd.DataFrame
    numbers: pd.DataFrame
    bold: frozenset[tuple[int, int]] = frozenset()
    notes: Sequence[str] = field(default_factory=tuple)

    def markdown(self) -> str:
        """Caption, pipe table and notes."""
        headings = [
            f"{block}: {heading}" if block not in ("", "ours") else heading for block, heading in self.text.columns
        ]
        lines = [
            f"**{self.caption}**",
            "",
            _pipes(headings),
            _pipes(["---"] + ["---:"] * (len(headings) - 1), escape=False),
        ]
        for i, row in enumerate(self.text.itertuples(index=False, name=None)):
            cells = [cell.replace("|", "\\|") for cell in row]
            lines.append(
                _pipes([f"**{cell}**" if (i, j) in self.bold else cell for j, cell in enumerate(cells)], escape=False)
            )
        return "\n".join([*lines, *(["", *(f"{note}  " for note in self.notes)] if self.notes else [])]).rstrip() + "\n"

    def latex(self) -> str:
        """A ``table`` environment in the manner of the package booktabs, which the document has to load."""
        blocks: list[list[Any]] = []
        for block, _ in self.text.columns:
            if blocks and blocks[-1][0] == block:
                blocks[-1][1] += 1
            else:
                blocks.append([block, 1])
        lines = [
            "\\begin{table}",
            "\\centering",
            f"\\caption{{{_tex(self.caption)}}}",
            f"\\begin{{tabular}}{{l{'r' * (len(self.text.columns) - 1)}}}",
            "\\toprule",
        ]
        if any(block for block, _ in blocks):
            first, rules = 1, []
            for block, width in blocks:
                rules += [f"\\cmidrule(lr){{{first}-{first + width - 1}}}"] if block else []
                first += width
            lines += [
                _row(f"\\multicolumn{{{width}}}{{c}}{{{_tex(block)}}}" for block, width in blocks),
                "".join(rules),
            ]
        lines += [_row(_tex(heading) for _, heading in self.text.columns), "\\midrule"]
        for i, row in enumerate(self.text.itertuples(index=False, name=None)):
            lines.append(
                _row(f"\\textbf{{{_tex(cell)}}}" if (i, j) in self.bold else _tex(cell) for j, cell in enumerate(row))
            )
        lines += [
            "\\bottomrule",
            "\\end{tabular}",
            *(f"\\par\\footnotesize {_tex(note)}" for note in self.notes),
            "\\end{table}",
        ]
        return "\n".join(lines) + "\n"

    __repr__ = _repr_markdown_ = markdown


def table(
    caption: str,
    columns: Sequence[tuple[str, str]],
    text: Sequence[Sequence[str]],
    numbers: pd.DataFrame,
    *notes: str,
    bold: Iterable[tuple[int, int]] = (),
) -> Table:
    """A :class:`Table` from rows of cells."""
    return Table(
        caption, pd.DataFrame(text, columns=pd.MultiIndex.from_tuples(columns)), numbers, frozenset(bold), notes
    )


def _pipes(cells: Iterable[str], escape: bool = True) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") if escape else cell for cell in cells) + " |"


_TEX = {
    "\\": "\\textbackslash{}",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "±": "$\\pm$",
    "×": "$\\times$",
    "−": "$-$",
    "≤": "$\\le$",
    "·": "$\\cdot$",
    "²": "$^2$",
    "–": "--",
    "→": "$\\to$",
    "<": "$<$",
    ">": "$>$",
}


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in text)


def _row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + " \\\\"


def write(tables: Sequence[Table], folder: str | Path, name: str) -> None:
    """Write `tables`, one after the other, as ``name.md``, ``name.csv`` and ``name.tex``: whole, and the same bytes for the same tables."""
    folder = Path(folder)
    artifacts.write_text(folder / f"{name}.md", "\n".join(table.markdown() for table in tables))
    artifacts.write_text(folder / f"{name}.tex", "\n".join(table.latex() for table in tables))
    write_csv(pd.concat([table.numbers for table in tables], ignore_index=True), folder, name)


def write_csv(frame: pd.DataFrame, folder: str | Path, name: str) -> None:
    """Write ``name.csv``, floats to six digits after the point."""
    artifacts.write_text(Path(folder) / f"{name}.csv", frame.round(6).to_csv(index=False, lineterminator="\n"))
