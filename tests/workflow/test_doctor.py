"""The doctor says `ok` or what to do, and fails only for what the sandbox profile needs."""

from __future__ import annotations

import re
import types

import pytest

from trident.experiment import paths
from trident.workflow import doctor, notebooks


def test_every_check_finds_all_that_the_sandbox_needs_here():
    findings = {
        check.__name__: doctor.examine(check) for check in doctor.CHECKS if check not in (doctor.memory, doctor.disk)
    }
    assert not [str(finding) for finding in findings.values() if finding.todo and finding.needed]
    for finding in findings.values():
        assert re.match(r"(ok   |note ) \w+ +\S", str(finding))


@pytest.fixture
def only(monkeypatch):
    def choose(*checks):
        monkeypatch.setattr(doctor, "CHECKS", checks)

    return choose


def test_a_wrong_version_is_named_and_fails(only, tmp_path, monkeypatch, capsys):
    (tmp_path / "requirements.txt").write_text(
        "pytest==0.1  # old\nno-such-package==1.0\npydantic==" + doctor.importlib.metadata.version("pydantic")
    )
    monkeypatch.setattr(doctor, "REQUIREMENTS", tmp_path / "requirements.txt")
    only(doctor.packages)
    assert doctor.report() == 1
    shown = capsys.readouterr().out
    assert "FIX   packages" in shown and "(expected 0.1), no-such-package missing (expected 1.0): pip install" in shown
    assert "pydantic" not in shown
    assert "cannot run here yet: packages." in shown


def test_what_only_some_commands_need_does_not_fail(only, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    only(doctor.jdk)
    assert doctor.report() == 0
    shown = capsys.readouterr().out
    assert "note  jdk" in shown and "install a JDK" in shown and "The sandbox profile can run here." in shown


@pytest.mark.parametrize("free, code, words", [(1.0, 1, "FIX   disk .* needs 2 GiB"), (10.0, 0, "ok    disk")])
@pytest.mark.parametrize("made", [True, False])
def test_disk_of_the_runs(only, tmp_path, monkeypatch, capsys, free, code, words, made):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    if made:
        (tmp_path / "runs").mkdir()
    usage = {tmp_path / ("runs" if made else ""): types.SimpleNamespace(free=free * 2**30)}
    monkeypatch.setattr(doctor.shutil, "disk_usage", usage.__getitem__)
    only(doctor.disk)
    assert doctor.report() == code
    assert re.search(words, capsys.readouterr().out)


@pytest.mark.parametrize("limit, todo", [("max", False), (str(2**30), True), (str(2**40), False)])
def test_the_memory_limit_of_a_container_counts(tmp_path, monkeypatch, limit, todo):
    import psutil

    monkeypatch.setattr(psutil, "virtual_memory", lambda: types.SimpleNamespace(available=2**36))
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    monkeypatch.setattr(doctor, "MEMORY_LIMIT", tmp_path / "memory.max")
    assert bool(doctor.memory().todo) is todo


def test_what_stops_snakemake_stops_the_doctor(only, tmp_path, monkeypatch, capsys):
    (tmp_path / "Snakefile").write_text("raise WorkflowError('figures cannot be written')\n")
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    only(doctor.workflow)
    assert doctor.report() == 1
    assert "FIX   workflow   Snakemake stopped: figures cannot be written\n" in capsys.readouterr().out


def test_too_little_memory_says_how_to_go_on(only, monkeypatch, capsys):
    import psutil

    monkeypatch.setattr(psutil, "virtual_memory", lambda: types.SimpleNamespace(available=2**30))
    only(doctor.memory)
    assert doctor.report() == 1
    assert "CORES=1" in capsys.readouterr().out


def test_a_check_that_breaks_is_a_finding(only, monkeypatch, capsys):
    def broken(code):
        raise notebooks.NotebookFailed("a new kernel failed")

    monkeypatch.setattr(notebooks, "ask_kernel", broken)
    only(doctor.kernel, doctor.python)
    assert doctor.report() == 1
    shown = capsys.readouterr().out
    assert "FIX   kernel     NotebookFailed: a new kernel failed" in shown and "ok    python" in shown


def test_a_kernel_of_another_environment_is_noticed(monkeypatch):
    monkeypatch.setattr(notebooks, "ask_kernel", lambda code: "/usr\n/usr/lib/trident/__init__.py\n")
    assert doctor.kernel().todo and doctor.kernel().needed


def test_an_unpinned_requirement_is_refused():
    with pytest.raises(ValueError, match="'torch>=2'"):
        doctor.pinned("numpy==1.0  # numbers\n\ntorch>=2")
