"""trident/logits: every codec gives back what it promises, and no damage, no kill and no mix-up passes unseen."""

import contextlib
import hashlib
import json
import math
import os
import pickle
import resource
import struct
import subprocess
import sys
import time
import weakref
import zlib
from pathlib import Path

import lz4.frame
import numpy as np
import pytest
import torch
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from trident.distillation import teacher_cache
from trident.distillation.teacher_cache import (
    TeacherCache,
    OutputHead,
    CacheError,
    codecs,
    hidden_states,
    labels_digest,
    measure,
    output_head,
    write,
)
from trident.distillation.teacher_cache.measure import GivenStates
from trident.experiment import params

QUICK = settings(max_examples=25, deadline=None)
DIGESTS = {"tokenizer_digest": "the tokenizer", "teacher_digest": "the teacher"}


def head(vocabulary=40, d_model=16, *, bias=False, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return OutputHead(
        torch.randn(vocabulary, d_model, generator=rng),
        d_model**-0.5,
        torch.randn(vocabulary, generator=rng) if bias else None,
    )


def states(*lengths, d_model=16, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return GivenStates({f"example-{i}": 3 * torch.randn(n, d_model, generator=rng) for i, n in enumerate(lengths)})


def files(folder):
    return {file.name: file.read_bytes() for file in Path(folder).iterdir()}


# -- codecs ------------------------------------------------------------------------------------------------------------------


@st.composite
def matrices(draw):
    """(tokens, width) of any length from 0 to 128: random numbers of any scale, some columns far stronger, some rows all equal."""
    tokens, width = draw(st.integers(0, 128)), draw(st.sampled_from([1, 2, 7, 12, 64, 96, 130, 192, 300]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = rng.standard_normal((tokens, width)) * 10.0 ** draw(st.integers(-3, 2)) + draw(
        st.sampled_from([0.0, -30.0, 5.0])
    )
    values[:, rng.random(width) < 0.05] *= 20
    values[rng.random(tokens) < 0.1] = draw(st.sampled_from([0.0, 1.5]))
    return values.astype(np.float32)


def through(name, values, *, topk=8):
    """Encode, pass through bytes as a file would, decode."""
    codec = codecs.codec(name, vocabulary=values.shape[1], d_model=values.shape[1], topk=topk)
    tables = codec.calibrate(values[:256], np.ones(values.shape[1], np.float32))
    encoded = codec.encode(values, tables)
    arrays = {}
    for field in codec.fields:
        array = encoded[field.name]
        assert array.dtype == np.dtype(field.dtype) and array.shape == field.shape(len(values))
        arrays[field.name] = np.frombuffer(array.tobytes(), field.dtype).reshape(array.shape)
    assert sum(array.nbytes for array in arrays.values()) == codec.bytes(len(values))
    decoded = codec.decode(arrays, tables)
    assert decoded.shape == values.shape
    return decoded.astype(np.float32), arrays, tables


@given(matrices())
@QUICK
def test_float32_is_exact_and_float16_rounds_to_nearest(values):
    assert np.array_equal(through("logits_fp32", values)[0], values)
    for name in ("hidden_fp16", "logits_fp16"):
        assert (np.abs(through(name, values)[0] - values) <= np.maximum(np.abs(values) * 2.0**-11, 2.0**-25)).all()


@given(matrices())
@QUICK
def test_uint8_errs_by_half_a_step_of_each_token(values):
    decoded, arrays, _ = through("logits_uint8", values)
    span = np.ptp(values, axis=1, keepdims=True) if len(values) else np.zeros((0, 1))
    assert (np.abs(decoded - values) <= span / 255 * 0.5001 + 2e-6 * np.abs(values) + 1e-12).all()


@given(matrices())
@QUICK
def test_uint4_errs_by_half_a_step_of_the_whole_example(values):
    decoded, arrays, _ = through("logits_uint4", values)
    if values.size:
        assert (np.abs(decoded - values) <= np.ptp(values) / 15 * 0.5001 + 2e-6 * np.abs(values).max()).all()
        assert len(np.unique(decoded)) <= 16


@given(matrices(), st.integers(1, 200))
@QUICK
def test_topk_keeps_the_largest_and_the_mass_of_the_rest(values, k):
    decoded, arrays, _ = through("topk", values, topk=k)
    kept = min(k, values.shape[1])
    ids = arrays["ids"].astype(int)
    assert ids.shape == (len(values), kept)
    for row, best, restored in zip(values, ids, decoded, strict=True):
        assert len(set(best)) == kept
        rest = np.setdiff1d(np.arange(len(row)), best)
        assert not len(rest) or row[best].min() >= row[rest].max()
        below = row.max() - row[best]
        assert (np.abs(restored[best] - row[best]) <= below * 2.0**-11 + 3e-6 * np.abs(row).max() + 2.0**-24).all()
        if len(rest):
            mass, wanted = (math.log(np.exp(x[rest].astype(float) - row.max()).sum() + 1e-300) for x in (restored, row))
            assert abs(mass - wanted) <= 1e-5 * (1 + np.abs(row).max()) or wanted < -600
            assert np.ptp(restored[rest]) == 0


@given(matrices())
@QUICK
def test_int8_errs_by_half_a_step_of_each_group(values):
    decoded, arrays, tables = through("hidden_int8", values)
    if not len(values):
        return
    steps = np.repeat(
        arrays["scales"].astype(float), [min(128, values.shape[1] - s) for s in range(0, values.shape[1], 128)], axis=1
    )
    rotated = [codecs.rotate((x - tables["mean"]) * tables["gain"]) for x in (values, decoded)]
    # the scale is rounded to float16, so the largest number of a group may end a little beyond 127 steps
    slack = (
        127 * steps * 2.0**-11
        + 2.0**-18
        + 3e-6 * np.abs((np.abs(values) + np.abs(tables["mean"])) * tables["gain"]).max()
    )
    assert (np.abs(rotated[0] - rotated[1]) <= 0.5001 * steps + slack).all()


@pytest.mark.parametrize("width", [1, 2, 12, 64, 192])
def test_rotation_is_the_hadamard_matrix_on_blocks(width):
    block = width & -width
    dense = np.array([[(-1) ** bin(i & j).count("1") for j in range(block)] for i in range(block)]) / math.sqrt(block)
    values = np.random.default_rng(0).standard_normal((5, width)).astype(np.float32)
    wanted = (values.reshape(-1, block) @ dense).reshape(values.shape)
    assert np.allclose(codecs.rotate(values), wanted, atol=1e-5)
    assert np.allclose(codecs.rotate(codecs.rotate(values)), values, atol=1e-5)


def test_int8_withstands_outlier_channels_and_a_common_mean():
    rng = np.random.default_rng(0)
    for outliers, mean in ((30.0, 0.0), (1.0, 5.0)):
        values = rng.standard_normal((64, 256)) + mean
        values[:, :4] *= outliers
        values = values.astype(np.float32)
        step = np.abs(values).max(1, keepdims=True) / 127
        naive = np.abs(np.rint(values / step) * step - values).mean()
        ours = np.abs(through("hidden_int8", values)[0] - values)
        assert ours[:, 4:].mean() < naive / 1.2


@pytest.mark.parametrize("name", ["hidden_fp16", "logits_fp16"])
def test_float16_refuses_what_it_cannot_hold(tmp_path, name):
    given_states = GivenStates({"fine": torch.ones(2, 16), "huge": torch.full((2, 16), 1e6)})
    with pytest.raises(CacheError, match=r"'huge'.*beyond float16"):
        write(tmp_path / "store", given_states, OutputHead(torch.eye(16), 1.0), codec=name, shard_bytes=1, **DIGESTS)


@pytest.mark.parametrize("name", params.CODECS)
def test_a_value_that_is_not_finite_is_refused(tmp_path, name):
    values = torch.ones(3, 16)
    values[1, 2] = math.nan
    with pytest.raises(CacheError, match="'bad'.*not finite"):
        write(tmp_path / "store", GivenStates({"bad": values}), head(), codec=name, topk=4, **DIGESTS)
    assert not list((tmp_path / "store").glob("*.bin")) and not list((tmp_path / "store").glob("*.partial"))


def test_an_unknown_codec_and_a_missing_k_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no codec 'hidden_fp8'"):
        write(tmp_path, states(2), head(), codec="hidden_fp8", **DIGESTS)
    with pytest.raises(ValueError, match="topk"):
        write(tmp_path, states(2), head(), codec="topk", **DIGESTS)


# -- a store -----------------------------------------------------------------------------------------------------------------


@given(st.sampled_from(params.CODECS), st.lists(st.integers(0, 128), max_size=8), st.integers(1, 4000), st.data())
@settings(max_examples=60, deadline=None)
def test_round_trip_of_any_batch(tmp_path_factory, name, lengths, shard_bytes, data):
    folder = tmp_path_factory.mktemp("store")
    source, output = states(*lengths), head()
    manifest = write(folder, source, output, codec=name, topk=5, shard_bytes=shard_bytes, **DIGESTS)
    store = TeacherCache(folder)
    assert len(store) == manifest["examples"] == len(lengths) and manifest["tokens"] == sum(lengths)
    assert store.manifest == manifest and manifest["bytes"] == sum(f.stat().st_size for f in folder.glob("shard-*.bin"))
    assert (store.head is not None) == name.startswith("hidden")

    ids = data.draw(st.lists(st.sampled_from([name for name, _ in source.examples]), max_size=6)) if lengths else []
    batch = store[ids]
    counts = [dict(source.examples)[i] for i in ids]
    width = output.weight.shape[1] if name.startswith("hidden") else output.weight.shape[0]
    assert batch.shape == (len(ids), max(counts, default=0), width) and batch.dtype == torch.float32
    for row, example, count in zip(batch, ids, counts, strict=True):
        assert not row[count:].any()
        exact = next(s for n, s in source.states(0, len(lengths)) if n == example)
        values = exact if name.startswith("hidden") else output(exact)
        tolerance = {
            "logits_fp32": 0.0,
            "hidden_fp16": 1e-2,
            "logits_fp16": 1e-2,
            "hidden_int8": 0.3,
            "logits_uint8": 0.1,
            "logits_uint4": 3.0,
            "topk": math.inf,
        }[name]
        assert not count or (row[:count] - values).abs().max() <= tolerance


def test_the_announced_error_is_what_the_logits_get(tmp_path):
    source, output = states(30, 34), head(bias=True)
    exact = torch.cat([output(s) for _, s in source.states(0, 2)])
    for name in params.CODECS:
        manifest = write(tmp_path / name, source, output, codec=name, topk=5, **DIGESTS)
        store = TeacherCache(tmp_path / name)
        got = torch.cat([store[["example-0"]][0], store[["example-1"]][0]])
        error = (got if store.head is None else store.head(got)) - exact
        error -= error.mean(1, keepdim=True)
        assert manifest["logit_error"] == pytest.approx(float(error.square().mean().sqrt()), rel=2e-3, abs=1e-6), name


def test_shards_are_bounded_and_an_example_is_never_split(tmp_path):
    manifest = write(tmp_path, states(10, 10, 10, 90, 10), head(), codec="hidden_fp16", shard_bytes=20 * 32, **DIGESTS)
    assert [(shard["examples"], shard["tokens"]) for shard in manifest["shards"]] == [
        (2, 20),
        (1, 10),
        (1, 90),
        (1, 10),
    ]


def test_writing_holds_one_example_at_a_time_beside_the_sample(tmp_path):
    alive, most = 0, 0

    class Watched(GivenStates):
        def __init__(self):
            self.examples = [(f"e{i}", 16) for i in range(200)]
            self.digests, self.recipe = {"labels": "", "inputs": ""}, {}

        def states(self, first, last):
            nonlocal alive, most

            def gone():
                nonlocal alive
                alive -= 1

            for name, tokens in self.examples[first:last]:
                array = np.ones((tokens, 16), np.float32)
                weakref.finalize(array, gone)
                alive += 1
                most = max(most, alive)
                yield name, torch.from_numpy(array)

    write(tmp_path, Watched(), head(), codec="hidden_fp16", **DIGESTS)
    assert most <= 256 // 16 + 4


def test_another_program_can_read_it(tmp_path):
    """The documented layout, read with nothing but json, struct, zlib and lz4."""
    source, output = states(3, 2, 4), head(vocabulary=7)
    write(tmp_path, source, output, codec="logits_uint4", **DIGESTS)
    data = (tmp_path / "shard-00000.bin").read_bytes()
    magic, length, crc = struct.unpack_from("<8sII", data)
    header = data[16 : 16 + length]
    assert magic == b"TRIDENT2" and zlib.crc32(header, length) == crc
    header = json.loads(header)
    start, size, index_crc, place_crc, end = struct.unpack("<QQII8s", data[-32:])
    assert (
        end == magic and zlib.crc32(data[-32:-12]) == place_crc and zlib.crc32(data[start : start + size]) == index_crc
    )
    index, position = json.loads(data[start : start + size]), 16 + length
    for number, (name, tokens) in enumerate(zip(index["ids"], index["tokens"], strict=True)):
        fields = {}
        for field in header["fields"]:
            stored = data[position : position + index["fields"][field["name"]]["bytes"][number]]
            assert zlib.crc32(stored) == index["fields"][field["name"]]["crc32"][number]
            fields[field["name"]] = lz4.frame.decompress(stored) if field["lz4"] else stored
            position += len(stored)
        low, step = struct.unpack("<2f", fields["range"])
        nibbles = [half for byte in fields["values"] for half in (byte & 15, byte >> 4)]
        logit_rows = torch.tensor([[nibbles[8 * t + v] * step + low for v in range(7)] for t in range(tokens)])
        assert torch.allclose(logit_rows, TeacherCache(tmp_path)[[name]][0], atol=1e-5)
    assert position == start
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    checksum = manifest.pop("checksum")
    assert hashlib.sha256(json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()).hexdigest() == checksum


def test_dataloader_workers_share_a_store(tmp_path):
    source = states(*range(1, 33))
    write(tmp_path, source, head(), codec="hidden_int8", shard_bytes=500, **DIGESTS)
    store = TeacherCache(tmp_path)
    ids = [name for name, _ in source.examples]
    loader = DataLoader(ids, batch_size=8, num_workers=2, collate_fn=store.__getitem__, multiprocessing_context="fork")
    for number, batch in enumerate(loader):
        assert torch.equal(batch, store[ids[8 * number : 8 * number + 8]])
    sent = pickle.dumps(store)  # to a spawned worker: a path, not the contents
    assert len(sent) < 1000 and torch.equal(pickle.loads(sent)[ids], store[ids])


def test_an_unknown_example_is_named(tmp_path):
    write(tmp_path, states(2), head(), codec="hidden_fp16", **DIGESTS)
    store = TeacherCache(tmp_path)
    assert "example-0" in store and "stranger" not in store
    with pytest.raises(CacheError, match="'stranger'"):
        store[["example-0", "stranger"]]


def test_two_examples_of_one_id_are_refused(tmp_path):
    source = states(2, 3)
    source.examples = [("twin", 2), ("twin", 3)]
    with pytest.raises(CacheError, match="same id"):
        write(tmp_path, source, head(), codec="hidden_fp16", **DIGESTS)


@pytest.mark.parametrize(
    "announced",
    [
        [("example-0", 2), ("example-1", 4)],
        [("example-0", 2), ("other", 3)],
        [("example-0", 2), ("example-1", 3), ("example-2", 1)],
    ],
)
def test_states_other_than_announced_are_refused(tmp_path, announced):
    source = states(2, 3)
    pairs = list(source.states(0, 2))
    source.examples = announced
    source.states = lambda first, last: iter(pairs[first:last])
    with pytest.raises(CacheError, match=f"expected {announced[-1][1]} tokens of example '{announced[-1][0]}'"):
        write(tmp_path, source, head(), codec="hidden_fp16", **DIGESTS)
    assert not (tmp_path / "manifest.json").exists()


# -- killed, resumed, several writers ------------------------------------------------------------------------------------------


def test_kill_minus_nine_twenty_times(tmp_path):
    seed = int(time.time())  # other points every time; the message has the seed
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).parents[1] / "helpers" / "killed_writer.py"),
            str(tmp_path),
            "20",
            str(seed),
        ],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["kills"] == 20 and result["shards"] == 12 and result["shards_kept"] > 0, (seed, result)
    assert result["recomputed"] == 0 and result["different"] == [], (seed, result)


class Counting(GivenStates):
    """Notes which examples are asked for; fails at example number `fail_at`."""

    def __init__(self, *lengths, fail_at=None):
        super().__init__({f"e{i}": torch.full((n, 16), float(i)) for i, n in enumerate(lengths)})
        self.asked, self.fail_at = [], fail_at

    def states(self, first, last):
        for number in range(first, last):
            if number == self.fail_at:
                raise RuntimeError("the power went")
            self.asked.append(number)
            yield from super().states(number, number + 1)


def test_an_unfinished_store_cannot_be_opened_and_is_resumed(tmp_path):
    lengths, settings_ = [4] * 6, {"codec": "hidden_fp16", "shard_bytes": 2 * 4 * 32, **DIGESTS}
    with pytest.raises(RuntimeError, match="power"):
        write(tmp_path / "a", Counting(*lengths, fail_at=5), head(), **settings_)
    with pytest.raises(CacheError, match=r"manifest.json.*was not finished \(2 shards"):
        TeacherCache(tmp_path / "a")
    again = Counting(*lengths)
    write(tmp_path / "a", again, head(), **settings_)
    assert again.asked == [4, 5]
    write(tmp_path / "b", Counting(*lengths), head(), **settings_)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_damaged_shard_alone_is_written_again(tmp_path):
    lengths, settings_ = [4] * 6, {"codec": "hidden_fp16", "shard_bytes": 2 * 4 * 32, **DIGESTS}
    write(tmp_path, Counting(*lengths), head(), **settings_)
    whole = files(tmp_path)
    damaged = bytearray(whole["shard-00001.bin"])
    damaged[-200] ^= 1
    (tmp_path / "shard-00001.bin").write_bytes(damaged)
    again = Counting(*lengths)
    write(tmp_path, again, head(), **settings_)
    assert again.asked == [2, 3] and files(tmp_path) == whole


@pytest.mark.parametrize(
    "change",
    [
        {"codec": "logits_fp16"},
        {"teacher_digest": "another"},
        {"tokenizer_digest": "another"},
        {"head": head(seed=1)},
        {"shard_bytes": 10**6},
        {"digests": {"labels": "x", "inputs": "given"}},
    ],
)
def test_what_another_store_left_is_written_over(tmp_path, change):
    arguments = {"head": head(), "codec": "hidden_fp16", "shard_bytes": 200, **DIGESTS}
    write(tmp_path / "a", Counting(*[4] * 6), **arguments)
    again = Counting(*[4] * 6)
    again.digests = change.pop("digests", again.digests)
    write(tmp_path / "a", again, **(arguments | change))
    assert again.asked == [0, 1, 2, 3, 4, 5]
    write(tmp_path / "b", again, **(arguments | change))
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_ranks_write_the_store_of_one(tmp_path):
    lengths, settings_ = [4, 5, 6, 7, 8, 9, 1], {"codec": "hidden_int8", "shard_bytes": 150, **DIGESTS}
    alone = write(tmp_path / "one", Counting(*lengths), head(), **settings_)
    parts = [Counting(*lengths) for _ in range(3)]
    results = [
        write(tmp_path / "three", parts[rank], head(), rank=rank, world_size=3, **settings_) for rank in (2, 0, 1)
    ]
    assert results == [None, None, alone]
    assert sorted(number for part in parts for number in part.asked) == list(range(7)) and all(
        part.asked for part in parts
    )
    assert files(tmp_path / "one") == files(tmp_path / "three")


def test_two_writers_at_once_are_refused(tmp_path):
    refused = []

    class Greedy(GivenStates):
        world = 1

        def states(self, first, last):
            for rank, world in ((0, 1), (0, 2)):
                if (rank, world) == (0, 2) and self.world == 2 and first > 0:
                    continue
                with pytest.raises(CacheError, match="another process is writing"):
                    write(tmp_path, states(2, 2), head(), codec="hidden_fp16", rank=rank, world_size=world, **DIGESTS)
                refused.append((self.world, rank, world))
            yield from super().states(first, last)

    one = Greedy({"a": torch.ones(2, 16)})
    write(tmp_path, one, head(), codec="hidden_fp16", **DIGESTS)
    one.world = 2
    write(tmp_path, one, head(seed=1), codec="hidden_fp16", rank=0, world_size=2, **DIGESTS)
    assert refused == [(1, 0, 1), (1, 0, 2), (2, 0, 1), (2, 0, 2)]


# -- damage and mix-ups --------------------------------------------------------------------------------------------------------


def read_all(folder):
    store = TeacherCache(folder)
    store.verify()
    return store


@pytest.mark.parametrize("name", params.CODECS)
def test_flipped_bits_are_caught_wherever_they_are(tmp_path, name):
    """A bit of every byte of a shard's ends, and of every eleventh byte of everything between, in every file."""
    write(tmp_path, states(2, 1, d_model=4), head(9, 4, bias=True), codec=name, topk=3, shard_bytes=10**6, **DIGESTS)
    read_all(tmp_path)
    for file in sorted(path for path in tmp_path.iterdir() if path.stat().st_size):
        data = file.read_bytes()
        ends = {*range(16), *range(len(data) - 32, len(data))} if file.suffix == ".bin" else {0, len(data) - 1}
        for position in sorted(ends | set(range(len(name) % 11, len(data), 11))):
            damaged = bytearray(data)
            damaged[position] ^= 1 << position % 8
            file.write_bytes(damaged)
            with pytest.raises(CacheError, match=file.name):
                read_all(tmp_path)
        file.write_bytes(data)
    read_all(tmp_path)


def test_a_damaged_block_is_named_with_its_field(tmp_path):
    write(tmp_path, states(2, 1), head(), codec="hidden_int8", **DIGESTS)
    file = tmp_path / "shard-00000.bin"
    data = file.read_bytes()
    store = TeacherCache(tmp_path)
    blocks = [store._shards[0].read(i) for i in range(2)]
    for field in ("values", "scales"):
        damaged = bytearray(data)
        damaged[data.index(blocks[1][field].tobytes())] ^= 4
        file.write_bytes(damaged)
        store = TeacherCache(tmp_path)
        store[["example-0"]]
        with pytest.raises(CacheError, match=rf"shard-00000.bin: block 1 \(example 'example-1'\), field '{field}'"):
            store[["example-1"]]


def test_truncated_files_and_missing_files_are_caught(tmp_path):
    write(tmp_path, states(3, 3), head(), codec="hidden_fp16", shard_bytes=100, **DIGESTS)
    for file in sorted(path for path in tmp_path.iterdir() if path.stat().st_size):
        data = file.read_bytes()
        for length in {0, 1, 20, 40, len(data) // 2, len(data) - 1}:
            file.write_bytes(data[:length])
            with pytest.raises(CacheError, match=file.name):
                TeacherCache(tmp_path)
        file.unlink()
        with pytest.raises(CacheError, match=file.name):
            TeacherCache(tmp_path)
        file.write_bytes(data)
    read_all(tmp_path)


@pytest.mark.parametrize("field", ["teacher", "tokenizer", "labels"])
def test_a_store_of_something_else_is_refused(tmp_path, field):
    write(tmp_path, states(2), head(), codec="hidden_fp16", **DIGESTS)
    right = {"teacher": "the teacher", "tokenizer": "the tokenizer", "labels": "given"}
    TeacherCache(tmp_path, **right)
    with pytest.raises(CacheError, match=f"manifest.json: field '{field}'"):
        TeacherCache(tmp_path, **{**right, field: "another"})


def test_a_shard_of_another_store_is_refused(tmp_path):
    for name, source in (("a", states(2, 2)), ("b", states(2, 2, seed=1))):
        write(tmp_path / name, source, head(), codec="hidden_fp16", shard_bytes=100, **DIGESTS)
    for stranger in (tmp_path / "b" / "shard-00001.bin", tmp_path / "a" / "shard-00000.bin"):
        (tmp_path / "a" / "shard-00001.bin").write_bytes(stranger.read_bytes())
        with pytest.raises(CacheError, match="shard-00001.bin: field 'identity'"):
            TeacherCache(tmp_path / "a")


def test_another_format_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 1, "codec": "hidden_fp16"}))
    with pytest.raises(CacheError, match="manifest of format 2"):
        TeacherCache(tmp_path)
    with pytest.raises(CacheError, match="is missing"):
        TeacherCache(tmp_path / "nowhere")


