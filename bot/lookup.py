"""A section number that somebody types is looked up, not searched."""

from __future__ import annotations

import re
from collections import defaultdict
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain import Section

_VERB = re.compile(r"(?:what does|what is|what's|show me|show|read|see|open|quote)\s+(?:the\s+)?", re.IGNORECASE)
_LABEL = re.compile(r"(?:the\s+)?(?:(?:section|paragraph|para|clause|rule)\b|s\.|§|¶)\s*", re.IGNORECASE)
_END = re.compile(r"(?:\s+say)?[\s?.!]*$", re.IGNORECASE)
_NUMBER = re.compile(r"[a-z]{0,3}\d+(?:\.\d+)*[a-z]?(?:\([a-z0-9]{1,5}\))*(?:/\d+)?|[a-z]\d*(?:\.\d+)+", re.IGNORECASE)
_LONGEST = 12  # characters of a number that a message may repeat


class Numbers:
    """The section numbers of a Revision, also as people shorten them."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._within: dict[str, list[int]] = defaultdict(list)
        for row, section in enumerate(sections):
            key = _key(section.number)
            self._exact[key].append(row)
            for cut in re.finditer(r"[.(/]", key):
                self._within[key[: cut.start()]].append(row)

    def asked(self, text: str) -> str | None:
        """The number that a text consists of, give or take "what does section … say?"; None for anything else.

        "Rule 1" is tried as it stands before the word is taken for a label.
        """
        plain = _END.sub("", text.strip())
        bare = _VERB.sub("", plain, count=1) if _VERB.match(plain) else plain
        unlabelled = _LABEL.sub("", bare, count=1) if _LABEL.match(bare) else bare
        known = next((number for number in (plain, bare, unlabelled) if self._knows(number)), None)
        number_like = len(unlabelled) <= _LONGEST and _NUMBER.fullmatch(_key(unlabelled))
        return known or (unlabelled if number_like else None)

    def near(self, number: str) -> list[int]:
        """The rows of the sections whose numbers are most like one that does not exist, at most three."""
        alike = get_close_matches(_key(number), self._exact, n=3, cutoff=0.3)
        return [self._exact[key][0] for key in alike]

    def _knows(self, number: str) -> bool:
        return _key(number) in self._exact or (_key(number) in self._within and len(number) < len("Part 10"))

    def rows(self, number: str) -> list[int]:
        """The rows of the sections that bear a number, else of those under it; empty where there are none."""
        key = _key(number)
        return self._exact.get(key) or self._within.get(key) or []


def _key(number: str) -> str:
    return re.sub(r"\s+", "", number).casefold().rstrip(".")
