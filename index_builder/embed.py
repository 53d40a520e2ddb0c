"""Texts → vectors, with a cache keyed by text and encoder, so that an edited section alone is embedded again."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from bot.encoder import Encoder


def embed(
    texts: Sequence[str], encoder: Encoder, cache: Path, progress: Callable[[int], None]
) -> tuple[NDArray[np.float32], int]:
    """The unit vectors of the texts (float32, one row each), and how many had to be embedded anew.

    `encoder` is the fp32 one; `cache` a SQLite file of its own, made when missing; `progress` hears how many more are
    done. A cache that cannot be read costs time, never a wrong vector: rows of another length are not used.
    """
    keys = [hashlib.sha256(text.encode()).digest() for text in texts]
    cache.parent.mkdir(parents=True, exist_ok=True)
    with closing(_opened(cache)) as connection:
        known = _known(connection, set(keys), encoder.dimension)
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        progress(len(texts) - len(new))
        made = encoder.embed_all(list(new.values()), progress)
        known |= dict(zip(new, made, strict=True))
        _remember(connection, {key: known[key] for key in new})
    return np.stack([known[key] for key in keys]), len(new)


def _opened(cache: Path) -> sqlite3.Connection:
    try:
        return _with_table(cache)
    except sqlite3.DatabaseError:
        cache.unlink(missing_ok=True)
        return _with_table(cache)


def _with_table(cache: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(cache, timeout=30)
    try:
        connection.execute("create table if not exists vectors (text blob primary key, vector blob not null)")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _known(connection: sqlite3.Connection, keys: set[bytes], dimension: int) -> dict[bytes, NDArray[np.float32]]:
    rows = (connection.execute("select vector from vectors where text = ?", (key,)).fetchone() for key in keys)
    found = {key: np.frombuffer(row[0], dtype="<f4") for key, row in zip(keys, rows, strict=True) if row}
    return {key: vector for key, vector in found.items() if len(vector) == dimension}


def _remember(connection: sqlite3.Connection, vectors: dict[bytes, NDArray[np.float32]]) -> None:
    with connection:
        rows = [(key, vector.astype("<f4").tobytes()) for key, vector in vectors.items()]
        connection.executemany("insert or replace into vectors values (?, ?)", rows)
