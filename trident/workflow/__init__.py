"""Notebooks as stages of a grid: `stages` (values, folder, digest, grid), `notebooks` (run them), `doctor`, `cli`."""

import sys

# jsonschema, which nbformat imports, would build a grammar for internationalised addresses: 0.7 seconds in each job.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
