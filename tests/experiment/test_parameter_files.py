"""The parameter files: profiles, configurations and seeds as the paper and its released code have them."""

from __future__ import annotations

import pytest
import yaml

from trident.experiment import params, paths

CONFIGURATIONS = sorted((paths.PARAMS / "configs").glob("*.yaml"))
PROFILES = sorted(paths.PARAMS.glob("*.yaml"))
GRIDS = sorted((paths.PARAMS / "grids").glob("*.yaml"))
#: The paper's rows, and the control.
GRID = ["ce", "ce_jsd_semantic", "ce_kl", "focal_jsd", "focal_semantic", "trident_dynamic", "trident_static"]
WEIGHTS = [name for name in params.NAMES if name.startswith("weight_") and name != "weight_decay"]


def load(name: str) -> dict:
    return params.load(paths.PARAMS / f"{name}.yaml")


def test_smoke_is_what_the_schema_defaults_to():
    values = load("smoke")
    assert {name: params.DEFAULTS[name] for name in values} == values


@pytest.mark.parametrize("file", PROFILES, ids=lambda file: file.stem)
def test_a_profile_is_named_as_its_file_and_its_grid_exists(file):
    p = params.complete(params.load(file))
    assert p.profile == file.stem
    for configuration in p.configurations:
        assert (paths.PARAMS / f"configs/{configuration}.yaml").is_file()
    for seed in p.seeds:
        assert params.load(paths.PARAMS / f"seeds/{seed}.yaml") == {"seed": seed}


@pytest.mark.parametrize("name", ["sandbox", "paper"])
def test_the_full_grid_is_the_paper_s_rows_with_three_seeds(name):
    values = load(name)
    assert sorted(values["configurations"]) == GRID
    assert values["seeds"] == [13, 42, 2025]


@pytest.mark.parametrize("file", GRIDS, ids=lambda file: file.stem)
def test_another_grid_says_what_it_compares_with_what(file):
    values = params.load(file)
    assert set(values) == {"configurations", "baseline"} and values["baseline"] in values["configurations"]
    assert all((paths.PARAMS / f"configs/{name}.yaml").is_file() for name in values["configurations"])


def test_every_configuration_is_in_a_grid():
    grids = [load("sandbox"), *map(params.load, GRIDS)]
    assert {file.stem for file in CONFIGURATIONS} == {name for values in grids for name in values["configurations"]}


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=lambda file: file.stem)
def test_a_configuration_sets_every_weight(file):
    """Otherwise a weight of a file below it in the layers would leak into it."""
    values = params.load(file)
    assert values["configuration"] == file.stem
    assert set(values) >= {"configuration", "schedule", *WEIGHTS}
    assert set(values) >= set(load("configs/ce")), "every configuration sets what the others do"
    assert sum(values[name] for name in WEIGHTS if not name.endswith("_end")) == pytest.approx(1.0, abs=1e-6)
    ends = {name: values[name] for name in WEIGHTS if name.endswith("_end") and values[name] is not None}
    assert bool(ends) == (values["schedule"] in ("epoch", "step"))


def test_the_paper_s_dynamic_weights_end_at_nine_tenths():
    """Section 3: focal 0.3 throughout, JSD 0.6 to 0.3, semantic 0.1 to 0.3."""
    values = load("configs/trident_dynamic")
    assert (values["weight_focal"], values["weight_jsd"], values["weight_semantic"]) == (0.3, 0.6, 0.1)
    assert (values["weight_focal_end"], values["weight_jsd_end"], values["weight_semantic_end"]) == (0.3, 0.3, 0.3)


@pytest.mark.parametrize(
    "name, kept",
    [("focal_jsd", ["weight_focal", "weight_jsd"]), ("focal_semantic", ["weight_focal", "weight_semantic"])],
)
def test_ablations_keep_the_ratio_of_the_static_weights(name, kept):
    static, ablation = load("configs/trident_static"), load(f"configs/{name}")
    total = sum(static[weight] for weight in kept)
    for weight in kept:
        assert ablation[weight] == pytest.approx(static[weight] / total, abs=1e-6)
    assert not any(ablation[weight] for weight in WEIGHTS if weight not in kept)


def test_the_paper_s_training_is_as_its_section_4_says():
    p = params.complete({**load("paper"), **load("configs/trident_static"), **load("seeds/13")})
    assert (p.train_examples, p.validation_examples, p.max_source_tokens, p.max_target_tokens) == (
        20000,
        7000,
        512,
        128,
    )
    assert (p.learning_rate, p.weight_decay, p.dropout_rate, p.max_grad_norm, p.warmup_ratio) == (
        5e-5,
        0.01,
        0.1,
        1.0,
        0.15,
    )
    assert p.batch_size * p.gradient_accumulation_steps == 32
    assert (p.epochs, p.temperature, p.focal_alpha, p.focal_gamma) == (8, 4.0, 0.25, 2.0)


@pytest.mark.parametrize("file", [*PROFILES, *CONFIGURATIONS, *GRIDS], ids=lambda file: file.stem)
def test_a_file_names_each_parameter_once(file):
    """YAML keeps the last of two equal keys and says nothing."""
    keys = [key.value for key, _ in yaml.compose(file.read_text(encoding="utf-8")).value]
    assert len(keys) == len(set(keys))
