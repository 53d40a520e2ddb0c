"""The processes of a measurement: commands timed whole, sides that are asked, a bot that serves, a core kept busy."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HERE = Path(__file__).parent


def script(name: str) -> list[str]:
    """The command of a script that stands beside this one."""
    return [sys.executable, str(_HERE / name)]


def installed(name: str) -> str:
    """The path of a command that is installed beside Python."""
    return str(Path(sys.executable).with_name(name))


def timed(command: Sequence[str], **more: str) -> tuple[float, float]:
    """Wall seconds and CPU seconds of one whole process, with `more` in its environment. Raises CalledProcessError."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **more})
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@dataclass(frozen=True)
class Loop:
    """What a closed loop came to: milliseconds of each question, wall seconds, and the process's peak memory, MiB."""

    ms: list[float]
    wall_s: float
    peak_mib: float


class Side:
    """A side in a process of its own, ready when it has answered its first question."""

    def __init__(self, command: Sequence[str], way: str) -> None:
        self.way = way
        self._complaints = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed in __exit__
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints, text=True
        )

    def ask(self, questions: Sequence[str], askers: int = 1, seconds: float = 600.0, way: str = "") -> Loop:
        """Ask the questions in order, for about `seconds` at most. ChildProcessError where the process has ended."""
        told = {"way": way or self.way, "questions": questions, "askers": askers, "seconds": seconds}
        standing_in, standing_out = self._process.stdin, self._process.stdout
        if standing_in is None or standing_out is None:
            raise ChildProcessError("This process has no pipes.")
        standing_in.write(f"{json.dumps(told)}\n")
        standing_in.flush()
        said = standing_out.readline()
        if not said:
            self._complaints.seek(0)
            raise ChildProcessError(f"A side ended while it was asked: {self._complaints.read()[-1000:]}")
        return Loop(**json.loads(said))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _ended(self._process)
        self._complaints.close()


@contextmanager
def spinning() -> Iterator[None]:
    """One core kept busy by another process while the block runs."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        _ended(process)


@contextmanager
def serving(arguments: Sequence[str], **more: str) -> Iterator[int]:
    """`protocol-bot serve` while the block runs: its process id, once it is ready. Raises ChildProcessError."""
    command = [installed("protocol-bot"), "serve", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **more})
    try:
        if not (process.stdout and process.stdout.readline()):
            raise ChildProcessError("protocol-bot serve ended before it was ready.")
        yield process.pid
    finally:
        _ended(process)


def can_serve() -> bool:
    """Whether this bot has the command `serve`."""
    return (
        subprocess.run([installed("protocol-bot"), "serve", "--help"], capture_output=True, check=False).returncode == 0
    )


def worked_ns(process_id: int) -> int:
    """Nanoseconds of processor time that the threads of a running process have had."""
    threads = Path(f"/proc/{process_id}/task").glob("*/schedstat")
    return sum(int(thread.read_text("ascii").split()[0]) for thread in threads)


def _ended(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
