"""Whether the parts of a list are quoted one by one or as one text with the words they hang from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index_builder.readers.lines import ends_sentence
from index_builder.readers.numbering import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from index_builder.readers.outline import Part

_FEWEST_WORDS = 12
"""Parts shorter than this on average say too little alone."""
_CAPITAL = re.compile(r"[\"'“‘(]?[A-Z£0-9]")


def whole_text(part: Part) -> str:
    """The words of a part and of all that hangs from it, each on its own line after its label as printed."""
    lines = [part.text] if part.text else []
    return "\n".join([*lines, *(f"{inner.printed} {whole_text(inner)}".strip() for inner in part.parts)])


def all_pages(part: Part) -> set[int]:
    """The pages that a part and all that hangs from it stand on."""
    return part.pages.union(*(all_pages(inner) for inner in part.parts))


def stand_alone(parts: Sequence[Part]) -> bool:
    """Whether each of the parts is one or more whole sentences, and long enough to be quoted alone.

    Parts with a number of their own (4.2.1) may be short; those with a mark in a list have 12 words on average.
    """
    texts = [_first_sentences(whole_text(part)) for part in parts]
    words = sum(len(text.split()) for text in texts)
    marked = any(part.path[-1].kind is Kind.LIST for part in parts)
    return all(map(_CAPITAL.match, texts)) and (not marked or words >= _FEWEST_WORDS * len(parts))


def _first_sentences(text: str) -> str:
    """A text to the end of its first paragraph that ends a sentence; "" if none does. More may belong to the parent."""
    paragraphs = text.split("\n\n")
    ends = (place for place, paragraph in enumerate(paragraphs, start=1) if ends_sentence(paragraph))
    return "\n\n".join(paragraphs[: next(ends, 0)])
