"""The typed parameter schema: every parameter, its default, its bounds and its meaning are here and nowhere else.

Parameters are flat YAML files, layered by papermill's repeatable ``-f`` (profile, configuration, seed); a later file
replaces a whole value, mappings included. The parameters cell of a notebook declares, as literals, those that the
notebook reads, and :func:`read` checks them. The defaults are the smoke sample's.
"""

from __future__ import annotations

import contextlib
import difflib
import math
import re
import types
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

Codec = Literal["hidden_fp16", "logits_fp32", "logits_fp16", "logits_uint8", "logits_uint4", "topk"]
CODECS: tuple[str, ...] = get_args(Codec)

#: The components of the loss.
Component = Literal["ce", "kl", "focal", "jsd", "semantic"]
COMPONENTS: tuple[str, ...] = get_args(Component)
Weights = dict[Component, Annotated[float, Field(ge=0)]]

#: Answers without a model: each example's own reference (upper bound), the most frequent reference, another example's.
Baseline = Literal["identity", "most_frequent", "shuffled"]
BASELINES: tuple[str, ...] = get_args(Baseline)
#: Answers without a model to real Java, which a step of its own makes, as they read questions: the most frequent
#: assertion of the test class, that of the most similar training example, a copy of the test's nearest one.
REAL_BASELINES = ("class_frequent", "retrieval", "copy_nearest")

_NAME = r"^[A-Za-z0-9_]+$"
Seed = Annotated[int, Field(ge=0, lt=2**32)]  # NumPy takes no larger one
LearningRate = Annotated[float, Field(gt=0, le=1)]
Width = Annotated[int, Field(ge=8, multiple_of=4)]  # of four attention heads


class ParameterError(ValueError):
    """A parameter is unknown, of the wrong type or impossible; the message names it and says what to do."""


