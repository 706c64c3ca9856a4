"""The Snakefile runs a grid of small notebooks: what is missing or really changed, and it survives kills and failures.

The notebooks do no machine learning, but each is a real one, run by `python -m trident run` in a kernel of its own.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from helpers import small_notebooks

from trident.experiment import params, paths
from trident.workflow import stages

GRID = [(configuration, seed) for configuration in ("ce", "ce_kl") for seed in (13, 42)]
DECLARED = "profile = 'smoke'\nruns_dir = 'runs'\nprogress = True\n"
CELL = "configuration = 'trident_static'\nseed = 13\n"
FINISH = "import os\nstage.finish(threads=os.environ.get('OMP_NUM_THREADS'))"
NOTEBOOKS = {
    "01_preprocess": ("corpus = 'sandbox'\n", ["stage = artifacts.begin(run.corpus, p)", FINISH]),
    "02_teacher": ("teacher_epochs = 1\n", ["stage = artifacts.begin(run.teacher, p, {'corpus': run.corpus})", FINISH]),
    "03_logits": (
        "codec = 'hidden_fp16'\nunlabelled = 'none'\n",
        ["stage = artifacts.begin(paths.output_folder('03', vars(p)), p, {'teacher': run.teacher})", FINISH],
    ),
    "04_distill": (
        CELL + "temperature = 4.0\ncodec = 'hidden_fp16'\nhuman_labels = 0\nunlabelled = 'none'\n",
        [
            "folder = run.student(p.configuration, p.seed)\n"
            "stage = artifacts.begin(folder, p, {'cache': run.teacher_cache(p.codec, p.unlabelled)})",
            # Students take as long as the test wants.
            "import time\n(stage.folder / 'started').touch()",
            "while (paths.ROOT / 'hold').exists():\n    time.sleep(0.05)",
            FINISH,
        ],
    ),
    "05_evaluate": (
        CELL + "model = 'student'\n",
        [
            "folder = run.scores(f'{p.configuration}-s{p.seed}' if p.model == 'student' else p.model)\n"
            "inputs = {'student': {'model': run.student(p.configuration, p.seed)}, 'teacher': {'model': run.teacher}}\n"
            "stage = artifacts.begin(folder, p, {'corpus': run.corpus, **inputs.get(p.model, {})})",
            # One evaluation fails as long as the test wants, after it has saved something to resume from.
            "if p.configuration == 'ce' and p.seed == 42 and (paths.ROOT / 'fail').exists():\n"
            "    artifacts.write_text(folder / 'checkpoint', 'half')\n    raise RuntimeError('no such model')",
            FINISH,
        ],
    ),
    "06_tables": (
        "configurations = ['ce']\nseeds = [13]\nresults_dir = ''\nexecution = 'own'\n",
        ["from trident.reporting import plots\nstage = artifacts.begin(paths.inside_root(p.results_dir), p)", FINISH],
    ),
}

#: In place of what runs answers.
VERDICTS = """\
from trident.experiment import artifacts, paths

NOT_RUN = "not_run"


def make(p, models):
    run, folder = paths.Run(p.profile, p.runs_dir), paths.output_folder("verdicts", vars(p))
    stage = artifacts.begin(folder, p, {model: run.scores(model) for model in models})
    return stage.finish(answers=len(models), left_out={})
