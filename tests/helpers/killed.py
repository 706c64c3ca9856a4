"""Runs a job in child processes that are killed, and compares what a second run after each kill leaves.

    python tests/helpers/killed.py FOLDER steps N            at every N-th change of a file that the job makes
    python tests/helpers/killed.py FOLDER random N [STAGE]   N kills with SIGKILL, at random moments

The job is a small distillation, or STAGE (02, 03 or 04) of the smoke profile, whose earlier stages are run first. A
file of tensors counts as two changes, since it may be half written. Children are forked: importing torch takes seconds.

Prints JSON: `kills`; of the runs after them, how many were `resumed`, how many `failed`, and how many left a
`different` result; `litter`: files that an undisturbed run does not leave.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers.modeling_utils
from datasets import Dataset

from trident.distillation import models, teacher_cache, trainer
from trident.experiment import artifacts, params
from trident.workflow import stages

KILLED = 9


def distillation(folder: Path) -> Callable[[], Any]:
    """A small distillation with learnt weights: two epochs of two steps."""
    tokenizer = models.train_tokenizer(["int total = 12; assertEquals(12, total);"] * 3, 310)
    options = {"d_ff": 8, "layers": 1, "heads": 2, "dropout_rate": 0.1, "seed": 3}
    ids = tokenizer("assertEquals(12, total);")["input_ids"]
    data = Dataset.from_dict({"id": list("abcd"), "input_ids": [ids[i:] for i in range(4)], "labels": [ids] * 4})
    teacher = models.from_scratch(tokenizer, d_model=8, **options)
    states = teacher_cache.hidden_states(teacher, tokenizer, data, batch_size=4, device=torch.device("cpu"))
    digests = {"teacher_digest": "t", "tokenizer_digest": "t"}
    teacher_cache.write(folder / "cache", states, teacher_cache.output_head(teacher), codec="hidden_fp16", **digests)
    cache, job = teacher_cache.TeacherCache(folder / "cache"), folder / "job"
    own = {"weights": {"ce": 0.5, "kl": 0.5}, "schedule": "uncertainty", "batch_size": 2, "mixed_precision": "no"}
    p = params.complete({**own, "progress": False, "device": "cpu"})

    def run() -> dict[str, Any]:
        student = models.from_scratch(tokenizer, d_model=4, **options)
        return trainer.distil(p, student, tokenizer, data, data, job, teacher_cache=cache, targets={})

    return run


#: Models of milliseconds, from random weights.
SMALL = {
    "teacher_model": "sandbox",
    "student_model": "sandbox",
    "pretrain_steps": 4,
    "teacher_examples": 32,
    "train_examples": 64,
    "validation_examples": 32,
    "epochs": 2,
}


def stage(folder: Path, number: str) -> Callable[[], Any]:
    """A stage of the smoke profile, as ``trident.workflow.notebooks.execute_here`` runs it."""
    values = {"runs_dir": str(folder), "progress": False, **SMALL}
    jobs = {}
    for name in ("01_preprocess", "02_teacher", "03_logits", "04_distill"):
        notebook = stages.find(name)
        namespace = {"__name__": "__main__", **stages.declared(notebook)}
        namespace |= {key: value for key, value in values.items() if key in namespace}
        code = [compile(source, place, "exec") for place, source in stages.steps(notebook)]

        def run(namespace: dict[str, Any] = namespace, code: list[Any] = code) -> dict[str, Any]:
            own = dict(namespace)
            for cell in code:
                exec(cell, own)
            return own.get("result", {})

        jobs[name[:2]] = run
    for name in itertools.takewhile(lambda name: name != number, jobs):
        end(start(jobs[name], folder))
    return jobs[number]


def start(job: Callable[[], Any], folder: Path, before: Callable[[], Any] = lambda: None) -> int:
    """Run the job in a child, which writes what it returns to FOLDER/result.json. Returns the child's process id."""
    if child := os.fork():
        return child
    try:
        os.dup2(os.open(folder / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
        os.dup2(1, 2)
        before()
        (folder / "result.json").write_text(json.dumps(job()))
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def end(child: int) -> int:
    """Wait for a child. Returns its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_at(step: int, folder: Path) -> None:
    """End this process at the given change of the files in `folder`, without any clean-up."""
    count = itertools.count()

    def changes(event: str, arguments: Any) -> bool:
        if event == "open":
            return str(arguments[0]).startswith(str(folder)) and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
        below = any(str(word).startswith(str(folder)) for word in arguments)
        removal = event in ("os.remove", "os.rmdir")  # shutil.rmtree names files relative to an open folder
        return removal and (below or arguments[1] != -1) or event in ("os.rename", "os.mkdir") and below

    def hook(event: str, arguments: Any) -> None:
        if changes(event, arguments) and next(count) == step:
            os._exit(KILLED)

    def torn(save: Callable[..., Any], values: Any, file: Any, **options: Any) -> None:
        save(values, file, **options)
        for size in ((whole := Path(file).stat().st_size) // 2, whole):
            if next(count) == step:
                os.truncate(file, size)
                os._exit(KILLED)

    for module, name in ((torch, "save"), (transformers.modeling_utils, "safe_save_file")):
        setattr(module, name, functools.partial(torn, getattr(module, name)))
    sys.addaudithook(hook)


def contents(output: Path) -> tuple[tuple[str, list[Any]], set[str]]:
    """What must be equal (weights, teacher cache, training logs without times), and the names of all files."""
    names = sorted(str(file.relative_to(output)) for file in output.rglob("*") if file.is_file())
    ends = (".safetensors", ".arrow", "manifest.json", "tokenizer.json")
    logs = [json.loads((output / name).read_text()) for name in names if name.endswith("history.json")]
    rows = [{key: value for key, value in row.items() if key in ("step", "loss")} for log in logs for row in log]
    return (artifacts.digest(*(output / name for name in names if name.endswith(ends))), rows), set(names)


def main(folder: Path, how: str, number: int, name: str = "") -> None:
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    job = stage(folder, name) if name else distillation(folder)
    places = {"": "job", "02": "smoke/teacher", "03": "smoke/teacher_cache", "04": "smoke/students"}
    output = folder / places[name]
    started = time.perf_counter()
    assert end(start(job, folder)) == 0, (folder / "output.txt").read_text()
    duration = time.perf_counter() - started
    wanted, files = contents(output)
    found = dict.fromkeys(("kills", "resumed", "failed", "different"), 0)
    litter: set[str] = set()
    chance = random.Random(number)
    for step in itertools.count(0, number):
        shutil.rmtree(output)
        if how == "steps":
            if end(start(job, folder, functools.partial(kill_at, step, output))) != KILLED:
                break  # the job has fewer steps
        else:
            child = start(job, folder)
            time.sleep(chance.uniform(0, duration))
            os.kill(child, signal.SIGKILL)
            if end(child) == 0:
                continue  # it had ended before
        found["kills"] += 1
        if end(start(job, folder)):
            found["failed"] += 1
        else:
            found["resumed"] += bool(json.loads((folder / "result.json").read_text()).get("resumed"))
            result, left = contents(output)
            found["different"] += result != wanted
            litter |= left - files
        if how == "random" and found["kills"] == number:
            break
    print(json.dumps(found | {"litter": sorted(litter)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
