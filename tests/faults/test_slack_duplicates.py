"""However often Slack delivers an event, and however the bot restarts between, nobody gets two replies."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from loopback_slack import LoopbackSlack
from running_slack import running, serving

if TYPE_CHECKING:
    from pathlib import Path

DELIVERIES, RESTARTS, KILLS = 4, 5, 3


def asked_by_many(slack: LoopbackSlack, events: int) -> list[dict[str, Any]]:
    """One direct message from each of many people."""
    message = {"type": "message", "channel_type": "im", "text": "what tone?", "ts": "1.1"}
    return [slack.event(message | {"channel": f"D{n}", "user": f"U{n}"}, f"Ev{n}") for n in range(events)]


def replies(slack: LoopbackSlack) -> Counter[str]:
    """How many replies each channel got."""
    return Counter(call["channel"] for call in slack.called("chat.postMessage"))


@pytest.mark.parametrize("events", [200, pytest.param(1000, marks=pytest.mark.slow)])
def test_events_delivered_many_times_across_restarts_are_answered_exactly_once(tmp_path: Path, events: int) -> None:
    with LoopbackSlack() as slack:
        bodies = asked_by_many(slack, events)
        deliveries = bodies * DELIVERIES
        random.Random(2026).shuffle(deliveries)  # noqa: S311 - an order, the same in every run
        sent = []
        for life in range(RESTARTS + 1):
            with running(slack, f"sqlite:///{tmp_path}/bot.db"):
                sent += (burst := [slack.send(body) for body in deliveries[life :: RESTARTS + 1]])
                assert slack.wait_for(lambda: any(one.acknowledged for one in burst))
        assert not all(envelope.acknowledged for envelope in sent), "a bot that is closed leaves work undone"
        with running(slack, f"sqlite:///{tmp_path}/bot.db"):
            assert all(slack.deliver(body) for body in bodies)
        assert replies(slack) == Counter({f"D{n}": 1 for n in range(events)})


def test_a_bot_killed_again_and_again_answers_nothing_twice_and_loses_only_what_it_was_sending(tmp_path: Path) -> None:
    with LoopbackSlack() as slack:
        bodies = asked_by_many(slack, 60)
        for _ in range(KILLS):
            with serving(slack, f"sqlite:///{tmp_path}/bot.db") as process:
                before = replies(slack).total()
                for body in bodies:
                    slack.send(body)
                slack.wait_for(lambda: replies(slack).total() >= before + 10)  # noqa: B023 - called at once
                process.kill()
            assert slack.wait_for(lambda: not slack.lines)
        with running(slack, f"sqlite:///{tmp_path}/bot.db"):
            for body in bodies:
                slack.deliver(body, attempts=1)
        with sqlite3.connect(tmp_path / "bot.db") as database:
            in_doubt = {event for (event,) in database.execute("select event from claims where state = 'sending'")}
        database.close()
        unanswered = {body["event_id"] for body in bodies if body["event"]["channel"] not in replies(slack)}
        assert set(replies(slack).values()) == {1}
        assert unanswered <= in_doubt
