"""Fetch the projects of a manifest with git: one commit each, and of that the Java files and the licences."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import IO, Any

from tqdm.auto import tqdm

from trident.corpus import projects
from trident.corpus.projects import Fetched, Project
from trident.corpus.schema import CorpusError
from trident.experiment import artifacts

FOLDER = "data/projects"
ATTRIBUTION = "ATTRIBUTION.md"
#: At once: a server waits longer than git works.
JOBS = 4
GONE, UNREACHED, PENDING = "repository or commit not there", "not reached", "not fetched yet"
#: What git says when asking again is of no use. A server that hides whether a repository exists asks for a name.
_GONE = re.compile(r"not found|does not appear to be a git repository|could not read Username|not our ref|unadvertised")
#: In the syntax of .gitignore.
_KEPT = ("*.java", "/[Ll][Ii][Cc][Ee][Nn][CcSs][Ee]*", "/[Cc][Oo][Pp][Yy][Ii][Nn][Gg]*", "/[Nn][Oo][Tt][Ii][Cc][Ee]*")
#: Over the project's own: the files are those of the commit, byte for byte, whatever the system's line ends.
_ATTRIBUTES = "* -text -ident !eol !filter !working-tree-encoding\n"
#: A connection that is stuck ends; neither hooks nor questions about passwords.
_OPTIONS = ("-c", "core.hooksPath=/dev/null", "-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60")
_ENVIRONMENT = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "GIT_LFS_SKIP_SMUDGE": "1"}
#: Set when this runs in a hook of git. They would turn each command to the repository of the hook.
_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


class FetchError(RuntimeError):
    """git is missing or failed, or another fetch is running; the message says what to do."""


def fetch(manifest: Path, folder: Path, progress: bool | None = None) -> list[Fetched]:
    """Fetch what is missing of a manifest, and write the index and the attribution.

    A project is there if the index names its commit and the digest of its files. So what a killed fetch left half done
    is made again, and a fetch of what is there changes nothing.

    Args:
        manifest: see :class:`trident.corpus.projects.Project`. Projects whose split is ``none`` are left out.
        folder: gets a folder of each project, :data:`trident.corpus.projects.INDEX` and :data:`ATTRIBUTION`.
        progress: show a bar; None: on a terminal.

    Returns:
        the index: every project, also those that are missing.

    Raises:
        params.ParameterError: the manifest is missing or wrong.
        FetchError: there is no git, or another fetch is running.
        OSError: the disk is full.
    """
    if not shutil.which("git"):
        raise FetchError("git is not installed (Debian: apt-get install git)")
    wanted = [project for project in projects.load(manifest) if project.split != "none"]
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder) as lock:
        index = {project.name: project for project in _there(wanted, folder)}
        todo = [project for project in index.values() if project.missing]
        size = sum(project.mib for project in todo)
        print(f"{len(index)} projects, {len(todo)} to fetch: {size:.1f} MiB on disk, about {size / 4:.0f} to download")
        projects.write_index(folder, index.values())
        with ThreadPoolExecutor(JOBS) as pool, tqdm(todo, unit=" projects", disable=_hidden(progress)) as bar:
            running = [pool.submit(_get, project, folder, lock) for project in todo]
            try:
                for done in as_completed(running):
                    project = done.result()
                    index[project.name] = project
                    projects.write_index(folder, index.values())
                    bar.update()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        text = _attribution(index.values())
        if not (folder / ATTRIBUTION).is_file() or (folder / ATTRIBUTION).read_text(encoding="utf-8") != text:
            artifacts.write_text(folder / ATTRIBUTION, text)
    return list(index.values())


def summary(index: Sequence[Fetched], folder: Path) -> str:
    """What is there, and by reason what is not, with the names that Software Heritage would have for it."""
    there = [project for project in index if not project.missing]
    splits = Counter(project.split for project in there)
    lines = [
        f"{len(there)} projects in {folder}: {', '.join(f'{count} {split}' for split, count in splits.items())}; "
        f"{sum(project.files for project in there)} files, licences in {ATTRIBUTION}"
    ]
    for reason, count in Counter(project.missing.partition(":")[0] for project in index if project.missing).items():
        lines.append(f"{count} missing: {reason}")
        for project in index:
            if project.missing.startswith(reason):
                lines.append(f"  {project.name}{project.missing.removeprefix(reason)}")
                if reason == GONE:
                    lines.append(f"    Software Heritage may have it: {project.swhid}, or search for {project.url}")
    if any(project.missing.startswith(UNREACHED) for project in index):
        lines.append("Fetch again: what is there stays.")
    return "\n".join(lines)


def _hidden(progress: bool | None) -> bool | None:
    return None if progress is None else not progress


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[IO[str]]:
    """The folder to this process and the git processes that it starts, which end a little after it if it is killed."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FetchError(f"another fetch writes {folder}: wait for it, or stop it") from None
        for unfinished in folder.glob(f".*.{'[0-9a-f]' * 8}*"):  # of a fetch that was killed
            shutil.rmtree(unfinished) if unfinished.is_dir() else unfinished.unlink()
        yield lock


