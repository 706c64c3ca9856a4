"""The teacher cache: every codec keeps its promise, and damage, an unfinished writer or a mix-up is noticed."""

import contextlib
import json
import math
import os
import pickle
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tokenizers
import torch
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader
from transformers import BartConfig, BartForConditionalGeneration, T5Config, T5ForConditionalGeneration
from transformers import PreTrainedTokenizerFast as Tokenizer

from trident.distillation.teacher_cache import (
    CacheError,
    OutputHead,
    TeacherCache,
    codecs,
    hidden_states,
    labels_digest,
    measure,
    output_head,
    store,
    write,
)
from trident.experiment import params

QUICK = settings(max_examples=25, deadline=None)
DIGESTS = {"tokenizer_digest": "the tokenizer", "teacher_digest": "the teacher"}


def head(vocabulary=40, d_model=16, *, bias=False, seed=0):
    rng = torch.Generator().manual_seed(seed)
    weight, extra = torch.randn(vocabulary, d_model, generator=rng), torch.randn(vocabulary, generator=rng)
    return OutputHead(weight, d_model**-0.5, extra if bias else None)


def states(*lengths, d_model=16, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return {f"example-{i}": 3 * torch.randn(n, d_model, generator=rng) for i, n in enumerate(lengths)}


def write_to(folder, source, output=None, codec="hidden_fp16", **more):
    return write(folder, source.items(), head() if output is None else output, codec=codec, **{**DIGESTS, **more})


def files(folder):
    return {file.name: file.read_bytes() for file in Path(folder).iterdir()}


# -- codecs


@st.composite
def matrices(draw):
    """(tokens, width): random numbers of any scale, some columns far stronger, some rows all equal."""
    tokens, width = draw(st.integers(0, 128)), draw(st.sampled_from([1, 2, 7, 12, 64, 96, 130, 192, 300]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    offset = draw(st.sampled_from([0.0, -30.0, 5.0]))
    values = rng.standard_normal((tokens, width)) * 10.0 ** draw(st.integers(-3, 2)) + offset
    values[:, rng.random(width) < 0.05] *= 20
    values[rng.random(tokens) < 0.1] = draw(st.sampled_from([0.0, 1.5]))
    return values.astype(np.float32)


def through(name, values):
    codec = codecs.codec(name, values.shape[1])
    decoded = codec.unpack(codec.pack(values))
    assert decoded.shape == values.shape
    return decoded.astype(np.float32)


@given(matrices())
@QUICK
def test_rounding_errors_are_at_most_half_a_step(values):
    def error(name):
        return np.abs(through(name, values) - values)

    assert np.array_equal(through("logits_fp32", values), values)
    for name in ("hidden_fp16", "logits_fp16"):
        assert (error(name) <= np.maximum(np.abs(values) * 2.0**-11, 2.0**-25)).all()
    span = np.ptp(values, axis=1, keepdims=True) if len(values) else np.zeros((0, 1))
    assert (error("logits_uint8") <= span / 255 * 0.5001 + 2e-6 * np.abs(values) + 1e-12).all()
    if values.size:
        step = np.ptp(values) / 15
        assert (error("logits_uint4") <= step * 0.5001 + 2e-6 * np.abs(values).max()).all()
        assert len(np.unique(through("logits_uint4", values))) <= 16


@given(matrices(), st.integers(1, 200))
@QUICK
def test_topk_keeps_the_largest_and_the_mass_of_the_rest(values, k):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codecs, "TOPK", k)
        decoded = through("topk", values)
        every_ids = codecs.codec("topk", values.shape[1]).encode(values)["ids"]
    kept = min(k, values.shape[1])
    assert every_ids.shape == (len(values), kept)
    for row, best, restored in zip(values, every_ids, decoded, strict=True):
        assert len(set(best)) == kept
        rest = np.setdiff1d(np.arange(len(row)), best)
        assert not len(rest) or row[best].min() >= row[rest].max()
        below = row.max() - row[best]
        assert (np.abs(restored[best] - row[best]) <= below * 2.0**-11 + 3e-6 * np.abs(row).max() + 2.0**-24).all()
        if len(rest):
            mass, wanted = (math.log(np.exp(x[rest].astype(float) - row.max()).sum() + 1e-300) for x in (restored, row))
            assert abs(mass - wanted) <= 1e-5 * (1 + np.abs(row).max()) or wanted < -600
            assert np.ptp(restored[rest]) == 0


@pytest.mark.parametrize("name", ["hidden_fp16", "logits_fp16"])
def test_float16_refuses_what_it_cannot_hold(tmp_path, name):
    source = {"fine": torch.ones(2, 16), "huge": torch.full((2, 16), 1e6)}
    with pytest.raises(CacheError, match=r"'huge'.*beyond float16"):
        write_to(tmp_path / "cache", source, OutputHead(torch.eye(16), 1.0), name)


@pytest.mark.parametrize("name", params.CODECS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_refused(tmp_path, name, value):
    values = torch.ones(3, 16)
    values[1, 2] = value
    with pytest.raises(CacheError, match="'bad'.*not finite"):
        write_to(tmp_path, {"bad": values}, codec=name)
    with pytest.raises(CacheError, match=r"manifest\.json.*unfinished"):
        TeacherCache(tmp_path)


# -- writing and reading


@given(st.sampled_from(params.CODECS), st.lists(st.integers(0, 128), max_size=8), st.integers(1, 40000), st.data())
@settings(max_examples=60, deadline=None)
def test_round_trip_of_any_batch(tmp_path_factory, name, lengths, batch_bytes, data):
    folder, source, output = tmp_path_factory.mktemp("cache"), states(*lengths), head()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "BATCH_BYTES", batch_bytes)
        manifest = write_to(folder, source, output, name)
    cache = TeacherCache(folder)
    assert len(cache) == manifest["examples"] == len(lengths) and manifest["tokens"] == sum(lengths)
    size = (folder / "examples.arrow").stat().st_size
    assert cache.manifest == manifest and manifest["bytes_per_token"] == round(size / max(1, sum(lengths)), 2)
    assert (cache.head is not None) == name.startswith("hidden")

    ids = data.draw(st.lists(st.sampled_from(list(source)), max_size=6)) if lengths else []
    batch, counts = cache[ids], [len(source[i]) for i in ids]
    width = output.weight.shape[1] if name.startswith("hidden") else output.weight.shape[0]
    assert batch.shape == (len(ids), max(counts, default=0), width) and batch.dtype == torch.float32
    tolerance = {"logits_fp32": 0.0, "logits_uint8": 0.1, "logits_uint4": 3.0, "topk": math.inf}.get(name, 1e-2)
    for row, example, count in zip(batch, ids, counts, strict=True):
        assert not row[count:].any()
        values = source[example] if name.startswith("hidden") else output(source[example])
        assert not count or (row[:count] - values).abs().max() <= tolerance


def test_writing_holds_one_batch(tmp_path, monkeypatch):
    """Rows leave memory as soon as they fill a batch: the file grows while examples still come."""
    monkeypatch.setattr(store, "BATCH_BYTES", 4 * 16 * 16 * 2)  # four examples
    sizes = []

    def watched():
        for i in range(40):
            yield f"e{i}", torch.ones(16, 16)
            sizes.append(pa.total_allocated_bytes())

    write(tmp_path, watched(), head(), codec="hidden_fp16", **DIGESTS)
    assert max(sizes) - min(sizes) <= 4 * store.BATCH_BYTES
    assert len(list(pa.ipc.open_stream((tmp_path / "examples.arrow").read_bytes()))) >= 10


def test_datasets_opens_the_file(tmp_path):
    source = states(3, 2, 4)
    write_to(tmp_path, source)
    rows = Dataset.from_file(str(tmp_path / "examples.arrow"))
    assert rows["id"][:] == list(source) and rows["tokens"][:] == [3, 2, 4]
    for row in rows:
        values = np.frombuffer(row["values"], "<f2").reshape(row["tokens"], 16)
        assert np.array_equal(values, source[row["id"]].numpy().astype("<f2"))


def test_data_loader_workers_share_a_cache(tmp_path):
    source = states(*range(1, 33))
    write_to(tmp_path, source)
    cache, ids = TeacherCache(tmp_path), list(source)
    loader = DataLoader(ids, batch_size=8, num_workers=2, collate_fn=cache.__getitem__, multiprocessing_context="fork")
    for number, batch in enumerate(loader):
        assert torch.equal(batch, cache[ids[8 * number : 8 * number + 8]])
    sent = pickle.dumps(cache)  # to a spawned worker: a path, not the contents
    assert len(sent) < 1000 and torch.equal(pickle.loads(sent)[ids], cache[ids])


def test_wrong_ids_and_codecs_are_refused(tmp_path):
    with pytest.raises(ValueError, match="unknown codec 'hidden_fp8'"):
        write_to(tmp_path, states(2), codec="hidden_fp8")
    with pytest.raises(CacheError, match="'twin' occurs twice"):
        write(tmp_path, [("twin", torch.ones(2, 16)), ("twin", torch.ones(3, 16))], head(), codec="topk", **DIGESTS)
    write_to(tmp_path, states(2))
    cache = TeacherCache(tmp_path)
    assert "example-0" in cache and "stranger" not in cache
    with pytest.raises(CacheError, match="'stranger'"):
        cache[["example-0", "stranger"]]


# -- unfinished caches


def test_kill_minus_nine_twenty_times(tmp_path):
    seed = int(time.time())  # other moments every time; the message has the seed
    root = Path(__file__).parents[2]
    script = root / "tests" / "helpers" / "killed_writer.py"
    command = [sys.executable, str(script), str(tmp_path), "20", str(seed)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, env=environment, timeout=600)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"kills": 20, "opened": 0, "different": []}, seed


def test_an_unfinished_cache_cannot_be_opened_and_is_written_again(tmp_path):
    source = states(*[4] * 6)

    def failing():
        yield from list(source.items())[:5]
        raise RuntimeError("the power went")

    write_to(tmp_path / "a", older := states(3, seed=5))
    reader = TeacherCache(tmp_path / "a")
    before = reader[list(older)]
    with pytest.raises(RuntimeError, match="power"):
        write(tmp_path / "a", failing(), head(), codec="hidden_fp16", **DIGESTS)
    with pytest.raises(CacheError, match=r"manifest\.json.*unfinished"):
        TeacherCache(tmp_path / "a")  # the older cache does not pass for the new one
    assert torch.equal(reader[list(older)], before)  # a process that has it open keeps it
    for folder in ("a", "b"):
        write_to(tmp_path / folder, source)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    write_to(tmp_path / "a", source, codec="logits_uint4")  # another codec leaves nothing of the old cache
    write_to(tmp_path / "c", source, codec="logits_uint4")
    assert files(tmp_path / "a") == files(tmp_path / "c")


# -- damage and mix-ups


def flipped(data, position, bit):
    return data[:position] + bytes([data[position] ^ 1 << bit]) + data[position + 1 :]


def replace(path, data):
    path.unlink()  # a memory map of the old file stays valid
    path.write_bytes(data)


@pytest.mark.parametrize("name", params.CODECS)
def test_flipped_bits_are_caught_wherever_they_are(tmp_path, monkeypatch, name):
    """Every third byte of every file. In examples.arrow, Arrow's padding may change unnoticed, but no number may."""
    monkeypatch.setattr(store, "BATCH_BYTES", 20)
    source = states(2, 1, 0, d_model=4)
    write_to(tmp_path, source, head(9, 4, bias=True), name)
    right, ids = TeacherCache(tmp_path)[list(source)], list(source)
    for path in tmp_path.iterdir():
        data, caught = path.read_bytes(), 0
        positions = range(len(name) % 3, len(data), 3)
        for position in positions:
            replace(path, flipped(data, position, position % 8))
            try:
                assert torch.equal(TeacherCache(tmp_path)[ids], right), (path.name, position)
            except CacheError as error:
                caught += 1
                assert path.name in str(error)
        assert caught > 0.6 * len(positions) if path.suffix == ".arrow" else caught == len(positions), path.name
        replace(path, data)
    assert torch.equal(TeacherCache(tmp_path)[ids], right)


@pytest.mark.parametrize("name", params.CODECS)
def test_a_damaged_row_is_named(tmp_path, name):
    source, output = states(2, 1), head()
    write_to(tmp_path, source, output, name)
    path = tmp_path / "examples.arrow"
    codec = codecs.codec(name, 16 if name.startswith("hidden") else 40)
    values = source["example-1"] if name.startswith("hidden") else output(source["example-1"])
    whole = path.read_bytes()
    for field, data in codec.pack(values.numpy()).items():
        for position in range(len(data)):
            replace(path, flipped(whole, whole.index(data) + position, position % 8))
            cache = TeacherCache(tmp_path)
            cache[["example-0"]]
            with pytest.raises(CacheError, match=r"examples\.arrow: example 'example-1' is damaged"):
                cache[["example-1"]]
                pytest.fail(field)


def test_truncated_files_and_missing_files_are_caught(tmp_path):
    write_to(tmp_path, states(3, 3))
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        for length in {0, 1, 20, 40, len(data) // 2, len(data) - 10}:
            replace(path, data[:length])
            with pytest.raises(CacheError, match=path.name):
                TeacherCache(tmp_path)
        path.unlink()
        with pytest.raises(CacheError, match=path.name):
            TeacherCache(tmp_path)
        path.write_bytes(data)
    TeacherCache(tmp_path)[["example-0", "example-1"]]


@pytest.mark.parametrize("key", ["teacher", "tokenizer", "labels"])
def test_a_cache_of_something_else_is_refused(tmp_path, key):
    write_to(tmp_path, states(2), labels_digest="the labels")
    right = {"teacher": "the teacher", "tokenizer": "the tokenizer", "labels": "the labels"}
    TeacherCache(tmp_path, **right)
    with pytest.raises(CacheError, match=rf"manifest\.json: written for {key} .*, not for 'another'"):
        TeacherCache(tmp_path, **{**right, key: "another"})


@pytest.mark.parametrize("name", ["examples.arrow", "head.safetensors"])
def test_a_file_of_another_cache_is_refused(tmp_path, name):
    write_to(tmp_path / "a", states(2, 2))
    write_to(tmp_path / "b", states(2, 2, seed=1), head(seed=1))
    replace(tmp_path / "a" / name, (tmp_path / "b" / name).read_bytes())
    with pytest.raises(CacheError, match=name):
        TeacherCache(tmp_path / "a")


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "[" * 100000, '{"checksum": "x", "codec": "topk"}', "\x00"])
def test_a_hostile_manifest_is_refused(tmp_path, text):
    with pytest.raises(CacheError, match=r"manifest\.json: the teacher cache is missing"):
        TeacherCache(tmp_path / "nowhere")
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(CacheError, match=r"manifest\.json: damaged"):
        TeacherCache(tmp_path)


