"""The typed parameter schema: every parameter, its default, its bounds and its meaning stand here and nowhere else.

Parameters are flat YAML files layered by papermill's repeatable ``-f`` (profile, configuration, seed). The parameters cell of a
notebook declares, as literals, those that the notebook reads; :func:`read` checks the whole namespace strictly.
The defaults are the smoke sample's.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

CODECS = ("hidden_fp16", "hidden_int8", "logits_fp32", "logits_fp16", "logits_uint8", "logits_uint4", "topk")

#: Answers that need no model: each reference for itself (the upper bound), the most frequent reference, another example's.
BASELINES = ("identity", "most_frequent", "shuffled")


class ParameterError(ValueError):
    """A parameter is unknown, of the wrong type or impossible; the message names it and says what to do."""


class Schema(BaseModel):
    """All parameters. ``description`` is what the documentation's table prints."""

    model_config = ConfigDict(extra="forbid", strict=True)

    # -- the run
    profile: str = Field("smoke", pattern=r"^[A-Za-z0-9_-]+$", description="name of the run's folder below `runs_dir`")
    runs_dir: str = Field("runs", description="where runs are kept; relative paths start at the project's root")
    results_dir: str = Field(
        "", description="where 06 writes tables and figures; empty: the run's own `results` folder"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="where models run")
    progress: bool = Field(True, description="show progress bars (`trident run` switches them off)")

    # -- corpus
    corpus: Literal["sandbox", "methods2test", "mined"] = Field("sandbox", description="where the examples come from")
    corpus_path: str = Field("", description="folder of the Methods2Test archives, or what `trident mine` wrote")
    corpus_seed: int = Field(2025, ge=0, description="which examples are drawn")
    train_examples: int = Field(64, ge=1, description="examples to train on")
    validation_examples: int = Field(32, ge=1, description="examples that select the best checkpoint")
    test_examples: int = Field(32, ge=0, description="examples of unseen groups (sandbox: of unseen templates)")
    sandbox_templates: int = Field(0, ge=0, description="class templates that the sandbox draws from; 0: all")
    masking: Literal["one", "all"] = Field(
        "one", description="mask one assertion (the text) or all of a test (the released code)"
    )
    keep_after: bool = Field(True, description="keep what follows the masked assertion")
    target_form: Literal["canonical", "raw"] = Field(
        "canonical", description="train on the assertion without `Assert.`, or as it stood"
    )
    max_source_tokens: int = Field(192, ge=8, le=4096, description="longer inputs are cut, keeping the blank")
    max_target_tokens: int = Field(
        48, ge=4, le=1024, description="longer assertions are dropped from training and counted"
    )

    # -- models
    teacher_model: str = Field(
        "sandbox", description="`sandbox` (built here from scratch), a hub name or a local folder"
    )
    student_model: str = Field("sandbox", description="likewise")
    encoder_model: str = Field(
        "all-MiniLM-L6-v2",
        description="sentence encoder: this one comes with the installation; or a hub name or folder",
    )
    vocabulary_size: int = Field(512, ge=300, le=65536, description="of the sandbox tokenizer (byte-level BPE)")
    teacher_d_model: int = Field(64, ge=8, description="width of the sandbox teacher")
    teacher_d_ff: int = Field(128, ge=8, description="feed-forward width of the sandbox teacher")
    teacher_layers: int = Field(1, ge=1, description="layers of its encoder, and of its decoder")
    student_d_model: int = Field(32, ge=8, description="width of the sandbox student")
    student_d_ff: int = Field(64, ge=8, description="feed-forward width of the sandbox student")
    student_layers: int = Field(1, ge=1, description="layers of its encoder, and of its decoder")
    attention_heads: int = Field(4, ge=1, description="of both sandbox models")
    dropout_rate: float = Field(0.0, ge=0.0, lt=1.0, description="in training (the paper: 0.1)")
    pretrain_steps: int = Field(
        4, ge=0, description="span denoising on the corpus's Java before anything else; sandbox models only"
    )
    pretrain_batch_size: int = Field(16, ge=1, description="examples a step of it")
    pretrain_learning_rate: float = Field(2e-3, gt=0, description="its peak learning rate")

    # -- training, teacher and students alike
    teacher_epochs: int = Field(1, ge=1, description="fine-tuning epochs of the teacher")
    teacher_learning_rate: float = Field(2e-3, gt=0, description="its peak learning rate")
    teacher_seed: int = Field(7, ge=0, description="its seed; also of the pre-training")
    epochs: int = Field(2, ge=1, description="distillation epochs (the paper: 8 in section 3.3, 12 in 4.2)")
    learning_rate: float = Field(2e-3, gt=0, description="peak learning rate of the student (the paper: 5e-5)")
    seed: int = Field(13, ge=0, description="the student's seed: order of the data, dropout, sampling")
    batch_size: int = Field(16, ge=1, description="examples a device and forward pass")
    gradient_accumulation_steps: int = Field(1, ge=1, description="passes a step")
    warmup_ratio: float = Field(
        0.15, ge=0.0, le=1.0, description="share of the steps with rising learning rate; then it falls linearly"
    )
    weight_decay: float = Field(0.01, ge=0.0, description="of AdamW")
    max_grad_norm: float = Field(1.0, gt=0, description="gradients are clipped to this norm")
    mixed_precision: Literal["auto", "no", "bf16", "fp16"] = Field(
        "auto", description="auto: bf16 where the GPU or the CPU (AVX512-BF16) computes in it, else none"
    )

    # -- the teacher's knowledge
    codec: Literal[CODECS] = Field("hidden_fp16", description="how the teacher's knowledge is stored")
    topk: int = Field(64, ge=1, description="logits kept a token by the codec `topk`")
    teacher_scale: Literal["strict", "released"] = Field(
        "strict", description="`released` leaves out T5's output scale d_model^-0.5, as the released code does"
    )

    # -- the loss
    configuration: str = Field(
        "trident_static", pattern=r"^[A-Za-z0-9_]+$", description="name of the loss configuration"
    )
    weight_ce: float = Field(0.0, ge=0, description="weight of the cross-entropy")
    weight_kl: float = Field(0.0, ge=0, description="weight of KL(teacher ‖ student)·T²")
    weight_focal: float = Field(0.45, ge=0, description="weight of the focal loss")
    weight_jsd: float = Field(0.40, ge=0, description="weight of the Jensen-Shannon divergence·T²")
    weight_semantic: float = Field(0.15, ge=0, description="weight of the semantic term")
    schedule: Literal["static", "epoch", "step", "gradnorm", "uncertainty"] = Field(
        "static",
        description="`epoch` and `step` move each weight linearly to its `…_end`; `gradnorm` and `uncertainty` learn them",
    )
    schedule_progress: Literal["paper", "released"] = Field(
        "paper", description="epoch t of T counts as t/T (text) or t/(T-1) (released)"
    )
    renormalise_weights: bool = Field(False, description="scale the weights to sum to 1 at each epoch (released)")
    weight_ce_end: float | None = Field(
        None, ge=0, description="weight at the end of a moving schedule; null: it stays"
    )
    weight_kl_end: float | None = Field(None, ge=0, description="likewise")
    weight_focal_end: float | None = Field(None, ge=0, description="likewise")
    weight_jsd_end: float | None = Field(None, ge=0, description="likewise")
    weight_semantic_end: float | None = Field(None, ge=0, description="likewise")
    temperature: float = Field(4.0, gt=0, description="T of KL and JSD")
    focal_alpha: float = Field(0.25, gt=0, description="alpha of the focal loss")
    focal_gamma: float = Field(2.0, ge=0, description="gamma of the focal loss")
    critical_token_weight: float = Field(
        2.0, gt=0, description="multiplies the focal loss on tokens of assertion names"
    )
    jsd_padding: Literal["masked", "released"] = Field(
        "masked", description="`released` averages the JSD over padding too"
    )
    gradnorm_alpha: float = Field(
        1.5, ge=0, description="pull of GradNorm towards what learns slowly; 0: equal gradient norms"
    )
    schedule_learning_rate: float = Field(0.025, gt=0, description="learning rate of weights that are learnt")
    running_average: bool = Field(
        False, description="divide each component by its running average after 100 steps (released)"
    )
    semantic_mode: Literal["decoded", "soft", "risk"] = Field(
        "soft",
        description="`decoded`: arg-max text, no gradient (released); `soft`: expected embeddings; `risk`: expected cost of sampled texts",
    )
    semantic_temperature: float = Field(1.0, gt=0, description="softmax temperature of `soft` and `risk`")
    semantic_candidates: int = Field(4, ge=2, description="texts sampled for each example by `risk`")
    semantic_every: int = Field(1, ge=1, description="compute the term at every k-th step, its weight times k")
    semantic_examples: int = Field(8, ge=1, description="examples of a batch, drawn at random, that it is computed on")
    audits: int = Field(8, ge=0, description="how often in a training the gradient audit is taken")

    # -- evaluation
    model: Literal["student", "teacher", "undistilled", *BASELINES] = Field(
        "student", description="whose predictions 05 scores: a model's, or a trivial baseline's"
    )
    evaluation_batch_size: int = Field(64, ge=1, description="examples a forward pass without gradients")
    num_beams: int = Field(1, ge=1, description="beams of the decoder (1: greedy)")
    cqs_variant: Literal["strict", "paper", "released"] = Field(
        "strict", description="which Code Quality Score is the headline"
    )
    latency_examples: int = Field(8, ge=1, description="examples whose latency is measured, one at a time")

    # -- the grid
    configurations: list[str] = Field(
        ["trident_static"], min_length=1, description="loss configurations of the profile's grid"
    )
    seeds: list[int] = Field([13], min_length=1, description="seeds of the grid")
    baseline: str = Field(
        "ce_kl", pattern=r"^[A-Za-z0-9_]+$", description="configuration of the grid that the others are compared with"
    )


