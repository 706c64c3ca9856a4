"""What each codec of the knowledge store costs and spoils. Prints one JSON object.

    python benchmarks/logits.py [--teacher runs/sandbox/teacher --corpus runs/sandbox/corpus] > logits.json

All on one thread, in processor time. Two teachers:

`random`, of the paper's size: vocabulary 32,100, d_model 1,024, T5's output scale 1/32. A trained teacher is needed for hidden
states worth storing, and none is to be had here, so they are drawn to look like one where it matters to a codec:
- the logits of the vocabulary at large spread with a standard deviation of 3, so that at T = 4 the distribution is nearly flat and
  the 128 likeliest tokens hold a few per cent (between 3 and 29 on the synthetic teachers known so far);
- one token stands 10 to 25 above the mean: in the median the teacher is about 0.9 sure at T = 1, as a fine-tuned model is of code;
- channels differ in strength (log-normal, sigma 0.5) and eight in 1,024 are ten times stronger yet: trained transformers have such
  outliers, and they are what naive 8-bit rounding fails on. Columns of the output matrix differ too (sigma 0.3).
The student's logits have the same spread and correlate with the teacher's by 0.9: a student late in training, whose gradient is
small, so that a codec's error weighs most. Targets are 8 to 48 tokens long, 28 on average.

`sandbox`, as trained by notebook 02; left out, with a message, where the folders are not given or not finished.

Numbers, by codec: those of trident.distillation.teacher_cache.measure.compare; `encode_tokens_per_s` and `decode_tokens_per_s` (from the page cache,
checksums included; hidden states only, not yet logits); `decode_share_of_step`: reading a batch and, for hidden states, making logits
of it, over a student's forward and backward pass on that batch (random: the architecture of the paper's 220M student, random
weights, 512 input tokens).
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

from trident.corpus import build
from trident.distillation import encoding, models
from trident.distillation.teacher_cache import (
    TeacherCache,
    OutputHead,
    codecs,
    hidden_states,
    measure,
    output_head,
    write,
)
from trident.experiment import artifacts, params
from trident.losses import TridentLoss

VOCABULARY, D_MODEL, STUDENT_D_MODEL = 32_100, 1_024, 768
SPREAD, CORRELATION = 3.0, 0.9
RELEASED_POSITIONS = 512
WEIGHTS = {"focal": 0.45, "jsd": 0.40}
TOPK, SANDBOX_TOPK = 128, 64


def seconds(work: Callable[[], Any], *, repeats: int = 3) -> float:
    """Median processor time, which others on the machine disturb less than wall time. On one thread, with files in the page cache,
    it is what the work takes."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return statistics.median(times)


class RandomTeacher:
    """Output matrix and hidden states as the docstring of this file says."""

    def __init__(self) -> None:
        self.rng = torch.Generator().manual_seed(2025)
        columns = torch.exp(0.3 * self._normal(D_MODEL))
        self.head = OutputHead(self._normal(VOCABULARY, D_MODEL) * columns, D_MODEL**-0.5)
        self.channels = torch.exp(0.5 * self._normal(D_MODEL))
        self.channels[torch.randperm(D_MODEL, generator=self.rng)[:8]] *= 10
        self.channels *= SPREAD / self.head(self._normal(64, D_MODEL) * self.channels).std()

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.rng)

    def states(self, tokens: int) -> Tensor:
        """(tokens, d_model)."""
        likely = self.head.weight[torch.randint(VOCABULARY, (tokens,), generator=self.rng)]
        gap = 10 + 15 * torch.rand(tokens, 1, generator=self.rng)
        direction = likely * gap / (likely.square().sum(1, keepdim=True) * self.head.scale)
        return self._normal(tokens, D_MODEL) * self.channels + direction

    def examples(self, tokens: int) -> dict[str, Tensor]:
        """Examples of 8 to 48 tokens, `tokens` or a few more together."""
        examples: dict[str, Tensor] = {}
        while sum(map(len, examples.values())) < tokens:
            length = int(torch.randint(8, 49, (), generator=self.rng))
            examples[f"example-{len(examples):06d}"] = self.states(length)
        return examples

    def student(self, examples: dict[str, Tensor]) -> tuple[dict[str, Tensor], OutputHead]:
        """Hidden states and head of a student: the logits of `examples` in part, its own for the rest."""
        own = OutputHead(torch.cat([self.head.weight, self._normal(VOCABULARY, STUDENT_D_MODEL)], 1), self.head.scale)
        strength = SPREAD / (self.head.scale * STUDENT_D_MODEL**0.5)
        return {
            name: torch.cat(
                [CORRELATION * rows, (1 - CORRELATION**2) ** 0.5 * strength * self._normal(len(rows), STUDENT_D_MODEL)],
                1,
            )
            for name, rows in examples.items()
        }, own