@contextlib.contextmanager
def without_rights():
    """Without a superuser's rights over files. In this process: a forked child of one that has used torch's threads may hang."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextlib.contextmanager
def no_file_larger_than(size):
    """The nearest to a full disk that needs no disk of one's own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_read_only_disk_can_be_read_but_not_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # relative paths: one without rights may not pass through the folders above
    write("store", states(2, 3), head(), codec="hidden_fp16", **DIGESTS)
    before = files("store")
    Path("store").chmod(0o555)
    Path().chmod(0o555)
    try:
        with without_rights():
            assert TeacherCache("store")[["example-0"]].shape == (1, 2, 16)
            for folder in ("store", "new"):
                with pytest.raises(CacheError, match=f"{folder}.* cannot be written: Permission denied"):
                    write(folder, states(2, 3), head(seed=1), codec="hidden_fp16", **DIGESTS)
    finally:
        Path().chmod(0o755)
        Path("store").chmod(0o755)
    assert files("store") == before


def test_a_full_disk_keeps_what_is_whole(tmp_path):
    source, settings_ = states(2, 2, 60), {"codec": "hidden_fp16", "shard_bytes": 4 * 32, **DIGESTS}
    with no_file_larger_than(2000), pytest.raises(CacheError, match="cannot be written"):
        write(tmp_path / "a", source, head(), **settings_)
    assert sorted(files(tmp_path / "a")) == [".writing", "shard-00000.bin"]
    write(tmp_path / "a", source, head(), **settings_)
    write(tmp_path / "b", source, head(), **settings_)
    assert files(tmp_path / "a") == files(tmp_path / "b")


