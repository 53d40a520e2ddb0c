"""Drafts with planted names and numbers go through every path, at DEBUG: nothing of them is left behind anywhere."""

from __future__ import annotations

import io
import json
import logging
import random
import string
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest
from loopback_slack import TEAM, LoopbackSlack
from running_slack import running

from bot.__main__ import main
from bot.bootstrap import live, make_check_tone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.domain import CheckTone

DRAFTS = (
    "Dear {name}, you have been covering this up and everybody knows it. Ring me on {phone} by Friday or else!!!",
    "The tenant, {name}, has cancer and is behind with the rent. Her number is {phone}. Please could you call her?",
    "Could {name} send the figures by Thursday, because scrutiny meets on the 12th? My number is {phone}.",
    "> {name} wrote on {phone}\nI AM NOT HAPPY WITH {name}. WHAT DO WE PAY YOU FOR???",
)


def _planted(chance: random.Random) -> tuple[str, str, str]:
    """A draft, and the name and the number that nobody else on earth has."""
    name = "".join(chance.choices(string.ascii_lowercase, k=14)).capitalize()
    phone = f"07{chance.randrange(10**9):09d}"
    return chance.choice(DRAFTS).format(name=name, phone=phone), name, phone


def _submitted(text: str) -> dict[str, Any]:
    values = {"draft-0-0": {"draft": {"type": "plain_text_input", "value": text}}}
    view = {
        "id": "V1",
        "hash": "h",
        "callback_id": "check_tone",
        "private_metadata": json.dumps({"turn": 0}),
        "state": {"values": values},
    }
    return {"team": {"id": TEAM}, "user": {"id": "U1", "team_id": TEAM}, "view": view, "trigger_id": "t"}


def _in_slack(slack: LoopbackSlack, text: str, place: int) -> None:
    asker = {"team": {"id": TEAM}, "user": {"id": "U1", "team_id": TEAM}, "trigger_id": "t"}
    ways: tuple[tuple[dict[str, Any], str], ...] = (
        (
            {"command": "/tone", "text": text, "team_id": TEAM, "user_id": "U1", "trigger_id": "t", "channel_id": "C1"},
            "slash_commands",
        ),
        ({"type": "message_action", "callback_id": "check_tone", "message": {"text": text}, **asker}, "interactive"),
        ({"type": "view_submission", **_submitted(text)}, "interactive"),
        (
            {
                "type": "block_actions",
                "actions": [{"action_id": "tone_more_room", "block_id": "room-0", "type": "button"}],
                **_submitted(text),
            },
            "interactive",
        ),
    )
    if place % 10 == 0:
        slack.plan("views.open", 200, {"ok": False, "error": text})
    body, kind = ways[place % len(ways)]
    slack.send(body, kind).done.wait(10)


def _at_the_terminal(index: Path, text: str, place: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    common = ["--index", str(index), "--council", "barsetshire"]
    draft = folder / "mail.txt"
    if place % 3 == 0:
        draft.write_text(text, "utf-8")
        arguments = ["tone", str(draft), *common]
    elif place % 3 == 1:
        arguments = ["tone", "--json", *common]
    else:
        text = json.dumps({"id": 1, "text": text})
        arguments = ["tone", "--batch", "-", *common]
    with monkeypatch.context() as patch, redirect_stdout(io.TextIOWrapper(io.BytesIO(), "utf-8")):
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8"))
        assert main(arguments) == 0
    draft.unlink(missing_ok=True)


@pytest.fixture
def check(published: Path) -> CheckTone:
    return make_check_tone(live(published, "barsetshire", logging.getLogger("tests").warning))


@pytest.fixture
def connected(tmp_path: Path, check: CheckTone) -> Iterator[LoopbackSlack]:
    with LoopbackSlack() as slack, running(slack, f"sqlite:///{tmp_path}/bot.db", check=check):
        yield slack


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_no_planted_name_or_number_is_left_anywhere(  # noqa: PLR0913, PLR0917 - all that could hold one
    count: int,
    connected: LoopbackSlack,
    published: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(7)  # noqa: S311 - it varies, it guards nothing
    caplog.set_level(logging.DEBUG)
    monkeypatch.chdir(tmp_path)
    canaries: list[str] = []
    for place in range(count):
        draft, *planted = _planted(chance)
        canaries += planted
        _in_slack(connected, draft, place)
        if place % 20 == 0:
            _at_the_terminal(published, draft, place // 20, tmp_path, monkeypatch)
    assert {call.method for call in connected.calls} >= {"views.open", "views.update"}
    shown = {"views.open", "views.update"}  # the writer's own window
    elsewhere = [json.dumps(call.arguments) for call in connected.calls if call.method not in shown]
    left = [path.read_bytes() for folder in (tmp_path, published) for path in folder.rglob("*") if path.is_file()]
    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    everything = b"\n".join([*left, logged.encode(), "".join(elsewhere).encode(), "".join(capfd.readouterr()).encode()])
    assert "tone check could not be shown" in logged, "the log was looked at"
    assert [canary for canary in canaries if canary.encode() in everything] == []
