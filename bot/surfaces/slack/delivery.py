"""From an event to one answer: claim it, ask, post, record; only then may it be acknowledged."""

from __future__ import annotations

import hmac
import logging
import secrets
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

from bot.store import StoreProblem
from bot.surfaces.slack.posting import InDoubtError, UnsentError, send
from bot.surfaces.slack.replies import UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.store import Store
    from bot.surfaces.slack.incoming import Asked
    from bot.surfaces.slack.replies import Replies

    Post = Callable[[dict[str, Any]], object]

LOG = logging.getLogger(__name__)
REMEMBERED = 10_000


class Delivery:
    """Answers every message once, however often and in however many guises Slack delivers it."""

    def __init__(self, replies: Replies, store: Store) -> None:
        self._replies, self._store, self._announced = replies, store, Announced()

    def once(self, asked: Asked, post: Post, *, last_chance: bool) -> bool:
        """Whether the event may be acknowledged; where not, Slack delivers it again.

        `last_chance` sends an apology when asking fails, in place of waiting for another delivery.
        """
        try:
            if not self._store.claim(asked.event):
                return self._store.settled(asked.event)
            return self._claimed(asked, post, last_chance=last_chance)
        except StoreProblem as problem:
            LOG.warning("%s", problem)
            return False

    def _claimed(self, asked: Asked, post: Post, *, last_chance: bool) -> bool:
        if self._announced.otherwise(asked):
            return self._done(asked)
        try:
            content = (self._replies.in_thread_always if last_chance else self._replies.in_thread)(asked)
            if not self._store.sending(asked.event):
                return False
            send(lambda: post(content))
        except (UnansweredError, UnsentError) as error:
            if isinstance(error, UnsentError):
                LOG.warning("An answer was not sent (%s); Slack will deliver the event again.", error)
            self._store.release(asked.event)
            return False
        except InDoubtError as error:
            LOG.warning("An answer may not have arrived (%s); it is not sent again.", error)
            return True
        return self._done(asked)

    def _done(self, asked: Asked) -> bool:
        try:
            self._store.answered(asked.event)
        except StoreProblem as problem:  # the answer is out: its row stays `sending`, which is never sent twice
            LOG.warning("%s", problem)
        return True


class Announced:
    """The messages seen lately, each with the event that announced it: Slack can announce a mention twice.

    Kept in memory only, under a key of this process, because a channel's id can tell who asked.
    """

    def __init__(self) -> None:
        self._key, self._lock, self._events = secrets.token_bytes(32), Lock(), OrderedDict[bytes, str]()

    def otherwise(self, asked: Asked) -> bool:
        """Whether another event announced the same message before."""
        name = hmac.digest(self._key, f"{asked.channel} {asked.ts}".encode(), "sha256")
        with self._lock:
            event = self._events.setdefault(name, asked.event)
            if len(self._events) > REMEMBERED:
                self._events.popitem(last=False)
        return event != asked.event
