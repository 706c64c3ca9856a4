"""Lab 3: the instruments name every fault, the readings of the semantic loss are the package's, and tables are read."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course import data, variant
from course.instruments import confused, differ
from course.lab3 import answers, checkpoint, faults, instruments, pictures, trained
from trident.distillation import models
from trident.losses.semantic import SemanticTerm

BATCH = instruments.batch(variant.of(3))
CODES = {fault.name: fault.code for fault in faults.FAULTS}


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 9_999_999))
def test_every_student_can_tell_every_pair_of_faults_apart(number):
    assert confused(faults.HUNT.readings(variant.of(number))) == []


def test_a_right_loss_reads_as_the_lab_says():
    readings = {name: read(faults.trident(), BATCH) for name, read in faults.INSTRUMENTS.items()}
    assert readings["at_equality"]["jsd"] == pytest.approx(0, abs=1e-5)
    assert readings["far_away"]["jsd"] == pytest.approx(1, abs=0.01)
    for name, right in (("poke_padding", 1), ("add_easy", 0.5), ("over_time", 1)):
        assert list(readings[name].values()) == pytest.approx([right] * 3, rel=0.02), name
    for part, pushed in readings["pushes"].items():  # an estimate from 16 directions
        assert readings["move"][part] == pytest.approx(pushed, rel=0.6), part


def test_moving_tells_a_detached_part_from_one_behind_an_arg_max():
    for name, moves in (("detached", True), ("arg_max", False)):
        assert instruments.pushes(answers.push)(CODES[name], BATCH)["semantic"] == 0
        assert (instruments.move(CODES[name], BATCH)["semantic"] > 0) is moves


def test_the_harmless_fault_has_another_value_and_the_same_pushes():
    [harmless] = [fault for fault in faults.FAULTS if fault.harmless]
    read = {name: (harmless.code, faults.trident()) for name in ("values", "pushes", "move")}
    pairs = {name: [faults.INSTRUMENTS[name](code, BATCH) for code in codes] for name, codes in read.items()}
    assert [differ(*pairs[name]) for name in ("values", "pushes", "move")] == [True, False, False]


def test_an_unknown_instrument_is_no_evidence():
    assert faults.HUNT.evidence("pushes", "detached", variant.of(0))
    assert not faults.HUNT.evidence("values", "detached", variant.of(0))
    with pytest.raises(ValueError, match="thermometer: no such instrument"):
        faults.HUNT.evidence("thermometer", "detached", variant.of(0))


def test_a_batch_has_the_students_padding_and_temperature():
    you = variant.of(3)
    assert (~BATCH.targets).sum(1).tolist() == list(you.padding) and BATCH.temperature == you.temperature
    assert torch.equal(BATCH.student, instruments.batch(you).student)


def test_the_values_of_four_losses_over_gaps_are_those_of_their_formulas():
    values, pushes = pictures.over_gaps(answers.focal, answers.jsd)
    s = torch.sigmoid(torch.tensor(0.0))
    assert values.ce[0.0] == pytest.approx(-float(s.log())) and pushes.ce[0.0] == pytest.approx(float(1 - s))
    assert values.focal[0.0] == pytest.approx(0.25 * 0.25 * -float(s.log()))
    at_teacher = [values.kl[4.0], values.jsd[4.0], pushes.kl[4.0], pushes.jsd[4.0]]
    assert at_teacher == pytest.approx([0] * 4, abs=1e-6)
    assert values.jsd.max() < torch.log(torch.tensor(2.0)) < values.kl.max()


def test_shares_of_easy_tokens_are_counted_by_the_students_probability():
    s_y = torch.tensor([0.95, 0.99, 0.7, 0.2])
    z = torch.stack([s_y, 1 - s_y], -1).log()[None]
    blanks = dataclasses.replace(_few(), student=z, labels=torch.zeros(1, 4, dtype=torch.long))
    table = pictures.pushes_by_ease({"linear": lambda z, y: -z.gather(-1, y[..., None]).mean()}, blanks)
    assert table.tokens.tolist() == table["push of linear"].tolist() == pytest.approx([0.5, 0.25, 0.25])


def _few() -> data.Blanks:
    return data.blanks(checkpoint.BLANKS)


def test_the_semantic_losses_are_those_of_the_package():
    blanks = _few()
    student, reader = checkpoint.load("distilled", blanks), checkpoint.Reader(blanks)
    torch.testing.assert_close(student.logits, blanks.student)
    encoder = models.sentence_encoder(models.PACKAGED_ENCODER)
    references = SemanticTerm(encoder, blanks.tokenizer, mode="soft").encode(
        [example["assertion_canonical"] for example in blanks.examples]
    )
    found = {
        "decoded": reader.released(student.logits),
        "soft": reader.soft(student.logits, answers.expected_embedding),
    }
    for mode, loss in found.items():
        term = SemanticTerm(encoder, blanks.tokenizer, mode=mode, examples=len(blanks.labels))
        wanted = term(student.logits, blanks.labels, references, step=0)
        torch.testing.assert_close(loss, wanted.loss)
    pushes = [answers.push(loss, student.hidden) for loss in found.values()]
    assert pushes[0] == 0 < pushes[1]
    perfect = reader.perfect()
    assert float(reader.released(perfect)) == pytest.approx(0, abs=1e-5)
    assert float(reader.soft(perfect, answers.expected_embedding)) == pytest.approx(0, abs=1e-5)
    assert float(reader.soft_against_text(perfect, answers.expected_embedding)) > 0.1


def test_trained_students_are_shown_by_seed(tmp_path):
    rows = [
        {"configuration": name, "seed": seed, "split": split, "accepted": 0.25, "validation_loss": 0.5}
        for name in (*trained.ROWS, "ce")
        for seed in (13, 42)
        for split in ("validation", "test")
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "runs.csv", index=False)
    table = trained.students(tmp_path / "runs.csv")
    assert [row[0] for row in table.text] == list(trained.ROWS.values())
    assert "| focal alone | 0.500000 | 0.500000 | 25.0% | 25.0% |" in table.markdown()


def test_without_the_grid_the_lab_says_what_makes_it(tmp_path, capsys):
    assert trained.students(tmp_path / "figures" / "semantic" / "runs.csv") is None
    assert "`make reproduce GRID=semantic`" in capsys.readouterr().out
