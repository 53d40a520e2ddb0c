"""Clocks that jump: days back and forward, nights of an hour more or less, and files whose times stand still."""

from __future__ import annotations

import os
import random
import shutil
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, NamedTuple

import pytest
from publisher import publish_again

from bot import index as disk
from bot.bootstrap import UNAVAILABLE, make_ask
from bot.domain import Question, Status, UnservableError
from bot.live import Live
from index_builder.publish import history, local_today, record, roll_back

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNCIL = "barsetshire"
QUESTION = Question("2.1")
NAMES = tuple(f"2026-01-01-0000000{number}" for number in range(1, 5))
ONE, TWO, THREE, FOUR = NAMES
LONDON = "GMT0BST,M3.5.0/1,M10.5.0"


class Clock:
    """What the machine's clock shows, as the tests set it; local time is London's."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 6, 15, 12, tzinfo=UTC)

    def set(self, instant: str) -> None:
        """Make it an instant, in UTC."""
        self.instant = datetime.fromisoformat(instant).replace(tzinfo=UTC)

    def day(self, day: str) -> None:
        """Make it noon of a day."""
        self.set(f"{day}T12:00:00")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """A Clock that the bot and the builder read."""
    shown = Clock()

    class Shown(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return shown.instant.astimezone(tz)

    for module in ("bot.index", "bot.live", "index_builder.publish"):
        monkeypatch.setattr(f"{module}.datetime", Shown)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", LONDON)
        time.tzset()
        yield shown
    time.tzset()


class Shelf(NamedTuple):
    """An index folder with four sound revisions of which nothing is in force yet; each heading is its name."""

    root: Path

    @property
    def council(self) -> Path:
        """The council's folder."""
        return self.root / COUNCIL

    def publish(self, name: str, begins: str | None = None) -> None:
        """What publishing a revision that is there already comes to."""
        day = date.fromisoformat(begins) if begins else local_today()
        record(self.council, "publish", name, day)
        disk.point(self.council, name, day)

    def roll_back(self, name: str | None = None) -> str:
        """Roll back."""
        return roll_back(self.root, COUNCIL, name)


