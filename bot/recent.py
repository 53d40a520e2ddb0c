"""The answers given most recently, kept in memory alone, so that what many ask is found once."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from hashlib import blake2b
from threading import Lock
from typing import Generic, TypeVar

Kept = TypeVar("Kept")

MOST = 1_000


class Recent(Generic[Kept]):
    """The last `most` things kept, by texts that are not kept: only a digest with a key that dies with the process.

    Any number of threads may use one.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most, self._key = most, secrets.token_bytes(16)
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._lock = Lock()

    def find(self, *texts: str) -> Kept | None:
        """What was kept for these texts, None where nothing was or where it was too long ago."""
        name = self._name(texts)
        with self._lock:
            found = self._kept.get(name)
            if found is not None:
                self._kept.move_to_end(name)
            return found

    def keep(self, kept: Kept, *texts: str) -> None:
        """Keep something for these texts; what was longest out of use makes room."""
        name = self._name(texts)
        with self._lock:
            self._kept[name] = kept
            self._kept.move_to_end(name)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def _name(self, texts: tuple[str, ...]) -> bytes:
        digest = blake2b(key=self._key, digest_size=16)
        for text in texts:
            content = text.encode("utf-8", "surrogatepass")
            digest.update(len(content).to_bytes(8) + content)
        return digest.digest()
