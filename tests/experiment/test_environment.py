"""requirements.txt, constraints.txt, environment.yml, pyproject.toml and the Makefile describe one environment."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib

import yaml

from trident.experiment import paths
from trident.workflow import doctor


def read(name: str) -> str:
    return (paths.ROOT / name).read_text(encoding="utf-8")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(file: str) -> dict[str, str]:
    return {canonical(name): version for name, version in doctor.pinned(read(file)).items()}


def imported_modules() -> set[str]:
    """What the package imports from elsewhere, by top-level name."""
    modules = set()
    for file in (paths.ROOT / "trident").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add(node.module.partition(".")[0])
    return modules - set(sys.stdlib_module_names) - {"trident"}


def test_constraints_pin_every_requirement_at_the_same_version():
    requirements, constraints = pins("requirements.txt"), pins("constraints.txt")
    assert requirements.items() <= constraints.items()


def test_constraints_hold_what_the_requirements_need():
    """Every package that an installed requirement asks for on this system is pinned as well."""
    from packaging.requirements import Requirement

    constraints = pins("constraints.txt")
    missing = {}
    for name in pins("requirements.txt"):
        for text in importlib.metadata.requires(name) or ():
            needed = Requirement(text)
            if (needed.marker is None or needed.marker.evaluate({"extra": ""})) and canonical(
                needed.name
            ) not in constraints:
                missing.setdefault(name, []).append(needed.name)
    # A torch built for a GPU brings that GPU's libraries, in versions of its own.
    missing.pop("torch", None)
    assert not missing


def test_no_pin_knows_this_machine():
    for name in ("requirements.txt", "constraints.txt", "environment.yml"):
        assert not re.search(r"@|://|file:|\+cpu", read(name)), name


def test_what_is_installed_is_what_is_pinned():
    installed = {name: importlib.metadata.version(name).partition("+")[0] for name in pins("requirements.txt")}
    assert installed == pins("requirements.txt")


def test_conda_takes_the_same_pins():
    environment = yaml.safe_load(read("environment.yml"))
    assert environment["channels"][0] == "conda-forge"
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    [from_pip] = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    assert from_pip == ["-r requirements.txt", "-c constraints.txt", "-e ."]
    assert {entry.partition("=")[0] for entry in plain} == {"python", "pip", "make", "openjdk"}
    [version] = [entry.partition("=")[2] for entry in plain if entry.startswith("python=")]
    wanted = tomllib.loads(read("pyproject.toml"))["project"]["requires-python"]
    from packaging.specifiers import SpecifierSet

    assert f"{version}.0" in SpecifierSet(wanted)


def test_every_module_that_the_package_imports_is_required():
    """An import that only another package's requirement brings along would break when that package drops it."""
    provided = importlib.metadata.packages_distributions()
    required = set(pins("requirements.txt"))
    required.add("huggingface-hub")  # transformers is written for it
    foreign = {
        module: provided.get(module, ["?"])
        for module in imported_modules()
        if not required & {canonical(name) for name in provided.get(module, ())}
    }
    assert not foreign


def test_pyproject_asks_for_the_pins_as_lower_bounds():
    """The package's own imports are its dependencies; what else a checkout needs is an extra."""
    from packaging.requirements import Requirement

    project = tomllib.loads(read("pyproject.toml"))["project"]
    required = [Requirement(text) for text in project["dependencies"]]
    extra = [Requirement(text) for text in project["optional-dependencies"]["checkout"]]
    bounds = {}
    for requirement in [*required, *extra]:
        [bounds[canonical(requirement.name)]] = [s.version for s in requirement.specifier if s.operator == ">="]
    assert bounds == pins("requirements.txt")
    provided = importlib.metadata.packages_distributions()
    imported = {canonical(name) for module in imported_modules() for name in provided.get(module, ())}
    assert not imported & {canonical(requirement.name) for requirement in extra}


def test_every_make_target_is_listed_by_help():
    makefile = read("Makefile")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)[1].split())
    assert targets == phony
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=paths.ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert set(re.findall(r"^  make ([a-z-]+)", shown, flags=re.MULTILINE)) == phony


def test_snakemake_reads_the_profile_with_the_options_that_keep_results():
    options = yaml.safe_load(read("profiles/default/config.yaml"))
    assert options["rerun-triggers"] == ["mtime", "input"]
    assert options["nolock"] is options["rerun-incomplete"] is options["keep-going"] is True
    assert options.get("retries", 0) == 0  # a cluster has its own profile


def test_an_engine_s_extra_asks_for_its_pin_and_its_pins_fit_the_others():
    engine = pins("profiles/slurm/requirements.txt")
    [extra] = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]["slurm"]
    assert extra == f"snakemake-executor-plugin-slurm>={engine['snakemake-executor-plugin-slurm']}"
    assert not engine.keys() & pins("constraints.txt").keys()