@contextlib.contextmanager
def without_rights():
    """Without a superuser's rights over files, in this process: forking one that has used torch's threads may hang."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_disk_can_be_read_but_not_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # relative paths: one without rights may not pass through the folders above
    write_to("cache", states(2, 3))
    before = files("cache")
    Path("cache").chmod(0o555)
    Path().chmod(0o555)
    try:
        with without_rights():
            assert TeacherCache("cache")[["example-0"]].shape == (1, 2, 16)
            for folder in ("cache", "new"):
                with pytest.raises(CacheError, match=f"{folder}: cannot be written .*Permission denied"):
                    write_to(folder, states(2, 3), head(seed=1))
    finally:
        Path().chmod(0o755)
        Path("cache").chmod(0o755)
    assert files("cache") == before


def test_a_full_disk_leaves_no_cache(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))  # the nearest to a full disk that needs no disk of its own
    try:
        with pytest.raises(CacheError, match="cannot be written .*make room"):
            write_to(tmp_path, states(2, 2, 60))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with pytest.raises(CacheError, match="unfinished"):
        TeacherCache(tmp_path)


# -- the teacher


VOCABULARY = 56  # more rows than the tokenizer has entries, as models from the hub may have
CPU = torch.device("cpu")
SMALL = {"vocab_size": VOCABULARY, "d_model": 16}


@pytest.fixture(scope="module")
def tokenizer():
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({f"w{i}": i for i in range(48)}, unk_token="w2"))
    return Tokenizer(tokenizer_object=words, pad_token="w0", eos_token="w1", unk_token="w2")


def t5(*, tied=True):
    torch.manual_seed(0)
    sizes = {"d_kv": 4, "d_ff": 32, "num_heads": 4, "num_layers": 1, "dropout_rate": 0.5, "decoder_start_token_id": 0}
    return T5ForConditionalGeneration(T5Config(**SMALL, **sizes, tie_word_embeddings=tied))


def bart():
    torch.manual_seed(0)
    sides = ("encoder", "decoder")
    sizes = {
        f"{side}_{what}": n for side in sides for what, n in (("layers", 1), ("attention_heads", 2), ("ffn_dim", 32))
    }
    tokens = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2, "decoder_start_token_id": 1}
    config = BartConfig(**SMALL, **sizes, **tokens, forced_eos_token_id=1, max_position_embeddings=64)
    model = BartForConditionalGeneration(config)
    model.final_logits_bias.normal_()
    return model


@pytest.fixture(scope="module")
def encoded():
    rng = np.random.default_rng(0)

    def tokens(low, high):
        return [*rng.integers(3, 48, rng.integers(low, high)).tolist(), 1]

    return Dataset.from_list([{"id": f"id{i}", "input_ids": tokens(2, 20), "labels": tokens(0, 12)} for i in range(11)])


def forward(model, tokenizer, rows):
    """The model's own logits without dropout, and where targets are."""
    inputs = tokenizer.pad({"input_ids": rows["input_ids"][:]}, return_tensors="pt")
    targets = [torch.tensor(row) for row in rows["labels"]]
    labels = torch.nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
    decoder_inputs = model.prepare_decoder_input_ids_from_labels(labels)
    with torch.no_grad():
        return model.eval()(**inputs, decoder_input_ids=decoder_inputs, use_cache=False).logits, labels != -100