# -- the teacher -----------------------------------------------------------------------------------------------------------------


VOCABULARY = 56  # more rows than the tokenizer has entries, as models of a hub may have


@pytest.fixture(scope="module")
def tokenizer():
    from tokenizers import Tokenizer, models

    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel({f"w{i}": i for i in range(48)}, unk_token="w2")),
        pad_token="w0",
        eos_token="w1",
        unk_token="w2",
    )


def t5(*, tied=True, dropout=0.5):
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=VOCABULARY,
        d_model=16,
        d_kv=4,
        d_ff=32,
        num_heads=4,
        num_layers=1,
        dropout_rate=dropout,
        tie_word_embeddings=tied,
        decoder_start_token_id=0,
    )
    return T5ForConditionalGeneration(config)


def bart():
    torch.manual_seed(0)
    config = BartConfig(
        vocab_size=VOCABULARY,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=64,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=2,
        decoder_start_token_id=1,
        forced_eos_token_id=1,
    )
    model = BartForConditionalGeneration(config)
    model.final_logits_bias.normal_()
    return model


@pytest.fixture(scope="module")
def encoded():
    rng = np.random.default_rng(0)
    return Dataset.from_list(
        [
            {
                "id": f"id{i}",
                "input_ids": [*rng.integers(3, 48, rng.integers(2, 20)).tolist(), 1],
                "labels": [*rng.integers(3, 48, rng.integers(0, 12)).tolist(), 1],
            }
            for i in range(11)
        ]
    )


