"""Trident: distilling a model that writes the missing assertion of a Java unit test.

The notebooks tell the story; this package holds what they call. See README.md.
"""

__version__ = "0.1.0"
