"""`protocol-bot serve`: one process that keeps the protocol ready, until it is told to stop."""

from __future__ import annotations

import signal
import sys
from threading import Event
from typing import TYPE_CHECKING

from bot.hatch import hatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.live import Live
    from bot.local import Place


def serve(serving: Live, place: Place | None, report: Callable[[str], None]) -> None:
    """Answers `protocol-bot ask` until SIGTERM or SIGINT; answers under way are finished first.

    One line on standard output says when it is ready. Raises UnservableError where nothing can be served at all.
    """
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    revision = serving().index.revision
    with hatch(serving, place, report):
        sys.stdout.write(f"{revision.council.title}: revision {revision.name}, ready to answer.\n")
        sys.stdout.flush()
        stop.wait()
