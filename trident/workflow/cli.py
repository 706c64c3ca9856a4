"""The command line: ``python -m trident COMMAND``. Each command imports what it needs, so that ``--help`` is fast."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import threading
import time
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 done, 1 it failed, 2 it was called wrongly; verify-figures has more."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # whatever the locale, and for names of files in any bytes
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        return _run(options)
    except Exception as error:
        # The project's own errors say what was wrong, where, and what to do; so do the system's about a file.
        # Anything else is a defect, which needs its traceback.
        ours = type(error).__module__.partition(".")[0] == "trident"
        if not ours and not (isinstance(error, OSError) and error.filename):
            raise
        print(f"trident: {error}", file=sys.stderr)
        return 1


_ENDS = "stop when the process that started this one ends"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="trident", description="Run and check the notebooks of this project.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str, files: str = "") -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if files:
            added.add_argument("-f", dest="files", metavar="FILE", action="append", default=[], help=files)
        return added

    layers = "parameter file; repeat it: profile, configuration, seed; later over earlier"
    run = command("run", "run one notebook; the executed copy goes to the stage's folder", layers)
    run.add_argument("notebook", help="a path, or a name below notebooks/ such as 04_distill")
    text = "NAME VALUE: one parameter over the files; the value is read as YAML"
    run.add_argument("--steps-only", action="store_true", help="leave out the cells that only display")
    text_of_verdicts = "run the answers of all models of a grid in a JVM, where `execution` is `grid`"
    verdicts = command("verdicts", text_of_verdicts, "parameter file; repeat it: profile, grid; later over earlier")
    baselines = command("baselines", "make and score the baselines of real Java that read questions", layers)
    for stage in (run, verdicts, baselines):
        stage.add_argument("-p", dest="overrides", metavar="WORD", nargs=2, action="append", default=[], help=text)
        stage.add_argument("--with-parent", action="store_true", help=_ENDS)
        once = "do nothing if the stage was finished, by today's code, after this file was written"
        stage.add_argument("--once", type=Path, metavar="FILE", help=once)
    command("distil", "train as 04_distill does, in each process of `accelerate launch -m trident distil`", layers)
    demo = command("demo", "print five blanks and what the shipped models write into them")
    demo.add_argument("--seed", type=int, help="for other blanks; default: the sandbox profile's seed")
    demo.add_argument("--readme", action="store_true", help="copy the first blank into README.md instead")
    command("models", "make models/teacher and models/student anew; goes on where a killed run stopped")
    pretrain = command("pretrain", "make a base model of real Java; goes on where a killed run stopped")
    pretrain.add_argument(
        "what", choices=["tests", "teacher", "student"], help="first the tests that models learn from"
    )
    pretrain.add_argument("--profile", default="real", help="default: real")
    pretrain.add_argument("--with-parent", action="store_true", help=_ENDS)
    pack = command("pack", "copy a trained student, in fp16, to a folder of its own")
    pack.add_argument("folder", type=Path, metavar="FOLDER", help="for instance models/distilled")
    pack.add_argument("--profile", default="sandbox", help="default: sandbox")
    pack.add_argument("--configuration", required=True, help="of the student")
    pack.add_argument("--seed", type=int, required=True, help="of the student")
    export = command("export", "write a trained student with weights of 8 bits to a folder of its own")
    export.add_argument("student", metavar="STUDENT", help="folder of a checkpoint, or <configuration>-s<seed>")
    export.add_argument("--int8", action="store_true", required=True, help="the only form so far")
    export.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="for weights and tokenizer")
    export.add_argument("--profile", default="sandbox", help="default: sandbox")
    suggest = command("suggest", "suggest assertions for the blanks of a Java test file")
    suggest.add_argument(
        "where",
        nargs="?",
        default="-",
        metavar="PATH[:LINE]",
        help="file with <ASSERTION>, or a line of it; - reads stdin",
    )
    best = "default: the best student of profile mined, else of real, else the shipped one"
    suggest.add_argument("--model", type=Path, metavar="FOLDER", help=best)
    suggest.add_argument(
        "--readme", action="store_true", help="copy the example of docs/suggest into README.md instead"
    )
    suggest.add_argument("--top", type=int, default=5, metavar="N", help="at most so many; default: 5")
    suggest.add_argument("--json", action="store_true", help="for editors: one list, an entry for each blank")
    text_of_check = "keep what passes: runs COMMAND with each answer in the file, which is restored; {file} is its name"
    suggest.add_argument("--check", default="", metavar="COMMAND", help=text_of_check)
    refresh = command("refresh", "run notebooks as they are and save the outputs in them")
    refresh.add_argument("notebooks", nargs="+", metavar="NOTEBOOK")
    times = command("times", "say how long the stages of a grid took, and write it beside the grid's tables")
    times.add_argument("--profile", default="sandbox", help="default: sandbox")
    times.add_argument("--grid", help="name of a file in params/grids; default: the profile's own grid")
    readme = command("readme", "copy the tables and times of a folder of results into README.md")
    readme.add_argument("folder", nargs="?", default="figures", help="default: figures")
    fetch = command("fetch", "fetch the public projects that the corpus `projects` is mined from")
    fetch.add_argument("--manifest", type=Path, metavar="FILE", help="default: params/projects.yaml")
    fetch.add_argument("--out", type=Path, metavar="FOLDER", help="default: data/projects")
    mine = command("mine", "find tests and the methods they test in Java source trees")
    mine.add_argument("sources", nargs="+", type=Path, metavar="SOURCE", help="folder of one project")
    mine.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="for the records and the report")
    execute = command(
        "execute", "run the mined examples of checked-out projects, as far as these compile by themselves"
    )
    execute.add_argument("sources", nargs="+", type=Path, metavar="SOURCE", help="folder of one project; its tests run")
    execute.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="for reports and outcomes")
    execute.add_argument("--examples", type=int, default=300, metavar="N", help="drawn of each project; default: 300")
    command(
        "verify",
        "compile and run sandbox examples, and every accepted form, with a JDK and JUnit 4",
        "default: params/sandbox.yaml",
    )
    again = command("verify-figures", "train one cell of a grid again and compare its scores with the published ones")
    again.description += ". Exit code: 0 equal, 3 within the published spread, 4 outside it"  # type: ignore[operator]
    again.add_argument("cell", nargs="?", default="ce-s13", help="<configuration>-s<seed>; default: ce-s13")
    again.add_argument("--profile", default="sandbox", help="default: sandbox")
    again.add_argument("--grid", help="name of a file in params/grids; default: the profile's own grid")
    again.add_argument("--runs", default="runs/verify", help="folder for the new run; default: runs/verify")
    rehearsal = command("rehearsal", "run the paper profile on random weights of its size, and project what it takes")
    rehearsal.add_argument("--folder", default="runs/rehearsal", help="for models and runs; default: runs/rehearsal")
    rehearsal.add_argument("--out", default="figures/rehearsal", help="for the tables; default: figures/rehearsal")
    command("doctor", "say whether this machine can run the sandbox profile, and what to do if not")
    command("params", "print the table of all parameters")
    return parser


def _run(options: argparse.Namespace) -> int:
    from trident.experiment import params, paths

    match options.command:
        case "run" | "verdicts" | "baselines":
            _run_stage(options)
        case "distil":
            from trident.workflow import notebooks, stages

            notebooks.execute_here(stages.Job(stages.find("04_distill"), tuple(options.files)))
        case "demo":
            from trident.workflow import demo, readme

            if options.readme:
                readme.update_demo(demo.fill(options.seed)[0][0])
            else:
                demo.run(options.seed)
        case "models":
            from trident.distillation import bases
            from trident.workflow import readme

            bases.make_models(paths.ROOT / "models")
            readme.update_models()
        case "pretrain":
            from trident.workflow import pretrain

            _watch_parent(options)
            print(pretrain.make(options.what, options.profile))
        case "pack":
            from trident.workflow import pack

            pack.pack(paths.inside_root(options.folder), options.profile, options.configuration, options.seed)
        case "export":
            from trident.workflow import export

            print(export.export(options.student, options.profile, options.out))
        case "suggest":
            from trident.workflow import suggest

            if options.readme:
                from trident.workflow import readme

                readme.update_suggest(suggest.transcript())
                return 0
            where, model, top = options.where, options.model, options.top
            suggest.run(where, model=model, top=top, as_json=options.json, check=options.check)
        case "times":
            from trident.workflow import times

            times.report(options.profile, options.grid)
        case "refresh":
            from trident.workflow import notebooks

            for notebook in options.notebooks:
                notebooks.refresh(notebook)
                print(notebook)
        case "readme":
            from trident.workflow import readme

            readme.update(paths.inside_root(options.folder))
        case "fetch":
            return _fetch(options)
        case "mine":
            from trident.corpus import mining

            print(mining.summary(mining.mine_into(options.sources, options.out)))
        case "execute":
            from trident.workflow import execute

            for source in options.sources:
                print(execute.summary(execute.report(source, options.examples, options.out / source.resolve().name)))
        case "verify":
            return _verify(options.files or [paths.PARAMS / "sandbox.yaml"])
        case "verify-figures":
            from trident.workflow import verify

            return verify.report(options.cell, options.profile, options.grid, options.runs)
        case "rehearsal":
            _rehearse(paths.inside_root(options.folder), paths.inside_root(options.out))
        case "doctor":
            from trident.workflow import doctor

            return doctor.report()
        case "params":
            print(params.table(), end="")
    return 0


def _rehearse(folder: Path, out: Path) -> None:
    from trident.workflow import readme
    from trident.workflow.rehearsal import report, run
    from trident.workflow.rehearsal.inputs import Plan

    for line in run.run(Plan(), folder):
        print(line, flush=True)
    record = json.loads((folder / run.RECORD).read_text(encoding="utf-8"))
    report.write(record, out)
    readme.update_rehearsal(record)


def _fetch(options: argparse.Namespace) -> int:
    """1 if a project could not be reached and another fetch may do it; what is gone for good is only told."""
    from trident.corpus import projects
    from trident.experiment import paths
    from trident.workflow import fetch

    folder = paths.inside_root(options.out or fetch.FOLDER)
    index = fetch.fetch(options.manifest or projects.MANIFEST, folder)
    print(fetch.summary(index, folder))
    return int(any(project.missing and not project.missing.startswith(fetch.GONE) for project in index))


def _run_stage(options: argparse.Namespace) -> None:
    started = time.time()
    _watch_parent(options)
    from trident.experiment import params
    from trident.workflow import once, stages, times

    overrides = {name: params.parse(value, f"command line: {name}") for name, value in options.overrides}
    if options.command == "run":
        job: stages.Job = stages.Job(stages.find(options.notebook), tuple(options.files), overrides)
    else:
        kind = stages.Verdicts if options.command == "verdicts" else stages.Baselines
        job = kind(files=tuple(options.files), overrides=overrides)
    if options.once and once.restore(job, options.once):
        print(f"{os.path.relpath(job.provenance)}  was finished already")
        return
    if isinstance(job, stages.Step):
        from trident.workflow import execute

        print(execute.step(job))
    else:
        from trident.workflow import notebooks

        notebooks.execute(job, steps_only=options.steps_only)
    if options.once:
        once.keep(job)
    times.record(job, started)
    made = job.executed if options.command == "run" else job.provenance
    print(f"{os.path.relpath(made)}  {time.time() - started:.0f} s")


def _watch_parent(options: argparse.Namespace) -> None:
    if options.with_parent:
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process soon after `parent` has ended: otherwise it would keep the stage's folder locked.

    The kernel watches this process in the same way (ipykernel does so by itself).
    """
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _verify(files: list[str | Path]) -> int:
    from trident.corpus import build
    from trident.corpus.sandbox.every_form import EveryForm
    from trident.corpus.sandbox.generate import generate, instances
    from trident.experiment import params
    from trident.java import jdk

    java = jdk.find()
    p = params.complete(params.load(*files))
    examples, _ = generate(build.split_sizes(p), p.corpus_seed, p.masking, p.keep_after, templates=p.sandbox_templates)
    behind = instances(examples, p.corpus_seed)
    of_each_template = {instance.template.name: instance for instance in behind}
    verification = jdk.verify([*behind, *map(EveryForm, of_each_template.values())], java)
    print(verification)
    return 1 if verification.failures else 0
