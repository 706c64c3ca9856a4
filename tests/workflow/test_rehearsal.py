"""The dress rehearsal: small models and short texts through the six notebooks, and the arithmetic of its tables."""

from __future__ import annotations

import dataclasses
import json
import time

import pytest
import torch
from transformers import T5Config, T5ForConditionalGeneration

from trident.corpus import methods2test
from trident.distillation import rehearsal_models
from trident.distillation.rehearsal_models import Shape
from trident.experiment import params, paths
from trident.losses import Head
from trident.reporting import rendering
from trident.workflow import execute, notebooks, readme, stages
from trident.workflow.rehearsal import archives, cost, inputs, projection, report, run

SMALL = Shape(d_model=32, d_ff=64, layers=1, heads=2, d_kv=16)
PLAN = inputs.Plan(
    teacher=SMALL,
    student=dataclasses.replace(SMALL, d_model=16),
    encoder=SMALL,
    more={"max_source_tokens": 96, "max_target_tokens": 40, "mixed_precision": "no"},
)
PUBLISHED = paths.ROOT / "figures/rehearsal" / run.RECORD


def t5(shape: Shape, rows: int = 500) -> T5ForConditionalGeneration:
    torch.manual_seed(0)
    return T5ForConditionalGeneration(T5Config(**rehearsal_models.t5_config(shape, rows) | {"dropout_rate": 0.0}))


#: These jobs run as in a rehearsal, each in a process of its own.
APART = ("01_preprocess", "06_tables")


def run_here(job):
    """Run a job in this process: ten more processes would each load PyTorch and transformers first."""
    started = time.perf_counter()
    (execute.step if isinstance(job, stages.Step) else notebooks.execute_here)(job)
    return run.Measured(job.notebook.stem, "", time.perf_counter() - started, 0)


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rehearsal")
    apart = run.run_job
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIDENT_CODE_DIGEST", "")  # so that the value before is back at the end
        patch.setattr(inputs, "TEXTS", 200)
        patch.setattr(run, "run_job", lambda job: apart(job) if job.notebook.stem in APART else run_here(job))
        lines = list(run.run(PLAN, folder))
    return folder, json.loads((folder / run.RECORD).read_text(encoding="utf-8")), lines


def test_every_stage_runs_at_full_length(rehearsed):
    _, record, lines = rehearsed
    names = [job["stage"] for job in record["jobs"]]
    assert [*dict.fromkeys(names)] == [
        "01_preprocess",
        "02_teacher",
        "03_logits",
        "04_distill",
        "05_evaluate",
        "baselines",
        "06_tables",
    ]
    assert len(lines) == len(names) + 2
    # BPE may make of one more word two tokens
    assert 38 <= record["cache"]["tokens"] / record["cache"]["examples"] <= 40
    assert all(job["seconds"] > 0 for job in record["jobs"])
    assert all(job["peak_bytes"] > 2**27 for job in record["jobs"] if job["stage"] in APART)


def test_what_is_there_is_not_made_again(rehearsed):
    folder, _, _ = rehearsed
    made = (folder / "teacher/pytorch_model.bin").stat().st_mtime_ns
    inputs.prepare(PLAN, folder)
    assert (folder / "teacher/pytorch_model.bin").stat().st_mtime_ns == made


