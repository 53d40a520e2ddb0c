"""Another wording for a risky sentence, made of what the draft itself says.

Nothing is added: no fact, no apology, no concession. Where the draft gives too little for any wording there is none,
and the words are to be left out.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.demand import Facts, Span

_FEWEST_WORDS = 2
_LEADING = re.compile(
    r"^(?:[\s,;:.\u2013\u2014-]+|(?:and|but|so|because|then|which|who|as|though|although|or|either|now|right|well|ok|"
    r"okay|again|once again)\b[\s,]*)+",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"(?:(?<![\s,;:\u2013\u2014(-])[\s,;:\u2013\u2014(-]+|\b(?:and|but|so|because|then|which|who|as|or|that|to|the|a|an|of|for|in|on|at|by|with|"
    r"from)){1,20}$",
    re.IGNORECASE,
)
_PARTED_AFTER = re.compile(r"(?:[,;:\u2013\u2014-]|\b(?:and|but|so|because))\s*$", re.IGNORECASE)
_PARTED_BEFORE = re.compile(r"\s*(?:[,;:.!?\u2013\u2014]|-\s|(?:and|but|so|because)\b)", re.IGNORECASE)
_CLAUSE = re.compile(
    r"(?:i|we|you|he|she|they|it|there|this|that|these|those|the|a|an|my|our|your|his|her|their|please|could|can|would|"
    r"will|may|when|what|who|where|how|why|which|is|are|was|were|do|does|did|has|have|let|send|tell|give|ring|call|"
    r"look|chase|check|put|bring|take|answer|reply|tread|go|see|keep|use|ask|speak|write|no)\b",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|am|has|have|had|do|does|did|will|would|can|could|may|might|must|should|shall|needs?|"
    r"wants?|asks?|asked|send|sent|tell|told|give|gave|ring|rang|call|called|let|look|chase|check|put|bring|take|took|"
    r"answer|reply|tread|keep|use|speak|write|get|got|go|went|come|came|see|saw|make|made|find|found|know|knew|think|thought|expect|hope|wait|"
    r"start|opens?|closed?|closes|says?|said|\w+n['\u2019]t|\w+['\u2019](?:s|re|ve|ll|d|m)|\w{3,}ed)\b",
    re.IGNORECASE,
)
_PIECE = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*|[\W_]")
_CAPITALS = re.compile(r"\b[A-Z]{2,}\b")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+\b")
_OPENS_QUESTION = re.compile(
    r"(?:why|what|when|where|who|how|which|is|are|was|were|do|does|did|has|have|had|can|could|will|would|may)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\W*(?:(?:why|what|when|where|who|how|which)\b|"
    r"(?:is|are|was|were|has|had|does|did|can|could|will|would|may) "
    r"(?:i|we|you|he|she|they|it|the|this|that|my|our|your|any|no)\b|(?:do|have) (?:i|we|you|they|the)\b)",
    re.IGNORECASE,
)
_DAYS_AND_MONTHS = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april june july august september "
    "october november december".split()
)
_VOWELS = frozenset("AEIOUY")
_ACRONYMS = frozenset("AGM CEO CIL DPIA EHCP EIA EU FOI HMO HR ICO LGA MP OK PDF SEN UK VAT".split())
_TITLES = frozenset("mr mrs ms miss dr cllr councillor".split())
_MARKS = re.compile(r"[!?]{2,}|!")


def reworded(wordings: Iterable[str], facts: Facts) -> Iterator[str]:
    """The wordings whose blanks the Facts fill, best first."""
    blanks = facts._asdict()
    for wording in wordings:
        needed = [name for _, name, _, _ in string.Formatter().parse(wording) if name is not None]
        if all(blanks.get(name) for name in needed):
            yield wording.format_map(blanks)


def rest(sentence: str, risky: Sequence[Span]) -> str:
    """What of a sentence stands by itself without its risky words; "" where nothing does."""
    left, right = min(start for start, _ in risky), max(end for _, end in risky)
    before, after = sentence[:left], sentence[right:]
    if before.rstrip().endswith(",") and after.startswith(",") and _CLAUSE.match(before) and not _VERB.search(before):
        return f"{before.rstrip(' ,')} {after.lstrip(' ,')}"
    kept = (
        _standing(before, parted=bool(_PARTED_AFTER.search(before))),
        _standing(after, parted=bool(_PARTED_BEFORE.match(after))),
    )
    return " ".join(part for part in kept if part)


def calmed(shouted: str, known: str) -> str:
    """Shouted words in small letters and with one mark each; what `known` has as a name or an acronym stays one."""
    names = {word.lower(): word for word in _NAME.findall(known)}
    acronyms = _ACRONYMS | set(_CAPITALS.findall(known))
    calm: list[str] = []
    begins = named = False
    for place, piece in enumerate(_PIECE.findall(shouted)):
        small = piece.lower()
        figures = any(character.isdecimal() for character in piece)
        keeps = piece in acronyms or figures or (not _VOWELS & set(piece) and small not in _TITLES)
        word = piece if keeps else names.get(small, small)
        if place == 0 or begins or named or small in _TITLES | _DAYS_AND_MONTHS or re.match(r"I\b", piece):
            word = word[:1].upper() + word[1:]
        if piece[:1].isalnum():
            named, begins = small in _TITLES, False
        begins = begins or piece in {".", "!", "?", "\n"}
        calm.append(word if piece.isupper() else piece)
    text = "".join(calm)
    end = "?" if _ASKS.match(text) else "."
    return _MARKS.sub(lambda marks: "?" if "?" in marks[0] else end, text)


def _standing(words: str, *, parted: bool) -> str:
    """A part of a sentence as a sentence of its own, where a mark or a conjunction parts it and it has a verb."""
    bare = _TRAILING.sub("", _LEADING.sub("", words)).strip()
    stands = parted and len(bare.split()) >= _FEWEST_WORDS and _CLAUSE.match(bare) and _VERB.search(bare)
    if _OPENS_QUESTION.match(bare) and not bare.endswith("?"):
        return ""
    return f"{bare[:1].upper()}{bare[1:]}{'' if bare[-1:] in '.?!' else '.'}" if stands else ""
