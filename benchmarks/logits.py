"""Size, error and speed of each codec of the teacher cache. Prints one JSON object.

    python benchmarks/logits.py [--teacher runs/sandbox/teacher --corpus runs/sandbox/corpus] > logits.json

One thread, processor time. Two teachers:

`random` has the paper's size: vocabulary 32,100, d_model 1,024, T5's output scale 1/32. Its hidden states are drawn to
look like a trained teacher's where it matters to a codec:
- the logits have a standard deviation of 3, so that at T = 4 the distribution is nearly flat and the 128 most probable
  tokens hold a few per cent;
- one token is 10 to 25 above the mean: its median probability at T = 1 is about 0.9, as in fine-tuned models;
- channels differ in strength (log-normal, sigma 0.5), and eight of 1,024 are ten times stronger still, like the outlier
  channels of trained transformers. The columns of the output matrix differ too (sigma 0.3).
The student's logits have the same standard deviation and correlate with the teacher's by 0.9, as late in training, when
the gradient is small and a codec's error matters most. Targets have 8 to 48 tokens, 28 on average.

`sandbox` is the teacher that notebook 02 trained; skipped, with a message, if its folders are not given or unfinished.

Numbers for each codec: those of trident.distillation.teacher_cache.measure.compare; `encode_tokens_per_s` and
`decode_tokens_per_s` (checksums included, files in the page cache; hidden states are not yet turned into logits);
`decode_share_of_step`: reading a batch and turning it into logits, relative to the student's forward and backward pass
on it (random: the architecture of the paper's 220M student with 512 input tokens).
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import T5Config, T5ForConditionalGeneration

from trident.corpus import storage
from trident.distillation import encoding, models
from trident.distillation.teacher_cache import (
    OutputHead,
    TeacherCache,
    codecs,
    hidden_states,
    measure,
    output_head,
    write,
)
from trident.experiment import artifacts, params
from trident.losses import TridentLoss

VOCABULARY, D_MODEL, STUDENT_D_MODEL = 32_100, 1_024, 768
STD, CORRELATION = 3.0, 0.9
RELEASED_POSITIONS = 512
WEIGHTS = {"focal": 0.45, "jsd": 0.40}
NO_DIGESTS = {"tokenizer_digest": "", "teacher_digest": ""}


def seconds(work: Callable[[], Any], *, repeats: int = 3) -> float:
    """Median processor time: other processes disturb it less than wall time."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return statistics.median(times)


class RandomTeacher:
    """Output matrix and hidden states as described at the top of this file."""

    def __init__(self) -> None:
        self.rng = torch.Generator().manual_seed(2025)
        columns = torch.exp(0.3 * self._normal(D_MODEL))
        self.head = OutputHead(self._normal(VOCABULARY, D_MODEL) * columns, D_MODEL**-0.5)
        self.channels = torch.exp(0.5 * self._normal(D_MODEL))
        self.channels[torch.randperm(D_MODEL, generator=self.rng)[:8]] *= 10
        self.channels *= STD / self.head(self._normal(64, D_MODEL) * self.channels).std()

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.rng)

    def states(self, tokens: int) -> Tensor:
        """(tokens, d_model)."""
        likely = self.head.weight[torch.randint(VOCABULARY, (tokens,), generator=self.rng)]
        gap = 10 + 15 * torch.rand(tokens, 1, generator=self.rng)
        direction = likely * gap / (likely.square().sum(1, keepdim=True) * self.head.scale)
        return self._normal(tokens, D_MODEL) * self.channels + direction

    def examples(self, tokens: int) -> dict[str, Tensor]:
        """Examples of 8 to 48 tokens, together at least `tokens`."""
        examples: dict[str, Tensor] = {}
        while sum(map(len, examples.values())) < tokens:
            length = int(torch.randint(8, 49, (), generator=self.rng))
            examples[f"example-{len(examples):06d}"] = self.states(length)
        return examples

    def student(self, examples: dict[str, Tensor]) -> tuple[dict[str, Tensor], OutputHead]:
        """Hidden states and head of a student: partly the logits of `examples`, partly its own."""
        own = OutputHead(torch.cat([self.head.weight, self._normal(VOCABULARY, STUDENT_D_MODEL)], 1), self.head.scale)
        strength = (1 - CORRELATION**2) ** 0.5 * STD / (self.head.scale * STUDENT_D_MODEL**0.5)
        return {
            name: torch.cat([CORRELATION * rows, strength * self._normal(len(rows), STUDENT_D_MODEL)], 1)
            for name, rows in examples.items()
        }, own


