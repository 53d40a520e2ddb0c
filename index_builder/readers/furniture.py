"""What a page carries besides the text: running heads and feet, told by their coming back."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from index_builder.readers.lines import like_a_title, unfinished

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from index_builder.readers.pages import Row

_EDGE = 3
_FEWEST = 2
_FEWEST_UNMARKED = 3


def at_edges(sheets: Sequence[Sequence[Row]]) -> set[Row]:
    """What stands at the same place of the head, or of the foot, of a third of the sheets or more."""
    heads = [sheet[:_EDGE] for sheet in sheets]
    feet = [sheet[-_EDGE:][::-1] for sheet in sheets]
    return _recurring(heads, len(sheets) // 3) | _recurring(feet, len(sheets) // 3)


def beside_marks(written: Sequence[Row], marks: Collection[Row]) -> set[Row]:
    """Page marks, and the lines next to them that stand at the same place next to half of them or more."""
    places = [place for place, row in enumerate(written) if row in marks]
    above = [written[max(0, place - _EDGE) : place][::-1] for place in places]
    below = [written[place + 1 : place + 1 + _EDGE] for place in (-1, *places)]
    return set(marks) | _recurring(above, len(marks) // 2) | _recurring(below, len(marks) // 2)


def interrupting(rows: Sequence[Row]) -> set[Row]:
    """Titles that stand between empty rows three times or more, and at least once in the middle of a sentence."""
    alone = [row for above, row, below in _threes(rows) if row.text and not (above.text or below.text)]
    counts = Counter(row.key for row in alone if like_a_title(row.text.strip()))
    within = {row.key for above, row, below in _threes([row for row in rows if row.text]) if _goes_on(above, below)}
    return {row for row in alone if row.key in within and counts[row.key] >= _FEWEST_UNMARKED}


def first_title(written: Sequence[Row], furniture: Collection[Row]) -> set[Row]:
    """The first row where it is a running head: the only title that some documents have."""
    repeated = {row.text for row in furniture if row != written[0]}
    return {written[0]} & set(furniture) if written[0].text in repeated else set()


def _recurring(edges: Sequence[Sequence[Row]], enough: int) -> set[Row]:
    """Rows that recur at one place of enough edges, each given from the outside; never a part of a sentence."""
    placed = [(place, row) for edge in edges for place, row in enumerate(edge) if not _in_sentence(row.text.strip())]
    counts = Counter((place, row.key) for place, row in placed)
    keys = {key for (_, key), count in counts.items() if count >= max(_FEWEST, enough)}
    return {row for row in chain(*edges) if row.key in keys}


def _in_sentence(text: str) -> bool:
    return text.endswith((".", ";", ",", ":")) or (text[:1].islower() and len(text.split()) > 1)


def _goes_on(above: Row, below: Row) -> bool:
    return unfinished(above.text) and below.text.lstrip()[:1].islower()


def _threes(rows: Sequence[Row]) -> zip[tuple[Row, Row, Row]]:
    return zip(rows, rows[1:], rows[2:], strict=False)
