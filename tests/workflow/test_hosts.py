"""What a job on another host checks before it starts: the shared folder, versions, code."""

from __future__ import annotations

import json
import os

import pytest

from tests.helpers import small_notebooks
from trident.workflow import hosts, stages


@pytest.fixture
def job(tmp_path):
    cells = [small_notebooks.BEGIN, "stage = artifacts.begin(run.corpus, p)", "stage.finish()"]
    notebook = small_notebooks.write(tmp_path / "01_preprocess.ipynb", "profile = 'p'\nruns_dir = 'runs'", cells)
    return stages.Job(notebook, overrides={"runs_dir": str(tmp_path / "runs")})


@pytest.fixture
def stamp(tmp_path, job, monkeypatch):
    monkeypatch.setenv(hosts.VARIABLE, "")  # so that what is announced goes with the test
    hosts.announce(tmp_path / "runs/p/.stamp", [job])
    return tmp_path / "runs/p/.stamp"


def change(monkeypatch, **announced):
    monkeypatch.setenv(hosts.VARIABLE, json.dumps(json.loads(os.environ[hosts.VARIABLE]) | announced))


def test_on_the_same_host_nothing_is_wrong(stamp, job):
    hosts.check(stamp)
    hosts.check_code(job)


def test_a_folder_that_is_not_shared_is_named(stamp, monkeypatch):
    change(monkeypatch, host="login1")
    monkeypatch.setattr(hosts, "LATENCY", 0)
    stamp.write_text("1\n")  # what an earlier workflow left on this host's own disk
    with pytest.raises(hosts.HostError, match=r"p/\.stamp is older than the workflow on .*login1 do not share"):
        hosts.check(stamp)
    stamp.unlink()
    with pytest.raises(hosts.HostError, match=r"p/\.stamp is missing on .*mount under the same path"):
        hosts.check(stamp)


def test_a_file_system_may_show_the_stamp_late(stamp, monkeypatch):
    """The old one is seen first; it is looked at again after a pause."""
    late = stamp.read_text()
    stamp.write_text("1\n")
    monkeypatch.setattr(hosts.time, "sleep", lambda _: stamp.write_text(late))
    hosts.check(stamp)


def test_a_later_call_of_the_workflow_disturbs_no_job(stamp, tmp_path, job, monkeypatch):
    before = os.environ[hosts.VARIABLE]
    hosts.announce(stamp, [job])
    monkeypatch.setenv(hosts.VARIABLE, before)
    hosts.check(stamp)


def test_other_versions_are_listed(stamp, monkeypatch):
    packages = json.loads(os.environ[hosts.VARIABLE])["packages"]
    assert {"Python", "torch", "transformers"} <= packages.keys() and "missing" not in packages.values()
    change(monkeypatch, host="login1", packages=packages | {"torch": "1.0", "Python": "2.7.18"})
    with pytest.raises(hosts.HostError) as error:
        hosts.check(stamp)
    text = str(error.value)
    assert f"Python {packages['Python']} (on login1 2.7.18), torch {packages['torch']} (on login1 1.0)" in text
    assert "transformers" not in text and "requirements.txt" in text


def test_other_code_is_refused(stamp, job, monkeypatch):
    change(monkeypatch, host="login1", code={stages.from_root(job.provenance): "0" * 64})
    with pytest.raises(hosts.HostError, match="corpus/provenance.json on .* started with on login1.*same commit"):
        hosts.check_code(job)


def test_an_engine_that_hands_no_environment_on_is_told(stamp, job, monkeypatch):
    monkeypatch.delenv(hosts.VARIABLE)
    for call in (lambda: hosts.check(stamp), lambda: hosts.check_code(job)):
        with pytest.raises(hosts.HostError, match="TRIDENT_WORKFLOW"):
            call()
