"""From settings to Ask: the one place where the bot is put together; tests call it too."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from bot import index as disk
from bot.answer import answer
from bot.domain import Answer, Status, UnservableError
from bot.live import Live

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.domain import Ask, CheckTone, Question, ToneReport

DEFAULT_COUNCIL = "model"
_AT_ONCE = min(4, max(2, os.cpu_count() or 1))  # Python itself lets one thread run at a time
UNAVAILABLE = "The protocol cannot be looked up just now. Please ask your manager or the Monitoring Officer."
"""The one message that cannot come from a revision's wording: it is said when there is no revision to read."""


def live(index: Path, council: str | None, report: Callable[[str], None]) -> Live:
    """The Live of an index folder; `council` may be left out where the folder holds one, or the model council.

    `report` is told, in a sentence, whenever a published revision cannot be served. Raises UnservableError.
    """
    return Live(index, council_of(index, council), report)


def make_ask(serving: Live) -> Ask:
    """The Ask that answers from what is live, and says so when that is not what was published last.

    Any number of threads may call it: a few answer at once, first come first served. More than that would take longer
    for all, and hold more memory meanwhile.
    """
    workers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="answer")

    def answered(question: Question) -> Answer:
        try:
            given = answer(question, serving())
        except UnservableError:
            return Answer(question, Status.UNAVAILABLE, UNAVAILABLE)
        if serving.fault is None:
            return given
        notice = given.wording["superseded"].format(revision=given.revision)
        return replace(given, message=f"{notice} {given.message}")

    return lambda question: workers.submit(answered, question).result()


def make_check_tone(serving: Live) -> CheckTone:
    """The CheckTone that reads drafts by what is live. It raises UnservableError where nothing is."""

    def check_tone(draft: str) -> ToneReport:
        return serving.tones().check(draft)

    return check_tone


def council_of(index: Path, council: str | None) -> str:
    """The council asked for, else the only one of an index folder, else the model council. Raises UnservableError."""
    names = disk.councils(index)
    if council:
        return council
    if len(names) == 1:
        return names[0]
    if DEFAULT_COUNCIL in names:
        return DEFAULT_COUNCIL
    if not names:
        raise UnservableError(f"Nothing is published in {index}; run protocol-index build.")
    raise UnservableError(f"{index} holds {', '.join(names)}; choose one with --council.")
