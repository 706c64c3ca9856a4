"""trident/workflow/fetch.py: exactly these commits, resumed, unchanged, from any mirror that git is told of."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from helpers.small_repositories import Mirror, git, java

from trident.corpus import projects
from trident.experiment import artifacts, params, paths
from trident.workflow import cli, fetch

COMMIT = "5a3bc87c5314f7771ea3968e9015a3d25536343e"


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    mirror = Mirror(tmp_path / "mirror")
    for name, value in mirror.rule().items():
        monkeypatch.setenv(name, value)
    return mirror


@pytest.fixture
def get(mirror, tmp_path):
    """Fetches the mirror's projects. Returns the index."""
    return lambda: fetch.fetch(mirror.manifest(tmp_path / "projects.yaml"), tmp_path / "data", progress=False)


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {".lock"}


def test_exactly_the_commit_s_java_files_and_licences(mirror, get, tmp_path, capsys):
    mirror.add("one/bag", java("Bag"))
    mirror.add("two/sack", java("Sack", 2) | {"NOTICE": "By us.\n", "sub/LICENSE": "no\n"}, split="test")
    index = get()
    assert [(project.name, project.missing, project.files) for project in index] == [
        ("one/bag", "", 3),
        ("two/sack", "", 4),
    ]
    assert files(tmp_path / "data") == {
        "ATTRIBUTION.md",
        "projects.jsonl",
        *(f"bag/{name}" for name in ("LICENSE.txt", "src/main/Bag.java", "src/test/BagTest.java")),
        *(f"sack/{name}" for name in ("LICENSE.txt", "NOTICE", "src/main/Sack.java", "src/test/SackTest.java")),
    }
    assert (tmp_path / "data/bag/src/main/Bag.java").read_text() == java("Bag")["src/main/Bag.java"]
    assert capsys.readouterr().out.startswith("2 projects, 2 to fetch: 0.2 MiB on disk")
    text = (tmp_path / "data/ATTRIBUTION.md").read_text()
    for project in index:
        assert project.commit in text and project.url in text
    assert "| MIT | sack/LICENSE.txt, sack/NOTICE |" in text
    assert projects.read_index(tmp_path / "data") == index


def test_a_second_fetch_changes_nothing_and_asks_nobody(mirror, get, tmp_path, monkeypatch, capsys):
    mirror.add("one/bag", java("Bag"))
    first = get()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "data").rglob("*") if path.is_file()}
    whole = artifacts.digest(tmp_path / "data")
    monkeypatch.setattr(fetch, "_get", lambda *_: pytest.fail("it asked"))
    assert get() == first
    assert artifacts.digest(tmp_path / "data") == whole
    after = {path: path.stat().st_mtime_ns for path in before}
    lock = tmp_path / "data/.lock"
    assert {path: after[path] for path in after if path != lock} == {p: before[p] for p in before if p != lock}
    assert "1 projects, 0 to fetch" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["changed", "gone", "added", "index gone", "index torn"])
def test_what_is_damaged_is_fetched_again(mirror, get, tmp_path, damage):
    mirror.add("one/bag", java("Bag"))
    first = get()
    file, index = tmp_path / "data/bag/src/main/Bag.java", tmp_path / "data/projects.jsonl"
    match damage:
        case "changed":
            file.write_text("class Bag {}\n")
        case "gone":
            file.unlink()
        case "added":
            (file.parent / "Mine.java").write_text("class Mine {}\n")
        case "index gone":
            index.unlink()
        case "index torn":
            index.write_text(index.read_text()[:50])
    assert get() == first
    assert not projects.changed(tmp_path / "data", first[0])


def test_a_vanished_project_is_counted_and_the_rest_goes_on(mirror, get, tmp_path, capsys):
    mirror.add("one/bag", java("Bag"))
    mirror.add("two/sack", java("Sack"))
    mirror.add("six/pot", java("Pot"))
    mirror.projects[0]["url"] = "https://example.org/one/gone.git"
    mirror.projects[1]["commit"] = COMMIT
    index = get()
    assert [project.missing.partition(":")[0] for project in index] == [fetch.GONE, fetch.GONE, ""]
    assert files(tmp_path / "data") >= {"pot/src/main/Pot.java"}
    assert not (tmp_path / "data/bag").exists() and not (tmp_path / "data/sack").exists()
    text = fetch.summary(index, tmp_path / "data")
    assert f"2 missing: {fetch.GONE}" in text
    assert f"swh:1:rev:{COMMIT}" in text and "https://example.org/one/gone.git" in text
    options = ["fetch", "--manifest", str(tmp_path / "projects.yaml"), "--out", str(tmp_path / "data")]
    assert cli.main(options) == 0  # asking again is of no use
    assert f"2 missing: {fetch.GONE}" in capsys.readouterr().out


def test_what_cannot_be_reached_is_asked_for_again(mirror, get, tmp_path, capsys):
    mirror.add("one/bag", java("Bag"))
    mirror.projects[0]["url"] = "https://127.0.0.1:9/bag.git"  # nobody answers there, on any machine
    [project] = get()
    assert project.missing.startswith(f"{fetch.UNREACHED}: fatal: unable to access")
    options = ["fetch", "--manifest", str(tmp_path / "projects.yaml"), "--out", str(tmp_path / "data")]
    assert cli.main(options) == 1
    assert capsys.readouterr().out.endswith("Fetch again: what is there stays.\n")


