"""How deep each heading of a plain text stands, told by what it introduces: a numbered heading by its own number."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from index_builder.readers.numbering import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index_builder.readers.blocks import Block
    from index_builder.readers.numbering import Path

_STEP = 20
"""Between the levels of two depths of numbers there is room for headings without one."""
_PLAIN = 3


def depths(blocks: Sequence[Block], headings: Sequence[int]) -> dict[int, int]:
    """A level for each heading: it stands under the last one above it that has a smaller level."""
    known = set(headings)
    levels: dict[int, int] = {}
    for place in headings:
        path = blocks[place].path
        levels[place] = _STEP * len(path) if path else _unnumbered(blocks, known, place, levels)
    return levels


def _unnumbered(blocks: Sequence[Block], headings: set[int], place: int, levels: dict[int, int]) -> int:
    below = place + 1
    while below in headings and not blocks[below].path:
        below += 1
    path = blocks[below].path if below < len(blocks) else ()
    if path and path[0].kind is not Kind.LIST:
        return _STEP * _new_from(_path_above(blocks, place), path) - (below - place)
    return _over_text(blocks, levels, _rank(blocks[place], followed=below > place + 1))


def _new_from(old: Path, new: Path) -> int:
    """The depth, from 1, at which a number parts from the one before it."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    return min(shared + 1, len(new))


def _path_above(blocks: Sequence[Block], place: int) -> Path:
    return next((block.path for block in reversed(blocks[:place]) if block.path), ())


def _over_text(blocks: Sequence[Block], levels: dict[int, int], rank: int) -> int:
    """The level of a heading over unnumbered text: within the numbered heading that is open, or beside its like."""
    for place in reversed(levels):
        if blocks[place].path:
            return levels[place] + _STEP // 2 + rank
        if levels[place] < _STEP:
            return levels[place]
    return _STEP + rank


def _rank(block: Block, *, followed: bool) -> int:
    """1 for headings in capitals, underlined with = or followed by another; the rest stand below these."""
    return block.level or (1 if followed or block.text.isupper() else _PLAIN)
