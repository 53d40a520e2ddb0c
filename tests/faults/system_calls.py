"""The system calls of a builder, recorded and made to fail by strace, which stands between it and the kernel."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+|\?)(?:<([^>]*)>)?(.*)$")
_HEX = re.compile(r"(?:\\x[0-9a-f]{2})+")
_ENDED = re.compile(r"^(?:\d+ +)?(?:\+\+\+|---|\w+\(.*<unfinished |<\.\.\. \w+ resumed>)")


def require_strace() -> None:
    """Skip the test that asks where no process can be traced, or fail it where CI says that it can."""
    if not shutil.which("strace"):
        refuse("strace is not installed")
    tried = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        refuse(f"strace may not trace here: {tried.stderr.strip()}")


def refuse(reason: str) -> NoReturn:
    """Skip for a reason; fail for it where CI is set."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI must be able to")
    pytest.skip(reason)


class Call(NamedTuple):
    """A system call as strace shows it: strings and what a descriptor stands for are decoded, the rest is not."""

    name: str
    arguments: tuple[str, ...]
    result: int
    opened: str
    injected: bool

    def path(self, at: int) -> str:
        """The path of an argument: a name, alone or after the folder it is in, or what a descriptor stands for."""
        text = self.arguments[at]
        if not text.startswith('"'):
            return _decoded(text.partition("<")[2].partition(">")[0])
        folder = self.path(at - 1) if at and "<" in self.arguments[at - 1] else ""
        return str(Path(folder, _decoded(text.strip('"'))))

    def content(self, at: int) -> bytes:
        """The bytes of an argument."""
        text = self.arguments[at]
        assert not text.endswith("..."), "strace cut what was written; give it a larger -s"
        return bytes.fromhex(text.strip('"').replace("\\x", ""))


@dataclass(frozen=True)
class Run:
    """What one request came to."""

    calls: list[Call]
    status: int
    said: str
    erred: str
    process: int


class Builders:
    """A server of builders that are traced from their first step on; one at a time.

    What they publish is like FIRST of a council below `source`.
    """

    def __init__(self, source: Path, council: str) -> None:
        """Start nothing yet."""
        self._like = {"source": str(source), "council": council}

    def __enter__(self) -> Self:
        """Start the server, once strace is known to work."""
        require_strace()
        command = [sys.executable, str(Path(__file__).with_name("publisher.py"))]
        self._server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_ENVIRONMENT
        )
        return self

    def __exit__(self, *_: object) -> None:
        """End the server."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()

    def run(
        self,
        index: Path,
        steps: Sequence[Sequence[str]] = (),
        *,
        command: Sequence[str] = (),
        strace: Sequence[str] = (),
    ) -> Run:
        """Have a builder take some steps, or run a command, under strace with some options; `{pid}` is its process."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            said, erred, trace = folder / "said", folder / "erred", folder / "trace"
            request = {"index": str(index), "steps": steps, "command": command, **self._like}
            process = int(self._asked(json.dumps({**request, "said": str(said), "erred": str(erred)})))
            options = [option.replace("{pid}", str(process)) for option in strace]
            tracing = ["strace", "-f", "-y", "-xx", "-s", "99999999", "-o", str(trace), *options, "-p", str(process)]
            with subprocess.Popen(tracing, stderr=subprocess.PIPE, text=True) as tracer:
                assert tracer.stderr is not None
                told = tracer.stderr.readline()
                os.kill(process, signal.SIGUSR1 if "attached" in told else signal.SIGKILL)
                status = int(self._heard())
                told += tracer.stderr.read()
            if "attached" not in told:
                refuse(f"strace may not attach here: {told.strip()}")
            return Run(read(trace), status, said.read_text(), erred.read_text(), process)

    def _asked(self, line: str) -> str:
        assert self._server.stdin is not None
        self._server.stdin.write(f"{line}\n")
        self._server.stdin.flush()
        return self._heard()

    def _heard(self) -> str:
        assert self._server.stdout is not None
        return self._server.stdout.readline()


def read(trace: Path) -> list[Call]:
    """The calls of a trace in the order in which they were made."""
    calls = []
    for line in trace.read_text("ascii").splitlines():
        found = _LINE.match(line)
        if found is None:
            assert _ENDED.match(line), f"a line that strace is not known to write: {line[:200]}"
            continue
        name, arguments, result, opened, rest = found.groups()
        returned = int(result) if result != "?" else 0
        calls.append(Call(name, tuple(arguments.split(", ")), returned, _decoded(opened or ""), "(INJECTED)" in rest))
    return calls


def _decoded(text: str) -> str:
    return os.fsdecode(_HEX.sub(lambda found: _raw(found[0]), text))


def _raw(text: str) -> str:
    return os.fsdecode(bytes.fromhex(text.replace("\\x", "")))
