"""The sandbox corpus: what is drawn, how it is split, and every template that it is drawn from."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from helpers import template_survey
from helpers.small_template import POOR, write
from hypothesis import given
from hypothesis import strategies as st

from trident.corpus.sandbox.expressions import TemplateError
from trident.corpus.sandbox.generate import HELD_OUT, KINDS, chosen, generate, held_out, instances, quotas
from trident.corpus.sandbox.styles import MOST_ANSWERS
from trident.corpus.sandbox.template import FOLDER, Instance, load
from trident.corpus.schema import EVALUATION, SPLITS, Example
from trident.experiment.paths import ROOT
from trident.java.assertions import MARK, find
from trident.java.lexer import canonical, lex

FILES = sorted(FOLDER.glob("*/*.java"))


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def sizes(*counts: int) -> dict[str, int]:
    """Of train, validation, test, unseen and teacher."""
    return dict(zip(("train", "validation", "test", "unseen", "teacher"), counts, strict=False))


@cache
def behind(group: str, seed: int) -> Instance:
    template, _, number = group.partition("#")
    return next(one for one in load() if one.name == template).instance(seed, int(number))


def template_kind(example: Example, seed: int) -> str:
    """The kind of the masked assertion in the template: examples are chosen by it, whatever the house makes of it."""
    instance, place = behind(example["group"], seed), example["test_prefix_and_rest"].index(MARK)
    tests = map(instance.test, range(len(instance.template.tests)))
    test = next(one for one in tests if one.name == example["origin"].partition("#")[2])
    return next(kind for kind, one in zip(test.kinds, test.assertions, strict=True) if one.start == place)


@pytest.fixture(scope="module")
def large():
    """27,000 pairs, as many as the paper trains and validates on, and some for a teacher."""
    return generate(sizes(18000, 3000, 3000, 3000, 1000), seed=11)


def test_the_templates_yield_28000_distinct_pairs(large):
    examples, report = large
    assert report["got"] == report["asked"] == sizes(18000, 3000, 3000, 3000, 1000)
    questions = {tuple(lex(e["focal_method"])) + tuple(lex(e["test_prefix_and_rest"])) for e in examples}
    assert len(questions) == 28000  # so are the pairs
    assert len({e["id"] for e in examples}) == 28000


def test_no_split_shares_a_group_and_unseen_shares_no_template(large):
    examples, report = large
    groups = {split: {e["group"] for e in examples if e["split"] == split} for split in SPLITS}
    assert not any(one & other for one, other in combinations(groups.values(), 2))
    files = {split: {group.split("#")[0] for group in groups[split]} for split in groups}
    seen = set(map(name, FILES)) - files["unseen"]
    assert files["unseen"] == set(report["held_out"])
    assert files["train"] == files["validation"] == files["test"] == files["teacher"] == seen
    assert {split: len(groups[split]) for split in groups} == report["groups"]


def test_test_is_drawn_like_validation(large):
    examples, report = large
    drawn = {
        split: Counter((e["group"].split("#")[0], template_kind(e, 11)) for e in examples if e["split"] == split)
        for split in ("validation", "test")
    }
    assert max(abs(drawn["validation"][one] - drawn["test"][one]) for one in drawn["validation"] | drawn["test"]) <= 1


def test_kinds_of_the_templates_follow_the_shares_of_real_code(large):
    examples, report = large
    for split in ("validation", "unseen", "teacher"):
        kinds = Counter(template_kind(e, 11) for e in examples if e["split"] == split)
        missing = report["shortfall"][split]
        for kind, quota in quotas(report["asked"][split], KINDS).items():
            # What other kinds could not supply is shared out.
            assert quota - missing.get(kind, 0) <= kinds[kind] <= quota + sum(missing.values())


def test_kinds_as_written_stay_near_those_of_real_code(large):
    examples, report = large
    for split, size in report["asked"].items():
        kinds = Counter(e["kind"] for e in examples if e["split"] == split)
        assert kinds == report["kinds"][split]
        assert all(abs(kinds[kind] / size - share) < 0.12 for kind, share in KINDS.items())
        assert kinds["assertEquals"] > kinds["assertTrue"] > kinds["assertNotNull"] > kinds["assertThat"]


def test_templates_are_drawn_evenly_within_a_kind(large):
    examples, _ = large
    validation = [e for e in examples if e["split"] == "validation"]
    files = Counter(e["group"].split("#")[0] for e in validation if template_kind(e, 11) == "assertEquals")
    assert max(files.values()) - min(files.values()) <= 1


def test_examples_agree_with_themselves(large):
    examples, _ = large
    for example in examples[::9]:
        assert set(example) == set(Example.__annotations__)
        assert example["test_prefix_and_rest"].count(MARK) == 1
        assert not re.search(
            r"\$\w+\$", example["focal_method"] + example["test_prefix_and_rest"] + example["assertion"]
        )
        whole = example["test_prefix_and_rest"].replace(MARK, example["assertion"])
        masked = [a for a in find(whole) if a.text == example["assertion"]]
        assert masked and masked[0].kind == example["kind"]
        assert example["assertion_canonical"] == canonical(example["assertion"])
        assert f"{example['kind']}(" in example["assertion"] and example["assertion"].endswith(";")
        assert example["origin"].partition("#")[2] in whole
        assert example["focal_class"] in instances([example], 11)[0].class_source


def test_about_half_of_the_assertions_are_qualified(large):
    examples, _ = large
    share = sum(e["assertion"].startswith("Assert.") for e in examples) / len(examples)
    assert 0.47 < share < 0.53


def test_same_seed_same_examples_in_another_process():
    program = (
        "import json; from trident.corpus.sandbox.generate import generate; "
        "print(json.dumps(generate({'train': 300, 'test': 40}, 7)))"
    )
    other = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": other},
    )
    assert json.loads(run.stdout) == json.loads(json.dumps(generate({"train": 300, "test": 40}, 7)))
    assert generate(sizes(300, 40, 40), 8)[0] != generate(sizes(300, 40, 40), 7)[0]


def test_sizes_of_other_splits_change_nothing():
    def of(split, examples):
        return sorted((e["id"], e["assertion"]) for e in examples if e["split"] == split)

    small, _ = generate(sizes(50, 60, 70, 80), 3)
    big, _ = generate(sizes(800, 60, 70, 80), 3)
    assert all(of(split, small) == of(split, big) for split in EVALUATION)
    with_teacher, _ = generate(sizes(50, 60, 70, 80, 90), 3)
    assert all(of(split, small) == of(split, with_teacher) for split in ("train", *EVALUATION))
    alone, _ = generate(sizes(50, 60), 3)
    assert of("validation", alone) == of("validation", small)


def test_adding_a_template_changes_no_other(tmp_path):
    for path in FILES[:12]:
        write(tmp_path, path.read_text(encoding="utf-8"), f"{name(path)}.java")
    before = {(t.name, n): t.instance(5, n).test_source for t in load(tmp_path) for n in range(3)}
    held = held_out([name(path) for path in FILES[:12]])
    more = tmp_path / "more"
    shutil.copytree(tmp_path, more, ignore=lambda *_: {"more"})
    write(more, FILES[30].read_text(encoding="utf-8"), "aaa/New.java")
    write(more, FILES[31].read_text(encoding="utf-8"), f"{FILES[0].parent.name}/AnotherOne.java")
    after = {(t.name, n): t.instance(5, n).test_source for t in load(more) for n in range(3)}
    assert len(after) == len(before) + 6 and before.items() <= after.items()
    names = [t.name for t in load(more)]
    assert len(held_out(names) ^ held) <= 2  # of the domain that grew, at most one file changes sides


def test_held_out_is_a_fifth_of_each_domain_in_any_order():
    names = list(map(name, FILES))
    held = held_out(names)
    assert held == held_out(names[::-1])
    for domain in {n.split("/")[0] for n in names}:
        own = [n for n in names if n.startswith(domain + "/")]
        assert abs(len([n for n in own if n in held]) - len(own) / HELD_OUT) <= 0.5


@given(st.integers(0, 30000), st.sets(st.sampled_from(sorted(KINDS)), min_size=1))
def test_quotas_sum_up_and_keep_proportions(count, kinds):
    shares = {kind: KINDS[kind] for kind in kinds}
    out = quotas(count, shares)
    assert sum(out.values()) == count
    assert all(abs(out[kind] - count * shares[kind] / sum(shares.values())) < 1 for kind in kinds)


def test_shares_sum_to_one():
    assert sum(KINDS.values()) == pytest.approx(1)


def test_what_templates_cannot_supply_is_reported(tmp_path):
    write(tmp_path, POOR, "things/Box.java")
    examples, report = generate({"train": 100, "unseen": 10}, 1, folder=tmp_path)
    # Three numbers, two assertions: six questions, less those that hold the same text.
    assert (
        report["got"]["train"]
        == len(examples)
        == len({e["test_prefix_and_rest"] + e["focal_method"] for e in examples})
        == 6
    )
    assert report["got"]["unseen"] == 0 and report["held_out"] == []
    assert report["shortfall"]["train"]["assertNotNull"] == 16 and sum(report["shortfall"]["unseen"].values()) == 10
    assert report["dropped"]["train"]["duplicate"] > 10
    assert all("found" in e["assertion"] for e in examples)


def test_other_kinds_take_the_place_of_missing_ones(tmp_path):
    write(tmp_path, POOR.replace("integer(1, 3)", "integer(1, 9000)"), "things/Box.java")
    examples, report = generate(sizes(200), 1, folder=tmp_path)
    assert report["got"]["train"] == 200 and report["shortfall"]["train"]["assertNotNull"] == 32
    # Whatever the form: only the inequality, an assertTrue, speaks of 0.
    kinds = Counter("assertTrue" if re.search(r"\b0\b", e["assertion"]) else "assertEquals" for e in examples)
    assert kinds["assertEquals"] / kinds["assertTrue"] == pytest.approx(0.55 / 0.16, rel=0.05)


def test_what_cannot_be_known_is_never_masked(tmp_path):
    write(tmp_path, POOR, "things/Box.java")
    assert template_survey.examine(tmp_path / "things/Box.java").masked == 2
    write(tmp_path, POOR.replace("Box box", "int other = $secret$;\n        Box box"), "things/Box2.java")
    assert template_survey.examine(tmp_path / "things/Box2.java").masked == 3
    # What follows the blank shows the number only if it is kept.
    later = POOR.replace("box.get());", "box.get());\n        assertEquals($secret$, $secret$);")
    write(tmp_path / "later", later, "things/Box.java")
    kept, _ = generate(sizes(300), 1, folder=tmp_path / "later")
    cut, _ = generate(sizes(300), 1, keep_after=False, folder=tmp_path / "later")
    assert "assertNotEquals" in {e["kind"] for e in kept} and "assertNotEquals" not in {e["kind"] for e in cut}


def test_masking_all_gives_one_example_a_test():
    examples, report = generate(sizes(400, 50, 50, 50), 2, masking="all")
    assert report["got"] == report["asked"]
    places = Counter((e["group"], e["origin"]) for e in examples)
    assert set(places.values()) == {1}
    several = 0
    for example in examples:
        targets = example["assertion"].split("\n")
        several += len(targets) > 1
        assert example["test_prefix_and_rest"].count(MARK) == len(targets)
        assert not find(example["test_prefix_and_rest"].replace(MARK, ";"))
        assert [canonical(target) for target in targets] == example["assertion_canonical"].split("\n")
        assert example["kind"] == targets[0].removeprefix("Assert.").split("(")[0]
        assert len(example["accepted"]) <= MOST_ANSWERS
    assert several > 100


def test_nothing_follows_the_blank_if_it_is_not_kept():
    for masking in ("one", "all"):
        examples, _ = generate(sizes(100, 10, 10, 10), 2, masking=masking, keep_after=False)
        assert all(
            e["test_prefix_and_rest"].endswith(MARK) and e["test_prefix_and_rest"].count(MARK) == 1 for e in examples
        )


def test_instances_behind_examples(large):
    examples, _ = large
    some = examples[:300]
    made = instances(some, 11)
    assert {i.group for i in made} == {e["group"] for e in some}
    with pytest.raises(ValueError, match="the template has changed, or the seed is another one"):
        instances(some, 12)
    with pytest.raises(ValueError, match="no sandbox template 'a/B'"):
        instances([{**some[0], "group": "a/B#1"}], 11)


def test_the_report_is_json(large):
    assert json.loads(json.dumps(large[1], allow_nan=False)) == large[1]


def test_a_broken_template_stops_everything(tmp_path):
    write(tmp_path, POOR.replace("$n$;", "$m$;"), "things/Box.java")
    with pytest.raises(TemplateError, match=r"things/Box\.java:5: the hole \$m\$"):
        generate(sizes(1, 1, 1), 1, folder=tmp_path)


def test_a_number_of_templates_is_drawn_evenly_over_the_domains():
    everything = load()
    unseen = held_out([template.name for template in everything])
    some, kept = chosen(everything, 26)
    assert len(some) == 26 and chosen(everything, 0) == (list(everything), unseen)
    assert kept == unseen & {t.name for t in some} and len(kept) == 5  # what is unseen stays so, whatever the number
    domains = Counter(template.name.split("/")[0] for template in everything)
    drawn = Counter(template.name.split("/")[0] for template in some)
    assert all(abs(drawn[domain] - 26 * size / len(everything)) <= 2 for domain, size in domains.items())
    assert {t.name for t in some} <= {t.name for t in chosen(everything, 60)[0]}
