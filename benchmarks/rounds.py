"""One round, and what comes before the first: starts, then questions in warm processes, on both sides in turn."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from asking import Deck
from foreign import Meter
from measures import ASKERS, BUSY, LOADS, OURS, PLAIN
from processes import Loop, Side, can_serve, installed, script, serving, spinning, timed, worked_ns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from index_builder.progress import Advance

_WAYS = ("lock", "pool")
_WARM_UP = 20
_FASTEST = 1500  # questions a second for which there are enough
_PHASES = 2 + 2 * len(ASKERS)
STEPS = 2 + 2 * (1 + _PHASES)
"""Steps of progress in a round under one load."""
_SOCKETS = "PROTOCOL_BOT_SOCKETS"


@dataclass(frozen=True)
class Plan:
    """How much is measured: rounds of everything but builds; per round `starts`, `warm` and `again` questions.

    Before, the plain script has `trials` of each way to serve many askers; without any it takes a lock.
    A closed loop takes `seconds`; the one-by-one questions at most `patience` seconds.
    """

    rounds: int = 5
    builds: int = 2
    trials: int = 2
    starts: int = 2
    warm: int = 200
    again: int = 100
    seconds: float = 3.0
    patience: float = 20.0


QUICK = Plan(rounds=1, builds=0, trials=0, starts=1, warm=20, again=5, seconds=0.3, patience=2.0)


@dataclass
class Bench:
    """One run: what it measures with, and the figures so far."""

    plan: Plan
    index: Path
    council: str
    own: list[str]
    others: list[str]
    sections: Path
    advance: Advance
    way: dict[str, str] = field(default_factory=lambda: dict.fromkeys(LOADS, _WAYS[0]))
    figures: dict[str, Any] = field(
        default_factory=lambda: {load: defaultdict(lambda: defaultdict(list)) for load in LOADS}
    )
    foreign: dict[str, list[float]] = field(default_factory=lambda: {load: [] for load in LOADS})

    def keep(self, load: str, key: str, side: str, value: float) -> None:
        """Keep a figure of a measure."""
        self.figures[load][key][side].append(round(value, 4))

    def plain(self, load: str) -> Side:
        """The plain script, ready to be asked."""
        return Side([*script("plain_script.py"), str(self.sections), "--attend"], self.way[load])

    def ours(self) -> Side:
        """This bot, ready to be asked."""
        return Side([*script("contender.py"), str(self.index), self.council], "ask")

    @property
    def place(self) -> list[str]:
        """The options that name what is served."""
        return ["--index", str(self.index), "--council", self.council]


def under(load: str) -> AbstractContextManager[None]:
    """The load, while a block runs."""
    return spinning() if load == BUSY else nullcontext()


def ordered(number: int) -> tuple[str, str]:
    """Both sides, the one that begins changing with the number."""
    return (OURS, PLAIN) if number % 2 else (PLAIN, OURS)


def first_time(bench: Bench) -> None:
    """Start both once, so that files are in memory and the plain script's vectors are saved."""
    for command in _commands(bench, bench.own[0]).values():
        timed(command, **{_SOCKETS: "off"})


def _commands(bench: Bench, question: str) -> dict[str, list[str]]:
    return {
        PLAIN: [*script("plain_script.py"), str(bench.sections), question],
        OURS: [installed("protocol-bot"), "ask", question, *bench.place],
    }


def choose_way(bench: Bench, load: str) -> None:
    """Let the plain script serve the most askers in each of its ways, `trials` times, and take the better for it."""
    if not bench.plan.trials:
        return
    questions = Deck(bench.own, bench.others, 0).deal(bench.plan.warm + 4 * ASKERS[-1] * 10)
    rates: dict[str, list[float]] = {way: [] for way in _WAYS}
    with bench.plain(load) as side:
        side.ask(questions[:1])
        for way in _WAYS * bench.plan.trials:
            rates[way].append(_rate(side.ask(questions, ASKERS[-1], bench.plan.seconds, way)))
    bench.way[load] = max(rates, key=lambda way: median(rates[way]))


