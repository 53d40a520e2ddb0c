"""The only door to the state database: which events were claimed, how far each came, in which minute; nothing else."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, delete, event, make_url, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool
from sqlalchemy.schema import CreateTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL, Connection, Engine

TAKEOVER_MINUTES = 2
KEPT_HOURS = 24
BUSY_MS = 5000

CLAIMS = Table(
    "claims",
    MetaData(),
    Column("event", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("minute", Integer, nullable=False),
)


class State(StrEnum):
    """How far an event came: claimed (being answered), sending (the answer may be out), answered."""

    CLAIMED = "claimed"
    SENDING = "sending"
    ANSWERED = "answered"


class StoreProblem(Exception):
    """The state database cannot be used; the message is one sentence that names it and the mend."""


class Store:
    """Claims of event ids, in SQLite (one connection, safe between threads) or PostgreSQL, by URL.

    `clock` gives seconds since 1970. Every method raises StoreProblem when the database cannot be used.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        with _explained(url):
            self._engine = _engine(url)
            self._insert = sqlite.insert if self._engine.dialect.name == "sqlite" else postgresql.insert
        with self._transaction() as connection:
            connection.execute(CreateTable(CLAIMS, if_not_exists=True))

    def claim(self, event_id: str) -> bool:
        """Whether the caller alone may answer this event: it is new, or was left claimed for over two minutes.

        One statement, so two processes cannot both win; the row returned is the proof (`rowcount` is -1 on PostgreSQL).
        """
        now = self._minute()
        row = self._insert(CLAIMS).values(event=event_id, state=State.CLAIMED, minute=now)
        abandoned = (CLAIMS.c.state == State.CLAIMED) & (CLAIMS.c.minute < now - TAKEOVER_MINUTES)
        upsert = row.on_conflict_do_update(index_elements=[CLAIMS.c.event], set_={"minute": now}, where=abandoned)
        with self._transaction() as connection:
            return connection.execute(upsert.returning(CLAIMS.c.event)).first() is not None

    def sending(self, event_id: str) -> bool:
        """Records that the answer goes out now; False when another process took the event over: then do not send."""
        step = update(CLAIMS).where(CLAIMS.c.event == event_id, CLAIMS.c.state == State.CLAIMED)
        with self._transaction() as connection:
            changed = connection.execute(step.values(state=State.SENDING).returning(CLAIMS.c.event))
            return changed.first() is not None

    def answered(self, event_id: str) -> None:
        """Records that the answer is out."""
        with self._transaction() as connection:
            connection.execute(update(CLAIMS).where(CLAIMS.c.event == event_id).values(state=State.ANSWERED))

    def settled(self, event_id: str) -> bool:
        """Whether nothing more will be sent for this event: it was answered, or sending was cut off minutes ago."""
        with self._transaction() as connection:
            row = connection.execute(select(CLAIMS.c.state, CLAIMS.c.minute).where(CLAIMS.c.event == event_id)).first()
        if row is None or row.state == State.CLAIMED:
            return False
        return bool(row.state == State.ANSWERED or row.minute < self._minute() - TAKEOVER_MINUTES)

    def release(self, event_id: str) -> None:
        """Frees an event whose answer was certainly not sent, so that the next delivery is answered."""
        with self._transaction() as connection:
            connection.execute(delete(CLAIMS).where(CLAIMS.c.event == event_id, CLAIMS.c.state != State.ANSWERED))

    def release_unsent(self) -> None:
        """Frees what a dead process left claimed; what it left sending stays: when in doubt, never send twice."""
        with self._transaction() as connection:
            connection.execute(delete(CLAIMS).where(CLAIMS.c.state == State.CLAIMED))

    def purge(self, hours: int = KEPT_HOURS) -> None:
        """Deletes claims older than `hours` and, on SQLite, empties the write-ahead log that still held them."""
        with self._transaction() as connection:
            connection.execute(delete(CLAIMS).where(CLAIMS.c.minute < self._minute() - hours * 60))
        if self._engine.dialect.name == "sqlite":
            with _explained(str(self._engine.url)), self._engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Closes every connection; a SQLite file is then whole without its write-ahead log."""
        self._engine.dispose()

    def _minute(self) -> int:
        return int(self._clock() // 60)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with _explained(str(self._engine.url)), self._engine.begin() as connection:
            yield connection


def _engine(url: str) -> Engine:
    target = make_url(url)
    if target.get_backend_name() != "sqlite":
        return create_engine(target, pool_pre_ping=True, hide_parameters=True)
    if target.database:
        Path(target.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # One connection for all threads: SQLite before 3.51.3 can damage its log when two write and checkpoint at once.
    engine = create_engine(
        target,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # synchronous FULL: after a power cut a lost `sending` row would mean a second reply.
    settings = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON")
    for setting in (f"busy_timeout={BUSY_MS}", *settings):
        connection.execute(f"PRAGMA {setting}").close()


@contextmanager
def _explained(url: str) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError, ImportError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = " ".join(str(cause).split()).rstrip(".") or type(cause).__name__
        mend = "check PROTOCOL_BOT_STATE and that this account may write there"
        raise StoreProblem(f"The state database {_shown(url)} cannot be used ({reason}); {mend}.") from None


def _shown(url: str) -> str:
    try:
        target: URL = make_url(url)
    except SQLAlchemyError:
        return "named"
    return target.database or "in memory" if target.get_backend_name() == "sqlite" else target.render_as_string()
