"""Plain text as rows and pages, without what a page carries besides the text: running heads, feet, page numbers."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from index_builder.readers.lines import like_a_title, unfinished

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_EDGE = 3
_FEWEST = 2
_LONGEST_MARK = 100
_FEWEST_ROWS_A_PAGE = 15
_FIGURES = re.compile(r"\d+")
_MARK = re.compile(
    r"(?:.*\W)?page\s+(\d+)(?:\s*(?:of|/)\s*\d+)?|page\s+(\d+)(?:\s*(?:of|/)\s*\d+)?(?:\W.*)?"
    r"|(?:[-–—]\s*)?(\d{1,3})(?:\s*[-–—]|\s+of\s+\d+|\s*/\s*\d+)?",
    re.IGNORECASE,
)
_ONE_OF = re.compile(r"page\s+\d+\s+of\s+\d+", re.IGNORECASE)
_ROMAN_PAGE = re.compile(r"[ivxl]+")


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
        if _ROMAN_PAGE.fullmatch(words):
            return "sheet"
        return _FIGURES.sub("0", words).casefold() if any(map(str.isalpha, words)) else words


def rows(text: str) -> list[Row]:
    """The rows that belong to the text, empty ones too, with pages where page marks or form feeds tell them."""
    plain = _split(text)
    sheets = _sheets(plain)
    marks = _marks(plain)
    furniture = _at_edges(sheets) if len(sheets) > 1 else _beside(plain, marks) | _interrupting(plain)
    paged = _by_sheet(plain, marks) if len(sheets) > 1 else _by_mark(plain, marks, furniture)
    first = next((row for row in plain if row.text), None)
    if first and first not in marks and "0" not in first.key:
        furniture.discard(first)  # the first running head is the only title some documents have
    return _without(furniture, plain, paged)


def _split(text: str) -> list[Row]:
    plain, sheet = list[Row](), 0
    for number, line in enumerate(text.split("\n"), start=1):
        for part, piece in enumerate(line.split("\f")):
            sheet += part > 0
            plain.append(Row(piece.rstrip(), number, sheet))
    return plain


def _sheets(plain: Iterable[Row]) -> list[list[Row]]:
    sheets: dict[int, list[Row]] = {}
    for row in plain:
        if row.text:
            sheets.setdefault(row.sheet, []).append(row)
    return list(sheets.values())


def _at_edges(sheets: Sequence[Sequence[Row]]) -> set[Row]:
    """What stands in the same line of the head, or of the foot, of a third of the sheets or more."""
    heads = [sheet[:_EDGE] for sheet in sheets]
    feet = [sheet[-_EDGE:][::-1] for sheet in sheets]
    return _alike(heads, len(sheets) // 3) | _alike(feet, len(sheets) // 3)


def _alike(edges: Sequence[Sequence[Row]], enough: int) -> set[Row]:
    """Rows that recur at the same place of enough edges, each edge given from the outside; none that end a sentence."""
    placed = [(place, row) for edge in edges for place, row in enumerate(edge) if not _of_a_sentence(row)]
    counts = Counter((place, row.key) for place, row in placed)
    recurring = {key for (_, key), count in counts.items() if count >= max(_FEWEST, enough)}
    return {row for _, row in placed if row.key in recurring}


def _of_a_sentence(row: Row) -> bool:
    text = row.text.strip()
    return text[:1].islower() and not _ROMAN_PAGE.fullmatch(text) or text.endswith((".", ";", ",", ":"))


def _marks(plain: Sequence[Row]) -> dict[Row, int]:
    """The lines that say which page it is: alike in all but their figures, and those rising."""
    found: dict[str, list[tuple[int, Row, int]]] = {}
    for place, row in enumerate(row for row in plain if row.text):
        mark = _MARK.fullmatch(row.text.strip()) if len(row.text) <= _LONGEST_MARK else None
        if mark:
            value = int(mark[mark.lastindex or 1])
            found.setdefault(_FIGURES.sub("0", row.key), []).append((place, row, value))
    return {row: value for alike in found.values() if _counts_pages(alike) for _, row, value in alike}


def _counts_pages(marks: Sequence[tuple[int, Row, int]]) -> bool:
    """Whether figures rise as pages do; figures alone, as paragraphs may have them, must also stand a page apart."""
    apart = _FEWEST_ROWS_A_PAGE if marks[0][1].text.strip().isdecimal() else 1
    steps = [(b[0] - a[0], b[2] - a[2]) for a, b in pairwise(marks)]
    if not steps:
        return bool(_ONE_OF.fullmatch(marks[0][1].text.strip()))
    return all(rows >= apart and 0 < pages <= _FEWEST for rows, pages in steps)


def _beside(plain: Sequence[Row], marks: dict[Row, int]) -> set[Row]:
    """Page marks, and the lines next to them that stand next to half of them or more."""
    written = [row for row in plain if row.text]
    places = [place for place, row in enumerate(written) if row in marks]
    above = [written[max(0, place - _EDGE) : place][::-1] for place in places]
    below = [written[place + 1 : place + 1 + _EDGE] for place in (-1, *places)]
    return set(marks) | _alike(above, len(marks) // 2) | _alike(below, len(marks) // 2)


def _interrupting(plain: Sequence[Row]) -> set[Row]:
    """Titles that return three times or more, between empty lines, and break into a sentence at least once."""
    alone = {
        row for above, row, below in zip(plain, plain[1:], plain[2:], strict=False) if not (above.text or below.text)
    }
    counts = Counter(row.key for row in alone if like_a_title(row.text.strip()))
    written = [row for row in plain if row.text]
    breaking = {
        row.key
        for above, row, below in zip(written, written[1:], written[2:], strict=False)
        if counts[row.key] > _FEWEST and below.text.lstrip()[:1].islower() and unfinished(above.text)
    }
    return {row for row in alone if row.text and row.key in breaking}


def _by_sheet(plain: Sequence[Row], marks: dict[Row, int]) -> list[Row]:
    """Pages counted by form feeds, from 1, or from what most page marks say."""
    offsets = Counter(value - row.sheet for row, value in marks.items())
    offset = offsets.most_common(1)[0][0] if offsets else 1
    return [replace(row, page=max(1, row.sheet + offset)) for row in plain]


def _by_mark(plain: Sequence[Row], marks: dict[Row, int], furniture: set[Row]) -> list[Row]:
    """Pages as their marks name them; a mark before any text of its page heads it, else each ends one."""
    if not marks:
        return list(plain)
    first = next(row for row in plain if row in marks or (row.text and row not in furniture))
    at_head = first in marks
    page = min(marks.values()) if at_head else max(marks.values()) + 1
    paged = list[Row]()
    for row in plain if at_head else reversed(plain):
        page = marks.get(row, page)
        paged.append(replace(row, page=page))
    return paged if at_head else paged[::-1]


def _without(furniture: set[Row], plain: Sequence[Row], paged: Sequence[Row]) -> list[Row]:
    kept, turned, sheet = list[Row](), False, 0
    for row, placed in zip(plain, paged, strict=True):
        turned = turned or row in furniture or row.sheet != sheet
        sheet = row.sheet
        if row not in furniture:
            kept.append(replace(placed, turned=turned and bool(row.text)))
            turned = turned and not row.text
    return kept
