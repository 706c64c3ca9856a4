"""A stage is a notebook with its parameters: which values it gets, which folder it writes, and what its result depends on.

Light on imports: the Snakefile asks these questions for every cell of the grid.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from trident.experiment import artifacts, params, paths

#: Modules that only draw and lay out. A change in them concerns the notebook of tables and figures alone.
PRESENTATION = frozenset({"trident.reporting.plots", "trident.reporting.tables"})
#: Modules that a result never depends on. The values that `params` checks are in the digest themselves,
#: so a new parameter or a better description of one retrains nothing.
NEUTRAL = frozenset(
    {
        "trident.experiment.params",
        "trident.workflow.stages",
        "trident.workflow.notebooks",
        "trident.workflow.doctor",
        "trident.workflow.cli",
    }
)
#: Files beside the modules that they read, below the package. (The sandbox templates count for the corpus stage alone: what
#: else imports the sandbox reads the corpus that was made from them.)
DATA = {"trident.reporting.plots": "reporting/*.mplstyle", "trident.evaluation.probes": "evaluation/probes.yaml"}
TEMPLATES = "corpus/sandbox/templates/**/*.java"
#: Parameters that say where and how a run happens, not what comes out of it.
NEUTRAL_PARAMETERS = frozenset({"profile", "runs_dir", "results_dir", "device", "progress"})


class NotebookError(ValueError):
    """A notebook is missing, is none of the six, or holds what a stage's notebook must not hold."""


def find(notebook: str | Path) -> Path:
    """The notebook's file: a path as given, or a name below notebooks/. Raises NotebookError when there is none."""
    given = Path(notebook)
    for candidate in (given, paths.NOTEBOOKS / given.name, paths.NOTEBOOKS / f"{given.name}.ipynb"):
        if candidate.is_file():
            return candidate.resolve()
    known = ", ".join(sorted(path.stem for path in paths.NOTEBOOKS.glob("*.ipynb"))) or "none yet"
    raise NotebookError(f"no notebook {notebook}; those in {paths.NOTEBOOKS.name}/: {known}")


def declared(notebook: Path) -> dict[str, Any]:
    """The parameters that a notebook declares, with their defaults: the assignments in its cell tagged ``parameters``.

    Raises:
        NotebookError: there is no such cell, or it holds anything but ``name = literal``.
    """
    cells = [cell for cell in _code_cells(notebook) if "parameters" in _tags(cell)]
    if len(cells) != 1:
        raise NotebookError(f"{notebook.name}: expected one code cell tagged `parameters`, found {len(cells)}")
    values: dict[str, Any] = {}
    for statement in ast.parse(_source(cells[0])).body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                try:
                    values[name] = ast.literal_eval(value)
                except ValueError:
                    raise NotebookError(
                        f"{notebook.name}: parameters cell: `{name}` is not a literal: {ast.unparse(value)}"
                    ) from None
            case _:
                raise NotebookError(
                    f"{notebook.name}: parameters cell: only `name = literal` may stand there, "
                    f"not `{ast.unparse(statement)}`"
                )
    return values


