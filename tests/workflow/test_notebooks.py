"""Notebooks are executed strictly, with this environment's own kernel, and leave their copy also when they fail."""

from __future__ import annotations

import builtins
import json
import os
import signal
import symtable
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from helpers import small_notebooks
from jupyter_client.provisioning import LocalProvisioner

from trident.experiment import paths
from trident.workflow import notebooks, stages

SAVED = {"output_type": "stream", "name": "stdout", "text": "saved before\n"}
PARAMETERS = "profile = 'p'\nruns_dir = 'runs'\nconfiguration = 'ce'\nseed = 13\nprogress = True\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Another working directory, with a kernel of the same name that must not be used, and a user's start-up file."""
    kernel = tmp_path / "jupyter/kernels/python3/kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps({"argv": ["/bin/false"], "display_name": "wrong", "language": "python"}))
    startup = tmp_path / "ipython/profile_default/startup/00.py"
    startup.parent.mkdir(parents=True)
    startup.write_text("seed = 99")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def text_of(executed) -> str:
    cells = nbformat.read(executed, as_version=4).cells
    return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))


def test_a_stage_runs_with_its_values_its_digest_and_this_package(here, recwarn):
    braces = here / "a {folder}"
    notebook = small_notebooks.write(
        braces / "04_distill.ipynb",
        PARAMETERS,
        [
            small_notebooks.BEGIN + "\nimport json, os, sys, trident\n"
            "print(json.dumps([vars(p), os.environ['TRIDENT_CODE_DIGEST'], sys.prefix, trident.__file__, os.getcwd()]))"
        ],
    )
    (here / "p.yaml").write_text(f"profile: q\nruns_dir: {here / 'runs'}\nseed: 42\nweights_end: {{}}\nepochs: 3\n")
    job = stages.Job(notebook, ("p.yaml",), {"configuration": "ce_kl"})
    notebooks.execute(job)
    assert job.executed == here / "runs/q/students/ce_kl-s42/04_distill.ipynb"
    values, digest, prefix, package, cwd = json.loads(text_of(job.executed))
    assert values == {
        "profile": "q",
        "runs_dir": str(here / "runs"),
        "configuration": "ce_kl",
        "seed": 42,
        "progress": False,
    }
    assert digest == job.digest
    assert (prefix, package, cwd) == (sys.prefix, str(paths.ROOT / "trident/__init__.py"), str(braces))
    assert not [warning for warning in recwarn if "unknown parameter" in str(warning.message)]
    assert "TRIDENT_CODE_DIGEST" not in os.environ, "the caller's own environment stays as it was"


def test_a_failed_notebook_says_where_and_keeps_what_it_did(here):
    notebook = small_notebooks.write(
        here / "01_preprocess.ipynb",
        PARAMETERS + f"runs_dir = {str(here / 'runs')!r}",
        [
            "print('so far')",
            "def load(path):\n    raise FileNotFoundError(f'no archive below {path}')\n\nload('data/missing')",
            "print('never')",
        ],
    )
    with pytest.raises(notebooks.NotebookFailed) as failure:
        notebooks.execute(stages.Job(notebook))
    executed = here / "runs/p/corpus/01_preprocess.ipynb"
    message = str(failure.value)
    assert message.startswith("In [4] of 01_preprocess.ipynb failed:"), (
        "the parameters cell, the injected one, then the third"
    )
    assert "FileNotFoundError: no archive below data/missing" in message and "load('data/missing')" in message
    assert "\x1b" not in message and message.count("no archive below data/missing") == 1
    assert message.endswith(str(executed))
    assert text_of(executed).startswith("so far") and "never" not in text_of(executed)
    cells = nbformat.read(executed, as_version=4).cells
    assert any(output.output_type == "error" for cell in cells for output in cell.get("outputs", []))


def test_cells_that_only_display_can_be_left_out_and_the_copy_says_so(here):
    cells = [
        small_notebooks.BEGIN,
        {**small_notebooks.code("print('a picture')", "show"), "outputs": [SAVED]},
        "print('a step')",
    ]
    notebook = small_notebooks.write(
        here / "04_distill.ipynb", PARAMETERS + f"runs_dir = {str(here / 'runs')!r}", cells
    )
    job = stages.Job(notebook)
    notebooks.execute(job, steps_only=True)
    assert text_of(job.executed) == "a step\n"
    note = nbformat.read(job.executed, as_version=4).cells[0]
    assert note.cell_type == "markdown" and "`show` were not run" in note.source
    notebooks.execute(job)
    assert text_of(job.executed) == "a picture\na step\n"
    assert nbformat.read(job.executed, as_version=4).cells[0].cell_type == "code"


