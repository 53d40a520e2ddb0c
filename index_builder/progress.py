"""Long work shows progress: bars on a terminal, plain lines anywhere else; always on standard error."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Advance = Callable[[int], None]

_EVERY = 5.0
"""Seconds between two plain lines of one bar."""


def say(sentence: str) -> None:
    """One line of what is being done."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - this is where the builder prints


@contextmanager
def bar(label: str, total: int) -> Iterator[Advance]:
    """A bar for `total` pieces of work; what is yielded is told how many more are done."""
    if sys.stderr.isatty():
        with _rich_bar(label, total) as advance:
            yield advance
    else:
        yield _plain_bar(label, total)


@contextmanager
def _rich_bar(label: str, total: int) -> Iterator[Advance]:
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import Progress  # noqa: PLC0415 - the same

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=total)
        yield lambda more: progress.advance(task, more)


def _plain_bar(label: str, total: int) -> Advance:
    done, last = 0, time.monotonic()

    def advance(more: int) -> None:
        nonlocal done, last
        done += more
        if time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            say(f"{label}: {done} of {total}")

    return advance