class Schema(BaseModel):
    """All parameters. The documentation's table prints each ``description``."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    # -- the run
    profile: str = Field("smoke", pattern=r"^[A-Za-z0-9_-]+$", description="name of the run's folder in `runs_dir`")
    runs_dir: str = Field("runs", description="where runs are kept; a relative path starts at the project's root")
    results_dir: str = Field("", description="where 06 writes tables and figures; empty: `results` in the run's folder")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="where models run")
    progress: bool = Field(True, description="show progress bars (`trident run` switches them off)")

    # -- corpus
    corpus: Literal["sandbox", "projects", "mined", "methods2test", "togbench"] = Field(
        "sandbox", description="where the examples come from"
    )
    corpus_path: str = Field(
        "", description="folder of `trident fetch` or `trident mine`, of the Methods2Test archives, or of TOGBench"
    )
    corpus_seed: Seed = Field(2025, description="seed of the choice of examples")
    teacher_examples: int = Field(96, ge=0, description="examples to fine-tune the teacher on; 0: those of training")
    train_examples: int = Field(512, ge=1, description="examples to train on")
    validation_examples: int = Field(48, ge=1, description="examples that select: checkpoints, configurations")
    test_examples: int = Field(64, ge=0, description="examples that select nothing, for the tables")
    unseen_examples: int = Field(48, ge=0, description="examples of class templates in no other split; sandbox only")
    sandbox_templates: int = Field(0, ge=0, description="class templates that the sandbox draws from; 0: all")
    mappings: list[str] = Field(
        [], description="real Java: what may say which method a test tests (docs/mining.md); empty: what is reliable"
    )
    examples_per_project: int = Field(0, ge=0, description="real Java: at most so many of one project; 0: all")
    examples_per_test: int = Field(0, ge=0, description="real Java: at most so many of one test; 0: all")
    masking: Literal["one", "all"] = Field("one", description="mask one assertion (text) or all of a test (released)")
    keep_after: bool = Field(True, description="keep what follows the masked assertion")
    target_form: Literal["canonical", "raw"] = Field(
        "canonical", description="assertion without `Assert.`, or as found"
    )
    max_source_tokens: int = Field(192, ge=8, le=4096, description="longer inputs are cut, keeping the blank")
    max_target_tokens: int = Field(48, ge=4, le=1024, description="training drops and counts longer assertions")

    # -- models
    teacher_model: str = Field(
        "models/teacher", description="a folder, a hub name, or `sandbox`: random weights at the size below"
    )
    student_model: str = Field("models/student", description="likewise")
    encoder_model: str = Field(
        "all-MiniLM-L6-v2", description="sentence encoder: the installed one, hub name or folder"
    )
    vocabulary_size: int = Field(512, ge=300, le=65536, description="of the sandbox tokenizer (byte-level BPE)")
    teacher_d_model: Width = Field(64, description="width of the sandbox teacher")
    teacher_d_ff: int = Field(128, ge=8, description="feed-forward width of the sandbox teacher")
    teacher_layers: int = Field(1, ge=1, description="layers of its encoder, and of its decoder")
    student_d_model: Width = Field(32, description="width of the sandbox student")
    student_d_ff: int = Field(64, ge=8, description="feed-forward width of the sandbox student")
    student_layers: int = Field(1, ge=1, description="layers of its encoder, and of its decoder")
    dropout_rate: float = Field(0.0, ge=0.0, lt=1.0, description="in training (the paper: 0.1)")
    pretrain_steps: int = Field(0, ge=0, description="steps of span denoising before fine-tuning; sandbox models only")
    pretrain_learning_rate: LearningRate = Field(2e-3, description="its peak learning rate")

    # -- training, teacher and students alike
    teacher_epochs: int = Field(1, ge=1, description="fine-tuning epochs of the teacher")
    teacher_learning_rate: LearningRate = Field(3e-4, description="its peak learning rate")
    epochs: int = Field(4, ge=1, description="distillation epochs (the paper: 8 in section 3.3, 12 in 4.2)")
    steps: int = Field(0, ge=0, description="optimiser steps of a student, in place of `epochs`; 0: by `epochs`")
    human_labels: int = Field(0, ge=0, description="training examples that keep their own label; 0: all")
    unlabelled: Literal["none", "teacher"] = Field(
        "none", description="the other training examples are left out, or labelled by the teacher's answers"
    )
    learning_rate: LearningRate = Field(1e-3, description="peak learning rate of the student (the paper: 5e-5)")
    seed: Seed = Field(13, description="the student's seed: order of the data, dropout, sampling")
    batch_size: int = Field(16, ge=1, description="examples per device and forward pass")
    gradient_accumulation_steps: int = Field(1, ge=1, description="forward passes per optimiser step")
    warmup_ratio: float = Field(0.15, ge=0.0, lt=1.0, description="share of the steps with rising learning rate")
    weight_decay: float = Field(0.01, ge=0.0, description="of AdamW")
    max_grad_norm: float = Field(1.0, gt=0, description="gradients are clipped to this norm (1e9: never)")
    mixed_precision: Literal["auto", "no", "bf16", "fp16"] = Field("auto", description="auto: bf16 where it is native")

    # -- the teacher cache
    codec: Codec = Field("hidden_fp16", description="how the teacher's outputs are stored")
    teacher_scale: Literal["strict", "released"] = Field("strict", description="`released`: no T5 scale d_model^-0.5")

    # -- the loss
    configuration: str = Field("trident_static", pattern=_NAME, description="name of the loss configuration")
    weights: Weights = Field(
        {"focal": 0.45, "jsd": 0.40, "semantic": 0.15}, description="weight of each component; one not named has 0"
    )
    weights_end: Weights = Field({}, description="weights at the end, for `epoch` and `step`; one not named stays")
    schedule: Literal["static", "epoch", "step", "gradnorm", "uncertainty"] = Field(
        "static", description="`epoch`, `step`: linear to `weights_end`; `gradnorm`, `uncertainty`: learnt"
    )
    schedule_progress: Literal["paper", "released"] = Field("paper", description="epoch t counts as t/T or t/(T-1)")
    renormalise_weights: bool = Field(False, description="scale the weights to sum to 1 at each epoch (released)")
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="share of a label's probability that `ce` spreads out")
    temperature: float = Field(4.0, ge=0.1, le=100, description="T of KL and JSD")
    focal_alpha: float = Field(0.25, gt=0, description="alpha of the focal loss")
    focal_gamma: float = Field(2.0, ge=0, description="gamma of the focal loss")
    critical_token_weight: float = Field(2.0, gt=0, description="factor of the focal loss on tokens of assertion names")
    running_average: bool = Field(False, description="divide components by their running average (released)")
    semantic_mode: Literal["decoded", "soft", "risk"] = Field(
        "soft", description="arg-max text, no gradient (released); expected embeddings; expected cost of samples"
    )
    semantic_every: int = Field(1, ge=1, description="compute the semantic term every k-th step, its weight times k")

    # -- evaluation
    model: Literal["student", "teacher", "undistilled", Baseline] = Field(
        "student", description="whose predictions 05 scores: a model's, or a trivial baseline's"
    )
    evaluation_batch_size: int = Field(64, ge=1, description="examples per forward pass without gradients")
    num_beams: int = Field(1, ge=1, description="beams of the decoder (1: greedy)")
    cqs_variant: Literal["strict", "paper", "released"] = Field("strict", description="Code Quality Score to report")

    execution: Literal["own", "grid"] = Field(
        "own", description="who runs answers in a JVM: `own`: 05 its model's; `grid`: one step after 05, those of all"
    )
    checkouts: str = Field(
        "", description="folder with the projects of real Java, to run their tests, if you trust them; empty: not run"
    )

    # -- the grid
    configurations: list[str] = Field(
        ["ce", "ce_kl", "trident_static"], min_length=1, description="loss configurations of the grid"
    )
    seeds: list[Seed] = Field([13, 42], min_length=1, description="seeds of the grid")
    baseline: str = Field("ce_kl", pattern=_NAME, description="configuration that the others are compared with")


def real_baselines(corpus: str) -> tuple[str, ...]:
    """Those of :data:`REAL_BASELINES` that a grid scores, by its parameter `corpus`: all, or none."""
    return () if corpus == "sandbox" else REAL_BASELINES


NAMES = tuple(Schema.model_fields)
DEFAULTS: Mapping[str, Any] = types.MappingProxyType(Schema.model_validate({}).model_dump())


def _trains(weights: Mapping[str, float]) -> bool:
    return any(weight > 0 for name, weight in weights.items() if name != "semantic")


def _has_ce(*weights: Mapping[str, float]) -> bool:
    return any(each.get("ce", 0.0) > 0 for each in weights)


_LEARNT = ("gradnorm", "uncertainty")
_LINEAR = ("epoch", "step")
#: What values that are possible by themselves must fulfil together: names, test, message.
RULES: tuple[tuple[str, Callable[..., bool], str], ...] = (
    ("teacher_model student_model", lambda *names: names.count("sandbox") != 1, "both or neither must be `sandbox`"),
    ("weights weights_end", lambda w, end: _trains(w) and _trains(w | end), "not only `semantic` may be above 0"),
    ("unlabelled human_labels", lambda who, n: who == "none" or n > 0, "no example is unlabelled: set `human_labels`"),
    ("label_smoothing weights weights_end", lambda e, *w: e == 0 or _has_ce(*w), "only `ce` has smoothed labels"),
    ("schedule weights_end", lambda s, end: not end or s in _LINEAR, "only `epoch` and `step` use `weights_end`"),
    ("schedule renormalise_weights", lambda s, scale: s not in _LEARNT or not scale, "learnt weights: set false"),
    ("schedule running_average", lambda s, scale: s not in _LEARNT or not scale, "learnt weights: set false"),
    ("configurations baseline", lambda names, own: len(names) == 1 or own in names, "the baseline must be one of them"),
    ("configurations", lambda names: len({*names}) == len(names), "one is named twice"),
    ("seeds", lambda seeds: len({*seeds}) == len(seeds), "one is named twice"),
)


class Parameters(types.SimpleNamespace):
    """Checked parameters, by attribute. Only declared ones can be read, so that a stage's digest covers all it uses."""

    def __getattr__(self, name: str) -> Any:
        if name in NAMES:
            raise AttributeError(
                f"parameter {name!r} is not declared in this notebook's parameters cell: "
                f"add `{name} = {DEFAULTS[name]!r}` to it"
            )
        raise AttributeError(f"there is no parameter {name!r}{_nearest(name)}")

    def replaced(self, **values: Any) -> Parameters:
        """A copy with other `values`, which are not checked."""
        return Parameters(**{**vars(self), **values})


