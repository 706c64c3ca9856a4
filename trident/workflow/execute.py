"""Run answers outside notebooks: those of a grid's models, and, to see how much of it can be run, a real project's."""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from trident.corpus import mining
from trident.corpus.records import Record
from trident.evaluation import baselines
from trident.evaluation.execution import Executor, projects, summarise
from trident.evaluation.execution import verdicts as of_grid
from trident.experiment import artifacts, params
from trident.experiment.artifacts import fingerprint, write_json
from trident.experiment.params import Parameters
from trident.experiment.paths import Run
from trident.java import assertions, jdk, lexer
from trident.workflow import stages

REPORT = "report.json"
_SEED = 0
#: Missing packages that a summary shows.
_SHOWN = 5
#: Passes wherever it stands, and notices nothing.
_VACUOUS = "assert true;"


def step(job: stages.Step) -> str:
    """Run a step that has no notebook.

    Returns:
        What came out, or why nothing was run, in a line.

    Raises:
        What `make` of its module raises.
    """
    p = Parameters(**job.values)
    os.environ["TRIDENT_CODE_DIGEST"] = job.digest
    return _verdicts(p) if isinstance(job, stages.Verdicts) else _baselines(p)


def _baselines(p: Parameters) -> str:
    from trident.evaluation.real_java import baselines as of_real_java  # here: it loads torch, which takes seconds

    empty = of_real_java.make(p.replaced(progress=p.progress and sys.stderr.isatty()))
    return "Blanks without an answer: " + ", ".join(f"{name} {count}" for name, count in empty.items())


def _verdicts(p: Parameters) -> str:
    """Run the answers of all models of a grid, which notebook 05 has kept."""
    run = Run(p.profile, p.runs_dir)
    students = [run.student(configuration, seed).name for configuration in p.configurations for seed in p.seeds]
    corpus = artifacts.require(run.corpus, "corpus")["parameters"]["corpus"]
    made = of_grid.make(p, [*stages.MODELS, *params.real_baselines(corpus), *students])
    if of_grid.NOT_RUN in made:
        return f"No answer is run: {made[of_grid.NOT_RUN]}"
    return f"{made['answers']} answers run; left out: {made['left_out']}"


def report(root: Path, size: int, out: Path) -> dict[str, Any]:
    """Mine a checked-out project, run what can be run, and write what came out into `out` as ``report.json``.

    Args:
        root: the project's folder. Its tests run as they are.
        size: how many examples to draw; fewer if there are fewer.
        out: keeps the compiled classes and the outcomes too, so that a run that is stopped goes on from there.

    Returns:
        ``files``, ``files_left_out`` by reason, and ``missing_packages`` with the number of files that need them;
        ``pairs`` of test and method under test; ``examples``, ``drawn``, ``ran``, and ``left_out`` by reason;
        ``kills_a_mutant``: references that kill at least one; ``mutants`` by outcome under the reference; of each kind
        of ``answers`` the means of :data:`trident.evaluation.execution.MEANS`; ``seconds`` to compile the project and
        to run the examples.

    Raises:
        CorpusError: the folder is none, or holds no Java.
        NoJdk: there is no JDK or no JUnit 4.
        JdkError: javac or the JVM failed, and no file or answer is the cause.
    """
    records, _ = mining.mine([root])
    examples = _examples(records)
    drawn = random.Random(_SEED).sample(examples, min(size, len(examples)))
    references = [example["assertion"] for example in drawn]
    answers = {
        "reference": references,
        "vacuous": [_VACUOUS] * len(drawn),
        "shuffled": baselines.predict("shuffled", references),
    }
    started = time.perf_counter()
    java = projects.with_junit5(jdk.find())
    project = projects.compiled(root, java, out / "classes")
    compiled = time.perf_counter()
    executor = Executor(drawn, 0, out / "outcomes", [project], java)
    executor.ask(list(zip(*answers.values(), strict=True)), progress=True)
    tables = {name: executor.run(some) for name, some in answers.items()}
    reference = tables["reference"]
    found = {
        "project": project.name,
        "files": len(project.sources),
        "files_left_out": dict(Counter(project.left_out.values()).most_common()),
        "missing_packages": dict(Counter(project.missing).most_common()),
        "pairs": len(records),
        "examples": len(examples),
        "drawn": len(drawn),
        "ran": int(reference["verdict"].notna().sum()),
        "left_out": dict(executor.left_out.most_common()),
        "kills_a_mutant": int((reference["reference_kills"] > 0).sum()),
        "mutants": executor.mutants()["outcome"].value_counts().to_dict(),
        "answers": {name: summarise(table) for name, table in tables.items()},
        "seconds": {"compile": round(compiled - started), "run": round(time.perf_counter() - compiled)},
    }
    write_json(out / REPORT, found)
    return found


def _examples(records: Iterable[Record]) -> list[dict[str, Any]]:
    """One example per assertion, as in the corpus `mined`: a question that was asked before is dropped."""
    found: dict[str, dict[str, Any]] = {}
    for record in records:
        test, focal = record.test_case.body, record.focal_method.body
        try:
            statements = [one for one in assertions.find(test) if one.is_statement and assertions.MARK not in test]
        except assertions.Unparsable:
            continue
        for index, statement in enumerate(statements):
            masked = assertions.mask(test, statements, index)
            question = fingerprint(lexer.unqualified(focal), lexer.unqualified(masked))
            found.setdefault(
                question,
                {
                    "id": question[:16],
                    "source": "mined",
                    "origin": record.origin,
                    "focal_class": record.focal_class.identifier,
                    "focal_method": focal,
                    "test_prefix_and_rest": masked,
                    "assertion": statement.text,
                    "assertion_canonical": lexer.canonical(statement.text),
                },
            )
    return list(found.values())


def summary(found: Mapping[str, Any]) -> str:
    """A report as text."""
    drawn, ran, seconds = found["drawn"], found["ran"], found["seconds"]
    of_them = "" if drawn == found["examples"] else f", {drawn} of them drawn"
    lines = [
        f"{found['files']:>8}  Java files of {found['project']}, compiled in {seconds['compile']} s",
        *(f"{count:>8}  left out: {why}" for why, count in found["files_left_out"].items()),
        *(f"{count:>8}  need {package}" for package, count in list(found["missing_packages"].items())[:_SHOWN]),
        f"{found['examples']:>8}  examples of {found['pairs']} pairs of test and method{of_them}",
        f"{ran:>8}  could be run ({ran / drawn:.1%}), in {seconds['run']} s" if drawn else "       0  could be run",
        *(f"{count:>8}  left out: {why}" for why, count in found["left_out"].items()),
        f"{found['kills_a_mutant']:>8}  references kill at least one mutant",
        *(f"{count:>8}  mutants: {outcome}" for outcome, count in found["mutants"].items()),
        "",
        pd.DataFrame(found["answers"]).T.to_string(float_format="{:.3f}".format, na_rep=""),
    ]
    return "\n".join(lines)
