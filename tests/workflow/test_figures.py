"""The committed tables and figures were made by the code of this checkout, from the corpus to the last picture."""

from __future__ import annotations

import json
import platform

import pytest

from trident.experiment import paths
from trident.workflow import stages

FOLDER = paths.ROOT / "figures"
#: Of real Java, and of the rehearsal, are results that take a night or other machines: they say which commit made them.
ELSEWHERE = ("real", "rehearsal")
FIGURES = sorted(file for file in FOLDER.rglob("provenance.json") if file.relative_to(FOLDER).parts[0] not in ELSEWHERE)


def test_every_grid_has_a_folder():
    folders = {file.parent.relative_to(FOLDER).as_posix() for file in FIGURES}
    grids = {file.stem for file in (paths.PARAMS / "grids").glob("*.yaml")}
    assert folders == {".", *grids - {"seeds", "executed"}}  # those are of real Java


@pytest.mark.parametrize("file", FIGURES, ids=lambda file: file.parent.name)
def test_figures_are_of_this_code(file):
    """Each stage of the grid left the digest of its code and parameters; each must be the digest of today's."""
    record = json.loads(file.read_text(encoding="utf-8"))
    made, present = (version.rpartition(".")[0] for version in (record["python"], platform.python_version()))
    if made != present:  # 3.12 prints syntax trees differently
        pytest.skip(f"digests can be compared in the Python that made them, {record['python']}")
    profile = record["parameters"]["profile"]
    grid = None if file.parent == FOLDER else file.parent.name
    made_with = record.get("made_with", ())
    stale = [stages.from_root(job.folder) for job in stages.grid(profile, grid) if job.digest not in made_with]
    command = f"make reproduce PROFILE={profile}" + (f" GRID={grid}" if grid else "")
    assert not stale, f"{stages.from_root(file)} is of other code or parameters. Run `{command}` and commit the folder."
