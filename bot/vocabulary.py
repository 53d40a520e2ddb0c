"""Words people use, and the protocol's words for them: added to what is searched, never to what is quoted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.phrases import normal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.domain import Synonyms


class Vocabulary:
    """The groups of a Revision, ready to look up."""

    def __init__(self, groups: Iterable[Synonyms]) -> None:
        self._words = {normal(phrase): group.protocol for group in groups for phrase in group.people}
        self._longest = max((len(phrase.split()) for phrase in self._words), default=0)

    def added(self, text: str) -> tuple[str, ...]:
        """The protocol's words for every phrase that occurs in a text, each once, unless the text has them already.

        Where one phrase holds another ("lead member" holds "member"), the longer counts.
        """
        words = normal(text).split()
        found: dict[str, None] = {}
        place = 0
        while place < len(words):
            length = next((n for n in range(self._longest, 0, -1) if self._at(words, place, n)), 0)
            if length:
                found |= dict.fromkeys(self._words[" ".join(words[place : place + length])])
            place += max(length, 1)
        said = f" {' '.join(words)} "
        return tuple(word for word in found if f" {normal(word)} " not in said)

    def _at(self, words: list[str], place: int, length: int) -> bool:
        return place + length <= len(words) and " ".join(words[place : place + length]) in self._words
