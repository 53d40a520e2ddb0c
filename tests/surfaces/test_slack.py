"""Slack as people meet it: the real Bolt app over Socket Mode, against a Slack on the loopback."""

from __future__ import annotations

import itertools
import json
import logging
import re
import signal
import sqlite3
import threading
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from loopback_slack import APP_TOKEN, BOT_TOKEN, BOT_USER, TEAM, LoopbackSlack, texts
from running_slack import LONG, MARKED, TONE, TWIN, WORDING, ask, check_tone, running, serving
from slack_sdk import WebClient

import bot.store
from bot.domain import Answer, Question
from bot.settings import Settings
from bot.store import Store, StoreProblem
from bot.surfaces.slack import app as slack_app
from bot.surfaces.slack.app import SlackProblem, make_app, serve
from bot.surfaces.slack.incoming import typed
from bot.surfaces.slack.line import make_client
from bot.surfaces.slack.quiet import quiet_logger
from bot.surfaces.slack.tone_views import CHECK_TONE

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackSlack]:
    """A Slack with the bot connected; tests share it, each in a channel of its own."""
    with LoopbackSlack() as slack, running(slack, f"sqlite:///{tmp_path_factory.mktemp('state')}/bot.db"):
        yield slack


class Room:
    """A channel that no other test uses, and what happened in it."""

    def __init__(self, slack: LoopbackSlack) -> None:
        number = next(NUMBERS)
        self.slack, self.ts, self.channel = slack, f"17000.{number:04}", f"D{number:04}"

    def message(self, text: str, event_id: str = "", team: str = TEAM, **fields: Any) -> dict[str, Any]:
        """What a person wrote to the bot here."""
        event = {"type": "message", "channel_type": "im", "channel": self.channel, "user": "U1", "ts": self.ts}
        return self.slack.event(event | {"text": text} | fields, event_id, team)

    def mention(self, text: str, **fields: Any) -> dict[str, Any]:
        """The same, as a mention of the bot."""
        event = {"type": "app_mention", "channel": self.channel, "user": "U1", "ts": self.ts}
        return self.slack.event(event | {"text": f"<@{BOT_USER}> {text}"} | fields)

    def got(self, method: str) -> list[dict[str, Any]]:
        """The calls of a method that landed here."""
        return [call for call in self.slack.called(method) if call["channel"] == self.channel]

    @property
    def replies(self) -> list[dict[str, Any]]:
        """Everything the bot said here."""
        return self.got("chat.postMessage") + self.got("chat.postEphemeral")


@pytest.fixture
def room(slack: LoopbackSlack) -> Room:
    return Room(slack)


def command(text: str) -> dict[str, Any]:
    return {"command": "/protocol", "text": text, "team_id": TEAM, "user_id": "U1", "channel_id": "C1"}


def click(value: str, action_id: str = "show_section") -> dict[str, Any]:
    action = {"type": "button", "action_id": action_id, "block_id": "b", "value": value}
    team, user = {"id": TEAM}, {"id": "U1", "team_id": TEAM}
    return {"type": "block_actions", "team": team, "user": user, "trigger_id": "1.2", "actions": [action]}


# Answers --------------------------------------------------------------------------------------------------------------


def test_a_direct_message_is_answered_in_its_thread_with_the_words_of_the_protocol(room: Room) -> None:
    assert room.slack.deliver(room.message("what tone in an e-mail?")) == 1
    [reply] = room.replies
    assert reply["thread_ts"] == room.ts
    assert texts(reply["blocks"], "rich_text_quote") == [TONE.text]
    assert TONE.text in unescape(reply["text"])
    assert reply["unfurl_links"] is reply["unfurl_media"] is False


def test_a_follow_up_in_a_thread_is_read_after_what_was_quoted_there(room: Room) -> None:
    room.slack.deliver(room.message("what tone?"))
    room.slack.deliver(room.message("and if it is urgent?", ts=f"{room.ts}1", thread_ts=room.ts))
    first, second = room.replies
    assert texts(second["blocks"], "rich_text_quote") == texts(first["blocks"], "rich_text_quote") == [TONE.text]