def speeds(examples: dict[str, Tensor], head: OutputHead, name: str, step: float, batch: int) -> dict[str, Any]:
    """Size on disk and speed of one codec. `step`: seconds of a student's step on `batch` examples."""
    hidden = name.startswith("hidden")
    codec = codecs.codec(name, head.weight.shape[1] if hidden else head.weight.shape[0])
    values = [(rows if hidden else head(rows)).numpy() for rows in list(examples.values())[:16]]
    with tempfile.TemporaryDirectory() as folder:
        manifest = write(folder, examples.items(), head, codec=name, **NO_DIGESTS)
        cache = TeacherCache(folder)
        ids = list(examples)[:batch]
        read = seconds(lambda: cache[ids])
        use = seconds(lambda: cache[ids] if cache.head is None else cache.head(cache[ids]))
    encode = seconds(lambda: [codec.pack(rows) for rows in values])
    return {
        "bytes_per_token": manifest["bytes_per_token"],
        "encode_tokens_per_s": round(sum(map(len, values)) / encode),
        "decode_tokens_per_s": round(sum(len(examples[i]) for i in ids) / read),
        "decode_share_of_step": round(use / step, 5),
    }


def student_step(
    student: torch.nn.Module, inputs: dict[str, Tensor], labels: Tensor, teacher_logits: Tensor, *, repeats: int
) -> float:
    """Seconds of a forward and backward pass."""
    loss = TridentLoss(temperature=4.0)
    decoder_inputs = student.prepare_decoder_input_ids_from_labels(labels)

    def step() -> None:
        logits = student(**inputs, decoder_input_ids=decoder_inputs, use_cache=False).logits
        loss(WEIGHTS, labels, student=logits, teacher=teacher_logits).total.backward()

    return seconds(step, repeats=repeats)


def paper_step(examples: dict[str, Tensor], batch: int) -> float:
    """:func:`student_step` of a student of the paper's size on the first `batch` examples."""
    sizes = {"d_model": STUDENT_D_MODEL, "d_kv": 64, "d_ff": 3072, "num_heads": 12, "num_layers": 12}
    config = T5Config(vocab_size=VOCABULARY, **sizes, dropout_rate=0.0, decoder_start_token_id=0)
    targets = [torch.randint(VOCABULARY, (len(rows),)) for rows in list(examples.values())[:batch]]
    labels = torch.nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
    inputs = {"input_ids": torch.randint(VOCABULARY, (batch, 512))}
    teacher_logits = torch.randn(*labels.shape, VOCABULARY)
    return student_step(T5ForConditionalGeneration(config), inputs, labels, teacher_logits, repeats=1)


def released_sizes(logits: list[Tensor], padding: Tensor, lengths: list[int]) -> dict[str, float]:
    """Bytes per target token of the released 16-bit format, without its padding and with it.

    Args:
        logits: of some examples; 16-bit logits do not compress, so each of their tokens has the same size.
        padding: (positions, V), logits at padded positions.
        lengths: target tokens of all examples in the cache; each is padded to 512.
    """
    plain = sum(measure.released_bytes(rows) for rows in logits) / sum(map(len, logits))
    padded_positions = sum(RELEASED_POSITIONS - n for n in lengths)
    padded = measure.released_bytes(padding) / len(padding) * padded_positions / sum(lengths)
    return {"released_16_bit": plain, "released_16_bit_padded": plain + padded}


