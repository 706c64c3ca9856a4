"""Reading a whole archive of Methods2Test: records a second, memory, and whether the draw depends on their order.

    python benchmarks/methods2test.py [--records 600000] [--limit 40000] [--seed 2025] [--folder FOLDER] [--write]

Writes an archive in the published layout with sandbox tests as records, each under a name of its own; the published
archives have 624,022 in about 550 MB. Then it draws `limit` of them twice, each time in a process of its own: as they
are, and from an archive that holds the same members in the opposite order. Prints one JSON object; the exit code is 1
if a draw took more than 1 GiB of memory or the draws differ. ``--write`` renews the table in docs/real-java.md. At full
size it takes half an hour of one core and 1 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from trident.corpus import methods2test  # noqa: E402
from trident.corpus.sandbox.generate import generate  # noqa: E402
from trident.experiment import artifacts, paths  # noqa: E402
from trident.java.assertions import MARK  # noqa: E402
from trident.reporting import rendering  # noqa: E402
from trident.workflow.rehearsal import archives  # noqa: E402

#: Different tests that the records repeat, so that writing does not measure the generator.
TESTS = 2000
#: Records of one repository; the published archives have about 65.
OF_REPOSITORY = 65
#: Random bytes in each record, in hex: a published record is about 900 bytes of its archive, a sandbox test only 60.
RANDOM_BYTES = 800
#: What one draw may take.
LIMIT_MIB = 1024
DOCUMENT = paths.ROOT / "docs/real-java.md"


def records(count: int, *, backwards: bool = False) -> Iterator[tuple[int, dict[str, Any]]]:
    """`count` records with their numbers, which their tests hold too; repositories come in blocks, as published."""
    rows, _ = generate({"train": TESTS}, seed=2025)
    order = range(count - 1, -1, -1) if backwards else range(count)
    for number in order:
        row = rows[number % len(rows)]
        test = row["test_prefix_and_rest"].replace(MARK, row["assertion"])
        repository = str(10_000 + number // OF_REPOSITORY)
        comment = f"/* {number} {random.Random(number).randbytes(RANDOM_BYTES).hex()} */"
        yield number, archives.record(repository, row["focal_class"], row["focal_method"], f"{comment} {test}")


def draw(archive: Path, limit: int, seed: int) -> dict[str, Any]:
    """Draw from an archive in this process, and say how long it took and how much memory it had at most."""
    before = _resident()
    started, used = time.perf_counter(), time.process_time()
    drawn, report = methods2test.read(archive, limit=limit, seed=seed)
    seconds, used = time.perf_counter() - started, time.process_time() - used
    return {
        "members": report["members"],
        "examined": report["examined"],
        "kept": report["kept"],
        "skipped": report["skipped"],
        "seconds": round(seconds, 1),
        "records_per_second": round(report["members"] / seconds),
        "records_per_processor_second": round(report["members"] / used),
        "peak_mib": round(_resident()),
        "peak_mib_before": round(before),
        "drawn": artifacts.fingerprint([record.model_dump() | {"origin": ""} for record in drawn]),
    }


def _resident() -> float:
    """The most memory that this process has had, in MiB."""
    unit = 1 if sys.platform == "darwin" else 2**10  # ru_maxrss: bytes on macOS, KiB on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def main(arguments: list[str] | None = None) -> int:
    """0 if memory stayed within its limit and all draws are equal, else 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=600_000)
    parser.add_argument("--limit", type=int, default=40_000, help="records to draw: the paper's profile needs as many")
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--folder", type=Path, help="for the archives; default: a temporary folder")
    parser.add_argument("--write", action="store_true", help="renew the table in docs/real-java.md")
    parser.add_argument("--draw", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.draw:
        print(json.dumps(draw(options.draw, options.limit, options.seed)))
        return 0
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        found = compare(Path(folder), options.records, options.limit, options.seed)
    print(json.dumps(found, indent=2))
    if options.write:
        rendering.put(DOCUMENT, "methods2test", table(found))
    return 0 if found["reproducible"] and found["peak_mib"] <= LIMIT_MIB else 1


def compare(folder: Path, count: int, limit: int, seed: int) -> dict[str, Any]:
    """Write both archives and draw from them. `reproducible`: both draws gave the same records in one order."""
    started = time.perf_counter()
    for name in ("forwards", "backwards"):
        archives.write(folder / f"{name}.tar.bz2", records(count, backwards=name == "backwards"))
    written = time.perf_counter() - started
    draws = []
    for name in ("forwards", "backwards"):
        words = ["--draw", str(folder / f"{name}.tar.bz2"), "--limit", str(limit), "--seed", str(seed)]
        process = subprocess.run([sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True, check=True)
        draws.append({"archive": name, **json.loads(process.stdout)})
        print(draws[-1], file=sys.stderr)
    return {
        "machine": f"{platform.system()} {platform.machine()}",
        "records": count,
        "limit": limit,
        "archive_mib": round((folder / "forwards.tar.bz2").stat().st_size / 2**20, 1),
        "written_in_seconds": round(written, 1),
        "draws": draws,
        "reproducible": len({one["drawn"] for one in draws}) == 1,
        "peak_mib": max(one["peak_mib"] for one in draws),
    }


def table(found: dict[str, Any]) -> str:
    """A row for each draw, in Markdown, and a sentence on both. Processor time, as the machine may be busy."""
    lines = ["| Order of the archive | Records/s of processor time | Peak memory (MiB) |", "| --- | ---: | ---: |"]
    for order, one in zip(("as written", "reversed"), found["draws"], strict=True):
        lines.append(f"| {order} | {one['records_per_processor_second']:,} | {one['peak_mib']} |")
    outcome = "both draws are the same records" if found["reproducible"] else "**the draws differ**"
    said = (
        f"{found['limit']:,} of {found['records']:,} records, {found['archive_mib']:,.0f} MiB: {outcome}. "
        f"{found['draws'][0]['peak_mib_before']} MiB of the memory are Python and its libraries. {found['machine']}."
    )
    return "\n".join(lines) + f"\n\n{said}"


if __name__ == "__main__":
    sys.exit(main())