def _nearest(name: str, known: Iterable[str] = NAMES) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    rest = "`python -m trident params` lists them all" if known is NAMES else f"known: {', '.join(known)}"
    return f"; did you mean {close[0]!r}?" if close else f"; {rest}"


def check(values: Mapping[str, Any], where: str = "parameters") -> Parameters:
    """Check `values` strictly, also together where all that a rule speaks of are given.

    Raises ParameterError, which names each unknown name (with the nearest known one), wrong type and impossible value.
    """
    try:
        model = Schema.model_validate(dict(values))
    except ValidationError as error:
        raise ParameterError("\n".join(_explain(item, where) for item in error.errors())) from None
    for names, allowed, message in RULES:
        found = {name: getattr(model, name) for name in names.split() if name in values}
        if len(found) == len(names.split()) and not allowed(*found.values()):
            shown = ", ".join(f"{name} = {value!r}" for name, value in found.items())
            raise ParameterError(f"{where}: {shown}: {message}")
    return Parameters(**{name: getattr(model, name) for name in values})


def complete(values: Mapping[str, Any], where: str = "parameters") -> Parameters:
    """All parameters: `values` over the defaults. Raises ParameterError as :func:`check` does."""
    return check({**DEFAULTS, **values}, where)


def _explain(item: Mapping[str, Any], where: str) -> str:
    """One line for one of pydantic's errors."""
    loc, value, kind = [str(part) for part in item["loc"]], item["input"], item["type"]
    if kind == "extra_forbidden":
        return f"{where}: unknown parameter {loc[0]!r}{_nearest(loc[0])}"
    if loc[-1] == "[key]":  # of a mapping of weights
        hint = " (YAML needs a space after the colon)" if ":" in str(value) else ""
        return f"{where}: {loc[0]}: unknown component {value!r}{_nearest(str(value), COMPONENTS)}{hint}"
    hint = ""
    if kind == "dict_type":
        hint = " (write a mapping, as in {focal: 0.45, jsd: 0.55})"
    elif isinstance(value, str) and kind in ("int_type", "float_type"):
        with contextlib.suppress(ValueError):
            hint = f" (YAML reads this as text: write {float(value)!r}, with a dot before the exponent)"
    message = item["msg"][0].lower() + item["msg"][1:]
    return f"{where}: {'.'.join(loc)} = {value!r} ({type(value).__name__}): {message}{hint}"


