"""A Slurm cluster of one node on this machine, in a folder of its own, for as long as a test needs it.

Its daemons (Debian: munge, slurmctld, slurmd, slurm-client) listen on this machine alone, on ports that were free, and
read no configuration but the folder's.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "sinfo", "scancel", "setpriv")
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
# What finished stays in the list; a node that comes back is used again.
MinJobAge=86400
ReturnToService=2
# A node that does not answer for so long is taken for dead, and its jobs go back to the queue.
SlurmdTimeout=30
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=65536 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class Job(NamedTuple):
    """A job in Slurm's list. memory: as Slurm writes it. comment: rule or group, with its wildcards."""

    number: int
    state: str
    comment: str
    memory: str
    time_limit: str
    restarts: int


def unavailable() -> str:
    """Why no node can be started here, or nothing."""
    missing = [program for program in PROGRAMS if not shutil.which(program, path=_path())]
    if missing:
        debian = "Debian: apt-get install munge slurmctld slurmd slurm-client"
        return f"Slurm cannot start here: no {', '.join(missing)} ({debian})"
    if os.geteuid() != 0:
        return "Slurm cannot start here: its daemons need root"
    if not importlib.util.find_spec("snakemake_executor_plugin_slurm"):
        return "no snakemake-executor-plugin-slurm: pip install -r profiles/slurm/requirements.txt"
    return ""


class Node:
    """Start and stop it with ``with``. `environment`: what commands need to talk to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        programs = os.pathsep.join([str(folder / "bin"), _path()])
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": programs}
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Node:
        for name in ("munge", "state", "spool"):
            (self.folder / name).mkdir(parents=True)
        munge = self.folder / "munge"
        munge.chmod(0o700)
        (munge / "key").write_bytes(os.urandom(128))
        (munge / "key").chmod(0o400)
        text = CONFIGURATION.format(
            host=socket.gethostname().partition(".")[0], folder=self.folder, ports=_free_ports(), cpus=os.cpu_count()
        )
        (self.folder / "slurm.conf").write_text(text)
        # Snakemake takes Slurm's variables away before it calls srun, as clusters have their configuration in /etc.
        (self.folder / "bin").mkdir()
        srun = self.folder / "bin/srun"
        real = shutil.which("srun", path=_path())
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={shlex.quote(self.environment["SLURM_CONF"])} exec {real} "$@"\n')
        srun.chmod(0o755)
        files = [f"--{name}-file={munge / name}" for name in ("key", "pid", "log", "seed")]
        try:
            self._start("munged", "--foreground", "--force", f"--socket={munge / 'socket'}", *files)
            until((munge / "socket").exists, "munged")
            self._start("slurmctld", "-D")
            self.boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.crash()
        for process in self._daemons.values():
            process.terminate()
            process.wait(timeout=60)

    def boot(self) -> None:
        """Start the node's daemon, and wait until jobs may run on it."""
        self._start("slurmd", "-D")
        until(lambda: self.state() in ("idle", "mixed", "allocated"), "slurmd")

    def state(self) -> str:
        """``idle``, ``mixed``, ``allocated``, ``down*``, …; ``unknown*`` before the daemon is there."""
        return self.run("sinfo", "--noheader", "--format=%T").strip()

    def crash(self) -> None:
        """Kill the node's daemon and all that runs in its jobs, at once, as a power cut does."""
        daemon = self._daemons.pop("slurmd", None)
        if daemon:
            daemon.kill()
            daemon.wait(timeout=60)
        running = list(self._processes())
        # First those that would still report how a job ended.
        for process in [
            *{parent for _, parent in running if parent.name() == "slurmstepd"},
            *(one for one, _ in running),
        ]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def _processes(self) -> Iterator[tuple[psutil.Process, psutil.Process]]:
        """What runs in this node's jobs, each with its parent."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                environment = process.environ()
                if "SLURM_JOB_ID" in environment and environment.get("SLURM_CONF") == self.environment["SLURM_CONF"]:
                    yield process, process.parent() or process

    def jobs(self) -> list[Job]:
        """All jobs so far, in the order of their submission."""
        fields = "JobID:|,State:|,Comment:|,MinMemory:|,TimeLimit:|,RestartCnt:|"
        rows = self.run("squeue", "--noheader", "--states=all", "--sort=i", f"--Format={fields}").splitlines()
        cells = [[cell.strip() for cell in row.split("|")] for row in rows]
        return [Job(int(cell[0]), cell[1], cell[2], cell[3], cell[4], int(cell[5])) for cell in cells]

    def run(self, *command: str) -> str:
        """What one of Slurm's commands prints."""
        done = subprocess.run(command, env=self._all(), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def _start(self, program: str, *options: str) -> None:
        """It ends with the process that started it, however that ends."""
        with (self.folder / f"{program}.out").open("ab") as out:
            self._daemons[program] = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", program, *options], env=self._all(), stdout=out, stderr=out
            )

    def _all(self) -> Mapping[str, str]:
        return {**os.environ, **self.environment}


def log(checkout: Path, job: Job) -> str:
    """A job's log, as profiles/slurm keeps it; empty before the job starts."""
    return "".join(file.read_text(encoding="utf-8") for file in (checkout / "runs/slurm").rglob(f"{job.number}.log"))


def messages(text: str) -> set[str]:
    """The messages of the rules that Snakemake starts, in what it prints: ``04 student ce, seed 13``."""
    return set(re.findall(r"^ *Job \S+: (.*)$", text, flags=re.MULTILINE))


def until(condition: Callable[[], object], what: str, seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.2)


def _path() -> str:
    """Daemons are not on every user's PATH. Jobs call the Python of this environment."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin", "/sbin"])


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for listener in (one, other):
            listener.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
