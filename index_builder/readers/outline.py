"""Blocks put where they belong: under headings, and each part of a list under the paragraph it hangs from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from index_builder.readers.lines import ends_stem
from index_builder.readers.numbering import Kind, Path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from index_builder.readers.blocks import Block


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its words, the whole as printed, and the path of its number, empty where it has none."""

    text: str
    printed: str
    path: Path
    level: int
    audience: tuple[str, ...]


@dataclass(slots=True)
class Part:
    """A paragraph with what hangs from it. `numbered` says that the path is its own, not that of the heading above."""

    path: Path
    numbered: bool
    printed: str
    headings: tuple[Heading, ...]
    line: int
    pieces: list[str] = field(default_factory=list)
    pages: set[int] = field(default_factory=set)
    parts: list[Part] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words of the part itself, without those of its parts."""
        return "".join(self.pieces)

    def add(self, block: Block) -> None:
        """Let the words of a block follow the words here: on the next line of a list, or as a further paragraph."""
        self.pieces += [("\n" if block.attached else "\n\n") * bool(self.pieces), block.text]
        self.pages.update(block.pages)


def outline(blocks: Iterable[Block], *, numbers_close: bool = False) -> list[Part]:
    """The paragraphs of a document in order, each with its headings and its parts.

    `numbers_close` ends a numbered heading where a number outside it follows: where no format marks the headings.
    """
    growing = _Outline(numbers_close=numbers_close)
    for block in blocks:
        growing.add(block)
    return growing.roots


class _Outline:
    """The outline so far: its paragraphs, the headings now open, and the last paragraph with its parts now open."""

    def __init__(self, *, numbers_close: bool) -> None:
        self._numbers_close = numbers_close
        self.roots: list[Part] = []
        self._headings: tuple[Heading, ...] = ()
        self._open: list[Part] = []

    def add(self, block: Block) -> None:
        if block.level is not None:
            self._head(block, block.level)
        elif block.path:
            self._hang(block)
        else:
            self._follow(block)

    def _head(self, block: Block, level: int) -> None:
        above = takewhile(lambda heading: heading.level < level, self._headings)
        printed = f"{block.printed} {block.text}".strip()
        heading = Heading(block.text or block.printed, printed, block.path, level, block.audience)
        self._headings, self._open = (*above, heading), []

    def _hang(self, block: Block) -> None:
        """Put a numbered block under the innermost paragraph whose number begins its own."""
        if self._numbers_close:
            self._headings = tuple(takewhile(lambda heading: _holds(heading.path, block.path), self._headings))
        while self._open and not _belongs_under(self._open[-1], block):
            self._open.pop()
        if not self._open and block.path[-1].kind is Kind.LIST:
            self._start(self._base(block.path), block, printed="")
            block = replace(block, printed=block.printed[max(0, block.printed.find("(")) :])  # 1.—(1) is (1) within 1
        self._start(block.path, block, printed=block.printed).add(block)

    def _follow(self, block: Block) -> None:
        """Let an unnumbered block continue a numbered paragraph or a list, or start a paragraph."""
        root = self._open[0] if self._open else None
        if root and (root.numbered or block.attached or ends_stem(self._open[-1].pieces[-1])):
            self._open[-1].add(block)
            return
        self._open.clear()
        self._start(self._owner(), block, printed="").add(block)

    def _start(self, path: Path, block: Block, printed: str) -> Part:
        part = Part(path, path != self._owner(), printed, self._headings, block.line)
        (self._open[-1].parts if self._open else self.roots).append(part)
        self._open.append(part)
        return part

    def _base(self, path: Path) -> Path:
        """What a list mark without a paragraph above it hangs from: the number beside it, or the heading above."""
        owner = self._owner()
        beside = tuple(takewhile(lambda level: level.kind is not Kind.LIST, path))
        return owner if len(owner) > len(beside) and path[: len(owner)] == owner else beside

    def _owner(self) -> Path:
        return next((heading.path for heading in reversed(self._headings) if heading.path), ())


def _belongs_under(part: Part, block: Block) -> bool:
    if not _holds(part.path, block.path) or len(block.path) == len(part.path):
        return False
    kind = block.path[len(part.path)].kind
    return kind is Kind.LIST or (part.numbered and kind is Kind.NUMBER)


def _holds(outer: Path, inner: Path) -> bool:
    return inner[: len(outer)] == outer
