"""The figures as a table: drawn on a terminal, a line each anywhere else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from measures import BUSY, LOADS, QUIET, compared
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from measures import Compared

_VERDICT = {True: "reached", False: "NOT reached", None: ""}
_TEN, _HUNDRED = 10, 100


def show(measured: Mapping[str, Any]) -> None:
    """Print what was measured, and how far to trust it."""
    rows = compared(measured["figures"])
    if sys.stdout.isatty():
        Console().print(table(rows))
    else:
        print("\n".join(map(line, rows)))
    print("\n".join(notes(measured, rows)))


def line(row: Compared) -> str:
    """One measure under one load, in words."""
    beside = "our whole build" if row.measure.beside else "plain script"
    said = (
        f"{row.load:5} {row.measure.label:52} ours {figure(row.ours, row.measure.unit):>11}"
        f"   {beside} {figure(row.other, row.measure.unit):>11}   {times(row.ratio)} better ({spread(row)})"
    )
    return f"{said}   {verdict(row)}" if row.reached is not None else said


def table(rows: list[Compared]) -> Table:
    """A line a measure, both loads side by side."""
    drawn = Table(title="Medians; × better is the ratio of medians, with the least and the most of single rounds")
    drawn.add_column("")
    for load in ("quiet", "a core busy"):
        for column in ("ours", "beside", "× better", "target"):
            drawn.add_column(f"{load}\n{column}", justify="right")
    by_key: dict[str, dict[str, Compared]] = {}
    for row in rows:
        by_key.setdefault(row.measure.label, {})[row.load] = row
    for label, loads in by_key.items():
        cells = [cell for load in LOADS for cell in (_cells(loads[load]) if load in loads else [""] * 4)]
        drawn.add_row(label, *cells)
    return drawn


def _cells(row: Compared) -> list[str]:
    unit = row.measure.unit
    return [figure(row.ours, unit), figure(row.other, unit), f"{times(row.ratio)}\n{spread(row)}", verdict(row)]


def notes(measured: Mapping[str, Any], rows: list[Compared]) -> list[str]:
    """What the reader needs to judge the figures by."""
    about, foreign = measured["about"], measured["foreign_cores"]
    loads = "; ".join(
        f"{said}: {', '.join(f'{cores:.2f}' for cores in foreign[load]) or 'none'}"
        for load, said in ((QUIET, "quiet"), (BUSY, "a core kept busy"))
    )
    goals = [row.reached for row in rows if row.reached is not None]
    missed = [f"{row.measure.label} ({row.load})" for row in rows if row.reached is False]
    return [
        *(f"{name}: {value}" for name, value in about.items()),
        f"foreign load in cores, each round, then each build: {loads}",
        f"targets reached: {sum(goals)} of {len(goals)}" + (f"; not: {'; '.join(missed)}" if missed else ""),
    ]


def figure(value: float, unit: str) -> str:
    """A number with its unit, to three digits or so."""
    digits = 0 if value >= _HUNDRED else 1 if value >= _TEN else 2
    return f"{value:,.{digits}f} {unit}".replace(" /s", "/s")


def times(ratio: float) -> str:
    """A ratio as people write it."""
    return f"{ratio:.0f} ×" if ratio >= _TEN else f"{ratio:.1f} ×"


def spread(row: Compared) -> str:
    """The least and the most of single rounds."""
    return f"{times(row.low).removesuffix(' ×')}–{times(row.high).removesuffix(' ×')}"


def verdict(row: Compared) -> str:
    """The target, and whether it is reached; empty without a target."""
    target = row.measure.target.get(row.load)
    return "" if target is None else f"{target:g} ×: {_VERDICT[row.reached]}"
