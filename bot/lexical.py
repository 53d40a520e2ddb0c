"""Words in common: BM25 read from the arrays that the builder wrote.

The builder lets bm25s weigh every word of every section once; at question time a sum over the question's words is all
that is left, so the bot needs numpy and a stemmer but not bm25s and the SciPy that it loads (0.15 s of start).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import Stemmer

from bot.phrases import normal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

STOP_WORDS = frozenset(
    """
    a about all also am an and any are as at be because been being but by can could did do does doing for from get got
    had has have having he her here him his how i id if im in into is it its ive just may me might my no not of off on
    or our out over own please she should so some than that the their them then there these they theyre this those to
    too up us was we were what whats when where which who whom why will with would you your youre
    """.split()
)
_stemmer = Stemmer.Stemmer("english")


def terms(text: str) -> list[str]:
    """The stems of a text's telling words, in order; the same for a section when published and for a question."""
    words = f" {normal(text)} ".replace(" e mail", " email").split()
    return list(_stemmer.stemWords([word for word in words if word not in STOP_WORDS]))


@dataclass(frozen=True)
class Lexical:
    """BM25 weights by term, as a column-compressed sections × terms matrix.

    Term t holds in sections `rows[starts[t]:starts[t + 1]]` with `weights` of the same places; a weight is at most the
    term's rarity, `rarity[t]`; `unseen` is the rarity of a word that no section holds.
    """

    columns: Mapping[str, int]
    rarity: NDArray[np.float32]
    starts: NDArray[np.int32]
    rows: NDArray[np.int32]
    weights: NDArray[np.float32]
    sections: int
    unseen: float

    def cover(self, question: Sequence[str]) -> NDArray[np.float32]:
        """How much of a question's rare words each section holds, 0 to 1 (shape: sections); unheard-of words count."""
        scores = np.zeros(self.sections, dtype=np.float32)
        possible = 0.0
        for term in dict.fromkeys(question):
            column = self.columns.get(term)
            possible += self.unseen if column is None else float(self.rarity[column])
            if column is not None:
                places = slice(self.starts[column], self.starts[column + 1])
                scores[self.rows[places]] += self.weights[places]
        return scores / np.float32(possible) if possible else scores

    def unseen_share(self, question: Sequence[str]) -> float:
        """What part of a question's rare words, by rarity, no section holds at all, 0 to 1."""
        columns = [self.columns.get(term) for term in dict.fromkeys(question)]
        unseen = sum(self.unseen for column in columns if column is None)
        seen = sum(float(self.rarity[column]) for column in columns if column is not None)
        return unseen / (unseen + seen) if columns else 1.0
