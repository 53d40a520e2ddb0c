"""What costs much to make again, kept in a SQLite file of the cache folder: losing it costs time and nothing else."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def opened(cache: Path, tables: str) -> sqlite3.Connection:
    """A connection to the file, which any thread may use in its turn; made when missing, made anew when damaged.

    `tables` is the SQL that makes the tables that are not there yet. Raises OSError and sqlite3.Error.
    """
    cache.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _with_tables(cache, tables)
    except sqlite3.DatabaseError:
        cache.unlink(missing_ok=True)
        return _with_tables(cache, tables)


def _with_tables(cache: Path, tables: str) -> sqlite3.Connection:
    connection = sqlite3.connect(cache, timeout=30, check_same_thread=False)
    try:
        connection.executescript(tables)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection
