"""A right way to distil, wrong ways that occur in practice, and the hunt for them."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from course.faults import Fault, Hunt
from course.instruments import Readings
from course.lab2 import digits
from course.lab2 import instruments as tools
from course.lab2.instruments import Recipe, Result, Task, task
from trident.losses.components import IGNORE_INDEX

# -- what students write


def mix(hard: Tensor, soft: Tensor, alpha: float) -> Tensor:
    if alpha == 0:
        return soft
    return hard if alpha == 1 else alpha * hard + (1 - alpha) * soft


def _descend(loss: Tensor, optimiser: Optimizer) -> float:
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return float(loss.detach())


def kd_step(student: nn.Module, optimiser: Optimizer, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> float:
    z = student(x)
    return _descend(mix(F.cross_entropy(z, y), digits.soft_loss(z, t, T), alpha), optimiser)


def pseudo_labels(teacher: nn.Module, x: Tensor) -> Tensor:
    return digits.answers(teacher, x).argmax(-1)


# -- recipes


def recipe(step: digits.Step) -> Recipe:
    """Distillation with this step: the teacher answers once on all images, the test set is used once at the end."""

    def distil(task: Task) -> Result:
        images = _images(task)
        return _train(task, images, digits.answers(task.teacher, images.x), step)

    return distil


correct = recipe(kd_step)


def _images(task: Task) -> digits.Images:
    unknown = torch.full((len(task.unlabelled),), IGNORE_INDEX)
    return digits.Images(torch.cat([task.labelled.x, task.unlabelled]), torch.cat([task.labelled.y, unknown]))


def _train(task: Task, images: digits.Images, t: Tensor, step: digits.Step = kd_step) -> Result:
    student, optimiser = digits.new_student(task.seed)
    losses = [step(student, optimiser, *images, t, task.alpha, task.T) for _ in range(task.steps)]
    return Result(student, losses, task.test.accuracy(student))


# -- wrong recipes


def _train_mode(task: Task) -> Result:
    images = _images(task)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(task.seed)
        t = task.teacher.train()(images.x)
    return _train(task, images, t)


def _other_order(task: Task) -> Result:
    images = _images(task)
    return _train(task, images, digits.answers(task.teacher, images.x).roll(1, 0))


def _test_in_transfer(task: Task) -> Result:
    return correct(task._replace(unlabelled=torch.cat([task.unlabelled, task.test.images.x])))


def _labelled_only(task: Task) -> Result:
    return correct(task._replace(unlabelled=task.unlabelled[:0]))


def _zero_labels(task: Task) -> Result:
    images = _images(task)
    known = digits.Images(images.x, images.y.clamp(min=0))
    return _train(task, known, digits.answers(task.teacher, images.x))


def _teacher_learns(task: Task) -> Result:
    images = _images(task)
    teacher, optimiser = task.teacher, Adam(task.teacher.parameters(), lr=0.003)

    def step(
        student: nn.Module, of_student: Optimizer, x: Tensor, y: Tensor, _: Tensor, alpha: float, T: float
    ) -> float:
        z, t = student(x), teacher(x)
        log_p, log_q = (t / T).log_softmax(-1), (z / T).log_softmax(-1)
        soft = T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()
        optimiser.zero_grad()
        value = _descend(mix(F.cross_entropy(z, y), soft, alpha), of_student)
        optimiser.step()
        return value

    return _train(task, images, digits.answers(teacher, images.x), step)


def _best_on_test(task: Task) -> Result:
    reported: list[float] = []

    def step(student: nn.Module, *rest: object) -> float:
        value = kd_step(student, *rest)  # type: ignore[arg-type]
        reported.append(task.test.accuracy(student))
        return value

    images = _images(task)
    found = _train(task, images, digits.answers(task.teacher, images.x), step)
    return found._replace(reported=max(reported))


# -- wrong steps


def _with_loss(loss: Callable[[Tensor, Tensor, Tensor, float, float], Tensor]) -> Recipe:
    """The recipe whose step goes down `loss`, a function of z, y, t, α and T."""

    def step(
        student: nn.Module, optimiser: Optimizer, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float
    ) -> float:
        return _descend(loss(student(x), y, t, alpha, T), optimiser)

    return recipe(step)


def _loss(z: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    return mix(F.cross_entropy(z, y), digits.soft_loss(z, t, T), alpha)


def _alpha_twice(z: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    return mix(alpha * F.cross_entropy(z, y), digits.soft_loss(z, t, T), alpha)


def _alpha_swapped(z: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    return _loss(z, y, t, 1 - alpha, T)


def _double_softmax(z: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    return mix(F.cross_entropy(z.softmax(-1), y), digits.soft_loss(z, t, T), alpha)


def _in_place(z: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    t /= T
    return mix(F.cross_entropy(z, y), T**2 * digits.soft_loss(z / T, t, 1.0), alpha)


def _large(z: Tensor, y: Tensor, t: Tensor, alpha: float, T: float) -> Tensor:
    return len(z) * _loss(z, y, t, alpha, T)


def _no_zero_grad(
    student: nn.Module, optimiser: Optimizer, x: Tensor, y: Tensor, t: Tensor, alpha: float, T: float
) -> float:
    loss = _loss(student(x), y, t, alpha, T)
    loss.backward()
    optimiser.step()
    return float(loss.detach())


FAULTS: tuple[Fault[Recipe], ...] = (
    Fault("train_mode", "the teacher answers in `train()` mode", _train_mode),
    Fault("other_order", "each image gets the teacher's answer to the image before it", _other_order),
    Fault("test_in_transfer", "the test images are among the unlabelled images", _test_in_transfer),
    Fault("best_on_test", "tests after every step, and reports the best accuracy", _best_on_test),
    Fault("labelled_only", "the unlabelled images are left out", _labelled_only),
    Fault("zero_labels", "images without a label are labelled 0", _zero_labels),
    Fault("teacher_learns", "the teacher is trained along with the student", _teacher_learns),
    Fault("alpha_twice", "the loss of the labels is multiplied by α twice", _with_loss(_alpha_twice)),
    Fault("alpha_swapped", "α weights the teacher's loss, 1 − α that of the labels", _with_loss(_alpha_swapped)),
    Fault("double_softmax", "`cross_entropy` gets the student's probabilities, not its logits",
          _with_loss(_double_softmax)),
    Fault("in_place", "`t /= T` in every step: the teacher's logits are divided in place", _with_loss(_in_place)),
    Fault("no_zero_grad", "gradients are not set to zero, so that they add up over the steps", recipe(_no_zero_grad)),
    Fault("large", "the loss is multiplied by the number of images", _with_loss(_large), harmless=True),
)  # fmt: skip
INSTRUMENTS: dict[str, Callable[[Recipe, Task], Readings]] = {
    "result": tools.result,
    "watch_teacher": tools.watch_teacher,
    "watch_test": tools.watch_test,
    "weigh": tools.weigh,
    "watch_loss": tools.watch_loss,
    "sort_images": tools.sort_images,
}
HUNT: Hunt[Recipe] = Hunt("lab2", FAULTS, size=6, correct=lambda: correct, instruments=INSTRUMENTS, tried_on=task)
