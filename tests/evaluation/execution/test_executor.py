"""trident/evaluation/execution: answers that were checked by hand, and what must hold for every answer."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from trident.corpus.sandbox.expressions import TemplateError
from trident.corpus.sandbox.generate import generate
from trident.evaluation.execution import COLUMNS, Executor, executor, summarise
from trident.java import jdk
from trident.java.lexer import canonical

SEED = 2025
CHECKED = yaml.safe_load(Path(__file__).with_name("answers.yaml").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _needs_jdk(request):
    if request.node.get_closest_marker("jdk"):
        try:
            jdk.find()
        except jdk.NoJdk as error:
            pytest.skip(str(error))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Outcomes that tests share, where they do not look at the folder itself."""
    return tmp_path_factory.mktemp("executions")


def checked_by_hand(blanks=None):
    """Examples, answers and what each is, one row per answer, of the first blanks or all."""
    examples, answers, labels = [], [], []
    for number, entry in enumerate(CHECKED[:blanks]):
        for text in entry["answers"]:
            label, _, answer = text.partition(": ")
            form = canonical(entry["assertion"])
            more = {"id": f"e{number}", "source": "sandbox", "origin": entry["group"], "assertion_canonical": form}
            examples.append({**entry, **more})
            answers.append(answer)
            labels.append(label)
    return examples, answers, labels