@pytest.mark.parametrize("make", [t5, lambda: t5(tied=False), bart], ids=["tied", "untied", "bart"])
def test_logits_are_those_of_the_models_own_forward(tmp_path, tokenizer, encoded, make):
    model = make().train()
    output = output_head(model)
    assert model.training and not output.weight.requires_grad  # asking for the head leaves the model as it was
    wanted, targets = forward(model, tokenizer, encoded)
    model.train()  # hidden_states must switch dropout off by itself
    taught = dict(hidden_states(model, tokenizer, encoded, batch_size=4, device=CPU))
    for name, tolerance in (("logits_fp32", 1e-5), ("hidden_fp16", 1e-3)):
        write_to(tmp_path / name, taught, output, name)
        cache = TeacherCache(tmp_path / name)
        got = cache[encoded["id"][:]]
        got = got if cache.head is None else cache.head(got)
        assert got.shape == wanted.shape
        assert (got - wanted)[targets].norm() / wanted[targets].norm() <= tolerance, name
    for name, hidden in taught.items():  # and before any codec
        own = wanted[encoded["id"].index(name), : len(hidden)]
        assert torch.allclose(output(hidden), own, rtol=1e-5, atol=1e-5 * float(wanted.abs().max()))


def test_the_released_variant_leaves_the_scale_out(tmp_path, tokenizer, encoded):
    model = t5()
    strict, released = output_head(model), output_head(model, scale="released")
    assert strict.scale == 0.25 and released.scale == 1.0
    taught = dict(hidden_states(model, tokenizer, encoded, batch_size=4, device=CPU))
    wanted, targets = forward(model, tokenizer, encoded)
    for name in ("hidden_fp16", "logits_fp32"):
        assert write_to(tmp_path / name, taught, released, name)["scale"] == 1.0
        cache = TeacherCache(tmp_path / name)
        got = cache[encoded["id"][:]]
        got = got if cache.head is None else cache.head(got)
        assert torch.allclose(got[targets], 4 * wanted[targets], rtol=1e-2, atol=1e-2)  # sqrt(16) times too large


