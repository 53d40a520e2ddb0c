"""A file in, numbered sections out; nothing else knows these formats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.domain import Document, Section
from index_builder.problem import Problem
from index_builder.readers import markdown, text
from index_builder.readers.blocks import Block, blocks
from index_builder.readers.characters import text_of
from index_builder.readers.front_matter import front_matter
from index_builder.readers.outline import outline
from index_builder.readers.sections import sections
from index_builder.readers.titles import with_headings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MARKDOWN = {".md", ".markdown"}
_PLAIN = {".txt"}


@dataclass(frozen=True)
class Reading:
    """A Document with its Sections in order, and the Problems that keep it from being published."""

    document: Document
    sections: tuple[Section, ...]
    problems: tuple[Problem, ...]


def read(path: Path, name: str, shown_as: str = "") -> Reading:
    """The Reading of a .md or .txt file as the document `name`; `shown_as` is its path in the Problems."""
    shown_as = shown_as or str(path)
    unread = Document(name, _title_from(path))
    suffix = path.suffix.lower()
    if suffix not in _MARKDOWN | _PLAIN:
        problem = Problem(shown_as, 1, f"cannot read {suffix or path.name}; save it as .md or .txt")
        return Reading(unread, (), (problem,))
    content, problems = text_of(path, shown_as)
    if not content:
        return Reading(unread, (), tuple(problems))
    marked = suffix in _MARKDOWN
    document, body, faults = _marked(content, name, shown_as) if marked else _plain(content, name)
    document = document if document.title else replace(document, title=unread.title)
    found = sections(outline(body, numbers_close=not marked), name, document.title)
    faults += _clashes(found, shown_as) if found else [Problem(shown_as, 1, _NO_SECTION)]
    return Reading(document, tuple(section for _, section in found), tuple(sorted({*problems, *faults})))


_NO_SECTION = "this holds no paragraph that could be quoted: put the protocol's text in it, or delete it"


def _marked(content: str, name: str, shown_as: str) -> tuple[Document, list[Block], list[Problem]]:
    document, text_below, problems = front_matter(content, name, shown_as)
    found, faults = markdown.lines(text_below, shown_as)
    body = blocks(found)
    headings = [block for block in body if block.level is not None]
    first = body[0] if body else None
    alone = first is not None and [block for block in headings if block.level == 1] == [first]
    if first and alone and (not first.path or first.text == document.title):
        document = replace(document, title=document.title or first.text, audience=document.audience or first.audience)
        body = body[1:]
    if not document.title and headings and not headings[0].path:
        document = replace(document, title=headings[0].text)
    return document, body, problems + faults


def _plain(content: str, name: str) -> tuple[Document, list[Block], list[Problem]]:
    title, body = with_headings(blocks(text.lines(content)))
    return Document(name, title), body, []


def _title_from(path: Path) -> str:
    words = path.stem.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _clashes(found: Sequence[tuple[int, Section]], shown_as: str) -> list[Problem]:
    first: dict[str, int] = {}
    clashes = list[Problem]()
    for line, section in found:
        if first.setdefault(section.number, line) != line:
            places = f"here and on line {first[section.number]}"
            clashes.append(Problem(shown_as, line, f"number {section.number} stands twice, {places}: change one"))
    return clashes
