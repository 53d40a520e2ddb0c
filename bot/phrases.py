"""Finds the phrases people type, as whole words, in one pass over a text of any length."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_GAP = 3  # the most words that one "*" of a sign stands for
_APOSTROPHES = dict.fromkeys(map(ord, "'`\u00b4\u02b9\u02bc\u2018\u2019\u201b\u2032\uff07"))
_NO_WORD = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W_]+(?:['`\u00b4\u02b9\u02bc\u2018\u2019\u201b\u2032\uff07]+[^\W_]+)*")


def normal(text: str) -> str:
    """The words of a text as they are compared: lower case, "I'm" as "im", other punctuation as one space."""
    return _NO_WORD.sub(" ", text.lower().translate(_APOSTROPHES)).strip()


@dataclass(eq=False, slots=True)
class _Step:
    """A place within the signs: the words that may come next, those that may after a gap, the sign that ends here."""

    words: dict[str, _Step] = field(default_factory=dict)
    gap: _Step | None = None
    sign: str | None = None

    def after(self, words: str) -> _Step:
        """The step that follows these words, added where there is none yet."""
        step = self
        for word in words.split():
            step = step.words.setdefault(word, _Step())
        return step

    def after_gap(self) -> _Step:
        """The step that follows a gap, added where there is none yet."""
        self.gap = self.gap or _Step()
        return self.gap


class _Reach(NamedTuple):
    """How a place within the signs was reached: how many words it may still skip, and the number of the first word."""

    skips: int
    begun: int


class Phrases:
    """Signs to look for; "*" within one stands for up to three words, and a sign without any word never occurs."""

    def __init__(self, signs: Iterable[str]) -> None:
        self._start = _Step()
        for sign in signs:
            self._add(sign)

    def found(self, text: str) -> str | None:
        """The sign whose last word comes first in the text, as it was given; None where no sign occurs.

        Time grows with the length of the text alone: each word is looked up once for every place reached in the signs.
        """
        return next(self.every(text), None)

    def every(self, text: str) -> Iterator[str]:
        """Each sign that occurs in the text, as it was given, in the order of their last words."""
        words = normal(text).split()
        if not self._start.words.keys().isdisjoint(words):
            for _, places in self._walked(words):
                yield from (step.sign for step in places if step.sign)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where signs stand in the text, in code points, end exclusive, in order; overlapping ones are one."""
        words = list(_WORD.finditer(text))
        spans: list[tuple[int, int]] = []
        for number, places in self._walked(normal(word[0]) for word in words):
            begun = [reach.begun for step, reach in places.items() if step.sign]
            if begun:
                start = words[min(begun)].start()
                while spans and spans[-1][1] > start:
                    start = min(start, spans.pop()[0])
                spans.append((start, words[number].end()))
        return spans

    def _add(self, sign: str) -> None:
        runs = [run for run in map(normal, sign.split("*")) if run]
        step = self._start
        for position, run in enumerate(runs):
            step = (step.after_gap() if position else step).after(run)
        step.sign = step.sign or sign

    def _walked(self, words: Iterable[str]) -> Iterator[tuple[int, dict[_Step, _Reach]]]:
        """After each word, its number and the places reached."""
        places: dict[_Step, _Reach] = {}
        for number, word in enumerate(words):
            places = self._places_after(word, number, places)
            yield number, places

    def _places_after(self, word: str, number: int, places: dict[_Step, _Reach]) -> dict[_Step, _Reach]:
        reached = {step: reach._replace(skips=reach.skips - 1) for step, reach in places.items() if reach.skips}
        before = [(step, reach.begun) for step, reach in places.items()]
        for step, begun in ((self._start, number), *before):
            following = step.words.get(word)
            if following:
                first = min(begun, reached[following].begun) if following in reached else begun
                reached[following] = _Reach(0, first)
                if following.gap:
                    reached[following.gap] = _Reach(_GAP, first)
        return reached