NAMES = tuple(Schema.model_fields)
DEFAULTS: Mapping[str, Any] = types.MappingProxyType(Schema().model_dump())


class Parameters(types.SimpleNamespace):
    """Checked parameters, by attribute. Only what the notebook declared can be read, so that a stage's digest is whole."""

    def __getattr__(self, name: str) -> Any:
        if name in NAMES:
            raise AttributeError(
                f"parameter {name!r} is not declared in this notebook's parameters cell: "
                f"add `{name} = {DEFAULTS[name]!r}` to it"
            )
        raise AttributeError(f"there is no parameter {name!r}{_nearest(name)}")


def _nearest(name: str) -> str:
    close = difflib.get_close_matches(name, NAMES, n=1)
    return f"; did you mean {close[0]!r}?" if close else "; `python -m trident params` lists them all"


def check(values: Mapping[str, Any], where: str = "parameters") -> Parameters:
    """Check `values` strictly.

    Raises:
        ParameterError: an unknown name (with the nearest known one), a wrong type or an impossible value, all of them named.
    """
    try:
        model = Schema.model_validate(dict(values))
    except ValidationError as error:
        raise ParameterError("\n".join(_explain(item, where) for item in error.errors())) from None
    return Parameters(**{name: getattr(model, name) for name in values})


