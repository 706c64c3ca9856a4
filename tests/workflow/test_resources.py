"""What jobs ask a cluster for, and the two profiles of Snakemake that say how they run."""

from __future__ import annotations

import re

import pytest
import yaml

from trident.experiment import params, paths
from trident.workflow import resources


def test_every_rule_has_an_entry_in_every_profile():
    rules = re.findall(r"^ *rule (\w+):", (paths.ROOT / "Snakefile").read_text(), flags=re.MULTILINE)
    assert sorted(rules) == sorted(resources.RULES)
    named = yaml.safe_load(resources.FILE.read_text()).keys() - {resources.OTHERS}
    assert named <= {file.stem for file in paths.PARAMS.glob("*.yaml")}
    for profile in named:
        assert all(asked.memory and asked.minutes for asked in resources.load(profile).values())


def test_a_profile_without_an_entry_gets_a_gpu_for_what_uses_models():
    assert params.load(paths.PARAMS / "paper.yaml")["profile"] == "paper"
    asked = resources.load("paper")
    assert {rule for rule, entry in asked.items() if entry.gpu} == {
        "pretrain", "teacher", "teacher_cache", "distil", "evaluate", "evaluate_bound",
    }  # fmt: skip
    assert not any(entry.gpu for entry in resources.load("smoke").values())


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{memory: 3}", "others: distil: .*minutes.*expected memory, minutes and perhaps gpu"),
        ("{memory: 3, minutes: 15, gpus: 1}", "others: distil: .*'gpus'"),
        ("{memory: 3.5, minutes: 15}", "others: distil: .*whole numbers"),
        ("null", "others: distil: "),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, entry, message):
    tables = yaml.safe_load(resources.FILE.read_text())
    tables["others"]["distil"] = yaml.safe_load(entry)
    (tmp_path / "resources.yaml").write_text(yaml.safe_dump(tables))
    with pytest.raises(resources.ResourceError, match=message):
        resources.load("mine", tmp_path / "resources.yaml")


def test_an_entry_for_no_rule_is_named(tmp_path):
    tables = yaml.safe_load(resources.FILE.read_text())
    tables["others"]["distill"] = tables["others"]["distil"]
    (tmp_path / "resources.yaml").write_text(yaml.safe_dump(tables))
    with pytest.raises(resources.ResourceError, match="no rule is called distill"):
        resources.load("mine", tmp_path / "resources.yaml")


def test_the_engine_s_profile_leaves_the_default_s_options_alone():
    """Snakemake reads both, and where both say something, the default's holds."""
    files = [paths.ROOT / f"profiles/{name}/config.yaml" for name in ("default", "slurm")]
    default, engine = (yaml.safe_load(file.read_text()) for file in files)
    assert not default.keys() & engine.keys()
