"""Askers who each wait for an answer before they ask again, timed; and a process that asks as its standard input says.

Both sides are measured by this same loop, each in a process of its own, so that its memory is its own too.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Ask = Callable[[str], object]


def asked(ask: Ask, questions: Iterable[str], askers: int, seconds: float) -> tuple[list[float], float]:
    """Milliseconds of each question, and the wall seconds until the last was answered.

    The askers share the questions, each asked once, and take no more of them after `seconds`.
    """
    waiting, one_at_a_time, took = iter(questions), Lock(), list[float]()
    start = time.perf_counter()

    def asker() -> None:
        while time.perf_counter() - start < seconds:
            with one_at_a_time:
                question = next(waiting, None)
            if question is None:
                return
            begun = time.perf_counter()
            ask(question)
            took.append((time.perf_counter() - begun) * 1000)

    with ThreadPoolExecutor(askers) as threads:
        for done in [threads.submit(asker) for _ in range(askers)]:
            done.result()
    return took, time.perf_counter() - start


def attend(ways: Mapping[str, Ask]) -> None:
    """Do each line of standard input: `{"way", "questions", "askers", "seconds"}`, until there are no more.

    Each gets a line `{"ms", "wall_s", "peak_mib"}`; the last is the most memory this process has had resident (VmHWM).
    """
    for line in sys.stdin:
        told = json.loads(line)
        took, wall = asked(ways[told["way"]], told["questions"], told["askers"], told["seconds"])
        print(json.dumps({"ms": took, "wall_s": wall, "peak_mib": _peak_mib()}), flush=True)


def _peak_mib() -> float:
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