def complete(values: Mapping[str, Any], where: str = "parameters") -> Parameters:
    """All parameters: `values` over the defaults. Raises ParameterError as :func:`check` does."""
    return check({**DEFAULTS, **values}, where)


def _explain(item: dict[str, Any], where: str) -> str:
    key = str(item["loc"][0]) if item["loc"] else "?"
    value = item["input"]
    if item["type"] == "extra_forbidden":
        return f"{where}: unknown parameter {key!r}{_nearest(key)}"
    hint = ""
    if isinstance(value, str) and Schema.model_fields[key].annotation in (int, float):
        try:
            number = float(value)
            hint = f" (a text to YAML: write {number!r}, with a dot before the exponent)"
        except ValueError:
            pass
    return f"{where}: {key} = {value!r} ({type(value).__name__}): {item['msg'][0].lower()}{item['msg'][1:]}{hint}"


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


def load(*files: str | Path) -> dict[str, Any]:
    """Layer YAML parameter files, later over earlier, each checked by itself so that an error names its file.

    Raises:
        ParameterError: a file is missing, is not a flat mapping, or holds something :func:`check` refuses.
    """
    merged: dict[str, Any] = {}
    for file in map(Path, files):
        try:
            values = yaml.safe_load(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ParameterError(f"no parameter file {file}{_nearest_file(file)}") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ParameterError(f"{file}: not readable as YAML: {error}") from None
        if values is None:
            continue
        if not isinstance(values, dict):
            raise ParameterError(f"{file}: expected `key: value` lines, found {type(values).__name__}")
        check(values, where=str(file))
        merged.update(values)
    return merged


def _nearest_file(file: Path) -> str:
    if not file.parent.is_dir():
        return f": there is no folder {file.parent}"
    close = difflib.get_close_matches(file.name, [other.name for other in file.parent.iterdir()], n=1)
    return f"; did you mean {file.parent / close[0]}?" if close else ""


def table() -> str:
    """The schema as a Markdown table, for the documentation."""
    rows = ["| parameter | default | allowed | meaning |", "|---|---|---|---|"]
    properties = Schema.model_json_schema()["properties"]
    for name, field in Schema.model_fields.items():
        rows.append(f"| `{name}` | `{DEFAULTS[name]!r}` | {_allowed(properties[name])} | {field.description} |")
    return "\n".join(rows) + "\n"


def _allowed(spec: dict[str, Any]) -> str:
    if "anyOf" in spec:
        return " or ".join(_allowed(option) for option in spec["anyOf"])
    if "enum" in spec:
        return ", ".join(f"`{choice}`" for choice in spec["enum"])
    bounds = [
        f"{sign} {spec[key]}"
        for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
        if key in spec
    ]
    return " ".join([spec["type"], *bounds])
