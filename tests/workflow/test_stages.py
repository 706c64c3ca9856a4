"""What a stage is: its values, its folder, and what counts as a change of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers import small_notebooks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trident.experiment import params, paths
from trident.workflow import cli, stages

CELLS = [
    "from trident import losses\nfrom trident.corpus import storage\n"
    "from trident.experiment import params\n\np = params.read(globals())",
    small_notebooks.prose("What the next cell shows."),
    small_notebooks.code("from trident.reporting import plots\nplots.draw(losses.ce)", "show"),
]
PARAMETERS = """
profile = 'smoke'
runs_dir = 'runs'
results_dir = ''
device = 'auto'
progress = True
temperature = 4.0  # T
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of the project's shape in which the tests may change what they like."""
    files = {
        "__init__": "__version__ = '1'",
        "experiment/__init__": "",
        "experiment/params": "DEFAULTS = {}",
        "losses/__init__": '"""Losses."""\nfrom trident.losses.components import ce\nfrom trident import schedules',
        "losses/components": 'def ce(x):\n    """Twice."""\n    return 2 * x',
        "schedules": "RATE = 1",
        "reporting/__init__": "",
        "reporting/stats": "STD = 1",
        "reporting/plots": "from trident.reporting import stats\nCOLOUR = 'red'\n\ndef draw(x): ...",
        "workflow/__init__": "from trident.workflow import stages",
        "workflow/stages": "S = 1",
        "unused": "A = 1",
        "corpus/__init__": "KINDS = 1",
        "corpus/build": "from trident.corpus import schema\n\ndef build(): ...",
        "corpus/storage": "from trident.java.lexer import lex\nfrom trident.corpus import schema",
        "corpus/sources/__init__": "",
        "corpus/sources/sandbox": "from trident.corpus.sandbox import generate",
        "corpus/sources/mined": "M = 1",
        "corpus/sandbox/__init__": "",
        "corpus/sandbox/generate": "from trident.workflow import stages\nfrom trident.reporting import plots",
        "corpus/schema": "C = 1",
        "java/__init__": "",
        "java/lexer": "def lex():\n    import trident.java.deep\n    return trident.java.deep.D",
        "java/deep": "D = 1",
    }
    for name, text in files.items():
        file = tmp_path / "trident" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / "trident/reporting/look.mplstyle").write_text("lines.linewidth: 1")
    (tmp_path / "trident/corpus/kinds.yaml").write_text("a: 1")
    (tmp_path / "trident/corpus/README.md").write_text("Words.")
    template = tmp_path / "trident/corpus/sandbox/templates/money/Account.java"
    template.parent.mkdir(parents=True)
    template.write_text("class $Account$ {}", encoding="utf-8")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    return tmp_path / "trident"


def digest(notebook: Path, **values) -> str:
    return stages.Job(notebook, (), values).digest


@pytest.fixture
def distill(tmp_path):
    return small_notebooks.write(tmp_path / "04_distill.ipynb", PARAMETERS, CELLS)


def appended_to_counts(file: Path, notebook: Path) -> bool:
    """Whether one more line in `file` changes the digest."""
    before = digest(notebook)
    with file.open("a") as stream:
        stream.write("\nEXTRA = 1\n")
    return digest(notebook) != before


@pytest.mark.parametrize(
    "file",
    [
        "losses/__init__.py",
        "losses/components.py",
        "schedules.py",
        "corpus/__init__.py",
        "corpus/storage.py",
        "corpus/schema.py",
        "corpus/kinds.yaml",
        "java/lexer.py",
        "java/deep.py",
        "experiment/__init__.py",
    ],
)
def test_code_that_the_notebook_reaches_counts_with_the_data_beside_it(package, distill, file):
    assert appended_to_counts(package / file, distill)


@pytest.mark.parametrize(
    "file",
    [
        "__init__.py",
        "experiment/params.py",
        "reporting/__init__.py",
        "reporting/plots.py",
        "reporting/stats.py",
        "reporting/look.mplstyle",
        "workflow/__init__.py",
        "workflow/stages.py",
        "unused.py",
        "corpus/README.md",
        "corpus/build.py",
        "corpus/sources/sandbox.py",
        "corpus/sandbox/generate.py",
        "corpus/sandbox/templates/money/Account.java",
    ],
)
def test_code_that_only_draws_runs_checks_or_is_not_reached_does_not_count(package, distill, file):
    assert not appended_to_counts(package / file, distill)


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
    for file in (package / "losses/__init__.py", package / "losses/components.py"):
        file.write_text(file.read_text().replace(old, new) + "\n")
    assert digest(distill) == before


@pytest.mark.parametrize("file", ["plots.py", "stats.py", "look.mplstyle", "__init__.py"])
def test_for_the_tables_what_draws_counts_too(package, tmp_path, file):
    tables = small_notebooks.write(tmp_path / "06_tables.ipynb", PARAMETERS, ["from trident.reporting import plots"])
    assert appended_to_counts(package / "reporting" / file, tables)


