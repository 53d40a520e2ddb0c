"""What a risky sentence is after, in the writer's own words: what is asked, about what, or what was done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Span = tuple[int, int]
"""A place in a sentence, in code points, end exclusive."""

_DEMAND, _TOPIC = (3, 30), (2, 5)  # the fewest and the most words
_SHORTEST_NOUN = 3
_MONTHS = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
)
_HOUR = r"(?:noon|midday|midnight|\d{1,2}(?:[.:]\d\d)?\s?(?:a\.?m\b\.?|p\.?m\b\.?|o'clock))"
_DATE = rf"(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: (?:of )?{_MONTHS})?(?: \d{{4}})?"
_WHEN = (
    rf"(?:{_HOUR}|{_DATE}|(?:this |next )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|tonight|tomorrow|"
    r"teatime|lunchtime|breakfast|close of (?:play|business)|(?:the )?end of (?:the |this |next )?"
    r"(?:day|week|month|year|term)|(?:this|next) (?:week|month|term)|(?:the )?(?:morning|afternoon|evening|weekend))"
)
_BY = re.compile(
    rf"\b(?:by|before|no later than) {_WHEN}(?: (?:(?:on|at|this|of) )?{_WHEN}| (?:morning|afternoon|evening|night))?",
    re.IGNORECASE,
)
_SOON = re.compile(
    rf"(?:{_BY.pattern}|\b(?:within|in) (?:the (?:next )?)?(?:an |one |half an |\w+ )?(?:hour|minute)s?|"
    r"\b(?:tonight|overnight|today|this (?:afternoon|evening|minute)|straight away|right now|at once))$",
    re.IGNORECASE,
)
_ENOUGH = 5  # words
_OR = re.compile(
    r"(?:[,;:\u2013\u2014-]?\s+or(?: else)?\b[,:]?\s+|[.;:,]\s*(?:otherwise|or else|if not)\b[,:]?\s*)"
    r"(?=(?:i|we|you|your|he|she|they|there|it|expect|else|"
    r"the (?:press|papers?|public|leader|chief|whole|world|ombudsman|auditor|police))\b)",
    re.IGNORECASE,
)
_IF = re.compile(
    r"\b(?P<how>if|unless)\s+(?P<clause>[^,;:\u2013\u2014]+?)"
    r"(?=[,;:\u2013\u2014]|\s(?:then|(?:i|we|you)(?:\s(?:will|shall)|['\u2019]ll|['\u2019]m going|\sam going))\b|$)",
    re.IGNORECASE,
)
_NOT = r"(?:n['\u2019]t|\s+not)"
_VERB = r"(?P<verb>\bis|\bare|\bhas|\bhave)"
_STATE = re.compile(
    r"(?:the|these|those|my|our|every)\s[^,]{1,80}\s(?:is|are|gets?|goes|stays?|comes?)\s", re.IGNORECASE
)
_TO_DO = frozenset(
    "answer approve arrange attach bring call cancel check clean clear close collect come confirm consider copy "
    "correct cut deal decide deliver do drop empty end explain extend fill find finish fit fix forward get give grant "
    "grit hand hold include install issue keep leave let list look make mend move open order pass pay phone pick post "
    "print produce provide publish pull put raise read rebuild reconsider refund release remove reopen repair replace "
    "reply report restore return reverse review ring run schedule send serve set share show sign sort speak start stop "
    "submit supply sweep take talk tell trim turn unblock unlock update withdraw write".split()
)
_WANT = re.compile(r"(?:i|we)\s+(?:want|need|expect|require|must have|shall need)\b", re.IGNORECASE)
_YOU = re.compile(
    r"you(?:['\u2019]ll| will| must| need to| have to| had better|['\u2019]d better| are to| can)?\s+(?P<rest>.+)",
    re.IGNORECASE,
)
_EITHER = re.compile(r"\s*(?:now|so|right)?[\s,]*either\b\s*", re.IGNORECASE)
_CLAUSES = re.compile(r"[,;:\u2013\u2014]\s*(?:but|and|so)\b|[;:\u2013\u2014]", re.IGNORECASE)
_POLITE = re.compile(r"^(?:and |so |now |right,? |please |just |kindly )+", re.IGNORECASE)
_OWN = r"(?:the|this|that|these|those|our)"
_OF_WHAT = re.compile(rf"\b(?:on|about|over|with|regarding|concerning|re)\s+(?P<topic>{_OWN}\s+[^\n]+)", re.IGNORECASE)
_TOPIC_ENDS = re.compile(
    r"[,;:.!?()\"\u201c\u201d\u2013\u2014]|\s(?:is|was|are|were|be|been|has|have|had|will|would|can|could|should|shall|may|"
    r"might|must|do|does|did|to|from|by|in|on|at|for|with|and|or|but|that|which|who|when|where|while|so|because|since|"
    r"if|until|after|before|again|yesterday|today|tomorrow|i|we|you|he|she|they|it|not|once|as|than|then|about|into|"
    r"out|up|down|all|this|these|those|said|says|went|goes|came|comes|looks?|seems?|needs?|still|never|always|just|"
    r"\w+n['\u2019]t|(?:i|we|you|he|she|they|it)['\u2019]\w+)\b",
    re.IGNORECASE,
)
_DEED = re.compile(
    r"[\s,]*(?P<deed>to (?!the|an?|my|your|our|his|her|their|this|that|these|those|me|you|us|him|them|it|all|both)"
    r"[a-z]+\b(?: [^.!?\n]+)?)"
)
_EXCLAIMED = re.compile(rf"\W*(?:oh,? )?(?:what an?|how)(?: [\w'\u2019-]+){{1,4}}? {_DEED.pattern}", re.IGNORECASE)
_NO_TOPIC = frozenset(
    "boss bosses director directors manager managers chief officer officers councillor councillors member members "
    "mates friends friend colleague colleagues team staff people person man woman lady gentleman clerk leader leaders "
    "group others public press newspaper papers paper radio lot rest world way day days time week hour morning "
    "afternoon evening moment same other one ones thing things point fact truth face back head end record phone "
    "hand chair chairman chairwoman mayor boy girl child mother father committee council cabinet board occasion reason "
    "reasons subject list points".split()
)


class Facts(NamedTuple):
    """What a risky sentence offers for another wording, in the writer's own words; "" for what it does not."""

    demand: str
    topic: str
    deed: str


