"""Writes a teacher cache in child processes that are killed with SIGKILL at random moments.

    python tests/helpers/killed_writer.py FOLDER KILLS SEED

It forks, since importing torch for each writer would take minutes. Prints JSON: `kills` that hit a writer at work;
`opened`, how many of them left a cache that opens (must be 0); `different`, files of finished caches that differ from
those of an undisturbed writer (must be none).
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from trident.distillation.teacher_cache import CacheError, OutputHead, TeacherCache, store, write

EXAMPLES, TOKENS, WIDTH, VOCABULARY = 60, 5, 16, 40


def slow_states() -> Iterator[tuple[str, Tensor]]:
    """One example per millisecond."""
    generator = torch.Generator().manual_seed(1)
    for i in range(EXAMPLES):
        time.sleep(0.001)
        yield f"example-{i}", torch.randn(TOKENS, WIDTH, generator=generator)


def write_cache(folder: Path) -> None:
    head = OutputHead(torch.arange(VOCABULARY * WIDTH, dtype=torch.float32).reshape(VOCABULARY, WIDTH) / 100, 0.25)
    write(folder, slow_states(), head, codec="hidden_fp16", tokenizer_digest="t", teacher_digest="t")


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if not file.name.startswith(".")}


def main(folder: Path, wanted: int, seed: int) -> None:
    torch.set_num_threads(1)
    store.BATCH_BYTES = 5 * TOKENS * WIDTH * 2  # five examples per record batch
    random_ = random.Random(seed)
    started = time.perf_counter()
    write_cache(folder / "whole")
    duration = time.perf_counter() - started
    reference, killed = contents(folder / "whole"), folder / "killed"
    kills = opened = 0
    different: set[str] = set()
    while kills < wanted:
        child = os.fork()
        if not child:
            write_cache(killed)
            os._exit(0)
        time.sleep(random_.uniform(0, duration))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        finished = (killed / "manifest.json").exists()
        if finished:  # the kill came after the last step: then everything must be there
            different |= {name for name, data in reference.items() if contents(killed).get(name) != data}
        elif os.WIFSIGNALED(status) and killed.exists():
            kills += 1
            try:
                TeacherCache(killed)
                opened += 1
            except CacheError:
                pass
    write_cache(killed)
    different |= {name for name, data in contents(killed).items() if reference.get(name) != data}
    print(json.dumps({"kills": kills, "opened": opened, "different": sorted(different)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
