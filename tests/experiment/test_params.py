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
        ({"temperature": 1e-40}, ["temperature = 1e-40", "greater than or equal to 0.1"]),
        ({"learning_rate": 5.0}, ["learning_rate = 5.0", "less than or equal to 1"]),
        ({"warmup_ratio": 1.0}, ["warmup_ratio = 1.0", "less than 1"]),  # transformers takes 1 for a number of steps
        ({"seed": 2**32}, ["seed = 4294967296", "less than 4294967296"]),
        ({"seeds": [13, -1]}, ["seeds.1 = -1"]),
        ({"student_d_model": 18}, ["student_d_model = 18", "multiple of 4"]),
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


FLOATS = [name for name, field in params.Schema.model_fields.items() if isinstance(field.default, float)]


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_no_number_may_be_infinite(value):
    for name in FLOATS:
        with pytest.raises(params.ParameterError, match=name):
            params.check({name: value})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"teacher_model": "sandbox"}, ["teacher_model = 'sandbox'", "student_model = 'models/student'", "both"]),
        ({"weights": {"semantic": 1.0}}, ["weights = {'semantic': 1.0}", "not only `semantic`"]),
        ({"weights": {}}, ["weights = {}", "above 0"]),
        ({"weights": {"ce": 0.0}}, ["weights = {'ce': 0.0}", "above 0"]),
        (
            {"weights": {"ce": 1.0}, "weights_end": {"ce": 0.0, "semantic": 1.0}, "schedule": "epoch"},
            ["weights_end = {'ce': 0.0, 'semantic': 1.0}", "not only `semantic`"],
        ),
        ({"unlabelled": "teacher"}, ["human_labels = 0", "no example is unlabelled: set `human_labels`"]),
        (
            {"label_smoothing": 0.1, "weights": {"focal": 1.0}},
            ["label_smoothing = 0.1", "weights = {'focal': 1.0}", "only `ce` has smoothed labels"],
        ),
        ({"weights_end": {"jsd": 0.3}}, ["schedule = 'static'", "weights_end", "only `epoch` and `step`"]),
        (
            {"schedule": "gradnorm", "running_average": True},
            ["schedule = 'gradnorm'", "running_average = True", "set false"],
        ),
        ({"configurations": ["ce", "focal_jsd"]}, ["baseline = 'ce_kl'", "must be one of them"]),
        ({"configurations": ["ce_kl", "ce_kl"]}, ["configurations", "named twice"]),
        ({"seeds": [13, 13]}, ["seeds = [13, 13]", "named twice"]),
    ],
)
def test_what_is_impossible_together_is_refused_before_any_work(values, words):
    with pytest.raises(params.ParameterError) as caught:
        params.complete(values)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_rules_wait_until_all_their_values_are_known(tmp_path):
    """A file may hold one half of a pair; the files together are checked."""
    (tmp_path / "a.yaml").write_text("teacher_model: some/model\n")
    (tmp_path / "b.yaml").write_text("student_model: sandbox\n")
    assert params.load(tmp_path / "a.yaml") == {"teacher_model": "some/model"}
    with pytest.raises(params.ParameterError, match=r"a.yaml and .*b.yaml: teacher_model = 'some/model'"):
        params.load(tmp_path / "a.yaml", tmp_path / "b.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("learning_rate: 1e-4", 1e-4),
        ("learning_rate: 1.0e-3", 1e-3),
        ("learning_rate: .5", 0.5),
        ("temperature: 4", 4),
        ("max_grad_norm: 1E9", 1e9),
        ("seed: +12", 12),
        ("progress: True", True),
        ("progress: false", False),
        ("profile: 'no'", "no"),
        ('profile: "013"', "013"),
        ("profile: on_gpu", "on_gpu"),
        ("corpus_path: data/2024-01-01", "data/2024-01-01"),
        ("weights: {ce: 1e-1, kl: 0}", {"ce": 0.1, "kl": 0}),
        ("seeds: [13, 42]", [13, 42]),
    ],
)
def test_what_yaml_says_is_what_it_looks_like(text, value):
    [read] = params.parse(text, "f").values()
    assert read == value and type(read) is type(value)


@pytest.mark.parametrize("value", ["&x 3", "*x", "!!int '013'", "!!python/none", "! 3", "!!str 013"])
def test_anchors_aliases_and_tags_are_refused(value):
    with pytest.raises(params.ParameterError, match=r"f, line 2: anchors, aliases and tags"):
        params.parse(f"epochs: 2\nseed: {value}", "f")


#: Read as something else by YAML 1.1, by YAML 1.2, or by a person.
AMBIGUOUS = ["013", "-07", "08", "0o17", "0x1f", "0b1", "1_000", "1_0.5", "00.5", "1:30", "12:30:00", "2024-01-01"]
AMBIGUOUS += ["yes", "No", "ON", "off"]


@pytest.mark.parametrize("value", AMBIGUOUS)
@pytest.mark.parametrize("name", ["seed", "profile", "progress", "temperature"])
def test_what_reads_differently_than_it_looks_is_refused_with_file_line_and_key(tmp_path, name, value):
    (tmp_path / "bad.yaml").write_text(f"# a comment\nepochs: 3\n{name}: {value}\n")
    with pytest.raises(params.ParameterError, match=rf"bad.yaml, line 3: {name} = {value}: versions of YAML read"):
        params.load(tmp_path / "bad.yaml")
    with pytest.raises(params.ParameterError, match=rf"command line: {name}, line 1: {value}: versions of YAML"):
        params.parse(value, f"command line: {name}")


@pytest.mark.parametrize("text", ["seeds: [13, 042]", "seeds:\n- 13\n- 042", "weights: {ce: 1, kl: 042}"])
def test_values_inside_lists_and_mappings_are_read_as_strictly(text):
    with pytest.raises(params.ParameterError, match=r"f, line \d: (seeds|kl) = 042: versions of YAML"):
        params.parse(text, "f")


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("seed: 1\nepochs: 2\nseed: 1\n", 3, "seed"),
        ("seed: 1\n'seed': 2\n", 2, "seed"),
        ("weights: {ce: 1, kl: 0, ce: 2}\n", 1, "ce"),
        ("weights:\n  ce: 1\n  ce: 2\n", 3, "ce"),
    ],
)
def test_a_key_that_is_set_twice_is_refused_with_file_line_and_key(tmp_path, text, line, key):
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(params.ParameterError, match=rf"bad.yaml, line {line}: '{key}' is set twice"):
        params.load(tmp_path / "bad.yaml")


@pytest.mark.parametrize("text", ["1: 2", "no: 3", "? [a]\n: b", "<<: {seed: 3}", "null: 1"])
def test_keys_are_text(tmp_path, text):
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(params.ParameterError, match="bad.yaml: unknown parameter"):
        params.load(tmp_path / "bad.yaml")


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
        ("learning_rate: fast\n", "learning_rate = 'fast'"),
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
