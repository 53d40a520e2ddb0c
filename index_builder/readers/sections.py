"""Sections out of an outline: what is quoted alone, by which number, under which headings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain import Section
from index_builder.readers.lists import all_pages, stand_alone, whole_text
from index_builder.readers.names import named
from index_builder.readers.numbering import Kind, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from index_builder.readers.outline import Part


@dataclass(frozen=True, slots=True)
class _Quotation:
    """What is quoted alone: a part, with all that hangs from it or without, its number, and the words above it."""

    part: Part
    number: str
    stem: str
    whole: bool


def sections(roots: Sequence[Part], document: str, title: str) -> list[tuple[int, Section]]:
    """The Sections of a document in order, each with the line it starts on.

    A list is quoted with the words it hangs from, unless its parts stand alone: then each is a Section, and the words
    they hang from are one too and the stem of each.
    """
    quotations = (quoted for number, root in named(roots, title) for quoted in _quotations(root, number, ""))
    return [(quoted.part.line, _section(quoted, document, title)) for quoted in quotations]


def _quotations(part: Part, number: str, stem: str) -> Iterator[_Quotation]:
    if not stand_alone(part):
        yield _Quotation(part, number, stem, whole=True)
        return
    if part.text:
        yield _Quotation(part, number, stem, whole=False)
    for inner in part.parts:
        yield from _quotations(inner, _number_within(number, part, inner), f"{stem} {part.text}".strip())


def _number_within(number: str, part: Part, inner: Part) -> str:
    added = inner.path[len(part.path) :]
    if all(level.kind is Kind.LIST for level in added):
        return number + "".join(level.printed for level in added)
    return number.removesuffix(number_of(part.path)) + number_of(inner.path)


def _section(quoted: _Quotation, document: str, title: str) -> Section:
    part, headings = quoted.part, quoted.part.headings
    return Section(
        document=document,
        number=quoted.number,
        heading=headings[-1].text if headings else title,
        path=tuple(heading.printed for heading in headings),
        text=whole_text(part) if quoted.whole else part.text,
        stem=quoted.stem,
        pages=tuple(sorted(all_pages(part) if quoted.whole else part.pages)),
        audience=next((heading.audience for heading in reversed(headings) if heading.audience), ()),
    )