@pytest.mark.parametrize(
    "file, corpus",
    [
        ("corpus/build.py", "sandbox mined"),
        ("corpus/sources/sandbox.py", "sandbox"),
        ("corpus/sandbox/generate.py", "sandbox"),
        ("corpus/sandbox/templates/money/Account.java", "sandbox"),
        ("corpus/sources/mined.py", "mined"),
    ],
)
@pytest.mark.parametrize("given", ["sandbox", "mined"])
def test_for_a_corpus_its_own_source_counts_and_no_other(package, tmp_path, file, corpus, given):
    values = PARAMETERS + f"corpus = '{given}'"
    notebook = small_notebooks.write(tmp_path / "01_preprocess.ipynb", values, ["from trident.corpus import build"])
    assert appended_to_counts(package / file, notebook) is (given in corpus.split())


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


def test_magics_are_for_cells_that_only_display(tmp_path):
    magic = "%matplotlib inline\nx = 1"
    shown = small_notebooks.write(tmp_path / "a/04_distill.ipynb", PARAMETERS, [small_notebooks.code(magic, "show")])
    assert digest(shown)
    with pytest.raises(stages.NotebookError, match="must be tagged `show`"):
        digest(small_notebooks.write(tmp_path / "b/04_distill.ipynb", PARAMETERS, [magic]))


def test_a_cell_that_is_not_python_is_named(tmp_path):
    broken = small_notebooks.write(tmp_path / "04_distill.ipynb", PARAMETERS, ["x = ("])
    with pytest.raises(stages.NotebookError, match=r"04_distill.ipynb, code cell 2: not Python"):
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
        ("seed = 6 * 7", "only `name = literal` is allowed, not `seed = 6 \\* 7`"),
        ("import os", "only `name = literal` is allowed, not `import os`"),
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
    files = (tmp_path / "a.yaml", tmp_path / "b.yaml")
    expected = {**stages.declared(distill), "profile": "mine", "temperature": 3.0}
    assert stages.Job(distill, files).values == expected
    assert stages.Job(distill, files, {"temperature": 5.0}).values == {**expected, "temperature": 5.0}


@pytest.mark.parametrize(
    "text, message",
    [
        ("temprature: 2.0", "a.yaml: unknown parameter 'temprature'; did you mean 'temperature'?"),
        ("learning_rate: fast", "a.yaml: learning_rate = 'fast' \\(str\\)"),
        ("temperature: -1.0", "a.yaml: temperature = -1.0"),
    ],
)
def test_a_wrong_file_is_named_even_where_the_notebook_does_not_read_the_parameter(tmp_path, distill, text, message):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(params.ParameterError, match=message):
        _ = stages.Job(distill, (tmp_path / "a.yaml",)).values


def test_an_override_that_the_notebook_does_not_read_is_refused(distill):
    with pytest.raises(params.ParameterError, match="04_distill.ipynb does not declare `epochs`"):
        _ = stages.Job(distill, overrides={"epochs": 3}).values


def test_a_wrong_default_is_refused(tmp_path):
    with pytest.raises(params.ParameterError, match="04_x.ipynb, parameters cell: seed = -1"):
        _ = stages.Job(small_notebooks.write(tmp_path / "04_x.ipynb", "seed = -1", [])).values


@pytest.mark.parametrize(
    "name, values, expected",
    [
        ("01_preprocess", {}, "p/corpus"),
        ("02_teacher", {}, "p/teacher"),
        ("03_logits", {}, "p/teacher_cache/hidden_fp16"),
        ("03_logits", {"unlabelled": "teacher"}, "p/teacher_cache/hidden_fp16_answers"),
        ("04_distill", {"configuration": "ce", "seed": 42}, "p/students/ce-s42"),
        ("04_mine", {"configuration": "mine", "seed": 1}, "p/students/mine-s1"),
        ("05_evaluate", {"configuration": "ce", "seed": 42}, "p/scores/ce-s42"),
        ("05_evaluate", {"model": "teacher"}, "p/scores/teacher"),
        ("05_evaluate", {"model": "undistilled"}, "p/scores/undistilled"),
        ("05_evaluate", {"model": "shuffled"}, "p/scores/shuffled"),
        ("06_tables", {}, "p/results"),
    ],
)
def test_each_stage_has_its_folder(tmp_path, name, values, expected):
    values = {"profile": "p", "runs_dir": str(tmp_path), **values}
    cell = "\n".join(f"{key} = {value!r}" for key, value in values.items())
    job = stages.Job(small_notebooks.write(tmp_path / f"{name}.ipynb", cell, []))
    assert job.folder == tmp_path / expected
    assert job.executed == tmp_path / expected / f"{name}.ipynb"