def report(
    examples: dict[str, Tensor],
    head: OutputHead,
    few: dict[str, Tensor],
    student: tuple[dict[str, Tensor], OutputHead],
    step: tuple[float, int],
    padding: Tensor,
) -> dict[str, Any]:
    """The numbers of one teacher.

    Args:
        examples, few: hidden states of all examples, and of those on which errors are measured.
        student: its hidden states on `few`, and its head.
        step: seconds of a student's step, and examples in its batch.
        padding: as in :func:`released_sizes`.
    """
    vocabulary, d_model = head.weight.shape
    lengths = [len(rows) for rows in examples.values()]
    logits = [head(rows) for rows in list(few.values())[:3]]
    released = released_sizes(logits, padding, lengths)
    entries = {}
    for row in measure.compare(few, head, *student):
        entry = {**row, **speeds(examples, head, row["codec"], *step)}  # the size of the larger cache counts
        size = entry["bytes_per_token"]
        entry["times_smaller"] = round(4 * vocabulary / size, 2)
        entry |= {f"times_smaller_than_{name}": round(value / size, 2) for name, value in released.items()}
        entries[entry.pop("codec")] = {name: _rounded(value) for name, value in entry.items()}
    return {
        "vocabulary": vocabulary,
        "d_model": d_model,
        "examples": len(examples),
        "tokens": sum(lengths),
        "tokens_compared": sum(map(len, few.values())),
        "topk": codecs.TOPK,
        "output_head_bytes": 4 * head.weight.numel(),
        "student_step_s": _rounded(step[0]),
        "student_step_batch": step[1],
        "flatness": measure.flatness(torch.cat(logits), temperatures=(1.0, 4.0), k=128),
        "lz4_ratios": {name: round(ratio, 4) for name, ratio in measure.lz4_ratios(few.values(), head).items()},
        "released_bytes_per_token": {name: round(size, 4) for name, size in released.items()},
        "codecs": entries,
    }


def random_teacher() -> dict[str, Any]:
    teacher = RandomTeacher()
    examples = teacher.examples(2048)
    few = dict(list(examples.items())[:8])
    step = paper_step(examples, 2), 2
    return report(examples, teacher.head, few, teacher.student(few), step, teacher.head(teacher.states(64)))


def sandbox_teacher(teacher_folder: Path | None, corpus_folder: Path | None) -> dict[str, Any]:
    if teacher_folder is None or corpus_folder is None:
        return {"skipped": "pass --teacher and --corpus, folders that notebooks 02 and 01 wrote"}
    try:
        p = params.complete(artifacts.require(teacher_folder, "teacher")["parameters"])
        artifacts.require(corpus_folder, "corpus")
    except artifacts.StageError as error:
        return {"skipped": str(error)}
    teacher, tokenizer = models.load(teacher_folder)
    student, _ = models.load(teacher_folder / "student", dropout_rate=0.0)
    encoded = encoding.encode(storage.load(corpus_folder)["train"], tokenizer, p, drop_long_targets=True)
    encoded = encoded.shuffle(seed=0).select(range(min(1024, len(encoded))))
    how = {"batch_size": p.evaluation_batch_size, "device": torch.device("cpu")}
    head, examples = output_head(teacher), dict(hidden_states(teacher, tokenizer, encoded, **how))
    some = encoded.select(range(64))
    few = {name: examples[name] for name in some["id"]}
    learnt = dict(hidden_states(student, tokenizer, some, **how)), output_head(student)
    rows = encoded.select([encoded["id"][:].index(name) for name in list(examples)[:32]])
    inputs, labels = padded_batch(tokenizer, rows)
    step = student_step(student.train(), inputs, labels, teacher_logits(teacher, inputs, labels), repeats=3)
    padding = padded_logits(teacher, tokenizer, some)
    slower, forward = write_against_forward(teacher, tokenizer, encoded, head, how)
    return {
        **report(examples, head, few, learnt, (step, len(rows)), padding),
        "write_time_over_forward": round(slower, 3),
        "forward_tokens_per_s": round(sum(map(len, examples.values())) / forward),
    }


