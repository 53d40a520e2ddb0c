"""What a person typed, made fit to search: one line of visible text within a limit, or one sentence why not."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from bot.domain import UnusableQuestionError

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT = 1_000
"""The longest question, in characters, once cleaned."""
_RAW_LIMIT = 20 * LIMIT  # beyond it nothing is normalised at all: NFKC grows one character to eighteen
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def cleaned(text: str, wording: Mapping[str, str]) -> str:
    """The text in NFKC, without control, format, surrogate or unassigned characters, spaces folded.

    Raises UnusableQuestionError, with the revision's own sentence, where nothing was typed (it says how to ask), where
    no word is left, or where the text is over `LIMIT` (it is refused, never cut).
    """
    if len(text) > _RAW_LIMIT:
        raise UnusableQuestionError(wording["question_too_long"].format(limit=LIMIT))
    visible = (" " if character.isspace() else character for character in unicodedata.normalize("NFKC", text))
    shown = "".join(character for character in visible if unicodedata.category(character) not in _INVISIBLE)
    line = " ".join(shown.split())
    if not line:
        raise UnusableQuestionError(wording["help"])
    if not any(character.isalnum() for character in line):
        raise UnusableQuestionError(wording["empty_question"])
    if len(line) > LIMIT:
        raise UnusableQuestionError(wording["question_too_long"].format(limit=LIMIT))
    return line
