"""A stage is a notebook with its parameters: its values, its folder and what its result depends on. A grid has many.

Light on imports: the Snakefile asks these questions for every cell of the grid.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trident.experiment import artifacts, params, paths

#: Modules by prefix. Those that read scores and draw concern notebook 06 alone. No result depends on those that run
#: notebooks, nor on the parameter schema: the values that it checks are in the digest themselves.
DRAWING = ("trident.reporting.",)
NEUTRAL = ("trident.workflow.", "trident.experiment.params.")
#: Parameters that say where and how a run happens, not what comes out of it.
NEUTRAL_PARAMETERS = frozenset({"profile", "runs_dir", "results_dir", "device", "progress"})
#: What 05 scores besides the students. The baselines need the corpus only.
MODELS = ("teacher", "undistilled", *params.BASELINES)


class NotebookError(ValueError):
    """A notebook is missing, is not one of the six, or holds what a stage's notebook must not hold."""


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

    Raises:
        NotebookError: there is no such cell, or it holds anything but ``name = literal``.
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
            raise NotebookError(
                f"{notebook.name}: parameters cell: only `name = literal` is allowed, not `{ast.unparse(statement)}`"
            ) from None
    return values


def resolve(
    notebook: Path, files: Iterable[str | Path] = (), overrides: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The values of the parameters that `notebook` declares: its defaults, under `files` in order, under `overrides`.

    Files may hold more than one notebook reads; an override must be one that this notebook declares.

    Raises:
        NotebookError: as :func:`declared`.
        params.ParameterError: a file, an override or a default is refused by the schema.
    """
    defaults, overrides = declared(notebook), dict(overrides or {})
    params.check(defaults, where=f"{notebook.name}, parameters cell")
    params.check(overrides, where="command line")
    for name in overrides:
        if name not in defaults:
            raise params.ParameterError(
                f"command line: {notebook.name} does not declare `{name}`, so it would change nothing"
            )
    given = {**params.load(*files), **overrides}
    return {name: given.get(name, default) for name, default in defaults.items()}


def folder(notebook: Path, values: Mapping[str, Any]) -> Path:
    """The folder that `notebook` writes when run with `values` (as :func:`resolve` gives them).

    The number that a notebook's name starts with says which stage it is, so a copy under another name works too.
    Raises NotebookError when it is none of 01 to 06.
    """
    try:
        return paths.output_folder(notebook.name, {**params.DEFAULTS, **values})
    except ValueError as error:
        raise NotebookError(str(error)) from None


def executed(notebook: Path, values: Mapping[str, Any]) -> Path:
    """Where the executed copy of `notebook` lies: in the stage's folder, but always below ``runs/<profile>``.

    (`results_dir` is kept in version control, and an executed notebook differs from run to run.)
    """
    below = folder(notebook, values)
    if values.get("results_dir") and notebook.name.startswith("06"):
        below = folder(notebook, {**values, "results_dir": ""}) / below.name
    return below / notebook.name


@dataclass(frozen=True)
class Cell:
    """One cell of a grid: a notebook, the parameter files that it gets, in order, and parameters over those."""

    notebook: Path
    files: tuple[Path, ...]
    overrides: Mapping[str, Any] = field(default_factory=dict)

    @functools.cached_property
    def values(self) -> dict[str, Any]:
        return resolve(self.notebook, self.files, self.overrides)

    @property
    def provenance(self) -> Path:
        """The file that is written last: when it is there, the stage is finished."""
        return folder(self.notebook, self.values) / artifacts.PROVENANCE

    @property
    def digest(self) -> str:
        return digest(self.notebook, self.values)

    def stale(self) -> bool:
        """Whether the stage was finished by other code or with other parameters than those of today.

        The digest in the provenance decides, so a stage run by hand with other parameters, or in JupyterLab, is stale.
        """
        return self.provenance.is_file() and json.loads(self.provenance.read_text())["code"] != self.digest

    def words(self) -> list[str]:
        """What ``python -m trident run`` is called with."""
        files = [word for file in self.files for word in ("-f", from_root(file))]
        return [self.notebook.stem, *files, *(w for name, value in self.overrides.items() for w in ("-p", name, value))]


def grid(profile: str, name: str | None = None) -> list[Cell]:
    """Every cell of a grid, in an order in which they can run.

    Args:
        profile: ``params/<profile>.yaml``.
        name: ``params/grids/<name>.yaml``, over the profile's own grid. Its tables have a folder of that name.

    Raises:
        params.ParameterError: a file is missing or refused, or its name is not the one that it declares.
    """
    base = paths.PARAMS / f"{profile}.yaml"
    files = (base, paths.PARAMS / "grids" / f"{name}.yaml") if name else (base,)
    p = params.complete(params.load(*files))
    _expect(base, {"profile": profile}, vars(p))
    students = []
    for configuration, seed in itertools.product(p.configurations, p.seeds):
        own = {"configuration": configuration, "seed": seed}
        layers = [paths.PARAMS / f"configs/{configuration}.yaml", paths.PARAMS / f"seeds/{seed}.yaml"]
        for file, (key, value) in zip(layers, own.items(), strict=True):
            _expect(file, {key: value}, params.load(file))
        students.append((base, *layers))
    codecs = sorted({params.complete(params.load(*layers)).codec for layers in students})
    results = from_root(paths.output_folder("06_tables", vars(p)) / name) if name else None
    return [
        Cell(find("01_preprocess"), (base,)),
        Cell(find("02_teacher"), (base,)),
        *(Cell(find("03_logits"), (base,), {"codec": codec}) for codec in codecs),
        *(Cell(find("04_distill"), layers) for layers in students),
        *(Cell(find("05_evaluate"), layers) for layers in students),
        *(Cell(find("05_evaluate"), (base,), {"model": model}) for model in MODELS),
        Cell(find("06_tables"), files, {"results_dir": results} if results else {}),
    ]


def _expect(file: Path, expected: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    for name, value in expected.items():
        if found.get(name) != value:
            raise params.ParameterError(
                f"{file}: expected a line `{name}: {value}`; without it, results would be stored under another name"
            )


def from_root(path: Path) -> str:
    """A path from the project's root, where it lies there, so that it means the same on another machine."""
    return str(path.relative_to(paths.ROOT) if path.is_relative_to(paths.ROOT) else path)


def steps(notebook: Path) -> list[tuple[str, str]]:
    """The code cells that make a stage's result, as (place, source): all but parameters and cells tagged ``show``."""
    return [
        (f"{notebook.name}, code cell {number}", source)
        for number, (source, tags) in enumerate(_code_cells(notebook), 1)
        if not tags & {"parameters", "injected-parameters", "show"}
    ]


def digest(notebook: Path, values: Mapping[str, Any]) -> str:
    """What the stage's result depends on, as a SHA-256 in hex: code that runs, the package it reaches, and `values`.

    Prose, outputs, comments, docstrings and formatting do not count; neither do cells tagged ``show``, which only
    display, nor, for 01 to 05, the modules that draw. Data files beside a module count with it. The sandbox templates
    count for the corpus stage alone: the others read the corpus that was made from them.

    Raises:
        NotebookError: a code cell that is not Python.
    """
    cells = [_analyse(source, place) for place, source in steps(notebook)]
    ignored = NEUTRAL if notebook.name.startswith("06") else NEUTRAL + DRAWING
    modules: dict[str, str] = {}
    data = set()
    waiting = [name for _, imported in cells for name in imported]
    while waiting:
        name = waiting.pop()
        path = _module(name)
        if path and name not in modules and not f"{name}.".startswith(ignored):
            modules[name], imported = _analyse(path.read_text(encoding="utf-8"), str(path))
            waiting += imported
            data |= set(data_files(path.parent))
    if notebook.name.startswith("01") and values.get("corpus") == "sandbox":
        data |= set((paths.ROOT / "trident/corpus/sandbox/templates").rglob("*.java"))
    return artifacts.fingerprint(
        [normal for normal, _ in cells],
        modules,
        {from_root(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in data},
        {name: value for name, value in values.items() if name not in NEUTRAL_PARAMETERS},
    )


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
    except SyntaxError:
        # `%magic` and `!command` are Python to IPython only, which is slow to import.
        from IPython.core.inputtransformer2 import TransformerManager

        try:
            tree = ast.parse(TransformerManager().transform_cell(source))
        except SyntaxError as error:
            raise NotebookError(f"{place}: not Python: {error}") from None
    imported: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                imported |= {alias.name for alias in names}
            case ast.ImportFrom(module=str(module), names=names):
                imported |= {module, *(f"{module}.{alias.name}" for alias in names)}
            case (
                ast.Module(body=[ast.Expr(value=ast.Constant(value=str())), *rest])
                | ast.ClassDef(body=[ast.Expr(value=ast.Constant(value=str())), *rest])
                | ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=str())), *rest])
            ):
                node.body = rest or [ast.Pass()]
    # `import trident.corpus.build` also runs the package trident.corpus; the root package holds nothing but a version.
    parents = (name.split(".")[:depth] for name in imported for depth in range(2, name.count(".") + 2))
    return ast.unparse(tree), frozenset(".".join(parts) for parts in parents if parts[0] == "trident")


def _module(name: str) -> Path | None:
    """The file of a module of this project, looked up in Python's own order; None for a function or class."""
    path = paths.ROOT.joinpath(*name.split("."))
    candidates = (path / "__init__.py", path.with_suffix(".py"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)
