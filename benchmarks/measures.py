"""What is measured, how much better it ought to be, and what figures come to: medians and ratios of medians."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Figures = Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]
    """By load, by key of a measure, by side: one figure a round (or build, or start)."""

QUIET, BUSY = "quiet", "busy"
LOADS = (QUIET, BUSY)
OURS, PLAIN = "ours", "plain"
ASKERS = (1, 8, 64)


@dataclass(frozen=True)
class Measure:
    """One line of the table; `target` says, by load, how many times better than the plain script it should be.

    Better is less, unless `more` is. `beside` names a measure of ours to set it beside in place of the plain script;
    `shown` names the measure whose figures these are, where it is another one; `short` is its name in the picture.
    """

    key: str
    label: str
    unit: str
    target: Mapping[str, float] = field(default_factory=dict)
    more: bool = False
    beside: str = ""
    shown: str = ""
    short: str = ""


@dataclass(frozen=True)
class Compared:
    """Medians of a measure under one load, and how many times better ours is; `low` and `high` of single rounds."""

    measure: Measure
    load: str
    ours: float
    other: float
    ratio: float
    low: float
    high: float

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        target = self.measure.target.get(self.load)
        return None if target is None else self.ratio >= target


def both(times: float) -> dict[str, float]:
    """The same target under either load."""
    return dict.fromkeys(LOADS, times)


def _askers(key: str, said: str, target: Mapping[str, float]) -> list[Measure]:
    measures = []
    for askers in ASKERS:
        who = f"{askers} asker{'s' * (askers > 1)}, {said}"
        goal = target if askers == ASKERS[-1] else {}
        short = f"Questions a second,\n{askers} askers" if goal else ""
        measures += [
            Measure(f"{key}_{askers}_rate", f"{who}: questions a second", "/s", goal, more=True, short=short),
            Measure(f"{key}_{askers}_p50", f"{who}: p50", "ms"),
            Measure(f"{key}_{askers}_p99", f"{who}: p99", "ms"),
        ]
    return measures


MEASURES = (
    Measure("start", "process start to first answer", "s", both(25), short="Process start\nto first answer"),
    Measure("start_cpu", "processor time of that", "s"),
    Measure(
        "served", "the same with protocol-bot serve running", "s", both(25), short="The same, with\nserve running"
    ),
    Measure("served_cpu", "processor time of that, at the shell", "s"),
    Measure("warm_p50", "a question, warm: p50", "ms", {QUIET: 4, BUSY: 15}, short="One question,\nwarm (p50)"),
    Measure("warm_p99", "a question, warm: p99", "ms"),
    Measure("again_p50", "the same question again (remembered): p50", "ms"),
    Measure("again_p99", "the same question again (remembered): p99", "ms"),
    *_askers("distinct", "distinct questions", both(10)),
    *_askers("pool", "drawn from a pool (Zipf)", {}),
    Measure("memory_first", "peak memory after the first answer", "MiB"),
    Measure("memory", "peak memory in the end", "MiB", both(3), short="Peak memory"),
    Measure("build_whole", "build, whole", "s"),
    Measure("build_edit", "build after an edit of one section", "s"),
    Measure(
        "build_share", "that edit beside our own whole build", "s", both(10),
        beside="build_whole", shown="build_edit", short="Build after an edit,\nbeside our whole build",
    ),
)  # fmt: skip


def compared(figures: Figures) -> list[Compared]:
    """Every measure under every load it was measured under, in the order of MEASURES."""
    found = (_compared(measure, load, figures.get(load, {})) for measure in MEASURES for load in LOADS)
    return [line for line in found if line]


def _compared(measure: Measure, load: str, measured: Mapping[str, Mapping[str, Sequence[float]]]) -> Compared | None:
    ours = measured.get(measure.shown or measure.key, {}).get(OURS, ())
    other = measured.get(measure.beside, {}).get(OURS, ()) if measure.beside else ()
    other = other or measured.get(measure.key, {}).get(PLAIN, ())
    if not ours or not other:
        return None
    rounds = [_times_better(mine, theirs, more=measure.more) for mine, theirs in zip(ours, other, strict=False)]
    mine, theirs = median(ours), median(other)
    return Compared(
        measure, load, mine, theirs, _times_better(mine, theirs, more=measure.more), min(rounds), max(rounds)
    )


def _times_better(ours: float, other: float, *, more: bool) -> float:
    return ours / other if more else other / ours
