"""Copy a trained student out of a run, in fp16 and with the facts about it: to ship it, or to hand it on."""

from __future__ import annotations

from pathlib import Path

from trident.distillation import bases, models
from trident.experiment import artifacts, paths


def pack(folder: Path, profile: str, configuration: str, seed: int) -> None:
    """Write a student's weights, tokenizer and provenance to `folder`, and facts about it to card.json beside `folder`.

    Raises:
        artifacts.StageError: the student was not trained, or not to its end.
    """
    place = paths.Run(profile).student(configuration, seed)
    made = artifacts.require(place, f"student {configuration}, seed {seed}")
    model, tokenizer = models.load(place)
    facts = {
        "d_model": model.config.d_model,
        "d_ff": model.config.d_ff,
        "layers": model.config.num_layers,
        "steps": made["training"]["steps"],
        "configuration": configuration,
        "seed": seed,
    }
    bases.ship(model, tokenizer, folder, facts)
    artifacts.write_json(folder / artifacts.PROVENANCE, made)  # it says how long inputs were, for `trident suggest`
