"""Texts → Embeddings, with a cache keyed by text and encoder, so that an edited section alone is embedded again."""

from __future__ import annotations

import hashlib
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from bot.encoder import Embedding
from index_builder.kept import opened

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from bot.encoder import Encoder

_TABLES = """
create table if not exists embeddings (text blob primary key, vector blob not null, tokens blob not null);
create table if not exists readings (texts blob primary key, vector blob not null);
"""


def embed(
    texts: Sequence[str], encoder: Encoder, cache: Path, progress: Callable[[int], None]
) -> tuple[list[Embedding], int]:
    """The Embeddings of the texts, tokens to the 16 bits that are published, and how many had to be embedded anew.

    `encoder` is the fp32 one; `cache` a SQLite file of its own, made when missing; `progress` hears how many more are
    done. A cache that cannot be read costs time, never a wrong vector: rows of another length are not used.
    """
    keys = [hashlib.sha256(text.encode()).digest() for text in texts]
    with closing(opened(cache, _TABLES)) as connection:
        known = _known(connection, set(keys), encoder)
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        progress(len(texts) - len(new))
        made = [Embedding(e.vector, e.tokens.astype("<f2")) for e in encoder.embed_all(list(new.values()), progress)]
        known |= dict(zip(new, made, strict=True))
        _remember(connection, {key: known[key] for key in new})
    return [known[key] for key in keys], len(new)


def readings(
    groups: Sequence[tuple[str, ...]], encoder: Encoder, cache: Path, progress: Callable[[int], None]
) -> NDArray[np.float32]:
    """The mean reading and mean vector of each group of texts, (groups, 2, dimension), each of length 1.

    What the cache holds is not read anew.

    `encoder`, `cache` and `progress` (of texts) are as for `embed`.
    """
    keys = [hashlib.sha256("\0".join(texts).encode()).digest() for texts in groups]
    with closing(opened(cache, _TABLES)) as connection:
        known = _known_readings(connection, keys, encoder)
        new = {key: texts for key, texts in zip(keys, groups, strict=True) if key not in known}
        progress(sum(map(len, groups)) - sum(map(len, new.values())))
        read = iter(encoder.read_all([text for texts in new.values() for text in texts], progress))
        for key, texts in new.items():
            mean = np.mean([next(read) for _ in texts], axis=0)
            known[key] = (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype("<f4")
        with connection:
            rows = [(key, known[key].tobytes()) for key in new]
            connection.executemany("insert or replace into readings values (?, ?)", rows)
    return np.stack([known[key] for key in keys])


def _known_readings(
    connection: sqlite3.Connection, keys: Sequence[bytes], encoder: Encoder
) -> dict[bytes, NDArray[np.float32]]:
    rows = (connection.execute("select vector from readings where texts = ?", (key,)).fetchone() for key in keys)
    found = {key: row[0] for key, row in zip(keys, rows, strict=True) if row}
    size = 2 * 4 * encoder.dimension
    return {key: np.frombuffer(v, "<f4").reshape(2, -1) for key, v in found.items() if len(v) == size}


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
