"""The grid on a real Slurm of one node: groups of jobs, a cancelled job, a node that dies, a retry.

The notebooks do no machine learning (`test_workflow.py`); `make cluster-test` then runs the smoke grid in the same way.
Skipped where Slurm cannot start.
"""

from __future__ import annotations

import pytest
from helpers import slurm_node
from helpers.slurm_node import until

from tests.workflow.test_workflow import NOTEBOOKS, Checkout

pytestmark = pytest.mark.slow
#: Slurm keeps no accounts here, and the test need not wait.
OPTIONS = ("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "5")
#: Seconds. A busy machine may take long; a call that hangs should not take for ever.
PATIENCE = 3000
#: The evaluation fails once, if the test asks for it.
FAILS_ONCE = (
    "once = paths.ROOT / 'fail_once'\nif once.exists():\n    once.unlink()\n    raise RuntimeError('out of memory')"
)
CELL = {"04 student ce, seed 13", "05 scores of ce, seed 13"}


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    if reason := slurm_node.unavailable():
        pytest.skip(reason)
    with slurm_node.Node(tmp_path_factory.mktemp("slurm")) as started:
        yield started


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    declared, cells = NOTEBOOKS["05_evaluate"]
    made = Checkout(
        tmp_path_factory.mktemp("cluster"), {"05_evaluate": (declared, [*cells[:1], FAILS_ONCE, *cells[2:]])}
    )
    made.edit("params/tiny.yaml", "[ce, ce_kl]", "[ce]")
    made.edit("trident/workflow/stages.py", '("teacher", "undistilled", *params.BASELINES)', '("teacher",)')
    made.edit("profiles/slurm/resources.yaml", "smoke:", "tiny:")
    return made


def start(node, checkout, *options):
    profile = str(checkout.root / "profiles/slurm")
    return checkout.start("--profile", profile, *OPTIONS, *options, environment=node.environment)


def job(node, checkout, stage):
    """The last job of the cluster that ran or was to run a stage."""
    return [job for job in node.jobs() if stage in slurm_node.messages(slurm_node.log(checkout.root, job))][-1]


# The tests of this file run in order on one checkout.


def test_a_cancelled_job_and_a_dead_node_cost_the_cancelled_cell_alone(node, checkout):
    students = {seed: checkout.root / f"runs/tiny/students/ce-s{seed}" for seed in (13, 42)}
    (checkout.root / "hold").touch()
    process = start(node, checkout, "--retries", "0")
    try:
        started = [student / "started" for student in students.values()]
        until(lambda: process.poll() is not None or all(file.exists() for file in started), "students", PATIENCE)
        assert process.poll() is None, checkout.log.read_text()
        node.run("scancel", str(job(node, checkout, "04 student ce, seed 13").number))
        node.crash()
        until(lambda: node.state().startswith("down"), "Slurm to find the node dead")
        (checkout.root / "hold").unlink()
        node.boot()
        assert process.wait(timeout=PATIENCE) == 1, "the cancelled cell is missing"
    finally:
        process.kill()
    finished = checkout.finished()
    assert "runs/tiny/scores/ce-s42" in finished and not {"runs/tiny/students/ce-s13", "figures"} & finished.keys()
    cancelled, requeued = (job(node, checkout, f"04 student ce, seed {seed}") for seed in (13, 42))
    assert (cancelled.state, requeued.state, requeued.restarts) == ("CANCELLED", "COMPLETED", 1)
    # Rules with one job each, the two students with their scores, and what the students are compared with.
    assert len(node.jobs()) == 3 + 2 + len(["teacher"])
    assert checkout.planned() == CELL | {"06 tables and figures"}


def test_a_retry_asks_for_more_and_repeats_only_what_failed(node, checkout):
    before, seen = checkout.finished(), len(node.jobs())
    (checkout.root / "fail_once").touch()
    process = start(node, checkout)
    try:
        assert process.wait(timeout=PATIENCE) == 0, checkout.log.read_text()
    finally:
        process.kill()
    first, second, tables = node.jobs()[seen:]
    assert [first.state, second.state, tables.state] == ["FAILED", "COMPLETED", "COMPLETED"]
    assert (first.memory, second.memory) == ("3G", "6G") and (first.time_limit, second.time_limit) == (
        "30:00",
        "1:00:00",
    )
    after = checkout.finished()
    assert {folder: after[folder] for folder in before} == before
    assert after.keys() - before.keys() == {"runs/tiny/students/ce-s13", "runs/tiny/scores/ce-s13", "figures"}
    assert all(slurm_node.log(checkout.root, found) for found in node.jobs())
    assert "out of memory" in slurm_node.log(checkout.root, first)
    assert "was finished already" in slurm_node.log(checkout.root, second)


def test_a_local_call_finds_nothing_to_do(node, checkout):
    assert checkout.planned() == set()


def test_a_job_whose_code_is_not_the_workflow_s_says_so(node, checkout):
    """As on a host with another commit: here the code changes while the job waits in the queue."""
    checkout.edit("params/tiny.yaml", "profile: tiny", "profile: tiny\nteacher_epochs: 2")
    node.run("scontrol", "update", "partitionname=main", "state=down")
    process = start(node, checkout, "--retries", "0")
    try:
        seen = len(node.jobs())
        until(lambda: process.poll() is not None or len(node.jobs()) > seen, "the job", PATIENCE)
        checkout.edit("params/tiny.yaml", "teacher_epochs: 2", "teacher_epochs: 3")
        node.run("scontrol", "update", "partitionname=main", "state=up")
        assert process.wait(timeout=PATIENCE) == 1
    finally:
        process.kill()
    log = slurm_node.log(checkout.root, node.jobs()[-1])
    assert "runs/tiny/teacher/provenance.json" in log
    assert "are not those that the workflow was started with" in log