def test_a_model_whose_forward_does_more_is_refused():
    class Louder(T5ForConditionalGeneration):
        def forward(self, *args, **kwargs):
            output = super().forward(*args, **kwargs)
            output.logits = 2 * output.logits
            return output

    with pytest.raises(ValueError, match="Louder: its logits are not"):
        output_head(Louder(t5().config))


def test_states_come_longest_input_first(tokenizer, encoded):
    taught = list(hidden_states(t5(), tokenizer, encoded, batch_size=4, device=CPU))
    inputs = dict(zip(encoded["id"], map(len, encoded["input_ids"]), strict=True))
    targets = dict(zip(encoded["id"], map(len, encoded["labels"]), strict=True))
    order = [inputs[name] for name, _ in taught]
    assert order == sorted(order, reverse=True) and len(taught) == 11
    assert all(len(hidden) == targets[name] and hidden.dtype == torch.float32 for name, hidden in taught)
    padded = encoded.map(lambda row: {"labels": [*row["labels"], -100]})
    with pytest.raises(ValueError, match="'id.*-100"):
        list(hidden_states(t5(), tokenizer, padded, batch_size=4, device=CPU))


def test_labels_digest_follows_contents_not_order(encoded):
    digest = labels_digest(encoded)
    assert digest == labels_digest(encoded.shuffle(seed=1))
    assert digest == labels_digest(encoded.map(lambda row: {"input_ids": [*row["input_ids"], 1]}))
    assert digest != labels_digest(encoded.map(lambda row: {"labels": [*row["labels"], 1]}))


