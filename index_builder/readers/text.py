"""Plain text read into lines: pages and contents taken off, breaks told from wraps by the width of the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from index_builder.readers.contents import without_contents
from index_builder.readers.lines import Gap, Line, ends_sentence, like_a_title, points_on
from index_builder.readers.numbering import readings
from index_builder.readers.pages import Row, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_NARROWEST = 40
_WIDEST_WRAP = 130
_MOST = 0.95
_SURELY_FITS = 0.85
_LINES_OF_A_CELL = 2
_RULE = re.compile(r"\s*(?:[-=_*~] ?){3,}")
_COLUMNS = re.compile(r"\S(?:\s{3,}|\t+|\s*\|\s*)\S")


@dataclass(frozen=True, slots=True)
class _Written:
    """A row with words: whether empty rows stand above it, and the sign it is underlined with ("" for none)."""

    row: Row
    empty_above: bool
    underline: str = ""


def lines(text: str) -> list[Line]:
    """The lines of a plain text, without running heads, page numbers and contents pages."""
    written = _written(without_contents(rows(text)))
    width = _width([entry.row for entry in written])
    tables = _tables(written)
    lines = list[Line]()
    for place, entry in enumerate(written):
        row, in_table = entry.row, entry.row in tables
        level = {"=": 1, "-": 2}.get(entry.underline)
        gap = _gap(written, place, width)
        lines.append(Line(row.text if in_table else row.text.strip(), row.number, gap, row.page, level, row=in_table))
    return lines


def _written(body: Sequence[Row]) -> list[_Written]:
    """The rows with words; a line of signs under a title marks it, and any other parts what stands around it."""
    written, empty = list[_Written](), True
    for row in body:
        if row.text and not _RULE.fullmatch(row.text):
            written.append(_Written(row, empty))
            empty = False
            continue
        if row.text and not empty and like_a_title(written[-1].row.text.strip()):
            written[-1] = _Written(written[-1].row, written[-1].empty_above, row.text.strip()[0])
        empty = True
    return written


def _width(body: Sequence[Row]) -> float:
    """The length at which this text wraps, in characters: nearly all lines are shorter; endless if it does not wrap."""
    lengths = sorted(len(row.text) for row in body) or [0]
    width = max(_NARROWEST, lengths[int(_MOST * (len(lengths) - 1))])
    return width if width <= _WIDEST_WRAP else float("inf")


def _gap(written: Sequence[_Written], place: int, width: float) -> Gap:
    if not place or width == float("inf"):
        return Gap.EMPTY
    above, entry = written[place - 1], written[place]
    empty = _titled(written, place) if entry.row.turned else bool(entry.empty_above or above.underline)
    forced = len(above.row.text) + 1 + len(entry.row.text.split()[0]) > _SURELY_FITS * width
    return Gap.EMPTY if empty or (entry.row.turned and not forced) else Gap.WRAP if forced else Gap.BREAK


def _titled(written: Sequence[_Written], place: int) -> bool:
    """Whether the first line of a page is a title; empty rows at the turn mean nothing, so the sentence above does."""
    text = written[place].row.text.strip()
    below = written[place + 1] if place + 1 < len(written) else None
    parted = ends_sentence(written[place - 1].row.text) and (below is None or below.empty_above)
    return parted and like_a_title(text) and not points_on(text)


def _tables(written: Sequence[_Written]) -> set[Row]:
    """Rows with columns that follow one another, and the rows that a cell of theirs runs on to."""
    return {row for run in _runs(written) for row in _between_columns(run)}


def _runs(written: Iterable[_Written]) -> Iterator[list[Row]]:
    run = 0
    counted = [(run := run + entry.empty_above, entry.row) for entry in written]
    for _, group in groupby(counted, key=lambda numbered: numbered[0]):
        yield [row for _, row in group]


def _between_columns(run: Sequence[Row]) -> list[Row]:
    places = [place for place, row in enumerate(run) if _has_columns(row.text.strip())]
    near = [(first, last) for first, last in pairwise(places) if last - first <= _LINES_OF_A_CELL]
    return [row for first, last in near for row in run[first : last + 1]]


def _has_columns(text: str) -> bool:
    labels = readings(text)
    return bool(_COLUMNS.search(labels[0].rest if labels else text.lstrip("-*•–—▪◦· \t")))
