"""Plain text as rows, each with its page, without what pages carry besides the text."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from index_builder.readers.furniture import at_edges, beside_marks, first_title, interrupting

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_LONGEST_MARK = 100
_FEWEST_ROWS_A_PAGE = 15
_MOST_PAGES_A_STEP = 2
_FIGURES = re.compile(r"\d+")
_ROMAN = re.compile(r"[ivxl]+")
_OF = r"(?:\s*(?:of|/)\s*\d+)?"
_APART = r"(?:\s{2,}|\s+\|\s+)"
_MARK = re.compile(
    rf"(?:.*\W)?page\s+(\d+){_OF}|page\s+(\d+){_OF}(?:\W.*)?|(?:[-–—]\s*)?(\d{{1,3}})(?:\s*[-–—]|\s+of\s+\d+|\s*/\s*\d+)?"
    rf"|.*\S{_APART}(\d{{1,3}})|(\d{{1,3}}){_APART}\S.*",
    re.IGNORECASE,
)
_NAMED_MARK = re.compile(r"page\s+\d|\d\s*[-–—]|\d\s+of\s+\d|\d\s*/\s*\d", re.IGNORECASE)
_ONLY_MARK = re.compile(r"page\s+\d+\s+of\s+\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file: text without its end, 1-based number, sheet (form feeds so far), and page where known.

    `turned` says that a page turned between the row above and this one.
    """

    text: str
    number: int
    sheet: int = 0
    page: int | None = None
    turned: bool = False

    @property
    def key(self) -> str:
        """What a running head keeps from page to page: its words. A page number keeps its distance to the sheet."""
        words = " ".join(self.text.split())
        if words.isdecimal():
            return f"sheet {int(words) - self.sheet}"
        if _ROMAN.fullmatch(words):
            return "sheet"
        return _FIGURES.sub("0", words).casefold() if any(map(str.isalpha, words)) else words


def rows(text: str) -> list[Row]:
    """The rows that belong to the text, empty ones too, with pages where page marks or form feeds tell them."""
    plain = _split(text)
    written = [row for row in plain if row.text]
    marks = _marks(written)
    sheets = [list(sheet) for _, sheet in groupby(written, key=lambda row: row.sheet)]
    if len(sheets) > 1:
        furniture, paged = at_edges(sheets), _by_sheet(plain, marks)
    else:
        furniture = beside_marks(written, marks) | interrupting(plain)
        paged = _by_mark(plain, marks, furniture)
    return _without(furniture - first_title(written, furniture), plain, paged)


def _split(text: str) -> list[Row]:
    plain: list[Row] = []
    sheet = 0
    for number, line in enumerate(text.split("\n"), start=1):
        for part, piece in enumerate(line.split("\f")):
            sheet += part > 0
            plain.append(Row(piece.rstrip(), number, sheet))
    return plain


def _marks(written: Sequence[Row]) -> dict[Row, int]:
    """The rows that say which page it is, with the page: alike in all but their figures, and those rising."""
    found: dict[str, list[tuple[int, Row, int]]] = {}
    for place, row in enumerate(written):
        mark = _MARK.fullmatch(row.text.strip()) if len(row.text) <= _LONGEST_MARK else None
        if mark:
            value = int(mark[mark.lastindex or 1])
            found.setdefault(_FIGURES.sub("0", row.key), []).append((place, row, value))
    return {row: value for alike in found.values() if _counts_pages(alike) for _, row, value in alike}


def _counts_pages(marks: Sequence[tuple[int, Row, int]]) -> bool:
    """Whether figures rise as pages do; those that nothing names as a page's must also stand a page apart."""
    first = marks[0][1].text.strip()
    if len(marks) == 1:
        return bool(_ONLY_MARK.fullmatch(first))
    apart = 1 if _NAMED_MARK.search(first) else _FEWEST_ROWS_A_PAGE
    steps = [(after[0] - before[0], after[2] - before[2]) for before, after in pairwise(marks)]
    return all(rows >= apart and 0 < pages <= _MOST_PAGES_A_STEP for rows, pages in steps)


def _by_sheet(plain: Sequence[Row], marks: Mapping[Row, int]) -> list[Row]:
    """Pages counted by form feeds from 1, or from the number that most page marks agree with."""
    offsets = Counter(value - row.sheet for row, value in marks.items())
    offset = offsets.most_common(1)[0][0] if offsets else 1
    return [replace(row, page=max(1, row.sheet + offset)) for row in plain]


def _by_mark(plain: Sequence[Row], marks: Mapping[Row, int], furniture: Collection[Row]) -> list[Row]:
    """Pages as their marks name them: each heads its page if text follows the last of them, else each ends one."""
    if not marks:
        return list(plain)
    at_head = next(row for row in reversed(plain) if row in marks or (row.text and row not in furniture)) not in marks
    page = min(marks.values()) if at_head else max(marks.values()) + 1
    paged: list[Row] = []
    for row in plain if at_head else reversed(plain):
        page = marks.get(row, page)
        paged.append(replace(row, page=page))
    return paged if at_head else paged[::-1]


def _without(furniture: Collection[Row], plain: Sequence[Row], paged: Sequence[Row]) -> list[Row]:
    kept: list[Row] = []
    turned, sheet = False, 0
    for row, placed in zip(plain, paged, strict=True):
        turned = turned or row in furniture or row.sheet != sheet
        sheet = row.sheet
        if row not in furniture:
            kept.append(replace(placed, turned=turned and bool(row.text)))
            turned = turned and not row.text
    return kept
