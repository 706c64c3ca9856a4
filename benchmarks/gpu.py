"""The paper's models on a GPU: losses of a training beside a CPU's, what a step costs, and Liger's fused JSD.

    python benchmarks/gpu.py losses --device cpu --precision no     # 12 minutes on two cores
    python benchmarks/gpu.py losses --device cuda --precision no    # also bf16, and under `accelerate launch`
    python benchmarks/gpu.py costs
    python benchmarks/gpu.py jsd                                    # needs liger-kernel
    python benchmarks/gpu.py table --write

Each writes a JSON file into ``--out`` (runs/gpu), wherever it runs; `table` compares what is there, and ``--write``
puts it into docs/reproducibility.md. The models are those of the rehearsal: real shapes, random weights. Files of
results do not depend on each other: those of a GPU can be copied to the machine that has those of the CPU.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode
from transformers import T5Config, T5ForConditionalGeneration

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from trident.distillation import models, rehearsal_models, teacher_cache, trainer  # noqa: E402
from trident.experiment import artifacts, params, paths  # noqa: E402
from trident.losses import Head, TridentLoss  # noqa: E402
from trident.reporting import rendering  # noqa: E402
from trident.schedules import Linear  # noqa: E402
from trident.workflow.rehearsal.cost import decoder_states  # noqa: E402
from trident.workflow.rehearsal.projection import GPUS, OF_ARITHMETIC  # noqa: E402

DOCUMENT = paths.ROOT / "docs/reproducibility.md"
VOCABULARY = 32_100
SOURCE, TARGET = 512, 128
STEPS, EFFECTIVE_BATCH = 10, 4
WEIGHTS = {"focal": 0.25, "jsd": 0.25, "ce": 0.25, "kl": 0.25}
SHAPES = {"teacher": rehearsal_models.TEACHER, "student": rehearsal_models.STUDENT}
TEMPERATURE = 4.0
REPEATS = 20
PEAK = GPUS[0].bf16  # of an H100 and an H200


def model(who: str) -> T5ForConditionalGeneration:
    """The paper's teacher or student with random weights, the same ones on each machine, and no dropout."""
    torch.manual_seed(1)
    config = rehearsal_models.t5_config(SHAPES[who], VOCABULARY)
    return T5ForConditionalGeneration(T5Config(**{**config, "dropout_rate": 0.0, "tie_word_embeddings": True}))


def losses(device: str, precision: str, folder: Path) -> dict[str, Any]:
    """Distil into the student for :data:`STEPS` steps. Returns each component at each step."""
    random = torch.Generator().manual_seed(2)

    def rows(count: int) -> Dataset:
        ids = torch.randint(5, VOCABULARY, (count, SOURCE + TARGET), generator=random)
        parts = {"input_ids": ids[:, :SOURCE].tolist(), "labels": ids[:, SOURCE:].tolist()}
        return Dataset.from_dict({"id": [f"{count}-{i}" for i in range(count)], **parts})

    examples, validation = rows(STEPS * EFFECTIVE_BATCH), rows(2)
    width = SHAPES["teacher"].d_model
    states = [(name, torch.randn(TARGET, width, generator=random)) for name in examples["id"]]
    head = teacher_cache.OutputHead(torch.randn(VOCABULARY, width, generator=random), width**-0.5)
    digests = {"teacher_digest": "random", "tokenizer_digest": "random"}
    teacher_cache.write(folder / "cache", states, head, codec="hidden_fp16", **digests)
    chosen = {"device": device, "mixed_precision": precision, "epochs": 1, "progress": False, "seed": 13}
    batch = {"batch_size": 2, "gradient_accumulation_steps": EFFECTIVE_BATCH // 2, "evaluation_batch_size": 2}
    p = params.complete({**params.load(paths.PARAMS / "paper.yaml"), **chosen, **batch})
    objective = trainer.Objective(
        TridentLoss(temperature=TEMPERATURE, focal_alpha=p.focal_alpha, focal_gamma=p.focal_gamma),
        Linear(WEIGHTS),
        teacher_cache=teacher_cache.TeacherCache(folder / "cache"),
    )
    tokenizer = models.train_tokenizer(["assertEquals(12, total);"] * 3, 300)
    trainer.train(p, model("student"), tokenizer, examples, validation, folder / "student", objective)
    history = json.loads((folder / "student/history.json").read_text(encoding="utf-8"))
    steps = [{name: x for name, x in row.items() if name.startswith("loss")} for row in history if "loss" in row]
    launched = any(name.startswith("ACCELERATE_") for name in os.environ)
    return {"accelerate": launched, "steps": steps}


def costs() -> dict[str, dict[str, float]]:
    """What an optimiser step of each model costs with the profile's batch, in bf16, at the greatest lengths."""
    p = params.complete(params.load(paths.PARAMS / "paper.yaml"))
    return {who: _cost(who, p.batch_size, p.gradient_accumulation_steps) for who in SHAPES}


def _cost(who: str, size: int, accumulated: int) -> dict[str, float]:
    network: Any = model(who).cuda().train()
    output = network.get_output_embeddings().weight
    loss = TridentLoss(temperature=TEMPERATURE, shared_vocabulary=True)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-5, fused=True)
    width = SHAPES["teacher"].d_model
    states, matrix = (torch.randn(*shape, width, device="cuda") for shape in ((size, TARGET), (VOCABULARY,)))
    distils = who == "student"
    sides: dict[str, Any] = {"teacher": Head(states, matrix, width**-0.5)} if distils else {}
    weights = {"focal": 0.5, "jsd": 0.5} if distils else {"ce": 1.0}

    def forward_backward() -> None:
        inputs, labels = (torch.randint(5, VOCABULARY, (size, length), device="cuda") for length in (SOURCE, TARGET))
        with torch.autocast("cuda", torch.bfloat16):
            student = Head(decoder_states(network, inputs, labels), output)
            loss(weights, labels, student=student, **sides).total.backward()

    def step() -> None:
        for _ in range(accumulated):
            forward_backward()
        optimizer.step()
        optimizer.zero_grad()

    with FlopCounterMode(display=False) as counter:
        forward_backward()
    step()
    torch.cuda.reset_peak_memory_stats()
    return {
        "batch": size * accumulated,
        "seconds_per_step": _median_seconds(step, repeats=5),
        "flop_per_example": counter.get_total_flops() / size,
        "gib": torch.cuda.max_memory_allocated() / 2**30,
    }