def test_tables_may_go_elsewhere_but_the_executed_notebook_stays_in_the_run(tmp_path):
    notebook = small_notebooks.write(tmp_path / "06_tables.ipynb", PARAMETERS, [])
    values = {"profile": "p", "runs_dir": str(tmp_path), "results_dir": str(tmp_path / "figures")}
    job = stages.Job(notebook, (), values)
    assert job.folder == tmp_path / "figures"
    assert job.executed == tmp_path / "p/results/figures/06_tables.ipynb"


def test_another_name_is_no_stage(tmp_path):
    with pytest.raises(stages.NotebookError, match="starts with 01 to 06"):
        _ = stages.Job(small_notebooks.write(tmp_path / "appendix.ipynb", PARAMETERS, [])).folder


def test_every_data_file_of_the_package_is_in_a_digest():
    """A data file that no digest knows of would change results without a rerun."""
    package = paths.ROOT / "trident"
    found = {file for file in package.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc", ".md")}
    known = {file for module in package.rglob("*.py") for file in stages.data_files(module.parent)}
    templates = set((package / "corpus/sandbox/templates").rglob("*.java"))
    assert templates and found == known | templates


def test_a_grid_has_each_configuration_with_each_seed_and_what_they_need():
    jobs = stages.grid("sandbox")
    names = [job.notebook.stem for job in jobs]
    assert names[-2] == "verdicts" and names.pop(-2)
    p = params.complete(params.load(paths.PARAMS / "sandbox.yaml"))
    students = [(configuration, seed) for configuration in p.configurations for seed in p.seeds]
    assert names == sorted(names)
    for stage in ("04_distill", "05_evaluate"):
        found = [(job.values["configuration"], job.values["seed"]) for job in jobs if job.notebook.stem == stage]
        assert found[: len(students)] == students
    assert [job.values["model"] for job in jobs if job.overrides.get("model")] == list(stages.MODELS)
    assert len({job.provenance for job in jobs}) == len(jobs) == 5 + 2 * len(students) + len(stages.MODELS)


def test_another_grid_shares_the_corpus_and_has_caches_and_tables_of_its_own():
    own, other = (
        {stages.from_root(job.provenance) for job in stages.grid("sandbox", name)} for name in (None, "codecs")
    )
    assert {"runs/sandbox/corpus/provenance.json", "runs/sandbox/scores/teacher/provenance.json"} <= own & other
    assert other - own >= {"runs/sandbox/teacher_cache/topk/provenance.json", "figures/codecs/provenance.json"}
    [tables] = [job for job in stages.grid("sandbox", "codecs") if job.notebook.stem == "06_tables"]
    assert tables.words()[1:] == [
        "-f", "params/sandbox.yaml", "-f", "params/grids/codecs.yaml", "-p", "results_dir", '"figures/codecs"'
    ]  # fmt: skip


def test_each_grid_has_its_own_verdicts_where_its_step_runs_the_answers():
    """They are read by 06, so their digest has to be in the provenance of the figures."""
    found = {}
    for name in (None, "codecs"):
        *_, verdicts, tables = stages.grid("sandbox", name)
        assert isinstance(verdicts, stages.Verdicts) and tables.values["execution"] == "grid"
        run = paths.Run("sandbox", tables.values["runs_dir"])
        assert verdicts.folder == run.verdicts(tables.values["results_dir"]) == verdicts.executed.parent
        words = cli._parser().parse_args(verdicts.words())
        files, overrides = tuple(words.files), {key: params.parse(value, key) for key, value in words.overrides}
        assert (
            words.command == "verdicts" and stages.Verdicts(files=files, overrides=overrides).values == verdicts.values
        )
        found[verdicts.folder.name] = verdicts.digest
    assert {*found} == {"figures", "codecs"} and len({*found.values()}) == 2
    assert not any(isinstance(job, stages.Verdicts) for job in stages.grid("smoke")), "there 05 runs the answers"


@pytest.mark.parametrize("profile, there", [("mined", True), ("paper", True), ("sandbox", False), ("smoke", False)])
def test_only_real_java_has_the_baselines_that_read_it(profile, there):
    jobs = stages.grid(profile)
    found = [job for job in jobs if isinstance(job, stages.Baselines)]
    assert len(found) == there
    assert not {*params.REAL_BASELINES} & {*stages.MODELS}, "05 cannot answer with them"
    for job in found:
        assert job.folder == paths.Run(profile, "runs").scores(params.REAL_BASELINES[-1]) == job.executed.parent
        words = cli._parser().parse_args(job.words())
        assert words.command == "baselines" and stages.Baselines(files=tuple(words.files)).values == job.values
        after = [type(other) for other in jobs[jobs.index(job) :]]
        assert stages.Verdicts not in [type(other) for other in jobs[: jobs.index(job)]] and after[-1] is stages.Job


def test_the_code_of_the_baselines_counts_for_them(package):
    folder = package / "evaluation/real_java"
    folder.mkdir(parents=True)
    for file in (package / "evaluation/__init__.py", folder / "__init__.py"):
        file.write_text("")
    (folder / "baselines.py").write_text("from trident.evaluation.real_java import copying")
    (folder / "copying.py").write_text("A = 1")
    before = stages.Baselines().digest
    (folder / "copying.py").write_text("A = 2")
    assert stages.Baselines().digest != before


@pytest.mark.parametrize("file", ["executor.py", "verdicts.py", "Worker.java"])
def test_what_runs_answers_counts_where_it_runs_them(package, tmp_path, file):
    folder = package / "evaluation/execution"
    folder.mkdir(parents=True)
    (package / "evaluation/__init__.py").write_text("")
    (folder / "__init__.py").write_text("from trident.evaluation.execution.executor import run")
    (folder / "executor.py").write_text("def run(): ...")
    (folder / "verdicts.py").write_text("from trident.evaluation.execution.executor import run")
    (folder / "Worker.java").write_text("class Worker {}")
    cells = ["from trident.evaluation.execution import run\nrun()"]
    notebook = small_notebooks.write(tmp_path / "05_evaluate.ipynb", "execution = 'own'", cells)

    def digests():
        return [digest(notebook), digest(notebook, execution="grid"), stages.Verdicts().digest]

    before = digests()
    with (folder / file).open("a") as stream:
        stream.write("\nEXTRA = 1\n")
    changed = [one != other for one, other in zip(before, digests(), strict=True)]
    assert changed == [file != "verdicts.py", False, True]


def test_the_teacher_s_answers_are_written_where_a_configuration_needs_them():
    def caches(name):
        return [job.folder.name for job in stages.grid("sandbox", name) if job.notebook.stem == "03_logits"]

    assert caches(None) == caches("temperature") == caches("semantic") == ["hidden_fp16"]
    assert caches("labels") == ["hidden_fp16", "hidden_fp16_answers"]


@pytest.mark.parametrize(
    "folder", ["my results", "-x", "a: b # c", "{a: 1}", 'it\'s "ü" $HOME `id`', "no", "013", "a\\b"]
)
def test_the_command_line_reads_a_folder_s_name_as_it_is(folder):
    words = stages.Job(stages.find("06_tables"), (), {"results_dir": folder}).words()
    [[name, value]] = cli._parser().parse_args(["run", *words]).overrides
    assert (name, params.parse(value, "command line")) == ("results_dir", folder)


@pytest.mark.parametrize("folder, encoding", [("ü", "latin-1"), ("≥", "latin-1"), ("\udcff", "utf-8")])
def test_a_folder_that_libraries_would_look_for_elsewhere_is_refused(tmp_path, monkeypatch, folder, encoding):
    """Python uses the locale's encoding for names of files, and any bytes; Arrow and others use UTF-8."""
    notebook = small_notebooks.write(tmp_path / "04_distill.ipynb", PARAMETERS, [])
    monkeypatch.setattr(paths, "ROOT", tmp_path / folder)
    monkeypatch.setattr(stages.os, "fsencode", lambda path: str(path).encode(encoding, "surrogateescape"))
    with pytest.raises(stages.NotebookError, match="set PYTHONUTF8=1, or rename the folder"):
        _ = stages.Job(notebook).folder
    monkeypatch.setattr(paths, "ROOT", tmp_path / "ascii")
    assert stages.Job(notebook).folder.is_relative_to(tmp_path)


def test_a_configuration_under_another_name_is_refused(tmp_path, monkeypatch):
    for folder in ("configs", "seeds"):
        (tmp_path / folder).mkdir()
    (tmp_path / "p.yaml").write_text("profile: p\nconfigurations: [mine]\nseeds: [1]\n")
    (tmp_path / "configs/mine.yaml").write_text("configuration: ce\n")
    (tmp_path / "seeds/1.yaml").write_text("seed: 1\n")
    monkeypatch.setattr(paths, "PARAMS", tmp_path)
    with pytest.raises(params.ParameterError, match="mine.yaml: expected a line `configuration: mine`"):
        stages.grid("p")


def test_a_stage_is_stale_when_its_provenance_is_of_other_code(tmp_path):
    notebook = small_notebooks.write(tmp_path / "01_preprocess.ipynb", PARAMETERS + f"runs_dir = {str(tmp_path)!r}", [])
    job = stages.Job(notebook)
    assert not job.stale(), "it is missing, which is another thing"
    job.provenance.parent.mkdir(parents=True)
    for code in ("interactive", job.digest):
        job.provenance.write_text(json.dumps({"code": code}))
        assert job.stale() is (code != job.digest)
