"""The command line: instant help, the project's own errors in a line, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from helpers import small_notebooks

from trident.experiment import params, paths
from trident.workflow.cli import main

PARAMETERS = "profile = 'p'\nruns_dir = 'runs'\nseed = 13\nconfiguration = 'ce'\n"


def call(*arguments: str, cwd=paths.ROOT) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "trident", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120
    )


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom trident.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    print(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=True)
    for command in (
        "run",
        "distil",
        "demo",
        "models",
        "refresh",
        "times",
        "readme",
        "mine",
        "verify",
        "doctor",
        "params",
    ):
        assert f"\n    {command}" in done.stdout
    for module in ("torch", "papermill", "pydantic", "pandas", "datasets", "yaml"):
        assert f"'{module}'" not in done.stdout


def test_run_executes_and_says_where(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    notebook = small_notebooks.write(
        tmp_path / "04_distill.ipynb", PARAMETERS, ["assert (seed, configuration) == (42, 'no')"]
    )
    assert (
        main(["run", str(notebook), "-p", "seed", "42", "-p", "configuration", "'no'", "-p", "runs_dir", str(tmp_path)])
        == 0
    )
    assert capsys.readouterr().out.startswith("p/students/no-s42/04_distill.ipynb  ")


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["run", "99_nothing"], "trident: no notebook 99_nothing"),
        (["run", "NOTEBOOK", "-f", "missing.yaml"], "trident: no parameter file missing.yaml"),
        (["run", "NOTEBOOK", "-p", "seed", "many"], "trident: command line: seed = 'many' (str)"),
        (
            ["run", "NOTEBOOK", "-p", "sead", "1"],
            "trident: command line: unknown parameter 'sead'; did you mean 'seed'?",
        ),
        (["run", "NOTEBOOK", "-p", "configuration", "no"], "trident: command line: configuration"),
    ],
)
def test_the_project_s_errors_are_one_line_without_traceback(tmp_path, capsys, arguments, words):
    notebook = small_notebooks.write(tmp_path / "04_distill.ipynb", PARAMETERS, [])
    assert main([str(notebook) if argument == "NOTEBOOK" else argument for argument in arguments]) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith(words) and shown.out == ""


def test_a_file_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "runs").write_text("a file, where a folder has to be")
    notebook = small_notebooks.write(tmp_path / "04_distill.ipynb", PARAMETERS, [])
    assert main(["run", str(notebook), "-p", "runs_dir", str(tmp_path / "runs")]) == 1
    assert str(tmp_path / "runs") in capsys.readouterr().err


def test_a_defect_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(params, "table", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["params"])


def test_mine_reads_a_tree_and_says_what_it_found(tmp_path, capsys):
    source = tmp_path / "project"
    source.mkdir()
    (source / "Stack.java").write_text("public class Stack { public int size() { return 0; } }")
    (source / "StackTest.java").write_text(
        "public class StackTest { @Test public void size() { assertEquals(0, new Stack().size()); } }"
    )
    assert main(["mine", str(source), "--out", str(tmp_path / "out")]) == 0
    assert "1  pairs" in capsys.readouterr().out
    assert len((tmp_path / "out/records.jsonl").read_text().splitlines()) == 1
    assert main(["mine", str(tmp_path / "nothing"), "--out", str(tmp_path / "out")]) == 1
    assert "nothing: no such folder" in capsys.readouterr().err


def test_readme_and_times_pass_on_what_they_are_given(monkeypatch):
    from trident.workflow import readme, times

    seen = []
    monkeypatch.setattr(readme, "update", lambda *given: seen.append(given))
    monkeypatch.setattr(times, "report", lambda *given: seen.append(given))
    assert main(["readme"]) == main(["readme", "figures/codecs"]) == 0
    assert main(["times"]) == main(["times", "--profile", "mined", "--grid", "codecs"]) == 0
    assert seen == [(paths.ROOT / "figures",), (paths.ROOT / "figures/codecs",), ("sandbox", None), ("mined", "codecs")]


def test_models_are_made_where_the_demo_looks_for_them(monkeypatch):
    from trident.distillation import bases
    from trident.workflow import demo, readme

    made = []
    monkeypatch.setattr(bases, "make_models", made.append)
    monkeypatch.setattr(readme, "update_models", lambda: made.append("the card"))
    assert main(["models"]) == 0
    assert made == [demo.FOLDER, "the card"]


def test_verify_runs_the_profile_s_examples(tmp_path, monkeypatch, capsys):
    from trident.java import jdk

    (tmp_path / "p.yaml").write_text(
        "teacher_examples: 2\ntrain_examples: 4\nvalidation_examples: 2\ntest_examples: 2\nunseen_examples: 2\n"
    )
    seen = []
    failure = jdk.Failure("money/Account#1", "fails", "expected 3")
    monkeypatch.setattr(jdk, "find", lambda: "a JDK")
    monkeypatch.setattr(
        jdk,
        "verify",
        lambda instances, java: seen.append(instances) or jdk.Verification(len(instances), 9, (failure,), 1.0),
    )
    assert main(["verify", "-f", str(tmp_path / "p.yaml")]) == 1
    kinds = [type(program).__name__ for program in seen[0]]
    assert 1 <= kinds.count("EveryForm") <= kinds.count("Instance") <= 12
    assert "expected 3" in capsys.readouterr().out


def test_verify_without_a_jdk_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert main(["verify"]) == 1
    assert "install a JDK" in capsys.readouterr().err


def test_params_prints_every_parameter(capsys):
    assert main(["params"]) == 0
    shown = capsys.readouterr().out
    assert all(f"| `{name}` |" in shown for name in params.NAMES)


def test_output_is_utf8_in_any_locale():
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    command = [sys.executable, "-m", "trident", "params"]
    done = subprocess.run(command, cwd=paths.ROOT, env=environment, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("utf-8") == params.table()


def test_a_file_name_that_is_not_utf8_can_be_printed(capfdbinary):
    assert main(["run", "\udcff"]) == 1
    assert capfdbinary.readouterr().err.startswith(b"trident: no notebook \\udcff")


def test_a_failed_notebook_exits_with_1_and_its_message(tmp_path):
    notebook = small_notebooks.write(tmp_path / "04_distill.ipynb", PARAMETERS, ["raise ValueError('too short')"])
    done = call("run", str(notebook), "-p", "runs_dir", str(tmp_path))
    assert done.returncode == 1
    assert "ValueError: too short" in done.stderr and "Traceback (most recent call last):\n  File" not in done.stderr


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["run"], ["mine", "src"]])
def test_a_wrong_call_exits_with_2(arguments):
    with pytest.raises(SystemExit) as exit:
        main(arguments)
    assert exit.value.code == 2
