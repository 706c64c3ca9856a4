"""What each split is for: only 05 reads test and unseen, so that no selection can have seen them."""

import ast
import json

import pytest

from trident.corpus.schema import EVALUATION, MAKING_ORDER, SPLITS
from trident.experiment.paths import NOTEBOOKS


def code(notebook):
    cells = json.loads((NOTEBOOKS / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    return ast.parse("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"))


def named_splits(tree):
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in SPLITS}


@pytest.mark.parametrize("notebook", ["02_teacher", "03_logits", "04_distill"])
def test_training_and_selection_read_no_split_of_the_tables(notebook):
    tree = code(notebook)
    assert named_splits(tree) <= {"teacher", "train", "validation"}
    # the corpus is read by split, or shown as it is, or its splits are counted; never all splits are read at once
    read = [node.value for node in ast.walk(tree) if isinstance(node, ast.Subscript | ast.Expr)]
    read += [node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "num_rows"]
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "corpus"]
    assert all(isinstance(use.ctx, ast.Store) or use in read for use in uses)


def test_a_use_of_the_test_split_would_be_found():
    assert named_splits(ast.parse('encode(corpus["test"])')) == {"test"}


def test_every_order_holds_every_split_once():
    assert sorted(MAKING_ORDER) == sorted(SPLITS) and {*MAKING_ORDER[-2:]} == {*SPLITS[:2]} == {"teacher", "train"}
    assert EVALUATION == ("validation", "test", "unseen")
