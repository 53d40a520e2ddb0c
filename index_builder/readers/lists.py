"""Whether the parts of a list are quoted one by one or as one text with the words they hang from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from index_builder.readers.lines import ends_sentence, ends_stem
from index_builder.readers.numbering import Kind

if TYPE_CHECKING:
    from index_builder.readers.outline import Part

_FEWEST_WORDS = 12
"""Parts shorter than this say too little alone."""
_CAPITAL = re.compile(r"[\"'“‘(]?[A-Z£0-9]")


def whole_text(part: Part) -> str:
    """The words of a part and of all that hangs from it, each on its own line after its label as printed."""
    lines = [part.text] if part.text else []
    return "\n".join([*lines, *(f"{inner.printed} {whole_text(inner)}".strip() for inner in part.parts)])


def all_pages(part: Part) -> set[int]:
    """The pages that a part and all that hangs from it stand on."""
    return part.pages.union(*(all_pages(inner) for inner in part.parts))


def stand_alone(part: Part) -> bool:
    """Whether the parts of a part are whole sentences, and long enough to be quoted one by one.

    Those with a number of their own (4.2.1) may be short. Those with a mark in a list have 12 words on average, and
    12 each where they complete words that end in a colon or dash.
    """
    texts = [_first_sentences(whole_text(inner)) for inner in part.parts]
    if not texts or not all(map(_CAPITAL.match, texts)):
        return False
    words = [len(text.split()) for text in texts]
    least = min(words) if ends_stem(part.text) else sum(words) / len(words)
    return least >= _FEWEST_WORDS or all(inner.path[-1].kind is not Kind.LIST for inner in part.parts)


def _first_sentences(text: str) -> str:
    """A text to the end of its first paragraph that ends a sentence; "" if none does. More may belong to the parent."""
    paragraphs = text.split("\n\n")
    ends = (place for place, paragraph in enumerate(paragraphs, start=1) if ends_sentence(paragraph))
    return "\n\n".join(paragraphs[: next(ends, 0)])