def test_what_was_quoted_is_known_in_its_own_thread_only(room: Room) -> None:
    room.slack.deliver(room.message("what tone?"))
    room.slack.deliver(room.message("and if it is urgent?", ts=f"{room.ts}1", thread_ts=f"{room.ts}9"))
    assert texts(room.replies[1]["blocks"], "rich_text_quote") == []


def test_what_was_quoted_is_known_to_its_asker_only(room: Room) -> None:
    room.slack.deliver(room.mention("what tone?"))
    room.slack.deliver(room.mention("and if it is urgent?", ts=f"{room.ts}1", thread_ts=room.ts, user="U2"))
    assert texts(room.replies[1]["blocks"], "rich_text_quote") == []


def test_a_direct_message_in_a_thread_is_answered_in_that_thread(room: Room) -> None:
    room.slack.deliver(room.message("what tone?", thread_ts="16999.1"))
    assert [reply["thread_ts"] for reply in room.replies] == ["16999.1"]


def test_a_mention_is_answered_to_the_asker_alone(room: Room) -> None:
    assert room.slack.deliver(room.mention("what tone?", user="U7")) == 1
    assert room.got("chat.postMessage") == []
    [reply] = room.got("chat.postEphemeral")
    assert reply["user"] == "U7"
    assert "thread_ts" not in reply
    assert texts(reply["blocks"], "rich_text_quote") == [TONE.text]


def test_a_mention_in_a_thread_is_answered_there(room: Room) -> None:
    room.slack.deliver(room.mention("what tone?", thread_ts="16999.1"))
    assert [reply["thread_ts"] for reply in room.got("chat.postEphemeral")] == ["16999.1"]


def test_a_mention_of_a_section_number_is_looked_up_without_the_mention(room: Room) -> None:
    room.slack.deliver(room.mention("6.1"))
    assert LONG.text.startswith(texts(room.replies[0]["blocks"], "rich_text_quote")[0])


def test_an_empty_mention_is_answered_with_help(room: Room) -> None:
    room.slack.deliver(room.mention(""))
    assert [reply["text"] for reply in room.replies] == [WORDING["help"]]


def test_the_command_is_answered_in_its_acknowledgement_to_the_asker_alone(slack: LoopbackSlack) -> None:
    before = len(slack.calls)
    answer = slack.interact(command("what tone?"), "slash_commands")
    assert answer
    assert answer["response_type"] == "ephemeral"
    assert texts(answer["blocks"], "rich_text_quote") == [TONE.text]
    assert len(slack.calls) == before


def test_an_empty_command_is_answered_with_help(slack: LoopbackSlack) -> None:
    answer = slack.interact(command("  "), "slash_commands")
    assert answer
    assert (answer["response_type"], answer["text"]) == ("ephemeral", WORDING["help"])


def test_a_command_whose_answer_is_long_is_still_acknowledged(slack: LoopbackSlack) -> None:
    answer = slack.interact(command("ward markup tone"), "slash_commands")
    assert answer
    assert len(texts(answer["blocks"], "rich_text_quote")) == 3
    assert slack.refused == []


def test_a_command_that_fails_is_answered_with_an_apology(slack: LoopbackSlack) -> None:
    answer = slack.interact(command("boom secret"), "slash_commands")
    assert answer
    assert answer["response_type"] == "ephemeral"
    assert re.search(r"the number [0-9a-f]{8}\.$", answer["text"])
    assert "secret" not in json.dumps(answer)


def test_a_message_of_over_a_million_characters_gets_a_sentence(room: Room) -> None:
    assert room.slack.deliver(room.message("x" * 1_500_000)) >= 1
    assert [reply["text"] for reply in room.replies] == ["Please ask in at most 1,000 characters."]


def test_text_that_looks_like_markup_reaches_slack_as_literal_text(room: Room) -> None:
    room.slack.deliver(room.message("markup"))
    [reply] = room.replies
    assert texts(reply["blocks"], "rich_text_quote") == [MARKED.text]
    assert "mrkdwn" not in json.dumps(reply)
    assert "<!channel>" not in reply["text"]


# Show the whole section -----------------------------------------------------------------------------------------------


def test_the_button_shows_the_whole_section(room: Room) -> None:
    room.slack.deliver(room.message("ward"))
    value = room.replies[0]["blocks"][-1]["accessory"]["value"]
    assert room.slack.interact(click(value)) is None
    view = room.slack.called("views.open")[-1]["view"]
    assert "".join(texts(view["blocks"], "rich_text_quote")) == LONG.text


def test_the_button_of_an_older_revision_shows_the_section_of_its_own_document(slack: LoopbackSlack) -> None:
    for section in (TONE, TWIN):
        slack.interact(click(f"{section.document}|4.2|2020-01-01-00000000"))
        assert texts(slack.called("views.open")[-1]["view"]["blocks"], "rich_text_quote") == [section.text]


@pytest.mark.parametrize("value", ["protocol|99.9|r", "guide|6.1|r"])
def test_a_section_that_is_gone_is_said_to_be(slack: LoopbackSlack, value: str) -> None:
    slack.interact(click(value))
    view = slack.called("views.open")[-1]["view"]
    assert texts(view["blocks"], "section") == [ask(Question(value.split("|")[1])).message]


def test_a_section_that_cannot_be_found_for_a_fault_is_apologised_for(slack: LoopbackSlack) -> None:
    slack.interact(click("protocol|boom|r"))
    [apology] = texts(slack.called("views.open")[-1]["view"]["blocks"], "section")
    assert re.search(r"the number [0-9a-f]{8}\.$", apology)


def test_a_click_that_came_too_late_is_not_acknowledged_so_slack_warns(slack: LoopbackSlack) -> None:
    slack.plan("views.open", 200, {"ok": False, "error": "expired_trigger_id"})
    with pytest.raises(TimeoutError):
        slack.interact(click("protocol|4.2|r"))


# Once, and only once --------------------------------------------------------------------------------------------------


def test_an_event_delivered_again_is_acknowledged_but_not_answered_again(room: Room) -> None:
    body = room.message("what tone?")
    assert [room.slack.deliver(body) for _ in range(3)] == [1, 1, 1]
    assert len(room.replies) == 1


@pytest.mark.parametrize("order", [1, -1])
def test_a_message_announced_as_mention_and_as_direct_message_is_answered_once(room: Room, order: int) -> None:
    announced = [room.message(f"<@{BOT_USER}> what tone?"), room.mention("what tone?")]
    for body in (*announced[::order], *announced):
        assert room.slack.deliver(body) == 1
    assert len(room.replies) == 1


def test_an_answer_slack_refused_is_sent_at_the_next_delivery(room: Room) -> None:
    room.slack.plan("chat.postMessage", 200, {"ok": False, "error": "channel_not_found"})
    assert room.slack.deliver(room.message("what tone?")) == 2
    assert len(room.replies) == 1


def test_an_answer_that_never_left_is_sent_at_the_next_delivery(tmp_path: Path) -> None:
    with LoopbackSlack() as slack:
        client = make_client(BOT_TOKEN, slack.api_url)
        with running(slack, f"sqlite:///{tmp_path}/bot.db", client=client):
            room = Room(slack)
            client.base_url = "http://127.0.0.1:1/api/"
            assert slack.deliver(room.message("what tone?", "Ev1"), attempts=1) == 0
            client.base_url = slack.api_url
            assert slack.deliver(room.message("what tone?", "Ev1")) == 1
            assert len(room.replies) == 1


def test_an_event_delivered_again_while_it_is_being_answered_stays_open_until_it_is(tmp_path: Path) -> None:
    asking, go_on = threading.Event(), threading.Event()

    def slowly(question: Question) -> Answer:
        asking.set()
        go_on.wait(10)
        return ask(question)

    with LoopbackSlack() as slack, running(slack, f"sqlite:///{tmp_path}/bot.db", slowly):
        room = Room(slack)
        body = room.message("what tone?")
        slack.plan("chat.postMessage", 200, {"ok": False, "error": "not_in_channel"})
        first = slack.send(body)
        assert asking.wait(10)
        assert slack.deliver(body, attempts=1) == 0
        go_on.set()
        assert first.done.wait(10)
        assert slack.deliver(body) == 1
        assert len(room.replies) == 1


def test_a_short_rate_limit_is_waited_for(room: Room) -> None:
    room.slack.plan("chat.postMessage", 429, {"ok": False, "error": "ratelimited"}, Retry_After="0")
    assert room.slack.deliver(room.message("what tone?")) == 1
    assert len(room.replies) == 1


def test_a_rate_limit_that_stays_is_left_to_the_next_delivery(room: Room) -> None:
    for wait in ("0", "0", "60"):
        room.slack.plan("chat.postMessage", 429, {"ok": False, "error": "ratelimited"}, Retry_After=wait)
    assert room.slack.deliver(room.message("what tone?")) == 3
    assert len(room.replies) == 1


def test_an_answer_whose_arrival_is_in_doubt_is_never_sent_again(room: Room) -> None:
    room.slack.drop_after_receipt("chat.postMessage")
    body = room.message("what tone?")
    assert room.slack.deliver(body) == 1
    room.slack.deliver(body, attempts=1)
    assert len(room.replies) == 1


@pytest.mark.parametrize(("status", "error"), [(500, "x"), (200, "fatal_error"), (200, "a page from a proxy")])
def test_an_answer_slack_may_have_half_taken_is_never_sent_again(room: Room, status: int, error: str) -> None:
    room.slack.plan("chat.postMessage", status, {"ok": False, "error": error})
    body = room.message("what tone?")
    assert room.slack.deliver(body) == 1
    room.slack.deliver(body, attempts=1)
    assert room.replies == []


def test_a_question_that_fails_is_apologised_for_at_the_second_delivery(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    assert room.slack.deliver(room.message("boom secret")) == 2
    [reply] = room.replies
    number = re.search(r"the number ([0-9a-f]{8})\.$", reply["text"])
    assert number
    assert f"Incident {number[1]}: RuntimeError." in caplog.messages
    assert "secret" not in caplog.text + json.dumps(reply)


def test_an_event_a_dead_process_left_unsent_is_answered_and_one_it_left_sending_is_not(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"
    dead = Store(url)
    dead.claim("EvUnsent")
    dead.claim("EvSending")
    dead.sending("EvSending")
    dead.close()
    with LoopbackSlack() as slack, running(slack, url):
        unsent, sending = Room(slack), Room(slack)
        assert slack.deliver(unsent.message("what tone?", "EvUnsent")) == 1
        slack.deliver(sending.message("what tone?", "EvSending"), attempts=2)
        assert (len(unsent.replies), len(sending.replies)) == (1, 0)


def test_an_event_that_cannot_be_claimed_is_left_to_slack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.store, "BUSY_MS", 20)
    with LoopbackSlack() as slack, running(slack, f"sqlite:///{tmp_path}/bot.db"):
        room = Room(slack)
        other = sqlite3.connect(tmp_path / "bot.db")
        other.execute("BEGIN IMMEDIATE")
        assert slack.deliver(room.message("what tone?", "Ev1"), attempts=1) == 0
        assert room.replies == []
        other.close()
        assert slack.deliver(room.message("what tone?", "Ev1")) == 1
        assert len(room.replies) == 1


# Not for the bot ------------------------------------------------------------------------------------------------------

UNANSWERED = [
    {"bot_id": "B9"},
    {"bot_id": "B1", "user": BOT_USER},
    {"user": BOT_USER},
    {"subtype": "message_changed"},
    {"subtype": "channel_join"},
    {"edited": {"user": "U1", "ts": "1.1"}},
    {"channel_type": "channel"},
    {"channel_type": "mpim"},
    {"user_team": "T9"},
    {"team": "T9", "source_team": "T9"},
    {"user": None},
    {"ts": None},
]


@pytest.mark.parametrize("fields", UNANSWERED)
def test_what_no_person_of_the_council_just_wrote_is_acknowledged_and_left_alone(
    room: Room, fields: dict[str, Any]
) -> None:
    assert room.slack.deliver(room.message("what tone?", **fields)) == 1
    assert room.replies == []


def test_another_workspace_is_acknowledged_and_left_alone(room: Room) -> None:
    assert room.slack.deliver(room.message("what tone?", team="T9")) == 1
    assert room.slack.interact(command("what tone?") | {"team_id": "T9"}, "slash_commands") is None
    assert room.replies == []


# The line -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [LoopbackSlack.refresh, LoopbackSlack.cut])
def test_the_bot_connects_again_and_answers(tmp_path: Path, loss: Any) -> None:
    with LoopbackSlack() as slack, running(slack, f"sqlite:///{tmp_path}/bot.db"):
        loss(slack)
        assert slack.wait_for(lambda: len(slack.called("apps.connections.open")) == 2 and slack.lines)
        room = Room(slack)
        assert slack.deliver(room.message("what tone?"))
        assert len(room.replies) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serving_ends_cleanly_when_told_to(tmp_path: Path, number: signal.Signals) -> None:
    with LoopbackSlack() as slack:
        url, room = f"sqlite:///{tmp_path}/new/bot.db", Room(slack)
        with closing(Store(url)) as dead:
            dead.claim("Ev1")
        with serving(slack, url) as process:
            assert slack.deliver(room.message("what tone?", "Ev1"))
            process.send_signal(number)
            said, _ = process.communicate(timeout=20)
        assert process.returncode == 0
        assert re.fullmatch(r"INFO [^\n]+: Connected to Slack\.\nINFO [^\n]+: Stopped\.\n", said)
        assert len(room.replies) == 1
        assert [path.name for path in (tmp_path / "new").iterdir()] == ["bot.db"]


def settings(slack: LoopbackSlack, tmp_path: Path, **changed: str) -> Settings:
    tokens = {"slack_bot_token": BOT_TOKEN, "slack_app_token": APP_TOKEN, "slack_api_url": slack.api_url}
    return Settings.load(state=f"sqlite:///{tmp_path}/bot.db", **(tokens | changed))


@pytest.mark.parametrize("token", [{"slack_bot_token": "xoxb-revoked"}, {"slack_app_token": "xapp-revoked"}])
def test_a_refused_token_is_one_sentence(tmp_path: Path, token: dict[str, str]) -> None:
    with LoopbackSlack() as slack, pytest.raises(SlackProblem, match=r"^Slack refuses a token; [^.]+docs/running\.md"):
        serve(ask, check_tone, settings(slack, tmp_path, **token))


def test_a_slack_out_of_reach_is_one_sentence(tmp_path: Path) -> None:
    with LoopbackSlack() as slack:
        gone = settings(slack, tmp_path)
    with pytest.raises(SlackProblem, match=r"^Slack cannot be reached \(\w+\); check [^.]+slack\.com\.$"):
        serve(ask, check_tone, gone)


def test_a_purge_that_fails_does_not_stop_the_bot(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    stop, store = threading.Event(), Store(f"sqlite:///{tmp_path}/bot.db")
    stop.set()
    store.close()
    (tmp_path / "bot.db").write_bytes(b"no database" * 100)
    slack_app._purge_hourly(store, stop)
    store.close()
    assert "cannot be used" in caplog.text


# The manifest ---------------------------------------------------------------------------------------------------------


def test_the_manifest_asks_for_no_more_than_the_bot_needs() -> None:
    manifest = yaml.safe_load((Path(slack_app.__file__).parent / "manifest.yaml").read_text("utf-8"))
    scopes = manifest["oauth_config"]["scopes"]
    assert {kind: set(names) for kind, names in scopes.items()} == {
        "bot": {"app_mentions:read", "chat:write", "commands", "im:history"}
    }
    subscribed = set(manifest["settings"]["event_subscriptions"]["bot_events"])
    assert subscribed == {"app_mention", "message.im"}
    assert manifest["settings"]["socket_mode_enabled"] is manifest["settings"]["interactivity"]["is_enabled"] is True
    assert [command["command"] for command in manifest["features"]["slash_commands"]] == ["/protocol", "/tone"]
    shortcuts = manifest["features"]["shortcuts"]
    assert [(shortcut["type"], shortcut["callback_id"]) for shortcut in shortcuts] == [("message", CHECK_TONE)]
    assert manifest["features"]["app_home"]["messages_tab_enabled"] is True
    assert manifest["features"]["app_home"]["messages_tab_read_only_enabled"] is False


def test_the_manifest_keeps_slacks_limits() -> None:
    manifest = yaml.safe_load((Path(slack_app.__file__).parent / "manifest.yaml").read_text("utf-8"))
    shown = manifest["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert re.fullmatch(r"#[0-9a-f]{6}", shown["background_color"])
    assert len(manifest["features"]["bot_user"]["display_name"]) <= 80
    assert all(len(command["description"]) <= 2000 for command in manifest["features"]["slash_commands"])
    for shortcut in manifest["features"]["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("<@UBOT> what tone?", "what tone?"),
        ("ask <@U2|ann> or <!here>", "ask  or"),
        ("see <https://x.example/a?b=1|the page> or <https://y.example>", "see the page or https://y.example"),
        ("in <#C1|general>: 1 &lt; 2 &amp;amp; &amp;lt; &amp;gt;", "in general: 1 < 2 &amp; &lt; &gt;"),
    ],
)
def test_a_message_is_read_as_it_was_typed(sent: str, written: str) -> None:
    assert typed(sent) == written


# Privacy --------------------------------------------------------------------------------------------------------------


def test_no_question_and_no_asker_is_written_anywhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    question, person, name = "canaryquestion", "UCANARYPERSON", "Canary Name"
    people: dict[str, Any] = {"user": person, "user_profile": {"display_name": name}}
    caplog.set_level(logging.DEBUG)
    url = f"sqlite:///{tmp_path}/bot.db"

    def leaky(question: Question) -> Answer:
        return ask(Question(question.text.replace("canaryquestion", "").strip() or question.text))

    with LoopbackSlack() as slack, running(slack, url, leaky, WebClient(token=BOT_TOKEN, base_url=slack.api_url)):
        for text in ("tone", "ward", "nothing known", "boom"):
            slack.deliver(Room(slack).message(f"{text} {question}", **people), attempts=2)
            slack.deliver(Room(slack).mention(f"{text} {question}", **people), attempts=2)
            slack.interact(command(f"{text} {question}") | {"user_id": person, "user_name": name}, "slash_commands")
        slack.plan("chat.postMessage", 200, {"ok": False, "error": question})
        slack.plan("chat.postMessage", 500, {"ok": False, "error": question})
        slack.drop_after_receipt("chat.postMessage")
        for _ in range(3):
            slack.deliver(Room(slack).message(f"tone {question}", **people), attempts=1)
        slack.deliver(Room(slack).message(question, **people, team="T9"), attempts=1)
        slack.deliver(Room(slack).message(question, **people, type="reaction_added"), attempts=1)
        sent = []
        for action in ("show_section", "unknown"):
            asker = {"user": {"id": person, "name": name, "team_id": TEAM}}
            sent.append(slack.send(click(f"protocol|boom {question}|r", action) | asker, "interactive"))
        sent.append(slack.send({"type": "unknown", "team_id": TEAM, "text": question, "user": person}, "interactive"))
        sent.append(slack.send(command(question) | {"command": "/other", "user_id": person}, "slash_commands"))
        assert all(envelope.done.wait(10) for envelope in sent)
        written = [path.read_bytes() for path in tmp_path.iterdir()]
        assert len(written) == 3, "database, write-ahead log and its index"
        said = [json.dumps(call.arguments) for call in slack.calls]
    written += [path.read_bytes() for path in tmp_path.iterdir()]
    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    everything = b"\n".join(written) + logged.encode() + "".join(capfd.readouterr()).encode()
    assert b"RuntimeError" in everything, "the log was looked at"
    for canary in (question, person, name, BOT_TOKEN, APP_TOKEN, "ticket="):
        assert canary.encode() not in everything
    for call in said:
        assert question not in call
        assert name not in call


def test_what_slacks_libraries_log_says_where_and_what_kind_but_nothing_more(caplog: pytest.LogCaptureFixture) -> None:
    try:
        int("canary")
    except ValueError:
        quiet_logger().exception("Failed on %s", "canary", stack_info=True)
    [record] = caplog.records
    assert re.fullmatch(r"Slack library, test_slack:\d+, ValueError", record.getMessage())
    assert "canary" not in f"{caplog.text} {record.__dict__}"


def test_the_sdk_posts_nothing_twice_whatever_client_it_is_given(slack: LoopbackSlack, tmp_path: Path) -> None:
    client = WebClient(token=BOT_TOKEN, base_url=slack.api_url)
    assert client.retry_handlers != []
    with closing(Store(f"sqlite:///{tmp_path}/bot.db")) as store:
        make_app(ask, check_tone, store, client, team=TEAM)
    assert client.retry_handlers == []


def test_a_store_that_cannot_be_opened_is_one_sentence(slack: LoopbackSlack, tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_bytes(b"no database" * 100)
    with pytest.raises(StoreProblem, match=r"bot\.db cannot be used"):
        serve(ask, check_tone, settings(slack, tmp_path))
