"""The experiments of lab 2: with the functions that students wrote, a table of accuracies each."""

from __future__ import annotations

import pandas as pd
import torch

from course.lab2 import digits
from course.lab2.digits import Images, PseudoLabels, Step

SEEDS = (1, 2, 3)
#: How students learn when a digit is left out: from labels, or from the teacher at a temperature.
FROM_LABELS, TEMPERATURES = "labels", (1, 2, 4, 10)
#: Numbers of labels.
LABELS = (20, 50, 200, digits.POOL_IMAGES)
ALONE, SAME = "labels alone", "the same images, labels and teacher"
ANSWERS, PROBABILITIES = "all images, teacher's answers", "all images, teacher's probabilities"


def never_shown(step: Step, digit: int) -> pd.DataFrame:
    """The accuracy on the test images of a digit that no student was shown. One row for each student.

    Columns: `source` (:data:`FROM_LABELS` or a temperature), `seed`, `accuracy`, and `share`, the mean probability that
    the source gives to this digit on images of the others.
    """
    found = digits.load()
    shown = found.pool.at(found.pool.y != digit)
    test = found.test.at(found.test.y == digit)
    t = digits.answers(digits.teacher(), shown.x)
    sources: list[tuple[object, float, float]] = [(FROM_LABELS, 1.0, 1.0), *((T, 0.0, float(T)) for T in TEMPERATURES)]
    return pd.DataFrame(
        {
            "source": source,
            "seed": seed,
            "accuracy": digits.accuracy(digits.train(step, shown, t, alpha, T, seed), test),
            "share": 0.0 if alpha else float((t / T).softmax(-1)[:, digit].mean()),
        }
        for source, alpha, T in sources
        for seed in SEEDS
    )


def with_labels(step: Step, pseudo_labels: PseudoLabels, T: float) -> pd.DataFrame:
    """The accuracy on the test images by number of labels. Columns: `method`, `labels`, `seed`, `accuracy`.

    The methods: cross-entropy on the labelled images; labels and teacher, α = ½, on the same images; on all images of
    the pool, with the teacher's answers as labels where there is none; on all images, with labels where there are some
    and the teacher's probabilities everywhere, α = ½. With a label for each image the last two are the first two.
    """
    found = digits.load()
    pool, teacher = found.pool, digits.teacher()
    t, guesses = digits.answers(teacher, pool.x), pseudo_labels(teacher, pool.x)
    rows = []
    for number in LABELS:
        for seed in SEEDS:
            few = digits.sample(pool, number, seed)
            runs = {ALONE: (pool.at(few), t[few], 1.0), SAME: (pool.at(few), t[few], 0.5)}
            if number < len(pool.y):
                known = digits.hide(pool, few)
                filled = Images(pool.x, torch.where(known.y >= 0, known.y, guesses))
                runs |= {ANSWERS: (filled, t, 1.0), PROBABILITIES: (known, t, 0.5)}
            for method, (images, logits, alpha) in runs.items():
                student = digits.train(step, images, logits, alpha, T, seed)
                rows.append((method, number, seed, digits.accuracy(student, found.test)))
    return pd.DataFrame(rows, columns=["method", "labels", "seed", "accuracy"])