def facts_of(sentence: str, risky: Sequence[Span], others: Iterable[str]) -> Facts:
    """The Facts of a sentence whose spans `risky` are not to be repeated; `others` are sentences that go with it."""
    deed = _DEED.match(sentence[max((end for _, end in risky), default=0) :]) or _EXCLAIMED.match(sentence)
    return Facts(_demand(sentence), _topic(sentence, others), deed["deed"] if deed else "")


def undated(sentence: str) -> str:
    """A sentence without the date that it ends in; "" where it ends in none, or little is left."""
    when = _SOON.search(sentence.rstrip(" .!?"))
    left = sentence[: when.start()].rstrip(" ,;:\u2013\u2014-") if when else ""
    enough = len(left.split()) >= _ENOUGH and not _SOON.search(left) and not dated(left)
    return f"{left}." if enough else ""


def dated(text: str) -> bool:
    """Whether a text says by when."""
    return bool(_BY.search(text))


def lowered(words: str) -> str:
    """Words as they stand within a sentence: the first without a capital, unless it is I or an acronym."""
    first = words.split(" ", 1)[0]
    keeps = first == "I" or first.startswith(("I'", "I\u2019")) or (len(first) > 1 and first.isupper())
    return words if keeps else words[:1].lower() + words[1:]


def _demand(sentence: str) -> str:
    """What a threat is meant to obtain, as a request; "" where that cannot be told."""
    text = " ".join(sentence.split()).rstrip(".!?")
    found = _before_or(text) or _after_if(text)
    fewest, most = _DEMAND
    return found if fewest <= len(found.split()) <= most else ""


