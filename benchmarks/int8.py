"""When weights of 8 bits pay, and what a suggestion costs. Prints one JSON object; --write renews docs/design.md.

    python benchmarks/int8.py [--write] > int8.json

One thread, processor time, the fastest of several runs that take turns. `sizes`: T5s with random weights, from the
sandbox's student to the paper's, each writing 16 tokens after an input of 100: share of bytes in int8, and milliseconds
with weights of 32 bits and of 8 (transformers), and in NumPy. `suggest`: the shipped student as `trident suggest` uses
it, on 20 blanks of the sandbox; and the whole command, loading included, on the two blanks of docs/suggest.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from transformers import T5Config, T5ForConditionalGeneration

from trident.corpus.sandbox.generate import generate
from trident.distillation import int8, models
from trident.evaluation.numpy_t5 import T5
from trident.evaluation.suggest import Suggester
from trident.experiment import paths
from trident.reporting import rendering

#: Name, vocabulary, d_model, d_ff, layers of encoder and of decoder, heads.
SIZES = {
    "sandbox student": (4096, 128, 512, 2, 4),
    "sandbox teacher": (4096, 192, 640, 4, 4),
    "8 M": (4096, 256, 1024, 4, 8),
    "31 M": (4096, 512, 2048, 4, 8),
    "paper's student": (32_100, 768, 3072, 12, 12),
}
SOURCE_TOKENS, NEW_TOKENS, BLANKS, TOP = 100, 16, 20, 5
DESIGN = paths.ROOT / "docs/design.md"


def fastest(runs: Mapping[str, Callable[[], Any]], seconds: float) -> dict[str, float]:
    """Milliseconds of processor time of each, the least of some runs in turn."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    started = time.process_time()
    while len(times[next(iter(runs))]) < 3 or time.process_time() - started < seconds:
        for name, run in runs.items():
            before = time.process_time()
            run()
            times[name].append(1000 * (time.process_time() - before))
    return {name: round(min(found), 2) for name, found in times.items()}


def of_size(vocabulary: int, d_model: int, d_ff: int, layers: int, heads: int) -> dict[str, Any]:
    sizes = {"d_model": d_model, "d_ff": d_ff, "num_layers": layers, "num_decoder_layers": layers, "num_heads": heads}
    ends = {"pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
    config = T5Config(vocab_size=vocabulary, d_kv=d_model // heads, **sizes, **ends)
    torch.manual_seed(0)
    model = T5ForConditionalGeneration(config).eval()
    small = int8.quantise(model)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        network = T5(folder)
    ids = torch.randint(2, vocabulary, (1, SOURCE_TOKENS))
    options = {"max_new_tokens": NEW_TOKENS, "min_new_tokens": NEW_TOKENS, "do_sample": False, "num_beams": 1}
    runs = {
        "fp32_ms": lambda: model.generate(input_ids=ids, **options),
        "int8_ms": lambda: small.generate(input_ids=ids, **options),
        "numpy_ms": lambda: network.answers(ids[0].tolist(), beams=1, max_new_tokens=NEW_TOKENS),
    }
    share = models.weight_bytes(small) / models.weight_bytes(model)
    return {"parameters": models.parameter_count(model), "bytes": round(share, 4), **fastest(runs, 3)}


def suggesting() -> dict[str, float]:
    folder = paths.ROOT / "models/distilled"
    suggester = Suggester(folder, 144, 48)
    times = []
    for example in generate({"test": BLANKS}, 1)[0]:
        before = time.process_time()
        suggester.suggest(example["test_prefix_and_rest"], example["focal_method"], TOP)
        times.append(1000 * (time.process_time() - before))
    command = [sys.executable, "-m", "trident", "suggest", str(paths.ROOT / "docs/suggest/StackTest.java")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, "--model", str(folder)], cwd=paths.ROOT, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found = {"median_ms": statistics.median(times), "slowest_ms": max(times), "command_s": whole}
    return {name: round(value, 2) for name, value in found.items()}


def table(found: Mapping[str, Any]) -> str:
    lines = ["| T5 | Parameters (M) | Int8 / fp32, bytes | fp32 (ms) | Int8 (ms) | Times faster | NumPy, fp32 (ms) |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, row in found["sizes"].items():
        numbers = [f"{row['parameters'] / 1e6:.1f}", f"{100 * row['bytes']:.1f} %", f"{row['fp32_ms']:.1f}"]
        numbers += [f"{row['int8_ms']:.1f}", f"{row['fp32_ms'] / row['int8_ms']:.2f}", f"{row['numpy_ms']:.1f}"]
        lines.append(f"| {name} | {' | '.join(numbers)} |")
    one = found["suggest"]
    return "\n".join(lines) + (
        f"\n\n`trident suggest` with the shipped student: {one['median_ms']:.0f} ms for a blank (median of {BLANKS}; "
        f"the slowest {one['slowest_ms']:.0f} ms), {one['command_s']:.1f} s for the whole command on two blanks, "
        f"loading included. One thread, processor time, {found['machine']}.\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="renew the table in docs/design.md")
    write = parser.parse_args().write
    torch.set_num_threads(1)
    np.random.seed(0)
    machine = f"{platform.machine()}, torch {torch.__version__.partition('+')[0]}"
    found = {
        "machine": machine,
        "sizes": {name: of_size(*size) for name, size in SIZES.items()},
        "suggest": suggesting(),
    }
    print(json.dumps(found, indent=1))
    if write:
        rendering.put(DESIGN, "int8", table(found))


if __name__ == "__main__":
    main()
