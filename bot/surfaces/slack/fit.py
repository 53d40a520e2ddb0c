"""Making text fit Slack without altering a character that is shown; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SENTENCE_END = re.compile(r"[.!?;:][\u201d\u2019\"')\]]*\s")


def shorten(text: str, limit: int) -> str:
    """The beginning of a text, at most `limit` code points, ended at a sentence or else at a word."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    ends = [match.end() for match in SENTENCE_END.finditer(head)]
    cut = ends[-1] if ends and ends[-1] > limit // 2 else _word_end(head)
    return head[:cut].rstrip() or head


def pieces(text: str, limit: int) -> Iterator[str]:
    """The whole text in parts of at most `limit` code points, parted after a space or line end where there is one."""
    while len(text) > limit:
        cut = _word_end(text[:limit])
        yield text[:cut]
        text = text[cut:]
    yield text


def escaped(text: str) -> str:
    """The text with the three characters escaped that Slack reads as the start of a mention, link or entity."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _word_end(head: str) -> int:
    return max(head.rfind(" "), head.rfind("\n")) + 1 or len(head)
