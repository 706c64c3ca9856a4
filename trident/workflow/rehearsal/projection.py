"""What the rehearsed sizes mean for the whole grid of the profile: hours on a GPU, memory and disk.

Everything is for examples of the longest input and target, so it is an upper bound in this respect. A GPU is described
by the peak rates that its maker publishes, and by the shares of them that are taken to be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trident.evaluation import compression
from trident.experiment.params import Parameters
from trident.workflow.rehearsal.cost import Cost

#: Shares of the published peaks. A third of the arithmetic is usual for training transformers of this size with
#: PyTorch alone; writing token by token reaches less than the memory's rate, as its kernels are short.
OF_ARITHMETIC, OF_MEMORY_RATE = 0.3, 0.3
#: Seconds that an example takes to train on at least, however fast the GPU: with the profile's batch of 8 its kernels
#: are short, and starting them takes longer. Measured on an H200 by `benchmarks/gpu.py` (docs/reproducibility.md).
LEAST_SECONDS = {"teacher": 0.0212, "student": 0.0121}
#: Share of a GPU's memory that tensors can use.
OF_MEMORY = 0.9
#: Answers that 05 times one by one, for 8-bit and for 32-bit weights: eight examples, three times each.
TIMED = 24
#: Bytes of a weight in training: the weight, its gradient and AdamW's two moments, each in float32.
IN_TRAINING = 16


@dataclass(frozen=True)
class Gpu:
    """Published peaks: FLOP/s in bf16 (dense, summed in float32) and in float32, bytes/s and bytes of memory."""

    name: str
    bf16: float
    fp32: float
    memory_rate: float
    memory: float


#: NVIDIA's data sheets of the H100 (SXM5), the A100 (SXM4, 80 GB) and the L4, and its Ada architecture white paper.
GPUS = (
    Gpu("H100 SXM", 989e12, 67e12, 3350e9, 80e9),
    Gpu("A100 80 GB", 312e12, 19.5e12, 2039e9, 80e9),
    Gpu("RTX 4090", 165e12, 82.6e12, 1008e9, 24e9),
    Gpu("L4", 121e12, 30.3e12, 300e9, 24e9),
)


@dataclass(frozen=True)
class Grid:
    """How much the profile's grid computes: examples, and how often."""

    train: int
    validation: int
    scored: int  # examples that each model answers
    teacher_epochs: int
    epochs: int
    students: int
    max_target_tokens: int
    evaluation_batch_size: int

    @classmethod
    def of(cls, p: Parameters) -> Grid:
        """The grid of a profile's parameters."""
        return cls(
            train=p.train_examples,
            validation=p.validation_examples,
            scored=p.validation_examples + p.test_examples,
            teacher_epochs=p.teacher_epochs,
            epochs=p.epochs,
            students=len(p.configurations) * len(p.seeds),
            max_target_tokens=p.max_target_tokens,
            evaluation_batch_size=p.evaluation_batch_size,
        )


def hours(gpu: Gpu, grid: Grid, teacher: Cost, student: Cost) -> dict[str, float]:
    """Hours of one GPU for the stages that need it. Validation runs in bf16, predictions and the cache in float32."""
    bf16, fp32 = gpu.bf16 * OF_ARITHMETIC, gpu.fp32 * OF_ARITHMETIC

    def training(cost: Cost, epochs: int, least: float) -> float:
        return epochs * (grid.train * max(cost.flop / bf16, least) + grid.validation * cost.forward_flop / bf16)

    def scoring(cost: Cost) -> float:
        reads = grid.scored / grid.evaluation_batch_size * grid.max_target_tokens * 4 * cost.decoder_parameters
        return grid.scored * cost.forward_flop / fp32 + reads / (gpu.memory_rate * OF_MEMORY_RATE)

    of_student = training(student, grid.epochs, LEAST_SECONDS["student"])
    seconds = {
        "teacher": training(teacher, grid.teacher_epochs, LEAST_SECONDS["teacher"]),
        "teacher cache": grid.train * teacher.forward_flop / fp32,
        "one student": of_student,
        "all students": grid.students * of_student,
        # the teacher, the student before distillation and all students answer
        "answers": scoring(teacher) + (1 + grid.students) * scoring(student),
    }
    seconds["all"] = sum(value for name, value in seconds.items() if name != "one student")
    return {name: value / 3600 for name, value in seconds.items()}


def processor_hours(grid: Grid, measured: Mapping[str, float]) -> dict[str, float]:
    """Hours of processors like those of the rehearsal, beside the GPU: 05 scores answers and tries 8-bit weights there.

    Args:
        measured: seconds: `score` of an answer; `forward` of an example; `fp32` and `int8` to answer one alone.
    """
    models = grid.students + 2
    alone = TIMED * (measured["fp32"] + measured["int8"])
    seconds = {
        "scores": models * grid.scored * measured["score"],
        "8-bit weights": grid.students * (alone + compression.EXAMPLES * measured["forward"]),
    }
    return {name: value / 3600 for name, value in seconds.items()}


def largest_batch(gpu: Gpu, cost: Cost) -> int:
    """Examples of a forward pass that fit the GPU beside weights, gradients and moments; 0: not one does."""
    free = OF_MEMORY * gpu.memory - IN_TRAINING * cost.parameters - cost.fixed_bytes
    return max(0, int(free // cost.bytes_per_example))


def disk(grid: Grid, bytes_of: Mapping[str, float]) -> dict[str, float]:
    """Bytes that the grid leaves, and the most that checkpoints take while the teacher trains.

    Args:
        bytes_of: measured: `teacher`, `student` (a folder each) and `token` (of the teacher cache).
    """
    cache = grid.train * grid.max_target_tokens * bytes_of["token"]
    parts = {
        "teacher and student before distillation": bytes_of["teacher"] + bytes_of["student"],
        "teacher cache": cache,
        "students": grid.students * bytes_of["student"],
    }
    # the last checkpoint and the best one: weights and AdamW's two moments
    return {**parts, "all": sum(parts.values()), "checkpoints, for a time": 2 * 3 * bytes_of["teacher"]}
