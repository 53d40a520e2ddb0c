"""Personal and confidential detail in a draft: numbers that point to a person, health, children, exempt sums.

Each pattern starts at a word and looks a bounded way ahead, so that time grows with the length of the text alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.domain import Detail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_NHS_DIGITS, _CARD_DIGITS = 10, (13, 19)
_PHONE_DIGITS = (10, 13)
_NAME = r"[A-Z][\w'\u2019-]{1,30}"
_RELATION = r"(?:son|daughter|wife|husband|partner|mother|father|mum|dad|child|baby|brother|sister)"
_ROLE = (
    r"(?:tenant|resident|applicant|constituent|complainant|claimant|pupil|child|boy|girl|lad|patient|carer|neighbour|"
    r"officer|colleague|mother|father|mum|dad|family|couple|lady|gentleman|woman|man)"
)
_FIRST_NAME = (
    r"(?!(?:The|This|That|These|Those|There|They|Then|What|Who|Which|Where|When|Why|How|And|But|You|Our|Your|His|Her|Its|"
    r"Their|One|Each|Some|Nothing|Everything|Parking|Access|Council|Cabinet|Committee|Total|Section|Item|Ward|Room|Page|"
    r"Part|Paragraph|Number|Table|Figure|Schedule|Year|Band|Grade|Class|Score|Lane|Road|Street|[A-Z][a-z]{2,6}day)\b)[A-Z][a-z]{2,20}"
)
_PERSON = (
    rf"(?:(?:Mr|Mrs|Ms|Miss|Dr|Cllr|Councillor)\.? {_NAME}|(?:the|a|my|our|this|that) {_ROLE}|"
    rf"(?:his|her|their) {_RELATION}|[Hh]e|[Ss]he|{_FIRST_NAME}(?! are\b| have\b))"
)
_ILLNESS = (
    r"(?:cancer|leukaemia|hiv|aids|dementia|alzheimer\w{0,3}|depression|depressed|anxiety|bipolar|schizophreni\w{1,3}|"
    r"psychosis|epilep\w{1,3}|diabet\w{1,3}|autis\w{1,3}|adhd|a stroke|parkinson\w{0,3}|multiple sclerosis|"
    r"an? (?:nervous )?breakdown(?! of)|pregnan\w{1,3}|miscarr\w{1,6}|an? (?:drink|drug|alcohol) problem|alcoholic|"
    r"addict\w{0,4}|suicidal|sectioned|terminally ill|chemotherapy|chemo|dialysis|antidepressants|disab\w{2,5}|"
    r"a heart (?:attack|condition)|stress(?! test))"
)
_HAS = (
    r"(?:(?:still |now |also |just )?(?:has|had|is|was|has been|have|are|suffers from|suffering from|got|having|"
    r"lives with|being|went)|(?:is|was|has been) (?:off (?:sick )?(?:with|because of)|diagnosed with|treated for|"
    r"being treated for|recovering from))"
)
_OFFERED = r"(?:access|centre|clinic|friendly|group|people|plan|policy|service|strategy|support|team|test|unit)"
_STREET = r"(?:Road|Street|Lane|Avenue|Close|Drive|Way|Court|Terrace|Gardens|Place|Crescent|Grove|Walk|Row|Hill)"
_NUMBERED = (
    r"(?:tenancy|rent account|benefit claim|claim|passport|driving licen[cs]e|council tax(?: account)?|hospital|"
    r"payroll|employee|patient|customer)"
)
_DAY = r"(?:0[1-9]|[12]\d|3[01])-(?:0[1-9]|1[0-2])-"
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DAY_OF_BIRTH = r"\d{1,2}(?:st|nd|rd|th)?[ ./-]{1,2}(?:\d{1,2}|[A-Z][a-z]{2,8})[ ./-]{1,2}\d{2,4}"
_AGED = r"(?:who is |is |aged? )(?:only |just )?(?:[1-9]|1[0-7])(?: years old)?\b(?!%|[/:.,]\d)"
_SUM = r"\u00a3 ?\d(?:[\d,.]{0,13}\d)?(?: ?(?:million|thousand|bn|k|m)\b)?"
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}")),
    (
        "national_insurance",
        re.compile(r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]\b", re.IGNORECASE),
    ),
    ("card", re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])")),
    ("nhs", re.compile(r"(?<![\d/-])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\d-])")),
    (
        "phone",
        re.compile(r"(?<![\d+])(?<!\d[/-])(?:\+44 ?(?:\(0\) ?)?|\((?=0\d{2,5}\))0|0)\d(?:[ ()-]{0,2}\d){8,9}(?![\d-])"),
    ),
    (
        "bank",
        re.compile(
            r"\bsort code\W{1,3}\d\d-\d\d-\d\d\b|"
            rf"(?<![\d-])(?:\d\d-\d\d-\d\d,? \d{{8}}\b|(?!{_DAY})\d\d-\d\d-\d\d(?![\d-]))|"
            r"\b(?:bank )?account (?:no|number)\.?\W{1,3}\d{6,10}\b",
            re.IGNORECASE,
        ),
    ),
    (
        "number",
        re.compile(
            rf"\b{_NUMBERED} (?:ref(?:erence)?|no|number)\b\.?\W{{0,3}}(?=[A-Z/-]{{0,12}}\d)[A-Z\d/-]{{4,20}}",
            re.IGNORECASE,
        ),
    ),
    (
        "birth",
        re.compile(rf"\b(?:d\.?o\.?b\.?|date of birth|born(?: on)?)(?: is)?\W{{1,4}}{_DAY_OF_BIRTH}", re.IGNORECASE),
    ),
    (
        "address",
        re.compile(
            rf"\b(?!(?:19|20)\d\d |\d\d? {_MONTH} )"
            rf"\d{{1,4}}[A-Za-z]?,? (?:[A-Z][\w'\u2019-]{{1,20}} ){{1,3}}{_STREET}\b|"
            r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}\b"
        ),
    ),
    (
        "child",
        re.compile(
            r"\b(?:son|daughter|child|pupil|boy|girl|baby|toddler),? (?:called |named )?"
            r"(?!(?:Benefit|Protection|Care|Support|Poverty|Services?|Premium|Referral|Scouts?|Guides?)\b)[A-Z][a-z]{2,20}\b|"
            rf"\b{_FIRST_NAME},? \(?{_AGED}(?= {{0,3}}(?:[,.;)]|and|years|who|$))"
        ),
    ),
    (
        "health",
        re.compile(
            rf"\b{_PERSON}(?: {_HAS}|['\u2019]s) (?:(?:[a-z]{{1,12}}) ){{0,4}}?(?i:{_ILLNESS})\b(?! {_OFFERED})"
        ),
    ),
    (
        "exempt",
        re.compile(
            rf"\b(?:exempt|confidential|not public|pink paper|commercially sensitive|"
            rf"(?:winning|lowest|highest|top|sealed|rival|their|his|her) (?:tender|bid|offer))\b"
            rf"[^.\n\u00a3]{{0,120}}{_SUM}",
            re.IGNORECASE,
        ),
    ),
)
DETAIL_KINDS = tuple(kind for kind, _ in _FORMS)


def details(text: str, spans: Sequence[tuple[int, int]], wording: Mapping[str, str]) -> tuple[Detail, ...]:
    """The details within the spans of a text, in order, none over another; `wording` has a `detail_…` for each kind."""
    found: list[Detail] = []
    taken = bytearray(len(text))
    for start, end in spans:
        for kind, form in _FORMS:
            for match in form.finditer(text, start, end):
                if _SOUND.get(kind, _always)(match[0]) and not any(taken[slice(*match.span())]):
                    taken[slice(*match.span())] = bytes([1]) * len(match[0])
                    found.append(Detail(kind, *match.span(), wording[f"detail_{kind}"]))
    return tuple(sorted(found, key=lambda detail: detail.start))


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character.isdecimal() and character.isascii()]


def _is_card(text: str) -> bool:
    """Luhn's check over the digits of a payment card."""
    digits = _digits(text)[::-1]
    total = sum(digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits))
    return _CARD_DIGITS[0] <= len(digits) <= _CARD_DIGITS[1] and total % 10 == 0 and len(set(digits)) > 1


def _is_nhs(text: str) -> bool:
    """The check digit of an NHS number, modulus 11."""
    digits = _digits(text)
    rest = 11 - sum(digit * (_NHS_DIGITS - place) for place, digit in enumerate(digits[:-1])) % 11
    return len(digits) == _NHS_DIGITS and rest % 11 == digits[-1] and len(set(digits)) > 1


def _is_phone(text: str) -> bool:
    return _PHONE_DIGITS[0] <= len(_digits(text)) <= _PHONE_DIGITS[1]


def _always(_: str) -> bool:
    return True


_SOUND: dict[str, Callable[[str], bool]] = {"card": _is_card, "nhs": _is_nhs, "phone": _is_phone}
