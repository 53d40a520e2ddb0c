"""What every format is read into first: lines, each knowing what stands between it and the line above."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

_LONGEST_TITLE = 16
_LONGEST_QUESTION = 10
_SENTENCE_GOES_ON = re.compile(r"[.;:,—–-]$|[.!] +[A-Z]")
_POINTS_ON = re.compile(
    r"\b(?:paragraphs?|paras?|sections?|clauses?|rules?|parts?|articles?|schedules?|appendix|annex|regulations?|orders?"
    r"|chapters?|steps?|items?|see|in|at|of|to|by|for|from|with|under|within|and|or|than|the|an?|on|least|about|only|not"
    r"|no|between|after|before|until|every|over|nearly|per|are|is|be|that|this|which|also|both)[\"'”’(]*$"
    r"|(?:^|\s)(?:paras?|nos|ss?|secs?|cls?|regs?|pp?|cf|approx|e\.g|i\.e)\.$",
    re.IGNORECASE,
)
_STARTS_A_TITLE = re.compile(r"[\"'“‘(]?[A-Z0-9£]")
_ENDS_A_SENTENCE = re.compile(r"[.?!][\"'”’)\]]*$")
_ENDS_A_STEM = re.compile(r"[:—–]-?$")


class Gap(Enum):
    """What parts a line from the one above.

    The wrap of a full line, a break that nothing forced, a break its author marked as one, or an empty line.
    """

    WRAP = auto()
    BREAK = auto()
    MARKED = auto()
    EMPTY = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: its text without outer spaces, 1-based place in the file, and page where pages are known.

    `level` is set where the format itself calls the line a heading (1 is outermost); `row` marks a line of a table,
    which keeps its spacing; `audience` is what a heading says of its readers.
    """

    text: str
    number: int
    gap: Gap = Gap.EMPTY
    page: int | None = None
    level: int | None = None
    row: bool = False
    audience: tuple[str, ...] = ()


def like_a_title(text: str) -> bool:
    """Whether a line could be a heading: a few words, a capital first, no stop at the end."""
    words = len(text.split())
    longest = _LONGEST_QUESTION if text.endswith("?") else _LONGEST_TITLE
    return 0 < words <= longest and bool(_STARTS_A_TITLE.match(text)) and not _SENTENCE_GOES_ON.search(text)


def ends_sentence(text: str) -> bool:
    """Whether a text ends where a sentence does."""
    return bool(_ENDS_A_SENTENCE.search(text))


def ends_stem(text: str) -> bool:
    """Whether a text ends as the words before a list do, in a colon or a dash."""
    return bool(_ENDS_A_STEM.search(text))


def unfinished(text: str) -> bool:
    """Whether a text stops where neither a sentence nor the words before a list end."""
    return not ends_sentence(text) and not ends_stem(text)


def points_on(text: str) -> bool:
    """Whether a text stops at a word that needs another after it, as "see paragraph" does."""
    return bool(_POINTS_ON.search(text))
