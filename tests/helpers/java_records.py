"""Published archives of pairs, as Methods2Test's `dataset` has them."""

import io
import json
import tarfile
from collections import Counter


def write_archive(path, records):
    """Write records in the layout of a published archive. The same records give the same bytes."""
    numbers = Counter()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:bz2") as tar:
        for record in records:
            repository = record["repository"]["repo_id"]
            member = tarfile.TarInfo(f"{repository}/{repository}_{numbers[repository]}.json")
            numbers[repository] += 1
            content = json.dumps(record).encode()
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