def _there(wanted: Sequence[Project], folder: Path) -> Iterator[Fetched]:
    """The wanted projects, with what is there of them: the same commit, and files that nobody has changed."""
    try:
        known = {project.name: project for project in projects.read_index(folder)}
    except CorpusError:  # there is none yet, or one of another version: its digests say nothing
        known = {}
    for project in wanted:
        old = known.get(project.name)
        if old and not old.missing and old.commit == project.commit and not projects.changed(folder, old):
            yield old.model_copy(update=project.model_dump())
        else:
            yield Fetched(**project.model_dump(), missing=PENDING)


def _get(project: Fetched, folder: Path, lock: IO[str]) -> Fetched:
    """Fetch one project into its folder, which appears when it is complete. A failure is noted in what is returned."""
    try:
        with artifacts.atomic(folder / project.folder) as temporary:
            _checkout(project, temporary, lock)
            kept = [file for file in temporary.rglob("*") if file.is_file()]
            licences = sorted(file.name for file in kept if file.parent == temporary and file.suffix != ".java")
            found = {"files": len(kept), "licence_files": tuple(licences), "sha256": artifacts.digest(temporary)}
    except FetchError as error:
        return project.model_copy(update={"missing": str(error)})
    return project.model_copy(update={"missing": "", **found})


def _checkout(project: Project, place: Path, lock: IO[str]) -> None:
    """The Java files and licences of the commit in a new folder, without git's own. Raises FetchError."""

    def git(*words: str | Path) -> str:
        return _git(lock, *(() if words[0] == "init" else ("-C", place)), *words)

    git("init", "--quiet", "--template=", place)
    info = place / ".git/info"
    info.mkdir()
    (info / "attributes").write_text(_ATTRIBUTES)
    (info / "sparse-checkout").write_text("".join(f"{pattern}\n" for pattern in _KEPT))
    git("config", "core.sparseCheckout", "true")
    git("remote", "add", "origin", project.url)
    # A server that cannot filter sends all files of the commit.
    git("fetch", "--quiet", "--depth=1", "--no-tags", "--filter=blob:none", "origin", project.commit)
    found = git("rev-parse", "FETCH_HEAD^{commit}").strip()
    if found != project.commit:
        raise FetchError(f"another commit came: {found}")
    git("checkout", "--quiet", "--detach", project.commit)
    shutil.rmtree(place / ".git")
    for link in [path for path in place.rglob("*") if path.is_symlink()]:
        link.unlink()


def _git(lock: IO[str], *words: str | Path) -> str:
    """Run git, with the user's own configuration: so `insteadOf` leads to a mirror. Raises FetchError."""
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK} | _ENVIRONMENT
    options: dict[str, Any] = {"env": environment, "stdin": subprocess.DEVNULL, "pass_fds": (lock.fileno(),)}
    done = subprocess.run(("git", *_OPTIONS, *words), capture_output=True, text=True, errors="replace", **options)
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if line.strip()] or [f"git ended with {done.returncode}"]
        raise FetchError(f"{GONE if _GONE.search(done.stderr) else UNREACHED}: {told[0]}")
    return done.stdout


def _attribution(index: Sequence[Fetched] | Any) -> str:
    rows = [
        f"| {project.name} | {project.url} | {project.commit} | {project.licence} | "
        f"{', '.join(f'{project.folder}/{name}' for name in project.licence_files) or 'in its source files'} |"
        for project in index
        if not project.missing
    ]
    return "\n".join(
        [
            "# Where these files come from",
            "",
            "Each folder holds the Java files of one public project, unchanged, at one commit. They belong to their",
            "authors, and are under the licence of their project. `python -m trident fetch` wrote this file.",
            "",
            "| project | url | commit | licence | its text |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )
