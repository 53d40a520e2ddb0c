"""Markdown read into lines: what its marks say becomes structure, and the words are those a reader sees."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from index_builder.knowledge.values import hidden
from index_builder.problem import Problem
from index_builder.readers.front_matter import audience_of
from index_builder.readers.lines import Gap, Line, ends_sentence, like_a_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

_AUDIENCE = re.compile(r"\{\s*audience:([^{}]*)\}$")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_PARSER = MarkdownIt("commonmark").enable("table").disable("code")  # indented lines are lists of the protocol, not code


def lines(text: str, shown_as: str) -> tuple[list[Line], list[Problem]]:
    """The lines of a Markdown text, its headings with their level, and the Problems of its marks."""
    reading = _Reading(shown_as)
    for token in _PARSER.parse(text):
        reading.take(token)
    return reading.lines, reading.problems


class _Reading:
    """One walk over the tokens of a text: the lines so far, and the list, heading or table the walk is in."""

    def __init__(self, shown_as: str) -> None:
        self.lines: list[Line] = []
        self.problems: list[Problem] = []
        self._shown_as = shown_as
        self._mark = ""
        self._counts: list[int] = []
        self._heading: Token | None = None
        self._row: Line | None = None

    def take(self, token: Token) -> None:
        """Let one token follow those before."""
        match token.type.rpartition("_"):
            case "heading", _, side:
                self._heading = token if side == "open" else None
            case "ordered_list" | "bullet_list", _, side:
                self._counts = [*self._counts, 0] if side == "open" else self._counts[:-1]
            case "list_item", _, side:
                self._mark = self._mark_of(token) if side == "open" else ""
            case "tr", _, side:
                self._turn_row(token, opened=side == "open")
            case _, _, "inline":
                self._words(token)
            case _, _, "fence":
                self._fence(token)
            case "html", _, "block" if _COMMENT.sub("", token.content).strip():
                self._refuse(_start(token), "this is HTML, which is not read here: write it as Markdown")

    def _mark_of(self, item: Token) -> str:
        """A bullet, or the number as typed, or the next one where all are typed alike."""
        if not item.info:
            return f"{item.markup} "
        self._counts[-1] = max(int(item.info), self._counts[-1] + 1)
        return f"{self._counts[-1]}{item.markup} "

    def _turn_row(self, token: Token, *, opened: bool) -> None:
        if opened:
            follows = bool(self.lines) and self.lines[-1].row
            self._row = Line("", _start(token), Gap.BREAK if follows else Gap.EMPTY, row=True)
        elif self._row:
            self.lines.append(self._row)
            self._row = None

    def _words(self, token: Token) -> None:
        seen = [(gap, text.strip()) for gap, text in _seen(token.children or ())]
        if "&" in token.content and any(codes := hidden(text) for _, text in seen):
            self._refuse(_start(token), f"a code for a hidden character stands here: delete the one for {codes[0]}")
        if self._row:
            text = " ".join(text for _, text in seen)
            self._row = replace(self._row, text=f"{self._row.text} | {text}" if self._row.text else text)
        elif self._heading:
            self._head(token, " ".join(text for _, text in seen))
        else:
            self._paragraph(token, seen)

    def _head(self, token: Token, text: str) -> None:
        found = _AUDIENCE.search(text)
        title = text[: found.start()].rstrip() if found else text
        if not found and text.endswith("}"):
            self._refuse(_start(token), "the braces in this heading are not read: write {audience: officers, members}")
        if self._heading and self._heading.markup in {"=", "-"} and ends_sentence(title) and not like_a_title(title):
            sentence = "the line of signs below makes a heading of this sentence: put an empty line between them"
            self._refuse(_start(token), sentence)
        level = int(self._heading.tag[1:]) if self._heading else 1
        audience = audience_of([found[1]]) if found else ()
        if title:
            self.lines.append(Line(title, _start(token), level=level, audience=audience))

    def _paragraph(self, token: Token, seen: Sequence[tuple[Gap, str]]) -> None:
        for offset, (gap, text) in enumerate(seen):
            if text:
                mark = "" if offset else self._mark
                self.lines.append(Line(mark + text, _start(token) + offset, gap))
        self._mark = ""

    def _fence(self, token: Token) -> None:
        for offset, text in enumerate(token.content.splitlines()):
            gap = Gap.BREAK if offset else Gap.EMPTY
            self.lines.append(Line(text, _start(token) + 1 + offset, gap, row=True))

    def _refuse(self, line: int, sentence: str) -> None:
        self.problems.append(Problem(self._shown_as, line, sentence))


def _start(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


def _seen(children: Sequence[Token]) -> list[tuple[Gap, str]]:
    """The words a reader sees in a paragraph, line by line; pictures, link targets, tags and comments are not words."""
    seen = [(Gap.EMPTY, "")]
    for child in children:
        if child.type == "softbreak":
            seen.append((Gap.WRAP, ""))
        elif child.type == "hardbreak" or (child.type == "html_inline" and _LINE_BREAK.fullmatch(child.content)):
            seen.append((Gap.MARKED, ""))
        elif child.type in {"text", "code_inline"}:
            gap, text = seen[-1]
            seen[-1] = (gap, text + child.content)
    return seen