def sample(size, **options):
    """Sandbox examples of `test` and `unseen`, half and half."""
    return generate({"test": size // 2, "unseen": size // 2}, SEED, **options)[0]


def judged(row):
    """What a row of the table says an answer is, in the words of answers.yaml."""
    if not row.passes:
        return {"does not compile": "broken", "fails": "wrong", "fails elsewhere": "wrong elsewhere"}[row.verdict]
    common = round(row.relative_mutation_score * row.reference_kills)
    if row.equivalent:
        assert row.kills == common == row.reference_kills
        return "equivalent"
    if not row.kills:
        return "vacuous"
    if row.kills > common:
        return "stronger" if row.relative_mutation_score == 1 else "other"
    return "weaker"


@pytest.mark.jdk
def test_answers_that_were_checked_by_hand(folder):
    examples, answers, labels = checked_by_hand()
    assert len(answers) >= 60
    frame = Executor(examples, SEED, folder).run(answers)
    found = [judged(row) for row in frame.itertuples()]
    expected = ["equivalent" if label == "right" else label for label in labels]
    assert list(zip(answers, found, strict=True)) == list(zip(answers, expected, strict=True))


@pytest.mark.jdk
@pytest.mark.slow
def test_references_pass_and_kill_the_same_each_time(tmp_path):
    examples = sample(60)
    references = [example["assertion"] for example in examples]
    runs = []
    for number in range(3):
        job = Executor(examples, SEED, tmp_path / str(number))
        runs.append((job.run(references), job.mutants()))
        assert not job.left_out
    for frame, mutants in runs:
        pd.testing.assert_frame_equal(frame, runs[0][0])
        pd.testing.assert_frame_equal(mutants, runs[0][1])
        assert set(frame.verdict) == {"passes"}
        assert (frame.kills == frame.reference_kills).all()
        assert (frame.reference_kills > 0).mean() > 0.8
        assert set(frame.equivalent.dropna()) == set(frame.relative_mutation_score.dropna()) == {1.0}
        assert (frame.equivalent.isna() == (frame.reference_kills == 0)).all()
        assert (frame.mutants <= executor.MUTANTS).all()


@pytest.mark.jdk
@pytest.mark.parametrize("answer", ["assertTrue(true);", "assertNotNull(new Object());"])
def test_vacuous_answers_pass_and_kill_nothing(answer, folder):
    examples, _, _ = checked_by_hand()
    called_elsewhere = [example for example in examples if example["focal_class"] != "Turnstile"]
    frame = Executor(called_elsewhere, SEED, folder).run([answer] * len(called_elsewhere))
    assert set(frame.verdict) == {"passes"}
    assert set(frame.kills) == set(frame.equivalent) == set(frame.relative_mutation_score) == {0}


@pytest.mark.jdk
def test_every_accepted_form_is_equivalent(folder):
    """The catalogue of forms and the executor agree, or one of them is wrong."""
    rows = [(example, form) for example in sample(30) for form in example["accepted"]]
    assert len(rows) > 150
    frame = Executor([example for example, _ in rows], SEED, folder).run([form for _, form in rows])
    wrong = frame[~frame.passes | (frame.kills != frame.reference_kills) | (frame.equivalent == 0)]
    assert not len(wrong), [(rows[i][1], *row) for i, *row in wrong.itertuples()]


@pytest.mark.jdk
def test_what_is_on_disk_changes_nothing(tmp_path, monkeypatch):
    examples, answers, _ = checked_by_hand(blanks=4)
    alone = Executor(examples, SEED, tmp_path / "alone").run(answers)
    shared = tmp_path / "shared"
    half = [answer if i % 2 else "assertTrue(true);" for i, answer in enumerate(answers)]
    Executor(examples, SEED, shared).run(half)
    written = set(shared.iterdir())
    pd.testing.assert_frame_equal(Executor(examples, SEED, shared).run(answers), alone)
    assert written < set(shared.iterdir()), "another file, and those that were there as they were"

    def never(*_):
        raise AssertionError("nothing is to be run")

    monkeypatch.setattr(executor, "Workers", never)
    files = set(shared.iterdir())
    pd.testing.assert_frame_equal(Executor(examples, SEED, shared).run(answers), alone)
    assert set(shared.iterdir()) == files


class Scripted:
    """In place of JVMs: every answer passes, every mutant is killed, and after `most` cases the user stops the run.

    Real JVMs would make the test depend on the machine, and what is tested is what the executor keeps.
    """

    def __init__(self, asked, most=10**9):
        self.asked, self.most = asked, most

    def __call__(self, found, count):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *raised): ...

    def run(self, cases):
        for number, case in enumerate(cases):
            if number == self.most:
                raise KeyboardInterrupt
            self.asked += [(case.test_source, answer) for answer in case.answers]
            yield [executor.Outcome("passes", "", ("killed",) * len(case.mutants)) for _ in case.answers]


NO_JVM = jdk.Jdk("", "", "")


@pytest.mark.parametrize("portion", [1, 2, 1000])
def test_a_run_that_is_stopped_keeps_what_it_has(tmp_path, monkeypatch, portion):
    examples, answers, _ = checked_by_hand(blanks=4)
    monkeypatch.setattr(executor, "_PORTION", portion)
    first, second, alone = [], [], []
    monkeypatch.setattr(executor, "Workers", Scripted(first, most=3))
    with pytest.raises(KeyboardInterrupt):
        Executor(examples, SEED, tmp_path / "kept", java=NO_JVM).run(answers)
    assert len(first) == len(executor.cache.load(tmp_path / "kept")) == 3, "the references of three blanks"
    assert len(list((tmp_path / "kept").iterdir())) == {1: 3, 2: 2, 1000: 1}[portion]
    monkeypatch.setattr(executor, "Workers", Scripted(second))
    whole = Executor(examples, SEED, tmp_path / "kept", java=NO_JVM).run(answers)
    monkeypatch.setattr(executor, "Workers", Scripted(alone))
    pd.testing.assert_frame_equal(whole, Executor(examples, SEED, tmp_path / "new", java=NO_JVM).run(answers))
    assert not {*first} & {*second} and {*first} | {*second} == {*alone}, "nothing is run twice, nothing left out"


def test_several_answers_to_a_blank_are_one_case(tmp_path, monkeypatch):
    examples, answers, _ = checked_by_hand(blanks=4)
    asked = []
    monkeypatch.setattr(executor, "Workers", Scripted(asked))
    together = {}
    for example, answer in zip(examples, answers, strict=True):
        together.setdefault(example["id"], (example, []))[1].append(answer)
    job = Executor([example for example, _ in together.values()], SEED, tmp_path, java=NO_JVM)
    table = job.table([some for _, some in together.values()])
    assert len(asked) == len({*asked}) and len(table) == len(answers) > len(together) == 4
    pd.testing.assert_frame_equal(table, Executor(examples, SEED, tmp_path / "new", java=NO_JVM).run(answers))


@pytest.mark.jdk
def test_examples_that_cannot_be_run(folder):
    examples, answers, _ = checked_by_hand()
    real = {**examples[0], "source": "methods2test"}
    every = sample(2, masking="all")
    several = next(one for one in every if one["test_prefix_and_rest"].count("<ASSERTION>") > 1)
    failing = {**examples[1], "assertion_canonical": "assertTrue(gate.isOpen() && false);"}
    rows = [real, examples[0], several, failing]
    job = Executor(rows, SEED, folder)
    frame = job.run([answers[0]] * 4)
    assert list(frame.columns) == list(COLUMNS)
    assert frame.verdict.notna().tolist() == [False, True, False, False]
    assert frame.drop(index=1).isna().all().all()
    assert sorted(job.left_out.values()) == [1, 1, 1]
    assert any(reason.startswith("methods2test") for reason in job.left_out) and "reference: fails" in job.left_out
    assert summarise(frame) == dict.fromkeys(executor.MEANS, 1.0)
    assert summarise(frame.drop(index=1)) == {}
    for position, reason in ((0, "methods2test"), (3, "reference: fails")):
        with pytest.raises(ValueError, match=reason):
            job.kills(position, ["assertTrue(true);"])
    with pytest.raises(ValueError, match="zip"):
        job.run(answers[:3])


@pytest.mark.jdk
def test_a_test_that_ends_with_its_blank(folder):
    examples = sample(10, keep_after=False)
    assert any(example["test_prefix_and_rest"].endswith("<ASSERTION>") for example in examples)
    frame = Executor(examples, SEED, folder).run([example["assertion"] for example in examples])
    assert set(frame.verdict) == {"passes"}


@pytest.mark.jdk
def test_which_answer_kills_which_mutant(folder):
    examples, answers, _ = checked_by_hand()
    job = Executor(examples, SEED, folder)
    job.run(answers)
    asked = ["assertEquals(24, songs.duration());", "assertTrue(true);", "assertEquals(25, songs.duration());"]
    position = answers.index(asked[0])
    table = job.kills(position, asked)
    assert table.loc[
        table.after == "return (int) ((duration) + 1);", ["operator", "before", *asked]
    ].to_numpy().tolist() == [["return value", "return duration;", "killed", "survives", ""]]
    counts = job.mutants().query("position == @position").outcome.value_counts()
    assert counts["killed"] == (table[asked[0]] == "killed").sum() == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"focal_class": "Gate"}, "its class is Gate, but the template now makes Turnstile"),
        ({"focal_method": "public boolean push() { return true; }"}, "no method with the text"),
        ({"group": "statemachines/Gone#-1"}, "no template statemachines/Gone.java"),
        ({"group": "statemachines/Turnstile#-3"}, "01_preprocess"),
    ],
)
@pytest.mark.jdk
def test_a_corpus_of_other_templates(change, message, folder):
    examples, _, _ = checked_by_hand()
    with pytest.raises(TemplateError, match=message):
        Executor([{**examples[0], **change}], SEED, folder)


def test_no_jdk(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(jdk.NoJdk, match="install"):
        Executor([], SEED, tmp_path)


def test_means():
    frame = pd.DataFrame({"compiles": [True, False, None], "passes": [True, False, None], "kills": [3, 0, None]})
    frame = frame.assign(equivalent=[1.0, 0.0, np.nan], relative_mutation_score=np.nan).astype(
        {name: kind for name, kind in COLUMNS.items() if name in ("compiles", "passes")}
    )
    assert summarise(frame) == {"compiles": 0.5, "passes": 0.5, "equivalent": 0.5}
