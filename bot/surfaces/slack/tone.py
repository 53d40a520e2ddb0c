"""Tone checks in Slack: /tone and the shortcut "Check tone" open a modal; checking happens in it, again and again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from slack_bolt import BoltResponse

from bot.domain import UnusableDraftError
from bot.surfaces.slack import tone_views as views
from bot.surfaces.slack.incoming import typed
from bot.surfaces.slack.posting import InDoubtError, UnsentError, send
from bot.surfaces.slack.replies import incident

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_bolt import App
    from slack_sdk import WebClient

    from bot.domain import CheckTone

LOG = logging.getLogger(__name__)


def check_tone_in(app: App, client: WebClient, check: CheckTone) -> None:
    """Add the listeners of the tone check to a Bolt app."""
    window = Window(client, check)

    @app.command("/tone")
    def tone(body: dict[str, Any]) -> BoltResponse:
        return window.opened(typed(body.get("text") or ""), body["trigger_id"])

    @app.shortcut({"type": "message_action", "callback_id": views.CHECK_TONE})
    def message(body: dict[str, Any]) -> BoltResponse:
        written = body["message"]
        own = written.get("user") == body["user"]["id"]
        text = typed(written.get("text") or "") if own else ""
        return window.opened(text, body["trigger_id"], "" if own else views.NOT_YOURS)

    @app.action(views.MORE_ROOM)
    def more_room(body: dict[str, Any]) -> BoltResponse:
        return window.widened(body["view"])

    @app.action(views.CHECK_LONG)
    def long_draft(body: dict[str, Any]) -> BoltResponse:
        return window.checked(body["view"])

    @app.view(views.CHECK_TONE)
    def submitted(body: dict[str, Any]) -> BoltResponse:
        return window.submitted(body["view"])


class Window:
    """The modal in which one person checks a draft."""

    def __init__(self, client: WebClient, check: CheckTone) -> None:
        self._client, self._check = client, check

    def opened(self, text: str, trigger: str, note: str = "") -> BoltResponse:
        """Open it, with what was found in a text, or with an empty form."""
        view = self._result(text, 0) if text.strip() else views.form(note=note)
        return _shown(self._client.views_open, trigger_id=trigger, view=view)

    def widened(self, given: dict[str, Any]) -> BoltResponse:
        """Add a box to it; what was typed stays."""
        text, turn = views.draft_of(given), views.turn_of(given) + 1
        return self._updated(given, views.form(text, turn=turn, boxes=views.boxes_of(given) + 1))

    def checked(self, given: dict[str, Any]) -> BoltResponse:
        """Show in it what was found in the draft that it holds, whatever its length."""
        return self._updated(given, self._result(views.draft_of(given), views.turn_of(given) + 1))

    def submitted(self, given: dict[str, Any]) -> BoltResponse:
        """The same, in the acknowledgement, which has room for less."""
        try:
            view = views.result(self._check(views.draft_of(given)), views.turn_of(given) + 1)
        except UnusableDraftError as fault:
            return _refused(given, str(fault))
        except Exception as error:  # noqa: BLE001 - the edge: a person waits, and its text may hold the draft
            view = views.form(views.draft_of(given), turn=views.turn_of(given) + 1, note=incident(error))
        if not views.acknowledgeable(view):
            return _refused(given, views.TOO_LONG_HERE)
        return BoltResponse(status=200, body={"response_action": "update", "view": view})

    def _updated(self, given: dict[str, Any], view: dict[str, Any]) -> BoltResponse:
        return _shown(self._client.views_update, view_id=given["id"], hash=given["hash"], view=view)

    def _result(self, text: str, turn: int) -> dict[str, Any]:
        try:
            return views.result(self._check(text), turn)
        except UnusableDraftError as fault:
            return views.form(text, turn=turn, note=str(fault))
        except Exception as error:  # noqa: BLE001 - as above
            return views.form(text, turn=turn, note=incident(error))


def _shown(call: Callable[..., object], **where: Any) -> BoltResponse:
    try:
        send(lambda: call(**where))
    except (UnsentError, InDoubtError) as error:
        LOG.warning("A tone check could not be shown (%s).", error)
        return BoltResponse(status=503)
    return BoltResponse(status=200)


def _refused(given: dict[str, Any], sentence: str) -> BoltResponse:
    errors = {views.first_box(given): sentence}
    return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})