def test_bytes_are_those_of_the_commit(mirror, get, tmp_path, monkeypatch):
    """Whatever the project's attributes and the user's line ends say."""
    source = b"class Bag { // $Id$ \xe9\r\n}\n"
    attributes = "*.java text eol=crlf ident\n*.java filter=shout\n"
    mirror.add("one/bag", {"Bag.java": source, ".gitattributes": "", "LICENSE": "x"})
    monkeypatch.setenv("GIT_CONFIG_COUNT", "3")
    monkeypatch.setenv("GIT_CONFIG_KEY_1", "core.autocrlf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_1", "true")
    monkeypatch.setenv("GIT_CONFIG_KEY_2", "filter.shout.smudge")
    monkeypatch.setenv("GIT_CONFIG_VALUE_2", "tr a-z A-Z")
    place = tmp_path / "mirror/one/bag.git"
    (place / ".gitattributes").write_text(attributes)
    git("add", ".gitattributes", cwd=place)  # this file alone: git may convert others that it adds again
    git("commit", "-q", "-m", "attributes", cwd=place)
    mirror.projects[0]["commit"] = git("rev-parse", "HEAD", cwd=place)
    get()
    assert (tmp_path / "data/bag/Bag.java").read_bytes() == source


def test_links_and_hooks_come_to_nothing(mirror, get, tmp_path, monkeypatch):
    place = mirror.add("one/bag", java("Bag"))
    (place / "Secret.java").symlink_to("/etc/hostname")
    git("add", "-A", cwd=place)
    git("commit", "-q", "-m", "link", cwd=place)
    mirror.projects[0]["commit"] = git("rev-parse", "HEAD", cwd=place)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\n")
    (hooks / "post-checkout").chmod(0o755)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
    monkeypatch.setenv("GIT_CONFIG_KEY_1", "core.hooksPath")
    monkeypatch.setenv("GIT_CONFIG_VALUE_1", str(hooks))
    [project] = get()
    assert not project.missing
    assert "bag/Secret.java" not in files(tmp_path / "data") and "bag/Later.java" in files(tmp_path / "data")
    assert not (tmp_path / "hooked").exists()


def test_projects_whose_split_is_none_are_left_out(mirror, get, tmp_path):
    mirror.add("one/bag", java("Bag"))
    mirror.add("two/sack", java("Sack"), split="none")
    mirror.projects[1]["why"] = "a test"
    assert [project.name for project in get()] == ["one/bag"]


def test_another_split_or_licence_needs_no_fetch(mirror, get, tmp_path, monkeypatch):
    mirror.add("one/bag", java("Bag"))
    [first] = get()
    mirror.projects[0] |= {"split": "validation", "licence": "Apache-2.0"}
    monkeypatch.setattr(fetch, "_get", lambda *_: pytest.fail("it asked"))
    assert get() == [first.model_copy(update={"split": "validation", "licence": "Apache-2.0"})]


def test_two_at_once_are_refused(mirror, get, tmp_path):
    mirror.add("one/bag", java("Bag"))
    (tmp_path / "data").mkdir()
    with fetch._locked(tmp_path / "data"), pytest.raises(fetch.FetchError, match="another fetch writes"):
        get()


def test_without_git(mirror, get, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(fetch.FetchError, match="git is not installed"):
        get()


def test_a_wrong_manifest_stops_before_anything_is_fetched(tmp_path):
    file = tmp_path / "projects.yaml"
    file.write_text("projects:\n  - name: bag\n")
    with pytest.raises(params.ParameterError, match="line 2"):
        fetch.fetch(file, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_killed_fetch_is_continued(mirror, get, tmp_path, monkeypatch):
    """Killed while one project is there, and another one half made."""
    for name in ("Bag", "Sack", "Pot"):
        mirror.add(f"one/{name.lower()}", java(name))
    slow = tmp_path / "bin/git"
    slow.parent.mkdir()
    real = subprocess.run(["which", "git"], capture_output=True, text=True).stdout.strip()
    blocked = f'case "$*" in *checkout*sack*|*sack*checkout*) touch {tmp_path}/half; exec sleep 1000;; esac\n'
    slow.write_text(f'#!/bin/sh\n{blocked}exec {real} "$@"\n')
    slow.chmod(0o755)
    manifest = mirror.manifest(tmp_path / "projects.yaml")
    command = [sys.executable, "-m", "trident", "fetch", "--manifest", manifest, "--out", tmp_path / "data"]
    environment = {**os.environ, "PATH": f"{slow.parent}:{os.environ['PATH']}"}
    process = subprocess.Popen(command, cwd=paths.ROOT, env=environment, start_new_session=True)
    try:
        index = tmp_path / "data/projects.jsonl"
        while not ((tmp_path / "half").exists() and index.read_text().count('"missing":""') == 2):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not (tmp_path / "data/sack").exists()
        with pytest.raises(fetch.FetchError, match="another fetch"):  # the git that it started still runs
            get()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
    kept = (tmp_path / "data/bag/src/main/Bag.java").stat().st_mtime_ns
    while True:
        try:
            found = get()
            break
        except fetch.FetchError:  # the killed git is about to end
            time.sleep(0.05)
    assert [project.missing for project in found] == ["", "", ""]
    assert (tmp_path / "data/bag/src/main/Bag.java").stat().st_mtime_ns == kept
    assert {path.name for path in (tmp_path / "data").iterdir()} == {
        *("bag", "sack", "pot"),
        *(".lock", "projects.jsonl", "ATTRIBUTION.md"),
    }
