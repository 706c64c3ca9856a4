"""The command line: ``python -m trident COMMAND``. Each command imports what it needs, so that ``--help`` is instant."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 done, 1 it failed, 2 it was called wrongly."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options) or 0
    except Exception as error:
        # The project's own errors say what was wrong, where, and what to do; so does the system about a file.
        # Anything else is a defect, and its traceback is wanted.
        ours = type(error).__module__.partition(".")[0] == "trident"
        if not ours and not (isinstance(error, OSError) and error.filename):
            raise
        print(f"trident: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trident", description=sys.modules["trident"].__doc__.splitlines()[0]
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: Any, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        added.set_defaults(command=function)
        return added

    run = command(
        "run", _run, "run one notebook with checked parameters and keep the executed copy in the stage's folder"
    )
    run.add_argument("notebook", help="a path, or a name below notebooks/ such as 04_distill")
    run.add_argument(
        "-f",
        dest="files",
        metavar="FILE",
        action="append",
        default=[],
        help="parameter file; repeat it: profile, configuration, seed; later over earlier",
    )
    run.add_argument(
        "-p",
        dest="overrides",
        metavar=("NAME", "VALUE"),
        nargs=2,
        action="append",
        default=[],
        help="one parameter over the files; the value is read as YAML",
    )
    run.add_argument(
        "--with-parent",
        action="store_true",
        help="stop when the process that started this one is gone (the workflow's use)",
    )

    refresh = command(
        "refresh", _refresh, "run notebooks as they stand and save the outputs in them, with clean metadata"
    )
    refresh.add_argument("notebooks", nargs="+", metavar="NOTEBOOK")

    mine = command("mine", _mine, "find tests and the methods they test in Java source trees")
    mine.add_argument("sources", nargs="+", type=Path, metavar="SOURCE", help="folder of one project")
    mine.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where the records and the report go")

    command("doctor", _doctor, "say whether this machine can run the sandbox profile, and what to do if not")
    command("params", _params, "print the table of all parameters")
    command("templates", _templates, "check the sandbox templates and count what each offers")
    verify = command("verify", _verify, "compile and run what the sandbox templates yield, with a JDK and JUnit 4")
    verify.add_argument(
        "-f",
        dest="files",
        metavar="FILE",
        action="append",
        default=[],
        help="parameter files that say which examples (default: params/sandbox.yaml)",
    )
    return parser


def _run(options: argparse.Namespace) -> None:
    if options.with_parent:
        threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    from trident.experiment import params
    from trident.workflow import notebooks

    started = time.perf_counter()
    overrides = {name: params.parse(value, f"command line: {name}") for name, value in options.overrides}
    executed = notebooks.execute(options.notebook, options.files, overrides)
    print(f"{os.path.relpath(executed)}  {time.perf_counter() - started:.0f} s")


def _leave_with(parent: int) -> None:
    """End this process soon after `parent` is gone: an orphan would hold the stage's folder against the next attempt.

    The kernel watches this process in the same way (ipykernel's own habit).
    """
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _refresh(options: argparse.Namespace) -> None:
    from trident.workflow import notebooks

    for notebook in options.notebooks:
        started = time.perf_counter()
        notebooks.refresh(notebook)
        print(f"{notebook}  {time.perf_counter() - started:.0f} s")


def _doctor(options: argparse.Namespace) -> int:
    from trident.workflow import doctor

    return doctor.report()


def _params(options: argparse.Namespace) -> None:
    from trident.experiment import params

    print(params.table(), end="")


def _mine(options: argparse.Namespace) -> None:
    from trident.corpus import mining

    records, report = mining.mine(options.sources)
    mining.write(records, report, options.out)
    print(mining.summary(report))


def _templates(options: argparse.Namespace) -> int:
    from trident.corpus.sandbox import generate as sandbox

    summaries = sandbox.survey()
    print(sandbox.table(summaries))
    return 1 if any(summary.problems for summary in summaries) else 0


def _verify(options: argparse.Namespace) -> int:
    from trident.corpus.sandbox import generate as sandbox
    from trident.experiment import params, paths
    from trident.java import jdk

    java = jdk.find()
    p = params.complete(params.load(*(options.files or [paths.PARAMS / "sandbox.yaml"])))
    examples, _ = sandbox.generate(
        p.train_examples,
        p.validation_examples,
        p.test_examples,
        p.corpus_seed,
        p.masking,
        p.keep_after,
        count=p.sandbox_templates,
    )
    verification = jdk.verify(sandbox.instances(examples, p.corpus_seed), java)
    print(verification)
    return 1 if verification.failures else 0
