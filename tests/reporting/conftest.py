"""A grid of made scores, and a small one to damage."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest
from helpers import small_scores

from trident.reporting.results import collect


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def grid(tmp_path_factory):
    return small_scores.write(tmp_path_factory.mktemp("grid"), examples=30)


@pytest.fixture(scope="session")
def results(grid):
    return collect(grid, small_scores.CONFIGURATIONS, small_scores.SEEDS, "strict")


@pytest.fixture
def pair(tmp_path):
    """A grid of two configurations and two seeds, to damage."""
    return small_scores.write(tmp_path, configurations=small_scores.PAIR, seeds=(13, 42), examples=9)
