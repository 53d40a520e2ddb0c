"""Lines joined into blocks: headings, paragraphs and the parts of lists, each with its number where it has one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index_builder.readers.evidence import doubt
from index_builder.readers.joining import Joiner
from index_builder.readers.lines import Gap, Line, ends_sentence, ends_stem, like_a_title, points_on, unfinished
from index_builder.readers.numbering import Kind, Path, readings
from index_builder.readers.succession import REFUSED, Candidate, Numbered, succession

if TYPE_CHECKING:
    from collections.abc import Sequence

_BULLET = re.compile(r"(?:[-*•▪◦·‣●○]|[–—](?=\s)|o(?=\t))\s+(?=\S)")
_MUCH_SHORTER = 0.75
_SHORT = 45
_LIST_GOES_ON = re.compile(r"[;,](?: and| or)?$")


@dataclass(frozen=True, slots=True)
class Block:
    """A heading or paragraph: its words without the label, the label as printed, and the path of its number.

    `level` is set for headings alone, 1 for the outermost; `attached` says that it is a line of the list or table above
    rather than a paragraph of its own. `line` is 1-based; `pages` are empty where none are known.
    """

    text: str
    line: int
    printed: str = ""
    path: Path = ()
    level: int | None = None
    attached: bool = False
    pages: tuple[int, ...] = ()
    audience: tuple[str, ...] = ()


def blocks(lines: Sequence[Line]) -> list[Block]:
    """The blocks of a document, in order; every word of the lines is in one of them, or in its label."""
    numbered = _numbered(lines)
    joiner = Joiner(lines)
    groups: list[list[int]] = []
    for place in range(len(lines)):
        if not groups or _begins(lines, numbered, groups[-1], place):
            groups.append([])
        groups[-1].append(place)
    return [_block(lines, group, numbered[group[0]], joiner) for group in groups]


def _numbered(lines: Sequence[Line]) -> list[Numbered | None]:
    candidates = {}
    for place, line in enumerate(lines):
        before, above = (lines[place - back].text if place >= back else "" for back in (2, 1))
        labels = [(label, doubt(line, above, before, label)) for label in readings(line.text)] if not line.row else []
        if believable := tuple((label, doubted) for label, doubted in labels if doubted < REFUSED):
            title = not place or (lines[place - 1].gap is Gap.EMPTY and like_a_title(lines[place - 1].text))
            candidates[place] = Candidate(believable, under_stem=ends_stem(above), under_title=title)
    chosen = dict(zip(candidates, succession(list(candidates.values())), strict=True))
    return [chosen.get(place) for place in range(len(lines))]


def _begins(lines: Sequence[Line], numbered: Sequence[Numbered | None], group: Sequence[int], place: int) -> bool:
    """Whether a line begins a block, given the places of the lines of the block above."""
    line, above = lines[place], lines[place - 1]
    label = numbered[group[0]]
    if numbered[place] or line.level is not None or above.level is not None or line.row is not above.row:
        return True
    if place - group[0] == 1 and label and not label.label.rest:
        return False
    may_end = line.gap is not Gap.WRAP or _LIST_GOES_ON.search(above.text) or not unfinished(above.text)
    if may_end and _BULLET.match(line.text):
        return True
    if _entitles(lines, numbered, place):
        return True
    if line.gap is Gap.EMPTY:
        return line.row or not (line.text[:1].islower() and unfinished(above.text))
    return line.gap is Gap.BREAK and not line.row and _breaks_off(lines, group, place, label)


def _entitles(lines: Sequence[Line], numbered: Sequence[Numbered | None], place: int) -> bool:
    """Whether a line without a stop at its end, between the end of a sentence and a number, is a title."""
    below = numbered[place + 1] if place + 1 < len(lines) else None
    numbered_below = below is not None and below.path[-1].kind is not Kind.LIST
    return numbered_below and ends_sentence(lines[place - 1].text) and like_a_title(lines[place].text)


def _breaks_off(lines: Sequence[Line], group: Sequence[int], place: int, label: Numbered | None) -> bool:
    """Whether a short line ends its block: it ends a sentence, or is a title with a paragraph right below."""
    above, text = lines[place - 1].text, lines[place].text
    if text[:1].islower() or ends_sentence(above):
        return not text[:1].islower()
    if len(group) > 1 or text[:1].isdecimal() or points_on(above):
        return False
    followed = place + 1 < len(lines) and lines[place + 1].gap is Gap.WRAP
    over_paragraph = (
        len(above) <= _MUCH_SHORTER * len(text) if followed else len(above) <= _SHORT and ends_sentence(text)
    )
    return over_paragraph and like_a_title(label.label.rest if label else above)


def _block(lines: Sequence[Line], group: Sequence[int], numbered: Numbered | None, joiner: Joiner) -> Block:
    first = lines[group[0]]
    text = numbered.label.rest if numbered else first.text
    return Block(
        text=joiner.join([lines[place] for place in group], text),
        line=first.number,
        printed=" ".join(first.text.removesuffix(text).split()),
        path=numbered.path if numbered else (),
        level=first.level,
        attached=_attached(lines, group[0]),
        pages=tuple(sorted({page for place in group if (page := lines[place].page) is not None})),
        audience=first.audience,
    )


def _attached(lines: Sequence[Line], place: int) -> bool:
    line = lines[place]
    beside_table = place > 0 and line.gap is not Gap.EMPTY and line.row is not lines[place - 1].row
    return beside_table or bool(_BULLET.match(line.text))
