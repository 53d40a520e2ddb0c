"""The state database: one winner for every event, nothing sent twice, nothing else kept."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect

import bot.store
from bot.store import CLAIMS, KEPT_HOURS, Store, StoreProblem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MINUTE, HOUR = 60.0, 3600.0


@dataclass
class Clock:
    """A clock that a test sets."""

    now: float = 1_800_000_000.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/state/bot.db"


@pytest.fixture
def store(url: str, clock: Clock) -> Iterator[Store]:
    with closing(Store(url, lambda: clock.now)) as store:
        yield store


def test_an_event_is_claimed_once(store: Store) -> None:
    assert [store.claim("Ev1"), store.claim("Ev1"), store.claim("Ev2")] == [True, False, True]


def test_of_many_threads_and_processes_one_wins_each_event(store: Store, url: str) -> None:
    with closing(Store(url)) as other, ThreadPoolExecutor(16) as threads:
        events = [f"Ev{n % 50}" for n in range(800)]
        won = threads.map(lambda n: (store, other)[n % 2].claim(events[n]), range(800))
        assert sum(won) == 50


def test_the_steps_of_an_answer_settle_its_event(store: Store) -> None:
    assert not store.settled("Ev1")
    store.claim("Ev1")
    assert not store.settled("Ev1")
    assert store.sending("Ev1")
    assert not store.settled("Ev1"), "another delivery may still be needed"
    store.answered("Ev1")
    assert store.settled("Ev1")
    assert not store.claim("Ev1")


def test_only_one_may_send(store: Store) -> None:
    store.claim("Ev1")
    assert [store.sending("Ev1"), store.sending("Ev1"), store.sending("Ev2")] == [True, False, False]


def test_a_released_event_can_be_claimed_again_but_an_answered_one_never(store: Store) -> None:
    for event in ("Ev1", "Ev2", "Ev3"):
        store.claim(event)
    store.sending("Ev2")
    store.sending("Ev3")
    store.answered("Ev3")
    for event in ("Ev1", "Ev2", "Ev3"):
        store.release(event)
    assert [store.claim(event) for event in ("Ev1", "Ev2", "Ev3")] == [True, True, False]


def test_a_new_process_frees_what_was_claimed_but_not_what_was_being_sent(url: str) -> None:
    with closing(Store(url)) as dead:
        for event in ("EvClaimed", "EvSending", "EvAnswered"):
            dead.claim(event)
        dead.sending("EvSending")
        dead.sending("EvAnswered")
        dead.answered("EvAnswered")
    with closing(Store(url)) as store:
        store.release_unsent()
        assert [store.claim(event) for event in ("EvClaimed", "EvSending", "EvAnswered")] == [True, False, False]


def test_a_claim_left_for_over_two_minutes_is_taken_over_by_one(store: Store, clock: Clock) -> None:
    store.claim("Ev1")
    clock.now += 2 * MINUTE
    assert not store.claim("Ev1")
    clock.now += MINUTE
    assert [store.claim("Ev1"), store.claim("Ev1")] == [True, False]
    assert [store.sending("Ev1"), store.sending("Ev1")] == [True, False]


def test_a_sending_cut_off_minutes_ago_is_settled_and_never_taken_over(store: Store, clock: Clock) -> None:
    store.claim("Ev1")
    store.sending("Ev1")
    clock.now += 3 * MINUTE
    assert store.settled("Ev1")
    assert not store.claim("Ev1")


def test_the_purge_keeps_a_day_and_no_more(store: Store, clock: Clock) -> None:
    store.claim("Ev1")
    store.answered("Ev1") if store.sending("Ev1") else None
    clock.now += KEPT_HOURS * HOUR
    store.purge()
    assert not store.claim("Ev1")
    clock.now += MINUTE
    store.purge()
    assert store.claim("Ev1")


def test_what_is_purged_is_gone_from_the_files(store: Store, clock: Clock, tmp_path: Path) -> None:
    for n in range(500):
        store.claim(f"EvCanary{n}")
    clock.now += 25 * HOUR
    store.purge()
    assert (tmp_path / "state" / "bot.db-wal").stat().st_size == 0
    assert not [path for path in (tmp_path / "state").iterdir() if b"EvCanary" in path.read_bytes()]


def test_nothing_is_kept_but_event_state_and_minute(store: Store, url: str) -> None:
    tables = inspect(store._engine)
    assert {name: [column["name"] for column in tables.get_columns(name)] for name in tables.get_table_names()} == {
        "claims": ["event", "state", "minute"]
    }
    store.claim("Ev1")
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        assert database.execute("select * from claims").fetchall() == [("Ev1", "claimed", 30_000_000)]


def test_every_sqlite_connection_is_safe_for_a_power_cut_and_for_deletion(store: Store) -> None:
    with store._transaction() as connection:
        pragmas = ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "busy_timeout")
        assert [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas] == ["wal", 2, 1, 1, 5000]


def test_the_state_folder_is_made_for_its_owner_only(store: Store, tmp_path: Path) -> None:
    assert store.claim("Ev1")
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_a_locked_database_is_one_sentence(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.store, "BUSY_MS", 10)
    with closing(Store(url)) as store, closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(
            StoreProblem, match=r"^The state database /.*bot\.db cannot be used \(database is locked\); "
        ):
            store.claim("Ev1")


def test_a_read_only_database_is_one_sentence(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Store(url).close()
    path = url.removeprefix("sqlite:///")
    with pytest.raises(
        StoreProblem, match=r"^The state database .* \(attempt to write a readonly database\); [^.]+\.$"
    ):
        Store(f"sqlite:///file:{path}?mode=ro&uri=true").claim("Ev1")


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_bytes(b"no database" * 100)
    with pytest.raises(StoreProblem, match=r"bot\.db cannot be used \(file is not a database\); [^.]+\.$"):
        Store(f"sqlite:///{tmp_path}/bot.db")


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreProblem, match=r"cannot be used \(\[Errno \d+\] [^.]+; check PROTOCOL_BOT_STATE [^.]+\.$"):
        Store(f"sqlite:///{tmp_path}/file/state/bot.db")


@pytest.mark.parametrize("url", ["nonsense", "oracle://x/y", "postgresql+nodriver://u:secret@h/d"])
def test_a_url_of_no_known_database_is_one_sentence_without_its_password(url: str) -> None:
    with pytest.raises(StoreProblem) as problem:
        Store(url)
    assert str(problem.value).count(". ") == 0
    assert "secret" not in str(problem.value)


def test_the_table_of_claims_has_no_room_for_who_asked_what() -> None:
    assert set(CLAIMS.columns.keys()) == {"event", "state", "minute"}


def test_threads_wait_for_the_one_connection(store: Store) -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with store._transaction():
            held.set()
            done.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    with ThreadPoolExecutor(1) as waiting:
        claim = waiting.submit(store.claim, "Ev1")
        with pytest.raises(TimeoutError):
            claim.result(0.1)
        done.set()
        assert claim.result(5)
    thread.join()
