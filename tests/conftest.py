"""What all tests share."""

import pytest
from hypothesis import settings

# How long one example takes says something about the machine, nothing about the code.
settings.register_profile("trident", deadline=None)
settings.load_profile("trident")


@pytest.fixture(autouse=True)
def _no_stage_before(monkeypatch):
    """A stage that a test runs in this process says so to all that follows it, as a stage is a process's last act."""
    monkeypatch.delenv("TRIDENT_CODE_DIGEST", raising=False)
