"""Contents pages, dropped: told by dot leaders, or by a title of theirs and entries that return as lines below."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from index_builder.readers.lines import ends_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index_builder.readers.pages import Row

_LEADER = re.compile(r"(?:(?:\.\s?){4,}|…[\s.…]*|_{4,})\s*(?:\d{1,3}|[ivxl]+)$")
_PAGE_COLUMN = re.compile(r"\S(?:\t|\s{3,})\s*\d{1,3}$")
_TITLE = re.compile(r"(?:table of )?contents(?: page)?:?|index|in this (?:protocol|guide|code):?", re.IGNORECASE)
_PAGE = re.compile(r"[\s._…]*\d*$")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_FEWEST = 3
_LINES_OF_AN_ENTRY = 3
_LONGEST_ENTRY = 200
_MOST = 5


def without_contents(rows: Sequence[Row]) -> list[Row]:
    """The rows that are no contents page; an entry may run over two or three lines, its page number on the last."""
    written = [row for row in rows if row.text and len(row.text) <= _LONGEST_ENTRY]
    dropped = _titled(written) | _led(written)
    return [row for row in rows if row not in dropped]


def _led(written: Sequence[Row]) -> set[Row]:
    """Entries with dot leaders, wherever three or more stand."""
    places = [place for place, row in enumerate(written) if _LEADER.search(row.text)]
    if len(places) < _FEWEST:
        return set()
    spans = [(first + 1, last) for first, last in pairwise(places) if last - first <= _LINES_OF_AN_ENTRY]
    wrapped = {row for first, last in spans for row in written[first:last] if not ends_sentence(row.text)}
    return wrapped | {written[place] for place in places}


def _titled(written: Sequence[Row]) -> set[Row]:
    """A title such as "Contents" and the entries under it."""
    titles = [place for place, row in enumerate(written) if _TITLE.fullmatch(row.text.strip())]
    found = [(written[place], _entries(written[place + 1 :])) for place in titles[:_MOST]]
    return {row for title, entries in found if entries for row in (title, *entries)}


def _entries(below: Sequence[Row]) -> list[Row]:
    returning = _returning(below)
    entries: list[Row] = []
    waiting: list[Row] = []
    for row in below:
        letters = _letters(row.text)
        if len(waiting) >= _LINES_OF_AN_ENTRY or (entries and letters == _letters(entries[0].text)):
            break
        waiting.append(row)
        if _LEADER.search(row.text) or _PAGE_COLUMN.search(row.text) or letters in returning:
            entries, waiting = entries + waiting, []
    return entries


def _returning(below: Sequence[Row]) -> set[str]:
    """The letters of each line, and of each two lines together, that are met a second time."""
    singles = [_letters(row.text) for row in below]
    met, returning = set[str](), set[str]()
    for letters in [*singles, *(first + second for first, second in pairwise(singles))]:
        (returning if letters in met else met).add(letters)
    return returning - {""}


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", _PAGE.sub("", text)).casefold()