def read(namespace: Mapping[str, Any]) -> Parameters:
    """Check a notebook's namespace right after its parameters cell: ``p = params.read(globals())``.

    Every public name that is neither a module, nor a function, nor IPython's own counts as a parameter.
    Raises ParameterError as :func:`check` does.
    """
    ignored = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
    ipython = {"In", "Out", "exit", "quit", "get_ipython", "open"}
    values = {
        name: value
        for name, value in namespace.items()
        if not name.startswith("_") and name not in ipython and not isinstance(value, ignored)
    }
    return check(values, where="parameters cell")


_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*|(?=\.[0-9]))(\.[0-9]*)?([eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None, ".inf": math.inf, "-.inf": -math.inf}


def parse(text: str, where: str) -> Any:
    """`text` as YAML in which each value is what it looks like, for YAML 1.1 as for 1.2; ``1e-4`` is a number, too.

    Raises ParameterError for all else, with `where` it was found, line and key: a key that is set twice, a value that
    some version takes for another (``no``, ``013``, ``0x1f``, ``1_000``, ``1:30``, a date), anchors, aliases and tags.
    """
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if getattr(event, "anchor", None) or getattr(event, "tag", None):
                raise ParameterError(
                    f"{_line(event, where)}: anchors, aliases and tags are not allowed: write the value"
                )
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ParameterError(f"{where}: not readable as YAML: {error}") from None
    return None if root is None else _value(root, where)


def _line(place: Any, where: str) -> str:
    return f"{where}, line {place.start_mark.line + 1}"


def _value(node: Any, where: str, key: str = "") -> Any:
    """The value of one of PyYAML's nodes; keys are always text."""
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Any] = {}
        for key_node, value in node.value:
            name = str(key_node.value)
            if name in values:
                raise ParameterError(f"{_line(key_node, where)}: {name!r} is set twice: delete one")
            values[name] = _value(value, where, f"{name} = ")
        return values
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, where, key) for item in node.value]
    text = node.value
    if node.style:  # quoted
        return text
    if _NUMBER.fullmatch(text):
        return float(text) if set(text) & set(".eE") else int(text)
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if node.tag != "tag:yaml.org,2002:str" or re.fullmatch(r"[-+]?0o?[0-9]+", text):
        advice = "write a decimal number, true or false, or put text in quotes"
        raise ParameterError(f"{_line(node, where)}: {key}{text}: versions of YAML read this differently: {advice}")
    return text


