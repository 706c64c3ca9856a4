"""``python -m trident``: see :mod:`trident.workflow.cli`."""

import sys

from trident.workflow.cli import main

if __name__ == "__main__":
    sys.exit(main())
