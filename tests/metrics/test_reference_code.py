"""How the released code's variant separates the assertions of a reference."""

from trident.metrics import reference_code

SEVERAL = "assertEquals(3, list.size());\nassertTrue(list.contains(x));\nassertNull(list.get(0));"


def test_a_reference_over_two_lines_stays_whole():
    assert reference_code.separate("assertEquals(3,\n    list.size());") == ["assertEquals(3,\n    list.size());"]
    assert reference_code.separate(SEVERAL) == SEVERAL.split("\n")
    assert reference_code.separate("assertTrue(x\nassertTrue(y);") == ["assertTrue(x\nassertTrue(y);"]