def test_the_tables_hold_the_record(rehearsed, tmp_path):
    _, record, _ = rehearsed
    report.write(record, tmp_path)
    written = (tmp_path / "rehearsal.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / run.RECORD).read_text(encoding="utf-8")) == record
    assert f"{record['costs']['teacher']['parameters']:,}" in written
    assert all(gpu.name in report.readme(record) for gpu in projection.GPUS)


def test_readme_shows_the_published_rehearsal():
    if not PUBLISHED.is_file():
        pytest.skip("no rehearsal is published yet: `make rehearsal` makes one")
    text = readme.FILE.read_text(encoding="utf-8")
    record = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    assert rendering.between(text, "rehearsal", report.readme(record)) == text


def test_a_failed_job_is_named(monkeypatch, tmp_path):
    job = stages.Job(stages.find("02_teacher"), (), {"runs_dir": str(tmp_path)})  # there is no corpus
    with pytest.raises(run.RehearsalError, match="02_teacher"):
        run.run_job(job)


def test_operations_are_those_of_the_products():
    """By hand: each product of (m, k) and (k, n) is 2mkn operations, and twice as many more in the backward pass."""
    d, ff, inner, heads, vocabulary, read, write = 32, 64, 32, 2, 500, 24, 8

    def attention(queries: int, keys: int) -> int:
        return 2 * (2 * queries * d * inner + 2 * keys * d * inner + 2 * queries * keys * inner)

    def dense(tokens: int) -> int:
        return 2 * 2 * tokens * d * ff

    encoder = attention(read, read) + dense(read)
    decoder = attention(write, write) + attention(write, read) + dense(write)
    head = 2 * write * d * vocabulary
    found = cost.measure(t5(SMALL), source=read, target=write, weights={"ce": 1.0})
    assert found.forward_flop == encoder + decoder + head
    assert found.flop == 3 * (encoder + decoder + head)
    teacher = Head(torch.empty(0), torch.randn(vocabulary, 48), 48**-0.5)
    more = cost.measure(t5(SMALL), source=read, target=write, weights={"jsd": 1.0}, teacher=teacher)
    assert more.flop == found.flop + 2 * write * 48 * vocabulary
    assert heads * 16 == inner


def test_memory_grows_with_the_batch_and_not_with_the_vocabulary():
    some, more = (cost.measure(t5(SMALL, rows), source=24, target=8, weights={"ce": 1.0}) for rows in (500, 1000))
    assert some.bytes_per_example == more.bytes_per_example > 24 * 32 * 4
    assert more.parameters - some.parameters == 500 * 32


COST = cost.Cost(10**9, 5 * 10**8, 10**12, 3 * 10**11, 10**9, 2 * 10**9, 5.0, 1.0)
GRID = projection.Grid(1000, 0, 0, 2, 3, 4, 100, 10)
GPU = projection.Gpu("a GPU", bf16=100e12, fp32=10e12, memory_rate=1e12, memory=80e9)


def test_hours_are_operations_over_a_share_of_the_peak():
    hours = projection.hours(GPU, GRID, COST, dataclasses.replace(COST, flop=5 * 10**11))
    assert hours["teacher"] == pytest.approx(2 * 1000 / (100 * projection.OF_ARITHMETIC) / 3600)
    assert hours["all students"] == pytest.approx(4 * 3 * 500 / (100 * projection.OF_ARITHMETIC) / 3600)
    assert hours["all"] == pytest.approx(sum(hours.values()) - hours["one student"] - hours["all"])


def test_a_fast_gpu_waits_for_short_kernels():
    hours = projection.hours(dataclasses.replace(GPU, bf16=1e18), GRID, COST, COST)
    assert hours["teacher"] == pytest.approx(2 * 1000 * projection.LEAST_SECONDS["teacher"] / 3600)
    assert hours["one student"] == pytest.approx(3 * 1000 * projection.LEAST_SECONDS["student"] / 3600)


def test_answers_read_the_decoder_once_for_each_token_of_a_batch():
    grid = dataclasses.replace(GRID, scored=20, students=0)  # two models, two batches
    free = dataclasses.replace(COST, forward_flop=0)
    reads = 2 * 2 * 100 * 4 * 5e8
    hours = projection.hours(GPU, grid, free, free)["answers"]
    assert hours == pytest.approx(reads / (1e12 * projection.OF_MEMORY_RATE) / 3600)


def test_the_largest_batch_leaves_room_for_weights_gradients_and_moments():
    assert projection.largest_batch(GPU, COST) == (72 - 16 - 1) // 2
    assert projection.largest_batch(dataclasses.replace(GPU, memory=10e9), COST) == 0


def test_disk_counts_folders_and_tokens():
    sizes = projection.disk(GRID, {"teacher": 10.0, "student": 2.0, "token": 3.0})
    assert sizes["students"] == 8 and sizes["teacher cache"] == 1000 * 100 * 3
    assert sizes["all"] == 12 + 8 + 300_000


def test_the_grid_is_the_profile_s():
    grid = projection.Grid.of(params.complete(params.load(paths.PARAMS / "paper.yaml")))
    assert (grid.train, grid.scored, grid.students, grid.epochs) == (20_000, 14_000, 21, 8)


def test_archives_are_read_as_published_ones(tmp_path):
    made = (archives.record(f"r{i % 2}", "A", "int f() { return 1; }", f"void t{i}() {{ a(); }}") for i in range(5))
    archives.write(tmp_path / "train.tar.bz2", enumerate(made))
    records, found = methods2test.read(tmp_path / "train.tar.bz2")
    assert found["kept"] == 5 and not found["skipped"]
    assert sorted(record.test_case.body for record in records) == [f"void t{i}() {{ a(); }}" for i in range(5)]
    assert {record.repository.repo_id for record in records} == {"r0", "r1"}
