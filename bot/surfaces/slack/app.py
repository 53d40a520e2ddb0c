"""Slack in and out: the listeners of the Bolt app, and serving until told to stop."""

from __future__ import annotations

import logging
import signal
from contextlib import closing, contextmanager
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

from slack_bolt import App, BoltResponse
from slack_bolt.error import BoltError
from slack_sdk.errors import SlackApiError

from bot.store import Store, StoreProblem
from bot.surfaces.slack.delivery import Delivery
from bot.surfaces.slack.incoming import asked, redelivered, teams, typed
from bot.surfaces.slack.line import make_client, make_socket
from bot.surfaces.slack.posting import InDoubtError, UnsentError, send
from bot.surfaces.slack.quiet import quiet_logger
from bot.surfaces.slack.render import SHOW_SECTION
from bot.surfaces.slack.replies import Replies
from bot.surfaces.slack.tone import check_tone_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from slack_bolt.context import BoltContext
    from slack_bolt.request import BoltRequest
    from slack_sdk import WebClient

    from bot.domain import Ask, CheckTone
    from bot.settings import Settings
    from bot.surfaces.slack.incoming import Asked

LOG = logging.getLogger(__name__)
HOUR = 3600.0


class SlackProblem(Exception):
    """Slack cannot be served; the message is one sentence with the mend."""


def make_app(ask: Ask, check_tone: CheckTone, store: Store, client: WebClient, *, team: str | None) -> App:
    """The Bolt app: direct messages, mentions, /protocol, "show the whole section" and tone checks, all in private.

    `team` is the one workspace served, by default the token's own. Raises BoltError when Slack refuses the token.
    """
    client.retry_handlers = []  # the SDK's would post an answer twice when a connection drops after it arrived
    app = App(name="protocol-bot", client=client, logger=quiet_logger(), process_before_response=True)
    replies = Replies(ask)
    _serve_home_only(app, team)
    _answer_messages(app, client, Delivery(replies, store))
    _answer_commands(app, client, replies)
    check_tone_in(app, client, check_tone)
    return app


def serve(ask: Ask, check_tone: CheckTone, settings: Settings) -> None:
    """Serves Slack until SIGTERM or SIGINT; answers under way are finished first.

    Raises SettingsProblem, StoreProblem or SlackProblem, each one sentence.
    """
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s: %(message)s")
    bot_token, app_token = settings.slack_tokens()
    stop = _stop_signal()
    with closing(Store(settings.state)) as store:
        store.release_unsent()
        client = make_client(bot_token, settings.slack_api_url)
        with (
            _explained(),
            closing(make_socket(make_app(ask, check_tone, store, client, team=settings.slack_team), app_token)) as line,
        ):
            line.client.connect()
            LOG.info("Connected to Slack.")
            _purge_hourly(store, stop)
    LOG.info("Stopped.")


def _serve_home_only(app: App, team: str | None) -> None:
    @app.middleware
    def home_only(body: dict[str, Any], context: BoltContext, next_: Callable[[], Any]) -> Any:
        known = context.authorize_result
        return next_() if teams(body) == {team or (known and known.team_id)} else _acknowledged()


def _answer_messages(app: App, client: WebClient, delivery: Delivery) -> None:
    def in_thread(message: Asked, content: dict[str, Any]) -> object:
        thread = message.thread or message.ts
        return client.chat_postMessage(
            channel=message.channel, thread_ts=thread, unfurl_links=False, unfurl_media=False, **content
        )

    def to_asker_alone(message: Asked, content: dict[str, Any]) -> object:
        return client.chat_postEphemeral(
            channel=message.channel, user=message.user, thread_ts=message.thread, **content
        )

    def answered(body: dict[str, Any], request: BoltRequest, post: Callable[..., object]) -> BoltResponse:
        message, last = asked(body), redelivered(request.headers)
        settled = message is None or delivery.once(message, partial(post, message), last_chance=last)
        return _acknowledged(settled=settled)

    @app.event("message")
    def direct_message(body: dict[str, Any], request: BoltRequest) -> BoltResponse:
        direct = body["event"].get("channel_type") == "im"
        return answered(body, request, in_thread) if direct else _acknowledged()

    @app.event("app_mention")
    def mention(body: dict[str, Any], request: BoltRequest) -> BoltResponse:
        return answered(body, request, to_asker_alone)


def _answer_commands(app: App, client: WebClient, replies: Replies) -> None:
    @app.command("/protocol")
    def protocol(body: dict[str, Any]) -> BoltResponse:
        reply = replies.always(typed(body.get("text") or ""))
        return BoltResponse(status=200, body={"response_type": "ephemeral", **reply})

    @app.action(SHOW_SECTION)
    def show_section(body: dict[str, Any]) -> BoltResponse:
        view = replies.section(body["actions"][0]["value"])
        try:
            send(lambda: client.views_open(trigger_id=body["trigger_id"], view=view))
        except (UnsentError, InDoubtError) as error:
            LOG.warning("A section could not be shown (%s).", error)
            return _acknowledged(settled=False)
        return _acknowledged()


def _acknowledged(*, settled: bool = True) -> BoltResponse:
    # Bolt acknowledges an envelope only for a status of 200 (adapter/socket_mode/internals.py); else Slack comes again.
    return BoltResponse(status=200 if settled else 503)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (BoltError, SlackApiError):
        raise SlackProblem("Slack refuses a token; make new ones as docs/running.md says, and set both.") from None
    except OSError as error:
        kind = type(error).__name__
        raise SlackProblem(f"Slack cannot be reached ({kind}); check network and proxy, HTTPS to slack.com.") from None


def _purge_hourly(store: Store, stop: Event) -> None:
    while True:
        try:
            store.purge()
        except StoreProblem as problem:
            LOG.warning("%s", problem)  # a later hour will do; answering matters more
        if stop.wait(HOUR):
            return


def _stop_signal() -> Event:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