def speeds(
    examples: dict[str, Tensor], head: OutputHead, name: str, step: float, batch: int, topk: int
) -> dict[str, Any]:
    """Sizes on disk and speeds of one codec. `step`: seconds of a student's step on `batch` examples."""
    codec = codecs.codec(name, vocabulary=head.weight.shape[0], d_model=head.weight.shape[1], topk=topk)
    some = list(examples.values())[:16]
    values = [(rows if codec.of == "hidden" else head(rows)).numpy() for rows in some]
    tables = codec.calibrate(values[0], np.ones(codec.width, np.float32))
    with tempfile.TemporaryDirectory() as folder:
        manifest = write(
            folder, measure.GivenStates(examples), head, codec=name, topk=topk, tokenizer_digest="", teacher_digest=""
        )
        store = TeacherCache(folder)
        ids = list(examples)[:batch]
        read = seconds(lambda: store[ids])
        use = seconds(lambda: store[ids] if store.head is None else store.head(store[ids]))
        return {
            "bytes_per_token": manifest["bytes_per_token"],
            "encode_tokens_per_s": round(
                sum(map(len, some)) / seconds(lambda: [codec.encode(v, tables) for v in values])
            ),
            "decode_tokens_per_s": round(sum(len(examples[i]) for i in ids) / read),
            "decode_share_of_step": round(use / step, 5),
        }


def paper_step(examples: dict[str, Tensor], batch: int) -> float:
    """Seconds of forward and backward pass of a student of the paper's size on the first `batch` examples."""
    config = T5Config(
        vocab_size=VOCABULARY,
        d_model=STUDENT_D_MODEL,
        d_kv=64,
        d_ff=3072,
        num_heads=12,
        num_layers=12,
        dropout_rate=0.0,
        decoder_start_token_id=0,
    )
    student = T5ForConditionalGeneration(config)
    lengths = [len(rows) for rows in list(examples.values())[:batch]]
    labels = torch.nn.utils.rnn.pad_sequence(
        [torch.randint(VOCABULARY, (n,)) for n in lengths], batch_first=True, padding_value=-100
    )
    teacher = torch.randn(*labels.shape, VOCABULARY)
    return student_step(student, {"input_ids": torch.randint(VOCABULARY, (batch, 512))}, labels, teacher, repeats=1)


def student_step(
    student: torch.nn.Module, inputs: dict[str, Tensor], labels: Tensor, teacher_logits: Tensor, *, repeats: int
) -> float:
    loss = TridentLoss(temperature=4.0)
    decoder_inputs = student.prepare_decoder_input_ids_from_labels(labels)

    def step() -> None:
        logits = student(**inputs, decoder_input_ids=decoder_inputs, use_cache=False).logits
        loss(WEIGHTS, labels, student_logits=logits, teacher_logits=teacher_logits).total.backward()

    return seconds(step, repeats=repeats)


def by_codec(
    errors: list[dict[str, Any]], more: Callable[[str], dict[str, Any]], vocabulary: int, released: dict[str, float]
) -> dict[str, Any]:
    """One entry a codec, with its ratios to float32 logits and to the released files of the same examples."""
    entries = {}
    for row in errors:
        entry = {**row, **more(row["codec"])}  # the size of the larger store counts
        size = entry["bytes_per_token"]
        entry["times_smaller"] = round(4 * vocabulary / size, 2)
        entry |= {f"times_smaller_than_{name}": round(value / size, 2) for name, value in released.items()}
        entries[row["codec"]] = {name: _rounded(value) for name, value in entry.items() if name != "codec"}
    return entries


def released_sizes(logits: list[Tensor], padding: Tensor, lengths: list[int]) -> dict[str, float]:
    """Bytes a target token of the released 16-bit format, without its padding and with.

    Args:
        logits: of some examples; a token takes as many bytes in all of them, since LZ4 does nothing for 16 bits.
        padding: (positions, V), logits at padded positions.
        lengths: target tokens of all examples in the store; each is padded to 512.
    """
    plain = sum(measure.released_bytes(rows) for rows in logits) / sum(map(len, logits))
    padded = (
        measure.released_bytes(padding) / len(padding) * sum(RELEASED_POSITIONS - n for n in lengths) / sum(lengths)
    )
    return {"released_16_bit": plain, "released_16_bit_padded": plain + padded}


def random_teacher() -> dict[str, Any]:
    teacher = RandomTeacher()
    examples = teacher.examples(2048)
    few = dict(list(examples.items())[:8])
    batch = 2
    step = paper_step(examples, batch)
    student, student_head = teacher.student(few)
    errors = measure.compare(few.items(), teacher.head, student.items(), student_head, names=params.CODECS, topk=TOPK)
    logits = [teacher.head(rows) for rows in list(few.values())[:3]]
    released = released_sizes(logits, teacher.head(teacher.states(64)), [len(rows) for rows in examples.values()])
    head_bytes = 4 * teacher.head.weight.numel()
    return {
        "vocabulary": VOCABULARY,
        "d_model": D_MODEL,
        "tokens": sum(map(len, examples.values())),
        "examples": len(examples),
        "tokens_compared": sum(map(len, few.values())),
        "topk": TOPK,
        "output_head_bytes": head_bytes,
        "student_step_s": round(step, 2),
        "student_step_batch": batch,
        "flatness": measure.flatness(torch.cat(logits), temperatures=(1.0, 4.0), k=128),
        "lz4_ratios": _rounded_all(measure.lz4_ratios(list(few.values()), teacher.head)),
        "released_bytes_per_token": _rounded_all(released),
        "codecs": by_codec(
            errors, lambda name: speeds(examples, teacher.head, name, step, batch, TOPK), VOCABULARY, released
        ),
    }


def sandbox_teacher(teacher_folder: Path | None, corpus_folder: Path | None) -> dict[str, Any]:
    if teacher_folder is None or corpus_folder is None:
        return {"skipped": "pass --teacher and --corpus, folders that notebooks 02 and 01 wrote"}
    try:
        p = params.complete({**artifacts.require(teacher_folder, "teacher")["parameters"]})
        artifacts.require(corpus_folder, "corpus")
    except artifacts.StageError as error:
        return {"skipped": str(error)}
    teacher, tokenizer = models.load(teacher_folder)
    student, _ = models.load(teacher_folder / "student", dropout_rate=0.0)
    encoded = encoding.encode(build.load(corpus_folder)["train"], tokenizer, p, drop_long_targets=True)
    encoded = encoded.shuffle(seed=0).select(range(min(1024, len(encoded))))
    cpu, head = torch.device("cpu"), output_head(teacher)
    states = hidden_states(teacher, tokenizer, encoded, batch_size=p.evaluation_batch_size, device=cpu)
    examples = dict(states)
    few = encoded.select(range(64))
    kept = {name: examples[name] for name in few["id"]}
    learnt = hidden_states(student.eval(), tokenizer, few, batch_size=p.evaluation_batch_size, device=cpu)
    errors = measure.compare(kept.items(), head, learnt, output_head(student), names=params.CODECS, topk=SANDBOX_TOPK)
    rows = encoded.select([encoded["id"][:].index(name) for name in list(examples)[:32]])
    inputs, labels = padded_batch(tokenizer, rows)
    step = student_step(student.train(), inputs, labels, teacher_logits(teacher, inputs, labels), repeats=3)
    released = released_sizes(
        [head(values) for values in kept.values()],
        padded_logits(teacher, tokenizer, few),
        [len(values) for values in examples.values()],
    )
    slower, forward = write_against_forward(teacher, tokenizer, encoded, head, p.evaluation_batch_size)
    return {
        "vocabulary": head.weight.shape[0],
        "d_model": head.weight.shape[1],
        "examples": len(encoded),
        "tokens": sum(map(len, examples.values())),
        "tokens_compared": sum(map(len, kept.values())),
        "topk": SANDBOX_TOPK,
        "output_head_bytes": 4 * head.weight.numel(),
        "student_step_s": round(step, 3),
        "student_step_batch": len(rows),
        "write_time_over_forward": round(slower, 3),
        "forward_tokens_per_s": round(sum(map(len, examples.values())) / forward),
        "flatness": measure.flatness(head(torch.cat(list(kept.values()))), temperatures=(1.0, 4.0), k=128),
        "lz4_ratios": _rounded_all(measure.lz4_ratios(list(kept.values()), head)),
        "released_bytes_per_token": _rounded_all(released),
        "codecs": by_codec(
            errors, lambda name: speeds(examples, head, name, step, len(rows), SANDBOX_TOPK), head.weight.shape[0], released
        ),
    }


