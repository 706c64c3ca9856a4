"""``python -m course build`` and ``python -m course check``, of all labs or those named."""

from __future__ import annotations

import argparse
import sys

from course import build, labs, verify


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m course", description="Make and check the labs.")
    parser.add_argument("command", choices=("build", "check"))
    parser.add_argument("labs", nargs="*", help="lab1 …; all of them if none is named")
    options = parser.parse_args()
    if unknown := set(options.labs) - set(labs.names()):
        parser.error(f"no lab {', '.join(sorted(unknown))}: there are {', '.join(labs.names())}")
    chosen = options.labs or labs.names()
    if options.command == "check":
        return 1 if verify.report(chosen) else 0
    for lab in chosen:
        build.build(lab)
        print(f"{lab}: student and solution version, pictures")
    return 0


if __name__ == "__main__":
    sys.exit(main())
