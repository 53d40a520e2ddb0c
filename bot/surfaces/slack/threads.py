"""Which sections were quoted to whom in which thread lately, so that a follow-up can be understood."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain import Answer
    from bot.surfaces.slack.incoming import Asked

REMEMBERED = 1_000


class Threads:
    """The section numbers of each thread's last quotation.

    Kept in memory only, under a key of this process, because a channel's id can tell who asked.
    """

    def __init__(self) -> None:
        self._key, self._lock = secrets.token_bytes(32), Lock()
        self._quoted: OrderedDict[bytes, tuple[str, tuple[str, ...]]] = OrderedDict()

    def quoted(self, asked: Asked) -> tuple[str, ...]:
        """The numbers of the sections last quoted to this person in this thread, best first; none where none were.

        What the same message was given when it was delivered before is no context for it.
        """
        with self._lock:
            ts, numbers = self._quoted.get(self._name(asked), ("", ()))
        return () if ts == asked.ts else numbers

    def remember(self, asked: Asked, answer: Answer) -> None:
        """Keep what an Answer quotes; one that quotes nothing leaves what was quoted before."""
        if not answer.citations:
            return
        name = self._name(asked)
        with self._lock:
            self._quoted[name] = (asked.ts, tuple(citation.section.number for citation in answer.citations))
            self._quoted.move_to_end(name)
            if len(self._quoted) > REMEMBERED:
                self._quoted.popitem(last=False)

    def _name(self, asked: Asked) -> bytes:
        place = f"{asked.channel} {asked.thread or asked.ts} {asked.user}"
        return hmac.digest(self._key, place.encode(), "sha256")
