"""The network in NumPy computes what transformers does, from every folder that is written here."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from trident.distillation import int8, models
from trident.evaluation.numpy_t5 import T5, NotReadable, _Cache
from trident.experiment import paths

SOURCES = [[40, 41, 7, 50, 51, 9, 1], [60, 1], [*range(40, 250), 1]]


def made(folder, **changes):
    tokenizer = models.train_tokenizer(["int total = 12; assertEquals(12, total);"] * 3, 310)
    sizes = {"d_model": 32, "d_ff": 48, "layers": 3, "heads": 4, "dropout_rate": 0.0, "seed": 5, **changes}
    model = models.from_scratch(tokenizer, **sizes).eval()
    with torch.no_grad():  # as from a training: no zeros and ones, and answers that end
        for name, weight in model.named_parameters():
            if "norm" in name or "bias" in name:
                weight.add_(0.3 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(len(name))))
    model.save_pretrained(folder)
    return model


def by_transformers(model, ids, beams, length):
    """(ids without start and end, log probability) of the answers that end, the best first."""
    with torch.no_grad():
        found = model.generate(
            input_ids=torch.tensor([ids]),
            max_new_tokens=length,
            num_beams=beams,
            num_return_sequences=beams,
            length_penalty=0.0,
            early_stopping=False,
            do_sample=False,
            output_scores=True,
            return_dict_in_generate=True,
        )
    rows = zip(found.sequences[:, 1:].tolist(), found.sequences_scores.tolist())
    return [(row[: row.index(1)], score) for row, score in rows if 1 in row]


@pytest.mark.parametrize("ids", SOURCES, ids=len)
def test_each_step_has_the_logits_of_transformers(tmp_path, ids):
    model, network = made(tmp_path), T5(tmp_path)
    written = [0, 44, 45, 60, 44, *range(100, 140)]
    with torch.no_grad():
        wanted = model(input_ids=torch.tensor([ids]), decoder_input_ids=torch.tensor([written])).logits[0]
    np.testing.assert_allclose(given(network, ids, written), wanted.numpy(), rtol=1e-3, atol=1e-4)


def given(network, ids, written):
    """Logits after each of the tokens that are given one by one."""
    crossed, caches = network._encoded(ids), [_Cache() for _ in network._decoder]
    steps = [network._logits(np.array([token]), i, caches, crossed)[0] for i, token in enumerate(written)]
    return np.stack(steps)


@pytest.mark.parametrize("folder", ["distilled", "teacher"])
def test_a_shipped_model_gives_the_answers_of_transformers(folder):
    place = paths.ROOT / "models" / folder
    (model, tokenizer), network = models.load(place), T5(place)
    ids = tokenizer("@Test public void t() { Stack s = new Stack(); s.push(4); <ASSERTION> } int size() { return n; }")
    wanted = by_transformers(model.eval(), ids["input_ids"], 5, 40)
    found = network.answers(ids["input_ids"], beams=5, max_new_tokens=40)
    assert len(found) == 5 and [answer.ids for answer in found][:3] == [row for row, _ in wanted][:3]
    assert [answer.log_probability for answer in found][:3] == pytest.approx(
        [score for _, score in wanted][:3], abs=1e-3
    )


def test_probabilities_are_those_of_whole_answers():
    """Each is what the product over its tokens says, and together they stay below 1."""
    place = paths.ROOT / "models/distilled"
    (model, tokenizer), network = models.load(place), T5(place)
    ids = tokenizer("@Test public void t() { <ASSERTION> } int size() { return n; }")["input_ids"]
    found = network.answers(ids, beams=8, max_new_tokens=40)
    assert len(found) == 8 and 0 < sum(np.exp(answer.log_probability) for answer in found) <= 1
    for answer in found:
        labels = torch.tensor([[*answer.ids, 1]])
        with torch.no_grad():
            loss = model.eval()(input_ids=torch.tensor([ids]), labels=labels).loss
        assert -float(loss) * labels.numel() == pytest.approx(answer.log_probability, abs=1e-3)


def test_an_int8_folder_gives_the_weights_that_it_stands_for(tmp_path):
    model = made(tmp_path / "fp32")
    int8.save(int8.quantise(model), tmp_path / "int8")
    exact, small = T5(tmp_path / "fp32"), T5(tmp_path / "int8")
    np.testing.assert_allclose(small._embeddings, exact._embeddings, atol=float(abs(exact._embeddings).max()) / 250)
    wanted, found = (given(network, SOURCES[0], [0, 44, 45]) for network in (exact, small))
    assert 0 < np.linalg.norm(found - wanted) < 0.05 * np.linalg.norm(wanted)


def test_half_precision_is_read(tmp_path):
    made(tmp_path / "fp32").half().save_pretrained(tmp_path / "fp16")
    wanted, found = (given(T5(tmp_path / name), SOURCES[1], [0, 44]) for name in ("fp32", "fp16"))
    np.testing.assert_allclose(found, wanted, rtol=0.02, atol=0.02)


def test_what_cannot_be_read_is_named(tmp_path):
    with pytest.raises(NotReadable, match=r"holds no model: it needs config\.json and model\.safetensors or"):
        T5(tmp_path)
    made(tmp_path)
    config = tmp_path / "config.json"
    before = json.loads(config.read_text())
    config.write_text(json.dumps({**before, "is_gated_act": True}))
    with pytest.raises(NotReadable, match="is_gated_act is True, but only False is read here"):
        T5(tmp_path)
    config.write_text(json.dumps({**before, "num_layers": 7}))
    with pytest.raises(NotReadable, match=r"weights lack 'encoder\.block\.3\.layer\.0\.SelfAttention\.q'"):
        T5(tmp_path)
    config.write_text(json.dumps(before))
    file = tmp_path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(NotReadable, match="is damaged"):
        T5(tmp_path)
