"""trident/evaluation/execution/verdicts.py: all answers of a grid at once say what each model's answers say alone."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from trident.corpus import storage
from trident.corpus.sandbox.generate import generate
from trident.evaluation import baselines
from trident.evaluation.execution import COLUMNS, for_run, verdicts
from trident.experiment import artifacts, params
from trident.experiment.paths import Run, output_folder
from trident.java import jdk

SEED = 2025
MODELS = ("identity", "most_frequent", "shuffled")


def finished(folder: Path, **parameters: object) -> None:
    artifacts.begin(folder, params.Parameters(**parameters)).finish()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A corpus of few examples, and the predictions of the baselines."""
    made = Run("sandbox", str(tmp_path))
    corpus = storage.in_splits(generate({"validation": 4, "test": 4, "unseen": 2}, SEED)[0])
    storage.save(corpus, made.corpus)
    finished(made.corpus, corpus_seed=SEED)
    for model in MODELS:
        examples = [example for split in ("validation", "test", "unseen") for example in corpus[split]]
        predictions = baselines.predict(model, [example["assertion"] for example in examples])
        frame = pd.DataFrame({"id": [example["id"] for example in examples], "prediction": predictions})
        made.scores(model).mkdir(parents=True)
        frame.to_parquet(made.scores(model) / "predictions.parquet", index=False)
        finished(made.scores(model))
    return made


@pytest.fixture
def p(run: Run) -> params.Parameters:
    return params.complete({"profile": run.profile, "runs_dir": str(run.folder.parent), "results_dir": "figures"})


@pytest.mark.jdk
def test_all_answers_at_once_say_what_each_model_s_say_alone(run, p, tmp_path):
    try:
        jdk.find()
    except jdk.NoJdk as missing:
        pytest.skip(str(missing))
    made = verdicts.make(p, MODELS)
    together = pd.read_parquet(output_folder("verdicts", vars(p)) / verdicts.FILE).astype(COLUMNS)
    assert made["answers"] == len(together) and made["left_out"] == {} and verdicts.NOT_RUN not in made
    assert not together.duplicated(["id", "prediction"]).any()
    examples = [row for split in ("validation", "test", "unseen") for row in storage.load(run.corpus)[split]]
    alone = []
    for model in MODELS:
        predictions = pd.read_parquet(run.scores(model) / "predictions.parquet")
        elsewhere = Run("sandbox", str(tmp_path / model))  # with nothing that was run before
        finished(elsewhere.corpus, corpus_seed=SEED)
        alone.append(predictions.join(for_run(elsewhere, examples, "").run(predictions["prediction"])))
    expected = pd.concat(alone).drop_duplicates(["id", "prediction"])
    order = ["id", "prediction"]
    pd.testing.assert_frame_equal(
        together.sort_values(order, ignore_index=True), expected.sort_values(order, ignore_index=True)
    )
    assert set(together.columns) == {*order, *COLUMNS} and together["passes"].nunique() == 2


def test_without_a_jdk_it_says_so_and_an_old_table_is_gone(run, p, tmp_path, monkeypatch):
    folder = output_folder("verdicts", vars(p))
    folder.mkdir(parents=True)
    (folder / verdicts.FILE).write_text("old")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert "install a JDK" in verdicts.make(p, MODELS)[verdicts.NOT_RUN]
    assert not (folder / verdicts.FILE).exists()
    assert "install a JDK" in json.loads((folder / artifacts.PROVENANCE).read_text())[verdicts.NOT_RUN]


def test_predictions_of_another_corpus_are_refused(run, p):
    file = run.scores("shuffled") / "predictions.parquet"
    pd.read_parquet(file).iloc[1:].to_parquet(file, index=False)
    with pytest.raises(artifacts.StageError, match="the predictions of shuffled are not of the examples in"):
        verdicts.make(p, MODELS)


def test_scores_that_are_unfinished_are_named(run, p):
    (run.scores("identity") / artifacts.PROVENANCE).unlink()
    with pytest.raises(artifacts.StageError, match="scores/identity was not finished"):
        verdicts.make(p, MODELS)
