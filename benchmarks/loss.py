"""Time and memory of the Trident loss (focal + JSD), forward and backward: textbook, released-style and fused.

    python benchmarks/loss.py [--device cuda] [--repeats 5] [--tokens 512 4096] [--vocabulary 32100] [--threads 2]

Prints one JSON object, and each run on standard error when it ends (a quarter of an hour in all on two cores). Each
measurement runs in its own process, the versions in turn; the figures are medians. Memory is the peak above the inputs.

The loss starts from `logits` (the loss alone), or from `hidden` states and output matrices of the paper's widths (with
the matrix products for the logits and their gradients; `products` is their time alone, a lower bound). On a CPU
the last case, 1,024 tokens from logits, is measured `alone` and then `beside` a process that keeps one core busy.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from trident.losses import Head, TridentLoss  # noqa: E402

TEMPERATURE, ALPHA, GAMMA = 4.0, 0.25, 2.0
STUDENT_WIDTH, TEACHER_WIDTH = 768, 1024  # codet5p-220m and codet5p-770m
WEIGHTS = {"focal": 0.5, "jsd": 0.5}
STATE_TOKENS = 1024  # of the case that is measured alone and beside a busy process


def textbook(z: Tensor, t: Tensor, y: Tensor) -> Tensor:
    """The formulas of section 3.1 as they stand, over the target positions."""
    right = F.softmax(z, -1).gather(-1, y[:, None])
    focal = -ALPHA * (1 - right) ** GAMMA * right.log()
    q, p = F.softmax(z / TEMPERATURE, -1), F.softmax(t / TEMPERATURE, -1)
    m = (p + q) / 2
    jsd = 0.5 * ((p * (p / m).log()).sum(-1) + (q * (q / m).log()).sum(-1)) * TEMPERATURE**2
    return WEIGHTS["focal"] * focal.mean() + WEIGHTS["jsd"] * jsd.mean()


def released(z: Tensor, t: Tensor, y: Tensor) -> Tensor:
    """As in the released code: probabilities clamped at 1e-8, a second softmax for the focal loss, no JSD mask."""
    q, p = F.softmax(z / TEMPERATURE, -1), F.softmax(t / TEMPERATURE, -1)
    m = ((p + q) / 2).clamp(min=1e-8)
    q, p = q.clamp(min=1e-8), p.clamp(min=1e-8)
    jsd = (
        0.5
        * (F.kl_div(m.log(), q, reduction="batchmean") + F.kl_div(m.log(), p, reduction="batchmean"))
        * TEMPERATURE**2
    )
    active = y != -100
    targets = z[active]
    surprise = F.cross_entropy(targets, y[active], reduction="none")
    right = F.log_softmax(targets, -1).gather(1, y[active][:, None])[:, 0].exp()
    return WEIGHTS["focal"] * (ALPHA * (1 - right) ** GAMMA * surprise).mean() + WEIGHTS["jsd"] * jsd


def passes(version: str, start: str, tokens: int, vocabulary: int, device: torch.device) -> Callable[[], Tensor]:
    """A function that computes the loss once, on random inputs that are made here."""
    generator = torch.Generator(device).manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, device=device)

    y = torch.randint(vocabulary, (tokens,), generator=generator, device=device)
    fused = TridentLoss(temperature=TEMPERATURE, focal_alpha=ALPHA, focal_gamma=GAMMA)
    compared = {"textbook": textbook, "released": released}
    if start == "logits":
        z, t = (3 * normal(tokens, vocabulary)).requires_grad_(), 3 * normal(tokens, vocabulary)
        if version == "fused":
            return lambda: fused(WEIGHTS, y, student=z, teacher=t).total
        return lambda: compared[version](z, t, y)
    h, w = normal(tokens, STUDENT_WIDTH).requires_grad_(), (0.1 * normal(vocabulary, STUDENT_WIDTH)).requires_grad_()
    th, tw = normal(tokens, TEACHER_WIDTH), 0.1 * normal(vocabulary, TEACHER_WIDTH)
    if version == "fused":
        return lambda: fused(WEIGHTS, y, student=Head(h, w), teacher=Head(th, tw)).total
    if version == "products":
        return lambda: _Products.apply(h, w, th, tw)
    return lambda: compared[version](h @ w.T, th @ tw.T, y)


class _Products(torch.autograd.Function):
    """The four matrix products that every version needs, with memory for one chunk of logits only."""

    @staticmethod
    def forward(ctx: object, h: Tensor, w: Tensor, th: Tensor, tw: Tensor) -> Tensor:
        h_gradient, w_gradient = torch.empty_like(h), torch.zeros_like(w)
        for start in range(0, len(h), 256):
            rows = slice(start, start + 256)
            z = h[rows] @ w.T
            th[rows] @ tw.T
            h_gradient[rows] = z @ w
            w_gradient.addmm_(z.T, h[rows])
        ctx.save_for_backward(h_gradient, w_gradient)
        return h_gradient.sum()

    @staticmethod
    def backward(ctx: object, upstream: Tensor) -> tuple[Tensor | None, ...]:
        return *ctx.saved_tensors, None, None


def measure(version: str, start: str, tokens: int, vocabulary: int, device: torch.device) -> dict[str, float]:
    """Seconds, processor seconds and peak MiB above the inputs of one forward and backward pass, after a small one."""
    passes(version, start, 16, 64, device)().backward()
    run = passes(version, start, tokens, vocabulary, device)
    with peak(device) as mebibytes:
        began, processor = time.perf_counter(), time.process_time()
        run().backward()
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds, processor = time.perf_counter() - began, time.process_time() - processor
        return {"seconds": seconds, "processor_seconds": processor, "mebibytes": mebibytes()}


class peak:
    """Watches the memory of `device`: entering returns a function that gives the peak in MiB above the start."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def __enter__(self) -> Callable[[], float]:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
            torch.cuda.reset_peak_memory_stats()
            before = torch.cuda.memory_allocated()
            return lambda: (torch.cuda.max_memory_allocated() - before) / 2**20
        Path("/proc/self/clear_refs").write_text("5")  # Linux: reset the peak
        before = _resident("VmRSS")
        return lambda: (_resident("VmHWM") - before) / 1024

    def __exit__(self, *_: object) -> None:
        pass


