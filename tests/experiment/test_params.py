"""Parameters are checked strictly, and every error names the key."""

from __future__ import annotations

import subprocess
import sys
import types

import pytest

from trident.experiment import params
from trident.experiment.paths import ROOT


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"temprature": 4.0}, ["unknown parameter 'temprature'", "did you mean 'temperature'"]),
        ({"xyzzy": 1}, ["unknown parameter 'xyzzy'", "python -m trident params"]),
        ({"learning_rate": "1e-4"}, ["learning_rate = '1e-4' (str)", "write 0.0001"]),
        ({"epochs": 0}, ["epochs = 0", "greater than or equal to 1"]),
        ({"epochs": True}, ["epochs = True (bool)"]),
        ({"epochs": 2.5}, ["epochs = 2.5"]),
        ({"progress": "no"}, ["progress = 'no' (str)", "boolean"]),
        ({"masking": "two"}, ["masking = 'two'", "'one' or 'all'"]),
        ({"seeds": []}, ["seeds = []"]),
        ({"temperature": float("nan")}, ["temperature"]),
        ({"temperature": float("inf")}, ["temperature = inf", "finite"]),
        ({"weights": {"jds": 0.4}}, ["weights: unknown component 'jds'", "did you mean 'jsd'"]),
        ({"weights_end": {"xyzzy": 0.4}}, ["weights_end: unknown component 'xyzzy'", "known: ce, kl, focal"]),
        ({"weights": {1: 0.4}}, ["weights: unknown component 1"]),
        (
            {"weights": {"jsd:0.4": None}},
            ["weights: unknown component 'jsd:0.4'", "did you mean 'jsd'", "space after the colon"],
        ),
        ({"weights": {"jsd": -0.4}}, ["weights.jsd = -0.4", "greater than or equal to 0"]),
        ({"weights": {"jsd": float("inf")}}, ["weights.jsd = inf", "finite"]),
        ({"weights": {"jsd": float("nan")}}, ["weights.jsd = nan"]),
        ({"weights": {"jsd": "4e-1"}}, ["weights.jsd = '4e-1' (str)", "write 0.4"]),
        ({"weights": {"jsd": True}}, ["weights.jsd = True (bool)"]),
        ({"weights": 0.4}, ["weights = 0.4 (float)", "write a mapping"]),
        ({"weights": ["jsd"]}, ["weights = ['jsd'] (list)", "write a mapping"]),
        ({"weight_jsd": 0.4}, ["unknown parameter 'weight_jsd'", "did you mean"]),
    ],
)
def test_what_is_wrong_is_named(values, words):
    with pytest.raises(params.ParameterError) as caught:
        params.check(values)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_text_of_the_command_line_is_read_as_yaml():
    assert params.parse("{jsd: 0.4}", "command line: weights") == {"jsd": 0.4}
    with pytest.raises(params.ParameterError, match="command line: weights: not readable as YAML"):
        params.parse("{jsd: 0.4", "command line: weights")


def test_a_later_file_replaces_a_mapping_whole(tmp_path):
    (tmp_path / "a.yaml").write_text("weights: {jsd: 0.4, focal: 0.6}\n")
    (tmp_path / "b.yaml").write_text("weights: {ce: 1}\n")
    assert params.complete(params.load(tmp_path / "a.yaml", tmp_path / "b.yaml")).weights == {"ce": 1.0}


def test_components_are_those_of_the_schedules():
    from trident import schedules

    assert tuple(schedules.COMPONENTS) == params.COMPONENTS


def test_all_errors_at_once():
    with pytest.raises(params.ParameterError) as caught:
        params.check({"epochs": 0, "temprature": 1})
    assert len(str(caught.value).splitlines()) == 2


def test_a_whole_number_may_stand_for_a_float():
    assert params.check({"temperature": 4}).temperature == 4.0


def test_the_defaults_are_possible():
    assert vars(params.check(params.DEFAULTS)).keys() == set(params.NAMES)


def test_only_what_was_declared_can_be_read():
    p = params.check({"epochs": 2})
    assert p.epochs == 2
    with pytest.raises(AttributeError, match="add `seed = 13`"):
        _ = p.seed
    with pytest.raises(AttributeError, match="did you mean 'epochs'"):
        _ = p.epoch


def test_a_notebook_namespace_is_read_without_its_imports():
    namespace = {
        "epochs": 3,
        "In": [],
        "Out": {},
        "_": 1,
        "params": params,
        "path": types.FunctionType,
        "run": lambda: 0,
    }
    assert vars(params.read(namespace)) == {"epochs": 3}
    with pytest.raises(params.ParameterError, match="'epochz'"):
        params.read({**namespace, "epochz": 3})


def test_files_are_layered_and_errors_name_the_file(tmp_path):
    (tmp_path / "a.yaml").write_text("epochs: 2\nseed: 1\n")
    (tmp_path / "b.yaml").write_text("seed: 5\n")
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    assert params.load(tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "empty.yaml") == {"epochs": 2, "seed": 5}
    for text, word in (
        ("learning_rate: 1e-4\n", "learning_rate = '1e-4'"),
        ("- a\n", "key: value"),
        ("a: [\n", "not readable as YAML"),
        ("progress: no way\n", "progress"),
    ):
        (tmp_path / "bad.yaml").write_text(text)
        with pytest.raises(params.ParameterError, match="bad.yaml") as caught:
            params.load(tmp_path / "bad.yaml")
        assert word in str(caught.value)
    with pytest.raises(params.ParameterError, match=r"no parameter file .*; did you mean .*a.yaml"):
        params.load(tmp_path / "aa.yaml")


def test_the_table_has_every_parameter():
    table = params.table()
    assert all(f"| `{name}` |" in table for name in params.NAMES)


def test_paths_do_not_depend_on_the_working_directory(tmp_path):
    code = "from trident.experiment.paths import Run; print(Run('smoke').corpus)"
    out = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for folder in (tmp_path, ROOT)
    }
    assert out == {f"{ROOT / 'runs' / 'smoke' / 'corpus'}\n"}
