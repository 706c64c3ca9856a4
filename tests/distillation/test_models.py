"""Models by folder, by name and from scratch."""

from __future__ import annotations

import pytest
import torch

from trident.distillation import models


@pytest.fixture(scope="module")
def tokenizer():
    return models.train_tokenizer(["int total = 12; assertEquals(12, total);"] * 3, 310)


def build(tokenizer, **changes):
    return models.from_scratch(
        tokenizer, **{"d_model": 16, "d_ff": 32, "layers": 1, "heads": 2, "dropout_rate": 0.0, "seed": 3, **changes}
    )


def test_tokenizer_keeps_any_text(tokenizer):
    for text in ('assertEquals("a  b", x);', "größer → 北", "1234567", "\t{ }\n"):
        assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text


def test_digits_stay_apart(tokenizer):
    assert [token for token in tokenizer.tokenize("total = 12345;") if token.isdigit()] == list("12345")


def test_too_large_a_vocabulary_is_an_error():
    with pytest.raises(ValueError, match="vocabulary_size = 5000"):
        models.train_tokenizer(["int x;"], 5000)


def test_a_folder_in_codet5_format_is_loaded(tokenizer, tmp_path):
    """The paper's models are such folders; this one holds a tiny T5."""
    made = build(tokenizer)
    made.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert list(tmp_path.glob("*.safetensors")) and not list(tmp_path.glob("*.bin"))
    loaded, its_tokenizer = models.load(tmp_path, dropout_rate=0.1)
    assert loaded.config.dropout_rate == 0.1
    assert its_tokenizer.get_vocab() == tokenizer.get_vocab()
    inputs = {"input_ids": torch.tensor([[40, 41, 1]]), "labels": torch.tensor([[50, 1]])}
    torch.testing.assert_close(loaded.eval()(**inputs).logits, made.eval()(**inputs).logits)


def test_same_seed_same_weights(tokenizer):
    first, second, other = (build(tokenizer, seed=seed).shared.weight for seed in (1, 1, 2))
    assert torch.equal(first, second) and not torch.equal(first, other)


@pytest.fixture
def offline(monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)


def test_without_the_hub_the_error_says_what_to_do(offline):
    with pytest.raises(models.ModelNotFound) as caught:
        models.load("Salesforce/codet5p-770m")
    message = str(caught.value)
    assert (
        "Salesforce/codet5p-770m" in message
        and "hf download" in message
        and "sandbox" in message
        and "HF_HUB_OFFLINE" in message
    )


def test_a_missing_encoder_is_an_error_too(offline):
    with pytest.raises(models.ModelNotFound, match="sentence encoder 'some/encoder'"):
        models.sentence_encoder("some/encoder")


def test_a_folder_without_weights_is_an_error(tokenizer, tmp_path):
    build(tokenizer).config.save_pretrained(tmp_path)
    with pytest.raises(models.ModelNotFound, match="no model"):
        models.load(tmp_path)


def test_counts_take_tied_weights_once(tokenizer):
    model = build(tokenizer)
    assert models.parameter_count(model) == sum(p.numel() for p in {id(p): p for p in model.parameters()}.values())
    assert models.weight_bytes(model) == 4 * models.parameter_count(model)


def test_an_absent_device_is_an_error():
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    with pytest.raises(RuntimeError, match="no CUDA device"):
        models.device("cuda")
    assert models.device("cpu") == torch.device("cpu")
