"""The blocks of Slack's Block Kit that answers and tone checks are made of; their text is literal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.surfaces.slack.fit import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Block = dict[str, Any]

LISTED, HEADING, TITLE = 10, 300, 24


def plain(text: str, button: Block | None = None) -> Iterator[Block]:
    """A paragraph of plain text, with a button beside it or none; nothing for blank text."""
    if text.strip():
        accessory = {"accessory": button} if button else {}
        yield {"type": "section", "text": label(text), **accessory}


def label(text: str) -> Block:
    """Plain text without emoji."""
    return {"type": "plain_text", "text": text, "emoji": False}


def rich(elements: Sequence[Block]) -> Block:
    """Rich text of these elements."""
    return {"type": "rich_text", "elements": list(elements)}


def quote(*elements: Block) -> Block:
    """Words as a quotation."""
    return {"type": "rich_text_quote", "elements": list(elements)}


def line(*elements: Block) -> Block:
    """A line of rich text."""
    return {"type": "rich_text_section", "elements": list(elements)}


def literal(text: str, *, bold: bool = False) -> Block:
    """Text in which nothing is markup."""
    return {"type": "text", "text": text, **({"style": {"bold": True}} if bold else {})}


def listed(heading: str, lines: Iterable[str], limit: int) -> Iterator[Block]:
    """A heading over a list of the lines that say something; nothing where none does."""
    points = [line(literal(shorten(said, limit))) for said in lines if said.strip()][:LISTED]
    if points:
        listing = {"type": "rich_text_list", "style": "bullet", "elements": points}
        above = [line(literal(shorten(heading, min(limit, HEADING))))] if heading else []
        yield rich([*above, listing])


def view(title: str, blocks: Sequence[Block]) -> Block:
    """A modal."""
    return {"type": "modal", "title": label(title[:TITLE]), "blocks": list(blocks)}
