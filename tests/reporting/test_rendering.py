"""Tables as Markdown, LaTeX and CSV: the same bytes each time, nothing unescaped; and the README's copy."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd
import pytest
from helpers import small_scores

from trident.reporting import rendering, tables


def test_written_files_are_whole_equal_and_readable(results, tmp_path):
    for folder in ("first", "second"):
        rendering.write([tables.table1(results, split) for split in results.splits], tmp_path / folder, "table1")
    files = sorted((tmp_path / "first").iterdir())
    assert [file.name for file in files] == ["table1.csv", "table1.md", "table1.tex"]
    assert all(file.read_bytes() == (tmp_path / "second" / file.name).read_bytes() for file in files)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "first/table1.csv").read_text())))
    assert len(rows) == 3 * 12 and {row["split"] for row in rows} == {"test", "unseen", "validation"}
    assert float(rows[1]["cqs"]) == pytest.approx(tables.table1(results, "test").numbers["cqs"][1], abs=1e-6)


def test_markdown_has_as_many_cells_in_every_row(results):
    for table in (
        tables.table1(results, "test"),
        tables.table2(results),
        tables.table_variants(results, "test"),
        tables.paper_arithmetic(),
    ):
        lines = [line for line in table.markdown().splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) == 1 and len(lines) == 2 + len(table.text)


def test_latex_has_as_many_cells_in_every_row_and_no_bare_sign(results):
    for table in (
        tables.table1(results, "test"),
        tables.table2(results),
        tables.paper_arithmetic(),
        tables.table_probes(small_scores.probes()),
    ):
        text = table.latex()
        assert text.isascii() or not set(text) & set("±−–²×")
        body = text[text.index("\\midrule") : text.index("\\bottomrule")]
        assert {len(re.findall(r"(?<!\\)&", line)) for line in body.splitlines()[1:]} == {len(table.columns) - 1}
        assert not re.search(r"(?<!\\)[%#_]", text)
        assert text.count("{") - text.count("\\{") == text.count("}") - text.count("\\}")


def test_names_are_escaped():
    columns, text = [("", "n#"), ("", "v$"), ("paper", "w")], [["a_b & 50 %", "x|y", "2^n {~} \\"]]
    table = rendering.Table("c_d", columns, text, pd.DataFrame())
    assert "| a_b & 50 % | x\\|y |" in table.markdown() and "| paper: w |" in table.markdown()
    assert (
        "a\\_b \\& 50 \\% & x|y & 2\\textasciicircum{}n \\{\\textasciitilde{}\\} \\textbackslash{} \\\\"
        in table.latex()
    )
    assert "\\caption{c\\_d}" in table.latex() and "n\\# & v\\$ & w" in table.latex()


# -- what a README shows


@pytest.mark.parametrize("content", ["new", "new\n"])
def test_text_is_replaced_between_markers_and_nowhere_else(content, tmp_path):
    text = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb <!-- y:begin --><!-- y:end -->\n"
    once = rendering.between(text, "x", content)
    assert once == "a\n<!-- x:begin -->\nnew\n<!-- x:end -->\nb <!-- y:begin --><!-- y:end -->\n"
    assert rendering.between(once, "x", content) == once
    file = tmp_path / "page.md"
    file.write_text(text, encoding="utf-8")
    rendering.put(file, "x", content)
    assert file.read_text(encoding="utf-8") == once
    with pytest.raises(ValueError, match=r"page\.md: expected one line <!-- z:begin -->"):
        rendering.put(file, "z", content)


BROKEN = ["", "<!-- x:end --><!-- x:begin -->", "<!-- x:begin -->", "<!-- x:begin --><!-- x:end --><!-- x:end -->"]


@pytest.mark.parametrize("text", BROKEN)
def test_markers_that_are_not_there_are_named(text):
    with pytest.raises(ValueError, match="expected one line <!-- x:begin --> and, after it, one line <!-- x:end -->"):
        rendering.between(text, "x", "new")
