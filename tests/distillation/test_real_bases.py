"""The base models of real Java: what they see, that the shipped models are their start, and that a run goes on."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
import torch

from trident.corpus import every_test
from trident.distillation import base_training, models, real_bases
from trident.experiment import paths
from trident.java.assertions import MARK

TEST = """@Test public void adds{n}() {{
    Bag bag = new Bag({n});
    bag.add("{n}");
    assertEquals({n}, bag.size());
    assertTrue(bag.contains("{n}"));
}}"""


@pytest.fixture
def tests(tmp_path, monkeypatch):
    for name, value in {"ROUND": 8, "SAVE_STEPS": 2}.items():
        monkeypatch.setattr(base_training, name, value)
    monkeypatch.setattr(real_bases, "VOCABULARY_SIZE", 320)
    rows = [{"test": TEST.format(n=n), "focal_method": "int size() { return n; }" if n % 2 else ""} for n in range(13)]
    with pa.ipc.new_stream(tmp_path / "tests.arrow", every_test._SCHEMA) as writer:
        writer.write_table(pa.Table.from_pylist(rows, every_test._SCHEMA))
    return tmp_path / "tests.arrow"


TINY = real_bases.Size(16, 16, 1)


def stream(tests, blanks, workers=1):
    rows = every_test.load(tests)
    recipe = real_bases.Recipe(TINY, 8, blanks, batch_size=4, workers=workers)
    tokenizer = real_bases.make_tokenizer(rows)
    return real_bases.RealJava(rows, tokenizer, recipe), tokenizer


def test_each_test_is_used_about_equally_often(tests):
    made, tokenizer = stream(tests, 1.0)
    texts = [tokenizer.decode(made[i]["input_ids"]) for i in range(len(made))]
    counts = [sum(f"adds{n}()" in text.replace(" ", "") for text in texts) for n in range(13)]
    assert sum(counts) == len(made) == 32 and set(counts) == {2, 3}
    assert all(MARK in text for text in texts)


def test_the_stream_depends_on_the_number_alone(tests):
    one, other = stream(tests, 0.5)[0], stream(tests, 0.5)[0]
    assert one[20] == other[20] and other[3] == one[3]


def test_each_of_several_workers_makes_rounds_of_its_own(tests):
    made, tokenizer = stream(tests, 1.0, workers=2)
    numbers, original = [], made.examples
    made.examples = lambda number, rng: numbers.append(number) or original(number, rng)
    for batch in (1, 3, 5, 7):  # what the second worker reads
        assert [made[i] for i in range(4 * batch, 4 * batch + 4)]
    assert numbers == [1, 3, 5, 7]
    texts = [tokenizer.decode(made[i]["input_ids"]) for i in range(len(made))]
    counts = [sum(f"adds{n}()" in text.replace(" ", "") for text in texts) for n in range(13)]
    assert sum(counts) == 32 and set(counts) == {2, 3}


def test_without_blanks_statements_are_hidden(tests):
    made, tokenizer = stream(tests, 0.0)
    texts = [tokenizer.decode(made[i]["input_ids"]) for i in range(16)]
    assert all("<extra_id_0>" in text and MARK not in text for text in texts)


def test_another_vocabulary_keeps_what_both_have():
    model, old = models.load(paths.ROOT / "models/student", dropout_rate=0.0)
    same = real_bases.with_vocabulary(model, old, old)
    ids = old("assertEquals(3, list.size());", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        torch.testing.assert_close(same(input_ids=ids, labels=ids).logits, model(input_ids=ids, labels=ids).logits)
    new = models.train_tokenizer(["assertEquals(zyzzyva);"] * 20, 309)
    other = real_bases.with_vocabulary(model, old, new)
    before, after = (m.get_input_embeddings().weight for m in (model, other))
    known, wanted = old.get_vocab(), new.get_vocab()
    assert len(after) == len(new) and other.lm_head.weight is after
    assert other.generation_config.use_cache and not model.config.use_cache
    torch.testing.assert_close(after[wanted["assertEquals"]], before[known["assertEquals"]])
    pieces = old("zyzzyva", add_special_tokens=False)["input_ids"]
    [word] = [token for token in wanted if token not in known and token.startswith("zyzz") and len(token) == 7]
    torch.testing.assert_close(after[wanted[word]], before[pieces].mean(0))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_training_ends_with_the_same_weights(tests, tmp_path, monkeypatch, workers):
    recipe = real_bases.Recipe(TINY, 6, 0.5, batch_size=4, workers=workers)
    facts = real_bases.make_model(tests, tmp_path / "whole", recipe)
    assert facts["tests"] == 13 and facts["examples"] == 24
    complete = base_training._Marking.on_save

    def killed(self, args, state, control, **kwargs):
        if state.global_step == 4:
            raise KeyboardInterrupt
        complete(self, args, state, control, **kwargs)

    monkeypatch.setattr(base_training._Marking, "on_save", killed)
    with pytest.raises(KeyboardInterrupt):
        real_bases.make_model(tests, tmp_path / "killed", recipe)
    assert not (tmp_path / "killed/card.json").exists()
    monkeypatch.setattr(base_training._Marking, "on_save", complete)
    real_bases.make_model(tests, tmp_path / "killed", recipe)
    whole, resumed = (models.load(tmp_path / name)[0].state_dict() for name in ("whole", "killed"))
    for name, value in whole.items():
        torch.testing.assert_close(resumed[name], value, rtol=0, atol=0)
    assert not (tmp_path / "killed/checkpoints").exists()
    assert models.load(tmp_path / "killed")[0].generation_config.use_cache
    assert json.loads((tmp_path / "killed/card.json").read_text())["examples"] == 24


def test_the_recipes_start_from_shipped_models_or_from_sizes():
    for recipes in real_bases.RECIPES.values():
        assert set(recipes) == {"teacher", "student"}
        for recipe in recipes.values():
            shipped = isinstance(recipe.start, str)
            assert (
                (paths.ROOT / "models" / recipe.start).is_dir() if shipped else recipe.start.d_model % models.HEADS == 0
            )
