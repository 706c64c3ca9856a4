"""Compile and run answers in their place in a test, on the class under test and on its mutants, in warm JVMs.

The JVM's side is ``Worker.java``. Answers are hostile text: each has a defined verdict, whatever it does. A JVM that
ends or hangs is replaced, and what ended it is known, because the JVM says where it is before it runs anything.
"""

from __future__ import annotations

import os
import queue
import struct
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from trident.java.assertions import MARK
from trident.java.jdk import Jdk, JdkError

#: What can be said of an answer.
VERDICTS = (
    "passes", "fails", "fails elsewhere", "does not compile", "refused", "no end", "out of memory",
)  # fmt: skip
#: What can be said of a mutant, under an answer that passes.
MUTANT_VERDICTS = ("survives", "killed", "killed elsewhere", "no end", "out of memory", "does not compile")

#: Loop bodies, methods and handlers that one run may enter.
STEPS = 2_000_000
#: Second net, for what takes no steps: milliseconds of processor time and of waiting per run, and of javac's processor
#: time per answer. A clock would end what a busy machine delays.
_CPU, _WAIT, _JAVAC = 2_000, 60_000, 10_000
#: The JVM says nothing for so many seconds: it hangs.
_SILENCE = 600
_JVM = (
    "-Xmx512m", "-Xss2m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-OmitStackTraceInFastThrow",
    "-XX:MaxJavaStackTraceDepth=100000", "-XX:-UsePerfData", "-Dfile.encoding=UTF-8", "-Djava.awt.headless=true",
    "-Duser.language=en", "-Duser.country=US", "-Duser.timezone=UTC", "-XX:+DisplayVMOutputToStderr",
)  # fmt: skip
_SOURCE = Path(__file__).with_name("Worker.java")
#: For tests of JUnit 5; needs that on the class path.
_JUPITER = Path(__file__).with_name("Jupiter.java")
#: Cases that a JVM may be ahead of another, whose case takes long.
_AHEAD = 50
#: Kinds of frames, and a run, as in Worker.java.
_READY, _AT, _GIVES_UP, _DONE, _FAULT = range(5)
_ORIGINAL = -1


@dataclass(frozen=True)
class Case:
    """One blank and the answers to it. Sources are whole compilation units, with their package and imports.

    class_name    simple name of the class under test
    mutants       the whole unit of the class under test, changed
    test_class    simple name of the test class
    test_method   the method with the blank; in a nested class ``Inner.method``
    test_source   holds ``<ASSERTION>`` once
    answers       the first is the reference: where the test does not compile with an empty blank, what the reference
                  refers to is what any answer may
    class_path    of the project, beside JUnit; empty for a class that needs none
    """

    class_name: str
    class_source: str
    mutants: tuple[str, ...]
    test_class: str
    test_method: str
    test_source: str
    answers: tuple[str, ...]
    class_path: str = ""

    def __post_init__(self) -> None:
        if (marks := self.test_source.count(MARK)) != 1:
            raise ValueError(f"{self.test_class}: the test must hold {MARK} once, not {marks} times")


@dataclass(frozen=True)
class Outcome:
    """What became of an answer.

    verdict  one of :data:`VERDICTS`
    message  why: the exception, javac's first error, or what was refused; else empty
    mutants  one of :data:`MUTANT_VERDICTS` for each mutant; empty unless the answer passes
    """

    verdict: str
    message: str
    mutants: tuple[str, ...]


class Workers:
    """`count` warm JVMs with `jdk`. A context manager: the JVMs end with it."""

    def __init__(self, jdk: Jdk, count: int) -> None:
        self._jdk, self._count = jdk, count
        self._stack = ExitStack()

    def __enter__(self) -> Workers:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trident-jvm-")))
            _compile_worker(self._jdk, folder)
            self._free: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
            for number in range(self._count):
                self._free.put(stack.enter_context(_Worker(self._jdk, folder, number)))
            self._pool = ThreadPoolExecutor(self._count)
            stack.callback(self._pool.shutdown, cancel_futures=True)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *raised: object) -> None:
        self._stack.close()

    def run(self, cases: Iterable[Case]) -> Iterator[list[Outcome]]:
        """The outcomes of each case's answers, in the order of the cases.

        Raises:
            JdkError: a JVM ended or hung, and no answer or mutant is the cause.
        """
        waiting: deque[Future[list[Outcome]]] = deque()
        for case in cases:
            waiting.append(self._pool.submit(self._one, case))
            if len(waiting) > _AHEAD * self._count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _one(self, case: Case) -> list[Outcome]:
        worker = self._free.get()
        try:
            return worker.outcomes(case)
        finally:
            self._free.put(worker)


def _compile_worker(jdk: Jdk, folder: Path) -> None:
    command = [jdk.javac, "-J-XX:TieredStopAtLevel=1", "-J-Duser.language=en", "-encoding", "UTF-8", "-proc:none"]
    sources = [_SOURCE, *([_JUPITER] if "junit-platform-launcher" in jdk.class_path else [])]
    command += ["-nowarn", "-Xlint:none", "-cp", jdk.class_path, "-d", str(folder), *map(str, sources)]
    ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if ran.returncode:
        raise JdkError(f"javac cannot compile {_SOURCE.name}; a JDK 11 or newer is needed:\n{ran.stderr[-2000:]}")


#: An answer and a run of it, as Worker.java names them: on the class as it is, on a mutant, or the compilation. Instead
#: of an answer: what all answers of the case need.
_Place = tuple[int, int]
#: Before the first one.
_NOWHERE: _Place = (-1, -4)