@pytest.fixture(scope="module")
def filled(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("clock") / "index"
    shutil.copytree(published / COUNCIL, root / COUNCIL)
    (root / disk.ENCODERS).symlink_to(published / disk.ENCODERS)
    present = disk.load(root, COUNCIL, str(disk.current(root / COUNCIL)), ())
    for name in NAMES:
        publish_again(root, present, name)
    return root


@pytest.fixture
def shelf(filled: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    for name in (disk.CURRENT, "history.jsonl"):
        (filled / COUNCIL / name).unlink(missing_ok=True)
    # Rolling back verifies the builder's files too, which takes a while and is tested elsewhere.
    monkeypatch.setattr(disk, "verify_encoder", lambda index, manifest, _=None: _encoder(index, manifest))
    return Shelf(filled)


def _encoder(index: Path, manifest: dict[str, dict[str, str]]) -> Path:
    return index / disk.ENCODERS / manifest["encoder"]["digest"]


class Bot:
    """A running bot: the revision of its answers, each of which is whole."""

    def __init__(self, shelf: Shelf) -> None:
        self.said: list[str] = []
        self.live = Live(shelf.root, COUNCIL, self.said.append)
        self._ask = make_ask(self.live)

    def revision(self) -> str:
        """The revision that a question is answered from, "" where there is none."""
        answer = self._ask(QUESTION)
        if answer.status is Status.UNAVAILABLE:
            assert (answer.message, answer.citations) == (UNAVAILABLE, ())
            return ""
        assert {cited.section.heading for cited in answer.citations} == {answer.revision}
        return answer.revision


# --- the day ---


def test_a_scheduled_revision_takes_over_at_midnight_and_is_taken_back_with_the_clock(
    shelf: Shelf, clock: Clock
) -> None:
    clock.day("2026-12-01")
    shelf.publish(ONE)
    shelf.publish(TWO, "2026-12-15")
    bot = Bot(shelf)
    for instant, name in (
        ("2026-12-14T23:59:59.999999", ONE),
        ("2026-12-15T00:00:00", TWO),
        ("2026-12-14T23:59:59", ONE),
        ("2027-12-15T00:00:00", TWO),
        ("2026-12-02T00:00:00", ONE),
    ):
        clock.set(instant)
        assert (bot.revision(), bot.live.fault) == (name, None)
        assert Bot(shelf).revision() == name
    assert bot.said == []


@pytest.mark.parametrize(
    ("takes_over", "before", "after"),
    [
        ("2026-03-29", "2026-03-28T23:59:59", "2026-03-29T00:00:00"),  # the night that an hour is left out
        ("2026-03-30", "2026-03-29T22:59:59", "2026-03-29T23:00:00"),  # the first midnight of summer time
        ("2026-10-25", "2026-10-24T22:59:59", "2026-10-24T23:00:00"),  # the night that an hour comes twice
        ("2026-10-26", "2026-10-25T23:59:59", "2026-10-26T00:00:00"),  # the first midnight of winter time
    ],
)
def test_a_revision_takes_over_at_the_midnight_of_the_place_over_a_night_that_clocks_change(
    shelf: Shelf, clock: Clock, takes_over: str, before: str, after: str
) -> None:
    clock.day("2026-01-10")
    shelf.publish(ONE)
    shelf.publish(TWO, takes_over)
    bot = Bot(shelf)
    clock.set(before)
    assert (bot.revision(), disk.current(shelf.council)) == (ONE, ONE)
    clock.set(after)
    assert (bot.revision(), disk.current(shelf.council)) == (TWO, TWO)


def test_the_hour_that_comes_twice_changes_nothing(shelf: Shelf, clock: Clock) -> None:
    clock.day("2026-10-24")
    shelf.publish(ONE)
    shelf.publish(TWO, "2026-10-25")
    bot = Bot(shelf)
    for minute in range(0, 240, 10):
        clock.instant = datetime(2026, 10, 24, 23, tzinfo=UTC) + timedelta(minutes=minute)
        assert bot.revision() == TWO


@pytest.mark.parametrize("day", ["1970-01-01", "1969-12-31", "0001-01-02"])
def test_a_clock_in_1970_leaves_the_running_bot_serving_and_says_so(shelf: Shelf, clock: Clock, day: str) -> None:
    shelf.publish(ONE)
    bot = Bot(shelf)
    assert bot.revision() == ONE
    clock.day(day)
    assert bot.revision() == ONE
    assert bot.said == [bot.live.fault]
    assert "2026-06-15" in bot.said[0]
    clock.day("2026-06-16")
    assert (bot.revision(), bot.live.fault) == (ONE, None)


def test_a_clock_in_1970_at_the_start_is_unavailable_until_it_is_put_right(shelf: Shelf, clock: Clock) -> None:
    shelf.publish(ONE)
    clock.day("1970-01-01")
    bot = Bot(shelf)
    assert bot.revision() == ""
    with pytest.raises(UnservableError, match="takes over on 2026-06-15"):
        bot.live()
    clock.day("2026-06-15")
    assert (bot.revision(), bot.live.fault) == (ONE, None)


# --- a walk ---


class Walk:
    """Random days, publications, schedules and ways back, with a bot running throughout."""

    def __init__(self, shelf: Shelf, clock: Clock, seed: int) -> None:
        self.shelf, self.clock, self.bot = shelf, clock, Bot(shelf)
        self.chance = random.Random(seed)  # noqa: S311 - a seed, not a secret
        self.counts: Counter[str] = Counter()
        self.served = ""

    def step(self) -> None:
        """Take one, and compare what is answered with what is in force."""
        kind = self.chance.choice(["jump", "jump", "jump", "publish", "schedule", "roll back"])
        in_force = getattr(self, f"_{kind.replace(' ', '_')}")()
        self.counts[kind] += 1
        named = disk.current(self.shelf.council)
        self.counts["acknowledged and not in force"] += in_force not in {None, named}
        self.counts["wrong"] += self.bot.revision() != (named or self.served)
        self.counts["silent"] += (self.bot.live.fault is None) != (named is not None)
        self.served = named or self.served

    def _jump(self) -> None:
        days = self.chance.choice([1, -1, 40, -40, self.chance.randint(-500, 500)])
        hours = self.chance.uniform(-24, 24)
        self.clock.instant += timedelta(days=days, hours=hours)

    def _publish(self) -> str:
        name = self.chance.choice(NAMES)
        self.shelf.publish(name)
        return name

    def _schedule(self) -> None:
        later = local_today() + timedelta(days=self.chance.randint(1, 60))
        self.shelf.publish(self.chance.choice(NAMES), later.isoformat())

    def _roll_back(self) -> str | None:
        if self.chance.random() < 0.5:
            return self.shelf.roll_back(self.chance.choice(NAMES))
        try:
            return self.shelf.roll_back()
        except UnservableError as fault:
            assert "no earlier revision" in str(fault)  # noqa: PT017 - where there is one, it is gone back to
            return None


def _walk(shelf: Shelf, clock: Clock, steps: int) -> None:
    walk = Walk(shelf, clock, steps)
    for _ in range(steps):
        walk.step()
    sys.stdout.write(f"a walk of {steps} steps, seed {steps}: {dict(walk.counts)}\n")
    for wrong in ("wrong", "silent", "acknowledged and not in force"):
        assert not walk.counts[wrong], wrong


def test_what_is_answered_is_what_is_in_force_however_the_clock_jumps(shelf: Shelf, clock: Clock) -> None:
    _walk(shelf, clock, 60)


@pytest.mark.slow
def test_what_is_answered_is_what_is_in_force_in_two_thousand_steps(shelf: Shelf, clock: Clock) -> None:
    _walk(shelf, clock, 2_000)


# --- the times of files ---


def test_a_pointer_whose_time_goes_back_is_noticed(shelf: Shelf) -> None:
    shelf.publish(ONE)
    bot = Bot(shelf)
    now = (shelf.council / disk.CURRENT).stat().st_mtime_ns
    for turn in range(1, 7):
        name = NAMES[turn % 2]
        shelf.publish(name)
        os.utime(shelf.council / disk.CURRENT, ns=(now - turn * 10**12,) * 2)
        assert bot.revision() == name


def test_a_publication_within_one_tick_of_the_clock_that_reuses_the_inode_is_noticed(shelf: Shelf) -> None:
    """ext4 gives the second publication the inode that the first one freed; a coarse clock gives it the same time."""
    shelf.publish(ONE)
    bot = Bot(shelf)
    assert bot.revision() == ONE
    pointer = shelf.council / disk.CURRENT
    before = pointer.stat()
    shelf.publish(TWO)
    content = pointer.read_bytes()
    shelf.publish(ONE)
    pointer.write_bytes(content)  # in place: the inode stays, whatever the file system
    os.utime(pointer, ns=(before.st_mtime_ns,) * 2)
    shown = bot.revision()
    assert shown == disk.current(shelf.council)


def test_many_publications_as_fast_as_they_go_are_all_noticed(shelf: Shelf) -> None:
    shelf.publish(ONE)
    bot = Bot(shelf)
    inodes = set()
    for turn in range(1, 21):
        shelf.publish(NAMES[turn % 4])
        shelf.publish(NAMES[(turn + 1) % 4])
        inodes.add((shelf.council / disk.CURRENT).stat().st_ino)
        assert bot.revision() == NAMES[(turn + 1) % 4]
    sys.stdout.write(f"40 publications bore {len(inodes)} inodes\n")


# --- the history, and the one before ---


def test_the_history_keeps_the_order_of_what_was_done_whatever_the_clock_said(shelf: Shelf, clock: Clock) -> None:
    days = ("2026-06-15", "2031-01-01", "1970-01-01", "2026-06-15", "2026-06-14")
    for day, name in zip(days, (ONE, TWO, THREE, FOUR, ONE), strict=True):
        clock.day(day)
        shelf.publish(name)
    events = history(shelf.council)
    assert [event["revision"] for event in events] == [ONE, TWO, THREE, FOUR, ONE]
    assert [event["from"] for event in events] == list(days)
    assert [event["at"][:10] for event in events] == list(days)


def test_what_follows_a_line_torn_by_a_crash_is_in_the_history(shelf: Shelf) -> None:
    shelf.publish(ONE)
    with (shelf.council / "history.jsonl").open("ab") as file:
        file.write(b'{"at": "2026-06-1')
    shelf.publish(TWO)
    shelf.publish(THREE)
    assert [event["revision"] for event in history(shelf.council)] == [ONE, TWO, THREE]
    assert shelf.roll_back() == TWO


@pytest.mark.parametrize("line", ['{"at": 1, "action": "x", "revision": [], "from": 7, "by": null}', "[]", "\x00"])
def test_a_damaged_line_of_the_history_does_not_stop_the_way_back(shelf: Shelf, line: str) -> None:
    shelf.publish(ONE)
    with (shelf.council / "history.jsonl").open("a") as file:
        file.write(f"{line}\n")
    shelf.publish(TWO)
    assert shelf.roll_back() == ONE


def test_the_one_before_is_found_after_the_clock_went_forward_and_was_put_right(shelf: Shelf, clock: Clock) -> None:
    for day, name in (("2026-06-15", ONE), ("2026-06-20", TWO), ("2031-01-01", THREE), ("2026-06-21", FOUR)):
        clock.day(day)
        shelf.publish(name)
    assert disk.current(shelf.council) == FOUR
    assert shelf.roll_back() == TWO
    assert shelf.roll_back() == ONE


def test_what_is_not_yet_in_force_is_not_the_one_before_when_the_clock_goes_back(shelf: Shelf, clock: Clock) -> None:
    for day, name in (("2026-06-10", ONE), ("2026-06-15", TWO), ("2026-06-20", THREE)):
        clock.day(day)
        shelf.publish(name)
    clock.day("2026-06-16")
    assert disk.current(shelf.council) == TWO
    assert shelf.roll_back() == ONE
    clock.day("2026-06-20")
    assert disk.current(shelf.council) == THREE, "what is due later stays due"


def test_a_scheduled_revision_that_was_replaced_before_its_day_is_not_the_one_before(
    shelf: Shelf, clock: Clock
) -> None:
    clock.day("2026-06-01")
    shelf.publish(ONE)
    shelf.publish(TWO, "2026-06-10")
    clock.day("2026-06-05")
    shelf.publish(THREE, "2026-06-10")
    clock.day("2026-06-11")
    assert disk.current(shelf.council) == THREE
    assert shelf.roll_back() == ONE


def test_a_day_of_several_publications_is_gone_back_through_in_their_order(shelf: Shelf, clock: Clock) -> None:
    clock.day("2026-06-01")
    for name in (ONE, TWO, THREE):
        shelf.publish(name)
    assert [shelf.roll_back(), shelf.roll_back()] == [TWO, ONE]
    with pytest.raises(UnservableError, match="no earlier revision"):
        shelf.roll_back()
    shelf.publish(FOUR)
    assert shelf.roll_back() == ONE