def forward(model, tokenizer, rows):
    """The model's own logits, dropout off, and where targets stand."""
    inputs = tokenizer.pad({"input_ids": rows["input_ids"][:]}, return_tensors="pt")
    labels = torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(row) for row in rows["labels"]], batch_first=True, padding_value=-100
    )
    with torch.no_grad():
        wanted = model.eval()(
            **inputs, decoder_input_ids=model.prepare_decoder_input_ids_from_labels(labels), use_cache=False
        ).logits
    return wanted, labels != -100


CPU = torch.device("cpu")


@pytest.mark.parametrize("make", [t5, lambda: t5(tied=False), bart], ids=["tied", "untied", "bart"])
def test_logits_are_those_of_the_models_own_forward(tmp_path, tokenizer, encoded, make):
    model = make().train()
    output = output_head(model)
    assert model.training  # asking for the head leaves the model as it was
    wanted, targets = forward(model, tokenizer, encoded)
    model.train()  # hidden_states must switch dropout off by itself
    taught = hidden_states(model, tokenizer, encoded, batch_size=4, device=CPU)
    for name, tolerance in (("logits_fp32", 1e-5), ("hidden_fp16", 1e-3), ("hidden_int8", 3e-2)):
        write(tmp_path / name, taught, output, codec=name, shard_bytes=700, **DIGESTS)
        store = TeacherCache(tmp_path / name)
        got = store[encoded["id"][:]]
        got = got if store.head is None else store.head(got)
        assert got.shape == wanted.shape
        assert (got - wanted)[targets].norm() / wanted[targets].norm() <= tolerance, name
    for name, hidden in taught:  # and before any codec
        row = encoded["id"].index(name)
        assert torch.allclose(
            output(hidden), wanted[row, : len(hidden)], rtol=1e-5, atol=1e-5 * float(wanted.abs().max())
        )


