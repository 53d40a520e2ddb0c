"""What a Markdown document says of itself between the --- lines at its top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain import Document
from index_builder.knowledge.fields import Fields
from index_builder.knowledge.kinds import not_day, not_link, not_one_of
from index_builder.knowledge.strict_yaml import load
from index_builder.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

_FENCE = "---"
_FIRST_LINE = 2
_KINDS = ("umbrella", "underlying")


def front_matter(text: str, name: str, shown_as: str) -> tuple[Document, str, list[Problem]]:
    """The Document, its title "" where none is given; the text with the front matter's lines empty; the Problems."""
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        return Document(name, ""), text, []
    end = next((place for place, line in enumerate(lines[1:], start=1) if line.rstrip() == _FENCE), None)
    if end is None:
        sentence = "the front matter that starts here has no end: write --- on a line of its own after it"
        return Document(name, ""), text, [Problem(shown_as, 1, sentence)]
    value, problems = load("\n".join(lines[1:end]), shown_as, _FIRST_LINE)
    body = "\n".join([*[""] * (end + 1), *lines[end + 1 :]])
    return (Document(name, "") if value is None else _document(Fields(value, problems), name)), body, problems


def audience_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The readers named in one or more texts, which commas may part."""
    return tuple(reader.strip() for text in texts for reader in text.split(",") if reader.strip())


def _document(fields: Fields, name: str) -> Document:
    document = Document(
        name=name,
        title=fields.text("title", required=False),
        kind=fields.text("kind", not_one_of(_KINDS), required=False) or _KINDS[0],
        adopted=fields.text("adopted", not_day, required=False) or None,
        review=fields.text("review", not_day, required=False) or None,
        owner=fields.text("owner", required=False) or None,
        audience=audience_of(fields.text_or_texts("audience")) if "audience" in fields else (),
        url=fields.text("url", not_link, required=False) or None,
        prevails=fields.text("prevails", required=False) or None,
        pictures=fields.text("pictures", required=False) or None,
    )
    fields.refuse_unknown()
    return document
