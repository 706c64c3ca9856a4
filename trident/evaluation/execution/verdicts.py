"""The verdicts on all models of a grid at once: every answer is run once, and its class is compiled once for all."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from trident.corpus import storage
from trident.corpus.schema import EVALUATION
from trident.evaluation.execution.executor import for_run
from trident.experiment import artifacts
from trident.experiment.params import Parameters
from trident.experiment.paths import Run, output_folder
from trident.java.jdk import NoJdk

#: In the folder of the step: `id`, `prediction`, and :data:`trident.evaluation.execution.COLUMNS`.
FILE = "verdicts.parquet"
#: In its provenance, in place of that file: why no answer was run.
NOT_RUN = "not_run"


def make(p: Parameters, models: Sequence[str]) -> dict[str, Any]:
    """Run the answers that notebook 05 has kept of all `models`, and write :data:`FILE`. What was run before is not.

    Args:
        p: profile, runs_dir, results_dir, checkouts.

    Returns:
        The provenance. It has :data:`NOT_RUN` where there is no JDK or where no example can be run; else `answers`, how
        many there are, and `left_out`, how many examples have no verdict by reason.

    Raises:
        StageError: predictions are missing or unfinished, or not of the run's corpus.
        CacheError, TemplateError, ProjectError, JdkError: as :func:`trident.evaluation.execution.for_run`.
    """
    run, folder = Run(p.profile, p.runs_dir), output_folder("verdicts", vars(p))
    stage = artifacts.begin(
        folder, p, {"corpus": run.corpus, **{f"scores/{model}": run.scores(model) for model in models}}
    )
    (folder / FILE).unlink(missing_ok=True)
    corpus = storage.load(run.corpus)
    examples = {example["id"]: example for split in EVALUATION for example in corpus[split]}
    answers = _answers(run, models, examples)
    try:
        executor = for_run(run, list(examples.values()), p.checkouts)
        table = executor.table(answers, progress=sys.stderr.isatty())
    except NoJdk as missing:
        return stage.finish(**{NOT_RUN: str(missing)})
    if not table["verdict"].notna().any():
        return stage.finish(**{NOT_RUN: f"no example can be run: {dict(executor.left_out)}"})
    asked = [(example, answer) for example, some in zip(examples, answers, strict=True) for answer in some]
    keys = pd.DataFrame(asked, columns=["id", "prediction"])
    with artifacts.atomic(folder / FILE) as file:
        keys.join(table).to_parquet(file, index=False)
    return stage.finish(answers=len(table), left_out=dict(executor.left_out))


def _answers(run: Run, models: Iterable[str], examples: Mapping[str, Any]) -> list[list[str]]:
    """The distinct answers of all models to each example, sorted."""
    found: dict[str, set[str]] = {example: set() for example in examples}
    for model in models:
        frame = pd.read_parquet(run.scores(model) / "predictions.parquet", columns=["id", "prediction"])
        if set(frame["id"]) != found.keys():
            raise artifacts.StageError(
                f"the predictions of {model} are not of the examples in {run.corpus}: run 05_evaluate again for it"
            )
        for example, answer in zip(frame["id"], frame["prediction"], strict=True):
            found[example].add(answer)
    return [sorted(some) for some in found.values()]