@pytest.mark.parametrize("notebook", sorted(paths.NOTEBOOKS.glob("0*.ipynb")), ids=lambda path: path.stem)
def test_no_step_depends_on_a_cell_that_only_displays(notebook):
    known = {*dir(builtins), *stages.declared(notebook)}
    for place, source in stages.steps(notebook):
        names = symtable.symtable(source, place, "exec")
        known |= {name.get_name() for name in names.get_symbols() if name.is_assigned() or name.is_imported()}
        unknown = {name for name in global_names(names) if name not in known}
        assert not unknown, f"{place} uses {sorted(unknown)}, which no earlier step defines"


def global_names(scope):
    """Names that a module or a function in it reads from the module."""
    read = {name.get_name() for name in scope.get_symbols() if name.is_referenced() and name.is_global()}
    if scope.get_type() == "module":
        read |= {name.get_name() for name in scope.get_symbols() if name.is_referenced()}
    return read.union(*(global_names(inner) for inner in scope.get_children()))


def test_a_kernel_that_dies_is_a_failure_too(here):
    notebook = small_notebooks.write(
        here / "01_preprocess.ipynb",
        PARAMETERS + f"runs_dir = {str(here / 'runs')!r}",
        ["x = 1", "import os; os._exit(9)", "y = 1"],
    )
    with pytest.raises(notebooks.NotebookFailed, match="os._exit\\(9\\)\n  The kernel died in this cell"):
        notebooks.execute(stages.Job(notebook))


def test_a_kernel_is_asked_to_end_and_not_interrupted(here, monkeypatch):
    """A kernel that has no time to end, on a busy machine, is then told by SIGTERM, which it does not report."""
    signals = []

    async def note(self, signum):
        signals.append(signum)

    monkeypatch.setattr(LocalProvisioner, "send_signal", note)
    assert notebooks.ask_kernel("print('done')") == "done\n"
    assert signal.SIGINT not in signals


def test_an_executed_copy_is_not_run_over_itself(here):
    notebook = small_notebooks.write(
        here / "runs/p/corpus/01_preprocess.ipynb", PARAMETERS + f"runs_dir = {str(here / 'runs')!r}", []
    )
    with pytest.raises(stages.NotebookError, match="itself an executed copy"):
        notebooks.execute(stages.Job(notebook))


BAR = "from tqdm.auto import tqdm\nfor _ in tqdm(range(2), disable=False): pass"


def test_refreshing_saves_the_same_outputs_and_nothing_of_this_machine(here):
    notebook = small_notebooks.write(
        here / "01_preprocess.ipynb",
        PARAMETERS,
        [small_notebooks.code(f"import os\nprint(1)\n{BAR}\nprint(2)\nos.environ['TQDM_DISABLE']", "show")],
    )
    content = json.loads(notebook.read_text())
    folded = {"tags": ["parameters"], "jupyter": {"source_hidden": True}}
    content["cells"][0]["metadata"] = {**folded, "execution": {"iopub.execute_input": "2020-01-01"}}
    content["metadata"]["papermill"] = {"duration": 3.2}
    notebook.write_text(json.dumps(content))
    notebooks.refresh(notebook)
    first = notebook.read_bytes()
    cells = nbformat.read(notebook, as_version=4).cells
    assert [cell.execution_count for cell in cells] == [1, 2]
    assert [cell.metadata for cell in cells] == [folded, {"tags": ["show"]}]
    assert cells[1].outputs[0].text == "1\n2\n" and cells[1].outputs[1].data["text/plain"] == "'1'"
    assert set(json.loads(first)["metadata"]) == {"kernelspec", "language_info"}
    notebooks.refresh(notebook)
    assert notebook.read_bytes() == first


@pytest.mark.parametrize(
    "cell, message",
    [
        ("print(1 / 0)", "In \\[2\\] of 01_preprocess.ipynb failed:.*ZeroDivisionError"),
        ("import sys; print(sys.prefix)", "cell 2: .* shows a path of this machine"),
    ],
)
def test_a_notebook_that_fails_or_shows_a_path_is_not_saved(here, cell, message):
    notebook = small_notebooks.write(here / "01_preprocess.ipynb", PARAMETERS, [cell])
    before = notebook.read_bytes()
    with pytest.raises(notebooks.NotebookFailed, match=f"(?s){message}"):
        notebooks.refresh(notebook)
    assert notebook.read_bytes() == before


@pytest.mark.parametrize("folder", ["t" * 140, "ü"])
def test_a_kernel_starts_where_tmpdir_cannot_hold_sockets(tmp_path, monkeypatch, folder):
    (tmp_path / folder).mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / folder))
    assert notebooks.ask_kernel("import tempfile; print(tempfile.gettempdir())") == f"{tmp_path / folder}\n"


def test_sockets_are_in_tmpdir_when_it_can_hold_them(monkeypatch):
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        with notebooks._own_kernel({}):
            assert [path.name[:8] for path in Path(folder).iterdir()] == ["trident-"]


def test_without_a_folder_for_sockets_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(notebooks.os, "access", lambda path, mode: False)
    with pytest.raises(notebooks.NotebookFailed, match="set TMPDIR to a folder that can be written"):
        notebooks.ask_kernel("")