def test_the_released_reading_leaves_the_scale_out(tmp_path, tokenizer, encoded):
    model = t5()
    strict, released = output_head(model), output_head(model, scale="released")
    assert strict.scale == 0.25 and released.scale == 1.0
    taught = hidden_states(model, tokenizer, encoded, batch_size=4, device=CPU)
    wanted, targets = forward(model, tokenizer, encoded)
    for name in ("hidden_fp16", "logits_fp32"):
        manifest = write(tmp_path / name, taught, released, codec=name, **DIGESTS)
        assert manifest["teacher_scale"] == "released" and manifest["scale"] == 1.0
        store = TeacherCache(tmp_path / name)
        got = store[encoded["id"][:]]
        got = got if store.head is None else store.head(got)
        assert torch.allclose(got[targets], 4 * wanted[targets], rtol=1e-2, atol=1e-2)  # sqrt(16) times too sharp
    assert store.manifest["identity"]["teacher_scale"] == "released"


def test_a_model_whose_forward_does_more_is_refused():
    class Louder(T5ForConditionalGeneration):
        def forward(self, *args, **kwargs):
            output = super().forward(*args, **kwargs)
            output.logits = 2 * output.logits
            return output

    with pytest.raises(CacheError, match="Louder: its logits are not"):
        output_head(Louder(t5().config))


