"""A job is a notebook with its parameters: its values, its folder and what its result depends on. A grid is many jobs.

Light on imports: the Snakefile asks these questions for every job of the grid.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import itertools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from trident.experiment import artifacts, params, paths
from trident.workflow import best_models

#: Modules by prefix. Those that read scores and draw concern notebook 06 alone. No result depends on those that run
#: notebooks, nor on the parameter schema: the values that it checks are in the digest themselves.
DRAWING = ("trident.reporting.",)
NEUTRAL = ("trident.workflow.", "trident.experiment.params.")
#: What runs answers concerns 05 only where it does so itself.
EXECUTING = ("trident.evaluation.execution.",)
#: The models that come with the project.
SHIPPED = paths.ROOT / "models"
#: Parameters that say where and how a run happens, not what comes out of it.
NEUTRAL_PARAMETERS = frozenset({"profile", "runs_dir", "results_dir", "device", "progress"})
#: What 05 scores besides the students. The baselines need the corpus only. :class:`Baselines` scores others.
MODELS = ("teacher", "undistilled", *params.BASELINES)


class NotebookError(ValueError):
    """A notebook is missing, is not one of the six, or holds what a stage's notebook must not hold."""


@dataclass(frozen=True)
class Job:
    """A notebook, the parameter files that it gets, later over earlier, and single parameters over those.

    The number that a notebook's name starts with says which stage it is, so a copy under another name works too.

    Raises (when asked for its values, or anything that depends on them):
        NotebookError: the notebook is none of 01 to 06, or its parameters cell or another code cell is not as expected.
        params.ParameterError: a file, an override or a default is refused by the schema.
    """

    notebook: Path
    files: tuple[str | Path, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)

    def over(self, values: Mapping[str, Any]) -> Job:
        """This job with those of `values` as overrides that its notebook declares."""
        declared = self._declared()
        own = {name: value for name, value in values.items() if name in declared}
        return replace(self, overrides={**self.overrides, **own})

    @functools.cached_property
    def values(self) -> dict[str, Any]:
        """The parameters that the notebook declares. Files may hold more than one notebook reads; overrides may not."""
        defaults = self._declared()
        params.check(defaults, where=f"{self.notebook.name}, parameters cell")
        params.check(self.overrides, where="command line")
        for name in self.overrides:
            if name not in defaults:
                raise params.ParameterError(
                    f"command line: {self.notebook.name} does not declare `{name}`, so it would change nothing"
                )
        given = {**params.load(*self.files), **self.overrides}
        values = {name: given.get(name, default) for name, default in defaults.items()}
        for who in best_models.SHIPPED:
            if values.get(f"{who}_model") == best_models.BEST:
                values[f"{who}_model"] = from_root(best_models.pair("real")[who])
        params.check(values, where=self.notebook.name)
        return values

    def _declared(self) -> dict[str, Any]:
        return declared(self.notebook)

    def _steps(self) -> list[tuple[str, str]]:
        return steps(self.notebook)

    def _place(self) -> Path:
        return paths.output_folder(self.notebook.name, {**params.DEFAULTS, **self.values})

    @property
    def folder(self) -> Path:
        """What the notebook writes."""
        try:
            folder = self._place()
        except ValueError as error:
            raise NotebookError(str(error)) from None
        with contextlib.suppress(UnicodeEncodeError):
            if os.fsencode(folder) == str(folder).encode():
                return folder
        text = "libraries would write to another path, as they use UTF-8: set PYTHONUTF8=1, or rename the folder"
        raise NotebookError(f"{str(folder)!r}: {text}")

    @property
    def provenance(self) -> Path:
        """The file that is written last: when it is there, the stage is finished."""
        return self.folder / artifacts.PROVENANCE

    @property
    def executed(self) -> Path:
        """The executed copy: always below ``runs/``, as `results_dir` is under version control and each run differs."""
        folder = self.folder
        if self.values.get("results_dir"):
            own = {**params.DEFAULTS, **self.values, "results_dir": ""}
            folder = paths.output_folder(self.notebook.name, own) / folder.name
        return folder / self.notebook.name

    @functools.cached_property
    def digest(self) -> str:
        """What the result depends on, as a SHA-256 in hex: code that runs, the package it reaches, and the values.

        Prose, outputs, comments, docstrings and formatting do not count; neither do cells tagged ``show``, which only
        display, nor, for 01 to 05, the modules that draw. Data files beside a module count with it. For the corpus its
        own source counts and no other, with the templates if it is the sandbox: the other stages read the corpus that
        was made from them. The shipped models count where a parameter names them.
        """
        cells = [_analyse(source, place) for place, source in self._steps()]
        ignored: tuple[str, ...] = NEUTRAL if self.notebook.name.startswith("06") else NEUTRAL + DRAWING
        if self.notebook.name.startswith("05") and self.values.get("execution") == "grid":
            ignored += EXECUTING
        modules: dict[str, str] = {}
        data = set()
        waiting = [name for _, imported in cells for name in imported]
        if "trident.corpus.build" in waiting:
            waiting.append(f"trident.corpus.sources.{self.values['corpus']}")
        while waiting:
            name = waiting.pop()
            path = _module(name)
            if path and name not in modules and not f"{name}.".startswith(ignored):
                modules[name], imported = _analyse(path.read_text(encoding="utf-8"), str(path))
                waiting += imported
                data |= set(data_files(path.parent))
        if "trident.corpus.sources.sandbox" in modules:
            data |= set((paths.ROOT / "trident/corpus/sandbox/templates").rglob("*.java"))
        for name in ("teacher_model", "student_model"):
            if (folder := paths.ROOT / str(self.values.get(name))).is_relative_to(SHIPPED) and folder.is_dir():
                data |= {folder / file for file in ("config.json", "model.safetensors", "tokenizer.json")}
        return artifacts.fingerprint(
            [normal for normal, _ in cells],
            modules,
            {from_root(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in data},
            {name: value for name, value in self.values.items() if name not in NEUTRAL_PARAMETERS},
        )

    def stale(self) -> bool:
        """Whether the stage was finished by other code or with other parameters than those of today.

        The digest in the provenance decides, so a stage run by hand with other parameters, or in JupyterLab, is stale.
        """
        return self.provenance.is_file() and json.loads(self.provenance.read_text("utf-8"))["code"] != self.digest

    def words(self) -> list[str]:
        """What ``python -m trident run`` is called with. Values are JSON, which is YAML that cannot be misread."""
        files = [word for file in self.files for word in ("-f", from_root(Path(file)))]
        values = {name: json.dumps(value, ensure_ascii=False) for name, value in self.overrides.items()}
        return [self.notebook.stem, *files, *(word for pair in values.items() for word in ("-p", *pair))]


@dataclass(frozen=True)
class Step(Job):
    """A job without a notebook: a module runs, whose code counts. Otherwise it is a job like the others."""

    module: ClassVar[str]
    #: Its parameters.
    reads: ClassVar[tuple[str, ...]]

    def _declared(self) -> dict[str, Any]:
        return {name: params.DEFAULTS[name] for name in self.reads}

    def _steps(self) -> list[tuple[str, str]]:
        package, _, name = self.module.rpartition(".")
        return [(self.notebook.name, f"from {package} import {name}")]

    @property
    def executed(self) -> Path:
        """There is no executed copy. This is where one would be, as the record of the times lies beside it."""
        return self.folder / self.notebook.name


@dataclass(frozen=True)
class Verdicts(Step):
    """What a JVM says of the answers of a grid's models: a step between 05 and 06, where `execution` is ``grid``."""

    notebook: Path = paths.ROOT / "trident/evaluation/execution/verdicts.py"
    module = "trident.evaluation.execution.verdicts"
    reads = ("profile", "runs_dir", "results_dir", "configurations", "seeds", "checkouts")


@dataclass(frozen=True)
class Baselines(Step):
    """The baselines that read the questions of real Java: a step beside 05, which scores all of them.

    Each has a folder; the step's own is the one that is finished last.
    """

    notebook: Path = paths.ROOT / "trident/evaluation/real_java/baselines.py"
    module = "trident.evaluation.real_java.baselines"
    reads = (
        "profile",
        "runs_dir",
        "device",
        "progress",
        "target_form",
        "encoder_model",
        "execution",
        "checkouts",
    )

    def _place(self) -> Path:
        return paths.Run(self.values["profile"], self.values["runs_dir"]).scores(params.REAL_BASELINES[-1])


def grid(profile: str, name: str | None = None) -> list[Job]:
    """Every job of a grid, in an order in which they can run.

    Args:
        profile: ``params/<profile>.yaml``.
        name: ``params/grids/<name>.yaml``, over the profile's own grid. Its tables have a folder of that name.

    Raises:
        params.ParameterError: a file is missing or refused, or its name is not the one that it declares.
    """
    base = paths.PARAMS / f"{profile}.yaml"
    files = (base, paths.PARAMS / f"grids/{name}.yaml") if name else (base,)
    p = params.complete(params.load(*files))
    students = []
    for configuration, seed in itertools.product(p.configurations, p.seeds):
        layers = (base, paths.PARAMS / f"configs/{configuration}.yaml", paths.PARAMS / f"seeds/{seed}.yaml")
        expected = {"profile": profile, "configuration": configuration, "seed": seed}
        for file, (key, value) in zip(layers, expected.items(), strict=True):
            if params.load(file).get(key) != value:
                raise params.ParameterError(f"{file}: expected a line `{key}: {value}`, as its name says")
        students.append(layers)
    taught = [params.complete(params.load(*layers)) for layers in students]
    caches = sorted({(student.codec, student.unlabelled) for student in taught})
    results = {"results_dir": from_root(paths.output_folder("06", vars(p)) / name)} if name else {}
    return [
        Job(find("01_preprocess"), (base,)),
        Job(find("02_teacher"), (base,)),
        *(Job(find("03_logits"), (base,), {"codec": codec, "unlabelled": who}) for codec, who in caches),
        *(Job(find("04_distill"), layers) for layers in students),
        *(Job(find("05_evaluate"), layers) for layers in students),
        *(Job(find("05_evaluate"), (base,), {"model": model}) for model in MODELS),
        *([Baselines(files=(base,))] if params.real_baselines(p.corpus) else []),
        *([Verdicts(files=files, overrides=results)] if p.execution == "grid" else []),
        Job(find("06_tables"), files, results),
    ]


def find(notebook: str | Path) -> Path:
    """The notebook's file: a path as given, or a name below notebooks/. Raises NotebookError when there is none."""
    given = Path(notebook)
    for candidate in (given, paths.NOTEBOOKS / given.name, paths.NOTEBOOKS / f"{given.name}.ipynb"):
        if candidate.is_file():
            return candidate.resolve()
    known = ", ".join(sorted(path.stem for path in paths.NOTEBOOKS.glob("*.ipynb"))) or "none"
    raise NotebookError(f"no notebook {notebook}; those in {paths.NOTEBOOKS.name}/: {known}")


def declared(notebook: Path) -> dict[str, Any]:
    """The parameters that a notebook declares, with their defaults: the assignments in its cell tagged ``parameters``.

    Raises NotebookError when there is no such cell, or it holds anything but ``name = literal``.
    """
    cells = [source for source, tags in _code_cells(notebook) if "parameters" in tags]
    if len(cells) != 1:
        raise NotebookError(f"{notebook.name}: expected one code cell tagged `parameters`, found {len(cells)}")
    values: dict[str, Any] = {}
    for statement in ast.parse(cells[0]).body:
        try:
            [target] = statement.targets  # type: ignore[attr-defined]
            values[target.id] = ast.literal_eval(statement.value)  # type: ignore[attr-defined]
        except (AttributeError, ValueError):
            text = f"only `name = literal` is allowed, not `{ast.unparse(statement)}`"
            raise NotebookError(f"{notebook.name}: parameters cell: {text}") from None
    return values


def steps(notebook: Path) -> list[tuple[str, str]]:
    """The code cells that make a stage's result, as (place, source): all but parameters and cells tagged ``show``."""
    return [
        (f"{notebook.name}, code cell {number}", source)
        for number, (source, tags) in enumerate(_code_cells(notebook), 1)
        if not tags & {"parameters", "injected-parameters", "show"}
    ]


def from_root(path: Path) -> str:
    """A path from the project's root, where it lies there, so that it means the same on another machine."""
    return str(path.relative_to(paths.ROOT) if path.is_relative_to(paths.ROOT) else path)


def data_files(folder: Path) -> list[Path]:
    """Files beside modules that are neither code nor prose."""
    return [file for file in folder.iterdir() if file.is_file() and file.suffix not in (".py", ".pyc", ".md")]


def _code_cells(notebook: Path) -> list[tuple[str, set[str]]]:
    """Source and tags of each code cell."""
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
    except ValueError as error:
        raise NotebookError(f"{notebook} is not a notebook: {error}") from None
    cells = [cell for cell in content.get("cells", []) if cell["cell_type"] == "code"]
    return [("".join(cell["source"]), set(cell["metadata"].get("tags", ()))) for cell in cells]


@functools.cache
def _analyse(source: str, place: str) -> tuple[str, frozenset[str]]:
    """`source` without comments, docstrings and formatting, and the names below ``trident`` that it may import."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        text = "a cell with `%magic` or `!command` must be tagged `show`, so that no result depends on it"
        raise NotebookError(f"{place}: not Python: {error}; {text}") from None
    imported: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                imported |= {alias.name for alias in names}
            case ast.ImportFrom(module=str(module), names=names):
                imported |= {module, *(f"{module}.{alias.name}" for alias in names)}
            case ast.Module() | ast.ClassDef() | ast.FunctionDef() if ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
    # `import trident.corpus.build` also runs the package trident.corpus; the root package holds nothing but a version.
    parents = (name.split(".")[:depth] for name in imported for depth in range(2, name.count(".") + 2))
    return ast.unparse(tree), frozenset(".".join(parts) for parts in parents if parts[0] == "trident")


def _module(name: str) -> Path | None:
    """The file of a module of this project, looked up in Python's own order; None for a function or class."""
    path = paths.ROOT.joinpath(*name.split("."))
    candidates = (path / "__init__.py", path.with_suffix(".py"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)
