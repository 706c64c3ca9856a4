"""Write a student with weights of 8 bits to a folder of its own: for a machine without a GPU."""

from __future__ import annotations

from pathlib import Path

from trident.distillation import int8, models
from trident.experiment import artifacts, paths


def export(student: str, profile: str, folder: Path) -> str:
    """Quantise a trained student, and keep with it what it was trained with. Returns a line on the sizes.

    Args:
        student: a folder with a checkpoint, or the name of a student of the profile, ``<configuration>-s<seed>``.

    Raises:
        artifacts.StageError: there is no such student, or it was not trained to its end.
        int8.Int8Error: it is quantised already.
    """
    place = Path(student) if Path(student).is_dir() else paths.Run(profile).folder / "students" / student
    if not place.is_dir():
        there = sorted(file.parent.name for file in place.parent.glob(f"*/{artifacts.PROVENANCE}"))
        known = f"the students of {profile} are {', '.join(there)}" if there else f"{profile} has no student yet"
        raise artifacts.StageError(f"no student {student}: {known}; or pass the folder of a checkpoint")
    made = artifacts.require(place, f"student {place.name}") if _is_of_a_run(place) else None
    model, tokenizer = models.load(place)
    small = int8.quantise(model)
    with artifacts.atomic(folder) as unfinished:
        int8.save(small, unfinished)
        tokenizer.save_pretrained(unfinished)
        if made is not None:
            artifacts.write_json(unfinished / artifacts.PROVENANCE, {**made, "weights": "int8"})
    before, after = models.weight_bytes(model), models.weight_bytes(small)
    return f"{folder}: {after:,} bytes of weights, {100 * after / before:.1f} % of {before:,}"


def _is_of_a_run(place: Path) -> bool:
    """Whether a stage writes, or wrote, the folder. Any other checkpoint has no provenance."""
    return (place / ".lock").exists() or (place / artifacts.PROVENANCE).is_file()