def _before_or(text: str) -> str:
    """The first of two alternatives, "this is done or you …"; "" where "or" joins something else."""
    ors = list(_OR.finditer(text))
    if not ors:
        return ""
    asked = text[: ors[-1].start()]
    either = _EITHER.match(asked)
    clauses = [part for part in _CLAUSES.split(asked[either.end() :] if either else asked) if part.strip()]
    asked = _POLITE.sub("", clauses[-1].strip(" ,;:")) if clauses else ""
    told = _YOU.match(asked)
    words = told["rest"] if told else asked
    if _WANT.match(asked):
        return asked[:1].upper() + asked[1:]
    if words.split(" ", 1)[0].lower() in _TO_DO:
        return f"Please {lowered(words)}"
    return f"I ask that {lowered(asked)}" if _STATE.match(asked) else ""


def _after_if(text: str) -> str:
    """What is wanted by "if you do not …" and the like, each form with what it becomes."""
    match = _IF.search(text)
    if match is None:
        return ""
    clause = match["clause"].strip()
    forms = _UNLESS if match["how"].lower() == "unless" else _IF_NOT
    for form, request in forms:
        found = form.match(clause)
        if found:
            return request(found)
    return ""


def _mine(match: re.Match[str]) -> str:
    return f"{match['who'].capitalize()} need to {match['rest']}"


def _mine_by_then(match: re.Match[str]) -> str:
    return f"{match['who'].capitalize()} need to have {match['rest']}"


def _some(match: re.Match[str]) -> str:
    noun = match["rest"]
    first = noun.split(" ", 1)[0].lower()
    if first.endswith("s") or first in {"sign", "news", "progress", "movement", "action"}:
        return f"I need {noun}"
    return f"I need an {noun}" if first[:1] in "aeiou" else f"I need a {noun}"


_NO_WISH = r"(?!(?:like|want|wish|care|mind|believe|think|know|understand)\b)"
_IF_NOT: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(
            rf"you\s+(?:(?:do|ca|wo|will|can){_NOT}|cannot|fail to|refuse to|are{_NOT} going to)\s+"
            rf"{_NO_WISH}(?P<rest>.+)",
            re.IGNORECASE,
        ),
        lambda match: f"Please {match['rest']}",
    ),
    (re.compile(rf"(?P<who>i|we)\s+do{_NOT}\s+{_NO_WISH}(?P<rest>.+)", re.IGNORECASE), _mine),
    (re.compile(rf"(?P<who>i|we)\s+have{_NOT}\s+(?P<rest>.+)", re.IGNORECASE), _mine_by_then),
    (re.compile(r"there(?:['\u2019]s| is| are)\s+no\s+(?P<rest>.+)", re.IGNORECASE), _some),
    (
        re.compile(rf"(?P<who>[\w'\u2019 -]{{1,120}}?)\s*{_VERB}{_NOT}\s+{_NO_WISH}(?P<rest>.+)", re.IGNORECASE),
        lambda match: f"Please make sure that {match['who'].strip()} {match['verb']} {match['rest']}",
    ),
)
_UNLESS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(r"you\s+(?P<rest>(?!are\b|were\b|have\b|had\b).+)", re.IGNORECASE),
        lambda match: f"Please {match['rest']}",
    ),
    (re.compile(r"(?P<who>i|we)\s+(?P<rest>(?:hear|get|see|have|receive)\b.+)", re.IGNORECASE), _mine),
    (
        re.compile(
            r"(?P<rest>(?:the|these|those|my|our)\s[^,]{1,80}\s(?:is|are|has been|have been)\s\w+(?:ed|[dtn])\b.*)",
            re.IGNORECASE,
        ),
        lambda match: f"Please make sure that {match['rest']}",
    ),
)


def _topic(sentence: str, others: Iterable[str]) -> str:
    """What the sentence is about, or else the nearest of the others that says what it is about."""
    found = (_OF_WHAT.search(" ".join(text.split())) for text in (sentence, *others))
    return next((topic for match in found if match and (topic := _noun_phrase(match["topic"]))), "")


def _noun_phrase(words: str) -> str:
    end = _TOPIC_ENDS.search(words, len("the "))
    phrase = (words[: end.start()] if end else words).strip()
    fewest, most = _TOPIC
    last = phrase.split(" ")[-1].lower()
    sound = fewest <= len(phrase.split()) <= most and len(last) >= _SHORTEST_NOUN and last.isalpha()
    return lowered(phrase) if sound and last.removesuffix("'s") not in _NO_TOPIC else ""