def test_states_come_longest_input_first_and_skip_what_is_not_asked_for(tokenizer, encoded):
    taught = hidden_states(t5(), tokenizer, encoded, batch_size=4, device=CPU)
    lengths = dict(zip(encoded["id"], map(len, encoded["input_ids"]), strict=True))
    order = [lengths[name] for name, _ in taught.examples]
    assert order == sorted(order, reverse=True)
    everything = list(taught)
    assert [(name, len(rows)) for name, rows in everything] == taught.examples
    later = list(taught.states(4, 11))
    assert [name for name, _ in later] == [name for name, _ in everything[4:]]
    assert all(torch.equal(a, b) for (_, a), (_, b) in zip(later, everything[4:], strict=True))


def test_digests_follow_contents_not_order(tokenizer, encoded):
    def digests(rows):
        return hidden_states(t5(), tokenizer, rows, batch_size=4, device=CPU).digests

    assert digests(encoded) == digests(encoded.shuffle(seed=1))
    assert digests(encoded)["labels"] == labels_digest(encoded)
    longer = encoded.map(lambda row: {"input_ids": [*row["input_ids"], 1]})
    other = encoded.map(lambda row: {"labels": [*row["labels"], 1]})
    assert (
        digests(longer)["labels"] == digests(encoded)["labels"]
        and digests(longer)["inputs"] != digests(encoded)["inputs"]
    )
    assert (
        digests(other)["labels"] != digests(encoded)["labels"]
        and digests(other)["inputs"] == digests(encoded)["inputs"]
    )


