"""Questions by several threads while a real builder publishes beneath them: each answer is of one revision, and new."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from publisher import name_only_what_questions_need, publish_again

from bot import index as disk
from bot.bootstrap import make_ask
from bot.domain import Question
from bot.live import Live

if TYPE_CHECKING:
    from bot.domain import Answer, Ask

COUNCIL = "barsetshire"
ROOT = Path(__file__).parents[2]
LOOKED_UP = tuple(map(Question, ("2.1", "section 2", "what does 3.10 say?", "9.9")))
MEANT = tuple(map(Question, ("who sets the rota?", "can I copy the whole council into an e-mail to an officer?")))
_MEANT_SHARE = 0.1
_LATEST = 1.0  # seconds after a publication in which an older answer is still in order
_THREADS = 4


class Given(NamedTuple):
    """One answer: when it was asked, of which revision it says it is, and whether all its sections are that one's."""

    asked: float
    revision: str
    whole: bool


def _is_whole(answer: Answer) -> bool:
    headings = {cited.section.heading for cited in (*answer.citations, *answer.choices)}
    headings |= {match.section.heading for match in answer.matches}
    return headings == {answer.revision}


class Load:
    """Threads that keep asking until they are told to stop, each from its own seed."""

    def __init__(self, ask: Ask, seed: int, pause: float) -> None:
        self._ask, self._pause, self._done = ask, pause, threading.Event()
        self._given: list[list[Given]] = [[] for _ in range(_THREADS)]
        self.escaped: list[BaseException] = []
        self._threads = [threading.Thread(target=self._keep_asking, args=(seed, own)) for own in self._given]

    def _keep_asking(self, seed: int, given: list[Given]) -> None:
        chance = random.Random(f"{seed} {self._given.index(given)}")  # noqa: S311 - a seed, not a secret
        while not self._done.is_set():
            question = chance.choice(MEANT if chance.random() < _MEANT_SHARE else LOOKED_UP)
            asked = time.monotonic()
            try:
                answer = self._ask(question)
            except BaseException as fault:  # noqa: BLE001 - whatever escapes is what is counted
                self.escaped.append(fault)
                continue
            given.append(Given(asked, answer.revision, _is_whole(answer)))
            time.sleep(chance.uniform(0, 2 * self._pause))

    def start(self) -> None:
        """Begin to ask."""
        for thread in self._threads:
            thread.start()

    def asked(self) -> int:
        """How many answers there are so far."""
        return sum(map(len, self._given))

    def stop(self) -> list[Given]:
        """Every answer, once the last thread is done."""
        self._done.set()
        for thread in self._threads:
            thread.join()
        return [given for own in self._given for given in own]


def _published(index: Path, load: Load, swaps: int, questions: int) -> list[tuple[str, float]]:
    """Have a builder publish `swaps` times, spread over the questions; each name, and when it was acknowledged."""
    code = "import sys, pathlib, publisher; publisher.publish_when_told(pathlib.Path(sys.argv[1]), sys.argv[2], 1)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(Path(__file__).parent)))}
    command = [sys.executable, "-c", code, str(index), COUNCIL]
    told: list[tuple[str, float]] = []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as builder:
        assert builder.stdin is not None
        assert builder.stdout is not None
        for turn in range(swaps):
            while load.asked() < turn * questions // swaps:
                time.sleep(0.002)
            builder.stdin.write("\n")
            builder.stdin.flush()
            name, done = builder.stdout.readline().split()
            told.append((name, float(done)))
        builder.stdin.close()
    assert builder.returncode == 0
    return told


def _stale(given: list[Given], told: list[tuple[str, float]], grace: float) -> int:
    superseded = {before: done for (before, _), (_, done) in pairwise(told)}
    return sum(one.asked > superseded.get(one.revision, float("inf")) + grace for one in given)


def _swap_under_load(index: Path, swaps: int, questions: int, seed: int, pause: float) -> None:
    first = "2026-01-01-00000001"
    name_only_what_questions_need(index, COUNCIL)
    publish_again(index, disk.load(index, COUNCIL, str(disk.current(index / COUNCIL))), first)
    said: list[str] = []
    begun = time.monotonic()
    load = Load(make_ask(Live(index, COUNCIL, said.append)), seed, pause)
    load.start()
    try:
        told = [(first, begun), *_published(index, load, swaps, questions)]
        while load.asked() < questions:
            time.sleep(0.01)
    finally:
        given = load.stop()
    seen = {one.revision for one in given}
    mixed = sum(not one.whole for one in given)
    stale, at_once = _stale(given, told, _LATEST), _stale(given, told, 0)
    sys.stdout.write(
        f"{len(given)} answers by {_THREADS} threads over {swaps} swaps in {time.monotonic() - begun:.0f} s, "
        f"seed {seed}: mixed {mixed}, stale {stale} (asked at all after the successor: {at_once}), "
        f"exceptions {len(load.escaped)}, faults {len(said)}; {len(seen)} revisions answered\n"
    )
    assert (mixed, stale, load.escaped, said) == (0, 0, [], [])
    assert len(given) >= questions
    assert seen <= {name for name, _ in told}
    assert len(seen) > swaps / 2, "the swaps were not spread over the questions"


def test_every_answer_is_of_one_revision_and_none_of_a_superseded_one(own_index: Path) -> None:
    _swap_under_load(own_index, swaps=20, questions=2_000, seed=20, pause=0.004)


@pytest.mark.slow
def test_a_hundred_thousand_answers_over_five_hundred_swaps_are_each_of_one_revision(own_index: Path) -> None:
    _swap_under_load(own_index, swaps=500, questions=100_000, seed=500, pause=0.004)
    shutil.rmtree(own_index / COUNCIL)  # 500 revisions are 1 GB
