"""What a stage is: its values, its folder, and what counts as a change of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers import small_notebooks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trident.experiment import params, paths
from trident.workflow import stages

CELLS = [
    "from trident import losses, params\nfrom trident.corpus.build import build\n\np = params.read(globals())",
    small_notebooks.prose("What the next cell shows."),
    small_notebooks.code("from trident.reporting import plots\nplots.draw(losses.ce)", "show"),
]
PARAMETERS = "profile = 'smoke'\nruns_dir = 'runs'\ntemperature = 4.0  # T\nprogress = True\n"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of the project's shape in which the tests may change what they like."""
    files = {
        "__init__": "__version__ = '1'",
        "params": "DEFAULTS = {}",
        "losses": '"""Losses."""\nfrom . import schedules\n\ndef ce(x):\n    """Twice."""\n    return 2 * x',
        "schedules": "RATE = 1",
        "stats": "SPREAD = 1",
        "plots": "from . import stats\nCOLOUR = 'red'\n\ndef draw(x): ...",
        "unused": "A = 1",
        "corpus/__init__": "KINDS = 1",
        "corpus/build": "from ..assertions import lex\nfrom . import sandbox, schema\n\ndef build(): ...",
        "corpus/sandbox": "B = 1",
        "corpus/schema": "C = 1",
        "assertions": "def lex():\n    from trident.deep import D\n    return D",
        "deep": "D = 1",
    }
    for name, text in files.items():
        file = tmp_path / "trident" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / "trident/look.mplstyle").write_text("lines.linewidth: 1")
    template = tmp_path / "trident/corpus/sandbox/templates/money/Account.java"
    template.parent.mkdir(parents=True)
    template.write_text("class $Account$ {}", encoding="utf-8")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    return tmp_path / "trident"


def digest(notebook: Path, **values) -> str:
    return stages.digest(notebook, {**stages.declared(notebook), **values})


@pytest.fixture
def distill(tmp_path):
    return small_notebooks.write(tmp_path / "04_distill.ipynb", PARAMETERS, CELLS)


@pytest.mark.parametrize(
    "module",
    ["losses", "schedules", "corpus/build", "corpus/__init__", "corpus/sandbox", "corpus/schema", "assertions", "deep"],
)
def test_code_that_the_notebook_reaches_counts(package, distill, module):
    before = digest(distill)
    with (package / f"{module}.py").open("a") as file:
        file.write("\nEXTRA = 1\n")
    assert digest(distill) != before


@pytest.mark.parametrize("module", ["plots", "stats", "unused", "params", "__init__"])
def test_code_that_only_draws_checks_or_is_not_reached_does_not_count(package, distill, module):
    before = digest(distill)
    with (package / f"{module}.py").open("a") as file:
        file.write("\nEXTRA = 1\n")
    assert digest(distill) == before


@pytest.mark.parametrize(
    "old, new",
    [
        ('"""Losses."""', '"""Losses of the paper."""'),
        ('    """Twice."""\n', "    # doubles\n"),
        ("return 2 * x", "return (2\n            * x)"),
    ],
)
def test_comments_docstrings_and_formatting_do_not_count(package, distill, old, new):
    before = digest(distill)
    text = (package / "losses.py").read_text()
    assert old in text
    (package / "losses.py").write_text(text.replace(old, new) + "\n")
    assert digest(distill) == before


@pytest.mark.parametrize("file", ["plots.py", "stats.py", "look.mplstyle"])
def test_for_the_tables_what_draws_counts_too(package, tmp_path, file):
    tables = small_notebooks.write(tmp_path / "06_tables.ipynb", PARAMETERS, ["from trident.reporting import plots"])
    before = digest(tables)
    with (package / file).open("a") as stream:
        stream.write("\nEXTRA = 1\n")
    assert digest(tables) != before


