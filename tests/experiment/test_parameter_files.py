"""The parameter files: profiles, configurations and seeds as the paper and its released code have them."""

from __future__ import annotations

import pytest

from trident.experiment import params, paths

CONFIGURATIONS = sorted((paths.PARAMS / "configs").glob("*.yaml"))
PROFILES = sorted({*paths.PARAMS.glob("*.yaml")} - {paths.PARAMS / "projects.yaml"})
#: Those that compare. The grid `executed` runs the answers of the profile's own.
GRIDS = sorted({*(paths.PARAMS / "grids").glob("*.yaml")} - {paths.PARAMS / "grids/executed.yaml"})
#: The paper's rows, and the control.
GRID = ["ce", "ce_jsd_semantic", "ce_kl", "focal_jsd", "focal_semantic", "trident_dynamic", "trident_static"]


def load(name: str) -> dict:
    return params.load(paths.PARAMS / f"{name}.yaml")


def weights(configuration: str) -> dict[str, float]:
    return params.complete(load(f"configs/{configuration}")).weights


def test_smoke_is_what_the_schema_defaults_to():
    assert vars(params.complete(load("smoke"))) == params.DEFAULTS


@pytest.mark.parametrize("file", [*PROFILES, *CONFIGURATIONS, *GRIDS], ids=lambda file: file.stem)
def test_a_file_lists_only_what_differs_from_the_default(file):
    """A configuration or a grid may return to a default that a profile below it has changed."""
    below = [] if file in PROFILES else [params.load(profile) for profile in PROFILES]
    for name, value in params.load(file).items():
        changed_below = any(values.get(name, value) != value for values in below)
        assert value != params.DEFAULTS[name] or name in ("profile", "configuration", "seed") or changed_below, name


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


def test_answers_to_real_java_are_run_only_where_somebody_asks_for_it():
    assert params.complete(load("real")).checkouts == ""
    assert load("grids/executed") == {"checkouts": "data/projects"}


@pytest.mark.parametrize("file", GRIDS, ids=lambda file: file.stem)
def test_another_grid_says_what_it_compares_with_what(file):
    values = params.load(file)
    assert {"configurations"} <= set(values) <= {"configurations", "baseline", "seeds"}
    assert params.complete({**load("sandbox"), **values}).baseline in values["configurations"]
    assert all((paths.PARAMS / f"seeds/{seed}.yaml").is_file() for seed in values.get("seeds", ()))
    assert all((paths.PARAMS / f"configs/{name}.yaml").is_file() for name in values["configurations"])


def test_every_configuration_is_in_a_grid():
    grids = [load("sandbox"), *map(params.load, GRIDS)]
    assert {file.stem for file in CONFIGURATIONS} == {name for values in grids for name in values["configurations"]}


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=lambda file: file.stem)
def test_a_configuration_is_a_few_lines(file):
    comment, *lines = file.read_text(encoding="utf-8").splitlines()
    assert (
        comment.startswith("# ")
        and len(comment) <= 120
        and len(lines) <= 6
        and not any(line.startswith("#") for line in lines)
    )
    assert params.load(file)["configuration"] == file.stem


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=lambda file: file.stem)
def test_the_weights_of_a_configuration_sum_to_one(file):
    """In the semantic grid the term is added to what else there is."""
    p = params.complete(params.load(file))
    added = p.weights.get("semantic", 0.0) if file.stem.startswith("semantic_") else 0.0
    assert sum(p.weights.values()) == pytest.approx(1.0 + added, abs=1e-6)
    assert bool(p.weights_end) == (p.schedule in ("epoch", "step"))


def test_no_profile_or_grid_sets_what_a_configuration_must_decide():
    """Otherwise it would leak into the configurations that do not name it."""
    decided = {"configuration", "weights", "weights_end", "schedule", "codec", "temperature"}
    decided |= {"label_smoothing", "unlabelled", "steps"}
    for file in [*PROFILES, *GRIDS]:
        assert not decided & set(params.load(file))


def test_the_labels_grid_compares_what_differs_in_labels_alone():
    """Each number of labels occurs once with each way to use it, and every student takes the same number of steps."""
    grid = {name: load(f"configs/{name}") for name in load("grids/labels")["configurations"]}
    assert len({values["steps"] for values in grid.values()}) == 1
    for name, values in grid.items():
        way, _, number = name.rpartition("_n")
        assert values["human_labels"] == int(number)
        assert ("unlabelled" in values) == way.startswith("seq_kd")
        assert ("label_smoothing" in values) == (way == "ce_smooth") and ("kl" in values["weights"]) == way.endswith(
            "soft"
        )
    numbers = {
        way: [int(n) for w, _, n in (x.rpartition("_n") for x in grid) if w == way] for way in ("ce", "seq_kd_soft")
    }
    assert numbers["ce"] == numbers["seq_kd_soft"] == [250, 500, 1000, 4000]


@pytest.mark.parametrize("loss", ["ce_kl", "focal_jsd"])
def test_the_temperature_grid_changes_the_temperature_alone(loss):
    grid = [name for name in load("grids/temperature")["configurations"] if name.startswith(loss)]
    files = [params.complete(load(f"configs/{name}")) for name in grid]
    assert [p.temperature for p in files] == [1.0, 2.0, 4.0, 8.0]
    assert len({str(p.replaced(temperature=0, configuration="")) for p in files}) == 1


def test_the_paper_s_dynamic_weights_end_at_nine_tenths():
    """Section 3: focal 0.3 throughout, JSD 0.6 to 0.3, semantic 0.1 to 0.3."""
    values = load("configs/trident_dynamic")
    assert values["weights"] == {"focal": 0.3, "jsd": 0.6, "semantic": 0.1}
    assert values["weights_end"] == {"focal": 0.3, "jsd": 0.3, "semantic": 0.3}


@pytest.mark.parametrize("name, kept", [("focal_jsd", ["focal", "jsd"]), ("focal_semantic", ["focal", "semantic"])])
def test_ablations_keep_the_ratio_of_the_static_weights(name, kept):
    static, ablation = weights("trident_static"), weights(name)
    total = sum(static[component] for component in kept)
    assert ablation == pytest.approx({component: static[component] / total for component in kept}, abs=1e-6)


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
