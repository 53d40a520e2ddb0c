"""Texts → Embeddings, with a cache keyed by text and encoder, so that an edited section alone is embedded again."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from bot.encoder import Embedding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bot.encoder import Encoder

_TABLE = """
create table if not exists embeddings (text blob primary key, vector blob not null, tokens blob not null)
"""


def embed(
    texts: Sequence[str], encoder: Encoder, cache: Path, progress: Callable[[int], None]
) -> tuple[list[Embedding], int]:
    """The Embeddings of the texts, tokens to the 16 bits that are published, and how many had to be embedded anew.

    `encoder` is the fp32 one; `cache` a SQLite file of its own, made when missing; `progress` hears how many more are
    done. A cache that cannot be read costs time, never a wrong vector: rows of another length are not used.
    """
    keys = [hashlib.sha256(text.encode()).digest() for text in texts]
    cache.parent.mkdir(parents=True, exist_ok=True)
    with closing(_opened(cache)) as connection:
        known = _known(connection, set(keys), encoder)
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        progress(len(texts) - len(new))
        made = [Embedding(e.vector, e.tokens.astype("<f2")) for e in encoder.embed_all(list(new.values()), progress)]
        known |= dict(zip(new, made, strict=True))
        _remember(connection, {key: known[key] for key in new})
    return [known[key] for key in keys], len(new)


def _opened(cache: Path) -> sqlite3.Connection:
    try:
        return _with_table(cache)
    except sqlite3.DatabaseError:
        cache.unlink(missing_ok=True)
        return _with_table(cache)


def _with_table(cache: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(cache, timeout=30)
    try:
        connection.execute(_TABLE)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _known(connection: sqlite3.Connection, keys: set[bytes], encoder: Encoder) -> dict[bytes, Embedding]:
    rows = (connection.execute("select vector, tokens from embeddings where text = ?", (k,)).fetchone() for k in keys)
    found = {key: row for key, row in zip(keys, rows, strict=True) if row}
    whole, token = 4 * encoder.dimension, 2 * encoder.token_dimension
    return {
        key: Embedding(np.frombuffer(vector, "<f4"), np.frombuffer(tokens, "<f2").reshape(-1, encoder.token_dimension))
        for key, (vector, tokens) in found.items()
        if len(vector) == whole and tokens and len(tokens) % token == 0
    }


def _remember(connection: sqlite3.Connection, embeddings: dict[bytes, Embedding]) -> None:
    with connection:
        rows = [(k, vector.astype("<f4").tobytes(), tokens.tobytes()) for k, (vector, tokens) in embeddings.items()]
        connection.executemany("insert or replace into embeddings values (?, ?, ?)", rows)
