"""The facts that a text states about a decision: the sums at stake, and the limits it names for who may settle them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_VALUES = {word: float(value) for value, word in enumerate(_ONES)}
_VALUES |= {word: 20.0 + 10 * place for place, word in enumerate(_TENS)}
_VALUES |= {
    "a": 1.0,
    "a half": 0.5,
    "half a": 0.5,
    "half": 0.5,
    "quarter of a": 0.25,
    "a quarter of a": 0.25,
    "a couple of": 2.0,
}
_UNITS = {
    "k": 1e3, "thousand": 1e3, "grand": 1e3,
    "m": 1e6, "mn": 1e6, "mil": 1e6, "million": 1e6,
    "bn": 1e9, "billion": 1e9,
}  # fmt: skip
_SAID = "|".join(sorted((re.escape(word) for word in _VALUES), key=len, reverse=True))
_SPELT = rf"(?:(?:{_SAID}|hundred)(?:(?: and |[ -])(?:{_SAID}|hundred)){{0,5}})"
_MENTION = re.compile(
    r"(?<![\w.,£€$\u2044])(?P<pound>£ ?)?"
    rf"(?:(?P<figures>(?:\d{{1,3}}(?:[ ,]\d{{3}}){{1,4}}|\d{{1,12}})(?:\.\d{{1,3}})?)|(?P<spelt>{_SPELT}))"
    r"(?: ?(?P<unit>thousand|grand|million|billion|mn|mil|bn|k|m))?"
    r"(?![\w\u2044])(?!,\d)(?!\.\d)(?P<pounds> ?(?:pounds?|quid)\b)?",
    re.IGNORECASE,
)
_BREAK = re.compile(r"[.;?!](?=\s|$)")
_WINDOW = 110  # characters before a sum, or after it, in which words make a limit of it
_TO = r"(?:(?:up )?to|at|below|under|over|past|beyond|above|(?:no )?more than|anything (?:up to|to|below|under|over))"
_NEXT = r"(?: only| just| about| around| say)?\s*[\"“‘']?$"  # and then the figure
_LIMIT_BEFORE = re.compile(
    r"\b(?:"
    r"(?:limit|ceiling|threshold|cap|maximum|authority|powers?|delegation|discretion|delegated)(?:['’]s|s['’]?)?"
    r"(?: [\w'’-]+){0,8}:?,?|limited to|"
    r"(?:can|may|could|cannot|able to|allowed|lets?|allows?|permitted to) (?:[\w'’-]+,? ){0,8}?" + _TO + "|"
    r"(?:can|may) (?:only )?"
    r"(?:do|spend|sign|award|sell|move|settle|commit|approve|accept|waive|lend|pay|vire|write off)|"
    r"(?:awards?|signs?|spends?|settles?|sells?|orders?|goes|go|writes? off|write-offs|accepts?|approves?) "
    r"(?:[\w'’-]+ ){0,4}?(?:up to|to|over|anything under)|(?:stops?|ends?|finish(?:es)?|runs?) (?:at|to)|"
    r"(?:may|can) [\w ]{3,20} (?:up to|to) [\w ]{3,20} (?:and|or)|"
    r"(?:directors?|officers?|heads?|heads? of [\w ]{2,20}|managers?|cabinet|executive|treasurer)(?: up)?(?: to)?:?|"
    r"no more than|nothing (?:over|above)|anything (?:up to|to|under|below|over|above)|"
    r"key decisions? (?:\w+ ){0,4}?(?:from|at|is|over|above|of|start at|begin at)"
    r")" + _NEXT,
    re.IGNORECASE,
)
_LIMIT_AFTER = re.compile(
    r"^(?: a year| each)?(?: (?!and\b|but\b|my\b)[\w'’]+){0,3} "
    r"(?:limits?|ceiling|threshold|cap|maximum|delegation|authority)\b|"
    r"^(?: or more| upwards)? (?:is|are|counts? as) (?:the most|a key|my limit|our limit|the limit|reserved|key)\b|"
    r"^ (?:and|or) (?:over|above|more)\b|^,? (?:at|on) [\w ]{0,25}level\b",
    re.IGNORECASE,
)
_NO_NOUN = re.compile(r"^\s*(?:$|[,;:.?!)\"”’]|and\b|but\b|by\b|without\b|so\b|before\b)")
_COUNTED = re.compile(
    r" (?:\w+ )?(?:people|residents|homes|houses|households|trees|visits|visitors|users|customers|runs?|runners|race|"
    r"journeys|tonnes|miles|metres|records|letters|e-?mails|calls|pages|steps|staff|pupils|voters|members|bids)\b",
    re.IGNORECASE,
)
_KEY = re.compile(r"\bkey\b", re.IGNORECASE)
_HOLDERS = re.compile(
    r"(?<!consult )(?<!consult the )(?<!consulted )(?<!consulted the )(?<!consulting )(?<!consulting the )"
    r"(?<!consultation with )(?<!consultation with the )"
    r"\b(?:(?P<members>cabinet|executive|portfolio|leader|lead member|committee)"
    r"|directors?|officers?|heads?|managers?|treasurer|solicitor|legal|my|chief)\b",
    re.IGNORECASE,
)
_NEAR = 30
_BARE_UNIT = 1e3  # "my limit's 25" is said in thousands
_LEAST_BARE = 1000.0


class Holder(StrEnum):
    """Whose limit a text states: that of officers, of the executive's members, or where a key decision begins."""

    OFFICERS = "officers"
    MEMBERS = "members"
    KEY = "key"