"""


class Checkout:
    """A copy of the project with notebooks and a grid of its own."""

    def __init__(self, root: Path, others: Mapping[str, tuple[str, list[str]]] | None = None) -> None:
        """others: notebooks in the place of those above."""
        self.root = root / "project"
        self.elsewhere = root / "elsewhere"
        self.elsewhere.mkdir()
        self.log = root / "log"
        for folder in ("trident", "params", "profiles"):
            shutil.copytree(paths.ROOT / folder, self.root / folder, ignore=shutil.ignore_patterns("__pycache__"))
        for file in ("Snakefile", "requirements.txt"):
            shutil.copy(paths.ROOT / file, self.root)
        (self.root / "trident/reporting/plots.py").write_text("COLOUR = 'red'\n")
        (self.root / "params/tiny.yaml").write_text(
            "profile: tiny\nresults_dir: figures\nconfigurations: [ce, ce_kl]\nseeds: [13, 42]\n"
        )
        for name, (declared, cells) in {**NOTEBOOKS, **(others or {})}.items():
            small_notebooks.write(
                self.root / f"notebooks/{name}.ipynb",
                DECLARED + declared,
                [small_notebooks.prose("Words."), small_notebooks.BEGIN, *cells],
            )

    def start(
        self, *options: str, profile: str = "tiny", grid: str = "", environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen:
        """Start the workflow from another folder, or on a cluster, where Slurm's logs go to the folder it was called
        from. What it prints goes to `self.log`."""
        on_cluster = "--profile" in options
        with self.log.open("w") as log:
            return subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "snakemake",
                    "-s",
                    str(self.root / "Snakefile"),
                    *([] if on_cluster else ["-c2"]),
                    "--config",
                    f"profile={profile}",
                    *([f"grid={grid}"] if grid else []),
                    *options,
                ],
                cwd=self.root if on_cluster else self.elsewhere,
                env={**os.environ, **(environment or {})},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def run(self, *options: str, **keywords: Any) -> tuple[int, str]:
        process = self.start(*options, **keywords)
        try:
            return process.wait(timeout=900), self.log.read_text()
        finally:
            process.kill()

    def jobs(self) -> tuple[set[str], set[str]]:
        """What the last run started and what of that it saw finished, by the rules' messages."""
        output = self.log.read_text()
        started = dict(re.findall(r"^Job (\d+): (.*)$", output, flags=re.MULTILINE))
        return set(started.values()), {
            started[job] for job in re.findall(r"^Finished jobid: (\d+)", output, flags=re.MULTILINE)
        }

    def planned(self, **keywords: Any) -> set[str]:
        """What would run now, by the rules' messages."""
        code, output = self.run("--dry-run", **keywords)
        assert code == 0, output
        jobs, _ = self.jobs()
        assert jobs or "Nothing to be done" in output, output
        return jobs

    def finished(self) -> dict[str, int]:
        """When each finished stage was finished, by its folder."""
        return {
            str(file.parent.relative_to(self.root)): file.stat().st_mtime_ns
            for file in self.root.rglob("provenance.json")
        }

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.root / file).read_text()
        assert old in text
        (self.root / file).write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return Checkout(tmp_path_factory.mktemp("workflow"))


def until(condition) -> None:
    end = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def unlocked(folder: Path) -> bool:
    """Whether no process writes `folder`. Holds its lock for a moment, so not for one that may be begun by then."""
    if not folder.exists():
        return True
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


# The tests of this file run in order on one checkout: starting Snakemake and kernels is what takes the time.


def test_goes_on_after_a_kill_and_past_a_failure(checkout):
    """A kill -9 ends what was running and removes nothing that was finished; the next call needs no --unlock. A failed
    stage keeps its notebook and its checkpoint, and the others go on."""
    students = [checkout.root / f"runs/tiny/students/{configuration}-s{seed}" for configuration, seed in GRID]
    (checkout.root / "hold").touch()
    process = checkout.start()
    try:
        until(lambda: any((student / "started").exists() for student in students) or process.poll() is not None)
        assert process.poll() is None, checkout.log.read_text()
    finally:
        process.kill()
        process.wait()
    until(lambda: all(unlocked(student) for student in students))
    (checkout.root / "hold").unlink()
    assert not any((student / "provenance.json").exists() for student in students)
    _, finished = checkout.jobs()
    assert {"01 corpus", "02 teacher", "03 teacher cache, hidden_fp16"} <= finished

    (checkout.root / "fail").touch()
    code, output = checkout.run()
    assert code == 1
    assert "RuntimeError: no such model" in output and "In [5] of 05_evaluate.ipynb failed" in output
    started, _ = checkout.jobs()
    assert not started & finished
    after = checkout.finished()
    failed = "runs/tiny/scores/ce-s42"
    expected = {
        "runs/tiny/corpus",
        "runs/tiny/teacher",
        "runs/tiny/teacher_cache/hidden_fp16",
        *(f"runs/tiny/scores/{model}" for model in stages.MODELS),
        *(
            f"runs/tiny/{kind}/{configuration}-s{seed}"
            for kind in ("students", "scores")
            for configuration, seed in GRID
        ),
    }
    assert set(after) == expected - {failed}
    assert (checkout.root / failed / "checkpoint").read_text() == "half"
    executed = json.loads((checkout.root / failed / "05_evaluate.ipynb").read_text())
    assert any(
        "no such model" in output.get("evalue", "") for cell in executed["cells"] for output in cell.get("outputs", ())
    )


def test_finishes_once_the_failure_is_mended(checkout):
    before = checkout.finished()
    (checkout.root / "fail").unlink()
    code, output = checkout.run()
    assert code == 0, output
    after = checkout.finished()
    assert {folder: after[folder] for folder in before} == before
    assert set(after) - set(before) == {"runs/tiny/scores/ce-s42", "figures"}
    assert (checkout.root / "runs/tiny/results/figures/06_tables.ipynb").is_file() and not list(
        (checkout.root / "figures").glob("*.ipynb")
    )
    threads = {
        folder: json.loads((checkout.root / folder / "provenance.json").read_text())["threads"] for folder in after
    }
    assert threads.pop("runs/tiny/teacher") == "2" and set(threads.values()) == {"1"}


