"""Another wording for a risky sentence, made of what the draft itself says.

Nothing is added: no fact, no apology, no concession. Where the draft gives too little for any wording there is none,
and the words are to be left out.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bot.demand import Facts, Span

_FEWEST_WORDS = 2
_LEADING = re.compile(
    r"^(?:[\s,;:.\u2013\u2014-]+|(?:and|but|so|because|then|which|who|as|though|although|or|either|now|right|well|ok|"
    r"okay|again|once again)\b[\s,]*)+",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"(?:[\s,;:\u2013\u2014(-]+|\b(?:and|but|so|because|then|which|who|as|or|that|to|the|a|an|of|for|in|on|at|by|with|"
    r"from))+$",
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
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+\b")
_ASKS_WHAT = re.compile(r"(?:why|what|when|where|who|how|which)\b", re.IGNORECASE)
_ASKS = re.compile(
    r"\W*(?:why|what|when|where|who|how|which|is|are|was|were|has|have|had|do|does|did|can|could|will|would|may)\b",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[!?]{2,}|!")


def reworded(wordings: Iterable[str], facts: Facts) -> str | None:
    """The first wording whose blanks the Facts fill, or None."""
    blanks = facts.blanks()
    for wording in wordings:
        needed = [name for _, name, _, _ in string.Formatter().parse(wording) if name is not None]
        if all(blanks.get(name) for name in needed):
            return wording.format_map(blanks)
    return None


def rest(sentence: str, risky: Sequence[Span]) -> str:
    """What of a sentence stands by itself without its risky words; "" where nothing does."""
    left, right = min(start for start, _ in risky), max(end for _, end in risky)
    before, after = sentence[:left], sentence[right:]
    kept = (
        _standing(before, parted=bool(_PARTED_AFTER.search(before))),
        _standing(after, parted=bool(_PARTED_BEFORE.match(after))),
    )
    return " ".join(part for part in kept if part)


def calmed(shouted: str, ordinary: Callable[[str], bool], known: str) -> str:
    """Shouted words in small letters and with one mark each; names that `known` writes otherwise stay names.

    `ordinary` says whether a word is one of the language, so that an acronym keeps its capitals.
    """
    names = {word.lower(): word for word in _NAME.findall(known)}
    calm, begins = [], True
    for piece in _PIECE.findall(shouted):
        word = piece
        if len(piece) > 1 and piece.isupper() and ordinary(piece.lower().split("'")[0]):
            word = names.get(piece.lower(), piece.lower())
        if begins and word[:1].isalpha():
            word, begins = word[:1].upper() + word[1:], False
        begins = begins or word in {".", "!", "?", "\n"}
        calm.append(word)
    text = "".join(calm)
    end = "?" if _ASKS.match(text) else "."
    return _MARKS.sub(lambda marks: "?" if "?" in marks[0] else end, text)


def _standing(words: str, *, parted: bool) -> str:
    """A part of a sentence as a sentence of its own, where a mark or a conjunction parts it and it has a verb."""
    bare = _TRAILING.sub("", _LEADING.sub("", words)).strip()
    stands = parted and len(bare.split()) >= _FEWEST_WORDS and _CLAUSE.match(bare) and _VERB.search(bare)
    if _ASKS_WHAT.match(bare) and not bare.endswith("?"):
        return ""
    return f"{bare[:1].upper()}{bare[1:]}{'' if bare[-1:] in '.?!' else '.'}" if stands else ""
