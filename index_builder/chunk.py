"""Sections → Passages: the spans that are searched, and the words that are embedded for each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from bot.domain import Passage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from bot.domain import Section
    from bot.encoder import Embedding

_STEM_END = (":", "—", "–")
_BREAK = re.compile(r"\n+|(?<=[.!?;])\s+(?=[\"“(]?[A-Z0-9])")
_TINY = 1e-12
_FEWEST_WORDS = 4
"""A span of fewer words says too little to be found by: "Be polite;" is near everything."""


def chunk(sections: Sequence[Section]) -> tuple[Passage, ...]:
    """The passages of each section, section by section: entire (framed, and bare), then its parts (framed)."""
    return tuple(passage for row, section in enumerate(sections) for passage in _passages(row, section))


def embedded(passage: Passage, section: Section) -> str:
    """The words embedded for a passage: when framed, its heading and the stem that it hangs from come first."""
    span = " ".join(section.text[passage.start : passage.end].split())
    if not passage.framed:
        return span
    stem = section.stem if passage.start == 0 else _own_stem(section.text) or section.stem
    frame = " ".join(
        part if part.endswith((".", ":", "?", *_STEM_END)) else f"{part}." for part in (section.heading, stem) if part
    )
    return f"{frame} {span}" if frame else span


def tokens_of(
    passages: Sequence[Passage], embeddings: Sequence[Embedding], sections: int, max_tokens: int
) -> tuple[NDArray[np.float16], NDArray[np.int32]]:
    """The tokens of each section, (tokens, token_dimension), and where each section's start, (sections + 1,).

    They are those of its framed entire passage, each of length 1. Where the encoder cut that short, at `max_tokens`,
    its parts' follow.
    """
    found: list[list[NDArray[np.float16]]] = [[] for _ in range(sections)]
    for passage, (_, tokens) in zip(passages, embeddings, strict=True):
        own = found[passage.section]
        if passage.framed and (not own or len(own[0]) == max_tokens):
            own.append(_of_length_one(tokens))
    starts = np.cumsum([0, *(sum(map(len, own)) for own in found)], dtype=np.int32)
    return np.concatenate([tokens for own in found for tokens in own]), starts


def _of_length_one(tokens: NDArray[np.float32]) -> NDArray[np.float16]:
    exact = tokens.astype(np.float64)  # a token that matters little squares to nothing in 16 bits
    lengths: NDArray[np.float64] = np.linalg.norm(exact, axis=1, keepdims=True)
    short: NDArray[np.float16] = (exact / np.maximum(lengths, _TINY)).astype(np.float16)
    return short


def _passages(row: int, section: Section) -> Iterator[Passage]:
    text = section.text
    if _is_bare_stem(section):
        return
    yield Passage(row, 0, len(text))
    yield Passage(row, 0, len(text), framed=False)
    spans = [(start, end) for start, end in _spans(text) if len(text[start:end].split()) >= _FEWEST_WORDS]
    if len(spans) > 1:
        yield from (Passage(row, start, end) for start, end in spans)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _BREAK.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def _own_stem(text: str) -> str:
    """The first line of a section that holds a list, where it ends as a stem does; "" otherwise."""
    first, _, rest = text.partition("\n")
    return first if rest and first.rstrip().endswith(_STEM_END) else ""


def _is_bare_stem(section: Section) -> bool:
    return section.text.rstrip().endswith(_STEM_END) and "\n" not in section.text
