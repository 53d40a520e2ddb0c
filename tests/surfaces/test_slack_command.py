"""`protocol-bot slack`, the command itself: a published revision, a real process, a Slack on the loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from loopback_slack import APP_TOKEN, BOT_TOKEN, BOT_USER, TEAM, LoopbackSlack, texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROTAS = "Running a service from day to day is an operational matter. Officers set rotas, manage staff and spend within"


@contextmanager
def _bot(slack: LoopbackSlack, index: Path, state: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()} | {
        "PROTOCOL_BOT_SLACK_BOT_TOKEN": BOT_TOKEN,
        "PROTOCOL_BOT_SLACK_APP_TOKEN": APP_TOKEN,
        "PROTOCOL_BOT_SLACK_API_URL": slack.api_url,
        "PROTOCOL_BOT_STATE": f"sqlite:///{state}/bot.db",
    }
    command = [sys.executable, "-m", "bot", "slack", "--index", str(index)]
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, env=environment, **output) as process:  # type: ignore[call-overload]
        try:
            assert slack.wait_for(lambda: slack.lines, 30)
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def slack(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackSlack]:
    with LoopbackSlack() as slack, _bot(slack, published, tmp_path_factory.mktemp("state")):
        yield slack


def _message(kind: str, channel: str, text: str) -> dict[str, Any]:
    return {"type": kind, "channel": channel, "user": "U1", "ts": f"18000.{channel}", "text": text}


def test_a_direct_message_gets_the_published_words(slack: LoopbackSlack) -> None:
    slack.deliver(slack.event(_message("message", "D1", "who sets the rota?") | {"channel_type": "im"}))
    [reply] = [call for call in slack.called("chat.postMessage") if call["channel"] == "D1"]
    assert texts(reply["blocks"], "rich_text_quote")[0].startswith(ROTAS)
    assert "Barsetshire Protocol, section 2.1" in unescape(reply["text"])


def test_a_mention_gets_them_alone(slack: LoopbackSlack) -> None:
    slack.deliver(slack.event(_message("app_mention", "C1", f"<@{BOT_USER}> who sets the rota?")))
    [reply] = [call for call in slack.called("chat.postEphemeral") if call["channel"] == "C1"]
    assert reply["user"] == "U1"
    assert texts(reply["blocks"], "rich_text_quote")[0].startswith(ROTAS)
    assert not [call for call in slack.called("chat.postMessage") if call["channel"] == "C1"]


def test_the_command_gets_them_alone_and_without_a_text_says_how_to_ask(slack: LoopbackSlack) -> None:
    body = {"command": "/protocol", "text": "3.10", "team_id": TEAM, "user_id": "U1", "channel_id": "C1"}
    reply = slack.interact(body, "slash_commands")
    assert reply is not None
    assert reply["response_type"] == "ephemeral"
    assert "copied only to people who have to act on it" in unescape(reply["text"])
    empty = slack.interact(body | {"text": ""}, "slash_commands")
    assert empty is not None
    assert "Ask me about the protocol" in unescape(empty["text"])


def test_it_stops_cleanly_when_told_to(published: Path, tmp_path: Path) -> None:
    with LoopbackSlack() as slack, _bot(slack, published, tmp_path) as process:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Connected to Slack." in said
    assert "Traceback" not in said


def test_without_tokens_it_is_one_sentence(published: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PROTOCOL_BOT_SLACK")}
    command = [sys.executable, "-m", "bot", "slack", "--index", str(published)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 1
    assert "PROTOCOL_BOT_SLACK_BOT_TOKEN" in ran.stderr
    assert "Traceback" not in ran.stderr