def load(*files: str | Path) -> dict[str, Any]:
    """Layer YAML parameter files, later over earlier, each checked by itself so that an error names its file.

    Raises ParameterError when a file is missing, is not a flat mapping, or holds what :func:`check` refuses.
    """
    merged: dict[str, Any] = {}
    for file in map(Path, files):
        try:
            values = parse(file.read_text(encoding="utf-8"), str(file))
        except FileNotFoundError:
            known = [other.name for other in file.parent.glob("*")]
            raise ParameterError(f"no parameter file {file}{_nearest(file.name, known)}") from None
        except UnicodeDecodeError as error:
            raise ParameterError(f"{file}: not readable as YAML: {error}") from None
        if not isinstance(values, dict | None):
            raise ParameterError(f"{file}: expected `key: value` lines, found {type(values).__name__}")
        merged |= vars(check(values or {}, where=str(file)))
    check(merged, where=" and ".join(map(str, files)))
    return merged


def table() -> str:
    """The schema as a Markdown table, for the documentation."""
    rows = ["| parameter | default | allowed | meaning |", "|---|---|---|---|"]
    properties = Schema.model_json_schema()["properties"]
    for name, field in Schema.model_fields.items():
        rows.append(f"| `{name}` | `{DEFAULTS[name]!r}` | {_allowed(properties[name])} | {field.description} |")
    return "\n".join(rows) + "\n"


def _allowed(spec: Mapping[str, Any]) -> str:
    if "enum" in spec:
        return ", ".join(f"`{choice}`" for choice in spec["enum"])
    if "propertyNames" in spec:
        return f"{_allowed(spec['propertyNames'])}: {_allowed(spec['additionalProperties'])}"
    if "items" in spec:
        return f"list of {_allowed(spec['items'])}"
    signs = {
        "minimum": "≥",
        "exclusiveMinimum": ">",
        "maximum": "≤",
        "exclusiveMaximum": "<",
        "multipleOf": "multiple of",
    }
    return " ".join([spec["type"], *(f"{sign} {spec[key]}" for key, sign in signs.items() if key in spec)])