def test_nothing_to_do_for_prose_outputs_and_layout(checkout):
    for notebook in checkout.root.glob("notebooks/*.ipynb"):
        content = json.loads(notebook.read_text())
        content["cells"][1]["source"] = "Better words."
        content["cells"][2] |= {
            "execution_count": 1,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "done"}],
        }
        content["cells"][2]["source"] += "  # checked"
        notebook.write_text(json.dumps(content, indent=1))
    checkout.edit("trident/experiment/paths.py", '"""Where', '"""Better words: where')
    checkout.edit("params/configs/ce.yaml", "# The control", "# A control")
    checkout.edit("trident/experiment/params.py", 'description="T of KL and JSD"', 'description="T"')
    assert checkout.planned() == set()


def test_a_colour_draws_tables_and_figures_again_and_trains_nothing(checkout):
    checkout.edit("trident/reporting/plots.py", "red", "blue")
    assert checkout.planned() == {"06 tables and figures"}
    checkout.edit("trident/reporting/plots.py", "blue", "red")


def test_a_temperature_trains_the_students_of_its_configuration_again(checkout):
    checkout.edit("params/configs/ce_kl.yaml", "\nweights:", "\ntemperature: 2.0\nweights:")
    assert checkout.planned() == {
        "06 tables and figures",
        *(f"{what}, seed {seed}" for seed in (13, 42) for what in ("04 student ce_kl", "05 scores of ce_kl")),
    }
    checkout.edit("params/configs/ce_kl.yaml", "\ntemperature: 2.0", "")
    assert checkout.planned() == set()


def test_a_student_trained_by_hand_with_other_parameters_is_trained_again(checkout):
    provenance = checkout.root / "runs/tiny/students/ce-s13/provenance.json"
    own = provenance.read_text()
    subprocess.run(
        [
            sys.executable,
            "-m",
            "trident",
            "run",
            "04_distill",
            "-f",
            "params/tiny.yaml",
            "-f",
            "params/configs/ce.yaml",
            "-f",
            "params/seeds/13.yaml",
            "-p",
            "temperature",
            "9.0",
        ],
        cwd=checkout.root,
        check=True,
        timeout=300,
    )
    assert json.loads(provenance.read_text())["parameters"]["temperature"] == 9.0
    stale = {"04 student ce, seed 13", "05 scores of ce, seed 13", "06 tables and figures"}
    assert checkout.planned() == checkout.planned() == stale
    code, output = checkout.run()
    assert code == 0 and checkout.jobs()[0] == stale, output
    assert json.loads(provenance.read_text())["parameters"] == json.loads(own)["parameters"]
    assert checkout.planned() == set()


def test_a_student_distilled_outside_the_workflow_counts_as_its_own(checkout):
    """`accelerate launch -m trident distil` runs the cells of 04 and leaves the provenance that is expected."""
    provenance = checkout.root / "runs/tiny/students/ce-s13/provenance.json"
    before = provenance.stat().st_mtime_ns
    provenance.unlink()
    files = ["params/tiny.yaml", "params/configs/ce.yaml", "params/seeds/13.yaml"]
    subprocess.run(
        [sys.executable, "-m", "trident", "distil", *(word for file in files for word in ("-f", file))],
        cwd=checkout.root,
        check=True,
        timeout=300,
    )
    assert provenance.is_file()
    assert checkout.planned() <= {"05 scores of ce, seed 13", "06 tables and figures"}, "the student stays"
    os.utime(provenance, ns=(before, before))


def test_snakemake_s_own_records_are_not_needed(checkout):
    shutil.rmtree(checkout.root / ".snakemake")
    assert checkout.planned() == set()
    checkout.edit("params/configs/ce.yaml", "\nweights:", "\ntemperature: 3.0\nweights:")
    assert {"04 student ce, seed 13", "04 student ce, seed 42"} < checkout.planned()
    checkout.edit("params/configs/ce.yaml", "\ntemperature: 3.0", "")
    assert checkout.planned() == set()


def test_the_paper_s_grid_has_three_students_of_each_configuration(checkout):
    jobs = checkout.planned(profile="sandbox")
    students = {job for job in jobs if job.startswith("04 student")}
    configurations = params.load(paths.PARAMS / "sandbox.yaml")["configurations"]
    assert students == {f"04 student {name}, seed {seed}" for name in configurations for seed in (13, 42, 2025)}
    assert len(students) == 21
    assert len(jobs) == 5 + 2 * 21 + len(stages.MODELS)


