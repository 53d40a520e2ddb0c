"""An Answer as Slack shows it: all text is plain or rich-text literal, so nothing in it can mention, link or format.

Limits: docs.slack.dev/reference/block-kit, and 12,000 characters of blocks in all (github.com/slackapi/bolt-js#2509).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from bot.surfaces.plain import answer_text, choice_line, contact_line, listings, pointed, settled, source_line
from bot.surfaces.slack.blocks import Block, label, line, listed, literal, plain, quote, rich, view
from bot.surfaces.slack.fit import escaped, pieces, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.domain import Answer, Citation

SHOW_SECTION = "show_section"
ALL_BLOCKS, VIEW_QUOTES = 12_000, 98
TEXT, LINE, SHORTEST, BUTTON = 3_000, 300, 16, 75
TOP_CHARACTERS, TOP_ENCODED = 40_000, 45_000
# The answer to a command is an acknowledgement: Slack closes the line beyond 20,480 bytes, text and blocks together.
TOP_ACKNOWLEDGED = 7_500


def message(answer: Answer, encoded: int = TOP_ENCODED) -> dict[str, Any]:
    """The answer as `text` (for notifications and screen readers) and `blocks`, within Slack's limits.

    `encoded` is how many bytes the text may come to.
    """
    limit = TEXT
    while len(json.dumps(blocks := list(_blocks(answer, limit)))) > ALL_BLOCKS and limit > SHORTEST:
        limit = limit * 3 // 4
    return {"text": _top_text(answer, encoded), "blocks": blocks}


def sentence(text: str) -> dict[str, Any]:
    """One sentence of the bot's own as a message."""
    return {"text": escaped(shorten(text, TEXT)), "blocks": list(plain(shorten(text, TEXT)))}


def whole_section(citation: Citation, wording: Mapping[str, str]) -> dict[str, Any]:
    """A modal with the complete text of a section; the texts of its quotes, joined, are that text exactly."""
    parts = list(pieces(citation.section.text, TEXT))
    blocks = [rich([quote(literal(part))]) for part in parts[:VIEW_QUOTES]]
    if len(parts) > VIEW_QUOTES:
        blocks += plain(wording["shortened"])
    return view(wording["whole_section_title"], [*blocks, rich([_source(citation, wording, 2 * LINE)])])


def notice(title: str, text: str) -> dict[str, Any]:
    """A modal with one sentence of the bot's own."""
    return view(title, list(plain(shorten(text, TEXT))))


def section_named(value: str) -> tuple[str, str]:
    """The document and number in the value (`document|number|revision`) of a "show the whole section" button."""
    document, number, _revision = value.rsplit("|", 2)
    return document, number


def _blocks(answer: Answer, limit: int) -> Iterator[Block]:
    for said in (*pointed(answer), answer.message):
        yield from plain(shorten(said, limit))
    for citation in answer.citations:
        yield from _cited(citation, answer, limit)
    for heading, points in listings(answer):
        yield from listed(heading, points, min(2 * LINE, limit))
    for said in settled(answer):
        yield from plain(shorten(said, min(2 * LINE, limit)))
    if answer.choices:
        yield from listed(
            answer.wording["choices"], [choice_line(choice) for choice in answer.choices], min(LINE, limit)
        )
    if answer.contacts:
        contacts = [contact_line(contact) for contact in answer.contacts]
        yield from listed(answer.wording["contacts"], contacts, min(LINE, limit))


def _cited(citation: Citation, answer: Answer, limit: int) -> Iterator[Block]:
    section, shown = citation.section, shorten(citation.section.text, limit)
    yield rich([quote(literal(shown)), _source(citation, answer.wording, min(2 * LINE, limit))])
    if shown != section.text:
        value = f"{section.document}|{section.number}|{answer.revision}"
        yield from plain(shorten(answer.wording["shortened"], LINE), _button(answer.wording, value))


def _button(wording: Mapping[str, str], value: str) -> Block:
    shown = label(wording["show_whole_section"][:BUTTON])
    return {"type": "button", "action_id": SHOW_SECTION, "text": shown, "value": value}


def _source(citation: Citation, wording: Mapping[str, str], limit: int) -> Block:
    text, url = shorten(source_line(citation, wording), limit), citation.document.url or ""
    linked = re.fullmatch(r"https?://[!-~]{1,500}", url)
    return line(literal("— "), {"type": "link", "url": url, "text": text} if linked else literal(text))


def _top_text(answer: Answer, encoded: int) -> str:
    text = whole = answer_text(answer)
    while len(shown := escaped(text)) > TOP_CHARACTERS or len(json.dumps(shown)) > encoded:
        text = f"{shorten(whole, len(text) * 3 // 4)}\n\n{answer.wording['shortened']}"
    return shown
