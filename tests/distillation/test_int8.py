"""Int8 models: near the original, a quarter of the bytes, the same after a round trip, and nothing else gets in."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from transformers import BertConfig, BertModel

from trident.distillation import int8, models


@pytest.fixture(scope="module")
def tokenizer():
    return models.train_tokenizer(["int total = 12; assertEquals(12, total);"] * 3, 310)


@pytest.fixture(scope="module")
def model(tokenizer):
    return models.from_scratch(tokenizer, d_model=64, d_ff=128, layers=2, dropout_rate=0.1, seed=3).eval()


@pytest.fixture(scope="module")
def small(model):
    return int8.quantise(model)


def logits(model):
    inputs = {"input_ids": torch.tensor([[40, 41, 7, 1]]), "labels": torch.tensor([[50, 60, 1]])}
    with torch.no_grad():
        return model(**inputs).logits


def test_a_matrix_by_hand():
    weight, scale = int8.by_row(torch.tensor([[1.27, -0.64, 0.001], [0.0, 0.0, 0.0]]))
    assert weight.tolist() == [[127, -64, 0], [0, 0, 0]] and weight.dtype == torch.int8
    torch.testing.assert_close(scale[:1], torch.tensor([0.01]))


def test_a_product_by_hand():
    weight, scale = torch.tensor([[127, 0], [0, 64]], dtype=torch.int8), torch.tensor([0.5, 2.0])
    x = torch.tensor([[[2.54, 1.0]], [[0.0, 0.0]]])  # of scale 0.02: 127 and 50
    expected = [[[127 * 127 * 0.5 * 0.02, 64 * 50 * 2.0 * 0.02]], [[0.0, 0.0]]]
    torch.testing.assert_close(int8.multiply(x, weight, scale), torch.tensor(expected))


@given(st.integers(0, 2**32), st.floats(1e-6, 1e6))
def test_rounding_errs_by_half_a_step_at_most(seed, size):
    values = size * torch.randn(5, 7, generator=torch.Generator().manual_seed(seed))
    weight, scale = int8.by_row(values)
    assert ((weight * scale[:, None] - values).abs() <= 0.5001 * scale[:, None]).all()


def test_logits_stay_near(model, small):
    wanted, found = logits(model), logits(small)
    assert (found - wanted).norm() < 0.03 * wanted.norm()
    assert not torch.equal(found, wanted)


def test_the_original_stays_as_it_is(model):
    before = models.weights_digest(model)
    int8.quantise(model)
    assert models.weights_digest(model) == before


def test_a_round_trip_changes_no_bit_and_the_file_is_a_quarter(model, small, tokenizer, tmp_path):
    int8.save(small, tmp_path)
    tokenizer.save_pretrained(tmp_path)
    loaded, its_tokenizer = models.load(tmp_path)
    assert torch.equal(logits(loaded), logits(small)) and not loaded.training
    assert its_tokenizer.get_vocab() == tokenizer.get_vocab()
    file = tmp_path / int8.WEIGHTS
    assert models.weight_bytes(loaded) < 0.3 * models.weight_bytes(model)
    assert file.stat().st_size < 1.05 * models.weight_bytes(loaded) + 20_000  # the header: names and shapes
    assert sorted(one.suffix for one in tmp_path.iterdir() if "model" in one.name) == [".safetensors"]


def test_tied_rows_are_stored_once_and_stay_tied(small, tmp_path):
    int8.save(small, tmp_path)
    loaded = int8.load(tmp_path)
    assert loaded.get_input_embeddings() is loaded.encoder.embed_tokens is loaded.lm_head.table
    with safe_open(tmp_path / int8.WEIGHTS, "pt") as file:
        shapes = [tuple(file.get_slice(name).get_shape()) for name in file.keys()]  # noqa: SIM118
    assert shapes.count((310, 64)) == 1


def test_generation_is_that_of_the_model_in_memory(small, tmp_path):
    int8.save(small, tmp_path)
    inputs = {"input_ids": torch.tensor([[40, 41, 7, 1]]), "max_new_tokens": 6, "num_beams": 3, "do_sample": False}
    assert torch.equal(int8.load(tmp_path).generate(**inputs), small.generate(**inputs))


def test_a_half_precision_model_is_quantised_too(model):
    half = int8.quantise(copy.deepcopy(model).half())
    assert (logits(half) - logits(model)).norm() < 0.03 * logits(model).norm()


def test_only_a_t5_that_is_not_quantised_can_be(small):
    with pytest.raises(int8.Int8Error, match="BertModel cannot be quantised: pass a T5"):
        int8.quantise(BertModel(BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, vocab_size=9)))
    with pytest.raises(int8.Int8Error, match="an int8 model cannot be quantised"):
        int8.quantise(small)


def test_only_what_was_quantised_is_saved(model, tmp_path):
    with pytest.raises(int8.Int8Error, match=r"not quantised: pass what int8\.quantise returns"):
        int8.save(model, tmp_path)
    assert not list(tmp_path.iterdir())


def test_damaged_and_foreign_weights_are_refused(small, tokenizer, tmp_path):
    int8.save(small, tmp_path)
    file = tmp_path / int8.WEIGHTS
    whole = file.read_bytes()
    file.write_bytes(whole[:-9])
    with pytest.raises(int8.Int8Error, match=r"model\.int8\.safetensors does not hold the int8 weights of .*config"):
        int8.load(tmp_path)
    other = models.from_scratch(tokenizer, d_model=16, d_ff=32, layers=1, dropout_rate=0.0, seed=3)
    int8.save(int8.quantise(other), tmp_path / "other")
    file.write_bytes((tmp_path / "other" / int8.WEIGHTS).read_bytes())
    with pytest.raises(int8.Int8Error, match="does not hold the int8 weights"):
        int8.load(tmp_path)


def test_an_int8_model_is_not_trained(small, tokenizer, tmp_path):
    int8.save(small, tmp_path)
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(int8.Int8Error, match="holds int8 weights, which cannot be trained"):
        models.load(tmp_path, dropout_rate=0.1)
