"""The two lines to Slack: calls of its web API, and the Socket Mode connection that brings its events."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.surfaces.slack.quiet import quiet_logger

if TYPE_CHECKING:
    from slack_bolt import App

LOG = logging.getLogger(__name__)
CALL_SECONDS = 10
# Listeners run in the connection's own workers because the answer comes before the acknowledgement; a worker can wait
# eight seconds for Slack's rate limit, so there are more of them than answers need.
WORKERS = 16
# slack_sdk reads an envelope by recursion, one level a buffer: at its default of 1,024 bytes a long message kills it.
BUFFER_BYTES = 65_536


def make_client(token: str, api_url: str) -> WebClient:
    """The web API client of one workspace; it logs no bodies and repeats no call by itself."""
    return WebClient(token=token, base_url=api_url, timeout=CALL_SECONDS, logger=quiet_logger(), retry_handlers=[])


def make_socket(app: App, app_token: str, ping_seconds: float = 5) -> SocketModeHandler:
    """The Socket Mode connection of an app, not yet connected; a lost connection is noticed within four pings."""
    socket = SocketModeHandler(
        app,
        app_token,
        logger=quiet_logger(),
        ping_interval=ping_seconds,
        concurrency=WORKERS,
        receive_buffer_size=BUFFER_BYTES,
    )
    socket.client.on_close_listeners.append(lambda code, _: LOG.warning("Slack closed the connection (%s).", code))
    return socket