@pytest.mark.parametrize(
    "stage, corpus, counts",
    [("01_preprocess", "sandbox", True), ("01_preprocess", "mined", False), ("04_distill", "sandbox", False)],
)
def test_templates_count_for_the_sandbox_corpus_alone(package, tmp_path, stage, corpus, counts):
    notebook = small_notebooks.write(
        tmp_path / f"{stage}.ipynb", PARAMETERS + f"corpus = '{corpus}'", ["from trident.corpus import build"]
    )
    before = digest(notebook)
    (package / "corpus/sandbox/templates/money/Purse.java").write_text("class $Purse$ {}")
    assert (digest(notebook) != before) is counts


def test_values_count_but_not_where_and_how_it_runs(distill):
    before = digest(distill)
    assert digest(distill, temperature=2.0) != before
    assert (
        digest(distill, progress=False, device="cpu", runs_dir="elsewhere", profile="mine", results_dir="there")
        == before
    )


def test_prose_outputs_show_cells_and_layout_do_not_count(distill):
    before = digest(distill)
    content = json.loads(distill.read_text())
    content["cells"][1]["source"] = (
        content["cells"][1]["source"].replace("\n\np = ", "\n# checked\np  = ").splitlines(keepends=True)
    )
    content["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "done"}]
    content["cells"][1]["execution_count"] = 7
    content["cells"][2]["source"] = "Other words."
    content["cells"][3]["source"] = "print('another picture')"
    content["cells"].insert(1, {"cell_type": "markdown", "metadata": {}, "source": "More.", "id": "more"})
    content["metadata"]["language_info"] = {"name": "python", "version": "3.12"}
    distill.write_text(json.dumps(content, indent=1))
    assert digest(distill) == before


def test_code_of_a_cell_counts(distill):
    before = digest(distill)
    distill.write_text(distill.read_text().replace("p = params.read", "q = params.read"))
    assert digest(distill) != before


def test_magics_are_read_as_ipython_does(tmp_path):
    first = small_notebooks.write(tmp_path / "a/04_distill.ipynb", PARAMETERS, ["%matplotlib inline\nx = 1"])
    second = small_notebooks.write(tmp_path / "b/04_distill.ipynb", PARAMETERS, ["%matplotlib inline\nx = 2"])
    assert digest(first) != digest(second)


def test_a_cell_that_is_not_python_is_named(tmp_path):
    broken = small_notebooks.write(tmp_path / "04_distill.ipynb", PARAMETERS, ["x = ("])
    with pytest.raises(stages.NotebookError, match=r"04_distill.ipynb, cell 2: not Python"):
        digest(broken)


literals = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=3),
)


@given(
    values=st.dictionaries(st.sampled_from(["profile", "seed", "temperature", "seeds", "device"]), literals, min_size=1)
)
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_declared_reads_back_what_the_cell_assigns(tmp_path, values):
    cell = "# the run\n" + "\n".join(f"{name} = {value!r}" for name, value in values.items())
    assert stages.declared(small_notebooks.write(tmp_path / "04_x.ipynb", cell, [])) == values


@pytest.mark.parametrize(
    "cell, message",
    [
        ("seed = 6 * 7", "`seed` is not a literal: 6 \\* 7"),
        ("import os", "only `name = literal` may stand there, not `import os`"),
        ("seed = epochs = 1", "only `name = literal`"),
    ],
)
def test_a_parameters_cell_holds_literals_only(tmp_path, cell, message):
    with pytest.raises(stages.NotebookError, match=message):
        stages.declared(small_notebooks.write(tmp_path / "04_x.ipynb", cell, []))


def test_a_notebook_without_parameters_cell_is_refused(tmp_path):
    path = small_notebooks.write(tmp_path / "04_x.ipynb", "seed = 1", [])
    path.write_text(path.read_text().replace('"parameters"', '"other"'))
    with pytest.raises(stages.NotebookError, match="expected one code cell tagged `parameters`, found 0"):
        stages.declared(path)


def test_what_is_no_notebook_is_named(tmp_path):
    path = tmp_path / "04_x.ipynb"
    path.write_text("not json")
    with pytest.raises(stages.NotebookError, match="04_x.ipynb is not a notebook"):
        stages.declared(path)
    with pytest.raises(stages.NotebookError, match="no notebook .*05_missing"):
        stages.find(tmp_path / "05_missing.ipynb")


