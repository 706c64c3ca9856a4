"""Speed of compiling and running answers in warm JVMs, compared with one `javac` and one `java` per answer.

    python benchmarks/execution.py [--blanks 60] [--one-at-a-time 5] [--seed 2025]

Takes blanks of the sandbox with eight mutants each. Their answers are the accepted forms: all of them pass, so each one
runs on the class under test and on eight mutants, which is the most that an answer can cost. The baseline compiles and
runs an answer on the class under test only: with the mutants it would need nine runs. Prints one JSON object: answers
per second, with one and two workers and for the baseline, and the ratios. The same by processor time, which says more
on a busy machine. Starting the JVMs is measured apart.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from trident.corpus.sandbox.generate import generate  # noqa: E402
from trident.evaluation.execution.cases import Blank, blanks  # noqa: E402
from trident.evaluation.execution.jvm import Case, Workers  # noqa: E402
from trident.java import jdk  # noqa: E402
from trident.java.assertions import MARK  # noqa: E402

MUTANTS, WORKERS = 8, (1, 2)


def cases(count: int, seed: int) -> list[Case]:
    """Blanks of the sandbox that have all their mutants, with their accepted forms as answers."""
    examples, _ = generate({"test": 12 * count}, seed)
    found = [
        replace(blank.case, answers=tuple(example["accepted"]))
        for example, blank in zip(examples, blanks(examples, seed), strict=True)
        if isinstance(blank, Blank) and len(blank.case.mutants) == MUTANTS
    ]
    return found[:count]


def one_at_a_time(case: Case, answer: str, java: jdk.Jdk) -> bool:
    """Whether an answer passes on the class under test, from a folder and two processes of its own."""
    with tempfile.TemporaryDirectory() as folder:
        files = {case.class_name: case.class_source, case.test_class: case.test_source.replace(MARK, answer)}
        for name, source in files.items():
            Path(folder, f"{name}.java").write_text(source, encoding="utf-8")
        names = [f"{name}.java" for name in files]
        options = ["-nowarn", "-XDsuppressNotes", "-cp", java.class_path, "-d", "."]
        compiled = subprocess.run([java.javac, *options, *names], cwd=folder)
        if compiled.returncode:
            return False
        path = f".{os.pathsep}{java.class_path}"
        runner = [java.java, "-cp", path, "org.junit.runner.JUnitCore", f"sandbox.{case.test_class}"]
        return subprocess.run(runner, cwd=folder, stdout=subprocess.DEVNULL).returncode == 0


def processor_seconds() -> float:
    """Of all child processes: those that have ended, and those that run."""
    running = sum(sum(child.cpu_times()[:2]) for child in psutil.Process().children())
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime + running


def cold(some: list[Case], java: jdk.Jdk) -> dict[str, Any]:
    """The baseline: an answer to each of a few cases."""
    started, used = time.perf_counter(), processor_seconds()
    passed = sum(one_at_a_time(case, case.answers[-1], java) for case in some)
    return {
        "answers_per_second": round(len(some) / (time.perf_counter() - started), 2),
        "answers_per_processor_second": round(len(some) / (processor_seconds() - used), 2),
        "verdicts": {"passes": passed, "does not": len(some) - passed},
    }


def warm(some: list[Case], java: jdk.Jdk, count: int) -> dict[str, Any]:
    """`count` workers, after one pass over a few cases that warms them up."""
    started = time.perf_counter()
    with Workers(java, count) as workers:
        list(workers.run(some[: 4 * count]))
        ready, used = time.perf_counter(), processor_seconds()
        outcomes = [outcome for answers in workers.run(some) for outcome in answers]
        seconds, used = time.perf_counter() - ready, processor_seconds() - used
    return {
        "answers_per_second": round(len(outcomes) / seconds, 1),
        "answers_per_processor_second": round(len(outcomes) / used, 1),
        "start_and_warm_up_seconds": round(ready - started, 1),
        "verdicts": dict(Counter(outcome.verdict for outcome in outcomes)),
        "mutants": dict(Counter(said for outcome in outcomes for said in outcome.mutants)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--blanks", type=int, default=60)
    parser.add_argument("--one-at-a-time", type=int, default=5, metavar="N", help="answers of the baseline")
    parser.add_argument("--seed", type=int, default=2025, help="of the sandbox")
    options = parser.parse_args()
    java = jdk.find()
    some = cases(options.blanks, options.seed)
    baseline = cold(some[: options.one_at_a_time], java)
    measured = {count: warm(some, java, count) for count in WORKERS}
    report = {
        "blanks": len(some),
        "answers": sum(len(case.answers) for case in some),
        "mutants_per_answer": MUTANTS,
        "one_at_a_time": baseline,
        "workers": measured,
        **{
            f"times_{name}": {count: round(one[rate] / baseline[rate]) for count, one in measured.items()}
            for name, rate in (("faster", "answers_per_second"), ("cheaper", "answers_per_processor_second"))
        },
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "machine": platform.machine(),
        "java": subprocess.run([java.java, "-version"], capture_output=True, text=True).stderr.splitlines()[0],
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