def test_padded_labels_are_refused(tokenizer, encoded):
    padded = encoded.map(lambda row: {"labels": [*row["labels"], -100]})
    with pytest.raises(CacheError, match="'id0'.*-100"):
        hidden_states(t5(), tokenizer, padded, batch_size=4, device=CPU)


def test_the_head_moves_once():
    output = head(bias=True)
    assert output.to(CPU) is output
    meta = output.to(torch.device("meta"))
    assert meta is output.to(torch.device("meta")) and meta.weight.device.type == meta.bias.device.type == "meta"


# -- what is measured --------------------------------------------------------------------------------------------------------------


def test_measured_errors_order_the_codecs():
    teacher, student = states(20, 30), states(20, 30, seed=5)
    rows = measure.compare(
        teacher.states(0, 2), head(64), student.states(0, 2), head(64, seed=3), names=params.CODECS, topk=8
    )
    by_name = {row["codec"]: row for row in rows}
    for key in ("gradient_error_T1", "gradient_error_T4"):
        error = {name: by_name[name][key] for name in by_name}
        assert error["logits_fp32"] < 1e-5 < error["hidden_fp16"] < 2e-3 < error["logits_uint4"]
        assert (
            error["hidden_fp16"] < error["hidden_int8"] < 0.05 and error["logits_fp16"] < error["logits_uint8"] < 0.05
        )
    assert by_name["topk"]["gradient_error_T4"] > 0.2
    assert by_name["logits_fp32"]["jsd_error_T4"] < 1e-7 < by_name["logits_uint4"]["jsd_error_T4"]


