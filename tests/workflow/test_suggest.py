"""`trident suggest` on small projects: blanks, methods under test, checks, and what it says where nothing is there."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time

import pytest

from trident.experiment import artifacts, paths
from trident.reporting import rendering
from trident.workflow import suggest
from trident.workflow.cli import main

BAG = """package p;
public class Bag {
    private int count;
    public void add(int n) { count += n; }
    public int size() { return count; }
}
"""
TEST = """package p;
import org.junit.Assert;
import org.junit.Test;
public class BagTest {
    @Test
    public void sizeGrows() {
        Bag bag = new Bag();
        bag.add(3);
        int size = bag.size();
        <ASSERTION>
    }

    @Test
    public void isNothing() {
        String text = "a".trim();

    }
}
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    for name, text in {"main/p/Bag.java": BAG, "test/p/BagTest.java": TEST, "pom.xml": ""}.items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    monkeypatch.setattr(paths, "Run", lambda profile: paths_of(tmp_path, profile))
    return tmp_path / "test/p/BagTest.java"


def paths_of(folder, profile):
    class Run:
        pass

    Run.folder = folder / "runs" / profile
    return Run


def asked(capsys, *arguments):
    assert main(["suggest", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_blank_with_its_method_under_test(file, capsys):
    (place,) = asked(capsys, file)
    assert (place["line"], place["test"], place["focal_class"], place["focal_method"]) == (
        10,
        "sizeGrows",
        "Bag",
        "size",
    )
    assert place["how"] == "name" or "name" in place["how"]
    assertions = [one["assertion"] for one in place["suggestions"]]
    assert 1 <= len(assertions) <= 5 and all(one.startswith("Assert.assert") for one in assertions)


def test_as_text_with_probabilities(file, capsys):
    assert main(["suggest", str(file), "--top", "2"]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{file}:10  sizeGrows tests Bag.size (")
    assert 1 <= len(rest) <= 2 and all(0 < float(line.split()[0]) <= 1 for line in rest)


def test_a_line_of_a_test_without_a_certain_method(file, capsys):
    (place,) = asked(capsys, f"{file}:16")
    assert place["test"] == "isNothing" and place["focal_method"] is None and place["how"]
    assert place["suggestions"]


def test_standard_input_belongs_to_the_working_directory(file, capsys, monkeypatch):
    monkeypatch.chdir(file.parent)
    done = subprocess.run(
        [sys.executable, "-m", "trident", "suggest", "-", "--json", "--model", str(paths.ROOT / "models/distilled")],
        input=TEST.encode(),
        capture_output=True,
        cwd=file.parent,
        env={**os.environ, "PYTHONPATH": str(paths.ROOT)},
        check=True,
    )
    (place,) = json.loads(done.stdout)
    assert (place["file"], place["focal_method"]) == ("standard input", "size")


def test_it_loads_no_library_for_training():
    code = (
        "import sys\nfrom trident.workflow import suggest\n"
        "print([name for name in ('torch', 'transformers', 'scipy', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_lengths_are_those_of_the_training(tmp_path):
    assert suggest.lengths(paths.ROOT / "models/distilled") == (144, 48)
    known = {"max_source_tokens": 300, "max_target_tokens": 70}
    artifacts.write_json(tmp_path / artifacts.PROVENANCE, {"parameters": known})
    assert suggest.lengths(tmp_path) == (300, 70)


# -- the user's own check


def test_a_check_sees_the_answer_in_place_and_keeps_what_passes(file, capsys, tmp_path):
    before, log = file.read_bytes(), tmp_path / "log"
    every = [one["assertion"] for one in asked(capsys, file)[0]["suggestions"]]
    keep = every[-1]
    command = (
        f"cat {{file}} >> {shlex.quote(str(log))}; grep -qF {shlex.quote(keep)} {{file}} || {{ echo no such; exit 1; }}"
    )
    (place,) = asked(capsys, file, "--check", command)
    assert [one["assertion"] for one in place["suggestions"]] == [keep]
    assert place["failed"] == len(every) - 1
    assert file.read_bytes() == before
    seen = log.read_text()
    assert all(TEST.replace("<ASSERTION>", one) in seen for one in every)


def test_a_check_that_nothing_passes_says_why(file, capsys):
    before = file.read_bytes()
    assert main(["suggest", str(file), "--check", "echo cannot find symbol; false"]) == 0
    printed = capsys.readouterr().out
    assert "the check refused" in printed and "cannot find symbol" in printed
    assert file.read_bytes() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_check_restores_the_file(file, tmp_path, number):
    before, started = file.read_bytes(), tmp_path / "started"
    command = f"touch {shlex.quote(str(started))}; sleep 60"
    running = subprocess.Popen(
        [sys.executable, "-m", "trident", "suggest", str(file), "--check", command],
        cwd=paths.ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not started.exists():
            assert running.poll() is None
            time.sleep(0.05)
        assert file.read_bytes() != before
        os.killpg(running.pid, number)  # as a terminal does
        assert running.wait(timeout=60) != 0
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
    assert file.read_bytes() == before


def test_marks_of_bytes_and_windows_are_kept(file, capsys):
    file.write_bytes(b"\xef\xbb\xbf" + TEST.replace("\n", "\r\n").encode())
    before = file.read_bytes()
    (place,) = asked(capsys, file, "--check", "true")
    assert place["focal_method"] == "size" and place["suggestions"] and file.read_bytes() == before


# -- the README


def test_the_readme_shows_what_is_suggested():
    """It fails after new models: `trident suggest --readme`."""
    text = (paths.ROOT / "README.md").read_text(encoding="utf-8")

    def without_numbers(shown):  # another machine rounds otherwise
        return re.sub(r"\d\.\d{3}", "", shown)

    assert without_numbers(rendering.between(text, "suggest", suggest.transcript())) == without_numbers(text)


# -- what is not there


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["Missing.java"], "Missing.java cannot be read: No such file"),
        (["{file}:4"], "line 4 holds no assertion and is not empty"),
        (["{file}:99"], "has 18 lines"),
        (["{file}:12"], "BagTest.java:12 is in no test"),
        (["{file}", "--top", "0"], "--top 0: ask for one"),
        (["-", "--check", "true"], "--check needs a file"),
        (["{file}", "--model", "{file}.d"], "holds no model"),
    ],
)
def test_errors_name_what_to_do(file, capsys, arguments, words):
    assert main(["suggest", *(one.replace("{file}", str(file)) for one in arguments)]) == 1
    assert words in capsys.readouterr().err
