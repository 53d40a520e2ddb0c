"""How deep each heading of a plain text stands, told by what it introduces: a numbered heading by its own number."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from index_builder.readers.numbering import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from index_builder.readers.blocks import Block
    from index_builder.readers.numbering import Path

_STEP = 20
"""Between the levels of two depths of numbers there is room for headings without one."""
_WITHIN = 10
_PLAIN = 3


def depths(blocks: Sequence[Block], headings: AbstractSet[int]) -> dict[int, int]:
    """A level for each heading: it stands under the last one above it that has a smaller level."""
    levels: dict[int, int] = {}
    path: Path = ()
    beside = _STEP
    for place, block in enumerate(blocks):
        if place in headings:
            levels[place] = (
                _STEP * len(block.path) if block.path else _unnumbered(blocks, headings, place, path, beside)
            )
            beside = _beside(block, levels[place], beside)
        path = block.path or path
    return levels


def _unnumbered(blocks: Sequence[Block], headings: AbstractSet[int], place: int, path: Path, beside: int) -> int:
    """The level of a heading without a number, given the last number above it and the level of its likes there."""
    run = 1
    while place + run in headings and not blocks[place + run].path and run < _WITHIN:
        run += 1
    below = blocks[place + run].path if place + run < len(blocks) else ()
    if below and below[0].kind is not Kind.LIST:
        return _STEP * _new_from(path, below) - run
    return beside + (_rank(blocks[place], followed=run > 1) if beside % _STEP in {0, _WITHIN} else 0)


def _beside(heading: Block, level: int, beside: int) -> int:
    """The level that the next heading over unnumbered text takes, or counts from: within a numbered one, if any."""
    if heading.path:
        return level + _WITHIN
    return level if level < _STEP else beside


def _new_from(old: Path, new: Path) -> int:
    """The depth, from 1, at which a number parts from the one before it."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    return min(shared + 1, len(new))


def _rank(block: Block, *, followed: bool) -> int:
    """1 for headings in capitals, underlined with = or followed by another; the rest stand below these."""
    return block.level or (1 if followed or block.text.isupper() else _PLAIN)
