"""Run a stage's notebook: with papermill in a kernel of this environment, or its code cells in this process."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from trident.experiment import artifacts, paths
from trident.workflow import stages

_TRACEBACK_LINES = 12
#: The system cuts a socket's path at 104 bytes (macOS) or 108 (Linux); ours adds /trident-xxxxxxxx/kernel-ipc-N.
_LONGEST_FOLDER = 70
#: The tag of cells that only display. No result depends on them.
_SHOW = "show"
#: The C library keeps the memory of large tensors. Otherwise it returns it to the system, which gives it out again page
#: by page: a seventh of a training's processor time. GNU's library reads these variables, others ignore them.
_KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**30)}
_WIDGET = "application/vnd.jupyter.widget-view+json"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class NotebookFailed(RuntimeError):
    """A cell raised. The message holds the cell, the end of its traceback and where the executed notebook is."""


def execute(job: stages.Job, *, steps_only: bool = False) -> None:
    """Run a stage's notebook and keep the executed copy (`job.executed`), also when it fails.

    Args:
        steps_only: leave out cells tagged ``show``; the copy keeps them without outputs, and says so at its top.

    Raises:
        stages.NotebookError, params.ParameterError: before anything runs.
        NotebookFailed: a cell raised.
    """
    if job.executed.resolve() == job.notebook:
        raise stages.NotebookError(f"{job.notebook} is itself an executed copy; running it would overwrite it")
    job.executed.parent.mkdir(parents=True, exist_ok=True)
    with _own_kernel({"TRIDENT_CODE_DIGEST": job.digest}) as kernel:
        try:
            papermill.execute_notebook(
                _literal(job.notebook),
                _literal(job.executed),
                _quiet(job.values),
                kernel_name="python3",
                language="python",
                cwd=job.notebook.parent,
                progress_bar=False,
                kernel_manager_class=kernel,
                **({"skip_cells_with_tag": _SHOW} if steps_only else {}),
            )
        except (PapermillExecutionError, DeadKernelError):
            raise NotebookFailed(_explain(nbformat.read(job.executed, as_version=4), job.executed)) from None
        finally:
            if steps_only and job.executed.is_file():
                _say_what_is_left_out(job)


def execute_here(job: stages.Job) -> None:
    """Run a stage's code cells in this process, which may be one of several that ``accelerate launch`` started.

    Parameters, code and provenance are those of :func:`execute`; cells tagged ``show`` are left out, and no executed
    copy is kept. What a cell raises is passed on.
    """
    os.environ["TRIDENT_CODE_DIGEST"] = job.digest
    namespace = {"__name__": "__main__", **_quiet(job.values)}
    for place, code in stages.steps(job.notebook):
        exec(compile(code, place, "exec"), namespace)


def refresh(notebook: str | Path) -> None:
    """Run a notebook as it is and save its outputs in it, with metadata that does not differ from run to run.

    Raises:
        NotebookFailed: a cell raised, or an output shows a path of this machine; the file stays as it was.
    """
    path = stages.find(notebook)
    content = nbformat.read(path, as_version=4)
    execute_in_place(content, path, {"TRIDENT_CODE_DIGEST": stages.Job(path).digest, "TQDM_DISABLE": "1"})
    private = [str(paths.ROOT), *([sys.prefix] if sys.prefix != sys.base_prefix else [])]
    for number, cell in enumerate(content.cells, 1):
        # `jupyter` folds a cell
        cell.metadata = nbformat.from_dict(
            {key: cell.metadata[key] for key in ("tags", "jupyter") if key in cell.metadata}
        )
        if cell.cell_type == "code":  # a progress bar's state is not saved: it would show as text at 0 %
            cell.outputs = [output for output in cell.outputs if _WIDGET not in output.get("data", {})]
        shown = next((place for place in private if place in json.dumps(cell)), None)
        if shown:
            raise NotebookFailed(
                f"{path.name}, cell {number}: its source or output shows a path of this machine, {shown}; "
                "silence the warning or shorten the path, then run it again. The file stays as it was."
            )
    kernelspec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    content.metadata = nbformat.from_dict({"kernelspec": kernelspec, "language_info": {"name": "python"}})
    artifacts.write_text(path, nbformat.writes(content))


def ask_kernel(code: str) -> str:
    """What `code` prints in a kernel like those that the stages run in. Raises NotebookFailed when it raises."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    execute_in_place(notebook, Path.cwd() / "a new kernel", {})
    return "".join(output.get("text", "") for output in notebook.cells[0].outputs)


