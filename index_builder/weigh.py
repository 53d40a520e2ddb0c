"""Sections → Lexical: bm25s weighs every word once, so that a question is a sum (`bot.lexical`)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import bm25s
import numpy as np

from bot.lexical import Lexical, terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain import Section

_K1, _B = 1.2, 0.75


def weigh(sections: Sequence[Section]) -> Lexical:
    """BM25 (Lucene's variant: a weight never exceeds the word's rarity) of each section with its heading and stem."""
    words = [terms(f"{section.heading} {section.stem} {section.text}") for section in sections]
    columns = {word: column for column, word in enumerate(sorted({word for section in words for word in section}))}
    model = bm25s.BM25(method="lucene", k1=_K1, b=_B)
    model.index(([[columns[word] for word in section] for section in words], dict(columns)), show_progress=False)
    holding = np.diff(model.scores["indptr"])[: len(columns)]
    return Lexical(
        columns=columns,
        rarity=np.log(1 + (len(sections) - holding + 0.5) / (holding + 0.5)).astype(np.float32),
        starts=model.scores["indptr"][: len(columns) + 1].astype(np.int32),
        rows=model.scores["indices"].astype(np.int32),
        weights=model.scores["data"].astype(np.float32),
        sections=len(sections),
        unseen=math.log(1 + (len(sections) + 0.5) / 0.5),
    )
