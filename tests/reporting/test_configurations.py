"""What a configuration is follows from its parameters."""

from __future__ import annotations

import pytest

from trident.experiment import params, paths
from trident.reporting import configurations


def grid(name: str) -> dict[str, dict]:
    """Configuration → parameters of one of the project's grids."""
    names = params.load(paths.PARAMS / f"{name}.yaml")["configurations"]
    return {one: parameters(**params.load(paths.PARAMS / f"configs/{one}.yaml")) for one in names}


def parameters(**values) -> dict:
    return {**params.DEFAULTS, **values}


def families(name: str, parameter: str) -> dict[str, list[float]]:
    swept = configurations.find_sweeps(grid(name), 4000)
    assert list(swept) == [parameter]
    return {family: list(members.index) for family, members in swept[parameter].families().items()}


def test_each_of_the_three_grids_sweeps_its_parameter():
    assert families("grids/labels", "human_labels") == {
        "CE": [250, 500, 1000, 4000],
        "CE, label smoothing 0.1": [250, 500, 1000, 4000],
        "CE, teacher's answers": [250, 500, 1000],
        "CE + KL, teacher's answers": [250, 500, 1000, 4000],
    }
    assert families("grids/temperature", "temperature") == {"CE + KL": [1, 2, 4, 8], "focal + JSD": [1, 2, 4, 8]}
    assert families("grids/semantic", "semantic") == {
        "focal, with gradient": [0, 0.05, 0.15, 0.5],
        "focal, without gradient": [0, 0.15],
        "CE + JSD, with gradient": [0, 0.15],
    }


@pytest.mark.parametrize("name", ["sandbox", "grids/weights", "grids/codecs"])
def test_other_grids_sweep_nothing_and_keep_their_names(name):
    assert not configurations.find_sweeps(grid(name), 4000)
    assert configurations.name_all(grid(name), {})["trident_static"] == "Trident (static)"


def test_in_a_sweep_configurations_are_called_by_what_they_are():
    def named(name):
        return configurations.name_all(grid(name), configurations.find_sweeps(grid(name), 4000))

    assert named("grids/labels")["seq_kd_soft_n250"] == "CE + KL, teacher's answers, 250 labels"
    assert named("grids/temperature")["ce_kl"] == "CE + KL, T = 4"
    assert named("grids/temperature")["ce_smooth"] == "CE, label smoothing 0.1"
    called = named("grids/semantic")
    assert called["semantic_none"] == "focal, no semantic term" and called["teacher"] == "Teacher"
    assert len(set(called.values())) == len(called)


def test_all_labels_are_as_many_as_there_are_examples():
    found = {f"c{n}": parameters(configuration=f"c{n}", weights={"ce": 1.0}, human_labels=n) for n in (10, 20, 0)}
    [(_, members)] = configurations.find_sweeps(found, 400)["human_labels"].families().items()
    assert members.to_dict() == {10: "c10", 20: "c20", 400: "c0"}


def test_two_values_are_no_course():
    found = {f"t{t}": parameters(weights={"ce": 0.5, "kl": 0.5}, temperature=t) for t in (1.0, 4.0)}
    assert not configurations.find_sweeps(found, 400)


@pytest.mark.parametrize(
    ("changes", "distilled", "control"),
    [
        ({"weights": {"ce": 1.0}}, False, True),
        ({"weights": {"ce": 1.0, "kl": 0.0}}, False, True),
        ({"weights": {"ce": 1.0}, "label_smoothing": 0.1}, False, False),
        ({"weights": {"focal": 1.0, "semantic": 0.2}}, False, False),
        ({"weights": {"ce": 0.5, "kl": 0.5}}, True, False),
        ({"weights": {"focal": 1.0}, "weights_end": {"jsd": 0.3}, "schedule": "step"}, True, False),
        ({"weights": {"ce": 1.0}, "human_labels": 10, "unlabelled": "teacher"}, True, False),
    ],
)
def test_who_learns_from_the_teacher(changes, distilled, control):
    p = parameters(**changes)
    assert (configurations.is_distilled(p), configurations.is_control(p)) == (distilled, control)
