"""An encoder that reads no text twice, today or tomorrow: so a rehearsal costs what is new in it."""

from __future__ import annotations

import hashlib
import platform
import sqlite3
from contextlib import contextmanager, suppress
from importlib.metadata import version
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.encoder import Embedding, Seen
from index_builder.kept import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from bot.encoder import Encoder

_LIBRARIES = ("onnxruntime", "tokenizers", "numpy")  # another version may round otherwise
_TABLES = """
create table if not exists seen (name blob primary key, vector blob not null, tokens blob not null);
create table if not exists read (name blob primary key, reading blob not null);
"""


def kept_in(folder: Path, encoder: str) -> Path:
    """The file in which is kept what an encoder of this digest makes of texts here, with these libraries."""
    what = " ".join([*(f"{name} {version(name)}" for name in _LIBRARIES), platform.machine()])
    return folder / f"{encoder}-questions-{hashlib.sha256(what.encode()).hexdigest()[:8]}.db"


@contextmanager
def remembering(encoder: Encoder, cache: Path) -> Iterator[Remembering]:
    """The encoder, with what it made of texts before kept in `cache`, a SQLite file; what is new is added at the end.

    Only the builder does this, and only with the council's own questions. A cache that cannot be read or written costs
    time and nothing else.
    """
    connection = opened(cache, _TABLES)
    try:
        remembers = Remembering(encoder, connection)
        yield remembers
        remembers.keep()
    finally:
        connection.close()


class Remembering:
    """An encoder that makes the same of a text as ever, but only once. Any number of threads may call it."""

    def __init__(self, encoder: Encoder, connection: sqlite3.Connection) -> None:
        self.head, self.owners = encoder.head, encoder.owners
        self._encoder, self._connection, self._lock = encoder, connection, Lock()
        self._seen: dict[tuple[str, bool], Seen] = {}
        self._texts: dict[int, str] = {}
        self._new_seen: dict[bytes, Embedding] = {}
        self._new_read: dict[bytes, NDArray[np.float32]] = {}

    def embed(self, text: str, *, closely: bool = False) -> Embedding:
        """As the encoder's."""
        return self.see(text, closely=closely).embedding

    def see(self, text: str, *, closely: bool = False) -> Seen:
        """As the encoder's, but for the states, which `read` asks for when it needs them."""
        closely = closely and self._encoder.precision == "int8"  # fp32 always does
        seen = self._seen.get((text, closely))
        if seen is None:
            name = self._name(text, "see", closely=closely)
            embedding = self._known_embedding(name)
            if embedding is None:
                embedding = self._new_seen[name] = self._encoder.see(text, closely=closely).embedding
            seen = self._seen[text, closely] = Seen(embedding, np.empty(0, dtype=np.float32))
            self._texts[id(seen.states)] = text
        return seen

    def read(self, seen: Seen, *, closely: bool = False) -> NDArray[np.float32]:
        """As the encoder's, of what `see` gave."""
        text, closely = self._texts[id(seen.states)], closely and self._encoder.precision == "int8"
        name = self._name(text, "read", closely=closely)
        known = self._new_read.get(name)
        if known is None:
            known = self._known_reading(name)
        if known is None:
            known = self._new_read[name] = self._encoder.read(self._encoder.see(text), closely=closely)
        return known

    def keep(self) -> None:
        """Write what was new."""
        seen = [(name, e.vector.tobytes(), e.tokens.tobytes()) for name, e in self._new_seen.items()]
        read = [(name, reading.tobytes()) for name, reading in self._new_read.items()]
        with suppress(sqlite3.Error), self._lock, self._connection:
            self._connection.executemany("insert or replace into seen values (?, ?, ?)", seen)
            self._connection.executemany("insert or replace into read values (?, ?)", read)

    def _name(self, text: str, verb: str, *, closely: bool) -> bytes:
        how = f"{verb} {self._encoder.precision} {closely}\0{text}"
        return hashlib.sha256(how.encode("utf-8", "surrogatepass")).digest()

    def _known_embedding(self, name: bytes) -> Embedding | None:
        """What the cache holds of the name; a row of another length is not used."""
        row = self._row("select vector, tokens from seen where name = ?", name)
        whole, token = 4 * self._encoder.dimension, 4 * self._encoder.token_dimension
        if row is None or len(row[0]) != whole or not row[1] or len(row[1]) % token:
            return None
        tokens = np.frombuffer(row[1], "<f4").reshape(-1, self._encoder.token_dimension)
        return Embedding(np.frombuffer(row[0], "<f4"), tokens)

    def _known_reading(self, name: bytes) -> NDArray[np.float32] | None:
        row = self._row("select reading from read where name = ?", name)
        known = row is not None and len(row[0]) == 4 * self._encoder.dimension
        return np.frombuffer(row[0], "<f4") if known else None

    def _row(self, query: str, name: bytes) -> Any:
        try:
            with self._lock:
                return self._connection.execute(query, (name,)).fetchone()
        except sqlite3.Error:
            return None