def execute_in_place(content: nbformat.NotebookNode, path: Path, environment: Mapping[str, str]) -> None:
    """Run all cells of `content`, the notebook at `path`, and put their outputs and times into it.

    Raises:
        NotebookFailed: a cell raised.
    """
    place = {"metadata": {"path": str(path.parent)}}
    with _own_kernel(environment) as kernel:
        client = NotebookClient(content, kernel_name="python3", kernel_manager_class=kernel, resources=place)
        client.coalesce_streams = True
        try:
            client.execute()
        except (CellExecutionError, DeadKernelError):
            raise NotebookFailed(_explain(content, path)) from None


@contextlib.contextmanager
def _own_kernel(environment: Mapping[str, str]) -> Iterator[type[AsyncKernelManager]]:
    """A kernel manager whose kernels are this very interpreter, whatever kernels a user or a site has registered.

    Its sockets are files in a private folder: kernels of parallel jobs cannot clash over ports.
    """
    with tempfile.TemporaryDirectory(prefix="trident-", dir=_socket_folder()) as private:
        inherited = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
        added = {
            **environment,
            # The package of this checkout, and none of a user's start-up files.
            "PYTHONPATH": os.pathsep.join([str(paths.ROOT), *inherited]),
            "IPYTHONDIR": private,
            **{name: os.environ.get(name, value) for name, value in _KEEP_MEMORY.items()},
            # Threads that wait release the core: busy waiting makes training beside another job ten times as slow.
            "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
            # tokenizers would otherwise use all cores in each of several jobs.
            "RAYON_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(os.cpu_count())),
        }

        class OwnKernel(AsyncKernelManager):
            def __init__(self, **options: Any) -> None:
                super().__init__(
                    transport="ipc",
                    connection_file=f"{private}/kernel.json",
                    kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
                    **options,
                )

            async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]  # async in the base, too
                await super().start_kernel(env={**os.environ, **added}, **options)

            async def shutdown_kernel(self, **options: Any) -> None:  # type: ignore[override]  # async in the base, too
                # The base begins with SIGINT, which a kernel may report as an error. So ask it first, then clean up.
                await self.request_shutdown()
                await self.finish_shutdown()
                await super().shutdown_kernel(**options)

        yield OwnKernel


def _socket_folder() -> str:
    """TMPDIR, or a common folder where that is not fit for sockets. Raises NotebookFailed when none is."""
    for folder in (str(Path(os.environ.get("TMPDIR") or "/tmp").absolute()), "/tmp", "/var/tmp"):
        if folder.isascii() and len(folder) <= _LONGEST_FOLDER and os.access(folder, os.W_OK | os.X_OK):
            return folder
    raise NotebookFailed(
        "neither TMPDIR nor /tmp nor /var/tmp can hold a kernel's sockets: "
        f"set TMPDIR to a folder that can be written, with a path of at most {_LONGEST_FOLDER} ASCII characters"
    )


def _say_what_is_left_out(job: stages.Job) -> None:
    """Begin the executed copy with a line that says which cells were not run, and how to run them."""
    content = nbformat.read(job.executed, as_version=4)
    command = shlex.join(["python", "-m", "trident", "run", *job.words()])
    text = f"*Cells tagged `{_SHOW}` were not run: no result depends on them. To run them too: `{command}`*"
    content.cells.insert(0, nbformat.v4.new_markdown_cell(text))
    artifacts.write_text(job.executed, nbformat.writes(content))


def _quiet(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` without progress bars: nobody watches."""
    return {**values, "progress": False} if "progress" in values else dict(values)


def _literal(path: Path) -> str:
    """papermill formats paths as templates: a brace in one has to be doubled."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _explain(content: nbformat.NotebookNode, path: Path) -> str:
    """Which cell failed, the end of its traceback, and where the notebook is."""
    started = [cell for cell in content.cells if cell.metadata.get("papermill", {}).get("start_time")]
    where = "A cell"
    lines = [
        *(cell.source for cell in started[-1:]),
        "The kernel died in this cell: out of memory, killed, or a crash.",
    ]
    for cell in content.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                where = f"In [{cell.execution_count}]"
                lines = _COLOURS.sub("", "\n".join(output.traceback)).splitlines()[-_TRACEBACK_LINES:]
                error = f"{output.ename}: {output.evalue}".rstrip(": ")
                if error.splitlines()[0] not in "\n".join(lines):
                    lines.append(error)
    shown = "\n".join(f"  {line}" for text in lines for line in text.splitlines())
    return f"{where} of {path.name} failed:\n{shown}\nThe notebook up to there: {path}"
