"""The sections that may answer a question, scored: by meaning (whole and best part) and by words in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bot.domain import Match
from bot.lexical import terms
from bot.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bot.index import Index

    Vector = NDArray[np.float32]
    Embed = Callable[[str], Vector]

_PASSAGES = 120  # passages that FAISS brings before sections are scored exactly
_SECTIONS = 20  # sections that the lexical search brings, and matches kept beside the chosen ones


class Retriever:
    """Searches one Index with one encoder; holds no state but theirs, so any number of threads may call it."""

    def __init__(self, index: Index, embed: Embed) -> None:
        self._index, self._embed = index, embed
        self._vocabulary = Vocabulary(index.revision.vocabulary)
        sections = index.revision.sections
        self._starts = np.searchsorted(index.owner, np.arange(len(sections) + 1))
        self._entire = np.array(
            [p.start == 0 and p.end == len(sections[p.section].text) for p in index.revision.passages]
        )

    def matches(self, text: str) -> tuple[Match, ...]:
        """The best sections for a cleaned question, best first, at most 20; none is chosen yet.

        The protocol's words for what was typed join the lexical search and, as a second vector, the dense one.
        """
        added = self.added(text)
        vector = self._vector(text, added)
        cover = self._index.lexical.cover(terms(" ".join((text, *added))))
        rows = self._candidates(vector, cover)
        whole, part = self._cosines(rows, vector)
        policy = self._index.revision.policy
        score = policy.weight_whole * whole + policy.weight_part * part + policy.weight_lexical * cover[rows]
        best = np.argsort(-score, kind="stable")[:_SECTIONS]
        columns = (rows[best], score[best], whole[best], part[best], cover[rows[best]])
        return tuple(self._match(*values) for values in zip(*(column.tolist() for column in columns), strict=True))

    def added(self, text: str) -> tuple[str, ...]:
        """The protocol's words that the vocabulary adds to a question."""
        return self._vocabulary.added(text)

    def _vector(self, text: str, added: tuple[str, ...]) -> Vector:
        vector = self._embed(text)
        if not added:
            return vector
        both = vector + self._embed(f"{text} ({', '.join(added)})")
        joined: Vector = both / np.linalg.norm(both)
        return joined

    def _candidates(self, vector: Vector, cover: Vector) -> NDArray[np.int64]:
        near = self._index.owner[self._index.nearest(vector, _PASSAGES)]
        alike = np.argsort(-cover, kind="stable")[:_SECTIONS]
        rows = np.unique(np.concatenate((near, alike)))
        searched: NDArray[np.int64] = rows[self._starts[rows] < self._starts[rows + 1]]  # not a bare stem
        return searched

    def _cosines(self, rows: NDArray[np.int64], vector: Vector) -> tuple[Vector, Vector]:
        """For each section, the mean cosine of its entire passages and the best of its parts, else the mean again."""
        spans = [np.arange(self._starts[row], self._starts[row + 1]) for row in rows]
        passages = np.concatenate(spans)
        begins = np.cumsum([0, *(len(span) for span in spans[:-1])])
        cosines, entire = self._index.vectors[passages] @ vector, self._entire[passages]
        counts = np.add.reduceat(entire, begins, dtype=np.int64)
        whole = np.add.reduceat(np.where(entire, cosines, 0), begins) / counts
        part = np.maximum.reduceat(np.where(entire, -1, cosines), begins)
        return whole.astype(np.float32), np.where(part > -1, part, whole).astype(np.float32)

    def _match(self, row: int, score: float, whole: float, part: float, lexical: float) -> Match:
        return Match(self._index.revision.sections[row], score, whole, part, lexical)
