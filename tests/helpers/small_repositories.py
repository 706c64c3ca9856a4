"""Tiny public projects: git repositories on this machine, which git takes for a server's."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

BAG = """class {name} {{
    private int n;
    int size() {{
        return n;
    }}
    void add() {{
        n++;
    }}
}}
"""
TEST = """import org.junit.Test;

public class {name}Test {{
    @Test
    public void testSize() {{
        {name} bag = new {name}();
        bag.add();
        assertEquals({number}, bag.size());
    }}

    @Test
    public void testOther() {{
        assertEquals("{text}", new Other().name());
    }}
}}
"""
SERVER = "https://example.org/"


def git(*words: str | Path, cwd: Path) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    author = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(("git", *author, *words), cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass
class Mirror:
    """A folder of repositories. `rule` is what makes git ask it in place of the server."""

    folder: Path
    projects: list[dict[str, object]] = field(default_factory=list)

    def add(self, name: str, files: dict[str, str | bytes], split: str = "train", licence: str = "MIT") -> Path:
        """A repository of two commits, of which the first is in the manifest."""
        place = self.folder / f"{name}.git"
        place.mkdir(parents=True)
        git("init", "-q", ".", cwd=place)
        for path, content in files.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_bytes(content.encode() if isinstance(content, str) else content)
        git("add", "-A", cwd=place)
        git("commit", "-q", "-m", "one", cwd=place)
        commit = git("rev-parse", "HEAD", cwd=place)
        (place / "Later.java").write_text("class Later {}\n")
        git("add", "-A", cwd=place)
        git("commit", "-q", "-m", "two", cwd=place)
        url = f"{SERVER}{name}.git"
        self.projects.append(
            {"name": name, "url": url, "commit": commit, "licence": licence, "split": split, "mib": 0.1}
        )
        return place

    def manifest(self, file: Path) -> Path:
        lines = ["projects:"]
        for project in self.projects:
            pairs = [f"{key}: {value}" for key, value in project.items()]
            lines += [f"  - {pairs[0]}", *(f"    {pair}" for pair in pairs[1:])]
        file.write_text("\n".join(lines) + "\n")
        return file

    def rule(self) -> dict[str, str]:
        """For the environment. No other configuration counts."""
        return {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.file://{self.folder}/.insteadOf",
            "GIT_CONFIG_VALUE_0": SERVER,
        }


def java(name: str, number: int = 1) -> dict[str, str | bytes]:
    """A class with two tests, one of which the miner maps, and what a fetch leaves out."""
    return {
        f"src/main/{name}.java": BAG.format(name=name),
        f"src/test/{name}Test.java": TEST.format(name=name, number=number, text=name),
        "LICENSE.txt": "Do what you want.\n",
        "README.md": "Not fetched.\n",
        "data/big.bin": b"\x00" * 10_000,
    }
