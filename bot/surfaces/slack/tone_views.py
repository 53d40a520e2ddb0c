"""A tone check as modals of Slack: a form for the draft, and what was found above the same form; pure.

A draft is never posted: it stands in the modal of the person who wrote it, and goes when that is closed.
Limits: docs.slack.dev/reference/surfaces/modals (100 blocks) and block-elements/plain-text-input-element (3,000
characters), so that a long draft stands in several boxes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bot.surfaces.plain import found, tone_listings, verdict
from bot.surfaces.slack.blocks import Block, label, line, listed, literal, plain, quote, rich, view
from bot.surfaces.slack.fit import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.domain import Finding, ToneReport

CHECK_TONE, MORE_ROOM, CHECK_LONG = "check_tone", "tone_more_room", "tone_check_long"
BOX, FULL, BOXES = 3_000, 2_400, 4  # a box that is full enough: the longest draft then needs no more than four
FINDINGS, SHOWN, POINTS = 12, 600, 9
LARGEST = 200_000  # bytes of a view; Slack refuses it from 250,000
ACKNOWLEDGED = 20_000  # bytes of an answer to a modal that was sent in: Slack closes the line beyond 20,480
TITLE, CHECK, AGAIN, CLOSE = "Check tone", "Check", "Check again", "Close"
DRAFT, MORE, LONG = "Your draft", "More room", "Check a long draft"
TOO_LONG_HERE = f"Slack takes no answer as long as this one here: press “{LONG}” below."
NOT_YOURS = "You can check what you wrote yourself, not what others wrote. Paste a draft of your own."
PRIVATE = "Only you see this. The draft is read here and kept nowhere."


def form(text: str = "", *, turn: int = 0, boxes: int = 1, note: str = "") -> Block:
    """The modal that asks for a draft, filled in with `text`; `note` is a sentence above it."""
    return _form(list(plain(note or PRIVATE)), text, turn, boxes, CHECK)


def result(report: ToneReport, turn: int) -> Block:
    """The modal that shows what was found, above the draft to edit and check again.

    Where all of it is too large for Slack, the rewritten draft is left out, then the marked one.
    """
    marked, rewritten, wording = _marked(report), list[Block](), report.wording
    if report.findings and report.rewritten.strip():
        rewritten = [rich([line(literal(wording["tone_rewritten"]))]), *_quoted([(report.rewritten, False)])]
    said: list[Block] = []
    for number, finding in enumerate(report.findings[:FINDINGS], start=1):
        said += _finding(number, finding, report)
    if len(report.findings) > FINDINGS:
        said += plain(wording["tone_more"].format(count=len(report.findings) - FINDINGS))
    for heading, points in tone_listings(report):
        more = [wording["tone_more"].format(count=len(points) - POINTS)] if len(points) > POINTS else []
        said += listed(heading, [*points[:POINTS], *more], SHOWN)
    whole = (marked, said, rewritten)
    for parts in (whole, (marked, said), (said,)):
        blocks = [
            *plain(verdict(report)),
            *(block for part in parts for block in part),
            *plain(wording["tone_private"]),
        ]
        view = _form(blocks, report.draft, turn, 1, AGAIN)
        if len(json.dumps(view)) <= LARGEST:
            break
    return view


def acknowledgeable(view: Block) -> bool:
    """Whether a view can be the answer to a modal that was sent in."""
    return len(json.dumps(view)) <= ACKNOWLEDGED


def draft_of(submitted: Mapping[str, Any]) -> str:
    """The draft in a modal that was sent in, or in which a button was pressed: its boxes, one below the other."""
    values = submitted["state"]["values"]
    boxes = sorted((name for name in values if name.startswith("draft-")), key=lambda name: int(name.split("-")[2]))
    draft = ""
    for part in filter(None, (values[name]["draft"].get("value") for name in boxes)):
        draft += part if not draft or draft[-1].isspace() else f"\n{part}"
    return draft


def first_box(submitted: Mapping[str, Any]) -> str:
    """The name of a modal's first box, beneath which Slack shows a sentence."""
    return f"draft-{turn_of(submitted)}-0"


def turn_of(submitted: Mapping[str, Any]) -> int:
    """How many times the draft of a modal was checked before."""
    return int(json.loads(submitted["private_metadata"])["turn"])


def boxes_of(submitted: Mapping[str, Any]) -> int:
    """How many boxes a modal has."""
    return sum(name.startswith("draft-") for name in submitted["state"]["values"])


def _form(blocks: Sequence[Block], text: str, turn: int, boxes: int, submit: str) -> Block:
    parts = _parts(text)
    parts += [""] * (boxes - len(parts))
    inputs = [_box(part, turn, number) for number, part in enumerate(parts)]
    buttons = [_button(CHECK_LONG, LONG), *([] if len(parts) >= BOXES else [_button(MORE_ROOM, MORE)])]
    return {
        **view(TITLE, [*blocks, *inputs, {"type": "actions", "block_id": f"room-{turn}", "elements": buttons}]),
        "callback_id": CHECK_TONE,
        "private_metadata": json.dumps({"turn": turn}),
        "submit": label(submit),
        "close": label(CLOSE),
    }


def _box(text: str, turn: int, number: int) -> Block:
    # Slack keeps what was typed under the same block_id, and then ignores initial_value: each turn needs new names.
    element: Block = {"type": "plain_text_input", "action_id": "draft", "multiline": True, "max_length": BOX}
    if text:
        element["initial_value"] = text
    return {
        "type": "input",
        "block_id": f"draft-{turn}-{number}",
        "optional": number > 0,
        "label": label(DRAFT if number == 0 else f"{DRAFT} ({number + 1})"),
        "element": element,
    }


def _button(action: str, text: str) -> Block:
    return {"type": "button", "action_id": action, "text": label(text)}


def _parts(text: str) -> list[str]:
    """A draft in parts that fit a box, each nearly full and parted after a line end, else after a space."""
    parts: list[str] = []
    while len(text) > BOX:
        cut = next(filter(None, (text.rfind(mark, FULL, BOX) + 1 for mark in "\n ")), BOX)
        parts.append(text[:cut])
        text = text[cut:]
    return [*parts, text]


def _finding(number: int, finding: Finding, report: ToneReport) -> Iterator[Block]:
    heading = line(literal(f"{number}. {finding.title}: ", bold=True), literal(f"“{shorten(finding.quote, SHOWN)}”"))
    yield rich([heading])
    yield from listed("", [shorten(said, SHOWN) for said in found(finding, report)], SHOWN)


def _marked(report: ToneReport) -> list[Block]:
    """The draft with the words that were found in bold, each with its number."""
    if not report.findings:
        return []
    runs: list[tuple[str, bool]] = []
    last = 0
    for number, finding in enumerate(report.findings, start=1):
        start = max(last, finding.start)
        runs += [(report.draft[last:start], False), (report.draft[start : max(start, finding.end)], True)]
        runs += [(f" [{number}]", False)] if number <= FINDINGS else []
        last = max(start, finding.end)
    return _quoted([*runs, (report.draft[last:], False)])


def _quoted(runs: Sequence[tuple[str, bool]]) -> list[Block]:
    elements = [
        literal(text[start : start + BOX], bold=bold) for text, bold in runs for start in range(0, len(text), BOX)
    ]
    return [rich([quote(*elements)])] if elements else []
