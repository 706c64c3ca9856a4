"""The public projects of the corpus ``projects``: the manifest, and the index that ``trident fetch`` writes of it."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from trident.corpus.schema import CorpusError
from trident.experiment import params, paths
from trident.experiment.artifacts import digest, write_text

MANIFEST = paths.PARAMS / "projects.yaml"
#: Lies beside the fetched projects, one line for each.
INDEX = "projects.jsonl"
HOW_TO_GET = "Get the projects with `python -m trident fetch`, and give the folder that it names as corpus_path."


class Project(BaseModel):
    """One project of the manifest.

    name     owner and repository; the second part is the name of its folder, and of its group
    url      where git finds it
    commit   the whole hash
    licence  its SPDX name, or names
    split    train, validation or test; ``none``: it is not fetched, and `why` says the reason
    mib      size of its Java files and licences, in MiB
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_][A-Za-z0-9_.-]*$")]
    url: Annotated[str, Field(pattern=r"^https://\S+$")]
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    licence: Annotated[str, Field(pattern=r"\S")]
    split: Literal["train", "validation", "test", "none"]
    why: str = ""
    mib: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _left_out_for_a_reason(self) -> Project:
        if (self.split == "none") != bool(self.why):
            raise ValueError("`why` says the reason of `split: none`, and is given for nothing else")
        return self

    @property
    def folder(self) -> str:
        return self.name.rpartition("/")[2]

    @property
    def swhid(self) -> str:
        """How Software Heritage names the commit, whether or not it has archived it."""
        return f"swh:1:rev:{self.commit}"


class Fetched(Project):
    """A project as the index has it: what was fetched, or why it is `missing`."""

    missing: str = ""
    files: int = 0
    licence_files: tuple[str, ...] = Field(default=(), strict=False)
    sha256: str = ""


# -- the manifest


def load(file: str | Path) -> list[Project]:
    """The projects of a manifest.

    Raises:
        params.ParameterError: it is missing, or not as :class:`Project` says. Names each fault with its line.
    """
    file = Path(file)
    if not file.is_file():
        raise params.ParameterError(f"no manifest {file}")
    text = file.read_text(encoding="utf-8")
    values = params.parse(text, str(file))
    if not isinstance(values, dict) or list(values) != ["projects"] or not isinstance(values["projects"], list):
        raise params.ParameterError(f"{file}: expected one key, `projects`, with a list")
    lines = _lines(text)
    found: list[Project] = []
    faults: list[str] = []
    for number, value in enumerate(values["projects"]):
        try:
            found.append(Project.model_validate(value))
        except ValidationError as error:
            own = lines[number]
            for item in error.errors():
                key = str(item["loc"][0]) if item["loc"] else ""
                faults.append(f"{file}, line {own.get(key, own[''])}: {_explained(key, item, value)}")
    folders: dict[str, str] = {}
    for number, project in enumerate(found if not faults else []):
        if other := folders.get(project.folder.lower()):
            faults.append(f"{file}, line {lines[number]['']}: {project.name} and {other} would share a folder")
        folders[project.folder.lower()] = project.name
    if faults:
        raise params.ParameterError("\n".join(faults))
    return found


def _explained(key: str, item: Any, value: Any) -> str:
    name = f"{value['name']}: " if isinstance(value, dict) and "name" in value and key != "name" else ""
    if item["type"] == "extra_forbidden":
        return f"{name}unknown key {key!r}; known: {', '.join(Project.model_fields)}"
    if item["type"] == "missing":
        return f"{name}`{key}` is missing"
    message = item["msg"].removeprefix("Value error, ")
    return f"{name}{key} = {item['input']!r}: {message}" if key else f"{name}{message}"


def _lines(text: str) -> list[dict[str, int]]:
    """Of each item of the list: the line of each key, and that of the item itself under the empty name."""
    found: list[dict[str, int]] = []
    document: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    for item in document.value[0][1].value:
        pairs = item.value if isinstance(item, yaml.MappingNode) else []
        found.append({"": item.start_mark.line + 1, **{key.value: key.start_mark.line + 1 for key, _ in pairs}})
    return found


# -- the index


def write_index(folder: Path, projects: Iterable[Fetched]) -> None:
    """Write the index, unless it stands there already: a corpus is as old as the index that it was made of."""
    text = "".join(project.model_dump_json() + "\n" for project in projects)
    file = folder / INDEX
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        write_text(file, text)


def read_index(folder: Path) -> list[Fetched]:
    """What :func:`write_index` wrote. Raises CorpusError if there is none, or another version of the code wrote it."""
    file = folder / INDEX
    if not file.is_file():
        raise CorpusError(f"{folder} holds no {INDEX}. {HOW_TO_GET}")
    lines: Sequence[str] = file.read_text(encoding="utf-8").splitlines()
    try:
        return [Fetched.model_validate_json(line) for line in lines]
    except ValidationError as error:
        fault = error.errors()[0]
        raise CorpusError(f"{file}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}. {HOW_TO_GET}") from None


def changed(folder: Path, project: Fetched) -> bool:
    """Whether the files of a fetched project are not those that were fetched."""
    return not (folder / project.folder).is_dir() or digest(folder / project.folder) != project.sha256


def complete(folder: Path) -> tuple[list[Fetched], dict[str, list[str]]]:
    """The projects whose files are those that were fetched, and the names of the others by reason. Warns of these."""
    there: list[Fetched] = []
    missing: dict[str, list[str]] = defaultdict(list)
    for project in read_index(folder):
        reason = project.missing.partition(":")[0]
        if not reason and changed(folder, project):
            reason = "files are not those that were fetched"
        if reason:
            missing[reason].append(project.name)
        else:
            there.append(project)
    if missing:
        counts = ", ".join(f"{len(names)} {reason}" for reason, names in missing.items())
        warnings.warn(f"projects are missing ({counts}): run `python -m trident fetch` again", stacklevel=3)
    return there, dict(missing)