def padded_batch(tokenizer: Any, rows: Any) -> tuple[dict[str, Tensor], Tensor]:
    """Inputs and labels of some examples."""
    labels = torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(row) for row in rows["labels"]], batch_first=True, padding_value=-100
    )
    return dict(tokenizer.pad({"input_ids": rows["input_ids"][:]}, return_tensors="pt")), labels


@torch.no_grad()
def teacher_logits(teacher: Any, inputs: dict[str, Tensor], labels: Tensor) -> Tensor:
    return teacher(
        **inputs, decoder_input_ids=teacher.prepare_decoder_input_ids_from_labels(labels), use_cache=False
    ).logits


@torch.no_grad()
def padded_logits(teacher: Any, tokenizer: Any, rows: Any) -> Tensor:
    """The teacher's logits where the released code pads: behind the end of a target, on padding tokens."""
    row = rows.select([0])
    target = row["labels"][0]
    labels = torch.tensor([target + [tokenizer.pad_token_id] * (RELEASED_POSITIONS - len(target))])
    inputs = tokenizer.pad({"input_ids": row["input_ids"][:]}, return_tensors="pt")
    return teacher(**inputs, labels=labels, use_cache=False).logits[0, len(target) :]


def write_against_forward(
    teacher: Any, tokenizer: Any, encoded: Any, head: OutputHead, batch_size: int
) -> tuple[float, float]:
    """Time of writing a store, from encoded examples to files, over time of the teacher's own forward to logits, on the same
    batches, which lie ready; and that time in seconds."""
    longest_first = encoded.select(np.argsort([-len(row) for row in encoded["input_ids"]], kind="stable"))
    batches = [
        padded_batch(tokenizer, longest_first.select(range(start, min(start + batch_size, len(encoded)))))
        for start in range(0, len(encoded), batch_size)
    ]

    def forward() -> None:
        for inputs, labels in batches:
            teacher_logits(teacher, inputs, labels)

    def store() -> None:
        with tempfile.TemporaryDirectory() as folder:
            write(
                folder,
                hidden_states(teacher, tokenizer, encoded, batch_size=batch_size, device=torch.device("cpu")),
                head,
                codec="hidden_fp16",
                tokenizer_digest="",
                teacher_digest="",
            )

    pairs = [
        (seconds(store, repeats=1), seconds(forward, repeats=1)) for _ in range(5)
    ]  # in turns: the machine may be shared
    return statistics.median(a / b for a, b in pairs), statistics.median(b for _, b in pairs)


def aims(result: dict[str, Any]) -> dict[str, bool]:
    fp16, int8 = (result["random"]["codecs"][name] for name in ("hidden_fp16", "hidden_int8"))
    met = {
        "hidden_fp16 at least 60 times smaller than float32 logits": fp16["times_smaller"] >= 60,
        "hidden_fp16 gradient error at most 0.1 %": max(fp16["gradient_error_T1"], fp16["gradient_error_T4"]) <= 0.001,
        "hidden_int8 at least 120 times smaller": int8["times_smaller"] >= 120,
        "hidden_int8 gradient error at most 1.5 %": max(int8["gradient_error_T1"], int8["gradient_error_T4"]) <= 0.015,
        "at least 60 times smaller than the released 16-bit files without their padding": fp16[
            "times_smaller_than_released_16_bit"
        ]
        >= 60,
        "at least 1,000 times with it": fp16["times_smaller_than_released_16_bit_padded"] >= 1000,
    }
    if "skipped" not in result["sandbox"]:
        met["writing at most 10 % slower than the teacher's forward"] = (
            result["sandbox"]["write_time_over_forward"] <= 1.10
        )
    return met


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) and abs(value) < 100 else value


def _rounded_all(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


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
