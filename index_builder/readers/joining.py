"""Wrapped lines made one again: a space for each wrap, and the hyphens that the words themselves have."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from index_builder.readers.lines import Gap, Line, points_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_CUT = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*-$")
_CLINGS = re.compile(r"\w[-/—]$")
_SUSPENDED = {"and", "or"}
_SHORT = 45


class Joiner:
    """Joins lines of one document, whose own words decide whether a hyphen at the end of a line is a hyphen.

    "mem-" and "ber" become "member" only where the document writes "member" elsewhere and nowhere "mem-ber"; in every
    other case the hyphen stays as it is printed: "day-" and "to-day" are "day-to-day".
    """

    def __init__(self, lines: Iterable[Line]) -> None:
        self._words = {word.casefold() for line in lines for word in _WORD.findall(line.text)}

    def join(self, lines: Sequence[Line], first: str) -> str:
        """The text of consecutive lines, `first` being what to take from the first of them."""
        pieces = [first]
        for above, line in pairwise(lines):
            text, between = self._joined(pieces[-1], line, apart=_apart(above, line)) if pieces[-1] else ("", "")
            pieces[-1:] = [text + between, line.text]
        return "".join(pieces).strip()

    def _joined(self, above: str, line: Line, *, apart: bool) -> tuple[str, str]:
        """A line as it stands before the next one, and what comes between the two."""
        if apart:
            return above, "\n"
        word = _WORD.match(line.text)
        if not _CLINGS.search(above) or not line.text[:1].isalnum() or (word and word[0] in _SUSPENDED):
            return above, " "
        cut = _CUT.search(above)
        needless = cut and word and self._is_one_word(cut[0], word[0])
        return above[:-1] if needless else above, ""

    def _is_one_word(self, cut: str, rest: str) -> bool:
        return f"{cut[:-1]}{rest}".casefold() in self._words and f"{cut}{rest}".casefold() not in self._words


def _apart(above: Line, line: Line) -> bool:
    """Whether two lines stay two: rows of a table, a marked break, or short lines that nothing forced to end."""
    short = len(above.text) <= _SHORT and not above.text.endswith(",") and not points_on(above.text)
    unforced = line.gap is Gap.BREAK and short and line.text[:1].isupper()
    return above.row or line.row or line.gap is Gap.MARKED or unforced
