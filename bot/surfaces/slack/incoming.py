"""What Slack delivers, read into what the bot needs; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MARKED_UP = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it reached the bot: the event that brought it, what was typed, and where the answer belongs.

    `thread` is the thread's timestamp where the message stands in one. Never written or logged.
    """

    event: str
    text: str
    channel: str
    user: str
    ts: str
    thread: str | None


def asked(body: Mapping[str, Any]) -> Asked | None:
    """The question in an Events API body; None for what no person has just written (bots, edits, joins, deletions)."""
    event = body["event"]
    if any(event.get(mark) for mark in ("bot_id", "subtype", "edited", "hidden")):
        return None
    event_id, channel, user, ts = body.get("event_id"), event.get("channel"), event.get("user"), event.get("ts")
    if not (event_id and channel and user and ts):
        return None
    return Asked(event_id, typed(event.get("text") or ""), channel, user, ts, event.get("thread_ts"))


def typed(text: str) -> str:
    """A message as its author typed it: mentions left out, links as their label, escaped characters restored."""
    plain = MARKED_UP.sub(_unmarked, text)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def teams(body: Mapping[str, Any]) -> set[str]:
    """The ids of every workspace an envelope speaks of: where it was sent, and where its author is at home."""
    event, user, team = (body.get(key) or {} for key in ("event", "user", "team"))
    named = [body.get("team_id"), *(event.get(key) for key in ("team", "user_team", "source_team"))]
    named += [part.get(key) for part, key in ((team, "id"), (user, "team_id")) if isinstance(part, dict)]
    return {name for name in named if name}


def redelivered(headers: Mapping[str, Sequence[str]]) -> bool:
    """Whether Slack had delivered this event before."""
    return any(number not in ("", "0") for number in headers.get("x-slack-retry-num", ()))


def _unmarked(match: re.Match[str]) -> str:
    target, label = match.groups()
    if target.startswith(("@", "!")):
        return ""
    return label or target.removeprefix("#")
