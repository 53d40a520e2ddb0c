"""How much speaks against a line's first word being a number of its own: the look of the line, not yet the sequence."""

from __future__ import annotations

import re

from index_builder.readers.lines import Gap, Line, ends_sentence, ends_stem, points_on
from index_builder.readers.numbering import Kind, Label

NONE, LITTLE, SOME, MUCH, DECISIVE = 0.0, 0.5, 1.0, 2.0, 4.0

_LIST_GOES_ON = re.compile(r";(?:\s+(?:and|or|but))?$", re.IGNORECASE)
_LIST_MAY_GO_ON = re.compile(r",\s+(?:and|or|but)$", re.IGNORECASE)
_COUNTED = re.compile(
    r"(?:above|below|and|or|to|of|days?|weeks?|months?|years?|hours?|minutes?|working|clear|calendar|a\.?m|p\.?m|noon"
    r"|midnight|per|percent|million|thousand|metres|miles|members|councillors|people|officers|votes"
    r"|(?:January|February|March|April|May|June|July|August|September|October|November|December))\b|[%°,;)&]",
)
_REFERRED_TO = re.compile(r"(?:above|below)\b|[,;)]")


def doubt(line: Line, above: str, label: Label) -> float:
    """What speaks against the label of a line, given the words right above it: from 0 (nothing) upwards."""
    return _from_place(line, above, label) + _from_words(label)


def _from_place(line: Line, above: str, label: Label) -> float:
    if not above or line.gap is Gap.EMPTY:
        return NONE
    kind = label.levels[-1].kind
    if _LIST_GOES_ON.search(above):
        return LITTLE
    if points_on(above):
        return MUCH if kind is Kind.LIST and _LIST_MAY_GO_ON.search(above) else DECISIVE
    if ends_sentence(above) or ends_stem(above):
        return LITTLE
    if line.gap is Gap.BREAK:
        return SOME
    return MUCH + SOME if kind is Kind.NUMBER and label.printed.isdigit() else MUCH


def _from_words(label: Label) -> float:
    kind = label.levels[-1].kind
    if kind is Kind.LIST:
        return DECISIVE if _REFERRED_TO.match(label.rest) else NONE
    if _COUNTED.match(label.rest):
        return DECISIVE
    if label.rest[:1].islower():
        return MUCH + SOME if label.printed.isdigit() else SOME + LITTLE
    return NONE
