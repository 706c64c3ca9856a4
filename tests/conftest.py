"""What all tests share."""

from hypothesis import settings

# How long one example takes says something about the machine, nothing about the code.
settings.register_profile("trident", deadline=None)
settings.load_profile("trident")
