"""The demo prints blanks that fit on a screen, each model's answer, and whether it is one of the right forms."""

from __future__ import annotations

import pytest

from trident.corpus.sandbox.generate import generate
from trident.distillation import models
from trident.reporting import rendering
from trident.workflow import demo, readme
from trident.workflow.cli import main

FORMS = {
    "assertTrue(queue.isEmpty());": 0.3,
    "assertEquals(queue.size(), 0);": 0.01,
    "assertEquals(0, queue.size());": 0.4,
    "assertFalse(!queue.isEmpty());": 0.2,
    "assertThat(queue.size(), is(0));": 0.05,
    "assertTrue(queue.size() == 0);": 0.04,
}


def filled(**answers: str) -> demo.Filled:
    example = {
        "focal_method": "public int size() {\n    return items.size();\n}",
        "test_prefix_and_rest": "@Test\npublic void starts() {\n    Queue queue = new Queue();\n    <ASSERTION>\n}",
        "assertion_canonical": "assertTrue(queue.isEmpty());",
        "accepted": list(FORMS),
        "accepted_probability": list(FORMS.values()),
    }
    return demo.Filled(example, answers)


def test_an_answer_in_another_form_is_accepted():
    text = str(filled(teacher="assertEquals(0, queue.size());", student="assertEquals(1, queue.size());"))
    lines = text.splitlines()
    assert lines[:3] == ["    public int size() {", "        return items.size();", "    }"]
    assert "        <ASSERTION>" in lines
    assert lines[-7:] == [
        "  teacher    accepted      assertEquals(0, queue.size());",
        "  student    not accepted  assertEquals(1, queue.size());",
        "  reference                assertTrue(queue.isEmpty());",
        "  as good                  assertEquals(0, queue.size());",
        "  as good                  assertFalse(!queue.isEmpty());",
        "  as good                  assertThat(queue.size(), is(0));",
        "                           and 2 more",
    ]


def test_an_empty_or_endless_answer_is_readable():
    lines = str(filled(teacher="", student="assert" * 40)).splitlines()
    assert "  teacher    not accepted  (nothing)" in lines
    assert sum(line.count("assert") for line in lines if "queue" not in line) >= 37, "a word may be cut at a line's end"
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("seed", [1, 2025])
def test_chosen_blanks_are_of_different_templates_and_kinds_and_fit_on_a_screen(seed):
    examples, _ = generate({"test": 200, "unseen": 50}, seed)
    chosen = demo.choose(examples)
    assert [example["split"] for example in chosen] == ["test"] * 4 + ["unseen"]
    assert len({example["kind"] for example in chosen}) == len({example["origin"] for example in chosen}) == 5
    for example in chosen:
        lines = str(demo.Filled(example, {})).splitlines()
        assert len(lines) <= 30 and max(map(len, lines)) <= 100
    with pytest.raises(ValueError, match="only 1 of 3 examples fit on a screen"):
        demo.choose([chosen[0]] * 3)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A folder with a teacher and a student that have learnt nothing."""
    folder = tmp_path_factory.mktemp("models")
    tokenizer = models.train_tokenizer(["int total = 12; assertEquals(12, total);"] * 3, 310)
    for role, width in (("teacher", 16), ("distilled", 8)):
        model = models.from_scratch(tokenizer, d_model=width, d_ff=16, layers=1, heads=2, dropout_rate=0.0, seed=4)
        model.save_pretrained(folder / role)
        tokenizer.save_pretrained(folder / role)
    return folder


def test_it_prints_the_same_five_blanks_and_both_models_each_time(shipped, capsys):
    demo.run(folder=shipped)
    first = capsys.readouterr().out
    demo.run(folder=shipped)
    assert capsys.readouterr().out == first
    for number in range(1, 6):
        assert f"{number} of 5: " in first
    assert first.count("<ASSERTION>") == first.count("  reference  ") == 5
    assert "5 of 5: a class unlike those of the training" in first
    assert "teacher: 0 of 5 answers accepted, 0.0 million parameters" in first.splitlines()
    demo.run(seed=7, folder=shipped)
    assert capsys.readouterr().out != first


def test_a_missing_model_says_what_to_do(tmp_path):
    with pytest.raises(models.ModelNotFound, match="teacher: check it out, or make it as models/README.md says"):
        demo.fill(folder=tmp_path)


def test_the_readme_shows_what_the_demo_prints():
    """It fails after new models or templates: `trident demo --readme`."""
    text = readme.FILE.read_text(encoding="utf-8")
    assert rendering.between(text, "demo", readme.shown(demo.fill()[0][0])) == text


def test_the_command_line_passes_the_seed_and_writes_the_readme(tmp_path, monkeypatch):
    called = []
    blank = filled(teacher="assertTrue(queue.isEmpty());", student="assertNull(queue);")
    monkeypatch.setattr(demo, "run", lambda seed: called.append(seed))
    monkeypatch.setattr(demo, "fill", lambda seed: ([blank], {}))
    monkeypatch.setattr(readme, "FILE", tmp_path / "README.md")
    readme.FILE.write_text("# T\n\n<!-- demo:begin -->\nold\n<!-- demo:end -->\nwords\n")
    assert main(["demo"]) == main(["demo", "--seed", "3"]) == main(["demo", "--readme"]) == 0
    assert called == [None, 3]
    assert readme.FILE.read_text() == f"# T\n\n<!-- demo:begin -->\n```text\n{blank}\n```\n<!-- demo:end -->\nwords\n"
