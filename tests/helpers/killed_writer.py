"""Writes a knowledge store in child processes that are killed with SIGKILL at random points. Run by test_logits.py.

    python tests/killed_writer.py FOLDER KILLS SEED

A process of its own that forks, since importing torch for each of the writers would take minutes. Prints JSON: `kills` that struck a
writer at work, `shards_kept` over them, `recomputed` shards that had been whole (should be none), and `different` files of
finished stores (should be none).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import torch

from trident.distillation.teacher_cache import OutputHead, measure, write

EXAMPLES, TOKENS, WIDTH, VOCABULARY = 60, 5, 16, 40


class SlowStates(measure.GivenStates):
    """Takes a millisecond an example, and notes in `log` where each shard that is asked for begins."""

    def __init__(self, log: Path | None = None):
        rng = torch.Generator().manual_seed(1)
        super().__init__({f"example-{i}": torch.randn(TOKENS, WIDTH, generator=rng) for i in range(EXAMPLES)})
        self.log = log

    def states(self, first, last):
        if self.log is not None:
            with self.log.open("a") as stream:
                stream.write(f"{first}\n")
        for pair in super().states(first, last):
            time.sleep(0.001)
            yield pair


def store(folder: Path, log: Path | None = None) -> None:
    head = OutputHead(torch.arange(VOCABULARY * WIDTH, dtype=torch.float32).reshape(VOCABULARY, WIDTH) / 100, 0.25)
    write(
        folder,
        SlowStates(log),
        head,
        codec="hidden_int8",
        tokenizer_digest="t",
        teacher_digest="t",
        shard_bytes=5 * (TOKENS * (WIDTH + 2)),
    )  # five examples a shard


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def main(folder: Path, wanted: int, seed: int) -> None:
    torch.set_num_threads(1)
    rng = random.Random(seed)
    started = time.perf_counter()
    store(folder / "whole")
    duration = time.perf_counter() - started
    reference = contents(folder / "whole")
    killed, log = folder / "killed", folder / "log"
    counts = {"kills": 0, "shards_kept": 0, "recomputed": 0}
    different: set[str] = set()
    while counts["kills"] < wanted:
        whole = {int(file.name[6:11]) for file in killed.glob("shard-*.bin")}
        log.write_text("")
        child = os.fork()
        if not child:
            store(killed, log)
            os._exit(0)
        time.sleep(rng.uniform(0, 0.8 * duration))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        asked = {int(line) // 5 for line in log.read_text().splitlines()}
        counts["recomputed"] += len(asked & whole)
        if os.WIFSIGNALED(status) and not (killed / "manifest.json").exists():
            counts["kills"] += 1
            counts["shards_kept"] += len(whole)
        elif (killed / "manifest.json").exists():
            different |= _differences(contents(killed), reference)
            shutil.rmtree(killed)
    store(killed)
    different |= _differences(contents(killed), reference)
    print(
        json.dumps(
            {**counts, "different": sorted(different), "shards": len(list((folder / "whole").glob("shard-*.bin")))}
        )
    )


def _differences(some: dict[str, bytes], others: dict[str, bytes]) -> set[str]:
    # a kill between writing the manifest and the end of the process leaves nothing behind either
    return {name for name in some.keys() | others.keys() if some.get(name) != others.get(name)}


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
