"""Atomic files and folders, digests, and stages with their provenance."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import types

import pytest

from trident.experiment import artifacts

P = types.SimpleNamespace(profile="x", seed=1)


def test_an_atomic_file_appears_whole(tmp_path):
    with artifacts.atomic(tmp_path / "deep" / "file.txt") as temporary:
        temporary.write_text("half")
        assert not (tmp_path / "deep" / "file.txt").exists()
    assert (tmp_path / "deep" / "file.txt").read_text() == "half"
    assert len(list((tmp_path / "deep").iterdir())) == 1


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path):
    (tmp_path / "file").write_text("old")
    with pytest.raises(RuntimeError), artifacts.atomic(tmp_path / "file") as temporary:
        temporary.write_text("new")
        raise RuntimeError
    assert (tmp_path / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_replaces_a_folder(tmp_path):
    for text in ("one", "two"):
        with artifacts.atomic(tmp_path / "folder") as temporary:
            temporary.mkdir()
            (temporary / text).write_text(text)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["two"]


def test_a_full_disk_names_the_file(tmp_path):
    with pytest.raises(OSError) as caught, artifacts.atomic(tmp_path / "big.bin"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert "big.bin" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_real_full_disk_leaves_nothing_that_looks_whole(tmp_path):
    with pytest.raises(OSError, match="No space left"), artifacts.atomic(tmp_path / "file") as temporary:
        temporary.symlink_to("/dev/full")
        with temporary.open("w") as stream:
            stream.write("x" * 100_000)
    assert not (tmp_path / "file").exists()


def test_json_is_stable_and_refuses_what_is_none(tmp_path):
    artifacts.write_json(tmp_path / "a.json", {"b": 1, "a": "é"})
    artifacts.write_json(tmp_path / "b.json", {"a": "é", "b": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    with pytest.raises(ValueError):
        artifacts.write_json(tmp_path / "c.json", {"a": float("nan")})
    assert not (tmp_path / "c.json").exists()


def test_the_digest_sees_contents_and_names_but_no_provenance(tmp_path):
    (tmp_path / "a").write_text("x")
    first = artifacts.digest(tmp_path)
    (tmp_path / artifacts.PROVENANCE).write_text("{}")
    assert artifacts.digest(tmp_path) == first
    (tmp_path / "a").rename(tmp_path / "b")
    second = artifacts.digest(tmp_path)
    (tmp_path / "b").write_text("y")
    assert len({first, second, artifacts.digest(tmp_path)}) == 3


def test_a_stage_is_finished_only_at_its_end(tmp_path):
    stage = artifacts.begin(tmp_path / "corpus", P)
    with pytest.raises(artifacts.StageError, match="corpus was not finished"):
        artifacts.require(tmp_path / "corpus", "corpus")
    record = stage.finish(note=3)
    assert artifacts.require(tmp_path / "corpus", "corpus") == json.loads(json.dumps(record))
    assert record["parameters"] == {"profile": "x", "seed": 1} and record["note"] == 3 and record["packages"]["torch"]
    artifacts.begin(tmp_path / "corpus", P)
    with pytest.raises(artifacts.StageError, match="was not finished"):
        artifacts.require(tmp_path / "corpus", "corpus")


def test_what_a_killed_run_was_writing_is_deleted_by_the_next(tmp_path):
    code = f"""
import os
from trident.experiment import artifacts
with artifacts.atomic({str(tmp_path / "deep" / "file.json")!r}) as file:
    file.write_text("half")
    with artifacts.atomic({str(tmp_path / "examples")!r}) as folder:
        folder.mkdir()
        os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert len([*tmp_path.rglob(".*")]) == 2
    artifacts.begin(tmp_path, P)
    assert {path.name for path in tmp_path.rglob("*")} == {".lock", "deep"}


def test_a_stage_wants_its_inputs(tmp_path):
    with pytest.raises(artifacts.StageError, match="the teacher is missing"):
        artifacts.begin(tmp_path / "logits", P, {"teacher": tmp_path / "teacher"})
    artifacts.begin(tmp_path / "teacher", P).finish()
    record = artifacts.begin(tmp_path / "logits", P, {"teacher": tmp_path / "teacher"}).finish()
    assert record["inputs"] == {"teacher": {"digest": artifacts.digest(tmp_path / "teacher"), "code": "interactive"}}


def test_provenance_says_which_code_made_the_stage_and_its_inputs(tmp_path, monkeypatch):
    monkeypatch.setenv("TRIDENT_CODE_DIGEST", "aaa")
    artifacts.begin(tmp_path / "teacher", P).finish()
    monkeypatch.setenv("TRIDENT_CODE_DIGEST", "bbb")
    record = artifacts.begin(tmp_path / "student", P, {"teacher": tmp_path / "teacher"}).finish()
    assert record["code"] == "bbb" and record["inputs"]["teacher"]["code"] == "aaa"
    monkeypatch.setenv("TRIDENT_CODE_DIGEST", "ccc")
    record = artifacts.begin(tmp_path / "scores", P, {"model": tmp_path / "student"}).finish()
    assert record["made_with"] == ["aaa", "bbb", "ccc"]


def test_other_ranks_neither_lock_nor_write(tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    main = artifacts.begin(tmp_path / "student", P)
    monkeypatch.setenv("RANK", "1")
    other = artifacts.begin(tmp_path / "student", P)
    assert other.finish()["processes"] == 2
    assert not (tmp_path / "student" / artifacts.PROVENANCE).exists()
    main.finish()
    artifacts.begin(tmp_path / "student", P).finish()
    assert artifacts.require(tmp_path / "student", "student")["processes"] == 2
    with pytest.raises(artifacts.StageError, match="the teacher is missing"):
        artifacts.begin(tmp_path / "student", P, {"teacher": tmp_path / "teacher"})


def test_two_writers_of_one_folder(tmp_path):
    script = (
        "import sys, types; from trident.experiment import artifacts\n"
        "try: artifacts.begin(sys.argv[1], types.SimpleNamespace())\n"
        "except artifacts.StageError as error: print(error); sys.exit(3)\n"
    )
    stage = artifacts.begin(tmp_path / "s", P)
    second = subprocess.run([sys.executable, "-c", script, tmp_path / "s"], capture_output=True, text=True, check=False)
    assert second.returncode == 3 and "being written by another process" in second.stdout
    stage.finish()
    assert subprocess.run([sys.executable, "-c", script, tmp_path / "s"], check=False).returncode == 0
