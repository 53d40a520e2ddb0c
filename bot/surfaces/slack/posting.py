"""Sending one call to Slack at most once, and knowing afterwards whether it can have arrived."""

from __future__ import annotations

import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.error import URLError

from slack_sdk.errors import SlackApiError

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_SECONDS = 8
# docs.slack.dev of these two: "It's possible some aspect of the operation succeeded before the error was raised."
HALF_DONE = {"fatal_error", "internal_error"}
# Slack's words that help an administrator; only these reach the log, so that no text can by way of an answer.
LOGGED = HALF_DONE | {
    "account_inactive",
    "channel_not_found",
    "expired_trigger_id",
    "invalid_auth",
    "invalid_blocks",
    "is_archived",
    "messages_tab_disabled",
    "missing_scope",
    "msg_blocks_too_long",
    "not_in_channel",
    "ratelimited",
    "restricted_action",
    "token_revoked",
    "user_not_in_channel",
}


class UnsentError(Exception):
    """Slack has certainly not taken the call; the message is the kind of error, never its text."""


class InDoubtError(Exception):
    """Slack may have taken the call, so it must not be repeated; the message is the kind of error."""


def send(call: Callable[[], object]) -> None:
    """Makes a call to Slack; once more if Slack refuses it for its rate and asks to wait no more than eight seconds.

    Raises UnsentError or InDoubtError for every failure.
    """
    for pauses in (1, 0):
        try:
            call()
        except SlackApiError as error:
            pause = _pause(error)
            if pause is None or not pauses:
                raise _failure(error) from None
            time.sleep(pause)
        except URLError as error:  # urllib raises it only while the request is not yet wholly written
            raise UnsentError(type(error.reason).__name__) from None
        except Exception as error:  # noqa: BLE001 - whatever else went wrong may have done so after the post arrived
            raise InDoubtError(type(error).__name__) from None
        else:
            return


def _pause(error: SlackApiError) -> int | None:
    wait = str(error.response.headers.get("Retry-After", ""))
    limited = error.response.status_code == HTTPStatus.TOO_MANY_REQUESTS
    return int(wait) if limited and wait.isdecimal() and int(wait) <= PATIENCE_SECONDS else None


def _failure(error: SlackApiError) -> UnsentError | InDoubtError:
    status, code = error.response.status_code, str(error.response.get("error"))
    refused = status == HTTPStatus.OK and re.fullmatch(r"[a-z_]{1,60}", code) and code not in HALF_DONE
    kind = code if code in LOGGED else f"HTTP {status}"
    return UnsentError(kind) if refused or status in range(400, 500) else InDoubtError(kind)
