"""A builder killed at any moment, and a disk that fails at any step: what was in force stays whole."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from publisher import publish_again

from bot import durable
from bot import index as disk
from bot.domain import UnservableError
from index_builder.build import build
from index_builder.publish import history, roll_back

if TYPE_CHECKING:
    from collections.abc import Callable

COUNCIL = "barsetshire"
PUBLISHER = Path(__file__).with_name("publisher.py")
ROOT = Path(__file__).parents[2]


def _killed(index: Path, first: int, seconds: float) -> list[str]:
    """The revisions that a builder said were published before it was killed."""
    command = [sys.executable, str(PUBLISHER), str(index), COUNCIL, str(first)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as builder:
        assert builder.stdout is not None
        said = [builder.stdout.readline().strip()]
        time.sleep(seconds)
        builder.send_signal(signal.SIGKILL)
        said += builder.stdout.read().split()
    return [name for name in said if name]


def _kill_again_and_again(index: Path, kills: int) -> None:
    chance = random.Random(kills)  # noqa: S311 - a seed, not a secret
    published = 0
    for turn in range(kills):
        said = _killed(index, turn * 100_000, chance.uniform(0, 0.05))
        name = disk.current(index / COUNCIL)
        assert name is not None
        revision = disk.load(index, COUNCIL, name).revision
        assert {section.heading for section in revision.sections} == {name}, "sections of two revisions are mixed"
        assert name >= said[-1], "a revision was said to be published and is not in force"
        published += len(said)
    print(f"{kills} kills, seed {kills}: {published} publications acknowledged; 0 unreadable, mixed or lost")  # noqa: T201


def test_a_builder_killed_at_random_leaves_a_whole_revision_in_force(own_index: Path) -> None:
    _kill_again_and_again(own_index, 6)


@pytest.mark.slow
def test_a_builder_killed_many_times_leaves_a_whole_revision_in_force(own_index: Path) -> None:
    _kill_again_and_again(own_index, 1_000)


_STEPS = ("write", "sync")


def _failing(real: Callable[..., None], turn: int, fault: int) -> Callable[..., None]:
    calls = iter(range(1_000))

    def step(*arguments: Any) -> None:
        if next(calls) == turn:
            raise OSError(fault, os.strerror(fault))
        real(*arguments)

    return step


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("step", _STEPS)
def test_a_disk_that_fails_at_any_step_leaves_what_was_in_force(
    own_index: Path, monkeypatch: pytest.MonkeyPatch, step: str, fault: int
) -> None:
    before = str(disk.current(own_index / COUNCIL))
    present = disk.load(own_index, COUNCIL, before)
    failed = True
    turn = 0
    while failed:
        fresh = f"2026-01-01-{turn:08x}"
        with monkeypatch.context() as patch:
            patch.setattr(durable, step, _failing(getattr(durable, step), turn, fault))
            failed = _fails(lambda: publish_again(own_index, present, fresh))  # noqa: B023 - called at once
        in_force = str(disk.current(own_index / COUNCIL))
        disk.load(own_index, COUNCIL, in_force)
        assert (in_force == fresh) if not failed else (in_force == before or step == "sync")
        turn += 1
    assert turn > {"write": len(disk.FILES) + 2, "sync": 3}[step]


def _fails(publishing: Callable[[], None]) -> bool:
    try:
        publishing()
    except OSError:
        return True
    return False


def test_an_orphan_left_by_a_crash_between_the_two_renames_is_taken_up(own_index: Path, own_knowledge: Path) -> None:
    council, before = own_index / COUNCIL, str(disk.current(own_index / COUNCIL))
    pointer = (council / disk.CURRENT).read_text()
    text = own_knowledge / COUNCIL / "protocol" / "protocol.md"
    text.write_text(text.read_text().replace("waits an hour", "waits two hours"))
    built = build(own_knowledge, own_index, COUNCIL)
    (council / disk.CURRENT).write_text(pointer)
    assert disk.current(council) == before
    again = build(own_knowledge, own_index, COUNCIL)
    assert (again.revision, again.published) == (built.revision, True)
    assert history(council)[-1]["revision"] == built.revision


def test_rolling_back_to_a_damaged_revision_is_refused(own_index: Path, own_knowledge: Path) -> None:

    before = str(disk.current(own_index / COUNCIL))
    text = own_knowledge / COUNCIL / "protocol" / "protocol.md"
    text.write_text(text.read_text().replace("waits an hour", "waits two hours"))
    built = build(own_knowledge, own_index, COUNCIL)
    (own_index / COUNCIL / before / "vectors.f32").write_bytes(b"")
    with pytest.raises(UnservableError, match=r"vectors\.f32"):
        roll_back(own_index, COUNCIL, before)
    assert disk.current(own_index / COUNCIL) == built.revision