def test_later_files_go_over_earlier_and_overrides_over_all(tmp_path, distill):
    (tmp_path / "a.yaml").write_text("temperature: 2.0\nbatch_size: 4\nprofile: mine")
    (tmp_path / "b.yaml").write_text("temperature: 3.0")
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    expected = {"profile": "mine", "runs_dir": "runs", "temperature": 3.0, "progress": True}
    assert stages.resolve(distill, files) == expected
    assert stages.resolve(distill, files, {"temperature": 5.0}) == {**expected, "temperature": 5.0}


@pytest.mark.parametrize(
    "text, message",
    [
        ("temprature: 2.0", "a.yaml: unknown parameter 'temprature'; did you mean 'temperature'?"),
        ("learning_rate: 1e-4", "a.yaml: learning_rate = '1e-4' \\(str\\).*write 0.0001"),
        ("temperature: -1.0", "a.yaml: temperature = -1.0"),
    ],
)
def test_a_wrong_file_is_named_even_where_the_notebook_does_not_read_the_parameter(tmp_path, distill, text, message):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(params.ParameterError, match=message):
        stages.resolve(distill, [tmp_path / "a.yaml"])


def test_an_override_that_the_notebook_does_not_read_is_refused(distill):
    with pytest.raises(params.ParameterError, match="04_distill.ipynb does not declare `epochs`"):
        stages.resolve(distill, overrides={"epochs": 3})


def test_a_wrong_default_is_refused(tmp_path):
    with pytest.raises(params.ParameterError, match="04_x.ipynb, parameters cell: seed = -1"):
        stages.resolve(small_notebooks.write(tmp_path / "04_x.ipynb", "seed = -1", []))


@pytest.mark.parametrize(
    "name, values, expected",
    [
        ("01_preprocess", {}, "p/corpus"),
        ("02_teacher", {}, "p/teacher"),
        ("03_logits", {}, "p/logits/hidden_fp16"),
        ("04_distill", {"configuration": "ce", "seed": 42}, "p/students/ce-s42"),
        ("04_mine", {"configuration": "mine", "seed": 1}, "p/students/mine-s1"),
        ("05_evaluate", {"configuration": "ce", "seed": 42}, "p/scores/ce-s42"),
        ("05_evaluate", {"subject": "teacher"}, "p/scores/teacher"),
        ("05_evaluate", {"subject": "undistilled"}, "p/scores/untrained"),
        ("06_tables", {}, "p/results"),
    ],
)
def test_each_stage_has_its_folder(tmp_path, name, values, expected):
    values = {"profile": "p", "runs_dir": str(tmp_path), **values}
    assert stages.folder(Path(f"{name}.ipynb"), values) == tmp_path / expected
    assert stages.executed(Path(f"{name}.ipynb"), values) == tmp_path / expected / f"{name}.ipynb"


def test_tables_may_go_elsewhere_but_the_executed_notebook_stays_in_the_run(tmp_path):
    values = {"profile": "p", "runs_dir": str(tmp_path), "results_dir": str(tmp_path / "figures")}
    assert stages.folder(Path("06_tables.ipynb"), values) == tmp_path / "figures"
    assert stages.executed(Path("06_tables.ipynb"), values) == tmp_path / "p/results/figures/06_tables.ipynb"


def test_another_name_is_no_stage():
    with pytest.raises(stages.NotebookError, match="starts with 01 to 06"):
        stages.folder(Path("appendix.ipynb"), {})


def test_every_data_file_of_the_package_belongs_to_a_module_that_reads_it():
    """A data file that no digest knows of would change results without a rerun."""
    package = paths.ROOT / "trident"
    known = {file for pattern in [*stages.DATA.values(), stages.TEMPLATES] for file in package.glob(pattern)}
    others = {
        file for file in package.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc", ".md")
    } - known
    assert not others, "name them in stages.DATA"
