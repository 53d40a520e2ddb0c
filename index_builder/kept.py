"""What costs much to make again, kept in a SQLite file of the cache folder: losing it costs time and nothing else."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MEMORY = ":memory:"


def opened(cache: Path, tables: str) -> sqlite3.Connection:
    """A connection to the file, which any thread may use in its turn; made when missing, made anew when damaged.

    `tables` is the SQL that makes the tables that are not there yet. Where the file can be neither used nor made, what
    is kept is kept in memory.
    """
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _with_tables(str(cache), tables)
        except sqlite3.OperationalError:  # locked, full or read-only: what it holds may be sound
            return _with_tables(_MEMORY, tables)
        except sqlite3.DatabaseError:
            cache.unlink(missing_ok=True)
            cache.with_name(f"{cache.name}-journal").unlink(missing_ok=True)
            return _with_tables(str(cache), tables)
    except OSError:
        return _with_tables(_MEMORY, tables)


def _with_tables(cache: str, tables: str) -> sqlite3.Connection:
    connection = sqlite3.connect(cache, timeout=30, check_same_thread=False)
    try:
        connection.executescript(tables)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection
