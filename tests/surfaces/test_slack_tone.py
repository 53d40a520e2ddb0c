"""Tone checks in Slack as people meet them: the real Bolt app and its modals, against a Slack on the loopback."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from loopback_slack import BOT_TOKEN, FRAME_BYTES, TEAM, LoopbackSlack, Modal, texts, view_fault
from running_slack import PROTOCOL, TONE, WORDING, check_tone, running
from slack_sdk import WebClient

from bot.domain import Category, Citation, Detail, Finding, ToneReport, UnservableError
from bot.surfaces.slack import tone_views as views

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

RUDE = "You are useless. Send the figures by Friday.\n\nRing 01632 960140."
MENDED = "That is not what I need. Send the figures by Friday."
APOLOGY = r"the number ([0-9a-f]{8})\.$"
MORE, LONG = views.MORE_ROOM, views.CHECK_LONG
LONG_DRAFTS = ["A useless report is of no help to anybody. " * 230, "ŵŷn ŵŷ, useless! " * 150]


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackSlack]:
    """A Slack with the bot connected; tests share it, each with modals of its own."""
    with LoopbackSlack() as slack, running(slack, f"sqlite:///{tmp_path_factory.mktemp('state')}/bot.db"):
        yield slack


def command(text: str = "") -> dict[str, Any]:
    """What Slack sends for /tone."""
    typed = {"command": "/tone", "text": text, "trigger_id": "1.2"}
    return typed | {"team_id": TEAM, "user_id": "U1", "channel_id": "C1"}


def shortcut(**message: Any) -> dict[str, Any]:
    """What Slack sends for "Check tone" in the menu of a message, by default of one's own."""
    body = {"type": "message_action", "callback_id": "check_tone", "trigger_id": "1.2", "channel": {"id": "C1"}}
    sent = {"type": "message", "user": "U1", "ts": "1.1", **message}
    return body | {"team": {"id": TEAM}, "user": {"id": "U1", "team_id": TEAM}, "message": sent}


def opened(slack: LoopbackSlack, body: dict[str, Any]) -> Modal:
    """The modal that a command or a shortcut opens; nothing is said beside it."""
    before = len(slack.modals)
    assert slack.interact(body, "slash_commands" if "command" in body else "interactive") is None
    assert len(slack.modals) == before + 1
    return slack.modals[-1]


def said(modal: Modal) -> list[str]:
    """The paragraphs of a modal: the first is its note or verdict."""
    return texts(modal.view["blocks"], "section")


def listed(modal: Modal) -> list[str]:
    """The headings and lines between the quotations of a modal."""
    return texts(modal.view["blocks"], "rich_text_section")


def quoted(modal: Modal) -> list[str]:
    """The quotations of a modal, each whole: the draft with its numbers, and the draft reworded."""
    quotations = [block for block in modal.view["blocks"] if "rich_text_quote" in json.dumps(block)]
    return ["".join(texts([quotation], "rich_text_quote")) for quotation in quotations]


def apologised(modal: Modal, error: type[Exception], caplog: pytest.LogCaptureFixture) -> None:
    """Asserts that a modal says nothing but an apology, with the number of an incident in the log."""
    [apology] = said(modal)
    number = re.search(APOLOGY, apology)
    assert number
    assert f"Incident {number[1]}: {error.__name__}." in caplog.messages


# The form -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "  \n "])
def test_the_command_alone_opens_an_empty_form_that_says_who_sees_it(slack: LoopbackSlack, text: str) -> None:
    modal = opened(slack, command(text))
    assert said(modal) == [views.PRIVATE]
    assert modal.written == [""]
    assert (modal.view["callback_id"], modal.view["submit"]["text"]) == ("check_tone", "Check")


def test_more_room_adds_a_box_until_there_are_four_and_keeps_what_was_typed(slack: LoopbackSlack) -> None:
    modal = opened(slack, command())
    modal.write("Dear Ann")
    for count in (2, 3, 4):
        assert modal.buttons == [LONG, MORE]
        before = modal.boxes
        slack.press(modal, MORE)
        assert "\n".join(filter(None, modal.written)) == "Dear Ann"
        assert len(modal.boxes) == count
        assert not set(before) & set(modal.boxes), "Slack would show what stood in a box of the same name"
    assert modal.buttons == [LONG]


def test_more_room_keeps_what_stands_in_every_box(slack: LoopbackSlack) -> None:
    modal = opened(slack, command())
    slack.press(modal, MORE)
    modal.write("a " * 1_450, "b " * 1_450)
    slack.press(modal, MORE)
    assert len(modal.boxes) == 3
    assert "".join(modal.written).split() == ["a"] * 1_450 + ["b"] * 1_450


def test_only_the_first_box_has_to_be_filled_in(slack: LoopbackSlack) -> None:
    modal = opened(slack, command())
    slack.press(modal, MORE)
    boxes = [block for block in modal.view["blocks"] if block["type"] == "input"]
    assert [box["optional"] for box in boxes] == [False, True]
    modal.write(RUDE)
    slack.submit(modal)
    assert said(modal)[0] == WORDING["tone_one"]


def test_boxes_are_read_as_one_draft_one_below_the_other(slack: LoopbackSlack) -> None:
    modal = opened(slack, command())
    slack.press(modal, MORE)
    modal.write("A useless start.", "A useless end.")
    slack.submit(modal)
    assert said(modal)[0] == "2 places are worth another look."
    assert quoted(modal)[0] == "A useless [1] start.\nA useless [2] end."


# The result -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [command(RUDE), shortcut(text=RUDE)])
def test_the_command_with_a_draft_and_the_shortcut_open_the_result(slack: LoopbackSlack, body: dict[str, Any]) -> None:
    modal = opened(slack, body)
    assert said(modal) == [WORDING["tone_one"], WORDING["tone_private"]]
    assert modal.written == [RUDE]
    assert modal.view["submit"]["text"] == "Check again"


def test_a_result_says_what_was_found_why_and_what_else_to_say(slack: LoopbackSlack) -> None:
    shown = listed(opened(slack, command(RUDE)))
    assert shown == [
        "1. Criticism of the person: ",
        "“useless”",
        "This is about the person.",
        "Perhaps: “not what I need”",
        "See Member/Officer Protocol, section 4.2, Tone, page 7, adopted 2026-05-19.",
        "Personal detail",
        "“01632 960140”: a telephone number",
        "Before you send",
        "Ring first.",
        "Worth keeping",
        "It says by when.",
        "With the suggestions in place",
    ]


def test_a_result_shows_the_draft_with_what_was_found_in_bold_and_the_draft_reworded(slack: LoopbackSlack) -> None:
    modal = opened(slack, command(RUDE))
    assert quoted(modal) == [RUDE.replace("useless", "useless [1]"), RUDE.replace("useless", "not what I need")]
    assert bold(modal.view) == ["useless", "1. Criticism of the person: "]


def test_a_draft_without_anything_to_point_out_is_not_quoted_back(slack: LoopbackSlack) -> None:
    modal = opened(slack, command(MENDED))
    assert said(modal) == [WORDING["tone_ok"], WORDING["tone_private"]]
    assert (quoted(modal), modal.written) == ([], [MENDED])
    assert listed(modal) == ["Worth keeping", "It says by when."]


def test_submitting_puts_the_result_in_the_same_modal_above_the_draft_in_new_boxes(slack: LoopbackSlack) -> None:
    modal = opened(slack, command())
    modal.write(RUDE)
    before = modal.boxes
    answer = slack.submit(modal)
    assert answer
    assert set(answer) == {"response_action", "view"}
    assert answer["response_action"] == "update"
    assert said(modal)[0] == WORDING["tone_one"]
    assert modal.written == [RUDE]
    assert not set(before) & set(modal.boxes), "Slack would show what stood in a box of the same name"
    assert modal.view["blocks"][-2]["type"] == "input", "the draft stands below what was found"


def test_a_draft_is_mended_and_checked_again_as_often_as_its_writer_likes(slack: LoopbackSlack) -> None:
    modal, names = opened(slack, command(RUDE)), list[str]()
    for draft, verdict in ((MENDED, "tone_ok"), (RUDE, "tone_one"), (MENDED, "tone_ok")):
        names += modal.boxes
        modal.write(draft)
        slack.submit(modal)
        assert (said(modal)[0], modal.written) == (WORDING[verdict], [draft])
    names += modal.boxes
    assert len(set(names)) == len(names) == 4


def test_a_draft_that_is_checked_again_untouched_stays_as_it_is(slack: LoopbackSlack) -> None:
    draft = "A useless start.\n\n" + " ".join(f"Line {number}.{chr(10) * (number % 3)}" for number in range(331))
    modal = opened(slack, shortcut(text=draft))
    assert len(modal.boxes) == 2
    for _ in range(3):
        slack.submit(modal)
        assert "".join(modal.written) == draft
    assert slack.refused == []


@pytest.mark.parametrize("draft", LONG_DRAFTS)
def test_a_result_too_long_to_acknowledge_with_is_refused_under_the_box_and_shown_by_the_button(
    tmp_path: Path, draft: str
) -> None:
    with LoopbackSlack() as slack, running(slack, f"sqlite:///{tmp_path}/bot.db"):
        modal = opened(slack, shortcut(text=draft))
        before, verdict = modal.boxes, said(modal)[0]
        for _ in range(2):
            assert slack.submit(modal) == {"response_action": "errors", "errors": {modal.boxes[0]: views.TOO_LONG_HERE}}
            slack.press(modal, LONG)
            assert (said(modal)[0], "".join(modal.written)) == (verdict, draft.strip())
        assert len(set(before) & set(modal.boxes)) == 0, "Slack would show what stood in a box of the same name"
        assert slack.lines == 1
        assert slack.refused == []


def test_the_button_checks_what_stands_in_every_box_however_short(slack: LoopbackSlack) -> None:
    modal = opened(slack, command())
    slack.press(modal, MORE)
    modal.write("A useless start.", "A useless end.")
    slack.press(modal, LONG)
    assert said(modal)[0] == "2 places are worth another look."
    assert modal.written == ["A useless start.\nA useless end."]


def test_what_somebody_else_wrote_is_not_checked(slack: LoopbackSlack) -> None:
    for other in ({"user": "U2"}, {"user": None}, {"user": "", "bot_id": "B9"}):
        modal = opened(slack, shortcut(text=RUDE, **other))
        assert (said(modal), modal.written) == ([views.NOT_YOURS], [""])


def test_a_message_of_slacks_is_read_as_it_was_typed(slack: LoopbackSlack) -> None:
    modal = opened(slack, shortcut(text="<@U9> see <https://x.example|the page>: 1 &lt; 2 &amp; useless"))
    assert modal.written == ["see the page: 1 < 2 & useless"]


@pytest.mark.parametrize("message", [{}, {"text": ""}, {"text": None}, {"text": "<@U9>"}])
def test_a_message_without_words_opens_an_empty_form(slack: LoopbackSlack, message: dict[str, Any]) -> None:
    modal = opened(slack, shortcut(**message))
    assert (said(modal), modal.written) == ([views.PRIVATE], [""])


def test_a_draft_that_looks_like_markup_is_shown_literally(slack: LoopbackSlack) -> None:
    draft = "<!channel> <@U1> *bold* _and_ ~so~ `on` &amp; :smile: <https://x|y> useless"
    modal = opened(slack, command())
    modal.write(draft)
    slack.submit(modal)
    assert modal.written == [draft]
    assert quoted(modal)[0] == f"{draft} [1]"
    shown = json.dumps(modal.view)
    assert "mrkdwn" not in shown
    assert '"emoji": true' not in shown
    kinds = {part["type"] for part in every_part(modal.view["blocks"]) if "text" in part}
    assert kinds == {"text", "section", "plain_text", "button"}


# What cannot be checked -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drafts", "sentence"),
    [
        (["  \n "], "Paste a draft."),
        (["word " * 600] * 4, "That is longer than 10,000 characters."),
    ],
)
def test_a_draft_that_cannot_be_checked_is_an_error_under_the_box_and_stays_there(
    slack: LoopbackSlack, drafts: list[str], sentence: str
) -> None:
    modal = opened(slack, command())
    for _ in drafts[1:]:
        slack.press(modal, MORE)
    modal.write(*drafts)
    before = modal.boxes
    answer = slack.submit(modal)
    assert answer == {"response_action": "errors", "errors": {before[0]: sentence}}
    assert (modal.boxes, modal.written) == (before, drafts)


def test_an_error_stands_under_the_first_box_of_a_later_turn_too(slack: LoopbackSlack) -> None:
    modal = opened(slack, command(RUDE))
    slack.submit(modal)
    modal.write(" ")
    slack.submit(modal)
    assert modal.errors == {modal.boxes[0]: "Paste a draft."}


def test_a_message_that_is_too_long_opens_a_form_with_all_of_it_and_says_why(slack: LoopbackSlack) -> None:
    text = "An officer writes to a ward member. " * 1_100
    modal = opened(slack, shortcut(text=text))
    assert said(modal) == ["That is longer than 10,000 characters."]
    assert "".join(modal.written) == text.strip()
    assert modal.buttons == [LONG]


@pytest.mark.parametrize(
    ("drafts", "sentence"),
    [([" "], "Paste a draft."), (["word " * 600] * 4, "That is longer than 10,000 characters.")],
)
def test_a_draft_that_the_button_cannot_check_stays_below_a_sentence_that_says_why(
    slack: LoopbackSlack, drafts: list[str], sentence: str
) -> None:
    modal = opened(slack, command())
    for _ in drafts[1:]:
        slack.press(modal, MORE)
    modal.write(*drafts)
    slack.press(modal, LONG)
    assert said(modal) == [sentence]
    assert "".join(modal.written).split() == "".join(drafts).split()


def test_a_fault_behind_the_button_is_an_apology_above_the_draft(
    slack: LoopbackSlack, caplog: pytest.LogCaptureFixture
) -> None:
    modal = opened(slack, command())
    modal.write("boom secret")
    slack.press(modal, LONG)
    apologised(modal, RuntimeError, caplog)
    assert "secret" not in caplog.text
    assert modal.written == ["boom secret"]


@pytest.mark.parametrize("body", [command("boom secret"), shortcut(text="boom secret")])
def test_a_fault_on_opening_is_an_apology_above_the_draft(
    slack: LoopbackSlack, body: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    modal = opened(slack, body)
    apologised(modal, RuntimeError, caplog)
    assert "secret" not in caplog.text
    assert modal.written == ["boom secret"]


def test_a_fault_on_submitting_is_an_apology_and_the_draft_is_neither_lost_nor_logged(
    slack: LoopbackSlack, caplog: pytest.LogCaptureFixture
) -> None:
    modal = opened(slack, command(RUDE))
    modal.write("boom secret")
    before = modal.boxes
    answer = slack.submit(modal)
    assert answer
    assert answer["response_action"] == "update"
    apologised(modal, RuntimeError, caplog)
    assert "secret" not in caplog.text
    assert modal.written == ["boom secret"]
    assert not set(before) & set(modal.boxes)
    modal.write(MENDED)
    slack.submit(modal)
    assert said(modal)[0] == WORDING["tone_ok"], "and it can be tried again"


def test_where_nothing_can_be_served_there_is_the_usual_apology_with_a_number(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def unserved(_: str) -> ToneReport:
        raise UnservableError("Nothing is published; run protocol-index build.")

    with LoopbackSlack() as slack, running(slack, f"sqlite:///{tmp_path}/bot.db", check=unserved):
        modal = opened(slack, command(RUDE))
        apologised(modal, UnservableError, caplog)
        slack.submit(modal)
        apologised(modal, UnservableError, caplog)
        slack.press(modal, LONG)
        apologised(modal, UnservableError, caplog)
        assert modal.written == [RUDE]


@pytest.mark.parametrize("body", [command(), command(RUDE), shortcut(text=RUDE)])
def test_a_modal_that_slack_refuses_to_open_is_not_acknowledged_so_slack_warns(
    slack: LoopbackSlack, body: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    slack.plan("views.open", 200, {"ok": False, "error": "expired_trigger_id"})
    with pytest.raises(TimeoutError):
        opened(slack, body)
    assert caplog.messages == ["A tone check could not be shown (expired_trigger_id)."]


@pytest.mark.parametrize("button", [MORE, LONG])
def test_a_button_of_a_modal_that_has_changed_meanwhile_changes_nothing(slack: LoopbackSlack, button: str) -> None:
    modal = opened(slack, command())
    given, modal.hash = modal.hash, "later"
    sent = modal.as_sent() | {"hash": given}
    body = {"type": "block_actions", "team": {"id": TEAM}, "user": {"id": "U1"}, "trigger_id": "1.2", "view": sent}
    with pytest.raises(TimeoutError):
        slack.interact(body | {"actions": [{"type": "button", "action_id": button, "block_id": "b", "value": ""}]})
    assert (len(modal.boxes), modal.hash) == (1, "later")


def test_another_workspace_is_acknowledged_and_left_alone(slack: LoopbackSlack) -> None:
    before = len(slack.calls)
    foreign = {"id": "U1", "team_id": "T9"}
    assert slack.interact(command(RUDE) | {"team_id": "T9"}, "slash_commands") is None
    assert slack.interact(shortcut(text=RUDE) | {"team": {"id": "T9"}, "user": foreign}) is None
    assert len(slack.calls) == before


# Privacy --------------------------------------------------------------------------------------------------------------


def walk_through(slack: LoopbackSlack, draft: str) -> None:
    """Everything that can be done with a draft, and that can go wrong with it."""
    for body in (command(draft), shortcut(text=draft), command(f"boom {draft}")):
        modal = opened(slack, body)
        for text in (draft, f"boom {draft}", " ", draft):
            modal.write(text)
            slack.submit(modal)
            slack.press(modal, LONG)
        slack.press(modal, MORE)
    opened(slack, shortcut(text=draft, user="U2"))
    opened(slack, shortcut(text=f"{draft} " * 2_000))
    slack.submit(opened(slack, shortcut(text=f"{draft} ŵŷŵŷŵŷŵŷŵŷ " * 150)))
    for refusal in ("expired_trigger_id", draft):
        slack.plan("views.open", 200, {"ok": False, "error": refusal})
        with pytest.raises(TimeoutError):
            opened(slack, command(draft))


def test_nothing_is_ever_said_in_a_channel(slack: LoopbackSlack) -> None:
    before = len(slack.calls)
    walk_through(slack, RUDE)
    assert {call.method for call in slack.calls[before:]} == {"views.open", "views.update"}
    assert slack.refused == []


def test_no_draft_and_no_asker_is_written_anywhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with LoopbackSlack() as slack:
        client = WebClient(token=BOT_TOKEN, base_url=slack.api_url)
        with running(slack, f"sqlite:///{tmp_path}/bot.db", client=client):
            walk_through(slack, "useless canarydraft")
            written = [path.read_bytes() for path in tmp_path.iterdir()]
    written += [path.read_bytes() for path in tmp_path.iterdir()]
    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    everything = b"\n".join(written) + logged.encode() + "".join(capfd.readouterr()).encode()
    assert b"RuntimeError" in everything, "the log was looked at"
    assert b"canarydraft" not in everything
    assert b'"U1"' not in everything


# Slack's limits -------------------------------------------------------------------------------------------------------

LONGEST = {
    "words": "word " * 2_000,
    "lines that fill half a box": ("word " * 300 + "\n") * 6 + "x" * 900,
    "lines that fill two thirds of a box": (("word " * 400)[1:] + "\n") * 5,
    "one line": "An officer writes to a ward member, and waits. " * 212,
    "line ends": "\n" * 9_999 + "x",
    "no space at all": "x" * 10_000,
    "beyond the first plane": "\U0001f600 " * 5_000,
    "markup": "<&*> " * 2_000,
}


def report(draft: str, count: int, *, room: int = 5_000) -> ToneReport:
    """A ToneReport of many findings, each with as much said of it as `room` allows."""
    clause = Citation(PROTOCOL, TONE, 1.0)
    width = max(1, len(draft) // max(1, count))
    findings = tuple(
        Finding(
            category=Category.SHOUTING,
            title="A title",
            start=start,
            end=min(len(draft), start + width),
            quote=draft[start : start + width],
            why="Why this is. " * (room // 13),
            suggestion="Say so. " * (room // 8),
            replacement="Say so.",
            sentence=(start, start + width),
            confidence=0.9,
            clause=clause,
        )
        for start in range(0, width * count, width)
    )
    details = tuple(Detail("phone", start, start + width, "a number") for start in range(0, width * count, width))
    said = ("Said at length. " * (room // 16),) * count
    return ToneReport(draft, findings, said, said, details, f"{draft}!", "r", 1.0, WORDING)


def every_part(tree: Any) -> Iterator[dict[str, Any]]:
    """Every table within blocks."""
    if isinstance(tree, dict):
        yield tree
    for branch in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from every_part(branch)


def bold(view: dict[str, Any]) -> list[str]:
    """What a view shows in bold."""
    return [part["text"] for part in every_part(view["blocks"]) if part.get("style") == {"bold": True}]


def keeps_slacks_limits(view: dict[str, Any]) -> None:
    """Asserts what Slack documents of modals."""
    assert view_fault(view) is None
    assert len(view["blocks"]) <= 100
    for part in every_part(view["blocks"]):
        assert len(part.get("initial_value", "")) <= 3_000
        assert not isinstance(part.get("text"), str) or 0 < len(part["text"]) <= 3_000


@pytest.mark.parametrize("count", [0, 1, 12, 200])
@pytest.mark.parametrize("draft", LONGEST.values(), ids=list(LONGEST))
def test_the_longest_draft_with_the_most_to_say_of_it_keeps_slacks_limits(draft: str, count: int) -> None:
    assert len(draft) <= 10_000
    view = views.result(report(draft, count), 7)
    keeps_slacks_limits(view)
    assert len(Modal(view).boxes) <= 4


@pytest.mark.parametrize("draft", LONGEST.values(), ids=list(LONGEST))
def test_no_part_of_the_longest_draft_is_lost_on_its_way_through_the_boxes(draft: str) -> None:
    again = views.draft_of(Modal(views.result(report(draft, 3), 1)).as_sent())
    assert "".join(again.split()) == "".join(draft.split())
    assert again == draft or not {" ", "\n"} & set(draft), "only a word that fills a box is broken"


def test_the_first_findings_are_numbered_and_explained_and_all_are_marked() -> None:
    view = views.result(report("useless " * 200, 200, room=20), 1)
    marked = texts(view["blocks"], "rich_text_quote")
    assert [f" [{number}]" for number in range(1, 13)] == [text for text in marked if text.startswith(" [")]
    assert bold(view)[:200] == ["useless "] * 200
    explained = [text for text in texts(view["blocks"], "rich_text_section") if text.endswith("A title: ")]
    assert explained == [f"{number}. A title: " for number in range(1, 13)]


@pytest.mark.parametrize(("count", "left"), [(9, []), (10, []), (12, []), (13, ["and 1 more"]), (40, ["and 28 more"])])
def test_how_many_findings_are_left_unexplained_is_said(count: int, left: list[str]) -> None:
    view = views.result(report("useless " * count, count, room=20), 1)
    assert [text for text in texts(view["blocks"], "section") if text.endswith(" more")] == left


@pytest.mark.parametrize(("count", "left"), [(1, []), (9, []), (10, ["and 1 more"]), (40, ["and 31 more"])])
def test_how_many_points_of_a_list_are_left_out_is_said_at_its_end(count: int, left: list[str]) -> None:
    draft = "useless " * count
    points = tuple(f"Point {number}." for number in range(count))
    view = views.result(ToneReport(draft, (), points, (), (), draft, wording=WORDING), 1)
    assert texts(view["blocks"], "rich_text_section") == [WORDING["tone_keep"], *points[:9], *left]


@pytest.mark.parametrize("count", [0, 1, 12, 200])
@pytest.mark.parametrize("draft", LONGEST.values(), ids=list(LONGEST))
def test_only_what_fits_one_frame_of_the_line_is_acknowledged_with(draft: str, count: int) -> None:
    view = views.result(report(draft, count, room=20), 7)
    answer = {"envelope_id": "e" * 36, "payload": {"response_action": "update", "view": view}}
    assert not views.acknowledgeable(view) or len(json.dumps(answer)) <= FRAME_BYTES


@pytest.mark.parametrize("places", [[(4, 11), (8, 16)], [(0, 16), (4, 11)], [(4, 11), (4, 11)]])
def test_findings_that_overlap_are_each_marked_and_no_word_is_shown_twice(places: Sequence[tuple[int, int]]) -> None:
    draft = "You useless sham of a clerk."
    made = report(draft, len(places))
    findings = [
        Finding(f.category, f.title, start, end, draft[start:end], "Why.", "So.", "So.", (0, 5), 0.9)
        for f, (start, end) in zip(made.findings, places, strict=True)
    ]
    view = views.result(ToneReport(draft, tuple(findings), (), (), (), "So.", wording=WORDING), 1)
    marked = next(block for block in view["blocks"] if "rich_text_quote" in json.dumps(block))
    assert re.sub(r" \[\d\]", "", "".join(texts([marked], "rich_text_quote"))) == draft
    assert sum("[" in text for text in texts([marked], "rich_text_quote")) == len(places)
    keeps_slacks_limits(view)


def test_a_draft_of_which_nothing_is_left_has_no_heading_over_nothing() -> None:
    finding = check_tone("useless").findings[0]
    view = views.result(ToneReport("useless", (finding,), (), (), (), "  ", wording=WORDING), 1)
    assert WORDING["tone_rewritten"] not in texts(view["blocks"], "rich_text_section")


@pytest.mark.parametrize(
    "lengths",
    [
        (0,),
        (0, 0, 5, 0),
        (2_999,),
        (2_999, 0, 3),
        (2_999, 0, 0, 0),
        (2_998, 1, 2_999),
        (1_500,) * 6,
        (1_501,) * 6,
        (1_999,) * 5,
        (2_399, 2_400, 2_401),
        (2_999,) * 3,
        (0,) * 9_000,
        (40, 0) * 230,
        tuple(range(136)),
    ],
    ids=str,
)
def test_lines_shorter_than_a_box_come_back_from_the_boxes_as_they_went_in(lengths: tuple[int, ...]) -> None:
    text = "\n".join(("word " * 600)[:length] for length in lengths)
    assert len(text) <= 10_000
    view = views.form(text, turn=3)
    keeps_slacks_limits(view)
    modal = Modal(view)
    assert views.draft_of(modal.as_sent()) == text
    assert len(modal.boxes) <= 4
    assert (views.turn_of(view), views.boxes_of(modal.as_sent())) == (3, len(modal.boxes))