_STANDS = {True: "over", False: "within"}
_NAMES = {
    Holder.OFFICERS: "the officers' limit",
    Holder.MEMBERS: "the members' limit",
    Holder.KEY: "the key decision level",
}


@dataclass(frozen=True, slots=True)
class Amount:
    """Pounds that a text names, where it names them, and whose limit it says they are; None for a sum at stake."""

    pounds: float
    start: int
    end: int
    limit_of: Holder | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text states: its amounts in their order."""

    amounts: tuple[Amount, ...]

    @property
    def at_stake(self) -> Amount | None:
        """The largest sum that is no limit; None where there is none."""
        return max((a for a in self.amounts if a.limit_of is None), key=lambda a: a.pounds, default=None)

    def limit(self, holder: Holder) -> Amount | None:
        """The highest limit that the text states for a holder; None where it states none."""
        return max((a for a in self.amounts if a.limit_of is holder), key=lambda a: a.pounds, default=None)


def in_words(facts: Facts, officers: float, key: float) -> str:
    """How the sum at stake stands to the limits: those that the text states, else a council's own; "" for no sum."""
    at_stake = facts.at_stake
    if at_stake is None:
        return ""
    stated = {holder: limit.pounds for holder in Holder if (limit := facts.limit(holder))}
    said = [f"{_STANDS[at_stake.pounds > limit]} {_NAMES[holder]}" for holder, limit in stated.items()]
    if not said:
        size = "small" if at_stake.pounds <= officers else "large" if at_stake.pounds > key else "middling"
        said = [f"a {size} sum"]
    return ", ".join(said)


def hinted(text: str, hint: str) -> str:
    """A text as it is read: how its sum stands to the limits is said in front of it, where it states a sum."""
    return f"{hint}: {text}" if hint else text


def as_read(text: str, officers: float, key: float) -> str:
    """A text as it is read for who decides, by the limits of a council where it states none."""
    return hinted(text, in_words(facts_of(text), officers, key))


def facts_of(text: str) -> Facts:
    """The facts of a cleaned text."""
    return Facts(tuple(_amounts(text)))


def _amounts(text: str) -> Iterator[Amount]:
    begins = 0
    mentions = [mention for mention in _MENTION.finditer(text) if not _no_sum(mention)]
    for place, mention in enumerate(mentions):
        before = _after_break(text[max(begins, mention.start() - _WINDOW) : mention.start()])
        next_start = mentions[place + 1].start() if place + 1 < len(mentions) else len(text)
        after = _BREAK.split(text[mention.end() : min(next_start, mention.end() + _WINDOW)], maxsplit=1)[0]
        said_before, said_after = _LIMIT_BEFORE.search(before), _LIMIT_AFTER.search(after)
        limit = bool(said_before or said_after)
        pounds = _pounds(mention, bare=limit and bool(_NO_NOUN.match(after)))
        if pounds is None:
            continue
        begins = mention.end()
        holder = _holder(before, "" if said_before else after) if limit else None
        yield Amount(pounds, mention.start(), mention.end(), holder)


def _no_sum(mention: re.Match[str]) -> bool:
    """Whether a mention is no sum at all: "a" or "half" without a unit, or so many of something that is counted."""
    said = (mention["spelt"] or "").lower()
    if said in {"a", "half"} and not mention["unit"] and not mention["pounds"]:
        return True
    return not (mention["pound"] or mention["pounds"]) and bool(_COUNTED.match(mention.string, mention.end()))


def _after_break(before: str) -> str:
    return _BREAK.split(before)[-1]


def _holder(before: str, after: str) -> Holder:
    if _KEY.search(before) or _KEY.search(after[:_NEAR]):
        return Holder.KEY
    named = list(_HOLDERS.finditer(before))
    return Holder.MEMBERS if named and named[-1]["members"] else Holder.OFFICERS


def _pounds(mention: re.Match[str], *, bare: bool) -> float | None:
    unit = (mention["unit"] or "").lower()
    number = float(re.sub("[ ,]", "", mention["figures"])) if mention["figures"] else _spelt(mention["spelt"])
    marked = mention["pound"] or mention["pounds"] or unit in {"grand", "million", "billion", "mil", "mn", "bn"}
    marked = marked or (unit == "k" and mention["figures"]) or (bare and unit == "thousand")
    if marked:
        return number * _UNITS.get(unit, 1.0)
    return number * _BARE_UNIT if bare and not unit and number < _LEAST_BARE else None


def _spelt(words: str) -> float:
    """The value of number words: 250 of "two hundred and fifty"."""
    total = 0.0
    phrases = re.findall(rf"\b(?:{_SAID}|hundred)\b", re.sub(r"[ -]+", " ", words.lower()))
    for place, phrase in enumerate(phrases):
        if phrase == "a" and phrases[place + 1 : place + 2] not in ([], ["hundred"]):
            continue  # "a two hundred thousand pound contract": it belongs to the contract
        total = max(total, 1.0) * 100 if phrase == "hundred" else total + _VALUES[phrase]
    return total
