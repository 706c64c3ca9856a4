"""What the grid `semantic` has found: students trained with the semantic loss and without it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from trident.experiment import paths
from trident.reporting.rendering import Table

FILE = paths.ROOT / "figures" / "semantic" / "runs.csv"
#: Configuration → what the student was trained with.
ROWS = {
    "semantic_none": "focal alone",
    "semantic_decoded_015": "focal + 0.15 · released semantic",
    "semantic_soft_005": "focal + 0.05 · soft semantic",
    "semantic_soft_015": "focal + 0.15 · soft semantic",
    "semantic_soft_050": "focal + 0.5 · soft semantic",
}
_COLUMNS = {"validation_loss": "validation loss", "accepted": "accepted"}


def students(file: Path = FILE) -> Table | None:
    """Loss and share of accepted answers on the split `validation`, by seed; None with a message without the file."""
    if not file.is_file():
        print(f"There is no {file.relative_to(file.parents[2])}: `make reproduce GRID=semantic` makes it, in hours.")
        return None
    runs = pd.read_csv(file)
    runs = runs[(runs.split == "validation") & runs.configuration.isin(ROWS)]
    wide = runs.pivot(index="configuration", columns="seed", values=list(_COLUMNS)).loc[list(ROWS)]
    columns = [("", "trained with"), *((f"seed {seed}", _COLUMNS[name]) for name, seed in wide.columns)]
    rows = [
        [
            ROWS[name],
            *(f"{value:.6f}" if what == "validation_loss" else f"{value:.1%}" for (what, _), value in row.items()),
        ]
        for name, row in wide.iterrows()
    ]
    return Table("Students after training, on blanks that none was trained on", columns, rows, wide)