def round_of(bench: Bench, load: str, number: int) -> None:
    """One round under one load: everything but builds, and the foreign load meanwhile."""
    with under(load):
        meter = Meter()
        _starts(bench, load, number)
        _questions(bench, load, number)
        bench.foreign[load].append(round(meter.cores(), 2))


def _starts(bench: Bench, load: str, number: int) -> None:
    """Process start to first answer, without and with a bot that serves; each question asked once only."""
    questions = Deck(bench.own, bench.others, number).deal(3 * bench.plan.starts)
    for place in range(bench.plan.starts):
        for side in ordered(number + place):
            wall, cpu = timed(_commands(bench, questions.pop())[side], **{_SOCKETS: "off"})
            bench.keep(load, "start", side, wall)
            bench.keep(load, "start_cpu", side, cpu)
    bench.advance(1)
    if can_serve():
        _served(bench, load, questions)
    bench.advance(1)


def _served(bench: Bench, load: str, questions: Sequence[str]) -> None:
    """The same with `protocol-bot serve` running; the plain script's figures are those just kept."""
    with tempfile.TemporaryDirectory(prefix="bench-") as sockets, serving(bench.place, **{_SOCKETS: sockets}) as server:
        for place in range(bench.plan.starts):
            before = worked_ns(server)
            wall, cpu = timed(_commands(bench, questions[place])[OURS], **{_SOCKETS: sockets})
            if worked_ns(server) == before:
                raise ChildProcessError("protocol-bot ask did not ask the bot that serves.")
            for key, value in (("served", wall), ("served_cpu", cpu)):
                bench.keep(load, key, OURS, value)
    for key in ("start", "start_cpu"):
        for value in bench.figures[load][key][PLAIN][-bench.plan.starts :]:
            bench.keep(load, key.replace("start", "served"), PLAIN, value)


def _phases(plan: Plan, deck: Deck) -> Iterator[tuple[str, list[str], int, float]]:
    """What a process is asked, _PHASES of them: the name of the phase, questions, askers and seconds."""
    enough = int(_FASTEST * plan.seconds)
    yield "warm", deck.deal(plan.warm), 1, plan.patience
    yield "again", deck.deal(1) * plan.again, 1, plan.patience
    for askers in ASKERS:
        yield f"distinct_{askers}", deck.deal(enough), askers, plan.seconds
    for askers in ASKERS:
        yield f"pool_{askers}", deck.drawn(enough), askers, plan.seconds


def _questions(bench: Bench, load: str, number: int) -> None:
    """All that a process is asked once it is warm, phase by phase on both sides."""
    deck = Deck(bench.own, bench.others, number)
    first = deck.deal(1 + _WARM_UP)
    with ExitStack() as stack:
        sides = {PLAIN: stack.enter_context(bench.plain(load)), OURS: stack.enter_context(bench.ours())}
        for name in ordered(number):
            bench.keep(load, "memory_first", name, sides[name].ask(first[:1]).peak_mib)
            sides[name].ask(first[1:], seconds=bench.plan.patience)
            bench.advance(1)
        peak: dict[str, float] = {}
        for phase, questions, askers, seconds in _phases(bench.plan, deck):
            for name in ordered(number):
                loop = sides[name].ask(questions, askers, seconds)
                _keep_loop(bench, load, name, phase, loop)
                peak[name] = loop.peak_mib
                bench.advance(1)
        for name, most in peak.items():
            bench.keep(load, "memory", name, most)


def _keep_loop(bench: Bench, load: str, side: str, phase: str, loop: Loop) -> None:
    if phase not in {"warm", "again"}:
        bench.keep(load, f"{phase}_rate", side, _rate(loop))
    bench.keep(load, f"{phase}_p50", side, median(loop.ms))
    bench.keep(load, f"{phase}_p99", side, _p99(loop.ms))


def _rate(loop: Loop) -> float:
    return len(loop.ms) / loop.wall_s


def _p99(milliseconds: Sequence[float]) -> float:
    return quantiles(milliseconds, n=100, method="inclusive")[98] if len(milliseconds) > 1 else milliseconds[0]
