"""Speed of the Code Quality Score compared with scoring one pair at a time, as the paper's released evaluator does.

    python benchmarks/cqs.py PREDICTIONS REFERENCES [--encoder all-MiniLM-L6-v2] [--one-at-a-time 500] [--limit N]

Both files hold one assertion per line; line n of one belongs to line n of the other. Prints one JSON object: pairs per
second for each variant over all pairs, and for one pair at a time over pairs spread evenly over the files
(``--one-at-a-time 0``: over all), with the same encoder in the same process. `largest_difference` is between the two
methods' components, which are the same by definition. `encoder_share` is the encoder's part of each variant's time:
with this encoder and machine, no scoring can be more than 1 / share times faster.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import time
from pathlib import Path

import javalang
import numpy as np
import torch
from codebleu.bleu import corpus_bleu
from sentence_transformers import SentenceTransformer
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from trident import cqs  # noqa: E402
from trident.distillation.models import sentence_encoder  # noqa: E402
from trident.metrics import codebleu, embeddings, reference_code, strict  # noqa: E402

VARIANTS = ("released", "paper", "strict")


def one_at_a_time(prediction: str, reference: str, encoder: embeddings.Encoder) -> tuple[float, float, float, float]:
    """The released evaluator's components of one pair, each from scratch: semantic, codebleu, ast, token accuracy."""
    semantic = 0.0
    if prediction.strip():
        left = encoder.encode([prediction], convert_to_tensor=True, show_progress_bar=False)
        right = encoder.encode([reference], convert_to_tensor=True, show_progress_bar=False)
        semantic = max(0.0, min(1.0, torch.nn.functional.cosine_similarity(left, right).item()))
    bleu = float(corpus_bleu([[reference.strip()]], [prediction.strip()])) if prediction.strip() else 0.0
    try:
        javalang.parse.parse(f"public class TestClass {{ public void testMethod() {{\n{prediction}\n}} }}")
        valid = 1.0
    except Exception:  # whatever javalang raises: it does not accept the text
        valid = 0.0
    expected, tokens = reference.split(), prediction.split()
    same = sum(a == b for a, b in zip(expected, tokens, strict=False))
    accuracy = (
        same / len(expected) * min(len(expected), len(tokens)) / max(len(expected), len(tokens)) if tokens else 0.0
    )
    return semantic, bleu, valid, accuracy


class Timed:
    """A sentence encoder that measures its time in `seconds`."""

    def __init__(self, encoder: SentenceTransformer) -> None:
        self.max_seq_length, self.tokenizer = encoder.max_seq_length, encoder.tokenizer
        self._encoder = encoder
        self.seconds = 0.0

    def encode(self, sentences: list[str], **options: object) -> np.ndarray:
        start = time.perf_counter()
        vectors = self._encoder.encode(sentences, **options)
        self.seconds += time.perf_counter() - start
        return vectors


def lines(file: Path) -> list[str]:
    """The lines of a file, split at line feeds only."""
    text = file.read_text(encoding="utf-8")
    return text.removesuffix("\n").split("\n") if text else []


def parse() -> tuple[argparse.Namespace, list[str], list[str]]:
    """The options, predictions and references of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("predictions", type=Path)
    parser.add_argument("references", type=Path)
    parser.add_argument("--encoder", default="all-MiniLM-L6-v2", help="a sentence encoder by name or folder")
    parser.add_argument("--one-at-a-time", type=int, default=500, metavar="N", help="pairs scored singly; 0: all")
    parser.add_argument("--limit", type=int, help="use the first pairs only")
    options = parser.parse_args()
    predictions, references = lines(options.predictions), lines(options.references)
    if len(predictions) != len(references) or not references:
        parser.error(
            f"{options.predictions} has {len(predictions)} lines, {options.references} {len(references)}: "
            "they must be pairs"
        )
    return options, predictions[: options.limit], references[: options.limit]


def main() -> None:
    options, predictions, references = parse()
    encoder = sentence_encoder(options.encoder)
    encoder.encode(references[:8])  # warm up

    number = min(options.one_at_a_time or len(references), len(references))
    sample = np.linspace(0, len(references) - 1, number).astype(int)
    start = time.perf_counter()
    singly = [one_at_a_time(predictions[i], references[i], encoder) for i in tqdm(sample, desc="one at a time")]
    speed = {"one_at_a_time": number / (time.perf_counter() - start)}
    frames, shares = {}, {}
    for variant in VARIANTS:
        for cached in (strict._view, reference_code.released, reference_code._statements, codebleu._graphs):
            cached.cache_clear()
        timed, start = Timed(encoder), time.perf_counter()
        frames[variant] = cqs.score(predictions, references, encoder=timed, variant=variant, progress=True)
        seconds = time.perf_counter() - start
        speed[variant], shares[variant] = len(references) / seconds, timed.seconds / seconds
    difference = np.abs(frames["released"].loc[sample, list(cqs.COMPONENTS)].to_numpy() - np.array(singly)).max()
    report = {
        "pairs": len(references),
        "distinct_pairs": len(set(zip(predictions, references, strict=True))),
        "one_at_a_time_pairs": number,
        "exact_match_percent": round(100 * frames["strict"]["exact_match_raw"].mean(), 2),
        "exact_match_canonical_percent": round(100 * frames["strict"]["exact_match"].mean(), 2),
        "pairs_per_second": {name: round(value, 1) for name, value in speed.items()},
        "times_faster": {name: round(speed[name] / speed["one_at_a_time"], 1) for name in VARIANTS},
        "encoder_share": {name: round(value, 3) for name, value in shares.items()},
        "largest_difference": float(f"{difference:.2g}"),
        "scores": {name: frames[name][["cqs", *cqs.COMPONENTS]].mean().round(4).to_dict() for name in VARIANTS},
        "peak_mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "encoder": options.encoder,
        "device": str(encoder.device),
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "torch": torch.__version__,
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
