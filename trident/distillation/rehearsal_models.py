"""Folders laid out as the hub stores the paper's models, with the real architecture and random weights.

They stand in for the checkpoints where no hub can be reached: what loads and runs them does the same work, byte for
byte, as with trained weights. Only the answers are worthless.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import (
    PreTrainedModel,
    RobertaConfig,
    RobertaModel,
    T5Config,
    T5ForConditionalGeneration,
)

Storage = Literal["bin", "safetensors", "sharded"]

#: The token that an encoder-decoder of this family starts, pads and ends with.
_ROLES = {"pad": "<pad>", "bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}
SHARD_SIZE = "200MB"


@dataclass(frozen=True)
class Shape:
    """An architecture. `layers` of a T5 are those of each stack. `width` of an attention head is 64 throughout."""

    d_model: int
    d_ff: int
    layers: int
    heads: int
    d_kv: int = 64


#: Wang et al. 2023: codet5p-770m (737,639,424 parameters) and codet5p-220m (222,882,048).
TEACHER = Shape(d_model=1024, d_ff=4096, layers=24, heads=16)
STUDENT = Shape(d_model=768, d_ff=3072, layers=12, heads=12)
#: distilroberta-base, from which st-codesearch-distilroberta-base and all-distilroberta-v1 were trained.
ENCODER = Shape(d_model=768, d_ff=3072, layers=6, heads=12)


@dataclass(frozen=True)
class Layout:
    """A byte-level vocabulary of `size` entries: the special tokens `first`, the pieces, and the special tokens `last`.

    `listed`: whether those at the end are named one by one, as objects, in special_tokens_map.json.
    """

    size: int
    first: tuple[str, ...]
    last: tuple[str, ...]
    listed: bool


CODET5 = Layout(
    size=32_100,
    first=("<pad>", "<s>", "</s>", "<unk>", "<mask>"),
    last=tuple(f"<extra_id_{i}>" for i in reversed(range(100))),
    listed=True,
)
ROBERTA = Layout(size=50_265, first=("<s>", "<pad>", "</s>", "<unk>"), last=("<mask>",), listed=False)


@dataclass(frozen=True)
class Vocabulary:
    """Token → id, and the merges of the byte-level BPE."""

    ids: Mapping[str, int]
    merges: Sequence[str]
    layout: Layout


def vocabulary(texts: Iterable[str], layout: Layout) -> Vocabulary:
    """Train a byte-level BPE on `texts`. If they give too few pieces, entries that no text contains fill the rest."""
    trained = ByteLevelBPETokenizer()
    wanted = layout.size - len(layout.last)
    trained.train_from_iterator(texts, wanted, show_progress=False, special_tokens=list(layout.first))
    model = json.loads(trained.to_str())["model"]
    names = sorted(model["vocab"], key=lambda piece: int(model["vocab"][piece]))
    names += [f"unused{i}" for i in range(wanted - len(names))]
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
    return Vocabulary({name: i for i, name in enumerate([*names, *layout.last])}, merges, layout)


def write_tokenizer(folder: Path, words: Vocabulary) -> None:
    """The files of a RoBERTa tokenizer without `tokenizer.json`, as CodeT5+'s repositories hold them."""

    def added(text: str, *, lstrip: bool = False) -> dict[str, Any]:
        return {"content": text, "lstrip": lstrip, "normalized": True, "rstrip": False, "single_word": False}

    roles = {f"{role}_token": added(text, lstrip=role == "mask") for role, text in _ROLES.items()}
    listed = [added(name, lstrip=True) for name in words.layout.last] if words.layout.listed else []
    special = {**roles, "additional_special_tokens": listed} if listed else roles
    config = {
        **{role: {"__type": "AddedToken", **token} for role, token in roles.items()},
        "add_prefix_space": False,
        "errors": "replace",
        "model_max_length": 512,
        "tokenizer_class": "RobertaTokenizer",
        "trim_offsets": True,
    }
    _write_json(folder / "vocab.json", words.ids)
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *words.merges, ""]), encoding="utf-8")
    _write_json(folder / "special_tokens_map.json", special)
    _write_json(folder / "tokenizer_config.json", config)
    _write_json(folder / "added_tokens.json", {})


