"""Questions to measure with: distinct ones of several kinds, and a pool that people draw from again and again."""

from __future__ import annotations

import random
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_POOL = 400  # of other councils' questions, where a council has none


def distinct(texts: Iterable[str], known: Iterable[str] = ()) -> list[str]:
    """The texts without those that differ from an earlier or a known one in case or spaces only."""
    seen, kept = {_key(text) for text in known}, []
    for text in texts:
        if _key(text) not in seen:
            seen.add(_key(text))
            kept.append(text)
    return kept


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


class Deck:
    """What one process is asked: no question is dealt twice, and none that is dealt is in the pool.

    `own` are the council's questions: half are dealt, half are the pool. `others` are those of other councils, which
    make the pool of a council without questions.
    """

    def __init__(self, own: Sequence[str], others: Sequence[str], seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - it shuffles, it guards nothing
        shuffled = self._chance.sample(own, len(own))
        half = len(own) // 2
        self._own, self._others = iter(shuffled[:half]), iter(self._chance.sample(others, len(others)))
        self.pool = shuffled[half:] or list(islice(self._others, _POOL))

    def deal(self, count: int) -> list[str]:
        """Up to `count` questions, half of them the council's while those last, in random order."""
        dealt = list(islice(self._own, count // 2))
        dealt += islice(self._others, count - len(dealt))
        return self._chance.sample(dealt, len(dealt))

    def drawn(self, count: int) -> list[str]:
        """`count` questions of the pool, by Zipf's law: the one of rank r comes with a weight of 1/r."""
        return self._chance.choices(self.pool, [1 / rank for rank in range(1, len(self.pool) + 1)], k=count)
