"""The contrast probes: their file, their ranking, and their check by a JDK."""

from dataclasses import replace

import pytest
from helpers import verified_probes
from helpers.small_encoder import Letters

from trident import cqs
from trident.evaluation import probes
from trident.java import jdk
from trident.java.assertions import find
from trident.java.lexer import canonical


@pytest.fixture(scope="module")
def all_probes():
    return probes.load()


def test_there_are_enough_of_every_sort(all_probes):
    labels = [key for probe in all_probes for key in probe.texts]
    assert len(labels) >= 120
    for role, label, least in (
        ("wrong", "opposite", 20),
        ("wrong", "off_by_one", 20),
        ("wrong", "swapped", 8),
        ("wrong", "wrong_variable", 6),
        ("wrong", "other_kind", 8),
        ("equivalent", "negated", 15),
        ("equivalent", "api", 15),
    ):
        assert labels.count((role, label)) >= least, (role, label)


def test_every_text_is_java_and_none_is_there_twice(all_probes):
    for probe in all_probes:
        texts = [probe.reference, *probe.texts.values()]
        assert len({canonical(text) for text in texts}) == len(texts), probe.name
        assert all(find(text) for text in texts), probe.name


def test_ranking_by_hand():
    probe = probes.Probe(
        "p1",
        ("int x",),
        (("1",), ("2",)),
        "assertEquals(1, x);",
        {
            ("equivalent", "same"): "assertEquals( 1, x );",
            ("equivalent", "far"): "assertTrue(x < 2 && x > 0);",
            ("wrong", "off_by_one"): "assertEquals(2, x);",
            ("wrong", "broken"): "assertEquals(1, x",
        },
    )
    ranked = probes.rank([probe], {"letters": Letters(), "again": Letters()})
    above = ranked[ranked["variant"] == "strict"].set_index(["measure", "encoder", "equivalent", "wrong"])["above"]
    assert (
        above["token_accuracy", "", "same", "off_by_one"] == 1 and above["token_accuracy", "", "far", "off_by_one"] == 0
    )
    assert above["ast", "", "same", "off_by_one"] == 0.5 and above["ast", "", "far", "broken"] == 1
    assert above["cqs", "letters", "same", "broken"] == 1 and above["cqs", "again", "same", "broken"] == 1
    assert len(ranked) == 4 * 3 * (5 + 2)
    # The text without its end shares nearly all tokens: only the identical one ranks above it.
    assert above["token_accuracy", "", "same", "broken"] == 1 and above["token_accuracy", "", "far", "broken"] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("wrng:", "p1: needs exactly the keys"),
        ('states: [["1", "2"]]', "p1: state .* must have 1 values"),
        ("states: [1]", "p1: state .* each quoted"),
        ("reference: assertTrue(x);", "p1: the same assertion occurs twice"),
    ],
)
def test_badly_written_probes_are_named(tmp_path, change, message):
    lines = [
        "- given: [boolean x]",
        '  states: ["true"]',
        "  reference: assertFalse(!x);",
        "  equivalent: {plain: assertTrue(x);}",
        "  wrong: {opposite: assertFalse(x);}",
    ]
    key = change.partition(":")[0]
    lines = (
        [f"  {change}" if key in line.partition(":")[0] else line for line in lines] if key != "wrng" else lines[:-1]
    )
    file = tmp_path / "probes.yaml"
    file.write_text("\n".join(lines))
    with pytest.raises(probes.ProbeError, match=message):
        probes.load(file)


@pytest.fixture(scope="module")
def found():
    try:
        jdk.find()
    except jdk.NoJdk as missing:
        pytest.skip(str(missing))


@pytest.mark.jdk
def test_probes_are_what_they_say(found, all_probes):
    bad = probes.Probe(
        "bad",
        ("int x",),
        (("1",), ("2",)),
        "assertEquals(1, x);",
        {
            ("equivalent", "not"): "assertEquals(2, x);",
            ("wrong", "not"): "assertTrue(x == 1);",
            ("wrong", "opposite"): "assertTrue(x > 2);",
            ("wrong", "fine"): "assertTrue(x > 1);",
        },
    )
    always = replace(bad, name="always", reference="assertTrue(x > 0);", texts={})
    faults = verified_probes.verify([*all_probes, bad, always])
    assert faults == [
        "bad: equivalent not passes in (False, True), the reference in (True, False)",
        "bad: wrong not passes in (True, False), the reference in (True, False)",
        "bad: wrong opposite passes in (False, False), the reference in (True, False)",
        "always: the reference passes in every state",
    ]


@pytest.mark.jdk
def test_a_probe_that_is_no_java_is_named(found):
    probe = probes.Probe("odd", ("int x",), (("1",),), "assertEquals(1, y);", {})
    with pytest.raises(probes.ProbeError, match="odd does not compile.*cannot find symbol"):
        verified_probes.verify([probe])


def test_the_packaged_encoder_ranks_the_opposite_higher(all_probes):
    """The paper's claim on the semantic term does not hold: opposites are closer to the reference than equivalents."""
    from trident.distillation.models import sentence_encoder

    ranked = probes.rank(all_probes, {"MiniLM": sentence_encoder("all-MiniLM-L6-v2")})
    assert set(ranked["variant"]) == set(cqs.VARIANTS) - {"released_teacher"}
    semantic = ranked[(ranked["measure"] == "semantic") & (ranked["variant"] == "strict")]
    assert semantic["probe"].nunique() == len(all_probes)
    shares = semantic.groupby(["wrong", "probe"])["above"].mean().groupby("wrong").mean()
    assert shares["opposite"] < 0.3 and shares["off_by_one"] < 0.3
    assert semantic.groupby("probe")["above"].mean().mean() < 0.3