def test_another_grid_shares_what_is_there_and_has_tables_and_caches_of_its_own(checkout):
    (checkout.root / "params/grids/caches.yaml").write_text(
        "configurations: [ce, codec_topk, seq_kd_n250]\nbaseline: ce\n"
    )
    assert checkout.planned(grid="caches") == {
        "03 teacher cache, topk",
        "03 teacher cache, hidden_fp16_answers",
        "06 tables and figures",
        *(
            f"{what} {name}, seed {seed}"
            for what, name in itertools.product(("04 student", "05 scores of"), ("codec_topk", "seq_kd_n250"))
            for seed in (13, 42)
        ),
    }
    code, output = checkout.run(grid="caches")
    assert code == 0, output
    learnt = checkout.root / "runs/tiny/students"
    caches = {"ce-s13": "hidden_fp16", "codec_topk-s13": "topk", "seq_kd_n250-s13": "hidden_fp16_answers"}
    for name, cache in caches.items():
        inputs = json.loads((learnt / name / "provenance.json").read_text())["inputs"]
        made = json.loads((checkout.root / f"runs/tiny/teacher_cache/{cache}/provenance.json").read_text())
        assert inputs["cache"]["code"] == made["code"]
    assert (checkout.root / "figures/caches/provenance.json").is_file()
    assert checkout.planned(grid="caches") == checkout.planned() == set()


def test_a_grid_may_run_all_answers_in_a_step_of_its_own(checkout):
    module = checkout.root / "trident/evaluation/execution/verdicts.py"
    whole = module.read_text()
    module.write_text(VERDICTS)
    checkout.edit("params/tiny.yaml", "profile: tiny", "profile: tiny\nexecution: grid")
    both = {"05 verdicts on all answers", "06 tables and figures"}
    assert checkout.planned() == both
    code, output = checkout.run()
    assert code == 0 and checkout.jobs()[0] == both, output
    made = json.loads((checkout.root / "runs/tiny/verdicts/figures/provenance.json").read_text())
    assert {*made["inputs"]} == {*stages.MODELS, *(f"{name}-s{seed}" for name, seed in GRID)}
    assert made["answers"] == len(made["inputs"]) and made["code"] != "interactive"
    assert checkout.planned() == set()
    checkout.edit("trident/evaluation/execution/Worker.java", "package", "// changed\npackage")
    assert checkout.planned() == both, "no notebook 05 runs again"
    checkout.edit("params/tiny.yaml", "\nexecution: grid", "")
    checkout.edit("trident/evaluation/execution/Worker.java", "// changed\n", "")
    module.write_text(whole)
    assert checkout.planned() == {"06 tables and figures"}, "it does not read that any more"
    code, output = checkout.run()
    assert code == 0 and checkout.planned() == set(), output


def test_a_new_archive_makes_the_corpus_again(checkout):
    (checkout.root / "data/more").mkdir(parents=True)
    checkout.edit("params/tiny.yaml", "profile: tiny", "profile: tiny\ncorpus_path: data")
    assert checkout.planned() == set()
    (checkout.root / "data/more/records.jsonl").write_text("{}")
    assert {"01 corpus", "02 teacher"} < checkout.planned()


def test_a_profile_that_writes_over_another_is_refused(checkout):
    shutil.copy(checkout.root / "params/tiny.yaml", checkout.root / "params/copied.yaml")
    code, output = checkout.run("--dry-run", profile="copied")
    assert code == 1 and "expected a line `profile: copied`" in output


@pytest.mark.parametrize(
    "folders, message",
    [
        ("results_dir: Snakefile", "project/Snakefile cannot be written"),
        ("runs_dir: params/tiny.yaml/runs", "params/tiny.yaml cannot be written"),
        ("runs_dir: 'my {runs}'", "takes braces for wildcards"),
    ],
)
def test_folders_that_would_fail_after_the_work_are_refused_before(checkout, folders, message):
    (checkout.root / "params/tiny.yaml").write_text(f"profile: tiny\n{folders}\n")
    code, output = checkout.run("--dry-run")
    assert code == 1 and message in output and "Traceback" not in output


def test_names_of_folders_may_hold_anything_else(checkout, tmp_path):
    """The home folder cannot be written either (it is below a file), as on some clusters and in containers."""
    name = 'it\'s "my" $HOME `id` ü; *.x'
    folders = {"runs_dir": f"{name}/runs", "results_dir": f"{tmp_path}/{name}"}
    (checkout.root / "params/tiny.yaml").write_text(json.dumps({"profile": "tiny", **folders}), encoding="utf-8")
    (checkout.root / "params/grids/one.yaml").write_text("configurations: [ce]\nseeds: [13]\nbaseline: ce\n")
    home = {"HOME": "/dev/null", "XDG_CACHE_HOME": ""}
    code, output = checkout.run(grid="one", environment=home)
    assert code == 0, output
    assert (checkout.root / name / "runs/tiny/students/ce-s13/provenance.json").is_file()
    assert (tmp_path / name / "one/provenance.json").is_file()
    assert checkout.planned(grid="one", environment=home) == set()
