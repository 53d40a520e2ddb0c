"""The load that others put on the machine meanwhile, in cores: what /proc/stat counts, less this process's own tree."""

from __future__ import annotations

import os
import time
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")
_IDLE = (3, 4)  # of the first line of /proc/stat: idle, and waiting for the disk
_COUNTED = 8  # user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already
_PARENT, _TIMES = 1, slice(11, 15)  # of /proc/PID/stat after the name: parent; own and waited-for children's CPU time


class Meter:
    """Counts from when it is made; `cores()` is the mean foreign load since then."""

    def __init__(self) -> None:
        self._start, self._busy, self._own = time.monotonic(), _busy(), _own()

    def cores(self) -> float:
        """Cores that other processes had, 0.0 where rounding would make it less."""
        foreign = _busy() - self._busy - (_own() - self._own)
        return max(0.0, foreign * _TICK / (time.monotonic() - self._start))


def _busy() -> int:
    times = [int(field) for field in Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1 : 1 + _COUNTED]]
    return sum(ticks for place, ticks in enumerate(times) if place not in _IDLE)


def _own() -> int:
    """Ticks of this process and all below it, those that have ended included, once they were waited for."""
    parents, ticks = {}, {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        number = int(file.parent.name)
        parents[number], ticks[number] = int(fields[_PARENT]), sum(map(int, fields[_TIMES]))
    mine = {os.getpid()}
    while below := {number for number, parent in parents.items() if parent in mine} - mine:
        mine |= below
    return sum(ticks[number] for number in mine)
