"""Make the base models of a profile of real Java: the folders that its `teacher_model` and `student_model` name."""

from __future__ import annotations

from pathlib import Path

from trident.experiment import artifacts, params, paths

TESTS, COUNTS, CARD = "tests.arrow", "tests.json", "card.json"


def folders(p: params.Parameters) -> dict[str, Path]:
    """The folders of teacher and student, as far as they are made here; a model may also come from elsewhere."""
    named = {"teacher": paths.inside_root(p.teacher_model), "student": paths.inside_root(p.student_model)}
    return {who: folder for who, folder in named.items() if folder == tests(p).with_name(who)}


def tests(p: params.Parameters) -> Path:
    """The file of tests to train on. Teacher and student have folders beside it."""
    return paths.Run(p.profile, p.runs_dir).folder / "pretrained" / TESTS


def make(what: str, profile: str) -> str:
    """Make the `tests`, or the `teacher` or the `student` from them. Returns what to print.

    Raises:
        params.ParameterError: the profile names models from elsewhere.
    """
    from trident.corpus import every_test  # here: the Snakefile imports this module, and these take seconds
    from trident.distillation import models, real_bases

    p = params.complete(params.load(paths.PARAMS / f"{profile}.yaml"))
    if what == "tests":
        counts = every_test.save(paths.inside_root(p.corpus_path), tests(p), p.progress)
        artifacts.write_json(tests(p).with_name(COUNTS), counts)
        return ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in counts.items())
    made = folders(p)
    if what not in made:
        raise params.ParameterError(
            f"params/{profile}.yaml: {what}_model is not {tests(p).with_name(what)}: "
            "only a model of the run itself is made here"
        )
    recipes = real_bases.RECIPES["cpu" if models.device(p.device).type == "cpu" else "gpu"]
    facts = real_bases.make_model(tests(p), made[what], recipes[what])
    return f"{made[what]}: training loss {facts['training_loss'][-1][1]:.2f} after {facts['examples']:,} examples"
