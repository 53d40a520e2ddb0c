"""Tone checks in Slack: /tone and the shortcut "Check tone" open a modal; checking happens in it, again and again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from slack_bolt import BoltResponse

from bot.domain import UnservableError, UnusableDraftError
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

    def shown(call: Callable[..., object], **where: Any) -> BoltResponse:
        try:
            send(lambda: call(**where))
        except (UnsentError, InDoubtError) as error:
            LOG.warning("A tone check could not be shown (%s).", error)
            return BoltResponse(status=503)
        return BoltResponse(status=200)

    def opened(text: str, trigger: str) -> BoltResponse:
        view = _checked(check, text, 0) if text.strip() else views.form()
        return shown(client.views_open, trigger_id=trigger, view=view)

    @app.command("/tone")
    def tone(body: dict[str, Any]) -> BoltResponse:
        return opened(typed(body.get("text") or ""), body["trigger_id"])

    @app.shortcut({"type": "message_action", "callback_id": views.CHECK_TONE})
    def message(body: dict[str, Any]) -> BoltResponse:
        return opened(typed(body["message"].get("text") or ""), body["trigger_id"])

    @app.action(views.MORE_ROOM)
    def more_room(body: dict[str, Any]) -> BoltResponse:
        given = body["view"]
        text, turn = views.draft_of(given), views.turn_of(given) + 1
        view = views.form(text, turn=turn, boxes=views.boxes_of(given) + 1)
        return shown(client.views_update, view_id=given["id"], hash=given["hash"], view=view)

    @app.view(views.CHECK_TONE)
    def submitted(body: dict[str, Any]) -> BoltResponse:
        given = body["view"]
        text = views.draft_of(given)
        try:
            view = views.result(check(text), views.turn_of(given) + 1)
        except UnusableDraftError as fault:
            errors = {views.first_box(given): str(fault)}
            return BoltResponse(status=200, body={"response_action": "errors", "errors": errors})
        except Exception as error:  # noqa: BLE001 - the edge: a person waits, and its text may hold the draft
            view = views.form(text, turn=views.turn_of(given) + 1, note=_sorry(error))
        return BoltResponse(status=200, body={"response_action": "update", "view": view})


def _checked(check: CheckTone, text: str, turn: int) -> dict[str, Any]:
    try:
        return views.result(check(text), turn)
    except UnusableDraftError as fault:
        return views.form(text, turn=turn, note=str(fault))
    except Exception as error:  # noqa: BLE001 - as above
        return views.form(text, turn=turn, note=_sorry(error))


def _sorry(error: Exception) -> str:
    return str(error) if isinstance(error, UnservableError) else incident(error)