def test_measured_gradient_is_the_closed_form():
    rng = torch.Generator().manual_seed(0)
    z, t, temperature = torch.randn(5, 9, generator=rng).double(), 3 * torch.randn(5, 9, generator=rng).double(), 4.0
    value, gradient = measure.jsd_and_gradient(z.clone().requires_grad_(), t, temperature)
    q, p = torch.softmax(z / temperature, 1), torch.softmax(t / temperature, 1)
    m = (p + q) / 2
    ratio = (q / m).log()
    assert torch.allclose(gradient, temperature / 2 * q * (ratio - (q * ratio).sum(1, keepdim=True)), atol=1e-12)
    assert value == pytest.approx(
        float(temperature**2 * 0.5 * ((p * (p / m).log()).sum(1) + (q * ratio).sum(1)).mean())
    )


def test_flatness_of_known_distributions():
    logit_rows = torch.stack([torch.zeros(100), torch.cat([torch.tensor([1e4]), torch.zeros(99)])])
    (even,) = measure.flatness(logit_rows[:1], temperatures=(4.0,), k=10)
    assert even == pytest.approx({"temperature": 4.0, "largest": 0.01, "top": 0.1, "entropy": 1.0})
    (sure,) = measure.flatness(logit_rows[1:], temperatures=(4.0,), k=10)
    assert sure == pytest.approx({"temperature": 4.0, "largest": 1.0, "top": 1.0, "entropy": 0.0}, abs=1e-9)


def test_lz4_does_nothing_for_floats_and_the_released_files_double():
    rng = torch.Generator().manual_seed(0)
    hidden = [torch.randn(40, 64, generator=rng) for _ in range(3)]
    output = head(1000, 64)
    ratios = measure.lz4_ratios(hidden, output)
    assert all(
        0.95 < ratios[name] < 1.02
        for name in ("hidden_fp16", "hidden_int8", "logits_fp32", "logits_fp16", "logits_uint8")
    )
    assert ratios["logits_uint4"] > 1
    rows = output(hidden[0])
    for bits in (32, 16):
        assert measure.released_bytes(rows, bits=bits) == pytest.approx(2 * bits / 8 * rows.numel(), rel=0.02)
    for bits in (8, 4):
        assert measure.released_bytes(rows, bits=bits) < 2 * bits / 8 * rows.numel() * 1.02 + 500
    assert (
        measure.released_bytes(rows, bits=4)
        < measure.released_bytes(rows, bits=8)
        < measure.released_bytes(rows, bits=16)
    )
    with pytest.raises(ValueError, match="bits = 2: this measures 32, 16, 8, 4"):
        measure.released_bytes(rows, bits=2)


def test_the_face_of_the_package():
    assert TeacherCache.write is teacher_cache.write
    assert set(params.CODECS) == {
        name for name in params.CODECS if codecs.codec(name, vocabulary=8, d_model=8, topk=2).name == name
    }
