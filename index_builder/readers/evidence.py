"""How much speaks against a line's first word being a number of its own: the look of the line, not yet the sequence."""

from __future__ import annotations

import re

from index_builder.readers.lines import Gap, Line, ends_sentence, ends_stem, like_a_title, points_on
from index_builder.readers.numbering import Kind, Label, readings

NONE, LITTLE, SOME, MUCH, DECISIVE = 0.0, 0.5, 1.0, 2.0, 4.0

_LIST_GOES_ON = re.compile(r";(?:\s+(?:and|or|but))?$", re.IGNORECASE)
_LIST_MAY_GO_ON = re.compile(r",\s+(?:and|or|but)$", re.IGNORECASE)
_COUNTED = re.compile(
    r"(?:above|below|and|or|to|of|days?|weeks?|months?|years?|hours?|minutes?|working|clear|calendar|a\.?m|p\.?m|noon"
    r"|midnight|per|percent|million|thousand|metres|miles|members|councillors|people|officers|votes"
    r"|(?:January|February|March|April|May|June|July|August|September|October|November|December))\b|[%°,;)&]",
)
_REFERRED_TO = re.compile(r"(?:above|below)\b|[,;)]")


def doubt(line: Line, above: str, before: str, label: Label) -> float:
    """What speaks against the label of a line, from 0 (nothing) upwards, given the line above and the one before it."""
    return _from_place(line, above, before, label) + _from_words(label)


def _from_place(line: Line, above: str, before: str, label: Label) -> float:
    words, kind = f"{before} {above}", label.levels[0].kind
    if not above or line.gap is Gap.EMPTY:
        return NONE
    if _LIST_GOES_ON.search(words):
        return LITTLE
    if points_on(words):
        return MUCH if kind is Kind.LIST and _LIST_MAY_GO_ON.search(words) else DECISIVE
    if ends_sentence(words) or ends_stem(words):
        return LITTLE
    if line.gap is not Gap.WRAP or _heads(above, label):
        return SOME
    return MUCH if kind is Kind.LIST else DECISIVE


def _heads(above: str, label: Label) -> bool:
    """Whether the line above is the numbered heading that this is the first part of, so long that it fills its line."""
    outer = (reading for reading in readings(above) if reading.levels == label.levels[:-1])
    return label.levels[-1].ordinal == 1 and any(like_a_title(reading.rest) for reading in outer)


def _from_words(label: Label) -> float:
    kind = label.levels[0].kind
    if kind is Kind.LIST:
        return DECISIVE if _REFERRED_TO.match(label.rest) else NONE
    if _COUNTED.match(label.rest):
        return DECISIVE
    if label.rest[:1].islower():
        return MUCH + SOME if label.printed.isdigit() else SOME + LITTLE
    return NONE