def test_the_head_moves_once():
    output = head(bias=True)
    meta = output.to(torch.device("meta"))
    assert meta is output.to(torch.device("meta")) and meta.weight.device.type == meta.bias.device.type == "meta"


# -- what is measured


def test_measured_errors_order_the_codecs():
    rows = measure.compare(states(20, 30), head(512), states(20, 30, seed=5), head(512, seed=3))  # 64 of 512 kept
    by_name = {row["codec"]: row for row in rows}
    assert list(by_name) == list(params.CODECS)
    for key in ("gradient_error_T1", "gradient_error_T4"):
        error = {name: by_name[name][key] for name in by_name}
        assert error["logits_fp32"] < 1e-5 < error["hidden_fp16"] < 2e-3 < error["logits_uint4"]
        assert error["logits_fp16"] < error["logits_uint8"] < 0.05
    assert by_name["topk"]["gradient_error_T4"] > 0.2


def test_measured_gradient_is_the_closed_form():
    rng = torch.Generator().manual_seed(0)
    z, t, temperature = torch.randn(5, 9, generator=rng).double(), 3 * torch.randn(5, 9, generator=rng).double(), 4.0
    q, p = torch.softmax(z / temperature, 1), torch.softmax(t / temperature, 1)
    ratio = (q / ((p + q) / 2)).log()
    wanted = temperature / 2 * q * (ratio - (q * ratio).sum(1, keepdim=True))
    assert torch.allclose(measure.jsd_gradient(z, t, temperature), wanted, atol=1e-12)