def jsd() -> list[dict[str, Any]]:
    """The Jensen-Shannon divergence of T5's shapes, forward and backward, from hidden states in bf16.

    `error`: of the gradient in the states, ‖g - r‖ / ‖r‖, against the formulas in float64 on the same numbers.
    """
    return [row for tokens in (1024, 8192) for row in _jsd(tokens)]


def _jsd(tokens: int) -> Iterator[dict[str, Any]]:
    from liger_kernel.transformers import LigerFusedLinearJSD

    ours = TridentLoss(temperature=TEMPERATURE)
    liger = LigerFusedLinearJSD(jsd_beta=0.5, temperature=TEMPERATURE)
    torch.manual_seed(3)
    of_student, of_teacher = (SHAPES[who].d_model for who in ("student", "teacher"))
    h = torch.randn(tokens, of_student, device="cuda").bfloat16().requires_grad_()
    w = (0.1 * torch.randn(VOCABULARY, of_student, device="cuda")).bfloat16().requires_grad_()
    th = torch.randn(tokens, of_teacher, device="cuda").bfloat16()
    tw = (0.1 * torch.randn(VOCABULARY, of_teacher, device="cuda")).bfloat16()
    y = torch.randint(VOCABULARY, (tokens,), device="cuda")

    def textbook(z: Tensor, t: Tensor) -> Tensor:
        q, p = (torch.softmax(x / TEMPERATURE, -1) for x in (z, t))
        m = (p + q) / 2
        divergence = 0.5 * ((p * (p / m).log()).sum(-1) + (q * (q / m).log()).sum(-1))
        return divergence.mean() * TEMPERATURE**2

    some = slice(0, 256)
    few = h[some].detach().double().requires_grad_()
    textbook(few @ w.double().T, th[some].double() @ tw.double().T).backward()
    assert few.grad is not None
    exact = few.grad * (len(few) / tokens)
    versions: dict[str, Callable[[], Tensor]] = {
        "trident": lambda: ours({"jsd": 1.0}, y, student=Head(h, w), teacher=Head(th, tw)).total,
        "liger": lambda: liger(h, w, th, tw, y) * TEMPERATURE**2,  # Liger leaves the factor out
        "textbook": lambda: textbook((h @ w.T).float(), (th @ tw.T).float()),
    }
    for name, version in versions.items():

        def both(version: Callable[[], Tensor] = version) -> None:
            h.grad = w.grad = None
            version().backward()

        both()
        torch.cuda.synchronize()
        h.grad = w.grad = None
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        both()
        mebibytes = (torch.cuda.max_memory_allocated() - before) / 2**20
        assert h.grad is not None
        error = float((h.grad[some].double() - exact).norm() / exact.norm())
        milliseconds = 1000 * _median_seconds(both, REPEATS)
        yield {"version": name, "tokens": tokens, "ms": milliseconds, "mebibytes": mebibytes, "error": error}


