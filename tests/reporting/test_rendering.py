"""Tables as Markdown, LaTeX and CSV: the same bytes each time, nothing unescaped; and the README's copy."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd
import pytest
from helpers import small_scores

from trident.experiment import paths
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


# -- the README's copy


def test_the_readme_is_updated_between_its_markers(results, tmp_path):
    rendering.write_readme_tables([tables.table1(results, "test"), tables.table2(results)], tmp_path)
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n<!-- results:begin -->\nold\n<!-- results:end -->\nafter\n", encoding="utf-8")
    rendering.update_readme(readme, tmp_path)
    once = readme.read_text(encoding="utf-8")
    assert once.startswith("# Title\n<!-- results:begin -->\n**Table 1, test split") and once.endswith(
        "<!-- results:end -->\nafter\n"
    )
    assert "\nold\n" not in once and "**Table 2" in once
    rendering.update_readme(readme, tmp_path)
    assert readme.read_text(encoding="utf-8") == once


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "<!-- results:end --><!-- results:begin -->",
        "<!-- results:begin -->",
        "<!-- results:begin --><!-- results:end --><!-- results:end -->",
    ],
)
def test_a_readme_without_markers_is_left_alone(tmp_path, text):
    (tmp_path / rendering.README_TABLES).write_text("new\n")
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(ValueError, match="README.md: expected one line"):
        rendering.update_readme(readme, tmp_path)
    assert readme.read_text() == text


def test_the_readme_shows_what_figures_holds():
    readme, figures = paths.ROOT / "README.md", paths.ROOT / "figures"
    if not readme.is_file() or not (figures / rendering.README_TABLES).is_file():
        pytest.skip(f"there is no README.md yet, or no figures/{rendering.README_TABLES}: make reproduce")
    text = readme.read_text(encoding="utf-8")
    assert rendering.with_results(text, figures) == text, "README.md is older than figures/: make figures"