def resolve(
    notebook: Path, files: Iterable[str | Path] = (), overrides: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The values of the parameters that `notebook` declares: its own defaults, under `files` in order, under `overrides`.

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
    p = params.complete(values)
    if not notebook.name.startswith("06"):
        return folder(notebook, values) / notebook.name
    results = paths.Run(p.profile, p.runs_dir).results
    return (results / Path(p.results_dir).name if p.results_dir else results) / notebook.name


def mark(notebook: Path, values: Mapping[str, Any]) -> Path:
    """A file that is newer than the stage's provenance exactly when the stage was made from something else than it would be now.

    The workflow takes it as an input of the stage. What counts is the digest in the provenance itself, so a stage that was
    run by hand, with other parameters perhaps, is not taken for one of the grid; nor is one made in JupyterLab.

    Raises NotebookError as :func:`folder` and :func:`digest` do.
    """
    wanted = digest(notebook, values)
    copy = executed(notebook, values)
    p = params.complete(values)
    run = paths.Run(p.profile, p.runs_dir).folder
    file = run / "digests" / copy.parent.relative_to(run).with_suffix(".txt")
    provenance = folder(notebook, values) / artifacts.PROVENANCE
    made = json.loads(provenance.read_text(encoding="utf-8"))["code"] if provenance.is_file() else None
    finished = provenance.stat().st_mtime_ns if made else 0
    # Snakemake looks past a newer file that holds what it held before, so a stale one names what it stands against.
    text = f"{wanted}\n" if made in (wanted, None) else f"{wanted}\nnot {made}, finished at {finished}\n"
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        artifacts.write_text(file, text)
    if made == wanted:
        os.utime(file, ns=(finished, finished - 10**9))
    return file


def digest(notebook: Path, values: Mapping[str, Any]) -> str:
    """What the stage's result depends on, as a SHA-256 in hex: code that runs, the package it reaches, and `values`.

    Prose, outputs, comments, docstrings and formatting do not count; neither do cells tagged ``show``, which only display,
    nor, for 01 to 05, the modules that draw. The corpus stage depends on the sandbox templates besides.

    Raises:
        NotebookError: a code cell that is not Python.
    """
    sha = hashlib.sha256()
    trees = [
        _parse(_source(cell), f"{notebook.name}, cell {index}")
        for index, cell in enumerate(_code_cells(notebook), 1)
        if not {"parameters", "injected-parameters", "show"} & _tags(cell)
    ]
    ignored = NEUTRAL if notebook.name.startswith("06") else NEUTRAL | PRESENTATION
    modules = _reached(trees, ignored)
    parts = [_normal(tree) for tree in trees]
    parts += [f"{name}\n{_normal_module(path, path.stat().st_mtime_ns)}" for name, path in sorted(modules.items())]
    parts.append(
        json.dumps({name: value for name, value in values.items() if name not in NEUTRAL_PARAMETERS}, sort_keys=True)
    )
    parts += [_contents(DATA[name]) for name in sorted(modules) if name in DATA]
    if notebook.name.startswith("01") and values.get("corpus") == "sandbox":
        parts.append(_contents(TEMPLATES))
    for part in parts:
        sha.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return sha.hexdigest()


@functools.cache
def _read(notebook: Path, _changed: int) -> dict[str, Any]:
    try:
        return json.loads(notebook.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise NotebookError(f"{notebook} is not a notebook: {error}") from None


def _code_cells(notebook: Path) -> list[dict[str, Any]]:
    content = _read(notebook, notebook.stat().st_mtime_ns)
    return [cell for cell in content.get("cells", []) if cell["cell_type"] == "code"]


def _source(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])


def _tags(cell: Mapping[str, Any]) -> set[str]:
    return set(cell.get("metadata", {}).get("tags", ()))


def _parse(source: str, where: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:
        # `%magic` and `!command` are Python to IPython only; it is slow to import, so only when needed.
        from IPython.core.inputtransformer2 import TransformerManager

        try:
            return ast.parse(TransformerManager().transform_cell(source))
        except SyntaxError as error:
            raise NotebookError(f"{where}: not Python: {error}") from None


@functools.cache
def _parsed(path: Path, _changed: int) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@functools.cache
def _normal_module(path: Path, changed: int) -> str:
    return _normal(_parsed(path, changed))


def _normal(tree: ast.Module) -> str:
    """The tree as source without comments, docstrings and the writer's formatting."""
    tree = ast.parse(ast.unparse(tree))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            match node.body:
                case [ast.Expr(value=ast.Constant(value=str())), *rest]:
                    node.body = rest or [ast.Pass()]
    return ast.unparse(tree)


def _reached(trees: Iterable[ast.Module], ignored: frozenset[str]) -> dict[str, Path]:
    """The project's modules that `trees` import, and those that these import, by dotted name."""
    reached: dict[str, Path] = {}
    waiting = [_imports(tree, "") for tree in trees]
    while waiting:
        for name in waiting.pop():
            path = _file(name)
            if path is None or name in ignored or name in reached:
                continue
            reached[name] = path
            waiting.append(
                _module_imports(
                    path, path.stat().st_mtime_ns, name if path.name == "__init__.py" else name.rpartition(".")[0]
                )
            )
    return reached


@functools.cache
def _module_imports(path: Path, changed: int, package: str) -> set[str]:
    return _imports(_parsed(path, changed), package)


def _imports(tree: ast.Module, package: str) -> set[str]:
    """Dotted names below ``trident`` that `tree` may import. `package` is where its relative imports start."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            names.add(base)
            names.update(f"{base}.{alias.name}" for alias in node.names)
    inside = {name for name in names if name.startswith("trident.")}
    # `import trident.corpus.build` also runs the package trident.corpus; the root package holds a version and nothing else.
    return inside | {".".join(name.split(".")[:depth]) for name in inside for depth in range(2, name.count(".") + 1)}


def _file(name: str) -> Path | None:
    path = paths.ROOT.joinpath(*name.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):  # in Python's own order
        if candidate.is_file():
            return candidate
    return None


def _contents(pattern: str) -> str:
    package = paths.ROOT / "trident"
    return "\n".join(
        f"{file.relative_to(package).as_posix()} {hashlib.sha256(file.read_bytes()).hexdigest()}"
        for file in sorted(package.glob(pattern))
    )