def _resident(field: str) -> int:
    """A field of this process's memory status in Linux, in KiB."""
    return next(
        int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field)
    )


@contextlib.contextmanager
def busy_process() -> Iterator[None]:
    """Beside a process of the same priority that computes without end."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def cases(options: argparse.Namespace) -> Iterator[dict]:
    """One case per number of tokens and start, and on a CPU one alone and beside a busy process."""
    for tokens in options.tokens:
        for start in ("logits", "hidden"):
            yield case(tokens, start, options)
    if options.device == "cpu":
        yield {"state": "alone"} | case(STATE_TOKENS, "logits", options)
        with busy_process():
            yield {"state": "beside"} | case(STATE_TOKENS, "logits", options)


def case(tokens: int, start: str, options: argparse.Namespace) -> dict:
    """Each version's medians, and the other versions over the fused loss."""
    versions = ["textbook", "released", "fused", *(["products"] if start == "hidden" else [])]
    rounds = [{v: fresh(v, start, tokens, options) for v in versions} for _ in range(options.repeats)]
    medians = {v: {key: statistics.median(found[v][key] for found in rounds) for key in rounds[0][v]} for v in versions}
    fused = medians["fused"]
    ratios = {"tokens": tokens, "vocabulary": options.vocabulary, "start": start}
    for other in ("released", "textbook"):
        for name, key in (("time", "seconds"), ("processor", "processor_seconds"), ("memory", "mebibytes")):
            ratios[f"{name}_ratio_{other}"] = round(medians[other][key] / fused[key], 2)
    if "products" in medians:
        ratios["time_over_products"] = round(fused["seconds"] / medians["products"]["seconds"], 2)
    return ratios | {"medians": {v: {key: round(x, 4) for key, x in m.items()} for v, m in medians.items()}}


def fresh(version: str, start: str, tokens: int, options: argparse.Namespace) -> dict[str, float]:
    """:func:`measure` in a new process. Raises CalledProcessError if it fails."""
    settings = ["--device", options.device, "--threads", str(options.threads)]
    command = [sys.executable, __file__, *settings, "--one", version, start, str(tokens), str(options.vocabulary)]
    run = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    print(
        f"{tokens} tokens, from {start}, {version}: {run['seconds']:.2f} s, {run['mebibytes']:.0f} MiB", file=sys.stderr
    )
    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--tokens", type=int, nargs="+", default=[512, 4096])
    parser.add_argument("--vocabulary", type=int, default=32_100)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.one:
        version, start, tokens, vocabulary = options.one
        print(json.dumps(measure(version, start, int(tokens), int(vocabulary), torch.device(options.device))))
        return
    device = torch.cuda.get_device_name() if options.device == "cuda" else platform.machine()
    print(
        json.dumps(
            {
                "device": device,
                "threads": torch.get_num_threads(),
                "cores": os.cpu_count(),
                "torch": torch.__version__,
                "repeats": options.repeats,
                "student_width": STUDENT_WIDTH,
                "teacher_width": TEACHER_WIDTH,
                "cases": list(cases(options)),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
