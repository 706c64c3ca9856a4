"""The baselines of real Java: their answers, and the files that notebook 05 writes of a model, for each.

A step of a grid beside 05. The trivial baselines of 05 know nothing but references; these read questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from datasets import DatasetDict
from tqdm.auto import tqdm

from trident import cqs
from trident.corpus import storage
from trident.corpus.schema import EVALUATION
from trident.distillation import models
from trident.distillation.encoding import target_text
from trident.evaluation.execution import Executor, for_run, summarise
from trident.evaluation.real_java import copying, questions
from trident.evaluation.real_java.copyable import is_copyable
from trident.evaluation.real_java.questions import Question
from trident.evaluation.real_java.retrieval import TEXTS, Retriever
from trident.experiment import artifacts
from trident.experiment.params import REAL_BASELINES, Parameters
from trident.experiment.paths import Run
from trident.java import lexer
from trident.java.assertions import Assertion
from trident.java.jdk import NoJdk
from trident.java.variables import in_scope
from trident.metrics.embeddings import Encoder


def make(p: Parameters) -> dict[str, int]:
    """Answer every blank of a run's corpus with each baseline, score the answers, and keep them as 05 does.

    Beside what 05 writes, ``predictions.parquet`` says of each blank whether its reference is `copyable`.

    Args:
        p: profile, runs_dir, device, progress, target_form, encoder_model, execution, checkouts.

    Returns:
        how many blanks each baseline leaves empty, which its provenance says too (``unanswered``).

    Raises:
        StageError: the corpus is not finished, or another process writes one of the folders.
        Unparsable: a test is no longer parsed.
        CacheError, ProjectError, JdkError: as :func:`trident.evaluation.execution.for_run`.
    """
    run = Run(p.profile, p.runs_dir)
    # All are begun before one is finished: the last one's provenance says that all are there.
    stages = {name: artifacts.begin(run.scores(name), p, {"corpus": run.corpus}) for name in REAL_BASELINES}
    corpus = storage.load(run.corpus)
    encoder: Any = models.sentence_encoder(p.encoder_model).to(models.device(p.device))
    splits = [split for split in EVALUATION if len(corpus[split])]
    blanks = [example for split in splits for example in corpus[split]]
    answers = predict(corpus, splits, p)
    copyable = [is_copyable(example) for example in blanks]
    executor = _executor(run, blanks, p)
    unanswered = {}
    for name, stage in stages.items():
        tables, means = _scored(blanks, answers[name], encoder, executor, p)
        tables["predictions"]["copyable"] = copyable
        for file, table in tables.items():
            with artifacts.atomic(stage.folder / f"{file}.parquet") as path:
                table.to_parquet(path, index=False)
        metrics = {"model": name, "configuration": None, "seed": None, "splits": means}
        artifacts.write_json(stage.folder / "metrics.json", {**metrics, "efficiency": None, "training": None})
        unanswered[name] = answers[name].count(copying.NONE)
        stage.finish(unanswered=unanswered[name])
    return unanswered


def predict(corpus: DatasetDict, splits: Sequence[str], p: Parameters) -> dict[str, list[str]]:
    """The answers of each baseline to the blanks of `splits`, one split after the other.

    ``class_frequent``: see :func:`trident.evaluation.real_java.copying.class_frequent`.
    ``retrieval``: the assertion of the most similar training example, unchanged.
    ``copy_nearest``: the nearest assertion of the test itself (the last before the blank, else the first after it), or
    else the retrieved one, adapted to the variable at hand (:func:`trident.evaluation.real_java.copying.adapted`).
    """
    training = corpus["train"]
    texts = training.select_columns([*TEXTS])
    retriever = Retriever(tqdm(texts, desc="weighing words", unit="example", disable=not p.progress))
    answers: dict[str, list[str]] = {name: [] for name in REAL_BASELINES}
    for split in splits:
        examples = list(corpus[split])
        asked = [questions.read(example) for example in examples]
        shown = [[_form(one, p) for one in question.visible] for question in asked]
        references = [target_text(example, p.target_form) for example in examples]
        answers["class_frequent"] += copying.class_frequent(examples, shown, references)
        places = tqdm(retriever.nearest(examples), total=len(examples), desc=split, disable=not p.progress)
        similar = [None if place is None else training[place] for place in places]
        answers["retrieval"] += [target_text(one, p.target_form) if one else copying.NONE for one in similar]
        answers["copy_nearest"] += [_copied(*pair, p) for pair in zip(asked, similar, strict=True)]
    return answers


def _copied(question: Question, similar: Mapping[str, Any] | None, p: Parameters) -> str:
    """The answer of ``copy_nearest`` to one question."""
    if (line := copying.nearest(question)) is not None:
        text, place = _form(line, p), (question.source, line.start)
    elif similar is not None:
        other = questions.read(similar)
        text, place = target_text(similar, p.target_form), (other.source, other.blank)
    else:
        return copying.NONE
    return copying.adapted(text, in_scope(*place), in_scope(question.source, question.blank))


def _form(assertion: Assertion, p: Parameters) -> str:
    return lexer.canonical(assertion.text) if p.target_form == "canonical" else assertion.text


def _executor(run: Run, blanks: Sequence[Mapping[str, Any]], p: Parameters) -> Executor | None:
    """What runs the answers, where 05 would do so."""
    try:
        return for_run(run, blanks, p.checkouts) if p.execution == "own" else None
    except NoJdk as missing:
        print(f"No answer is run: {missing}")
        return None


def _scored(
    blanks: Sequence[Mapping[str, Any]],
    answers: Sequence[str],
    encoder: Encoder,
    executor: Executor | None,
    p: Parameters,
) -> tuple[dict[str, pd.DataFrame], dict[str, dict[str, dict[str, float]]]]:
    """Predictions and scores of one baseline, and the means by split and variant, as notebook 05 makes them."""
    references = [target_text(example, p.target_form) for example in blanks]
    accepted = [example["accepted"] for example in blanks]
    rows = pd.DataFrame([{name: example[name] for name in ("id", "group", "split")} for example in blanks])
    scores = cqs.score_all(answers, references, encoder=encoder, accepted=accepted, progress=p.progress)
    scores = scores.join(rows, on="example").drop(columns="example")
    predictions = rows.drop(columns="group").assign(prediction=answers, reference=references)
    predictions["accepted"] = scores.loc[scores["variant"] == "strict", "accepted"].to_numpy()
    executed = executor.run(answers, progress=p.progress) if executor else None
    if executed is not None and executed["verdict"].notna().any():
        predictions = predictions.join(executed)
        scores = scores.join(executed.set_axis(rows["id"]), on="id")
    means: dict[str, dict[str, dict[str, float]]] = {}
    for (split, variant), part in scores.groupby(["split", "variant"]):
        found = cqs.summarise(part) | (summarise(part) if "verdict" in part else {})
        means.setdefault(split, {})[variant] = found
    return {"predictions": predictions, "scores": scores}, means
