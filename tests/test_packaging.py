"""The built wheel works in an environment without the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from trident.experiment import paths

USE = """
import json, sys
import torch
from trident import cqs, losses
from trident.corpus import schema
from trident.corpus.sandbox import generate
from trident.distillation import models
from trident.evaluation import probes
from trident.reporting import plots

examples, report = generate.generate({split: 4 for split in schema.SPLITS}, seed=1)
logits, teacher = torch.randn(2, 3, 5), torch.randn(2, 3, 5)
labels = torch.tensor([[1, 2, -100], [3, 4, 0]])
values = [losses.ce(logits, labels), losses.focal(logits, labels, alpha=0.25, gamma=2.0)]
values += [loss(logits, teacher, labels, temperature=2.0) for loss in (losses.kl, losses.jsd)]
scores = cqs.score_all(
    ["assertEquals(3, list.size());"], ["assertEquals(3, list.size());"],
    encoder=models.sentence_encoder("all-MiniLM-L6-v2"),
)
print(json.dumps({
    "templates": report["templates"],
    "examples": len(examples) / len(schema.SPLITS),
    "losses": [round(float(value), 6) for value in values],
    "cqs": dict(zip(scores.variant, scores.cqs)),
    "probes": probes.FILE.is_file(),
    "files": sorted({module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] == "trident"}),
}))
"""


def run(*arguments: str, **options) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=600, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel, built from a copy of the sources and installed into a folder of its own."""
    place = tmp_path_factory.mktemp("packaging")
    source = place / "source"
    shutil.copytree(paths.ROOT / "trident", source / "trident", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(paths.ROOT / name, source)
    pip = ("-m", "pip", "--disable-pip-version-check", "--no-input")
    run(*pip, "wheel", str(source), "--no-deps", "--no-build-isolation", "--no-index", "-w", str(place / "wheels"))
    [wheel] = (place / "wheels").glob("*.whl")
    run(*pip, "install", str(wheel), "--no-deps", "--no-index", "--target", str(place / "site"))
    return place / "site"


def test_the_installed_package_generates_trains_and_scores_without_the_checkout(installed, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(installed), "HF_HUB_OFFLINE": "1"}
    found = json.loads(run("-c", USE, cwd=tmp_path, env=environment).splitlines()[-1])
    assert all(file.startswith(str(installed)) for file in found.pop("files"))
    assert found["templates"] == len(list((paths.ROOT / "trident/corpus/sandbox/templates").rglob("*.java")))
    assert found["examples"] == 4 and found["probes"] and all(value > 0 for value in found["losses"])
    assert found["cqs"].keys() >= {"strict", "paper", "released"}
    assert found["cqs"]["strict"] == pytest.approx(1, abs=1e-6) and min(found["cqs"].values()) > 0.8, found["cqs"]


def test_the_wheel_holds_every_file_of_the_package(installed):
    package = paths.ROOT / "trident"
    files = {file.relative_to(package) for file in package.rglob("*") if file.is_file() and file.suffix != ".pyc"}
    assert {file.relative_to(installed / "trident") for file in (installed / "trident").rglob("*.*")} >= files


def test_the_installed_command_says_what_it_can_do(installed, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [installed / "bin/trident", "--help"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0 and "distil" in done.stdout
    assert "| `temperature` |" in run("-m", "trident", "params", cwd=tmp_path, env=environment)
    failed = subprocess.run(
        [sys.executable, "-m", "trident", "run", "04_distill"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert failed.returncode == 1 and failed.stderr.startswith("trident: no notebook 04_distill")