def t5_config(shape: Shape, embedding_rows: int) -> dict[str, Any]:
    """The values of config.json for a T5 of `shape`, with the token ids of CodeT5's tokenizer."""
    ids = {name: i for i, name in enumerate(CODET5.first)}
    return {
        "architectures": ["T5ForConditionalGeneration"],
        "model_type": "t5",
        "vocab_size": embedding_rows,
        "d_model": shape.d_model,
        "d_kv": shape.d_kv,
        "d_ff": shape.d_ff,
        "num_layers": shape.layers,
        "num_decoder_layers": shape.layers,
        "num_heads": shape.heads,
        "dropout_rate": 0.1,
        "feed_forward_proj": "relu",
        "n_positions": 512,
        "output_past": True,
        "bos_token_id": ids["<s>"],
        "eos_token_id": ids["</s>"],
        "pad_token_id": ids["<pad>"],
        "decoder_start_token_id": ids["<pad>"],
    }


def write_seq2seq(
    folder: Path,
    shape: Shape,
    words: Vocabulary,
    *,
    seed: int,
    storage: Storage,
    embedding_rows: int = 0,
) -> None:
    """A T5 of `shape` in half precision, as CodeT5+ is published, with its tokenizer.

    Args:
        embedding_rows: of the embedding; 0: as many as the vocabulary has entries, as in CodeT5+. More of them pad it.
    """
    config = t5_config(shape, embedding_rows or len(words.ids))
    torch.manual_seed(seed)
    _write_model(folder, T5ForConditionalGeneration(T5Config(**config)), config, storage)
    write_tokenizer(folder, words)


def write_encoder(folder: Path, shape: Shape, words: Vocabulary, *, seed: int, max_tokens: int = 128) -> None:
    """A sentence encoder of `shape`: RoBERTa, mean pooling and normalisation, as `all-distilroberta-v1` is laid out."""
    config: dict[str, Any] = {
        "architectures": ["RobertaModel"],
        "model_type": "roberta",
        "vocab_size": len(words.ids),
        "hidden_size": shape.d_model,
        "intermediate_size": shape.d_ff,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "max_position_embeddings": 514,
        "type_vocab_size": 1,
        "layer_norm_eps": 1e-5,
        "bos_token_id": words.ids["<s>"],
        "eos_token_id": words.ids["</s>"],
        "pad_token_id": words.ids["<pad>"],
    }
    torch.manual_seed(seed)
    _write_model(folder, RobertaModel(RobertaConfig(**config)), config, "bin", dtype=torch.float32)
    write_tokenizer(folder, words)
    kinds = ("Transformer", "Pooling", "Normalize")
    modules = [
        {"idx": i, "name": str(i), "path": f"{i}_{kind}" if i else "", "type": f"sentence_transformers.models.{kind}"}
        for i, kind in enumerate(kinds)
    ]
    _write_json(folder / "modules.json", modules)
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": max_tokens, "do_lower_case": False})
    modes = {f"pooling_mode_{name}": name == "mean_tokens" for name in ("cls_token", "mean_tokens", "max_tokens")}
    pooling = folder / "1_Pooling"
    pooling.mkdir(exist_ok=True)
    _write_json(pooling / "config.json", {"word_embedding_dimension": shape.d_model, **modes})


def _write_model(
    folder: Path,
    model: PreTrainedModel,
    config: Mapping[str, Any],
    storage: Storage,
    dtype: torch.dtype = torch.float16,
) -> None:
    """`bin`: one pickled state dict, as old repositories have it. `sharded`: safetensors of at most `SHARD_SIZE`.

    `config` is written as it is, without the keys that a newer library would add: its defaults must fit old files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model.to(dtype)  # type: ignore[arg-type]  # transformers' wrapper of `to` loses its `self`
    if storage == "bin":
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
    else:
        model.save_pretrained(folder, max_shard_size=SHARD_SIZE if storage == "sharded" else "50GB")
    _write_json(folder / "config.json", {**config, "torch_dtype": str(dtype).removeprefix("torch.")})


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