def test_flatness_of_known_distributions():
    logit_rows = torch.stack([torch.zeros(100), torch.cat([torch.tensor([1e4]), torch.zeros(99)])])
    (even,) = measure.flatness(logit_rows[:1], temperatures=(4.0,), k=10)
    assert even == pytest.approx({"temperature": 4.0, "largest": 0.01, "top": 0.1, "entropy": 1.0})
    (sure,) = measure.flatness(logit_rows[1:], temperatures=(4.0,), k=10)
    assert sure == pytest.approx({"temperature": 4.0, "largest": 1.0, "top": 1.0, "entropy": 0.0}, abs=1e-9)


def test_lz4_does_nothing_for_floats_and_the_released_files_double():
    rng = torch.Generator().manual_seed(0)
    hidden, output = [torch.randn(40, 64, generator=rng) for _ in range(3)], head(1000, 64)
    ratios = measure.lz4_ratios(hidden, output)
    assert ratios.pop("logits_uint4") > 1
    assert all(0.95 < ratio < 1.02 for ratio in ratios.values()) and len(ratios) == 4
    rows = output(hidden[0])
    sizes = {bits: measure.released_bytes(rows, bits=bits) for bits in (32, 16, 8, 4)}
    for bits in (32, 16):
        assert sizes[bits] == pytest.approx(2 * bits / 8 * rows.numel(), rel=0.02)
    for bits in (8, 4):
        assert sizes[bits] < 2 * bits / 8 * rows.numel() * 1.02 + 500
    assert sizes[4] < sizes[8] < sizes[16]
