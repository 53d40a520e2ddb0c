"""The Revision in force: looked at before each answer, swapped when `current` names another that verifies."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot import index as disk
from bot.answer import serve
from bot.domain import UnservableError
from bot.encoder import opened
from bot.encoder_files import MAPPED_FILES, QUESTION_FILES, TONE_FILES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.answer import Served
    from bot.encoder import Encoder
    from bot.index import Index
    from bot.tone import Tones


_PAUSE = 5.0  # seconds until what could not be served is tried again


class Live:
    """What answers now. Threads may share one: the swap is a single assignment, and a Served is never changed.

    `fault` says in a sentence why what `current` names is not served, None when it is.
    """

    def __init__(self, index: Path, council: str, report: Callable[[str], None]) -> None:
        self._index, self._council, self._report = index, council, report
        self._lock = threading.Lock()
        self._seen: Any = None
        self._served: Served | None = None
        self._encoder: tuple[str, Encoder] | None = None
        self._tones: tuple[Index, Tones] | None = None
        self._verified: list[Any] = []
        self._try_again = 0.0
        self.fault: str | None = None

    def __call__(self) -> Served:
        """What serves the revision in force, or the one before it while the new one does not verify.

        Raises UnservableError where there is none at all.
        """
        seen = self._look()
        if seen != self._seen or self._changed_under() or self._may_try_again():
            with self._lock:
                self._change(seen)
        if self._served is None:
            raise UnservableError(self.fault or "Nothing is published.")
        return self._served

    def tones(self) -> Tones:
        """What checks tone by the revision in force, made when it is first asked for: a question needs none of it.

        Raises UnservableError.
        """
        index = self().index
        known = self._tones
        if known is None or known[0] is not index:
            with self._lock:
                known = self._tones = self._checks_of(index)
        return known[1]

    def _checks_of(self, index: Index) -> tuple[Index, Tones]:
        """The tone checks of a revision, or those before them while its own do not verify: told once."""
        from bot.tone import Tones  # noqa: PLC0415 - its patterns take a while to compile, and no question needs them
        from bot.tone_reader import opened as tone_opened  # noqa: PLC0415 - the same

        known = self._tones
        if known is not None and known[0] is index:
            return known
        try:
            folder = disk.encoder_of(self._index, self._council, index.revision.name, TONE_FILES)
            return index, Tones(index.revision, tone_opened(folder))
        except UnservableError as fault:
            if known is None:
                raise
            self._report(str(fault))
            return index, known[1]

    def _look(self) -> tuple[bytes, int, int]:
        """What tells that `current` or the day has changed: a few system calls, so that every answer can afford it.

        Its time alone does not tell, for two changes may fall within one tick; nor do its words, for a mend writes the
        same ones again.
        """
        pointer = self._index / self._council / disk.CURRENT
        try:
            written, words = pointer.stat().st_mtime_ns, pointer.read_bytes()
        except OSError:
            return (b"", 0, 0)
        return (words, written, datetime.now(UTC).astimezone().date().toordinal())

    def _changed_under(self) -> bool:
        """Whether a file that is mapped, or yet to be opened, is no longer the one that was verified."""
        return self._encoder is not None and _statuses(self._encoder[1].folder) != self._verified

    def _may_try_again(self) -> bool:
        """Whether what could not be served a while ago may be tried again: a disk may have been away."""
        return self.fault is not None and time.monotonic() >= self._try_again

    def _change(self, seen: tuple[bytes, int, int]) -> None:
        if self._changed_under():
            self._served = self._encoder = self._tones = None
        elif seen == self._seen and not self._may_try_again():
            return  # another thread did it while this one waited
        try:
            name = self._in_force()
            if self._served is None or self._served.index.revision.name != name:
                self._served = self._load(name)
            self.fault = None
        except UnservableError as fault:
            if self.fault != str(fault):
                self._report(str(fault))
            self.fault, self._try_again = str(fault), time.monotonic() + _PAUSE
        self._seen = seen

    def _in_force(self) -> str:
        folder = self._index / self._council
        name = disk.current(folder)
        if name is None:
            later = disk.schedule(folder)
            due = f"the first revision takes over on {later[0][0]}" if later else "run protocol-index build"
            raise UnservableError(f"Nothing is in force in {folder}; {due}.")
        return name

    def _load(self, name: str) -> Served:
        with ThreadPoolExecutor(1) as other:  # hashing lets go of Python's lock while the rest is read
            verified = other.submit(disk.encoder_of, self._index, self._council, name, QUESTION_FILES)
            index = disk.load(self._index, self._council, name, ())
            if verified.result() != index.encoder:
                raise UnservableError(f"Revision {name} was being replaced; ask again.")
        digest = index.revision.encoder
        if self._encoder is None or self._encoder[0] != digest:
            statuses = _statuses(index.encoder)
            self._encoder, self._verified = (digest, opened(index.encoder)), statuses
        encoder = self._encoder[1]
        if (encoder.dimension, encoder.token_dimension) != (index.vectors.shape[1], index.tokens.shape[1]):
            raise UnservableError(f"Revision {name} was not made with its encoder {digest}; build it again.")
        return serve(index, encoder)


def _statuses(encoder: Path) -> list[tuple[int, int, int] | None]:
    """What tells that an encoder's files are the very ones that were verified; None for one that is missing."""
    return [_status(encoder / name) for name in MAPPED_FILES]


def _status(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