def _median_seconds(work: Callable[[], None], repeats: int) -> float:
    def once() -> float:
        torch.cuda.synchronize()
        started = time.perf_counter()
        work()
        torch.cuda.synchronize()
        return time.perf_counter() - started

    return statistics.median(once() for _ in range(repeats))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["losses", "costs", "jsd", "table"])
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"], help="of losses; default: cuda")
    parser.add_argument("--precision", default="bf16", choices=["no", "bf16"], help="of losses; default: bf16")
    parser.add_argument("--out", type=Path, default=paths.ROOT / "runs/gpu", help="default: runs/gpu")
    parser.add_argument("--write", action="store_true", help="put the table into docs/reproducibility.md")
    options = parser.parse_args()
    if options.what == "table":
        text = markdown({file.stem: json.loads(file.read_text("utf-8")) for file in options.out.glob("*.json")})
        if options.write:
            rendering.put(DOCUMENT, "gpu", text)
        print(text)
        return
    name, found = options.what, {"costs": costs, "jsd": jsd}.get(options.what)
    if found:
        result: Any = found()
    else:
        result = losses(options.device, options.precision, options.out / "work")
        name = "-".join(
            ["losses", options.device, options.precision, *(["accelerate"] if result["accelerate"] else [])]
        )
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    artifacts.write_json(options.out / f"{name}.json", {"gpu": gpu, "torch": torch.__version__, "found": result})


def markdown(found: Mapping[str, Any]) -> str:
    """The tables for docs/reproducibility.md."""
    return "\n\n".join("\n".join(lines) for lines in _tables(found)) + "\n"


def _greatest(name: str, steps: list[dict[str, float]], reference: list[dict[str, float]]) -> float:
    return max(abs(a[name] - b[name]) / abs(b[name]) for a, b in zip(steps, reference, strict=True))


def _tables(found: Mapping[str, Any]) -> Iterator[list[str]]:
    reference = found["losses-cpu-no"]["found"]["steps"]
    others = {
        "losses-cpu-bf16": "CPU, bf16",
        "losses-cuda-no": "GPU, fp32",
        "losses-cuda-bf16": "GPU, bf16",
        "losses-cuda-bf16-accelerate": "GPU, bf16, `accelerate launch`",
    }
    gpu, torch_version = found["costs"]["gpu"], found["costs"]["torch"]
    names = [f"loss_{name}" for name in WEIGHTS]
    yield [
        f"**{STEPS} steps of the paper's student at {SOURCE} and {TARGET} tokens, from the same random weights: "
        f"greatest relative difference of the loss from the CPU's in fp32 ({gpu}, torch {torch_version})**",
        "",
        "| Where | " + " | ".join(WEIGHTS) + " |",
        "| --- |" + " ---: |" * len(names),
        *(
            f"| {said} | "
            + " | ".join(f"{_greatest(name, found[key]['found']['steps'], reference):.1e}" for name in names)
            + " |"
            for key, said in others.items()
            if key in found
        ),
    ]
    yield [
        f"**An optimiser step at full size in bf16 ({gpu})**",
        "",
        "| | Batch | Seconds a step | TFLOP an example | Share of the published peak | Peak memory (GiB) |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {who} | {one['batch']} | {one['seconds_per_step']:.2f} | {one['flop_per_example'] / 1e12:.2f} | "
            f"{one['batch'] * one['flop_per_example'] / one['seconds_per_step'] / PEAK:.0%} | {one['gib']:.1f} |"
            for who, one in found["costs"]["found"].items()
        ),
        "",
        "This is the profile's batch: 8 examples to a pass, 4 passes to a step. Kernels this short leave most of the "
        f"GPU idle. `make rehearsal` projects hours with {OF_ARITHMETIC:.0%} of the peak, and at least these seconds.",
    ]
    yield [
        f"**The Jensen-Shannon divergence from hidden states of these models, forward and backward in bf16 ({gpu})**",
        "",
        "| Tokens | Version | Milliseconds | Memory (MiB) | Error of the gradient |",
        "| ---: | --- | ---: | ---: | ---: |",
        *(
            f"| {one['tokens']:,} | {one['version']} | {one['ms']:.1f} | {one['mebibytes']:,.0f} | {one['error']:.1e} |"
            for one in found["jsd"]["found"]
        ),
    ]


if __name__ == "__main__":
    main()
