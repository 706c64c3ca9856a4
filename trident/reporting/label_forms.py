"""How far is a model's label distribution from the true one, p(y | x), which the sandbox knows by construction?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from trident.reporting import tables
from trident.reporting.configurations import is_control
from trident.reporting.results import Results

#: What notebook 05 writes for a network.
FILE = "label_distribution.parquet"


def by_model(results: Results) -> dict[str, pd.DataFrame]:
    """Name → :func:`by_blank`, of the teacher, the student before distillation and students with the first seed.

    The students: the one of Table 2, and cross-entropy alone (the last of several). Empty where no blank can be filled
    in two ways.
    """
    controls = [name for name in results.configurations if is_control(results.parameters[name])]
    chosen = dict.fromkeys([tables.chosen_student(results), *controls[-1:]])
    models = {"teacher": "teacher", "undistilled": "undistilled"}
    models |= {name: results.run.student(name, results.seeds[0]).name for name in chosen}
    found = {}
    for row, model in models.items():
        frame = pd.read_parquet(results.inputs[f"scores/{model}"] / FILE)
        if len(frame):
            found[results.names[row]] = by_blank(frame)
    return found


def by_blank(frame: pd.DataFrame) -> pd.DataFrame:
    """Index: blank. Columns in bits, except the last: `entropy` of the true distribution p over the accepted forms,
    `model_entropy` of the model's distribution q, rescaled to these forms, `divergence` KL(p ‖ q), and `mass`, what the
    model gives to these forms together.
    """
    blanks = frame["id"]
    logs = frame["log_probability"] - frame.groupby("id")["log_probability"].transform("max")
    own = np.exp(logs) / np.exp(logs).groupby(blanks).transform("sum")
    log_own = logs - np.log(np.exp(logs).groupby(blanks).transform("sum"))
    true = frame["probability"]
    log_true = np.log(true.where(true > 0, 1))
    bits = pd.DataFrame(
        {
            "entropy": -true * log_true,
            "model_entropy": -own * log_own,
            "divergence": true * (log_true - log_own),
        }
    ) / np.log(2)
    return bits.assign(mass=np.exp(frame["log_probability"])).groupby(blanks).sum()
