"""Folders laid out as the hub stores the paper's models: what the package loads must be what they hold."""

from __future__ import annotations

import pytest
import torch

from trident.corpus.sandbox.generate import generate
from trident.distillation import encoding, models
from trident.distillation import rehearsal_models as rehearsal
from trident.distillation.teacher_cache import output_head

TINY = rehearsal.Shape(d_model=32, d_ff=64, layers=1, heads=2, d_kv=16)


@pytest.fixture(scope="module")
def examples():
    return generate({"train": 60, "validation": 10}, 1)[0]


@pytest.fixture(scope="module")
def words(examples):
    return rehearsal.vocabulary([encoding.whole_text(row) for row in examples], rehearsal.CODET5)


@pytest.fixture(scope="module", params=["bin", "safetensors", "sharded"])
def loaded(request, words, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    rehearsal.write_seq2seq(folder, TINY, words, seed=1, storage=request.param)
    assert (folder / "pytorch_model.bin").is_file() == (request.param == "bin")
    return models.load(folder, dropout_rate=0.0)


def test_half_precision_becomes_single_with_tied_embeddings(loaded):
    model, _ = loaded
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight
    assert output_head(model).weight.shape == (32_100, 32)  # and its scale is the one that `forward` applies


def test_sentinels_are_special_at_the_end_of_the_vocabulary(loaded):
    _, tokenizer = loaded
    ids = tokenizer.convert_tokens_to_ids(list(models.SENTINELS))
    assert ids == [32_099 - i for i in range(len(models.SENTINELS))]
    assert set(ids) <= set(tokenizer.all_special_ids) and len(tokenizer) == 32_100
    assert tokenizer("<extra_id_3>")["input_ids"] == [1, 32_096, 2]  # <s>, the sentinel, </s>


def test_a_saved_tokenizer_is_the_same(loaded, tmp_path):
    _, tokenizer = loaded
    tokenizer.save_pretrained(tmp_path)
    again = models.AutoTokenizer.from_pretrained(tmp_path)
    assert again.get_vocab() == tokenizer.get_vocab() and again.all_special_ids == tokenizer.all_special_ids


def test_targets_survive_encoding(loaded, examples):
    _, tokenizer = loaded
    for row in examples:
        ids = tokenizer(row["assertion"])["input_ids"]
        assert tokenizer.decode(ids, skip_special_tokens=True).strip() == row["assertion"].strip()


def test_a_cut_keeps_the_first_and_the_last_token(loaded):
    _, tokenizer = loaded
    text = "int x = 1; " * 60 + models.MARK + " int y = 2;" * 60
    ids = encoding.encode_source(text, tokenizer, 100)
    assert ids[0] == tokenizer.bos_token_id and ids[-1] == tokenizer.eos_token_id and len(ids) <= 100
    assert models.MARK in tokenizer.decode(ids)
    assert tokenizer.bos_token_id not in ids[1:]


def test_a_padded_embedding_is_loaded_whole(words, tmp_path):
    rehearsal.write_seq2seq(tmp_path, TINY, words, seed=1, storage="bin", embedding_rows=32_128)
    model, tokenizer = models.load(tmp_path)
    assert model.get_input_embeddings().weight.shape[0] == 32_128 and len(tokenizer) == 32_100


def test_the_encoder_is_a_sentence_encoder(examples, tmp_path):
    words = rehearsal.vocabulary([encoding.whole_text(row) for row in examples], rehearsal.ROBERTA)
    rehearsal.write_encoder(tmp_path, TINY, words, seed=1)
    encoder = models.sentence_encoder(str(tmp_path))
    vectors = encoder.encode(["assertTrue(x);", "assertNull(y);"])
    assert encoder.max_seq_length == 128 and vectors.shape == (2, 32)
    assert abs(float((vectors[0] ** 2).sum()) - 1) < 1e-5  # normalised


@pytest.mark.parametrize(("shape", "parameters"), [(rehearsal.TEACHER, 737_639_424), (rehearsal.STUDENT, 222_882_048)])
def test_sizes_are_the_published_ones(shape, parameters):
    """Wang et al. 2023. Counted without allocating the weights."""
    with torch.device("meta"):
        config = rehearsal.t5_config(shape, 32_100)
        assert models.parameter_count(models.T5ForConditionalGeneration(models.T5Config(**config))) == parameters
