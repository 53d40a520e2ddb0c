"""The real Bolt app of a tiny council, on the loopback Slack."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from loopback_slack import APP_TOKEN, BOT_TOKEN, LoopbackSlack
from slack_sdk.errors import SlackClientNotConnectedError

from bot.domain import (
    Answer,
    Category,
    Citation,
    Contact,
    Detail,
    Document,
    Finding,
    Question,
    Section,
    Status,
    ToneReport,
    UnusableDraftError,
    UnusableQuestionError,
)
from bot.store import Store
from bot.surfaces.slack.app import make_app
from bot.surfaces.slack.line import make_client, make_socket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slack_sdk import WebClient
    from slack_sdk.socket_mode.client import BaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

    from bot.domain import Ask, CheckTone

WORDING = {
    "choices": "You may have meant:",
    "contacts": "Who can help:",
    "source_section": "section {number}",
    "source_pages": "page {pages}",
    "source_adopted": "adopted {date}",
    "show_whole_section": "Show the whole section",
    "whole_section_title": "The whole section",
    "shortened": "Only the beginning is shown.",
    "tone_ok": "Nothing needs pointing out.",
    "tone_one": "One place is worth another look.",
    "tone_several": "{count} places are worth another look.",
    "tone_instead": "Perhaps: “{suggestion}”",
    "tone_clause": "See {source}.",
    "tone_keep": "Worth keeping",
    "tone_advice": "Before you send",
    "tone_details": "Personal detail",
    "tone_detail": "“{quote}”: {says}",
    "tone_rewritten": "With the suggestions in place",
    "tone_more": "and {count} more",
    "tone_private": "This draft is kept nowhere.",
    "help": "Type a question about the protocol, for example: what tone should I use in an e-mail?",
}
PROTOCOL = Document("protocol", "Member/Officer Protocol", adopted="2026-05-19", url="https://council.example/p.pdf")
GUIDE = Document("guide", "Social Media Guide", kind="underlying")
TONE = Section(
    "protocol", "4.2", "Tone", ("E-mail",), "Members & officers say what they need, and by when.", pages=(7,)
)
LONG = Section("protocol", "6.1", "Ward work", (), "An officer tells the ward member early. Ŵŷn ŵŷ, ŵŷ!\n" * 760)
MARKED = Section(
    "guide", "7.3", "Posting", (), "Never write <!channel>, <@U1> or *bold* _and_ ~so~ `on` &amp; <https://x|y>."
)
TWIN = Section("guide", "4.2", "Tone", (), "Online, the same courtesy applies.")
SERVE = """
from bot.settings import Settings
from bot.surfaces.slack.app import serve
from running_slack import ask, check_tone
serve(ask, check_tone, Settings.load())
"""
KEYWORDS = {"tone": TONE, "ward": LONG, "markup": MARKED}
MONITORING_OFFICER = Contact("Monitoring Officer", "e-mail", "mo@council.example")


def cite(section: Section, score: float = 0.7) -> Citation:
    """The section as the tiny council publishes it."""
    return Citation(PROTOCOL if section.document == "protocol" else GUIDE, section, score)


def check_tone(draft: str) -> ToneReport:
    """A ToneReport that points out the word "useless" wherever it stands; `boom` is a fault of the bot."""
    if not draft.strip():
        raise UnusableDraftError("Paste a draft.")
    if len(draft) > 10_000:
        raise UnusableDraftError("That is longer than 10,000 characters.")
    if "boom" in draft:
        raise RuntimeError(draft)
    findings = tuple(
        Finding(
            category=Category.PERSONAL_CRITICISM,
            title="Criticism of the person",
            start=match.start(),
            end=match.end(),
            quote=match[0],
            why="This is about the person.",
            suggestion="not what I need",
            replacement="not what I need",
            sentence=match.span(),
            confidence=0.9,
            clause=Citation(PROTOCOL, TONE, 1.0),
        )
        for match in re.finditer("useless", draft)
    )
    keep = ("It says by when.",) if "Friday" in draft else ()
    details = tuple(Detail("phone", *match.span(), "a telephone number") for match in re.finditer(r"01632 \d+", draft))
    advice = ("Ring first.",) if findings else ()
    rewritten = draft.replace("useless", "not what I need")
    return ToneReport(draft, findings, keep, advice, details, rewritten, "2026-05-19-00000000", 1.0, WORDING)


def ask(question: Question) -> Answer:
    """An Answer by section number or keyword, or what was quoted before to an "and …"; `boom` is a fault of the bot."""
    if not question.text.strip():
        raise UnusableQuestionError(WORDING["help"])
    if len(question.text) > 1000:
        raise UnusableQuestionError("Please ask in at most 1,000 characters.")
    if "boom" in question.text:
        raise RuntimeError(question.text)
    numbered = [section for section in (TWIN, TONE, LONG, MARKED) if section.number == question.text]
    found = numbered or [section for word, section in KEYWORDS.items() if word in question.text]
    if question.text.startswith("and "):
        found = [section for section in KEYWORDS.values() if section.number in question.context]
    if not found:
        return Answer(
            question,
            Status.NOT_COVERED,
            "The protocol does not cover this.",
            choices=(cite(TONE), cite(MARKED)),
            contacts=(MONITORING_OFFICER,),
            wording=WORDING,
        )
    return Answer(
        question,
        Status.ANSWERED,
        "The protocol says:",
        tuple(map(cite, found)),
        revision="2026-05-19-3f9a2c1b",
        wording=WORDING,
    )


@contextmanager
def serving(slack: LoopbackSlack, url: str) -> Iterator[subprocess.Popen[str]]:
    """`serve` in a process of its own, connected; killed afterwards if it still runs."""
    root = Path(__file__).parents[1]
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()} | {
        "PYTHONPATH": f"{root}{os.pathsep}{root / 'tests'}",
        "PROTOCOL_BOT_SLACK_BOT_TOKEN": BOT_TOKEN,
        "PROTOCOL_BOT_SLACK_APP_TOKEN": APP_TOKEN,
        "PROTOCOL_BOT_SLACK_API_URL": slack.api_url,
        "PROTOCOL_BOT_STATE": url,
    }
    command, pipe = [sys.executable, "-c", SERVE], subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert slack.wait_for(lambda: slack.lines, 30)
            yield process
        finally:
            process.kill()


@contextmanager
def running(
    slack: LoopbackSlack,
    url: str,
    ask: Ask = ask,
    client: WebClient | None = None,
    check: CheckTone = check_tone,
) -> Iterator[Store]:
    """The app connected to the loopback Slack, and its store; both closed afterwards."""
    store = Store(url)
    store.release_unsent()
    app = make_app(ask, check, store, client or make_client(BOT_TOKEN, slack.api_url), team=None)
    line = make_socket(app, APP_TOKEN, 0.5).client
    line.socket_mode_request_listeners.append(_say_done)
    line.connect()
    try:
        assert slack.wait_for(lambda: slack.lines)
        yield store
    finally:
        line.closed = True
        line.enqueue_message("")  # the thread that close() joins waits up to a second for a message
        line.close()
        store.close()


def _say_done(line: BaseSocketModeClient, request: SocketModeRequest) -> None:
    with suppress(SlackClientNotConnectedError):
        line.send_message(json.dumps({"done": request.envelope_id}))
