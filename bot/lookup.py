"""A section number that somebody types is looked up, not searched."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain import Section

_ASKED = re.compile(
    r"(?:(?:what does|what is|what's|show me|show|read|see|open|quote)\s+)?(?:the\s+)?"
    r"(?:(?:section|paragraph|para|clause|rule|s\.|§|¶)\s*)?(.+?)(?:\s+say)?[\s?.!]*",
    re.IGNORECASE,
)
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
        """The number that a text consists of, give or take "what does section … say?"; None for anything else."""
        match = _ASKED.fullmatch(text.strip())
        number = match[1] if match else ""
        known = _key(number) in self._exact or (_key(number) in self._within and len(number) < len("Part 10"))
        return number if known or (len(number) <= _LONGEST and _NUMBER.fullmatch(_key(number))) else None

    def rows(self, number: str) -> list[int]:
        """The rows of the sections that bear a number, else of those under it; empty where there are none."""
        key = _key(number)
        return self._exact.get(key) or self._within.get(key) or []


def _key(number: str) -> str:
    return re.sub(r"\s+", "", number).casefold().rstrip(".")
