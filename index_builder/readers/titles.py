"""Which blocks of a plain text are its headings, for nothing in the file says so."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from index_builder.readers.depth import depths
from index_builder.readers.lines import ends_stem, like_a_title
from index_builder.readers.numbering import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from index_builder.readers.blocks import Block

_DEEPEST = 6
"""The most headings that are looked for right under one another."""


def with_headings(blocks: Sequence[Block]) -> tuple[str, list[Block]]:
    """The document's title ("" where it has none), and its other blocks, the headings among them with their level."""
    listed = _listed(blocks)
    headings = {place for place in range(len(blocks)) if place not in listed and _is_heading(blocks, place)}
    levels = depths(blocks, headings)
    title = _title(blocks, levels)
    placed = [
        replace(block, level=levels.get(place), attached=block.attached or place in listed)
        for place, block in enumerate(blocks)
    ]
    return _once(line for block in blocks[:title] for line in block.text.split("\n")), placed[title:]


def _once(lines: Iterable[str]) -> str:
    """The lines of a title as one, without those that an earlier line holds already, as a running head does."""
    title = ""
    for line in lines:
        if line.casefold() not in title.casefold():
            title = f"{title} – {line}" if title else line
    return title


def _listed(blocks: Sequence[Block]) -> set[int]:
    """Short lines that follow, one or more, from words that end in a colon or dash."""
    listed: set[int] = set()
    for place, (above, block) in enumerate(pairwise(blocks), start=1):
        if not block.path and _short(block) and (place - 1 in listed or ends_stem(above.text)):
            listed.add(place)
    return listed


def _is_heading(blocks: Sequence[Block], place: int) -> bool:
    block = blocks[place]
    if place + 1 == len(blocks):
        return False
    if not place and not block.path:
        return all(map(like_a_title, block.text.split("\n")))
    if not _short(block):
        return False
    return _has_body(blocks, place) if block.path else not _signs_off(blocks, place)


def _short(block: Block) -> bool:
    if block.attached or "\n" in block.text:
        return False
    place_alone = bool(block.path) and block.path[-1].kind is Kind.PLACE and not block.text
    return place_alone or block.level is not None or like_a_title(block.text)


def _signs_off(blocks: Sequence[Block], place: int) -> bool:
    """Whether a short line stands under a paragraph and above a Part or Section, as a name under a foreword does."""
    above, below = blocks[place - 1], blocks[place + 1]
    return not _short(above) and bool(below.path) and below.path[-1].kind is Kind.PLACE


def _has_body(blocks: Sequence[Block], place: int) -> bool:
    """Whether a short numbered line has words of its own below; if not, it is a short paragraph, or part of a list."""
    path = blocks[place].path
    above = blocks[place - 1] if place else None
    if above and above.path[:-1] == path[:-1] and len(above.path) == len(path) and _short(above):
        return False
    within = (block for block in blocks[place + 1 : place + 1 + _DEEPEST] if block.path or not _short(block))
    below = next(within, None)
    if below is None or below.attached or below.text[:1].islower():
        return False
    return not below.path or below.path[: len(path)] == path != below.path


def _title(blocks: Sequence[Block], levels: Mapping[int, int]) -> int:
    """How many blocks at the start are the title: the first heading, and those between it and the first number."""
    run = 0
    while run in levels and not blocks[run].path:
        run += 1
    if run == len(blocks) or not blocks[run].path:
        return min(run, 1)
    alike = sum(level == levels.get(run - 1) for place, level in levels.items() if not blocks[place].path)
    return run - 1 if run > 1 and alike > 1 else run