def padded_batch(tokenizer: Any, rows: Any) -> tuple[dict[str, Tensor], Tensor]:
    """Inputs and labels of some examples."""
    targets = [torch.tensor(row) for row in rows["labels"]]
    labels = torch.nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
    return dict(tokenizer.pad({"input_ids": rows["input_ids"][:]}, return_tensors="pt")), labels


@torch.no_grad()
def teacher_logits(teacher: Any, inputs: dict[str, Tensor], labels: Tensor) -> Tensor:
    decoder_inputs = teacher.prepare_decoder_input_ids_from_labels(labels)
    return teacher(**inputs, decoder_input_ids=decoder_inputs, use_cache=False).logits


@torch.no_grad()
def padded_logits(teacher: Any, tokenizer: Any, rows: Any) -> Tensor:
    """The teacher's logits at the padding tokens that the released code appends to a target."""
    row = rows.select([0])
    target = row["labels"][0]
    labels = torch.tensor([target + [tokenizer.pad_token_id] * (RELEASED_POSITIONS - len(target))])
    inputs = tokenizer.pad({"input_ids": row["input_ids"][:]}, return_tensors="pt")
    return teacher(**inputs, labels=labels, use_cache=False).logits[0, len(target) :]


def write_against_forward(
    teacher: Any, tokenizer: Any, encoded: Any, head: OutputHead, how: dict[str, Any]
) -> tuple[float, float]:
    """Time to write a cache from encoded examples, over the time of the teacher's own forward to logits on the same,
    prepared batches; and the latter in seconds."""
    longest_first = encoded.select(np.argsort([-len(row) for row in encoded["input_ids"]], kind="stable"))
    starts = range(0, len(encoded), how["batch_size"])
    parts = [range(start, min(start + how["batch_size"], len(encoded))) for start in starts]
    batches = [padded_batch(tokenizer, longest_first.select(part)) for part in parts]

    def forward() -> None:
        for inputs, labels in batches:
            teacher_logits(teacher, inputs, labels)

    def cache() -> None:
        with tempfile.TemporaryDirectory() as folder:
            states = hidden_states(teacher, tokenizer, encoded, **how)
            write(folder, states, head, codec="hidden_fp16", **NO_DIGESTS)

    # alternating: the machine may be shared
    pairs = [(seconds(cache, repeats=1), seconds(forward, repeats=1)) for _ in range(5)]
    return statistics.median(a / b for a, b in pairs), statistics.median(b for _, b in pairs)


def aims(result: dict[str, Any]) -> dict[str, bool]:
    fp16 = result["random"]["codecs"]["hidden_fp16"]
    error = max(fp16["gradient_error_T1"], fp16["gradient_error_T4"])
    plain, padded = (fp16[f"times_smaller_than_released_16_bit{suffix}"] for suffix in ("", "_padded"))
    met = {
        "hidden_fp16 at least 60 times smaller than float32 logits": fp16["times_smaller"] >= 60,
        "hidden_fp16 gradient error at most 0.1 %": error <= 0.001,
        "at least 60 times smaller than the released 16-bit files without their padding": plain >= 60,
        "at least 1,000 times with it": padded >= 1000,
    }
    if "skipped" not in result["sandbox"]:
        slower = result["sandbox"]["write_time_over_forward"]
        met["writing at most 10 % slower than the teacher's forward"] = slower <= 1.10
    return met


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) and abs(value) < 100 else value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--teacher", type=Path, help="folder of a fine-tuned teacher (notebook 02)")
    parser.add_argument("--corpus", type=Path, help="folder of its corpus (notebook 01)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(2025)
    result = {
        "machine": f"{platform.system()} {platform.machine()}, one thread",
        "torch": torch.__version__,
        "random": random_teacher(),
        "sandbox": sandbox_teacher(arguments.teacher, arguments.corpus),
    }
    json.dump({"aims": aims(result), **result}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
