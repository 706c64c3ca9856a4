"""The teacher's answers in place of labels: written once, kept apart from the examples' own labels, counted."""

from __future__ import annotations

import pytest
import torch
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

from trident.distillation import models, transfer_set

CPU = torch.device("cpu")


def rows(number: int) -> Dataset:
    return Dataset.from_list(
        [{"id": f"e{i}", "assertion": f"Assert.a({i});", "assertion_canonical": f"a({i});"} for i in range(number)]
    )


def answers(texts: dict[str, str], unfinished: tuple[str, ...] = ()) -> Dataset:
    return Dataset.from_list(
        [{"id": name, "answer": text, "finished": name not in unfinished} for name, text in texts.items()]
    )


def test_only_finished_answers_with_text_become_labels():
    both = transfer_set.with_answers(rows(4), answers({"e0": "b();", "e1": "", "e2": "b(b(b(", "e3": "c();"}, ("e2",)))
    assert both["id"][:] == ["e0", "e1", "e2", "e3", "e0+answer", "e3+answer"]
    assert both["assertion_canonical"][:] == ["a(0);", "a(1);", "a(2);", "a(3);", "b();", "c();"]
    assert both["assertion"][4:] == ["b();", "c();"]


def test_the_quality_of_answers_is_counted_over_all_blanks():
    forms = [["a(0);", "b();"], ["a(1);"], ["a(2);"], ["a(3);", "c();"]]
    examples = rows(4).add_column("accepted", forms)
    texts = {"e0": "b( );", "e1": "", "e2": "a(2);", "e3": "d();"}
    found = transfer_set.quality(answers(texts, ("e2",)), examples)
    assert found == {"usable": 0.5, "exact": 0.25, "accepted": 0.5}


@given(st.integers(1, 12), st.data())
def test_each_example_has_one_label_at_most_and_the_first_keep_their_own(number, data):
    names = [f"e{i}" for i in range(number)]
    usable = data.draw(st.sets(st.sampled_from(names)))
    kept = data.draw(st.integers(0, number))
    both = transfer_set.with_answers(rows(number), answers({name: "b();" * (name in usable) for name in names}))
    selected = transfer_set.select(both, kept)
    own = names[: kept or number]
    assert selected["id"][:] == own + [f"{name}+answer" for name in names if name in usable and name not in own]
    counts = transfer_set.composition(selected, number)
    assert counts["own label"] == len(own) and sum(counts.values()) == number
    assert counts["teacher's answer"] == len(usable - set(own))


def test_without_answers_the_others_are_left_out():
    selected = transfer_set.select(rows(5), 2)
    assert selected["id"][:] == ["e0", "e1"]
    assert transfer_set.composition(selected, 5) == {"own label": 2, "teacher's answer": 0, "left out": 3}


def test_more_labels_than_there_are_is_an_error():
    with pytest.raises(ValueError, match="human_labels = 6, but only 5 training examples"):
        transfer_set.select(rows(5), 6)


@pytest.fixture(scope="module")
def teacher():
    """A model that has learnt by heart to answer two questions, the second at length."""
    tokenizer = models.train_tokenizer(["alpha beta gamma delta epsilon; one two three four five"] * 3, 320)
    model = models.from_scratch(tokenizer, d_model=32, d_ff=64, layers=1, heads=2, dropout_rate=0.0, seed=1)
    pairs = [("one", "alpha"), ("two", "alpha beta gamma delta epsilon one two three"), ("three", "")]
    encoded = [(tokenizer(question)["input_ids"], tokenizer(text)["input_ids"]) for question, text in pairs]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(120):
        loss = sum(model(input_ids=torch.tensor([x]), labels=torch.tensor([y])).loss for x, y in encoded)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    questions = Dataset.from_dict({"id": ["q1", "q2", "q3"], "input_ids": [x for x, _ in encoded]})
    return model, tokenizer, questions, [text for _, text in pairs]


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_answers_are_the_teacher_s_in_the_order_of_the_questions(teacher, batch_size, tmp_path):
    model, tokenizer, questions, texts = teacher
    found = transfer_set.answer(model, tokenizer, questions, max_tokens=24, batch_size=batch_size, device=CPU)
    assert found["id"][:] == ["q1", "q2", "q3"] and found["answer"][:] == texts
    assert found["finished"][:] == [True] * 3
    transfer_set.save(found, tmp_path)
    assert transfer_set.load(tmp_path).to_list() == found.to_list()


def test_an_answer_that_does_not_end_in_time_is_not_finished(teacher):
    model, tokenizer, questions, texts = teacher
    found = transfer_set.answer(model, tokenizer, questions, max_tokens=4, batch_size=3, device=CPU)
    assert found["finished"][:] == [True, False, True]
    assert texts[1].startswith(found["answer"][1]) and found["answer"][1] != texts[1]