class _Ended(Exception):
    """The JVM ended at a place. `gave_up`: by itself, as something there did not end."""

    def __init__(self, place: _Place, gave_up: bool) -> None:
        super().__init__(place)
        self.place, self.gave_up = place, gave_up

    @property
    def verdict(self) -> str:
        return "refused" if self.place[1] == _ORIGINAL and not self.gave_up else "no end"


class _Worker:
    """One JVM, started when it is needed, and again after it ended."""

    def __init__(self, jdk: Jdk, folder: Path, number: int) -> None:
        self._jdk, self._folder, self._number = jdk, folder, number
        self._process: subprocess.Popen[bytes] | None = None
        self._frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *raised: object) -> None:
        self._end()

    def outcomes(self, case: Case) -> list[Outcome]:
        """See :meth:`Workers.run`. What ended a JVM is not run again; without notice, it must have done so twice."""
        known: dict[_Place, str] = {}
        suspect: _Place | None = None
        while True:
            try:
                return self._try(case, known)
            except _Ended as ended:
                said = self._end()
                if ended.place in known:
                    raise JdkError(
                        f"the JVM ended in the case of {case.test_class}, and no answer is the cause:\n{said}"
                    ) from None
                if ended.gave_up or ended.place == suspect:
                    known[ended.place] = ended.verdict
                suspect = ended.place

    def _try(self, case: Case, known: dict[_Place, str]) -> list[Outcome]:
        place = _NOWHERE
        if self._process is None:
            self._start()
            self._next(place)
        self._send(case, known)
        while (frame := self._next(place))[0] != _DONE:
            if frame[0] == _FAULT:
                raise JdkError(f"a fault of {_SOURCE.name}, in the case of {case.test_class}:\n{self._end()}")
            place = struct.unpack_from(">ii", frame, 1)
            if frame[0] == _GIVES_UP:
                raise _Ended(place, gave_up=True)
        return self._done(frame)

    def _send(self, case: Case, known: dict[_Place, str]) -> None:
        assert self._process is not None and self._process.stdin is not None
        frame = _encoded(case, known)
        try:
            self._process.stdin.write(struct.pack(">i", len(frame)) + frame)
            self._process.stdin.flush()
        except OSError:
            raise _Ended(_NOWHERE, gave_up=False) from None

    def _done(self, frame: bytes) -> list[Outcome]:
        reader = _Reader(frame, 1)
        if reader.byte():
            self._end()
        outcomes = []
        for _ in range(reader.number()):
            verdict, message = reader.text(), reader.text()
            outcomes.append(Outcome(verdict, message, tuple(reader.text() for _ in range(reader.number()))))
        return outcomes

    def _next(self, place: _Place) -> bytes:
        try:
            frame = self._frames.get(timeout=_SILENCE)
        except queue.Empty:
            raise _Ended(place, gave_up=True) from None
        if frame is None:
            raise _Ended(place, gave_up=False)
        return frame

    def _start(self) -> None:
        class_path = f"{self._folder}{os.pathsep}{self._jdk.class_path}"
        command = [self._jdk.java, *_JVM, f"-Dtrident.junit={self._jdk.class_path}", "-cp", class_path]
        command += ["trident$.Worker", *map(str, (STEPS, _CPU, _WAIT, _JAVAC))]
        work = self._folder / f"work{self._number}"
        work.mkdir(exist_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=work, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        assert self._process.stdout is not None
        self._frames = queue.SimpleQueue()
        threading.Thread(target=_read, args=(self._process.stdout, self._frames), daemon=True).start()

    @property
    def _log(self) -> Path:
        return self._folder / f"log{self._number}"

    def _end(self) -> str:
        """End the JVM. Returns the end of what it wrote to standard error."""
        if self._process is None:
            return ""
        self._process.kill()
        code = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(OSError):  # what was still to be written is for a JVM that is gone
                stream.close()
        self._process = None
        return f"exit status {code}\n{self._log.read_text(encoding='utf-8', errors='replace')[-2000:]}"


def _read(stream: IO[bytes], frames: queue.SimpleQueue[bytes | None]) -> None:
    """Put all frames of a JVM into a queue, and None when it ended."""
    with suppress(OSError, ValueError):  # _end has closed it
        while len(length := stream.read(4)) == 4:
            (size,) = struct.unpack(">i", length)
            if len(frame := stream.read(size)) < size:
                break
            frames.put(frame)
    frames.put(None)


class _Reader:
    """Reads what Worker.java wrote."""

    def __init__(self, frame: bytes, at: int) -> None:
        self._frame, self._at = frame, at

    def byte(self) -> int:
        self._at += 1
        return self._frame[self._at - 1]

    def number(self) -> int:
        self._at += 4
        return int(struct.unpack_from(">i", self._frame, self._at - 4)[0])

    def text(self) -> str:
        size = self.number()
        self._at += size
        return self._frame[self._at - size : self._at].decode("utf-16-be", "replace")


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-be", "surrogatepass")
    return struct.pack(">i", len(encoded)) + encoded


def _texts(texts: Sequence[str]) -> bytes:
    return struct.pack(">i", len(texts)) + b"".join(map(_text, texts))


def _encoded(case: Case, known: dict[_Place, str]) -> bytes:
    before, after = case.test_source.split(MARK)
    return b"".join(
        [
            _text(case.class_name),
            _text(case.class_source),
            _texts(case.mutants),
            _text(case.test_class),
            _text(case.test_method),
            _text(before),
            _text(after),
            _texts(case.answers),
            _text(case.class_path),
            struct.pack(">i", len(known)),
            *(struct.pack(">ii", *place) + _text(verdict) for place, verdict in known.items()),
        ]
    )
